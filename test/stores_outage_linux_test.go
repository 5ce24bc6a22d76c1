package test

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/test/servers"
)

// A server starts while its store is down, and is reloaded while it is: a number is then never denied, but
// answered from the data that a feed has, or with SERVFAIL; and all is well when the store is back.
func TestStoresDown(t *testing.T) {
	dir := home(t)
	eachWay(t, func(t *testing.T, w way) {
		l := newStoreLane(t, w, 50)
		all := l.store.servers
		if len(all) == 0 {
			t.Skip("the store is a file")
		}
		each := func(do func(*servers.Server)) {
			for _, s := range all {
				do(s)
			}
		}
		each((*servers.Server).Stop)
		d := launchLanes(t, dir, []*lane{l})
		eventually(t, func() error { return d.rcode(query{l, 0}, dns.RcodeServerFailure) })
		each((*servers.Server).Start)
		d.awaitStore(t, l, 1)

		each((*servers.Server).Stop)
		during, denied := dns.RcodeServerFailure, dns.RcodeServerFailure
		if w.feed {
			during, denied = dns.RcodeSuccess, dns.RcodeNameError
		}
		eventually(t, func() error { return d.rcode(query{l, 0}, during) })
		for range 3 {
			d.reload(t, "[INFO] Reloading complete")
			if err := d.rcode(query{l, 0}, during); err != nil {
				t.Error(err)
			}
			if err := d.rcode(query{l, nowhere}, denied); err != nil {
				t.Error(err)
			}
		}
		each((*servers.Server).Start)
		d.awaitStore(t, l, 1)
		d.awaitStore(t, l, l.put(t))
	})
}

// rcode returns an error unless a query gets this response code.
func (d *daemon) rcode(q query, want int) error {
	return d.askAll([]query{q}, func(q query, m *dns.Msg) error {
		if m.Rcode != want {
			return fmt.Errorf("%v is answered %s, want %s: %v", q.question(), dns.RcodeToString[m.Rcode], dns.RcodeToString[want], m)
		}
		return nil
	})
}
