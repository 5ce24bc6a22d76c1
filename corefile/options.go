package corefile

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/coredns/plugin/pkg/fall"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr/rr"
)

// Defaults and bounds of the options.
const (
	defaultTTL         = 3600
	defaultNegativeTTL = 300
	maxNegativeTTL     = 86400 // more is troublesome, RFC 2308 section 5
	defaultTimeout     = 500 * time.Millisecond
	minTimeout         = 10 * time.Millisecond
	maxTimeout         = 10 * time.Second
)

// Block is one enumim or enumim_guard directive: a backend and the apexes that it answers for, and what is inspected.
type Block struct {
	Directive string // enumim or enumim_guard
	Pos       backend.Pos
	Apexes    []e164.Apex    // none in a block without a backend
	Driver    string         // the name of the backend
	Opener    backend.Opener // nil in a block without a backend
	Limits    backend.Limits
	Options   Options
	// Inspect says what is done with the answers of the plugins behind; nil is nothing.
	Inspect *Inspect
	// Warnings are what is allowed and probably not meant, each with its place.
	Warnings []string
}

// Options are what a block says of all its trees.
type Options struct {
	TTL         uint32        // seconds
	NegativeTTL uint32        // seconds
	SOA         *SOA          // nil where none is given
	NS          []string      // fully qualified; empty for the default
	Form        *backend.Form // nil where none is given
	DialPlan    bool
	Fall        fall.F
	Privacy     Privacy
	// Twins are the protocols whose URIs are answered beside im: URIs.
	Twins []im.Protocol
	// Additional is what answers bring along; nil is nothing.
	Additional *additional.Options
	Harvest    Harvest
	// GenuineSources says that nobody forges the addresses of queries over UDP.
	GenuineSources bool
	// Anonymize says whose mailboxes are hidden; nil is nobody's.
	Anonymize *Anonymize
	// Status is where the status page is; nil for none.
	Status *Status
}

// SOA is the soa line: names fully qualified, times in seconds.
type SOA struct {
	MName, RName           string
	Refresh, Retry, Expire uint32
}

// Defaults returns the options of a block that names none.
func Defaults() Options { return Options{TTL: defaultTTL, NegativeTTL: defaultNegativeTTL} }

// set reads the line of one option.
func (b *draft) set(l *line) (err error) {
	o, p := &b.Options, &b.policy
	switch l.name {
	case "ttl":
		if o.TTL, err = l.seconds(math.MaxInt32); err == nil && o.TTL == 0 {
			err = l.errorf("ttl 0: nobody could keep a record; write ttl=0 in the data where that is meant")
		}
	case "negative_ttl":
		o.NegativeTTL, err = l.seconds(maxNegativeTTL)
	case "timeout":
		b.Limits.Timeout, err = l.timeout()
	case "soa":
		o.SOA, err = l.soa()
	case "ns":
		o.NS, err = l.names()
	case "form":
		o.Form, err = l.form()
	case "fallthrough":
		o.Fall.SetZonesFromArgs(l.args)
		err = b.fallthroughZones(l)
	case "harvest":
		o.Harvest, err = l.harvest()
	case "genuine_sources":
		o.GenuineSources, err = l.flag()
	case "privacy":
		o.Privacy, err = l.privacy()
	case "anonymize": // when it is known whether there is a dial plan
	case "dialplan":
		o.DialPlan, err = l.flag()
	case "status":
		o.Status, err = l.status()
	case "twins":
		o.Twins, err = l.twins()
	case "additional":
		o.Additional, err = l.additional()
	case "inspect":
		err = b.inspect(l)
	case "repair":
		p.Repair, err = l.flag()
	case "empty":
		err = b.empty(l)
	case "severity":
		err = b.severity(l)
	case "rule":
		err = b.rule(l)
	case "clients":
		err = b.clients(l)
	case "require_authenticated":
		p.RequireAuthenticated, err = l.flag()
	case "allow_domains":
		p.AllowDomains, err = l.domains()
	case "deny_domains":
		p.DenyDomains, err = l.domains()
	case "services":
		err = b.services(l)
	default:
		if b.Directive == enumim {
			return l.errorf("unknown option %q: expected %s; an option of a backend stands in braces behind it: backend NAME { OPTION }", l.name, b.known())
		}
		return l.errorf("unknown option %q: expected %s", l.name, b.known())
	}
	return err
}

// flag reads an option that is set by standing there.
func (l *line) flag() (bool, error) { return true, l.count(0, 0, "no argument") }

