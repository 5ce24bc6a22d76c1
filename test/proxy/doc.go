// Package proxy stands between a server under test and its store, and does to what passes what networks do.
package proxy
