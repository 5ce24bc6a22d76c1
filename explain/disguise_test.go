package explain

import (
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// hiding hides all mailboxes behind one alias.
func hiding(alias string) Hides {
	return func(e164.Name, e164.Number) *Disguise { return &Disguise{Local: alias, TTL: 60} }
}

// Where the server hides mailboxes, what it sends is told apart from what it hides, and nothing else is held for hidden.
func TestDisguise(t *testing.T) {
	const alias = "a-ut347nillemurxad"
	record := func(regexp string) backend.Entry {
		return backend.Entry{Name: digits(t, "442012"), TTL: 3600, Records: imRecord(regexp)}
	}
	for _, c := range []struct {
		name, regexp         string
		form                 backend.Form
		sent, hidden, silent string
		ttl                  uint32
	}{
		{"a mailbox", "!^.*$!im:alice@example.com!", backend.Plain, "!^.*$!im:" + alias + "@example.com!", "!^.*$!im:alice@example.com!", "", 60},
		{"stored", `!^\+44(.*)$!im:\1@example.com!`, backend.Stored, "!^.*$!im:" + alias + "@example.com!", "!^.*$!im:2012@example.com!", "", 60},
		{"none", "!^.*$!sip:alice@example.com!", backend.Plain, "!^.*$!sip:alice@example.com!", "", "", 3600},
		{"none, stored", `!^\+44(.*)$!sip:\1@example.com!`, backend.Stored, `!^\+44(.*)$!sip:\1@example.com!`, "", "", 3600},
		{"of another number", `!^\+49(.*)$!im:\1@example.com!`, backend.Stored, "", "", `!^\+49(.*)$!im:\1@example.com!`, 3600},
		{"nothing to put an alias into", "!^.*$!im:alice!", backend.Plain, "", "!^.*$!im:alice!", "", 3600},
	} {
		q := Question{
			Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442012"), Form: &c.form,
			Hides: hiding(alias),
		}
		r, err := Of(t.Context(), tableOf(t, backend.Plain, record(c.regexp)), q)
		if err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string]struct {
			list []string
			want string
		}{
			"sent": {regexps(r.Records), c.sent}, "hidden": {regexps(r.Hidden), c.hidden}, "silent": {regexps(r.Silent), c.silent},
		} {
			if len(got.list) > 1 || len(got.list) == 1 && got.list[0] != got.want || len(got.list) == 0 && got.want != "" {
				t.Errorf("%s: %s is %q, want %q", c.name, what, got.list, got.want)
			}
		}
		if r.TTL != c.ttl {
			t.Errorf("%s: TTL %d, want %d", c.name, r.TTL, c.ttl)
		}
	}
}

// Of several mailboxes in one domain one is sent, and twins have the alias.
func TestDisguisedSet(t *testing.T) {
	e := backend.Entry{Name: digits(t, "442012"), Records: append(imRecord("!^.*$!im:alice@example.com!"), imRecord("!^.*$!im:bob@example.com!")...)}
	q := Question{
		Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442012"), Twins: []im.Protocol{im.SIP},
		Hides: hiding("a-ut347nillemurxad"),
	}
	r, err := Answer(t.Context(), tableOf(t, backend.Plain, e), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Records) != 2 || len(r.Hidden) != 2 || r.Records[1].Regexp != "!^.*$!sip:a-ut347nillemurxad@example.com!" {
		t.Errorf("sent %q, hidden %q", regexps(r.Records), regexps(r.Hidden))
	}
	if len(r.Hops) != 1 || r.Hops[0].Steps != nil || r.Hops[0].Traced {
		t.Errorf("Answer explains: %+v", r.Hops)
	}
}

// regexps lists the regexps of records.
func regexps(records []naptr.Record) (list []string) {
	for _, r := range records {
		list = append(list, r.Regexp)
	}
	return list
}
