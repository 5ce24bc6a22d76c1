package guard

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// answer is an answer of the cases of enumservice.
type answer struct {
	code   string
	line   int
	apex   e164.Apex
	qname  string
	plan   bool
	sample bool
	set    []naptr.Record
	rrs    []dns.RR
}

// ruleAnswers reads the records with a fault of enumservice/testdata/rules.txt, where the format is told, as
// answers to queries for their numbers.
func ruleAnswers(t testing.TB) (list []answer) {
	text, err := os.ReadFile("../enumservice/testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	var a *answer
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case line == "" || line[0] == '#' || line[0] == '+':
		case line[0] == '-':
			a.add(t, line[2:])
		default:
			code, options, _ := strings.Cut(line, " ")
			options, _, _ = strings.Cut(options, "|")
			list = append(list, answer{code: code, line: i + 1})
			a = &list[len(list)-1]
			a.configure(t, options)
		}
	}
	return list
}

func (a *answer) configure(t testing.TB, options string) {
	zone, digits := "e164.arpa", "441632960083"
	for option := range strings.FieldsSeq(options) {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "private":
			zone = "e164.example"
		case "apex":
			n, _ := strconv.Atoi(value)
			zone = strings.Repeat(strings.Repeat("a", 29)+".", n/30) + strings.Repeat("b", n%30)
			zone = strings.Trim(zone, ".")
			if n == len("e164.arpa") {
				zone = "e164.arpa"
			}
		case "number":
			digits = strings.TrimPrefix(value, "+")
		case "dialplan":
			a.plan = true
		case "sample":
			a.sample = true
		}
	}
	var err error
	if a.apex, err = e164.ParseApex(zone); err != nil {
		t.Fatal(err)
	}
	a.ask(digits)
}

func (a *answer) ask(digits string) {
	var b strings.Builder
	for _, digit := range slices.Backward([]byte(digits)) {
		b.WriteByte(digit)
		b.WriteByte('.')
	}
	a.qname = b.String() + a.apex.String()
}

