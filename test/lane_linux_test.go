package test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// lane is a tree of a server under test, with a data file of its own whose versions verify themselves:
// every URI tells the version, the number, and how many records there are, and has a checksum. So one
// answer tells by itself whether it is whole and of which version.
//
// Versions grow. What may be claimed of their order: once a reply of version v has arrived, a query
// that is sent after that gets v or later, because the index is one atomic pointer; the one exception is
// while two instances serve side by side, from different files.
type lane struct {
	apex string // fully qualified
	zone bool   // a zone file, else a numbers file
	size int    // how many numbers
	path string
	// store, if there is one, holds the data in the place of a file.
	store *place

	// low is the version below which no query that is sent now may be answered, high the last one that
	// was written whole.
	low, high atomic.Uint32
	history
	// other are the replies that a damaged file that is legal all the same may get, by question.
	other atomic.Pointer[map[string]string]
}

// number returns the digits of the number i, which is less than 1000: Ofcom keeps so many in a row free
// for drama. They are not those of the examples that messages give.
func (l *lane) number(i int) string { return fmt.Sprintf("441632960%03d", i) }

// has reports whether the number i is there in version v: one of ten comes and goes, fewer than what
// the shrink guard holds back.
func (l *lane) has(v uint32, i int) bool { return i%10 != 9 || (int(v)+i/10)%2 == 0 }

// ttl returns the TTL of the records of version v.
func (l *lane) ttl(v uint32) uint32 {
	if l.store != nil && l.store.people {
		return 3600 // the usual one
	}
	return 60 + v%1000
}

// uris returns the URIs of the number i in version v.
func (l *lane) uris(v uint32, i int) []string {
	uris := make([]string, 1+(int(v)+i)%3)
	for r := range uris {
		text := fmt.Sprintf("v%d.n%s.r%d.of%d", v, l.number(i), r, len(uris))
		uris[r] = fmt.Sprintf("im:%s.c%08x@example.com", text, crc32.ChecksumIEEE([]byte(l.apex+text)))
	}
	return uris
}

// file returns version v of the data file. It has its end marker.
func (l *lane) file(v uint32) string {
	var b strings.Builder
	if l.zone {
		fmt.Fprintf(&b, "$ORIGIN %s\n@ 300 IN SOA ns.example.net. hm.example.net. %d 7200 900 1209600 300\n@ 300 IN NS ns.example.net.\n", l.apex, v)
	}
	for i := range l.size {
		if !l.has(v, i) {
			continue
		}
		if !l.zone {
			fmt.Fprintf(&b, "+%s ttl=%d %s\n", l.number(i), l.ttl(v), strings.Join(l.uris(v, i), " "))
			continue
		}
		for r, uri := range l.uris(v, i) {
			fmt.Fprintf(&b, "%s %d IN NAPTR 100 %d \"u\" \"E2U+im\" \"!^.*$!%s!\" .\n", reversed(l.number(i)), l.ttl(v), 10+10*r, uri)
		}
	}
	if l.zone {
		b.WriteString("; ")
	}
	b.WriteString("$END\n")
	return b.String()
}

// reversed returns digits as labels.
func reversed(digits string) string {
	var b strings.Builder
	for i := len(digits) - 1; i >= 0; i-- {
		b.WriteByte(digits[i])
		if i > 0 {
			b.WriteByte('.')
		}
	}
	return b.String()
}

// query is a question whose answer every version of a lane tells: the number i, or one of the others.
type query struct {
	*lane
	i int
}

const (
	apexSOA     = -1 // the SOA of the apex
	nonTerminal = -2 // the first digits of numbers: NODATA in each version
	nowhere     = -3 // a number that no version has

	// Kinds of which there are many, counted down from here.
	prefixes = -20   // nine names above all numbers, each NODATA in each version
	random   = -1000 // a million numbers that no version has
)

// isNonTerminal reports whether the question is for a name above numbers.
func (q query) isNonTerminal() bool { return q.i == nonTerminal || q.i <= prefixes && q.i > prefixes-9 }

