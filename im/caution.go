package im

// Caution is a set of reasons why a URI that obeys the grammar may not work everywhere; 0 is none.
type Caution uint16

const (
	// CapitalScheme: the scheme is not in lower case (RFC 3986 section 6.2.2.1).
	CapitalScheme Caution = 1 << iota
	// HasHeaders: few readers know headers (RFC 3860 appendix A.2).
	HasHeaders
	// DisplayName: "name <user@domain>", percent-encoded; the grammar admits it, readers do not
	// expect it. Local and Domain are what stands in the angle brackets.
	DisplayName
	// Address: the domain is an IP address, for which RFC 3861 has no look-up.
	Address
	// NotFQDN: the domain has one label, so nobody outside can resolve it (RFC 3861 section 3).
	NotFQDN
	// BadHostname: the domain is no host name: "_" or "~" in it, or a hyphen at the edge of a label
	// (RFC 1123 section 2.1).
	BadHostname
	// LongDomain: the SRV names of RFC 3861 below the domain would not fit 255 octets.
	LongDomain
	// EncodedDomain: the domain is percent-encoded; readers that follow RFC 3861 hand it to DNS as
	// it stands. A-labels work everywhere.
	EncodedDomain
	// EncodedLocal: the user part holds encoded non-ASCII octets, for which RFC 3860 has no rule.
	EncodedLocal
	// Slash: "/" in the user part: should be %2F, or the source-routed form that RFC 3860
	// appendix B discourages.
	Slash
	// NotAtom: the user part is neither a dot-atom nor a quoted string (RFC 2822 section 3.4.1).
	NotAtom
)

// Has reports whether c holds all of d.
func (c Caution) Has(d Caution) bool { return c&d == d }
