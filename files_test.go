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

// The index keeps the digits of a number out of its records. They come back as those of the number that
// owns the record, also where an alias led to it, while an expression is applied to the number that was
// asked (RFC 3402 section 3).
func TestDigitsBehindAlias(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	zone := `$ORIGIN 4.4.e164.arpa.
$TTL 60
@ SOA ns1 hm 1 7200 900 1209600 300
  NS ns1
1.1 CNAME 2.1
2.1 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:4412@example.com!" .
    NAPTR 100 20 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .
5.i NAPTR 100 10 "u" "E2U+im" "!^.*$!im:44@example.com!" .
`
	if err := os.WriteFile(path, []byte(zone), 0o600); err != nil {
		t.Fatal(err)
	}
	for form, want := range map[string][2]string{
		"stored": {"!^.*$!im:4412@example.com!", `!^\\+(.*)$!sip:\\1@example.com!`},
		"plain":  {"!^.*$!im:4412@example.com!", "!^.*$!sip:4411@example.com!"},
	} {
		inst := startReadme(t, fmt.Sprintf("4.4.e164.arpa:1053 {\nenumim {\nbackend file %s\nform %s\n}\n}\n", path, form))
		r := ask(t, inst, "1.1.4.4.e164.arpa.", dns.TypeNAPTR)
		if len(r.Answer) != 3 {
			t.Fatalf("form %s: got %v", form, r)
		}
		for i, regexp := range want {
			if got := r.Answer[1+i].(*dns.NAPTR).Regexp; got != regexp {
				t.Errorf("form %s: got %s, want %s", form, got, regexp)
			}
		}
		r = ask(t, inst, "5.i.4.4.e164.arpa.", dns.TypeNAPTR)
		if len(r.Answer) != 1 || r.Answer[0].(*dns.NAPTR).Regexp != "!^.*$!im:44@example.com!" {
			t.Errorf("form %s: on the infrastructure branch: got %v", form, r.Answer)
		}
	}
}

// An apex that is served here exists, and so do the names above it (RFC 8020), whatever the tree that
// they lie in knows of it.
func TestNamesAboveAnotherApexExist(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(path, []byte("+12025550100 im:a@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inst := startReadme(t, fmt.Sprintf(`.:1053 {
enumim e164.arpa {
backend file %s
}
enumim 1.4.4.e164.arpa {
backend file examples/4.4.e164.arpa.zone
}
}
`, path))
	for name, rcode := range map[string]int{
		"4.e164.arpa.": dns.RcodeSuccess, "4.4.E164.arpa.": dns.RcodeSuccess,
		"5.e164.arpa.": dns.RcodeNameError, "2.4.4.e164.arpa.": dns.RcodeNameError,
	} {
		r := ask(t, inst, name, dns.TypeA)
		if r.Rcode != rcode || len(r.Answer) != 0 || len(r.Ns) != 1 {
			t.Errorf("%s: want %s without records, got %v", name, dns.RcodeToString[rcode], r)
		}
	}
}
