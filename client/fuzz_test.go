package client

import (
	"slices"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// No record may stop an emulator, and each keeps its books: a verdict for each record, a target only
// from a record that is used, and every record used or told why not.
func FuzzDial(f *testing.F) {
	for _, s := range generate(60, 1) {
		for _, r := range s.Records {
			f.Add(r.Order, r.Flags, r.Services, r.Regexp, r.Replacement)
		}
	}
	f.Fuzz(func(t *testing.T, order uint16, flags, services, regexp, replacement string) {
		if len(flags) > 255 || len(services) > 255 || len(regexp) > 255 || len(replacement) > 255 {
			return // cannot be on the wire
		}
		odd := naptr.Record{
			Order: order, Preference: order, Flags: flags, Services: services, Regexp: regexp, Replacement: replacement,
		}
		for p := range Profiles() {
			for _, records := range [][]naptr.Record{{odd}, {plain, odd}, {odd, with(odd, rank(5, 5)), desk}} {
				o := p.Dial(Query{Number: e164.MustParse("+441632960083"), Records: records})
				if len(o.Verdicts) != len(records) {
					t.Fatalf("%s: %d verdicts on %d records", p.ID, len(o.Verdicts), len(records))
				}
				for i, v := range o.Verdicts {
					if v.Used == (v.Why != "") {
						t.Fatalf("%s: verdict on record %d of %+v: %+v", p.ID, i, records, v)
					}
				}
				for _, target := range o.Targets {
					if !o.Verdicts[target.Record].Used {
						t.Fatalf("%s: target from record %d of %+v, which is not used", p.ID, target.Record, records)
					}
				}
				if again := p.Dial(Query{Number: e164.MustParse("+441632960083"), Records: records}); !slices.Equal(again.Targets, o.Targets) {
					t.Fatalf("%s: another outcome the second time", p.ID)
				}
			}
		}
	})
}
