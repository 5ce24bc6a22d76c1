package corefile

import (
	"strings"
	"testing"
)

// What a user sees: the place, what is wrong, what was expected.
func TestInspectErrors(t *testing.T) {
	inspect := func(lines string) string { return block("enumim dial.example.net", "inspect enforce\n"+lines) }
	for _, c := range []struct{ name, text, want string }{
		{"no mode", block("enumim e164.arpa", "inspect"), `2: inspect: expected observe, annotate or enforce`},
		{"unknown mode", block("enumim e164.arpa", "inspect enforced"), `2: inspect "enforced": expected observe, annotate or enforce, and zones behind it`},
		{"mode without a letter", block("enumim e164.arpa", `inspect ""`), `2: inspect "": expected observe, annotate or enforce`},
		{"zone in place of the mode", block("enumim", "inspect e164.arpa"), `2: inspect "e164.arpa": expected observe`},
		{"zone malformed", block("enumim", "inspect observe 44.e164.arpa"), `2: inspect: zone "44.e164.arpa": each digit is a label of its own, the last one first (RFC 6116 section 3.2): 4.4.e164.arpa. is expected`},
		{"zone twice in a line", block("enumim", "inspect observe e164.arpa E164.arpa."), `2: inspect: zone e164.arpa. is given twice, first on line 2: one enumim block inspects a zone`},
		{"zone in two blocks", block("enumim_guard e164.arpa", "inspect observe") + "\n" + block("enumim_guard", "inspect enforce e164.arpa"), `5: inspect: zone e164.arpa. is given twice, first on line 2: one enumim_guard block inspects a zone`},
		{"inspect twice", inspect("inspect observe e164.arpa"), `3: inspect is given twice, first on line 2`},
		{"no zones", block("enumim_guard", "inspect observe"), `1: needs zones, as the server block names none that can hold numbers; for example: enumim_guard e164.arpa`},
		{"braces", block("enumim e164.arpa", "inspect observe {\n}"), `2: inspect takes no braces, only backend does`},
		{"neither backend nor inspect", block("enumim e164.arpa", "clients kamailio"), `1: needs a backend, such as: backend file numbers.txt, or a mode of inspection, such as: inspect observe`},
		{"guard without inspect", block("enumim_guard e164.arpa", "dialplan"), `1: needs a mode of inspection, such as: inspect observe`},

		{"repair while observing", block("enumim e164.arpa", "inspect observe\nrepair"), `3: repair: only inspect enforce changes answers`},
		{"empty while annotating", block("enumim e164.arpa", "empty nodata\ninspect annotate"), `2: empty: only inspect enforce changes answers`},
		{"empty value", inspect("empty nxdomain"), `3: empty "nxdomain": expected servfail or nodata`},
		{"empty count", inspect("empty"), `3: empty: expected servfail or nodata, found 0 arguments`},
		{"repair count", inspect("repair yes"), `3: repair: expected no argument, found 1 arguments`},
		{"require_authenticated count", inspect("require_authenticated ad"), `3: require_authenticated: expected no argument, found 1 arguments`},
		{"severity value", inspect("severity off"), `3: severity "off": expected error, warning or info`},
		{"severity count", inspect("severity error warning"), `3: severity: expected error, warning or info, found 2 arguments`},

		{"rule without a severity", inspect("rule R05"), `3: rule: expected codes, and behind them error, warning, info or off`},
		{"rule with the severity in front", inspect("rule error R05"), `3: rule: expected codes, and behind them error, warning, info or off; found "R05" at the end`},
		{"rule unknown", inspect("rule R05 R99 off"), `3: rule "R99": expected a code such as R05; docs/lint.md and enumim lint --rules list them`},
		{"rule with two severities", inspect("rule S10 S05 off R01 error"), `3: rule: off before R01: the severity comes last, so each has a rule line of its own`},
		{"rule with two severities and a code between", inspect("rule S10 warning off"), `3: rule: warning before off: the severity comes last, so each has a rule line of its own`},
		{"rule of lint", inspect("rule D05 off"), `3: rule D05 is about the data as a whole: only enumim lint finds it, no answer shows it`},
		{"rule of the policy", inspect("rule domain off"), `3: rule domain has no severity: allow_domains and deny_domains decide on it`},
		{"rule unauthenticated", inspect("rule Unauthenticated warning"), `3: rule unauthenticated has no severity: require_authenticated decides on it`},
		{"rule service", inspect("rule service off"), `3: rule service has no severity: services decides on it`},
		{"rule unchecked", inspect("rule unchecked off"), `3: rule unchecked has no severity: `},
		{"rule malformed", inspect("rule malformed off"), `3: rule malformed has no severity: `},
		{"rule repeated", inspect("rule R05 off\nrule S03 r05 off"), `4: rule R05 is given twice, first on line 3`},
		{"rule contradicted", inspect("rule R05 off\nrule R05 error"), `4: rule R05 is given twice, first on line 3`},
		{"rule twice in a line", inspect("rule R05 R05 off"), `3: rule R05 is given twice, first on line 3`},

		{"clients none", inspect("clients"), `3: clients: expected some of strict, kamailio, opensips,`},
		{"clients unknown", inspect("clients kamailio 3cx"), `3: clients "3cx": expected some of strict, kamailio, opensips,`},
		{"clients twice", inspect("clients kamailio KAMAILIO"), `3: clients: kamailio is given twice`},

		{"domains none", inspect("allow_domains"), `3: allow_domains: expected domains, such as example.com`},
		{"domain twice", inspect("deny_domains example.com EXAMPLE.com."), `3: deny_domains: example.com is given twice`},
		{"domain allowed and denied", inspect("allow_domains a.example example.com\ndeny_domains Example.com"), `4: deny_domains: example.com is allowed on line 3`},
		{"domain with a wildcard", inspect("deny_domains *.example.com"), `3: deny_domains: "*.example.com": write example.com, which stands for all that lies below it, too`},
		{"domain as a URI", inspect("deny_domains im:example.com"), `3: deny_domains: "im:example.com" is no domain: write the domain alone, such as example.com`},
		{"domain as a mailbox", inspect("allow_domains user@example.com"), `3: allow_domains: "user@example.com" is no domain: write the domain alone`},
		{"domain as an address", inspect("deny_domains 192.0.2.1"), `3: deny_domains: 192.0.2.1 is an address, a domain is expected: rule I01 is about addresses`},
		{"domain as an address literal", inspect("deny_domains [2001:db8::1]"), `3: deny_domains: [2001:db8::1] is an address`},
		{"domain of everything", inspect("deny_domains ."), `3: deny_domains: ".": the root stands for every domain`},
		{"domain with a comma", inspect("allow_domains example.com, example.net"), `3: allow_domains: "example.com," is no domain name: it holds "," (blanks stand between names)`},
		{"domain with an empty label", inspect("allow_domains a..example"), `3: allow_domains: "a..example" is no domain name`},
		{"domain with a label that is too long", inspect("allow_domains " + strings.Repeat("a", 64) + ".example"), `3: allow_domains: "aaaa`},
		{"domain that IDNA refuses", inspect("allow_domains -ü.example"), `3: allow_domains: "-ü.example" is no internationalized domain name: write its A-labels (xn--...)`},
		{"domain that is no text", inspect("allow_domains \xff.example"), `3: allow_domains: "` + "\ufffd" + `.example" is no internationalized domain name`},

		{"services none", inspect("services"), `3: services: expected types, such as im or pstn:tel`},
		{"services as in a record", inspect("services E2U+im"), `3: services "E2U+im": a type is expected, without E2U: im`},
		{"services joined", inspect("services im+sip"), `3: services "im+sip": expected blanks between types, not +`},
		{"services malformed", inspect("services im:"), `3: services "im:": expected TYPE or TYPE:SUBTYPE: empty element`},
		{"services with a comma", inspect("services im, sip"), `3: services "im,": expected TYPE or TYPE:SUBTYPE: `},
		{"services twice", inspect("services pstn:tel PSTN:TEL"), `3: services: pstn:tel is given twice`},

		{"additional without srv", inspect("additional sip"), `3: additional: expected srv, and behind it sip, xmpp or both, and wait with a time`},
		{"additional without anything", inspect("additional"), `3: additional: expected srv`},
		{"additional of an unknown protocol", inspect("additional srv msrp"), `3: additional "msrp": expected srv, and behind it sip`},
		{"additional protocol twice", inspect("additional srv sip SIP"), `3: additional: sip is given twice`},
		{"additional wait without a time", inspect("additional srv wait"), `3: additional: expected a time behind wait, such as 100ms`},
		{"additional wait and no time", inspect("additional srv wait sip"), `3: additional: wait "sip": expected seconds, or a time with a unit`},
		{"additional wait too long", inspect("additional srv wait 2s"), `3: additional: wait "2s": 0 to 1s are expected`},
		{"additional wait negative", inspect("additional srv wait -1ms"), `3: additional: wait "-1ms": 0 to 1s are expected`},
		{"additional wait twice", inspect("additional srv wait 0 wait 10ms"), `3: additional: wait is given twice`},
		{"additional while observing", block("enumim e164.arpa", "inspect observe\nadditional srv"), `3: additional: inspect observe leaves answers as they are: write inspect annotate or inspect enforce`},

		{"twins none", inspect("repair\ntwins"), `4: twins: expected sip, xmpp or both`},
		{"twins unknown", inspect("repair\ntwins sips"), `4: twins "sips": expected sip, xmpp or both`},
		{"twins twice", inspect("repair\ntwins sip sip"), `4: twins: sip is given twice`},
		{"twins that are not kept", inspect("repair\nservices im xmpp\ntwins xmpp sip"), `5: twins sip: the services on line 4 do not keep sip`},
		{"twins without repair", inspect("twins sip"), `3: twins: only inspect enforce with repair adds records to the answers of others`},
		{"twins without enforce", block("enumim_guard e164.arpa", "inspect annotate\ntwins sip"), `3: twins: only inspect enforce with repair`},

		{"dialplan in the public tree", block("enumim", "inspect observe e164.arpa\ndialplan"), `1: dialplan: e164.arpa. holds E.164 numbers only (RFC 6116 section 2); a dial plan needs a private apex`},
		{"dialplan in the public tree, by one of two zones", block("enumim dial.example.net", "backend file x\ndialplan\ninspect observe 4.4.e164.arpa"), `1: dialplan: 4.4.e164.arpa. holds E.164 numbers only`},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, c.text, c.want) })
	}
}

