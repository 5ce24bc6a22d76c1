package powerdns

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

const soa = "ns1.example.net hostmaster.example.net 7 10800 3600 604800 600"

// r returns a row of the zone 1, e164.arpa; "" for NULL.
func r(name, typ, content string, ttl ...string) Row {
	row := Row{ID: []byte("5"), Domain: []byte("1"), Name: []byte(strings.TrimPrefix(name+".e164.arpa", ".")), Content: []byte(content)}
	if typ != "" {
		row.Type = []byte(typ)
	}
	if len(ttl) > 0 {
		row.TTL = []byte(ttl[0])
	}
	return row
}

func sip(user string) string { return `100 10 "u" "E2U+sip" "!^.*$!sip:` + user + `@example.com!" .` }

func all(rows []Row) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// tree reads rows behind those of the apex, and returns the entries by kind and name.
func tree(t *testing.T, domains []Domain, rows ...Row) (map[string]backend.Entry, *Tree) {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(apex, 0, append([]Domain{{ID: "1", Name: "e164.arpa", SOA: 1}}, domains...))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]backend.Entry{}
	rows = append([]Row{r("", "SOA", soa, "3600"), r("", "NS", "ns1.example.net", "3600")}, rows...)
	for e, err := range tr.Entries(all(rows)) {
		if err != nil {
			t.Fatal(err)
		}
		e.Records, e.Sets = slices.Clone(e.Records), cloned(e.Sets)
		key := string(apex.AppendName(nil, e.Name))
		if e.Kind == backend.Wildcard {
			key = "*." + key
		}
		if _, twice := entries[key]; twice {
			t.Errorf("%s comes twice", key)
		}
		entries[key] = e
	}
	return entries, tr
}

func found(tr *Tree, rule string) (n int) {
	for _, f := range tr.Findings() {
		if f.Rule == rule {
			n += f.Count
		}
	}
	return n
}

// TestRowSaysItsRecordAlone: whatever a row has as its content, it makes one record of its own name, or its name is an
// error. It brings no other name, and takes none away.
func TestRowSaysItsRecordAlone(t *testing.T) {
	contents := []string{
		"", " ", "\n", ".", "@", `"`, `""`, `"\`, `\`, `\#`, `\# 4 0a000001`, `\# 0`, `\# 65536 00`, "(", ")", "()", ";", "$INCLUDE /etc/passwd", "$ORIGIN example.com.",
		"192.0.2.1\n9.9.4.4 60 IN A 192.0.2.2", "192.0.2.1 ; comment", "192.0.2.1 (\n)", "192.0.2.1\r\n$TTL 1", "192.0.2.1\x00", "ns.example.net\n@ IN NS evil.example.net",
		sip("a") + "\n" + sip("b"), sip("a") + " ; x", sip("a") + ` "x"`, strings.Replace(sip("a"), "sip:", "sip:\n", 1), strings.Replace(sip("a"), "sip:", "sip:;()", 1),
		`100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!"`, `100 10 "u" "E2U+sip" "` + strings.Repeat("x", 300) + `" .`, `100 10 u E2U+sip x .`,
		`-1 10 "u" "E2U+sip" "" .`, `1e3 10 "u" "E2U+sip" "" .`, strings.Repeat("a.", 200), strings.Repeat("x", 70000), strings.Repeat(`"x" `, 30000), "\xff\xfe", `"\256"`, `"\25"`,
		"a..b", ".a", "a\\", "10 mail.example.com", "'; DROP TABLE records; --",
	}
	for _, typ := range []string{"NAPTR", "A", "AAAA", "NS", "CNAME", "DNAME", "TXT", "MX", "SRV", "URI", "SOA", "DS", "PTR", "TYPE65400", "LUA", "ALIAS", "OPT", "AXFR", "ANY", "nonsense", "TYPE0", "RRSIG", "HTTPS", "", "N\nS", "A 192.0.2.1\n9.4 A"} {
		for _, content := range contents {
			for _, at := range []string{"1.4.4", "x.1.4.4", "*.1.4.4"} {
				entries, tr := tree(t, nil, r("0.4.4", "NAPTR", sip("canary")), r(at, typ, content), r("2.4.4", "NAPTR", sip("canary")))
				names := []string{"0.4.4.e164.arpa.", at + ".e164.arpa.", "2.4.4.e164.arpa."}
				for name, e := range entries {
					if !slices.Contains(names, name) {
						t.Errorf("%s %q at %s makes %s", typ, content, at, name)
					}
					records := len(e.Records)
					for _, s := range e.Sets {
						records += len(s.Data)
					}
					if records > 1 && typ != "ALIAS" || e.Broken && records > 0 {
						t.Errorf("%s %q at %s makes %d records, broken %t", typ, content, at, records, e.Broken)
					}
				}
				for _, name := range []string{names[0], names[2]} {
					if e, ok := entries[name]; !ok || e.Broken || len(e.Records) != 1 {
						t.Errorf("%s %q at %s costs %s", typ, content, at, name)
					}
				}
				if _, ok := entries[names[1]]; !ok && len(tr.Findings()) == 0 {
					t.Errorf("%s %q at %s is left out without a word", typ, content, at)
				}
				for _, f := range tr.Findings() {
					if strings.ContainsAny(f.Text, "\n\x00") || strings.Contains(f.Text, "example.com") || strings.Contains(f.Text, "1.4.4") {
						t.Errorf("a finding tells the data: %q", f.Text)
					}
				}
			}
		}
	}
}

