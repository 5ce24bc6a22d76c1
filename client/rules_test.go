package client

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// ruleCase is a pair of sets of records from the cases of package enumservice: one that has a fault,
// and one that lacks it.
type ruleCase struct {
	code      string
	line      int
	number    e164.Number
	bad, good []naptr.Record
}

// ruleCases reads ../enumservice/testdata/rules.txt, which says how it is written.
func ruleCases(t *testing.T) (list []ruleCase) {
	text, err := os.ReadFile("../enumservice/testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text)+moreCases, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "- "), strings.HasPrefix(line, "+ "):
			c := &list[len(list)-1]
			if line[0] == '-' {
				c.bad = append(c.bad, ruleRecords(t, line[2:])...)
			} else {
				c.good = append(c.good, ruleRecords(t, line[2:])...)
			}
		default:
			code, options, _ := strings.Cut(line, " ")
			c := ruleCase{code: code, line: i + 1, number: e164.MustParse("+441632960083")}
			for word := range strings.FieldsSeq(options) {
				if digits, ok := strings.CutPrefix(word, "number="); ok {
					c.number = e164.MustParse(digits)
				}
			}
			list = append(list, c)
		}
	}
	return slices.DeleteFunc(list, func(c ruleCase) bool { return c.bad == nil || c.good == nil })
}

func ruleRecords(t *testing.T, text string) (records []naptr.Record) {
	head, rest, quoted := strings.Cut(text, `"`)
	if !quoted {
		return nil // digits
	}
	ranks, fields, times := strings.Fields(head), strings.Split(rest, `"`), 1
	if n, ok := strings.CutPrefix(ranks[0], "*"); ok {
		times, _ = strconv.Atoi(n)
		ranks = ranks[1:]
	}
	ranks = ranks[len(ranks)-2:] // behind a TTL
	order, err := strconv.Atoi(ranks[0])
	preference, err2 := strconv.Atoi(ranks[1])
	if err != nil || err2 != nil || len(fields) != 6 {
		t.Fatalf("record %q", text)
	}
	for i := range times {
		records = append(records, naptr.Record{
			Order: uint16(order), Preference: uint16(preference + i), Flags: ruleOctets(fields[0]),
			Services: ruleOctets(fields[2]), Regexp: ruleOctets(fields[4]), Replacement: ruleName(strings.TrimSpace(fields[5])),
		})
	}
	return records
}

