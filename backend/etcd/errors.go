package etcd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/enumim/enumim/backend"
)

// Reasons to begin again that are no fault of anybody.
var (
	errCompacted = fmt.Errorf("%w: etcd compacted what was to be read next", backend.ErrUnavailable)
	errAgain     = errors.New("the tree is to be read again")
	errDead      = fmt.Errorf("%w: the watch is silent", backend.ErrUnavailable)
	errElecting  = errors.New("the members agree on no leader")
)

// errOdd: no etcd says such a thing.
var errOdd = fmt.Errorf("%w: the answer is none to what was asked: is it etcd?", backend.ErrInvalidData)

// errNoMarker: a prefix without marker was wiped, or never was a tree; either way its emptiness is no answer.
func errNoMarker(prefix string) error {
	return fmt.Errorf("%w: %w under %s: import it with enumim import, or put the key %smeta", backend.ErrUnavailable, errUnmarked, prefix, prefix)
}

var errUnmarked = errors.New("no enumim data")

// classify makes an error of the house of one of the client. Only constant texts of etcd go along: others could
// repeat a key, which holds a number.
func classify(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: etcd did not answer in time", backend.ErrUnavailable)
	}
	if known, ok := errors.AsType[rpctypes.EtcdError](rpctypes.Error(err)); ok {
		switch {
		case is(err, rpctypes.ErrCompacted):
			return errCompacted
		case is(err, rpctypes.ErrAuthFailed):
			return fmt.Errorf("%w: etcd refuses the user or the password", backend.ErrUnavailable)
		case is(err, rpctypes.ErrPermissionDenied):
			return fmt.Errorf("%w: etcd denies permission: grant the role of the user the prefix", backend.ErrUnavailable)
		case is(err, rpctypes.ErrUserEmpty):
			return fmt.Errorf("%w: etcd wants a user: give the options user and password", backend.ErrUnavailable)
		case is(err, rpctypes.ErrNoSpace):
			return fmt.Errorf("%w: etcd is full (alarm NOSPACE): compact, defragment, and disarm the alarm", backend.ErrUnavailable)
		}
		for _, moment := range elections {
			if is(err, moment) {
				return fmt.Errorf("%w: %w: %s", backend.ErrUnavailable, errElecting, known.Error())
			}
		}
		return fmt.Errorf("%w: %s", backend.ErrUnavailable, known.Error())
	}
	code := status.Code(err)
	switch code {
	case codes.DeadlineExceeded:
		return fmt.Errorf("%w: etcd did not answer in time", backend.ErrUnavailable)
	case codes.Unavailable:
		return fmt.Errorf("%w: no connection to etcd", backend.ErrUnavailable)
	case codes.ResourceExhausted:
		return errTooLarge
	}
	return fmt.Errorf("%w: etcd answered with code %v", backend.ErrUnavailable, code)
}

// elections are what members say while they elect a leader: for a second or two, each time that the leader is upgraded.
var elections = []error{
	rpctypes.ErrNoLeader, rpctypes.ErrLeaderChanged, rpctypes.ErrTimeoutDueToLeaderFail,
	rpctypes.ErrTimeoutDueToConnectionLost, rpctypes.ErrTimeout, rpctypes.ErrStopped,
}

// errTooLarge: a message was larger than the client or the server takes.
var errTooLarge = fmt.Errorf("%w: a message is too large", backend.ErrUnavailable)

// is reports whether err is the error of etcd: compared by its text, as the client does.
func is(err, want error) bool {
	return rpctypes.ErrorDesc(err) == rpctypes.ErrorDesc(want)
}

// handshake says why a connection was not made, without what a library would print of it.
func handshake(err error) error {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &authority):
		return errors.New("its certificate is signed by an unknown authority: give tls_ca")
	case errors.As(err, &host):
		return errors.New("its certificate names another host: see tls_server_name")
	case errors.As(err, &invalid):
		return errors.New("its certificate is not valid, or not now")
	case errors.As(err, &record):
		return errors.New("it does not speak TLS: see the option tls")
	case errors.As(err, &alert):
		return errors.New("it refuses our certificate or TLS version: see tls_cert")
	}
	return errors.New("the TLS handshake failed")
}
