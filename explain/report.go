package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// ErrOutside says that the number does not lie below the apex.
var ErrOutside = errors.New("number does not lie below the apex")

// Question is a number whose answer is to be explained.
type Question struct {
	Apex     e164.Apex
	Number   e164.Number
	Name     e164.Name     // to look up; the zero Name stands for the ENUM domain of the number
	DialPlan bool          // numbers are digits of a private dial plan, without "+"
	Form     *backend.Form // how records are answered; nil for what suits the data
	Twins    []im.Protocol // whose URIs are answered beside im: URIs
	Uniform  bool          // what does not exist is answered as what has no records
	Hides    Hides         // mailboxes; nil where they are answered as they are
}

// Report says why a number is answered as it is. It is about the number's owner: not for logs.
type Report struct {
	Question
	// Hops are the names that were looked up: the number's, then those that aliases lead to.
	Hops []Hop
	// Kind is what the data holds for the last of Hops.
	Kind backend.Kind
	TTL  uint32 // of the records, seconds
	// Records are the NAPTR records as they are sent; the last Added of them are for Twins.
	Records []naptr.Record
	Added   int
	// Silent are those of the entry that are not sent: their expression does not match the number.
	Silent []naptr.Record
	// Hidden are those whose mailbox is hidden, as they would be sent without.
	Hidden   []naptr.Record
	disguise *Disguise
	// Target is where aliases lead on to, "" for nowhere: out of the tree, or further than one answer goes.
	Target string
	Loop   bool // Target was passed before
	Stale  bool // the data could not be refreshed in time
}

// Hop is one name that was looked up.
type Hop struct {
	Name  e164.Name
	Steps []Step
	// Traced says that the backend can tell its entries (backend.Tracer); without, there are no Steps.
	Traced bool
}

// maxHops is how many aliases are followed, as many as the plugin follows in one answer.
const maxHops = 8

// Of asks the backend for the number and explains the answer. Without the capabilities Tracer and Locator
// of the backend there are no steps, or they have no places. It returns ErrOutside, and the errors of the
// backend.
func Of(ctx context.Context, b backend.Backend, q Question) (*Report, error) {
	return ask(ctx, b, q, true)
}

// Answer is Of without the steps, which take longer to find than all the rest.
func Answer(ctx context.Context, b backend.Backend, q Question) (*Report, error) {
	return ask(ctx, b, q, false)
}

func ask(ctx context.Context, b backend.Backend, q Question, explained bool) (*Report, error) {
	if !q.Number.HasPrefix(q.Apex.Prefix()) || !q.Number.IsValid() {
		return nil, fmt.Errorf("%w %s", ErrOutside, q.Apex)
	}
	r := &Report{Question: q}
	name := q.Name
	if name == (e164.Name{}) {
		name.Number = q.Number
	}
	for {
		query := backend.Query{Apex: q.Apex.String(), Name: name}
		a, err := b.Lookup(ctx, query)
		if err != nil {
			return nil, err
		}
		hop := Hop{Name: name}
		if explained {
			if hop.Steps, err = steps(ctx, b, query, &a); err != nil {
				return nil, err
			}
			_, hop.Traced = backend.As[backend.Tracer](b)
		}
		r.Hops = append(r.Hops, hop)
		r.Kind, r.TTL, r.Stale = a.Kind, a.TTL, r.Stale || a.Stale
		target, err := r.alias(&a, name)
		if err != nil {
			return nil, err
		}
		if target == "" {
			return r, r.send(&a, name)
		}
		next, err := q.Apex.Parse(target)
		r.Loop = err == nil && slices.ContainsFunc(r.Hops, func(h Hop) bool { return h.Name == next })
		if err != nil || r.Loop || len(r.Hops) > maxHops {
			r.Target = target
			return r, nil
		}
		name = next
	}
}

// RR types of aliases and signatures.
const (
	typeCNAME = 5
	typeDNAME = 39
	typeRRSIG = 46
)

