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
	ruleFieldLength:     {"W01", Error, "RFC 1035 3.3", "field over 255 octets: shorten it"},
	ruleReplacementName: {"W02", Error, "RFC 3403 4.1", "replacement is not a domain name"},

	ruleNonTerminal:         {"F02", Warning, "RFC 6116 5.1", "non-terminal: many clients skip it"},
	ruleBothSet:             {"F03", Error, "RFC 3403 4.1", `regexp and replacement both set: write "." for the latter`},
	ruleNeitherSet:          {"F04", Error, "RFC 3402 3.3", "no regexp: nothing yields a URI"},
	ruleUnknownFlag:         {"F05", Error, "RFC 6116 3.4.2", `unknown flag: write "u"`},
	ruleNonTerminalServices: {"F11", Warning, "RFC 6116 3.4.3", "non-terminal with services: leave them empty"},
	ruleNonTerminalRegexp:   {"F12", Error, "RFC 6116 5.1", "non-terminal with a regexp: leave it empty"},
	ruleNoTarget:            {"F13", Error, "RFC 6116 5.2.1", "non-terminal without a replacement"},
	ruleFlagMissing:         {"F14", Error, "RFC 6116 3.4.2", `regexp but no flag: write "u"`},
	ruleTerminalReplacement: {"F15", Error, "RFC 5483 5.2.3", "a replacement yields no URI: write a regexp"},
	ruleCapitalFlag:         {"F16", Info, "RFC 6116 3.4.2", `flag "U": lower case is usual`},
	ruleOtherApplication:    {"F17", Info, "RFC 6116 3.7", "record of another application: ignored by ENUM clients"},

	ruleMixedE2U:         {"S01", Warning, "RFC 6116 3.6", `"E2U" in mixed case: some clients miss it`},
	ruleObsoleteOrder:    {"S02", Error, "RFC 6116 5.1", `"E2U" at the end is obsolete: write E2U+type`},
	ruleCompound:         {"S03", Warning, "RFC 5483 3.1", "compound services: some clients drop the record"},
	ruleIMSubtype:        {"S04", Error, "RFC 5028 2", "im has no subtypes: write E2U+im"},
	ruleIMScheme:         {"S05", Error, "RFC 5028 2", "E2U+im needs an im URI; other schemes their own service"},
	ruleScheme:           {"S06", Error, "RFC 6117 5.2.4", "the URI scheme does not fit the Enumservice"},
	ruleUnregistered:     {"S08", Info, "RFC 6117 3", "Enumservice is not registered"},
	ruleServiceCase:      {"S11", Info, "RFC 6117 3.2", "usual letter case of services is E2U+type"},
	ruleDuplicateService: {"S12", Warning, "RFC 6116 3.4.3.2", "Enumservice named twice"},
	ruleDisjoint:         {"S13", Error, "RFC 6116 3.4.3.2", "no URI fits all of these services: split the record"},
	rulePresScheme:       {"S14", Info, "RFC 3953 4", "E2U+pres with a scheme other than pres"},
	ruleTrial:            {"S15", Info, "RFC 6116 3.4.3.1", "X- type: usable only by agreement"},
	rulePrivate:          {"S16", Error, "RFC 6116 5.1", "P- type must not leave its private network"},
	ruleNoE2U:            {"S21", Error, "RFC 6116 3.7", `services do not begin with "E2U+"`},
	ruleNoService:        {"S22", Error, "RFC 6116 3.4.3", `no Enumservice behind "E2U"`},
	ruleEmptyElement:     {"S23", Error, "RFC 6116 3.4.3", "empty element in the services"},
	ruleServiceBlank:     {"S24", Error, "RFC 6116 3.4.3", "blank in the services"},
	ruleServiceOctet:     {"S25", Error, "RFC 6116 3.4.3", "services have letters, digits and hyphens only"},
	ruleLongToken:        {"S26", Error, "RFC 6116 3.4.3", "type or subtype over 32 octets"},
	ruleSecondE2U:        {"S27", Error, "RFC 6116 3.4.3", `"E2U" more than once`},

	ruleOtherDelimiter:   {"R01", Warning, "RFC 6116 5.1", `delimiter other than "!": some clients fail`},
	ruleBadDelimiter:     {"R02", Error, "RFC 3402 3.2", `character cannot be a delimiter: write "!"`},
	ruleDelimiterCount:   {"R03", Error, "RFC 3402 3.2", "not three delimiters: write !pattern!URI!"},
	ruleEscapedDelimiter: {"R04", Warning, "RFC 6116 5.1", "escaped delimiter: percent-encode it in the URI"},
	ruleCaseFlag:         {"R05", Warning, "RFC 6116 5.1", `"i" behind the last delimiter: leave it out`},
	ruleRegexpFlag:       {"R06", Error, "RFC 3402 3.2", "unknown text behind the last delimiter"},
	ruleBackrefZero:      {"R07", Error, "RFC 3402 3.2", `\0 is no back-reference: write ^(.*)$ and \1`},
	ruleBackref:          {"R08", Error, "RFC 3402 3.2", "back-reference to a group that is not there"},
	ruleHighBackref:      {"R09", Warning, "RFC 6116 5.1", `back-reference \6 to \9: some clients fail`},
	ruleUnanchored:       {"R12", Warning, "RFC 3403 3", "pattern without ^ and $: some keep the rest of the number"},
	ruleRepeat:           {"R13", Error, "RFC 6116 5.1", `nothing to repeat: a literal plus is \+`},
	rulePerl:             {"R15", Error, "RFC 3402 3.2", "not a POSIX extended regular expression"},
	ruleBackslash:        {"R17", Error, "RFC 3986 2", "stray backslash in the replacement"},
	ruleDead:             {"R18", Error, "RFC 3402 3.3", "expression does not match its own number"},
	ruleNoPlus:           {"R19", Error, "RFC 6116 3.1", `expression forgets the "+" of the number`},
	rulePatternText:      {"R22", Error, "RFC 6116 5.1", "non-ASCII octet in the pattern"},
	ruleEmptyPattern:     {"R25", Error, "RFC 3402 3.2", "empty pattern or alternative: write ^.*$"},
	ruleManyBackrefs:     {"R28", Warning, "RFC 6116 5.1", "one group referred to more than three times"},
	ruleUnanchoredAll:    {"R30", Info, "RFC 5483 3.1", "pattern .* is known to fewer clients than ^.*$"},
	rulePattern:          {"R31", Error, "RFC 3402 3.2", "malformed regular expression"},
	ruleEmptyResult:      {"R32", Error, "RFC 3402 3.3", "expression yields nothing"},
	ruleSampleUnmatched:  {"R33", Info, "RFC 3402 3.3", "expression leaves out some of the block's numbers"},
	ruleTooComplex:       {"R34", Error, "RFC 3403 10", "pattern too complex: use smaller repetition counts"},

	ruleNoScheme:     {"U01", Error, "RFC 6116 3.3", "no URI: write scheme:address"},
	ruleURIOctet:     {"U02", Error, "RFC 3986 2", "character not allowed in a URI: percent-encode it"},
	ruleFragment:     {"U03", Error, "RFC 6116 3.3", "URI with a fragment: write # as %23"},
	ruleEncoding:     {"U04", Error, "RFC 3986 2.1", "% without two hexadecimal digits"},
	ruleNonASCII:     {"U05", Error, "RFC 6116 5.1", "non-ASCII octet: use A-labels or percent-encode"},
	ruleSchemeCase:   {"U06", Warning, "RFC 3986 3.1", "URI scheme in capitals: write lower case"},
	ruleActiveScheme: {"U07", Error, "RFC 3986 7", "scheme that runs code or reads local files"},
	ruleControl:      {"U08", Error, "RFC 3986 7.3", "encoded control character"},
	ruleSeveralAt:    {"U10", Error, "RFC 3986 7.6", `more than one "@": write %40 in the user part`},
	ruleEmptyURI:     {"U11", Error, "RFC 6116 3.3", "nothing behind the URI scheme"},

	ruleAddress:          {"I01", Warning, "RFC 3861 3", "IP address as domain: no SRV look-up possible"},
	ruleOneForAll:        {"I03", Warning, "RFC 6116 5.1", "one mailbox for all numbers of a block"},
	ruleNoDomain:         {"I11", Error, "RFC 3861 3", "no domain: write user@domain"},
	ruleNoUser:           {"I12", Error, "RFC 3860 A.2", `no user before "@"`},
	ruleAuthority:        {"I13", Error, "RFC 3860 A.2", `"//" behind the scheme: leave it out`},
	ruleSeveralMailboxes: {"I14", Error, "RFC 3860 A.2", "more than one mailbox: write a record for each"},
	ruleTrailingDot:      {"I15", Error, "RFC 2822 3.4.1", "dot at the end of the domain: leave it out"},
	ruleDomain:           {"I16", Error, "RFC 3861 3", "malformed domain"},
	ruleHeader:           {"I17", Error, "RFC 3860 A.2", "malformed header: write ?name=value"},
	ruleHeaders:          {"I20", Warning, "RFC 3860 A.2", "headers: few clients know them"},
	ruleDisplayName:      {"I21", Warning, "RFC 3860 A.2", "display name: write user@domain alone"},
	ruleNotFQDN:          {"I22", Error, "RFC 3861 3", "domain is not fully qualified"},
	ruleHostname:         {"I23", Warning, "RFC 1123 2.1", "domain is not a host name"},
	ruleEncodedDomain:    {"I24", Warning, "RFC 5483 2.1.1.1", "percent-encoded domain: write A-labels"},
	ruleEncodedLocal:     {"I25", Warning, "RFC 3860 A.3", "non-ASCII user part: few clients know it"},
	ruleSlash:            {"I26", Warning, "RFC 3860 B.2", `"/" in the user part: write %2F`},
	ruleNotAtom:          {"I27", Warning, "RFC 2822 3.4.1", "user part is neither dot-atom nor quoted"},
	ruleLongDomain:       {"I28", Warning, "RFC 3861 3", "domain too long for its SRV names"},

	ruleLongURI: {"Z04", Warning, "RFC 6116 5.1", "URI over 240 octets: some clients cut it off"},
}
