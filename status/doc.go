// Package status is the page that tells what a server answers from: its trees and backends, how old their data is, what was
// refused and what deserves a look, and why a number is answered as it is. It is HTML that needs no scripts, and the same
// as JSON. Where the data comes from is for a Source to say; the page lists no numbers.
package status
