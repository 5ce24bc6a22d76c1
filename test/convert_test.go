package test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/convert"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// plan is a numbers file with blocks of closed and open numbering, nested, with exceptions in them.
type plan struct {
	random *rand.Rand
	text   strings.Builder
	exact  []string
	blocks []planBlock
	cuts   []string
	taken  map[string]bool
}

type planBlock struct {
	prefix      string
	least, most int // digits in all
}

func newPlan(seed uint64, entries int) *plan {
	p := &plan{random: rand.New(rand.NewPCG(seed, 11)), taken: map[string]bool{}}
	for i := range entries {
		switch n := p.random.IntN(20); {
		case n == 0:
			p.block("1", 11, 11, i)
		case n == 1:
			least := 5 + p.random.IntN(5)
			p.block("49", least, least+p.random.IntN(5), i)
		case n == 2:
			p.cut(i)
		case n < 10:
			p.number("49"+p.digits(4+p.random.IntN(7)), i)
		default:
			p.number("1"+p.digits(10), i)
		}
	}
	p.text.WriteString("$END\n")
	return p
}

// digits has few different digits at the beginning, so that numbers lie in blocks.
func (p *plan) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '1' + byte(p.random.IntN(3))
		if i > 4 {
			b[i] = '0' + byte(p.random.IntN(10))
		}
	}
	return string(b)
}

func (p *plan) take(keys ...string) bool {
	if slices.ContainsFunc(keys, func(k string) bool { return p.taken[k] }) {
		return false
	}
	for _, k := range keys {
		p.taken[k] = true
	}
	return true
}

func (p *plan) number(digits string, i int) {
	if !p.take(digits) {
		return
	}
	p.exact = append(p.exact, digits)
	if p.random.IntN(10) == 0 {
		fmt.Fprintf(&p.text, "+%s none\n", digits)
		return
	}
	fmt.Fprintf(&p.text, "+%s ttl=%d im:u%d@example.com E2U+email:mailto mailto:a;b(%d)@example.org\n", digits, 60+i%5000, i, i)
}

func (p *plan) block(country string, least, most, i int) {
	b := planBlock{country + p.digits(p.random.IntN(min(least-len(country), 6))), least, most}
	var keys []string
	for l := least; l <= most; l++ {
		keys = append(keys, fmt.Sprintf("%s/%d", b.prefix, l))
	}
	if !p.take(keys...) {
		return
	}
	p.blocks = append(p.blocks, b)
	fmt.Fprintf(&p.text, "+%sx{%d,%d}", b.prefix, least-len(b.prefix), most-len(b.prefix))
	switch p.random.IntN(8) {
	case 0:
		p.text.WriteString(" none\n")
	case 1, 2:
		fmt.Fprintf(&p.text, " ttl=%d im:block%d@example.com\n", 60+i%5000, i)
	case 3, 4:
		fmt.Fprintf(&p.text, " sip:{number}@b%d.example.net sip:{digits}@c%d.example.net;n={number}\n", i, i)
	default:
		fmt.Fprintf(&p.text, " sip:x{rest}@b%d.example.net;last={last1} E2U+voice:tel tel:{number}\n", i)
	}
}

func (p *plan) cut(i int) {
	digits := "44" + p.digits(5)
	if !p.take(digits) {
		return
	}
	p.cuts = append(p.cuts, digits)
	fmt.Fprintf(&p.text, "+%s NS ns%d.example.net.\n", digits, i%3)
	if p.random.IntN(2) == 0 {
		name := strings.TrimSuffix(enumDomain(digits), ".")
		fmt.Fprintf(&p.text, "\tNS ns.%s 192.0.2.%d 2001:db8::%x\n\tDS %d 13 2 %064X\n", name, i%256, 1+i%1000, i%65536, i)
	}
}

func enumDomain(digits string) string {
	var b strings.Builder
	for i := len(digits) - 1; i >= 0; i-- {
		b.WriteString(digits[i:i+1] + ".")
	}
	return b.String() + "e164.arpa."
}

// ask returns a number that exists, or one of which a zone and enumim can say the same: it is in no block's
// prefix, or it is one of a block's numbers.
func (p *plan) ask() string {
	for {
		var digits string
		switch p.random.IntN(6) {
		case 0, 1:
			b := p.blocks[p.random.IntN(len(p.blocks))]
			length := b.least + p.random.IntN(b.most-b.least+1)
			// Near to what stands in the block.
			digits = b.prefix
			if at := p.exact[p.random.IntN(len(p.exact))]; strings.HasPrefix(at, b.prefix) {
				digits = at[:len(b.prefix)+p.random.IntN(len(at)-len(b.prefix)+1)]
			}
			digits = (digits + p.digits(15))[:length]
		case 2:
			digits = p.exact[p.random.IntN(len(p.exact))]
		case 3:
			digits = p.cuts[p.random.IntN(len(p.cuts))] + p.digits(p.random.IntN(5))
		case 4:
			digits = "1" + p.digits(10)
		default:
			digits = []string{"44", "49", "33", "1"}[p.random.IntN(4)] + p.digits(1+p.random.IntN(9))
		}
		if p.same(digits) {
			return digits
		}
	}
}

func (p *plan) same(digits string) bool {
	in := false
	for _, b := range p.blocks {
		if strings.HasPrefix(digits, b.prefix) {
			if in = true; b.least <= len(digits) && len(digits) <= b.most {
				return true
			}
		}
	}
	return !in || p.taken[digits]
}

