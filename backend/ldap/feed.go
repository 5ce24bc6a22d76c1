package ldap

import (
	"context"
	"errors"
	"maps"
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
	// For each message that a directory sent there is a rest, of some times as long as it works on one, and mostRest at
	// most for a reading. Time alone tells nothing of work: a stall on the way is none.
	restEach = 50 * time.Microsecond
	mostRest = 30 * time.Second
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
	defer func() { c.Close() }()
	for {
		var next *conn
		if next, err = f.follow(ctx, c, sink); err != nil {
			break
		}
		c.Close()
		c = next
	}
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
	look   time.Time // when to look whether the name of the directory leads elsewhere
	next   *conn     // to there
	root   *rootDSE
	sink   backend.Sink
	people *people
	sync   *syncing // where the directory has RFC 4533
	paging *paging
}

// follow follows until it fails, or until the name of the directory leads elsewhere: next is a connection to there.
func (f *feed) follow(ctx context.Context, c *conn, sink backend.Sink) (next *conn, err error) {
	root, err := c.root()
	if err != nil {
		return nil, err
	}
	r := &reading{feed: f, c: c, look: f.servers.life.Until(), root: root, sink: sink}
	r.choose(root.can(oidSync))
	for {
		err := r.full(ctx)
		if r.sync != nil && (isCode(err, ldap.LDAPResultUnavailableCriticalExtension) || errors.Is(err, errNoUUID)) {
			r.choose(false) // of its data bases this one does not, or not for this user
			continue
		}
		if err != nil {
			return nil, err
		}
		until := time.Now().Add(f.refresh*7/8 + rand.N(f.refresh/8))
		if err := r.polls(ctx, until); err != nil && !errors.Is(err, errAgain) {
			return nil, err
		}
		if r.next != nil {
			return r.next, nil
		}
	}
}

// choose says how the directory is read: by content synchronization, or by pages.
func (r *reading) choose(sync bool) {
	q := search{base: r.base, scope: ldap.ScopeWholeSubtree, filter: r.filter, attributes: r.mapping.attributes()}
	if q.filter == "" {
		q.filter = filterElse
		if r.root.activeDirectory {
			q.filter = filterOfAD
		}
	}
	r.sync, r.paging = nil, nil
	if sync {
		r.sync = &syncing{c: r.c, q: q}
		return
	}
	r.paging = &paging{c: r.c, root: r.root, q: q, usn: r.root.usn}
	if r.root.activeDirectory {
		r.paging.name = objectGUID
		r.paging.q.attributes = append(q.attributes, objectGUID)
	}
}

// errAgain: only everything tells what changed.
var errAgain = errors.New("the directory is to be read again")

// full reads everything, and publishes it when that was all.
func (r *reading) full(ctx context.Context) error {
	if err := sleep(ctx, time.Until(r.rest)); err != nil {
		return err
	}
	r.c.until = time.Now().Add(readTime)
	p, err := r.everybody()
	r.rest = time.Now().Add(r.c.rest()) // after one that failed, too
	if err != nil {
		return err
	}
	r.c.until = time.Time{}
	clear(p.touched)
	if len(p.at) == 0 {
		r.leftOut(p) // why there is nobody
		return errNobody
	}
	if err := r.sink.Replace(p.entries()); err != nil {
		return err
	}
	r.people = p
	p.shares()
	r.leftOut(p)
	return nil
}

// leftOut tells what of a whole reading is not served.
func (r *reading) leftOut(p *people) {
	p.note.tell(r.told, r.tell)
	r.told = p.note
	p.note = notes{}
}

// everybody reads all there are. Who is missing from one answer is looked for in another: a directory that is written to
// may leave out, or pass by, who was changed meanwhile.
func (r *reading) everybody() (p *people, err error) {
	p = newPeople(r.mapping)
	if r.sync != nil {
		return p, r.sync.all(p)
	}
	root, err := r.c.root() // before the reading: what changes meanwhile is read again
	if err != nil {
		return nil, err
	}
	r.paging.usn = root.usn
	if err = r.paging.all(p); err != nil {
		return nil, err
	}
	if usn := root.usn; usn > 0 {
		if root, err = r.c.root(); err == nil && root.usn > usn {
			note := maps.Clone(p.note) // everybody counts once
			err = r.paging.since(p, root.usn)
			p.note = note
		}
		return p, err
	}
	if r.paging.numPages < 2 || r.people != nil && p.hasAll(r.people) {
		return p, nil
	}
	again := newPeople(r.mapping)
	if err := r.paging.all(again); err != nil {
		return nil, err
	}
	again.keep(p)
	return again, nil
}

// polls follows the changes until it is time to read everything again, or until there is another directory to read.
func (r *reading) polls(ctx context.Context, until time.Time) error {
	pause := pollEvery
	for time.Now().Before(until) {
		if err := sleep(ctx, min(pause, time.Until(until))); err != nil {
			return err
		}
		if time.Now().After(r.look) {
			r.look = r.servers.life.Until()
			if r.next = r.servers.elsewhere(ctx, r.c); r.next != nil {
				return nil
			}
		}
		if err := r.poll(); err != nil {
			return err
		}
		pause = max(pollEvery, r.c.rest())
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
	if root.can(oidSync) != r.root.can(oidSync) || root.activeDirectory != r.root.activeDirectory {
		return errOdd // it is another directory, or the request did not arrive as it was sent
	}
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
