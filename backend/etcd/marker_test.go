package etcd

import (
	"errors"
	"testing"

	"github.com/enumim/enumim/backend"
)

// The marker is read whatever else it holds, and refused when it is of another format.
func TestMarkers(t *testing.T) {
	for text, want := range map[string]error{
		`{"format":1}`: nil, ` {"format":1,"history":"x","by":"somebody"} `: nil,
		`{"format":2}`: backend.ErrInvalidData, `{}`: backend.ErrInvalidData, ``: backend.ErrInvalidData, `1`: backend.ErrInvalidData, `{"format":1}{`: backend.ErrInvalidData,
	} {
		if _, err := parseMarker(keyValue("meta", text)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}
