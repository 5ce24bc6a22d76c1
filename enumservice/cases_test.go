package enumservice

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// ruleCase is a case of testdata/rules.txt.
type ruleCase struct {
	code      string
	line      int
	bad, good side
}

// side is what a case says of records with a fault, or without.
type side struct {
	Checker
	number e164.Number
	digits string // instead of records
	set    []naptr.Record
	ttls   []uint32
	text   []string // as written
	words  string   // of options
}

// found returns all that is found, by all functions that look for it.
func (s *side) found() []SetFinding {
	if s.digits != "" {
		var found []SetFinding
		for _, f := range s.AppendNumber(nil, s.digits) {
			found = append(found, SetFinding{f, -1})
		}
		return found
	}
	return s.AppendTTL(s.AppendSet(nil, s.number, s.set), s.set, s.ttls...)
}

func (s *side) has(code string) bool {
	return slices.ContainsFunc(s.found(), func(f SetFinding) bool { return f.Code == code })
}

func (s *side) configure(t *testing.T, words string) {
	s.words = strings.TrimSpace(words)
	for w := range strings.FieldsSeq(words) {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "private":
			s.Private = true
		case "dialplan":
			s.DialPlan = true
		case "sample":
			s.Sample = true
		case "apex":
			s.Apex, _ = strconv.Atoi(value)
		case "number":
			s.number = e164.MustParse(value)
		default:
			t.Fatalf("option %q", w)
		}
	}
}

func (s *side) add(t *testing.T, text string) {
	s.text = append(s.text, text)
	head, rest, quoted := strings.Cut(text, `"`)
	if !quoted {
		s.digits = text
		return
	}
	fields := strings.Split(rest, `"`)
	ranks, times := strings.Fields(head), 1
	if after, ok := strings.CutPrefix(head, "*"); ok {
		ranks = strings.Fields(after)[1:]
		times, _ = strconv.Atoi(strings.Fields(after)[0])
	}
	if len(fields) != 6 || len(ranks) < 2 {
		t.Fatalf("record %q", text)
	}
	if len(ranks) == 3 {
		ttl, _ := strconv.ParseUint(ranks[0], 10, 32)
		s.ttls = append(s.ttls, uint32(ttl))
		ranks = ranks[1:]
	}
	order, _ := strconv.ParseUint(ranks[0], 10, 16)
	preference, _ := strconv.ParseUint(ranks[1], 10, 16)
	for i := range times {
		s.set = append(s.set, naptr.Record{
			Order: uint16(order), Preference: uint16(preference) + uint16(i),
			Flags: octets(fields[0]), Services: octets(fields[2]), Regexp: octets(fields[4]),
			Replacement: wireName(strings.TrimSpace(fields[5])),
		})
	}
}

// octets undoes <XX>.
func octets(s string) string {
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

func ruleCases(t *testing.T) (list []ruleCase) {
	text, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case line == "", line[0] == '#':
		case line[0] == '-' && len(line) > 1:
			list[len(list)-1].bad.add(t, line[2:])
		case line[0] == '+':
			list[len(list)-1].good.add(t, line[2:])
		default:
			code, words, _ := strings.Cut(line, " ")
			both, after, apart := strings.Cut(words, "|")
			c := ruleCase{code: code, line: i + 1}
			c.bad.number, c.good.number = number, number
			c.bad.configure(t, both)
			if !apart {
				after = both
			}
			c.good.configure(t, after)
			list = append(list, c)
		}
	}
	return list
}

// Every rule finds its faults, and not their mended twins.
func TestRuleCases(t *testing.T) {
	list := ruleCases(t)
	if len(list) < 600 {
		t.Errorf("%d cases", len(list))
	}
	reached := map[string]int{}
	for _, c := range list {
		t.Run(c.code+" line "+strconv.Itoa(c.line), func(t *testing.T) {
			reached[c.code]++
			if !c.bad.has(c.code) {
				t.Errorf("%s is not found, but %v: %q", c.code, setCodes(c.bad.found()), c.bad.text)
			}
			if c.good.has(c.code) {
				t.Errorf("%s is found in %q", c.code, c.good.text)
			}
		})
	}
	for f := range Findings() {
		if reached[f.Code] == 0 && f.Code[0] != 'D' {
			t.Errorf("no case for %s", f.Code)
		}
	}
}

// The change that mends a case is the smallest: the twin has no other fault that the bad one has not.
func TestRuleTwins(t *testing.T) {
	for _, c := range ruleCases(t) {
		bad := setCodes(c.bad.found())
		for _, f := range c.good.found() {
			if f.Severity == Error && !slices.Contains(bad, f.Code) {
				t.Errorf("line %d: the twin of %s has %s: %q", c.line, c.code, f.Code, c.good.text)
			}
		}
	}
}

func setCodes(found []SetFinding) (list []string) {
	for _, f := range found {
		list = append(list, f.Code)
	}
	return list
}

// What has an automatic repair is gone after Repair, and nothing else changes.
func TestRuleRepairs(t *testing.T) {
	for _, c := range ruleCases(t) {
		for _, s := range []side{c.bad, c.good} {
			if s.digits != "" {
				continue
			}
			if err := checkRepair(s.Checker, s.number, s.set); err != nil {
				t.Errorf("line %d, %s: %v", c.line, c.code, err)
			}
		}
	}
}