// ruleOctets undoes <XX>.
func ruleOctets(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '<' && i+3 < len(s) && s[i+3] == '>' {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil && strings.ToUpper(s[i:i+4]) == s[i:i+4] {
				b = append(b, byte(v))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func ruleName(s string) string {
	if s == "." || strings.Contains(s, "<") {
		return ruleOctets(strings.TrimPrefix(s, "."))
	}
	var b []byte
	for label := range strings.SplitSeq(s, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return string(b)
}

// harmed reports whether a client makes something else of the set with the fault than of its twin, or
// whether only the faulty one depends on the order of the message.
func harmed(p *Profile, c ruleCase) bool {
	services := []string{""}
	for _, r := range slices.Concat(c.bad, c.good) {
		list, _ := enumservice.ParseServices(nil, r.Services)
		for _, s := range list {
			services = append(services, s.String())
		}
	}
	bad, good := tries(p, c.number, services, c.bad), tries(p, c.number, services, c.good)
	return !slices.Equal(bad, good) ||
		!slices.Equal(bad, tries(p, c.number, services, reversed(c.bad))) &&
			slices.Equal(good, tries(p, c.number, services, reversed(c.good)))
}

func reversed(records []naptr.Record) []naptr.Record {
	records = slices.Clone(records)
	slices.Reverse(records)
	return records
}

// tries is what a client tries when it looks for these services; of BIND, which of the records it
// lets through.
func tries(p *Profile, number e164.Number, services []string, records []naptr.Record) (list []string) {
	for _, service := range services {
		o := p.Dial(Query{Number: number, Service: service, Records: records, Size: size(number, records)})
		if p.ID == enumservice.BIND {
			return []string{o.Failed}
		}
		for _, target := range o.Targets {
			uri := service + " " + target.URI
			if target.Parallel {
				uri += " at once"
			}
			list = append(list, uri)
		}
	}
	return list
}

// size is the length of a response with these records alone.
func size(number e164.Number, records []naptr.Record) int {
	n := 12 + 2*number.Len() + len("\x04e164\x04arpa\x00") + 4
	for _, r := range records {
		n += 12 + 4 + 3 + len(r.Flags) + len(r.Services) + len(r.Regexp) + max(1, len(r.Replacement))
	}
	return n
}

// moreCases show harm to clients that the cases of package enumservice do not reach, since these
// clients look for sip alone.
const moreCases = `
F01
- 100 10 "s" "E2U+sip" "!^.*$!sip:desk@example.com!" .
- 100 20 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .
+ 100 20 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .

F12
- 100 10 "" "E2U+sip" "!^.*$!sip:desk@example.com!" next.example.com.
- 100 20 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .
+ 100 10 "" "" "" next.example.com.
+ 100 20 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .

F13
- 100 10 "" "E2U+sip" "" .
+ 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .

R22
- 100 10 "u" "E2U+sip" "!^(<C3><A9>|.*)$!sip:alice@example.com!" .
+ 100 10 "u" "E2U+sip" "!^(x|.*)$!sip:alice@example.com!" .

R23
- 100 10 "u" "E2U+sip" "!.!a:!" .
+ 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .

U01
- 100 10 "u" "E2U+sip" "!^.*$!alice@example.com!" .
+ 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .

U07
- 100 10 "u" "E2U+sip" "!^.*$!javascript:alert(1)!" .
+ 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .

U17
- 100 10 "u" "E2U+tel" "!^.*$!tel:960083!" .
+ 100 10 "u" "E2U+tel" "!^.*$!tel:+441632960083!" .

U18
- 100 10 "u" "E2U+tel" "!^.*$!tel:+44x!" .
+ 100 10 "u" "E2U+tel" "!^.*$!tel:+441632960083!" .

U24
- 100 10 "u" "E2U+tel" "!^.*$!tel:+4416329600834416!" .
+ 100 10 "u" "E2U+tel" "!^.*$!tel:+441632960083!" .
`

// beyond are the findings that say nothing about what a client makes of records once it has them.
var beyond = map[string]string{
	"D": "tells of entries that are not served, or of what stands at another name",
	"N": "tells of numbers",
	"T": "tells of times to live, which no emulator sees",
	"W": "tells of records that cannot be sent",
}

// untold are accusations that no pair of sets can show with the emulators, and why.
var untold = map[string]string{
	"O05 ribbon": "its documents do not say whether records for other services count",
	"U17 yate":   "tel is off unless its configuration says otherwise",
	"U18 yate":   "tel is off unless its configuration says otherwise",
	"U24 yate":   "tel is off unless its configuration says otherwise",
	"Z02 oracle": "it fails at 512 octets, with the twins of these cases, too",
	"Z05 yate":   "the length of a name is not part of a case",
	"Z07 yate":   "it fails at 2048 octets, with the twins of these cases, too",
}

// A rule says which clients its fault hurts. None is accused without a pair of sets of records that
// shows it, of which only one has the fault.
func TestRulesAccuseRightly(t *testing.T) {
	shown := map[string]bool{}
	cases := map[string]int{}
	stale := maps.Clone(untold)
	for _, c := range ruleCases(t) {
		cases[c.code]++
		for p := range Profiles() {
			if harmed(p, c) {
				shown[c.code+" "+p.ID.String()] = true
			}
		}
	}
	for f := range enumservice.Findings() {
		if beyond[f.Code[:1]] != "" {
			continue
		}
		if cases[f.Code] == 0 {
			t.Errorf("no case for %s", f.Code)
		}
		for client := range f.Clients.All() {
			accusation := f.Code + " " + client.String()
			if Lookup(client) != nil && !shown[accusation] && untold[accusation] == "" {
				t.Errorf("%s: none of %d cases shows harm", accusation, cases[f.Code])
			}
			if !shown[accusation] {
				delete(stale, accusation)
			}
		}
	}
	for accusation := range stale {
		t.Errorf("%s is shown, or no accusation: it needs no excuse", accusation)
	}
}

// Records in the plainest form mean the same to all: the URI of the first is tried first.
func TestCleanRecords(t *testing.T) {
	uris := []string{
		"sip:info@example.com", "sip:+441632960083@example.com;user=phone", "sip:a.b-c_d@sip.example.org:5070",
		"sip:desk@example.net;transport=tcp", "sip:x%21y@example.com", "sip:example.com",
	}
	for _, number := range generatedNumbers {
		for i := range uris {
			q := Query{Number: number, Service: "sip"}
			for k := range 1 + i%3 {
				q.Records = append(q.Records, naptr.Record{
					Order: 100, Preference: uint16(10 + 10*k), Flags: "u", Services: "E2U+sip",
					Regexp: "!^.*$!" + uris[(i+k)%len(uris)] + "!",
				})
			}
			for p := range Profiles() {
				o := p.Dial(q)
				if p.ID == enumservice.BIND {
					if o.Failed != "" {
						t.Errorf("%s refuses %q: %s", p.ID, q.Records[0].Regexp, o.Failed)
					}
					continue
				}
				if len(o.Targets) == 0 || o.Failed != "" || o.Targets[0].Record != 0 ||
					!strings.HasSuffix(o.Targets[0].URI, strings.TrimPrefix(uris[i], "sip:")) {
					t.Errorf("%s makes of %+v: %+v", p.ID, q.Records, o)
				}
			}
		}
	}
}
