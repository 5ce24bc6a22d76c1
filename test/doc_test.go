// Package test proves the whole server from outside, beside the best there is:
//
//   - the differential suite asks enumim, NSD and Knot DNS the same questions about the same zones
//     (TestDifferential; docs/differences.md);
//   - the queries of RFC 8906 and DNS flag day go to the binary (TestFlagDay);
//   - one tree, written as a zone file and as a numbers file, gives the same answers (TestForms);
//   - the zone that "enumim convert" makes of a numbers file is answered alike by NSD, Knot DNS, BIND,
//     PowerDNS and enumim (TestConvertedZone);
//   - the project's own client finds the same URIs in all of them (TestQuery) and fetches whole zones
//     (TestTransfer);
//   - while data and configuration are reloaded under load no query is lost and no reply wrong
//     (TestReloads), whatever happens to the files (TestTruncatedFiles, TestFlippedFiles,
//     TestSwappedFiles);
//   - what other servers answer is inspected on its way, with NSD and BIND behind, with servers that mean no
//     good, and as docs/guard.md shows it (TestGuard...);
//   - twice the load that it can answer does no harm (TestOverload).
//
// With -long, those of reloads and overload run at full length:
//
//	go test -timeout 1h -v -run 'TestReloads|Files$|TestOverload' ./test -long
//
// It has tests only.
package test
