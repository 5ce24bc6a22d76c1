package enumservice_test

import (
	"flag"
	"os"
	"testing"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/lint"
)

var update = flag.Bool("update", false, "write docs/lint.md anew")

const document = "../docs/lint.md"

// The document is what the data say.
func TestDocs(t *testing.T) {
	want := enumservice.Document(t, lint.Rules())
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Error("docs/lint.md is out of date: go test ./enumservice -run TestDocs -update")
	}
}
