package test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// ruleCase is one side of a case of enumservice/testdata/rules.txt, whose head tells how it is written:
// records that have the fault of a rule, or their mended twins.
type ruleCase struct {
	code, line   string
	bad          bool
	digits, apex string
	set          []dns.RR
}

func (c *ruleCase) String() string { return "rules.txt:" + c.line }

func (c *ruleCase) owner() string { return reversed(c.digits) + "." + c.apex }

// Apexes of the cases.
const (
	publicApex   = "e164.arpa."
	privateApex  = "e164.example.net."
	dialPlanApex = "dial.example.net."
)

// apexOf returns an apex of so many characters.
func apexOf(length int) string {
	const end = ".long.example.net."
	return strings.Repeat("a", length+1-len(end)) + end
}

// circumstances sets what the options of a case say. Those that no answer can have are left out.
func (c *ruleCase) circumstances(words string) (possible bool) {
	c.digits, c.apex = "441632960083", publicApex
	for w := range strings.FieldsSeq(words) {
		switch name, value, _ := strings.Cut(w, "="); name {
		case "private":
			c.apex = privateApex
		case "dialplan":
			c.apex = dialPlanApex
		case "apex":
			n, err := strconv.Atoi(value)
			if err != nil || n < 20 {
				return false
			}
			c.apex = apexOf(n)
		case "number":
			c.digits = strings.TrimPrefix(value, "+")
		default: // in a block: there are no blocks in an answer
			return false
		}
	}
	return true
}

// add adds the records of a line. It reports false where no message can hold them.
func (c *ruleCase) add(line string) bool {
	head, rest, quoted := strings.Cut(line, `"`)
	if !quoted {
		// The faults of the number itself, beside a record without any.
		c.digits = line
		c.set = []dns.RR{naptrRR("", 10, "E2U+sip", "sip:alice@example.com")}
		return line != "" && len(line) < 120
	}
	fields := strings.Split(rest, `"`)
	ranks, times, ttl := strings.Fields(head), 1, 3600
	if n, ok := strings.CutPrefix(ranks[0], "*"); ok {
		times, _ = strconv.Atoi(n)
		ranks = ranks[1:]
	}
	if len(ranks) == 3 {
		ttl, _ = strconv.Atoi(ranks[0])
		ranks = ranks[1:]
	}
	order, _ := strconv.Atoi(ranks[0])
	preference, _ := strconv.Atoi(ranks[1])
	replacement := strings.TrimSpace(fields[5])
	if strings.Contains(replacement, "<") || len(fields[0]) > 255 || len(fields[2]) > 255 {
		return false
	}
	r := naptr.Record{Flags: hexed(fields[0]), Services: hexed(fields[2]), Regexp: hexed(fields[4])}
	if len(r.Regexp) > 255 {
		return false
	}
	for i := range times {
		r.Order, r.Preference = uint16(order), uint16(preference+i)
		set := rr.To(dns.RR_Header{Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: uint32(ttl)}, r)
		set.Replacement = replacement
		c.set = append(c.set, set)
	}
	return true
}

