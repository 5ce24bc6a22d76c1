package master

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// Whatever the text, Parse ends, an error is one that names the place, and what is delivered can be
// served: ascending names, RDATA that unpacks, sane TTLs.
func FuzzMaster(f *testing.F) {
	f.Add(fixture)
	f.Add(frame + "1 NAPTR ( 100 10 ; c\n u E2U+im \"!^(.*)$!im:\\\\1@example.com!\" . )\r\n; $END\n")
	f.Add(frame + "1 NS ns.1\nns.1 A 192.0.2.1\n1 DS 1 13 2 abcd\n2 DNAME 3\n3 CNAME 4\n*.5 TYPE65280 \\# 2 abcd\n")
	f.Add(frame + "$GENERATE 1-3/2 ${1,2,n} TXT \"$\"\n$INCLUDE x\n$ORIGIN a\n$TTL 1w\n")
	f.Add(strings.ReplaceAll(fixture, "IN", ""))
	f.Add("\xef\xbb\xbf@ SOA a. b. 1 2 3 4 5\n")
	f.Fuzz(func(t *testing.T, src string) {
		if strings.Contains(strings.ToUpper(src), "$GENERATE") && len(src) > 400 {
			return // a million records are legal and take their time
		}
		last := e164.Name{}
		n := 0
		zone, apex, st, err := Parse([]byte(src), Options{Origin: "1.e164.arpa.", Generate: strings.Count(src, "000") == 0}, func(e *backend.Entry, line int) error {
			n++
			name := e.Name
			if e.Kind == backend.Wildcard {
				name = name.Wildcard()
			}
			if n > 1 && (name.Number < last.Number || name == last) {
				t.Fatalf("%v after %v", name, last)
			}
			last = name
			if line < 1 || e.TTL > maxTTL || len(e.Records)+len(e.Sets) == 0 {
				t.Fatalf("line %d, entry %+v", line, e)
			}
			for _, r := range e.Records {
				if _, err := rr.NameFromWire(r.Replacement); err != nil || len(r.Flags) > 255 || len(r.Services) > 255 || len(r.Regexp) > 255 {
					t.Fatalf("record %+v: %v", r, err)
				}
			}
			for _, s := range e.Sets {
				checkSet(t, s)
			}
			for _, h := range e.Glue {
				for _, s := range h.Sets {
					checkSet(t, s)
				}
			}
			return nil
		})
		if err != nil {
			var list *source.Errors
			if !errors.As(err, &list) || zone != nil || slices.ContainsFunc(list.List, func(e *source.Error) bool { return e.Line < 1 }) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if apex.String() == "" || n != st.Entries || zone == nil || len(zone.SOA.Data) != 1 {
			t.Fatalf("apex %v, %d entries, %+v", apex, n, st)
		}
		checkSet(t, zone.SOA)
		for _, s := range zone.Sets {
			checkSet(t, s)
		}
	})
}

func checkSet(t *testing.T, s backend.RRset) {
	t.Helper()
	if s.TTL > maxTTL || len(s.Data) == 0 {
		t.Fatalf("set %+v", s)
	}
	for _, d := range s.Data {
		if _, err := rr.Unpack("example.", s.TTL, s.Type, d); err != nil {
			t.Fatalf("%s %q: %v", rr.TypeText(s.Type), d, err)
		}
	}
}
