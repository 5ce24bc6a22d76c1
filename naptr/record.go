package naptr

// Record is the RDATA of a NAPTR resource record (RFC 3403 section 4.1) as wire octets: no field is
// escaped, a back-reference is one backslash and one digit. Records are comparable.
type Record struct {
	Order      uint16 // lower first, mandatory
	Preference uint16 // lower first within one order
	Flags      string // at most 255 octets; "u" for a terminal ENUM rule
	Services   string // at most 255 octets, such as "E2U+im"
	Regexp     string // at most 255 octets: a substitution expression, or empty
	// Replacement is a domain name in uncompressed wire form, at most 255 octets and ending in the
	// root's zero octet. The empty string stands for the root.
	Replacement string
}