// TestUnreadable: a row that cannot be read makes an error of its name, with all that stands there, and with what lies
// below where that may be elsewhere.
func TestUnreadable(t *testing.T) {
	entries, tr := tree(t, nil,
		r("1.1", "NAPTR", sip("good")), r("1.1", "NAPTR", "garbage"),
		r("2.1", "NAPTR", sip("ttl"), "-5"), r("3.1", "NS", "a..b"), r("*.4.1", "TXT", `"`), r("x.5.1", "A", "1.2.3"),
		r("6.1", "CNAME", "a.example.com"), r("6.1", "CNAME", "b.example.com"), r("7.1", "CNAME", "a.example.com"), r("7.1", "NAPTR", sip("beside")),
		r("1.3", "TYPE2", "a..b"), r("2.3", "TYPE39", "a..b"), r("3.3", "type46", "x"),
		r("8.1", "NAPTR", sip("good")), r("8.1", "TXT", "any ; text", "60"), r("9.1", "LUA", `NAPTR "x"`), r("0.1", "ALIAS", "example.com"), r("0.1", "NAPTR", sip("good")),
	)
	for name, kind := range map[string]backend.EntryKind{
		"1.1": backend.Number, "2.1": backend.Number, "3.1": backend.Delegation, "*.4.1": backend.Wildcard, "x.5.1": backend.Number, "6.1": backend.Number,
		"7.1": backend.Number, "9.1": backend.Number, "1.3": backend.Delegation, "2.3": backend.Delegation,
	} {
		if e := entries[name+".e164.arpa."]; !e.Broken || e.Kind != kind || len(e.Records)+len(e.Sets) > 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := entries["8.1.e164.arpa."]; e.Broken || len(e.Records) != 1 || len(e.Sets) != 1 {
		t.Errorf("a name without fault: %+v", e)
	}
	if e := entries["0.1.e164.arpa."]; e.Broken || len(e.Records) != 1 || len(e.Sets) != 2 {
		t.Errorf("beside ALIAS: %+v", e)
	} else if _, err := rr.Unpack("x.", 0, e.Sets[0].Type, e.Sets[0].Data[0]); err == nil {
		t.Error("what PowerDNS computes can be answered")
	}
	if found(tr, RuleRow) != 9 || found(tr, RuleType) != 2 || found(tr, RuleSigned) != 1 {
		t.Errorf("findings: %v", tr.Findings())
	}
}

// TestNoZone: without one SOA record at the apex there is no tree, and so no denial.
func TestNoZone(t *testing.T) {
	apex, _ := e164.ParseApex("e164.arpa")
	for _, domains := range [][]Domain{
		nil, {{ID: "1", Name: "example.com", SOA: 1}}, {{ID: "1", Name: "e164.arpa"}}, {{ID: "1", Name: "e164.arpa", SOA: 2}}, {{ID: "1", Name: "4.e164.arpa", SOA: 1}},
	} {
		if _, err := New(apex, 0, domains); !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("%v: %v", domains, err)
		}
	}
	for _, content := range []string{"", "garbage", "ns1.example.net"} {
		tr, err := New(apex, 0, []Domain{{ID: "1", Name: "e164.arpa", SOA: 1}})
		if err != nil {
			t.Fatal(err)
		}
		for _, err = range tr.Entries(all([]Row{r("", "SOA", content), r("1", "NAPTR", sip("a"))})) {
		}
		if !errors.Is(err, backend.ErrInvalidData) || tr.Zone() != nil {
			t.Errorf("SOA %q: %v", content, err)
		}
	}
}

