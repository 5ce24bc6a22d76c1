package test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// tree is a tree of numbers that is written as a numbers file and as a zone file. The zone file knows
// no blocks: it lists their numbers.
type tree struct {
	random    *rand.Rand
	numbers   strings.Builder
	records   map[string][]string // by number, as zone file text without the owner
	blocks    map[string]int      // of a number that a block gives, the digits of the block
	delegated []string            // digits
	zone      strings.Builder     // the delegations
	empty     map[string]bool     // numbers without records
}

const formsApex = "4.4.e164.arpa."

// owner returns the name of a number relative to nothing.
func owner(digits string) string {
	var b strings.Builder
	for i := len(digits) - 1; i >= 2; i-- { // the apex is 44
		b.WriteByte(digits[i])
		b.WriteByte('.')
	}
	return b.String() + formsApex
}

func (w *tree) digits(n int) string {
	b := []byte("44")
	for range n {
		b = append(b, byte('1'+w.random.IntN(4)))
	}
	return string(b)
}

// covered reports whether digits lie in a delegated part, or a delegation would hide an entry.
func (w *tree) covered(digits string) bool {
	return slices.ContainsFunc(w.delegated, func(d string) bool { return strings.HasPrefix(digits, d) || strings.HasPrefix(d, digits) })
}

// rule is one URI or NAPTR of an entry: what the numbers file says, and the services and expression
// that it stands for.
type rule struct{ text, services, regexp string }

// rules makes the rules of one number, or of a block with open digits from least to most.
func (w *tree) rules(prefix string, least, most int) []rule {
	var all []rule
	dots, rest := strings.Repeat(".", least), ".*"
	if least == most {
		rest = dots
	}
	single := most == 0
	for i := range 1 + w.random.IntN(3) {
		user := fmt.Sprintf("u%d-%d", i, w.random.IntN(1000))
		var r rule
		switch n := w.random.IntN(7); {
		case n == 0:
			r = rule{"im:" + user + "@example.com", "E2U+im", "!^.*$!im:" + user + "@example.com!"}
		case n == 1:
			r = rule{"E2U+voicemsg:sip sip:" + user + "@example.org;q=a!b", "E2U+voicemsg:sip", "!^.*$!sip:" + user + "@example.org;q=a%21b!"}
		case n == 2:
			r = rule{"NAPTR", "E2U+sip", `!^\+44(.*)$!sip:0\1@` + user + ".example.com!"}
		case single && n == 3:
			r = rule{"NAPTR", "E2U+h323", `/^\+` + prefix[:4] + `(.*)$/h323:\1@` + user + ".example.com/"}
		case n == 3: // for some numbers of the block only
			r = rule{"NAPTR", "E2U+h323", `/^\+` + prefix + `[0-4](.*)$/h323:\1@` + user + ".example.com/"}
		case single && n == 4:
			r = rule{"sip:{number}@" + user + ".example.com", "E2U+sip", "!^.*$!sip:+" + prefix + "@" + user + ".example.com!"}
		case single && n == 5:
			r = rule{"sip:{digits}@" + user + ".example.com;last={last3}", "E2U+sip", "!^.*$!sip:" + prefix + "@" + user + ".example.com;last=" + prefix[len(prefix)-3:] + "!"}
		case single:
			r = rule{"xmpp:" + user + "@example.net", "E2U+xmpp", "!^.*$!xmpp:" + user + "@example.net!"}
		case n == 4:
			r = rule{"sip:{number}@" + user + ".example.com", "E2U+sip", `!^(\+` + prefix + rest + `)$!sip:\1@` + user + ".example.com!"}
		case n == 5:
			r = rule{"sip:{rest}@" + user + ".example.com", "E2U+sip", `!^\+` + prefix + "(" + rest + `)$!sip:\1@` + user + ".example.com!"}
		default:
			r = rule{"pres:{digits}@" + user + ".example.com", "E2U+pres", `!^\+(` + prefix + rest + `)$!pres:\1@` + user + ".example.com!"}
		}
		all = append(all, r)
	}
	return all
}

