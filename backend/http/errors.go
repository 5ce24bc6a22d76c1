package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"github.com/enumim/enumim/backend"
)

func unavailable(text string) error { return fmt.Errorf("%w: http: %s", backend.ErrUnavailable, text) }

// errProtocol: what answers does not speak the protocol.
var errProtocol = unavailable("the reply is not of the protocol of docs/http.md")

// wrong says what a reply lacks. what is never of the reply itself.
func wrong(what string) error { return fmt.Errorf("%w: %s", errProtocol, what) }

// advice is what a status means here: never that a number does not exist.
var advice = map[int]string{
	http.StatusMovedPermanently: "it redirects, which is not followed: write the URL that it names", http.StatusFound: "it redirects, which is not followed",
	http.StatusSeeOther: "it redirects, which is not followed", http.StatusTemporaryRedirect: "it redirects, which is not followed",
	http.StatusPermanentRedirect: "it redirects, which is not followed: write the URL that it names",
	http.StatusBadRequest:        "it does not understand the request; where it speaks TLS, write https://",
	http.StatusNotModified:       "nobody asked whether something was modified",
	http.StatusUnauthorized:      "it refuses the token: look at the option token", http.StatusForbidden: "it refuses the token: look at the option token",
	http.StatusNotFound: "there is no tree at this URL", http.StatusGone: "there is no tree at this URL", http.StatusMethodNotAllowed: "there is no tree at this URL",
	http.StatusProxyAuthRequired: "a proxy answers", http.StatusTooManyRequests: "it is asked too often",
	http.StatusBadGateway: "a proxy answers, which cannot reach it", http.StatusGatewayTimeout: "a proxy answers, which cannot reach it",
	http.StatusServiceUnavailable: "it has no data, or is overloaded",
}

// status is the error of a reply that is none.
func status(code int) error {
	text := "the server answers with status " + strconv.Itoa(code)
	if what, ok := advice[code]; ok {
		text += ": " + what
	}
	return unavailable(text)
}

// fault turns an error of the network, of TLS or of net/http, whose texts may hold what was asked or answered, into
// one of package backend. doing says what was tried.
func fault(ctx context.Context, doing string, err error) error {
	for _, sentinel := range []error{backend.ErrUnavailable, backend.ErrInvalidData, backend.ErrNotReady, backend.ErrClosed, backend.ErrShrunk} {
		if errors.Is(err, sentinel) {
			return err
		}
	}
	if end := ctx.Err(); end != nil {
		return fmt.Errorf("%w: http: %s: no answer in time: %w", backend.ErrUnavailable, doing, end)
	}
	return unavailable(doing + ": " + trouble(err))
}

// errTLS: no secured connection came to be.
var errTLS = errors.New("TLS fails: the server speaks none, or another version than 1.2 and 1.3")

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// trouble says what kept a request from being made or answered.
func trouble(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		op        *net.OpError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		errno     syscall.Errno
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return "no answer in time"
	case errors.As(err, &authority):
		return "the certificate of the server is signed by nobody we know: option tls_ca"
	case errors.As(err, &hostname):
		return "the certificate of the server is for another name: option tls_server_name"
	case errors.As(err, &invalid):
		return "the certificate of the server is not valid, or expired"
	case errors.As(err, &op) && op.Op == "remote error": // an alert, of which there are some thirty (RFC 8446 section 6)
		return "the server refuses TLS or our certificate: " + op.Err.Error()
	case errors.As(err, &record):
		return "what answers speaks no TLS"
	case errors.As(err, &dns):
		return "the name of the server is not found"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, errTLS):
		return errTLS.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the reply is cut"
	}
	return "the connection is lost, or what answers is not HTTP/1.1"
}
