package convert

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
)

// list is a numbers file as most are: numbers with one or two URIs.
func list(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "+1202%07d  im:user%d@example.com  sip:user%d@example.com\n", i*31, i, i)
	}
	b.WriteString("$END\n")
	return b.String()
}

// BenchmarkConvert tells the time of each reader with each writer for 100,000 numbers.
func BenchmarkConvert(b *testing.B) {
	o := Options{Apex: mustApex("e164.arpa")}
	plain := list(100000)
	for _, from := range formats {
		o.To = from
		text := turn(b, plain, o)
		for _, to := range formats {
			b.Run(fmt.Sprintf("%s-%s", from, to), func(b *testing.B) {
				o := o
				o.From, o.To = from, to
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Convert(context.Background(), io.Discard, strings.NewReader(text), o); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
