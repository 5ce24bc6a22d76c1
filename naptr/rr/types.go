package rr

import (
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// The RR types that need care in a zone, by the numbers of the IANA registry.
const (
	TypeA     uint16 = 1
	TypeNS    uint16 = 2
	TypeCNAME uint16 = 5
	TypeSOA   uint16 = 6
	TypePTR   uint16 = 12
	TypeMX    uint16 = 15
	TypeTXT   uint16 = 16
	TypeKEY   uint16 = 25
	TypeAAAA  uint16 = 28
	TypeSRV   uint16 = 33
	TypeNAPTR uint16 = 35
	TypeDNAME uint16 = 39
	TypeDS    uint16 = 43
	TypeRRSIG uint16 = 46
	TypeNSEC  uint16 = 47
	TypeURI   uint16 = 256
)

// Type returns the number of an RR type written as a mnemonic or as TYPE123 (RFC 3597 section 5), in
// any letter case. ok is false for what is neither, and for the types that cannot stand in a zone:
// OPT, and the query and meta types 128 to 255 (RFC 6895 section 3.1).
func Type(text string) (typ uint16, ok bool) {
	typ, ok = dns.StringToType[text]
	if !ok {
		upper := strings.ToUpper(text)
		if typ, ok = dns.StringToType[upper]; !ok {
			digits, found := strings.CutPrefix(upper, "TYPE")
			n, err := strconv.ParseUint(digits, 10, 16)
			if !found || err != nil || digits[0] == '+' {
				return 0, false
			}
			typ = uint16(n)
		}
	}
	return typ, inZone(typ)
}

func inZone(typ uint16) bool {
	return typ != dns.TypeNone && typ != dns.TypeOPT && typ != dns.TypeReserved && (typ < 128 || typ > 255)
}

// TypeText returns the mnemonic of a type, or TYPE123.
func TypeText(typ uint16) string { return dns.Type(typ).String() }

// Known reports whether miekg/dns knows what the RDATA of the type looks like. Of other types text has
// the form \# LENGTH HEX (RFC 3597 section 5).
func Known(typ uint16) bool {
	_, ok := dns.TypeToRR[typ]
	return ok
}
