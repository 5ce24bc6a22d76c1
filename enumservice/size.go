package enumservice

import (
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// What the records of an answer add to their RDATA: a pointer to the name, type, class, TTL and
// length (RFC 1035 section 4.1).
const (
	headerSize = 12
	fixedSize  = 2 + 10
	optSize    = 11 // RFC 6891 section 6.1.2
)

// sizes are those at which some clients or networks give up, and what they give up with.
var sizes = [...]struct {
	octets int
	rule   rule
}{
	{512, ruleAnswer512},
	{1232, ruleAnswer1232},
	{2048, ruleAnswer2048},
	{4096, ruleAnswer4096},
}

const (
	manyRecords = 12
	// mostCompared is up to how many records each is compared with all others: no answer that any client
	// reads has more, and the work grows with the square.
	mostCompared = 100
	routeOctets  = 1024
	longName     = 63
)

// size judges the answer that holds the set, and its parts.
func (c Checker) size(dst []SetFinding, n e164.Number, set []naptr.Record) []SetFinding {
	if len(set) == 0 {
		return dst
	}
	name := c.nameLen(n)
	octets := AnswerSize(name, set)
	for _, s := range sizes {
		if octets > s.octets {
			dst = reportSet(dst, s.rule)
		}
	}
	if len(set) > manyRecords {
		dst = reportSet(dst, ruleRecordCount)
	}
	if len(set) > mostCompared {
		dst = reportSet(dst, ruleManyRecords)
	}
	if c.routes(n, set) >= routeOctets {
		dst = reportSet(dst, ruleURISum)
	}
	if name > longName {
		dst = reportSet(dst, ruleLongName)
	}
	return dst
}

// AnswerSize returns the length in octets of the response that has these records, and nothing
// besides, to a query with EDNS for a name that is written with that many characters. Names are
// compressed as every server does (RFC 1035 section 4.1.4).
func AnswerSize(name int, set []naptr.Record) int {
	size := headerSize + (name + 2) + 4 + optSize
	for _, r := range set {
		size += fixedSize + 4 + 3 + len(r.Flags) + len(r.Services) + len(r.Regexp) + max(len(r.Replacement), 1)
	}
	return size
}

// nameLen returns the length of the ENUM domain of n as it is written, without the final dot.
func (c Checker) nameLen(n e164.Number) int {
	apex := c.Apex
	if apex == 0 {
		apex = len("e164.arpa")
	}
	return 2*n.Len() + apex
}

// routes returns how many octets FreeSWITCH's list of routes has for the set, as far as that matters: with
// the routes that it comes with, each sip URI is in it twice, without its scheme, and in a frame.
func (c Checker) routes(n e164.Number, set []naptr.Record) (sum int) {
	const frame = len("sofia/external-ipv6/;transport=udp|sofia/external/;transport=udp,") - 2*len("sip:")
	most := 0
	for _, r := range set {
		if strings.EqualFold(r.Services, "E2U+sip") {
			// What takes the place of a back-reference is at most the number and its "+".
			most += frame + 2*(len(r.Regexp)+(1+e164.MaxDigits)*strings.Count(r.Regexp, `\`))
		}
	}
	if most < routeOctets {
		return 0
	}
	var aus [1 + e164.MaxDigits]byte
	var out [512]byte
	for _, r := range set {
		if !strings.EqualFold(r.Services, "E2U+sip") || sum >= routeOctets {
			continue
		}
		uri, ok := naptr.CutLiteral(r.Regexp)
		length := len(uri)
		if !ok {
			if naptr.UseExpression(r.Regexp, func(x *naptr.Expression) {
				b, _ := x.Append(out[:0], c.aus(aus[:0], n))
				length = len(b)
			}) != nil {
				continue
			}
		}
		sum += frame + 2*length
	}
	return sum
}

// aus appends what expressions are applied to, to dst.
func (c Checker) aus(dst []byte, n e164.Number) []byte {
	if !c.DialPlan {
		dst = append(dst, '+')
	}
	return n.AppendDigits(dst)
}
