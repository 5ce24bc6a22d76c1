// Package file serves numbers from files: numbers files (package numbers) and RFC 1035 zone files
// (package master), several of each. It is the driver "file".
//
// Each zone file serves the apex of its SOA; all numbers files together serve the other apexes of
// the block. Files are looked at when the system tells that their folder changed, and at intervals.
// A new version is published whole, and only when it is complete and proven; until then the last
// good one is served.
package file
