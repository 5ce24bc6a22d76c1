package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/explain"
)

// What enumim_guard makes of the backend's records is what is sent, and what clients dial.
func TestExplainGuarded(t *testing.T) {
	dir := t.TempDir()
	corefile := filepath.Join(dir, "Corefile")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("numbers.txt", "+12025550100 im:user@bad.example sip:user@example.com\n"+
		`+12025550101 NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:user@example.com!i" .`+"\n+12025550103 none\n")
	const (
		imURI, sipURI = "!^.*$!im:user@bad.example!", "!^.*$!sip:user@example.com!"
		noAD          = "error unauthenticated  own answers have no AD bit, which require_authenticated wants"
	)
	for _, c := range []struct {
		name, number, policy string
		code                 int
		result, action       string
		sent, kept           []string
		dials, told          string
		ede                  uint16
		text                 []string
	}{
		{"nothing offends", "+12025550100", "enforce", 0, "found", "passed", []string{imURI, sipURI}, nil, "sip:user@example.com", "", 0, nil},
		{"observed", "+12025550100", "observe\n services im", 0, "found", "told", []string{imURI, sipURI}, nil, "sip:user@example.com", "service", 0, nil},
		{"a domain", "+12025550100", "enforce\n deny_domains bad.example", 0, "found", "withheld", []string{sipURI}, []string{imURI}, "sip:user@example.com",
			"domain", 4, []string{imURI + `" .  not sent: kept back by enumim_guard`, "The client is told: extended error 4 (Forged Answer): "}},
		{"what clients dial", "+12025550100", "enforce\n services im", 0, "found", "withheld", []string{imURI}, []string{sipURI}, "", "service", 4, nil},
		{"mended", "+12025550101", "enforce\n repair\n clients asterisk", 0, "found", "repaired", []string{sipURI}, []string{sipURI + "i"}, "sip:user@example.com", "R05", 4,
			[]string{sipURI + `" .  mended or added by enumim_guard`, sipURI + `i" .  not sent: mended by enumim_guard`, `warning R05  "i" behind the last delimiter`}},
		{"no AD", "+12025550100", "enforce\n require_authenticated", 1, "servfail", "emptied", nil, []string{imURI, sipURI}, "", "unauthenticated", 15,
			[]string{noAD, "No record is left: SERVFAIL."}},
		{"no AD and NODATA", "+12025550101", "enforce\n require_authenticated\n empty nodata", 1, "nodata", "emptied", nil, []string{sipURI + "i"}, "", "unauthenticated", 15,
			[]string{noAD, "No record is left: NODATA."}},
		{"no AD, annotated", "+12025550101", "annotate\n require_authenticated", 0, "found", "told", []string{sipURI + "i"}, nil, "sip:user@example.com", "unauthenticated", 0,
			[]string{noAD, "The client is told: extended error 0 (Other): "}},
		{"no records", "+12025550103", "enforce\n require_authenticated", 1, "nodata", "", nil, nil, "", "", 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			write("Corefile", ". {\n root "+dir+"\n enumim_guard e164.arpa {\n inspect "+c.policy+"\n }\n enumim e164.arpa {\n backend file numbers.txt\n form stored\n }\n}\n")
			args := []string{"explain", c.number, "--offline", "-c", corefile, "--client", "strict", "--service", "sip"}
			out, errs, code := tool(t, "", append(args, "--json")...)
			var e explanationJSON
			if err := json.Unmarshal([]byte(out), &e); err != nil || code != c.code || len(e.Inspected) != 1 {
				t.Fatalf("exit %d, %v, %s%s", code, err, out, errs)
			}
			var rules, dialled string
			i := e.Inspected[0]
			for _, told := range i.Told {
				rules += told.Rule
			}
			for _, client := range e.Clients {
				for _, target := range client.Targets {
					dialled += target.URI
				}
			}
			if e.Result != c.result || i.Action != c.action || rules != c.told || dialled != c.dials || !same(e.Records, c.sent) || !same(e.Kept, c.kept) {
				t.Errorf("%s", out)
			}
			if told := i.EDE != nil; told != (c.told != "" && c.name != "observed") || told && i.EDE.Code != c.ede {
				t.Errorf("extended error %+v", i.EDE)
			}
			text, _, code := tool(t, "", args...)
			for _, want := range append(c.text, c.action+"\n") {
				if code != c.code || !strings.Contains(text, want) {
					t.Errorf("exit %d, without %q:\n%s", code, want, text)
				}
			}
		})
	}
}

func same(records []explain.RecordView, regexps []string) bool {
	if len(records) != len(regexps) {
		return false
	}
	for i, r := range records {
		if r.Regexp != regexps[i] {
			return false
		}
	}
	return true
}

// Why a reply without an error is not what the data has, a guard on the way tells with an Extended DNS Error.
func TestExplainExtendedError(t *testing.T) {
	for _, c := range []struct {
		exit            int
		result, meaning string
		code            uint16
		record          string
	}{
		{0, "found", "Forged Answer", dns.ExtendedErrorCodeForgedAnswer, ` 60 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:user@example.com!" .`},
		{1, "nodata", "Blocked", dns.ExtendedErrorCodeBlocked, ""},
	} {
		address := askable(t, func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			if c.record != "" {
				record, err := dns.NewRR(q.Question[0].Name + c.record)
				if err != nil {
					t.Error(err)
				}
				m.Answer = append(m.Answer, record)
			}
			m.SetEdns0(1232, false)
			m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: c.code, ExtraText: "enumim: R05\x1b[2J"}}
			w.WriteMsg(m)
		}, nil)
		args := []string{"explain", "+12025550100", "@" + address, "--offline"}
		out, errs, exit := tool(t, "", args...)
		if exit != c.exit || errs != "" || !strings.Contains(out, "NOERROR") || !strings.Contains(out, "("+c.meaning+`): "enumim: R05\x1b[2J"`+"\n") {
			t.Errorf("exit %d, %s%s", exit, out, errs)
		}
		out, errs, exit = tool(t, "", append(args, "--json")...)
		var e explanationJSON
		if err := json.Unmarshal([]byte(out), &e); err != nil || exit != c.exit || errs != "" || e.Result != c.result || len(e.Queries) != 1 ||
			len(e.Queries[0].EDE) != 1 || e.Queries[0].EDE[0] != (jsonEDE{c.code, c.meaning, "enumim: R05\x1b[2J"}) {
			t.Errorf("exit %d, %v, %s%s", exit, err, out, errs)
		}
	}
}
