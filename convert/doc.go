// Package convert turns ENUM data from one form into another: the numbers file, the zone file (RFC 1035
// master file), CSV and JSON lines. docs/convert.md is the reference of the last two.
//
// A conversion is without loss or refused, with the place in the input and what to do. Data passes
// through the index of package table, which sorts it, finds entries that contradict each other, and
// takes a few octets a number, so that no text is held.
//
// A zone file knows no blocks: those become wildcards, and the further wildcards that RFC 4592 needs
// around each name that hides one (see expand.go). Comments in the zone say which records were made
// this way, so that they fold back into the block.
package convert
