package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// good is the reply that a client should come to.
func good(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.Answer = []dns.RR{&dns.NAPTR{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 60},
		Flags: "u", Service: "E2U+im", Regexp: "!^.*$!im:fred@example.com!", Replacement: "."}}
	return m
}

// bad is one that it should never believe.
func bad(q *dns.Msg) *dns.Msg {
	m := good(q)
	m.Answer[0].(*dns.NAPTR).Regexp = "!^.*$!im:mallory@example.net!"
	return m
}

func pack(tb testing.TB, m *dns.Msg) []byte {
	tb.Helper()
	wire, err := m.Pack()
	if err != nil {
		tb.Fatal(err)
	}
	return wire
}

const right = "im:fred@example.com"

// Replies that belong to another question are let pass; the one that belongs counts.
func TestStrays(t *testing.T) {
	for _, c := range []struct {
		what string
		make func(q *dns.Msg) *dns.Msg
	}{
		{"wrong id", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Id++; return m }},
		{"no reply but a query", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Response = false; return m }},
		{"other opcode", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Opcode = dns.OpcodeNotify; return m }},
		{"other name", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question[0].Name = "4" + domain[1:]; return m }},
		{"shorter name", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question[0].Name = domain[2:]; return m }},
		{"other type", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question[0].Qtype = dns.TypeTXT; return m }},
		{"other class", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question[0].Qclass = dns.ClassCHAOS; return m }},
		{"two questions", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question = append(m.Question, m.Question[0]); return m }},
		{"no question", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question = nil; return m }},
		{"NXDOMAIN without a question", func(q *dns.Msg) *dns.Msg { m := bad(q); m.Question, m.Rcode = nil, dns.RcodeNameError; return m }},
	} {
		for _, transport := range []Transport{UDP, TCP} {
			t.Run(c.what+" "+transport.String(), func(t *testing.T) {
				server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
					for range 3 {
						w.Write(pack(t, c.make(q.Copy())))
					}
					w.Write([]byte("short"))
					w.WriteMsg(good(q))
				})
				server.Transport = transport
				res, err := patient(server).Lookup(t.Context(), fred)
				if err != nil || list(res) != right || len(res.Trail) != 1 || res.Trail[0].Strays != 4 {
					t.Errorf("%q, %v, %+v", list(res), err, res.Trail[0])
				}
			})
		}
	}
}

// Nobody but the server asked is heard.
func TestOtherSource(t *testing.T) {
	other, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if w.RemoteAddr().Network() == "udp" {
			other.WriteTo(pack(t, bad(q)), w.RemoteAddr())
		}
		w.WriteMsg(good(q))
	})
	if res, err := patient(server).Lookup(t.Context(), fred); err != nil || list(res) != right {
		t.Errorf("%q, %v", list(res), err)
	}
}

// Letter case of the question does not matter; some servers fold it.
func TestQuestionCase(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		q.Question[0].Name = strings.ToUpper(q.Question[0].Name)
		w.WriteMsg(good(q))
	})
	if res, err := patient(server).Lookup(t.Context(), fred); err != nil || list(res) != right {
		t.Errorf("%q, %v", list(res), err)
	}
}

// What does not fit over UDP comes over TCP, even where the cut goes through a record.
func TestTruncated(t *testing.T) {
	for _, c := range []struct {
		what string
		cut  func(t *testing.T, q *dns.Msg) []byte
	}{
		{"empty", func(t *testing.T, q *dns.Msg) []byte {
			m := new(dns.Msg).SetReply(q)
			m.Truncated = true
			return pack(t, m)
		}},
		{"one record of others", func(t *testing.T, q *dns.Msg) []byte { m := bad(q); m.Truncated = true; return pack(t, m) }},
		{"within a record", func(t *testing.T, q *dns.Msg) []byte {
			m := bad(q)
			m.Truncated = true
			wire := pack(t, m)
			return wire[:len(wire)-9]
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				if w.RemoteAddr().Network() == "udp" {
					w.Write(c.cut(t, q))
					return
				}
				w.WriteMsg(good(q))
			})
			res, err := patient(server).Lookup(t.Context(), fred)
			if err != nil || list(res) != right || len(res.Trail) != 2 {
				t.Fatalf("%q, %v, %d queries", list(res), err, len(res.Trail))
			}
			if a, b := res.Trail[0], res.Trail[1]; a.Transport != UDP || !a.Header.Truncated || a.Err != nil || b.Transport != TCP || b.Header.Truncated || b.Server != server {
				t.Errorf("%+v\n%+v", a, b)
			}
		})
	}
	t.Run("over TCP too", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			m := bad(q)
			m.Truncated = true
			w.WriteMsg(m)
		})
		if res, err := patient(server).Lookup(t.Context(), fred); !errors.Is(err, ErrTruncated) || list(res) != "" || len(res.Trail) != 2 {
			t.Errorf("%q, %v, %d queries", list(res), err, len(res.Trail))
		}
	})
}

