package etcd

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// show writes lines as kinds with lengths; a broken one with an exclamation mark.
func show(lines []line) string {
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
		{"a number", "4420", value(person("4420", "a")), "number"},
		{"all kinds that can stand together", "4420", value(blockOf("4420", 8, 9, "b"), person("4420", "a"), blockOf("4420", 6, 6, "c")), "number, block 6-6, block 8-9"},
		{"a delegation", "4420", value(cutOf("4420")), "delegation"},
		{"blank lines", "4420", "\n" + value(person("4420", "a")) + "\r\n\n", "number"},
		{"empty", "4420", "", anything},
		{"blank", "4420", " \n", anything},
		{"no JSON", "4420", "im:alice@example.com", anything},
		{"cut off", "4420", value(person("4420", "a"))[:60], "number!"},
		{"another number", "4420", value(person("4421", "a")), anything},
		{"a block of another number", "4420", value(blockOf("4421", 8, 8, "a")), anything},
		{"one of two is of another number", "4420", value(person("4420", "a"), blockOf("4421", 8, 8, "a")), anything},
		{"a number twice", "4420", value(person("4420", "a"), person("4420", "b")), anything},
		{"blocks that overlap", "4420", value(blockOf("4420", 6, 8, "a"), blockOf("4420", 8, 9, "b")), anything},
		{"a wildcard", "4420", `{"kind":"wildcard","number":"+4420","records":[{"uri":"im:a@example.com"}]}`, "block 4-15!"},
		{"the end of a file", "4420", `{"kind":"end","entries":0}`, anything},
		{"a record that nobody can use", "4420", `{"kind":"number","number":"+4420","records":[{"uri":"no uri"}]}`, "number!"},
		{"a block that nobody can use", "4420", `{"kind":"block","number":"+4420","min":6,"max":8,"records":[{"uri":"no uri"}]}`, "block 6-8!"},
		{"too large", "4420", value(person("4420", "a")) + strings.Repeat("\n", largestValue), anything},
		{"too many objects", "4420", strings.Repeat("{}\n", 10_000), anything},
		{"15 digits have nothing below", "442012345678901", "no JSON", "number!"},
		{"the block of all", "", `{"kind":"block","number":"+","min":8,"max":8,"records":[{"uri":"im:a@example.com"}]}`, "block 8-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, ok := numberOf([]byte(test.key))
			if !ok {
				t.Fatal("the key is no number")
			}
			lines, fault := parseValue(newCodec(), n, []byte(test.value))
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
}

// Keys are digits and nothing else.
func TestKeys(t *testing.T) {
	for key, ok := range map[string]bool{
		"": true, "4": true, "123456789012345": true, "1234567890123456": false, "+44": false, "44 ": false, "44/": false, "４４": false, "meta": false, "-1": false, "44\x00": false,
	} {
		if n, got := numberOf([]byte(key)); got != ok || got && n.Digits() != key {
			t.Errorf("%q is read as %v, %v", key, n.Digits(), got)
		}
	}
}

// The marker is read whatever else it holds, and refused when it is of another format.
func TestMarkers(t *testing.T) {
	for text, want := range map[string]error{
		`{"format":1}`: nil, ` {"format":1,"history":"x","by":"somebody"} `: nil,
		`{"format":2}`: backend.ErrInvalidData, `{}`: backend.ErrInvalidData, ``: backend.ErrInvalidData, `1`: backend.ErrInvalidData, `{"format":1}{`: backend.ErrInvalidData,
	} {
		if _, err := parseMarker(keyValue("meta", text)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// FuzzValue: whatever stands in a value, its name is answered by something, no two entries of it contradict each
// other, and what was read is read again from what is written.
func FuzzValue(f *testing.F) {
	f.Add("4420", value(blockOf("4420", 8, 9, "b"), person("4420", "a")))
	f.Add("44", value(cutOf("44")))
	f.Add("442012345678901", "{}")
	f.Add("", "{\n}")
	f.Add("4", `{"kind":"block","number":"+4","min":3,"max":2}`)
	f.Fuzz(func(t *testing.T, key, text string) {
		n, ok := numberOf([]byte(key))
		if !ok {
			return
		}
		lines, fault := parseValue(newCodec(), n, []byte(text))
		if len(lines) == 0 {
			t.Fatal("nothing stands there")
		}
		if clash(lines) && fault == nil {
			t.Fatalf("they contradict each other: %s", show(lines))
		}
		for _, l := range lines {
			if l.Name != (e164.Name{Number: n}) {
				t.Fatal("an entry of another name")
			}
			if l.Kind == backend.Block && (l.Min < n.Len() || l.Max < l.Min || l.Max > e164.MaxDigits) {
				t.Fatalf("lengths %d to %d", l.Min, l.Max)
			}
			if l.Broken != (fault != nil) && fault == nil {
				t.Fatal("broken without a fault")
			}
		}
		again, _ := parseValue(newCodec(), n, joinValue(lines))
		if show(again) != show(lines) {
			t.Fatalf("written as %q and read again as %q", show(lines), show(again))
		}
	})
}
