package ldap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/enumservice"
)

// place is where in a URI a value comes to stand: that decides what it may hold and how it is escaped.
type place uint8

const (
	asDigits  place = iota // the number: nothing to escape
	asAddress              // user@host, behind the scheme
	asUser                 // what stands before "@"
	asHost                 // what stands after it
	asPart                 // behind "?", ";" or "/"
	asURI                  // all of it: the attribute holds URIs
)

// numberName is the placeholder for the digits of the number that is asked for.
const numberName = "number"

// piece is literal text and the placeholder after it; the last one has none.
type piece struct {
	text string
	name string // of the attribute, as the Corefile has it; "" for none
	at   place
}

// template is a URI with placeholders for attributes.
type template struct {
	services string // "E2U+sip"; "" where the attribute tells the scheme
	scheme   string // in lower case; "" as well
	pieces   []piece
}

// addressed are the schemes whose URIs are user@host (RFC 3860, RFC 3859, RFC 3261, RFC 5122, RFC 7565, RFC 6068, RFC 3508).
var addressed = []string{"im", "pres", "sip", "sips", "xmpp", "acct", "mailto", "h323"}

var errTemplate = errors.New("expected a URI with attributes in braces, such as im:{mail} or sip:{number}@pbx.example.com, or {ATTRIBUTE} alone")

// parseTemplate reads a template, and the services it is for where the scheme does not tell them.
func parseTemplate(services, text string) (*template, error) {
	t := &template{services: services}
	for rest := text; ; {
		literal, after, found := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return nil, errTemplate
		}
		if !found {
			t.pieces = append(t.pieces, piece{text: literal})
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if !closed || name != numberName && !isAttribute(name) {
			return nil, errTemplate
		}
		t.pieces = append(t.pieces, piece{text: literal, name: name})
		rest = next
	}
	if len(t.pieces) == 1 {
		return nil, errors.New("a URI without an attribute in braces would be everybody's")
	}
	return t, t.place(text)
}

// place finds out where each value comes to stand.
func (t *template) place(text string) error {
	if p := &t.pieces[0]; p.text == "" {
		if len(t.pieces) != 2 || t.pieces[1].text != "" || p.name == numberName {
			return errors.New("only an attribute that holds whole URIs may stand at the beginning, and then alone: {ATTRIBUTE}")
		}
		p.at = asURI
		return nil
	}
	sample := t.fill(func(p piece) string {
		if p.name == numberName {
			return "441632960083"
		}
		return "a"
	})
	scheme, ok := notation.SchemeOf(sample)
	if !ok || !strings.HasPrefix(text, scheme+":") {
		return errTemplate
	}
	t.scheme = strings.ToLower(scheme)
	if t.services == "" {
		service, err := enumservice.ForScheme(scheme)
		if err != nil {
			return fmt.Errorf("%w, and write it before the URI, as in E2U+email:mailto mailto:{mail}", err)
		}
		t.services = "E2U+" + service.String()
	}
	isAddressed, before := slices.Contains(addressed, t.scheme), ""
	for i := range t.pieces {
		p := &t.pieces[i]
		before += p.text
		behind := before[min(len(t.scheme)+1, len(before)):]
		_, host, hasUser := strings.Cut(behind, "@")
		switch {
		case p.name == "":
		case p.name == numberName:
			p.at = asDigits
		case strings.HasPrefix(behind, "//") && !strings.Contains(behind[2:], "/"):
			return errors.New("an attribute cannot be the server of a URI")
		case strings.ContainsAny(behind, "?;/") || !isAddressed:
			p.at = asPart
		case hasUser && strings.ContainsAny(host, ":"):
			return errTemplate
		case hasUser:
			p.at = asHost
		case t.userFollows(i):
			p.at = asUser
		case behind == "":
			p.at = asAddress
		default:
			return errTemplate
		}
		if p.name != "" {
			before += "a"
		}
	}
	return nil
}

