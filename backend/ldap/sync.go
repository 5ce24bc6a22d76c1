package ldap

import (
	"github.com/go-ldap/ldap/v3"
)

// syncing follows a directory by content synchronization (RFC 4533), one poll after another: each asks what came since
// the cookie, and ends with the directory saying that this was all. Deletions are told, too.
type syncing struct {
	c      *conn
	q      search
	cookie string
}

// read brings people up to date. Without a cookie that is all there are.
func (s *syncing) read(p *people) error {
	t := turn{people: p, limit: newLimit()}
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
	*people
	*limit
	present map[string]bool // who was named as there
	ended   bool            // the present phase, before the end of the answer
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

// sweep drops who was not named: in a present phase that says that they are gone (RFC 4533 section 3.3.1).
func (t *turn) sweep() {
	for id := range t.all {
		if !t.present[id] {
			t.drop(id)
		}
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
