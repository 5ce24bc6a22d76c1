package ldap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

const far = "dc1.example.com/dc=example,dc=com"

// TestParse: what the Corefile says is understood.
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		host  string
		lines []string
		hosts string
		base  string
	}{
		{far, nil, "dc1.example.com:636", "dc=example,dc=com"},
		{"dc1.example.com,DC2.example.com:3269/dc=example,dc=com", nil, "dc1.example.com:636 dc2.example.com:3269", "dc=example,dc=com"},
		{"dc1.example.com dc2.example.com/dc=example,dc=com", nil, "dc1.example.com:636 dc2.example.com:636", "dc=example,dc=com"},
		{"dc1.example.com", []string{"base ou=people,dc=example,dc=com"}, "dc1.example.com:636", "ou=people,dc=example,dc=com"},
		{"127.0.0.1/dc=example,dc=com", nil, "127.0.0.1:389", "dc=example,dc=com"},
		{"127.0.0.1/dc=example,dc=com", []string{"tls on"}, "127.0.0.1:636", "dc=example,dc=com"},
		{far, []string{"tls off"}, "dc1.example.com:389", "dc=example,dc=com"},
		{far, []string{"starttls"}, "dc1.example.com:389", "dc=example,dc=com"},
		{"127.0.0.1/dc=example,dc=com", []string{"starttls"}, "127.0.0.1:389", "dc=example,dc=com"},
		{"[::1]:1389/dc=example,dc=com", nil, "[::1]:1389", "dc=example,dc=com"},
	} {
		o, err := parse(t, tt.host, tt.lines...)
		if err != nil {
			t.Errorf("%s %q: %v", tt.host, tt.lines, err)
			continue
		}
		if got := strings.Join(o.hosts, " "); got != tt.hosts || o.base != tt.base {
			t.Errorf("%s %q: hosts %s, base %s", tt.host, tt.lines, got, o.base)
		}
		if starttls := len(tt.lines) > 0 && tt.lines[0] == "starttls"; starttls != o.startTLS || starttls && !o.Secure() {
			t.Errorf("%s %q: StartTLS %t, TLS %t", tt.host, tt.lines, o.startTLS, o.Secure())
		}
	}
	o, err := parse(t, far, "stale 2m")
	must(t, err)
	if 2*o.refresh > o.Stale {
		t.Errorf("refresh %v with stale %v", o.refresh, o.Stale)
	}
}

// TestParseErrors: what is wrong in the Corefile is told with its place, before anything is connected to.
func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		host, lines, want string
	}{
		{"", "", "Corefile:1: no directory given"},
		{"ldaps://dc1.example.com/dc=x", "", "Corefile:1: a URL is no address"},
		{"dc1.example.com", "", "Corefile:1: no base"},
		{"dc1.example.com/ou=our people,dc=example,dc=com", "", "Corefile:1: the base stands behind the last of the hosts; where it has blanks, put that in quotes"},
		{"dc1.example.com/dc=example dc2.example.com", "", "Corefile:1: the base stands behind the last of the hosts"},
		{"dc1.example.com/people", "", "Corefile:1: expected the DN of a base"},
		{"dc1:x/dc=example", "", "Corefile:1: this is no address"},
		{"dc1,dc1/dc=example", "", "Corefile:1: dc1 is given twice"},
		{far, "base dc=x", "Corefile:2: base: the base stands behind the hosts already"},
		{far, "filter (cn=x", "Corefile:2: filter: expected a filter"},
		{far, "user cn=x", "Corefile:1: user and password go together"},
		{far, "password file:x", "Corefile:1: user and password go together"},
		{far, "user cn=x;password hunter2", "Corefile:3: password: a Corefile holds no secrets"},
		{far, "number", "Corefile:2: number: expected the names of attributes, got none"},
		{far, "number a=b", "Corefile:2: number: expected the names of attributes"},
		{far, "uri im:alice@example.com", "Corefile:2: uri: a URI without an attribute in braces"},
		{far, "uri tel:+{number}", "Corefile:2: uri: the scheme does not tell the Enumservice"},
		{far, "uri E2U tel:+{number}", "Corefile:2: uri: "},
		{far, "country 0", "Corefile:2: country: expected the calling code"},
		{far, "country 4930", "Corefile:2: country: expected the calling code"},
		{far, "trunk 0", "Corefile:2: trunk: give the option country, too"},
		{far, "national 9", "Corefile:2: national: give the option country, too"},
		{far, "country 47;trunk none", "Corefile:2: country: with trunk none, say with national"},
		{far, "country 47;national 3", "Corefile:3: national: expected how many digits"},
		{far, "international", "Corefile:2: international: expected"},
		{far, "shared maybe", "Corefile:2: shared: expected skip or union"},
		{far, "refresh 1s", "Corefile:2: refresh: expected a duration from 10s to 24h0m0s"},
		{far, "refresh 1h", "Corefile:1: stale 1h0m0s is less than two times refresh"},
		{far, "starttls;tls off", "Corefile:2: starttls: the option tls says that TLS is off"},
		{far, "mode store", "Corefile:1: mode store: a directory is always mirrored"},
		{far, "shared skip;shared skip", "Corefile:3: shared: given twice"},
		{far, "scope sub", `Corefile:2: unknown option "scope"; known: base, `},
	} {
		var lines []string
		if tt.lines != "" {
			lines = strings.Split(tt.lines, ";")
		}
		if _, err := parse(t, tt.host, lines...); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s %q: %v\nwant %s", tt.host, tt.lines, err, tt.want)
		}
	}
}

