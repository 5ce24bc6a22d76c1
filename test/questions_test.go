package test

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// asker makes questions about the names of zones.
type asker struct {
	random *rand.Rand
	apexes []string
	names  []string
}

func newAsker(seed uint64, zones ...*zone) *asker {
	a := &asker{random: rand.New(rand.NewPCG(seed, 2))}
	for _, z := range zones {
		a.apexes = append(a.apexes, z.apex)
		a.names = append(a.names, z.names...)
	}
	slices.Sort(a.names)
	a.names = slices.Compact(a.names)
	return a
}

func (a *asker) pick(s ...string) string { return s[a.random.IntN(len(s))] }

// oneIn is true once in n times.
func (a *asker) oneIn(n int) bool { return a.random.IntN(n) == 0 }

func (a *asker) label() string {
	return a.pick("0", "1", "2", "3", "5", "9", "12", "x", "*", "_sip", "ns", "ns1", "www", `\000`, `a\.b`, `\255`, `\032`, "sub", "mail",
		strings.Repeat("z", 63))
}

// name returns a name of the zones, or one near to them.
func (a *asker) name() string {
	name := a.names[a.random.IntN(len(a.names))]
	for {
		switch a.random.IntN(10) {
		case 0: // above
			if labels := dns.Split(name); len(labels) > 1 {
				name = name[labels[1:][a.random.IntN(len(labels)-1)]:]
			}
		case 1, 2: // below
			for range 1 + a.random.IntN(3) {
				name = a.label() + "." + name
			}
		case 3: // beside
			if labels := dns.Split(name); len(labels) > 1 {
				name = a.label() + "." + name[labels[1]:]
			}
		case 4: // beside an ancestor
			if labels := dns.Split(name); len(labels) > 2 {
				i := 1 + a.random.IntN(len(labels)-2)
				name = name[:labels[i]] + a.label() + "." + name[labels[i+1]:]
			}
		case 5:
			if labels := dns.Split(name); len(labels) > 1 {
				name = "*." + name[labels[1]:]
			}
		case 6:
			if a.oneIn(8) { // nowhere near
				name = a.pick("arpa.", ".", "example.com.", "e164.arpa.example.net.", "xe164.arpa.", "5.4.e164.arpa.", "e165.arpa.",
					"x4.4.e164.arpa.", "4.4.e164.arpa.4.4.e164.arpa.", "com.")
			}
		}
		if _, ok := dns.IsDomainName(name); ok && wireLen(name) <= 255 {
			break
		}
		name = a.names[a.random.IntN(len(a.names))]
	}
	if a.oneIn(3) {
		name = a.shout(name)
	}
	return name
}

func wireLen(name string) int {
	n, err := dns.PackDomainName(name, make([]byte, 300), 0, nil, false)
	if err != nil {
		return 300
	}
	return n
}

// shout changes letter case at random, as resolvers do against forged replies.
func (a *asker) shout(name string) string {
	b := []byte(name)
	for i, c := range b {
		if (c|0x20) >= 'a' && (c|0x20) <= 'z' && (i == 0 || b[i-1] != '\\') && a.oneIn(2) {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

var usualTypes = []uint16{
	dns.TypeNAPTR, dns.TypeNAPTR, dns.TypeNAPTR, dns.TypeNAPTR, dns.TypeTXT, dns.TypeA, dns.TypeAAAA, dns.TypeURI, dns.TypeSRV, dns.TypeMX,
	dns.TypeCNAME, dns.TypeDNAME, dns.TypeNS, dns.TypeDS, dns.TypeSOA, dns.TypeANY,
}

var oddTypes = []uint16{
	dns.TypeAXFR, dns.TypeIXFR, dns.TypeMAILA, dns.TypeMAILB, dns.TypeDNSKEY, dns.TypeNSEC, dns.TypeRRSIG, dns.TypeNSEC3PARAM, dns.TypePTR,
	dns.TypeHINFO, dns.TypeKX, dns.TypeSVCB, dns.TypeHTTPS, dns.TypeCAA, dns.TypeTLSA, dns.TypeNULL, dns.TypeLOC, dns.TypeSPF,
	65280, 65281, 1000, 31, 128, 200, 256, 0, 65535, dns.TypeTKEY, dns.TypeTSIG, dns.TypeOPT,
}

// question returns any question.
func (a *asker) question() *question {
	q := &question{name: a.name(), class: dns.ClassINET, rd: a.oneIn(2), cd: a.oneIn(8), ad: a.oneIn(8), tcp: a.oneIn(5)}
	switch a.random.IntN(12) {
	case 0:
		q.qtype = oddTypes[a.random.IntN(len(oddTypes))]
	case 1:
		q.qtype = sampleTypes[a.random.IntN(len(sampleTypes))]
	default:
		q.qtype = usualTypes[a.random.IntN(len(usualTypes))]
	}
	if a.oneIn(100) {
		q.class = []uint16{dns.ClassCHAOS, dns.ClassHESIOD, dns.ClassNONE, dns.ClassANY, 0, 65280}[a.random.IntN(6)]
	}
	if a.oneIn(3) {
		return q
	}
	q.edns, q.do = true, a.oneIn(2)
	q.size = []uint16{0, 100, 511, 512, 600, 1220, 1232, 1232, 1232, 1400, 4096, 65535}[a.random.IntN(12)]
	if a.oneIn(50) {
		q.version = []uint8{1, 2, 255}[a.random.IntN(3)]
	}
	if a.oneIn(6) {
		q.options = append(q.options, []dns.EDNS0{
			&dns.EDNS0_LOCAL{Code: 100, Data: []byte("unknown")},
			&dns.EDNS0_LOCAL{Code: 65001},
			&dns.EDNS0_LOCAL{Code: 4, Data: []byte("sip:caller@example.com")},
			&dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: []byte{192, 0, 2, 0}},
			&dns.EDNS0_LOCAL{Code: dns.EDNS0EXPIRE},
			&dns.EDNS0_LOCAL{Code: dns.EDNS0PADDING, Data: make([]byte, 20)},
			&dns.EDNS0_EDE{InfoCode: 1},
		}[a.random.IntN(7)])
	}
	return q
}

// sampleTypes are the types of the samples.
var sampleTypes = func() []uint16 {
	var types []uint16
	for _, s := range samples {
		typ, ok := dns.StringToType[s.typ]
		if !ok {
			if rr, err := dns.NewRR(". 0 IN " + s.typ + " " + s.rdata); err == nil {
				typ = rr.Header().Rrtype
			}
		}
		if !slices.Contains(types, typ) {
			types = append(types, typ)
		}
	}
	return types
}()
