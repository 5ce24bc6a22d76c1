package enumim

import (
	"context"
	"crypto/tls"
	"slices"
	"sync"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
)

// inspectWriter inspects the reply that the plugins behind write to it. It sends one, while the handler that
// it was made for runs: what they write after that, or beside it from another goroutine, nobody waits for.
type inspectWriter struct {
	dns.ResponseWriter
	ctx context.Context
	i   *inspection
	// asked is the query as the client put it: plugins behind, such as rewrite, change the query in place.
	asked *dns.Msg
	most  int // octets of a reply with additional records

	// mu is held while a reply is on its way. Nobody but end waits for it: a writer in front that writes to this one from
	// there would wait for itself.
	mu      sync.Mutex
	written bool
	over    bool
}

func newInspectWriter(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, i *inspection) *inspectWriter {
	asked := *r
	asked.Question = slices.Clone(r.Question)
	asked.Extra = withOwnOPT(r.Extra)
	return &inspectWriter{ResponseWriter: w, ctx: ctx, i: i, asked: &asked, most: dns.MaxMsgSize}
}

// begin reports whether a reply is to be sent; release follows where it is.
func (w *inspectWriter) begin() bool {
	if !w.mu.TryLock() {
		return false
	}
	if w.written || w.over {
		w.release()
		return false
	}
	return true
}

func (w *inspectWriter) release() { w.mu.Unlock() }

// end waits for a reply on its way and reports whether one was sent. No other will be: the context's metadata
// is a map that others read when the handler has returned.
func (w *inspectWriter) end() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	return w.written
}

// WriteMsg implements dns.ResponseWriter.
func (w *inspectWriter) WriteMsg(m *dns.Msg) error {
	if !w.begin() {
		return nil
	}
	defer w.release()
	if m == nil {
		return w.send(w.unreadable())
	}
	reply, _ := w.inspect(m)
	return w.send(reply)
}

// Write implements dns.ResponseWriter.
func (w *inspectWriter) Write(b []byte) (int, error) {
	if !w.begin() {
		return len(b), nil
	}
	defer w.release()
	m := new(dns.Msg)
	var reply *dns.Msg
	changed := true
	switch err := m.Unpack(b); {
	case err == nil:
		reply, changed = w.inspect(m)
	case w.i.enforces():
		reply = w.unreadable()
	default:
		w.tell(&guard.Verdict{Action: guard.Told, Counts: unreadable})
		changed = false
	}
	if !changed {
		n, err := w.ResponseWriter.Write(b)
		w.written = err == nil
		return n, err
	}
	if err := w.send(reply); err != nil {
		return 0, err
	}
	return len(b), nil
}

// send sends a reply that is nobody else's. After an error the plugin may try another one.
func (w *inspectWriter) send(reply *dns.Msg) error {
	err := w.ResponseWriter.WriteMsg(reply)
	w.written = err == nil
	return err
}

// inspect returns what to send in place of m, which it does not change: a message that shares no more than
// records with m, and whether it says anything else. The server changes what it sends.
func (w *inspectWriter) inspect(m *dns.Msg) (reply *dns.Msg, changed bool) {
	var v guard.Verdict
	judged := w.try(func() { v = w.i.Judge(w.asked, m) })
	if !judged {
		v = w.unjudged(m)
	}
	w.askNoMore(&v)
	reply, added := w.conclude(&v)
	if judged || v.Action != guard.Passed {
		w.tell(&v)
	}
	return reply, added || v.Msg != m
}

// unreadable is what is found of what is no message.
var unreadable = []guard.Count{{Rule: guard.RuleMalformed, Severity: enumservice.Error, Tell: true, N: 1}}

// askNoMore makes SERVFAIL of a reply without records that was cut off, unless it went over UDP: only there a client asks
// for the whole (RFC 7766 section 5), and others would take it for NODATA.
func (w *inspectWriter) askNoMore(v *guard.Verdict) {
	state := request.Request{W: w.ResponseWriter, Req: w.asked}
	if v.Action != guard.Emptied || !v.Msg.Truncated || w.i.Inspect.Policy.Empty == guard.NoData || state.Proto() == "udp" {
		return
	}
	reply := *v.Msg
	reply.Rcode, reply.Answer, reply.Authoritative, reply.Truncated = dns.RcodeServerFailure, nil, false, false
	v.Msg = &reply
}

