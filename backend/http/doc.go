// Package http has numbers behind HTTP: whatever an operator has, answers a small protocol of JSON
// (docs/http.md), asked for each query or mirrored.
//
// The client is one of its own, of HTTP/1.1 alone: a look-up has a connection for itself, which is closed with it
// when it comes to nothing, so that no reply can reach another one, and a connection that hangs holds up nobody.
// That of net/http dials and repeats requests on its own, and one of HTTP/2 puts all look-ups on one connection.
package http
