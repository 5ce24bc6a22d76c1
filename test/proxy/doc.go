// Package proxy stands between a server under test and its store, and does to what passes what networks do, and what
// broken boxes on the way do.
package proxy
