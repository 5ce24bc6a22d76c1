package convert

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend/file/source"
)

// longDigits are what no error may show.
var longDigits = regexp.MustCompile(`[0-9]{7,}`)

// constants are the numbers that errors show as examples and limits.
var constants = strings.NewReplacer("2147483647", "", "12025550100", "", "9223372036854775807", "", "12025550110", "", "12025550149", "", "1202555xxxx", "")

// holds checks what is so of any input: a text that is taken comes back from the format to, and a text
// that is not is refused before anything is written, without a number in the error.
func holds(t *testing.T, text string, from Format, through ...Format) {
	t.Helper()
	o := Options{File: "in", From: from, Apex: mustApex("e164.arpa")}
	once := func(text string, from, to Format) (string, error) {
		o := o
		o.From, o.To = from, to
		var out bytes.Buffer
		_, err := Convert(context.Background(), &out, strings.NewReader(text), o)
		if err != nil {
			if out.Len() > 0 {
				t.Fatalf("%v, but something was written", err)
			}
			// The readers of the other formats have tests of their own.
			if faults, ok := errors.AsType[*source.Errors](err); ok && (from == CSV || from == JSONLines) {
				for _, f := range faults.List {
					if longDigits.MatchString(f.Text + constants.Replace(f.Want)) {
						t.Fatalf("a number in the error %q", f)
					}
				}
			}
		}
		return out.String(), err
	}
	first, err := once(text, from, from)
	if err != nil {
		return
	}
	want, wantShown := meaning(t, first, from, o)
	for _, to := range through {
		there, err := once(first, from, to)
		if err != nil {
			continue // what the other cannot hold
		}
		back, err := once(there, to, from)
		if err != nil {
			t.Fatalf("%s to %s and back: %v\n%s\n%s", from, to, err, first, there)
		}
		got, gotShown := meaning(t, back, from, o)
		same(t, to.String(), got, gotShown, want, wantShown)
	}
}

// seeds are texts in a format.
func seeds(f *testing.F, to Format) {
	f.Helper()
	numbers, err := os.ReadFile("../examples/numbers.txt")
	if err != nil {
		f.Fatal(err)
	}
	o := Options{To: to, Apex: mustApex("e164.arpa"), NameServers: []string{"ns1.example.net"}}
	f.Add(turn(f, string(numbers), o))
	f.Add(turn(f, newWorld(9, 5).text.String(), o))
}

func FuzzCSV(f *testing.F) {
	seeds(f, CSV)
	f.Add("number,uri\n12025550100,im:user@example.com\n")
	f.Add("number;uri;services\n+12025550100;\"tel:+1202;x=\"\"1\"\"\";E2U+voice:tel\n")
	f.Add("kind,number,type,data\nzone,,SOA,a. b. 1 2 3 4 5\nend,,,0\n")
	f.Fuzz(func(t *testing.T, text string) { holds(t, text, CSV, JSONLines, Numbers, Zone) })
}

func FuzzJSONLines(f *testing.F) {
	seeds(f, JSONLines)
	f.Add(`{"kind":"number","number":"+12025550100","records":[{"uri":"im:\u0075\ud83d\ude00"}]}` + "\n")
	f.Add(`{"kind":"number","number":"+1","records":[{"data":"\\# 7 00000000000000"}]}` + "\n")
	f.Add(strings.Repeat("[", 1000) + "\n")
	f.Fuzz(func(t *testing.T, text string) { holds(t, text, JSONLines, CSV, Numbers, Zone) })
}

func FuzzNumbers(f *testing.F) {
	seeds(f, Numbers)
	f.Add("+1202555x{2,5} sip:{rest}@{last2}.example.com E2U+voice:tel tel:{number}\n")
	f.Add("+49x{3,} NAPTR 1 2 \"u\" \"E2U+sip\" \"!^\\+(49.*(..))$!sip:\\2@example.com!\" .\n+4912 none\n")
	f.Fuzz(func(t *testing.T, text string) { holds(t, text, Numbers, Zone, CSV, JSONLines) })
}

func FuzzZone(f *testing.F) {
	seeds(f, Zone)
	f.Add("@ IN SOA a. b. 1 2 3 4 5\n; enumim: {\"kind\":\"block\",\"number\":\"+1\",\"min\":3,\"max\":3,\"none\":true}\n; enumim: made\n*.1 TXT none\n")
	f.Fuzz(func(t *testing.T, text string) { holds(t, text, Zone, JSONLines, CSV, Numbers) })
}
