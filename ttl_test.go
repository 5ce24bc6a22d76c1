package enumim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"
)

// A record has the TTL that the data gives, be it 0; else that of the option ttl.
func TestTTLOfRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	data := "+12025550100 im:a@example.com\n+12025550101 ttl=0 im:b@example.com\n$TTL 5m\n+12025550102 im:c@example.com\n"
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	for option, want := range map[string][3]uint32{"": {3600, 0, 300}, "ttl 2h": {7200, 0, 300}} {
		inst := startReadme(t, fmt.Sprintf("e164.arpa:1053 {\nenumim {\nbackend file %s\n%s\n}\n}\n", path, option))
		for i, ttl := range want {
			r := ask(t, inst, fmt.Sprintf("%d.0.1.0.5.5.5.2.0.2.1.e164.arpa.", i), dns.TypeNAPTR)
			if len(r.Answer) != 1 || r.Answer[0].Header().Ttl != ttl {
				t.Errorf("%q: number %d: want TTL %d, got %v", option, i, ttl, r.Answer)
			}
		}
	}
}
