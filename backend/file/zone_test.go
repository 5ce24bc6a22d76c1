package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
)

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o644) }

// zoneText is a zone file for e164.arpa. with so many numbers from first on.
func zoneText(serial, numbers int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 1h\n@ IN SOA ns.example.com. host.example.com. %d 2h 15m 2w 5m\n  IN NS ns.example.com.\n", serial)
	for i := range numbers {
		fmt.Fprintf(&b, "%d.%d.1.0.5.5.5.2.0.2.1 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:zone%d@example.com!\" .\n", i%10, i/10%10, i)
	}
	return b.String()
}

func TestServesZone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	write(t, path, zoneText(7, 3))
	s, r := setup(t, apex, []string{path})
	if got := ask(t, s, apex, first); got != "im:zone0@example.com" {
		t.Fatalf("got %q; events %+v", got, r.take())
	}
	a, err := s.Lookup(t.Context(), backend.Query{Apex: apex})
	must(t, err)
	if a.Zone == nil || a.Zone.Serial != 7 || a.Form != backend.Stored {
		t.Errorf("apex: %+v", a)
	}
	if serial, err := s.Serial(t.Context(), apex); serial != 7 || err != nil {
		t.Errorf("serial %d, %v", serial, err)
	}
	if e := r.take(); len(e) != 1 || e[0].Entries != 3 || e[0].Serial != 7 {
		t.Errorf("events %+v", e)
	}
	swap(t, path, zoneText(8, 4))
	eventually(t, s, apex, "+12025550103", "im:zone3@example.com")
}

// A zone that lost records under a serial that did not grow was cut short; one that gained records
// is served, with a finding.
func TestZoneSerial(t *testing.T) {
	for _, c := range []struct {
		name            string
		serial, numbers int
		refused         string
		finding         string
	}{
		{"same serial, fewer", 7, 4, "has 6 records where there were 7, and its serial 7 is not greater than 7", ""},
		{"lower serial, fewer", 6, 4, "its serial 6 is not greater than 7", ""},
		{"RFC 1982 lower, fewer", 7 + 1<<31 + 1, 4, "is not greater than 7", ""},
		{"greater serial, fewer", 8, 4, "", ""},
		{"same serial, more", 7, 6, "", "serial-unchanged"},
		{"lower serial, more", 6, 6, "", "serial-lower"},
		{"greater serial, more", 8, 6, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "zone")
			write(t, path, zoneText(7, 5))
			s, r := setup(t, apex, []string{path})
			r.take()
			text := zoneText(c.serial, c.numbers)
			swap(t, path, strings.ReplaceAll(text, "zone0@", "new@"))
			if c.refused != "" {
				refused(t, r, c.refused)
				if got := ask(t, s, apex, first); got != "im:zone0@example.com" {
					t.Errorf("got %q", got)
				}
				return
			}
			eventually(t, s, apex, first, "im:new@example.com")
			quiet()
			var rules []string
			for _, e := range r.take() {
				if e.Kind == backend.Finding {
					rules = append(rules, e.Rule)
				}
			}
			if got := strings.Join(rules, " "); got != c.finding {
				t.Errorf("findings %q, want %q", got, c.finding)
			}
		})
	}
}

