package master

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// hides notes that name, a delegation or DNAME, hides what lies below it.
func (z *zone) hides(name e164.Name) { z.cover = &name }

// hide notes records below a delegation or DNAME. Addresses may yet turn out to be glue.
func (z *zone) hide(i, j int) {
	for k := i; k < j; k++ {
		r := z.refs[k]
		switch {
		case isAddress(r.typ):
			z.occluded = append(z.occluded, k)
		case r.typ != rr.TypeNAPTR || z.p.o.Lint == nil:
			z.p.find(RuleOccluded, r)
		}
	}
}

// hidden sends the NAPTR records below a delegation or DNAME, for a look at them.
func (z *zone) hidden(i, j int, name e164.Name) error {
	z.unique(z.refs[i:j])
	z.group = slices.DeleteFunc(z.group, func(r ref) bool { return r.typ != rr.TypeNAPTR })
	if len(z.group) == 0 {
		return nil
	}
	e := &z.entry
	e.Kind, e.Name, e.Sets = backend.Number, name, e.Sets[:0]
	if name.IsWildcard() {
		e.Kind, e.Name = backend.Wildcard, name.Parent()
	}
	z.records()
	return z.send()
}

func isAddress(typ uint16) bool { return typ == rr.TypeA || typ == rr.TypeAAAA }

// delegate sends the delegation whose records are i to j, with the addresses that the zone has for its
// name servers (RFC 9471). They may stand anywhere in it.
func (z *zone) delegate(i, j int, name e164.Name) error {
	z.hides(name)
	for k := i; k < j; k++ {
		switch typ := z.refs[k].typ; {
		case typ == rr.TypeNS || typ == rr.TypeDS:
		case isAddress(typ):
			z.occluded = append(z.occluded, k)
		default:
			z.p.find(RuleOccluded, z.refs[k])
		}
	}
	e := &z.entry
	e.Kind, e.Name, e.TTL, e.Records = backend.Delegation, name, 0, e.Records[:0]
	z.sets(func(typ uint16) bool { return typ == rr.TypeNS || typ == rr.TypeDS })
	e.Glue = e.Glue[:0]
	for _, r := range z.group {
		if r.typ == rr.TypeNS {
			z.host(r, name)
		}
	}
	return z.send()
}

// host adds the addresses of one name server.
func (z *zone) host(ns ref, cut e164.Name) {
	server := z.data.at(ns.off)
	number, labels, inside := z.p.locate([]byte(server))
	if !inside {
		return
	}
	at := ref{number: number, labels: labels}
	i, _ := slices.BinarySearchFunc(z.refs, at, func(r, at ref) int { return z.p.names.compare(&r, &at) })
	var sets []backend.RRset
	for ; i < len(z.refs) && z.p.names.compare(&z.refs[i], &at) == 0; i++ {
		r := &z.refs[i]
		if !isAddress(r.typ) {
			continue
		}
		r.used = true
		data := strings.Clone(z.data.at(r.off))
		if !slices.ContainsFunc(sets, func(s backend.RRset) bool { return s.Type == r.typ && slices.Contains(s.Data, data) }) {
			sets = appendData(sets, r.typ, r.ttl, data)
		}
	}
	if sets != nil {
		z.entry.Glue = append(z.entry.Glue, backend.Host{Name: strings.Clone(server), Sets: sets})
	} else if z.p.names.name(&at).Under(cut) {
		z.p.find(RuleGlue, ns)
	}
}
