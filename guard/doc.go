// Package guard judges ENUM answers that come from elsewhere: a carrier's tree, a partner, an old
// server. A Guard is given the query and the reply, finds what is wrong with the NAPTR records
// (package enumservice) and what the operator's Policy says against them, and returns the reply to
// send: the same message, or one of its own in which records are mended or withheld.
//
// The message that is judged is never changed, nor is any record in it: others keep and share it.
// What is done to one message is bounded, whatever its content; what the bound leaves unchecked is
// not let through where the policy is to be enforced.
//
// The package knows miekg/dns and not CoreDNS, and does no I/O.
package guard
