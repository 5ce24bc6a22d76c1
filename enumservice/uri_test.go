package enumservice

import (
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// A record yields what RFC 3402 section 3 says, and nothing where it says nothing.
func TestURI(t *testing.T) {
	flagged := func(flags string) naptr.Record { r := base(); r.Flags = flags; return r }
	for _, c := range []struct {
		id      string
		checker Checker
		number  e164.Number
		record  naptr.Record
		want    string
	}{
		{"C01", Checker{}, number, base(), "im:alice@example.com"},
		{"flag U", Checker{}, number, flagged("U"), "im:alice@example.com"},
		{"C04", Checker{}, number, regexp(`!^\+44(.*)$!im:0\1@uk.example.com!`), "im:01632960083@uk.example.com"},
		{"C08", Checker{}, number, regexp(`!^\+441632960084$!im:bob@example.com!`), ""},
		{"C13", Checker{}, number, regexp(`!^.*$!im:a\!b@example.com!`), "im:a!b@example.com"},
		{"C17", Checker{}, number, regexp(`!^([0-9]+)$!im:\1@example.com!`), ""},
		{"C18", Checker{DialPlan: true}, number, regexp(`!^(.*)$!im:\1@example.com!`), "im:441632960083@example.com"},
		{"C19", Checker{DialPlan: true}, number, regexp(`!^\+(.*)$!im:\1@example.com!`), ""},
		{"no number, fixed", Checker{}, 0, base(), "im:alice@example.com"},
		{"no number, fixed behind another delimiter", Checker{}, 0, regexp(`/.*/im:alice@example.com/`), "im:alice@example.com"},
		{"no number to put in", Checker{}, 0, regexp(`!^(.*)$!im:\1@example.com!`), ""},
		{"non-terminal", Checker{}, number, flagged(""), ""},
		{"another flag", Checker{}, number, flagged("s"), ""},
		{"malformed", Checker{}, number, regexp(`!^+44$!im:alice@example.com!`), ""},
		{"nothing behind the pattern", Checker{}, number, regexp(`!^.*$!!`), ""},
	} {
		t.Run(c.id, func(t *testing.T) {
			got, ok := c.checker.URI([]byte("x"), c.number, c.record)
			if string(got) != "x"+c.want || ok != (c.want != "") {
				t.Errorf("yields %q, %v; want %q", got[1:], ok, c.want)
			}
		})
	}
}

// Answers are judged on their way to clients.
func TestURIDoesNotAllocate(t *testing.T) {
	var buf [256]byte
	r := base()
	if n := testing.AllocsPerRun(100, func() { Checker{}.URI(buf[:0], number, r) }); n != 0 {
		t.Errorf("URI allocates %v times", n)
	}
}
