package lint

import (
	"fmt"
	"slices"
	"testing"
)

const sampleZone = "$TTL 1h\n$ORIGIN 4.4.e164.arpa.\n@ SOA ns1.example.net. h.example.net. 1 3600 600 86400 300\n  NS ns1.example.net.\n"

// What a wildcard, or a name that is no number, makes of numbers is judged as it is for a block: what
// back-references stand in does not hide a URI.
func TestUnnumbered(t *testing.T) {
	for _, c := range []struct {
		services, regexp, code string
	}{
		{"x-page", `!^(.*)$!javascript:\\1!`, "U07"},
		{"sip", `!^(.*)$!tel:\\1!`, "S06"},
		{"im", `!^(.*)$!im:\\1@localhost!`, "I22"},
		{"sip", `!^(.*)$!sip:\\1@1.2.3.400:99999!`, "U12"},
		{"sip", `!^\\+442079460(...)$!sip:\\1@1.2.3.4:99999!`, "U13"},
		{"sip", `!^\\+44(207946....)$!sip:\\1@example.com:\\1!`, "U13"},
		{"sip", `!^\\+44(.........)$!sip:\\1@example.com:99999!`, "U13"},
		{"sip", `!^(.*)$!\\1!`, "U01"},
		{"sip", `!^(.*)$!sip:\\1#x!`, "U03"},
	} {
		for owner, kind := range map[string]string{"*": "wildcard", "*.0.2": "wildcard", "users": "name", "*.users.1": "wildcard"} {
			text := fmt.Sprintf("%s%s NAPTR 100 10 \"u\" \"E2U+%s\" \"%s\" .\n", sampleZone, owner, c.services, c.regexp)
			_, report := lintText(t, text, Options{})
			if !slices.ContainsFunc(slices.Collect(report.Findings()), func(f Finding) bool { return f.Code == c.code }) {
				t.Errorf("%s of %s at %s is not found", c.code, c.regexp, kind)
			}
		}
	}
}

// Nothing that only some numbers show is told of what is in order for those that are served.
func TestUnnumberedGood(t *testing.T) {
	for _, regexp := range []string{
		`!^\\+44(.*)$!sip:0\\1@example.com!`, `!^\\+442079460(...)$!sip:\\1@example.com!`, `!^\\+4420(.*)$!sip:\\1@example.com!`,
		`!^(\\+44.*)$!sip:\\1@example.com!`,
	} {
		for _, owner := range []string{"*", "*.0.2", "users", "*.users.1"} {
			text := fmt.Sprintf("%s%s NAPTR 100 10 \"u\" \"E2U+sip\" \"%s\" .\n", sampleZone, owner, regexp)
			_, report := lintText(t, text, Options{})
			for f := range report.Findings() {
				if f.Code != "R11" && f.Code[0] != 'D' {
					t.Errorf("%s at %s: %s %s", regexp, owner, f.Code, f.Text)
				}
			}
		}
	}
}

// A name with labels may be there for one number, whose mailbox it is; a wildcard is not.
func TestUnnumberedMailbox(t *testing.T) {
	for owner, want := range map[string]bool{"*": true, "users": false} {
		_, report := lintText(t, sampleZone+owner+" NAPTR 100 10 \"u\" \"E2U+im\" \"!.*!im:a@example.com!\" .\n", Options{})
		if got := slices.ContainsFunc(slices.Collect(report.Findings()), func(f Finding) bool { return f.Code == "I03" }); got != want {
			t.Errorf("I03 at %s: %v", owner, got)
		}
	}
}
