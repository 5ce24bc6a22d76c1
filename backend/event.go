package backend

import "time"

// EventKind is the sort of an Event.
type EventKind uint8

const (
	Loaded      EventKind = iota // new data is served
	Refused                      // new data was held back; what was served before still is
	Unavailable                  // the store cannot be reached
	Recovered                    // it can be reached again
	Finding                      // data is served, but something in it deserves a look
	Closed                       // the backend is gone; the last event, which the Pool tells and no backend
)

// Event tells what a backend did on its own. The plugin counts and logs it; the backend does not.
type Event struct {
	Kind    EventKind
	Source  string // what was read: a file's path, a table's name; never a secret
	Entries int    // how many entries are served now
	Serial  uint32
	Took    time.Duration
	Age     time.Duration // of a Loaded: how old the data is where it is not from the source but from a snapshot of it
	Err     error         // why, for Refused and Unavailable; what Close returned, for Closed
	Rule    string        // of a Finding: its code
	Text    string        // of a Finding: what and where, without number or URI
	Count   int           // of a Finding: how many there are of this rule
}