// unreadable returns what to send in place of what is no message.
func (w *inspectWriter) unreadable() *dns.Msg {
	v := guard.Verdict{
		Msg:    w.servFail(),
		Action: guard.Emptied,
		Counts: unreadable,
		EDE:    guard.EDE{Code: edeUnreadable.code, Text: edeUnreadable.text},
	}
	reply, _ := w.conclude(&v)
	w.tell(&v)
	return reply
}

// conclude returns the reply of a verdict as it is sent, and whether there is more in it than the verdict has.
func (w *inspectWriter) conclude(v *guard.Verdict) (reply *dns.Msg, added bool) {
	own := *v.Msg
	own.Question = slices.Clone(own.Question)
	own.Answer, own.Ns, own.Extra = slices.Clone(own.Answer), slices.Clone(own.Ns), withOwnOPT(own.Extra)
	if w.i.Inspect.Policy.Mode != guard.Observe {
		w.try(func() { added = w.add(&own, v) })
	}
	return &own, added
}

// add adds what there is to tell the client, as far as there is room. It reports whether it did.
func (w *inspectWriter) add(reply *dns.Msg, v *guard.Verdict) bool {
	var more []dns.RR
	if len(v.URIs) > 0 && !reply.Truncated {
		more = w.i.companions(w.ctx, w.ResponseWriter, w.asked, v.URIs, reply.AuthenticatedData)
	}
	var why *extended
	if v.EDE != (guard.EDE{}) {
		why = &extended{v.EDE.Code, v.EDE.Text}
	}
	return fill(reply, &request.Request{W: w.ResponseWriter, Req: w.asked}, more, why, w.most)
}

// unjudged is the verdict about a message that could not be judged: where a policy is enforced it is not
// let through.
func (w *inspectWriter) unjudged(m *dns.Msg) guard.Verdict {
	if !w.i.enforces() {
		v := guard.Verdict{Msg: m}
		w.try(func() { v.Msg = w.i.Restore(w.asked, m) })
		return v
	}
	return guard.Verdict{
		Msg:    w.servFail(),
		Action: guard.Emptied,
		EDE:    guard.EDE{Code: edeInternal.code, Text: edeInternal.text},
	}
}

func (w *inspectWriter) servFail() *dns.Msg {
	return new(dns.Msg).SetRcode(w.asked, dns.RcodeServerFailure)
}

// try calls f and reports whether it returned. The cache plugin calls what follows it from goroutines where
// nobody recovers from a panic. Those of other plugins are not ours to hide.
func (w *inspectWriter) try(f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			panics.Inc()
			if w.i.panicked.ok() {
				log.Errorf("zone %s: recovered from a panic (%T) while inspecting a reply", w.i.zone, v)
			}
		}
	}()
	f()
	return true
}

// withOwnOPT returns a copy of a section in which the OPT is not shared: plugins and the server write into the one
// that miekg/dns finds from the end, and replace its options.
func withOwnOPT(section []dns.RR) []dns.RR {
	own := slices.Clone(section)
	for i, record := range slices.Backward(own) {
		if opt, ok := record.(*dns.OPT); ok && opt != nil {
			own[i] = &dns.OPT{Hdr: opt.Hdr, Option: slices.Clip(opt.Option)}
			break
		}
	}
	return own
}

// SetPlugin implements plugin.PluginTracker.
func (w *inspectWriter) SetPlugin(name string) {
	if tracker, ok := w.ResponseWriter.(plugin.PluginTracker); ok {
		tracker.SetPlugin(name)
	}
}

// GetPlugin implements plugin.PluginTracker.
func (w *inspectWriter) GetPlugin() string {
	if tracker, ok := w.ResponseWriter.(plugin.PluginTracker); ok {
		return tracker.GetPlugin()
	}
	return ""
}

// ConnectionState implements dns.ConnectionStater; nil is no TLS.
func (w *inspectWriter) ConnectionState() *tls.ConnectionState {
	if stater, ok := w.ResponseWriter.(dns.ConnectionStater); ok {
		return stater.ConnectionState()
	}
	return nil
}