// TestZonesBelow: a zone below the apex is read from its own rows; one without SOA is an error for all of its names.
func TestZonesBelow(t *testing.T) {
	child := func(row Row, id string) Row {
		row.Domain = []byte(id)
		return row
	}
	entries, tr := tree(t, []Domain{{ID: "2", Name: "1.7.e164.arpa", SOA: 1}, {ID: "3", Name: "2.7.E164.arpa", SOA: 0}},
		r("1.7", "NS", "ns1.example.net"), r("1.7", "DS", "1 8 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD"),
		child(r("1.7", "SOA", soa), "2"), child(r("1.7", "NS", "ns2.example.net"), "2"),
		r("3.1.7", "NAPTR", sip("hidden")), child(r("4.1.7", "NAPTR", sip("child")), "2"), r("1.2.7", "NAPTR", sip("hidden")), child(r("9.7", "NAPTR", sip("astray")), "2"),
	)
	if got := tr.Domains(); !slices.Equal(slices.Sorted(slices.Values(got)), []string{"1", "2"}) {
		t.Errorf("the rows of %v are read", got)
	}
	if e := entries["1.7.e164.arpa."]; e.Kind != backend.Number || len(e.Sets) != 3 || e.Broken {
		t.Errorf("the apex of the zone below: %+v", e)
	}
	if e := entries["2.7.e164.arpa."]; e.Kind != backend.Delegation || !e.Broken {
		t.Errorf("the zone without SOA: %+v", e)
	}
	if len(entries) != 3 || len(entries["4.1.7.e164.arpa."].Records) != 1 {
		t.Errorf("entries: %v", entries)
	}
	if found(tr, RuleNoSOA) != 1 {
		t.Errorf("findings: %v", tr.Findings())
	}
}

// TestGlue: the addresses of name servers come with their delegations, wherever in the zone they stand.
func TestGlue(t *testing.T) {
	entries, _ := tree(t, nil, r("7.4", "NS", "ns.7.4.e164.arpa"), r("7.4", "NS", "ns.9.e164.arpa."), r("7.4", "NS", "ns.example.com"),
		r("ns.7.4", "A", "192.0.2.1"), r("ns.9", "AAAA", "2001:db8::1"), r("ns.9", "A", "192.0.2.2"))
	e := entries["7.4.e164.arpa."]
	if e.Kind != backend.Delegation || len(e.Glue) != 2 || len(e.Glue[0].Sets) != 1 || len(e.Glue[1].Sets) != 2 {
		t.Errorf("%+v", e)
	}
}

