package ldap

import (
	"slices"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// syncing follows a directory by content synchronization (RFC 4533), one poll after another: each asks what came since
// the cookie, and ends with the directory saying that this was all. Deletions are told, too.
type syncing struct {
	c      *conn
	q      search
	cookie string
	next   time.Time // when to look for late changes again
	whole  time.Time // when to look at everybody again
}

// wholeEach is how long, for each person there is, not to look at everybody again, which takes a directory about a
// fortieth of that.
const wholeEach = 2 * time.Millisecond

// all reads everybody. The first answer is there for its cookie alone: OpenLDAP leaves out of it who was changed after the
// search began, since what comes with the next cookie tells them, and with that who was changed just before and whose
// change it has not noted yet. A search without synchronization has everybody.
func (s *syncing) all(p *people) error {
	s.cookie = ""
	t := &turn{limit: newLimit()}
	if err := s.ask(t); err != nil {
		return err
	}
	if err := s.look(p); err != nil {
		return err
	}
	for id := range p.all {
		if t.seen[id] {
			return nil
		}
	}
	if len(t.seen) > 0 && len(p.all) > 0 {
		return errNoUUID // everybody would be there twice
	}
	return nil
}

// read brings people up to date. Those whom the directory does not name are looked for before they are dropped: see all.
// Who was deleted beside a change that failed OpenLDAP does not tell before somebody changes something else (see late),
// and no search finds the change: now and then everybody is looked at.
func (s *syncing) read(p *people) error {
	t := &turn{people: p, limit: newLimit()}
	err := s.ask(t)
	switch {
	case err != nil:
		return err
	case t.missing || time.Now().After(s.whole):
		return s.look(p)
	}
	return s.late(p)
}

// look reads everybody with a search that is no synchronization, and drops who is not there.
func (s *syncing) look(p *people) error {
	s.c.until = time.Now().Add(readTime)
	plain := &paging{c: s.c, root: &rootDSE{}, q: s.q, name: entryUUID}
	plain.q.attributes = append(slices.Clip(s.q.attributes), entryUUID)
	seen := map[string]bool{}
	err := plain.pages(plain.q, func(id string, f *found) {
		seen[id] = true
		p.set(id, f)
	})
	if err != nil {
		return err
	}
	for id := range p.all {
		if !seen[id] {
			p.drop(id)
		}
	}
	s.whole = time.Now().Add(time.Duration(len(p.all)) * wholeEach)
	return nil
}

// ask asks what came since the cookie, and notes the next one.
func (s *syncing) ask(t *turn) error {
	request := ldap.NewControlSyncRequest(ldap.SyncRequestModeRefreshOnly, []byte(s.cookie), false)
	done, err := s.c.each(searchTime, s.q, t.take, request)
	if err != nil {
		return err
	}
	value, ok := done.controlOf(oidSyncDone)
	if !ok {
		return errState
	}
	cookie, deletes, err := parseDone(value)
	if err != nil {
		return err
	}
	if !deletes && !t.ended {
		t.sweep()
	}
	if cookie != "" { // else the one before stands (RFC 4533 section 3.2)
		t.cookie = cookie
	}
	if t.cookie != "" {
		s.cookie = t.cookie
	}
	return nil
}

// turn is one answer to a poll.
type turn struct {
	*people // nil where nobody is to be brought up to date
	*limit
	present map[string]bool // who was named as there
	ended   bool            // the present phase, before the end of the answer
	missing bool            // somebody was not named
	cookie  string
}

// take takes one message.
func (t *turn) take(m *message) error {
	if m.op == tagIntermediate {
		return t.info(m.body)
	}
	value, ok := m.controlOf(oidSyncState)
	if !ok {
		return errState
	}
	state, id, cookie, err := parseState(value)
	if err != nil {
		return err
	}
	if cookie != "" {
		t.cookie = cookie
	}
	if t.people == nil {
		return t.one(id)
	}
	switch state {
	case stateDelete:
		t.drop(id)
		return nil
	case statePresent:
		t.name(id)
		return nil
	}
	f, err := parseFound(m.body)
	if err != nil {
		return err
	}
	if err := t.one(id); err != nil {
		return err
	}
	t.set(id, f)
	t.name(id)
	return nil
}

// name notes that somebody is there. Those of whom nothing is known are left to what tells of them.
func (t *turn) name(id string) {
	if t.all[id] == nil {
		return
	}
	if t.present == nil {
		t.present = map[string]bool{}
	}
	t.present[id] = true
}

// info takes a sync info message.
func (t *turn) info(body []byte) error {
	i, ok, err := parseInfo(body)
	if err != nil || !ok {
		return err
	}
	if i.cookie != "" {
		t.cookie = i.cookie
	}
	if t.people == nil {
		return nil
	}
	for _, id := range i.ids {
		if i.deletes {
			t.drop(id)
		} else {
			t.name(id)
		}
	}
	if i.present && !t.ended {
		t.sweep()
		t.ended = true
	}
	return nil
}

// sweep notes whether somebody was not named: in a present phase that says that they are gone (RFC 4533 section 3.3.1),
// or, where OpenLDAP says it, that they were changed just now.
func (t *turn) sweep() {
	if t.people == nil {
		return
	}
	for id := range t.all {
		t.missing = t.missing || !t.present[id]
	}
}

// mostPeople is more than any directory has whose people are served from memory.
const mostPeople = 5_000_000

// limit ends an answer that does not end by itself. Entries may come twice, where they were changed or moved while
// they were read.
type limit struct {
	seen  map[string]bool
	count int
}

func newLimit() *limit { return &limit{seen: map[string]bool{}} }

// one counts an entry.
func (l *limit) one(id string) error {
	l.seen[id] = true
	if l.count++; len(l.seen) > mostPeople || l.count > 2*len(l.seen)+10*pageSize {
		return errEndless
	}
	return nil
}
