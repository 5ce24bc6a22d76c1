package enumservice

import (
	"slices"
	"strings"
)

// maxToken is the most octets of a type or subtype (RFC 6116 section 3.4.3).
const maxToken = 32

// Service is one Enumservice of a services field, in the letter case it was written in; case does
// not matter (RFC 6116 section 3.6).
type Service struct {
	Type    string
	Subtype string // "" for none; several are joined by ":"
}

// Is reports whether s is the Enumservice with this type and subtype, letter case aside.
func (s Service) Is(typ, subtype string) bool {
	return strings.EqualFold(s.Type, typ) && strings.EqualFold(s.Subtype, subtype)
}

// String returns type and subtype in lower case, as in "pstn:tel".
func (s Service) String() string {
	if s.Subtype == "" {
		return strings.ToLower(s.Type)
	}
	return strings.ToLower(s.Type + ":" + s.Subtype)
}

// Private reports whether the type begins with "P-": for use inside one network only (RFC 6116
// section 3.4.3.1).
func (s Service) Private() bool { return hasLetterHyphen(s.Type, 'p') }

// Trial reports whether the type begins with "X-": for trials, outside the registry (RFC 6116
// section 3.4.3.1).
func (s Service) Trial() bool { return hasLetterHyphen(s.Type, 'x') }

func hasLetterHyphen(s string, letter byte) bool {
	return len(s) >= 2 && s[0]|0x20 == letter && s[1] == '-'
}

// ParseServices reads the services field of a terminal ENUM record, such as "E2U+voice:tel+sms:tel".
// It appends the Enumservices to dst, left to right, and returns the extended slice; with an error
// other than ErrObsoleteOrder, dst as it was. It keeps duplicates.
func ParseServices(dst []Service, field string) ([]Service, error) {
	rest, ok := cutE2U(field)
	obsolete := !ok
	if obsolete {
		if rest, ok = cutFinalE2U(field); !ok {
			return dst, notE2U(field)
		}
	}
	services := slices.Grow(dst, 1+strings.Count(rest, "+"))
	for more := rest != ""; more; {
		var token string
		token, rest, more = strings.Cut(rest, "+")
		typ, subtype, colon := strings.Cut(token, ":")
		if err := checkToken(typ); err != nil {
			return dst, err
		}
		if strings.EqualFold(typ, "E2U") {
			return dst, ErrSecondE2U
		}
		for left, again := subtype, colon; again; {
			var sub string
			sub, left, again = strings.Cut(left, ":")
			if err := checkToken(sub); err != nil {
				return dst, err
			}
		}
		services = append(services, Service{typ, subtype})
	}
	if len(services) == len(dst) {
		return dst, ErrNoService
	}
	if obsolete {
		return services, ErrObsoleteOrder
	}
	return services, nil
}

// cutE2U takes "E2U" or "E2U+" from the front. What follows a "+" is not empty: an empty element
// is left standing as "+", which no token admits.
func cutE2U(field string) (rest string, ok bool) {
	if len(field) < 3 || !strings.EqualFold(field[:3], "E2U") {
		return "", false
	}
	switch {
	case len(field) == 3:
		return "", true
	case field[3] != '+':
		return "", false
	case len(field) == 4:
		return "+", true
	}
	return field[4:], true
}

// cutFinalE2U takes "+E2U" from the end.
func cutFinalE2U(field string) (rest string, ok bool) {
	cut := len(field) - len("+E2U")
	if cut < 1 || !strings.EqualFold(field[cut:], "+E2U") {
		return "", false
	}
	return field[:cut], true
}

// notE2U says what hides an "E2U" that is nearly there.
func notE2U(field string) error {
	if strings.ContainsAny(field, " \t") {
		return ErrBlank
	}
	return ErrNoE2U
}

func checkToken(s string) error {
	switch {
	case s == "":
		return ErrEmptyElement
	case len(s) > maxToken:
		return ErrLongToken
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
		case c == ' ' || c == '\t':
			return ErrBlank
		default:
			return ErrServiceOctet
		}
	}
	return nil
}
