package status

import (
	"context"
	"time"

	"github.com/enumim/enumim/explain"
)

// Server is what a page is about. Its methods return soon after ctx ended, and are safe for concurrent use.
type Server interface {
	// Status tells of the server as it is now.
	Status(ctx context.Context) Page
	// Explain tells how a number is answered: one Explanation for each tree that it belongs to. An error says, for who
	// asked, what is wrong with the number, and does not repeat it.
	Explain(ctx context.Context, number string) ([]Explanation, error)
}

// Page is what is told of a server. Names in its JSON stay as they are; others may come.
type Page struct {
	Time      time.Time    `json:"time"`
	Ready     bool         `json:"ready"` // all trees can be answered for
	Trees     []Tree       `json:"trees"`
	Backends  []Backend    `json:"backends"`
	Inspected []Inspection `json:"inspected,omitempty"`
}

// Tree is one apex that is answered for.
type Tree struct {
	Zone    string   `json:"zone"`
	Servers []string `json:"servers"` // where it is asked for
	View    string   `json:"view,omitempty"`
	Backend int      `json:"backend"` // an index in backends
	Answers string   `json:"answers"` // from what: Own, Before or Nothing
	Serial  uint32   `json:"serial,omitempty"`
	Stale   bool     `json:"stale,omitempty"` // the data could not be refreshed in time
	Fault   string   `json:"fault,omitempty"` // why queries get SERVFAIL
}

// What a Tree is answered from.
const (
	Own     = "own"     // its backend
	Before  = "before"  // what answered before a reload of the Corefile, until its backend has data
	Nothing = "nothing" // there is no data to answer from: SERVFAIL
)

// Backend is where numbers come from, by one block of the Corefile.
type Backend struct {
	Driver  string `json:"driver"`
	Place   string `json:"place"`  // of the block in the Corefile
	Memory  bool   `json:"memory"` // it answers from memory; else the store is asked for each query
	Ready   bool   `json:"ready"`
	Sources []Data `json:"sources"`
}

// Data is what one source of a backend delivered: a file, files that are loaded together, a table of a data base.
type Data struct {
	Source   string    `json:"source"`
	State    string    `json:"state"`             // Loading, Current, Refused or Unavailable
	Entries  *int      `json:"entries,omitempty"` // numbers, blocks and delegations that are served
	Broken   int       `json:"broken,omitempty"`  // of them those that cannot be read
	Serial   uint32    `json:"serial,omitempty"`  // generation
	Loaded   time.Time `json:"loaded,omitzero"`   // when data was last taken as a whole
	Age      *float64  `json:"age_seconds,omitempty"`
	Refusals int       `json:"refusals"` // since the backend was opened
	Refused  *Fault    `json:"refused,omitempty"`
	Away     *Fault    `json:"unavailable,omitempty"`
	Findings []Finding `json:"findings,omitempty"` // about the data of the last load
	More     int       `json:"more_findings,omitempty"`
}

// States of Data.
const (
	Loading     = "loading"     // nothing was told of it yet
	Current     = "current"     // what was read last is served
	Refused     = "refused"     // what was read last was held back: what was served before, if anything, still is
	Unavailable = "unavailable" // the source could not be reached the last time
)

// Fault is when and why the last refresh was refused, or the source was out of reach.
type Fault struct {
	Time time.Time `json:"time"`
	Text []string  `json:"text"` // a line a fault, without numbers
}

// Finding is what deserves a look in data that is served.
type Finding struct {
	Rule  string `json:"rule"`
	Count int    `json:"count"`
	Text  string `json:"text"` // what and where, without numbers
}

// Inspection is a zone whose answers from other plugins are inspected.
type Inspection struct {
	Zone      string `json:"zone"`
	Directive string `json:"directive"` // enumim or enumim_guard
	Mode      string `json:"mode"`      // observe, annotate or enforce
	Place     string `json:"place"`
}

// Explanation is how a number is answered in one tree.
type Explanation struct {
	explain.View
	Servers []string `json:"servers"`
	// Sentence says what the answer is where the records do not tell.
	Sentence string `json:"-"`
	// Traced says that the backend tells which entries could decide.
	Traced bool `json:"-"`
	// Guard is what an enumim_guard in front makes of the answer; nil for none.
	Guard *Guard `json:"guard,omitempty"`
	// Fault is why SERVFAIL is answered.
	Fault string `json:"fault,omitempty"`
}

// Guard is what became of an answer that was inspected.
type Guard struct {
	Zone   string   `json:"zone"`
	Mode   string   `json:"mode"`
	Action string   `json:"action"` // passed, told, repaired, withheld or emptied
	Told   []string `json:"told,omitempty"`
}
