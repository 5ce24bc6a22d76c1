package guard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// hostilePatterns are expressions that take long to parse, to look over, to match or to mend.
var hostilePatterns = map[string]string{
	"nested groups":          "!" + strings.Repeat("(", 110) + ".*" + strings.Repeat(")", 110) + `$!sip:\\1@example.com!`,
	"nested stars":           "!^" + strings.Repeat("(", 75) + "." + strings.Repeat(")*", 75) + `$!sip:\\1@example.com!`,
	"alternations of stars":  "!^(" + strings.Repeat(".*|", 75) + `.*)$!sip:\\1@example.com!`,
	"stars":                  "!^" + strings.Repeat(".*", 110) + "$!sip:a@example.com!",
	"options":                "!^" + strings.Repeat("(.?)", 50) + `x$!sip:\\1@example.com!`,
	"classes":                "!^" + strings.Repeat("[[:alnum:]]", 19) + "*$!sip:a@example.com!",
	"brackets":               "!^" + strings.Repeat("[0-9]", 44) + "*$!sip:a@example.com!",
	"brackets of letters":    "!^" + strings.Repeat("[^é]", 44) + "*$!sip:a@example.com!",
	"letters":                "!^" + strings.Repeat("é", 110) + "$!sip:a@example.com!",
	"digits":                 "!^" + strings.Repeat("4", 220) + "$!sip:a@example.com!",
	"counts":                 `!^(((.{0,20}){0,9}){0,3})$!sip:\\1@example.com!`,
	"counts that compile":    `!^(.{0,20}){0,20}$!sip:a@b!`,
	"counts of nothing":      `!^(((.?){0,200}){0,200}){0,200}$!sip:a@example.com!`,
	"flags":                  "!^.*$!sip:a@example.com!" + strings.Repeat("i", 220),
	"dead":                   "!^" + strings.Repeat("(1|.*)", 36) + "x$!sip:a@example.com!",
	"quotes":                 `/^(.*)$/sip:\\1'` + strings.Repeat("!'", 110) + "@example.com/",
	"back-references":        "!^(.*)$!im:" + strings.Repeat(`\\1`, 110) + "@example.com!",
	"unclosed groups":        "!^" + strings.Repeat("(", 230) + "$!sip:a@example.com!",
	"alternatives in groups": "!^(" + strings.Repeat("(4|44|.)", 26) + `)*$!sip:\\1@example.com!`,
	"one group":              `!(.)!a:\\1!`,
	"one digit":              "!4!sip:a@example.com!",
	"nine groups":            "!^" + strings.Repeat("(.*)", 9) + `$!sip:\\1@example.com!`,
	"usual":                  `!^\\+44(.*)$!sip:0\\1@example.com!`,
	"capitals":               "!^(.*)$!SIP:" + strings.Repeat("A", 200) + `\\1@example.com!i`,
}

