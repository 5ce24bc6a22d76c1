package corefile

import (
	"fmt"
	"testing"
	"time"

	"github.com/enumim/enumim/e164"
)

// The line says where the keys are, how long an alias is handed out, and whose mailboxes it is about.
func TestAnonymize(t *testing.T) {
	of := func(directive, lines string) *Anonymize {
		t.Helper()
		return one(t, block(directive, "backend file x\n"+lines)).Options.Anonymize
	}
	if of("enumim e164.arpa", "") != nil {
		t.Error("nobody asked for it")
	}
	for _, c := range []struct {
		directive, lines string
		period           time.Duration
		want             string
	}{
		{"enumim e164.arpa", "anonymize file:/etc/k", 30 * 24 * time.Hour, "file:/etc/k []"},
		{"enumim e164.arpa", "anonymize env:KEYS period 90m", 90 * time.Minute, "env:KEYS []"},
		{"enumim e164.arpa", "anonymize file:k period 86400 numbers +1-202-555 +44", 24 * time.Hour, "file:k [+1202555 +44]"},
		{"enumim 4.4.e164.arpa", "anonymize file:k numbers +4420", 30 * 24 * time.Hour, "file:k [+4420]"},
		// The lines of a block come in any order.
		{"enumim dial.example.net", "anonymize file:k numbers 07 4\ndialplan", 30 * 24 * time.Hour, "file:k [+07 +4]"},
	} {
		a := of(c.directive, c.lines)
		if got := fmt.Sprintf("%s %v", a.Keys, a.Numbers); got != c.want || time.Duration(a.Period) != c.period {
			t.Errorf("%s: got %s, %v; want %s", c.lines, got, time.Duration(a.Period), c.want)
		}
	}
	a := of("enumim e164.arpa", "anonymize file:k numbers +1202555")
	for number, covered := range map[string]bool{"+12025550100": true, "+1202555": true, "+120255": false, "+4412025550100": false} {
		if a.Covers(e164.MustParse(number)) != covered {
			t.Errorf("%s is covered: %v", number, !covered)
		}
	}
	if all := of("enumim e164.arpa", "anonymize file:k"); !all.Covers(0) || !all.Covers(e164.MustParse("+33")) {
		t.Error("without numbers all are covered, and what is none as well")
	}
}

// What a user sees: the place, what is wrong, what was expected; never a key, and no whole number.
func TestAnonymizeErrors(t *testing.T) {
	answer := func(lines string) string { return block("enumim e164.arpa", "backend file x\n"+lines) }
	for _, c := range []struct{ name, text, want string }{
		{"nothing", answer("anonymize"), `3: anonymize: expected file:PATH or env:NAME, where the keys are, and behind it period`},
		{"a key", answer("anonymize 000102030405"), `3: anonymize: a Corefile holds no secrets: write file:PATH or env:NAME`},
		{"no time", answer("anonymize file:k period"), `3: anonymize: expected a time behind period, such as 720h`},
		{"days", answer("anonymize file:k period 30d"), `3: anonymize: period "30d": expected seconds, or a time with a unit such as 90s, 15m or 1h30m`},
		{"too short", answer("anonymize file:k period 59m"), `3: anonymize: period "59m": whole seconds from 1h0m0s to 8784h0m0s are expected`},
		{"too long", answer("anonymize file:k period 8785h"), `3: anonymize: period "8785h": whole seconds`},
		{"half a second", answer("anonymize file:k period 3600.5s"), `3: anonymize: period "3600.5s": whole seconds`},
		{"something else", answer("anonymize file:k every 1h"), `3: anonymize "every": expected file:PATH or env:NAME`},
		{"the period at the end", answer("anonymize file:k numbers +1 period 1h"), `3: anonymize: numbers: number 2: not a global number`},
		{"no numbers", answer("anonymize file:k numbers"), `3: anonymize: expected the first digits of numbers behind numbers`},
		{"digits without plus", answer("anonymize file:k numbers +1 12025550100"), `3: anonymize: numbers: number 2: not a global number: write it with "+" and the country code`},
		{"one within another", answer("anonymize file:k numbers +1 +1202"), `3: anonymize: numbers: number 2 begins with one before it`},
		{"outside", block("enumim 4.4.e164.arpa", "backend file x\nanonymize file:k numbers +1202"), `3: anonymize: numbers: number 1 lies in none of the zones`},
		{"braces", answer("anonymize file:k {\n}"), `3: anonymize takes no braces, only backend does`},
		{"twice", answer("anonymize file:k\nanonymize file:l"), `4: anonymize is given twice, first on line 3`},
		{"answers of others", block("enumim e164.arpa", "inspect observe\nanonymize file:k"), `3: anonymize is for the answers of a backend, and this block has none`},
		{"the guard", block("enumim_guard e164.arpa", "inspect observe\nanonymize file:k"), `3: anonymize belongs to enumim, which answers`},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, c.text, c.want) })
	}
}
