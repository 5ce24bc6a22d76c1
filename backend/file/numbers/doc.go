// Package numbers reads numbers files: telephone numbers, number blocks and delegations, one a line
// with the URIs behind it, as people write them by hand and provisioning systems by the million.
// docs/numbers-file.md is the reference of the format.
//
// The parser hands every entry on as it goes, so that a file needs no second copy in memory, and
// reports the faults of the whole file at once. It opens no file itself.
package numbers
