package additional

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// Bounds of look-ups.
const (
	maxRunning = 32                   // at once
	interval   = 5 * time.Millisecond // between two that begin, on an average
	burst      = time.Second          // the time that look-ups not begun may be caught up for
	askTime    = 5 * time.Second      // one of them
	closeTime  = 3 * time.Second      // what Close waits
)

// key is what is asked for: a name, fully qualified and in lower case, and a type.
type key struct {
	name  string
	qtype uint16
}

// lookup is one question and what came of it, which is there, and does not change, once done is closed.
type lookup struct {
	key  key
	due  time.Time // until then it is waited for
	done chan struct{}
	finding
	expires time.Time
}

// await waits for what comes of l, and reports whether it is there. A nil look-up, which was not begun, has
// nothing to wait for; one that others have waited for in vain keeps no further answer, or an outage would slow
// all of them down.
func (l *lookup) await(ctx context.Context) bool {
	if l == nil {
		return false
	}
	select {
	case <-l.done: // also where ctx has ended
		return true
	default:
	}
	if !time.Now().Before(l.due) {
		return false
	}
	select {
	case <-l.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// hosts returns the targets of the SRV records that l found, in the order in which most clients try them: by
// priority, then those that most of them choose (RFC 2782). "." is none.
func (l *lookup) hosts() []string {
	var set []*dns.SRV
	for _, record := range l.records {
		if srv, ok := record.(*dns.SRV); ok && srv.Target != "." {
			set = append(set, srv)
		}
	}
	slices.SortStableFunc(set, func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Weight, a.Weight))
	})
	var hosts []string
	for _, srv := range set {
		if host := dns.CanonicalName(srv.Target); len(hosts) < maxHosts && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// left returns the TTL that is left.
func (l *lookup) left() uint32 {
	return uint32(max(0, min(time.Until(l.expires), l.ttl)) / time.Second)
}

// look returns the look-up of k: one that is kept, one that is under way, or one that it begins; nil where it
// must not begin one.
func (f *Finder) look(k key, ask Ask) *lookup {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if l := f.known.get(k, now); l != nil {
		return l
	}
	if l := f.underWay[k]; l != nil {
		return l
	}
	if ask == nil || f.closed || f.running >= maxRunning || !f.pace.step(now) {
		return nil
	}
	l := &lookup{key: k, due: now.Add(f.options.Wait), done: make(chan struct{})}
	f.underWay[k] = l
	f.running++
	go f.run(l, ask)
	return l
}

// run asks. Who waits for l may leave meanwhile; to have all for the next answer it goes on to the addresses by
// itself.
func (f *Finder) run(l *lookup, ask Ask) {
	defer f.ended()
	l.finding = f.ask(l.key, ask)
	l.expires = time.Now().Add(max(l.ttl, minKept))

	f.mu.Lock()
	delete(f.underWay, l.key)
	if !f.closed {
		f.known.add(l)
	}
	f.mu.Unlock()
	close(l.done)
	for _, host := range l.hosts() {
		f.look(key{host, dns.TypeA}, ask)
		f.look(key{host, dns.TypeAAAA}, ask)
	}
}

// ended counts a goroutine that ends.
func (f *Finder) ended() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running--; f.closed && f.running == 0 {
		close(f.idle)
	}
}

// ask asks for k. A panic is somebody else's fault, and no answer.
func (f *Finder) ask(k key, ask Ask) (found finding) {
	defer func() {
		if recover() != nil {
			found = failure
		}
	}()
	ctx, cancel := context.WithTimeout(f.ctx, askTime)
	defer cancel()
	m, err := ask(ctx, k.name, k.qtype)
	if err != nil {
		return failure
	}
	return read(k, m)
}

// pace lets look-ups begin: one each interval, and a burst after a rest. Ever new names from one hostile
// source must not make this server the one that floods somebody's name servers.
type pace struct{ due time.Time }

func (p *pace) step(now time.Time) bool {
	if rested := now.Add(-burst); p.due.Before(rested) {
		p.due = rested
	}
	if p.due.After(now) {
		return false
	}
	p.due = p.due.Add(interval)
	return true
}
