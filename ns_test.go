package enumim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coredns/caddy"
)

// A name server within a zone that has no addresses cannot be found (RFC 2181 section 10.3). That is told at the
// start, once a block, and only where it is certain.
func TestNameServerWithoutAddressIsTold(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	numbers := file("numbers.txt", "+12025550100 im:a@example.com\n+44 NS ns.example.net\n")
	zone := file("zone", "$ORIGIN nic.e164.arpa.\n@ 60 IN SOA ns hm 1 7200 900 1209600 300\n@ 60 IN NS ns\n")
	absent := filepath.Join(dir, "absent.txt")
	block := func(zones, path, options string) string {
		return fmt.Sprintf("enumim %s {\nbackend file %s\n%s\n}\n", zones, path, options)
	}
	for _, c := range []struct{ name, blocks, want string }{
		{"the default", block("e164.arpa e164.example.net", numbers, ""),
			"Corefile:3: zone e164.arpa.: its name server ns.e164.arpa. has no address"},
		{"a name in the zone", block("e164.arpa", numbers, "ns ns1.example.net Ns2.E164.arpa"), "name server Ns2.E164.arpa. has no address"},
		{"a name below a delegation", block("e164.arpa", numbers, "ns ns.4.4.e164.arpa"), ""},
		{"a name elsewhere", block("e164.arpa", numbers, "ns ns1.example.net"), ""},
		{"the second zone of a block", block("e164.example.net e164.arpa", numbers, "ns ns1.e164.arpa"), "zone e164.arpa.: its name server ns1.e164.arpa."},
		{"a zone file brings its own", block("nic.e164.arpa", zone, ""), ""},
		{"a name in a zone of another block", block("nic.e164.arpa", zone, "") + block("e164.arpa", numbers, "ns ns.nic.e164.arpa"), ""},
		{"no data yet", block("e164.arpa", absent, ""), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			logged := capture(func() {
				instance, err := caddy.Start(input(".:0 {\nbind 127.0.0.1\n" + c.blocks + "}"))
				if err != nil {
					t.Fatal(err)
				}
				stopServer(instance)
			})
			if !strings.Contains(logged, c.want) || (strings.Count(logged, "has no address") == 1) != (c.want != "") {
				t.Errorf("logged %s\nwant %s", logged, c.want)
			}
		})
	}
}
