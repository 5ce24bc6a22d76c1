package ldap

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
)

const (
	// pollEvery is how often a directory is asked what has changed.
	pollEvery = 900 * time.Millisecond
	// pollTime is how long it may take to tell all of that.
	pollTime = time.Minute
	// After a full read, or a poll that was work for the directory, there is a rest of restShare times as long as
	// it took, mostRest at most.
	restShare = 4
	mostRest  = 30 * time.Second
)

// feed delivers a directory. It is for one sink at a time.
type feed struct {
	servers *servers
	mapping *mapping
	base    string
	filter  string // "" for the usual one
	refresh time.Duration
	tell    func(backend.Event)

	rest time.Time // until when nothing is to be read as a whole
	told notes
}

// The people of a directory, where the Corefile does not say who they are.
const (
	filterOfAD = "(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))" // not disabled
	filterElse = "(objectClass=inetOrgPerson)"
)

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	c, err := f.servers.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	err = f.follow(ctx, c, sink)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = classify(ctx, err)
	if errors.Is(err, backend.ErrUnavailable) {
		f.servers.next++ // another directory may be better
	}
	return err
}

// reading is a connection that is followed.
type reading struct {
	*feed
	c      *conn
	sink   backend.Sink
	people *people
	sync   *syncing // where the directory has RFC 4533
	paging *paging
}

func (f *feed) follow(ctx context.Context, c *conn, sink backend.Sink) error {
	root, err := c.root()
	if err != nil {
		return err
	}
	r := &reading{feed: f, c: c, sink: sink}
	r.choose(root, root.can(oidSync))
	for {
		err := r.full(ctx)
		if r.sync != nil && isCode(err, ldap.LDAPResultUnavailableCriticalExtension) {
			r.choose(root, false) // of its data bases this one does not
			continue
		}
		if err != nil {
			return err
		}
		until := time.Now().Add(f.refresh*7/8 + rand.N(f.refresh/8))
		if err := r.polls(ctx, until); err != nil && !errors.Is(err, errAgain) {
			return err
		}
	}
}

// choose says how the directory is read: by content synchronization, or by pages.
func (r *reading) choose(root *rootDSE, sync bool) {
	q := search{base: r.base, scope: ldap.ScopeWholeSubtree, filter: r.filter, attributes: r.mapping.attributes()}
	if q.filter == "" {
		q.filter = filterElse
		if root.activeDirectory {
			q.filter = filterOfAD
		}
	}
	r.sync, r.paging = nil, nil
	if sync {
		r.sync = &syncing{c: r.c, q: q}
		return
	}
	if root.activeDirectory {
		q.attributes = append(q.attributes, objectGUID)
	}
	r.paging = &paging{c: r.c, root: root, q: q, usn: root.usn}
}

// errAgain: only everything tells what changed.
var errAgain = errors.New("the directory is to be read again")

// full reads everything, and publishes it when that was all.
func (r *reading) full(ctx context.Context) error {
	if err := sleep(ctx, time.Until(r.rest)); err != nil {
		return err
	}
	start := time.Now()
	r.c.until = start.Add(readTime)
	p := newPeople(r.mapping)
	if err := r.everybody(p); err != nil {
		return err
	}
	r.c.until = time.Time{}
	clear(p.touched)
	if len(p.at) == 0 {
		return errNobody
	}
	if err := r.sink.Replace(p.entries()); err != nil {
		return err
	}
	r.people = p
	r.rest = time.Now().Add(restOf(start))
	p.shares()
	p.note.tell(r.told, r.tell)
	r.told = p.note
	p.note = notes{}
	return nil
}

func (r *reading) everybody(p *people) error {
	if r.sync != nil {
		r.sync.cookie = ""
		return r.sync.read(p)
	}
	root, err := r.c.root() // before the reading: what changes meanwhile is read again
	if err != nil {
		return err
	}
	r.paging.usn = root.usn
	return r.paging.all(p)
}

// polls follows the changes until it is time to read everything again.
func (r *reading) polls(ctx context.Context, until time.Time) error {
	pause := pollEvery
	for time.Now().Before(until) {
		if err := sleep(ctx, min(pause, time.Until(until))); err != nil {
			return err
		}
		start := time.Now()
		if err := r.poll(); err != nil {
			return err
		}
		pause = max(pollEvery, restOf(start))
	}
	return nil
}

// poll asks what has changed, and publishes it.
func (r *reading) poll() error {
	root, err := r.c.root()
	if err != nil {
		return err
	}
	r.c.until = time.Now().Add(pollTime)
	defer func() { r.c.until = time.Time{} }()
	switch {
	case r.sync != nil:
		err = r.sync.read(r.people)
		if isCode(err, ldap.LDAPResultSyncRefreshRequired) {
			return errAgain
		}
	case !root.activeDirectory || root.usn == 0:
		return nil // it is there; whether anything changed it does not tell
	case root.usn < r.paging.usn:
		return errAgain // it was restored from a backup
	case root.usn > r.paging.usn:
		err = r.paging.since(r.people, root.usn)
	}
	if err != nil {
		return err
	}
	if len(r.people.at) == 0 {
		return errNobody
	}
	return r.sink.Apply(r.people.changes())
}

func restOf(start time.Time) time.Duration {
	return min(restShare*time.Since(start), mostRest)
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
