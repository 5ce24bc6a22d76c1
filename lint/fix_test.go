package lint

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// served loads a text as the server does, faulty records included.
func served(t testing.TB, text string, zone bool, form backend.Form) (*table.Table, string) {
	t.Helper()
	tab := table.New(table.Options{Form: form})
	b := tab.Builder()
	add := func(e *backend.Entry, line int) error { return b.Add(e, uint32(line)) }
	apex := "e164.arpa."
	var err error
	if zone {
		b.Merge = true
		var of e164.Apex
		b.Zone, of, _, err = master.Read(strings.NewReader(text), master.Options{Lint: &source.Lint{}}, add)
		apex = of.String()
	} else {
		_, err = numbers.Read(strings.NewReader(text), numbers.Options{Lint: &source.Lint{}}, add)
	}
	if err == nil {
		err = b.Publish(false)
	}
	if err != nil {
		return nil, apex
	}
	return tab, apex
}

// records asks a table for the records of a number.
func records(t testing.TB, tab *table.Table, apex string, n e164.Number, form backend.Form) (list []naptr.Record, kind backend.Kind) {
	t.Helper()
	a, err := tab.Lookup(context.Background(), backend.Query{Apex: apex, Name: e164.Name{Number: n}})
	if err != nil {
		t.Fatal(err)
	}
	rest := a.Text
	aus := []byte(n.String())
	for i := range a.Rules {
		r := &a.Rules[i]
		var regexp []byte
		ok := true
		if form == backend.Plain {
			regexp, rest, ok = r.AppendPlain(nil, aus, rest)
		} else {
			regexp, rest = r.AppendStored(nil, aus, rest)
		}
		if ok {
			list = append(list, naptr.Record{Order: r.Order, Preference: r.Preference, Flags: r.Flags, Services: r.Services, Regexp: string(regexp), Replacement: r.Replacement})
		}
	}
	return list, a.Kind
}

// dialled is what a client that follows RFC 6116 has of a set when it looks for a service, in sequence.
// Records of one rank may be taken in any sequence; a repair gives them one.
func dialled(n e164.Number, set []naptr.Record, want enumservice.Service, lowest bool) (list [][]string) {
	set = slices.Clone(set)
	slices.SortStableFunc(set, func(a, b naptr.Record) int {
		return (int(a.Order)-int(b.Order))*65536 + int(a.Preference) - int(b.Preference)
	})
	seen := map[string]bool{}
	for i, r := range set {
		if lowest && len(list) > 0 && r.Order != set[i-1].Order {
			break
		}
		out := outcome(n, r, want)
		if out == "" || seen[out] {
			continue
		}
		seen[out] = true
		if i > 0 && r.Order == set[i-1].Order && r.Preference == set[i-1].Preference && len(list) > 0 {
			list[len(list)-1] = append(list[len(list)-1], out)
		} else {
			list = append(list, []string{out})
		}
	}
	return list
}

func outcome(n e164.Number, r naptr.Record, want enumservice.Service) string {
	root := len(r.Replacement) <= 1
	services, err := enumservice.ParseServices(nil, r.Services)
	switch {
	case r.Flags == "" && !root && (r.Services == "" || !errors.Is(err, enumservice.ErrNoE2U)):
		return "next " + r.Replacement
	case r.Flags != "u" && r.Flags != "U", !root:
		return ""
	case !slices.ContainsFunc(services, func(s enumservice.Service) bool { return s.Is(want.Type, want.Subtype) }):
		return ""
	}
	x, err := naptr.ParseExpression(r.Regexp)
	if err != nil {
		return ""
	}
	uri, _ := x.Eval(n.String())
	scheme, rest, _ := strings.Cut(uri, ":")
	return strings.NewReplacer("%21", "!", "%27", "'").Replace(strings.ToLower(scheme) + ":" + rest)
}