// Sixty records come over TCP, and all count.
func TestSixtyRecords(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for i := range 60 {
			m.Answer = append(m.Answer, &dns.NAPTR{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET},
				Preference: uint16(60 - i), Flags: "u", Service: "E2U+im", Regexp: fmt.Sprintf("!^.*$!im:user%d@example.com!", i), Replacement: "."})
		}
		if w.RemoteAddr().Network() == "udp" {
			m.Truncate(int(q.IsEdns0().UDPSize()))
		}
		w.WriteMsg(m)
	})
	res, err := patient(server).Lookup(t.Context(), fred)
	if err != nil || len(res.URIs) != 60 || res.URIs[0].URI != "im:user59@example.com" || res.URIs[59].URI != "im:user0@example.com" {
		t.Errorf("%d URIs, %v", len(res.URIs), err)
	}
}

// A server that knows no EDNS is asked without.
func TestWithoutEDNS(t *testing.T) {
	for _, rcode := range []int{dns.RcodeFormatError, dns.RcodeNotImplemented, dns.RcodeBadVers} {
		t.Run(dns.RcodeToString[rcode], func(t *testing.T) {
			server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				if opt := q.IsEdns0(); opt == nil {
					w.WriteMsg(good(q))
					return
				} else if opt.UDPSize() != udpSize || opt.Do() {
					t.Errorf("EDNS %v", opt)
				}
				m := new(dns.Msg).SetRcode(q, rcode)
				switch rcode {
				case dns.RcodeBadVers:
					m.SetEdns0(1232, false)
				case dns.RcodeFormatError:
					m.Question = nil // as of a server that could not read it
				}
				w.WriteMsg(m)
			})
			res, err := patient(server).Lookup(t.Context(), fred)
			if err != nil || list(res) != right || len(res.Trail) != 2 || !res.Trail[0].EDNS || res.Trail[1].EDNS || res.Trail[0].Header.Rcode != rcode {
				t.Errorf("%q, %v, %d queries", list(res), err, len(res.Trail))
			}
		})
	}
	t.Run("FORMERR for ever", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeFormatError)) })
		if res, err := patient(server).Lookup(t.Context(), fred); !errors.Is(err, ErrRcode) || len(res.Trail) != 2 {
			t.Errorf("%v after %d queries", err, len(res.Trail))
		}
	})
}

