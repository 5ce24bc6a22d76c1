package kubernetes

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

// Reasons to read everything again that are no fault of anybody.
var (
	errExpired = fmt.Errorf("%w: the API server does not know any more what has changed since", backend.ErrUnavailable)
	errAgain   = errors.New("the resources are to be read again")
)

// errDead: nothing was heard for longer than an API server that lives is silent.
var errDead = unavailable("a watch is silent")

// errLarge: a page of a list has more than we hold at once.
var errLarge = unavailable("a reply is too large")

// errOdd: no API server says such a thing.
var errOdd = fmt.Errorf("%w: the answer is none to what was asked: is it an API server?", backend.ErrInvalidData)

// errOlder: revisions went back. Numbers would be those of some time ago, and nobody would know.
var errOlder = fmt.Errorf("%w: the API server is older than what is served, as after a restore of its etcd; to take it, start again", backend.ErrInvalidData)

// gone is that a definition or a namespace is not there, or is being deleted.
type gone struct{ error }

// Unwrap returns what it means.
func (g gone) Unwrap() error { return g.error }

func unavailable(text string) error {
	return fmt.Errorf("%w: kubernetes: %s", backend.ErrUnavailable, text)
}

// errUndefined: without its definition a kind has no objects, and that they are gone says nothing of numbers.
func errUndefined(resource string) error {
	return gone{unavailable("there is no definition of " + resource + "." + group + ", or it is being deleted: apply deploy/kubernetes/crds")}
}

// errNamespace: nor does a namespace that is not there.
func errNamespace(name string) error {
	return gone{unavailable("there is no namespace " + name + ", or it is being deleted: make it, or take it out of the option namespace")}
}

// errAnew: what was in a scope went all at once, as it goes with its definition or its namespace.
func errAnew(s scope) error {
	where := ""
	if s.namespace != "" {
		where = " in the namespace " + s.namespace
	}
	return fmt.Errorf("%w: none of the %s%s that are served is left, as where a definition or a namespace is made anew: write them again, "+
		"or take what is there by shrink off for one reload", backend.ErrInvalidData, s.name, where)
}

// status is the error of a reply that is none. what was asked for: "numbers".
func status(code int, what string) error {
	switch code {
	case http.StatusUnauthorized:
		return unavailable("the API server refuses the token")
	case http.StatusForbidden:
		return unavailable("the API server denies " + what + ": see the roles in deploy/kubernetes/crds")
	case http.StatusNotFound:
		return errUndefined(what)
	case http.StatusGone:
		return errExpired
	case http.StatusTooManyRequests:
		return unavailable("the API server is asked too much (429)")
	}
	return unavailable("the API server answers with status " + strconv.Itoa(code))
}

// fault turns an error of the network, of TLS or of net/http, whose texts may hold what was answered, into one of package
// backend.
func fault(ctx context.Context, err error) error {
	for _, known := range []error{backend.ErrUnavailable, backend.ErrInvalidData, backend.ErrShrunk} {
		if errors.Is(err, known) {
			return err
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return unavailable(trouble(err))
}

// trouble says what kept a request from being made or answered.
func trouble(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     *net.OpError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		errno     syscall.Errno
		timeout   net.Error
	)
	switch {
	case errors.As(err, &authority):
		return "the certificate of the API server is signed by nobody we know: option tls_ca"
	case errors.As(err, &hostname):
		return "the certificate of the API server is for another name: option tls_server_name"
	case errors.As(err, &invalid):
		return "the certificate of the API server is not valid, or expired"
	case errors.As(err, &alert) && alert.Op == "remote error":
		return "the API server refuses TLS or our certificate"
	case errors.As(err, &record):
		return "what answers speaks no TLS"
	case errors.As(err, &dns):
		return "the name of the API server is not found"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the connection ended"
	}
	return "the connection is lost, or what answers does not speak HTTP/2"
}
