package e164

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func digits(t testing.TB, s string) Number {
	if s == "" {
		return 0
	}
	n, err := ParseDigits(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shortNumbers are all digit strings of up to 4 digits, in the order of strings.
func shortNumbers() []string {
	var all []string
	var grow func(string)
	grow = func(s string) {
		all = append(all, s)
		if len(s) == 4 {
			return
		}
		for d := byte('0'); d <= '9'; d++ {
			grow(s + string(d))
		}
	}
	grow("")
	return all
}

// The integer order of numbers is the order of their digits: the index is searched by it.
func TestOrderIsDigitOrder(t *testing.T) {
	all := shortNumbers()
	if len(all) != 11111 {
		t.Fatalf("%d numbers", len(all))
	}
	for i := 1; i < len(all); i++ {
		a, b := digits(t, all[i-1]), digits(t, all[i])
		if a >= b || a.Compare(b) != -1 || b.Compare(a) != 1 || a.Compare(a) != 0 {
			t.Fatalf("%q does not come before %q", all[i-1], all[i])
		}
	}
}

// check compares what a Number does with what its digits do.
func check(t *testing.T, a, b string) {
	n, m := digits(t, a), digits(t, b)
	if n.Digits() != a || n.Len() != len(a) || n.IsValid() != (a != "") || n.String() != "+"+a {
		t.Fatalf("%q became %q", a, n.Digits())
	}
	if got, want := n.Compare(m), strings.Compare(a, b); got != want {
		t.Fatalf("Compare(%q, %q) = %d, want %d", a, b, got, want)
	}
	if got, want := n.HasPrefix(m), strings.HasPrefix(a, b); got != want {
		t.Fatalf("%q.HasPrefix(%q) = %v", a, b, got)
	}
	common := 0
	for common < min(len(a), len(b)) && a[common] == b[common] {
		common++
	}
	if got := n.CommonPrefix(m); got != digits(t, a[:common]) {
		t.Fatalf("%q.CommonPrefix(%q) = %v", a, b, got)
	}
}

func TestNumberAgainstStrings(t *testing.T) {
	all := shortNumbers()
	for _, a := range all {
		n := digits(t, a)
		if got, want := n.Last(), digits(t, a+strings.Repeat("9", MaxDigits-len(a))); got != want {
			t.Fatalf("%q.Last() = %v", a, got)
		}
		for l := -1; l <= 6; l++ {
			if got, want := n.Prefix(l), digits(t, a[:max(0, min(l, len(a)))]); got != want {
				t.Fatalf("%q.Prefix(%d) = %v", a, l, got)
			}
		}
		for i := range len(a) {
			if n.Digit(i) != a[i] {
				t.Fatalf("%q.Digit(%d) = %c", a, i, n.Digit(i))
			}
		}
		for d := range 256 {
			child, ok := n.Child(byte(d))
			if isDigit := d >= '0' && d <= '9'; ok != isDigit || ok && child != digits(t, a+string(rune(d))) || !ok && child != 0 {
				t.Fatalf("%q.Child(%q) = %v, %v", a, rune(d), child, ok)
			}
		}
		if len(a) > 3 {
			continue
		}
		for _, b := range all {
			if len(b) <= 3 {
				check(t, a, b)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		long := make([]byte, MaxDigits)
		for i := range long {
			long[i] = '0' + byte(r.IntN(10))
		}
		a := string(long[:r.IntN(MaxDigits+1)])
		long[r.IntN(MaxDigits)] = '0' + byte(r.IntN(10))
		b := string(long[:r.IntN(MaxDigits+1)])
		check(t, a, b)
		check(t, b, a)
		if n := digits(t, a); n.Last() != digits(t, a+strings.Repeat("9", MaxDigits-len(a))) {
			t.Fatalf("%q.Last() = %v", a, n.Last())
		}
	}
}

func TestChildOfTheLongest(t *testing.T) {
	if child, ok := MustParse("+123456789012345").Child('6'); ok || child != 0 {
		t.Errorf("a 16th digit gave %v", child)
	}
}

func TestDigitOutOfRange(t *testing.T) {
	for _, i := range []int{-1, 2, 15} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Digit(%d) of two digits did not panic", i)
				}
			}()
			MustParse("+44").Digit(i)
		}()
	}
}

// Logs tell the country and the length, no more.
func TestMasked(t *testing.T) {
	for in, want := range map[string]string{
		"441632960083":    "+44... (12 digits)",
		"12025550100":     "+1... (11 digits)",
		"12345":           "+1... (5 digits)",
		"35312345678":     "+353... (11 digits)",
		"881612345678":    "+881... (12 digits)",
		"883510012345":    "+883... (12 digits)",
		"123456789012345": "+1... (15 digits)",
		"0123":            "+012... (4 digits)",
		"44":              "+44",
		"4":               "+4",
		"":                "+",
	} {
		if got := digits(t, in).Masked(); got != want {
			t.Errorf("Masked of %q = %q, want %q", in, got, want)
		}
	}
}

// The groups of RFC 5527 section 5.
func TestCountryCode(t *testing.T) {
	two := map[int]bool{}
	for _, c := range []string{"20", "27", "30-34", "36", "39", "40", "41", "43-49", "51-58", "60-66", "81", "82", "84", "86", "90-95", "98"} {
		var from, to int
		if n, _ := fmt.Sscanf(c, "%d-%d", &from, &to); n == 1 {
			to = from
		}
		for ; from <= to; from++ {
			two[from] = true
		}
	}
	for code := range 1000 {
		s := fmt.Sprintf("%03d", code)
		want := s
		switch {
		case s[0] == '1', s[0] == '7':
			want = s[:1]
		case two[code/10]:
			want = s[:2]
		}
		if got := digits(t, s+"5551234").CountryCode(); got != digits(t, want) {
			t.Errorf("country code of %s5551234 is %v", s, got)
		}
		if got := digits(t, s).CountryCode(); got != digits(t, want) {
			t.Errorf("country code of %s is %v", s, got)
		}
	}
	if got := Number(0).CountryCode(); got != 0 {
		t.Errorf("country code of nothing is %v", got)
	}
}

func BenchmarkMasked(b *testing.B) {
	n := MustParse("+441632960083")
	b.ReportAllocs()
	for b.Loop() {
		_ = n.Masked()
	}
}
