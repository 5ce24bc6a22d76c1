package enumim

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// Another number that leads to one does not tell its mailbox, neither with a CNAME nor with a DNAME, nor the signature that
// proves a guess; the alias is that of the number whose records these are, as long as that has one.
func TestAnonymizeBehindAliases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, "e164.arpa", people+`
1.1.9.4 60 IN CNAME 1.3.4.4
2.9.4 60 IN DNAME 3.4.4
2.1.9.4 60 IN CNAME _x.1.7.4.4
`)
		for numbers, want := range map[string]map[string]string{
			"":     {"1.1.9.4": "+4431", "1.2.9.4": "+4431", "1.5.4.4": "+4421", "1.6.4.4": "+4461", "2.1.9.4": "+4411"},
			"+44":  {"1.1.9.4": "+4431", "1.2.9.4": "+4431", "1.5.4.4": "+4421", "1.6.4.4": "+4461", "2.1.9.4": "+4411"},
			"+491": {"1.1.9.4": "+4911", "1.2.9.4": "", "1.5.4.4": "", "1.6.4.4": "", "2.1.9.4": "+4912"},
		} {
			e := serve(t, "e164.arpa", m, anonymize(t, keyFile(t, key1), time.Hour, strings.Fields(numbers)...))
			for name, number := range want {
				got := services(askHandler(t, e, query1(name+".e164.arpa.", dns.TypeNAPTR), nil))
				if number == "" {
					if len(got) != 1 || strings.Contains(got[0], "im:a-") {
						t.Errorf("numbers %s: %s: got %q", numbers, name, got)
					}
					continue
				}
				if alias := "E2U+im im:" + aliasOf(t, key1, number, time.Hour, time.Now()) + "@example.com"; !slices.Equal(got, []string{alias}) {
					t.Errorf("numbers %s: %s: got %q, want %s, of %s", numbers, name, got, alias, number)
				}
			}
			signed := dump(askHandler(t, e, query1("1.1.9.4.e164.arpa.", dns.TypeRRSIG), nil))
			if strings.Contains(signed, "IN RRSIG NAPTR") {
				t.Errorf("numbers %s: %s", numbers, signed)
			}
		}
	})
}

// A key that is to be exchanged and cannot be read is seen where the server is watched, as a backend that is out of reach:
// else aliases would go on with the old one until nobody resolves them any more.
func TestAnonymizeKeyIsWatched(t *testing.T) {
	path := keyFile(t, key1)
	udp, _ := addresses(startServer(t, memoryCorefile(shelve(t, newMemory(t, "e164.arpa", numbers))+"\n anonymize file:"+path, "")))
	want := func(up string) {
		t.Helper()
		comesTrue(t, func() error {
			for g := range generations {
				for _, b := range g.blocks {
					if b.anonymizer != nil {
						b.anonymizer.looked.Store(int64(-keysAge)) // it is time to look again
					}
				}
			}
			exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR))
			if got := seriesWith(t, path); len(got) != 1 || got[0] != fmt.Sprintf("coredns_enumim_backend_up{backend=\"anonymize\",source=\"file:%s\"} %s", path, up) {
				return fmt.Errorf("got %q, want %s", got, up)
			}
			return nil
		})
	}
	want("1")
	if err := os.WriteFile(path, []byte("none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("0")
	if err := os.WriteFile(path, []byte(key2+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("1")
}
