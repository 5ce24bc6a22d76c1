package enumservice

import (
	"errors"
	"strings"
)

// Errors of ParseServices, by the grammar of RFC 6116 section 3.4.3.
var (
	// ErrNoE2U: the field does not begin with "E2U": it is empty or belongs to another application.
	ErrNoE2U = errors.New(`services do not begin with "E2U+"`)
	// ErrNoService: "E2U" with no Enumservice behind it.
	ErrNoService = errors.New(`no Enumservice behind "E2U": write E2U+type`)
	// ErrObsoleteOrder: "E2U" at the end, the form of RFC 2916. The services are returned all the
	// same, as clients should still read it (RFC 6116 section 5.2).
	ErrObsoleteOrder = errors.New(`"E2U" at the end is obsolete: write E2U+type`)
	// ErrSecondE2U: "E2U" more than once.
	ErrSecondE2U = errors.New(`"E2U" more than once`)
	// ErrEmptyElement: nothing between two separators, or behind the last.
	ErrEmptyElement = errors.New(`empty element: "+" or ":" with nothing behind it`)
	// ErrBlank: a blank or tab.
	ErrBlank = errors.New("blank in the services")
	// ErrServiceOctet: an octet that is neither letter, digit nor hyphen.
	ErrServiceOctet = errors.New("types and subtypes consist of letters, digits and hyphens")
	// ErrLongToken: a type or subtype of more than 32 octets.
	ErrLongToken = errors.New("type or subtype over 32 octets")
)

// Errors of ForScheme, wrapped in a *SchemeError.
var (
	// ErrUnknownScheme: no Enumservice is registered for the scheme.
	ErrUnknownScheme = errors.New("no Enumservice is registered for the scheme")
	// ErrAmbiguousScheme: the scheme does not tell the Enumservice.
	ErrAmbiguousScheme = errors.New("the scheme does not tell the Enumservice")
)

// SchemeError is the error of ForScheme: the Enumservice has to be named.
type SchemeError struct {
	Scheme     string    // as given
	Candidates []Service // the Enumservices that list the scheme, in the order of the registry
}

// Error names the scheme and what may be written.
func (e *SchemeError) Error() string {
	var b strings.Builder
	b.WriteString(e.Unwrap().Error())
	b.WriteString(": name one")
	for i, s := range e.Candidates {
		if i == 0 {
			b.WriteString(" of ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(s.String())
	}
	return b.String()
}

// Unwrap returns ErrUnknownScheme or ErrAmbiguousScheme.
func (e *SchemeError) Unwrap() error {
	if len(e.Candidates) == 0 {
		return ErrUnknownScheme
	}
	return ErrAmbiguousScheme
}