// entry writes an entry for a key and returns its records in zone file form.
func (w *tree) entry(key string, rules []rule) []string {
	ttl := 3600
	w.numbers.WriteString(key)
	if w.random.IntN(3) == 0 {
		ttl = 60 + w.random.IntN(1000)
		fmt.Fprintf(&w.numbers, " ttl=%d", ttl)
	}
	if rules == nil {
		w.numbers.WriteString(" none\n")
		return nil
	}
	var records []string
	preference := 10
	for i, r := range rules {
		if i > 0 {
			w.numbers.WriteString("\n\t")
		}
		at := preference
		if r.text == "NAPTR" {
			at = 1000 + i
			fmt.Fprintf(&w.numbers, ` NAPTR 100 %d "u" "%s" "%s" .`, at, r.services, r.regexp)
		} else {
			fmt.Fprintf(&w.numbers, " %s", r.text)
			preference += 10
		}
		records = append(records, fmt.Sprintf(`%d IN NAPTR 100 %d "u" "%s" "%s" .`, ttl, at, r.services, strings.ReplaceAll(r.regexp, `\`, `\\`)))
	}
	w.numbers.WriteString("\n")
	return records
}

func newTree(seed uint64) *tree {
	w := &tree{random: rand.New(rand.NewPCG(seed, 3)), records: map[string][]string{}, blocks: map[string]int{}, empty: map[string]bool{}}
	for i := range 4 {
		d := fmt.Sprintf("44%d", 6+i) // no number of digits begins so
		if i == 3 {
			d = w.digits(2) + "9"
		}
		w.delegated = append(w.delegated, d)
		fmt.Fprintf(&w.numbers, "+%s NS ns.example.org", d)
		fmt.Fprintf(&w.zone, "%s 3600 IN NS ns.example.org.\n", owner(d))
		if i%2 == 1 {
			host := "ns." + owner(d)
			fmt.Fprintf(&w.numbers, "\n\tNS %s 192.0.2.%d 2001:db8::%d", host, i, i)
			fmt.Fprintf(&w.zone, "%s 3600 IN NS %s\n%s 3600 IN A 192.0.2.%d\n%s 3600 IN AAAA 2001:db8::%d\n", owner(d), host, host, i, host, i)
		}
		if i > 1 {
			const ds = "12345 13 2 49FD46E6C4B45C55D4AC0000000000000000000000000000000000000000AAAA"
			fmt.Fprintf(&w.numbers, "\n\tDS %s", ds)
			fmt.Fprintf(&w.zone, "%s 3600 IN DS %s\n", owner(d), ds)
		}
		w.numbers.WriteString("\n")
	}
	single := map[string]bool{}
	for range 60 {
		n := w.digits(3 + w.random.IntN(6))
		if single[n] || w.covered(n) {
			continue
		}
		single[n] = true
		if w.random.IntN(5) == 0 {
			w.entry("+"+n, nil)
			w.empty[n] = true
			continue
		}
		w.records[n] = w.entry("+"+n, w.rules(n, 0, 0))
	}
	keys := map[string]bool{}
	for range 12 {
		prefix := w.digits(2 + w.random.IntN(4))
		if keys[prefix] || w.covered(prefix) {
			continue
		}
		keys[prefix] = true
		least, most := 1+w.random.IntN(2), 2
		key := "+" + prefix + strings.Repeat("x", least)
		if least < most {
			key += fmt.Sprintf("{%d,%d}", least, most)
		}
		var records []string
		none := w.random.IntN(6) == 0
		if none {
			w.entry(key, nil)
		} else {
			records = w.entry(key, w.rules(prefix, least, most))
		}
		for digits := least; digits <= most; digits++ {
			for i := range pow10(digits) {
				n := fmt.Sprintf("%s%0*d", prefix, digits, i)
				// The number's own line counts, then the block with the most digits.
				if single[n] || w.blocks[n] > len(prefix) {
					continue
				}
				w.blocks[n] = len(prefix)
				delete(w.records, n)
				delete(w.empty, n)
				if none {
					w.empty[n] = true
				} else {
					w.records[n] = records
				}
			}
		}
	}
	w.numbers.WriteString("$END\n")
	return w
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// zoneFile writes the tree as a zone. A name exists without NAPTR by a record of a type that is not
// asked for.
func (w *tree) zoneFile() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s 3600 IN SOA ns1.example.net. hostmaster.example.net. 1 7200 900 1209600 300\n", formsApex)
	fmt.Fprintf(&b, "%s 3600 IN NS ns1.example.net.\n%s 3600 IN NS ns2.example.net.\n", formsApex, formsApex)
	b.WriteString(w.zone.String())
	for _, n := range slices.Sorted(maps.Keys(w.records)) {
		for _, record := range w.records[n] {
			fmt.Fprintf(&b, "%s %s\n", owner(n), record)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(w.empty)) {
		fmt.Fprintf(&b, "%s 3600 IN TYPE65399 \\# 0\n", owner(n))
	}
	return b.String()
}

// question asks about a number of the tree, or one near to it.
func (w *tree) question(known []string) *question {
	digits := known[w.random.IntN(len(known))]
	switch w.random.IntN(6) {
	case 0:
		digits = digits[:2+w.random.IntN(len(digits)-1)]
	case 1:
		digits += fmt.Sprint(w.random.IntN(1000))
	case 2:
		digits = digits[:len(digits)-1] + fmt.Sprint(w.random.IntN(10))
	case 3:
		digits = w.digits(1 + w.random.IntN(9))
	}
	if len(digits) > 15 {
		digits = digits[:15]
	}
	name := owner(digits)
	if w.random.IntN(8) == 0 {
		name = []string{"x.", "_im.", "*.", "ns.", "ns1.", "12."}[w.random.IntN(6)] + name
	}
	if w.random.IntN(4) == 0 {
		name = strings.ToUpper(name)
	}
	types := []uint16{dns.TypeNAPTR, dns.TypeNAPTR, dns.TypeNAPTR, dns.TypeA, dns.TypeAAAA, dns.TypeNS, dns.TypeDS, dns.TypeSOA, dns.TypeTXT, dns.TypeCNAME, dns.TypeURI, 65280, dns.TypeANY}
	q := &question{name: name, qtype: types[w.random.IntN(len(types))], class: dns.ClassINET, tcp: w.random.IntN(4) == 0}
	if q.qtype == dns.TypeANY && w.empty[digits] {
		q.qtype = dns.TypeNAPTR
	}
	if w.random.IntN(2) == 0 {
		q.edns, q.size, q.do = true, 1232, w.random.IntN(2) == 0
	}
	return q
}

// A tree gives the same answers whether a numbers file or a zone file says it, stored or plain; only
// serials differ.
func TestForms(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newTree(seed)
			dir := t.TempDir()
			numbers, zone := write(t, dir, "numbers.txt", w.numbers.String()), write(t, dir, "zone", w.zoneFile())
			known := append(slices.Sorted(maps.Keys(w.records)), slices.Sorted(maps.Keys(w.empty))...)
			for _, d := range w.delegated {
				known = append(known, d, d+"123")
			}
			for _, form := range []string{"stored", "plain"} {
				t.Run(form, func(t *testing.T) {
					a := &client{server: startEnumim(t, "enumim 4.4.e164.arpa {\nbackend file "+numbers+"\nform "+form+
						"\nsoa ns1.example.net hostmaster.example.net\nns ns1.example.net ns2.example.net\n}")}
					b := &client{server: startEnumim(t, "enumim 4.4.e164.arpa {\nbackend file "+zone+"\nform "+form+"\n}")}
					defer a.close()
					defer b.close()
					found := 0
					for range 600 {
						q := w.question(known)
						byNumbers, byZone := a.ask(q), b.ask(q)
						if byNumbers.err != nil || byZone.err != nil {
							t.Fatal(byNumbers.err, byZone.err)
						}
						withoutSerial(byNumbers)
						withoutSerial(byZone)
						if diffs := differ(byNumbers, byZone); len(diffs) > 0 {
							t.Errorf("%v: %s\nnumbers file: %vzone file: %v", q, strings.Join(diffs, "; "), byNumbers, byZone)
						}
						if len(byZone.answer) > 0 && byZone.answer[0].typ == dns.TypeNAPTR {
							found++
						}
					}
					if found < 50 {
						t.Errorf("%d of the questions found records: the test tells little", found)
					}
				})
			}
		})
	}
}

// withoutSerial takes the serial out of SOA records: that of a numbers file is made from the clock.
func withoutSerial(p *reply) {
	for _, section := range [][]record{p.answer, p.authority} {
		for i, r := range section {
			if r.typ == dns.TypeSOA {
				at := len(r.rdata) - 40
				section[i].rdata = r.rdata[:at] + r.rdata[at+8:]
			}
		}
	}
}
