// Package snapshot keeps the last good data of a mirrored store in a file: a server that starts while the
// store is away answers from it. The file is JSON lines (package notation) between a head, which says what the
// data is of and when it was current, and an end with a checksum.
package snapshot
