package enumim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
	ot "github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/mocktracer"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
)

// A look-up of a query that is followed has a span, which tells what was found, and of the number what may be told.
func TestSpans(t *testing.T) {
	const number = "3.8.0.0.6.9.2.3.6.1"
	m := newMemory(t, "4.4.e164.arpa", fixture)
	tracer := mocktracer.New()
	asked := func(privacy corefile.Privacy, name string) map[string]any {
		t.Helper()
		e := serve(t, "4.4.e164.arpa", m, func(b *block) { b.traced, b.Options.Privacy = true, privacy })
		tracer.Reset()
		parent := tracer.StartSpan("enumim")
		if _, err := e.ServeDNS(ot.ContextWithSpan(context.Background(), parent), &writer{}, query1(vectorName(name), dns.TypeNAPTR)); err != nil {
			t.Fatal(err)
		}
		spans := tracer.FinishedSpans()
		if len(spans) != 1 || spans[0].OperationName != spanName || spans[0].ParentID != parent.Context().(mocktracer.MockSpanContext).SpanID {
			t.Fatalf("%s: spans %v", name, spans)
		}
		return spans[0].Tags()
	}
	want := func(got map[string]any, want string) {
		t.Helper()
		if text := fmt.Sprint(got); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
	const frame = "map[enumim/backend:memory enumim/kind:%s %senumim/stale:false enumim/zone:4.4.e164.arpa.]"
	want(asked(corefile.TellNothing, number), fmt.Sprintf(frame, "found", ""))
	want(asked(corefile.TellCountry, number), fmt.Sprintf(frame, "found", "enumim/number:+44 "))
	want(asked(corefile.TellMasked, number), fmt.Sprintf(frame, "found", "enumim/number:+44... (12 digits) "))
	want(asked(corefile.TellNumber, number), fmt.Sprintf(frame, "found", "enumim/number:+441632960083 "))
	want(asked(corefile.TellNothing, "1"), fmt.Sprintf(frame, "descendants", ""))
	want(asked(corefile.TellNothing, "9"), fmt.Sprintf(frame, "absent", ""))
	want(asked(corefile.TellNothing, "1.6.6.7.7"), fmt.Sprintf(frame, "delegated", ""))
	want(asked(corefile.TellNothing, "1.i"), fmt.Sprintf(frame, "renamed", ""))
	m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
		return backend.Answer{}, backend.ErrUnavailable, true
	}
	want(asked(corefile.TellNothing, number), "map[enumim/backend:memory enumim/reason:unavailable enumim/zone:4.4.e164.arpa. error:true]")
}

// A query that is not followed has no span, and is answered all the same.
func TestNoSpans(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture), func(b *block) { b.traced = true })
	for _, v := range zoneVectors {
		wantReply(t, askHandler(t, e, query1(vectorName(v.name), v.qtype), nil), v.want)
	}
}

// follower stands where the trace plugin does.
type follower struct {
	tracer *mocktracer.MockTracer
	next   plugin.Handler
}

func (f follower) Name() string { return "trace" }
func (f follower) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	span := f.tracer.StartSpan("servedns")
	defer span.Finish()
	return plugin.NextOrFailure(f.Name(), f.next, ot.ContextWithSpan(ctx, span), w, r)
}

var followed = mocktracer.New()

func init() {
	plugin.Register("trace", func(c *caddy.Controller) error {
		c.Next()
		dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler { return follower{followed, next} })
		return nil
	})
}

// Spans are made where the trace plugin is in the chain, in all server blocks that an enumim block answers in.
func TestSpansInTheChain(t *testing.T) {
	numbers := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(numbers, []byte("+441632960083 im:alice@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, traced := range []bool{false, true} {
		line := ""
		if traced {
			line = "trace\n"
		}
		followed.Reset()
		instance := startServer(t, "e164.arpa:0 4.4.example.net:0 {\n bind 127.0.0.1\n"+line+"enumim {\n backend file "+numbers+"\n }\n}")
		udp, _ := addresses(instance)
		for _, zone := range []string{"e164.arpa.", "4.4.example.net."} {
			exchange(t, "udp", udp, query1("1."+zone, dns.TypeNAPTR))
		}
		var got []string
		for _, s := range followed.FinishedSpans() {
			if s.OperationName == spanName {
				got = append(got, fmt.Sprint(s.Tag("enumim/zone")))
			}
		}
		if traced != (len(got) == 2) || !traced && len(got) > 0 {
			t.Errorf("traced %t: spans of %s", traced, strings.Join(got, " "))
		}
	}
}
