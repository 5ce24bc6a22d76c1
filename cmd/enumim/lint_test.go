package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

const dirtyNumbers = `$TTL 1h
+12025550100  e2u+sip+voicemsg:sip  sip:alice@example.com   # Alice
+12025550101  sip:bob@example.com
+12025550101  sip:carol@example.com
+12025550102  E2U+voice:tel tel:+12025550102
`

// Findings are lines with place, severity, code, text, clients and repair; those that are less severe than
// asked for are left out, and the exit code tells.
func TestLint(t *testing.T) {
	path := save(t, "numbers.txt", dirtyNumbers)
	out, errs, code := tool(t, "", "lint", path)
	want := []string{
		path + ":2:37: warning S03 compound services: some clients drop the record [kamailio,opensips,",
		path + ":4: error D09 entry given twice: the first stands in line 3 [all but bind] (policy)",
		path + ":5: warning D05 tel URI leads back to the same number: to the number itself",
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitFindings || len(lines) != len(want) {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("%s\nwant %s", line, want[i])
		}
	}
	if !strings.Contains(errs, "1 error D09 entry given twice") {
		t.Errorf("no summary: %s", errs)
	}
	for _, tt := range []struct {
		args  string
		lines int
		code  int
	}{
		{"--severity error", 1, exitFindings},
		{"--severity info", 5, exitFindings},
		{"--client kamailio --severity warning", 3, exitFindings},
		{"--client bind", 0, exitOK},
		{"--client bind --json", 0, exitOK},
	} {
		out, _, code := tool(t, "", append([]string{"lint", path}, strings.Fields(tt.args)...)...)
		if n := strings.Count(out, "\n"); n != tt.lines || code != tt.code {
			t.Errorf("%s: %d lines, exit %d\n%s", tt.args, n, code, out)
		}
	}
}

