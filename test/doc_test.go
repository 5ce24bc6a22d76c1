// Package test proves the whole server from outside, beside the best there is:
//
//   - the differential suite asks enumim, NSD and Knot DNS the same questions about the same zones
//     (TestDifferential; docs/differences.md);
//   - the queries of RFC 8906 and DNS flag day go to the binary (TestFlagDay);
//   - one tree, written as a zone file and as a numbers file, gives the same answers (TestForms).
//
// It has tests only.
package test
