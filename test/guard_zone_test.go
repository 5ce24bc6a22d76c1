package test

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// passing is a number of a tree that is guarded. What is left of its records after each treatment follows
// from its kind; each URI says whose it is, and has a checksum.
type passing struct {
	apex   string // fully qualified
	digits string
	kind   kind
}

// kind is what is wrong with the records of a number.
type kind int

const (
	sound    kind = iota // nothing
	mixed                // one of its two records has an error (S05)
	spoilt               // all have one
	mendable             // what is wrong can be mended without a change for anyone (S13)
	foreign              // records of another application alone
	hidden               // no records, a number below
	absent               // no such number
	kinds
)

// number returns the number i of a tree, whose kind follows from i.
func passingNumber(apex string, i int) passing {
	return passing{apex, fmt.Sprintf("441632960%03d", i), kind(i) % kinds}
}

func (n passing) owner() string { return reversed(n.digits) + "." + n.apex }

// uri returns the URI of the n's record k.
func (n passing) uri(scheme string, k int) string {
	text := fmt.Sprintf("n%s.r%d", n.digits, k)
	return fmt.Sprintf("%s:%s.c%08x@example.com", scheme, text, crc32.ChecksumIEEE([]byte(n.apex+text)))
}

// records are those of the zone.
func (n passing) records() []dns.RR {
	switch n.kind {
	case sound:
		return []dns.RR{naptrRR(n.owner(), 10, "E2U+im", n.uri("im", 0)), naptrRR(n.owner(), 20, "E2U+sip", n.uri("sip", 1))}
	case mixed:
		return []dns.RR{naptrRR(n.owner(), 10, "E2U+im", n.uri("sip", 0)), naptrRR(n.owner(), 20, "E2U+sip", n.uri("sip", 1))}
	case spoilt:
		return []dns.RR{naptrRR(n.owner(), 10, "E2U+im", n.uri("sip", 0))}
	case mendable:
		return []dns.RR{naptrRR(n.owner(), 10, "E2U+im+sip", n.uri("im", 0))}
	case foreign:
		r := naptrRR(n.owner(), 10, "SIP+D2U", "")
		r.Flags, r.Regexp, r.Replacement = "s", "", "_sip._udp.example.com."
		return []dns.RR{r}
	case hidden:
		r := naptrRR("1."+n.owner(), 10, "E2U+im", n.uri("im", 0))
		return []dns.RR{r}
	}
	return nil
}

// treatment is what a guard is told to do.
type treatment struct {
	name, lines string
}

var (
	observed  = treatment{"observe", "inspect observe"}
	annotated = treatment{"annotate", "inspect annotate"}
	enforced  = treatment{"enforce", "inspect enforce"}
	denied    = treatment{"enforce with empty nodata", "inspect enforce\nempty nodata"}
	repaired  = treatment{"repair", "inspect enforce\nrepair"}
)

// expected returns the rcode and the records that are to come, as services and URIs, and the code of the
// EDE, -1 for none.
func (n passing) expected(by treatment) (rcode int, uris []string, ede int) {
	ede = -1
	told := n.kind == mixed || n.kind == spoilt || n.kind == mendable
	offends := told && by != observed && by != annotated
	if told && by == annotated {
		ede = 0
	}
	for _, one := range n.records() {
		r := one.(*dns.NAPTR)
		uris = append(uris, strings.TrimSpace(r.Service+" "+strings.Trim(strings.TrimPrefix(r.Regexp, "!^.*$"), "!")))
	}
	switch {
	case n.kind == absent:
		return dns.RcodeNameError, nil, ede
	case n.kind == hidden:
		return dns.RcodeSuccess, nil, ede
	case offends && n.kind == mendable && by == repaired:
		uris, ede = []string{"E2U+im " + n.uri("im", 0)}, 4
	case offends && n.kind == mixed:
		uris, ede = uris[1:], 4
	case offends && by == denied:
		return dns.RcodeSuccess, nil, 15
	case offends:
		return dns.RcodeServerFailure, nil, 15
	}
	slices.Sort(uris)
	return dns.RcodeSuccess, uris, ede
}

// check tells what is wrong with a reply of a server that treats what passes like this. Where EDE may be
// lost, it is not looked at.
func (n passing) check(p *reply, by treatment, lossy bool) error {
	if p.err != nil {
		return p.err
	}
	rcode, uris, code := n.expected(by)
	got := p.uris()
	for i := range got {
		got[i] = strings.TrimSpace(got[i])
	}
	switch {
	case p.rcode != rcode, !slices.Equal(got, uris), len(p.answer) != len(got):
		return fmt.Errorf("kind %d: want %s %q, got %v", n.kind, dns.RcodeToString[rcode], uris, p)
	case rcode == dns.RcodeNameError || len(uris) == 0 && n.kind == hidden:
		if len(p.authority) != 1 || p.authority[0].typ != dns.TypeSOA {
			return fmt.Errorf("kind %d: a negative answer without its SOA: %v", n.kind, p)
		}
	}
	for _, r := range p.answer {
		if r.owner != n.owner() || r.ttl > 3600 || r.ttl < 3000 {
			return fmt.Errorf("kind %d: %v", n.kind, p)
		}
	}
	if lossy {
		return nil
	}
	ede := strings.Join(p.ede(), "|")
	switch {
	case !p.edns && len(p.raw.Extra) > 0, p.edns && code < 0 && ede != "", len(p.ede()) > 1:
		return fmt.Errorf("kind %d: EDE %q in %v", n.kind, ede, p)
	case p.edns && code >= 0 && !strings.HasPrefix(ede, fmt.Sprintf("%d ", code)):
		return fmt.Errorf("kind %d: EDE %q, want %d in %v", n.kind, ede, code, p)
	}
	return nil
}

// passingZone writes a zone of so many numbers.
func passingZone(tb testing.TB, dir, apex string, size int) (file string) {
	tb.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s\n@ 3600 IN SOA ns.example.net. hm.example.net. 1 7200 900 1209600 3600\n@ 3600 IN NS ns.example.net.\n", apex)
	for i := range size {
		for _, one := range passingNumber(apex, i).records() {
			b.WriteString(one.String() + "\n")
		}
	}
	return write(tb, dir, "passing.zone", b.String())
}