// refines reports whether a client that was free to choose among those of one rank may still dial so.
func refines(was, is [][]string) bool {
	var flat []string
	for _, rank := range is {
		flat = append(flat, rank...)
	}
	for _, rank := range was {
		if len(flat) < len(rank) {
			return false
		}
		have := slices.Clone(flat[:len(rank)])
		slices.Sort(have)
		slices.Sort(rank)
		if !slices.Equal(have, rank) {
			return false
		}
		flat = flat[len(rank):]
	}
	return len(flat) == 0
}

var wanted = []enumservice.Service{
	{Type: "sip"}, {Type: "im"}, {Type: "xmpp"}, {Type: "voice", Subtype: "tel"}, {Type: "sms", Subtype: "tel"}, {Type: "pres"},
}

// mendText looks at a text, mends it, and holds the outcome to what --fix promises.
func mendText(t testing.TB, text string, numbersAsked []e164.Number) (string, Fixed) {
	t.Helper()
	o := Options{Fix: true}
	l, report := lintText(t, text, o)
	for f := range report.Findings() {
		if f.Code == "L01" || f.Code == "D09" && f.Severity == enumservice.Error {
			return text, Fixed{}
		}
	}
	fixed, err := l.Fix(t.Context(), textSource(text))
	if errors.Is(err, ErrFaults) {
		return text, fixed
	}
	if err != nil {
		t.Fatalf("%v\n%s\n-- mended:\n%s", err, text, fixed.Text)
	}
	now := string(fixed.Text)
	zone := file.FormatOf(bufio.NewReader(strings.NewReader(text))) == file.ZoneFile
	for _, form := range []backend.Form{backend.Stored, backend.Plain} {
		before, apex := served(t, text, zone, form)
		if before == nil { // not even served
			continue
		}
		after, _ := served(t, now, zone, form)
		if after == nil {
			t.Fatalf("is not served any more\n%s\n-- mended:\n%s", text, now)
		}
		for _, n := range numbersAsked {
			was, kind := records(t, before, apex, n, form)
			is, kindNow := records(t, after, apex, n, form)
			if kind != kindNow {
				t.Fatalf("%s: %v, was %v\n%s\n-- mended:\n%s", n, kindNow, kind, text, now)
			}
			for _, s := range wanted {
				for _, lowest := range []bool{true, false} {
					a, b := dialled(n, was, s, lowest), dialled(n, is, s, lowest)
					if !refines(a, b) {
						t.Fatalf("%s for %s (lowest %v): dialled %q, now %q\n%s\n-- mended:\n%s", s, n, lowest, a, b, text, now)
					}
				}
			}
		}
	}
	_, again := lintText(t, now, o)
	for f := range again.Findings() {
		if f.Code == "L01" || fixed.Left == 0 && f.Repair.Automatic() && !excepted(f) {
			t.Fatalf("line %d: %s %s (%s) %s\n%s\n-- mended:\n%s", f.Line, f.Code, f.Text, f.Repair, f.Note, text, now)
		}
	}
	return now, fixed
}

// excepted are findings whose repair does not apply everywhere, as package enumservice says: an expression
// that many numbers share, or that does not match, or a record that is the only one.
func excepted(f Finding) bool {
	return f.Repair == enumservice.Expand || f.Repair == enumservice.Drop
}

