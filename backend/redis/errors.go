package redis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
)

// errAgain: the tree has to be read again, and nobody is to blame.
var errAgain = fmt.Errorf("%w: the tree is read again", backend.ErrUnavailable)

func unavailable(text string) error { return fmt.Errorf("%w: redis: %s", backend.ErrUnavailable, text) }

// advice is what to do about errors of the server, by the word that they begin with. Their texts are not told:
// some repeat arguments.
var advice = map[string]string{
	"LOADING":     "it is loading its data",
	"MISCONF":     "it cannot write to its disk (MISCONF)",
	"READONLY":    "it is a replica, which takes no writes",
	"NOAUTH":      "it wants a password: see the options password and username",
	"WRONGPASS":   "it refuses the user or the password",
	"NOPERM":      "it denies permission: docs/redis.md has what the user must be allowed",
	"OOM":         "it has no memory left (OOM)",
	"CLUSTERDOWN": "its cluster is down",
	"MASTERDOWN":  "it is a replica without master",
	"TRYAGAIN":    "its cluster is moving the tree",
	"ASK":         "its cluster is moving the tree",
	"MOVED":       "its cluster has moved the tree",
	"CROSSSLOT":   "the prefix has no hash tag: give the option cluster",
	"BUSY":        "it is busy with a script",
	"WRONGTYPE":   "the key of the marker or of the index is not what it should be: docs/redis.md has the schema",
	"NOINDEX":     "the index is not there, or not as it was: did Redis evict it? Write all numbers anew with enumim import or sync",
	"UNBLOCKED":   "it became a replica, or another became its master",
	"NOREPLICAS":  "it has too few replicas to write",
	"EXECABORT":   "it refused a transaction",
	"NOSCRIPT":    "it runs no scripts",
	"UNKILLABLE":  "it is busy with a script",
}

// whole keeps what an error says: of errors while a connection is made the client library returns what errors.Unwrap
// does, and that is nil for one that wraps several.
type whole struct{ error }

// Unwrap returns the error.
func (w whole) Unwrap() []error { return []error{w.error} }

// classify makes an error of the house of one of the client.
func classify(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, backend.ErrUnavailable), errors.Is(err, backend.ErrInvalidData), errors.Is(err, backend.ErrClosed):
		return err
	case errors.Is(err, client.ErrClosed):
		return backend.ErrClosed
	case ctx.Err() != nil:
		return fmt.Errorf("%w: redis did not answer in time: %w", backend.ErrUnavailable, ctx.Err())
	}
	if told, ok := errors.AsType[client.Error](err); ok {
		return unavailable(toldBy(told.Error()))
	}
	return unavailable(lost(err))
}

// toldBy says what an error of the server means.
func toldBy(text string) string {
	for _, prefix := range []string{"ERR ", "failed to authenticate: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if strings.HasPrefix(text, "max number of clients") {
		return "it has as many clients as it takes (maxclients)"
	}
	if strings.Contains(text, "non local key") {
		return advice["TRYAGAIN"]
	}
	if strings.Contains(text, "DB index is out of range") {
		return "it has no such database: see the option database"
	}
	if strings.Contains(text, "cluster support disabled") {
		return "it is no node of a Cluster: see the option cluster"
	}
	if strings.Contains(text, "can't be executed") || strings.Contains(text, "can't run this command") || strings.Contains(text, "ACL failure") {
		return advice["NOPERM"]
	}
	word, _, _ := strings.Cut(text, " ")
	if what, ok := advice[word]; ok {
		return what
	}
	for _, known := range []string{"WRONGTYPE", "NOPERM", "OOM", "READONLY", "MASTERDOWN", "LOADING"} { // in the error of a script
		if strings.Contains(text, known) {
			return advice[known]
		}
	}
	return "it answered with an error"
}

// lost says why there is no connection.
func lost(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &authority):
		return "its certificate is signed by an unknown authority: give tls_ca"
	case errors.As(err, &host):
		return "its certificate names another host: see tls_server_name"
	case errors.As(err, &invalid):
		return "its certificate is not valid, or not now"
	case errors.As(err, &record):
		return "it does not speak TLS: see the option tls"
	case errors.As(err, &alert):
		return "it refuses our certificate or TLS version: see tls_cert"
	case errors.As(err, &dns):
		return "the name of its host cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at its address"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, client.ErrPoolTimeout), errors.Is(err, context.DeadlineExceeded):
		return "it did not answer in time"
	case strings.Contains(err.Error(), "sentinel"):
		return "no sentinel knows the master: see the option sentinel"
	}
	return "the connection was lost"
}

// isWord reports whether err is an error of the server that begins with one of the words.
func isWord(err error, words ...string) bool {
	var told client.Error
	if err == nil || !errors.As(err, &told) {
		return false
	}
	text := strings.TrimPrefix(told.Error(), "ERR ")
	word, _, _ := strings.Cut(text, " ")
	return slices.Contains(words, word) || strings.Contains(text, "non local key") && slices.Contains(words, "TRYAGAIN")
}

// together has Redis do what fill queues as one transaction. The error of one that it refused (EXECABORT) is that of the
// command that it refused before, which says why.
func together(ctx context.Context, on client.Cmdable, fill func(client.Pipeliner) error) error {
	cmds, err := on.TxPipelined(ctx, fill)
	if isWord(err, "EXECABORT") {
		for _, cmd := range cmds {
			if why := cmd.Err(); why != nil && !isWord(why, "EXECABORT") {
				return why
			}
		}
	}
	return err
}