// count checks how many arguments there are.
func (l *line) count(least, most int, want string) error {
	if n := len(l.args); n < least || n > most {
		return l.errorf("%s: expected %s, found %d arguments", l.name, want, n)
	}
	return nil
}

// seconds reads one time of whole seconds.
func (l *line) seconds(most uint32) (uint32, error) {
	if err := l.count(1, 1, "one time, such as 3600 or 1h"); err != nil {
		return 0, err
	}
	return l.secondsOf(l.args[0], most)
}

func (l *line) secondsOf(s string, most uint32) (uint32, error) {
	d, err := duration(s)
	switch {
	case err != nil:
		return 0, l.errorf("%s %q: %w", l.name, s, err)
	case d%time.Second != 0:
		return 0, l.errorf("%s %q: whole seconds are expected", l.name, s)
	case d < 0 || d > time.Duration(most)*time.Second:
		return 0, l.errorf("%s %q: 0 to %d seconds are expected", l.name, s, most)
	}
	return uint32(d / time.Second), nil
}

func (l *line) timeout() (time.Duration, error) {
	if err := l.count(1, 1, "one time, such as 500ms"); err != nil {
		return 0, err
	}
	d, err := duration(l.args[0])
	switch {
	case err != nil:
		return 0, l.errorf("%s %q: %w", l.name, l.args[0], err)
	case d < minTimeout || d > maxTimeout:
		return 0, l.errorf("%s %q: %v to %v are expected", l.name, l.args[0], minTimeout, maxTimeout)
	}
	return d, nil
}

var errDuration = errors.New("expected seconds, or a time with a unit such as 90s, 15m or 1h30m")

// duration reads a bare number as seconds, anything else as time.ParseDuration does.
func duration(s string) (time.Duration, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n < -math.MaxUint32 || n > math.MaxUint32 {
			return 0, errDuration
		}
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errDuration
	}
	return d, nil
}

func (l *line) soa() (*SOA, error) {
	if err := l.count(2, 5, "MNAME RNAME [REFRESH RETRY EXPIRE]"); err != nil {
		return nil, err
	}
	if n := len(l.args); n == 3 || n == 4 {
		return nil, l.errorf("soa: expected all three of REFRESH RETRY EXPIRE, or none")
	}
	s := &SOA{Refresh: 7200, Retry: 900, Expire: 1209600}
	for i, into := range []*string{&s.MName, &s.RName} {
		name, err := hostName(l.args[i])
		if err != nil {
			return nil, l.errorf("soa: %w", err)
		}
		*into = name
	}
	for i, into := range []*uint32{&s.Refresh, &s.Retry, &s.Expire} {
		if len(l.args) == 2 {
			break
		}
		t, err := l.secondsOf(l.args[2+i], math.MaxInt32)
		if err != nil {
			return nil, err
		}
		*into = t
	}
	return s, nil
}

func (l *line) names() ([]string, error) {
	if len(l.args) == 0 {
		return nil, l.errorf("ns: expected names of name servers")
	}
	var names []string
	for _, arg := range l.args {
		name, err := hostName(arg)
		if err != nil {
			return nil, l.errorf("ns: %w", err)
		}
		names = append(names, name)
	}
	return names, nil
}

// hostName checks a domain name and returns it fully qualified, with its letter case.
func hostName(s string) (string, error) {
	if isAddress(s) {
		return "", fmt.Errorf("%s is an address: write the name of the server, which has the address (RFC 1035 section 3.3.11)", s)
	}
	name := dns.Fqdn(s)
	if _, err := rr.NameToWire(name); err != nil {
		return "", fmt.Errorf("%q is no domain name: %w", s, err)
	}
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.\\", c) >= 0 {
			continue
		}
		hint := ""
		switch c {
		case '@':
			hint = " (a mail address is written with a dot for its @)"
		case ',':
			hint = " (blanks stand between names)"
		}
		return "", fmt.Errorf("%q is no domain name: it holds %q%s", s, string(rune(c)), hint)
	}
	return name, nil
}

// isAddress reports whether s is an IP address, maybe with a port or as the name it would be.
func isAddress(s string) bool {
	_, err := netip.ParseAddr(strings.TrimSuffix(s, "."))
	_, errPort := netip.ParseAddrPort(s)
	return err == nil || errPort == nil
}

func (l *line) form() (*backend.Form, error) {
	if err := l.count(1, 1, "plain or stored"); err != nil {
		return nil, err
	}
	var f backend.Form
	switch l.args[0] {
	case "plain":
		f = backend.Plain
	case "stored":
		f = backend.Stored
	default:
		return nil, l.errorf("form %q: expected plain or stored", l.args[0])
	}
	return &f, nil
}
