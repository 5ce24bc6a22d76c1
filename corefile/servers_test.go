package corefile

import (
	"fmt"
	"strings"
	"testing"

	_ "github.com/enumim/enumim/backend/file"
)

// A query is answered by the server block with the longest zone for each address that is listened on, and there
// by the tree with the longest apex, as CoreDNS and the plugin choose.
func TestAsked(t *testing.T) {
	const block = " {\n backend file x\n }\n}\n"
	for _, c := range []struct{ name, corefile, qname, want string }{
		{"one", ".:53 {\n enumim e164.arpa" + block, "1.e164.arpa.", "e164.arpa.:2"},
		{"another name", ".:53 {\n enumim e164.arpa" + block, "1.example.org.", ""},
		{"outside of the server block", "example.org:53 {\n enumim e164.arpa" + block, "1.e164.arpa.", ""},
		{"a longer apex", ".:53 {\n enumim e164.arpa 4.4.e164.arpa" + block, "1.4.4.e164.arpa.", "4.4.e164.arpa.:2"},
		{"a longer zone", "e164.arpa:53 {\n enumim" + block + "4.4.e164.arpa {\n enumim" + block, "1.4.4.e164.arpa.", "4.4.e164.arpa.:7"},
		{"beside a longer zone", "e164.arpa:53 {\n enumim" + block + "4.4.e164.arpa {\n enumim" + block, "1.9.4.e164.arpa.", "e164.arpa.:2"},
		{"a longer zone without enumim", "e164.arpa {\n enumim" + block + "4.4.e164.arpa {\n whoami\n}\n", "1.4.4.e164.arpa.", ""},
		{"another port", "e164.arpa:53 {\n enumim" + block + "4.4.e164.arpa:54 {\n enumim" + block, "1.4.4.e164.arpa.", "e164.arpa.:2 4.4.e164.arpa.:7"},
		{"another transport", "e164.arpa {\n enumim" + block + "tls://4.4.e164.arpa {\n enumim" + block, "1.4.4.e164.arpa.", "e164.arpa.:2 4.4.e164.arpa.:7"},
		{"another address", "e164.arpa {\n bind 127.0.0.1\n enumim" + block + "4.4.e164.arpa {\n bind 127.0.0.2\n enumim" + block, "1.4.4.e164.arpa.", "e164.arpa.:3 4.4.e164.arpa.:9"},
		{"several keys are one tree", "e164.arpa:53 e164.arpa:54 {\n enumim" + block, "1.e164.arpa.", "e164.arpa.:2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, err := Read("Corefile", strings.NewReader(c.corefile))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, tree := range Asked(servers, c.qname) {
				got = append(got, fmt.Sprintf("%s:%d", tree.Apex, tree.Pos.Line))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("asked are %q, want %q", s, c.want)
			}
		})
	}
}

// What inspects answers is found by the same server blocks, each directive for itself, enumim_guard first as it stands in
// the chain. A block that only inspects is asked for nothing.
func TestInspected(t *testing.T) {
	const observe = " {\n inspect observe\n }\n"
	for _, c := range []struct{ name, corefile, qname, want string }{
		{"both directives", ".:53 {\n enumim e164.arpa" + observe + " enumim_guard e164.arpa" + observe + "}\n", "1.e164.arpa.", "enumim_guard:e164.arpa.:5 enumim:e164.arpa.:2"},
		{"another name", ".:53 {\n enumim_guard e164.arpa" + observe + "}\n", "1.example.org.", ""},
		{"the longest zone", ".:53 {\n enumim_guard {\n inspect observe e164.arpa 4.4.e164.arpa\n }\n}\n", "1.4.4.e164.arpa.", "enumim_guard:4.4.e164.arpa.:2"},
		{"the longest zone of several blocks", ".:53 {\n enumim e164.arpa" + observe + "enumim 4.4.e164.arpa" + observe + "}\n", "1.4.4.e164.arpa.", "enumim:4.4.e164.arpa.:5"},
		{"another server block", ".:53 {\n enumim_guard e164.arpa" + observe + "}\n4.4.e164.arpa:53 {\n whoami\n}\n", "1.4.4.e164.arpa.", ""},
		{"on two ports", "e164.arpa:53 e164.arpa:54 {\n enumim" + observe + "}\n", "1.e164.arpa.", "enumim:e164.arpa.:2"},
		{"beside a backend", ".:53 {\n enumim e164.arpa {\n backend file x\n fallthrough\n inspect observe\n }\n}\n", "1.e164.arpa.", "enumim:e164.arpa.:2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, err := Read("Corefile", strings.NewReader(c.corefile))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range Inspected(servers, c.qname) {
				got = append(got, fmt.Sprintf("%s:%s:%d", i.Directive, i.Zone, i.Pos.Line))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("inspected by %q, want %q", s, c.want)
			}
			if trees := Asked(servers, c.qname); len(trees) > 0 && !strings.Contains(c.corefile, "backend") {
				t.Errorf("asked are %v, which have no backend", trees)
			}
		})
	}
}

// What is wrong with a Corefile is told with its place.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		".:53 {\n enumim e164.arpa {\n nonsense\n }\n}\n":     `Corefile:3: unknown option "nonsense"`,
		".:53 {\n enumim e164.arpa":                           "Corefile:2",
		".:53 {\n enumim_guard e164.arpa {\n ttl 60\n }\n}\n": "Corefile:3: ttl belongs to enumim",
		"e164.arpa: {\n whoami\n}\n":                          "Corefile: server block e164.arpa:",
	} {
		if _, err := Read("Corefile", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
