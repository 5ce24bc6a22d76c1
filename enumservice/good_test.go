package enumservice

import (
	"os"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// No false alarm: good records have neither errors nor warnings, and no repair changes what they say.
func TestGoodRecords(t *testing.T) {
	text, err := os.ReadFile("testdata/good.txt")
	if err != nil {
		t.Fatal(err)
	}
	var s side
	records := 0
	judge := func(line int) {
		records += len(s.set)
		usual := true
		for _, r := range s.set {
			usual = usual && r.Order == usualOrder
		}
		for _, f := range s.found() {
			if f.Severity >= Warning && (usual || f.Code != "O06") {
				t.Errorf("line %d: %s: %q", line, f.Code, s.text)
			}
		}
		if err := checkRepair(s.Checker, s.number, s.set); err != nil {
			t.Errorf("line %d: %v", line, err)
		}
		s = side{}
	}
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			judge(i)
		case strings.HasPrefix(line, "+ "):
			s.add(t, line[2:])
		default:
			n, _, _ := strings.Cut(line, " ")
			s.number = e164.MustParse(n)
		}
	}
	if records < 300 {
		t.Errorf("%d records", records)
	}
}
