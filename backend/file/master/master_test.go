package master

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr/rr"
)

// zoneText writes what Parse delivered, one line a record, for comparison: kind, name, TTL, type, data.
func zoneText(t *testing.T, src string, o Options) (string, Stats, error) {
	t.Helper()
	var b strings.Builder
	var entries []backend.Entry
	zone, apex, st, err := Parse([]byte(src), o, func(e *backend.Entry, line int) error {
		if line <= 0 {
			t.Errorf("line %d", line)
		}
		c := *e
		c.Records = slices.Clone(e.Records)
		c.Sets = nil
		for _, s := range e.Sets {
			c.Sets = append(c.Sets, backend.RRset{Type: s.Type, TTL: s.TTL, Data: slices.Clone(s.Data)})
		}
		c.Glue = slices.Clone(e.Glue)
		entries = append(entries, c)
		return nil
	})
	if err != nil {
		return "", st, err
	}
	if st.Entries != len(entries) {
		t.Errorf("Stats.Entries %d, delivered %d", st.Entries, len(entries))
	}
	set := func(kind, name string, s backend.RRset) {
		for _, d := range s.Data {
			r, err := rr.Unpack(name, s.TTL, s.Type, d)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			fmt.Fprintf(&b, "%s %s\n", kind, strings.ReplaceAll(r.String(), "\t", " "))
		}
	}
	set("zone", apex.String(), zone.SOA)
	for _, s := range zone.Sets {
		set("zone", apex.String(), s)
	}
	kinds := map[backend.EntryKind]string{
		backend.Number: "number", backend.Wildcard: "wildcard", backend.Delegation: "delegation", backend.Rename: "rename",
	}
	for _, e := range entries {
		name := string(apex.AppendName(nil, e.Name))
		for _, r := range e.Records {
			n := rr.To(dns.RR_Header{Name: name, Class: dns.ClassINET, Ttl: e.TTL}, r)
			fmt.Fprintf(&b, "%s %s\n", kinds[e.Kind], strings.ReplaceAll(n.String(), "\t", " "))
		}
		for _, s := range e.Sets {
			set(kinds[e.Kind], name, s)
		}
		for _, h := range e.Glue {
			host, err := rr.NameFromWire(h.Name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range h.Sets {
				set("glue", host, s)
			}
		}
	}
	return b.String(), st, nil
}

const fixture = `$ORIGIN 4.4.e164.arpa.
@                    3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300
@                    3600 IN NS  ns1.nic.example.
3.8.0.0.6.9.2.3.6.1   300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
4.8.0.0.6.9.2.3.6.1   300 IN TXT "not in service"
*.1.3.6.9.7.0.2       300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .
5.1.3.6.9.7.0.2       300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .
6.6.7.7              3600 IN NS ns.6.6.7.7
ns.6.6.7.7           3600 IN A 192.0.2.53
i                    3600 IN DNAME 4.4.ienum.example.net.
`

// Standards section 5.4.
func TestFixture(t *testing.T) {
	got, st, err := zoneText(t, fixture, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `zone 4.4.e164.arpa. 3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300
zone 4.4.e164.arpa. 3600 IN NS ns1.nic.example.
rename i.4.4.e164.arpa. 3600 IN DNAME 4.4.ienum.example.net.
number 3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
number 4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 300 IN TXT "not in service"
wildcard 1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .
number 5.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .
delegation 6.6.7.7.4.4.e164.arpa. 3600 IN NS ns.6.6.7.7.4.4.e164.arpa.
glue ns.6.6.7.7.4.4.e164.arpa. 3600 IN A 192.0.2.53
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if st.Records != 9 || st.Entries != 6 || len(st.Findings) != 0 || st.End {
		t.Errorf("stats %+v", st)
	}
}