// alias returns the name that the answer leads on to.
func (r *Report) alias(a *backend.Answer, name e164.Name) (string, error) {
	typ := uint16(typeCNAME)
	switch {
	case a.Kind == backend.Renamed:
		typ = typeDNAME
	case a.Kind != backend.Found || len(a.Rules) > 0:
		return "", nil
	}
	i := slices.IndexFunc(a.Sets, func(set backend.RRset) bool { return set.Type == typ })
	if i < 0 || len(a.Sets[i].Data) == 0 {
		return "", nil
	}
	target, err := rr.NameFromWire(a.Sets[i].Data[0])
	if err != nil {
		return "", fmt.Errorf("%w: alias: %w", backend.ErrInvalidData, err)
	}
	if typ == typeCNAME {
		return target, nil
	}
	full, above := r.Apex.AppendName(nil, name), r.Apex.AppendName(nil, a.Owner)
	kept := string(full[:len(full)-len(above)])
	if target == "." {
		return kept, nil
	}
	return kept + target, nil
}

// AUS returns the Application Unique String of the number, which expressions are applied to (RFC 6116
// section 3.1).
func (q Question) AUS() string { return string(q.aus(q.Number)) }

func (q Question) aus(n e164.Number) []byte {
	if q.DialPlan {
		return n.AppendDigits(nil)
	}
	return n.AppendDigits([]byte{'+'})
}

// send makes the records of the answer.
func (r *Report) send(a *backend.Answer, name e164.Name) error {
	form := a.Form
	if r.Form != nil {
		form = *r.Form
	}
	asked, own := r.aus(r.Number), r.aus(name.Number)
	if r.Hides != nil {
		r.disguise = r.Hides(name, r.Number)
	}
	text := a.Text
	for i := range a.Rules {
		rule := &a.Rules[i]
		stored, rest := rule.AppendStored(nil, own, text)
		record := naptr.Record{
			Order: rule.Order, Preference: rule.Preference, Flags: rule.Flags, Services: rule.Services,
			Regexp: string(stored), Replacement: rule.Replacement,
		}
		sent, ok := stored, true
		switch {
		case r.disguise != nil:
			sent, ok = r.disguised(record, rule, form, asked, own, text)
		case form == backend.Plain:
			if sent, _, ok = rule.AppendAliased(nil, asked, own, text); !ok {
				r.Silent = append(r.Silent, record)
			}
		}
		text = rest
		if !ok {
			continue
		}
		record.Regexp = string(sent)
		if err := record.Check(); err != nil {
			return fmt.Errorf("%w: %w", backend.ErrInvalidData, err)
		}
		r.Records = append(r.Records, record)
	}
	r.addTwins(a)
	return nil
}

// addTwins adds what the plugin adds to an unsigned RRset for clients that do not look for im: URIs.
func (r *Report) addTwins(a *backend.Answer) {
	own := len(r.Records)
	if own == 0 || slices.ContainsFunc(a.Sets, signsNAPTR) {
		return
	}
	checker := enumservice.CheckerFor(r.Apex, r.DialPlan)
	r.Records = checker.AppendTwins(r.Records, r.Number, r.Records, r.Twins)
	r.Added = len(r.Records) - own
}

// signsNAPTR reports whether a set has a signature of NAPTR records: RDATA begin with the type that they cover (RFC
// 4034 section 3.1).
func signsNAPTR(set backend.RRset) bool {
	return set.Type == typeRRSIG && slices.ContainsFunc(set.Data, func(rdata string) bool { return strings.HasPrefix(rdata, "\x00\x23") })
}

// Dialled is what one client makes of an answer.
type Dialled struct {
	Client  *client.Profile
	Outcome client.Outcome
}

// Dial returns what each of the clients makes of the records, which came for the number below the apex. An
// empty service stands for what each looks for by itself.
func Dial(q Question, records []naptr.Record, service string, clients []*client.Profile) []Dialled {
	name := len(q.Apex.Domain(q.Number)) - len(".")
	ask := client.Query{
		Number: q.Number, Service: service, Records: records, Name: name, Size: enumservice.AnswerSize(name, records),
	}
	dialled := make([]Dialled, len(clients))
	for i, p := range clients {
		dialled[i] = Dialled{p, p.Dial(ask)}
	}
	return dialled
}
