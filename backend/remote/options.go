package remote

import (
	"crypto/tls"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// Mode is how a store is used.
type Mode uint8

const (
	Feed  Mode = iota // mirrored in memory: answers never wait, and outlive an outage
	Store             // asked for each query: for what is too large to mirror
)

// Options are the options that drivers share. New makes them.
//
//	mode feed|store           how the store is used; a driver may have one of them only
//	stale DURATION            feed: how old data may be that is still served (1h; 1m to 72h)
//	shrink PERCENT|off        feed: how much a refresh may lose (20)
//	snapshot PATH             feed: where the last good data is kept for a start without the store
//	connections N             the most connections at once (4; 1 to 64)
//	password file:PATH|env:NAME
//	tls on|off                on, but for loopback addresses and sockets
//	tls_ca PATH               who may have signed the certificate of the store; else the system's
//	tls_cert PATH KEYPATH     a certificate of our own
//	tls_server_name NAME      whom the certificate of the store must name, where the address does not
type Options struct {
	Mode        Mode
	Stale       time.Duration
	Shrink      float64 // share, 0 to 1; negative for no guard
	Snapshot    string  // path; "" for none
	Connections int
	Password    Secret
	Codec       notation.Codec
	Apexes      []e164.Apex
	// contains what TLS is made of, unexported
}

// New returns the options as they are without any given.
func New(c backend.Config) *Options { panic("not written") }

// Set reads an option. known is false for one that the drivers do not share, which is then the driver's own.
func (o *Options) Set(c backend.Config, opt backend.Option) (known bool, err error) { panic("not written") }

// Names are the names of the options that Set knows, for Config.UnknownOption.
func Names(own ...string) []string { panic("not written") }

// Finish checks the options together. hosts are the addresses ("host:port", or the path of a socket) that
// the store is at: TLS is on, unless all of them are loopback or the Corefile says otherwise.
func (o *Options) Finish(c backend.Config, hosts ...string) error { panic("not written") }

// TLS returns how to connect to a host: nil for without TLS. Files are read again each time, so that
// certificates can be exchanged; TLS 1.2 at least, and the name is always verified.
func (o *Options) TLS(host string) (*tls.Config, error) { panic("not written") }

// Key returns the canonical form of the options, for Opener.Key; secrets are where they come from.
func (o *Options) Key() string { panic("not written") }

// Secret is where a secret comes from: a file or a variable of the environment. It never prints the secret.
type Secret struct{ source string }

// Get reads the secret: it is read again for each connection, so that it can be exchanged. An empty one and
// one with more than one line are errors; a newline at the end is not part of it. The zero Secret gives "".
func (s Secret) Get() (string, error) { panic("not written") }

// String returns where the secret comes from, "file:/etc/secret".
func (s Secret) String() string { return s.source }
