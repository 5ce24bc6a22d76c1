package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/atomicfile"
	"github.com/enumim/enumim/enumservice"
)

const fixHead = "$TTL 300\n$ORIGIN e164.arpa.\n@ SOA ns1.example.net. h.example.net. 1 3600 600 86400 300\n@ NS ns1.example.net.\n"

// fixText mends a text.
func fixText(t *testing.T, text string, o Options) (Fixed, error) {
	t.Helper()
	o.Fix = true
	l, _ := lintText(t, text, o)
	return l.Fix(t.Context(), textSource(text))
}

// What was judged and what is mended must be the same text, whatever stands in the lines.
func TestFixChanged(t *testing.T) {
	const was = "+12025550100  SIP:alice@example.com\n+12025550101  sip:bob@example.com\n"
	const is = "+12025550101  SIP:bobby@example.com\n+12025550100  sip:alice@example.com\n"
	now := was
	s := Source{Name: "data", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(now)), nil }}
	l := New(Options{Fix: true})
	if err := l.Read(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	l.Finish()
	now = is
	if _, err := l.Fix(t.Context(), s); !errors.Is(err, atomicfile.ErrChanged) {
		t.Errorf("%v", err)
	}
	now = was
	if f, err := l.Fix(t.Context(), s); err != nil || f.Entries != 1 {
		t.Errorf("%v, %d mended", err, f.Entries)
	}
}

// A text that changes between its readings for judgement is judged as one of them.
func TestReadOnce(t *testing.T) {
	opened := 0
	s := Source{Name: "data", Open: func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader(fixHead + "1 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!SIP:a@example.com!\" .\n2 TXT \"x\"\n1 TXT \"y\"\n")), nil
	}}
	l := New(Options{Fix: true})
	if err := l.Read(t.Context(), s); err != nil || opened != 1 {
		t.Errorf("%v, read %d times", err, opened)
	}
}