// --json prints an object a finding, with all that is known of it.
func TestLintJSON(t *testing.T) {
	out, _, code := tool(t, dirtyNumbers, "lint", "--json", "--severity", "error", "-")
	var got lintJSON
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitFindings {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	if got.File != "standard input" || got.Line != 4 || got.Code != "D09" || got.Severity != "error" || got.Name != "+12025550101" ||
		got.Note != "the first stands in line 3" || got.Repair != "policy" || len(got.Clients) == 0 {
		t.Errorf("%+v", got)
	}
}

// Of many findings of a rule the first are printed, and the rest counted.
func TestLintMax(t *testing.T) {
	text := strings.Repeat("+12025550101  sip:bob@example.com\n", 11)
	out, errs, _ := tool(t, text, "lint", "--max", "3", "-")
	if strings.Count(out, "D09") != 3 || !strings.Contains(out, "standard input:4:") || strings.Contains(out, "standard input:5:") {
		t.Error(out)
	}
	if !strings.Contains(errs, "10 error D09") || !strings.Contains(errs, "(7 more than shown)") {
		t.Error(errs)
	}
}

// --fix writes files, tells what is left, and keeps mode and links.
func TestLintFix(t *testing.T) {
	const good = "$TTL 1h\n# kept\n+12025550100  e2u+sip+im  sip:alice@example.com   # Alice\n"
	const fixed = "$TTL 1h\n# kept\n+12025550100  E2U+sip  sip:alice@example.com E2U+im sip:alice@example.com   # Alice\n"
	path := save(t, "numbers.txt", good)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(filepath.Dir(path), "link.txt")
	if err := os.Symlink("numbers.txt", link); err != nil {
		t.Fatal(err)
	}
	out, errs, code := tool(t, "", "lint", "--fix", link)
	if text, _ := os.ReadFile(path); string(text) != fixed {
		t.Errorf("%s%s", out, text)
	}
	if strings.Contains(out, "S03") || !strings.Contains(errs, "entries mended: 1") || !strings.Contains(out, "S05") || code != exitFindings {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v %v", info, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	// Elsewhere, and through pipes.
	other := filepath.Join(t.TempDir(), "new.txt")
	path = save(t, "numbers.txt", good)
	if _, errs, _ := tool(t, "", "lint", "--fix", "-o", other, path); errs == "" {
		t.Error("no summary")
	}
	if text, _ := os.ReadFile(other); string(text) != fixed {
		t.Errorf("%s", text)
	}
	if text, _ := os.ReadFile(path); string(text) != good {
		t.Errorf("%s", text)
	}
	if out, _, _ := tool(t, good, "lint", "--fix", "-"); out != fixed {
		t.Error(out)
	}
	if out, _, _ := tool(t, "", "lint", "--fix", "-o", "-", path); out != fixed {
		t.Error(out)
	}
}

// A file with faults of its text is not touched.
func TestLintFixFaults(t *testing.T) {
	const text = "+12025550100  e2u+sip+im  sip:alice@example.com\nrubbish\n"
	path := save(t, "numbers.txt", text)
	out, errs, code := tool(t, "", "lint", "--fix", path)
	if now, _ := os.ReadFile(path); string(now) != text || code != exitUsage || !strings.Contains(out, "L01") || !strings.Contains(errs, "has faults") {
		t.Errorf("exit %d\n%s%s%s", code, out, errs, now)
	}
}

// Files that are included are looked at, and told of when they are to be mended.
func TestLintInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const more = "+12025550101  e2u+sip+im  sip:bob@example.com\n+12025550100 sip:carol@example.com\n"
	path := write("numbers.txt", "+12025550100  sip:alice@example.com\n$INCLUDE more.txt\n")
	included := write("more.txt", more)
	if out, _, code := tool(t, "", "lint", path); code != exitFindings || !strings.Contains(out, "L01") {
		t.Errorf("exit %d\n%s", code, out)
	}
	out, errs, _ := tool(t, "", "lint", "--include", "--fix", path)
	if !strings.Contains(out, included+":1:27: warning S03") || !strings.Contains(out, included+":2: error D09 entry given twice: the first stands in "+path+":1") {
		t.Error(out)
	}
	if !strings.Contains(errs, included+": has entries to mend, too") {
		t.Error(errs)
	}
	if text, _ := os.ReadFile(included); string(text) != more {
		t.Errorf("%s", text)
	}
}

// --rules lists all rules, --explain tells of one.
func TestLintRules(t *testing.T) {
	out, _, code := tool(t, "", "lint", "--rules")
	if code != exitOK || strings.Count(out, "\n") < 100 || !strings.Contains(out, "L01 error   the text cannot be read (RFC 1035 5.1)\n") {
		t.Errorf("exit %d\n%s", code, out)
	}
	out, _, code = tool(t, "", "lint", "--explain", "s03")
	if code != exitOK || !strings.Contains(out, "S03 warning: compound services") || !strings.Contains(out, "kamailio, ") || !strings.Contains(out, "one record for each service") {
		t.Errorf("exit %d\n%s", code, out)
	}
	var r ruleJSON
	out, _, _ = tool(t, "", "lint", "--explain", "D10", "--json")
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Code != "D10" || r.Severity != "info" {
		t.Errorf("%v: %s", err, out)
	}
}

// What is wrong with the call is said so that it can be mended.
func TestLintUsage(t *testing.T) {
	csv := save(t, "numbers.csv", "number,uri\n+12025550100,sip:a@example.com\n")
	good := save(t, "numbers.txt", "+12025550100 sip:a@example.com\n")
	for args, want := range map[string]string{
		"lint":                                        "lint needs files or a zone",
		"lint nosuch/file.txt":                        "there is no such file",
		"lint " + filepath.Dir(good):                  "is no regular file",
		"lint " + csv:                                 "enumim convert makes a numbers file of it",
		"lint " + good + " --client nobody":           "known: strict, kamailio",
		"lint " + good + " --severity bad":            "expected error, warning or info",
		"lint " + good + " --max -1":                  "expected 0 or more",
		"lint " + good + " --apex a..b":               "--apex",
		"lint " + good + " @192.0.2.1":                "@SERVER is for zones",
		"lint " + good + " -o x":                      "use it with --fix",
		"lint --explain X99":                          "there is no rule X99",
		"lint 4.4.e164.arpa @192.0.2.1:x":             "server",
		"lint 4.4.e164.arpa --fix @tcp://127.0.0.1:1": "127.0.0.1",
	} {
		_, errs, code := tool(t, "", strings.Fields(args)...)
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %s, want %s", args, code, errs, want)
		}
	}
}

// axfrServer hands out a zone over TCP.
func axfrServer(t *testing.T, zone string) string {
	t.Helper()
	var records []dns.RR
	z := dns.NewZoneParser(strings.NewReader(zone), ".", "")
	for record, ok := z.Next(); ok; record, ok = z.Next() {
		records = append(records, record)
	}
	if err := z.Err(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		m.Answer = append(slices.Clone(records), records[0])
		_ = w.WriteMsg(m) // a client that went away is no matter
	})}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		_ = server.Shutdown() // what did not start needs no end
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// A live zone is fetched and judged like its file; what is found is named, since lines mean nothing.
func TestLintLive(t *testing.T) {
	address := axfrServer(t, `
4.4.e164.arpa. 300 IN SOA ns1.example.net. h.example.net. 1 2 3 4 5
4.4.e164.arpa. 300 IN NS ns1.example.net.
1.4.4.e164.arpa. 300 IN NS ns1.example.net.
*.1.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
0.0.6.4.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "sip+E2U" "!^.*$!sip:a@example.com!" .
`)
	out, errs, code := tool(t, "", "lint", "4.4.e164.arpa", "@tcp://"+address)
	place := "4.4.e164.arpa. @tcp://" + address + ": "
	for _, want := range []string{
		place + `0.0.6.4.9.7.0.2.4.4.e164.arpa.: error S02 "E2U" at the end is obsolete`,
		place + "*.1.4.4.e164.arpa.: warning D07 wildcard that no question can reach: delegated at 1.4.4.e164.arpa.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s%s", want, out, errs)
		}
	}
	if code != exitFindings || strings.Count(out, "\n") != 2 {
		t.Errorf("exit %d\n%s", code, out)
	}
	if _, errs, code := tool(t, "", "lint", "--fix", "4.4.e164.arpa", "@tcp://"+address); code != exitUsage || !strings.Contains(errs, "a live zone is mended where its file is") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "enumim-lint-*.zone")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// --fix mends what the flags show and nothing else: by default no infos.
