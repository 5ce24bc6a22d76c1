package enumim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
)

func parseText(text string, keys ...string) ([]*block, error) {
	c := caddy.NewTestController("dns", text)
	c.ServerBlockKeys = keys
	return parse(c, corefile.Parse)
}

func TestParse(t *testing.T) {
	b := func(lines string) string { return "enumim e164.arpa {\nbackend memory x\n" + lines + "\n}" }
	for _, c := range []struct {
		name, text string
		keys       []string
		check      func(b *block) bool
	}{
		{"defaults", b(""), nil, func(b *block) bool {
			o := b.Options
			return fmt.Sprint(b.Apexes) == "[e164.arpa.]" && o.TTL == 3600 && o.NegativeTTL == 300 && o.SOA == nil && o.NS == nil &&
				o.Form == nil && !o.DialPlan && o.Fall.Zones == nil && b.Limits.Timeout == 500*time.Millisecond && b.Driver == "memory"
		}},
		{"several zones, any case, with and without dot", "enumim E164.ARPA 4.4.e164.example.net. {\nbackend memory x\n}", nil, func(b *block) bool {
			return fmt.Sprint(b.Apexes) == "[e164.arpa. 4.4.e164.example.net.]"
		}},
		{"zones of the server block; the root and reverse zones are none", "enumim {\nbackend memory x\n}",
			[]string{"dns://.:53", "dns://e164.arpa.:1053", "dns://2.0.192.in-addr.arpa.:53", "dns://8.b.d.0.1.0.0.2.ip6.arpa.:53"},
			func(b *block) bool { return fmt.Sprint(b.Apexes) == "[e164.arpa.]" }},
		{"one zone on several ports and transports", "enumim {\nbackend memory x\n}", []string{"dns://e164.arpa.:53", "dns://e164.arpa.:1053", "tls://e164.arpa.:853"},
			func(b *block) bool { return fmt.Sprint(b.Apexes) == "[e164.arpa.]" }},
		{"C15 tls://", "enumim {\nbackend memory x\n}", []string{"tls://e164.arpa.:853"}, func(b *block) bool { return fmt.Sprint(b.Apexes) == "[e164.arpa.]" }},
		{"ttl in seconds", b("ttl 60"), nil, func(b *block) bool { return b.Options.TTL == 60 }},
		{"ttl as duration", b("ttl 1h30m"), nil, func(b *block) bool { return b.Options.TTL == 5400 }},
		{"negative_ttl", b("negative_ttl 1h"), nil, func(b *block) bool { return b.Options.NegativeTTL == 3600 }},
		{"negative_ttl at its bound", b("negative_ttl 24h"), nil, func(b *block) bool { return b.Options.NegativeTTL == 86400 }},
		{"timeout", b("timeout 250ms"), nil, func(b *block) bool { return b.Limits.Timeout == 250*time.Millisecond }},
		{"timeout in seconds", b("timeout 2"), nil, func(b *block) bool { return b.Limits.Timeout == 2*time.Second }},
		{"soa", b("soa ns1.example.net hm.example.net."), nil, func(b *block) bool {
			return *b.Options.SOA == corefile.SOA{MName: "ns1.example.net.", RName: "hm.example.net.", Refresh: 7200, Retry: 900, Expire: 1209600}
		}},
		{"soa with times", b("soa ns1.example.net hm.example.net 1h 60 30s"), nil, func(b *block) bool {
			return *b.Options.SOA == corefile.SOA{MName: "ns1.example.net.", RName: "hm.example.net.", Refresh: 3600, Retry: 60, Expire: 30}
		}},
		{"ns", b("ns ns1.example.net NS2.example.net."), nil, func(b *block) bool {
			return fmt.Sprint(b.Options.NS) == "[ns1.example.net. NS2.example.net.]"
		}},
		{"form plain", b("form plain"), nil, func(b *block) bool { return *b.Options.Form == backend.Plain }},
		{"form stored", b("form stored"), nil, func(b *block) bool { return *b.Options.Form == backend.Stored }},
		{"dialplan", "enumim dial.example.net {\nbackend memory x\ndialplan\n}", nil, func(b *block) bool { return b.Options.DialPlan }},
		{"privacy", b("privacy masked"), nil, func(b *block) bool { return b.Options.Privacy == corefile.TellMasked }},
		{"fallthrough", b("fallthrough"), nil, func(b *block) bool { return b.Options.Fall.Through("1.e164.arpa.") }},
		{"fallthrough with zones", b("fallthrough 4.4.e164.arpa"), nil, func(b *block) bool {
			return b.Options.Fall.Through("1.4.4.e164.arpa.") && !b.Options.Fall.Through("1.e164.arpa.")
		}},
		{"fallthrough with several zones, one the root", b("fallthrough 4.4.E164.arpa. ."), nil, func(b *block) bool {
			return fmt.Sprint(b.Options.Fall.Zones) == "[4.4.e164.arpa. .]"
		}},
		{"a private apex may have labels of any digits", "enumim 44.enum.example.net 1.2.0.example.net {\nbackend memory x\n}", nil, func(b *block) bool {
			return len(b.Apexes) == 2
		}},
		{"an apex of the public tree with other labels", "enumim i.4.4.e164.arpa x.4.4.e164.arpa 0.2.1.e164.arpa {\nbackend memory x\n}", nil, func(b *block) bool {
			return len(b.Apexes) == 3
		}},
		{"options behind the braces of the backend are read", "enumim e164.arpa {\nbackend memory x {\nnote a b\nfail\n}\nttl 60\n}", nil, func(b *block) bool {
			return b.Options.TTL == 60 && b.Opener == memoryOpener{name: "x", fail: true}
		}},
		{"empty braces", "enumim e164.arpa {\nbackend memory x {\n}\nttl 60\n}", nil, func(b *block) bool { return b.Options.TTL == 60 }},
		{"a backend without braces swallows nothing", "enumim e164.arpa {\nbackend memory x\nttl 60\nns a.example.\n}", nil, func(b *block) bool {
			return b.Options.TTL == 60 && len(b.Options.NS) == 1
		}},
		{"options before the backend", "enumim e164.arpa {\nttl 60\nbackend memory x\n}", nil, func(b *block) bool { return b.Options.TTL == 60 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			blocks, err := parseText(c.text, c.keys...)
			if err != nil || len(blocks) != 1 {
				t.Fatalf("got %d blocks, %v", len(blocks), err)
			}
			if !c.check(blocks[0]) {
				t.Errorf("got %+v with %+v", blocks[0], blocks[0].Options)
			}
		})
	}
}

