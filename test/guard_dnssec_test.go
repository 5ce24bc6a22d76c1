package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// header are the bits of a query that DNSSEC knows.
type header struct{ do, cd, ad bool }

func (h header) set(q *question) { q.do, q.cd, q.ad = h.do, h.cd, h.ad }

func (h header) String() string { return fmt.Sprintf("DO=%v CD=%v AD=%v", h.do, h.cd, h.ad) }

// TestGuardDNSSEC asks a validating BIND through a guard that enforces, with every combination of DO, CD
// and AD. What is to come follows from three rules:
//   - an RRset with its signature, for a client with DO or CD, is whole or not there (RFC 4035 section 5.3.3);
//   - data that was changed is not authentic: no AD, no signature (RFC 4035 section 3.2.3);
//   - AD in a reply is for those who asked with DO or AD (RFC 6840 section 5.8), CD is copied (RFC 4035 section 3.2.2).
func TestGuardDNSSEC(t *testing.T) {
	tree := startSigned(t)
	const (
		im    = "E2U+im im:user@example.com"
		sip   = "E2U+sip sip:user@example.com"
		wrong = "E2U+im sip:wrong@example.com"
	)
	// what is what a client gets: the records, the code of the EDE (-1: none), whether anything was changed.
	type what struct {
		uris    []string
		rcode   int
		ede     int
		changed bool
	}
	whole, fewer := what{[]string{im, sip}, 0, -1, false}, what{[]string{sip}, 0, 4, true}
	table := []struct {
		header
		sound, mixed, spoilt, planted what
	}{
		// Without DO no signature comes along: records are withheld.
		{header{false, false, false}, whole, fewer, what{nil, 2, 15, true}, what{nil, 2, 15, true}},
		{header{false, false, true}, whole, fewer, what{nil, 2, 15, true}, what{nil, 2, 15, true}},
		{header{false, true, false}, whole, fewer, what{nil, 2, 15, true}, what{nil, 2, 15, true}},
		{header{false, true, true}, whole, fewer, what{nil, 2, 15, true}, what{nil, 2, 15, true}},
		// With DO they are signed: whole with what was found, or refused where they betray.
		{header{true, false, false}, whole, what{[]string{wrong, sip}, 0, 0, false}, what{[]string{wrong}, 0, 0, false}, what{nil, 2, 15, true}},
		{header{true, false, true}, whole, what{[]string{wrong, sip}, 0, 0, false}, what{[]string{wrong}, 0, 0, false}, what{nil, 2, 15, true}},
		{header{true, true, false}, whole, what{[]string{wrong, sip}, 0, 0, false}, what{[]string{wrong}, 0, 0, false}, what{nil, 2, 15, true}},
		{header{true, true, true}, whole, what{[]string{wrong, sip}, 0, 0, false}, what{[]string{wrong}, 0, 0, false}, what{nil, 2, 15, true}},
	}
	const lines = " e164.arpa {\ninspect enforce\nrepair\nempty nodata\ndeny_domains evil.example\n}\n"
	const servfail = " e164.arpa {\ninspect enforce\nrepair\ndeny_domains evil.example\n}\n"
	for _, way := range []struct {
		name, chain string
		lossy       bool
		empty       int
	}{
		{"alone", "enumim_guard" + servfail, false, dns.RcodeServerFailure},
		{"nodata", "enumim_guard" + lines, false, dns.RcodeSuccess},
		{"in front of cache", "enumim_guard" + servfail + "cache\n", false, dns.RcodeServerFailure},
		{"behind cache", "cache\nenumim" + servfail, true, dns.RcodeServerFailure},
		{"both", "enumim_guard" + servfail + "cache\nenumim" + servfail, true, dns.RcodeServerFailure},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := startEnumim(t, way.chain+"forward . "+tree.resolver.address)
			for _, row := range table {
				for number, want := range map[string]what{"0.0.1.0.6.9.2.3.6.1.": row.sound, "1.0.1.0.6.9.2.3.6.1.": row.mixed, "2.0.1.0.6.9.2.3.6.1.": row.spoilt, "3.0.1.0.6.9.2.3.6.1.": row.planted, "4.0.1.0.6.9.2.3.6.1.": row.mixed} {
					for _, network := range []func(*question){func(*question) {}, overTCP, func(*question) {}} { // the second and third from a cache
						p := guarded(t, s, number+signedApex, row.set, network)
						rcode := want.rcode
						if rcode == dns.RcodeServerFailure && !row.do {
							rcode = way.empty
						}
						ede := strings.Join(p.ede(), "|")
						fail := func(text string) { t.Errorf("%s%s %v: %s: %v%q", number, signedApex, row.header, text, p, ede) }
						if slices.Sort(want.uris); p.rcode != rcode || !slices.Equal(p.uris(), want.uris) {
							fail(fmt.Sprintf("want %s %q", dns.RcodeToString[rcode], want.uris))
						}
						if p.cd != row.cd {
							fail("CD is not that of the query")
						}
						switch {
						case p.ad && (want.changed || !row.do && !row.ad):
							fail("AD")
						case !p.ad && !want.changed && !row.cd && (row.do || row.ad):
							fail("no AD, though the resolver validated")
						}
						if row.do && len(want.uris) > 0 {
							if err := tree.verify(p); err != nil {
								fail(err.Error())
							}
						} else if !row.do && number != "0.0.1.0.6.9.2.3.6.1." && hasSignature(p) {
							fail("a signature")
						}
						if !way.lossy && (want.ede < 0) != (ede == "") || want.ede >= 0 && ede != "" && !strings.HasPrefix(ede, fmt.Sprintf("%d enumim", want.ede)) {
							fail(fmt.Sprintf("want EDE %d", want.ede))
						}
					}
				}
				// What BIND found to be bogus is a failure, and comes only to those who check for themselves.
				p := guarded(t, s, "0.0.1.0.6.9.2.3.6.1."+bogusApex, row.set)
				if row.cd != (p.rcode == dns.RcodeSuccess) || !row.cd && (p.rcode != dns.RcodeServerFailure || len(p.answer) > 0) || p.ad {
					t.Errorf("bogus, %v: %v", row.header, p)
				}
			}
		})
	}
}

