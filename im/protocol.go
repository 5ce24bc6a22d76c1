package im

import "strings"

// Protocol is a protocol that carries messages or presence and has a registered SRV label (RFC 3861
// section 8). Labels that nobody registered cannot be asked for: a wildcard in somebody's zone would
// answer for them too. The zero value is none.
type Protocol uint8

// The registered protocols.
const (
	SIP  Protocol = iota + 1 // RFC 5509
	XMPP                     // RFC 3921; RFC 6121 section 8.3 recommends its label no more
)

var protocols = [...]struct {
	name string
	port uint16
	// own are the SRV owners that the protocol's specification has for its servers, best first.
	own []string
	// user is the punctuation that stands unencoded in the user part of the protocol's URI.
	user string
}{
	SIP:  {"sip", 5060, []string{"_sips._tcp.", "_sip._tcp.", "_sip._udp."}, "-_.!~*'()&=+$,;?/"}, // RFC 3261 section 25.1, RFC 3263 section 4.1
	XMPP: {"xmpp", 5269, []string{"_xmpp-server._tcp."}, "-_.!~$()*+,;="},                         // RFC 5122 section 2.2, RFC 6120 section 3.2.1
}

// ParseProtocol returns the protocol of that name, "sip" or "xmpp" in any letter case.
func ParseProtocol(name string) (Protocol, bool) {
	for p := SIP; p.valid(); p++ {
		if strings.EqualFold(name, protocols[p].name) {
			return p, true
		}
	}
	return 0, false
}

func (p Protocol) valid() bool { return p > 0 && int(p) < len(protocols) }

// String returns "sip" or "xmpp", which is also the scheme of the protocol's URIs; "" for what is no
// Protocol.
func (p Protocol) String() string {
	if !p.valid() {
		return ""
	}
	return protocols[p].name
}

// Port returns the port that the protocol's servers listen at where no SRV record says otherwise; 0
// for what is no Protocol.
func (p Protocol) Port() uint16 {
	if !p.valid() {
		return 0
	}
	return protocols[p].port
}

// URI writes the mailbox of u, which Parse returned, as a URI of the protocol; headers are left out,
// since what they say to the protocol is defined nowhere. ok is false where there is no such URI: the
// domain is an address or no host name of ASCII, or XMPP has no such user.
func (p Protocol) URI(u URI) (uri string, ok bool) {
	if !p.valid() || u.Local == "" || !hasHost(u) || p == XMPP && !xmppUser(u.Local) {
		return "", false
	}
	return p.uri(u, strings.ToLower(u.Domain)), true
}

// hasHost reports whether the domain is a host name of ASCII, whose last label begins with a letter (RFC
// 3261 section 25.1); that of an address does not.
func hasHost(u URI) bool {
	if u.Caution&(BadHostname|EncodedDomain) != 0 {
		return false
	}
	top := u.Domain[strings.LastIndexByte(u.Domain, '.')+1:]
	return top != "" && top[0]|0x20 >= 'a' && top[0]|0x20 <= 'z'
}

// xmppUser reports whether the user part, decoded, can be the localpart of an XMPP address (RFC 7622
// section 3.3.1). What of Unicode it may hold, only PRECIS can tell (RFC 8264), whose tables are no part of
// the standard library: it is taken to hold none.
func xmppUser(local string) bool {
	for i := 0; i < len(local); i++ {
		c := local[i]
		if c == '%' {
			if i+2 >= len(local) {
				return false
			}
			c = unhex(local[i+1])<<4 | unhex(local[i+2])
			i += 2
		}
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"&'/:<>@`, c) >= 0 {
			return false
		}
	}
	return true
}

// uri writes the mailbox as a URI of the protocol. The domain stays that of the user, not that of the
// server: RFC 5509 section 3 rewrites it, after which no certificate fits.
func (p Protocol) uri(u URI, domain string) string {
	const upper = "0123456789ABCDEF"
	b := make([]byte, 0, len(u.Local)+len(domain)+8)
	b = append(append(b, protocols[p].name...), ':')
	for i := range len(u.Local) {
		c := u.Local[i]
		if c == '%' || class[c]&ldh != 0 || strings.IndexByte(protocols[p].user, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', upper[c>>4], upper[c&0xf])
		}
	}
	return string(append(append(b, '@'), domain...))
}