func (a *answer) add(t testing.TB, text string) {
	head, rest, quoted := strings.Cut(text, `"`)
	if !quoted {
		a.ask(text)
		a.put(naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:alice@example.com!"}, 3600)
		return
	}
	fields := strings.Split(rest, `"`)
	ranks, times := strings.Fields(head), 1
	if after, ok := strings.CutPrefix(head, "*"); ok {
		ranks = strings.Fields(after)
		times, _ = strconv.Atoi(ranks[0])
		ranks = ranks[1:]
	}
	ttl := 3600
	if len(ranks) == 3 {
		ttl, _ = strconv.Atoi(ranks[0])
		ranks = ranks[1:]
	}
	order, _ := strconv.Atoi(ranks[0])
	preference, _ := strconv.Atoi(ranks[1])
	for i := range times {
		a.put(naptr.Record{
			Order: uint16(order), Preference: uint16(preference + i), Flags: octets(fields[0]), Services: octets(fields[2]),
			Regexp: octets(fields[4]), Replacement: wireName(strings.TrimSpace(fields[5])),
		}, uint32(ttl))
	}
}

func (a *answer) put(r naptr.Record, ttl uint32) {
	a.set = append(a.set, r)
	a.rrs = append(a.rrs, rr.To(dns.RR_Header{Name: a.qname, Class: dns.ClassINET, Ttl: ttl}, r))
}

// octets undoes <XX>.
func octets(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '<' && i+3 < len(s) && s[i+3] == '>' && strings.ToUpper(s[i:i+4]) == s[i:i+4] {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func wireName(s string) string {
	if s == "." || strings.Contains(s, "<") {
		return octets(strings.TrimPrefix(s, "."))
	}
	var b []byte
	for label := range strings.SplitSeq(s, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return string(b)
}

func (a *answer) message() (r, m *dns.Msg) {
	r = new(dns.Msg).SetQuestion(a.qname, dns.TypeNAPTR)
	m = new(dns.Msg).SetReply(r)
	m.Answer = a.rrs
	return r, m
}

func (a *answer) judge(p Policy) Verdict {
	p.DialPlan = a.plan
	r, m := a.message()
	return New(a.apex, p).Judge(r, m)
}

func tells(v Verdict, code string) bool {
	return slices.ContainsFunc(v.Counts, func(c Count) bool { return c.Rule == code })
}

// unreached says which rules no response reaches.
var unreached = map[string]string{
	"W01": "a field over 255 octets is no NAPTR record on the wire: malformed",
	"W02": "a replacement that is no name is none either: malformed",
	"R33": "of a block: an answer is for one number",
	"I03": "of a block: an answer is for one number",
}

// A response reaches every rule in every mode, and only to enforce is it changed. What is made an error is
// not let through, and what has an automatic repair is mended.
func TestCatalogue(t *testing.T) {
	told := map[Mode]map[string]bool{Observe: {}, Annotate: {}, Enforce: {}}
	stopped, mended := map[string]bool{}, map[string]bool{}
	for _, a := range ruleAnswers(t) {
		if unreached[a.code] != "" || a.sample {
			if v := a.judge(Policy{Mode: Enforce}); a.code[0] == 'W' && (!tells(v, RuleMalformed) || v.Action < Withheld) {
				t.Errorf("line %d: %s: %s %v, want malformed records withheld", a.line, a.code, v.Action, v.Counts)
			}
			continue
		}
		for mode := range told {
			_, m := a.message()
			v := a.judge(Policy{Mode: mode})
			if !tells(v, a.code) {
				t.Errorf("line %d: mode %d does not tell %s, but %v", a.line, mode, a.code, v.Counts)
				continue
			}
			told[mode][a.code] = true
			if mode == Enforce {
				continue
			}
			v = a.judge(Policy{Mode: mode, Rules: map[string]enumservice.Severity{a.code: enumservice.Error}})
			if v.Action != Told || !slices.Equal(v.Msg.Answer, m.Answer) {
				t.Errorf("line %d: mode %d: %s", a.line, mode, v.Action)
			}
			if (mode == Annotate) != strings.Contains(v.EDE.Text, a.code) {
				t.Errorf("line %d: mode %d: EDE %q", a.line, mode, v.EDE.Text)
			}
		}
		finding, _ := enumservice.Get(a.code)
		named := Policy{Mode: Enforce, Rules: map[string]enumservice.Severity{a.code: enumservice.Error}}
		v := a.judge(named)
		if a.others() {
			if len(v.Msg.Answer) < len(a.rrs) {
				t.Errorf("line %d: %s: a record of another application is gone", a.line, a.code)
			}
			stopped[a.code] = stopped[a.code] || a.code == otherApplication
		} else if v.Action < Withheld || a.still(v) {
			t.Errorf("line %d: %s is an error, and the answer is %s: %v", a.line, a.code, v.Action, v.Msg.Answer)
		} else {
			stopped[a.code] = true
		}
		if !finding.Repair.Automatic() {
			continue
		}
		if finding.Repair == enumservice.Drop { // nothing is dropped that is all there is
			a.put(naptr.Record{Order: a.set[0].Order, Preference: 999, Flags: "u", Services: "E2U+xmpp", Regexp: "!^.*$!xmpp:alice@example.com!"}, 3600)
		}
		v = a.judge(Policy{Mode: Enforce, Repair: true})
		switch want := New(a.apex, Policy{DialPlan: a.plan}).checker.Repair(e164Number(a), a.set); {
		case a.still(v) && !stillIn(a, want):
			t.Errorf("line %d: %s is not mended but %s: %v", a.line, a.code, v.Action, v.Msg.Answer)
		case v.Action == Repaired, v.Action == Withheld && len(v.Msg.Answer) > 0: // of several services, one may be in order
			mended[a.code] = true
		}
	}
	for f := range enumservice.Findings() {
		if f.Code[0] == 'D' || unreached[f.Code] != "" {
			continue
		}
		for mode := range told {
			if !told[mode][f.Code] {
				t.Errorf("no answer has %s told in mode %d", f.Code, mode)
			}
		}
		if !stopped[f.Code] {
			t.Errorf("no answer is stopped for %s", f.Code)
		}
		if f.Repair.Automatic() && !mended[f.Code] {
			t.Errorf("no answer is mended for %s", f.Code)
		}
	}
}

// others reports whether what the rule finds are records of other applications, which stay.
func (a *answer) others() bool {
	checker := New(a.apex, Policy{DialPlan: a.plan}).checker
	found := checker.AppendSet(nil, e164Number(*a), a.set)
	return slices.ContainsFunc(found, func(f enumservice.SetFinding) bool {
		return f.Code == a.code && f.Record >= 0 && apart(a.set[f.Record]) && slices.ContainsFunc(found, func(o enumservice.SetFinding) bool {
			return o.Code == otherApplication && o.Record == f.Record
		})
	})
}

func e164Number(a answer) e164.Number {
	name, _ := a.apex.Parse(a.qname)
	if name.IsNumber() {
		return name.Number
	}
	return 0
}

// still reports whether the rule finds something in the records that are sent.
func (a *answer) still(v Verdict) bool {
	var set []naptr.Record
	var ttls []uint32
	for _, record := range v.Msg.Answer {
		if record, ok := record.(*dns.NAPTR); ok {
			r, _ := rr.From(record)
			set = append(set, r)
			ttls = append(ttls, record.Hdr.Ttl)
		}
	}
	return len(set) > 0 && stillIn(*a, set, ttls...)
}

func stillIn(a answer, set []naptr.Record, ttls ...uint32) bool {
	checker := New(a.apex, Policy{DialPlan: a.plan}).checker
	found := checker.AppendTTL(checker.AppendSet(nil, e164Number(a), set), set, ttls...)
	return slices.ContainsFunc(found, func(f enumservice.SetFinding) bool { return f.Code == a.code })
}
