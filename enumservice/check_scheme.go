package enumservice

import (
	"hash/maphash"
	"strings"
)

// schemes says how to read the URIs of a scheme behind the colon. Those of other schemes are
// checked for their characters alone.
var schemes = []struct {
	name  string
	judge func(c Checker, dst []Finding, rest string) []Finding
}{
	{"sip", Checker.sip},
	{"sips", Checker.sips},
	{"tel", Checker.tel},
	{"mailto", Checker.mailto},
	{"xmpp", Checker.xmpp},
	{"h323", Checker.h323},
	{"https", Checker.web},
	{"http", Checker.web},
	{"ftp", Checker.web},
	{"ldap", Checker.ldap},
	{"acct", Checker.acct},
	{"iax", Checker.iax},
}

// scheme judges what its own specification says about a URI.
func (c Checker) scheme(dst []Finding, scheme, rest string) []Finding {
	for i := range schemes {
		if strings.EqualFold(scheme, schemes[i].name) {
			return schemes[i].judge(c, dst, rest)
		}
	}
	return dst
}

// noAuthority reports and takes away "//", which many put where it does not belong.
func noAuthority(dst []Finding, rest string) ([]Finding, string) {
	if inner, ok := strings.CutPrefix(rest, "//"); ok {
		return report(dst, ruleURIAuthority), inner
	}
	return dst, rest
}

// sips is sip, and worth a word.
func (c Checker) sips(dst []Finding, rest string) []Finding {
	return c.sip(report(dst, ruleSIPS), rest)
}

// sip applies RFC 3261 section 25.1: [user[:password]@]host[:port][;parameters][?headers].
func (c Checker) sip(dst []Finding, rest string) []Finding {
	dst, rest = noAuthority(dst, rest)
	user, host, ok := strings.Cut(rest, "@")
	if !ok {
		user, host = "", rest
	}
	dst, user = userPart(dst, user, ok)
	host, _, _ = strings.Cut(host, "?")
	host, params, more := strings.Cut(host, ";")
	dst = c.hostPort(dst, host)
	if !more {
		return dst
	}
	dst = parameters(dst, params)
	if phone, _ := parameter(params, "user"); strings.EqualFold(phone, "phone") {
		if number, _, _ := strings.Cut(user, ";"); !isSubscriber(number) {
			dst = report(dst, rulePhoneUser)
		}
	}
	return dst
}

// userPart judges what stands before "@" and cuts a password off.
func userPart(dst []Finding, user string, at bool) (_ []Finding, name string) {
	if at && user == "" {
		return report(dst, ruleEmptyUser), ""
	}
	name, _, password := strings.Cut(user, ":")
	if password {
		dst = report(dst, rulePassword)
	}
	return dst, name
}

// nameSeed keeps it from strangers which names have one hash.
var nameSeed = maphash.MakeSeed()

// parameters judges ";name=value;name", of which the first ";" is taken off.
func parameters(dst []Finding, params string) []Finding {
	// Where there are many, comparing each with all others takes long: only those of one hash are compared.
	var seen [1024]bool
	params = strings.ToLower(params)
	for at := 0; at <= len(params); {
		p, _, _ := strings.Cut(params[at:], ";")
		name, _, _ := strings.Cut(p, "=")
		slot := maphash.String(nameSeed, name) % uint64(len(seen))
		again := false
		if seen[slot] {
			_, again = parameter(params[:at-1], name)
		}
		if name == "" || again {
			return report(dst, ruleParameter)
		}
		seen[slot] = true
		at += len(p) + 1
	}
	return dst
}

// parameter returns the value of the first parameter of that name.
func parameter(params, name string) (value string, ok bool) {
	for more := true; more; {
		var p string
		p, params, more = strings.Cut(params, ";")
		have, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(have, name) {
			return v, true
		}
	}
	return "", false
}

// isSubscriber reports whether s is a telephone number in the form of a tel URI (RFC 3261 section
// 19.1.1).
func isSubscriber(s string) bool {
	_, local, ok := telDigits(strings.TrimPrefix(s, "+"))
	return ok && (!local || s[0] != '+')
}

// telDigits counts the digits of a telephone number with visual separators (RFC 3966 section 3).
// local says that it has characters that only a local number has; ok is false when it has others, or
// no digit.
func telDigits(s string) (digits int, local, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '-' || c == '.' || c == '(' || c == ')':
		case c|0x20 >= 'a' && c|0x20 <= 'f', c == '*', c == '#':
			digits++
			local = true
		default:
			return 0, false, false
		}
	}
	return digits, local, digits > 0
}

