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

// What is wrong with a Corefile is told with its place.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		".:53 {\n enumim e164.arpa {\n nonsense\n }\n}\n": `Corefile:3: unknown option "nonsense"`,
		".:53 {\n enumim e164.arpa":                       "Corefile:2",
		"e164.arpa: {\n whoami\n}\n":                      "Corefile: server block e164.arpa:",
	} {
		if _, err := Read("Corefile", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
