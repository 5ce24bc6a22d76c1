package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Corefile says which trees there are, what serves them and in which form; a number is explained in each
// tree that it lies in.
func TestExplainCorefile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("numbers.txt", explained)
	write("dial.txt", "4711 im:pbx@example.com\n")
	write("4.4.zone", "$ORIGIN 4.4.e164.arpa.\n@ 60 IN SOA ns. hm. 1 2 3 4 5\n@ 60 IN NS ns.\n"+
		`*.0.2 60 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .`+"\n"+
		`1.0.2 60 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:n@example.com!" .`+"\n")
	write("Corefile", `.:53 {
    root `+dir+`
    enumim e164.arpa e164.example.net {
        backend file numbers.txt
        form stored
    }
    enumim 4.4.e164.arpa {
        backend file 4.4.zone
    }
    enumim dial.example.net {
        backend file dial.txt
        dialplan
    }
    whoami
}
`)
	corefile := filepath.Join(dir, "Corefile")
	explain := func(args ...string) (string, string, int) {
		return tool(t, "", append([]string{"explain", "--offline", "-c", corefile}, args...)...)
	}

	out, errs, code := explain("+12025550104")
	if code != 0 || strings.Count(out, `"!^\\+1202555(.*)$!sip:\\1@example.com!"`) != 2 || !strings.Contains(out, "Corefile:3: enumim e164.example.net., backend file") {
		t.Errorf("two trees: exit %d, %s%s", code, out, errs)
	}
	out, errs, code = explain("+12025550104", "--apex", "e164.example.net")
	if code != 0 || strings.Contains(out, "e164.arpa") {
		t.Errorf("one of two trees: exit %d, %s%s", code, out, errs)
	}
	out, errs, code = explain("+44205", "--apex", "4.4.e164.arpa")
	if code != 0 || !strings.Contains(out, "* wildcard *.0.2.4.4.e164.arpa.") || !strings.Contains(out, "4.4.zone:4") {
		t.Errorf("a zone: exit %d, %s%s", code, out, errs)
	}
	// The tree of a longer apex in the same server block is the one that answers.
	out, errs, code = explain("+44205", "--json")
	if strings.Contains(out, "5.0.2.4.4.e164.arpa.\",\"source\":\""+corefile+":3") || code != 0 {
		t.Errorf("nested trees: exit %d, %s%s", code, out, errs)
	}
	out, errs, code = explain("4711", "--dialplan")
	if code != 0 || !strings.Contains(out, "number 4711") || !strings.Contains(out, "im:pbx@example.com") {
		t.Errorf("a dial plan: exit %d, %s%s", code, out, errs)
	}
	out, errs, code = explain("+12025550104", "--apex", "e164.example.org")
	if code != 2 || !strings.Contains(errs, "has no enumim directive for such numbers") {
		t.Errorf("no such tree: exit %d, %s%s", code, out, errs)
	}
	write("numbers.txt", "broken\n")
	out, errs, code = explain("+12025550104")
	if code != 2 || !strings.Contains(errs, "Corefile:3: backend file: ") || !strings.Contains(errs, "numbers.txt:1:1:") {
		t.Errorf("broken data: exit %d, %s%s", code, out, errs)
	}
	write("Corefile", ".:53 {\n enumim e164.arpa {\n backend nosuch\n }\n}\n")
	out, errs, code = explain("+12025550104")
	if code != 2 || !strings.Contains(errs, "Corefile:3: ") {
		t.Errorf("broken Corefile: exit %d, %s%s", code, out, errs)
	}
}

// Where no backend answers, it is told who inspects what other plugins say; enumim_guard sees the answers of enumim, too.
func TestExplainInspected(t *testing.T) {
	dir := t.TempDir()
	corefile := filepath.Join(dir, "Corefile")
	for name, text := range map[string]string{
		"numbers.txt": "+12025550100 im:user@example.com\n",
		"Corefile": `.:53 {
    root ` + dir + `
    enumim_guard e164.arpa {
        inspect annotate
    }
    enumim 4.4.e164.arpa {
        inspect enforce
    }
    enumim 1.e164.arpa {
        backend file numbers.txt
        fallthrough
        inspect observe
        twins sip
    }
    enumim dial.example.net {
        dialplan
        inspect observe
    }
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const guard = "enumim_guard e164.arpa. annotate "
	for _, c := range []struct {
		name, number string
		args         []string
		code         int
		result, want string
	}{
		{"no backend", "+442079460001", nil, 1, "elsewhere", guard + "enumim 4.4.e164.arpa. enforce "},
		{"one apex", "+442079460001", []string{"--apex", "4.4.e164.arpa"}, 1, "elsewhere", guard + "enumim 4.4.e164.arpa. enforce "},
		{"the guard alone", "+4989", nil, 1, "elsewhere", guard},
		{"answered by the backend", "+12025550100", nil, 0, "found", guard},
		{"passed on by the backend", "+12025550199", nil, 1, "fallthrough", guard + "enumim 1.e164.arpa. observe "},
		{"a dial plan", "4711", nil, 1, "elsewhere", "enumim dial.example.net. observe "},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"explain", "--offline", "-c", corefile, c.number}, c.args...)
			out, errs, code := tool(t, "", append(args, "--json")...)
			var e explanationJSON
			if err := json.Unmarshal([]byte(out), &e); err != nil || code != c.code || errs != "" {
				t.Fatalf("exit %d, %v, %s%s", code, err, out, errs)
			}
			got := ""
			for _, i := range e.Inspected {
				got += i.Directive + " " + i.Zone + " " + i.Mode + " "
			}
			if e.Result != c.result || got != c.want {
				t.Errorf("result %s, inspected by %q, want %q", e.Result, got, c.want)
			}
			text, _, _ := tool(t, "", args...)
			if elsewhere := strings.Contains(text, "What is answered, the server tells"); elsewhere != (c.result == "elsewhere") {
				t.Errorf("%s", text)
			}
			if !strings.Contains(text, "\nInspected\n") {
				t.Errorf("for people nothing is told of it:\n%s", text)
			}
		})
	}
	// The twin that the server adds is told of.
	out, errs, code := tool(t, "", "explain", "--offline", "-c", corefile, "+12025550100")
	if code != 0 || !strings.Contains(out, `"E2U+sip" "!^.*$!sip:user@example.com!" .  twin of an im record`) {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}
