package test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/file"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/metadata"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/rewrite"
)

// A hook is a plugin of a test: it is called with the next one.
type hook func(ctx context.Context, next plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (int, error)

// Places of hooks in the chain.
const (
	inFront = "hook_front" // directly before enumim_guard
	between = "hook_mid"   // directly behind it, before cache
	behind  = "hook_back"  // behind enumim, before what answers
)

// hooks are those of running tests, by name.
var hooks sync.Map

func init() {
	order := slices.Clone(dnsserver.Directives)
	at := slices.Index(order, "cache")
	order = slices.Insert(order, at, inFront, "enumim_guard", between)
	// enumim will stand directly before hosts.
	at = slices.Index(order, "hosts")
	dnsserver.Directives = slices.Insert(order, at+1, behind)
	for _, place := range []string{inFront, between, behind} {
		plugin.Register(place, func(c *caddy.Controller) error {
			c.Next()
			if !c.NextArg() {
				return c.ArgErr()
			}
			h, ok := hooks.Load(c.Val())
			if !ok {
				return c.Errf("no hook %q", c.Val())
			}
			dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler {
				return hooked{place, next, h.(hook)}
			})
			return nil
		})
	}
}

type hooked struct {
	place string
	next  plugin.Handler
	hook  hook
}

func (h hooked) Name() string { return h.place }

func (h hooked) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	return h.hook(ctx, h.next, w, r)
}

// install returns the line of a Corefile that puts a hook at a place of the chain.
func install(tb testing.TB, place string, h hook) string {
	tb.Helper()
	name := tb.Name() + " " + place
	for i := 0; ; i++ {
		if _, taken := hooks.LoadOrStore(name, h); !taken {
			break
		}
		name += "'"
	}
	tb.Cleanup(func() { hooks.Delete(name) })
	return place + ` "` + name + "\"\n"
}

// rewriter is a writer that sees each message before it goes on.
type rewriter struct {
	dns.ResponseWriter
	write func(w dns.ResponseWriter, m *dns.Msg) error
}

func (w *rewriter) WriteMsg(m *dns.Msg) error { return w.write(w.ResponseWriter, m) }

// writing returns a hook that sees each message on its way out.
func writing(write func(w dns.ResponseWriter, m *dns.Msg) error) hook {
	return func(ctx context.Context, next plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		return plugin.NextOrFailure("hook", next, ctx, &rewriter{w, write}, r)
	}
}