// tel applies RFC 3966.
func (c Checker) tel(dst []Finding, rest string) []Finding {
	dst, rest = noAuthority(dst, rest)
	number, params, more := strings.Cut(rest, ";")
	bare, global := strings.CutPrefix(number, "+")
	digits, local, ok := telDigits(bare)
	context, _ := parameter(params, "phone-context")
	switch {
	case !ok || global && local:
		return report(dst, ruleMalformedTel)
	case !global && context == "":
		dst = report(dst, ruleLocalTel)
	case global && digits > 15:
		dst = report(dst, ruleLongTel)
	}
	if !more {
		return dst
	}
	dst = parameters(dst, params)
	for _, name := range [...]string{"rn", "cic"} {
		value, ok := parameter(params, name)
		if !ok {
			continue
		}
		bare, global := strings.CutPrefix(value, "+")
		_, _, number := telDigits(bare)
		_, context := parameter(params, name+"-context")
		if !number || !global && !context {
			return report(dst, ruleRouting)
		}
	}
	return dst
}

// mailto applies RFC 6068: addresses with commas between them, which may all stand in the headers.
func (c Checker) mailto(dst []Finding, rest string) []Finding {
	dst, rest = noAuthority(dst, rest)
	list, _, headers := strings.Cut(rest, "?")
	if list == "" && headers {
		return dst
	}
	for more := true; more; {
		var address string
		address, list, more = strings.Cut(list, ",")
		before := len(dst)
		if dst = c.mailbox(dst, address); len(dst) > before {
			return dst
		}
	}
	return dst
}

// mailbox judges user@domain.
func (c Checker) mailbox(dst []Finding, address string) []Finding {
	user, host, ok := strings.Cut(address, "@")
	switch {
	case !ok:
		return report(dst, ruleNoHost)
	case user == "":
		return report(dst, ruleEmptyUser)
	}
	return c.host(dst, host)
}

// acct applies RFC 7565.
func (c Checker) acct(dst []Finding, rest string) []Finding {
	dst, rest = noAuthority(dst, rest)
	return c.mailbox(dst, rest)
}

// xmpp applies RFC 5122 section 2.2: ["//" account "/"][node@]host[/resource][?query]. The account is what
// the reader is to log in with; without anything behind it, it was to be the address.
func (c Checker) xmpp(dst []Finding, rest string) []Finding {
	rest, _, _ = strings.Cut(rest, "?")
	if account, path, ok := strings.Cut(strings.TrimPrefix(rest, "//"), "/"); ok && strings.HasPrefix(rest, "//") {
		if dst = c.mailbox(dst, account); path == "" {
			return dst
		}
		rest = path
	}
	dst, rest = noAuthority(dst, rest)
	rest, _, _ = strings.Cut(rest, "/")
	if node, host, ok := strings.Cut(rest, "@"); ok {
		if node == "" {
			return report(dst, ruleEmptyUser)
		}
		rest = host
	}
	return c.host(dst, rest)
}

// h323 applies RFC 3508: user, user@host:port or @host:port, and parameters. Without a host the user
// is an alias that a gatekeeper knows.
func (c Checker) h323(dst []Finding, rest string) []Finding {
	dst, rest = noAuthority(dst, rest)
	address, params, more := strings.Cut(rest, ";")
	if more {
		dst = parameters(dst, params)
	}
	if _, host, ok := strings.Cut(address, "@"); ok {
		return c.hostPort(dst, host)
	}
	return dst
}

// web applies RFC 9110 section 4.2: "//", a host, and whatever.
func (c Checker) web(dst []Finding, rest string) []Finding {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return report(dst, ruleNoHost)
	}
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		dst, _ = userPart(dst, rest[:at], true)
		rest = rest[at+1:]
	}
	return c.hostPort(dst, strings.TrimSuffix(rest, ":")) // the port may be empty (RFC 3986 section 3.2.3)
}

// ldap applies RFC 4516, where the host may be left to the reader.
func (c Checker) ldap(dst []Finding, rest string) []Finding {
	if strings.HasPrefix(rest, "///") {
		return dst
	}
	return c.web(dst, rest)
}

// iax applies RFC 5456: [user[:password]@]host[:port][/number[?context]].
func (c Checker) iax(dst []Finding, rest string) []Finding {
	dst, rest = noAuthority(dst, rest)
	rest, _, _ = strings.Cut(rest, "/")
	if user, host, ok := strings.Cut(rest, "@"); ok {
		dst, _ = userPart(dst, user, true)
		rest = host
	}
	return c.hostPort(dst, rest)
}
