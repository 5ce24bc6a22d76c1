package deploy

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// release is the one that the pages name.
const release = "0.1.0"

// section is a part of a page. A newcomer does all its commands, in their order and as they stand.
type section struct{ page, heading string }

var (
	fromClone   = section{"README.md", "## Name"}
	compilation = section{"README.md", "## Compilation"}
	customBuild = section{"README.md", "### A CoreDNS of your own"}
	image       = section{"docs/image.md", "## Quick start"}
	debian      = section{"docs/packages.md", "## Debian and Ubuntu"}
	archive     = section{"docs/packages.md", "## Other systems with systemd"}
)

// left are the commands that are not run here, by how they begin, and why.
var left = map[string]string{
	"make check":         "is what runs the tests",
	"docker run --rm -v": "needs a folder of the reader's own; TestImage does it, also with a volume",
	"docker run -d":      "sets what the network of a container has; TestImage does it",
	"docker build":       "begins with an image of a registry",
	"make image":         "TestImage does it",
	"git clone https://github.com/enumim/enumim && cd enumim && git checkout": "goes with the next ones",
	"GOTOOLCHAIN=": "needs that Go; TestReproducible does it with the one that is there",
	"(cd dist":     "TestReproducible compares the files themselves",
	"kubectl":      "needs a cluster; the tests in the folder kubernetes do what they can without",
	"helm":         "needs a cluster, and the chart",
}

// leftBy returns the beginning by which a command is left out; "" if it is run.
func leftBy(command string) string {
	for beginning := range left {
		if strings.HasPrefix(command, beginning) {
			return beginning
		}
	}
	return ""
}

// step is a command of a page.
type step struct {
	section
	command, output string // as the page shows it, if it does
	serves          bool   // until it is stopped
}

var (
	shown     = regexp.MustCompile(`(?ms)^(##+ [^\n]*)$|^~~~ sh\n(.*?)^~~~$(?:\n\n~~~ txt\n(.*?)^~~~$)?`)
	continued = regexp.MustCompile(`\\\n\s*`)
	comment   = regexp.MustCompile(`\s+# .*$`)
)

// steps are the commands of all pages. What stands behind a block is what its last command prints.
func steps(t *testing.T) (list []step) {
	t.Helper()
	for _, page := range []string{"README.md", "docs/image.md", "docs/packages.md", "docs/kubernetes.md"} {
		heading := ""
		for _, m := range shown.FindAllStringSubmatch(string(read(t, "../"+page)), -1) {
			if m[1] != "" {
				heading = m[1]
				continue
			}
			lines := strings.Split(strings.TrimSpace(continued.ReplaceAllString(m[2], "")), "\n")
			for i, line := range lines {
				s := step{section: section{page, heading}, command: comment.ReplaceAllString(line, ""), serves: strings.HasSuffix(line, "until you stop it")}
				if i == len(lines)-1 {
					s.output = m[3]
				}
				list = append(list, s)
			}
		}
	}
	return list
}

// TestNewcomerDoesAll says that a newcomer does every command of the pages, or it is told why not.
func TestNewcomerDoesAll(t *testing.T) {
	met := make(map[string]bool)
	for _, s := range steps(t) {
		by := leftBy(s.command)
		met[by] = true
		if by == "" && !slices.Contains([]section{fromClone, compilation, customBuild, image, debian, archive}, s.section) {
			t.Errorf("%s, %s: nobody runs %q", s.page, s.heading, s.command)
		}
	}
	for beginning := range left {
		if !met[beginning] {
			t.Errorf("no page has a command %q", beginning)
		}
	}
}

// functions are what script makes use of. A command whose output a page shows is tried again until it succeeds, as who
// started a server does.
const functions = `
failed() { echo "this failed: $1"; exit 1; }
shown() {
	end=$(($(date +%s) + 300))
	until out=$(eval "$2"); do
		[ "$(date +%s)" -lt $end ] || failed "$2"
		sleep 1
	done
	printf '<%s>\n%s\n</%s>\n' "$1" "$out" "$1"
}
`

func quoted(command string) string { return "'" + strings.ReplaceAll(command, "'", `'\''`) + "'" }

// script is the commands of a section for a shell.
func (s section) script(t *testing.T) string {
	t.Helper()
	text := functions
	for i, step := range steps(t) {
		switch {
		case step.section != s || leftBy(step.command) != "":
		case step.serves:
			text += step.command + " &\n"
		case step.output != "":
			text += fmt.Sprintf("shown %d %s\n", i, quoted(step.command))
		default:
			text += fmt.Sprintf("%s || failed %s\n", step.command, quoted(step.command))
		}
	}
	return strings.ReplaceAll(text, "amd64", runtime.GOARCH)
}

// printed compares what the script printed with what the page shows.
func (s section) printed(t *testing.T, log string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	compared := 0
	for i, step := range steps(t) {
		if step.section != s || step.output == "" {
			continue
		}
		compared++
		_, got, _ := strings.Cut(log, fmt.Sprintf("<%d>\n", i))
		got, _, _ = strings.Cut(got, fmt.Sprintf("\n</%d>\n", i))
		if blanks(got) != blanks(step.output) {
			t.Errorf("$ %s\n%s\n%s shows\n%s", step.command, got, s.page, step.output)
		}
	}
	if compared == 0 {
		t.Errorf("%s shows no output", s.page)
	}
}

// blanks makes one blank of many, line by line.
func blanks(text string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}
