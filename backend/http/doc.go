// Package http has numbers behind HTTP: whatever an operator has, answers a small protocol of JSON
// (docs/http.md), asked for each query or mirrored.
package http
