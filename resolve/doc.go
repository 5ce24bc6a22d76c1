// Package resolve is an ENUM client (RFC 6116): it asks name servers for the NAPTR records of a number
// and turns them into URIs, in order, with the whole trail of how it came to them. It asks over UDP, TCP
// and TLS (RFC 7858), finds the servers behind im: and pres: URIs (RFC 3861) and transfers zones.
//
// A Client is a stub: it asks servers that know the answer, resolvers or those of the zone, and does not
// follow delegations. Nothing that a server sends makes it fail otherwise than with an error, or ask
// without bound.
package resolve
