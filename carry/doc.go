// Package carry takes entries to a store, so that it holds what it should: it compares, tells what differs,
// refuses what looks like an accident, and writes the changes and nothing else.
package carry
