package anonymous

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

const local = "a-ut347nillemurxad"

// long returns a domain of so many octets.
func long(octets int) string { return strings.Repeat("example.", 32)[:octets-4] + ".com" }

var fates = map[Fate]string{Withheld: "withheld", Kept: "kept", Hidden: "hidden"}

// RFC 5028 section 3: whatever form the data has, the mailbox does not get out, and the domain stays.
func TestAppend(t *testing.T) {
	const hidden = "!^.*$!im:" + local + "@example.com!"
	for _, c := range []struct {
		name, flags, regexp string
		stored              bool
		fate                Fate
		want                string
	}{
		{"plain", "u", "!^.*$!im:alice@example.com!", false, Hidden, hidden},
		{"stored", "u", "!^.*$!im:alice@example.com!", true, Hidden, hidden},
		{"letter case", "U", "!^.*$!IM:Alice@example.com!", true, Hidden, hidden},
		{"the number as mailbox", "u", `!^\+(.*)$!im:\1@example.com!`, true, Hidden, hidden},
		{"number in the domain", "u", `!^\+1(202).*$!im:alice@\1.example.com!`, true, Hidden, "!^.*$!im:" + local + "@202.example.com!"},
		{"headers go", "u", "!^.*$!im:alice@example.com?subject=Alice!", false, Hidden, hidden},
		{"a display name goes", "u", "!^.*$!im:Alice%20%3Calice@example.com%3E!", false, Hidden, hidden},
		{"another delimiter", "u", `:^.*$:im\:alice@example.com:`, true, Hidden, hidden},
		{"an address", "u", "!^.*$!im:alice@[192.0.2.1]!", false, Hidden, "!^.*$!im:" + local + "@[192.0.2.1]!"},
		{"an exclamation mark", "u", `,^.*$,im:a!b@example.com,`, true, Hidden, hidden},
		{"another pattern, as literal", "u", "!.*!im:alice@example.com!", true, Hidden, hidden},
		{"non-terminal all the same", "", "!^.*$!im:alice@example.com!", true, Hidden, hidden},

		{"another scheme", "u", "!^.*$!sip:alice@example.com!", false, Kept, "!^.*$!sip:alice@example.com!"},
		{"another scheme, expanded", "u", `!^\+(.*)$!sip:\1@example.com!`, false, Kept, "!^.*$!sip:12025550100@example.com!"},
		{"another scheme, stored", "u", `!^\+(.*)$!sip:\1@example.com!`, true, Kept, `!^\+(.*)$!sip:\1@example.com!`},
		{"im: within another URI", "u", "!^.*$!sip:jim:pw@example.com!", true, Kept, "!^.*$!sip:jim:pw@example.com!"},
		{"non-terminal", "", "", true, Kept, ""},
		{"another flag", "s", "", false, Kept, ""},

		{"for another number", "u", `!^\+44(.*)$!sip:\1@example.com!`, false, Withheld, ""},
		{"for another number, stored", "u", `!^\+44(.*)$!sip:\1@example.com!`, true, Kept, `!^\+44(.*)$!sip:\1@example.com!`},
		{"a mailbox for another number, stored", "u", `!^\+44.*$!im:alice@example.com!`, true, Withheld, ""},
		{"and with another delimiter", "u", `:^\+44.*$:im\:alice@example.com:`, true, Withheld, ""},
		{"no mailbox", "u", "!^.*$!im:alice!", false, Withheld, ""},
		{"no URI, with a blank", "u", "!^.*$! im:alice@example.com!", true, Withheld, ""},
		{"with a tab", "u", "!^.*$!\tim:alice!", false, Withheld, ""},
		{"in angle brackets", "u", "!^.*$!<im:alice@example.com>!", false, Withheld, ""},
		{"with a blank in the scheme", "u", "!^.*$!im :alice@example.com!", false, Withheld, ""},
		{"with a scheme that is encoded", "u", "!^.*$!i%6d:alice@example.com!", true, Withheld, ""},
		{"made from the number", "u", `!^\+(.*)$! im:\1@example.com!`, true, Withheld, ""},
		{"without a scheme", "u", "!^.*$!alice@example.com!", true, Withheld, ""},
		{"no URI, and no mailbox", "u", "!^.*$!+12025550100!", true, Kept, "!^.*$!+12025550100!"},
		{"a domain that leaves no room", "u", "!^.*$!im:a@" + long(227) + "!", true, Withheld, ""},
		{"a domain that just does", "u", "!^.*$!im:a@" + long(226) + "!", true, Hidden, "!^.*$!im:" + local + "@" + long(226) + "!"},
		{"several", "u", "!^.*$!im:alice@example.com,bob@example.com!", false, Withheld, ""},
		{"an expression that is none", "u", "!^(.*$!im:alice@example.com!", false, Withheld, ""},
		{"an expression that is none, stored", "u", "!^(.*$!Im:alice@example.com!", true, Withheld, ""},
		{"another flag with a mailbox", "x", `!^\+(.*)$!im:alice@example.com!`, false, Withheld, ""},
		{"too long for the plain form", "u", `!^(.*)$!im:` + strings.Repeat(`\1`, 80) + "@example.com!", true, Withheld, ""},
		{"cut in two", "u", `!^(x?).*$!i\1m:` + strings.Repeat("a", 230) + `@e.de!`, true, Hidden, "!^.*$!im:" + local + "@e.de!"},
		{"cut in two, and too long for the plain form", "u", `!^(x?)(.*)$!i\1m:` + strings.Repeat(`\2`, 80) + `@e.de!`, true, Withheld, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := naptr.NewRule(naptr.Record{Flags: c.flags, Services: "E2U+im", Regexp: c.regexp})
			aus := []byte("+12025550100")
			out, rest, fate := Append([]byte("before "), &rule, []byte(local), c.stored, aus, aus, "")
			if fate != c.fate || string(out) != "before "+c.want || rest != "" {
				t.Errorf("%s: got %s, want %s", fates[fate], out, c.want)
			}
			// Where nothing can stand for the mailbox nothing is answered, and the rest as before.
			out, _, without := Append(nil, &rule, nil, c.stored, aus, aus, "")
			switch {
			case fate == Hidden && (without != Withheld || len(out) > 0):
				t.Errorf("without an alias: %s: %s", fates[without], out)
			case fate != Hidden && (without != fate || string(out) != c.want):
				t.Errorf("without an alias: %s: %s", fates[without], out)
			}
		})
	}
}

