package postgres

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

var fences = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// The page shows what works: its commands and its SQL run one after the other against an empty data base, and the
// roles can do what it says, and no more.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/postgres.md")
	must(t, err)
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed: apt install postgresql-client")
	}
	d := start15(t)
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "enumim"), "../../cmd/enumim").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	host, port, _ := strings.Cut(d.Addr, ":")
	env := append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER=enumim", "PATH="+dir+":"+filepath.Dir(psql)+":"+os.Getenv("PATH"))
	blocks := fences.FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		if b[1] == "corefile" {
			must(t, os.WriteFile(filepath.Join(dir, "Corefile"), []byte(strings.ReplaceAll(b[2], "localhost/", d.Addr+"/")), 0o600))
		}
	}
	for _, b := range blocks {
		switch b[1] {
		case "sql":
			d.exec(t, b[2])
		case "console":
			for _, part := range strings.Split(b[2], "$ ")[1:] {
				command, want, _ := strings.Cut(part, "\n")
				cmd := exec.Command("bash", "-o", "pipefail", "-c", command)
				cmd.Dir, cmd.Env = dir, env
				out, err := cmd.CombinedOutput()
				if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(want) {
					t.Errorf("%s: %v\n%s\nwant\n%s", command, err, out, want)
				}
			}
		}
	}

	b, _ := d.openAs(t, "enumim_server", DefaultSchema, "store")
	if a, err := lookup(t, b, "12025560100"); err != nil || a.Kind != backend.Found {
		t.Errorf("a number of the block as role of the server: %v, %v", a.Kind, err)
	}

	for role, writes := range map[string]bool{"enumim_writer": true, "enumim_server": false} {
		o, err := Driver{}.Parse(config(t, d.Sockets()+":"+port+"/enumim", "user "+role))
		must(t, err)
		w, err := o.(backend.WriterOpener).OpenWriter(t.Context())
		must(t, err)
		e := backend.Change{}
		e.Name.Number, e.TTL = number(t, "77"), 60
		if err := w.Write(t.Context(), changesOf([]backend.Change{e}), func(int) {}); (err == nil) != writes {
			t.Errorf("%s writes: %v", role, err)
		} else if err != nil && !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v does not say that rights are missing", role, err)
		}
		w.Close()
	}
}
