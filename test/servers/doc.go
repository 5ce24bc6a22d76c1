// Package servers starts the data bases that tests and benchmarks talk to: real ones, from Debian packages, on
// free ports of the loopback interface, with their data in a folder of the test. Each is a child of the test
// and ends with it.
package servers
