package guard

import (
	"encoding/hex"
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// state is what is known of a record before it is judged.
type state uint8

const (
	sound     state = iota
	other           // of another application, and apart: left alone
	malformed       // cannot be sent, or others read something else
	unchecked       // beyond the bounds
)

// entry is a NAPTR record of a section.
type entry struct {
	rr      dns.RR
	at      int // index in the section
	set     int // index of its rrset
	record  naptr.Record
	ttl     uint32
	effort  int
	state   state
	barred  bool // by the policy
	trimmed bool // record has fewer Enumservices than rr
	offends bool
}

// rrset are the NAPTR records of one owner.
type rrset struct {
	owner  string
	size   int // entries
	signed bool
	// altered: final stands in place of its records, records of other applications aside.
	altered bool
	final   []dns.RR
	placed  bool // final is in the section
}

// section is one of a message.
type section struct {
	entries []entry
	sets    []rrset
	total   int  // how many NAPTR records there are
	beyond  bool // more than are told apart
}

func (s *section) reset() {
	clear(s.entries)
	clear(s.sets)
	s.entries, s.sets, s.total, s.beyond = s.entries[:0], s.sets[:0], 0, false
}

// sift judges a section and returns it as it is sent, in a slice of its own where that differs.
func (j *judgement) sift(rrs []dns.RR) (out []dns.RR, changed bool) {
	if !holds(rrs) {
		return rrs, false
	}
	j.collect(rrs)
	for k := range j.sets {
		if j.sets[k].size > 0 {
			j.judgeSet(k)
		}
	}
	if j.policy.Mode != Enforce {
		return rrs, false
	}
	return j.rebuild(rrs)
}

// collect takes the NAPTR records of a section apart.
func (j *judgement) collect(rrs []dns.RR) {
	j.section.reset()
	if j.asked != "" { // however many other owners come first
		j.sets = append(j.sets, rrset{owner: j.asked})
	}
	nothing, beyond := 0, 0
	for at, record := range rrs {
		h := headerOf(record)
		switch {
		case h == nil:
			nothing++
		case h.Rrtype == dns.TypeNAPTR:
			j.total++
			if !j.enter(at, record, h) {
				beyond++
			}
		}
	}
	j.tally.rule(RuleMalformed, nothing)
	j.tally.rule(RuleUnchecked, beyond)
	j.beyond = beyond > 0
	j.afford()

	signatures := 0
	for _, record := range rrs {
		if !overNAPTR(record) {
			continue
		}
		if signatures++; signatures > maxSignatures {
			break
		}
		if k := j.setOf(record.Header().Name); k >= 0 {
			j.sets[k].signed = true
		}
	}
}

// setOf returns the index of the RRset with this owner, -1 for none.
func (s *section) setOf(owner string) int {
	for k := len(s.sets) - 1; k >= 0 && len(owner) <= maxOwner; k-- {
		if sameName(s.sets[k].owner, owner) {
			return k
		}
	}
	return -1
}

// enter takes a NAPTR record among those that are told apart. It reports whether the bounds allow it.
func (j *judgement) enter(at int, record dns.RR, h *dns.RR_Header) bool {
	if j.count == 0 || len(h.Name) > maxOwner {
		return false
	}
	k := j.setOf(h.Name)
	if k < 0 {
		if k = len(j.sets); k == maxSets {
			return false
		}
		j.sets = append(j.sets, rrset{owner: h.Name})
	}
	j.count--
	s := &j.sets[k]
	if s.size++; s.size == 1 {
		s.owner = h.Name // as it is spelled here
	}
	e := entry{rr: record, at: at, set: k, ttl: h.Ttl}
	var ok bool
	if e.record, ok = recordOf(record); !ok || h.Class != dns.ClassINET {
		e.state = malformed
		j.tally.rule(RuleMalformed, 1)
	}
	j.entries = append(j.entries, e)
	return true
}

// afford spends the effort on the records, beginning with those that need least: nobody takes it from them by
// costly ones.
func (j *judgement) afford() {
	j.members = j.members[:0]
	for i := range j.entries {
		if e := &j.entries[i]; e.state == sound {
			e.effort = effort(e.record)
			j.members = append(j.members, i)
		}
	}
	slices.SortStableFunc(j.members, func(a, b int) int { return j.entries[a].effort - j.entries[b].effort })
	for n, i := range j.members {
		if e := &j.entries[i]; e.effort <= j.effort {
			j.effort -= e.effort
			continue
		}
		for _, i := range j.members[n:] {
			j.entries[i].state = unchecked
		}
		j.tally.rule(RuleUnchecked, len(j.members)-n)
		break
	}
}

// recordOf returns the octets of a NAPTR record. ok is false where they are not those that will be on
// the wire.
func recordOf(record dns.RR) (r naptr.Record, ok bool) {
	var err error
	switch record := record.(type) {
	case *dns.NAPTR:
		r, err = rr.From(record)
	case *dns.RFC3597:
		var rdata []byte
		if len(record.Rdata) > 2*maxRDATA {
			return r, false
		}
		if rdata, err = hex.DecodeString(record.Rdata); err == nil {
			r, err = naptr.ParseRecord(rdata)
		}
	default:
		return r, false
	}
	return r, err == nil
}

// maxRDATA is how many octets the RDATA of a NAPTR record has at most.
const maxRDATA = 4 + 4*256

// rebuild returns the section as it is sent, in a slice of its own where that differs from rrs.
func (j *judgement) rebuild(rrs []dns.RR) (out []dns.RR, changed bool) {
	// What is not told apart goes; none of it may where some may be signed.
	j.refused = j.refused || j.beyond && j.bound()
	entries, signatures := j.entries, 0
	keep := func(rr dns.RR) {
		if changed {
			out = append(out, rr)
		}
	}
	drop := func(i int) {
		if !changed {
			out, changed = append(make([]dns.RR, 0, len(rrs)+maxAdded), rrs[:i]...), true
		}
	}
	for i, record := range rrs {
		switch h := headerOf(record); {
		case h == nil:
			drop(i)
			j.missing = true
		case h.Rrtype == dns.TypeNAPTR && len(entries) > 0 && entries[0].at == i:
			e := &entries[0]
			entries = entries[1:]
			s := &j.sets[e.set]
			if !s.altered || e.state == other {
				keep(record)
				continue
			}
			drop(i)
			if !s.placed {
				out, s.placed = append(out, s.final...), true
			}
		case h.Rrtype == dns.TypeNAPTR:
			drop(i)
			j.missing = true
		case overNAPTR(record):
			signatures++
			if j.beyond || j.unsigned(record.Header().Name, signatures) {
				drop(i)
			} else {
				keep(record)
			}
		default:
			keep(record)
		}
	}
	if !changed {
		return rrs, false
	}
	return out, true
}

// bound reports whether records of the section must stay as they are for their signatures.
func (j *judgement) bound() bool {
	return j.validates && slices.ContainsFunc(j.sets, func(s rrset) bool { return s.signed && s.size > 0 })
}

// overNAPTR reports whether a record is a signature over NAPTR records.
func overNAPTR(record dns.RR) bool {
	sig, ok := record.(*dns.RRSIG)
	return ok && sig != nil && sig.TypeCovered == dns.TypeNAPTR
}

// unsigned reports whether the n-th signature, of this owner, is over records that are not sent as they were.
func (s *section) unsigned(owner string, n int) bool {
	if n > maxSignatures {
		return slices.ContainsFunc(s.sets, func(r rrset) bool { return r.altered })
	}
	k := s.setOf(owner)
	return k >= 0 && s.sets[k].altered
}
