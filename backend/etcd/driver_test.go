package etcd

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

func parse(t testing.TB, text string) (backend.Opener, error) {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa.")
	must(t, err)
	c := backend.Config{Apexes: []e164.Apex{apex}, Pos: backend.Pos{File: "Corefile", Line: 1}, Root: "/etc/coredns"}
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if i == 0 {
			c.Args = words
			continue
		}
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:], Pos: backend.Pos{File: "Corefile", Line: i + 1}})
	}
	return Driver{}.Parse(c)
}

// Mistakes are told with their place, and what to write instead; a password never stands in a Corefile.
func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no members", "", "Corefile:1: no members"},
		{"a URL", "https://etcd.example.net:2379", "write HOST:PORT"},
		{"a password in the address", "root:tops3cret@etcd:2379", "use the options user and password"},
		{"a password behind the address", "etcd?password=tops3cret", "use the options user and password"},
		{"a password as address", "password=tops3cret", "use the options user and password"},
		{"a password as port", "etcd:tops3cret", "expected HOST:PORT"},
		{"a path behind the address", "etcd/tops3cret", "expected HOST:PORT"},
		{"a URL with a password", "https://root:tops3cret@etcd", "write HOST:PORT"},
		{"no port", "etcd:x", "expected HOST:PORT"},
		{"port 0", "etcd:0", "expected HOST:PORT"},
		{"no host", ":2379", "expected HOST:PORT"},
		{"twice", "etcd etcd:2379", "given twice"},
		{"mode store", "etcd\nmode store", "etcd is always mirrored"},
		{"a plain password", "etcd\nuser a\npassword tops3cret", "Corefile:3: password"},
		{"user without password", "etcd\nuser a", "go together"},
		{"password without user", "etcd\npassword file:/etc/p", "go together"},
		{"prefix ends in a digit", "etcd\nprefix /tree1", "end it in a slash"},
		{"prefix with quotes", "etcd\nprefix /\"/", "printable ASCII"},
		{"option twice", "etcd\nprefix /a/\nprefix /b/", "Corefile:3: prefix: given twice"},
		{"unknown option", "etcd\nprefixes /a/", "unknown option \"prefixes\"; known:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(t, test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "tops3cret") {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
}

// Configurations that mean the same share one backend, others do not.
func TestKey(t *testing.T) {
	key := func(text string) string {
		o, err := parse(t, text)
		must(t, err)
		return o.Key()
	}
	base := key("a b:2379\nprefix /x/")
	for _, same := range []string{"b a:2379\nprefix /x/", "A B\nprefix /x/"} {
		if key(same) != base {
			t.Errorf("%q has another key", same)
		}
	}
	for _, other := range []string{"a\nprefix /x/", "a b:2380\nprefix /x/", "a b\nprefix /y/", "a b", "a b\nprefix /x/\nshrink off",
		"a b\nprefix /x/\nuser u\npassword env:P", "a b\nprefix /x/\nuser v\npassword env:P"} {
		if key(other) == base {
			t.Errorf("%q has the same key", other)
		}
	}
	for text, want := range map[string]string{
		"a b:1": "a:2379,b:1/enumim/", "a\nprefix tree/": "a:2379/tree/", "[2001:db8::1]": "[2001:db8::1]:2379/enumim/", "2001:db8::1": "[2001:db8::1]:2379/enumim/",
	} {
		o, err := parse(t, text)
		must(t, err)
		if got := o.(*options).source(); got != want {
			t.Errorf("%q is told of as %q, want %q", text, got, want)
		}
	}
}
