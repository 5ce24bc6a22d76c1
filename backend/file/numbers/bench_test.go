package numbers

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/enumim/enumim/backend"
)

// One operation is a file of 100,000 lines.
func BenchmarkParse(b *testing.B) {
	o := Options{File: "n.txt", Apexes: apexes(b, "e164.arpa")}
	for _, c := range []struct {
		name string
		line func(i int) string
	}{
		{"plain", func(i int) string { return fmt.Sprintf("+1202%07d\tim:user%d@example.com\n", i, i) }},
		{"three", func(i int) string {
			return fmt.Sprintf("+1202%07d im:u%d@example.com sip:u%d@example.com xmpp:u%d@example.com\n", i, i, i, i)
		}},
		{"checked", func(i int) string {
			return fmt.Sprintf("+1202%07d E2U+voicemsg:sip sip:u%d@example.com;transport=tls\n", i, i)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			const lines = 100_000
			var src bytes.Buffer
			for i := range lines {
				src.WriteString(c.line(i))
			}
			b.ReportAllocs()
			b.SetBytes(int64(src.Len()))
			for b.Loop() {
				if _, err := Parse(src.Bytes(), o, func(*backend.Entry, int) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
