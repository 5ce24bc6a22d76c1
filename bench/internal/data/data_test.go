package data

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
)

// The numbers file and the zone file of a set say the same, so that their answers can be compared.
func TestFormatsAgree(t *testing.T) {
	for _, s := range []Spec{{N: 600}, {N: 600, Sparse: true, Distinct: true}, {N: 10, Single: true, Sorted: true}} {
		f, err := s.Make(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		read := func(path string, parse func([]byte, func(*backend.Entry, int) error) error) map[string]string {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			if err := parse(src, func(e *backend.Entry, _ int) error {
				if len(e.Records) > 0 {
					var text []byte
					for _, r := range e.Records {
						text, err = r.AppendWire(text)
					}
					got[e.Name.Number.Digits()] = string(text)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return got
		}
		zone := read(f.Zone, func(src []byte, add func(*backend.Entry, int) error) error {
			_, _, _, err := master.Parse(src, master.Options{}, add)
			return err
		})
		list := read(f.Numbers, func(src []byte, add func(*backend.Entry, int) error) error {
			_, err := numbers.Parse(src, numbers.Options{}, add)
			return err
		})
		if len(zone) != s.N || len(list) != s.N {
			t.Fatalf("%s: %d numbers in the zone, %d in the list", s.name(), len(zone), len(list))
		}
		for n, records := range list {
			if zone[n] != records {
				t.Errorf("%s: %s has %q in the zone and %q in the list", s.name(), n, zone[n], records)
			}
		}
	}
}

func TestChange(t *testing.T) {
	f, err := Spec{N: 20, Distinct: true}.Make(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.Zone, f.Numbers} {
		if err := Change(path, path+".new"); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		after, _ := os.ReadFile(path + ".new")
		differ := 0
		for i := range before {
			if before[i] != after[i] {
				differ++
			}
		}
		// "com" and "org" differ in three letters, the serials in one digit.
		if want := map[bool]int{true: 4, false: 3}[path == f.Zone]; differ != want || !bytes.Contains(after, []byte(ChangedText)) {
			t.Errorf("%s: %d octets differ, want %d", path, differ, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, s := range []Spec{{N: 2500}, {N: 2500, Sparse: true}, {N: 2500, Sorted: true}} {
		in, out := s.numbers()
		all := slices.Concat(in, out)
		slices.Sort(all)
		if len(in) != s.N || len(slices.Compact(in)) != s.N || s.Sorted && !slices.IsSorted(in) {
			t.Errorf("%s: %d numbers, want %d different ones", s.name(), len(in), s.N)
		}
		if !s.Sparse && len(slices.Compact(all)) != 5000 {
			t.Errorf("%s: %d numbers in and out, want those of five ranges", s.name(), len(all))
		}
	}
}
