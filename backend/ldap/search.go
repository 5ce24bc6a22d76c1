package ldap

import (
	"slices"
	"strconv"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// search is what to look for.
type search struct {
	base       string
	scope      int
	filter     string
	attributes []string
}

// each makes a search and hands over each message of the answer, but the last, which it returns. There is an answer only
// where the directory says that it is complete.
func (c *conn) each(patience time.Duration, q search, take func(*message) error, controls ...ldap.Control) (*message, error) {
	filter, err := ldap.CompileFilter(q.filter)
	if err != nil {
		return nil, err
	}
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, q.base, ""))
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, q.scope, ""))
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, ldap.NeverDerefAliases, ""))
	for range 2 { // no limits of size and time but the directory's own
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 0, ""))
	}
	op.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	op.AppendChild(filter)
	names := ber.NewSequence("")
	for _, name := range q.attributes {
		names.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
	}
	op.AppendChild(names)
	if err := c.send(patience, op, controls...); err != nil {
		return nil, err
	}
	for {
		m, err := c.receive(patience)
		if err != nil {
			return nil, err
		}
		switch m.op {
		case tagSearchEntry, tagIntermediate:
			if err := take(m); err != nil {
				return nil, err
			}
		case tagSearchRefer:
			return nil, errReferral
		case tagSearchDone:
			return m, success(m.body)
		default:
			return nil, errOdd
		}
	}
}

// pageSize is how many entries are asked for at a time: Active Directory sends no more than 1000 (MaxPageSize).
const pageSize = 500

// mostEmpty is how many pages may come without an entry: a directory may look through much that does not match.
const mostEmpty = 100

// pages makes a search page by page (RFC 2696), where the directory can, and returns how many there were.
func (c *conn) pages(root *rootDSE, q search, take func(*found) error) (n int, err error) {
	var controls []ldap.Control
	if root.can(oidDomainScope) {
		controls = append(controls, ldap.NewControlString(oidDomainScope, true, ""))
	}
	page := &ldap.ControlPaging{PagingSize: pageSize}
	paged := root.can(oidPaged)
	if paged {
		controls = append(controls, page)
	}
	for empty := 0; ; {
		n++
		entries := 0
		done, err := c.each(searchTime, q, func(m *message) error {
			if m.op != tagSearchEntry {
				return nil
			}
			entries++
			f, err := parseFound(m.body)
			if err != nil {
				return err
			}
			return take(f)
		}, controls...)
		if err != nil || !paged {
			return n, err
		}
		value, ok := done.controlOf(oidPaged)
		if !ok {
			return n, errPage
		}
		cookie, err := parsePaged(value)
		if err != nil || cookie == "" {
			return n, err
		}
		if entries > 0 {
			empty = 0
		} else if empty++; empty > mostEmpty {
			return n, errEndless
		}
		page.Cookie = []byte(cookie)
	}
}

// rootDSE is what a directory says of itself (RFC 4512 section 5.1).
type rootDSE struct {
	controls        []string
	activeDirectory bool
	usn             int64 // of Active Directory: it grows with each change; 0 for not known
}

// can reports whether the directory knows a control.
func (r *rootDSE) can(oid string) bool { return slices.Contains(r.controls, oid) }

// root asks the directory what it is.
func (c *conn) root() (*rootDSE, error) {
	q := search{scope: ldap.ScopeBaseObject, filter: "(objectClass=*)",
		attributes: []string{"supportedControl", "supportedCapabilities", "highestCommittedUSN", "isSynchronized"}}
	r := &rootDSE{}
	_, err := c.each(pingTime, q, func(m *message) error {
		if m.op != tagSearchEntry {
			return nil
		}
		f, err := parseFound(m.body)
		if err != nil {
			return err
		}
		r.controls = f.attributes["supportedcontrol"]
		r.activeDirectory = slices.Contains(f.attributes["supportedcapabilities"], oidDirectory)
		if slices.Contains(f.values("isSynchronized"), "FALSE") {
			return errFilling
		}
		if usn := f.values("highestCommittedUSN"); len(usn) == 1 {
			if r.usn, err = strconv.ParseInt(usn[0], 10, 64); err != nil || r.usn < 0 {
				return errOdd
			}
		}
		return nil
	})
	if isCode(err, ldap.LDAPResultNoSuchObject) || isCode(err, ldap.LDAPResultInsufficientAccessRights) {
		return r, nil // it tells us nothing
	}
	return r, err
}
