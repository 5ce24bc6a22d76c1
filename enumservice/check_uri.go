package enumservice

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/im"
)

// longURI is how many octets of a URI clients with a buffer of 256 take along with what they put
// around it.
const longURI = 240

// uri judges the URI that an expression yields (RFC 6116 section 3.3) and whether it fits the
// services. fixed says that it does not depend on the number.
func (c Checker) uri(dst []Finding, uri string, claims []claim, fixed bool) []Finding {
	scheme, rest, ok := cutScheme(uri)
	if !ok {
		return report(dst, ruleNoScheme)
	}
	dst = fit(dst, scheme, claims)
	if len(uri) > longURI {
		dst = report(dst, ruleLongURI)
	}
	if strings.EqualFold(scheme, "im") || strings.EqualFold(scheme, "pres") {
		if fixed && c.Sample {
			dst = report(dst, ruleOneForAll)
		}
		return c.messaging(dst, uri)
	}
	if hasCapital(scheme) {
		dst = report(dst, ruleSchemeCase)
	}
	if f := checkURI(scheme, rest); f != ruleNone {
		return report(dst, f)
	}
	if strings.EqualFold(scheme, "data") && !slices.ContainsFunc(claims, claim.takesData) {
		dst = report(dst, ruleDataURI)
	}
	return c.scheme(dst, scheme, rest)
}

// takesData reports whether the Enumservice is one of those that were drafted for data URIs: cnam, which
// shows a name, and unused. None that is registered has them.
func (s claim) takesData() bool {
	return strings.EqualFold(s.Type, "cnam") || strings.EqualFold(s.Subtype, "cnam") || strings.EqualFold(s.Type, "unused")
}

// cutScheme splits at the first ":", RFC 3986 section 3.1.
func cutScheme(uri string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(uri, ":")
	if !ok || scheme == "" {
		return "", "", false
	}
	for i := range len(scheme) {
		switch c := scheme[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return "", "", false
		}
	}
	return scheme, rest, true
}

// fit compares the scheme with what the services are registered for (RFC 6117 section 5.2.4).
func fit(dst []Finding, scheme string, claims []claim) []Finding {
	var other, presence, messaging bool
	for _, s := range claims {
		switch r := s.row; {
		case r == nil && strings.EqualFold(s.Type, "im"):
			messaging = messaging || !strings.EqualFold(scheme, "im")
		case r == nil || r.HasScheme(scheme):
		case r.Type == "im":
			messaging = true
		case r.Type == "pres":
			presence = true
		default:
			other = true
		}
	}
	if messaging {
		dst = report(dst, ruleIMScheme)
	}
	if presence {
		dst = report(dst, rulePresScheme)
	}
	if other {
		dst = report(dst, ruleScheme)
	}
	return dst
}

// checkURI applies RFC 3986 section 2 and what no scheme's URI may hide.
func checkURI(scheme, rest string) rule {
	if rest == "" {
		return ruleEmptyURI
	}
	for _, active := range [...]string{"javascript", "vbscript", "file"} {
		if strings.EqualFold(scheme, active) {
			return ruleActiveScheme
		}
	}
	query := false
	at := 0
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '%':
			if i+2 >= len(rest) || !isHex(rest[i+1]) || !isHex(rest[i+2]) {
				return ruleEncoding
			}
			if !query && (rest[i+1] < '2' || rest[i+1] == '7' && rest[i+2]|0x20 == 'f') {
				return ruleControl
			}
			i += 2
		case c == '#':
			return ruleFragment
		case c >= 0x80:
			return ruleNonASCII
		case c == '?':
			query = true
		case c == '@':
			if !query {
				at++
			}
		case notURI[c]:
			return ruleURIOctet
		}
	}
	// RFC 3261 section 25.1: "@" within a SIP user part is encoded. Readers that split elsewhere
	// send calls to another host.
	if at > 1 && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) {
		return ruleSeveralAt
	}
	return ruleNone
}

// notURI are the ASCII octets that no URI has (RFC 3986 section 2).
var notURI = func() (t [256]bool) {
	for c := range byte(0x80) {
		t[c] = c <= ' ' || c == 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0
	}
	return t
}()

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// messaging judges im: and pres: URIs.
func (c Checker) messaging(dst []Finding, uri string) []Finding {
	u, err := im.Parse(uri)
	if err != nil {
		return report(dst, ruleFor(err, messagingCauses, ruleDomain))
	}
	if u.Caution == 0 {
		return dst
	}
	for _, m := range cautionRules {
		if !u.Caution.Has(m.caution) {
			continue
		}
		dst = report(dst, m.rule)
		if m.rule == ruleNotFQDN && c.Private {
			dst[len(dst)-1].Severity = Warning
		}
	}
	return dst
}

// messagingCauses are the errors of im.Parse.
var messagingCauses = []cause{
	{im.ErrFragment, ruleFragment},
	{im.ErrAuthority, ruleAuthority},
	{im.ErrCharacter, ruleURIOctet},
	{im.ErrNonASCII, ruleNonASCII},
	{im.ErrEncoding, ruleEncoding},
	{im.ErrControl, ruleControl},
	{im.ErrNoMailbox, ruleNoDomain},
	{im.ErrNoDomain, ruleNoDomain},
	{im.ErrNoUser, ruleNoUser},
	{im.ErrSeveral, ruleSeveralMailboxes},
	{im.ErrAt, ruleSeveralAt},
	{im.ErrTrailingDot, ruleTrailingDot},
	{im.ErrHeader, ruleHeader},
}

var cautionRules = [...]struct {
	caution im.Caution
	rule    rule
}{
	{im.CapitalScheme, ruleSchemeCase},
	{im.HasHeaders, ruleHeaders},
	{im.DisplayName, ruleDisplayName},
	{im.Address, ruleAddress},
	{im.NotFQDN, ruleNotFQDN},
	{im.BadHostname, ruleHostname},
	{im.LongDomain, ruleLongDomain},
	{im.EncodedDomain, ruleEncodedDomain},
	{im.EncodedLocal, ruleEncodedLocal},
	{im.Slash, ruleSlash},
	{im.NotAtom, ruleNotAtom},
}
