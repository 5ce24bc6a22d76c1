package anonymous

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// example is a key that everybody knows.
const example = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func keysOf(t testing.TB, text string) []Key {
	t.Helper()
	keys, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Keys stand one a line, the one that mints first.
func TestParseKeys(t *testing.T) {
	other := strings.Repeat("Aa", 32)
	keys := keysOf(t, "# of November\n"+example+"\r\n\n  "+other+"  \n# the end")
	if len(keys) != 2 || keys[0].octets()[31] != 0x1f || keys[1].octets()[0] != 0xaa {
		t.Errorf("got %d keys", len(keys))
	}
	if keys[0].Equal(keys[1]) || !keys[0].Equal(keysOf(t, example)[0]) {
		t.Error("a key is the same as itself alone")
	}
}

// What is wrong is told by line; no error holds a key or part of it.
func TestParseKeysErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "no key: a key has 64 hexadecimal digits, such as openssl rand -hex 32 prints"},
		{"comments alone", "# soon\n\n", "no key: a key has 64"},
		{"short", example + "\n" + example[:62], "line 2: a key has 64"},
		{"long", example + "20", "line 1: a key has 64"},
		{"no digit", "g" + example[1:], "line 1: a key has 64"},
		{"two on a line", example + " " + example, "line 1: a key has 64"},
		{"twice", example + "\n\n" + strings.ToUpper(example), "line 3: the same key again"},
	} {
		_, err := ParseKeys(c.text)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
			continue
		}
		if strings.Contains(err.Error(), example[:4]) || strings.Contains(err.Error(), "'g'") {
			t.Errorf("%s: the error tells of the key: %v", c.name, err)
		}
		if c.name != "twice" && !errors.Is(err, errKey) {
			t.Errorf("%s: it does not say what a key is", c.name)
		}
	}
}

// Whatever prints a key, or what holds one, does not tell it.
func TestKeyIsNeverPrinted(t *testing.T) {
	keys := keysOf(t, example)
	type holder struct {
		k    Key
		List []Key
		P    *Key
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, value := range []any{keys[0], &keys[0], keys, holder{keys[0], keys, &keys[0]}, &holder{k: keys[0]}} {
			text := fmt.Sprintf(verb, value)
			for _, telling := range []string{"0102", "1e1f", "1 2 3", "30 31", "0x1, 0x2", `\x01\x02`} {
				if strings.Contains(text, telling) {
					t.Errorf("%s of %T: %s", verb, value, text)
				}
			}
		}
	}
}
