package guard

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// hold judges m, which good records were planted in, and says what must not be, whatever is in it.
func hold(g *Guard, r, m *dns.Msg, planted []dns.RR) error {
	before, query := deepCopy(m), deepCopy(r)
	packed, err := pack(m)

	v := g.Judge(r, m)

	if !reflect.DeepEqual(before, deepCopy(m)) || !reflect.DeepEqual(query, deepCopy(r)) {
		return errors.New("the message that was judged is another one now")
	}
	if len(v.EDE.Text) > maxText || len(v.URIs) > maxURIs {
		return fmt.Errorf("EDE of %d octets, %d URIs", len(v.EDE.Text), len(v.URIs))
	}
	enforced := g.policy.Mode == Enforce
	if v.Action >= Repaired && !enforced {
		return fmt.Errorf("mode %d: %s", g.policy.Mode, v.Action)
	}
	if own := v.Msg != m; own != (v.Action >= Repaired) && !g.policy.RequireAuthenticated {
		return fmt.Errorf("%s: a message of its own: %t", v.Action, own)
	}
	sent, failed := pack(v.Msg)
	if failed != nil && (err == nil || enforced) {
		return fmt.Errorf("%s, and cannot be sent: %w", v.Action, failed)
	}
	if v.Msg == m && !bytes.Equal(sent, packed) {
		return errors.New("the same message, and other octets")
	}
	refused := v.Msg.Rcode == dns.RcodeServerFailure && m.Rcode != dns.RcodeServerFailure
	if refused && signed(m.Answer) && (r.CheckingDisabled || wantsDNSSEC(r)) {
		return nil
	}
	for _, record := range planted {
		if !survives(v, record, g.policy.Repair) {
			return fmt.Errorf("%s: %v is gone of %v, left are %v: %v", v.Action, record, m.Answer, v.Msg.Answer, v.Counts)
		}
	}
	if again := g.Judge(r, v.Msg); enforced && !g.policy.RequireAuthenticated && // the new message is not authenticated
		again.Action >= Repaired && !(again.Action == Repaired && reserved(m)) {
		return fmt.Errorf("%s, then %s: %v of %v, then %v: %v", v.Action, again.Action, v.Msg.Answer, m.Answer, again.Msg.Answer, again.Counts)
	}
	if v.Msg != m { // what is done to it is not done to the other
		v.Msg.Answer = append(v.Msg.Answer, planted[0])
		v.Msg.Extra = append(v.Msg.Extra, planted[0])
		for _, record := range v.Msg.Extra {
			if opt, ok := record.(*dns.OPT); ok {
				opt.SetDo(!opt.Do())
				opt.Option = append(opt.Option, &dns.EDNS0_EDE{})
			}
		}
		if !reflect.DeepEqual(before, deepCopy(m)) {
			return errors.New("the message that was judged changes with the new one")
		}
	}
	return nil
}

// reserved reports whether something keeps records of m from being mended that may be gone from the reply: that it is
// authenticated, a signature, or another owner.
func reserved(m *dns.Msg) bool {
	return m.AuthenticatedData || slices.ContainsFunc([][]dns.RR{m.Answer, m.Ns, m.Extra}, func(section []dns.RR) bool {
		owners := map[string]bool{}
		for _, record := range section {
			if h := headerOf(record); h != nil && h.Rrtype == dns.TypeNAPTR {
				owners[strings.ToLower(h.Name)] = true
			}
		}
		return signed(section) || len(owners) > 1
	})
}

// deepCopy is dns.Msg.Copy for messages with records that are nil, too.
func deepCopy(m *dns.Msg) *dns.Msg {
	c := *m
	c.Question = slices.Clone(m.Question)
	for _, section := range []*[]dns.RR{&c.Answer, &c.Ns, &c.Extra} {
		*section = slices.Clone(*section)
		for i, record := range *section {
			if headerOf(record) != nil {
				(*section)[i] = dns.Copy(record)
			}
		}
	}
	return &c
}

// survives reports whether a good record is among those that are sent: the same one, or where records are
// mended one that says the same, perhaps in another rank.
func survives(v Verdict, record dns.RR, mended bool) bool {
	return slices.ContainsFunc(v.Msg.Answer, func(sent dns.RR) bool {
		if sent == record || headerOf(sent) != nil && dns.IsDuplicate(sent, record) {
			return true
		}
		a, ok := sent.(*dns.NAPTR)
		b := record.(*dns.NAPTR)
		return mended && ok && b.Flags == "u" && sameName(a.Hdr.Name, b.Hdr.Name) && a.Flags == b.Flags && a.Service == b.Service && a.Regexp == b.Regexp
	})
}

// pack packs a copy of m, since that changes a message, and gives an error for records that are nil.
func pack(m *dns.Msg) (wire []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("nil record")
		}
	}()
	return deepCopy(m).Pack()
}
