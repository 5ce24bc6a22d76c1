package enumservice

// Clients that fail alike.
const (
	strict      = Clients(1 << Strict)
	kamailio    = Clients(1 << Kamailio)
	opensips    = Clients(1 << OpenSIPS)
	asterisk    = Clients(1 << Asterisk)
	freeswitch  = Clients(1 << FreeSWITCH)
	yate        = Clients(1 << Yate)
	sprout      = Clients(1 << Sprout)
	resiprocate = Clients(1 << ReSIProcate)
	linphone    = Clients(1 << Linphone)
	bind        = Clients(1 << BIND)
	oracle      = Clients(1 << OracleSBC)
	ribbon      = Clients(1 << Ribbon)
	freepbx     = Clients(1 << FreePBX)
	ptlib       = Clients(1 << PTLib)
	doubango    = Clients(1 << Doubango)
	cisco       = Clients(1 << Cisco)

	// everyone who reads the records. BIND as a resolver passes them on, or refuses the whole answer,
	// and Linphone asks through its program host, which does the same.
	everyone = AllClients &^ bind
	// flagBlind clients take a record for terminal whatever its flags are.
	flagBlind = freeswitch | yate | resiprocate | linphone | freepbx
	// wholeField clients compare the services field as a whole.
	wholeField = kamailio | opensips | asterisk | freeswitch | yate | sprout | resiprocate | oracle | ptlib | doubango
	// byService clients look at the services at all.
	byService = everyone &^ (linphone | freepbx)
	// matching clients compile the pattern.
	matching = everyone &^ (resiprocate | linphone)
	// messengers are those that can be told to look for im.
	messengers = strict | kamailio | opensips | asterisk | freeswitch | oracle
	// sipOnly clients look for SIP URIs unless they are told otherwise.
	sipOnly = kamailio | opensips | freeswitch | sprout | resiprocate | linphone | freepbx | doubango
	// telReaders can do something with a tel URI.
	telReaders = strict | kamailio | opensips | asterisk | freeswitch | yate | oracle | ribbon
)

