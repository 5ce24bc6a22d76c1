// Package im holds the URIs of the schemes "im" (RFC 3860) and "pres" (RFC 3859), which share one
// grammar: a single mailbox, percent-encoded, and optional headers. They name a person, not a
// protocol; the domain is looked up as RFC 3861 says.
//
// Parse tells apart what is no such URI (an error) and what is one but asks too much of some reader
// (a Caution). A Resolver finds the servers that a URI leads to. The package depends on the standard
// library alone and does no I/O: a Resolver asks through the interface DNS.
package im