// TestGuardRequireAuthenticated: with a validating resolver behind, records of a signed zone pass, those of
// an unsigned one do not, nor do forged ones, whatever bits a client sets.
func TestGuardRequireAuthenticated(t *testing.T) {
	tree := startSigned(t)
	const lines = " e164.arpa {\ninspect enforce\nrequire_authenticated\n}\n"
	for name, chain := range map[string]string{
		"alone": "enumim_guard" + lines, "in front of cache": "enumim_guard" + lines + "cache\n", "behind cache": "cache\nenumim" + lines,
	} {
		t.Run(name, func(t *testing.T) {
			s := startEnumim(t, chain+"forward . "+tree.resolver.address)
			for i := range 8 {
				h := header{i&1 > 0, i&2 > 0, i&4 > 0}
				for range 2 {
					p := guarded(t, s, "0.0.1.0.6.9.2.3.6.1."+signedApex, h.set)
					if len(p.uris()) != 2 || p.rcode != dns.RcodeSuccess || p.cd != h.cd || p.ad != (h.do || h.ad) || h.do && tree.verify(p) != nil {
						t.Errorf("signed, %v: %v", h, p)
					}
					for _, apex := range []string{unsignedApex, bogusApex} {
						p := guarded(t, s, "0.0.1.0.6.9.2.3.6.1."+apex, h.set)
						if len(p.answer) > 0 || p.rcode != dns.RcodeServerFailure || p.ad {
							t.Errorf("%s %v: %v", apex, h, p)
						}
					}
					// Negative answers and aliases are not records to trust: they pass as they are.
					if p := guarded(t, s, "9.9.9."+signedApex, h.set); p.rcode != dns.RcodeNameError || len(p.authority) == 0 {
						t.Errorf("NXDOMAIN, %v: %v", h, p)
					}
				}
			}
		})
	}
}
