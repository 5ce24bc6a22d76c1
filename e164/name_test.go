package e164

import (
	"strings"
	"testing"
)

func name(t testing.TB, qname string) Name {
	n, err := arpa.Parse(qname)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// onlyDigits reports whether nothing but one-digit labels, 15 at most, stand left of the apex.
func onlyDigits(qname string) bool {
	labels := strings.Split(strings.TrimSuffix(qname, "e164.arpa."), ".")
	for _, l := range labels[:len(labels)-1] {
		if len(l) != 1 || !strings.Contains("0123456789", l) {
			return false
		}
	}
	return len(labels)-1 <= 15
}

// Names relate to one another as their labels do.
func TestNamesAgainstLabels(t *testing.T) {
	var all []string
	grow := []string{"e164.arpa."}
	for range 4 {
		var next []string
		for _, s := range grow {
			all = append(all, s)
			for _, label := range []string{"1.", "2.", "12.", "i.", "*.", "_im."} {
				next = append(next, label+s)
			}
		}
		grow = next
	}
	// Beyond 15 digits, digits are labels like others.
	deep := strings.Repeat("1.", 14) + "e164.arpa."
	all = append(all, deep, "1."+deep, "1.1."+deep, "2.1.1."+deep, "*.1."+deep)
	for _, s := range all {
		n := name(t, s)
		labels := strings.Count(s, ".") - 2
		if n.Depth() != labels {
			t.Errorf("depth of %s is %d, want %d", s, n.Depth(), labels)
		}
		parent := s
		if labels > 0 {
			_, parent, _ = strings.Cut(s, ".")
		}
		if n.Parent() != name(t, parent) {
			t.Errorf("parent of %s is %+v", s, n.Parent())
		}
		if n.Wildcard() != name(t, "*."+s) {
			t.Errorf("wildcard of %s is %+v", s, n.Wildcard())
		}
		if n.IsWildcard() != strings.HasPrefix(s, "*.") {
			t.Errorf("%s is a wildcard: %v", s, n.IsWildcard())
		}
		if want := onlyDigits(s); n.IsNumber() != want {
			t.Errorf("%s is a number: %v", s, n.IsNumber())
		}
		for _, other := range all {
			if got, want := n.Under(name(t, other)), s == other || strings.HasSuffix(s, "."+other); got != want {
				t.Errorf("%s under %s: %v", s, other, got)
			}
		}
	}
}

// The names of RFC 5527 section 7, and what only looks like one.
func TestBranch(t *testing.T) {
	for qname, want := range map[string]string{
		"3.2.1.0.6.4.9.7.0.2.i.4.4.e164.arpa.":         "442079460123",
		"i.4.4.e164.arpa.":                             "44",
		"3.2.1.I.4.4.e164.arpa.":                       "44123",
		"2.1.i.4.e164.arpa.":                           "",
		"2.1.i.1.4.4.e164.arpa.":                       "",
		"2.1.i.e164.arpa.":                             "",
		"2.1.4.4.e164.arpa.":                           "",
		"_im.2.i.4.4.e164.arpa.":                       "",
		"2.x.i.4.4.e164.arpa.":                         "",
		"x.4.4.e164.arpa.":                             "",
		"3.2.1.0.9.8.7.6.5.4.3.2.1.i.4.4.e164.arpa.":   "441234567890123",
		"4.3.2.1.0.9.8.7.6.5.4.3.2.1.i.4.4.e164.arpa.": "",
		strings.Repeat("1.", 16) + "i.4.4.e164.arpa.":  "",
		strings.Repeat("1.", 15) + "i.4.4.e164.arpa.":  "",
		"2.i.0.3.1.3.8.8.e164.arpa.":                   "8831302",
		"2.i.2.1.8.8.e164.arpa.":                       "88122",
		"2.1.i.i.4.4.e164.arpa.":                       "",
		"e164.arpa.":                                   "",
	} {
		got, ok := name(t, qname).Branch()
		if got != digits(t, want) || ok != (want != "") {
			t.Errorf("%s stands for %v, %v; want %q", qname, got, ok, want)
		}
	}
}
