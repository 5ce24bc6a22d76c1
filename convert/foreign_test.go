package convert

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// foreign returns entries as they come from zones of others: any octets, wildcards, aliases, records of any
// type at any name.
func foreign(tb testing.TB, seed uint64, n int) ([]backend.Entry, *backend.Zone) {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 5))
	octets := func(most int) string {
		b := make([]byte, r.IntN(most))
		for i := range b {
			switch r.IntN(8) {
			case 0:
				b[i] = byte(r.IntN(256))
			case 1:
				b[i] = "\"\\;()@$ \t=+-!'{}\x00\n\r,"[r.IntN(20)]
			default:
				b[i] = ' ' + byte(r.IntN(95))
			}
		}
		return string(b)
	}
	label := func() string {
		s := octets(9) + "x"
		if r.IntN(2) == 0 {
			s = []string{"ns", "_im", "$x", "=cmd", "@", "-a", "+1", "a.b", "é", "_sip"}[r.IntN(10)]
		}
		return notation.Lower(string(rune(len(s))) + s)
	}
	record := func() naptr.Record {
		rec := naptr.Record{Order: uint16(r.IntN(65536)), Preference: uint16(r.IntN(65536)), Flags: octets(4), Services: octets(20), Regexp: octets(200)}
		switch r.IntN(4) {
		case 0:
			rec.Flags, rec.Services, rec.Regexp = "u", "E2U+im", "!^.*$!im:"+octets(30)+"!"
		case 1:
			rec.Flags, rec.Services, rec.Regexp = []string{"u", "U", ""}[r.IntN(3)], []string{"E2U+sip", ""}[r.IntN(2)], "!^.*$!sip:user@example.com!"
		case 2:
			rec.Regexp, rec.Replacement = "", label()+label()+"\x07example\x00"
		}
		return rec
	}
	rdata := func(typ uint16) string {
		switch typ {
		case rr.TypeA:
			return string([]byte{192, 0, 2, byte(r.IntN(256))})
		case rr.TypeTXT:
			s := octets(200)
			return string([]byte{byte(len(s))}) + s
		case rr.TypeNS, rr.TypeCNAME, rr.TypeDNAME, rr.TypePTR:
			return label() + "\x07example\x03org\x00"
		case rr.TypeDS:
			return "\x30\x39\x0d\x02" + strings.Repeat(string(rune('a'+r.IntN(26))), 32)
		case rr.TypeURI:
			return fmt.Sprintf("\x00\x01\x00\x02sip:%d;a=b,c@example.com", r.IntN(1000)) // miekg/dns reads no other octets back
		}
		return octets(30) + "z"
	}
	set := func(typ uint16, n int) backend.RRset {
		s := backend.RRset{Type: typ, TTL: uint32(r.IntN(1 << 31))}
		for range n {
			one := rdata(typ)
			for _, have := range s.Data {
				if have == one {
					one = ""
				}
			}
			if one != "" {
				s.Data = append(s.Data, one)
			}
		}
		return s
	}
	entries := []backend.Entry{}
	for i := range n {
		// Every entry has digits of its own, none below another's.
		number := e164.MustParse(fmt.Sprintf("+%d", 100000+i))
		e := backend.Entry{Name: e164.Name{Number: number}}
		if r.IntN(4) == 0 {
			e.Name.Labels = label()
			if r.IntN(3) == 0 {
				e.Name.Labels += label()
			}
		}
		switch r.IntN(8) {
		case 0:
			e.Kind = backend.Wildcard
		case 1:
			e.Kind, e.Sets = backend.Delegation, []backend.RRset{set(rr.TypeNS, 2), set(rr.TypeDS, 1)}
			if e.Name.IsWildcard() {
				e.Name.Labels = ""
			}
			entries = append(entries, e)
			continue
		case 2:
			e.Kind, e.Sets = backend.Rename, []backend.RRset{set(rr.TypeDNAME, 1)}
			if e.Name.IsWildcard() {
				e.Name.Labels = ""
			}
		case 3:
			e.Sets = []backend.RRset{set(rr.TypeCNAME, 1)}
			entries = append(entries, e)
			continue
		}
		e.TTL = uint32(r.IntN(1 << 31))
		for range r.IntN(4) {
			e.Records = append(e.Records, record())
		}
		for _, typ := range []uint16{rr.TypeTXT, rr.TypeURI, rr.TypeA, 65280} {
			if r.IntN(4) == 0 {
				e.Sets = append(e.Sets, set(typ, 1+r.IntN(2)))
			}
		}
		if len(e.Records)+len(e.Sets) == 0 {
			e.Sets = append(e.Sets, set(rr.TypePTR, 1))
		}
		if e.Name.IsWildcard() && e.Kind == backend.Number {
			e.Kind, e.Name = backend.Wildcard, e.Name.Parent()
		}
		entries = append(entries, e)
	}
	zone, _, err := (&Options{NameServers: []string{"ns1.example.net"}, Serial: 77}).newZone(mustApex("e164.arpa"), 3600)
	if err != nil {
		tb.Fatal(err)
	}
	zone.Sets = append(zone.Sets, set(rr.TypeTXT, 2))
	return entries, zone
}

// What a zone may hold comes back from CSV and JSON lines, whatever its octets are.
func TestForeignRoundTrip(t *testing.T) {
	entries, zone := foreign(t, 3, 3000)
	o := Options{Apex: mustApex("e164.arpa")}
	l := &loading{o: o, ctx: context.Background(), table: table.New(table.Options{}), zone: zone, apex: o.Apex, ttl: 3600}
	b := l.table.Builder()
	for i := range entries {
		if err := b.Add(&entries[i], uint32(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Publish(false); err != nil {
		t.Fatal(err)
	}
	want, wantShown := walked(t, l.table, false)
	texts := map[Format]string{}
	for _, to := range formats[1:] {
		var out bytes.Buffer
		l.o.To = to
		if err := l.write(context.Background(), l.tree(), &out); err != nil {
			t.Fatal(to, err)
		}
		texts[to] = out.String()
	}
	for _, from := range formats[1:] {
		for _, to := range formats[1:] {
			o := o
			o.From, o.To = from, to
			text := turn(t, texts[from], o)
			got, gotShown := meaning(t, text, to, o)
			same(t, fmt.Sprintf("%s to %s", from, to), got, gotShown, want, wantShown)
			// The frame, too.
			if text != texts[to] {
				t.Errorf("%s to %s: the text differs from what was written at first", from, to)
			}
		}
	}
	// And no cell but a number begins as a formula does.
	rows, err := csv.NewReader(strings.NewReader(texts[CSV])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for col, cell := range row {
			if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 && columnNames[col] != "number" {
				t.Errorf("a spreadsheet takes this for a formula: %q", cell)
			}
		}
	}
}