// dirt are parts of records, some good.
func dirtyRecord(rng *rand.Rand, own e164.Number) naptr.Record {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	r := naptr.Record{
		Order:      [...]uint16{100, 100, 100, 10, 40000}[rng.IntN(5)],
		Preference: [...]uint16{10, 10, 20, 30, 65535}[rng.IntN(5)],
		Flags:      pick("u", "u", "u", "u", "U", "U", ""),
		Services:   pick("E2U+sip", "E2U+sip", "e2u+SIP", "E2u+sip", "sip+E2U", "E2U+sip+im", "E2U+voice:tel+sms:tel", "E2U+im+pres", "E2U+sip+sip"),
	}
	pattern := pick("^.*$", "^.*$", ".*", "^(.*)$", `^\+(.*)$`, `^\+1(202)(.*)$`, `\+1202`, `^\+44(.*)$`, `^ ?.*$`, `^/?.*$`)
	uri := pick("sip:a@example.com", "sip:b@example.com", "SIP:c@example.com", `sip:\1@example.com`, "sip:o'hara@example.com", "im:a@example.com",
		"tel:"+own.String(), `sip:\1-\1@example.com`, "sip:quote%22d@example.com")
	if !strings.Contains(pattern, "(") {
		uri = strings.ReplaceAll(uri, `\1`, "z")
	}
	d := pick("!", "!", "!", "/", "#", "~")
	escape := func(s string) string { return strings.ReplaceAll(s, d, `\`+d) }
	r.Regexp = d + escape(pattern) + d + escape(uri) + d + pick("", "", "", "i")
	if r.Flags == "" {
		r.Regexp, r.Services = "", pick("", "E2U+sip")
		r.Replacement, _ = rr.NameToWire("other.example.net.")
	}
	return r
}

func child(n e164.Number, digits string) e164.Number {
	for i := range len(digits) {
		n, _ = n.Child(digits[i])
	}
	return n
}

// dirtyZone writes a zone with records that have something to mend, in all kinds of layout.
func dirtyZone(rng *rand.Rand) (string, []e164.Number) {
	var b strings.Builder
	eol := "\n"
	if rng.IntN(5) == 0 {
		eol = "\r\n"
	}
	write := func(s string) { b.WriteString(strings.ReplaceAll(s, "\n", eol)) }
	if rng.IntN(4) > 0 {
		write("$TTL 1h ; an hour\n")
	}
	write("$ORIGIN e164.arpa.\n@ 300 IN SOA ns1.example.net. h.example.net. (1 ; serial\n 3600 600 86400 300)\n\tNS ns1.example.net.\n")
	asked := []e164.Number{child(0, "12025550000"), child(0, "1202559"), child(0, "12025")}
	base := child(0, "1202555")
	var earlier []string
	for range 1 + rng.IntN(6) {
		n := child(base, fmt.Sprintf("%04d", rng.IntN(30)))
		owner := reversedDigits(n.Digits())
		wild := rng.IntN(5) == 0
		if wild {
			n = child(0, []string{"1202555", "1202556", "120255"}[rng.IntN(3)])
			owner = "*." + reversedDigits(n.Digits())
			n = child(n, fmt.Sprintf("%04d", rng.IntN(10000)))
		}
		asked = append(asked, n, child(n, "1"))
		if rng.IntN(3) == 0 {
			owner += ".e164.arpa."
		}
		for k := range 1 + rng.IntN(4) {
			if rng.IntN(6) == 0 {
				write("; a comment, for " + owner + "\n")
			}
			if rng.IntN(12) == 0 {
				write("$ORIGIN e164.arpa.\n")
			}
			head := owner
			if k > 0 && rng.IntN(2) == 0 {
				head = ""
			}
			head += "\t"
			if rng.IntN(3) == 0 {
				head += "300 "
			}
			if rng.IntN(2) == 0 {
				head += "IN "
			}
			r := dirtyRecord(rng, n)
			f := fields(r)
			if rng.IntN(8) == 0 && len(earlier) > 0 {
				write(earlier[rng.IntN(len(earlier))]) // the same once more, or further records of a name
				continue
			}
			var line string
			switch rng.IntN(6) {
			case 0:
				line = head + "NAPTR ( " + f[0] + " ; order\n\t" + f[1] + "\n " + strings.Join(f[2:], " ") + " ) ; end\n"
			case 1:
				line = head + "NAPTR " + f[0] + " (" + f[1] + " " + f[2] + "\n" + f[3] + ") " + f[4] + " " + f[5] + "\n"
			case 2:
				wire, _ := r.AppendWire(nil)
				line = head + fmt.Sprintf("TYPE35 \\# %d ( %x )\n", len(wire), wire)
			default:
				line = head + "NAPTR\t" + strings.Join(f[:], "  ") + "   ; who\n"
			}
			if head[0] != '\t' {
				earlier = append(earlier, line)
			}
			write(line)
		}
	}
	return b.String(), asked
}

// dirtyNumbers does the same for a numbers file.
func dirtyNumbers(rng *rand.Rand) (string, []e164.Number) {
	var b strings.Builder
	eol := "\n"
	if rng.IntN(5) == 0 {
		eol = "\r\n"
	}
	write := func(s string) { b.WriteString(strings.ReplaceAll(s, "\n", eol)) }
	write("# dirt\n$TTL 1h\n\n")
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	var asked []e164.Number
	used := map[string]bool{}
	for range 1 + rng.IntN(6) {
		key := fmt.Sprintf("+1202555%04d", rng.IntN(30))
		n := child(0, key[1:])
		template := pick("", "{number}", "{digits}")
		if rng.IntN(3) == 0 {
			key = pick("+1202556xxxx", "+1202557x{3,5}", "+12025580100..+12025580129", "+120255x{4}")
			n = child(0, pick("12025560123", "120255712345", "12025580111", "12025512"))
			template = pick("", "{number}", "{digits}", "ext-{rest}")
		}
		if used[key] {
			continue
		}
		used[key] = true
		asked = append(asked, n, child(0, "12025560999"), child(0, "12025580100"), child(0, "12025580125"))
		write(key)
		if rng.IntN(5) == 0 {
			write(" ttl=5m")
		}
		for k := range 1 + rng.IntN(4) {
			sep := " "
			if rng.IntN(3) == 0 {
				sep = pick("\n  ", "  # why\n\t", "\n# a comment\n ")
			}
			write(sep)
			if rng.IntN(3) == 0 {
				f := rawFields(dirtyRecord(rng, n))
				write("NAPTR " + strings.Join(f[:], "  "))
				continue
			}
			if rng.IntN(3) == 0 {
				write(pick("order=100 ", "order=40000 ", "order=10 "))
			}
			if rng.IntN(3) == 0 {
				write(pick("pref=10 ", "pref=5 ", "pref=30 ", "pref=0010\n "))
			}
			user := pick("a", "b", "o'hara", "!x!") + fmt.Sprint(k%2) + template
			switch rng.IntN(6) {
			case 0:
				write("E2U+sip+im sip:" + user + "@example.com")
			case 1:
				write("E2u+sip sip:" + user + "@example.com")
			case 2:
				write("SIP:" + user + "@example.com")
			case 3:
				write("e2u+voice:tel+sms:tel tel:+4420794600" + fmt.Sprint(10+k))
			default:
				write(pick("sip:", "im:", "xmpp:") + user + "@example.com")
			}
		}
		write(pick("\n", "   # end\n", "\n\n"))
	}
	write("$END\n")
	return b.String(), asked
}

// TestFixKeepsMeaning: a mended text says the same for every number to clients that follow RFC 6116, and
// nothing is left in it that could be mended.
func TestFixKeepsMeaning(t *testing.T) {
	for name, make := range map[string]func(*rand.Rand) (string, []e164.Number){"numbers": dirtyNumbers, "zone": dirtyZone} {
		t.Run(name, func(t *testing.T) {
			changed, left := 0, 0
			const rounds = 400
			for seed := range uint64(rounds) {
				text, asked := make(rand.New(rand.NewPCG(seed, 4)))
				now, fixed := mendText(t, text, asked)
				if now != text {
					changed++
				}
				left += fixed.Left
			}
			if changed < rounds/3 {
				t.Errorf("only %d of %d texts changed, %d entries left", changed, rounds, left)
			}
			t.Logf("%d of %d changed, %d entries left", changed, rounds, left)
		})
	}
}

// TestFixCases compares mended texts with the files beside them.
func TestFixCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/fix/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if filepath.Ext(path) == ".fixed" {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			now, _ := mendText(t, string(text), []e164.Number{child(0, "12025550100"), child(0, "12025550101"), child(0, "12025560123")})
			if *update {
				if err := os.WriteFile(path+".fixed", []byte(now), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path + ".fixed")
			if err != nil {
				t.Fatal(err)
			}
			if now != string(want) {
				t.Errorf("mended to\n%swant\n%s", now, want)
			}
		})
	}
}
