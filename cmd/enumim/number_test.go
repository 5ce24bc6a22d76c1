package main

import (
	"strings"
	"testing"
)

// Numbers become ENUM domains and back (RFC 6116 section 3.2), and what is wrong is told without ending the
// rest.
func TestNameAndNumber(t *testing.T) {
	for _, c := range []struct {
		args, stdin string
		out, errs   string
		code        int
	}{
		{args: "name +12025550100", out: "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.\n"},
		{args: "name tel:+1-202-555-0100", out: "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.\n"},
		{args: "name", stdin: "+44 20 7946 0148\n\n+1202\n", out: "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa.\n2.0.2.1.e164.arpa.\n"},
		{args: "name -", stdin: "+4420", out: "0.2.4.4.e164.arpa.\n"},
		{args: "name --apex e164.example.net +4420", out: "0.2.4.4.e164.example.net.\n"},
		{args: "name --apex 4.4.e164.arpa +4420", out: "0.2.4.4.e164.arpa.\n"},
		{args: "name --apex 4.4.e164.arpa +4989", errs: "not below 4.4.e164.arpa., whose numbers begin with +44", code: 1},
		{args: "name --infrastructure +442079460148", out: "8.4.1.0.6.4.9.7.0.2.i.4.4.e164.arpa.\n"},
		{args: "name --dialplan --apex pbx.example.net 4711", out: "1.1.7.4.pbx.example.net.\n"},
		{args: "name --dialplan 4711", errs: "e164.arpa. holds E.164 numbers only", code: 2},
		{args: "name 4711 +49", out: "9.4.e164.arpa.\n", errs: `"4711": not a global number`, code: 1},
		{args: "name +1234567890123456", errs: "more than 15 digits", code: 1},
		{args: "name --apex ..x +49", errs: "malformed domain name", code: 2},
		{args: "name --json +4420", out: `{"number":"+4420","name":"0.2.4.4.e164.arpa."}` + "\n"},
		{args: "number 0.0.1.0.5.5.5.2.0.2.1.e164.arpa", out: "+12025550100\n"},
		{args: "number 0.2.i.4.4.E164.ARPA.", out: "+4420\n"},
		{args: "number --json 0.2.4.4.e164.arpa", out: `{"number":"+4420","name":"0.2.4.4.e164.arpa."}` + "\n"},
		{args: "number --dialplan --apex pbx.example.net 1.1.7.4.pbx.example.net", out: "4711\n"},
		{args: "number 0.2.4.4.e164.example.net 9.4.e164.arpa", out: "+49\n", errs: "name its tree with --apex", code: 1},
		{args: "number foo.4.4.e164.arpa", errs: "no ENUM domain", code: 1},
		{args: "number e164.arpa", errs: "no ENUM domain", code: 1},
		{args: "nonsense", errs: "unknown command", code: 2},
		{args: "explian", errs: "Did you mean this?\n  explain\n", code: 2},
		{args: "name --nonsense", errs: "unknown flag", code: 2},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := strings.Fields(c.args)
			out, errs, code := tool(t, c.stdin, args...)
			if out != c.out || !strings.Contains(errs, c.errs) || (errs == "") != (c.errs == "") || code != c.code {
				t.Errorf("exit %d\nout  %q\nwant %q\nerrs %q\nwant %q", code, out, c.out, errs, c.errs)
			}
		})
	}
}

// Output into a pipe has no colours, whatever the terminal.
func TestNoColoursInPipes(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	out, _, _ := tool(t, "", "explain", "+12025550100", "../../examples/numbers.txt", "--offline")
	if out == "" || strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
}

// The shell completes the names of clients, also behind a comma.
func TestCompletion(t *testing.T) {
	out, _, code := tool(t, "", "__complete", "explain", "+49", "--client", "strict,")
	if code != 0 || !strings.Contains(out, "strict,strict\t") {
		t.Errorf("exit %d, %q", code, out)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out, errs, code := tool(t, "", "completion", shell); code != 0 || !strings.Contains(out, "enumim") {
			t.Errorf("%s: exit %d, %s", shell, code, errs)
		}
	}
}
