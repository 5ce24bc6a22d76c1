package keyed

import (
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

func number(digits, user string) string {
	return `{"kind":"number","number":"+` + digits + `","records":[{"uri":"im:` + user + `@example.com"}]}`
}

func block(digits string, least, most int) string {
	return fmt.Sprintf(`{"kind":"block","number":"+%s","min":%d,"max":%d,"records":[{"uri":"im:a@example.com"}]}`, digits, least, most)
}

func delegation(digits string) string {
	return `{"kind":"delegation","number":"+` + digits + `","sets":[{"type":"NS","ttl":60,"data":["ns.example.net."]}]}`
}

func value(lines ...string) string { return strings.Join(lines, "\n") }

// show writes lines as kinds with lengths; a broken one with an exclamation mark.
func show(lines []Line) string {
	var words []string
	for _, l := range lines {
		word := [...]string{"number", "block", "wildcard", "delegation", "rename"}[l.Kind]
		if l.Kind == backend.Block {
			word += fmt.Sprintf(" %d-%d", l.Min, l.Max)
		}
		if l.Broken {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// What cannot be read makes errors where it may decide, and nowhere else.
func TestValues(t *testing.T) {
	const anything = "number!, block 5-15!"
	for _, test := range []struct{ name, key, value, want string }{
		{"a number", "4420", number("4420", "a"), "number"},
		{"all kinds that can stand together", "4420", value(block("4420", 8, 9), number("4420", "a"), block("4420", 6, 6)), "number, block 6-6, block 8-9"},
		{"a delegation", "4420", delegation("4420"), "delegation"},
		{"blank lines", "4420", "\n" + number("4420", "a") + "\r\n\n", "number"},
		{"empty", "4420", "", anything},
		{"blank", "4420", " \n", anything},
		{"no JSON", "4420", "im:alice@example.com", anything},
		{"cut off", "4420", number("4420", "a")[:60], "number!"},
		{"another number", "4420", number("4421", "a"), anything},
		{"a block of another number", "4420", block("4421", 8, 8), anything},
		{"one of two is of another number", "4420", value(number("4420", "a"), block("4421", 8, 8)), anything},
		{"a number twice", "4420", value(number("4420", "a"), number("4420", "b")), anything},
		{"blocks that overlap", "4420", value(block("4420", 6, 8), block("4420", 8, 9)), anything},
		{"a wildcard", "4420", `{"kind":"wildcard","number":"+4420","records":[{"uri":"im:a@example.com"}]}`, "block 4-15!"},
		{"the end of a file", "4420", `{"kind":"end","entries":0}`, anything},
		{"a record that nobody can use", "4420", `{"kind":"number","number":"+4420","records":[{"uri":"no uri"}]}`, "number!"},
		{"a block that nobody can use", "4420", `{"kind":"block","number":"+4420","min":6,"max":8,"records":[{"uri":"no uri"}]}`, "block 6-8!"},
		{"too large", "4420", number("4420", "a") + strings.Repeat("\n", MaxValue), anything},
		{"too many objects", "4420", strings.Repeat("{}\n", 10_000), anything},
		{"15 digits have nothing below", "442012345678901", "no JSON", "number!"},
		{"the block of all", "", block("", 8, 8), "block 8-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, ok := NumberOf(test.key)
			if !ok {
				t.Fatal("the key is no number")
			}
			lines, fault := Parse(&notation.Codec{}, n, []byte(test.value))
			if got := show(lines); got != test.want {
				t.Errorf("read as %q, want %q", got, test.want)
			}
			if broken := strings.Contains(test.want, "!"); broken != (fault != nil) {
				t.Errorf("fault %v", fault)
			}
			if fault != nil && strings.Contains(fault.Error(), "442") {
				t.Errorf("the fault tells the number: %v", fault)
			}
		})
	}
	n, _ := NumberOf("4420")
	if got := show(Anything(n)); got != anything {
		t.Errorf("of which nothing is known: %q", got)
	}
}

// What is written of lines has the text of each object once, to the letter.
func TestJoin(t *testing.T) {
	n, _ := NumberOf("4420")
	own := strings.Replace(number("4420", "a"), ":", " : ", 1)
	for text, want := range map[string]string{
		value(block("4420", 6, 6), "", " "+own): value(own, block("4420", 6, 6)), "no JSON": "no JSON",
	} {
		lines, _ := Parse(&notation.Codec{}, n, []byte(text))
		if got := string(Join(lines)); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
	if len(Join(nil)) != 0 {
		t.Error("no lines have a value")
	}
}

// Keys are digits and nothing else.
func TestNumberOf(t *testing.T) {
	for key, ok := range map[string]bool{
		"": true, "4": true, "123456789012345": true, "1234567890123456": false, "+44": false, "44 ": false, "44/": false, "４４": false, "meta": false, "-1": false, "44\x00": false,
	} {
		if n, got := NumberOf([]byte(key)); got != ok || got && n.Digits() != key {
			t.Errorf("%q is read as %v, %v", key, n.Digits(), got)
		}
	}
}

// FuzzValue: whatever stands in a value, its name is answered by something, no two entries of it contradict each
// other, no fault tells its number, and what was read is read again from what is written.
func FuzzValue(f *testing.F) {
	f.Add("4420", value(block("4420", 8, 9), number("4420", "a")))
	f.Add("44", delegation("44"))
	f.Add("442012345678901", "{}")
	f.Add("", "{\n}")
	f.Add("4", `{"kind":"block","number":"+4","min":3,"max":2}`)
	for _, text := range []string{
		value(`{"kind":"block","number":"+4930123","min":8,"max":12,"records":[{"uri":"sip:{digits}@example.com"}]}`, `{"kind":"number","number":"+4930123","none":true}`),
		number("4930123", "u"), delegation("4930123"), `{"kind":"number","number":"+49`, "", "\n\n",
		`{"kind":"wildcard","number":"+4930123"}`, `{"kind":"number","number":"+4930124","none":true}`,
	} {
		f.Add("4930123", text)
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		n, ok := NumberOf(key)
		if !ok {
			return
		}
		lines, fault := Parse(&notation.Codec{}, n, []byte(text))
		if len(lines) == 0 {
			t.Fatal("nothing stands there")
		}
		if clash(lines) {
			t.Fatalf("they contradict each other: %s", show(lines))
		}
		for _, l := range lines {
			if l.Name != (e164.Name{Number: n}) {
				t.Fatal("an entry of another name")
			}
			if l.Kind == backend.Block && (l.Min < n.Len() || l.Max < l.Min || l.Max > e164.MaxDigits) {
				t.Fatalf("lengths %d to %d", l.Min, l.Max)
			}
			if l.Broken && fault == nil {
				t.Fatal("broken without a fault")
			}
		}
		// Shorter ones may stand in a fault as what they are not, such as a bound.
		if fault != nil && n.Len() > 6 && strings.Contains(fault.Error(), key) {
			t.Fatalf("the fault tells the number: %v", fault)
		}
		again, _ := Parse(&notation.Codec{}, n, Join(lines))
		if show(again) != show(lines) {
			t.Fatalf("written as %q and read again as %q", show(lines), show(again))
		}
	})
}
