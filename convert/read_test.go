package convert

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
)

const someNumbers = "$TTL 3600\n+1202555xxxx\tsip:{number}@gw.example.net\n+12025550100\tim:user@example.com\n+4420\tNS ns1.example.net.\n$END\n"

// Entries that a store gives become the text that they came from.
func TestGatherWritesWhatWasRead(t *testing.T) {
	tree, _, err := Read(t.Context(), Options{}, Input{Src: strings.NewReader(someNumbers), File: "in"})
	if err != nil {
		t.Fatal(err)
	}
	again, report, err := Gather(t.Context(), Options{To: Numbers}, tree.Entries(t.Context()))
	if err != nil || again.Len() != 3 || report.Entries != 3 {
		t.Fatalf("%d entries, %v", report.Entries, err)
	}
	var out bytes.Buffer
	steps := 0
	again.Writing(func(n int) { steps += n })
	if _, err := again.Write(t.Context(), &out, Numbers); err != nil || out.String() != someNumbers || steps != 3 {
		t.Errorf("%d steps, %v\n%s", steps, err, out.String())
	}
}

// What a store cannot hold is refused in its place or, with Skip, left out; what its rules mend is mended.
func TestReadHoldsToTheRulesOfAStore(t *testing.T) {
	errBlock := errors.New("no blocks here")
	holds := func(e *backend.Entry) error {
		e.TTL = min(e.TTL, 60)
		if e.Kind == backend.Block {
			return errBlock
		}
		return nil
	}
	_, _, err := Read(t.Context(), Options{Holds: holds}, Input{Src: strings.NewReader(someNumbers), File: "in"})
	if err == nil || err.Error() != "in:2: no blocks here" {
		t.Errorf("got %v", err)
	}
	tree, report, err := Read(t.Context(), Options{Holds: holds, Skip: true}, Input{Src: strings.NewReader(someNumbers), File: "in"})
	if err != nil || report.Skipped != 1 || tree.Len() != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	for e := range tree.Entries(t.Context()) {
		if e.Kind == backend.Block || len(e.Records) > 0 && e.TTL != 60 {
			t.Errorf("%+v", e)
		}
	}
}

// The lines of several files are told by file: of what is wrong in one, and of what is wrong between them.
func TestReadOfSeveralFilesTellsPlaces(t *testing.T) {
	one := "# a\n# b\n+12025550100\tim:a@example.com\n"
	for name, c := range map[string]struct {
		second, third string
		want          []string
	}{
		"a fault in the second":   {second: "\n+0\tim:a@example.com\n", third: "$END\n", want: []string{`two:2:2: "+0": `}},
		"a fault in a table":      {second: "number,uri\n+0,im:a@example.com\n", third: "$END\n", want: []string{`two:2:`}},
		"between first and third": {second: "# x\n+12025550101\tim:a@example.com\n", third: "+12025550100\tim:b@example.com\n", want: []string{"three:1: line 3 of one has an entry "}},
		"between table and third": {second: "number,uri\n\n+12025550101,im:b@example.com\n", third: "# y\n+12025550101\tim:b@example.com\n", want: []string{"three:2: line 3 of two has an entry "}},
		"hidden by the first":     {second: "$END\n", third: "+1202\tNS ns1.example.net.\n", want: []string{"one:3: lies below the delegation or DNAME in line 1 of three, "}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Read(t.Context(), Options{},
				Input{Src: strings.NewReader(one), File: "one"}, Input{Src: strings.NewReader(c.second), File: "two"},
				Input{Src: strings.NewReader(c.third), File: "three"})
			all, ok := errors.AsType[*source.Errors](err)
			if !ok || len(all.List) != len(c.want) {
				t.Fatalf("got %v", err)
			}
			for i, want := range c.want {
				if got := all.List[i].Error(); !strings.HasPrefix(got, want) {
					t.Errorf("got %s\nwant %s", got, want)
				}
			}
		})
	}
}

