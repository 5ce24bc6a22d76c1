package enumim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// The Corefiles of docs/anonymous.md start, and hide the mailboxes that the page says.
func TestAnonymousPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("docs", "anonymous.md"))
	if err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "alias.keys")
	if err := os.WriteFile(keys, []byte(strings.Repeat("0123456789abcdef", 4)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	corefiles := regexp.MustCompile(`(?ms)^~~~ corefile\n(.*?)^~~~$`).FindAllStringSubmatch(string(text), -1)
	if len(corefiles) != 2 {
		t.Errorf("%d Corefiles", len(corefiles))
	}
	for _, c := range corefiles {
		inst := startReadme(t, strings.ReplaceAll(c[1], "/etc/enumim/alias.keys", keys))
		for name, want := range map[string]string{
			"0.0.1.0.5.5.5.2.0.2.1.e164.arpa.": `^!\^\.\*\$!im:a-[a-z2-7]{16}@example\.com!$`,
			"2.0.1.0.5.5.5.2.0.2.1.e164.arpa.": `^!\^\.\*\$!sip:bob@example\.com!$`,
		} {
			r := ask(t, inst, name, dns.TypeNAPTR)
			if len(r.Answer) == 0 || !regexp.MustCompile(want).MatchString(r.Answer[0].(*dns.NAPTR).Regexp) {
				t.Errorf("%s: got %v", name, r)
			}
		}
	}
}
