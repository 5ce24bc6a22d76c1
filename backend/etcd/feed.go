package etcd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
)

// resyncEvery is how often the whole tree is read again although nothing points to a fault: the last defence
// against changes that the watch did not tell of. A quarter of it is random.
const resyncEvery = time.Hour

// A full read costs etcd much. After one the feed rests for restShare times as long as it took, and longer after
// one that was refused, since the next will be most likely, too; a small tree that is mended is soon served.
const (
	restShare    = 4
	refusedShare = 10 * restShare
	mostRest     = 30 * time.Second
)

// leastRun is the least time from one connection to the next: a cluster that works for a moment each time is not to be
// asked without a pause.
const leastRun = 500 * time.Millisecond

// electing is for how long members without a leader are asked on after data was current. A feed that ended would begin
// with a full read, each server's at once, in the moment in which a cluster is back.
const electing = 5 * time.Second

// feed delivers the tree. It is for one sink, and keeps from run to run what it knows of it.
type feed struct {
	cluster *cluster
	codec   *notation.Codec
	share   float64 // as guard.share
	tell    func(backend.Event)

	sink    backend.Sink
	state   *state // of what the sink holds; nil when it has to be read anew
	guard   guard
	marker  *marker // of the tree that was read last
	seen    witness
	applied int64     // the revision up to which all is known
	resync  time.Time // when the tree is to be read again without a reason
	rest    time.Time // until when it is not to be read again
	held    error     // why data is held back; told once
}

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	if f.sink != sink {
		*f = feed{cluster: f.cluster, codec: f.codec, share: f.share, tell: f.tell, sink: sink}
	}
	// Another member goes on where one fails; a cluster that goes on failing is left to the pauses of the caller.
	var current time.Time
	for {
		begun := time.Now()
		worked, err := f.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case worked:
			current = time.Now()
		case !errors.Is(err, errElecting) || time.Since(current) > electing:
			return err
		}
		if err := sleep(ctx, time.Until(begun.Add(leastRun))); err != nil {
			return err
		}
	}
}

// once follows the tree over one connection. worked says that data was found to be current over it.
func (f *feed) once(ctx context.Context) (worked bool, err error) {
	m, at, err := f.cluster.connect(ctx)
	if err != nil {
		return false, err
	}
	defer m.Close()
	defer func() {
		if err != nil {
			f.cluster.next++ // another member may be better
		}
	}()
	if err := f.prove(ctx, m, at); err != nil {
		return false, err
	}
	for {
		if f.state == nil || time.Now().After(f.resync) {
			if err := f.full(ctx, m); err != nil {
				return worked, err
			}
		}
		ok, err := f.follow(ctx, m)
		worked = worked || ok
		if errors.Is(err, errMoved) {
			return true, nil // the same name again, and what is known stays: to watch on from there is cheap
		}
		if !errors.Is(err, errCompacted) && !errors.Is(err, errAgain) {
			return worked, err
		}
		f.state = nil
	}
}

// prove asks the witness whether the cluster is the one that was seen. A history that went back is held back,
// until the marker has another history: the numbers would be those of some time ago, and nobody would know.
func (f *feed) prove(ctx context.Context, m *member, at *marker) error {
	if f.marker == nil || f.marker.History != at.History {
		f.state = nil
		return nil
	}
	says, err := f.seen.ask(ctx, m)
	switch {
	case err != nil:
		return m.failed(ctx, err)
	case says == wentBack, says == same && at.revision < f.applied:
		return f.hold(fmt.Errorf(`%w: etcd is older than what is served, as after a restore; to take it, put {"format":1,"history":"ANYTHING NEW"} into the key %smeta`,
			backend.ErrInvalidData, m.prefix))
	case says == unknown:
		f.state = nil
	}
	return nil
}

// hold tells once why data is not taken.
func (f *feed) hold(err error) error {
	if f.held == nil || f.held.Error() != err.Error() {
		f.tell(backend.Event{Kind: backend.Refused, Err: err})
	}
	f.held = err
	return err
}

// full reads the whole tree.
func (f *feed) full(ctx context.Context, m *member) error {
	f.state = nil
	if err := sleep(ctx, time.Until(f.rest)); err != nil {
		return err
	}
	start := time.Now()
	r := &reading{feed: f, member: m, state: newState()}
	if err := f.sink.Replace(r.entries(ctx)); err != nil {
		if !errors.Is(err, backend.ErrUnavailable) {
			f.rest = time.Now().Add(min(refusedShare*time.Since(start), mostRest))
		}
		return err
	}
	strangers, err := m.strangers(ctx, r.revision)
	if err != nil && !errors.Is(err, backend.ErrUnavailable) {
		return err
	}
	f.state, f.marker, f.seen, f.applied, f.held = r.state, r.marker, r.seen, r.revision, nil
	f.guard.share = f.share
	f.guard.set(r.state.keys)
	now := time.Now()
	f.resync = now.Add(resyncEvery*7/8 + rand.N(resyncEvery/4))
	f.rest = now.Add(min(restShare*now.Sub(start), mostRest))
	f.findings(r.state.Findings())
	f.finding("key", r.strange+strangers, "keys with the prefix are no numbers", nil)
	return nil
}

// sleep waits; it returns ctx.Err() when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (f *feed) findings(found keyed.Findings) {
	f.finding("value", found.Broken, "values cannot be read; what they decide is SERVFAIL; the last: ", found.Fault)
	f.finding("hidden", found.Hidden, "names lie below delegations, which hide them", nil)
}

func (f *feed) finding(rule string, count int, text string, fault error) {
	if count == 0 {
		return
	}
	if fault != nil {
		text += fault.Error()
	}
	f.tell(backend.Event{Kind: backend.Finding, Rule: rule, Text: text, Count: count})
}