// A file of several that is empty, or has no end where one is required, is told by its name.
func TestReadOfSeveralFilesWantsEach(t *testing.T) {
	full := Input{Src: strings.NewReader(someNumbers), File: "full"}
	if _, _, err := Read(t.Context(), Options{}, full, Input{Src: strings.NewReader(""), File: "empty"}); !errors.Is(err, ErrNoEnd) || !strings.HasPrefix(err.Error(), "empty: ") {
		t.Errorf("got %v", err)
	}
	zone := "$ORIGIN 4.4.e164.arpa.\n@ 3600 IN SOA ns.example.net. h.example.net. 1 2 3 4 5\n"
	full.Src = strings.NewReader(someNumbers)
	if _, _, err := Read(t.Context(), Options{}, full, Input{Src: strings.NewReader(zone), File: "zone"}); !errors.Is(err, ErrSeveral) {
		t.Errorf("got %v", err)
	}
}

// An error of the store ends Gather, and entries that contradict each other are refused.
func TestGatherRefuses(t *testing.T) {
	tree, _, err := Read(t.Context(), Options{}, Input{Src: strings.NewReader(someNumbers), File: "in"})
	if err != nil {
		t.Fatal(err)
	}
	twice := func(second iter.Seq2[backend.Entry, error]) iter.Seq2[backend.Entry, error] {
		return func(yield func(backend.Entry, error) bool) {
			for _, all := range []iter.Seq2[backend.Entry, error]{tree.Entries(t.Context()), second} {
				for e, err := range all {
					if !yield(e, err) {
						return
					}
				}
			}
		}
	}
	if _, _, err := Gather(t.Context(), Options{File: "store"}, twice(tree.Entries(t.Context()))); err == nil || !strings.Contains(err.Error(), "has an entry for the same number") {
		t.Errorf("twice: %v", err)
	}
	lost := func(yield func(backend.Entry, error) bool) { yield(backend.Entry{}, io.ErrUnexpectedEOF) }
	if _, _, err := Gather(t.Context(), Options{}, twice(lost)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("lost: %v", err)
	}
}

func TestSame(t *testing.T) {
	parse := func(text string) (list []backend.Entry) {
		tree, _, err := Read(t.Context(), Options{}, Input{Src: strings.NewReader(text), File: "in", From: Numbers})
		if err != nil {
			t.Fatal(err)
		}
		for e := range tree.Entries(t.Context()) {
			list = append(list, e)
		}
		return list
	}
	all, again := parse(someNumbers), parse(strings.ReplaceAll(someNumbers, "ns1", "NS1"))
	for i := range all {
		for j := range again {
			if Same(&all[i], &again[j]) != (i == j) {
				t.Errorf("entries %d and %d", i, j)
			}
		}
	}
	all[0].Broken = true
	if Same(&all[0], &all[0]) {
		t.Error("an entry that cannot be read is the same as another")
	}
}

// A spreadsheet that takes "+" away takes the 0 of national numbers, too, which then are those of another country.
func TestNumbersWithoutPlusAreTold(t *testing.T) {
	const told = "numbers without + are taken to begin with their country code: a national one would be a number of another country (in:3:18, 2 in all)"
	for _, c := range []struct {
		name, text string
		dialPlan   bool
		want       bool
	}{
		{"some", "uri,number\nim:a@example.com,+12025550100\nim:b@example.com,30123456\nim:c@example.com,\"30123457\"\n,\n", false, true},
		{"none", "uri,number\nim:a@example.com,+12025550100\nim:b@example.com,+12025550101\n", false, false},
		{"a dial plan", "uri,number\nim:a@example.com,100\nim:b@example.com,101\n", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, report, err := Read(t.Context(), Options{DialPlan: c.dialPlan, Apex: mustApex("example.net")}, Input{Src: strings.NewReader(c.text), File: "in", From: CSV})
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Contains(report.Notes, told); got != c.want {
				t.Errorf("notes are %q", report.Notes)
			}
		})
	}
}
