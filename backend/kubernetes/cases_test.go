package kubernetes

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend/notation"
)

// What the server cannot read the definitions refuse before it is there, where rules of an API server can tell;
// what they take and the server refuses is told as a finding, and is named in testdata/cases.jsonl. The definitions are held
// to the same file in deploy/kubernetes/crds.
func TestCases(t *testing.T) {
	f, err := os.Open("../../deploy/kubernetes/crds/testdata/cases.jsonl")
	must(t, err)
	defer f.Close()
	total, later := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); total++ {
		text := strings.NewReplacer("LONG", strings.Repeat("a", 300), "FITS", strings.Repeat("a", 248-len("im:@example.com"))).Replace(lines.Text())
		var c struct {
			Why, Kind, Admission, Server string
			DialPlan                     bool
			Spec                         json.RawMessage
		}
		must(t, json.Unmarshal([]byte(text), &c))
		r := resources[slices.IndexFunc(resources[:], func(r resource) bool { return r.kind == c.Kind })]
		_, in, err := r.entry(&notation.Codec{DialPlan: c.DialPlan}, c.Spec)
		switch {
		case c.Server == "" && (err != nil || !in):
			t.Errorf("%s %s: %v", c.Kind, c.Why, err)
		case c.Server != "" && err == nil && in:
			t.Errorf("%s %s: it is served, wanted %q", c.Kind, c.Why, c.Server)
		case err != nil && in && !strings.Contains(say(err), c.Server):
			t.Errorf("%s %s: %s, wanted %q", c.Kind, c.Why, say(err), c.Server)
		case c.Server != "" && c.Admission == "":
			later++
		}
	}
	if total < 80 || later > 6 {
		t.Errorf("%d cases; %d are refused only by the server", total, later)
	}
}
