package enumim_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/miekg/dns"
)

// The Corefiles of docs/harvest.md start, and answer what exists.
func TestHarvestPage(t *testing.T) {
	page, err := os.ReadFile("docs/harvest.md")
	if err != nil {
		t.Fatal(err)
	}
	corefiles := regexp.MustCompile(`(?ms)^~~~ corefile\n(.*?)^~~~$`).FindAllSubmatch(page, -1)
	if len(corefiles) != 2 {
		t.Fatalf("%d Corefiles", len(corefiles))
	}
	for i, rcode := range []int{dns.RcodeSuccess, dns.RcodeNameError} { // uniform, refuse
		inst := startReadme(t, string(corefiles[i][1]))
		if r := ask(t, inst, "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR); len(r.Answer) != 1 {
			t.Errorf("got %v", r)
		}
		if r := ask(t, inst, "9.e164.arpa.", dns.TypeNAPTR); r.Rcode != rcode || len(r.Answer) > 0 || len(r.Ns) != 1 {
			t.Errorf("a name that does not exist: want %s, got %v", dns.RcodeToString[rcode], r)
		}
	}
}