// hostile are answers of up to 64 KB that cost as much as anybody found a way to.
func hostile() map[string][]dns.RR {
	shapes := map[string][]dns.RR{}
	fill := func(name string, n int, record func(i int) dns.RR) {
		for i := range n {
			shapes[name] = append(shapes[name], record(i))
		}
	}
	naptr := func(rank int, flags, services, regexp string) *dns.NAPTR {
		r := naptrRR(services, regexp).(*dns.NAPTR)
		r.Flags, r.Preference = flags, uint16(rank)
		return r
	}
	numbered := func(format string) func(int) string { return func(i int) string { return fmt.Sprintf(format, i) } }
	tel, sip, mailbox := numbered("!^.*$!tel:+44163296%04d!"), numbered("!^.*$!sip:%d@example.com!"), numbered("!^.*$!im:%d@example.com!")
	odd := numbered("!^.*$!IM:a%%20%%3C%%C3%%A9'%d$/@b%%C3%%BC_c-" + strings.Repeat("x", 120) + "%%3E?a=b&c=%%20!")
	const five = "E2U+voice:tel+sms:tel+ems:tel+mms:tel+sip"
	fill("five services", 1000, func(i int) dns.RR { return naptr(i, "u", five, tel(i)) })
	fill("five services of one rank", 1000, func(i int) dns.RR { return naptr(1, "u", five, tel(i)) })
	fill("literals of one rank", 1000, func(i int) dns.RR { return naptr(1, "u", "E2U+sip", sip(i)) })
	fill("mailboxes of one rank", 1000, func(i int) dns.RR { return naptr(1, "u", "E2U+im", mailbox(i)) })
	fill("mailboxes with many faults", 1000, func(i int) dns.RR { return naptr(i, "U", "e2u+IM", odd(i)) })
	fill("126 services", 200, func(i int) dns.RR { return naptr(1, "u", "E2U"+strings.Repeat("+a", 126), sip(i)) })
	fill("repeated services", 200, func(i int) dns.RR { return naptr(i, "u", "E2U"+strings.Repeat("+foo+foo:b", 25), sip(i)) })
	for name, pattern := range hostilePatterns {
		fill("pattern: "+name, 200, func(i int) dns.RR { return naptr(i, "u", "E2U+sip", pattern) })
		fill("pattern for six services: "+name, 200, func(i int) dns.RR { return naptr(i, "u", "e2u+sip+im+a+foo+voice+sms", pattern) })
		fill("pattern beside literals: "+name, 500, func(i int) dns.RR {
			if i%2 == 0 {
				return naptr(1, "u", "E2U+im", mailbox(i))
			}
			return naptr(i, "U", "e2u+sip", pattern)
		})
	}
	octets := strings.Repeat(`\200`, 255)
	fill("escaped octets", 80, func(i int) dns.RR { return naptr(i, octets, octets, octets) })
	fill("escaped URI", 200, func(i int) dns.RR { return naptr(i, "u", "E2U+sip", "!^.*$!sip:"+strings.Repeat(`\200`, 200)+"!") })
	fill("escaped services", 200, func(i int) dns.RR { return naptr(i, "u", octets, sip(i)) })
	fill("nothing", 3200, func(i int) dns.RR { return naptr(i, "", "", "") })
	fill("other applications", 2500, func(i int) dns.RR { return naptr(i, "s", "SIP+D2U", "") })
	fill("long replacements", 250, func(i int) dns.RR {
		r := naptr(i, "", "", "")
		r.Replacement = strings.Repeat(strings.Repeat("a", 63)+".", 3) + "example.org."
		return r
	})
	leads := func(labels string) func(int) dns.RR {
		return func(i int) dns.RR {
			r := naptr(i, "", "", "")
			r.Replacement, r.Hdr.Ttl = labels+fmt.Sprintf("%03d.e164.arpa.", i), uint32(60+i)
			return r
		}
	}
	octet := strings.Repeat(`\200`, 63) + "."
	fill("non-terminals of octets", 220, leads(octet+octet+octet+strings.Repeat(`\200`, 30)))
	fill("non-terminals of one-octet labels", 220, leads(strings.Repeat(`\200.`, 110)))
	fill("non-terminals with all fields of octets", 60, func(i int) dns.RR {
		r := leads(octet + octet + octet)(i).(*dns.NAPTR)
		r.Service, r.Regexp = octets, octets
		return r
	})
	fill("non-terminals of octets to mend", 110, func(i int) dns.RR {
		r := leads(octet + octet + octet)(i).(*dns.NAPTR)
		r.Service, r.Regexp = "E2U+sip", sip(i)
		return r
	})
	fill("literals of octets", 200, func(i int) dns.RR {
		r := naptr(i, "u", "E2U+sip", fmt.Sprintf("!^.*$!sip:%03d", i)+strings.Repeat(`\200`, 235)+"!")
		r.Hdr.Ttl = uint32(60 + i)
		return r
	})
	fill("literals of octets for three services", 200, func(i int) dns.RR {
		r := naptr(i, "U", "E2U+SIP+im+pres", fmt.Sprintf("!^.*$!SIP:%03d", i)+strings.Repeat(`\200`, 225)+"'!")
		r.Hdr.Ttl = uint32(60 + i)
		return r
	})
	fill("quotes", 200, func(i int) dns.RR {
		r := naptr(i, "U", "E2U+SIP+im+pres", fmt.Sprintf("!^.*$!SIP:%03d", i)+strings.Repeat("'", 78)+"@example.com!")
		r.Hdr.Ttl = uint32(60 + i)
		return r
	})
	fill("NULL", 5500, func(i int) dns.RR {
		if i == 0 {
			return naptr(0, "u", "E2U+im", "!^.*$!im:alice!")
		}
		return &dns.NULL{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNULL, Class: dns.ClassINET}}
	})
	fill("options", 2, func(i int) dns.RR {
		if i == 0 {
			return naptr(0, "u", "E2U+im", "!^.*$!im:alice!")
		}
		return &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}, Option: append(slices.Repeat([]dns.EDNS0{new(dns.EDNS0_LOCAL)}, 16000), new(dns.EDNS0_EDE))}
	})
	fill("OPT", 5500, func(i int) dns.RR { // they go to the additional section
		switch i {
		case 0:
			return naptr(0, "u", "E2U+im", "!^.*$!im:alice!")
		case 1:
			return naptr(0, "u", "E2U+im", "!^.*$!im:alice@example.com!")
		}
		return &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	})
	name := strings.Repeat(strings.Repeat("a", 49)+".", 5)
	fill("owners", 2000, func(i int) dns.RR {
		r := naptr(i, "u", "E2U+im", mailbox(1))
		r.Hdr.Name = fmt.Sprintf("%03d", i%50) + name
		if i%2 == 0 {
			r.Hdr.Name = strings.ToUpper(r.Hdr.Name)
		}
		return r
	})
	fill("signatures", 2000, func(i int) dns.RR {
		if owner := fmt.Sprintf("%03d", i%50) + name; i >= 8 {
			return signature(strings.ToUpper(owner))
		}
		r := naptr(i, "u", "E2U+im", "!^.*$!im:alice!")
		r.Hdr.Name = fmt.Sprintf("%03d", i) + name
		return r
	})
	return shapes
}

