package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/resolve"
)

// queryFlags are the flags of the command query.
type queryFlags struct {
	apexes, servers, services []string
	dialPlan                  bool
	tcp, tls                  bool
	ca                        string
	timeout                   time.Duration
	records, resolve, json    bool
}

func newQuery() *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query NUMBER [@SERVER]...",
		Short: "Ask the DNS for the URIs of a number",
		Long: `Ask the DNS for the URIs of a telephone number as an ENUM client does (RFC 6116)
and print them in the order to try, one a line.

Without @SERVER the resolvers of /etc/resolv.conf are asked. A server is an address
or a host name, with a port if need be: 192.0.2.53, [2001:db8::53]:5353,
ns.example.net, tcp://192.0.2.53, tls://dns.example.net,
tls://192.0.2.53#dns.example.net (the name of its certificate behind "#").

It ends with 0 when there are URIs, 1 when there is no such number or no URI for it,
and 2 when that could not be told: no reply in time, SERVFAIL, or a wrong call.`,
		Example: `  enumim query +12025550100
  enumim query "+44 20 7946 0148" @192.0.2.53 --service im,pres
  enumim query tel:+44-20-7946-0148 @tls://dns.example.net --records
  enumim query +12025550100 --apex e164.example.net,e164.arpa --resolve
  enumim query 4711 --dialplan --apex pbx.example.net --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.apexes, "apex", []string{"e164.arpa"}, "the `domains` that the trees of numbers hang from, tried in order")
	flags.BoolVar(&f.dialPlan, "dialplan", false, `the number is digits of a private dial plan, without "+"`)
	flags.StringSliceVar(&f.services, "service", nil, "the `Enumservices` that are wanted, such as im or pstn:tel; else all")
	flags.StringSliceVar(&f.servers, "server", nil, "the `servers` to ask, as behind \"@\", tried in order")
	flags.BoolVar(&f.tcp, "tcp", false, "ask over TCP")
	flags.BoolVar(&f.tls, "tls", false, "ask over TLS (RFC 7858)")
	flags.StringVar(&f.ca, "ca", "", "trust the authorities in this PEM `file`, and no others, with TLS")
	flags.DurationVar(&f.timeout, "timeout", resolve.DefaultTimeout, "how long to wait for one reply; all together at most ten times that")
	flags.BoolVar(&f.records, "records", false, `show every query, and every record with what became of it, in lines that begin with ";"`)
	flags.BoolVar(&f.resolve, "resolve", false, "show the servers behind im: and pres: URIs (RFC 3861); where the server is no resolver, those of the system are asked too")
	flags.BoolVar(&f.json, "json", false, "print JSON, with all queries and records")
	return cmd
}

// answer is what query found out.
type answer struct {
	*resolve.Result
	behind []behindURI
	trail  []*resolve.Exchange // of all look-ups
}

// behindURI is what lies behind an im: or pres: URI.
type behindURI struct {
	uri   string
	found im.Resolution
	err   error
}

func (f *queryFlags) run(cmd *cobra.Command, args []string) error {
	c, n, err := f.client(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 10*f.timeout)
	defer cancel()
	a := &answer{}
	a.Result, err = c.Lookup(ctx, n)
	a.trail = slices.Clone(a.Trail)
	if f.resolve {
		a.reach(ctx, a.widened(c))
	}
	var printed error
	if f.json {
		printed = a.writeJSON(cmd.OutOrStdout(), err)
	} else {
		printed = a.write(cmd.OutOrStdout(), f.records)
	}
	switch {
	case err != nil:
		for _, x := range a.trail {
			for _, e := range x.EDE {
				if e.Text != "" && x.Err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "enumim: %s says: %q\n", x.Server, e.Text)
				}
			}
		}
		return err
	case printed != nil:
		return printed
	case a.Status == resolve.Found:
		return nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "enumim: %s\n", a.nothing(f))
	return errFindings
}

// nothing says what there is instead of a URI.
func (a *answer) nothing(f *queryFlags) string {
	var names []string
	for _, t := range a.Trees {
		names = append(names, t.Name)
	}
	at := strings.Join(names, ", ")
	switch a.Status {
	case resolve.NoName:
		return fmt.Sprintf("no such number: %s does not exist (NXDOMAIN)", at)
	case resolve.NoData:
		return at + " exists, but has no NAPTR records"
	}
	text := at + " has NAPTR records, but none gives a URI"
	if len(f.services) > 0 {
		text += " of " + strings.Join(f.services, ", ")
	}
	if !f.records {
		text += "; --records shows why"
	}
	return text
}

// client returns what the arguments and flags ask for.
func (f *queryFlags) client(args []string) (*resolve.Client, e164.Number, error) {
	var number string
	servers := f.servers
	for _, arg := range args {
		switch server, at := strings.CutPrefix(arg, "@"); {
		case at:
			servers = append(servers, server)
		case number == "":
			number = arg
		default:
			return nil, 0, fmt.Errorf("%q: one number at a time; write it in quotes if it has blanks, and a server with @ before it", arg)
		}
	}
	if number == "" {
		return nil, 0, errors.New("no number")
	}
	if f.timeout <= 0 {
		return nil, 0, fmt.Errorf("--timeout %s: must be above 0", f.timeout)
	}
	n, err := (&tree{dialPlan: f.dialPlan}).number(number)
	if err != nil {
		return nil, 0, err
	}
	c := &resolve.Client{DialPlan: f.dialPlan, Timeout: f.timeout}
	for _, name := range f.apexes {
		apex, err := (&tree{apex: name, dialPlan: f.dialPlan}).parse()
		if err != nil {
			return nil, 0, err
		}
		c.Apexes = append(c.Apexes, apex)
	}
	for _, s := range f.services {
		if len(s) < 4 || !strings.EqualFold(s[:4], "E2U+") {
			s = "E2U+" + s
		}
		if c.Services, err = enumservice.ParseServices(c.Services, s); err != nil {
			return nil, 0, fmt.Errorf("--service %s: %w; write a type such as im, or type:subtype", s[4:], err)
		}
	}
	if c.TLS, err = f.authorities(); err != nil {
		return nil, 0, err
	}
	c.Servers, err = f.ask(servers)
	return c, n, err
}

// ask returns the servers to ask.
func (f *queryFlags) ask(names []string) ([]resolve.Server, error) {
	if f.tcp && f.tls {
		return nil, errors.New("--tcp and --tls: choose one")
	}
	var servers []resolve.Server
	for _, name := range names {
		s, err := resolve.ParseServer(name)
		if err != nil {
			return nil, fmt.Errorf("server %q: %w", name, err)
		}
		servers = append(servers, s)
	}
	if len(names) == 0 {
		var err error
		if servers, err = resolve.SystemServers(""); err != nil {
			return nil, fmt.Errorf("%w; name a server with @SERVER", err)
		}
	}
	for i := range servers {
		if servers[i].Transport != resolve.UDP {
			continue
		}
		if f.tcp {
			servers[i].Transport = resolve.TCP
		}
		if f.tls {
			servers[i].Transport = resolve.TLS
		}
	}
	return servers, nil
}

// authorities returns whom to trust with TLS; nil stands for the authorities of the system.
func (f *queryFlags) authorities() (*tls.Config, error) {
	if f.ca == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca %s: no certificates in PEM form", f.ca)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// widened adds the resolvers of the system where the server asked knows its own zones only: it will
// hardly know what an im: URI leads to. It does not where people want TLS.
func (a *answer) widened(c *resolve.Client) *resolve.Client {
	for _, x := range a.trail {
		if x.Header.RecursionAvailable || x.Transport == resolve.TLS {
			return c
		}
	}
	system, err := resolve.SystemServers("")
	if err != nil {
		return c
	}
	wide := *c
	wide.Servers = slices.Concat(c.Servers, system)
	return &wide
}

// reach finds the servers behind the im: and pres: URIs.
func (a *answer) reach(ctx context.Context, c *resolve.Client) {
	for _, u := range a.URIs {
		parsed, err := im.Parse(u.URI)
		if errors.Is(err, im.ErrScheme) || slices.ContainsFunc(a.behind, func(b behindURI) bool { return b.uri == u.URI }) {
			continue
		}
		b := behindURI{uri: u.URI, err: err}
		if err == nil {
			var trail []*resolve.Exchange
			b.found, trail, b.err = c.Targets(ctx, parsed, im.SIP, im.XMPP)
			a.trail = append(a.trail, trail...)
		}
		a.behind = append(a.behind, b)
	}
}
