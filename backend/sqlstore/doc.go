// Package sqlstore is what stores in SQL have in common: options, a pool of connections, entries made of rows, the
// changes that a feed follows, and tables that are read again and again. It speaks to no server.
package sqlstore
