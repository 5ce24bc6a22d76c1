package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// crowd is the apex of a numbers file of more numbers than a lane can have. None of them may be anybody's: they are longer
// than any number of the range that is kept free for drama.
const crowd = "crowd.example.net."

func crowdNumber(i int) string { return fmt.Sprintf("442079460%06d", i) }

// newCrowd writes the file.
func newCrowd(tb testing.TB, dir string, size int) *lane {
	tb.Helper()
	l := &lane{path: filepath.Join(dir, "crowd", "data")}
	if err := os.Mkdir(filepath.Dir(l.path), 0o755); err != nil {
		tb.Fatal(err)
	}
	var b strings.Builder
	for i := range size {
		fmt.Fprintf(&b, "+%s im:u%d@example.com sip:u%d@example.net\n", crowdNumber(i), i, i)
	}
	b.WriteString("$END\n")
	l.place(tb, b.String())
	return l
}

// crowdAsking asks for the number i.
func crowdAsking(tb testing.TB, i int) asking {
	m := &dns.Msg{Question: []dns.Question{{Name: reversed(crowdNumber(i)) + "." + crowd, Qtype: dns.TypeNAPTR, Qclass: dns.ClassINET}}}
	m.SetEdns0(maxUDP, false)
	wire, err := m.Pack()
	if err != nil {
		tb.Fatal(err)
	}
	return asking{wire, func(reply []byte) error {
		r := new(dns.Msg)
		if err := r.Unpack(reply); err != nil {
			return err
		}
		if len(r.Question) != 1 || r.Question[0] != m.Question[0] || r.Rcode != dns.RcodeSuccess || len(r.Answer) != 2 ||
			!strings.Contains(r.Answer[0].String(), fmt.Sprintf("!im:u%d@example.com!", i)) {
			return fmt.Errorf("%w: %v", errWrong, r)
		}
		return nil
	}}
}

// askings are the queries of a lane.
func (l *lane) askings(tb testing.TB) (all []asking) {
	for _, q := range l.queries() {
		wire, err := q.message(0).Pack()
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, asking{wire, func(reply []byte) error {
			m := new(dns.Msg)
			if err := m.Unpack(reply); err != nil {
				return err
			}
			return q.check(m, l.low.Load(), false)
		}})
	}
	return all
}
