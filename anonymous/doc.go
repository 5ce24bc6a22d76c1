// Package anonymous makes and resolves aliases: local parts of im: URIs that mean nothing to anybody but the holder
// of a key. Everybody can read the DNS, and a mailbox can tell a name or an employer (RFC 5028 section 3).
package anonymous
