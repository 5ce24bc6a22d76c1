package enumservice

// rule is an index into findings; 0 is none.
type rule uint8

// The letters of the codes are those of the groups. Numbers are never given to another finding.
const (
	ruleNone rule = iota

	// Wire.
	ruleFieldLength
	ruleReplacementName

	// Flags and shape.
	ruleMixedFlags
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

	// Services.
	ruleMixedE2U
	ruleObsoleteOrder
	ruleCompound
	ruleIMSubtype
	ruleIMScheme
	ruleScheme
	ruleSIPS
	ruleUnregistered
	ruleTelOnly
	ruleIMOnly
	ruleServiceCase
	ruleDuplicateService
	ruleDisjoint
	rulePresScheme
	ruleTrial
	rulePrivate
	ruleTakenForSIP
	ruleNoE2U
	ruleNoService
	ruleEmptyElement
	ruleServiceBlank
	ruleServiceOctet
	ruleLongToken
	ruleSecondE2U

	// Substitution expression.
	ruleOtherDelimiter
	ruleBadDelimiter
	ruleDelimiterCount
	ruleEscapedDelimiter
	ruleCaseFlag
	ruleRegexpFlag
	ruleBackrefZero
	ruleBackref
	ruleHighBackref
	ruleAnyBackref
	ruleUnanchored
	ruleRepeat
	ruleAmbiguous
	rulePerl
	ruleOptionalGroup
	ruleBackslash
	ruleDead
	ruleNoPlus
	ruleSplitting
	rulePatternSlash
	rulePatternText
	ruleShort
	ruleNested
	ruleEmptyPattern
	ruleDoubleBackslash
	ruleManyGroups
	ruleManyBackrefs
	ruleDollar
	ruleUnanchoredAll
	rulePattern
	ruleEmptyResult
	ruleSampleUnmatched
	ruleTooComplex
	ruleOddDelimiter
	ruleStrayBrace

	// Any URI.
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
	ruleHost
	rulePort
	ruleNoHost
	ruleOneLabel
	ruleURIAuthority
	ruleLocalTel
	ruleMalformedTel
	ruleParameter
	rulePassword
	ruleURIHostname
	rulePhoneUser
	ruleRouting
	ruleLongTel
	ruleEmptyUser
	ruleDataURI

	// im: and pres: URIs.
	ruleAddress
	ruleSameRank
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

	// Order and preference.
	ruleHighOrder
	ruleEqualRank
	ruleOrderFailover
	ruleDuplicateRecord
	ruleEqualOther
	ruleOddOrder
	ruleSeveralOrders
	ruleSeveralSIP

	// Size.
	ruleAnswer512
	ruleAnswer1232
	ruleRecordCount
	ruleLongURI
	ruleLongName
	ruleAnswer2048
	ruleAnswer4096
	ruleURISum
	ruleManyRecords

	// The number.
	ruleLongNumber
	ruleVeryLongNumber
	ruleShortNumber
	ruleLeadingZero
	ruleCountryCode

	// Time to live.
	ruleZeroTTL
	ruleStaleTTL
	ruleMixedTTL

	// The answer.
	ruleRefused

	// The data as a whole, found by package lint.
	ruleGlue
	ruleOccluded
	ruleShadowed
	ruleDeadBlock
	ruleTelLoop
	ruleLoop
	ruleDeadWildcard
	ruleDeadTarget
	ruleDuplicateEntry
	ruleRedundant

	rules
)
