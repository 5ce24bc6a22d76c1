package resolve

import (
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// Errors of this package. None contains a number, a name that was asked or a text that a server sent.
var (
	// ErrServer: the text names no server.
	ErrServer = errors.New(`no server: write an address or a host name, with a port if it is not the usual one, and "tls://" or "tcp://" before it if wanted`)
	// ErrNoServer: the client has no server to ask.
	ErrNoServer = errors.New("no server to ask")
	// ErrName: no domain name, or one that is too long.
	ErrName = errors.New("not a domain name")
	// ErrNumber: the number does not lie below any of the apexes, or has no digits.
	ErrNumber = errors.New("the number does not lie below the apex")
	// ErrTimeout: no reply in time.
	ErrTimeout = errors.New("no reply in time")
	// ErrNetwork: the server cannot be reached, or ended the connection.
	ErrNetwork = errors.New("cannot be reached")
	// ErrCertificate: the certificate of a TLS server is not one for its name by an authority that is
	// trusted, or not valid now.
	ErrCertificate = errors.New("certificate refused")
	// ErrMalformed: a reply that is no DNS message, or contradicts itself.
	ErrMalformed = errors.New("malformed reply")
	// ErrTruncated: a reply over TCP or TLS that says it is cut.
	ErrTruncated = errors.New("reply cut short over TCP")
	// ErrRcode: the server refuses or fails: SERVFAIL, REFUSED and the like. It says nothing of whether
	// the name exists.
	ErrRcode = errors.New("not answered")
	// ErrReferral: the server does not know the answer and refers to others. Ask those, or a resolver.
	ErrReferral = errors.New("refers to other servers: ask those, or a resolver")
	// ErrAlias: aliases that go round, or too many of them.
	ErrAlias = errors.New("aliases without end")
	// ErrTooMany: the non-terminal records of the number lead to more names than a client should ask.
	ErrTooMany = errors.New("too many queries")
	// ErrTransfer: what the server sends is not a whole zone.
	ErrTransfer = errors.New("zone transfer failed")
)

// ServerError is what went wrong with one server. It unwraps to one of the errors above, and to the
// error of the network where there is one.
type ServerError struct {
	Server Server
	Rcode  int      // of ErrRcode, else 0
	EDE    []uint16 // codes of the Extended DNS Errors (RFC 8914); their texts stand in the trail
	Err    error
}

// Error names the server and what it did.
func (e *ServerError) Error() string {
	var b strings.Builder
	b.WriteString(e.Server.String())
	b.WriteString(": ")
	if e.Rcode != 0 {
		b.WriteString(RcodeText(e.Rcode))
	} else {
		b.WriteString(e.Err.Error())
	}
	for _, code := range e.EDE {
		fmt.Fprintf(&b, " (%s)", EDEText(code))
	}
	return b.String()
}

// Unwrap returns e.Err.
func (e *ServerError) Unwrap() error { return e.Err }

// RcodeText returns the mnemonic of a response code, or RCODE123.
func RcodeText(rcode int) string {
	if text, ok := dns.RcodeToString[rcode]; ok {
		return text
	}
	return fmt.Sprintf("RCODE%d", rcode)
}

// EDEText returns the meaning of a code of RFC 8914, or EDE123.
func EDEText(code uint16) string {
	if text, ok := dns.ExtendedErrorCodeToString[code]; ok {
		return text
	}
	return fmt.Sprintf("EDE%d", code)
}