// usable returns what a client makes of the NAPTR records of a reply, sorted.
func usable(tb testing.TB, p *reply, digits string) (out []string) {
	tb.Helper()
	for _, one := range p.raw.Answer {
		n, ok := one.(*dns.NAPTR)
		if !ok {
			continue
		}
		r, err := rr.From(n)
		if err != nil {
			tb.Fatal(err)
		}
		rule := naptr.NewRule(r)
		if regexp, _, ok := rule.AppendPlain(nil, []byte("+"+digits), ""); ok {
			out = append(out, fmt.Sprintf("%d %d %s %s %s", r.Order, r.Preference, r.Flags, r.Services, regexp))
		}
	}
	slices.Sort(out)
	return out
}

// The zone that `enumim convert` makes of a numbers file, served by NSD, Knot DNS, BIND and PowerDNS, gives every number of a block, every
// number with an entry, and every number outside of blocks the answers that enumim gives from the numbers file.
func TestConvertedZone(t *testing.T) {
	for _, program := range []string{"nsd", "knotd", "named", "pdns_server"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv(questionsVar) != "" || os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v: it is in the Debian packages nsd, knot, bind9, and pdns-server with pdns-backend-bind", err)
		}
	}
	p := newPlan(uint64(number(t, seedVar, 1)), 3000)
	apex, err := e164.ParseApex("e164.arpa")
	if err != nil {
		t.Fatal(err)
	}
	var zone bytes.Buffer
	report, err := convert.Convert(context.Background(), &zone, strings.NewReader(p.text.String()), convert.Options{
		To: convert.Zone, File: "numbers.txt", Apex: apex, NameServers: []string{"ns1.example.net."},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries, %d RRsets made of blocks", report.Entries, report.Made)
	dir := t.TempDir()
	file := write(t, dir, "zone", zone.String())
	for _, check := range [][]string{{"named-checkzone", "-i", "local", "e164.arpa", file}, {"kzonecheck", "-o", "e164.arpa.", file}} {
		if _, err := exec.LookPath(check[0]); err != nil {
			continue
		}
		if out, err := exec.Command(check[0], check[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", check[0], err, out)
		}
	}
	ours := &client{server: startEnumim(t, "enumim e164.arpa {\nbackend file "+write(t, dir, "numbers.txt", p.text.String())+"\nform stored\n}")}
	defer ours.close()
	files := map[string]string{"e164.arpa.": file}
	others := []*client{
		{server: startNSD(t, files)}, {server: startKnot(t, files)},
		{server: startBIND(t, "e164.arpa.", file)}, {server: startPowerDNS(t, "e164.arpa.", file)},
	}
	for _, other := range others {
		defer other.close()
	}
	counts := map[string]int{}
	for range number(t, questionsVar, defaultQuestions) {
		digits := p.ask()
		q := &question{name: enumDomain(digits), qtype: dns.TypeNAPTR, class: dns.ClassINET, edns: true, size: maxUDP}
		a := ours.ask(q)
		if a.err != nil {
			t.Fatal(a.err)
		}
		kind := dns.RcodeToString[a.rcode]
		switch {
		case len(a.answer) > 0:
			kind = "records"
		case !a.aa:
			kind = "referral"
		}
		counts[kind]++
		for _, other := range others {
			b := other.ask(q)
			switch {
			case b.err != nil:
				t.Fatal(b.err)
			case a.rcode != b.rcode, a.aa != b.aa, !slices.Equal(usable(t, a, digits), usable(t, b, digits)),
				kind == "referral" && (!slices.Equal(a.authority, b.authority) || !slices.Equal(a.addition, b.addition)):
				t.Fatalf("%v\nenumim: %v%s: %v", q, a, other.name, b)
			case kind == "records" && slices.Equal(a.answer, b.answer):
				counts["the very same records from "+other.name]++
			}
		}
	}
	t.Logf("%v", counts)
	for _, kind := range []string{"records", "referral", "NOERROR", "NXDOMAIN"} {
		if counts[kind] < 100 {
			t.Errorf("%d replies with %s: the test tells little", counts[kind], kind)
		}
	}
	for _, other := range others {
		if n := counts["the very same records from "+other.name]; 10*n < 8*counts["records"] {
			t.Errorf("%s: only %d of %d answers have the very same records", other.name, n, counts["records"])
		}
	}
}

// startBIND starts BIND with a zone file. It listens at addresses of interfaces only, so that it cannot
// have the address of this process.
func startBIND(tb testing.TB, zone, file string) server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	path := write(tb, dir, "named.conf", fmt.Sprintf(`options {
	directory %q;
	listen-on port %d { 127.0.0.1; };
	listen-on-v6 { none; };
	recursion no;
	dnssec-validation no;
	minimal-responses no;
	pid-file none;
	session-keyfile none;
};
controls { };
zone %q { type primary; file %q; check-names ignore; check-integrity no; };
`, dir, port, zone, file))
	s := server{"BIND", fmt.Sprintf("127.0.0.1:%d", port)}
	startDaemon(tb, s.address, zone, "named", "-g", "-c", path)
	return s
}

// startPowerDNS starts PowerDNS with a zone file.
func startPowerDNS(tb testing.TB, zone, file string) server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	zones := write(tb, dir, "zones.conf", fmt.Sprintf("zone %q { type native; file %q; };\n", zone, file))
	write(tb, dir, "pdns.conf", fmt.Sprintf(`launch=bind
bind-config=%s
local-address=%s
local-port=%d
socket-dir=%s
guardian=no
daemon=no
webserver=no
`, zones, loopback, port, dir))
	s := server{"PowerDNS", fmt.Sprintf("%s:%d", loopback, port)}
	startDaemon(tb, s.address, zone, "pdns_server", "--config-dir="+dir)
	return s
}
