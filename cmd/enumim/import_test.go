package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/carry"
	"github.com/enumim/enumim/e164"
)

const tidyNumbers = `$TTL 3600
+12025550100	im:user@example.com
+12025550101	im:alice@example.com	sip:alice@example.com
+1202555xxxx	ttl=300	sip:{number}@gw.example.net
+12025560000	none
+4420	NS ns1.example.net.
	NS ns2.example.net.
$END
`

// lines makes a numbers file of n numbers.
func lines(n int) string {
	var b strings.Builder
	b.WriteString("$TTL 3600\n")
	for i := range n {
		fmt.Fprintf(&b, "+12%09d\tsip:user%d@example.com\n", i, i)
	}
	return b.String() + "$END\n"
}

// What is imported comes out again as convert writes it, and importing it again changes nothing.
func TestImportExportRoundTrip(t *testing.T) {
	for name, text := range map[string]string{"small": tidyNumbers, "large": lines(5000)} {
		t.Run(name, func(t *testing.T) {
			in := save(t, "in.txt", text)
			store := "shelf round-" + name
			if out, errs, code := tool(t, "", "import", in, store); code != exitOK || errs != "" || !strings.Contains(out, "Written to "+store+".\n") {
				t.Fatalf("exit %d\n%s%s", code, out, errs)
			}
			want, _, _ := tool(t, "", "convert", "--to", "numbers", in)
			if got, errs, code := tool(t, "", "export", store); got != want || code != exitOK || errs != "" {
				t.Errorf("exit %d %s\n%.2000s\nconverted it is\n%.2000s", code, errs, got, want)
			}
			for _, to := range []string{"csv", "jsonl", "zone"} {
				args := []string{"--apex", "e164.arpa", "--ns", "ns.example.net", "--to", to}
				want, _, _ := tool(t, "", append([]string{"convert", in}, args...)...)
				got, errs, code := tool(t, "", append([]string{"export", store}, args...)...)
				if got != want || code != exitOK || errs != "" {
					t.Errorf("%s: exit %d %s\n%.2000s\nconverted it is\n%.2000s", to, code, errs, got, want)
				}
				file := save(t, "back."+to, got)
				if to == "zone" {
					continue
				}
				out, errs, code := tool(t, "", "import", file, store)
				if code != exitOK || errs != "" || !strings.Contains(out, "Nothing to change in "+store+".\n") {
					t.Errorf("%s: exit %d\n%s%s", to, code, out, errs)
				}
			}
		})
	}
}