// What a user sees: the place, what is wrong, what was expected.
func TestParseErrors(t *testing.T) {
	b := func(lines string) string { return "enumim e164.arpa {\nbackend memory x\n" + lines + "\n}" }
	for _, c := range []struct{ name, text, want string }{
		{"C1 unknown option", b("tll 60"), `Testfile:3: unknown option "tll": expected backend, ttl, negative_ttl, soa, ns, timeout, form, fallthrough, harvest, genuine_sources, privacy, anonymize, status, dialplan, twins, additional, inspect, repair, empty, severity, rule, clients, require_authenticated, allow_domains, deny_domains or services; an option of a backend stands in braces behind it: backend NAME { OPTION }`},
		{"C2 no argument", b("ttl"), `Testfile:3: ttl: expected one time, such as 3600 or 1h, found 0 arguments`},
		{"C2 two arguments", b("timeout 1s 2s"), `Testfile:3: timeout: expected one time, such as 500ms, found 2 arguments`},
		{"C2 form", b("form"), `Testfile:3: form: expected plain or stored, found 0 arguments`},
		{"C2 form value", b("form raw"), `Testfile:3: form "raw": expected plain or stored`},
		{"C2 dialplan", b("dialplan yes"), `Testfile:3: dialplan: expected no argument, found 1 arguments`},
		{"C2 ns", b("ns"), `Testfile:3: ns: expected names of name servers`},
		{"C2 soa", b("soa ns1.example.net"), `Testfile:3: soa: expected MNAME RNAME [REFRESH RETRY EXPIRE], found 1 arguments`},
		{"C2 soa times", b("soa a.example. b.example. 1 2"), `Testfile:3: soa: expected all three of REFRESH RETRY EXPIRE, or none`},
		{"C3 braces of an option", b("ttl 60 {\n}"), `Testfile:3: ttl takes no braces, only backend does`},
		{"C3 braces inside", "enumim e164.arpa {\nbackend memory x {\nnote a {\n}\n}\n}", `Testfile:2: note: an option of a backend takes no braces`},
		{"C3 unclosed", "enumim e164.arpa {\nbackend memory x {\nnote a", `Testfile:2: backend: the closing brace is missing`},
		{"C4 option twice", b("ttl 60\nttl 70"), `Testfile:4: ttl is given twice, first on line 3`},
		{"C4 backend twice", b("backend memory y"), `Testfile:3: backend is given twice, first on line 2`},
		{"C5 zone twice in one block", "enumim e164.arpa E164.arpa. {\nbackend memory x\n}", `Testfile:1: zone e164.arpa. is given twice, first on line 1: one enumim block answers for a zone`},
		{"C5 zone in two blocks", b("") + "\n" + b(""), `Testfile:5: zone e164.arpa. is given twice, first on line 1: one enumim block answers for a zone`},
		{"C6 not a time", b("ttl soon"), `Testfile:3: ttl "soon": expected seconds, or a time with a unit such as 90s, 15m or 1h30m`},
		{"C6 ttl 0", b("ttl 0"), `Testfile:3: ttl 0: nobody could keep a record; write ttl=0 in the data where that is meant`},
		{"C6 negative", b("ttl -1"), `Testfile:3: ttl "-1": 0 to 2147483647 seconds are expected`},
		{"C6 overflow", b("ttl 99999999999999999999"), `Testfile:3: ttl "99999999999999999999": expected seconds`},
		{"C6 large", b("ttl 4294967296"), `Testfile:3: ttl "4294967296": expected seconds`},
		{"C6 too large", b("ttl 2147483648"), `Testfile:3: ttl "2147483648": 0 to 2147483647 seconds are expected`},
		{"C6 fractions", b("ttl 1500ms"), `Testfile:3: ttl "1500ms": whole seconds are expected`},
		{"C6 negative_ttl over a day", b("negative_ttl 25h"), `Testfile:3: negative_ttl "25h": 0 to 86400 seconds are expected`},
		{"C6 timeout too short", b("timeout 9ms"), `Testfile:3: timeout "9ms": 10ms to 10s are expected`},
		{"C6 timeout too long", b("timeout 11s"), `Testfile:3: timeout "11s": 10ms to 10s are expected`},
		{"C6 timeout", b("timeout never"), `Testfile:3: timeout "never": expected seconds`},
		{"C6 soa times", b("soa a.example. b.example. 1 2 x"), `Testfile:3: soa "x": expected seconds`},
		{"C12 names", b("ns \"a b\""), `Testfile:3: ns: "a b" is no domain name`},
		{"C12 mail address", b("soa a.example. hm@example.net"), `Testfile:3: soa: "hm@example.net" is no domain name: it holds "@" (a mail address is written with a dot for its @)`},
		{"C12 label", b("ns a..b"), `Testfile:3: ns: "a..b" is no domain name`},
		{"C12 octets", b("ns \xff.example."), `is no domain name`},
		{"C12 address", b("ns 192.0.2.1"), `Testfile:3: ns: 192.0.2.1 is an address: write the name of the server, which has the address (RFC 1035 section 3.3.11)`},
		{"C12 address with a dot", b("ns ns1.example.net 192.0.2.1."), `Testfile:3: ns: 192.0.2.1. is an address`},
		{"C12 IPv6 address", b("ns 2001:db8::1"), `Testfile:3: ns: 2001:db8::1 is an address`},
		{"C12 address with port", b("ns [2001:db8::1]:53"), `Testfile:3: ns: [2001:db8::1]:53 is an address`},
		{"C12 address as MNAME", b("soa 192.0.2.1 hm.example.net"), `Testfile:3: soa: 192.0.2.1 is an address`},
		{"C12 comma", b("ns ns1.example.net, ns2.example.net"), `Testfile:3: ns: "ns1.example.net," is no domain name: it holds "," (blanks stand between names)`},
		{"C12 quote", b("soa ns1.example.net' hm.example.net"), `Testfile:3: soa: "ns1.example.net'" is no domain name: it holds "'"`},
		{"C12 port", b("ns ns1.example.net:53"), `Testfile:3: ns: "ns1.example.net:53" is no domain name: it holds ":"`},
		{"privacy of what is none", b("privacy some"), `Testfile:3: privacy "some": expected none, country, masked or full`},
		{"privacy without argument", b("privacy"), `Testfile:3: privacy: expected none, country, masked or full, found 0 arguments`},
		{"fallthrough to what is no zone", b("fallthrough e164..arpa"), `Testfile:3: fallthrough: zone "e164..arpa": `},
		{"fallthrough with a comma", b("fallthrough 4.4.e164.arpa, 9.4.e164.arpa"), `Testfile:3: fallthrough: zone "4.4.e164.arpa,": letters`},
		{"fallthrough with a port", b("fallthrough e164.arpa:53"), `Testfile:3: fallthrough: zone "e164.arpa:53": letters`},
		{"digits in one label", "enumim 44.e164.arpa {\nbackend memory x\n}", `Testfile:1: zone "44.e164.arpa": each digit is a label of its own, the last one first (RFC 6116 section 3.2): 4.4.e164.arpa. is expected`},
		{"digits in some labels", "enumim 202.1.E164.arpa. {\nbackend memory x\n}", `Testfile:1: zone "202.1.E164.arpa.": each digit is a label of its own, the last one first (RFC 6116 section 3.2): 2.0.2.1.e164.arpa. is expected`},
		{"digits in one label behind fallthrough", b("fallthrough 49.e164.arpa"), `Testfile:3: fallthrough: zone "49.e164.arpa": each digit is a label of its own, the last one first (RFC 6116 section 3.2): 9.4.e164.arpa. is expected`},
		{"digits forwards", "enumim 1.2.0.2.0.e164.arpa {\nbackend memory x\n}", `Testfile:1: zone "1.2.0.2.0.e164.arpa": each digit is a label of its own, the last one first (RFC 6116 section 3.2), and no number begins with 0: 0.2.0.2.1.e164.arpa. is expected`},
		{"C9 URL as a zone", "enumim https://e164.arpa {\nbackend memory x\n}", `Testfile:1: zone "https://e164.arpa": letters, digits, hyphens and underscores are expected, without scheme, port or mask`},
		{"zone with port", "enumim e164.arpa:53 {\nbackend memory x\n}", `Testfile:1: zone "e164.arpa:53": letters`},
		{"zone with mask", "enumim 10.0.0.0/8 {\nbackend memory x\n}", `Testfile:1: zone "10.0.0.0/8": letters`},
		{"zone malformed", "enumim a..b {\nbackend memory x\n}", `Testfile:1: zone "a..b": `},
		{"zone is the root", "enumim . {\nbackend memory x\n}", `Testfile:1: zone ".": `},
		{"no zones", "enumim {\nbackend memory x\n}", `Testfile:1: needs zones, as the server block names none that can hold numbers; for example: enumim e164.arpa`},
		{"C14 dialplan under e164.arpa", b("dialplan"), `Testfile:1: dialplan: e164.arpa. holds E.164 numbers only (RFC 6116 section 2); a dial plan needs a private apex`},
		{"C16 no backend", "enumim e164.arpa {\nttl 60\n}", `Testfile:1: needs a backend, such as: backend file numbers.txt`},
		{"C16 no block", "enumim e164.arpa", `Testfile:1: needs a backend, such as: backend file numbers.txt`},
		{"C16 backend without name", "enumim e164.arpa {\nbackend\n}", `Testfile:2: backend needs a name; compiled in: `},
		{"C16 unknown backend", "enumim e164.arpa {\nbackend postgress\n}", `Testfile:2: unknown backend "postgress"; compiled in: ` + strings.Join(backend.Names(), ", ")},
		{"the backend's own error", "enumim e164.arpa {\nbackend memory x {\nbad\n}\n}", `Testfile:3: unknown option "bad"; known: fail, note`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseText(c.text)
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			if !strings.HasPrefix(err.Error(), c.want) && !(c.name == "C12 octets" && strings.Contains(err.Error(), c.want)) {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}

// What is legal and probably not meant is told.
func TestParseWarnings(t *testing.T) {
	for _, c := range []struct {
		name, text string
		keys       []string
		want       string
	}{
		{"apex beside the server block", "enumim 4.4.e164.arpa {\nbackend memory x\n}", []string{"dns://example.org.:53", "dns://example.net.:53"},
			"Testfile:1: zone 4.4.e164.arpa. is outside of the zones of its server block (example.org., example.net.): only queries that the rewrite plugin changes get here"},
		{"apex at, below and above", "enumim 4.4.e164.arpa 1.4.4.e164.arpa e164.arpa {\nbackend memory x\n}", []string{"dns://4.4.e164.arpa.:53"}, ""},
		{"apex in one of the zones", "enumim 4.4.e164.arpa {\nbackend memory x\n}", []string{"dns://example.org.:53", "dns://E164.arpa.:53"}, ""},
		{"no server block", "enumim 4.4.e164.arpa {\nbackend memory x\n}", nil, ""},
		{"server block for everything", "enumim 4.4.e164.arpa {\nbackend memory x\n}", []string{"dns://.:53"}, ""},
		{"fallthrough elsewhere", "enumim 4.4.e164.arpa {\nbackend memory x\nfallthrough example.net 9.4.e164.arpa\n}", []string{"dns://.:53"},
			"Testfile:3: fallthrough: zone example.net. has nothing to do with the zones of this block"},
		{"fallthrough at, below and above", "enumim 4.4.e164.arpa {\nbackend memory x\nfallthrough 4.4.e164.arpa 1.4.4.e164.arpa arpa .\n}", []string{"dns://.:53"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			logged := capture(func() { _, err = parseText(c.text, c.keys...) })
			if err != nil || !strings.Contains(logged, c.want) || (logged == "") != (c.want == "") {
				t.Errorf("logged %q, %v, want %q", logged, err, c.want)
			}
		})
	}
}

// C13: a hundred thousand zones are found as fast as one.
func TestManyZones(t *testing.T) {
	var b strings.Builder
	b.WriteString("enumim")
	for i := range 100_000 {
		fmt.Fprintf(&b, " z%d.example.net", i)
	}
	b.WriteString(" {\nbackend memory x\n}")
	blocks, err := parseText(b.String())
	if err != nil {
		t.Fatal(err)
	}
	f := &forest{}
	for _, apex := range blocks[0].Apexes {
		f.add(&tree{block: blocks[0], apex: apex, zone: apex.String()})
	}
	if got := f.match("1.z77777.example.net."); got == nil || got.zone != "z77777.example.net." {
		t.Errorf("got %v", got)
	}
}

// A name of the frame can be too long only where the apex is.
func TestFrameNameTooLong(t *testing.T) {
	label := strings.Repeat("a", 62) + "."
	_, err := forestOf(mustBlocks(t, "enumim "+strings.Repeat(label, 4)[1:]+" {\nbackend memory x\n}"))
	if err == nil || !strings.Contains(err.Error(), "Testfile:1: zone ") {
		t.Errorf("got %v, want an error that ns.ZONE is too long", err)
	}
	_, err = forestOf(mustBlocks(t, "enumim "+strings.Repeat(label, 4)[1:]+" {\nbackend memory x\nns ns.example.\n}"))
	if err == nil || !strings.Contains(err.Error(), "soa hostmaster.") {
		t.Errorf("got %v, want an error that hostmaster.ZONE is too long", err)
	}
}

func mustBlocks(t *testing.T, text string) []*block {
	t.Helper()
	blocks, err := parseText(text)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

func TestSetup(t *testing.T) {
	c := caddy.NewTestController("dns", "enumim e164.arpa {\nbackend memory x\n}\nenumim dial.example.net {\nbackend memory y\n}")
	if err := setup(c); err != nil {
		t.Fatal(err)
	}
	plugins := dnsserver.GetConfig(c).Plugin
	if len(plugins) != 1 {
		t.Fatalf("%d plugins were added, want one for all blocks", len(plugins))
	}
	// The closure runs once for each key and socket; each gets its own next.
	n1, n2 := &next{}, &next{}
	h1, h2 := plugins[0](n1).(Enumim), plugins[0](n2).(Enumim)
	if h1.Next != n1 || h2.Next != n2 || h1.forest != h2.forest || len(h1.forest.trees) != 2 {
		t.Error("copies are to share trees and have their own next")
	}
	if h1.Ready() {
		t.Error("ready before the start")
	}
	for _, text := range []string{"enumim", "enumim " + strings.Repeat(strings.Repeat("a", 62)+".", 4)[1:] + " {\nbackend memory x\n}"} {
		err := setup(caddy.NewTestController("dns", text))
		if err == nil || !strings.HasPrefix(err.Error(), "plugin/enumim: Testfile:1: ") {
			t.Errorf("got %v", err)
		}
	}
}