func TestLintFixShown(t *testing.T) {
	const text = "+12025550100  NAPTR 100 10 \"U\" \"E2U+sip\" \"!^\\+(.*)$!sip:\\1@example.com!\" .\n"
	path := save(t, "numbers.txt", text)
	if _, errs, _ := tool(t, "", "lint", "--fix", path); !strings.Contains(errs, "entries mended: 0") {
		t.Error(errs)
	}
	if now, _ := os.ReadFile(path); string(now) != text {
		t.Errorf("%s", now)
	}
	tool(t, "", "lint", "--fix", "--severity", "info", path)
	if now, _ := os.ReadFile(path); !strings.Contains(string(now), `"u"`) || strings.Contains(string(now), `\1`) {
		t.Errorf("%s", now)
	}
}

// Files that are not to be replaced stay, and a device stays one.
func TestLintFixRefused(t *testing.T) {
	const text = "+12025550100  SIP:alice@example.com\n"
	readOnly, linked, signed := save(t, "read.txt", text), save(t, "linked.txt", text), save(t, "zone", `$TTL 300
$ORIGIN e164.arpa.
@ SOA ns1.example.net. h.example.net. 1 3600 600 86400 300
@ NS ns1.example.net.
0.0.1.0.5.5.5.2.0.2.1 NAPTR 100 10 "u" "E2U+sip" "!^.*$!SIP:a@example.com!" .
@ DNSKEY 257 3 13 AAAA
`)
	if err := os.Chmod(readOnly, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(linked, linked+".other"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{readOnly: "is read-only", linked: "hard links", signed: "signed: mend what it was signed from"} {
		before, _ := os.ReadFile(path)
		_, errs, code := tool(t, "", "lint", "--fix", path)
		if now, _ := os.ReadFile(path); code != exitUsage || !strings.Contains(errs, want) || string(now) != string(before) {
			t.Errorf("exit %d, %s\n%s", code, errs, now)
		}
	}
	tool(t, "", "lint", "--fix", "-o", os.DevNull, linked)
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v %v", info, err)
	}
}

// Who mends a zone has to raise its serial.
func TestLintFixSerial(t *testing.T) {
	zone := save(t, "zone", `$TTL 300
@ SOA ns1.example.net. h.example.net. 1 3600 600 86400 300
@ NS ns1.example.net.
0.0.1.0.5.5.5.2.0.2 NAPTR 100 10 "u" "E2U+sip" "!^.*$!SIP:a@example.com!" .
`)
	// The origin may be written without its final dot.
	_, errs, code := tool(t, "", "lint", "--fix", "--origin", "1.e164.arpa", zone)
	if code != exitOK || !strings.Contains(errs, "entries mended: 1") || !strings.Contains(errs, "raise the serial") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if _, errs, _ := tool(t, "", "lint", "--fix", "--origin", "1.e164.arpa", zone); strings.Contains(errs, "raise the serial") {
		t.Error(errs)
	}
	if _, errs, code := tool(t, "", "lint", "--origin", "a..b", zone); code != exitUsage || !strings.Contains(errs, "--origin") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// What a file is named reaches no terminal as it is.
func TestLintFileName(t *testing.T) {
	path := save(t, "e\x1b[31m.txt", dirtyNumbers)
	for _, args := range [][]string{{path}, {path, "--fix"}, {path, "--json"}, {path + "x/y"}} {
		if out, errs, _ := tool(t, "", append([]string{"lint"}, args...)...); strings.Contains(out+errs, "\x1b") {
			t.Errorf("%s: %q%q", args, out, errs)
		}
	}
}

// Files that are named themselves are written, also when others include them: there is nothing to do about them.
func TestLintIncludedAndNamed(t *testing.T) {
	dir := t.TempDir()
	main, more := filepath.Join(dir, "main.txt"), filepath.Join(dir, "more.txt")
	for path, text := range map[string]string{main: "$INCLUDE more.txt\n", more: "+12025550101  SIP:bob@example.com\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, errs, _ := tool(t, "", "lint", "--include", "--fix", main); !strings.Contains(errs, "more.txt: has entries to mend, too: it was included") {
		t.Error(errs)
	}
	if _, errs, _ := tool(t, "", "lint", "--include", "--fix", main, more); strings.Contains(errs, "has entries to mend") {
		t.Error(errs)
	}
}
