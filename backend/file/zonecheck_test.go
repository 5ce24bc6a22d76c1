package file

import (
	"path/filepath"
	"testing"

	"github.com/enumim/enumim/backend"
)

// A zone is served as it stands, but a record that no client can use is told: BIND refuses the whole
// answer for one such.
func TestZoneRecordsThatNobodyCanUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	write(t, path, `$ORIGIN e164.arpa.
$TTL 60
@ SOA ns1 hm 1 7200 900 1209600 300
  NS ns1
1 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.net" .
2 NAPTR 100 10 "u" "E2U+sip" "!^+44(.*)$!sip:\\1@example.net!" .
3 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:\\1@example.net!" .
4 NAPTR 100 10 "u" "E2U+sip" "!^\\+9(.*)$!sip:\\1@example.net!" .
5 NAPTR 100 10 "u" "E2U+sip" "!^\\+9(.*)$!sip:\\1@example.net!" .
6 NAPTR 100 10 "u" "E2U+sip" "!^\\+6(.*)$!sip:\\1@example.net!" .
7 NAPTR 100 10 "s" "SIP+D2U" "" _sip._udp.example.net.
*.8 NAPTR 100 10 "u" "E2U+sip" "!^\\+8(.*)$!sip:\\1@example.net!" .
`)
	_, r := setup(t, apex, []string{path})
	got := map[string]int{}
	for _, e := range r.take() {
		if e.Kind == backend.Finding && e.Rule[0] == 'R' {
			got[e.Rule] = e.Count
		}
	}
	want := map[string]int{"R03": 1, "R13": 1, "R08": 1, "R18": 2}
	for rule, n := range want {
		if got[rule] != n {
			t.Errorf("%s: told of %d records, want %d", rule, got[rule], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
}
