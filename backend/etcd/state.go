package etcd

import (
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// state is what the feed has to know of the tree that its sink holds, to make changes of events.
type state struct {
	*keyed.State
	keys int // how many names there are
}

func newState() *state { return &state{State: keyed.NewState()} }

// within reports whether what stands at n may concern one of the trees: it lies in it, or above it. What does
// not is of other servers.
func within(apexes []e164.Apex, n e164.Number) bool {
	return len(apexes) == 0 || slices.ContainsFunc(apexes, func(a e164.Apex) bool {
		return n.HasPrefix(a.Prefix()) || a.Prefix().HasPrefix(n)
	})
}

// take makes changes of events. Of several about one key the last counts. again says that the tree has to be read
// again. After it the state is that of the changes made; where they do not come to be, it is void.
func (s *state) take(codec *notation.Codec, prefix int, events []*mvccpb.Event) (changes []backend.Change, again bool) {
	last := make(map[string]int, len(events))
	for i, e := range events {
		if n, ok := keyed.NumberOf(e.Kv.Key[prefix:]); !ok || !within(codec.Apexes, n) {
			continue
		}
		last[string(e.Kv.Key)] = i
		// Versions count from 1 since the key came to be.
		switch {
		case e.Type == mvccpb.DELETE:
			s.keys--
		case e.Kv.Version == 1:
			s.keys++
		}
	}
	for i, e := range events {
		if at, ok := last[string(e.Kv.Key)]; !ok || at != i {
			continue
		}
		n, _ := keyed.NumberOf(e.Kv.Key[prefix:])
		var lines []keyed.Line
		var fault error
		if e.Type != mvccpb.DELETE {
			lines, fault = keyed.Parse(codec, n, e.Kv.Value)
		}
		// What the sink holds below a delegation that came, it hides by itself.
		var more bool
		changes, _, more = s.Change(changes, n, lines, fault)
		again = again || more
	}
	return changes, again
}
