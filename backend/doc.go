// Package backend is the contract between enumim and the stores that numbers live in: what is
// asked, what is answered, how a backend is configured, opened, shared and guarded.
package backend
