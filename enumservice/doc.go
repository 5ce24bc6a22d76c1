// Package enumservice knows the rules about the content of ENUM records: the grammar of the
// services field (RFC 6116 section 3.4.3), the Enumservices that IANA registered (RFC 6117), and
// what is wrong with a record (Checker): findings with a stable code, a severity and the rule that
// each rests on.
//
// It does no I/O. What a finding says never contains a number or a URI.
package enumservice
