package explain

import (
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
)

// Twins are told of where the server sends them: behind the records, for what is not signed.
func TestTwins(t *testing.T) {
	e := backend.Entry{Name: digits(t, "442012"), Records: imRecord("!^.*$!im:n@example.com!")}
	ask := func(e backend.Entry, twins ...im.Protocol) *Report {
		q := Question{Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442012"), Twins: twins}
		r, err := Of(t.Context(), tableOf(t, backend.Plain, e), q)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := ask(e, im.SIP, im.XMPP)
	if len(r.Records) != 3 || r.Added != 2 || r.Records[1].Regexp != "!^.*$!sip:n@example.com!" || r.Records[2].Services != "E2U+xmpp" {
		t.Errorf("%d added: %+v", r.Added, r.Records)
	}
	if r := ask(e); len(r.Records) != 1 || r.Added != 0 {
		t.Errorf("nobody asked for them: %+v", r.Records)
	}
	rrsig := func(covered string) backend.RRset {
		return backend.RRset{Type: typeRRSIG, TTL: 60, Data: []string{covered + "\x0d\x02\x00\x00\x00\x3c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00xxx"}}
	}
	e.Sets = []backend.RRset{rrsig("\x00\x23")}
	if r := ask(e, im.SIP); r.Added != 0 {
		t.Errorf("added to a signed RRset: %+v", r.Records)
	}
	e.Sets = []backend.RRset{rrsig("\x00\x10")}
	if r := ask(e, im.SIP); r.Added != 1 {
		t.Errorf("a signature of TXT records keeps twins away: %+v", r.Records)
	}
}