// queries returns all different queries there are.
func (l *lane) queries() []query {
	all := make([]query, 0, l.size+3)
	for i := nowhere; i < l.size; i++ {
		all = append(all, query{l, i})
	}
	return all
}

func (q query) question() dns.Question {
	name, qtype := q.apex, dns.TypeNAPTR
	switch q.i {
	case apexSOA:
		qtype = dns.TypeSOA
	case nonTerminal:
		name = reversed("44163") + "." + q.apex
	case nowhere:
		name = reversed("442079460100") + "." + q.apex
	default:
		var digits string
		switch {
		case q.i <= random:
			digits = fmt.Sprintf("442079460%06d", random-q.i)
		case q.i < 0:
			digits = q.number(0)[:1+prefixes-q.i]
		default:
			digits = q.number(q.i)
		}
		name = reversed(digits) + "." + q.apex
	}
	return dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET}
}

func (q query) message(id uint16) *dns.Msg {
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Id: id}, Question: []dns.Question{q.question()}}
	m.SetEdns0(maxUDP, false)
	return m
}

// errWrong is what is said of a reply that no version explains.
var errWrong = errors.New("wrong")

// version returns the version that a reply is of; 0 where it does not tell, which is so with all but
// the records of numbers files. It returns errWrong for a reply that is of no version as a whole.
func (q query) version(m *dns.Msg) (uint32, error) {
	if !m.Response || !m.Authoritative || m.Truncated || len(m.Question) != 1 || m.Question[0] != q.question() {
		return 0, fmt.Errorf("%w: not the reply to %v: %v", errWrong, q.question(), m)
	}
	if q.i == apexSOA || m.Rcode == dns.RcodeNameError || len(m.Answer) == 0 {
		return q.negative(m)
	}
	if m.Rcode != dns.RcodeSuccess {
		return 0, fmt.Errorf("%w: %v", errWrong, m)
	}
	var v uint32
	var want []string
	if q.i >= 0 {
		if r, ok := m.Answer[0].(*dns.NAPTR); ok {
			text, _ := strings.CutPrefix(r.Regexp, "!^.*$!im:v")
			text, _, _ = strings.Cut(text, ".")
			n, _ := strconv.ParseUint(text, 10, 32)
			v = uint32(n)
		}
		if q.has(v, q.i) {
			want = q.uris(v, q.i)
		}
	}
	if v == 0 || len(m.Answer) != len(want) {
		return 0, fmt.Errorf("%w: version %d has %d records: %v", errWrong, v, len(want), m)
	}
	ttl := q.ttl(v)
	if isStale(m) {
		ttl = min(ttl, 30) // RFC 8767 section 4
	}
	seen := map[uint16]bool{}
	for _, rr := range m.Answer {
		r, ok := rr.(*dns.NAPTR)
		if !ok || r.Hdr.Name != q.question().Name || r.Hdr.Ttl != ttl || r.Order != 100 || r.Service != "E2U+im" || r.Flags != "u" ||
			r.Preference%10 != 0 || r.Preference < 10 || int(r.Preference) > 10*len(want) || seen[r.Preference] ||
			r.Regexp != "!^.*$!"+want[r.Preference/10-1]+"!" {
			return 0, fmt.Errorf("%w or torn, in %v: %v", errWrong, rr, m)
		}
		seen[r.Preference] = true
	}
	return v, nil
}

// negative is version for the SOA, and for replies that say no with it.
func (q query) negative(m *dns.Msg) (uint32, error) {
	section, rcode := m.Ns, dns.RcodeNameError
	switch {
	case q.i == apexSOA:
		section, rcode = m.Answer, dns.RcodeSuccess
	case q.isNonTerminal():
		rcode = dns.RcodeSuccess
	}
	var soa *dns.SOA
	if len(section) == 1 {
		soa, _ = section[0].(*dns.SOA)
	}
	if soa == nil || soa.Hdr.Name != q.apex || m.Rcode != rcode {
		return 0, fmt.Errorf("%w: %v", errWrong, m)
	}
	if !q.zone {
		return 0, nil
	}
	if q.i >= 0 && q.has(soa.Serial, q.i) {
		return 0, fmt.Errorf("%w or torn: version %d has the number: %v", errWrong, soa.Serial, m)
	}
	return soa.Serial, nil
}

