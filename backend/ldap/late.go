package ldap

import (
	"errors"
	"regexp"
	"slices"
	"time"
)

// lateEach is how long, for each person there is, not to look again for changes that are not told: where entryCSN is not
// indexed, a directory looks at each of them.
const lateEach = 50 * time.Microsecond

// csn is a change sequence number of OpenLDAP, as its cookies have one for each server that is written to.
var csn = regexp.MustCompile(`\b\d{14}\.\d{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}\b`)

// late looks for who was changed and is not told of: OpenLDAP notes how far its changes go when one ends, but not beyond
// any that is still under way, and one that fails ends without that. What was changed beside it is then not told
// before somebody changes something else.
func (s *syncing) late(p *people) error {
	all := csn.FindAllString(s.cookie, -1)
	if len(all) == 0 || time.Now().Before(s.next) {
		return nil
	}
	plain := &paging{c: s.c, root: &rootDSE{}, q: s.q, name: entryUUID}
	plain.q.filter = "(&" + s.q.filter + "(entryCSN>=" + slices.Max(all) + "))"
	plain.q.attributes = append(slices.Clip(s.q.attributes), entryUUID)
	err := plain.pages(plain.q, p.set)
	s.next = time.Now().Add(time.Duration(len(p.all)) * lateEach)
	if _, refused := errors.AsType[resultError](err); refused {
		return nil // such changes then come when everybody is read again
	}
	return err
}
