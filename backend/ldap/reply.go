package ldap

import "strings"

// The controls and messages that are understood.
const (
	oidPaged       = "1.2.840.113556.1.4.319"   // RFC 2696
	oidDomainScope = "1.2.840.113556.1.4.1339"  // LDAP_SERVER_DOMAIN_SCOPE_OID: no references to other domains
	oidSync        = "1.3.6.1.4.1.4203.1.9.1.1" // RFC 4533
	oidSyncState   = "1.3.6.1.4.1.4203.1.9.1.2" // RFC 4533
	oidSyncDone    = "1.3.6.1.4.1.4203.1.9.1.3" // RFC 4533
	oidSyncInfo    = "1.3.6.1.4.1.4203.1.9.1.4" // RFC 4533
	oidStartTLS    = "1.3.6.1.4.1.1466.20037"   // RFC 4511 section 4.14
	oidDirectory   = "1.2.840.113556.1.4.800"   // LDAP_CAP_ACTIVE_DIRECTORY_OID, a capability
)

// parseFound reads a SearchResultEntry (RFC 4511 section 4.5.2).
func parseFound(b []byte) (*found, error) {
	dn, b, err := want(b, tagString)
	if err != nil {
		return nil, err
	}
	list, rest, err := want(b, tagSequence)
	if err != nil || len(rest) > 0 {
		return nil, errOdd
	}
	f := &found{dn: string(dn), attributes: map[string][]string{}}
	for len(list) > 0 {
		var attribute []byte
		if attribute, list, err = want(list, tagSequence); err != nil {
			return nil, err
		}
		name, values, err := want(attribute, tagString)
		if err != nil {
			return nil, err
		}
		set, rest, err := want(values, tagSet)
		if err != nil || len(rest) > 0 {
			return nil, errOdd
		}
		key, _, _ := strings.Cut(strings.ToLower(string(name)), ";")
		for len(set) > 0 {
			var value []byte
			if value, set, err = want(set, tagString); err != nil {
				return nil, err
			}
			f.attributes[key] = append(f.attributes[key], string(value))
		}
	}
	return f, nil
}

// parsePaged reads the value of the paged results control: the cookie, empty at the last page.
func parsePaged(value []byte) (cookie string, err error) {
	b, rest, err := want(value, tagSequence)
	if err != nil || len(rest) > 0 {
		return "", errOdd
	}
	if _, b, err = want(b, tagInteger); err != nil {
		return "", err
	}
	text, rest, err := want(b, tagString)
	if err != nil || len(rest) > 0 {
		return "", errOdd
	}
	return string(text), nil
}

// What the sync state control says of an entry (RFC 4533 section 2.3).
const (
	statePresent = 0
	stateAdd     = 1
	stateModify  = 2
	stateDelete  = 3
)

// uuidLength is how long the names are that entries keep for good (RFC 4122).
const uuidLength = 16

// parseState reads the value of the sync state control.
func parseState(value []byte) (state int64, id, cookie string, err error) {
	b, rest, err := want(value, tagSequence)
	if err != nil || len(rest) > 0 {
		return 0, "", "", errOdd
	}
	enum, b, err := want(b, tagEnum)
	if err != nil {
		return 0, "", "", err
	}
	if state, err = integer(enum); err != nil || state > stateDelete {
		return 0, "", "", errOdd
	}
	uuid, b, err := want(b, tagString)
	if err != nil || len(uuid) != uuidLength {
		return 0, "", "", errOdd
	}
	cookie, b, err = optionalCookie(b)
	if err != nil || len(b) > 0 {
		return 0, "", "", errOdd
	}
	return state, string(uuid), cookie, nil
}

// optionalCookie takes a cookie from b, if there is one.
func optionalCookie(b []byte) (cookie string, rest []byte, err error) {
	if len(b) == 0 || b[0] != tagString {
		return "", b, nil
	}
	e, rest, err := next(b)
	return string(e.body), rest, err
}

// optionalBoolean takes a BOOLEAN from b, if there is one.
func optionalBoolean(b []byte, otherwise bool) (v bool, rest []byte, err error) {
	if len(b) == 0 || b[0] != tagBoolean {
		return otherwise, b, nil
	}
	e, rest, err := next(b)
	if err != nil || len(e.body) != 1 {
		return false, nil, errOdd
	}
	return e.body[0] != 0, rest, nil
}

// parseDone reads the value of the sync done control (RFC 4533 section 2.4).
func parseDone(value []byte) (cookie string, deletes bool, err error) {
	return cookieAndBoolean(value, tagSequence, false)
}

func cookieAndBoolean(value []byte, tag byte, otherwise bool) (cookie string, v bool, err error) {
	b, rest, err := want(value, tag)
	if err != nil || len(rest) > 0 {
		return "", false, errOdd
	}
	if cookie, b, err = optionalCookie(b); err != nil {
		return "", false, err
	}
	if v, b, err = optionalBoolean(b, otherwise); err != nil || len(b) > 0 {
		return "", false, errOdd
	}
	return cookie, v, nil
}

// info is a sync info message (RFC 4533 section 2.5).
type info struct {
	cookie  string
	present bool     // a present phase ended: what was not named is gone
	deletes bool     // ids are of entries that are gone; else of such that are there
	ids     []string // of a set
}

// parseInfo reads an intermediate response. ok is false for one of another sort, which concerns nobody.
func parseInfo(body []byte) (i info, ok bool, err error) {
	var oid, value []byte
	for len(body) > 0 {
		var e element
		if e, body, err = next(body); err != nil {
			return i, false, err
		}
		switch e.tag {
		case tagContext0:
			oid = e.body
		case tagContext1:
			value = e.body
		default:
			return i, false, errOdd
		}
	}
	if string(oid) != oidSyncInfo {
		return i, false, nil
	}
	e, rest, err := next(value)
	if err != nil || len(rest) > 0 {
		return i, false, errOdd
	}
	switch e.tag {
	case tagContext0:
		i.cookie = string(e.body)
	case tagContext1c:
		i.cookie, _, err = cookieAndBoolean(value, e.tag, true)
	case tagContext2c:
		i.present = true
		i.cookie, _, err = cookieAndBoolean(value, e.tag, true)
	case tagContext3c:
		err = i.set(e.body)
	default:
		err = errOdd
	}
	return i, true, err
}

func (i *info) set(b []byte) (err error) {
	if i.cookie, b, err = optionalCookie(b); err != nil {
		return err
	}
	if i.deletes, b, err = optionalBoolean(b, false); err != nil {
		return err
	}
	set, rest, err := want(b, tagSet)
	if err != nil || len(rest) > 0 {
		return errOdd
	}
	for len(set) > 0 {
		var id []byte
		if id, set, err = want(set, tagString); err != nil || len(id) != uuidLength {
			return errOdd
		}
		i.ids = append(i.ids, string(id))
	}
	return nil
}
