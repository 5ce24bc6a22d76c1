package corefile

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy/caddyfile"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
	"github.com/enumim/enumim/im"
)

// parseText reads directives of a server block with these keys.
func parseText(text string, keys ...string) ([]*Block, error) {
	d := caddyfile.NewDispenser("Corefile", strings.NewReader(text))
	if strings.HasPrefix(text, enumimGuard) {
		return ParseGuard(&d, Place{Keys: keys})
	}
	return Parse(&d, Place{Keys: keys})
}

// block wraps lines, the first of which is line 2 of the Corefile.
func block(directive, lines string) string { return directive + " {\n" + lines + "\n}" }

// one reads a single block.
func one(t *testing.T, text string, keys ...string) *Block {
	t.Helper()
	blocks, err := parseText(text, keys...)
	if err != nil || len(blocks) != 1 {
		t.Fatalf("%s\n%d blocks, %v", text, len(blocks), err)
	}
	return blocks[0]
}

// Each line sets what it says and nothing else, in both directives.
func TestPolicy(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		want        guard.Policy
	}{
		{"observe", "inspect observe", guard.Policy{Mode: guard.Observe}},
		{"annotate", "inspect annotate", guard.Policy{Mode: guard.Annotate}},
		{"enforce answers SERVFAIL where nothing is left", "inspect enforce", guard.Policy{Mode: guard.Enforce, Empty: guard.ServFail}},
		{"repair", "inspect enforce\nrepair", guard.Policy{Mode: guard.Enforce, Repair: true}},
		{"lines in any order", "repair\ninspect enforce", guard.Policy{Mode: guard.Enforce, Repair: true}},
		{"empty servfail", "inspect enforce\nempty servfail", guard.Policy{Mode: guard.Enforce, Empty: guard.ServFail}},
		{"empty nodata", "inspect enforce\nempty nodata", guard.Policy{Mode: guard.Enforce, Empty: guard.NoData}},
		{"severity error", "inspect enforce\nseverity error", guard.Policy{Mode: guard.Enforce, Severity: enumservice.Error}},
		{"severity warning", "inspect observe\nseverity warning", guard.Policy{Mode: guard.Observe, Severity: enumservice.Warning}},
		{"severity info", "inspect enforce\nseverity info", guard.Policy{Mode: guard.Enforce, Severity: enumservice.Info}},
		{"rules, several times and in any letter case", "inspect enforce\nrule R05 s03 error\nrule U06 warning\nrule O02 info\nrule i03 off",
			guard.Policy{Mode: guard.Enforce, Rules: map[string]enumservice.Severity{
				"R05": enumservice.Error, "S03": enumservice.Error, "U06": enumservice.Warning, "O02": enumservice.Info, "I03": 0,
			}}},
		{"clients", "inspect enforce\nclients kamailio Asterisk", guard.Policy{
			Mode: guard.Enforce, Clients: enumservice.ClientsOf(enumservice.Kamailio, enumservice.Asterisk),
		}},
		{"require_authenticated", "inspect enforce\nrequire_authenticated", guard.Policy{Mode: guard.Enforce, RequireAuthenticated: true}},
		{"domains are A-labels in lower case", "inspect enforce\nallow_domains EXAMPLE.com example.net. bücher.example\ndeny_domains XN--bcher-kva.example.org com",
			guard.Policy{
				Mode: guard.Enforce, AllowDomains: []string{"example.com", "example.net", "xn--bcher-kva.example"},
				DenyDomains: []string{"xn--bcher-kva.example.org", "com"},
			}},
		{"services", "inspect enforce\nservices im pstn:tel voice x-lab", guard.Policy{Mode: guard.Enforce, Services: []enumservice.Service{
			{Type: "im"}, {Type: "pstn", Subtype: "tel"}, {Type: "voice"}, {Type: "x-lab"},
		}}},
		{"twins with repair", "inspect enforce\nrepair\ntwins sip XMPP", guard.Policy{Mode: guard.Enforce, Repair: true, Twins: []im.Protocol{im.SIP, im.XMPP}}},
		{"dialplan", "inspect observe\ndialplan", guard.Policy{Mode: guard.Observe, DialPlan: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, directive := range []string{enumim, enumimGuard} {
				b := one(t, block(directive+" dial.example.net", c.lines))
				if b.Inspect == nil || !reflect.DeepEqual(b.Inspect.Policy, c.want) {
					t.Errorf("%s: got %+v\nwant %+v", directive, b.Inspect, c.want)
				}
				if b.Opener != nil || b.Driver != "" || len(b.Apexes) != 0 {
					t.Errorf("%s: a block without a backend answers for %v, backend %q", directive, b.Apexes, b.Driver)
				}
			}
		})
	}
}

