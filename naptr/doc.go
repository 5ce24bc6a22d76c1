// Package naptr holds NAPTR records as wire octets (RFC 3403), the substitution expressions in them
// (RFC 3402 section 3.2), and Rules: records prepared for answering many numbers.
package naptr
