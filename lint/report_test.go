package lint

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/enumservice"
)

// A report keeps the first findings of each rule by place, in whatever sequence they come, and counts all.
func TestReportKeepsTheFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		const most = 5
		r := newReport(most)
		r.file("b")
		r.file("a")
		all := map[string][]Finding{}
		for range rng.IntN(80) {
			f := Finding{
				Finding: enumservice.Finding{Code: []string{"X01", "X02"}[rng.IntN(2)], Severity: enumservice.Warning},
				File:    []string{"a", "b"}[rng.IntN(2)], Line: rng.IntN(60), Column: rng.IntN(3),
			}
			all[f.Code] = append(all[f.Code], f)
			r.add(f, nil, nil)
		}
		var want []Finding
		for _, list := range all {
			slices.SortFunc(list, func(x, y Finding) int { return compare(r.files, &x, &y) })
			want = append(want, list[:min(most, len(list))]...)
		}
		slices.SortFunc(want, func(x, y Finding) int { return compare(r.files, &x, &y) })
		if got := slices.Collect(r.Findings()); !slices.Equal(got, want) {
			t.Fatalf("kept\n%v\nwant\n%v", got, want)
		}
		for c := range r.Counts() {
			if c.Total != len(all[c.Code]) || c.Kept != min(most, c.Total) {
				t.Fatalf("%s: %d of %d, want %d of %d", c.Code, c.Kept, c.Total, min(most, c.Total), len(all[c.Code]))
			}
			for range r.Counts() {
				break
			}
		}
		if worst := r.Worst(); len(want) > 0 != (worst == enumservice.Warning) {
			t.Fatalf("worst %v of %d", worst, len(want))
		}
	}
}

// Only what hurts one of the clients named is told.
func TestClients(t *testing.T) {
	const text = "+12025550100 E2u+sip sip:a@example.com\n+12025550101 SIP:a@example.com\n+12025550101 sip:b@example.com\n"
	for _, tt := range []struct {
		client enumservice.Client
		want   []string
	}{
		{enumservice.Asterisk, []string{"S01", "D09"}},
		{enumservice.Linphone, []string{"U06", "D09"}},
		{enumservice.BIND, nil},
	} {
		_, report := lintText(t, text, Options{Clients: enumservice.ClientsOf(tt.client)})
		var got []string
		for f := range report.Findings() {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.client, got, tt.want)
		}
	}
}

// Findings name what they are about as the file has it.
func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"+12025550100 ttl=0 sip:a@example.com\n":                                            "+12025550100",
		"+1202555x ttl=0 sip:a@example.com\n":                                               "+1202555x",
		"+1202555xx ttl=0 sip:a@example.com\n":                                              "+1202555x{2}",
		"+1202555x{0,3} ttl=0 sip:a@example.com\n":                                          "+1202555x{0,3}",
		zoneHead + "*.2 0 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n":     "*.2.e164.arpa.",
		zoneHead + "foo.2.1 0 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n": "foo.2.1.e164.arpa.",
	} {
		_, report := lintText(t, text, Options{})
		names := []string{}
		for f := range report.Findings() {
			if f.Code == "T01" {
				names = append(names, f.Name)
			}
		}
		if fmt.Sprint(names) != "["+want+"]" {
			t.Errorf("%q: %v, want %s", text, names, want)
		}
	}
}

const zoneHead = "$ORIGIN e164.arpa.\n@ 300 SOA ns1.example.net. h.example.net. 1 2 3 4 5\n@ 300 NS ns1.example.net.\n"

// A range counts once, however many blocks it is split into, and a template is judged by the URIs that its
// numbers give, not as one URI for all.
func TestBlocksAreJudgedAsWritten(t *testing.T) {
	for text, want := range map[string]map[string]int{
		"+12025550111..+12025550139 ttl=0 sip:a@example.com\n": {"T01": 1, "I03": 0},
		"+1202555xxxx im:{number}@example.com\n":               {"I03": 0, "R11": 0},
		"+1202555xxxx im:{number}@192.0.2.1\n":                 {"I03": 0, "I01": 1},
		"+1202555xxxx im:a@example.com\n":                      {"I03": 1},
		"+1202555xxxx SIP:{last4}@example.com\n":               {"U06": 1},
	} {
		_, report := lintText(t, text, Options{})
		count := map[string]int{}
		for c := range report.Counts() {
			count[c.Code] = c.Total
		}
		for code, n := range want {
			if count[code] != n {
				t.Errorf("%q: %d of %s, want %d", text, count[code], code, n)
			}
		}
	}
}
