package enumservice

import (
	"net/netip"
	"strconv"
	"strings"
)

// hostPort judges host[:port] (RFC 3986 section 3.2).
func (c Checker) hostPort(dst []Finding, s string) []Finding {
	var host, port string
	var ok bool
	if strings.HasPrefix(s, "[") {
		var inner string
		if inner, port, ok = strings.Cut(s[1:], "]"); !ok {
			return report(dst, ruleHost)
		}
		host = s[:len(inner)+2]
		if ok = port != ""; ok && port[0] != ':' {
			return report(dst, ruleHost)
		}
		port = strings.TrimPrefix(port, ":")
	} else {
		host, port, ok = strings.Cut(s, ":")
	}
	dst = c.host(dst, host)
	if !ok {
		return dst
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		dst = report(dst, rulePort)
	}
	return dst
}

// host judges a host name or an address (RFC 3986 section 3.2.2).
func (c Checker) host(dst []Finding, s string) []Finding {
	if s == "" {
		return report(dst, ruleNoHost)
	}
	if s[0] == '[' {
		a, err := netip.ParseAddr(strings.Trim(s, "[]"))
		if err != nil || !a.Is6() || a.Zone() != "" || s[len(s)-1] != ']' {
			return report(dst, ruleHost)
		}
		return dst
	}
	name := strings.TrimSuffix(s, ".")
	labels, odd := 0, false
	last := ""
	for more := true; more; labels++ {
		var ok, strange bool
		last, name, more = strings.Cut(name, ".")
		if ok, strange = hostLabel(last); !ok {
			return report(dst, ruleHost)
		}
		odd = odd || strange
	}
	switch {
	case len(s) > 254:
		return report(dst, ruleHost)
	case labels > 1 && isDigits(last):
		// The last label of a name is never all digits (RFC 3696 section 2): it was to be an address.
		if a, err := netip.ParseAddr(strings.TrimSuffix(s, ".")); err != nil || !a.Is4() {
			return report(dst, ruleHost)
		}
	case odd:
		return report(dst, ruleURIHostname)
	case labels == 1 && !c.Private:
		return report(dst, ruleOneLabel)
	}
	return dst
}

// hostLabel reports whether a label can be in a URI, and whether it cannot be one of a host name
// (RFC 1123 section 2.1).
func hostLabel(s string) (ok, strange bool) {
	if s == "" || len(s) > 63 {
		return false, false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '-':
		case c == '_' || c == '%' || c == '~' || c == '+':
			strange = true
		default:
			return false, false
		}
	}
	return true, strange || s[0] == '-' || s[len(s)-1] == '-'
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
