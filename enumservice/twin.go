package enumservice

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// mostTwins is how many twins a set gets, and how many of its im: records are read for them.
const mostTwins = 8

// AppendTwins appends to dst, for the mailbox of each im: URI that set yields for n, records that offer
// the same mailbox as URIs of protocols, and returns the extended slice. Clients look for sip, and hardly
// any for im: with twins they find the mailbox, and send it calls, too.
//
// No record of set loses anything to a twin. It ranks behind them all; its protocol is not offered by
// any of them, nor, as far as can be told, behind a non-terminal; and it makes the answer no larger than
// some clients take. There is none for what a protocol's URI cannot hold, none that Append would warn of,
// and none with Checker.Sample or the zero Number, since twins are this number's alone.
func (c Checker) AppendTwins(dst []naptr.Record, n e164.Number, set []naptr.Record, protocols []im.Protocol) []naptr.Record {
	protocols = slices.DeleteFunc(slices.Clone(protocols), func(p im.Protocol) bool { return offered(set, p) })
	if len(protocols) == 0 || !n.IsValid() || c.Sample || len(set) > mostCompared || slices.ContainsFunc(set, leadsOn) {
		return dst
	}
	order, preference := last(set)
	from := len(dst)
	for _, u := range c.mailboxes(n, set) {
		for _, p := range protocols {
			twin, ok := c.twin(n, u, p)
			if !ok || slices.ContainsFunc(dst[from:], func(r naptr.Record) bool { return r.Regexp == twin.Regexp }) {
				continue
			}
			if preference == 0xffff || len(dst)-from == mostTwins {
				return dst
			}
			preference++
			twin.Order, twin.Preference = order, preference
			dst = append(dst, twin)
			if !c.bearable(n, set, dst[from:]) {
				return dst[:len(dst)-1]
			}
		}
	}
	return dst
}

// offered reports whether a client may find the protocol in the set already. Clients read services in
// ways of their own: pstn:sip for sip, or whatever the flags are. Linphone dials the first "sip:" in the
// text of the answer.
func offered(set []naptr.Record, p im.Protocol) bool {
	return slices.ContainsFunc(set, func(r naptr.Record) bool {
		if containsFold(r.Services, p.String()) && !otherApplication(r.Services) {
			return true
		}
		scheme := p.String() + ":"
		return containsFold(r.Flags, scheme) || containsFold(r.Services, scheme) ||
			containsFold(r.Regexp, scheme) || containsFold(r.Replacement, scheme)
	})
}

// containsFold is strings.Contains, letter case aside in ASCII; substr is in lower case.
func containsFold(s, substr string) bool {
	for matched, from := 0, 0; from+len(substr) <= len(s); {
		c := s[from+matched]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != substr[matched] {
			matched, from = 0, from+1
			continue
		}
		if matched++; matched == len(substr) {
			return true
		}
	}
	return false
}

// leadsOn reports whether the record leads to another name, where any Enumservice may be offered (RFC
// 6116 section 5.2.1).
func leadsOn(r naptr.Record) bool { return considered(r) && r.NonTerminal() && !rootReplacement(r) }

// last returns the highest order of the set and its greatest preference in any order: some clients go on
// from one order to the next. Records of other applications have ranks of their own (RFC 3403 section 3).
func last(set []naptr.Record) (order, preference uint16) {
	for _, r := range set {
		if !otherApplication(r.Services) {
			order, preference = max(order, r.Order), max(preference, r.Preference)
		}
	}
	return order, preference
}

// mailboxes lists the mailboxes that a client which looks for im finds, best first. It keeps to the first
// order that yields one (RFC 3403 section 4.1).
func (c Checker) mailboxes(n e164.Number, set []naptr.Record) (list []im.URI) {
	read := 0
	var buf [512]byte
	s := inspect(set)
	for i, m := range s.enum {
		if len(list) > 0 && m.Order != s.enum[i-1].Order || read == mostTwins {
			break
		}
		if !m.names(Service{Type: "im"}) || !rootReplacement(m.Record) {
			continue
		}
		read++
		uri, _ := c.URI(buf[:0], n, m.Record)
		if u, err := im.Parse(string(uri)); err == nil && u.Scheme == "im" {
			list = append(list, u)
		}
	}
	return list
}

// twin returns the record for a mailbox, without a rank.
func (c Checker) twin(n e164.Number, u im.URI, p im.Protocol) (r naptr.Record, ok bool) {
	uri, ok := p.URI(u)
	if !ok {
		return r, false
	}
	regexp, err := naptr.Literal(strings.ReplaceAll(uri, "'", "%27")) // the same to sip (see encodable), and xmpp has none
	if err != nil {
		return r, false
	}
	r = naptr.Record{Flags: "u", Services: "E2U+" + p.String(), Regexp: regexp}
	return r, !slices.ContainsFunc(c.Append(nil, n, r), func(f Finding) bool { return f.Severity >= Warning })
}

// bearable reports whether no client gives up on the set for its twins' sake.
func (c Checker) bearable(n e164.Number, set, twins []naptr.Record) bool {
	var before, after [len(sizes) + 4]SetFinding
	return len(c.size(after[:0], n, slices.Concat(set, twins))) == len(c.size(before[:0], n, set))
}
