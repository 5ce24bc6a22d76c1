package numbers

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// Whatever the file: no panic, every fault has a place, and every entry that is handed on can be
// served: its records go on the wire and come back, and no check finds fault with them.
func FuzzNumbers(f *testing.F) {
	for _, s := range []string{
		"+12025550100 im:user@example.com sip:user@example.com\n",
		"+12025550103 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+1202555(.*)$!sip:\\1@example.com!\" .\n",
		"+12025550110..+12025550149 ttl=1h sip:{digits}@example.com;l={last4}\n",
		"$TTL 1h\n+4989123x{1,5} pref=3 order=4 E2U+sip sip:{rest}@example.com\n$END\n",
		"+4420 NS ns.0.2.4.4.e164.arpa 192.0.2.1 2001:db8::1\n DS 1 13 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"\xef\xbb\xbf# x\r\n+1 none\r\n",
		"$INCLUDE x\n",
	} {
		f.Add([]byte(s), false)
	}
	f.Add([]byte("0x{1,3} sip:{number}@example.com\n08..12 none\n"), true)
	tree := apexes(f, "e164.arpa")
	f.Fuzz(func(t *testing.T, src []byte, plan bool) {
		o := Options{File: "n.txt", Apexes: tree, DialPlan: plan, Open: func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(src)), nil }}
		c := enumservice.Checker{DialPlan: plan}
		_, err := Parse(src, o, func(e *backend.Entry, line int) error {
			if line < 1 || line > strings.Count(string(src), "\n") {
				t.Fatalf("entry on line %d", line)
			}
			n := e.Name.Number
			switch e.Kind {
			case backend.Number:
				if !n.IsValid() || len(e.Sets) > 0 || len(e.Glue) > 0 {
					t.Fatalf("number %+v", e)
				}
			case backend.Block:
				if n.Len() > e.Min || e.Min > e.Max || e.Max > 15 || e.Min < 1 || len(e.Sets) > 0 {
					t.Fatalf("block %+v", e)
				}
				for n.Len() < e.Min {
					n, _ = n.Child('5')
				}
			case backend.Delegation:
				if len(e.Sets) == 0 || len(e.Sets[0].Data) == 0 || len(e.Records) > 0 {
					t.Fatalf("delegation %+v", e)
				}
			default:
				t.Fatalf("kind %d", e.Kind)
			}
			if e.TTL > maxTTL {
				t.Fatalf("TTL %d", e.TTL)
			}
			c.Sample = e.Kind == backend.Block
			for _, r := range e.Records {
				wire, err := r.AppendWire(nil)
				if err != nil {
					t.Fatal(err)
				}
				if back, err := naptr.ParseRecord(wire); err != nil || back != r {
					t.Fatalf("%+v comes back as %+v, %v", r, back, err)
				}
				for _, found := range c.Append(nil, n, r) {
					if found.Severity == enumservice.Error {
						t.Fatalf("%+v: %s %s", r, found.Code, found.Text)
					}
				}
			}
			return nil
		})
		if err == nil {
			return
		}
		var all *source.Errors
		if !errors.As(err, &all) || len(all.List) == 0 {
			t.Fatalf("%T %v", err, err)
		}
		for _, e := range all.List {
			if e.File == "" || e.Line < 1 || e.Column < 0 || e.Want == "" {
				t.Fatalf("no place: %+v", e)
			}
		}
	})
}

// The example that is served when there is no Corefile.
func TestExample(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "numbers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range []string{"e164.arpa", "e164.example.net"} {
		got, r, err := parse(t, string(src), Options{File: "numbers.txt", Apexes: apexes(t, tree)})
		if err != nil {
			t.Fatal(err)
		}
		if !r.End || len(got) < 10 {
			t.Errorf("%s: End is %v, %d entries", tree, r.End, len(got))
		}
		if !strings.Contains(strings.Join(got, "\n"), " 12025550100 3600 | 100 10 u E2U+im !^.*$!im:user@example.com!") {
			t.Errorf("%s: the example of RFC 5028 is missing", tree)
		}
	}
}

// Every snippet of the reference can be used as it stands there.
func TestReference(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "numbers-file.md"))
	if err != nil {
		t.Fatal(err)
	}
	snippets := strings.Split(string(text), "```numbers\n")[1:]
	if len(snippets) < 8 {
		t.Errorf("only %d snippets", len(snippets))
	}
	for _, s := range snippets {
		s, _, _ = strings.Cut(s, "```")
		o := Options{File: "numbers-file.md", Apexes: apexes(t, "e164.arpa")}
		if strings.Contains(s, "dial plan") {
			o.DialPlan, o.Apexes = true, apexes(t, "dial.example.com")
		}
		o.Open = func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("+12025550199 none\n")), nil
		}
		got, _, err := parse(t, s, o)
		if err != nil {
			t.Errorf("%s\n%v", s, err)
		}
		// What is shown behind "=>" is what one of the entries above it gives.
		for line := range strings.SplitSeq(s, "\n") {
			if _, want, ok := strings.Cut(line, "# => "); ok && !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("%s\ndoes not give %q but\n%s", s, want, strings.Join(got, "\n"))
			}
		}
	}
}