// hostileReply is the reply that has a hostile answer, and what belongs there in the additional section.
func hostileReply(answer []dns.RR) (r, m *dns.Msg) {
	r, m = answered(slices.Clone(answer)...)
	isOPT := func(record dns.RR) bool { return record.Header().Rrtype == dns.TypeOPT }
	if first := slices.IndexFunc(answer, isOPT); first >= 0 {
		m.Answer, m.Extra = m.Answer[:first], m.Answer[first:]
	}
	return r, m
}

// costly are policies that make the guard do all it can.
var costly = []Policy{
	{Mode: Observe},
	{Mode: Enforce, Severity: enumservice.Warning, Clients: enumservice.AllClients},
	{Mode: Enforce, Repair: true, Twins: []im.Protocol{im.SIP, im.XMPP}},
	{Mode: Enforce, Repair: true, Twins: []im.Protocol{im.SIP, im.XMPP}, AllowDomains: []string{"example.com"}, Clients: enumservice.AllClients, Severity: enumservice.Error, Services: []enumservice.Service{{Type: "im"}}},
	{Mode: Enforce, Repair: true, Twins: []im.Protocol{im.SIP, im.XMPP}, DenyDomains: []string{"evil.example"}, Rules: lenient()},
	{
		Mode: Enforce, Repair: true, Twins: []im.Protocol{im.SIP, im.XMPP}, AllowDomains: []string{"example.com", "example.org"},
		DenyDomains: []string{"evil.example"}, Rules: map[string]enumservice.Severity{"O03": enumservice.Error},
		Clients: enumservice.AllClients, Severity: enumservice.Error, Services: []enumservice.Service{
			{Type: "sip"}, {Type: "im"}, {Type: "a"}, {Type: "foo"}, {Type: "voice"}, {Type: "sms"}, {Type: "ems"}, {Type: "mms"},
		},
	},
}

// lenient makes every finding news, so that nothing is withheld but what stands beside others.
func lenient() map[string]enumservice.Severity {
	rules := map[string]enumservice.Severity{}
	for f := range enumservice.Findings() {
		rules[f.Code] = enumservice.Info
	}
	rules["O03"] = enumservice.Error
	return rules
}