// check returns what is wrong with a reply to a query that was sent when low was the lowest version.
// A reply raises that for the queries that come after it, unless overlap.
func (q query) check(m *dns.Msg, low uint32, overlap bool) error {
	v, err := q.version(m)
	high := q.high.Load()
	switch {
	case err != nil:
		return err
	case v != 0 && (v < low || v > high):
		return fmt.Errorf("%w: version %d, expected %d to %d: %v", errWrong, v, low, high, m)
	case v == 0 && q.i >= 0:
		for v := low; q.has(v, q.i); v++ {
			if v >= high {
				return fmt.Errorf("%w: the versions %d to %d have the number: %v", errWrong, low, high, m)
			}
		}
	}
	if !overlap {
		q.raise(v)
	}
	q.saw(v)
	return nil
}

// raise makes v the lowest version.
func (l *lane) raise(v uint32) {
	for low := l.low.Load(); v > low && !l.low.CompareAndSwap(low, v); low = l.low.Load() {
	}
}

// place puts a file in place by a rename, as a careful writer does. Its times are set, by which the
// server knows at once that the writer is done.
func (l *lane) place(tb testing.TB, contents string) {
	tb.Helper()
	aside := filepath.Join(filepath.Dir(l.path), "aside")
	if err := os.WriteFile(aside, []byte(contents), 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chtimes(aside, time.Time{}, time.Now().Add(-time.Minute)); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(aside, l.path); err != nil {
		tb.Fatal(err)
	}
}

// next places the next version, and returns it.
func (l *lane) next(tb testing.TB) uint32 {
	tb.Helper()
	v := l.high.Load() + 1
	contents := l.file(v)
	l.high.Store(v)
	l.place(tb, contents)
	return v
}

// rewrite overwrites the file with the next version piece by piece, as a careless writer does.
func (l *lane) rewrite(tb testing.TB) uint32 {
	tb.Helper()
	v := l.high.Load() + 1
	contents := l.file(v)
	l.high.Store(v)
	f, err := os.Create(l.path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	const pieces = 8
	for i := range pieces {
		if _, err := f.WriteString(contents[len(contents)*i/pieces : len(contents)*(i+1)/pieces]); err != nil {
			tb.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return v
}

// await waits until the version v is served, as a reply of the load tells.
func (l *lane) await(tb testing.TB, v uint32) {
	tb.Helper()
	eventually(tb, func() error {
		if low := l.low.Load(); low < v {
			return fmt.Errorf("%s: version %d is not served, but %d", l.apex, v, low)
		}
		return nil
	})
}

// eventually fails the test unless ok returns nil within a minute, which only a machine that is very busy needs.
func eventually(tb testing.TB, ok func() error) {
	tb.Helper()
	var err error
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		if err = ok(); err == nil {
			return
		}
	}
	tb.Fatal(err)
}

// canonical returns a reply in a form that can be compared. The serial that a numbers file gets is the
// time of its load.
func (q query) canonical(m *dns.Msg) string {
	m = m.Copy()
	m.Id = 0
	if opt := m.IsEdns0(); opt != nil {
		opt.SetUDPSize(0) // CoreDNS repeats what it takes the client for, which is less over UDP (docs/harvest.md)
	}
	for _, section := range [][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range section {
			if soa, ok := rr.(*dns.SOA); ok && !q.zone {
				soa.Serial = 0
			}
		}
		slices.SortFunc(section, func(a, b dns.RR) int { return strings.Compare(a.String(), b.String()) })
	}
	return m.String()
}

// key names the query among those of its lane.
func (q query) key() string {
	question := q.question()
	return question.String()
}
