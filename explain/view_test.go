package explain

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// What programs and pages are told is what the report says, and a sentence says what the records cannot.
func TestView(t *testing.T) {
	b := tableOf(t, backend.Plain,
		backend.Entry{Name: digits(t, "442012"), TTL: 60, Records: append(imRecord("!^.*$!im:n@example.com!"), imRecord(`!^\+49(.*)$!im:\1@example.com!`)...)},
		backend.Entry{Name: digits(t, "442013")},
		backend.Entry{Name: digits(t, "442014"), Records: imRecord(`!^\+49(.*)$!im:\1@example.com!`)},
		backend.Entry{Name: digits(t, "442015"), Sets: []backend.RRset{nameSet(t, typeCNAME, "number.example.net.")}},
		backend.Entry{Kind: backend.Block, Name: digits(t, "45"), Min: 4, Max: 6, Records: imRecord("!^.*$!im:b@example.com!")},
		backend.Entry{Kind: backend.Delegation, Name: digits(t, "46"), Sets: []backend.RRset{nameSet(t, 2, "ns.example.net.")}},
	)
	for _, c := range []struct {
		number, result, sentence, entry string
		passed                          bool
		sent, silent                    int
	}{
		{"+442012", "found", "", "number +442012", false, 1, 1},
		{"+442013", "nodata", "exists and has no records", "number +442013", false, 0, 0},
		{"+442014", "nodata", "None of the records says anything", "number +442014", false, 0, 1},
		{"+442015", "alias", "is an alias of number.example.net.", "number +442015", false, 0, 0},
		{"+44201", "nodata", "longer numbers do", "", false, 0, 0},
		{"+4512", "found", "", "block +45x{2,4}", false, 1, 0},
		{"+461", "referral", "is delegated", "delegation +46", false, 0, 0},
		{"+47", "nxdomain", "does not exist: NXDOMAIN", "", false, 0, 0},
		{"+47", "fallthrough", "the next plugin answers", "", true, 0, 0},
	} {
		r := of(t, b, c.number)
		v := ViewOf(r.Question, r.Records, nil, nil)
		r.View(&v, c.passed, nil)
		sentence := r.Sentence(c.passed)
		if v.Number != c.number || v.Result != c.result || !strings.Contains(sentence, c.sentence) || (sentence == "") != (c.sentence == "") || len(v.Records) != c.sent || len(v.Silent) != c.silent {
			t.Errorf("%s: %q, %+v", c.number, sentence, v)
		}
		if i := slices.IndexFunc(v.Entries, func(e EntryView) bool { return e.Wins }); (i >= 0) != (c.entry != "") || i >= 0 && v.Entries[i].Entry != c.entry {
			t.Errorf("%s: entries %+v, want %s", c.number, v.Entries, c.entry)
		}
	}
	r := of(t, b, "+442012")
	v := ViewOf(r.Question, nil, nil, nil)
	r.View(&v, false, &Guarded{Failed: true, Kept: r.Records})
	if v.Result != "servfail" || len(v.Kept) != 1 {
		t.Errorf("%+v", v)
	}
	if text, err := json.Marshal(v); err != nil || !strings.Contains(string(text), `"records":[]`) {
		t.Errorf("who reads JSON gets a list of no records: %s, %v", text, err)
	}
}

// A record is one line of a zone file, whatever is in it.
func TestRecordViewIsOneLine(t *testing.T) {
	v := ViewRecords([]naptr.Record{{Order: 1, Preference: 2, Flags: "u", Services: "E2U+im", Regexp: "!a\"\n\xff\\1!", Replacement: "\x01x"}})[0]
	if got, want := v.String(), `1 2 "u" "E2U+im" "!a\"\010\255\\1!" ?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Why a client dials nothing is told for each record, and a resolver is none that should.
func TestClientView(t *testing.T) {
	q := Question{Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442012")}
	records := imRecord("!^.*$!im:n@example.com!")
	for id, want := range map[enumservice.Client]func(ClientView) bool{
		enumservice.Strict: func(c ClientView) bool { return len(c.Targets) == 1 && c.Refusal() == "" && !c.Relays() },
		enumservice.Kamailio: func(c ClientView) bool {
			return len(c.Targets) == 0 && strings.HasPrefix(c.Refusal(), "1: ") && !c.Relays()
		},
		enumservice.BIND: func(c ClientView) bool { return c.Relays() },
	} {
		service := map[enumservice.Client]string{enumservice.Strict: "im"}[id]
		c := ViewClient(Dial(q, records, service, []*client.Profile{client.Lookup(id)})[0])
		if c.Client != id.String() || !want(c) {
			t.Errorf("%+v", c)
		}
	}
}
