package ldap

import (
	"fmt"
	"strings"
)

// objectGUID names an entry of Active Directory for good.
const objectGUID = "objectGUID"

// paging reads a directory as a whole, page by page, and follows Active Directory by update sequence numbers:
// a domain controller gives each change of an entry the next one.
type paging struct {
	c    *conn
	root *rootDSE
	q    search
	usn  int64 // up to which all is known
}

// all reads everybody.
func (r *paging) all(p *people) error {
	return r.pages(r.q, p.set)
}

// pages makes a search and hands over who is found.
func (r *paging) pages(q search, take func(id string, f *found)) error {
	limit := newLimit()
	return r.c.pages(r.root, q, func(f *found) error {
		id := strings.ToLower(f.dn)
		if r.root.activeDirectory {
			values := f.values(objectGUID)
			if len(values) != 1 || len(values[0]) != uuidLength {
				return errOdd
			}
			id = values[0]
		}
		if err := limit.one(id); err != nil {
			return err
		}
		take(id, f)
		return nil
	})
}

// since reads who has changed up to usn. Who no longer matches the filter is dropped. Who was deleted, or moved out of the
// base, is not found: a domain controller tells that only to administrators.
func (r *paging) since(p *people, usn int64) error {
	newer := fmt.Sprintf("(uSNChanged>=%d)", r.usn+1)
	all := r.q
	all.filter, all.attributes = newer, []string{objectGUID}
	changed := map[string]bool{}
	if err := r.pages(all, func(id string, _ *found) { changed[id] = true }); err != nil {
		return err
	}
	matching := r.q
	matching.filter = "(&" + r.q.filter + newer + ")"
	err := r.pages(matching, func(id string, f *found) {
		delete(changed, id)
		p.set(id, f)
	})
	if err != nil {
		return err
	}
	for id := range changed {
		p.drop(id)
	}
	r.usn = usn
	return nil
}
