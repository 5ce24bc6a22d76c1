package im

import (
	"strings"
	"testing"
)

// A mailbox is written as a protocol has it, and not where the protocol cannot have it.
func TestProtocolURI(t *testing.T) {
	for _, c := range []struct{ id, im, sip, xmpp string }{
		{"plain", "im:alice@example.com", "sip:alice@example.com", "xmpp:alice@example.com"},
		{"pres", "pres:alice@example.com", "sip:alice@example.com", "xmpp:alice@example.com"},
		{"number", "im:+441632960083@example.com", "sip:+441632960083@example.com", "xmpp:+441632960083@example.com"},
		{"capital domain", "im:Alice@Example.COM", "sip:Alice@example.com", "xmpp:Alice@example.com"},
		{"headers", "im:alice@example.com?subject=hi", "sip:alice@example.com", "xmpp:alice@example.com"},
		{"display name", "im:Alice%20%3Calice@example.com%3E", "sip:alice@example.com", "xmpp:alice@example.com"},
		{"encoded", "im:a%2Bb@example.com", "sip:a%2Bb@example.com", "xmpp:a%2Bb@example.com"},
		{"one label", "im:alice@gw", "sip:alice@gw", "xmpp:alice@gw"},
		{"A-label", "im:eric@xn--bcher-kva.example", "sip:eric@xn--bcher-kva.example", "xmpp:eric@xn--bcher-kva.example"},
		{"RFC 5122 section 2.2", "im:a?x=@example.com", "", ""},
		{"RFC 7622 section 3.3.1: &", "im:r&d@example.com", "sip:r&d@example.com", ""},
		{"RFC 7622 section 3.3.1: quote", "im:o'hara@example.com", "sip:o'hara@example.com", ""},
		{"RFC 7622 section 3.3.1: encoded quote", "im:o%27hara@example.com", "sip:o%27hara@example.com", ""},
		{"RFC 7622 section 3.3.1: slash", "im:a/b@example.com", "sip:a/b@example.com", ""},
		{"RFC 7622 section 3.3.1: encoded slash", "im:a%2fb@example.com", "sip:a%2fb@example.com", ""},
		{"RFC 7622 section 3.3.1: colon", "im:a:b@example.com", "sip:a%3Ab@example.com", ""},
		{"RFC 7622 section 3.3.1: encoded @", "im:a%40b@example.com", "sip:a%40b@example.com", ""},
		{"RFC 7622 section 3.3.1: encoded <", "im:a%3cb@example.com", "sip:a%3cb@example.com", ""},
		{"RFC 7622 section 3.3.1: quoted string", "im:%22a%22@example.com", "sip:%22a%22@example.com", ""},
		{"RFC 8264 section 4.2.2: blank", "im:a%20b@example.com", "sip:a%20b@example.com", ""},
		{"non-ASCII", "im:%C3%A9ric@example.com", "sip:%C3%A9ric@example.com", ""},
		{"IPv4 address", "im:alice@192.0.2.1", "", ""},
		{"address in brackets", "im:alice@[192.0.2.1]", "", ""},
		{"IPv6 address", "im:alice@[IPv6:2001:db8::1]", "", ""},
		{"underscore", "im:alice@exa_mple.com", "", ""},
		{"hyphen at the edge", "im:alice@-a.example", "", ""},
		{"encoded domain", "im:eric@b%C3%BCcher.example", "", ""},
		{"last label of digits", "im:alice@example.123", "", ""},
	} {
		t.Run(c.id, func(t *testing.T) {
			u, err := Parse(c.im)
			if err != nil && c.sip != "" {
				t.Fatal(err)
			}
			if got, ok := SIP.URI(u); got != c.sip || ok != (c.sip != "") {
				t.Errorf("sip: %q, %v; want %q", got, ok, c.sip)
			}
			if got, ok := XMPP.URI(u); got != c.xmpp || ok != (c.xmpp != "") {
				t.Errorf("xmpp: %q, %v; want %q", got, ok, c.xmpp)
			}
		})
	}
	if got, ok := Protocol(0).URI(URI{Scheme: "im", Local: "a", Domain: "example.com"}); ok || got != "" {
		t.Errorf("no protocol writes %q", got)
	}
}

// Whatever an im: URI holds, the URI of a protocol holds nothing that ends it early or that DNS text, lists
// of URIs or readers of SIP and XMPP take for their own.
func FuzzProtocolURI(f *testing.F) {
	f.Add("im:alice@example.com?subject=hi")
	f.Add("im:%22a%20b%22@example.com")
	f.Add("im:Alice%20%3Calice;x=y/z@example.com%3E")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := Parse(text)
		if err != nil {
			return
		}
		for p := SIP; p.valid(); p++ {
			uri, ok := p.URI(u)
			if !ok {
				continue
			}
			local, domain, at := strings.Cut(strings.TrimPrefix(uri, p.String()+":"), "@")
			if !at || local == "" || strings.ContainsAny(domain, "@%[]_~") {
				t.Fatalf("%q becomes %q", text, uri)
			}
			for i := range len(uri) {
				if uri[i] <= ' ' || uri[i] >= 0x7f || strings.IndexByte(`\"<>^{|}#`+"`", uri[i]) >= 0 {
					t.Fatalf("%q becomes %q", text, uri)
				}
			}
		}
	})
}
