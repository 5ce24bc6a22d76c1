package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"+12025550100", "+12..."},
		{"+1-202-555-0100", "+1-2..."},
		{"+1(202)555-0100", "+1(2..."},
		{"+1/202/555/0100", "+1/2..."},
		{"+1_202_555_0100", "+1_2..."},
		{"+1\u2013202\u2013555\u20130100", "+1\u20132..."},
		{"tel:1,202,555,0100;x", "tel:1,2...;x"},
		{"0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", "0.0....e164.arpa."},
		{"+33 1 42 68 53 00", "+33..."},
		{"00 44 20 7946 0148 x", "00... x"},
		{"NAPTR 100 10 u", "NAPTR 100 10 u"},
		{"ttl=123", "ttl=123"},
		{"x{1,15}", "x{1,15}"},
		{"sip:alice@example.com", "sip:...@example.com"},
		{"sip:alice@inner@example.com", "sip:...@example.com"},
		{"alice@example.com", "...@example.com"},
		{"im:alice%40example.com", "im:...%40example.com"},
		{"im:alice", "im:..."},
		{"SIP:alice", "SIP:..."},
		{"tel:+12025550100", "tel:+12..."},
		{`!^\+1202555(.*)$!sip:bob\1@example.com!`, `!^\+12...(.*)$!sip:...@example.com!`},
		{"im:" + strings.Repeat("a", 100) + "@example.com", "im:...@example.com"},
		{strings.Repeat("z", 100), strings.Repeat("z", 60)},
		{strings.Repeat("z", 59) + "12345", strings.Repeat("z", 59) + "1"},
		{"https://example.com/x", "https://example.com/x"},
	} {
		if got := Mask(c.text); got != c.want {
			t.Errorf("Mask(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// Nothing personal survives the masking, wherever it stands in the text.
func FuzzMask(f *testing.F) {
	f.Add("sip:", "alice", "@example.com")
	f.Add("+1202", "5550100", "")
	f.Fuzz(func(t *testing.T, before, middle, after string) {
		got := Mask(before + middle + after)
		if len(got) > 60 {
			t.Fatalf("%d octets", len(got))
		}
		run := 0
		for _, c := range []byte(got) {
			if c >= '0' && c <= '9' {
				run++
			} else {
				run = 0
			}
			if run > 3 {
				t.Fatalf("%q keeps a run of digits", got)
			}
		}
	})
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		err  Error
		want string
	}{
		{Error{File: "numbers.txt", Line: 3, Want: "cut short"}, "numbers.txt:3: cut short"},
		{Error{File: "numbers.txt", Line: 3, Column: 7, Text: "x", Want: "expected y"}, `numbers.txt:3:7: "x": expected y`},
		{Error{File: "n", Line: 1, Column: 1, Text: "a\u202eb\x1b", Want: "no"}, `n:1:1: "a\u202eb\x1b": no`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestErrorsKeepTheFirstTwenty(t *testing.T) {
	var l Errors
	if err := l.Err(); err != nil {
		t.Fatalf("no fault, but %v", err)
	}
	for i := range 25 {
		l.Add(&Error{File: "n", Line: i + 1, Want: "x"})
	}
	err := fmt.Errorf("load: %w", l.Err())
	var first *Error
	if !errors.As(err, &first) || first.Line != 1 {
		t.Errorf("first fault is %v", first)
	}
	lines := strings.Split(l.Error(), "\n")
	if len(lines) != 21 || lines[19] != "n:20: x" || lines[20] != "and 5 more" {
		t.Errorf("text is %q", lines)
	}
	if got := l.Unwrap(); len(got) != 20 {
		t.Errorf("%d faults kept", len(got))
	}
}
