// Package table is the in-memory index that every mirrored backend shares: millions of numbers,
// number blocks, wildcards and delegations in a few bytes each, answered without a lock.
//
// Readers see immutable snapshots behind one atomic pointer. Exact names and block prefixes of all
// sorts live in one sorted sequence of chunks; a change copies one chunk and the slice of chunks,
// whatever the size of the table. What stands at a name is a node, interned and shared by all names
// that differ only in the number or in the user part of their URIs.
package table
