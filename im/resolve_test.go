package im

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// zone is a DNS of known contents that writes down what it is asked.
type zone struct {
	srv   map[string][]SRV
	addr  map[string]string // addresses, separated by blanks
	alias map[string]string
	fail  map[string]error
	asked []string
}

func (z *zone) find(name, typ string) (string, bool, error) {
	if !strings.HasSuffix(name, ".") {
		return "", false, fmt.Errorf("%s is not fully qualified", name)
	}
	z.asked = append(z.asked, name+" "+typ)
	target, alias := z.alias[name]
	if alias {
		name = target
	}
	return name, alias, z.fail[name]
}

func (z *zone) SRV(_ context.Context, name string) ([]SRV, error) {
	name, _, err := z.find(name, "SRV")
	return z.srv[name], err
}

func (z *zone) Addresses(_ context.Context, name string) ([]netip.Addr, bool, error) {
	name, alias, err := z.find(name, "A")
	var list []netip.Addr
	for a := range strings.FieldsSeq(z.addr[name]) {
		list = append(list, netip.MustParseAddr(a))
	}
	return list, alias, err
}

// first always takes the record that the weights put first.
func first(int) int { return 0 }

func summary(res Resolution) string {
	var b strings.Builder
	for _, t := range res.Targets {
		fmt.Fprintf(&b, "%s %s:%d %v", t.Protocol, t.Host, t.Port, t.Addresses)
		if t.Implicit {
			b.WriteString(" implicit")
		}
		if t.Alias {
			b.WriteString(" alias")
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

var (
	sipSRV      = map[string][]SRV{"_im._sip.example.com.": {{Port: 5060, Target: "a.example.com."}}}
	xmppSRV     = map[string][]SRV{"_im._xmpp.example.com.": {{Port: 5269, Target: "x.example.com."}}}
	hosts       = map[string]string{"a.example.com.": "192.0.2.1", "x.example.com.": "192.0.2.7 2001:db8::7", "example.com.": "192.0.2.80"}
	errServFail = errors.New("SERVFAIL")
	long        = strings.Repeat(strings.Repeat("a", 60)+".", 4)[:244-len(".example")] + ".example" // of 244 octets: _im._sip. fits before it, _im._xmpp. does not
)

// The vectors of standards.md section 5.5, and what its rules say besides.
func TestResolveVectors(t *testing.T) {
	both := []Protocol{SIP, XMPP}
	for _, c := range []struct {
		id        string
		uri       string
		protocols []Protocol
		zone      zone
		want      string // targets
		asked     string
		err       error
	}{
		{"E01", "im:fred@example.com", both, zone{srv: sipSRV, addr: hosts}, "sip a.example.com.:5060 [192.0.2.1]",
			"_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E01 the second", "im:fred@example.com", both, zone{srv: xmppSRV, addr: hosts}, "xmpp x.example.com.:5269 [192.0.2.7 2001:db8::7]",
			"_im._sip.example.com. SRV, _im._xmpp.example.com. SRV, x.example.com. A", nil},
		{"E01 the other order", "im:fred@example.com", []Protocol{XMPP, SIP}, zone{srv: map[string][]SRV{
			"_im._sip.example.com.": sipSRV["_im._sip.example.com."], "_im._xmpp.example.com.": xmppSRV["_im._xmpp.example.com."],
		}, addr: hosts}, "xmpp x.example.com.:5269 [192.0.2.7 2001:db8::7]", "_im._xmpp.example.com. SRV, x.example.com. A", nil},
		{"E02", "im:fred@example.com", []Protocol{XMPP}, zone{srv: xmppSRV, addr: hosts}, "xmpp x.example.com.:5269 [192.0.2.7 2001:db8::7]",
			"_im._xmpp.example.com. SRV, x.example.com. A", nil},
		{"E03", "im:fred@example.com", nil, zone{srv: sipSRV, addr: hosts}, "", "", ErrNoProtocol},
		{"E04", "im:fred@example.com", both, zone{srv: map[string][]SRV{"_im._sip.example.com.": {
			{20, 0, 5060, "b.example.com."}, {10, 0, 5060, "a.example.com."},
		}}, addr: map[string]string{"a.example.com.": "192.0.2.1", "b.example.com.": "192.0.2.2", "example.com.": "192.0.2.80"}},
			"sip a.example.com.:5060 [192.0.2.1]; sip b.example.com.:5060 [192.0.2.2]",
			"_im._sip.example.com. SRV, a.example.com. A, b.example.com. A", nil},
		{"E06", "im:fred@example.com", both, zone{srv: map[string][]SRV{
			"_im._sip.example.com.": {{Target: "."}}, "_im._xmpp.example.com.": xmppSRV["_im._xmpp.example.com."],
		}, addr: hosts}, "xmpp x.example.com.:5269 [192.0.2.7 2001:db8::7]",
			"_im._sip.example.com. SRV, _im._xmpp.example.com. SRV, x.example.com. A", nil},
		{"E06 no fallback for it", "im:fred@example.com", both, zone{srv: map[string][]SRV{"_im._sip.example.com.": {{Target: "."}}}, addr: hosts},
			"xmpp example.com.:5269 [192.0.2.80] implicit", "_im._sip.example.com. SRV, _im._xmpp.example.com. SRV, example.com. A", nil},
		{"E06 alone", "im:fred@example.com", []Protocol{SIP}, zone{srv: map[string][]SRV{"_im._sip.example.com.": {{Target: "."}}}, addr: hosts},
			"", "_im._sip.example.com. SRV", ErrAbsent},
		{"E07", "im:fred@example.com", both, zone{addr: hosts}, "sip example.com.:5060 [192.0.2.80] implicit; xmpp example.com.:5269 [192.0.2.80] implicit",
			"_im._sip.example.com. SRV, _im._xmpp.example.com. SRV, example.com. A", nil},
		{"E08", "im:fred@example.com", both, zone{}, "", "_im._sip.example.com. SRV, _im._xmpp.example.com. SRV, example.com. A", ErrNoServer},
		{"E09", "im:fred@example.com", both, zone{alias: map[string]string{"_im._sip.example.com.": "_im._sip.hosted.example."},
			srv: map[string][]SRV{"_im._sip.hosted.example.": {{Port: 5060, Target: "a.example.com."}}}, addr: hosts},
			"sip a.example.com.:5060 [192.0.2.1]", "_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E10", "im:fred@example.com", both, zone{alias: map[string]string{"a.example.com.": "x.example.com."}, srv: sipSRV, addr: hosts},
			"sip a.example.com.:5060 [192.0.2.7 2001:db8::7] alias", "_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E11", "im:fred@example.com", both, zone{fail: map[string]error{"_im._sip.example.com.": errServFail}, addr: hosts}, "",
			"_im._sip.example.com. SRV, _im._xmpp.example.com. SRV", ErrTemporary},
		{"E11 the other answers", "im:fred@example.com", both, zone{fail: map[string]error{"_im._sip.example.com.": errServFail}, srv: xmppSRV, addr: hosts},
			"xmpp x.example.com.:5269 [192.0.2.7 2001:db8::7]", "_im._sip.example.com. SRV, _im._xmpp.example.com. SRV, x.example.com. A", nil},
		{"E11 address of a target", "im:fred@example.com", []Protocol{SIP}, zone{fail: map[string]error{"a.example.com.": errServFail}, srv: sipSRV}, "",
			"_im._sip.example.com. SRV, a.example.com. A", ErrTemporary},
		{"E11 address of the domain", "im:fred@example.com", []Protocol{SIP}, zone{fail: map[string]error{"example.com.": errServFail}}, "",
			"_im._sip.example.com. SRV, example.com. A", ErrTemporary},
		{"E12", "im:fred@example.com", []Protocol{SIP}, zone{srv: sipSRV, addr: map[string]string{"example.com.": "192.0.2.80"}}, "",
			"_im._sip.example.com. SRV, a.example.com. A", ErrUnreachable},
		{"E12 two protocols", "im:fred@example.com", both, zone{srv: sipSRV, addr: map[string]string{"example.com.": "192.0.2.80"}}, "",
			"_im._sip.example.com. SRV, a.example.com. A, _im._xmpp.example.com. SRV", ErrUnreachable},
		{"E13", "im:alice@Example.COM", both, zone{srv: sipSRV, addr: hosts}, "sip a.example.com.:5060 [192.0.2.1]",
			"_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E14", "im:eric@b%C3%BCcher.example", []Protocol{SIP}, zone{}, "", "_im._sip.xn--bcher-kva.example. SRV, xn--bcher-kva.example. A", ErrNoServer},
		{"E14 encoded without need", "im:eric@ex%61mple.com", both, zone{srv: sipSRV, addr: hosts}, "sip a.example.com.:5060 [192.0.2.1]",
			"_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E14 not possible", "im:eric@x%C3%9F.example", both, zone{}, "", "", ErrIDNA},
		{"E15", "im:a%40b@example.com", both, zone{srv: sipSRV, addr: hosts}, "sip a.example.com.:5060 [192.0.2.1]",
			"_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E16", "im:pepp=example.com/fred@relay-domain", both, zone{}, "", "", ErrNotFQDN},
		{"E17", "im:fred@example.com?subject=hi@example.org", both, zone{srv: sipSRV, addr: hosts}, "sip a.example.com.:5060 [192.0.2.1]",
			"_im._sip.example.com. SRV, a.example.com. A", nil},
		{"E18", "im:fred@[192.0.2.1]", both, zone{}, "", "", ErrAddress},
		{"E18 without brackets", "im:fred@192.0.2.1", both, zone{}, "", "", ErrAddress},
		{"E18 IPv6", "im:fred@[IPv6:2001:db8::1]", both, zone{}, "", "", ErrAddress},
		{"E20", "pres:fred@example.com", both, zone{}, "", "_pres._sip.example.com. SRV, _pres._xmpp.example.com. SRV, example.com. A", ErrNoServer},
		{"E23", "im:fred@" + long, []Protocol{XMPP}, zone{}, "", "", ErrLongName},
		{"E23 the shorter fits", "im:fred@" + long, both, zone{addr: map[string]string{long + ".": "192.0.2.1"}}, "sip " + long + ".:5060 [192.0.2.1] implicit",
			"_im._sip." + long + ". SRV, " + long + ". A", nil},
		{"E24", "im:fred@example.com", []Protocol{SIP}, zone{fail: map[string]error{"_im._sip.example.com.": errServFail}, srv: sipSRV, addr: hosts}, "",
			"_im._sip.example.com. SRV", ErrTemporary},
		{"E25", "im:fred@example.com", []Protocol{XMPP + 1}, zone{}, "", "", ErrNoProtocol},
	} {
		t.Run(c.id, func(t *testing.T) {
			u, err := Parse(c.uri)
			if err != nil {
				t.Fatal(err)
			}
			z := &c.zone
			r := Resolver{DNS: z, Protocols: c.protocols, Rand: first, ToASCII: toASCII}
			res, err := r.Resolve(t.Context(), u)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if got := summary(res); got != c.want {
				t.Errorf("targets %s\nwant    %s", got, c.want)
			}
			if got := strings.Join(z.asked, ", "); got != c.asked {
				t.Errorf("asked %s\nwant  %s", got, c.asked)
			}
			if err != nil && strings.Contains(err.Error(), "example") {
				t.Errorf("the error names the domain: %v", err)
			}
		})
	}
}

// toASCII stands in for IDNA.
func toASCII(domain string) (string, error) {
	if domain == "bücher.example" {
		return "xn--bcher-kva.example", nil
	}
	return "", fmt.Errorf("%s is not allowed", domain)
}

// RFC 2782: equal priorities are tried by weight; one of weight 0 has a small chance.
func TestE05(t *testing.T) {
	set := []SRV{{10, 60, 1, "b."}, {10, 0, 1, "a."}, {10, 40, 1, "c."}, {5, 0, 1, "z."}}
	for _, c := range []struct {
		picks []int // what chance says, each of 0..sum
		want  string
	}{
		{[]int{0, 0, 0, 0}, "z.a.b.c."},
		{[]int{0, 1, 0, 0}, "z.b.a.c."},
		{[]int{0, 60, 0, 0}, "z.b.a.c."},
		{[]int{0, 61, 1, 0}, "z.c.b.a."},
		{[]int{0, 100, 60, 0}, "z.c.b.a."},
	} {
		sums := []int{}
		got := order(set, func(n int) int {
			sums = append(sums, n-1)
			return c.picks[len(sums)-1]
		})
		var hosts string
		for _, s := range got {
			hosts += s.Target
		}
		if hosts != c.want || sums[0] != 0 || sums[1] != 100 {
			t.Errorf("picks %v: %s with sums %v, want %s", c.picks, hosts, sums, c.want)
		}
	}
	t.Run("E05", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		count := map[string]int{}
		for range 20000 {
			count[order(set[:3], random.IntN)[0].Target]++
		}
		if b := count["b."]; b < 11600 || b > 12200 || count["a."] < 100 || count["a."] > 320 {
			t.Errorf("of 20000: %v, want about 60 to 40, and one in 101", count)
		}
		if got := order(set, nil); len(got) != 4 || got[0].Target != "z." {
			t.Errorf("by chance: %v", got)
		}
	})
}

// Nothing is looked up for what is no URI.
func TestE19(t *testing.T) {
	for _, uri := range []string{"im:", "im:fred"} {
		t.Run("E19 "+uri, func(t *testing.T) {
			if _, err := Parse(uri); err == nil {
				t.Error("taken for a URI")
			}
		})
	}
	z := &zone{}
	if _, err := (&Resolver{DNS: z, Protocols: []Protocol{SIP}}).Resolve(t.Context(), URI{}); !errors.Is(err, ErrNoDomain) || z.asked != nil {
		t.Errorf("the zero URI: %v, asked %v", err, z.asked)
	}
}

// A provider without the labels of RFC 3861 is found by the rules of its own protocol, as a hint.
func TestE21(t *testing.T) {
	for _, c := range []struct{ id, name, want string }{
		{"E21", "_xmpp-server._tcp.example.com.", "xmpp"},
		{"E22", "_sip._udp.example.com.", "sip"},
		{"E22 TLS", "_sips._tcp.example.com.", "sip"},
	} {
		t.Run(c.id, func(t *testing.T) {
			z := &zone{srv: map[string][]SRV{c.name: {{20, 0, 1, "b.example.com."}, {10, 0, 1, "a.example.com."}, {1, 0, 1, "."}}, "_sip._tcp.example.com.": {{1, 0, 1, "c.example.com."}}},
				fail: map[string]error{"_sip._tcp.example.com.": errServFail}}
			r := Resolver{DNS: z, Protocols: []Protocol{SIP, XMPP}, Own: true}
			res, err := r.Resolve(t.Context(), URI{Scheme: "im", Local: "fred", Domain: "example.com"})
			if !errors.Is(err, ErrNoServer) || len(res.Targets) > 0 {
				t.Errorf("RFC 3861 gives %v, %v", summary(res), err)
			}
			if len(res.Own) != 1 || res.Own[0].Protocol.String() != c.want || res.Own[0].Name != c.name ||
				len(res.Own[0].SRV) != 2 || res.Own[0].SRV[0].Target != "a.example.com." {
				t.Errorf("own %v", res.Own)
			}
		})
	}
	t.Run("not when declared absent", func(t *testing.T) {
		z := &zone{srv: map[string][]SRV{"_im._sip.example.com.": {{Target: "."}}}}
		r := Resolver{DNS: z, Protocols: []Protocol{SIP}, Own: true}
		if res, _ := r.Resolve(t.Context(), URI{Scheme: "im", Local: "fred", Domain: "example.com"}); len(res.Own) > 0 || len(z.asked) != 1 {
			t.Errorf("asked %v", z.asked)
		}
	})
}

// The URI keeps the domain of the user, whatever server the SRV records name.
func TestE26(t *testing.T) {
	for _, c := range []struct{ id, uri, sip, xmpp string }{
		{"E26", "im:fred@Example.com", "sip:fred@example.com", "xmpp:fred@example.com"},
		{"E26 headers stay behind", "im:fred@example.com?subject=hi", "sip:fred@example.com", "xmpp:fred@example.com"},
		{"E26 no password", "im:fred:x@example.com", "sip:fred%3Ax@example.com", "xmpp:fred%3Ax@example.com"},
		{"E26 no resource", "im:a/b@example.com", "sip:a/b@example.com", "xmpp:a%2Fb@example.com"},
		{"E26 encoded", "im:a%40b&c@example.com", "sip:a%40b&c@example.com", "xmpp:a%40b%26c@example.com"},
		{"E26 A-labels", "im:eric@b%C3%BCcher.example", "sip:eric@xn--bcher-kva.example", "xmpp:eric@xn--bcher-kva.example"},
	} {
		t.Run(c.id, func(t *testing.T) {
			u, err := Parse(c.uri)
			if err != nil {
				t.Fatal(err)
			}
			for p, want := range map[Protocol]string{SIP: c.sip, XMPP: c.xmpp} {
				domain := strings.TrimPrefix(want[strings.LastIndexByte(want, '@'):], "@")
				z := &zone{srv: map[string][]SRV{"_im._" + p.String() + "." + domain + ".": {{Port: 1, Target: "simple.example.com."}}},
					addr: map[string]string{"simple.example.com.": "192.0.2.1"}}
				res, err := (&Resolver{DNS: z, Protocols: []Protocol{p}, ToASCII: toASCII}).Resolve(t.Context(), u)
				if err != nil || res.Targets[0].URI != want || res.Targets[0].Host != "simple.example.com." {
					t.Errorf("%v, %v, want %s", res.Targets, err, want)
				}
			}
		})
	}
}

// A domain with a thousand SRV records costs no thousand look-ups.
func TestResolveBound(t *testing.T) {
	set := make([]SRV, 1000)
	for i := range set {
		set[i] = SRV{Priority: uint16(i), Port: 1, Target: fmt.Sprintf("h%d.example.com.", i)}
	}
	z := &zone{srv: map[string][]SRV{"_im._sip.example.com.": set}}
	r := Resolver{DNS: z, Protocols: []Protocol{SIP}}
	if _, err := r.Resolve(t.Context(), URI{Scheme: "im", Local: "fred", Domain: "example.com"}); !errors.Is(err, ErrUnreachable) || len(z.asked) != 1+maxTargets {
		t.Errorf("%v after %d look-ups", err, len(z.asked))
	}
}

// Without a way to A-labels a domain outside ASCII is refused, not sent as it is.
func TestResolveWithoutIDNA(t *testing.T) {
	u, err := Parse("im:eric@b%C3%BCcher.example")
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{}
	if _, err := (&Resolver{DNS: z, Protocols: []Protocol{SIP}}).Resolve(t.Context(), u); !errors.Is(err, ErrIDNA) || z.asked != nil {
		t.Errorf("%v, asked %v", err, z.asked)
	}
}

func TestProtocol(t *testing.T) {
	for _, c := range []struct {
		name string
		want Protocol
		port uint16
	}{{"sip", SIP, 5060}, {"XMPP", XMPP, 5269}, {"simple", 0, 0}, {"_bip", 0, 0}, {"", 0, 0}} {
		p, ok := ParseProtocol(c.name)
		if p != c.want || ok != (c.want != 0) || p.Port() != c.port || ok && p.String() != strings.ToLower(c.name) || !ok && p.String() != "" {
			t.Errorf("%q: %v %v, port %d", c.name, p, ok, p.Port())
		}
	}
}

// FuzzOrder: whatever the records and chance are, each is tried once, the lower priority first.
func FuzzOrder(f *testing.F) {
	f.Add([]byte{0, 10, 0, 60, 0, 10, 0, 0}, uint64(1))
	f.Add([]byte{}, uint64(0))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		var set []SRV
		for i := 0; i+4 <= len(data) && len(set) < 64; i += 4 {
			set = append(set, SRV{uint16(data[i])<<8 | uint16(data[i+1]), uint16(data[i+2])<<8 | uint16(data[i+3]), uint16(len(set)), "."})
		}
		got := order(set, rand.New(rand.NewPCG(seed, 0)).IntN)
		if len(got) != len(set) {
			t.Fatalf("%d of %d records", len(got), len(set))
		}
		seen := map[uint16]bool{}
		for _, s := range got {
			seen[s.Port] = true
		}
		if len(seen) != len(set) || !slices.IsSortedFunc(got, func(a, b SRV) int { return int(a.Priority) - int(b.Priority) }) {
			t.Errorf("%v becomes %v", set, got)
		}
	})
}