// TestRecords: what stands in rows is read as PowerDNS reads it.
func TestRecords(t *testing.T) {
	prio := r("1", "SRV", "5 5060 sip.example.com")
	prio.Prio = []byte("10")
	entries, tr := tree(t, nil, prio,
		r("2", "NAPTR", `100 20 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .`, "300"), r("2", "NAPTR", sip("first"), "60"), r("2", "NAPTR", sip("first"), "60"),
		r("3", "", ""), r("4", "NAPTR", sip("default")), r("5", "NAPTR", `10 10 "" "" "" next.example.com`), r("6", "rrsig", "x"),
		r("7", "SOA", soa), r("7", "NAPTR", sip("x")),
	)
	if e := entries["1.e164.arpa."]; len(e.Sets) != 1 || e.Sets[0].Data[0] != "\x00\x0a\x00\x05\x13\xc4\x03sip\x07example\x03com\x00" {
		t.Errorf("SRV: %+v", e)
	}
	e := entries["2.e164.arpa."]
	if len(e.Records) != 2 || e.TTL != 60 || e.Records[0].Preference != 10 || e.Records[1].Regexp != `!^\+(.*)$!im:\1@example.com!` {
		t.Errorf("NAPTR: %+v", e)
	}
	for _, name := range []string{"3", "6"} {
		if e, ok := entries[name+".e164.arpa."]; !ok || e.Broken || len(e.Records)+len(e.Sets) > 0 {
			t.Errorf("%s, which is there without records: %+v", name, e)
		}
	}
	if e := entries["4.e164.arpa."]; e.TTL != 3600 {
		t.Errorf("a TTL that is NULL: %d", e.TTL)
	}
	if e := entries["5.e164.arpa."]; len(e.Records) != 1 || e.Records[0].Replacement != "\x04next\x07example\x03com\x00" {
		t.Errorf("replacement: %+v", e)
	}
	if e := entries["7.e164.arpa."]; len(e.Records) != 1 || len(e.Sets) != 0 {
		t.Errorf("beside a SOA that stands astray: %+v", e)
	}
	zone := tr.Zone()
	if zone == nil || zone.Serial != 7 || !zone.Explicit || zone.SOA.TTL != 3600 || len(zone.Sets) != 1 {
		t.Errorf("frame: %+v", zone)
	}
	if found(tr, RuleTTL) == 0 || found(tr, RuleSigned) != 1 || found(tr, RuleSOA) != 1 {
		t.Errorf("findings: %v", tr.Findings())
	}
}

// TestNaptrOf: the quick reader of NAPTR records and the slow one say the same.
func TestNaptrOf(t *testing.T) {
	for _, content := range []string{
		sip("a"), `1 2 "" "" "" .`, `65535 0 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .`, `1 2 "s" "x" "" a.b.example.com`, `1 2 "s" "x" "" a.b.example.com.`,
		`1 2 "u" "E2U+sip" "\"\065;()" .`, `1  2 "u" "E2U+sip" "" .`, `65536 2 "u" "E2U+sip" "" .`, `1 2 "u" "E2U+sip" "\300" .`, `1 2 "u" "E2U+sip" "a"b" .`, `1 2 u "E2U+sip" "" .`,
		`1 2 "u" "E2U+sip" "" ..`, `1 2 "u" "E2U+sip" "" "x"`, `1 2 "u" "E2U+sip" ""`, "1 2 \"u\" \"E2U+sip\" \"\xff\xfe\" .", fmt.Sprintf(`1 2 "u" "E2U+sip" "%s" .`, strings.Repeat("x", 256)),
	} {
		quick, ok := naptrOf(content)
		if !ok {
			continue
		}
		_, data, err := parse("NAPTR", content)
		if err != nil || decode(data) != quick {
			t.Errorf("%q: %+v, and slowly %v", content, quick, err)
		}
	}
	if _, ok := naptrOf(sip("a")); !ok {
		t.Error("the usual is not read quickly")
	}
}
