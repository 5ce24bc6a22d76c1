package anonymous

import (
	"errors"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// Aliases as another program computes them:
//
//	printf '+12025550100 692' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1e1f -binary |
//		head -c 10 | base32 | tr A-Z a-z
func TestMint(t *testing.T) {
	m := NewMinter(keysOf(t, example)[0])
	for _, v := range []struct {
		aus   string
		epoch int64
		want  string
	}{
		{"+12025550100", 692, "a-ut347nillemurxad"},
		{"+12025550100", 693, "a-3vypn2o3mtfet7bp"},
		{"+12025550101", 692, "a-zjeehnhqfi7zqlz2"},
		{"+12025550101", 693, "a-lpb77c2yquuef5kd"},
		{"+1", 0, "a-g3fsblilmrg4yy5d"},
		{"+123456789012345", 692, "a-4bx6nmue5pk26k6x"},
		{"100", 692, "a-i7rwv3qn55wbosmo"}, // of a dial plan
	} {
		a := m.Mint([]byte(v.aus), v.epoch)
		if a.String() != v.want {
			t.Errorf("%s in %d: got %s, want %s", v.aus, v.epoch, a, v.want)
		}
		back, _, err := Parse(v.want)
		if err != nil || back != a {
			t.Errorf("%s: read as %s, %v", v.want, back, err)
		}
	}
	// The longest number and epoch fit.
	m.Mint([]byte("+123456789012345"), -1<<63)
	aus := []byte("+12025550100")
	if n := testing.AllocsPerRun(100, func() { m.Mint(aus, 692) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// An alias is read as it comes: alone, as mailbox, in the URI or in that of a twin, in any letter case.
func TestParse(t *testing.T) {
	const alias = "a-ut347nillemurxad"
	for text, domain := range map[string]string{
		alias:                          "",
		strings.ToUpper(alias):         "",
		alias + "@example.com":         "example.com",
		"im:" + alias + "@Example.COM": "example.com",
		"IM:" + alias + "@example.com?subject=x@y": "example.com",
		"sip:" + alias + "@example.com;user=phone": "example.com",
		"sips:" + alias + "@example.com":           "example.com",
		"xmpp:" + alias + "@example.com?message":   "example.com",
		"sip:" + strings.ToUpper(alias) + "@[::1]": "[::1]",
		"im:" + alias: "",
	} {
		a, at, err := Parse(text)
		if err != nil || a.String() != alias || at != domain {
			t.Errorf("%s: got %s at %q, %v", text, a, at, err)
		}
	}
	for _, text := range []string{
		"", "a-", "alice@example.com", "im:alice@example.com", "ut347nillemurxad", "a-ut347nillemurxa", "a-ut347nillemurxadd",
		"a-ut347nillemurxa1", "a-ut347nillemurxa=", "a-ut347nillemurx\n\n", "b-ut347nillemurxad", "mailto:" + alias + "@example.com",
		" " + alias, "a-ut347nillemurxa\u0131",
	} {
		if a, _, err := Parse(text); !errors.Is(err, ErrAlias) {
			t.Errorf("%q: got %s, %v", text, a, err)
		}
	}
}

func BenchmarkMint(b *testing.B) {
	m := NewMinter(keysOf(b, example)[0])
	aus := e164.MustParse("+12025550100").AppendDigits([]byte{'+'})
	b.ReportAllocs()
	for b.Loop() {
		m.Mint(aus, 692)
	}
}
