package resolve

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
)

// The look-ups of RFC 3861 go through the DNS: aliases followed, A and AAAA, outages kept apart from
// absence.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		what, zone, uri, want, own string
		err                        error
		fail                       string // names that begin so get SERVFAIL
	}{
		{"SRV", `_im._sip.example.com. SRV 10 0 5070 a.example.net.
			a.example.net. A 192.0.2.1
			a.example.net. AAAA 2001:db8::1`, "im:fred@example.com", "sip:fred@example.com a.example.net.:5070 [192.0.2.1 2001:db8::1] false", "", nil, ""},
		{"an IPv4 address in IPv6 form", `_im._sip.example.com. SRV 10 0 5070 a.example.net.
			a.example.net. AAAA ::ffff:192.0.2.9`, "im:fred@example.com", "sip:fred@example.com a.example.net.:5070 [192.0.2.9] false", "", nil, ""},
		{"aliases", `_im._xmpp.example.com. CNAME _im._xmpp.example.net.
			_im._xmpp.example.net. SRV 10 0 5269 B.example.net.
			b.example.net. CNAME c.example.net.
			c.example.net. A 192.0.2.2`, "im:fred@example.com", "xmpp:fred@example.com b.example.net.:5269 [192.0.2.2] true", "", nil, ""},
		{"E07 implicit", `example.com. A 192.0.2.3`, "pres:fred@example.com", "sip:fred@example.com example.com.:5060 [192.0.2.3] false, xmpp:fred@example.com example.com.:5269 [192.0.2.3] false", "", nil, ""},
		{"E14 IDNA", `_im._sip.xn--bcher-kva.example. SRV 0 0 5060 a.example.net.
			a.example.net. A 192.0.2.1`, "im:eric@b%C3%BCcher.example", "sip:eric@xn--bcher-kva.example a.example.net.:5060 [192.0.2.1] false", "", nil, ""},
		{"E08 nothing", `example.org. A 192.0.2.3`, "im:fred@example.com", "", "", im.ErrNoServer, ""},
		{"E21 its own rules", `_xmpp-server._tcp.example.com. SRV 0 0 5269 x.example.com.`, "im:fred@example.com", "", "xmpp _xmpp-server._tcp.example.com.", im.ErrNoServer, ""},
		{"E11 SERVFAIL", `example.com. A 192.0.2.3`, "im:fred@example.com", "", "", im.ErrTemporary, "_im._sip"},
		{"E11 of one family", `_im._sip.example.com. SRV 10 0 5070 a.example.net.`, "im:fred@example.com", "", "", im.ErrTemporary, "a."},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := zone(t, c.zone)
			client := patient(serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				if c.fail != "" && strings.HasPrefix(q.Question[0].Name, c.fail) {
					rcode(dns.RcodeServerFailure)(w, q)
					return
				}
				d.ServeDNS(w, q)
			}))
			u, err := im.Parse(c.uri)
			if err != nil {
				t.Fatal(err)
			}
			res, trail, err := client.Targets(t.Context(), u, im.SIP, im.XMPP)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			var got, own []string
			for _, x := range res.Targets {
				got = append(got, fmt.Sprintf("%s %s:%d %v %v", x.URI, x.Host, x.Port, x.Addresses, x.Alias))
			}
			for _, o := range res.Own {
				own = append(own, o.Protocol.String()+" "+o.Name)
			}
			if strings.Join(got, ", ") != c.want || strings.Join(own, ", ") != c.own {
				t.Errorf("%v, own %v\nwant %s, own %s", got, own, c.want, c.own)
			}
			if len(trail) == 0 || c.fail != "" && !errors.Is(err, ErrRcode) {
				t.Errorf("%d queries, %v", len(trail), err)
			}
		})
	}
}
