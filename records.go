package enumim

import (
	"fmt"
	"math"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// staleTTL is the most seconds that stale records may be kept (RFC 8767 section 4).
const staleTTL = 30

// maxString is the most octets of a character-string.
const maxString = 255

// ttl returns the TTL to answer with. One with its highest bit set counts as 0 (RFC 2181 section 8).
func (q *query) ttl(seconds uint32) uint32 {
	if seconds > math.MaxInt32 {
		return 0
	}
	if q.stale {
		return min(seconds, staleTTL)
	}
	return seconds
}

// scratch is the memory that NAPTR records are written in before they become one string.
type scratch struct {
	aus    [16]byte
	text   []byte // of all regexps
	ends   []int  // of each in text
	octets []byte // of a regexp that has to be escaped
}

// escape escapes the last regexp, which begins at from.
func (s *scratch) escape(from int) {
	s.octets = append(s.octets[:0], s.text[from:]...)
	s.text = rr.Escape(s.text[:from], s.octets)
}

// appendAUS appends the Application Unique String of n (RFC 6116 section 3.1; of a dial plan section 2).
func (q *query) appendAUS(b []byte, n e164.Number) []byte {
	if !q.t.Options.DialPlan {
		b = append(b, '+')
	}
	return n.AppendDigits(b)
}

// addRules adds the NAPTR records, in the order of the rules.
func (q *query) addRules(a *backend.Answer, name e164.Name, owner string) error {
	form := a.Form
	if q.t.Options.Form != nil {
		form = *q.t.Options.Form
	}
	if _, branch := name.Branch(); !branch && !name.IsNumber() {
		form = backend.Stored // there is no number to expand it for
	}
	s := &q.scratch
	s.text, s.ends = s.text[:0], s.ends[:0]
	asked := q.appendAUS(s.aus[:0], q.number)
	own := asked
	if name.Number != q.number { // an alias led here: what the record says of its own number stays
		own = q.appendAUS(nil, name.Number)
	}

	q.disguiseAs()
	records := q.reply.naptr[:0]
	if len(a.Rules) > cap(records) {
		records = make([]dns.NAPTR, 0, len(a.Rules))
	}
	text := a.Text
	for i := range a.Rules {
		rule, ok := &a.Rules[i], true
		from := len(s.text)
		switch {
		case q.disguise.on:
			text, ok = q.appendDisguised(records, rule, form, asked, own, text)
		case form == backend.Plain:
			s.text, text, ok = rule.AppendAliased(s.text, asked, own, text)
		default:
			s.text, text = rule.AppendStored(s.text, own, text)
		}
		if !ok {
			continue // the record says nothing about this number
		}
		regexp := s.text[from:]
		if len(regexp) > maxString || len(rule.Flags) > maxString || len(rule.Services) > maxString {
			return fmt.Errorf("%w: a NAPTR field of more than 255 octets", backend.ErrInvalidData)
		}
		replacement, err := rr.NameFromWire(rule.Replacement)
		if err != nil {
			return fmt.Errorf("%w: NAPTR replacement: %w", backend.ErrInvalidData, err)
		}
		if !rr.Plain(regexp) {
			s.escape(from)
		}
		s.ends = append(s.ends, len(s.text))
		// Field by field: a record that is put together first takes stack (see lookup).
		records = records[:len(records)+1]
		r := &records[len(records)-1]
		r.Hdr.Name, r.Hdr.Rrtype, r.Hdr.Class, r.Hdr.Ttl = owner, dns.TypeNAPTR, dns.ClassINET, q.ttl(a.TTL)
		r.Order, r.Preference, r.Replacement = rule.Order, rule.Preference, replacement
		r.Flags, r.Service = rr.Text(rule.Flags), rr.Text(rule.Services)
	}
	if q.disguise.used {
		q.disguise.shorten(records)
	}
	before := len(q.reply.msg.Answer)
	all, from := string(s.text), 0
	for i := range records {
		records[i].Regexp = all[from:s.ends[i]]
		from = s.ends[i]
		q.reply.msg.Answer = append(q.reply.msg.Answer, &records[i])
	}
	if len(records) > 0 && len(q.t.Options.Twins) > 0 {
		q.addTwins(a, before)
	}
	return nil
}

// addAny adds one RRset, which is all that a query for ANY needs to get (RFC 8482 section 4.1).
func (q *query) addAny(a *backend.Answer, sets []backend.RRset, name e164.Name, owner string) error {
	if len(a.Rules) > 0 {
		before := len(q.reply.msg.Answer)
		if err := q.addRules(a, name, owner); err != nil || len(q.reply.msg.Answer) > before {
			return err
		}
	}
	if len(sets) > 0 {
		return q.addSet(a, &sets[0], owner)
	}
	return nil
}

// addType adds the RRset of one type, if there is one.
func (q *query) addType(a *backend.Answer, sets []backend.RRset, owner string, typ uint16) error {
	if i := indexType(sets, typ); i >= 0 {
		return q.addSet(a, &sets[i], owner)
	}
	return nil
}

func (q *query) addSet(a *backend.Answer, set *backend.RRset, owner string) (err error) {
	q.reply.msg.Answer, err = q.appendSet(q.reply.msg.Answer, a, set, owner)
	return err
}

// appendSet appends fresh records of set to section.
func (q *query) appendSet(section []dns.RR, a *backend.Answer, set *backend.RRset, owner string) ([]dns.RR, error) {
	for _, rdata := range set.Data {
		if q.betrays(set.Type, rdata) {
			continue
		}
		record, err := rr.Unpack(owner, q.ttl(set.TTL), set.Type, rdata)
		if err != nil {
			return section, fmt.Errorf("%w: %w", backend.ErrInvalidData, err)
		}
		section = append(section, record)
	}
	return section, nil
}

func indexType(sets []backend.RRset, typ uint16) int {
	for i := range sets {
		if sets[i].Type == typ {
			return i
		}
	}
	return -1
}

// apexSets returns what stands at the apex, SOA and NS among it: from the zone, or from the frame.
func (q *query) apexSets(a *backend.Answer) []backend.RRset {
	var sets []backend.RRset
	if a.Zone != nil {
		sets = append(append(sets, a.Zone.SOA), a.Zone.Sets...)
	} else {
		sets = q.t.frame.sets(q.t.frame.serial.now(q.ctx, q.t))
	}
	for i := range a.Sets {
		if indexType(sets, a.Sets[i].Type) < 0 {
			sets = append(sets, a.Sets[i])
		}
	}
	return sets
}
