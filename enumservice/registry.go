package enumservice

import (
	"iter"
	"slices"
	"strings"
)

// Class is the sort of an Enumservice (RFC 6117 section 4.2).
type Class uint8

// The classes that registrations use.
const (
	ProtocolBased Class = iota + 1
	ApplicationCommon
	ApplicationSubset
	ApplicationAncillary
	DataType
)

// String returns the class as the registry writes it; "" for what is no class.
func (c Class) String() string {
	switch c {
	case ProtocolBased:
		return "Protocol-Based"
	case ApplicationCommon:
		return "Application-Based, Common"
	case ApplicationSubset:
		return "Application-Based, Subset"
	case ApplicationAncillary:
		return "Application-Based, Ancillary"
	case DataType:
		return "Data Type-Based"
	}
	return ""
}

// Registration is one row of IANA's Enumservice registry. Every row has the intended usage COMMON.
type Registration struct {
	Service // in lower case
	Class   Class
	Schemes []string // URI schemes, in lower case; shared, not to be changed
	RFC     int      // the number of the specification
}

// HasScheme reports whether the registration lists the URI scheme, letter case aside.
func (r Registration) HasScheme(scheme string) bool {
	for _, s := range r.Schemes {
		if strings.EqualFold(s, scheme) {
			return true
		}
	}
	return false
}

// Registry lists the registered Enumservices by type and subtype.
func Registry() iter.Seq[Registration] { return slices.Values(registry[:]) }

// byName finds rows by Service.String.
var byName = func() map[string]*Registration {
	m := make(map[string]*Registration, len(registry))
	for i := range registry {
		m[registry[i].Service.String()] = &registry[i]
	}
	return m
}()

// Lookup returns the registration of an Enumservice, letter case aside.
func Lookup(s Service) (Registration, bool) {
	if r := lookup(s); r != nil {
		return *r, true
	}
	return Registration{}, false
}

// lookup is Lookup without a copy; nil where nothing is registered. It does not allocate.
func lookup(s Service) *Registration {
	var buf [2*maxToken + 1]byte
	if len(s.Type)+1+len(s.Subtype) > len(buf) {
		return nil
	}
	key := append(buf[:0], s.Type...)
	if s.Subtype != "" {
		key = append(append(key, ':'), s.Subtype...)
	}
	for i, c := range key {
		if c >= 'A' && c <= 'Z' {
			key[i] = c | 0x20
		}
	}
	return byName[string(key)]
}

// ForScheme returns the Enumservice that a URI scheme implies where none is named: the one that is
// defined for the scheme itself, without a subtype. It is im, pres, sip (also for sips), xmpp, h323,
// acct or iax. For every other scheme the error is a *SchemeError that lists what may be meant: tel,
// mailto, http and the like serve many Enumservices.
func ForScheme(scheme string) (Service, error) {
	e := &SchemeError{Scheme: scheme}
	for i := range registry {
		r := &registry[i]
		if !r.HasScheme(scheme) {
			continue
		}
		// A data type says what is found at the URI, not how it is reached: vcard over http.
		if r.Subtype == "" && r.Class != DataType {
			return r.Service, nil
		}
		e.Candidates = append(e.Candidates, r.Service)
	}
	return Service{}, e
}
