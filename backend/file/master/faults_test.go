package master

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
)

// The first 20 faults come at once, the others are counted, and good records between do not hide them.
func TestFirstErrors(t *testing.T) {
	var b strings.Builder
	b.WriteString(frame)
	for i := range 30 {
		fmt.Fprintf(&b, "%d TXT a\n%d NAPTR 1\n", i%10, i%10)
	}
	_, _, err := zoneText(t, b.String(), Options{File: "zone"})
	var list *source.Errors
	if !errors.As(err, &list) || len(list.List) != 20 || list.More != 10 {
		t.Fatalf("got %v", err)
	}
	if first, last := list.List[0], list.List[19]; first.Line != 6 || last.Line != 44 {
		t.Errorf("lines %d to %d", first.Line, last.Line)
	}
}

// An error names no number and no user.
func TestErrorsAreMasked(t *testing.T) {
	for _, src := range []string{
		"3.8.0.0.6.9.2.3.6.1 NAPTR 100 10 u E2U+im !^.*$!im:alice@example.com!\n",
		"3.8.0.0.6.9.2.3.6.1. NAPTR 100 10 u E2U+im !^.*$!im:alice@example.com! .\n",
		"1 NAPTR 100 10 u E2U+im !^.*$!sip:441632960083;alice@example.com! . im:alice@example.com\n",
		"1 MX im:alice@example.com\n1 DS 441632960083\n1 TYPE65280 441632960083\n",
		"3.8.0.0.6.9.2.3.6.1 CNAME a\n3.8.0.0.6.9.2.3.6.1 TXT a\n",
		"3.8.0.0.6.9.2.3.6.1..4 TXT a\n",
	} {
		_, _, err := zoneText(t, frame+src, Options{})
		if err == nil {
			t.Errorf("%q: no error", src)
			continue
		}
		for _, secret := range []string{"3.8.0.0", "441632", "alice"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q: %v", src, err)
			}
		}
	}
}

// A file that was found faulty while it was read hands out nothing.
func TestFaultyFileDeliversNothing(t *testing.T) {
	for _, src := range []string{frame + "1 TXT a\n2 TXT\n", frame + "1 TXT a\n2 TXT b"} {
		_, _, _, err := Parse([]byte(src), Options{}, func(e *backend.Entry, _ int) error {
			t.Errorf("%q delivered %+v", src, e)
			return nil
		})
		if err == nil {
			t.Errorf("%q: no error", src)
		}
	}
}

// An RRset that no message can carry would be an answer that never comes.
func TestTooLargeRRset(t *testing.T) {
	var b strings.Builder
	b.WriteString(frame)
	for i := range 2000 {
		fmt.Fprintf(&b, "1 NAPTR 1 %d u E2U+im !^.*$!im:someone@example.com! .\n", i)
	}
	for i := range 300 {
		fmt.Fprintf(&b, "2 TXT %d%s\n", i, strings.Repeat("x", 250))
	}
	_, _, err := zoneText(t, b.String(), Options{File: "zone"})
	want := `zone:5: "NAPTR": expected an RRset that a message of 65535 octets can carry, not 2000 records with 88000 octets
zone:2005: "TXT": expected an RRset that a message of 65535 octets can carry, not 300 records with 76090 octets`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A line of a gigabyte must not become an arena of a gigabyte (D25).
func TestLongLines(t *testing.T) {
	for _, tc := range []struct{ src, want string }{
		{"1 TXT " + strings.Repeat("x ", 1<<17) + "\n", `zone:5:65541: "x": expected at most 65535 octets of data in a record`},
		{"1 TYPE65280 \\# 3 " + strings.Repeat("ab ", 1<<17) + "\n", `zone:5:262152: "ab": expected at most 65535 octets of data in a record`},
		{"1 TXT \"" + strings.Repeat("x", 1<<18) + "\"\n", `: expected a character-string of at most 255 octets, not 262144`},
		{strings.Repeat("1.", 1<<20) + " TXT a\n", `zone:5:1: "1.1....": expected an owner name: domain name has more than 255 octets`},
		{"1 A " + strings.Repeat("1", 1<<20) + "\n", `zone:5:5: "11...": expected an IPv4 address`},
		{"1 " + strings.Repeat("X", 1<<20) + "\n", `expected a record type`},
		{"1 NAPTR " + strings.Repeat("1", 1<<20) + "\n", `zone:5:9: "11...": expected an order from 0 to 65535`},
		{strings.Repeat("(", 1<<18) + "\n", `zone:5:1: expected a ")" for this "("`},
		{"1 TXT \"" + strings.Repeat("x", 1<<20) + "\"\n", `zone:5:1: expected a shorter record`},
		{"1 TXT (\n a\n" + strings.Repeat("; comment\n", 1<<17) + ")\n", `zone:5:1: expected a shorter record`},
		{"1 TXT ( a b\n ) \n;" + strings.Repeat(";", 1<<20) + "\n", `zone:7:1: expected a shorter record`},
	} {
		_, _, err := zoneText(t, frame+tc.src, Options{File: "zone"})
		if err == nil || !strings.Contains(err.Error(), tc.want) || len(err.Error()) > 500 {
			t.Errorf("%.20q: got %.500v, want %s", tc.src, err, tc.want)
		}
	}
}

// An error of the receiver ends the reading and comes back as it is.
func TestReceiverError(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	_, _, _, err := Parse([]byte(fixture), Options{}, func(*backend.Entry, int) error { n++; return stop })
	if err != stop || n != 1 {
		t.Errorf("%d calls, %v", n, err)
	}
}

// Finding 14 of the reliability notes: a file cut short parses clean. With an end marker it cannot.
func TestTruncation(t *testing.T) {
	src := fixture + "; $END\n"
	whole, st, err := zoneText(t, src, Options{})
	if err != nil || !st.End {
		t.Fatalf("the whole file: %v, %v", st, err)
	}
	for n := range len(src) {
		got, st, err := zoneText(t, src[:n], Options{})
		if err == nil && st.End {
			t.Errorf("cut after %d of %d octets: taken as complete", n, len(src))
		}
		// Without the marker, too, a cut inside a line is found.
		if err == nil && n > 0 && src[n-1] != '\n' {
			t.Errorf("cut after %d octets, inside a line: no error", n)
		}
		if err == nil && got == whole && n < len(fixture) {
			t.Errorf("cut after %d octets: nothing is missing", n)
		}
	}
	for _, marker := range []string{";$END\n", "; $END\r\n", ";\t$END \n\n;\n"} {
		if _, st, err := zoneText(t, fixture+marker, Options{}); err != nil || !st.End {
			t.Errorf("marker %q: %v, %v", marker, st.End, err)
		}
	}
	for _, other := range []string{"; $END of it\n", "; $end\n", " ; $END\n", "1 TXT a ; $END\n", "1 TXT ( a\n; $END\n)\n"} {
		if _, st, err := zoneText(t, fixture+other, Options{}); err != nil || st.End {
			t.Errorf("%q was taken for the end marker: %v", other, err)
		}
	}
}
