package client

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

var update = flag.Bool("update", false, "write the table of clients into docs/clients.md")

// provenance is the first line of a file of recorded outcomes.
type provenance struct{ Version, With, How, Date string }

// beside are the programs that run beside the emulator in a test, so that nothing is recorded.
var beside = map[enumservice.Client]string{
	enumservice.Kamailio: "Kamailio itself, in the test TestKamailioProof; 1500 sets each time",
	enumservice.BIND:     "named, dig and host themselves, in the test TestBINDProof; 700 sets and more each time",
}

// clientTable tells what each profile rests on, from the profiles and the recorded outcomes.
func clientTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n| client | evidence | what was run |\n|---|---|---|\n")
	for p := range Profiles() {
		run := beside[p.ID]
		if f, err := os.Open("testdata/" + p.ID.String() + ".jsonl"); err == nil {
			lines := bufio.NewScanner(f)
			lines.Buffer(nil, 1<<20)
			lines.Scan()
			var from provenance
			if err := json.Unmarshal(lines.Bytes(), &from); err != nil {
				t.Fatal(err)
			}
			sets := 0
			for lines.Scan() {
				sets++
			}
			f.Close()
			if from.With != "" {
				from.Version += " with " + from.With
			}
			run = fmt.Sprintf("%s: %s; %d sets, %s", from.Version, from.How, sets, from.Date)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Title, p.Evidence, run)
	}
	return b.String() + "\n"
}

// docs/clients.md tells what each emulator rests on, and its examples do what it says.
func TestDocs(t *testing.T) {
	const file, begin, end = "../docs/clients.md", "-update -->\n", "<!-- /clients -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the marks of the table are missing")
	}
	if want := clientTable(t); table != want {
		if !*update {
			t.Errorf("the table is old: run go test ./client -run TestDocs -update\n%s", want)
		} else if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for p := range Profiles() {
		if p.Evidence == Proved && !strings.Contains(clientTable(t), p.Title+" | proved | ") {
			t.Errorf("%s is proved, and nothing is recorded", p.ID)
		}
		if p.Title == "" || p.Evidence.String() == "" || p.Service == "" || len(p.Notes) == 0 {
			t.Errorf("%s tells too little of itself", p.ID)
		}
	}
}

// The records that docs/clients.md shows as good for all are that.
func TestDocsRecords(t *testing.T) {
	text, err := os.ReadFile("../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```dns\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no records")
	}
	var records []naptr.Record
	for line := range strings.Lines(block) {
		_, rdata, _ := strings.Cut(line, " NAPTR ")
		records = append(records, ruleRecords(t, strings.TrimSpace(rdata))...)
	}
	if len(records) < 2 {
		t.Fatalf("%d records", len(records))
	}
	for p := range Profiles() {
		o := p.Dial(Query{Number: e164.MustParse("+441632960083"), Service: "sip", Records: records})
		if p.ID == enumservice.BIND && o.Failed == "" {
			continue
		}
		if len(o.Targets) == 0 || o.Targets[0].Record != 0 {
			t.Errorf("%s: %+v", p.ID, o)
		}
	}
}
