// Package enumservice knows the rules about the content of ENUM records: the grammar of the
// services field (RFC 6116 section 3.4.3), the Enumservices that IANA registered (RFC 6117), and
// what is wrong with a record or with the set of a number (Checker): findings with a stable code, a
// severity, the rule that each rests on, the clients that it hurts and what can be done about it.
// Checker.Repair does what can be done without asking. docs/lint.md lists all findings.
//
// It does no I/O. What a finding says never contains a number or a URI.
package enumservice