// What belongs to answers of the own backend, too.
func TestExtras(t *testing.T) {
	const backend = "backend file x\n"
	extra := func(lines string) Options { return one(t, block("enumim e164.arpa", lines)).Options }
	for lines, want := range map[string]additional.Options{
		backend + "additional srv":                                           {},
		backend + "additional srv sip":                                       {Protocols: []im.Protocol{im.SIP}},
		backend + "additional srv xmpp sip wait 250ms":                       {Protocols: []im.Protocol{im.XMPP, im.SIP}, Wait: 250 * time.Millisecond},
		backend + "additional srv wait 1 SIP":                                {Protocols: []im.Protocol{im.SIP}, Wait: time.Second},
		"inspect annotate\nadditional srv":                                   {},
		"inspect enforce\nadditional srv xmpp":                               {Protocols: []im.Protocol{im.XMPP}},
		backend + "inspect observe\nadditional srv":                          {},
		backend + "inspect enforce 4.4.e164.example.net\nadditional srv sip": {Protocols: []im.Protocol{im.SIP}},
	} {
		if got := extra(lines).Additional; got == nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, want %+v", lines, got, want)
		}
	}
	// 0 is only what is known already; the zero Options wait.
	if got := extra(backend + "additional srv wait 0").Additional; got.Wait >= 0 {
		t.Errorf("wait 0 is %v, want less than 0", got.Wait)
	}
	if got := extra(backend).Additional; got != nil {
		t.Errorf("nothing asked for: %+v", got)
	}
	if got := extra(backend + "twins xmpp").Twins; !reflect.DeepEqual(got, []im.Protocol{im.XMPP}) {
		t.Errorf("twins %v", got)
	}
	// Without repair the answers of others get none.
	b := one(t, block("enumim e164.arpa", backend+"fallthrough\ninspect enforce\ntwins sip"))
	if len(b.Options.Twins) != 1 || b.Inspect.Policy.Twins != nil {
		t.Errorf("own twins %v, those of others %v", b.Options.Twins, b.Inspect.Policy.Twins)
	}
}

// Inspected are the zones of the line, else those of the block, else those of the server block.
func TestInspectedZones(t *testing.T) {
	for _, c := range []struct {
		name, text string
		keys       []string
		zones      string
		apexes     string
	}{
		{"of the line", block("enumim_guard", "inspect observe 4.4.E164.arpa. e164.example.net"), []string{"dns://.:53"}, "[4.4.e164.arpa. e164.example.net.]", "[]"},
		{"of the directive", block("enumim_guard e164.arpa", "inspect observe"), []string{"dns://.:53"}, "[e164.arpa.]", "[]"},
		{"of the server block", block("enumim_guard", "inspect observe"), []string{"dns://e164.arpa.:53", "tls://e164.arpa.:853"}, "[e164.arpa.]", "[]"},
		{"beside a backend", block("enumim e164.example.net", "backend file x\ninspect observe e164.arpa"), nil, "[e164.arpa.]", "[e164.example.net.]"},
		{"those of the backend", block("enumim e164.arpa", "backend file x\nfallthrough\ninspect observe"), nil, "[e164.arpa.]", "[e164.arpa.]"},
		{"of the line, where the server block is for everything", block("enumim", "inspect enforce e164.arpa"), []string{"dns://.:53"}, "[e164.arpa.]", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := one(t, c.text, c.keys...)
			if got := join(b.Inspect.Zones); got != c.zones {
				t.Errorf("inspected are %s, want %s", got, c.zones)
			}
			if got := join(b.Apexes); got != c.apexes {
				t.Errorf("answered are %s, want %s", got, c.apexes)
			}
			if len(b.Warnings) > 0 {
				t.Errorf("warnings %q", b.Warnings)
			}
		})
	}
}

func join[T interface{ String() string }](list []T) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.String()
	}
	return "[" + strings.Join(names, " ") + "]"
}
