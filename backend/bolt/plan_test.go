package bolt

import (
	"errors"
	"testing"

	"github.com/enumim/enumim/backend"
)

// Digits of a private dial plan are no E.164 numbers, and the other way round: a file with others than the
// configuration says is neither served nor listed, by whichever way it is read, and this is told.
func TestOtherNumbers(t *testing.T) {
	for _, c := range []struct {
		name    string
		private bool // the file
		want    error
	}{{"a file of a private plan", true, errPlan}, {"a file of E.164 numbers", false, errNotPlan}} {
		t.Run(c.name, func(t *testing.T) {
			right := newOptions(t)
			right.codec.DialPlan = c.private
			if c.private {
				right.codec.Apexes = nil
			}
			write(t, right, sets([]backend.Entry{user(number, "1")})...)
			wrong := *right
			wrong.codec.DialPlan = !c.private
			if right.Key() == wrong.Key() {
				t.Error("who is configured otherwise would share the backend")
			}
			listed := func(when string, o *options, want error) {
				t.Helper()
				w, err := o.OpenWriter(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
				n := 0
				for _, err = range w.Walk(t.Context()) {
					n++
				}
				if n != 1 || want == nil && err != nil || want != nil && (err == nil || err.Error() != want.Error()) {
					t.Errorf("%s: %d entries, %v, want %v", when, n, err, want)
				}
			}
			listed("as it is", right, nil)
			listed("by another", &wrong, c.want)

			events := make(chan backend.Event, 10)
			b, err := wrong.Open(t.Context(), func(e backend.Event) { events <- e })
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := ask(t, b, number); !errors.Is(err, c.want) {
				t.Errorf("it answers %v", err)
			}
			if e := <-events; e.Kind != backend.Refused || !errors.Is(e.Err, c.want) {
				t.Errorf("it tells %+v", e)
			}
			listening(t, right)
			listed("served", right, nil)
			listed("served, by another", &wrong, c.want)
			beside := open(t, right)
			if a, err := ask(t, beside, number); err != nil || a.Kind != backend.Found {
				t.Errorf("beside it: %v, %v", a.Kind, err)
			}
		})
	}
}