// userFollows reports whether an "@" stands behind a placeholder, so that its value is a user.
func (t *template) userFollows(i int) bool {
	for _, p := range t.pieces[i+1:] {
		if at := strings.IndexAny(p.text, "@?;/"); at >= 0 {
			return p.text[at] == '@'
		}
	}
	return false
}

// fill returns the text with values for the placeholders.
func (t *template) fill(value func(p piece) string) string {
	var b strings.Builder
	for _, p := range t.pieces {
		b.WriteString(p.text)
		if p.name != "" {
			b.WriteString(value(p))
		}
	}
	return b.String()
}

// attributes are those that a template takes values of.
func (t *template) attributes() (names []string) {
	for _, p := range t.pieces {
		if p.name != "" && p.name != numberName {
			names = append(names, p.name)
		}
	}
	return names
}

// isAttribute reports whether a name can be that of an attribute (RFC 4512 section 1.4).
func isAttribute(name string) bool {
	if name == "" || len(name) > 100 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && (i == 0 || (c < '0' || c > '9') && c != '-') {
			return false
		}
	}
	return true
}

// errValue is what a value is that cannot stand in a URI.
var errValue = errors.New("a value that makes no URI")

// escape returns a value as it stands in the URI. A value of a directory may be anybody's own words: it must not add
// a host, a parameter or another scheme to what the operator wrote.
func (t *template) escape(p piece, value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > 255 || !utf8.ValidString(value) || strings.ContainsFunc(value, isControl) {
		return "", errValue
	}
	if n := len(t.scheme) + 1; p.at == asAddress && len(value) > n && strings.EqualFold(value[:n], t.scheme+":") {
		value = value[n:] // as msRTCSIP-PrimaryUserAddress has it
	}
	switch p.at {
	case asURI:
		return wholeURI(value)
	case asHost:
		if !isHost(value) {
			return "", errValue
		}
		return strings.ToLower(value), nil
	case asAddress:
		at := strings.LastIndexByte(value, '@')
		if at <= 0 || !isHost(value[at+1:]) {
			return "", errValue
		}
		user, err := t.user(value[:at])
		return user + "@" + strings.ToLower(value[at+1:]), err
	case asUser:
		return t.user(value)
	}
	return percent(value, ""), nil
}

// user returns the local part of an address.
func (t *template) user(value string) (string, error) {
	switch t.scheme {
	case "xmpp":
		if strings.ContainsAny(value, "\"&'/:<>@ ") { // RFC 7622 section 3.3.1
			return "", errValue
		}
		return percent(value, "$()*+,="), nil // RFC 5122 section 2.2
	case "sip", "sips":
		return percent(value, "*'()&=+$,"), nil // RFC 3261 section 25.1, less what would begin a parameter
	}
	return percent(value, "$&'*+="), nil // RFC 6068 section 2, as RFC 3860 has it
}

// wholeURI returns a URI that an attribute holds, if it can be one of a number.
func wholeURI(value string) (string, error) {
	scheme, ok := notation.SchemeOf(value)
	if !ok || !slices.Contains(addressed, strings.ToLower(scheme)) || strings.ContainsAny(value, "{}\\") {
		return "", errValue
	}
	if _, err := enumservice.ForScheme(scheme); err != nil {
		return "", errValue
	}
	return value, nil
}

// percent escapes all but what no URI needs escaped (RFC 3986 section 2.3), and what else is fine where it stands.
func percent(value, fine string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0, strings.IndexByte(fine, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// isHost reports whether a value is the name of a host (RFC 1123 section 2.1). Addresses are no names.
func isHost(value string) bool {
	if len(value) > 253 {
		return false
	}
	digits := true
	for label := range strings.SplitSeq(value, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-'
			if !letter && (c < '0' || c > '9') {
				return false
			}
			digits = digits && !letter
		}
	}
	return !digits
}

func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}
