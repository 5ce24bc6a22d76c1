package client

import (
	"net/netip"
	"strings"

	"github.com/enumim/enumim/enumservice"
)

var reSIProcate = &Profile{
	ID:       enumservice.ReSIProcate,
	Title:    "reSIProcate 1.15, resip stack with repro",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"It takes the replacement part of the expression as it stands: nothing is matched, no back-reference expanded.",
		"It dials one record only; the flags are not looked at.",
		"Without a usable record it calls the number's own tel: URI.",
		"Its URI parser writes what it does not expect in a URI percent-encoded; the text before that is shown here.",
		"No other service than sip can be asked for.",
	},
	dial: dialReSIProcate,
}

// dialReSIProcate is DnsResult::onEnumResult.
func dialReSIProcate(q Query, o *Outcome) {
	best, uri := -1, ""
	for i, r := range q.Records {
		text, ok := resipReplacement(r.Regexp)
		switch {
		case !ok:
			o.reject(i, "its expression has not three delimiters")
		case !strings.EqualFold(r.Services, "e2u+sip") && !strings.EqualFold(r.Services, "sip+e2u"):
			o.reject(i, "it is for another service")
		case !rootName(r.Replacement):
			o.reject(i, "its replacement is set")
		case best >= 0 && (r.Order > q.Records[best].Order ||
			r.Order == q.Records[best].Order && r.Preference >= q.Records[best].Preference):
			o.reject(i, "another record comes first")
		default:
			if best >= 0 {
				o.reject(best, "another record comes first")
			}
			best, uri = i, text
		}
	}
	switch {
	case best < 0:
		o.Failed = "no record to use: it calls the number's own tel: URI"
	case resipRefuses(uri):
		o.reject(best, "what stands for the URI is none")
		o.Failed = "the best record has no URI: it calls the number's own tel: URI"
	default:
		o.use(best, uri)
	}
}

// resipReplacement returns what stands between the second and the third delimiter. A regexp of one
// octet or none is taken, and gives nothing.
func resipReplacement(regexp string) (string, bool) {
	if len(regexp) <= 1 {
		return "", true
	}
	_, rest, ok := strings.Cut(regexp[1:], regexp[:1])
	if !ok {
		return "", false
	}
	text, _, ok := strings.Cut(rest, regexp[:1])
	return text, ok
}

// resipRefuses reports whether Uri::parse throws.
func resipRefuses(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	if strings.HasPrefix(text, "/") {
		return false
	}
	at := strings.IndexAny(text, ":@")
	if at < 0 || text[at] == '@' {
		return true
	}
	if strings.EqualFold(text[:at], "tel") {
		return false
	}
	address := text[at+1:]
	if i := strings.IndexAny(address, "@:\""); i >= 0 {
		switch end := strings.IndexAny(address[i+1:], "@\"") + i + 1; {
		case address[i] == '@':
			if resipHalfEscape(address[:i]) {
				return true
			}
			address = address[i+1:]
		case address[i] == ':' && end > i && address[end] == '@':
			if resipHalfEscape(address[:i]) || resipHalfEscape(address[i+1:end]) {
				return true
			}
			address = address[end+1:]
		}
	}
	return resipRefusesHost(address)
}

// resipHalfEscape reports whether a "%" has fewer than two octets behind it.
func resipHalfEscape(s string) bool {
	i := strings.LastIndexByte(s, '%')
	return i >= 0 && len(s)-i < 3
}

// resipRefusesHost is what is refused behind the user part: a port without digits and a parameter of
// SIP without its value.
func resipRefusesHost(s string) bool {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		host, behind, _ := strings.Cut(rest, "]")
		if a, err := netip.ParseAddr(host); err != nil || !a.Is6() {
			return true
		}
		s = behind
	}
	s = s[indexAnyOr(s, "\r\n\t :;?>"):]
	if rest, ok := strings.CutPrefix(s, ":"); ok {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 {
			return true
		}
		s = rest[digits:]
	}
	for {
		rest, ok := strings.CutPrefix(strings.TrimLeft(s, " \t\r\n"), ";")
		if !ok {
			return false
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		i := indexAnyOr(rest, " \t\r\n;=?>")
		name := strings.ToLower(rest[:i])
		s = rest[i:]
		switch name {
		case "transport", "user", "maddr", "method", "comp", "ext":
			value, ok := strings.CutPrefix(s, "=")
			if !ok || value == "" || strings.ContainsRune(" \t\r\n;?>", rune(value[0])) {
				return true
			}
		}
		if name != "" {
			s = s[indexAnyOr(s, " \t\r\n;?>"):]
		}
	}
}

// indexAnyOr is strings.IndexAny, or the length of s.
func indexAnyOr(s, chars string) int {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return i
	}
	return len(s)
}