// What a number has of its own in an index is used up by its record, whatever becomes of that.
func TestAppendUsesText(t *testing.T) {
	n := e164.MustParse("+12025550100")
	for _, regexp := range []string{"!^.*$!im:alice@example.com!", "!^.*$!sip:alice@example.com!", "!^.*$!im:alice!"} {
		key, text := naptr.AppendFactored(nil, nil, naptr.Record{Flags: "u", Services: "E2U+im", Regexp: regexp}, n)
		rule, _, err := naptr.RuleFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, stored := range []bool{true, false} {
			aus := []byte(n.String())
			if _, rest, _ := Append(nil, &rule, []byte(local), stored, aus, aus, string(text)+"\x03bob"); rest != "\x03bob" {
				t.Errorf("%s: left is %q", regexp, rest)
			}
		}
	}
}

// Whatever a record holds: if a client finds an im: URI in it, then with the alias.
func FuzzAppend(f *testing.F) {
	for _, regexp := range []string{
		"!^.*$!im:alice@example.com!", `!^\+(.*)$!im:\1@example.com!`, `:^.*$:im\:alice@example.com:`, "!^.*$!sip:alice@example.com!",
		`!^(x?)(.*)$!i\1m:` + strings.Repeat(`\2`, 80) + `@e.de!`, "!^(.*$!im:alice@example.com!", `!^\+44(.*)$!im:\1@example.com!`,
	} {
		f.Add(regexp, "u", true)
		f.Add(regexp, "u", false)
		f.Add(regexp, "", true)
	}
	n := e164.MustParse("+12025550100")
	f.Fuzz(func(t *testing.T, regexp, flags string, stored bool) {
		r := naptr.Record{Flags: flags, Services: "E2U+im", Regexp: regexp}
		if r.Check() != nil {
			return
		}
		rule, aus := naptr.NewRule(r), []byte(n.String())
		out, _, fate := Append([]byte("before"), &rule, []byte(local), stored, aus, aus, "")
		sent, ok := strings.CutPrefix(string(out), "before")
		if !ok || fate == Withheld && sent != "" {
			t.Fatalf("%s: %q", fates[fate], out)
		}
		uri, ok := enumservice.Checker{}.URI(nil, n, naptr.Record{Flags: flags, Regexp: sent})
		if fate == Withheld || !ok || !hasIM(string(uri)) {
			return
		}
		if u, err := im.Parse(string(uri)); fate != Hidden || err != nil || u.Local != local || u.Headers != "" {
			t.Errorf("%s: %q: %v", fates[fate], sent, err)
		}
	})
}
