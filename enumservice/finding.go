package enumservice

import (
	"iter"
	"slices"
	"strings"
)

// Severity says what a finding means for those who read the record. The greater is the worse.
type Severity uint8

const (
	// Info: allowed, and worth knowing.
	Info Severity = iota + 1
	// Warning: breaks a recommendation, or fails with some clients.
	Warning
	// Error: breaks a requirement, or no client can use the record.
	Error
)

// String returns "info", "warning" or "error"; "" for what is no severity.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return ""
}

// Finding is one thing to know about a record. It is comparable and holds neither number nor URI,
// so it may be logged, counted and sent to strangers (RFC 8914 section 6).
type Finding struct {
	Code     string // stable: a letter for what it is about and two digits
	Severity Severity
	Rule     string // what it rests on, such as "RFC 6116 3.4.3"
	Text     string // at most 60 octets: what is wrong, then what to write instead
	// Clients are those that cannot use the record, or not as it is meant; empty where the rule is
	// one of form that no client known here trips over.
	Clients Clients
	// Repair says what Checker.Repair does about it.
	Repair Repair
}

// Findings lists every finding that a Checker can make, by code.
func Findings() iter.Seq[Finding] {
	return slices.Values(slices.SortedFunc(slices.Values(findings[1:]), func(a, b Finding) int {
		return strings.Compare(a.Code, b.Code)
	}))
}

// rule is an index into findings; 0 is none.
type rule uint8

// The letters of the codes: W wire, F flags and shape, S services, R substitution expression,
// U any URI, I im: and pres: URIs, Z size. Numbers are never given to another finding.
const (
	ruleNone rule = iota
	ruleFieldLength
	ruleReplacementName

	ruleNonTerminal
	ruleBothSet
	ruleNeitherSet
	ruleUnknownFlag
	ruleNonTerminalServices
	ruleNonTerminalRegexp
	ruleNoTarget
	ruleFlagMissing
	ruleTerminalReplacement
	ruleCapitalFlag
	ruleOtherApplication

	ruleMixedE2U
	ruleObsoleteOrder
	ruleCompound
	ruleIMSubtype
	ruleIMScheme
	ruleScheme
	ruleUnregistered
	ruleServiceCase
	ruleDuplicateService
	ruleDisjoint
	rulePresScheme
	ruleTrial
	rulePrivate
	ruleNoE2U
	ruleNoService
	ruleEmptyElement
	ruleServiceBlank
	ruleServiceOctet
	ruleLongToken
	ruleSecondE2U

	ruleOtherDelimiter
	ruleBadDelimiter
	ruleDelimiterCount
	ruleEscapedDelimiter
	ruleCaseFlag
	ruleRegexpFlag
	ruleBackrefZero
	ruleBackref
	ruleHighBackref
	ruleUnanchored
	ruleRepeat
	rulePerl
	ruleBackslash
	ruleDead
	ruleNoPlus
	rulePatternText
	ruleEmptyPattern
	ruleManyBackrefs
	ruleUnanchoredAll
	rulePattern
	ruleEmptyResult
	ruleSampleUnmatched
	ruleTooComplex

	ruleNoScheme
	ruleURIOctet
	ruleFragment
	ruleEncoding
	ruleNonASCII
	ruleSchemeCase
	ruleActiveScheme
	ruleControl
	ruleSeveralAt
	ruleEmptyURI

	ruleAddress
	ruleOneForAll
	ruleNoDomain
	ruleNoUser
	ruleAuthority
	ruleSeveralMailboxes
	ruleTrailingDot
	ruleDomain
	ruleHeader
	ruleHeaders
	ruleDisplayName
	ruleNotFQDN
	ruleHostname
	ruleEncodedDomain
	ruleEncodedLocal
	ruleSlash
	ruleNotAtom
	ruleLongDomain

	ruleLongURI
)