// F20: a zone file that is cut anywhere is never served, neither for the first time nor after the
// whole one. What is cut between two lines shows by its serial or its end marker.
func TestZoneCutAtEveryOctet(t *testing.T) {
	whole := zoneText(7, 3) + "; $END\n"
	path := filepath.Join(t.TempDir(), "zone")
	write(t, path, whole)
	o, err := parse(path)
	must(t, err)
	o.apexes = apexesOf(t, apex)
	for _, marker := range []string{"; $END\n", ""} {
		text := strings.TrimSuffix(whole, "; $END\n") + marker
		r := &recorder{}
		var tables served
		l := newLoader(o, 0, r.observe, func(s served) { tables = s })
		swap(t, path, text)
		l.round(t.Context())
		if r.count(backend.Loaded) != 1 {
			t.Fatalf("events %+v", r.take())
		}
		r.take()
		for n := range len(text) {
			swap(t, path, text[:n])
			l.round(t.Context())
			if r.count(backend.Loaded) != 0 || tables[apex] != l.files[0].zone.table {
				t.Fatalf("marker %q: served when cut to %d octets: %+v", marker, n, r.take())
			}
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}

// Which tree a zone file is for, and what the user reads where that is unclear.
func TestZoneApex(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		return path
	}
	relative := zoneText(1, 3)
	arpa := file("arpa", "$ORIGIN e164.arpa.\n"+relative)
	other := file("other", "$ORIGIN e164.arpa.\n"+zoneText(2, 1))
	private := file("private", "$ORIGIN e164.example.net.\n"+relative)
	bare := file("bare", relative)
	plain := file("numbers", one)
	for _, c := range []struct {
		name, apexes string
		paths        []string
		want         []string
	}{
		{"another apex", "e164.arpa", []string{private},
			[]string{"is the zone e164.example.net., but this block serves e164.arpa.: write e164.example.net. behind enumim in the Corefile, or mend the owner of the SOA"}},
		{"no origin, several apexes", "e164.arpa e164.example.net", []string{bare}, []string{"$ORIGIN"}},
		{"two zones for one apex", "e164.arpa", []string{arpa, other}, []string{
			"is the zone e164.arpa., and so is " + other + ": an apex is served from one zone file",
			"is the zone e164.arpa., and so is " + arpa + ": an apex is served from one zone file",
		}},
		{"zone and numbers for one apex", "e164.arpa", []string{arpa, plain}, []string{
			"no apex is left for it: an apex is served from a zone file or from numbers files, not from both",
			"is the zone e164.arpa., which leaves no apex for " + plain + ": an apex is served from a zone file or from numbers files, not from both",
		}},
		{"an apex without file", "e164.arpa e164.example.net", []string{arpa},
			[]string{"no file is for this apex: add a zone file with it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := setup(t, c.apexes, c.paths)
			var got []string
			for _, e := range r.take() {
				if e.Kind == backend.Refused {
					got = append(got, e.Err.Error())
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q", got)
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("got %q\nwant %q", got[i], want)
				}
			}
		})
	}
	t.Run("zones and numbers side by side", func(t *testing.T) {
		s, _ := setup(t, "e164.arpa e164.example.net nrenum.net", []string{arpa, private, plain})
		for apex, want := range map[string]string{
			"e164.arpa.": "im:zone0@example.com", "e164.example.net.": "im:zone0@example.com", "nrenum.net.": "im:one@example.com",
		} {
			if got := ask(t, s, apex, first); got != want {
				t.Errorf("%s: got %q", apex, got)
			}
		}
		must(t, s.Check(t.Context()))
	})
}

// A conflict ends when the file that stood in the way changes, and nothing but that has to change.
func TestConflictEnds(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, a, "$ORIGIN e164.arpa.\n"+zoneText(1, 2))
	write(t, b, "$ORIGIN e164.arpa.\n"+zoneText(1, 3))
	s, r := setup(t, "e164.arpa e164.example.net", []string{a, b})
	refused(t, r, a)
	if got := ask(t, s, apex, first); got != notReady {
		t.Errorf("got %q", got)
	}
	swap(t, b, "$ORIGIN e164.example.net.\n"+zoneText(1, 3))
	eventually(t, s, apex, first, "im:zone0@example.com")
	eventually(t, s, "e164.example.net.", first, "im:zone0@example.com")
	swap(t, b, "$ORIGIN e164.arpa.\n"+zoneText(2, 3))
	refused(t, r, "was the zone e164.example.net. and is now e164.arpa.")
	swap(t, b, one)
	refused(t, r, "is no zone file any more, but a numbers file")
}

// As long as a file is unknown, numbers files must not deny what may be its numbers.
func TestNumbersWaitForUnknownFiles(t *testing.T) {
	dir := t.TempDir()
	plain, zone := filepath.Join(dir, "numbers"), filepath.Join(dir, "zone")
	write(t, plain, one)
	write(t, zone, "@ IN SOA bad\n")
	s, r := setup(t, "e164.arpa e164.example.net", []string{plain, zone})
	refused(t, r, zone)
	for _, apex := range []string{apex, "e164.example.net."} {
		if got := ask(t, s, apex, second); got != notReady {
			t.Errorf("%s: got %q", apex, got)
		}
	}
	swap(t, zone, "$ORIGIN e164.example.net.\n"+zoneText(1, 3))
	eventually(t, s, apex, first, "im:one@example.com")
	eventually(t, s, "e164.example.net.", first, "im:zone0@example.com")
}

// The end marker, once served, must stay; require_end wants it from the beginning.
func TestEndMarker(t *testing.T) {
	for name, text := range map[string][2]string{
		"numbers": {one, "$END\n"},
		"zone":    {zoneText(1, 3), "; $END\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			write(t, path, text[0]+text[1])
			_, r := setup(t, apex, []string{path})
			swap(t, path, strings.ReplaceAll(text[0], "example.com", "example.net"))
			refused(t, r, "has lost its end marker $END: was it cut short?")

			write(t, path, text[0])
			s, r := setup(t, apex, []string{path}, "require_end")
			refused(t, r, "does not end in $END")
			if got := ask(t, s, apex, first); got != notReady {
				t.Errorf("got %q", got)
			}
			swap(t, path, text[0]+text[1])
			for ask(t, s, apex, first) == notReady {
				quiet()
			}
		})
	}
}

