package im

import "errors"

// Errors of Parse: why a text is no im: or pres: URI that anybody could use. They never contain the
// URI.
var (
	// ErrScheme: the text does not begin with "im:" or "pres:".
	ErrScheme = errors.New("scheme is neither im nor pres")
	// ErrFragment: "#" begins a fragment, which an absolute-URI has not (RFC 3986 section 4.3).
	ErrFragment = errors.New(`fragment: write "#" as %23`)
	// ErrAuthority: "//" after the scheme; the grammar has no authority (RFC 3860 appendix A.2).
	ErrAuthority = errors.New(`"//" after the scheme: leave it out`)
	// ErrCharacter: a blank, a control or another character that no URI holds unencoded
	// (RFC 3986 section 2).
	ErrCharacter = errors.New("character not allowed in a URI: percent-encode it")
	// ErrNonASCII: an octet above 127. DNS carries URIs, not IRIs (RFC 6116 section 5.1).
	ErrNonASCII = errors.New("non-ASCII octet: write the domain as A-labels, the rest percent-encoded")
	// ErrEncoding: "%" without two hexadecimal digits behind it.
	ErrEncoding = errors.New(`"%" without two hexadecimal digits: write a literal "%" as %25`)
	// ErrControl: a percent-encoded control character in the mailbox.
	ErrControl = errors.New("encoded control character in the mailbox")
	// ErrNoMailbox: nothing between the scheme and the headers.
	ErrNoMailbox = errors.New("no mailbox: write user@domain")
	// ErrNoUser: nothing before "@".
	ErrNoUser = errors.New(`no user before "@"`)
	// ErrNoDomain: no "@", or nothing behind it.
	ErrNoDomain = errors.New("no domain: write user@domain")
	// ErrSeveral: more than one mailbox; the schemes allow one (RFC 3860 appendix A.2).
	ErrSeveral = errors.New("more than one mailbox: write one URI for each")
	// ErrAt: an unencoded "@" in the user part, which readers split at different places.
	ErrAt = errors.New(`more than one "@": write the one in the user part as %40`)
	// ErrTrailingDot: the domain of a mailbox has no final dot (RFC 2822 section 3.4.1).
	ErrTrailingDot = errors.New("dot at the end of the domain: leave it out")
	// ErrDomain: no domain name: an empty label, a label over 63 octets, a name over 253, a port, a
	// character that no domain has, or brackets around something that is no address.
	ErrDomain = errors.New("malformed domain")
	// ErrHeader: a header without "=" (RFC 3860 appendix A.2).
	ErrHeader = errors.New(`header without "=": write ?name=value`)
)

// Errors of Resolver.Resolve. They contain neither the user part nor the domain.
var (
	// ErrNoProtocol: the client speaks no protocol that is registered for im: and pres: URIs.
	ErrNoProtocol = errors.New("no common protocol: sip and xmpp are registered")
	// ErrAddress: the domain is an IP address, for which RFC 3861 has no look-up; where to send is
	// for the client to decide.
	ErrAddress = errors.New("the domain is an IP address, which is not looked up")
	// ErrNotFQDN: the domain has one label, so public DNS cannot know it (RFC 3861 section 3).
	ErrNotFQDN = errors.New("the domain has one label: write it in full")
	// ErrIDNA: the domain has characters that IDNA cannot write as A-labels (RFC 5891).
	ErrIDNA = errors.New("the domain cannot be written in A-labels")
	// ErrLongName: the domain is so long that no SRV name of the protocol fits below it.
	ErrLongName = errors.New("the domain is too long for SRV records")
	// ErrNoSRV: the domain has no SRV record for the protocol.
	ErrNoSRV = errors.New("no SRV record")
	// ErrAbsent: the domain declares by the target "." that it does not serve the protocol (RFC 2782).
	ErrAbsent = errors.New(`the domain does not serve the protocol: target "."`)
	// ErrUnreachable: there are SRV records, and none leads to an address.
	ErrUnreachable = errors.New("SRV records that lead to no address")
	// ErrNoServer: neither SRV records nor an address.
	ErrNoServer = errors.New("neither SRV records nor an address")
	// ErrTemporary: DNS could not tell. It is wrapped with the reason; try again.
	ErrTemporary = errors.New("cannot be told now")
)