// What cannot be told is an error, each kind its own, and never "no such number".
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		what    string
		handle  dns.HandlerFunc
		err     error
		text    string // in the error
		queries int
	}{
		{"SERVFAIL", rcode(dns.RcodeServerFailure), ErrRcode, "SERVFAIL", 1},
		{"REFUSED", rcode(dns.RcodeRefused), ErrRcode, "REFUSED", 1},
		{"NOTAUTH", rcode(dns.RcodeNotAuth), ErrRcode, "NOTAUTH", 1},
		{"YXDOMAIN", rcode(dns.RcodeYXDomain), ErrRcode, "YXDOMAIN", 1},
		{"unknown rcode", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.SetEdns0(1232, false).IsEdns0().SetExtendedRcode(0xfff)
			m.Rcode = 0xfff
			w.WriteMsg(m)
		}, ErrRcode, "RCODE4095", 1},
		{"header only", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetRcode(q, dns.RcodeRefused)
			m.Question = nil
			w.WriteMsg(m)
		}, ErrRcode, "REFUSED", 1},
		{"silence", func(dns.ResponseWriter, *dns.Msg) {}, ErrTimeout, "no reply", 2},
		{"garbage under the right id", func(w dns.ResponseWriter, q *dns.Msg) {
			wire := pack(t, good(q))
			for i := len(wire) - 30; i < len(wire); i++ {
				wire[i] ^= 0xa5
			}
			w.Write(wire)
		}, ErrMalformed, "malformed", 2},
		{"the last record is missing", func(w dns.ResponseWriter, q *dns.Msg) {
			wire := pack(t, good(q))
			binary.BigEndian.PutUint16(wire[6:], 2)
			w.Write(wire)
		}, ErrMalformed, "too early", 2},
		{"all records are missing", func(w dns.ResponseWriter, q *dns.Msg) {
			wire := pack(t, new(dns.Msg).SetReply(q))
			binary.BigEndian.PutUint16(wire[6:], 1)
			w.Write(wire)
		}, ErrMalformed, "too early", 2},
		{"NXDOMAIN with records", func(w dns.ResponseWriter, q *dns.Msg) {
			m := bad(q)
			m.Rcode = dns.RcodeNameError
			w.WriteMsg(m)
		}, ErrMalformed, "malformed", 1},
		{"records of another name", func(w dns.ResponseWriter, q *dns.Msg) {
			m := bad(q)
			m.Answer[0].Header().Name = "example.net."
			w.WriteMsg(m)
		}, ErrMalformed, "malformed", 1},
		{"records of another class", func(w dns.ResponseWriter, q *dns.Msg) {
			m := bad(q)
			m.Answer[0].Header().Class = dns.ClassCHAOS
			w.WriteMsg(m)
		}, ErrMalformed, "malformed", 1},
		{"referral", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Ns = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: "4.4.e164.arpa.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "ns." + domain}}
			w.WriteMsg(m)
		}, ErrReferral, "refers", 1},
		{"alias to itself", alias(func(name string) string { return name }), ErrAlias, "aliases", 1},
		{"two aliases in a ring", func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{cname(domain, "a.example.com."), cname("A.example.com.", domain)}
			w.WriteMsg(m)
		}, ErrAlias, "aliases", 1},
		{"a ring over two replies", alias(func(name string) string {
			if name == domain {
				return "a.example.com."
			}
			return domain
		}), ErrAlias, "aliases", 2},
		{"aliases for ever", alias(func(name string) string { return "x." + name }), ErrAlias, "aliases", maxAliases},
	} {
		t.Run(c.what, func(t *testing.T) {
			client := patient(serve(t, c.handle))
			if c.err == ErrTimeout {
				client.Timeout = 100 * time.Millisecond
			}
			res, err := client.Lookup(t.Context(), fred)
			if !errors.Is(err, c.err) || res.Status != Unknown || len(res.URIs) > 0 {
				t.Fatalf("%v, %s %q; want %v", err, res.Status, list(res), c.err)
			}
			if !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %q does not say %q", err, c.text)
			}
			if s := err.Error(); strings.Contains(s, fred.Digits()) || strings.Contains(s, domain) || !strings.Contains(s, fred.Masked()) {
				t.Errorf("error tells the number: %s", s)
			}
			if len(res.Trail) != c.queries {
				t.Errorf("%d queries, want %d", len(res.Trail), c.queries)
			}
			for _, x := range res.Trail {
				if x.Err == nil && c.err != ErrAlias {
					t.Errorf("no error in the trail: %+v", x)
				}
			}
		})
	}
}

// NS records beside a reply do not make it a referral where a SOA record or the authority of the server
// says that it is the answer.
func TestNoReferral(t *testing.T) {
	ns := &dns.NS{Hdr: dns.RR_Header{Name: "4.4.e164.arpa.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "ns.example.com."}
	soa := &dns.SOA{Hdr: dns.RR_Header{Name: "4.4.e164.arpa.", Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: "."}
	for _, c := range []struct {
		what          string
		authoritative bool
		authority     []dns.RR
	}{{"SOA beside", false, []dns.RR{soa, ns}}, {"authoritative", true, []dns.RR{ns}}, {"nothing at all", false, nil}} {
		t.Run(c.what, func(t *testing.T) {
			server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				m := new(dns.Msg).SetReply(q)
				m.Authoritative, m.Ns = c.authoritative, c.authority
				w.WriteMsg(m)
			})
			if res, err := patient(server).Lookup(t.Context(), fred); err != nil || res.Status != NoData {
				t.Errorf("%s, %v", res.Status, err)
			}
		})
	}
}

func rcode(rcode int) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(new(dns.Msg).SetRcode(q, rcode)) }
}

func cname(owner, target string) dns.RR {
	return &dns.CNAME{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}, Target: target}
}