func TestIncludeAndGenerate(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.Mkdir(at("sub"), 0o755))
	write(t, at("numbers"), "$INCLUDE sub/more\n")
	write(t, at("sub/more"), one)
	write(t, at("zone"), zoneText(1, 0)+"$INCLUDE sub/records\n")
	write(t, at("sub/records"), strings.SplitAfterN(zoneText(1, 1), "\n", 4)[3])
	write(t, at("generate"), zoneText(1, 0)+"$GENERATE 0-9 $.0.1.0.5.5.5.2.0.2.1 TXT \"x\"\n")
	for name, option := range map[string]string{"numbers": "include", "zone": "include", "generate": "generate"} {
		_, r := setup(t, apex, []string{at(name)})
		refused(t, r, name+":")
		s, _ := setup(t, apex, []string{at(name)}, option)
		must(t, s.Check(t.Context()))
	}
	for _, c := range []struct{ file, include string }{{"numbers", "sub/more"}, {"zone", "sub/records"}} {
		s, _ := setup(t, apex, []string{at(c.file)}, "include")
		before := ask(t, s, apex, first)
		text, err := os.ReadFile(at(c.include))
		must(t, err)
		swap(t, at(c.include), strings.ReplaceAll(string(text), "example.com", "example.net"))
		eventually(t, s, apex, first, strings.ReplaceAll(before, "example.com", "example.net"))
	}
	for name, target := range map[string]string{"out": "/etc/hostname", "pipe": ""} {
		must(t, os.Remove(at("sub/more")))
		if target == "" {
			must(t, mkfifo(at("sub/more")))
		} else {
			must(t, os.Symlink(target, at("sub/more")))
		}
		s, r := setup(t, apex, []string{at("numbers")}, "include")
		refused(t, r, "numbers:1")
		if err := s.Check(t.Context()); err == nil {
			t.Errorf("%s: included", name)
		}
	}
}

// What a zone holds of one number in several places is judged as if it stood together, and what is found
// in it is told.
func TestZoneInPieces(t *testing.T) {
	const naptr = ` NAPTR 1 %d "u" "E2U+im" "!^.*$!im:%s@example.com!" .` + "\n"
	const one, two = "0.0.1.0.5.5.5.2.0.2.1", "1.0.1.0.5.5.5.2.0.2.1"
	a, b, c := fmt.Sprintf(one+naptr, 2, "a"), fmt.Sprintf(two+naptr, 1, "b"), fmt.Sprintf(one+naptr, 1, "c")
	for _, tc := range []struct{ name, text, rule, refused string }{
		{"a number in two places", a + b + c, "", ""},
		{"a record twice", a + c + b + a, master.RuleDuplicate, ""},
		{"two TTLs", a + c + b + strings.Replace(c, "NAPTR 1 1", "60 NAPTR 1 3", 1), master.RuleTTL, ""},
		{"beside a CNAME", a + c + b + one + " CNAME x.example.com.\n", "", "nothing beside the CNAME"},
		{"below a delegation", a + c + b + "5.5.5.2.0.2.1 NS ns.example.com.\n", master.RuleOccluded, ""},
		{"below a DNAME", "5.5.5.2.0.2.1 DNAME x.example.com.\n" + a + c + b, master.RuleOccluded, ""},
	} {
		path := filepath.Join(t.TempDir(), "zone")
		write(t, path, "$ORIGIN e164.arpa.\n"+zoneText(1, 0)+tc.text)
		l, r, tables := once(t, 0, path)
		l.round(t.Context())
		events := r.take()
		if tc.refused != "" {
			if len(events) != 1 || events[0].Err == nil || !strings.Contains(events[0].Err.Error(), tc.refused) {
				t.Errorf("%s: %+v", tc.name, events)
			}
			continue
		}
		found := slices.ContainsFunc(events, func(e backend.Event) bool { return e.Kind == backend.Finding && e.Rule == tc.rule })
		if found != (tc.rule != "") || (*tables)[apex] == nil {
			t.Errorf("%s: %+v", tc.name, events)
		}
		if tc.rule != master.RuleOccluded {
			if got := ask(t, (*tables)[apex], apex, first); got != "im:c@example.com" { // the lowest preference, wherever it stands
				t.Errorf("%s: got %s", tc.name, got)
			}
		}
	}
}