// TestKey: configurations that mean the same share one backend, and no others.
func TestKey(t *testing.T) {
	key := func(lines ...string) string {
		o, err := parse(t, "dc1.example.com,dc2.example.com/dc=example,dc=com", lines...)
		must(t, err)
		return o.Key()
	}
	if key() != key("refresh 5m", "number telephoneNumber ipPhone mobile", "uri im:{mail}", "uri sip:{msRTCSIP-PrimaryUserAddress}", "shared skip") {
		t.Error("defaults that are written out make another key")
	}
	seen := map[string]string{}
	for _, line := range []string{
		"shared skip", "shared union", "refresh 1m", "number mobile", "uri im:{mail}", "uri im:{uid}@example.com", "filter (cn=*)", "country 44", "country 49",
		"international 011", "starttls", "stale 2h",
	} {
		k := key(line)
		if other, twice := seen[k]; twice {
			t.Errorf("%q and %q share a key", line, other)
		}
		seen[k] = line
	}
}

// TestWhatIsServed: of a person with this and that, what can be served is, and the rest is counted.
func TestWhatIsServed(t *testing.T) {
	k := startKit(t)
	k.put("alice", "telephoneNumber: +44 1632 960001", "mobile: +44 7700 900001", "ipPhone: 4711", "mail: alice@example.com", "mail: a.archer@example.com", "jabberID: alice@jabber.example.com")
	k.put("nobody", "mail: nobody@example.com")
	k.put("silent", "telephoneNumber: +44 1632 960002")
	k.put("ext", "telephoneNumber: +44 1632 960003 x12", "mail: ext@example.com")
	k.put("words", "telephoneNumber: ask Bob", "mail: words@example.com")
	k.put("zero", "telephoneNumber: +39 (0)6 69821", "mail: zero@example.com")
	k.put("evil", "telephoneNumber: +44 1632 960004", "mail: evil@example.com?x=y")
	switchboard := []string{"mail: switchboard@example.com"}
	for i := range 18 {
		switchboard = append(switchboard, fmt.Sprintf("mobile: +44 7700 9001%02d", i))
	}
	k.put("switchboard", switchboard...)
	k.put("desk1", "telephoneNumber: +44 1632 960005", "mail: desk1@example.com")
	k.put("desk2", "telephoneNumber: +44 1632 960005", "mail: desk2@example.com")
	k.put("twice1", "telephoneNumber: +44 1632 960006", "mail: twice@example.com")
	k.put("twice2", "telephoneNumber: +44 1632 960006", "mail: twice@example.com")
	options := []string{"uri im:{mail}", "uri xmpp:{jabberID}"}
	m := open(t, k.addr+"/dc=example,dc=com", options...).loaded(t)
	both := open(t, k.addr+"/dc=example,dc=com", append(options, "shared union")...).loaded(t)
	alice := "im im:alice@example.com, im im:a.archer@example.com, xmpp xmpp:alice@jabber.example.com"
	for number, want := range map[string]string{
		"+441632960001": alice, "+447700900001": alice, "+441632960002": "absent", "+441632960003": "absent", "+390669821": "absent",
		"+441632960004": "absent", "+441632960005": "absent", "+441632960006": "im im:twice@example.com",
	} {
		if got := m.uris(number); got != want {
			t.Errorf("%s leads to %s, want %s", number, got, want)
		}
	}
	if got := both.uris("+441632960005"); got != "im im:desk1@example.com, im im:desk2@example.com" {
		t.Errorf("a shared number leads to %s", got)
	}
	want := map[string]int{
		ruleNoNumber: 1, ruleNoURI: 2, ruleURI: 1, ruleExtension: 1, ruleLocal: 1, ruleNumber: 1, ruleTrunk: 1, ruleShared: 1, ruleMany: 2,
	}
	eventually(t, "all findings are told", func() bool { return len(m.findings()) == len(want) })
	for rule, n := range m.findings() {
		if want[rule] != n || ruleTexts[rule] == "" {
			t.Errorf("rule %s is counted %d times, want %d", rule, n, want[rule])
		}
	}
	if text := m.recorder.String(); strings.Contains(text, "1632") || strings.Contains(text, "alice") {
		t.Errorf("an event tells who: %s", text)
	}
	if _, e := m.count(backend.Loaded); e.Entries != 3+16 {
		t.Errorf("%d numbers", e.Entries)
	}
}
