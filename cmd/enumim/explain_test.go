package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const explained = `# comment
$TTL 1h
+12025550100  im:user@example.com
+12025550103  none
+12025550104  NAPTR 100 10 "u" "E2U+sip" "!^\+1202555(.*)$!sip:\1@example.com!" .
+1202555xxxx  sip:{number}@gw.example.net
+12025551xxx  sip:{rest}@pbx.example.net
+44x{2,3}     sip:{number}@open.example.net
+4989         NS ns1.example.net.
$END
`

// Why a number is answered as it is: the entries with their places, the one that decides, the records.
func TestExplainNumbersFile(t *testing.T) {
	path := save(t, "numbers.txt", explained)
	for _, c := range []struct {
		number string
		code   int
		want   []string
	}{
		{"+12025550100", 0, []string{
			"* number +12025550100  PATH:3  the number has an entry of its own",
			"block +1202555xxxx   PATH:6  the number has an entry of its own",
			"Records as sent, TTL 3600",
			`1  100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .`,
		}},
		{"+12025550104", 0, []string{`1  100 10 "u" "E2U+sip" "!^.*$!sip:0104@example.com!" .`}},
		{"+12025551234", 0, []string{
			"* block +12025551xxx  PATH:7  the block with the most digits in common that the number belongs to",
			"block +1202555xxxx  PATH:6  a block with more digits in common counts before",
			`"!^.*$!sip:234@pbx.example.net!" .`,
		}},
		{"+12025550103", 1, []string{"which says that it has no records", "The number exists and has no records: NODATA."}},
		{"+1202555", 1, []string{"is for numbers of 11 digits; this one has 7", "The number has no entry, but longer numbers do: NODATA."}},
		{"+4412", 0, []string{"* block +44x{2,3}  PATH:8"}},
		{"+49891", 1, []string{"* delegation +4989  PATH:9  the delegation nearest to the apex", "The number is delegated: a referral."}},
		{"+33", 1, []string{"The number does not exist: NXDOMAIN."}},
	} {
		t.Run(c.number, func(t *testing.T) {
			out, errs, code := tool(t, "", "explain", c.number, path, "--offline")
			if code != c.code || errs != "" {
				t.Errorf("exit %d, errors %q", code, errs)
			}
			squeezed := strings.ReplaceAll(out, path, "PATH")
			for _, w := range c.want {
				if !strings.Contains(squeezed, w) {
					t.Errorf("%q is not in\n%s", w, squeezed)
				}
			}
		})
	}
}

// Each client's choice is told, and --client narrows.
func TestExplainClients(t *testing.T) {
	path := save(t, "numbers.txt", "+12025550100  im:user@example.com sip:user@example.com\n")
	out, errs, code := tool(t, "", "explain", "--offline", "--json", "--client", "kamailio,strict", "+12025550100", path)
	var e explanationJSON
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != 0 {
		t.Fatalf("exit %d, %v, %s%s", code, err, out, errs)
	}
	if e.Result != "found" || len(e.Records) != 2 || e.TTL != 3600 || len(e.Entries) != 1 || !e.Entries[0].Wins {
		t.Errorf("%+v", e)
	}
	var names []string
	for _, c := range e.Clients {
		names = append(names, c.Client)
		if len(c.Records) != 2 {
			t.Errorf("%s tells of %d records", c.Client, len(c.Records))
		}
		for _, target := range c.Targets {
			if want := strings.Trim(e.Records[target.Record].Regexp, "!^.*$"); target.URI != want {
				t.Errorf("%s dials %s for the record of %s", c.Client, target.URI, want)
			}
		}
	}
	if !slices.Equal(names, []string{"kamailio", "strict"}) {
		t.Errorf("clients %q", names)
	}
	_, errs, code = tool(t, "", "explain", "--offline", "--client", "nobody", "+12025550100", path)
	if code != 2 || !strings.Contains(errs, "expected some of strict, kamailio") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// Called the wrong way, the command says what it wants.
func TestExplainUsage(t *testing.T) {
	for args, want := range map[string]string{
		"explain": "which number?",
		"explain +12025550100 -c Corefile numbers.txt":                "not several of them",
		"explain +12025550100 @192.0.2.1 @192.0.2.2":                  "give one server, or files, not both",
		"explain +12025550100 numbers.txt @192.0.2.2":                 "give one server, or files, not both",
		"explain 12025550100 ../../examples/numbers.txt":              "not a global number",
		"explain +12025550100 nosuch.txt":                             "nosuch.txt",
		"explain +12025550100 numbers.csv":                            "enumim convert makes one of it",
		"explain +12025550100 -":                                      "give a file",
		"explain +12025550100 -c nosuch":                              "nosuch",
		"explain +44 --apex 9.4.e164.arpa ../../examples/numbers.txt": "not below 9.4.e164.arpa., whose numbers begin with +49",
	} {
		out, errs, code := tool(t, "", strings.Fields(args)...)
		if code != 2 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q, %q, want %q", args, code, out, errs, want)
		}
	}
}