func alias(next func(string) string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Answer = []dns.RR{cname(q.Question[0].Name, next(q.Question[0].Name))}
		w.WriteMsg(m)
	}
}

// A server of one zone stops at an alias that leads out of it, and is asked on; where it says by a SOA
// record that there is nothing, it is not.
func TestAliasOutOfZone(t *testing.T) {
	for _, c := range []struct {
		what, ns string
		status   Status
		queries  int
	}{{"asked on", "", Found, 2}, {"nothing there", ". SOA . . 1 2 3 4 5", NoData, 1}} {
		t.Run(c.what, func(t *testing.T) {
			server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				if q.Question[0].Name != domain {
					w.WriteMsg(good(q))
					return
				}
				m := new(dns.Msg).SetReply(q)
				m.Authoritative = true
				m.Answer = []dns.RR{cname(domain, "other.example.net.")}
				if c.ns != "" {
					rr, err := dns.NewRR(c.ns)
					if err != nil {
						t.Error(err)
					}
					m.Ns = []dns.RR{rr}
				}
				w.WriteMsg(m)
			})
			res, err := patient(server).Lookup(t.Context(), fred)
			if err != nil || res.Status != c.status || len(res.Trail) != c.queries || res.Status == Found && res.URIs[0].Owner != "other.example.net." {
				t.Errorf("%v, %s, %d queries", err, res.Status, len(res.Trail))
			}
		})
	}
}

// A DNAME counts also where the CNAME that belongs to it is missing (RFC 6672 section 3.4).
func TestDNAME(t *testing.T) {
	dname := func(owner, target string) dns.RR {
		return &dns.DNAME{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeDNAME, Class: dns.ClassINET}, Target: target}
	}
	for _, c := range []struct {
		what   string
		answer []dns.RR
		owner  string
	}{
		{"with its CNAME", []dns.RR{dname("4.4.e164.arpa.", "own.example."), cname(domain, "3.8.0.0.6.9.2.3.6.1.own.example.")}, "3.8.0.0.6.9.2.3.6.1.own.example."},
		{"without", []dns.RR{dname("4.4.E164.arpa.", "own.example.")}, "3.8.0.0.6.9.2.3.6.1.own.example."},
		{"to the root", []dns.RR{dname("4.4.e164.arpa.", ".")}, "3.8.0.0.6.9.2.3.6.1."},
	} {
		t.Run(c.what, func(t *testing.T) {
			server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				if q.Question[0].Name == c.owner {
					w.WriteMsg(good(q))
					return
				}
				m := new(dns.Msg).SetReply(q)
				m.Answer = c.answer
				w.WriteMsg(m)
			})
			res, err := patient(server).Lookup(t.Context(), fred)
			if err != nil || list(res) != right || res.URIs[0].Owner != c.owner {
				t.Errorf("%q, %v, %d queries", list(res), err, len(res.Trail))
			}
		})
	}
	t.Run("too long", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{dname("4.4.e164.arpa.", strings.Repeat("abcdefghi.", 24))}
			w.WriteMsg(m)
		})
		if res, err := patient(server).Lookup(t.Context(), fred); !errors.Is(err, ErrMalformed) || len(res.Trail) != 1 {
			t.Errorf("%v", err)
		}
	})
	for _, owner := range []string{domain, ".", "arpa2.", "64.arpa."} {
		t.Run("not of "+owner, func(t *testing.T) {
			server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				m := new(dns.Msg).SetReply(q)
				m.Answer = []dns.RR{dname(owner, "own.example.")}
				w.WriteMsg(m)
			})
			if res, err := patient(server).Lookup(t.Context(), fred); !errors.Is(err, ErrMalformed) || len(res.Trail) != 1 {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("not of another class", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			other := dname("4.4.e164.arpa.", "own.example.")
			other.Header().Class = dns.ClassCHAOS
			m.Answer = []dns.RR{other}
			w.WriteMsg(m)
		})
		if res, err := patient(server).Lookup(t.Context(), fred); !errors.Is(err, ErrMalformed) || len(res.Trail) != 1 {
			t.Errorf("%v", err)
		}
	})
	t.Run("into itself", func(t *testing.T) {
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{dname("e164.arpa.", "x.e164.arpa.")}
			w.WriteMsg(m)
		})
		if res, err := patient(server).Lookup(t.Context(), fred); err == nil || len(res.Trail) > maxAliases {
			t.Errorf("%v after %d queries", err, len(res.Trail))
		}
	})
}

