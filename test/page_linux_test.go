package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// page is a page of the documentation about a store, to be done as it stands, in its order:
//
//   - "console" blocks hold commands behind "$ " and what they print;
//   - "corefile" blocks are one server block of port 1053, which is started;
//   - "sh" blocks are a question to the server that was started last, and the "txt" block behind one is the reply,
//     which comes true soon: within the second that the pages promise, where the machine does nothing else.
//
// Other blocks of "txt" are not looked at; a block of another language is a fault, unless other takes it.
type page struct {
	file string   // in docs
	dir  string   // where commands run, with a copy of the examples; "" for a new folder
	env  []string // beside that of the test
	// shown and here are what the page has of addresses and paths, and what stands for each in the test.
	shown, here []string
	command     func(command string) string                // changes a command; nil for as it stands
	corefile    func(text string) string                   // changes a Corefile
	same        func(output string) string                 // what is compared of an output; nil for all
	started     func(t *testing.T, s server)               // called when a server was started
	other       func(t *testing.T, language, block string) // takes blocks of other languages
}

var (
	fenced      = regexp.MustCompile("(?ms)^(?:```|~~~) ?(\\w+)\n(.*?)^(?:```|~~~)$")
	serverBlock = regexp.MustCompile(`(?s)\A\.:1053 \{\n(.*)\n\}\n\z`)
)

// translate puts what stands for the page's addresses in their place, or back.
func translate(text string, from, to []string) string {
	for i := range from {
		text = strings.ReplaceAll(text, from[i], to[i])
	}
	return text
}

// do does what the page shows.
func (p page) do(t *testing.T) {
	t.Helper()
	needs(t, "dig")
	text, err := os.ReadFile("../docs/" + p.file)
	if err != nil {
		t.Fatal(err)
	}
	if p.dir == "" {
		p.dir = t.TempDir()
	}
	if out, err := exec.Command("go", "build", "-o", filepath.Join(p.dir, "enumim"), "../cmd/enumim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(p.dir, "examples"), os.DirFS("../examples")); err != nil {
		t.Fatal(err)
	}
	var s server
	var question string
	asked := 0
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		switch language, block := m[1], m[2]; language {
		case "console":
			for _, command := range strings.Split("\n"+block, "\n$ ")[1:] {
				p.run(t, command)
			}
		case "corefile":
			head := serverBlock.FindStringSubmatch(block)
			if head == nil {
				t.Fatalf("not one server block of port 1053:\n%s", block)
			}
			lines := translate(head[1], p.shown, p.here)
			if p.corefile != nil {
				lines = p.corefile(lines)
			}
			s = startEnumim(t, lines)
			if p.started != nil {
				p.started(t, s)
			}
		case "sh":
			question = strings.TrimSpace(block)
		case "txt":
			if question != "" { // else no output of a command
				p.ask(t, s, question, block)
				question = ""
				asked++
			}
		default:
			if p.other == nil {
				t.Errorf("a block of %q", language)
				continue
			}
			p.other(t, language, block)
		}
	}
	if asked < 2 {
		t.Errorf("%d questions on the page", asked)
	}
}

// run runs a command and compares what it prints. A document that a command is given ends with a line END.
func (p page) run(t *testing.T, command string) {
	t.Helper()
	end := "\n"
	if strings.Contains(command, "<<'END'\n") {
		end = "\nEND\n"
	}
	command, want, _ := strings.Cut(command+"\n", end)
	line := translate(command, p.shown, p.here)
	if p.command != nil {
		line = p.command(line)
	}
	cmd := exec.Command("sh", "-c", line+end)
	cmd.Dir, cmd.Env = p.dir, append(append(os.Environ(), "PATH="+p.dir+":"+os.Getenv("PATH")), p.env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	got := translate(out.String()+errs.String(), p.here, p.shown)
	same := p.same
	if same == nil {
		same = func(output string) string { return output }
	}
	if err != nil || strings.TrimSpace(same(got)) != strings.TrimSpace(same(want)) {
		t.Errorf("$ %s\n%s%v\nthe page shows\n%s", command, got, err, want)
	}
}

// ask asks the server until the reply is what the page shows.
func (p page) ask(t *testing.T, s server, question, want string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := settled(run(t, s, question))
		if got == settled(want) {
			return
		}
		if time.Now().After(end) {
			t.Errorf("$ %s\n%s\nthe page shows\n%s", question, got, settled(want))
			return
		}
	}
}