// There is a manual page for each command, each with examples.
func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	if out, errs, code := tool(t, "", "man", dir); code != 0 || out != "" {
		t.Fatalf("exit %d, %s%s", code, out, errs)
	}
	for _, cmd := range root().Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		page, err := os.ReadFile(filepath.Join(dir, "enumim-"+cmd.Name()+".1"))
		if err != nil || !strings.Contains(string(page), "EXAMPLE") || cmd.Example == "" {
			t.Errorf("%s: %v, no example", cmd.Name(), err)
		}
	}
}

// What the server does with a number that the data does not have, or has no records for, is told as it is.
func TestExplainWithoutRecords(t *testing.T) {
	dir := t.TempDir()
	zone := filepath.Join(dir, "zone")
	corefile := filepath.Join(dir, "Corefile")
	for path, text := range map[string]string{
		zone: "$ORIGIN 4.4.e164.arpa.\n@ 60 IN SOA ns. hm. 1 2 3 4 5\n@ 60 IN NS ns.\n1 60 IN TXT \"x\"\n" +
			"2 60 IN CNAME 3\n3 60 IN CNAME 2\n4 60 IN CNAME number.example.net.\n" +
			`5 60 IN NAPTR 100 10 "u" "E2U+im" "!^\\+49(.*)$!im:\\1@example.com!" .` + "\n",
		corefile: "e164.arpa:53 {\n enumim {\n  backend file " + zone + "2\n }\n}\n" +
			"4.4.e164.arpa:53 {\n enumim {\n  backend file " + zone + "\n  form plain\n  fallthrough\n }\n}\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for number, want := range map[string]string{
		"+441": "The number exists and has no NAPTR records: NODATA.|nodata",
		"+442": "The aliases lead back to 2.4.4.e164.arpa.: a loop.|loop",
		"+444": "The number is an alias of number.example.net., where the client's resolver goes on.|alias",
		"+445": "None of the records says anything about this number: NODATA.|nodata",
		"+446": "The number does not exist here: the next plugin answers (fallthrough).|fallthrough",
	} {
		text, result, _ := strings.Cut(want, "|")
		out, errs, code := tool(t, "", "explain", number, "-c", corefile)
		if code != 1 || !strings.Contains(out, text) || !strings.Contains(errs, "no query for the number gets to e164.arpa.") {
			t.Errorf("%s: exit %d, %s%s", number, code, out, errs)
		}
		out, _, _ = tool(t, "", "explain", number, "-c", corefile, "--json")
		if !strings.Contains(out, `"result":"`+result+`"`) {
			t.Errorf("%s: %s", number, out)
		}
	}
}

// A service is written as people and records write it; what is none is refused.
func TestExplainService(t *testing.T) {
	path := save(t, "numbers.txt", "+12025550100  im:user@example.com\n")
	for _, service := range []string{"im", "E2U+im", "e2u+IM"} {
		out, errs, code := tool(t, "", "explain", "--offline", "--client", "strict", "--service", service, "+12025550100", path)
		if code != 0 || !strings.Contains(out, "strict  im:user@example.com") {
			t.Errorf("%s: exit %d, %s%s", service, code, out, errs)
		}
	}
	for args, want := range map[string]string{
		"--service im+pres":  "one Enumservice",
		"--service im,pres":  "letters, digits",
		"--service :":        "--service :",
		"--resolver ...x...": "--resolver",
	} {
		_, errs, code := tool(t, "", append([]string{"explain", "--offline", "+12025550100", path}, strings.Fields(args)...)...)
		if code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
}

// With harvest uniform a number that does not exist is told to be answered as the server answers it.
func TestExplainUniform(t *testing.T) {
	path := save(t, "numbers.txt", "+12025550100  im:user@example.com\n")
	corefile := save(t, "Corefile", "e164.arpa:53 {\n enumim {\n  backend file "+path+"\n  harvest uniform\n }\n}\n")
	for args, want := range map[string]string{"": "like one without records: NODATA (harvest uniform)", "--json": `"result":"nodata"`} {
		out, errs, code := tool(t, "", append([]string{"explain", "+12025550199", "-c", corefile}, strings.Fields(args)...)...)
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, %s%s", args, code, out, errs)
		}
	}
}