func wantError(t *testing.T, text, want string) {
	t.Helper()
	switch _, err := parseText(text, "dns://.:53"); {
	case err == nil:
		t.Errorf("%s\nno error, want %q", text, want)
	case !strings.HasPrefix(err.Error(), "Corefile:"+want):
		t.Errorf("%s\ngot  %s\nwant %s", text, err, want)
	}
}

// Options of inspection need a mode, those of a backend a backend; enumim_guard has none.
func TestOptionsBelong(t *testing.T) {
	values := map[string]string{
		"ttl": "60", "negative_ttl": "60", "soa": "ns.example.net hm.example.net", "ns": "ns.example.net", "timeout": "1s", "form": "plain", "privacy": "country",
		"empty": "nodata", "severity": "error", "rule": "R05 off", "clients": "strict", "allow_domains": "example.com", "deny_domains": "example.com",
		"services": "im", "harvest": "refuse",
	}
	for _, name := range answerOptions {
		text := name + " " + values[name]
		if name == "backend" {
			text = "backend file x"
		} else {
			wantError(t, block("enumim e164.arpa", "inspect observe\n"+text), "3: "+name+" is for the answers of a backend, and this block has none")
		}
		wantError(t, block("enumim_guard e164.arpa", "inspect observe\n"+text), "3: "+name+" belongs to enumim, which answers: enumim_guard inspects what others answer")
	}
	for _, name := range inspectOptions {
		if name != "inspect" {
			wantError(t, block("enumim e164.arpa", "backend file x\n"+name+" "+values[name]),
				"3: "+name+" is for answers that are inspected: add a mode, such as: inspect enforce")
		}
	}
	// What is unknown is told with what there is.
	for directive, want := range map[string]string{
		enumim:      "expected backend, ttl, negative_ttl, soa, ns, timeout, form, fallthrough, harvest, genuine_sources, privacy, anonymize, status, dialplan, twins, ",
		enumimGuard: "expected dialplan, twins, additional, inspect, repair, empty, severity, rule, clients, require_authenticated, allow_domains, deny_domains or services",
	} {
		wantError(t, block(directive+" e164.arpa", "inspekt observe"), `2: unknown option "inspekt": `+want)
	}
}

