package enumservice

import (
	"slices"
	"strconv"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// The size that is told is that of a real answer.
func TestAnswerSize(t *testing.T) {
	for _, s := range []string{"e164.arpa.", "enum.example.net."} {
		apex, err := e164.ParseApex(s)
		if err != nil {
			t.Fatal(err)
		}
		name := apex.Domain(number)
		msg := new(dns.Msg)
		msg.SetQuestion(name, dns.TypeNAPTR)
		msg.SetEdns0(1232, false)
		msg.Compress = true
		set := sixty()
		set[3].Replacement, set[3].Regexp = nextName, ""
		for _, r := range set {
			msg.Answer = append(msg.Answer, rr.To(dns.RR_Header{Name: name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 300}, r))
		}
		wire, err := msg.Pack()
		if err != nil {
			t.Fatal(err)
		}
		c := Checker{Apex: len(s) - 1}
		if got := AnswerSize(c.nameLen(number), set); got != len(wire) {
			t.Errorf("below %s: %d octets, really %d", s, got, len(wire))
		}
	}
	if (Checker{}).nameLen(number) != (Checker{Apex: len("e164.arpa")}).nameLen(number) {
		t.Error("the zero Checker is not for e164.arpa")
	}
}

// However many records stand at a name, no more findings are made than for each of them alone: beyond 100
// none is compared with the others, and that is told.
func TestManyRecords(t *testing.T) {
	compared := map[string]bool{"O02": true, "O03": true, "O05": true, "O07": true, "I02": true}
	for _, records := range []int{100, 101, 20000} {
		equal, rising := make([]naptr.Record, records), make([]naptr.Record, records)
		for i := range records {
			r := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:a" + strconv.Itoa(i) + "@example.com!"}
			equal[i] = r
			r.Order += uint16(i)
			rising[i] = r
		}
		for _, set := range [][]naptr.Record{equal, rising} {
			pairs, told := 0, 0
			for _, f := range (Checker{}).AppendSet(nil, number, set) {
				if compared[f.Code] {
					pairs++
				}
				if f.Code == "Z09" {
					told++
				}
			}
			switch many := records > 100; {
			case many && (pairs != 0 || told != 1):
				t.Errorf("%d records: %d findings of pairs, Z09 %d times", records, pairs, told)
			case !many && (pairs != records-1 || told != 0):
				t.Errorf("%d records: %d findings of pairs, Z09 %d times", records, pairs, told)
			}
			if mended := (Checker{}).Repair(number, set); !slices.Equal(mended[:2], set[:2]) && records > 100 {
				t.Errorf("%d records are ranked anew", records)
			}
		}
	}
}
