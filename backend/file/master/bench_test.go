package master

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/enumim/enumim/backend"
)

// generated returns a zone of n numbers with one NAPTR each, in the order of a number file or mixed.
func generated(n int, mixed bool) []byte {
	var b bytes.Buffer
	b.WriteString("$ORIGIN 1.e164.arpa.\n$TTL 300\n@ IN SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n@ IN NS ns1.example.com.\n")
	for i := range n {
		k := i
		if mixed {
			k = i * 7919 % n
		}
		s := fmt.Sprintf("202555%07d", k)
		for j := len(s) - 1; j >= 0; j-- {
			b.WriteByte(s[j])
			b.WriteByte('.')
		}
		b.Truncate(b.Len() - 1)
		fmt.Fprintf(&b, " 300 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:user%d@example.com!\" .\n", k)
	}
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	for _, mixed := range []bool{false, true} {
		src := generated(100_000, mixed)
		b.Run(fmt.Sprintf("mixed=%v", mixed), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if _, _, st, err := Parse(src, Options{}, func(*backend.Entry, int) error { return nil }); err != nil || st.Entries != 100_000 {
					b.Fatal(st, err)
				}
			}
		})
	}
}
