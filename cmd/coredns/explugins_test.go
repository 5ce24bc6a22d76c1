package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
)

const externalPage = "../../docs/explugins/enumim.md"

// fenced are the blocks of one language on a page.
func fenced(text, language string) (blocks []string) {
	for _, m := range regexp.MustCompile(`(?ms)^~~~ `+language+`\n(.*?)^~~~$`).FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// The page has the head that the pages of external plugins at coredns.io have, and the sections of a plugin's page.
func TestExternalPageForm(t *testing.T) {
	text := read(t, externalPage)
	head, body, ok := strings.Cut(strings.TrimPrefix(text, "+++\n"), "\n+++\n")
	if !strings.HasPrefix(text, "+++\n") || !ok {
		t.Fatal("no head")
	}
	var keys []string
	for line := range strings.Lines(head) {
		m := regexp.MustCompile(`^(\w+) = ("[^"]*"|\d+|\[ ("\w+"(, )?)+ \])\n?$`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("this is no TOML of such a page: %s", line)
		}
		if keys = append(keys, m[1]); m[1] == "date" {
			if _, err := time.Parse(time.RFC3339, strings.Trim(m[2], `"`)); err != nil {
				t.Error(err)
			}
		}
	}
	if want := []string{"title", "description", "weight", "tags", "categories", "date", "repo", "home"}; !slices.Equal(keys, want) {
		t.Errorf("the head has %q, want %q", keys, want)
	}
	var sections []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(body, -1) {
		sections = append(sections, m[1])
	}
	if want := []string{"Name", "Description", "Compilation", "Syntax", "Metrics", "Ready", "Examples", "Bugs", "See Also"}; !slices.Equal(sections, want) {
		t.Errorf("sections are %q, want %q", sections, want)
	}
	for _, m := range regexp.MustCompile(`\]\((?:https://github\.com/enumim/enumim/\w+/main/)?([^)]*)\)`).FindAllStringSubmatch(body, -1) {
		if _, err := os.Stat("../../" + m[1]); err != nil { // relative links lead nowhere at coredns.io
			t.Error(err)
		}
	}
}

// What the page says of plugin.cfg, the commands and the metrics is what the README says, which other tests hold to the code.
func TestExternalPageIsTheReadme(t *testing.T) {
	page, readme := read(t, externalPage), read(t, "../../README.md")
	for _, block := range fenced(page, "txt")[:2] {
		if !slices.Contains(fenced(readme, "txt"), block) {
			t.Errorf("the README does not have\n%s", block)
		}
	}
	for line := range strings.Lines(fenced(page, "sh")[0]) {
		if !strings.Contains(readme, "\n"+line) {
			t.Errorf("the README does not have the command %s", line)
		}
	}
	metrics := func(text string) (list []string) {
		for _, m := range regexp.MustCompile("`(coredns_enumim_\\w+\\{[^}]*\\})`").FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	if got, want := metrics(page), metrics(readme); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the page has the metrics\n%q, the README\n%q", got, want)
	}
}

// patiently asks a server of this process, which may be slow where much else runs.
func patiently(query *dns.Msg, addr string) (*dns.Msg, error) {
	c := &dns.Client{Timeout: 20 * time.Second}
	reply, _, err := c.Exchange(query, addr)
	return reply, err
}

// The Corefiles of the page start and answer, the first one from the file that the page shows.
func TestExternalPageExamples(t *testing.T) {
	page := read(t, externalPage)
	setUp(t, "") // the directives
	t.Chdir("../..")
	blocks := fenced(page, "txt")
	shown := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(shown, []byte(blocks[len(blocks)-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	corefiles := fenced(page, "corefile")
	if len(corefiles) != 3 {
		t.Fatalf("%d Corefiles", len(corefiles))
	}
	for i, c := range []struct {
		question string
		qtype    uint16
		want     string
	}{
		{"1.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR, "im:alice@example.com"},
		{"0.0.1.dial.example.net.", dns.TypeNAPTR, "sip:reception@example.com"},
		{"", 0, ""},
	} {
		text := strings.ReplaceAll(strings.ReplaceAll(corefiles[i], ":1053 {", ":0 {\nbind 127.0.0.1"), "    bind 127.0.0.1\n", "")
		if i == 0 {
			text = strings.ReplaceAll(text, "examples/numbers.txt", shown)
		}
		inst, err := caddy.Start(caddy.CaddyfileInput{Filepath: "Corefile", ServerTypeName: "dns", Contents: []byte(text)})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if c.question != "" {
			reply, err := patiently(new(dns.Msg).SetQuestion(c.question, c.qtype), inst.Servers()[0].LocalAddr().String())
			if err != nil || !strings.Contains(reply.String(), c.want) {
				t.Errorf("%v, %v from\n%s", reply, err, text)
			}
		}
		inst.ShutdownCallbacks()
		if err := inst.Stop(); err != nil {
			t.Error(err)
		}
	}
}
