package im

import "strings"

// URI is an im: or pres: URI, taken apart. Its fields are as written, percent-encoding included;
// the zero URI is none.
type URI struct {
	Scheme  string // "im" or "pres"
	Local   string // the user part, before the last "@"
	Domain  string // behind the last "@": a host name, or an address in brackets
	Headers string // behind "?", without it: name=value, separated by "&"
	Caution Caution
}

// Parse reads a URI of the scheme "im" or "pres". It returns one of the errors of this package,
// and for what may not work everywhere sets Caution. It does not allocate for a URI whose domain is
// a plain host name.
func Parse(uri string) (URI, error) {
	var u URI
	rest, err := u.cutScheme(uri)
	if err != nil {
		return URI{}, err
	}
	if err := checkOctets(rest); err != nil {
		return URI{}, err
	}
	if strings.HasPrefix(rest, "//") {
		return URI{}, ErrAuthority
	}
	// The headers may hold "@", so they go first (RFC 3986 section 3.4).
	box, headers, found := strings.Cut(rest, "?")
	if found {
		if err := checkHeaders(headers); err != nil {
			return URI{}, err
		}
		u.Headers = headers
		u.Caution |= HasHeaders
	}
	if err := u.cutMailbox(box); err != nil {
		return URI{}, err
	}
	return u, nil
}

func (u *URI) cutScheme(uri string) (rest string, err error) {
	before, after, ok := strings.Cut(uri, ":")
	if !ok {
		return "", ErrScheme
	}
	switch scheme := before; {
	case strings.EqualFold(scheme, "im"):
		u.Scheme = "im"
	case strings.EqualFold(scheme, "pres"):
		u.Scheme = "pres"
	default:
		return "", ErrScheme
	}
	if before != u.Scheme {
		u.Caution |= CapitalScheme
	}
	return after, nil
}

// cutMailbox splits at the last literal "@": an encoded one belongs to the user part.
func (u *URI) cutMailbox(box string) error {
	if box == "" {
		return ErrNoMailbox
	}
	at := strings.LastIndexByte(box, '@')
	if at < 0 {
		return ErrNoDomain
	}
	u.Local, u.Domain = box[:at], box[at+1:]
	u.cutDisplayName()
	switch {
	case u.Local == "":
		return ErrNoUser
	case u.Domain == "":
		return ErrNoDomain
	case strings.IndexByte(u.Domain, ',') >= 0:
		return ErrSeveral
	case strings.IndexByte(u.Local, '@') >= 0:
		if strings.IndexByte(u.Local, ',') >= 0 {
			return ErrSeveral
		}
		return ErrAt
	}
	if err := u.checkLocal(); err != nil {
		return err
	}
	return u.checkDomain()
}

// cutDisplayName recognises "name%20%3Cuser@domain%3E" (RFC 2822 section 3.4, percent-encoded).
func (u *URI) cutDisplayName() {
	end := len(u.Domain) - 3
	if end < 0 || !strings.EqualFold(u.Domain[end:], "%3e") {
		return
	}
	for i := len(u.Local) - 3; i >= 0; i-- {
		if strings.EqualFold(u.Local[i:i+3], "%3c") {
			u.Local, u.Domain = u.Local[i+3:], u.Domain[:end]
			u.Caution |= DisplayName
			return
		}
	}
}

// checkLocal wants a dot-atom or a quoted string once decoded; control characters, which could
// end a line or a field in what reads the URI, are refused.
func (u *URI) checkLocal() error {
	quoted := len(u.Local) >= 6 && strings.HasPrefix(u.Local, "%22") && strings.HasSuffix(u.Local, "%22")
	before := byte('.')
	for i := 0; i < len(u.Local); i++ {
		c := u.Local[i]
		if class[c]&plain != 0 {
			before = c
			continue
		}
		encoded := c == '%'
		if encoded {
			c = unhex(u.Local[i+1])<<4 | unhex(u.Local[i+2])
			i += 2
		}
		switch {
		case (c == '[' || c == ']') && !encoded:
			return ErrCharacter
		case c < ' ' || c == 0x7f:
			return ErrControl
		case c >= 0x80:
			u.Caution |= EncodedLocal
		case c == '/' && !encoded:
			u.Caution |= Slash
		case class[c]&atext == 0 && (c != '.' || before == '.') && !quoted:
			u.Caution |= NotAtom
		}
		before = c
	}
	if before == '.' && !quoted {
		u.Caution |= NotAtom
	}
	return nil
}

func checkHeaders(s string) error {
	if strings.ContainsAny(s, "[]") {
		return ErrCharacter
	}
	for header := range strings.SplitSeq(s, "&") {
		if strings.IndexByte(header, '=') < 0 {
			return ErrHeader
		}
	}
	return nil
}

// String returns the URI with scheme and domain in lower case and hexadecimal digits in upper case
// (RFC 3986 section 6.2.2.1), a display name left out. Parse of it gives an equal mailbox.
func (u URI) String() string {
	if u.Scheme == "" {
		return ""
	}
	var b strings.Builder
	b.Grow(len(u.Scheme) + len(u.Local) + len(u.Domain) + len(u.Headers) + 3)
	b.WriteString(u.Scheme)
	b.WriteByte(':')
	b.WriteString(u.Local)
	b.WriteByte('@')
	for i := 0; i < len(u.Domain); i++ {
		c := u.Domain[i]
		if c == '%' && i+2 < len(u.Domain) {
			b.WriteString(strings.ToUpper(u.Domain[i : i+3]))
			i += 2
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b.WriteByte(c)
	}
	if u.Headers != "" {
		b.WriteByte('?')
		b.WriteString(u.Headers)
	}
	return b.String()
}
