package kubernetes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// Whatever stands in a spec, what is read of it is an entry of its kind, or a word that it cannot be read; no error tells
// a number.
func FuzzSpec(f *testing.F) {
	for _, text := range []string{
		`{"number":"+12025550100","records":[{"uri":"im:alice@example.com"}]}`, `{"number":"+4420","min":12,"max":12,"none":true}`,
		`{"number":"100","dialPlan":true,"none":true}`, `{"dialPlan":1,"number":"+1"}`, `{}`, `null`, `[]`, ` { } `, `{"kind":"end"}`, `{"number":"+1"`,
		`{"number":"+4420","sets":[{"type":"NS","data":["ns.example.net."]}]}`, `{"broken":true,"number":"+12025550100"}`,
	} {
		for kind := range uint8(len(resources)) {
			f.Add(kind, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, spec []byte) {
		r := &resources[int(kind)%len(resources)]
		for _, dialPlan := range []bool{false, true} {
			e, in, err := r.entry(&notation.Codec{DialPlan: dialPlan}, spec)
			if in && (e.Kind != r.is || e.Name.Labels != "" || err != nil && !e.Broken) {
				t.Errorf("%+v %v", e, err)
			}
			if digits := e.Name.Number.Digits(); err != nil && len(digits) > 6 && strings.Contains(err.Error(), digits) {
				t.Errorf("the error tells a number: %v", err)
			}
			if in && err == nil && !e.Broken {
				again, in, err := r.entry(&notation.Codec{DialPlan: dialPlan}, specOf(&notation.Codec{DialPlan: dialPlan}, r, &e))
				if !in || err != nil || slotOf(&again) != slotOf(&e) {
					t.Errorf("%+v is written so that it is read as %+v, %v", e, again, err)
				}
			}
		}
	})
}

// Whatever a watch says, it is an event that can be taken or an error, and of a revision.
func FuzzEvent(f *testing.F) {
	for _, text := range []string{
		`{"type":"ADDED","object":{"kind":"Number","metadata":{"uid":"00000000-0000-0000-0000-000000000001","resourceVersion":"7"},"spec":{"number":"+12025550100","none":true}}}`,
		`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}`, `{"type":"ERROR","object":{"code":410}}`, `{"type":"ERROR"}`, `{}`, ``, "\n", `{"type":"DELETED","object":null}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, _ := line(bufio.NewReaderSize(bytes.NewReader(text), 16))
		e, err := parseEvent(first)
		if err != nil {
			return
		}
		if e.revision == 0 || !json.Valid(first) {
			t.Fatalf("%q is taken: %+v", first, e)
		}
		if e.Type == bookmark {
			return
		}
		r, known, err := scope{&resources[0], ""}.record(&notation.Codec{}, &e.object)
		if known && (err != nil || r.kind != backend.Number || r.id == identity{} && e.object.Metadata.UID == "") {
			t.Errorf("%+v %v", r, err)
		}
	})
}
