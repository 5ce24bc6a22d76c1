package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/enumservice"
)

// benchLines is how many lines the texts of the benchmarks have.
const benchLines = 1_000_000

func benchNumbers() string {
	var b strings.Builder
	for i := range benchLines {
		fmt.Fprintf(&b, "+1202%07d  im:user%d@example.com sip:user%d@example.com\n", 5550000+i, i, i)
	}
	b.WriteString("$END\n")
	return b.String()
}

func benchZone() string {
	var b strings.Builder
	b.WriteString("$TTL 1h\n$ORIGIN e164.arpa.\n@ IN SOA ns1.example.net. h.example.net. 1 3600 600 86400 300\n@ IN NS ns1.example.net.\n")
	for i := range benchLines {
		fmt.Fprintf(&b, "%s IN NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:user%d@example.com!\" .\n", reversedDigits(fmt.Sprintf("1202%07d", 5550000+i)), i)
	}
	return b.String()
}

// BenchmarkLint looks through a million lines.
func BenchmarkLint(b *testing.B) {
	for name, make := range map[string]func() string{"numbers": benchNumbers, "zone": benchZone} {
		text := make()
		for _, clients := range []enumservice.Clients{0, enumservice.ClientsOf(enumservice.Kamailio, enumservice.Asterisk)} {
			b.Run(fmt.Sprintf("%s/clients=%d", name, clients), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					_, report := lintText(b, text, Options{Clients: clients, Most: 100})
					if worst := report.Worst(); worst > enumservice.Info {
						b.Fatal(worst)
					}
				}
			})
		}
	}
}
