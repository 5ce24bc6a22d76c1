package file

import (
	"maps"
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

// What is wrong beside the expression, or in a literal URI, is told as well, also between many records in order.
func TestZoneRecordsWithOtherFaults(t *testing.T) {
	good := ` NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a.b@example.com!" .
`
	path := filepath.Join(t.TempDir(), "zone")
	write(t, path, `$ORIGIN e164.arpa.
$TTL 60
@ SOA ns1 hm 1 7200 900 1209600 300
  NS ns1
1`+good+`2`+good+`1.3 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a@@example.com!" .
2.3 NAPTR 100 10 "u" "E2U+im" "!^.*$!foo!" .
3.3 NAPTR 100 10 "u" "E2U+sip" "!^.*$!im:a@example.com!" .
3.3.3 NAPTR 100 10 "u" "E2U+sip" "!^.*$!im:a@example.com!" .
4.3 NAPTR 100 10 "u" "BLA+sip" "!^.*$!im:a@example.com!" .
5.3 NAPTR 100 10 "q" "E2U+im" "!^.*$!im:a@example.com!" .
6.3 NAPTR 100 10 "u" "E2U+im" "" .
7.3 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a@example.com!" example.com.
8.3 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a b@example.com!" .
9.3 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:@example.com!" .
4`+good+`5 NAPTR 100 10 "s" "SIP+D2U" "" _sip._udp.example.net.
6 NAPTR 100 10 "" "" "" 1.e164.arpa.
7 NAPTR 100 10 "u" "E2U+voice:tel" "!^.*$!tel:+7!" .
`)
	_, r := setup(t, apex, []string{path})
	got := map[string]int{}
	for _, e := range r.take() {
		if e.Kind == backend.Finding {
			got[e.Rule] += e.Count
		}
	}
	want := map[string]int{"U10": 1, "U01": 1, "S06": 2, "S21": 1, "F05": 1, "F04": 1, "F03": 1, "U02": 1, "I12": 1}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A type that must not leave its private network may stand in the zone of one.
func TestZoneRecordsOfPrivateNetworks(t *testing.T) {
	for zone, want := range map[string]int{"e164.arpa.": 1, "e164.example.com.": 0} {
		path := filepath.Join(t.TempDir(), "zone")
		write(t, path, "$ORIGIN "+zone+`
$TTL 60
@ SOA ns1 hm 1 7200 900 1209600 300
  NS ns1.example.net.
1 NAPTR 100 10 "u" "E2U+P-desk" "!^.*$!sip:a@example.com!" .
`)
		_, r := setup(t, zone, []string{path})
		if got := r.count(backend.Finding); got != want {
			t.Errorf("%s: %d findings, want %d", zone, got, want)
		}
	}
}
