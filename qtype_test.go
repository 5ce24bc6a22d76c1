package enumim

import (
	"testing"

	"github.com/miekg/dns"
)

// No record can have these types, so that there is nothing to deny: the client asked in vain, wherever
// the name leads, and nothing is to be remembered of the name.
func TestTypesThatNoRecordHas(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	names := []string{"4.4.e164.arpa.", vectorName("3.8.0.0.6.9.2.3.6.1"), vectorName("1"), vectorName("9"), vectorName("1.6.6.7.7")}
	const (
		formErr = "FORMERR\nede: 30 \n"
		notImp  = "NOTIMP\nede: 21 \n"
		refused = "REFUSED\nede: 18 zone transfer not allowed\n"
	)
	want := map[uint16]string{
		dns.TypeOPT: formErr, dns.TypeNXNAME: formErr, 129: formErr, 248: formErr, dns.TypeTKEY: formErr, dns.TypeTSIG: formErr,
		dns.TypeIXFR: refused, dns.TypeAXFR: refused, dns.TypeMAILB: notImp, dns.TypeMAILA: notImp,
	}
	for qtype, text := range want {
		for _, name := range names {
			got := askHandler(t, e, withOPT(query1(name, qtype), 1232, false), nil)
			if dump(got) != text {
				t.Errorf("%s %s: got %s, want %s", name, dns.Type(qtype), dump(got), text)
			}
		}
	}
	// Every other type is one that records may have, some day if not now (RFC 3597, RFC 8906 section
	// 3.1.2). No record ever has type 0: to say that there is none is true.
	for _, qtype := range []uint16{0, 1, dns.TypeOPT - 1, dns.TypeOPT + 1, 127, dns.TypeANY, dns.TypeURI, 1000, 65280, 65535} {
		got := askHandler(t, e, query1(vectorName("9"), qtype), nil)
		if got.Rcode != dns.RcodeNameError || len(got.Ns) != 1 {
			t.Errorf("type %d: got %s", qtype, dump(got))
		}
	}
	for result, qtype := range map[string]uint16{"formerr": dns.TypeTSIG, "notimp": dns.TypeMAILA, "refused": dns.TypeAXFR} {
		counter := responses.WithLabelValues("", "4.4.e164.arpa.", result)
		before := counterValue(t, counter)
		askHandler(t, e, query1("4.4.e164.arpa.", qtype), nil)
		if got := counterValue(t, counter) - before; got != 1 {
			t.Errorf("%s was counted %v times", result, got)
		}
	}
}
