// Package powerdns makes entries of the rows that PowerDNS has in its tables domains and records (the schema of its
// generic SQL backends), whatever data base they are in. What PowerDNS does with rows was read off its answers:
// names that exist only for others below them keep no wildcard away, unless they have a row of their own; a name with
// a row that cannot be read is an error as a whole; a zone below another one in the same data base is served from its
// own rows. The rows come ordered by name, so that those of one name stand together.
package powerdns
