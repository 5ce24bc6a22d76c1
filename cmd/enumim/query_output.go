package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/resolve"
)

// write prints the URIs, one a line, with the servers behind them in lines that are set in, and, where
// records are wanted, the trail before them.
func (a *answer) write(w io.Writer, records bool) error {
	var b bytes.Buffer
	s := styleOf(w)
	if records {
		for _, x := range a.trail {
			writeExchange(&b, s, x)
		}
	}
	for _, u := range a.URIs {
		fmt.Fprintln(&b, printable(u.URI))
		for _, behind := range a.behind {
			if behind.uri == u.URI {
				behind.write(&b, s)
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeExchange prints a query and what came back, as comments.
func writeExchange(b *bytes.Buffer, s style, x *resolve.Exchange) {
	line := func(text string) { fmt.Fprintln(b, s.faint("; "+text)) }
	line(fmt.Sprintf("%s %s @%s %s, %s: %s", x.Name, dns.TypeToString[x.Type], x.Server, x.Transport, x.Time.Round(time.Microsecond), outcome(x)))
	if x.Strays > 0 {
		line(fmt.Sprintf("  replies ignored, because they answer another question: %d", x.Strays))
	}
	for _, e := range x.EDE {
		line("  " + extendedError(e.Code, e.Text))
	}
	for _, r := range x.Records {
		line("  " + printable(strings.ReplaceAll(r.RR.String(), "\t", " ")))
		switch {
		case r.URI != "":
			fmt.Fprintln(b, s.faint(";    -> ")+s.green(printable(r.URI)))
		case r.Why != "":
			fmt.Fprintln(b, s.faint(";    -> ")+s.yellow("not used: "+printable(r.Why)))
		}
	}
}

// extendedError writes an Extended DNS Error (RFC 8914).
func extendedError(code uint16, text string) string {
	return fmt.Sprintf("extended error %d (%s): %q", code, resolve.EDEText(code), text)
}

// outcome says what came back.
func outcome(x *resolve.Exchange) string {
	var failed *resolve.ServerError
	if !x.Header.Response {
		if errors.As(x.Err, &failed) {
			return failed.Err.Error()
		}
		return x.Err.Error()
	}
	parts := []string{resolve.RcodeText(x.Header.Rcode)}
	parts = append(parts, headerFlags(x.Header)...)
	parts = append(parts, fmt.Sprintf("%d octets", x.Size))
	text := strings.Join(parts, " ")
	if errors.As(x.Err, &failed) && failed.Rcode == 0 {
		text += ": " + failed.Err.Error()
	}
	return text
}

func headerFlags(h dns.MsgHdr) []string {
	flags := []string{}
	for _, f := range []struct {
		set  bool
		name string
	}{{h.Authoritative, "aa"}, {h.Truncated, "tc"}, {h.RecursionDesired, "rd"}, {h.RecursionAvailable, "ra"}, {h.AuthenticatedData, "ad"}, {h.CheckingDisabled, "cd"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	return flags
}

func (u *behindURI) write(b *bytes.Buffer, s style) {
	for _, t := range u.found.Targets {
		fmt.Fprintf(b, "  %s %s", printable(t.URI), hostPort(t.Host, t.Port))
		for _, a := range t.Addresses {
			fmt.Fprintf(b, " %s", a)
		}
		b.WriteString("\n")
	}
	if u.err != nil {
		fmt.Fprintln(b, "  "+s.yellow("; no server by RFC 3861: "+u.err.Error()))
	}
	for _, o := range u.found.Own {
		for _, srv := range o.SRV {
			fmt.Fprintln(b, "  "+s.faint(fmt.Sprintf("; %s by its own rules: %s %s", o.Protocol, printable(o.Name), hostPort(srv.Target, srv.Port))))
		}
	}
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(printable(strings.TrimSuffix(host, ".")), strconv.Itoa(int(port)))
}

// printable percent-encodes what a terminal would not show.
func printable(s string) string { return explain.Printable(s) }
