// Package e164 holds telephone numbers and their two spellings: the digits of ITU-T E.164, as in
// +44 20 7946 0148, and the ENUM domain of RFC 6116 section 3.2,
// 8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa.
//
// A Number is one comparable word whose order is the order of the digits. An Apex is the domain a
// tree of numbers hangs from; it turns names into numbers and back. A Name is what lies below an
// apex: a number and, left of it, the labels that are no digits.
//
// The package depends on the standard library alone and does no I/O.
package e164
