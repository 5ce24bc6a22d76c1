package guard

import (
	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// Action is what became of a reply.
type Action uint8

const (
	// Passed: there is nothing to tell of.
	Passed Action = iota
	// Told: there is something to tell of, and the records stay as they are.
	Told
	// Signed: records would have been changed, but they are signed and the client validates.
	Signed
	// Repaired: records were mended or added, none is missing.
	Repaired
	// Withheld: some records are missing.
	Withheld
	// Emptied: no record is left, or all were kept back for one.
	Emptied
	actions
)

var actionNames = [actions]string{"passed", "told", "signed", "repaired", "withheld", "emptied"}

// String returns the action in lower case, such as "withheld"; "" for what is no Action.
func (a Action) String() string {
	if a >= actions {
		return ""
	}
	return actionNames[a]
}

// Actions is how many actions there are; they are numbered from 0.
const Actions = int(actions)

// Rules of a Policy, which stand beside the codes of enumservice in a Count. docs/guard.md lists them.
const (
	RuleUnauthenticated = "unauthenticated" // no AD bit
	RuleDomain          = "domain"          // an im: or pres: URI in a domain that is not allowed
	RuleService         = "service"         // not one of the Enumservices to keep
	RuleUnchecked       = "unchecked"       // more than is checked in one message
	RuleMalformed       = "malformed"       // no NAPTR record that could be sent
)

// Count is how often something was found in one reply.
type Count struct {
	Rule     string // a code of enumservice, or one of the rules above
	Severity enumservice.Severity
	// Tell: it is bad enough by the policy's Severity, and hurts one of its Clients, or was mended. The rest is
	// for statistics.
	Tell bool
	N    int
}

// EDE is an Extended DNS Error (RFC 8914). Its text holds neither number nor URI. The zero EDE is none.
type EDE struct {
	Code uint16
	Text string
}

// Verdict is what Judge says of a reply.
type Verdict struct {
	// Msg is the reply to send: the one that was judged where nothing of it changes. A new one shares
	// the records that stay as they are. It has no EDE yet.
	Msg    *dns.Msg
	Action Action
	// Counts are what was found: what is to be told before the rest, and of each the worst first.
	Counts []Count
	// EDE is what to tell a client that has EDNS.
	EDE EDE
	// URIs are the im: and pres: URIs of the records in Msg, at most a few, in the order of the
	// records' ranks.
	URIs []im.URI
}