// findings is the catalogue.
var findings = [rules]Finding{
	ruleFieldLength:     {"W01", Error, "RFC 1035 3.3", "field over 255 octets: shorten it", everyone, NoRepair},
	ruleReplacementName: {"W02", Error, "RFC 3403 4.1", "replacement is not a domain name", everyone, NoRepair},

	ruleMixedFlags:          {"F01", Warning, "RFC 6116 3.4.2", "no flag u beside records that have it: ends some look-ups", asterisk | freeswitch | yate | resiprocate | freepbx, ByPolicy},
	ruleNonTerminal:         {"F02", Warning, "RFC 6116 5.1", "non-terminal: many clients skip it", everyone &^ (strict | ptlib), ByPolicy},
	ruleBothSet:             {"F03", Error, "RFC 3403 4.1", `regexp and replacement both set: write "." for the latter`, strict | resiprocate | doubango, ByPolicy},
	ruleNeitherSet:          {"F04", Error, "RFC 3402 3.3", "no regexp: nothing yields a URI", everyone, Drop},
	ruleUnknownFlag:         {"F05", Error, "RFC 6116 3.4.2", `unknown flag: write "u"`, everyone &^ flagBlind, ByPolicy},
	ruleNonTerminalServices: {"F11", Warning, "RFC 6116 3.4.3", "non-terminal with services: leave them empty", 0, Rewrite},
	ruleNonTerminalRegexp:   {"F12", Error, "RFC 6116 5.1", "non-terminal with a regexp: leave it empty", freeswitch | yate | sprout | linphone | freepbx, Rewrite},
	ruleNoTarget:            {"F13", Error, "RFC 6116 5.2.1", "non-terminal without a replacement", everyone, Drop},
	ruleFlagMissing:         {"F14", Error, "RFC 6116 3.4.2", `regexp but no flag: write "u"`, everyone &^ flagBlind, ByPolicy},
	ruleTerminalReplacement: {"F15", Error, "RFC 5483 5.2.3", "a replacement yields no URI: write a regexp", everyone, NoRepair},
	ruleCapitalFlag:         {"F16", Info, "RFC 6116 3.4.2", `flag "U": lower case is usual`, 0, Rewrite},
	ruleOtherApplication:    {"F17", Info, "RFC 6116 3.7", "record of another application: ignored by ENUM clients", 0, NoRepair},

	ruleMixedE2U:         {"S01", Warning, "RFC 6116 3.6", `"E2U" in mixed case: some clients miss it`, asterisk, Rewrite},
	ruleObsoleteOrder:    {"S02", Error, "RFC 6116 5.1", `"E2U" at the end is obsolete: write E2U+type`, kamailio | opensips | freeswitch | yate | sprout | ptlib | doubango, Rewrite},
	ruleCompound:         {"S03", Warning, "RFC 5483 3.1", "compound services: some clients drop the record", wholeField, Split},
	ruleIMSubtype:        {"S04", Error, "RFC 5028 2", "im has no subtypes: write E2U+im", messengers, ByPolicy},
	ruleIMScheme:         {"S05", Error, "RFC 5028 2", "E2U+im needs an im URI; other schemes their own service", messengers, ByPolicy},
	ruleScheme:           {"S06", Error, "RFC 6117 5.2.4", "the URI scheme does not fit the Enumservice", strict | freeswitch | yate | sprout | linphone | oracle, ByPolicy},
	ruleSIPS:             {"S07", Info, "RFC 3764 4", "sips URI: some clients read it as sip", freeswitch | linphone | freepbx, NoRepair},
	ruleUnregistered:     {"S08", Info, "RFC 6117 3", "Enumservice is not registered", yate | sprout, NoRepair},
	ruleTelOnly:          {"S09", Info, "RFC 4769 3", "tel URIs alone: clients that speak SIP only find nothing", sipOnly, ByPolicy},
	ruleIMOnly:           {"S10", Info, "RFC 5028 2", "im alone: most clients look for sip only", everyone &^ strict, ByPolicy},
	ruleServiceCase:      {"S11", Info, "RFC 6117 3.2", "usual letter case of services is E2U+type", 0, Rewrite},
	ruleDuplicateService: {"S12", Warning, "RFC 6116 3.4.3.2", "Enumservice named twice", wholeField, Rewrite},
	ruleDisjoint:         {"S13", Error, "RFC 6116 3.4.3.2", "no URI fits all of these services: split the record", strict | sprout | oracle, Split},
	rulePresScheme:       {"S14", Info, "RFC 3953 4", "E2U+pres with a scheme other than pres", 0, NoRepair},
	ruleTrial:            {"S15", Info, "RFC 6116 3.4.3.1", "X- type: usable only by agreement", 0, NoRepair},
	rulePrivate:          {"S16", Error, "RFC 6116 5.1", "P- type must not leave its private network", strict, ByPolicy},
	ruleTakenForSIP:      {"S17", Info, "RFC 4769 3", "ranks before sip, for which some clients take it", asterisk | sprout, ByPolicy},
	ruleNoE2U:            {"S21", Error, "RFC 6116 3.7", `services do not begin with "E2U+"`, byService, ByPolicy},
	ruleNoService:        {"S22", Error, "RFC 6116 3.4.3", `no Enumservice behind "E2U"`, byService, NoRepair},
	ruleEmptyElement:     {"S23", Error, "RFC 6116 3.4.3", "empty element in the services", byService, ByPolicy},
	ruleServiceBlank:     {"S24", Error, "RFC 6116 3.4.3", "blank in the services", byService, ByPolicy},
	ruleServiceOctet:     {"S25", Error, "RFC 6116 3.4.3", "services have letters, digits and hyphens only", byService, NoRepair},
	ruleLongToken:        {"S26", Error, "RFC 6116 3.4.3", "type or subtype over 32 octets", byService, NoRepair},
	ruleSecondE2U:        {"S27", Error, "RFC 6116 3.4.3", `"E2U" more than once`, byService, ByPolicy},

	ruleOtherDelimiter:   {"R01", Warning, "RFC 6116 5.1", `delimiter other than "!": some clients fail`, kamailio | opensips | freeswitch | linphone | freepbx | doubango, Rewrite},
	ruleBadDelimiter:     {"R02", Error, "RFC 3402 3.2", `character cannot be a delimiter: write "!"`, everyone | bind, ByPolicy},
	ruleDelimiterCount:   {"R03", Error, "RFC 3402 3.2", "not three delimiters: write !pattern!URI!", everyone | bind, NoRepair},
	ruleEscapedDelimiter: {"R04", Warning, "RFC 6116 5.1", "escaped delimiter: percent-encode it in the URI", kamailio | opensips | asterisk | yate | sprout | linphone | freepbx | resiprocate, Rewrite},
	ruleCaseFlag:         {"R05", Warning, "RFC 6116 5.1", `"i" behind the last delimiter: leave it out`, asterisk | yate | sprout | ptlib | bind, Rewrite},
	ruleRegexpFlag:       {"R06", Error, "RFC 3402 3.2", "unknown text behind the last delimiter", strict | asterisk | yate | sprout | bind | linphone, ByPolicy},
	ruleBackrefZero:      {"R07", Error, "RFC 3402 3.2", `\0 is no back-reference: write ^(.*)$ and \1`, strict | freeswitch | sprout | resiprocate | linphone | bind, ByPolicy},
	ruleBackref:          {"R08", Error, "RFC 3402 3.2", "back-reference to a group that is not there", everyone | bind, NoRepair},
	ruleHighBackref:      {"R09", Warning, "RFC 6116 5.1", `back-reference \6 to \9: some clients fail`, kamailio | opensips | yate | resiprocate | linphone | doubango, Expand},
	ruleAnyBackref:       {"R11", Info, "RFC 6116 5.1", "back-reference: some clients dial it unexpanded", resiprocate | linphone, Expand},
	ruleUnanchored:       {"R12", Warning, "RFC 3403 3", "pattern without ^ and $: some keep the rest of the number", sprout | doubango, Expand},
	ruleRepeat:           {"R13", Error, "RFC 6116 5.1", `nothing to repeat: a literal plus is \+`, matching | linphone | bind, ByPolicy},
	ruleAmbiguous:        {"R14", Warning, "RFC 5483 3.1", "clients differ in what its groups match", sprout, Expand},
	rulePerl:             {"R15", Error, "RFC 3402 3.2", "not a POSIX extended regular expression", strict | kamailio | opensips | asterisk | yate | sprout | bind | ptlib | doubango | linphone, ByPolicy},
	ruleOptionalGroup:    {"R16", Warning, "RFC 6116 5.1", "group without a match: some clients fail", kamailio | opensips | asterisk, Expand},
	ruleBackslash:        {"R17", Error, "RFC 3986 2", "stray backslash in the replacement", everyone, ByPolicy},
	ruleDead:             {"R18", Error, "RFC 3402 3.3", "expression does not match its own number", everyone, ByPolicy},
	ruleNoPlus:           {"R19", Error, "RFC 6116 3.1", `expression forgets the "+" of the number`, everyone, ByPolicy},
	ruleSplitting:        {"R20", Warning, "RFC 6116 5.1", "blank or quote in the regexp: some clients split there", freeswitch, Rewrite},
	rulePatternSlash:     {"R21", Warning, "RFC 6116 5.1", `"/" in the pattern: ends it for some clients`, freepbx, Rewrite},
	rulePatternText:      {"R22", Error, "RFC 6116 5.1", "non-ASCII octet in the pattern", strict | freeswitch | sprout, NoRepair},
	ruleShort:            {"R23", Error, "RFC 3402 3.2", "regexp under 7 octets: no room for a URI", everyone, NoRepair},
	ruleNested:           {"R24", Warning, "RFC 3403 10", "repetition within a repetition: slow for some clients", freeswitch | sprout | freepbx, Expand},
	ruleEmptyPattern:     {"R25", Error, "RFC 3402 3.2", "empty pattern or alternative: write ^.*$", strict | bind | linphone, ByPolicy},
	ruleDoubleBackslash:  {"R26", Error, "RFC 6116 4", "doubled backslash: only zone files write it twice", everyone, ByPolicy},
	ruleManyGroups:       {"R27", Warning, "RFC 6116 5.1", "over six groups in the pattern: some clients refuse it", kamailio | opensips | asterisk, Expand},
	ruleManyBackrefs:     {"R28", Warning, "RFC 6116 5.1", "one group referred to more than three times", asterisk | resiprocate | linphone | doubango, Expand},
	ruleDollar:           {"R29", Warning, "RFC 6116 5.1", `"$" in the URI: some clients put something in its place`, freeswitch | sprout, ByPolicy},
	ruleUnanchoredAll:    {"R30", Info, "RFC 5483 3.1", "pattern .* is known to fewer clients than ^.*$", sprout | doubango, Rewrite},
	rulePattern:          {"R31", Error, "RFC 3402 3.2", "malformed regular expression", matching | linphone | bind, NoRepair},
	ruleEmptyResult:      {"R32", Error, "RFC 3402 3.3", "expression yields nothing", everyone, NoRepair},
	ruleSampleUnmatched:  {"R33", Info, "RFC 3402 3.3", "expression leaves out some of the block's numbers", asterisk | resiprocate | linphone, NoRepair},
	ruleTooComplex:       {"R34", Error, "RFC 3403 10", "pattern too complex: use smaller repetition counts", matching, NoRepair},
	ruleOddDelimiter:     {"R35", Warning, "RFC 6116 5.1", `letter, blank or pattern character as delimiter: write "!"`, kamailio | opensips | freeswitch | linphone | freepbx | doubango, ByPolicy},
	ruleStrayBrace:       {"R36", Warning, "RFC 6116 5.1", `"}" without "{": some clients refuse it`, sprout, Expand},

	ruleNoScheme:     {"U01", Error, "RFC 6116 3.3", "no URI: write scheme:address", everyone, NoRepair},
	ruleURIOctet:     {"U02", Error, "RFC 3986 2", "character not allowed in a URI: percent-encode it", everyone, ByPolicy},
	ruleFragment:     {"U03", Error, "RFC 6116 3.3", "URI with a fragment: write # as %23", strict, ByPolicy},
	ruleEncoding:     {"U04", Error, "RFC 3986 2.1", "% without two hexadecimal digits", everyone, NoRepair},
	ruleNonASCII:     {"U05", Error, "RFC 6116 5.1", "non-ASCII octet: use A-labels or percent-encode", strict | asterisk | sprout, ByPolicy},
	ruleSchemeCase:   {"U06", Warning, "RFC 3986 3.1", "URI scheme in capitals: write lower case", freeswitch | linphone | freepbx, Rewrite},
	ruleActiveScheme: {"U07", Error, "RFC 3986 7", "scheme that runs code or reads local files", everyone, NoRepair},
	ruleControl:      {"U08", Error, "RFC 3986 7.3", "encoded control character", everyone, NoRepair},
	ruleSeveralAt:    {"U10", Error, "RFC 3986 7.6", `more than one "@": write %40 in the user part`, everyone, ByPolicy},
	ruleEmptyURI:     {"U11", Error, "RFC 6116 3.3", "nothing behind the URI scheme", everyone, NoRepair},
	ruleHost:         {"U12", Error, "RFC 3986 3.2.2", "malformed host or IP address", everyone, NoRepair},
	rulePort:         {"U13", Error, "RFC 3986 3.2.3", "port is not a number from 1 to 65535", everyone, NoRepair},
	ruleNoHost:       {"U14", Error, "RFC 3986 3.2.2", "URI without a host", everyone, NoRepair},
	ruleOneLabel:     {"U15", Warning, "RFC 3263 4", "host of one label: only its own network finds it", everyone, NoRepair},
	ruleURIAuthority: {"U16", Warning, "RFC 3986 3.2", `"//" in a URI that has none: leave it out`, everyone, ByPolicy},
	ruleLocalTel:     {"U17", Warning, "RFC 4415 3", "tel number is not global: write + and country code", telReaders, NoRepair},
	ruleMalformedTel: {"U18", Error, "RFC 3966 3", "tel number is malformed", telReaders, NoRepair},
	ruleParameter:    {"U19", Warning, "RFC 3966 3", "malformed or repeated URI parameter", strict | oracle | ribbon, NoRepair},
	rulePassword:     {"U20", Warning, "RFC 3261 19.1.1", "password in the URI: anybody can read it", 0, ByPolicy},
	ruleURIHostname:  {"U21", Warning, "RFC 1123 2.1", "host is not a host name", strict | cisco, NoRepair},
	rulePhoneUser:    {"U22", Warning, "RFC 3261 19.1.1", "user=phone, but the user part is no number", oracle | ribbon | cisco, NoRepair},
	ruleRouting:      {"U23", Warning, "RFC 4694 5", "routing number is neither global nor has a context", oracle | ribbon, NoRepair},
	ruleLongTel:      {"U24", Warning, "RFC 3966 5.1.4", "tel number over 15 digits", telReaders, NoRepair},
	ruleEmptyUser:    {"U25", Warning, "RFC 3986 3.2.1", `nothing before "@"`, strict | oracle | ribbon | cisco, NoRepair},
	ruleDataURI:      {"U26", Warning, "RFC 2397 4", "data URI: meant for cnam and unused alone", 0, NoRepair},

	ruleAddress:          {"I01", Warning, "RFC 3861 3", "IP address as domain: no SRV look-up possible", messengers, NoRepair},
	ruleSameRank:         {"I02", Warning, "RFC 6116 5.1", "two im URIs of one rank: messages may go to either", messengers, Renumber},
	ruleOneForAll:        {"I03", Warning, "RFC 6116 5.1", "one mailbox for all numbers of a block", messengers, ByPolicy},
	ruleNoDomain:         {"I11", Error, "RFC 3861 3", "no domain: write user@domain", messengers, NoRepair},
	ruleNoUser:           {"I12", Error, "RFC 3860 A.2", `no user before "@"`, messengers, NoRepair},
	ruleAuthority:        {"I13", Error, "RFC 3860 A.2", `"//" behind the scheme: leave it out`, messengers, ByPolicy},
	ruleSeveralMailboxes: {"I14", Error, "RFC 3860 A.2", "more than one mailbox: write a record for each", messengers, ByPolicy},
	ruleTrailingDot:      {"I15", Error, "RFC 2822 3.4.1", "dot at the end of the domain: leave it out", messengers, ByPolicy},
	ruleDomain:           {"I16", Error, "RFC 3861 3", "malformed domain", messengers, NoRepair},
	ruleHeader:           {"I17", Error, "RFC 3860 A.2", "malformed header: write ?name=value", messengers, NoRepair},
	ruleHeaders:          {"I20", Warning, "RFC 3860 A.2", "headers: few clients know them", messengers, NoRepair},
	ruleDisplayName:      {"I21", Warning, "RFC 3860 A.2", "display name: write user@domain alone", messengers, ByPolicy},
	ruleNotFQDN:          {"I22", Error, "RFC 3861 3", "domain is not fully qualified", messengers, NoRepair},
	ruleHostname:         {"I23", Warning, "RFC 1123 2.1", "domain is not a host name", messengers, NoRepair},
	ruleEncodedDomain:    {"I24", Warning, "RFC 5483 2.1.1.1", "percent-encoded domain: write A-labels", messengers, ByPolicy},
	ruleEncodedLocal:     {"I25", Warning, "RFC 3860 A.3", "non-ASCII user part: few clients know it", messengers, NoRepair},
	ruleSlash:            {"I26", Warning, "RFC 3860 B.2", `"/" in the user part: write %2F`, messengers, ByPolicy},
	ruleNotAtom:          {"I27", Warning, "RFC 2822 3.4.1", "user part is neither dot-atom nor quoted", messengers, NoRepair},
	ruleLongDomain:       {"I28", Warning, "RFC 3861 3", "domain too long for its SRV names", messengers, NoRepair},

	ruleHighOrder:       {"O01", Warning, "RFC 3403 4.1", "order over 32767: some clients sort it first", kamailio | opensips, Renumber},
	ruleEqualRank:       {"O02", Warning, "RFC 6116 5.1", "same order and preference: used by chance or all at once", freeswitch | ribbon, Renumber},
	ruleOrderFailover:   {"O03", Warning, "RFC 6116 5.2", "later order is tried by some: rank by preference", strict | ptlib | cisco, ByPolicy},
	ruleDuplicateRecord: {"O04", Warning, "RFC 2181 5", "record given twice", kamailio | opensips | freeswitch, Drop},
	ruleEqualOther:      {"O05", Info, "RFC 6116 5.1", "services of one order and preference: some use the first", ribbon, Renumber},
	ruleOddOrder:        {"O06", Warning, "RFC 6116 5.1", "order is not 100, the usual value for all", 0, Renumber},
	ruleSeveralOrders:   {"O07", Warning, "RFC 6116 5.1", "several orders: some clients read the lowest only", ptlib | cisco, ByPolicy},
	ruleSeveralSIP:      {"O08", Info, "RFC 6116 5.1", "several sip URIs: some clients dial whichever comes first", linphone, ByPolicy},

	ruleAnswer512:   {"Z01", Warning, "RFC 6891 6.2.5", "answer over 512 octets: needs EDNS or TCP", sprout | oracle, ByPolicy},
	ruleAnswer1232:  {"Z02", Warning, "RFC 9715 3", "answer over 1232 octets: may not fit one packet", sprout | oracle | ribbon, ByPolicy},
	ruleRecordCount: {"Z03", Warning, "RFC 3824 5", "over 12 records: some clients try no more", kamailio | opensips, ByPolicy},
	ruleLongURI:     {"Z04", Warning, "RFC 6116 5.1", "URI over 240 octets: some clients cut it off", asterisk, NoRepair},
	ruleLongName:    {"Z05", Warning, "RFC 1035 2.3.4", "ENUM domain over 63 characters: too long for some", yate, NoRepair},
	ruleAnswer2048:  {"Z06", Warning, "RFC 3824 5", "answer over 2048 octets: some clients cut it off", yate, ByPolicy},
	ruleAnswer4096:  {"Z07", Warning, "RFC 3824 5", "answer over 4096 octets: some clients cut it off", asterisk | yate | linphone, ByPolicy},
	ruleURISum:      {"Z08", Warning, "RFC 3824 5", "sip URIs too long together: some clients lose the last", freeswitch, ByPolicy},
	ruleManyRecords: {"Z09", Warning, "RFC 3824 5", "over 100 records: not compared with each other", 0, ByPolicy},

	ruleLongNumber:     {"N01", Warning, "ITU-T E.164", "number over 15 digits", opensips, NoRepair},
	ruleVeryLongNumber: {"N02", Warning, "ITU-T E.164", "number over 31 digits: some clients cannot look it up", kamailio | opensips, NoRepair},
	ruleShortNumber:    {"N03", Warning, "RFC 6116 3.1", "number under 8 digits: some clients do not look it up", yate, NoRepair},
	ruleLeadingZero:    {"N04", Warning, "ITU-T E.164", "no country code begins with 0", 0, NoRepair},
	ruleCountryCode:    {"N05", Warning, "ITU-T E.164", "country code is not assigned", 0, NoRepair},

	ruleZeroTTL:  {"T01", Warning, "RFC 3824 5", "TTL 0: each call asks anew", everyone, ByPolicy},
	ruleStaleTTL: {"T02", Warning, "RFC 6116 7.2", "TTL over a day with portability data: stale routes", everyone, ByPolicy},
	ruleMixedTTL: {"T03", Error, "RFC 2181 5.2", "TTLs differ within one set of records", bind, ByPolicy},

	ruleRefused: {"A01", Error, "RFC 3402 3.2", "BIND refuses the whole answer for one of its records", bind | linphone, ByPolicy},

	ruleGlue:           {"D01", Warning, "RFC 9471", "addresses of a name server outside of the tree: not served", everyone, NoRepair},
	ruleOccluded:       {"D02", Warning, "RFC 1034 4.2.1", "entry below a delegation: never served", everyone, ByPolicy},
	ruleShadowed:       {"D03", Warning, "RFC 4592 3.3.1", "block is wholly covered by longer ones: never served", everyone, ByPolicy},
	ruleDeadBlock:      {"D04", Error, "RFC 3402 3.3", "expression matches no number of its block", everyone, ByPolicy},
	ruleTelLoop:        {"D05", Warning, "RFC 6117 5.5", "tel URI leads back to the same number", everyone, ByPolicy},
	ruleLoop:           {"D06", Error, "RFC 6116 5.2.1", "non-terminals lead in a circle", everyone, ByPolicy},
	ruleDeadWildcard:   {"D07", Warning, "RFC 4592 2.2.1", "wildcard that no question can reach", everyone, ByPolicy},
	ruleDeadTarget:     {"D08", Error, "RFC 6116 5.2.1", "target of the non-terminal does not exist", everyone, NoRepair},
	ruleDuplicateEntry: {"D09", Warning, "RFC 2181 5", "entry given twice", everyone, Drop},
	ruleRedundant:      {"D10", Info, "RFC 4592 3.3.1", "same records as the block around it: can be left out", 0, Drop},
}