// Servers are asked in order; the next one is where the first cannot tell.
func TestServers(t *testing.T) {
	works := serve(t, func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(good(q)) })
	refuses := serve(t, rcode(dns.RcodeRefused))
	silent := serve(t, func(dns.ResponseWriter, *dns.Msg) {})
	closed := Server{Host: "127.0.0.1", Port: 1}
	for _, c := range []struct {
		what    string
		servers []Server
		err     error
		trail   []Server
	}{
		{"the first", []Server{works, refuses}, nil, []Server{works}},
		{"after one that refuses", []Server{refuses, works}, nil, []Server{refuses, works}},
		{"after silence", []Server{silent, works}, nil, []Server{silent, works}},
		{"after a closed port", []Server{closed, works}, nil, []Server{closed, works}},
		{"only the silent are asked again", []Server{silent, refuses}, ErrRcode, []Server{silent, refuses, silent}},
		{"all silent", []Server{silent, silent}, ErrTimeout, []Server{silent, silent, silent, silent}},
		{"closed", []Server{closed}, ErrNetwork, []Server{closed}},
		{"none", nil, ErrNoServer, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			res, err := quick(c.servers...).Lookup(t.Context(), fred)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			var asked []Server
			for _, x := range res.Trail {
				asked = append(asked, x.Server)
			}
			if !slices.Equal(asked, c.trail) {
				t.Errorf("asked %v, want %v", asked, c.trail)
			}
		})
	}
	t.Run("attempts", func(t *testing.T) {
		client := patient(silent)
		client.Attempts, client.Timeout = 4, 20*time.Millisecond
		if res, err := client.Lookup(t.Context(), fred); !errors.Is(err, ErrTimeout) || len(res.Trail) != 4 {
			t.Errorf("%v after %d queries", err, len(res.Trail))
		}
	})
	t.Run("slow is not silent", func(t *testing.T) {
		slow := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			time.Sleep(100 * time.Millisecond)
			w.WriteMsg(good(q))
		})
		client := patient(slow)
		client.Timeout = 5 * time.Second
		if res, err := client.Lookup(t.Context(), fred); err != nil || list(res) != right || res.Trail[0].Time < 100*time.Millisecond {
			t.Errorf("%v, %v", list(res), err)
		}
	})
}

// What a server says besides is in the trail: AD, and Extended DNS Errors with text, which is not in
// errors.
func TestHeaderAndEDE(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if !q.AuthenticatedData || !q.RecursionDesired || q.CheckingDisabled {
			t.Errorf("query flags %s", q.MsgHdr.String())
		}
		m := good(q)
		m.AuthenticatedData = true
		m.SetEdns0(1232, false)
		opt := m.IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: 3, ExtraText: "stale: " + number})
		w.WriteMsg(m)
	})
	res, err := patient(server).Lookup(t.Context(), fred)
	if err != nil || !res.Trail[0].Header.AuthenticatedData || len(res.Trail[0].EDE) != 1 || res.Trail[0].EDE[0] != (EDE{3, "stale: " + number}) {
		t.Errorf("%v, %+v", err, res.Trail[0])
	}
	server = serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		m.SetEdns0(1232, false)
		opt := m.IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: 6, ExtraText: number}, &dns.EDNS0_EDE{InfoCode: 4999})
		w.WriteMsg(m)
	})
	res, err = patient(server).Lookup(t.Context(), fred)
	var failed *ServerError
	if !errors.As(err, &failed) || !slices.Equal(failed.EDE, []uint16{6, 4999}) || failed.Rcode != dns.RcodeServerFailure || failed.Server != server ||
		!strings.HasSuffix(err.Error(), "SERVFAIL (DNSSEC Bogus) (EDE4999)") {
		t.Errorf("%v, %+v", err, failed)
	}
	if len(res.Trail[0].EDE) != 2 {
		t.Errorf("%+v", res.Trail[0])
	}
}