func TestImportTellsWhatDiffers(t *testing.T) {
	in := save(t, "in.txt", tidyNumbers)
	if _, errs, code := tool(t, "", "import", in, "shelf tells"); code != exitOK {
		t.Fatal(errs)
	}
	changed := strings.Replace(tidyNumbers, "user@", "other@", 1)
	changed = strings.Replace(changed, "+12025560000	none\n", "+12025560001	none\n", 1)
	save := save(t, "changed.txt", changed)
	out, errs, code := tool(t, "", "import", "--dry-run", "--verbose", save, "shelf tells")
	const want = `~ number +1... (11 digits)
- number +1... (11 digits)
+ number +1... (11 digits)
               added   changed   deleted      same
number             1         1         1         1
block              0         0         0         1
delegation         0         0         0         1
all                1         1         1         3
Nothing was written to shelf tells.
`
	if out != want || errs != "" || code != exitOK {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	out, _, _ = tool(t, "", "import", "--dry-run", "--show-numbers", save, "shelf tells")
	if !strings.HasPrefix(out, "~ number +12025550100\n- number +12025560000\n+ number +12025560001\n") {
		t.Error(out)
	}
	out, _, _ = tool(t, "", "import", "--dry-run", "--json", save, "shelf tells")
	const object = `{"added":1,"changed":1,"deleted":1,"same":3,"broken":0,"kinds":{"block":{"added":0,"changed":0,"deleted":0,"same":1},"delegation":{"added":0,"changed":0,"deleted":0,"same":1},"number":{"added":1,"changed":1,"deleted":1,"same":1}},"written":false}` + "\n"
	if out != object {
		t.Error(out)
	}
	// With --add nothing goes.
	if out, _, code := tool(t, "", "import", "--add", save, "shelf tells"); code != exitOK || !strings.Contains(out, "all                1         1         0         4\n") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestImportRefuses(t *testing.T) {
	in := save(t, "in.txt", lines(1000))
	if _, errs, code := tool(t, "", "import", in, "shelf guarded"); code != exitOK {
		t.Fatal(errs)
	}
	for name, c := range map[string]struct {
		text string
		args []string
		want string
		code int
	}{
		"a store that would shrink":  {text: lines(700), want: "shelf guarded: refused: 300 of the 1000 entries in the store would be deleted; if that is meant, use --allow-shrink\n", code: exitFindings},
		"a store that shrinks a bit": {text: lines(950)},
		"a file without end":         {text: "+12025550100 im:a@example.com\n", args: []string{"--require-end"}, want: "FILE: the end marker is missing: was the input cut short?\n", code: exitFindings},
		"faults":                     {text: "+12025550100 im:a@example.com\n+0123456 im:a@example.com\n", want: `FILE:2:2: "+01...": `, code: exitFindings},
		"what lint finds":            {text: "+12025550100 im:user@example.com\n$END\n", args: []string{"--lint", "warning", "--allow-shrink"}},
		"no such format":             {text: lines(1000), args: []string{"--from", "xml"}, want: "enumim: --from xml: the formats are numbers, zone, csv and jsonl\n", code: exitUsage},
		"no such severity":           {text: lines(1000), args: []string{"--lint", "all"}, want: `enumim: --lint: expected off, error or warning, got "all"` + "\n", code: exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			file := save(t, "numbers.txt", c.text)
			args := append([]string{"import", "--dry-run", file, "shelf guarded"}, c.args...)
			_, errs, code := tool(t, "", args...)
			errs = strings.ReplaceAll(errs, file, "FILE")
			if code != c.code || !strings.HasPrefix(errs, c.want) || c.want == "" && errs != "" {
				t.Errorf("exit %d\n%swant %d\n%s", code, errs, c.code, c.want)
			}
		})
	}
}

// A tree in which lint finds errors is refused, in the lines of the file or, for a table, by number.
func TestImportLintGate(t *testing.T) {
	file := save(t, "in.txt", "+12025550100 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a b@example.com!\" .\n$END\n")
	_, errs, code := tool(t, "", "import", file, "shelf lint")
	if code != exitFindings || !strings.Contains(errs, file+":1") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if _, errs, code := tool(t, "", "export", "shelf lint"); code != exitFindings || !strings.Contains(errs, "the store has no entries") {
		t.Errorf("it was imported: exit %d\n%s", code, errs)
	}
}

func TestImportUsage(t *testing.T) {
	file := save(t, "in.txt", tidyNumbers)
	core := save(t, "Corefile", "e164.arpa {\n enumim {\n  backend shelf core\n }\n}\nexample.net {\n enumim dial.example.net {\n  dialplan\n  backend shelf plan\n }\n enumim 4.4.e164.arpa {\n  backend file x\n }\n}\n")
	for _, c := range []struct{ args, want string }{
		{"import|" + file, "import needs files and a store: "},
		{"import|" + file + "|other.txt", "other.txt: is no store such as "},
		{"import|shelf a|shelf b", "argument 1: a store among the files: "},
		{"import|" + file + "|shelf a b", "argument 2: a shelf has one name"},
		{"import|" + file + "|shelve a", `shelve a: is no store such as 'bolt numbers.bolt' (there is no backend "shelve"; there are bolt, `},
		{"import|" + file + "|shelf a odd { }", "argument 2: a shelf has one name"},
		{"import|" + file + "|shelf a { odd }", `argument 2: unknown option "odd"; known: steps`},
		{"import|" + file + "|shelf down", "shelf down: backend is unavailable"},
		{"import|" + file + "|file " + file, "file " + file + ": this backend cannot be written to"},
		{"import|-c|" + core + "|" + file, core + " has 3 backends: name one with --zone: e164.arpa., dial.example.net., 4.4.e164.arpa."},
		{"import|-c|" + core + "|--zone|1.e164.arpa|" + file, core + " has no enumim directive with a backend for 1.e164.arpa."},
		{"import|--zone|e164.arpa|" + file, "--zone names a zone of a Corefile: "},
		{"import|" + filepath.Dir(file) + "|shelf a", filepath.Dir(file) + ": is a folder"},
		{"import|nosuch.txt|shelf a", "open nosuch.txt: "},
		{"import|--ttl|700000|" + file + "|shelf a", "--ttl 700000: at most 604800, which is a week"},
		{"import|--dialplan|--apex|e164.arpa|" + file + "|shelf a", "--dialplan: a dial plan cannot lie below e164.arpa: "},
		{"export|" + file, file + ": is no store such as "},
		{"export", "export needs one store: "},
		{"export|-c|" + core + "|--zone|e164.arpa|shelf a", "export needs one store: "},
		{"export|shelf a|--to|xml", "--to xml: the formats are "},
		{"sync|shelf a", "sync needs two places: "},
		{"sync|shelf a|shelf a { steps }", "both places are the same store"},
		{"sync|shelf a|" + file, file + ": is no store such as "},
	} {
		out, errs, code := tool(t, "", strings.Split(c.args, "|")...)
		if code != exitUsage || out != "" || !strings.HasPrefix(errs, "enumim: "+c.want) {
			t.Errorf("%s: exit %d\n%s%s", c.args, code, out, errs)
		}
	}
}

// With -c the store is that of the Corefile, with its tree.
func TestImportIntoACorefile(t *testing.T) {
	core := save(t, "Corefile", "e164.arpa:1053 e164.arpa:1054 {\n enumim {\n  backend shelf corefile\n }\n}\nexample.net {\n enumim dial.example.net {\n  dialplan\n  backend shelf plan\n }\n}\n")
	plan := save(t, "plan.txt", "100 sip:reception@example.com\n$END\n")
	if _, errs, code := tool(t, "", "import", "-c", core, "--zone", "dial.example.net", plan); code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if out, errs, code := tool(t, "", "export", "--dialplan", "--apex", "dial.example.net", "shelf plan"); code != exitOK || out != "$TTL 3600\n100\tsip:reception@example.com\n$END\n" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := tool(t, "", "sync", "--check", "-c", core, "--zone", "dial.example.net", plan); code != exitOK || errs != "" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// A store is copied; where the copy differs, --check says so and changes nothing.
func TestSync(t *testing.T) {
	in := save(t, "in.txt", tidyNumbers)
	if _, errs, code := tool(t, "", "import", in, "shelf from"); code != exitOK {
		t.Fatal(errs)
	}
	for _, want := range []int{exitFindings, exitFindings} {
		if _, errs, code := tool(t, "", "sync", "--check", "shelf from", "shelf to"); code != want || errs != "" {
			t.Errorf("exit %d, %s", code, errs)
		}
	}
	if out, errs, code := tool(t, "", "sync", "--dry-run", "shelf from", "shelf to"); code != exitOK || !strings.Contains(out, "Nothing was written") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if _, _, code := tool(t, "", "sync", "--check", "shelf from", "shelf to"); code != exitFindings {
		t.Errorf("a dry run wrote: exit %d", code)
	}
	if out, errs, code := tool(t, "", "sync", "shelf from", "shelf to"); code != exitOK || errs != "" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := tool(t, "", "sync", "--check", "shelf from", "shelf to"); code != exitOK || errs != "" || !strings.Contains(out, "Nothing to change in shelf to.") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	// What cannot be read in the copy is replaced.
	shelves.breaks(t, "to", backend.Block)
	out, errs, code := tool(t, "", "sync", "shelf from", "shelf to")
	if code != exitOK || errs != "" || !strings.Contains(out, "1 of those in the store could not be read\n") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	// What cannot be read in the source is refused, or left alone in the copy.
	shelves.breaks(t, "from", backend.Number)
	if _, errs, code := tool(t, "", "sync", "shelf from", "shelf to"); code != exitFindings || errs != "shelf from: number +1... (11 digits) cannot be read\nshelf from: 1 entry cannot be read: mend that in the store, or leave it out with --skip\n" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if out, _, code := tool(t, "", "sync", "--skip", "shelf from", "shelf to"); code != exitOK || !strings.Contains(out, "Nothing to change") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if _, errs, code := tool(t, "", "export", "shelf from"); code != exitFindings || !strings.Contains(errs, "shelf from: number +12025550100 cannot be read\nshelf from: 1 entry cannot be read") {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

// What cannot be read is named by export, up to 20 of them, and counted by values: two entries stand for one of
// which not even the kind is known.
func TestExportNamesWhatCannotBeRead(t *testing.T) {
	if _, errs, code := tool(t, "", "import", save(t, "in.txt", lines(25)), "shelf unread"); code != exitOK {
		t.Fatal(errs)
	}
	shelves.mu.Lock()
	for k := range maps.Clone(shelves.stores["unread"]) {
		e := backend.Entry{Name: k.Name, Broken: true}
		shelves.stores["unread"][k] = e
		e.Kind, e.Min, e.Max = backend.Block, k.Name.Number.Len()+1, e164.MaxDigits
		shelves.stores["unread"][carry.KeyOf(&e)] = e
	}
	shelves.mu.Unlock()
	_, errs, code := tool(t, "", "export", "shelf unread")
	if code != exitFindings || strings.Count(errs, "shelf unread: number +12") != 20 || strings.Contains(errs, "block") ||
		!strings.Contains(errs, "shelf unread: and 5 more\nshelf unread: 25 entries cannot be read: ") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if _, errs, _ := tool(t, "", "export", "--skip", "--allow-empty", "shelf unread"); !strings.HasSuffix(errs, "note: 25 left out, which cannot be read\n") {
		t.Error(errs)
	}
}

// An import that is stopped says what became of the store.
func TestImportIsStopped(t *testing.T) {
	in := save(t, "in.txt", lines(10))
	defer func() { shelves.stop = nil }()
	for options, want := range map[string]string{
		"":           "enumim: stopped: nothing was changed in shelf stopped\n",
		" { steps }": "enumim: stopped: 4 of 10 changes were written to shelf stopped; the same command again goes on from there\n",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		shelves.stop = func(n int) error {
			if n == 4 {
				cancel()
			}
			return ctx.Err()
		}
		var out, errs bytes.Buffer
		code := run(ctx, []string{"import", in, "shelf stopped" + options}, strings.NewReader(""), &out, &errs)
		if code != exitUsage || errs.String() != want || out.Len() > 0 {
			t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
		}
	}
	shelves.stop = func(int) error { return errors.New("no space left") }
	if _, errs, code := tool(t, "", "import", in, "shelf stopped"); code != exitUsage || errs != "enumim: shelf stopped: nothing was changed: no space left\n" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	shelves.stop = nil
	if out, errs, code := tool(t, "", "import", in, "shelf stopped"); code != exitOK || !strings.Contains(out, "number             6         0         0         4\n") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// Several files belong together, and faults between them name both.
func TestImportOfSeveralFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"a.txt":   "# one\n+12025550100 im:a@example.com\n",
		"b.csv":   "number,uri\n+12025550101,im:b@example.com\n",
		"c.txt":   "+12025550102 im:c@example.com\n\n+12025550100 im:d@example.com\n",
		"bad.txt": "\n\n+0 im:a@example.com\n",
		"z.zone":  "$ORIGIN 4.4.e164.arpa.\n@ 3600 IN SOA ns.example.net. h.example.net. 1 2 3 4 5\n@ 3600 IN NS ns.example.net.\n1 3600 IN NAPTR 10 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, errs, code := tool(t, "", "import", "a.txt", "b.csv", "shelf several"); code != exitOK || !strings.Contains(out, "number             2") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	for files, want := range map[string]string{
		"a.txt|b.csv|c.txt": "c.txt:3: line 2 of a.txt has an entry for the same number, ",
		"b.csv|bad.txt":     "bad.txt:3:2: ",
		"a.txt|./a.txt":     "./a.txt:2: line 2 of a.txt has an entry for the same number, ",
	} {
		args := append([]string{"import"}, strings.Split(files+"|shelf several", "|")...)
		if _, errs, code := tool(t, "", args...); code != exitFindings || !strings.HasPrefix(errs, want) && !strings.Contains(errs, "\n"+want) {
			t.Errorf("%s: exit %d\n%s", files, code, errs)
		}
	}
	if _, errs, code := tool(t, "", "import", "a.txt", "z.zone", "shelf several"); code != exitUsage || !strings.Contains(errs, "z.zone: a zone file is read alone") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if out, errs, code := tool(t, "", "import", "z.zone", "shelf zone"); code != exitOK || !strings.Contains(out, "number             1") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
