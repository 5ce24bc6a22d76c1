package ldap

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// What names an entry for good: in Active Directory, and in others (RFC 4530).
const (
	objectGUID = "objectGUID"
	entryUUID  = "entryUUID"
)

// paging reads a directory as a whole, page by page, and follows Active Directory by update sequence numbers:
// a domain controller gives each change of an entry the next one.
type paging struct {
	c        *conn
	root     *rootDSE
	q        search
	name     string // the attribute that names an entry for good; "" for none, and its DN does
	usn      int64  // up to which all is known
	numPages int    // of the last search
}

// all reads everybody.
func (r *paging) all(p *people) error {
	return r.pages(r.q, p.set)
}

// pages makes a search and hands over who is found.
func (r *paging) pages(q search, take func(id string, f *found)) error {
	limit := newLimit()
	var unnamed error
	n, err := r.c.pages(r.root, q, func(f *found) error {
		id, err := r.id(f)
		if errors.Is(err, errNoUUID) {
			unnamed = err // after the answer, so that the next search is answered, too
			return nil
		}
		if err == nil {
			err = limit.one(id)
		}
		if err == nil {
			take(id, f)
		}
		return err
	})
	r.numPages = n
	return cmp.Or(err, unnamed)
}

// id returns how the directory calls an entry for good.
func (r *paging) id(f *found) (string, error) {
	switch values := f.values(r.name); r.name {
	case "":
		return strings.ToLower(f.dn), nil
	case entryUUID:
		if len(values) != 1 {
			return "", errNoUUID
		}
		id, err := hex.DecodeString(strings.ReplaceAll(values[0], "-", ""))
		if err != nil || len(id) != uuidLength {
			return "", errOdd
		}
		return string(id), nil
	default:
		if len(values) != 1 || len(values[0]) != uuidLength {
			return "", errOdd
		}
		return values[0], nil
	}
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
	for looks := 0; looks < 2 && len(changed) > 0; looks++ { // again for who is missing, and would be dropped
		err := r.pages(matching, func(id string, f *found) {
			delete(changed, id)
			p.set(id, f)
		})
		if err != nil {
			return err
		}
	}
	for id := range changed {
		p.drop(id)
	}
	r.usn = usn
	return nil
}