// A signed zone is mended where it is signed: its own signatures would refuse it.
func TestFixSigned(t *testing.T) {
	const entry = "0.0.1.0.5.5.5.2.0.2.1 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!SIP:a@example.com!\" .\n"
	signatures := []string{
		"@ RRSIG SOA 13 2 300 20300101000000 20250101000000 1 e164.arpa. AAAA\n",
		"@ TYPE46 \\# 4 00000000\n",
		"1 NSEC 2.e164.arpa. NAPTR RRSIG NSEC\n",
		"2t7b4g4vsa5smi47k61mv5bv1a22bojr NSEC3 1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s SOA\n",
		"@ DNSKEY 257 3 13 AAAA\n",
	}
	for _, signature := range signatures {
		if _, err := fixText(t, fixHead+entry+signature, Options{}); !errors.Is(err, ErrSigned) && !errors.Is(err, ErrFaults) {
			t.Errorf("%s: %v", signature, err)
		}
	}
	for text, want := range map[string]error{
		fixHead + entry + signatures[2]: ErrSigned,
		fixHead + entry + signatures[4]: ErrSigned,
		fixHead + entry:                 nil,
		fixHead + signatures[4] + strings.ReplaceAll(entry, "SIP:", "sip:"): nil, // has nothing to mend
	} {
		if f, err := fixText(t, text, Options{}); !errors.Is(err, want) {
			t.Errorf("%v, want %v\n%s", err, want, text)
		} else if err == nil && !f.Zone {
			t.Error("is no zone")
		}
	}

	dir := t.TempDir()
	path := filepath.Join(dir, "zone")
	for name, text := range map[string]string{"zone": fixHead + entry + "$INCLUDE keys\n", "keys": signatures[4]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := New(Options{Fix: true, Include: true})
	if err := l.Read(t.Context(), FileSource(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Fix(t.Context(), FileSource(path)); !errors.Is(err, ErrSigned) {
		t.Errorf("included: %v", err)
	}
}

// An alias or a non-terminal may lead to a name of a zone from another number, which its expression is then
// for (RFC 6116 section 5.2.1): it stays. To numbers of a numbers file nothing leads but they themselves.
func TestFixExpand(t *testing.T) {
	zone := fixHead + "0.0.1.0.5.5.5.2.0.2.1 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\\\+1(.*)$!sip:\\\\1@example.com!\" .\n" +
		"1.0.1.0.5.5.5.2.0.2.1 CNAME 0.0.1.0.5.5.5.2.0.2.1\n"
	f, err := fixText(t, zone, Options{})
	if err != nil || string(f.Text) != zone || f.Entries != 0 {
		t.Errorf("%v\n%s", err, f.Text)
	}
	l, report := lintText(t, zone, Options{Fix: true})
	_ = l
	for x := range report.Findings() {
		if x.Repair == enumservice.Expand {
			t.Errorf("%s promises what is not done", x.Code)
		}
	}
	const numbers = "+12025550100 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+1(.*)$!sip:\\1@example.com!\" .\n"
	if f, err := fixText(t, numbers, Options{}); err != nil || !strings.Contains(string(f.Text), `"!^.*$!sip:2025550100@example.com!"`) {
		t.Errorf("%v\n%s", err, f.Text)
	}
}

// Only what is asked for is mended, part by part of a record.
func TestFixSelected(t *testing.T) {
	napt := func(order, flags, services, regexp string) string {
		return fmt.Sprintf("+12025550100 NAPTR %s 10 %q %q \"%s\" .\n", order, flags, services, regexp)
	}
	kamailio, freeswitch := enumservice.ClientsOf(enumservice.Kamailio), enumservice.ClientsOf(enumservice.FreeSWITCH)
	for _, tt := range []struct {
		name     string
		o        Options
		was, now string
	}{
		{"infos stay", Options{Least: enumservice.Warning}, napt("100", "U", "E2U+SIP", `!^\+(.*)$!sip:\1@example.com!`), ""},
		{"infos go", Options{}, napt("100", "U", "E2U+SIP", `!^\+(.*)$!sip:\1@example.com!`), napt("100", "u", "E2U+sip", "!^.*$!sip:12025550100@example.com!")},
		{"beside a warning", Options{Least: enumservice.Warning}, napt("100", "U", "e2u+sip", `!^\+(.*)$!sip:\1@example.com!`), napt("100", "U", "e2u+sip", `!^\+(.*)$!sip:\1@example.com!`)},
		{"mixed case", Options{Least: enumservice.Warning}, napt("100", "U", "e2U+sip", `!^\+(.*)$!sip:\1@example.com!`), napt("100", "U", "E2U+sip", `!^\+(.*)$!sip:\1@example.com!`)},
		{"warnings stay", Options{Least: enumservice.Error}, napt("10", "u", "E2U+sip+voicemsg:sip", "/^.*$/SIP:a@example.com/"), ""},
		{"order stays", Options{Least: enumservice.Error}, napt("10", "u", "E2U+sip+im", "/^.*$/sip:a@example.com/"),
			"+12025550100 NAPTR 10 10 \"u\" \"E2U+sip\" \"/^.*$/sip:a@example.com/\" . NAPTR 10 20 \"u\" \"E2U+im\" \"/^.*$/sip:a@example.com/\" .\n"},
		{"order", Options{Least: enumservice.Warning}, napt("10", "U", "E2U+sip", "!^.*$!sip:a@example.com!"), napt("100", "U", "E2U+sip", "!^.*$!sip:a@example.com!")},
		{"client that is not hurt", Options{Clients: kamailio}, napt("100", "u", "E2U+sip", "!^.*$!SIP:a@example.com!"), ""},
		{"client that is", Options{Clients: freeswitch}, napt("100", "u", "E2U+sip", "!^.*$!SIP:a@example.com!"), napt("100", "u", "E2U+sip", "!^.*$!sip:a@example.com!")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.now == "" {
				tt.now = tt.was
			}
			f, err := fixText(t, tt.was, tt.o)
			if err != nil || strings.Join(strings.Fields(string(f.Text)), " ") != strings.Join(strings.Fields(tt.now), " ") {
				t.Errorf("%v\n%swant\n%s", err, f.Text, tt.now)
			}
		})
	}
}

// The proof refuses each text that says something else, and what is only spelled otherwise it does not.
func TestProve(t *testing.T) {
	zone := fixHead + `0.0.1.0.5.5.5.2.0.2.1 60 NAPTR 100 10 "u" "E2U+sip+im" "!^\\+1(.*)$!sip:\\1@example.com!" .
0.0.1.0.5.5.5.2.0.2.1 60 NAPTR 100 20 "" "" "" a.example.com.
*.7.1 NAPTR 100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .
1.0.1.0.5.5.5.2.0.2.1 60 TXT "x"
`
	const numbers = "+12025550100 sip:a@example.com im:a@example.com\n+1202556xxxx sip:{number}@example.com\n+12025550101 none\n"
	for _, tt := range []struct {
		text, old, now string
		same           bool
	}{
		{zone, `"E2U+sip+im" "!^\\+1(.*)$!sip:\\1`, `"E2U+im+sip" "!^\\+1(.*)$!SIP:\\1`, true},
		{zone, `+sip+im" "!^\\+1(.*)$!sip:\\1`, `+sip+im" "!^.*$!sip:2025550100`, true},
		{zone, `*.7.1 NAPTR 100 10`, `*.7.1 NAPTR 100 20`, true},
		{zone, `sip:\\1@example.com!" .` + "\n0", `sip:\\1@example.net!" .` + "\n0", false},
		{zone, `^\\+(.*)$`, `^\\+7(.*)$`, false},
		{zone, `^\\+1(.*)$`, `^\\+12(.*)$`, false},
		{zone, "E2U+sip+im", "E2U+sip", false},
		{zone, "E2U+sip+im", "E2U+sip+im+xmpp", false},
		{zone, "a.example.com.", "b.example.com.", false},
		{zone, "*.7.1", "*.8.1", false},
		{zone, "1.0.1.0.5.5.5.2.0.2.1 60 TXT", "1.0.1.0.5.5.5.2.0.2.1 61 TXT", false},
		{zone, `TXT "x"`, `TXT "y"`, false},
		{zone, `*.7.1 NAPTR`, `*.7.1 7 NAPTR`, false},
		{zone, "1.0.1.0.5.5.5.2.0.2.1 60 TXT \"x\"\n", "", false},
		{zone, "NAPTR 100 20", "NAPTRS 100 20", false},
		{numbers, "sip:a", "SIP:a", true},
		{numbers, "sip:a", "sip:b", false},
		{numbers, "{number}", "{digits}", false},
		{numbers, "xxxx", "xxx", false},
		{numbers, "+12025550101 none\n", "", false},
		{numbers, "+12025550101 none", "+12025550101 sip:a@example.com", false},
		{numbers, " im:a@example.com", "", false},
	} {
		now := strings.Replace(tt.text, tt.old, tt.now, 1)
		if now == tt.text {
			t.Fatalf("no %s", tt.old)
		}
		l := New(Options{})
		err := l.prove(t.Context(), textSource(tt.text), []byte(tt.text), []byte(now), nil)
		if tt.same != (err == nil) || err != nil && !errors.Is(err, ErrNotMended) {
			t.Errorf("%s to %s: %v", tt.old, tt.now, err)
		}
	}
}

// Other name servers load a zone whose last line has no end; that enumim refuses it is told, not as its fault.
func TestNoNewline(t *testing.T) {
	text := fixHead + `0.0.1.0.5.5.5.2.0.2.1 NAPTR 100 10 "u" "E2U+sip" "!^.*$!SIP:a@example.com!" .`
	_, report := lintText(t, text, Options{})
	var codes []string
	for f := range report.Findings() {
		codes = append(codes, f.Code)
		if f.Code == "L01" && (f.Severity != enumservice.Warning || f.Line != 5 || !strings.Contains(f.Note, "cut short")) {
			t.Errorf("%+v", f)
		}
	}
	if got := strings.Join(codes, " "); got != "L01 U06" {
		t.Errorf("found %s", got)
	}
	f, err := fixText(t, text, Options{})
	if want := strings.Replace(text, "SIP:", "sip:", 1) + "\n"; err != nil || string(f.Text) != want {
		t.Errorf("%v\n%s", err, f.Text)
	}
	// What is really cut short is an error.
	_, report = lintText(t, text[:len(text)-6], Options{})
	if report.Worst() != enumservice.Error {
		t.Errorf("worst: %v", report.Worst())
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, &ending{Reader: strings.NewReader("a\r")}); err != nil || b.String() != "a\r" {
		t.Errorf("%v %q", err, b.String())
	}
}
