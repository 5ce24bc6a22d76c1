package resolve

import (
	"crypto/tls"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// Defaults of a Client.
const (
	DefaultTimeout  = 3 * time.Second
	DefaultAttempts = 2
)

// Client asks name servers. Its fields are not to be changed while it is used; then any number of
// goroutines may share it. It holds no connection between calls.
type Client struct {
	// Servers are asked in order until one answers.
	Servers []Server
	// Apexes are the trees to look a number up in, in order; none stands for e164.arpa.
	Apexes []e164.Apex
	// Services are the Enumservices that are wanted; none stands for all. A type without a subtype
	// stands for all of its subtypes too.
	Services []enumservice.Service
	// DialPlan has expressions applied to the digits alone, as in trees of other numbers than those of
	// E.164 (RFC 6116 section 3.7); else to "+" and the digits.
	DialPlan bool
	// Timeout is how long one server has for one reply; 0 stands for DefaultTimeout.
	Timeout time.Duration
	// Attempts is how often a server that does not reply is asked; 0 stands for DefaultAttempts.
	Attempts int
	// TLS holds the authorities that are trusted (RootCAs) and may be nil for those of the system. The
	// name to prove is that of the Server.
	TLS *tls.Config
}

// Exchange is one message that was sent and what came back.
type Exchange struct {
	Server    Server
	Transport Transport // TCP also for a server of UDP whose reply did not fit
	Name      string    // what was asked, fully qualified
	Type      uint16
	EDNS      bool // the query had EDNS
	Time      time.Duration
	// Strays counts replies that were ignored because their id or question is another.
	Strays int
	// Err is why there is no reply that can be used; nil where there is. One with an error of the
	// server in it (ErrRcode, ErrReferral) has the fields below too.
	Err     error
	Size    int        // of the reply in octets; 0 where there is none
	Header  dns.MsgHdr // of the reply; of one that was cut little is set; Response is false where there is none
	EDE     []EDE
	Records []*Record // the answer section, in the order of the message
}

// Record is one record of an answer and what became of it.
type Record struct {
	RR  dns.RR
	URI string // what a NAPTR record gave; "" where it gave none
	Why string // why it was not used; "" where it was, or where there is nothing to say
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return DefaultTimeout
}

func (c *Client) attempts() int {
	if c.Attempts > 0 {
		return c.Attempts
	}
	return DefaultAttempts
}