// One connection serves all queries of a call, and a new one where the server has closed it.
func TestConnections(t *testing.T) {
	d := zone(t, `~ NAPTR 1 1 "" "" "" a.example.com.
		a.example.com. NAPTR 1 1 "" "" "" b.example.com.
		b.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:fred@example.com!" .`)
	for _, c := range []struct {
		what  string
		close bool
		want  int32
	}{{"kept", false, 1}, {"closed by the server", true, 3}} {
		t.Run(c.what, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			counted := &counting{Listener: l}
			start(t, &dns.Server{Listener: counted, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				d.ServeDNS(w, q)
				if c.close {
					w.Close()
				}
			})})
			res, err := patient(serverAt(t, l.Addr().String(), TCP)).Lookup(t.Context(), fred)
			if err != nil || list(res) != right || counted.n.Load() != c.want {
				t.Errorf("%q, %v, %d connections", list(res), err, counted.n.Load())
			}
		})
	}
}

type counting struct {
	net.Listener
	n atomic.Int32
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// A peer over TCP may send less than it announces, close, or send for ever; the call ends.
func TestHostileStream(t *testing.T) {
	for _, c := range []struct {
		what string
		talk func(net.Conn)
		err  error
	}{
		{"closes at once", func(c net.Conn) {}, ErrNetwork},
		{"half a length", func(c net.Conn) { c.Write([]byte{0}) }, ErrNetwork},
		{"less than announced", func(c net.Conn) { c.Write([]byte{0, 200, 1, 2, 3}) }, ErrNetwork},
		{"waits within a message", func(c net.Conn) { c.Write([]byte{0, 200, 1, 2, 3}); time.Sleep(time.Second) }, ErrTimeout},
		{"empty messages for ever", func(c net.Conn) {
			for {
				if _, err := c.Write(make([]byte, 1024)); err != nil {
					return
				}
			}
		}, ErrTimeout},
	} {
		t.Run(c.what, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					buf := make([]byte, 512)
					conn.Read(buf)
					c.talk(conn)
					conn.Close()
				}
			}()
			client := quick(serverAt(t, l.Addr().String(), TCP))
			client.Attempts = 1
			_, err = client.Lookup(t.Context(), fred)
			if !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
			l.Close()
			<-done
		})
	}
}

// Raw returns the records as they were sent, whatever is in them.
func TestRaw(t *testing.T) {
	d := zone(t, `~ CNAME b.example.com.
		b.example.com. NAPTR 2 1 "s" "x y" "\000" a.example.com.
		b.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:fred@example.com!" .
		empty.example.com. TXT x`)
	client := patient(serve(t, d.ServeDNS))
	set, err := client.Raw(t.Context(), strings.TrimSuffix(domain, "."))
	if err != nil || set.Status != Found || set.Name != domain || set.Owner != "b.example.com." || set.TTL != 300 || len(set.Trail) != 1 ||
		set.Size != set.Trail[0].Size || set.Size < 100 || !set.Header.RecursionAvailable {
		t.Errorf("%+v, %v", set, err)
	}
	if len(set.Records) != 2 || set.Records[0].Regexp != "\x00" || set.Records[0].Services != "x y" || set.Records[1].Order != 1 {
		t.Errorf("%+v", set.Records)
	}
	for name, want := range map[string]Status{"empty.example.com": NoData, "absent.example.com": NoName} {
		if set, err := client.Raw(t.Context(), name); err != nil || set.Status != want || len(set.Records) > 0 || set.Size == 0 {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
	for _, name := range []string{strings.Repeat("a", 64) + ".example.com", "a..example.com", ""} {
		if set, err := client.Raw(t.Context(), name); name != "" && !errors.Is(err, ErrName) || set == nil || set.Status == Found {
			t.Errorf("%q: %+v, %v", name, set, err)
		}
	}
	if set, err := patient(serve(t, rcode(dns.RcodeRefused))).Raw(t.Context(), domain); !errors.Is(err, ErrRcode) || set.Status != Unknown || len(set.Trail) != 1 {
		t.Errorf("refused: %+v, %v", set, err)
	}
}

// No goroutine stays behind, whatever the end.
func TestNoGoroutineStays(t *testing.T) {
	silent := serve(t, func(dns.ResponseWriter, *dns.Msg) {})
	works := serve(t, func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(good(q)) })
	stream := works
	stream.Transport = TCP
	before := runtime.NumGoroutine()
	for range 10 {
		for _, server := range []Server{silent, works, stream} {
			client := patient(server)
			client.Timeout, client.Attempts = 10*time.Millisecond, 1
			client.Lookup(t.Context(), fred)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			client.Lookup(ctx, fred)
			for range client.Transfer(t.Context(), "example.com", server) {
				break
			}
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before+2 { // the servers' own, for a connection just closed
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
}
