package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
)

// A pipe can be read once, and is looked at by lint all the same.
func TestImportFromPipe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no names for open pipes")
	}
	for _, c := range []struct {
		name, text, want string
		code             int
	}{
		{"numbers", tidyNumbers, "all                5         0         0         0\n", exitOK},
		{"what lint refuses", "+12025550100\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^(.*$!sip:a@example.com!\" .\n", "", exitFindings},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			go func() {
				defer w.Close()
				io.WriteString(w, c.text)
			}()
			out, errs, code := tool(t, "", "import", fmt.Sprintf("/proc/self/fd/%d", r.Fd()), "bolt "+filepath.Join(t.TempDir(), "n.bolt"))
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit %d\n%s%s", code, out, errs)
			}
		})
	}
}

// A store that is not there is not taken for one without entries, and one without entries not for what is meant.
func TestSyncFromNothing(t *testing.T) {
	folder := t.TempDir()
	good, missing, empty := "bolt "+folder+"/a.bolt", "bolt "+folder+"/typo.bolt", "bolt "+folder+"/empty.bolt"
	for _, args := range [][]string{
		{"import", save(t, "n.txt", tidyNumbers), good},
		{"import", save(t, "none.txt", "$END\n"), empty},
	} {
		if _, errs, code := tool(t, "", args...); code != exitOK {
			t.Fatalf("%v: %s", args, errs)
		}
	}
	for _, c := range []struct {
		name string
		args []string
		want string
		code int
	}{
		{"missing", []string{"sync", "--allow-shrink", missing, good}, "there is no file " + folder + "/typo.bolt", exitUsage},
		{"missing, whatever is allowed", []string{"sync", "--allow-shrink", "--allow-empty", missing, good}, "there is no file", exitUsage},
		{"missing, and compared", []string{"sync", "--check", missing, good}, "there is no file", exitUsage},
		{"empty", []string{"sync", "--allow-shrink", empty, good}, "was it wiped?", exitFindings},
		{"empty, and meant", []string{"sync", "--allow-empty", empty, good}, "use --allow-shrink", exitFindings},
		{"exported", []string{"export", "--allow-empty", missing}, "there is no file " + folder + "/typo.bolt", exitUsage},
		{"a tab", []string{"export", strings.Replace(missing, " ", "\t", 1)}, "there is no file " + folder + "/typo.bolt", exitUsage},
		{"quotes of a shell", []string{"export", "bolt 'a.bolt'"}, `quotes with "`, exitUsage},
		{"a file twice", []string{"import", "x.txt", "x.txt", good}, "argument 2: x.txt is argument 1, too", exitUsage},
	} {
		out, errs, code := tool(t, "", c.args...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d\n%s%s", c.name, code, out, errs)
		}
	}
	if _, err := os.Stat(folder + "/typo.bolt"); err == nil {
		t.Error("it is made by reading it")
	}
	if out, errs, code := tool(t, "", "sync", "--allow-empty", "--allow-shrink", empty, good); code != exitOK || !strings.Contains(out, "Written") {
		t.Errorf("empty, meant and allowed: exit %d\n%s%s", code, out, errs)
	}
}

// Where a server has a file, an import by a link to it goes to the server.
func TestImportByLink(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "a.bolt"), filepath.Join(t.TempDir(), "link.bolt")
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	in := save(t, "n.txt", tidyNumbers)
	for _, served := range []string{file, link} {
		if _, errs, code := tool(t, "", "import", in, "bolt "+served); code != exitOK {
			t.Fatal(errs)
		}
		apex, _ := e164.ParseApex("e164.arpa.")
		_, o, err := corefile.ParseBackend("bolt "+served, backend.Config{Apexes: []e164.Apex{apex}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.Open(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		more := save(t, "more.txt", "+12025550109\tim:more@example.com\n")
		for _, by := range []string{link, file} {
			out, errs, code := tool(t, "", "import", "--add", more, "bolt "+by)
			if code != exitOK {
				t.Errorf("served as %s: exit %d\n%s%s", served, code, out, errs)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}
