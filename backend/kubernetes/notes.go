package kubernetes

import (
	"errors"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// notes count what was read and is not served as it stands.
type notes struct {
	broken, unread, hidden int
	lastBroken, lastUnread string
	lastHidden             string
}

// broke notes an object that cannot be read.
func (n *notes) broke(place string, err error) {
	n.broken++
	n.lastBroken = place + ": " + say(err)
}

func (n *notes) unreadable(place string) {
	n.unread++
	n.lastUnread = place
}

func (n *notes) hid(place string) {
	n.hidden++
	n.lastHidden = place
}

// say returns what is wrong with a spec, with the member that it is in: columns are of a text that nobody wrote.
func say(err error) string {
	f, ok := errors.AsType[*notation.Fault](err)
	switch {
	case !ok:
		return err.Error()
	case f.Member != "":
		return f.Member + ": " + f.Want
	}
	return f.Want
}

// report tells of what was noted since it was told last.
func (n *notes) report(tell func(backend.Event)) {
	for _, f := range []struct {
		rule, text, last string
		count            int
	}{
		{"object", "resources cannot be read; what they decide is SERVFAIL; the last: ", n.lastBroken, n.broken},
		{"unread", "resources have a number that cannot be read, and are left out; the last: ", n.lastUnread, n.unread},
		{"conflict", "resources are about numbers that an older one has, and are left out; the last: ", n.lastHidden, n.hidden},
	} {
		if f.count > 0 {
			tell(backend.Event{Kind: backend.Finding, Rule: f.rule, Text: f.text + f.last, Count: f.count})
		}
	}
	*n = notes{}
}