// What is legal and probably not meant is told, with its place.
func TestInspectWarnings(t *testing.T) {
	inspect := func(lines string) string { return block("enumim e164.arpa", "inspect enforce\n"+lines) }
	const backend = "backend file x\n"
	for _, c := range []struct{ name, text, want string }{
		{"service that nobody registered", inspect("services im imm voice"), "3: services: imm is not registered"},
		{"subtype that nobody registered", inspect("services voice:sip"), "3: services: voice:sip is not registered"},
		{"service by agreement", inspect("services x-lab p-own:net voice im PSTN"), ""},
		{"a denied domain around an allowed one", inspect("allow_domains im.example.com example.net\ndeny_domains example.com"),
			"3: allow_domains: im.example.com stays denied, as it lies below example.com of deny_domains"},
		{"a denied domain in an allowed one", inspect("allow_domains example.com\ndeny_domains im.example.com notexample.com"), ""},
		{"other applications", inspect("rule F17 error"), "3: rule F17: genuine records of other applications are never touched, whatever the severity"},
		{"a zone above the numbers", block("enumim", "inspect observe arpa"), "2: inspect: the numbers are below e164.arpa, not arpa"},
		{"other applications, not told", inspect("rule F17 off"), ""},
		{"forged answers as NODATA", inspect("empty nodata\nrequire_authenticated"),
			"3: empty nodata: with require_authenticated a forged answer looks as if the number had no records; servfail has clients ask elsewhere"},
		{"NODATA", inspect("empty nodata"), ""},
		{"zones of the directive beside those of the line", block("enumim_guard e164.arpa", "inspect observe 4.4.e164.arpa"),
			"1: zones behind enumim_guard have no effect: the inspect line names its own, and there is no backend to answer for them"},
		{"forged answers as SERVFAIL", inspect("empty servfail\nrequire_authenticated"), ""},
		{"zone beside the server block", block("enumim_guard", "inspect observe 4.4.e164.arpa e164.example.com"),
			"2: zone e164.example.com. is outside of the zones of its server block (e164.arpa.): only queries that the rewrite plugin changes get here"},
		{"zone of the directive beside the server block", block("enumim_guard e164.example.com", "inspect observe"),
			"2: zone e164.example.com. is outside of the zones of its server block (e164.arpa.)"},
		{"the backend answers all", block("enumim e164.arpa", backend+"inspect observe"),
			"3: inspect: every query for zone e164.arpa. is answered by the backend of zone e164.arpa., which has no fallthrough: other plugins are not asked"},
		{"the backend of another block answers all", block("enumim e164.arpa", backend) + "\n" + block("enumim", "inspect observe 4.4.e164.arpa"),
			"6: inspect: every query for zone 4.4.e164.arpa. is answered by the backend of zone e164.arpa., which"},
		{"the nearest backend answers all", block("enumim e164.arpa", backend+"fallthrough") + "\n" + block("enumim 4.4.e164.arpa", backend+"inspect observe"),
			"7: inspect: every query for zone 4.4.e164.arpa. is answered by the backend of zone 4.4.e164.arpa., which"},
		{"the backend passes other names on", block("enumim e164.arpa", backend+"fallthrough 9.4.e164.arpa\ninspect observe 4.4.e164.arpa"), "4: inspect: every query for zone 4.4.e164.arpa."},
		{"the backend passes on", block("enumim e164.arpa", backend+"fallthrough\ninspect observe"), ""},
		{"the backend passes part of it on", block("enumim e164.arpa", backend+"fallthrough 2.4.4.e164.arpa\ninspect observe 4.4.e164.arpa"), ""},
		{"the backend answers part of it", block("enumim 4.4.e164.arpa", backend+"inspect observe e164.arpa"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			blocks, err := parseText(c.text, "dns://e164.arpa.:53")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range blocks {
				got = append(got, b.Warnings...)
			}
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("warnings %q", got)
			case c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], "Corefile:"+c.want)):
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
