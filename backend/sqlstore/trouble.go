package sqlstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
)

// NoAnswer is what Trouble says of a time that is over.
const NoAnswer = "no answer in time"

// Trouble says what kept a connection from being made or used; "" where that is a matter of the protocol.
func Trouble(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		errno     syscall.Errno
		timeout   net.Error
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return NoAnswer
	case errors.Is(err, context.Canceled):
		return "given up: ended, or no answer in time"
	case errors.As(err, &authority):
		return "the certificate of the server is signed by nobody we know: option tls_ca"
	case errors.As(err, &hostname):
		return "the certificate of the server is for another name: option tls_server_name"
	case errors.As(err, &invalid):
		return "the certificate of the server is not valid, or expired"
	case errors.As(err, &alert), errors.As(err, &record):
		return "TLS fails"
	case errors.As(err, &dns):
		return "the name of the server is not found"
	case errors.As(err, &errno):
		return errno.Error()
	}
	return ""
}
