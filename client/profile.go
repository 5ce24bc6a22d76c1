package client

import (
	"iter"
	"slices"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// Evidence says what a Profile rests on.
type Evidence uint8

const (
	// Documented: the vendor's pages; the code is not public.
	Documented Evidence = iota + 1
	// Read: the program's source was read, and the program was not run.
	Read
	// Proved: the program, or its own code compiled alone, was run beside the emulator on generated
	// RRsets without difference.
	Proved
)

// String returns "documented", "read" or "proved"; "" for what is no Evidence.
func (e Evidence) String() string {
	switch e {
	case Documented:
		return "documented"
	case Read:
		return "read"
	case Proved:
		return "proved"
	}
	return ""
}

// Profile is one client as it comes: what it looks for and how it reads records.
type Profile struct {
	ID       enumservice.Client
	Title    string   // program, version and part, such as "Kamailio 5.6, module enum"
	Evidence Evidence // what the emulator rests on
	Service  string   // the Enumservice that Dial looks for where the Query names none, such as "sip"
	Notes    []string // what its users should know, one sentence each

	dial func(q Query, o *Outcome)
}

// Query is a number that a client looks up and the answer that it gets.
type Query struct {
	Number e164.Number
	// Service is the Enumservice that the client is told to look for, such as "im" or
	// "pstn:tel"; empty stands for Profile.Service.
	Service string
	// Records are those of the answer, in the order of the message.
	Records []naptr.Record
	// Name is the length of the ENUM domain in octets as written; 0 stands for one below e164.arpa.
	Name int
	// Size is the length of the response in octets; 0 stands for one that is small enough.
	Size int
}

// Outcome is what a client makes of an answer.
type Outcome struct {
	// Targets are the URIs, as the client hands them on, in the order it tries them.
	Targets []Target
	// Verdicts tell of each record, in the order of Query.Records, what became of it.
	Verdicts []Verdict
	// Failed says why the look-up as a whole gives nothing, or ended early; "" where it did not.
	Failed string
}

// Target is one URI that a client dials.
type Target struct {
	URI      string
	Record   int  // index in Query.Records
	Parallel bool // tried at the same time as the one before
}

// Verdict is what became of one record.
type Verdict struct {
	Used bool
	Why  string // why not, in a few words; "" where it is used
}

// Dial returns what the client makes of the answer. The Outcome is the caller's.
func (p *Profile) Dial(q Query) Outcome {
	if q.Service == "" {
		q.Service = p.Service
	}
	o := Outcome{Verdicts: make([]Verdict, len(q.Records))}
	p.dial(q, &o)
	return o
}

// profiles holds one entry a client, in the order of enumservice.Client.
var profiles = []*Profile{
	strict,
	kamailio,
	openSIPS,
	asterisk,
	freeSWITCH,
	yate,
	sprout,
	reSIProcate,
	linphone,
	bind,
	oracleSBC,
	ribbon,
}

// Profiles lists the clients that the package knows.
func Profiles() iter.Seq[*Profile] { return slices.Values(profiles) }

// Lookup returns the profile of a client; nil for one that the package does not know.
func Lookup(id enumservice.Client) *Profile {
	for _, p := range profiles {
		if p.ID == id {
			return p
		}
	}
	return nil
}
