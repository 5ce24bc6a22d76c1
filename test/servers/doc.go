// Package servers starts the data bases that tests and benchmarks talk to: real ones, from Debian packages, on
// free ports of 127.0.0.1, with their data in a folder of their own. Each is a child of the test; when the test
// ends, in whatever way, its processes and its folder go.
//
// It needs Linux, where a test elsewhere is skipped.
package servers
