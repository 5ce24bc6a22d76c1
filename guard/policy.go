package guard

import (
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// Mode is what a Guard does about what it finds. The zero Mode is none.
type Mode uint8

const (
	// Observe tells the operator and leaves every message as it is.
	Observe Mode = iota + 1
	// Annotate tells the client, too.
	Annotate
	// Enforce keeps back the records that offend, or mends them.
	Enforce
)

// Empty is the answer where no record is left.
type Empty uint8

const (
	// ServFail: whether the number has records that can be used is not known. It is the zero value.
	ServFail Empty = iota
	// NoData: there is none that can be used.
	NoData
)

// Policy is what a Guard goes by. The zero Policy has no Mode and is none.
type Policy struct {
	Mode Mode
	// Repair has Enforce mend records where no conforming client notices (enumservice.Checker.Repair). What is
	// signed or has the AD bit is mended only where something of it offends, and records of several owners never.
	Repair bool
	// Empty is the answer where nothing is left. What a signature or a lack of one speaks against is
	// answered with SERVFAIL all the same where the client would see NODATA to be forged, and so is what came with
	// an error.
	Empty Empty
	// Severity is the least severity that offends. The zero Severity stands for Error, with Clients for
	// Warning.
	Severity enumservice.Severity
	// Clients are those that the answers are for: a finding offends if it hurts one of them. None
	// stands for those that follow RFC 6116 (enumservice.Strict).
	Clients enumservice.Clients
	// Rules gives findings, by code, another severity; 0 has one neither offend nor be told. One that is
	// made an Error here offends whomever it hurts.
	Rules map[string]enumservice.Severity
	// RequireAuthenticated lets only records through that a validating upstream vouches for, with the
	// AD bit (RFC 5028 section 3, RFC 4035 section 3.2.3).
	RequireAuthenticated bool
	// AllowDomains are the domains that im: and pres: URIs may have, each with what lies below it;
	// none stands for all. DenyDomains are those that they must not have. Both are A-labels in lower
	// case without a final dot. A URI whose domain some readers take for another is neither allowed nor free
	// of what is denied. With AllowDomains there are no IP addresses, and no non-terminals that lead out of the
	// apex; DenyDomains alone know neither. Neither say anything of URIs of other schemes, of what clients find
	// where an alias leads that the answer does not follow, nor of what clients that do not keep to RFC 6116
	// make of an expression that is not mended.
	AllowDomains, DenyDomains []string
	// Services are the Enumservices to keep, where one is given. A type without a subtype stands for
	// all of its subtypes too.
	Services []enumservice.Service
	// Twins are the protocols whose URIs are added for the mailboxes of im: URIs, with Repair.
	Twins []im.Protocol
	// DialPlan says that the numbers are those of a private dial plan.
	DialPlan bool
}