// hexed undoes <XX>.
func hexed(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '<' && i+3 < len(s) && s[i+3] == '>' && strings.ToUpper(s[i:i+4]) == s[i:i+4] {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ruleCases returns the cases that an answer can hold.
func ruleCases(tb testing.TB) (list []*ruleCase) {
	tb.Helper()
	text, err := os.ReadFile("../enumservice/testdata/rules.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var code string
	var sides [2]*ruleCase // with the fault, and without
	for i, line := range strings.Split(string(text)+"\n-", "\n") {
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "- "), strings.HasPrefix(line, "+ "):
			at := strings.IndexByte("-+", line[0])
			if c := sides[at]; c != nil && !c.add(line[2:]) {
				sides[at] = nil
			}
		default:
			for _, c := range sides {
				if c != nil && len(c.set) > 0 {
					list = append(list, c)
				}
			}
			var words string
			code, words, _ = strings.Cut(line, " ")
			both, after, apart := strings.Cut(words, "|")
			if !apart {
				after = both
			}
			for at, words := range []string{both, after} {
				sides[at] = &ruleCase{code: code, line: strconv.Itoa(i + 1), bad: at == 0}
				if !sides[at].circumstances(words) {
					sides[at] = nil
				}
			}
		}
	}
	return list
}

// instead are the codes of rules that have another name in an answer, because its work is bounded.
var instead = map[string]string{"Z09": "unchecked"}

// foreign reports whether a record of another application is in the set: none such is touched.
func (c *ruleCase) foreign() bool {
	return slices.ContainsFunc(c.set, func(one dns.RR) bool {
		r := one.(*dns.NAPTR)
		return (r.Flags != "" || r.Service != "") && !strings.Contains(strings.ToLower(r.Service), "e2u")
	})
}

// unreachable are the rules that no answer can break.
var unreachable = map[string]string{
	"W01": "a field of more than 255 octets cannot be sent",
	"W02": "a replacement that is no name makes the whole message malformed",
	"I03": "it is about blocks, and an answer is for a number",
	"R33": "as I03",
}

// TestGuardRules sends every case of every rule through the chain: told, annotated, withheld where the
// operator says so, and neither where the operator switches the rule off.
func TestGuardRules(t *testing.T) {
	cases := ruleCases(t)
	reached := map[string]bool{}
	var codes, apexes []string
	for _, c := range cases {
		reached[c.code] = reached[c.code] || c.bad
		if !slices.Contains(apexes, c.apex) && c.apex != dialPlanApex {
			apexes = append(apexes, c.apex)
		}
	}
	for f := range enumservice.Findings() {
		if !reached[f.Code] {
			if unreachable[f.Code] == "" && !strings.ContainsAny(f.Code, "DL") { // of files and trees as a whole
				t.Errorf("no case reaches %s", f.Code)
			}
			continue
		}
		codes = append(codes, f.Code)
	}
	if len(cases) < 1000 || len(codes) < 90 {
		t.Errorf("%d cases of %d rules", len(cases), len(codes))
	}

	var current atomic.Pointer[ruleCase]
	up := startUpstream(t, answers(t, func(r, m *dns.Msg) {
		for _, one := range current.Load().set {
			one = dns.Copy(one)
			one.Header().Name = r.Question[0].Name
			m.Answer = append(m.Answer, one)
		}
	}))
	for _, mode := range []struct {
		name, lines string
		check       func(t *testing.T, c *ruleCase, p *reply, findings []string)
	}{
		{"observe", "inspect observe", func(t *testing.T, c *ruleCase, p *reply, findings []string) {
			if len(p.answer) != len(c.set) || len(p.ede()) > 0 {
				t.Errorf("%v: observe changed the reply: %v", c, p)
			}
			if code := cmp.Or(instead[c.code], c.code); c.bad != slices.Contains(findings, code) {
				t.Errorf("%v: %s, with the fault: %v; found %v in %v", c, c.code, c.bad, findings, p)
			}
		}},
		{"annotate", "inspect annotate\nrule " + strings.Join(codes, " ") + " error", func(t *testing.T, c *ruleCase, p *reply, findings []string) {
			if len(p.answer) != len(c.set) {
				t.Errorf("%v: annotate changed the records: %v", c, p)
			}
			ede := strings.Join(p.ede(), "|")
			if ede != "" && (len(findings) == 0 || !strings.HasPrefix(ede, "0 enumim: ")) || len(p.ede()) > 1 {
				t.Errorf("%v: found %v, told %q", c, findings, ede)
			}
			if len(findings) > 0 && len(findings) < 8 && c.bad && instead[c.code] == "" && !strings.Contains(ede, c.code) {
				t.Errorf("%v: found %v, told %q, want %s", c, findings, ede, c.code)
			}
			if digits := strings.Trim(c.digits, "0"); len(digits) > 4 && strings.Contains(ede, digits) || strings.Contains(ede, "example") {
				t.Errorf("%v: the text tells the number or a URI: %q", c, ede)
			}
		}},
		{"off", "inspect enforce\nrule " + strings.Join(codes, " ") + " off", func(t *testing.T, c *ruleCase, p *reply, findings []string) {
			if c.bad && len(c.set) <= 100 && (len(p.answer) != len(c.set) || slices.Contains(findings, c.code)) {
				t.Errorf("%v: switched off, and found %v: %v", c, findings, p)
			}
		}},
		{"error", "inspect enforce\nrule " + strings.Join(codes, " ") + " error", func(t *testing.T, c *ruleCase, p *reply, findings []string) {
			if c.bad && !c.foreign() && len(p.answer) >= len(c.set) {
				t.Errorf("%v: %s is an error, and nothing is withheld: %v", c, c.code, p)
			}
			if len(p.answer) == 0 && (p.rcode != dns.RcodeServerFailure || !strings.HasPrefix(strings.Join(p.ede(), "|"), "15 ")) {
				t.Errorf("%v: nothing is left, want SERVFAIL and EDE 15: %v %q", c, p, p.ede())
			}
			if len(p.answer) > 0 && len(p.answer) < len(c.set) && !strings.HasPrefix(strings.Join(p.ede(), "|"), "4 ") {
				t.Errorf("%v: records are missing, want EDE 4: %v %q", c, p, p.ede())
			}
			if len(findings) == 0 && len(p.answer) != len(c.set) {
				t.Errorf("%v: nothing is found, and records are withheld: %v", c, p)
			}
		}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			var told sync.Map // findings by the id of the query: one that is answered late is asked again
			tell := install(t, inFront, func(ctx context.Context, next plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (int, error) {
				return writing(func(w dns.ResponseWriter, m *dns.Msg) error {
					if f := metadata.ValueFunc(ctx, "enumim/findings"); f != nil {
						told.Store(m.Id, f())
					}
					return w.WriteMsg(m)
				})(ctx, next, w, r)
			})
			s := startEnumim(t, fmt.Sprintf("metadata\n%senumim_guard %s {\n%s\n}\nenumim_guard %s {\n%s\ndialplan\n}\nforward . %s",
				tell, strings.Join(apexes, " "), mode.lines, dialPlanApex, mode.lines, up.address))
			asker := &client{server: s}
			defer asker.close()
			for _, c := range cases {
				current.Store(c)
				p := asker.ask(&question{name: c.owner(), qtype: dns.TypeNAPTR, class: dns.ClassINET, edns: true, size: 65535, tcp: true})
				if p.err != nil {
					t.Fatalf("%v: %v", c, p.err)
				}
				if p.rcode == dns.RcodeSuccess && len(p.answer) == 0 {
					t.Fatalf("%v: became NODATA: %v", c, p)
				}
				findings, _ := told.LoadAndDelete(p.raw.Id)
				list, _ := findings.(string)
				mode.check(t, c, p, strings.FieldsFunc(list, func(r rune) bool { return r == ',' }))
			}
		})
	}
}
