package bolt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// A walk lists one moment, whatever is changed while it goes on: in place, or by a new file.
func TestWalkIsOneMoment(t *testing.T) {
	inMemory(t)
	o := newOptions(t)
	of := func(version string) (entries []backend.Entry) {
		few, _ := crowd(t, 3000)
		for _, e := range few[:3000] {
			entries = append(entries, user(e.Name.Number, version))
		}
		return entries
	}
	write(t, o, sets(of("0"))...)
	b := open(t, o)
	listening(t, o)
	walker, _ := backend.As[backend.Walker](b)
	seen := 0
	for e, err := range walker.Walk(t.Context(), "e164.arpa.") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(e.Records[0].Regexp, e.Name.Number.Digits()+"-0@") {
			t.Fatalf("entry %d has %q", seen, e.Records[0].Regexp)
		}
		switch seen++; {
		case seen == 600: // a new file
			many := sets(of("many"))
			for i := range oneUpdate {
				n, _ := e164.ParseDigits(fmt.Sprintf("33%09d", i))
				many = append(many, backend.Change{Entry: user(n, "many")})
			}
			write(t, o, many...)
		case seen%300 == 0: // again and again the same pages
			write(t, o, sets(of("few"))...)
			write(t, o, sets(of("less"))...)
		}
	}
	if seen != 3000 {
		t.Errorf("%d entries", seen)
	}
	if a, err := ask(t, b, of("0")[0].Name.Number); err != nil || a.Kind != backend.Found {
		t.Errorf("%v, %v", a.Kind, err)
	}
	w := openWriter(t, o)
	for e, err := range w.Walk(t.Context()) {
		if err != nil || !strings.Contains(e.Records[0].Regexp, "-less@") && !strings.HasPrefix(e.Name.Number.Digits(), "33") {
			t.Fatalf("at last: %v, %v", e.Records, err)
		}
	}
}
