package enumservice

import (
	"slices"
	"testing"

	"github.com/enumim/enumim/naptr"
)

// The names of clients are what users write.
func TestClients(t *testing.T) {
	seen := map[string]bool{}
	for c := range clients {
		name := c.String()
		if got, ok := ParseClient(name); !ok || got != c || name == "" || seen[name] {
			t.Errorf("client %d is %q, which is client %d", c, name, got)
		}
		seen[name] = true
	}
	if clients.String() != "" {
		t.Error("a name for no client")
	}
	if _, ok := ParseClient("Kamailio"); ok {
		t.Error("names are in lower case")
	}
	set := ClientsOf(Yate, Kamailio, Yate)
	if got := slices.Collect(set.All()); !slices.Equal(got, []Client{Kamailio, Yate}) {
		t.Errorf("the set holds %v", got)
	}
	if !set.Has(Yate) || set.Has(Asterisk) || set&^AllClients != 0 {
		t.Errorf("set %b", set)
	}
	for range AllClients.All() {
		break
	}
	if n := len(slices.Collect(AllClients.All())); n != int(clients) {
		t.Errorf("%d clients in the set of all", n)
	}
}

// A rule that hurts a client only beyond what it takes does not name it before that.
func TestAcquitted(t *testing.T) {
	for _, c := range []struct {
		regexp, code string
		client       Client
		hurt         bool
	}{
		{`!^.*$!sip:alice@example.com!i`, "R05", BIND, false},
		{`!^.*$!sip:alice@example.com!ii`, "R05", BIND, false},
		{`!^.*$!sip:alice@example.com!I`, "R05", BIND, true},
		{`!^.*$!sip:alice@example.com!iI`, "R05", BIND, true},
		{`1^.*$1sip:alice@example.com1`, "R02", BIND, true},
		{`+^.*$+sip:alice@example.com+`, "R35", BIND, false},
		{`I^.*$Isip:alice@example.comI`, "R35", Asterisk, false},
		{`!^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.).*$!sip:alice@example.com!`, "R27", Asterisk, false},
		{`!^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.).*$!sip:alice@example.com!`, "R27", Asterisk, true},
		{`!^.*(!sip:alice@example.com!`, "R31", BIND, true},
	} {
		told := false
		for _, f := range (Checker{}).Append(nil, number, naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: c.regexp}) {
			if f.Code == c.code {
				told = true
				if f.Clients.Has(c.client) != c.hurt {
					t.Errorf("%s: %s hurts %s: %v", c.regexp, f.Code, c.client, !c.hurt)
				}
			}
		}
		if !told {
			t.Errorf("%s: no %s", c.regexp, c.code)
		}
	}
}

// Where a reserved character would be another when it is encoded, no repair is promised.
func TestReservedStays(t *testing.T) {
	for _, c := range []struct {
		regexp, code string
		want         Repair
	}{
		{`!^.*$!sip:o'hara@example.com!`, "R20", Rewrite},
		{`!^.*$!https://example.com/?q='x!`, "R20", ByPolicy},
		{`!^ ?.*$!https://example.com/!`, "R20", Rewrite},
		{`!^.*$!sip:a\!b@example.com!`, "R04", Rewrite},
		{`!^.*$!https://example.com/\!a!`, "R04", ByPolicy},
		{`/^.*$/https:\/\/example.com\/a/`, "R01", Rewrite},
		{`#^.*$#https://example.com/!a#`, "R01", ByPolicy},
		{`#^(.*)$#https://example.com/!\1#`, "R11", ByPolicy},
		{`#^(.*)$#xmpp:a!\1@example.com#`, "R11", Expand},
	} {
		told := false
		for _, f := range (Checker{}).Append(nil, number, naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+x-a", Regexp: c.regexp}) {
			if f.Code == c.code {
				told = true
				if f.Repair != c.want {
					t.Errorf("%s: repair of %s: %s, want %s", c.regexp, f.Code, f.Repair, c.want)
				}
			}
		}
		if !told {
			t.Errorf("%s: no %s", c.regexp, c.code)
		}
	}
}
