package enumim

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Whoever sees an Extended DNS Error finds on the page of operations what to do about it.
func TestOperationsExplainErrors(t *testing.T) {
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []extended{
		edeNotReady, edeUnavailable, edeBusy, edeTooStale, edeInvalid, edeInternal, edeShutdown, edeStale, edeTransfer, edeWalker, edeUnreadable, edeTooLarge, edeNotOurs,
	} {
		want := fmt.Sprintf("EDE %d", e.code)
		if e.text != "" {
			want += fmt.Sprintf(", `%s`", e.text)
		}
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
