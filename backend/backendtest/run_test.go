package backendtest

import (
	"testing"

	"github.com/enumim/enumim/backend"
)

func modelHarness() Harness {
	return Harness{
		Open: func(_ testing.TB, entries []backend.Entry) backend.Backend { return NewModel(entries) },
		Update: func(_ testing.TB, b backend.Backend, changes []backend.Change) {
			m, _ := backend.As[*Model](b)
			m.Apply(changes)
		},
		Broken:  true,
		Overlap: true,
		Skip:    map[string]string{"deadline": "the model never waits"},
	}
}

func TestModelConforms(t *testing.T) { Run(t, modelHarness()) }