var findings = [...]Finding{
	ruleFieldLength:     {"W01", Error, "RFC 1035 3.3", "field over 255 octets: shorten it", 0, 0},
	ruleReplacementName: {"W02", Error, "RFC 3403 4.1", "replacement is not a domain name", 0, 0},

	ruleNonTerminal:         {"F02", Warning, "RFC 6116 5.1", "non-terminal: many clients skip it", 0, 0},
	ruleBothSet:             {"F03", Error, "RFC 3403 4.1", `regexp and replacement both set: write "." for the latter`, 0, 0},
	ruleNeitherSet:          {"F04", Error, "RFC 3402 3.3", "no regexp: nothing yields a URI", 0, 0},
	ruleUnknownFlag:         {"F05", Error, "RFC 6116 3.4.2", `unknown flag: write "u"`, 0, 0},
	ruleNonTerminalServices: {"F11", Warning, "RFC 6116 3.4.3", "non-terminal with services: leave them empty", 0, 0},
	ruleNonTerminalRegexp:   {"F12", Error, "RFC 6116 5.1", "non-terminal with a regexp: leave it empty", 0, 0},
	ruleNoTarget:            {"F13", Error, "RFC 6116 5.2.1", "non-terminal without a replacement", 0, 0},
	ruleFlagMissing:         {"F14", Error, "RFC 6116 3.4.2", `regexp but no flag: write "u"`, 0, 0},
	ruleTerminalReplacement: {"F15", Error, "RFC 5483 5.2.3", "a replacement yields no URI: write a regexp", 0, 0},
	ruleCapitalFlag:         {"F16", Info, "RFC 6116 3.4.2", `flag "U": lower case is usual`, 0, 0},
	ruleOtherApplication:    {"F17", Info, "RFC 6116 3.7", "record of another application: ignored by ENUM clients", 0, 0},

	ruleMixedE2U:         {"S01", Warning, "RFC 6116 3.6", `"E2U" in mixed case: some clients miss it`, 0, 0},
	ruleObsoleteOrder:    {"S02", Error, "RFC 6116 5.1", `"E2U" at the end is obsolete: write E2U+type`, 0, 0},
	ruleCompound:         {"S03", Warning, "RFC 5483 3.1", "compound services: some clients drop the record", 0, 0},
	ruleIMSubtype:        {"S04", Error, "RFC 5028 2", "im has no subtypes: write E2U+im", 0, 0},
	ruleIMScheme:         {"S05", Error, "RFC 5028 2", "E2U+im needs an im URI; other schemes their own service", 0, 0},
	ruleScheme:           {"S06", Error, "RFC 6117 5.2.4", "the URI scheme does not fit the Enumservice", 0, 0},
	ruleUnregistered:     {"S08", Info, "RFC 6117 3", "Enumservice is not registered", 0, 0},
	ruleServiceCase:      {"S11", Info, "RFC 6117 3.2", "usual letter case of services is E2U+type", 0, 0},
	ruleDuplicateService: {"S12", Warning, "RFC 6116 3.4.3.2", "Enumservice named twice", 0, 0},
	ruleDisjoint:         {"S13", Error, "RFC 6116 3.4.3.2", "no URI fits all of these services: split the record", 0, 0},
	rulePresScheme:       {"S14", Info, "RFC 3953 4", "E2U+pres with a scheme other than pres", 0, 0},
	ruleTrial:            {"S15", Info, "RFC 6116 3.4.3.1", "X- type: usable only by agreement", 0, 0},
	rulePrivate:          {"S16", Error, "RFC 6116 5.1", "P- type must not leave its private network", 0, 0},
	ruleNoE2U:            {"S21", Error, "RFC 6116 3.7", `services do not begin with "E2U+"`, 0, 0},
	ruleNoService:        {"S22", Error, "RFC 6116 3.4.3", `no Enumservice behind "E2U"`, 0, 0},
	ruleEmptyElement:     {"S23", Error, "RFC 6116 3.4.3", "empty element in the services", 0, 0},
	ruleServiceBlank:     {"S24", Error, "RFC 6116 3.4.3", "blank in the services", 0, 0},
	ruleServiceOctet:     {"S25", Error, "RFC 6116 3.4.3", "services have letters, digits and hyphens only", 0, 0},
	ruleLongToken:        {"S26", Error, "RFC 6116 3.4.3", "type or subtype over 32 octets", 0, 0},
	ruleSecondE2U:        {"S27", Error, "RFC 6116 3.4.3", `"E2U" more than once`, 0, 0},

	ruleOtherDelimiter:   {"R01", Warning, "RFC 6116 5.1", `delimiter other than "!": some clients fail`, 0, 0},
	ruleBadDelimiter:     {"R02", Error, "RFC 3402 3.2", `character cannot be a delimiter: write "!"`, 0, 0},
	ruleDelimiterCount:   {"R03", Error, "RFC 3402 3.2", "not three delimiters: write !pattern!URI!", 0, 0},
	ruleEscapedDelimiter: {"R04", Warning, "RFC 6116 5.1", "escaped delimiter: percent-encode it in the URI", 0, 0},
	ruleCaseFlag:         {"R05", Warning, "RFC 6116 5.1", `"i" behind the last delimiter: leave it out`, 0, 0},
	ruleRegexpFlag:       {"R06", Error, "RFC 3402 3.2", "unknown text behind the last delimiter", 0, 0},
	ruleBackrefZero:      {"R07", Error, "RFC 3402 3.2", `\0 is no back-reference: write ^(.*)$ and \1`, 0, 0},
	ruleBackref:          {"R08", Error, "RFC 3402 3.2", "back-reference to a group that is not there", 0, 0},
	ruleHighBackref:      {"R09", Warning, "RFC 6116 5.1", `back-reference \6 to \9: some clients fail`, 0, 0},
	ruleUnanchored:       {"R12", Warning, "RFC 3403 3", "pattern without ^ and $: some keep the rest of the number", 0, 0},
	ruleRepeat:           {"R13", Error, "RFC 6116 5.1", `nothing to repeat: a literal plus is \+`, 0, 0},
	rulePerl:             {"R15", Error, "RFC 3402 3.2", "not a POSIX extended regular expression", 0, 0},
	ruleBackslash:        {"R17", Error, "RFC 3986 2", "stray backslash in the replacement", 0, 0},
	ruleDead:             {"R18", Error, "RFC 3402 3.3", "expression does not match its own number", 0, 0},
	ruleNoPlus:           {"R19", Error, "RFC 6116 3.1", `expression forgets the "+" of the number`, 0, 0},
	rulePatternText:      {"R22", Error, "RFC 6116 5.1", "non-ASCII octet in the pattern", 0, 0},
	ruleEmptyPattern:     {"R25", Error, "RFC 3402 3.2", "empty pattern or alternative: write ^.*$", 0, 0},
	ruleManyBackrefs:     {"R28", Warning, "RFC 6116 5.1", "one group referred to more than three times", 0, 0},
	ruleUnanchoredAll:    {"R30", Info, "RFC 5483 3.1", "pattern .* is known to fewer clients than ^.*$", 0, 0},
	rulePattern:          {"R31", Error, "RFC 3402 3.2", "malformed regular expression", 0, 0},
	ruleEmptyResult:      {"R32", Error, "RFC 3402 3.3", "expression yields nothing", 0, 0},
	ruleSampleUnmatched:  {"R33", Info, "RFC 3402 3.3", "expression leaves out some of the block's numbers", 0, 0},
	ruleTooComplex:       {"R34", Error, "RFC 3403 10", "pattern too complex: use smaller repetition counts", 0, 0},

	ruleNoScheme:     {"U01", Error, "RFC 6116 3.3", "no URI: write scheme:address", 0, 0},
	ruleURIOctet:     {"U02", Error, "RFC 3986 2", "character not allowed in a URI: percent-encode it", 0, 0},
	ruleFragment:     {"U03", Error, "RFC 6116 3.3", "URI with a fragment: write # as %23", 0, 0},
	ruleEncoding:     {"U04", Error, "RFC 3986 2.1", "% without two hexadecimal digits", 0, 0},
	ruleNonASCII:     {"U05", Error, "RFC 6116 5.1", "non-ASCII octet: use A-labels or percent-encode", 0, 0},
	ruleSchemeCase:   {"U06", Warning, "RFC 3986 3.1", "URI scheme in capitals: write lower case", 0, 0},
	ruleActiveScheme: {"U07", Error, "RFC 3986 7", "scheme that runs code or reads local files", 0, 0},
	ruleControl:      {"U08", Error, "RFC 3986 7.3", "encoded control character", 0, 0},
	ruleSeveralAt:    {"U10", Error, "RFC 3986 7.6", `more than one "@": write %40 in the user part`, 0, 0},
	ruleEmptyURI:     {"U11", Error, "RFC 6116 3.3", "nothing behind the URI scheme", 0, 0},

	ruleAddress:          {"I01", Warning, "RFC 3861 3", "IP address as domain: no SRV look-up possible", 0, 0},
	ruleOneForAll:        {"I03", Warning, "RFC 6116 5.1", "one mailbox for all numbers of a block", 0, 0},
	ruleNoDomain:         {"I11", Error, "RFC 3861 3", "no domain: write user@domain", 0, 0},
	ruleNoUser:           {"I12", Error, "RFC 3860 A.2", `no user before "@"`, 0, 0},
	ruleAuthority:        {"I13", Error, "RFC 3860 A.2", `"//" behind the scheme: leave it out`, 0, 0},
	ruleSeveralMailboxes: {"I14", Error, "RFC 3860 A.2", "more than one mailbox: write a record for each", 0, 0},
	ruleTrailingDot:      {"I15", Error, "RFC 2822 3.4.1", "dot at the end of the domain: leave it out", 0, 0},
	ruleDomain:           {"I16", Error, "RFC 3861 3", "malformed domain", 0, 0},
	ruleHeader:           {"I17", Error, "RFC 3860 A.2", "malformed header: write ?name=value", 0, 0},
	ruleHeaders:          {"I20", Warning, "RFC 3860 A.2", "headers: few clients know them", 0, 0},
	ruleDisplayName:      {"I21", Warning, "RFC 3860 A.2", "display name: write user@domain alone", 0, 0},
	ruleNotFQDN:          {"I22", Error, "RFC 3861 3", "domain is not fully qualified", 0, 0},
	ruleHostname:         {"I23", Warning, "RFC 1123 2.1", "domain is not a host name", 0, 0},
	ruleEncodedDomain:    {"I24", Warning, "RFC 5483 2.1.1.1", "percent-encoded domain: write A-labels", 0, 0},
	ruleEncodedLocal:     {"I25", Warning, "RFC 3860 A.3", "non-ASCII user part: few clients know it", 0, 0},
	ruleSlash:            {"I26", Warning, "RFC 3860 B.2", `"/" in the user part: write %2F`, 0, 0},
	ruleNotAtom:          {"I27", Warning, "RFC 2822 3.4.1", "user part is neither dot-atom nor quoted", 0, 0},
	ruleLongDomain:       {"I28", Warning, "RFC 3861 3", "domain too long for its SRV names", 0, 0},

	ruleLongURI: {"Z04", Warning, "RFC 6116 5.1", "URI over 240 octets: some clients cut it off", 0, 0},
}
