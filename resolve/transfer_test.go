package resolve

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func record(tb testing.TB, text string) dns.RR {
	tb.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		tb.Fatal(err)
	}
	return rr
}

// transferred returns the names and types of a transfer.
func transferred(ctx context.Context, c *Client, server Server) (got string, err error) {
	for rr, e := range c.Transfer(ctx, "example.com", server) {
		if e != nil {
			return got, e
		}
		got += rr.Header().Name + " " + dns.TypeToString[rr.Header().Rrtype] + "; "
	}
	return got, nil
}

func TestTransfer(t *testing.T) {
	soa := record(t, "example.com. SOA ns hm 7 2 3 4 5")
	newer := record(t, "example.com. SOA ns hm 8 2 3 4 5")
	other := record(t, "sub.example.com. SOA ns hm 7 2 3 4 5")
	a, b := record(t, "a.example.com. A 192.0.2.1"), record(t, "b.example.com. A 192.0.2.2")
	const whole = "example.com. SOA; a.example.com. A; b.example.com. A; "
	type message struct {
		bare    bool // without the question
		records []dns.RR
	}
	for _, c := range []struct {
		what     string
		messages []message
		want     string
		err      error
	}{
		{"one message", []message{{false, []dns.RR{soa, a, b, soa}}}, whole, nil},
		{"one for each record", []message{{false, []dns.RR{soa}}, {false, []dns.RR{a}}, {true, []dns.RR{b}}, {true, []dns.RR{soa}}}, whole, nil},
		{"an empty message between", []message{{false, []dns.RR{soa, a}}, {false, nil}, {true, []dns.RR{b, soa}}}, whole, nil},
		{"a SOA record of another name", []message{{false, []dns.RR{soa, other, soa}}}, "example.com. SOA; sub.example.com. SOA; ", nil},
		{"does not begin with SOA", []message{{false, []dns.RR{a, soa, soa}}}, "", ErrTransfer},
		{"empty", []message{{false, nil}}, "", ErrTransfer},
		{"ends early", []message{{false, []dns.RR{soa, a, b}}}, whole, ErrTransfer},
		{"another serial at the end", []message{{false, []dns.RR{soa, a, b, newer}}}, whole, ErrTransfer},
		{"records behind the end", []message{{false, []dns.RR{soa, a, soa, b}}}, "example.com. SOA; a.example.com. A; ", ErrTransfer},
		{"no question in the first", []message{{true, []dns.RR{soa, soa}}}, "", ErrTransfer},
	} {
		t.Run(c.what, func(t *testing.T) {
			handler := func(w dns.ResponseWriter, q *dns.Msg) {
				if w.RemoteAddr().Network() != "tcp" || q.RecursionDesired {
					t.Errorf("asked over %s, flags %s", w.RemoteAddr().Network(), q.MsgHdr.String())
				}
				for _, part := range c.messages {
					m := new(dns.Msg).SetReply(q)
					m.Answer = part.records
					if part.bare {
						m.Question = nil
					}
					w.WriteMsg(m)
				}
				w.Close()
			}
			tcp := serve(t, handler)
			secure, trust := serveTLS(t, handler, "127.0.0.1", time.Now().Add(time.Hour))
			for server, trust := range map[Server]*tls.Config{tcp: nil, secure: trust} {
				client := patient()
				client.TLS = trust
				got, err := transferred(t.Context(), client, server)
				if got != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
					t.Errorf("%s: %s, %v\nwant %s, %v", server, got, err, c.want, c.err)
				}
			}
		})
	}
	t.Run("large", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			for i := range 500 {
				m := new(dns.Msg).SetReply(q)
				switch i {
				case 0, 499:
					m.Answer = []dns.RR{soa}
				default:
					for j := range 200 {
						m.Answer = append(m.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: fmt.Sprintf("n%d.example.com.", i*200+j), Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{"x"}})
					}
				}
				w.WriteMsg(m)
			}
		})
		n := 0
		for _, err := range patient().Transfer(t.Context(), "example.com.", server) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 1+498*200 {
			t.Errorf("%d records", n)
		}
	})
	t.Run("enough", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{soa, a, b, soa}
			w.WriteMsg(m)
		})
		n := 0
		for range patient().Transfer(t.Context(), "example.com.", server) {
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Errorf("%d records", n)
		}
	})
}

// A transfer that cannot be had says why.
func TestTransferFails(t *testing.T) {
	soa := record(t, "example.com. SOA ns hm 7 2 3 4 5")
	for _, c := range []struct {
		what   string
		handle dns.HandlerFunc
		err    error
	}{
		{"refused", rcode(dns.RcodeRefused), ErrRcode},
		{"NOTAUTH", rcode(dns.RcodeNotAuth), ErrRcode},
		{"NXDOMAIN", rcode(dns.RcodeNameError), ErrRcode},
		{"silence", func(dns.ResponseWriter, *dns.Msg) {}, ErrTimeout},
		{"silence after the first message", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{soa}
			w.WriteMsg(m)
		}, ErrTimeout},
		{"another question", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Question[0].Name = "example.net."
			m.Answer = []dns.RR{soa, soa}
			w.WriteMsg(m)
		}, ErrMalformed},
		{"another id later", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{soa}
			w.WriteMsg(m)
			m.Id++
			m.Question = nil
			w.WriteMsg(m)
		}, ErrMalformed},
		{"cut", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{soa, soa}
			wire, _ := m.Pack()
			binary.BigEndian.PutUint16(wire[6:], 3)
			w.Write(wire)
		}, ErrMalformed},
	} {
		t.Run(c.what, func(t *testing.T) {
			client := patient()
			if c.err == ErrTimeout {
				client = quick()
			}
			if got, err := transferred(t.Context(), client, serve(t, c.handle)); !errors.Is(err, c.err) {
				t.Errorf("%s, %v, want %v", got, err, c.err)
			}
		})
	}
	if _, err := transferred(t.Context(), patient(), Server{Host: "127.0.0.1", Port: 1}); !errors.Is(err, ErrNetwork) || !errors.Is(err, ErrTransfer) {
		t.Error(err)
	}
	for _, err := range patient().Transfer(t.Context(), "a..example.com", Server{Host: "127.0.0.1", Port: 1}) {
		if !errors.Is(err, ErrName) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	client := &Client{Timeout: time.Hour}
	if _, err := transferred(ctx, client, serve(t, func(dns.ResponseWriter, *dns.Msg) {})); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
