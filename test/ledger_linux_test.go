package test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
)

// note adds a line to the ledger.
func note(t testing.TB, result any) {
	t.Helper()
	if *faultLedger == "" {
		return
	}
	line, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(*faultLedger, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
