// Package floor is a CoreDNS plugin that does nothing but answer: one fixed NAPTR record, whatever is
// asked. What a query costs with it is what CoreDNS itself costs, the least that any plugin can reach.
package floor

import (
	"context"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
)

// Name is the directive in a Corefile.
const Name = "floor"

func init() {
	plugin.Register(Name, func(c *caddy.Controller) error {
		dnsserver.GetConfig(c).AddPlugin(func(plugin.Handler) plugin.Handler { return Floor{} })
		return nil
	})
}

// Floor is the plugin. The zero value is ready for use.
type Floor struct{}

// Name implements plugin.Handler.
func (Floor) Name() string { return Name }

// ServeDNS implements plugin.Handler. The message and the record are fresh for each query, as other
// plugins may change what they are given.
func (Floor) ServeDNS(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	m := new(dns.Msg)
	m.SetReply(r)
	m.Authoritative = true
	m.Answer = []dns.RR{&dns.NAPTR{
		Hdr:   dns.RR_Header{Name: r.Question[0].Name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 3600},
		Order: 100, Preference: 10, Flags: "u", Service: "E2U+im",
		Regexp: "!^.*$!im:+12025550100@example.com!", Replacement: ".",
	}}
	return dns.RcodeSuccess, w.WriteMsg(m)
}
