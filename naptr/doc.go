// Package naptr holds NAPTR records as wire octets (RFC 3403), the substitution expressions in them
// (RFC 3402 section 3.2), and Rules: records prepared for answering many numbers.
//
// An Expression is parsed once. The forms that people use ("^.*$", "^\+44(.*)$", ...) are then a
// prefix test and a few slices of the number; every other extended regular expression runs on a
// matcher whose work is bounded by pattern length times number length, so no record can stall a
// query. No general regexp engine is involved.
//
// The package depends on the standard library and package e164 alone and does no I/O.
package naptr
