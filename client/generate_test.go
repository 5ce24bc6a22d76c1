package client

import (
	"math/rand/v2"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// set is a number and the answer for it.
type set struct {
	Number  e164.Number
	Records []naptr.Record
}

// generate yields n sets of records, the same for the same seed. About half of the fields are as
// clients want them, so that what is odd about the others shows in what is dialled.
func generate(n int, seed uint64) []set {
	g := generator{rand.New(rand.NewPCG(seed, seed))}
	sets := make([]set, n)
	for i := range sets {
		sets[i] = g.set()
	}
	return sets
}

type generator struct{ *rand.Rand }

func (g generator) one(list []string) string { return list[g.IntN(len(list))] }

// odd is true in so many of a hundred cases.
func (g generator) odd(percent int) bool { return g.IntN(100) < percent }

var generatedNumbers = []e164.Number{
	e164.MustParse("+441632960083"), e164.MustParse("+442079460011"),
	e164.MustParse("+12025550142"), e164.MustParse("+12025550199"),
}

func (g generator) set() set {
	s := set{Number: generatedNumbers[g.IntN(len(generatedNumbers))]}
	count := 1 + g.IntN(4)
	switch {
	case g.odd(4):
		count = 8 + g.IntN(8)
	case g.odd(1):
		count = 0
	}
	oddness := []int{5, 15, 30, 60}[g.IntN(4)]
	for range count {
		s.Records = append(s.Records, g.record(oddness))
	}
	if count > 1 && g.odd(5) {
		s.Records[count-1] = s.Records[0]
	}
	return s
}

func (g generator) record(oddness int) naptr.Record {
	r := naptr.Record{Order: 100, Preference: uint16(10 * (1 + g.IntN(4))), Flags: "u", Services: "E2U+sip"}
	if g.odd(oddness) {
		r.Order = []uint16{0, 1, 10, 99, 101, 200, 32767, 32768, 40000, 65535}[g.IntN(10)]
	}
	if g.odd(oddness / 2) {
		r.Preference = []uint16{0, 1, 32767, 32768, 50000, 65535}[g.IntN(6)]
	}
	if g.odd(oddness / 2) {
		r.Flags = g.one([]string{"U", "U", "", "", "s", "a", "p", "x", "uu", "us", "1", "u ", "\"", "é"})
	}
	if g.odd(oddness) {
		r.Services = g.one(oddServices)
	}
	r.Regexp = g.regexp(oddness)
	if g.odd(oddness / 6) {
		r.Regexp = g.one([]string{"", "!", "!!", "!!!", "^^!a!b", "sip:a@example.com", "!^.*$!", "!^.*$", "x!.*!sip:x@example.com!"})
	}
	if g.odd(oddness/6) || r.Flags == "" && g.odd(60) {
		r.Replacement = "\x04next\x07example\x03com\x00"
	}
	return r
}

func (g generator) regexp(oddness int) string {
	delimiter, flags := "!", ""
	if g.odd(oddness / 3) {
		delimiter = g.one([]string{"/", "#", "|", "~", ";", "%", "'", ":", "@", "i", "1", "0", "\\", "\"", "^", "é", " "})
	}
	if g.odd(oddness / 3) {
		flags = g.one([]string{"i", "i", "i", "I", "ii", "x", " ", "!", "ix", "\\"})
	}
	pattern, replacement := g.one(goodPatterns), g.one(goodReplacements)
	if g.odd(oddness) {
		pattern = g.one(oddPatterns)
	}
	if g.odd(oddness) {
		replacement = g.one(oddReplacements)
	}
	if g.odd(oddness / 2) {
		pattern = g.pattern(3)
	}
	if g.odd(oddness / 5) {
		replacement = strings.Replace(replacement, "example", strings.Repeat("long.", 10+g.IntN(30))+"example", 1)
	}
	if g.odd(oddness / 4) {
		i := g.IntN(len(replacement) + 1)
		replacement = replacement[:i] + g.one([]string{delimiter, "\\" + delimiter, "\\" + delimiter}) + replacement[i:]
	}
	s := delimiter + pattern + delimiter + replacement + delimiter + flags
	return s[:min(len(s), 255)]
}

// pattern makes one of small parts, groups and repetitions.
func (g generator) pattern(depth int) string {
	var b strings.Builder
	if g.odd(50) {
		b.WriteString("^")
	}
	for range 1 + g.IntN(4) {
		switch k := g.IntN(10); {
		case k < 5 || depth == 0:
			b.WriteString(g.one([]string{"4", "1", "2", "44", "12", "\\+", "[+]", ".", "[0-9]", "[^1]", "[[:digit:]]", "x"}))
		case k < 8:
			b.WriteString("(" + strings.TrimPrefix(g.pattern(depth-1), "^") + ")")
		case k < 9:
			b.WriteString("(" + strings.TrimPrefix(g.pattern(depth-1), "^") + "|" + strings.TrimPrefix(g.pattern(depth-1), "^") + ")")
		default:
			b.WriteString(".*")
			continue
		}
		if g.odd(40) {
			b.WriteString(g.one([]string{"*", "*", "+", "?", "?", "{2}", "{0,3}", "{1,}"}))
		}
	}
	if g.odd(40) {
		b.WriteString("$")
	}
	return b.String()
}

var oddServices = []string{
	"e2u+sip", "E2U+SIP", "E2u+sip", "e2U+Sip", "sip+E2U", "SIP+e2u", "E2U+sip+im", "E2U+im+sip",
	"E2U+sip+voice:tel", "E2U+im", "im+E2U", "E2U+voice:sip", "E2U+pstn:sip", "E2U+pstn:tel", "E2U+sip:x",
	"E2U+im:sip", "E2U", "E2U+", "", "sip", "SIP+D2U", "E2U+sip ", " E2U+sip", "E2U+sip sip", "E2U+s\"ip",
	"E2U+s\\ip", "E2U+h323", "E2U+voice:tel+sms:tel", "E2U+web:http", "E2U+sip+E2U", "E2U+p-sip", "E2U+x-sip",
	"E2U+sip+p-x", "E2U++sip", "E2U+sip'", "E2U+síp", "E2U+sip:sip:x!", "E2U+tel", "E2U+unknown", "E2U .",
}

var goodPatterns = []string{
	"^.*$", "^.*$", "^.*$", "^(.*)$", "^\\+(.*)$", "^\\+44(.*)$", "^\\+1202(.*)$", "^(\\+44|\\+1)(.*)$",
}

var goodReplacements = []string{
	"sip:info@example.com", "sip:info@example.com", "sip:\\1@example.com", "sip:\\1@example.org;user=phone",
	"sip:desk@example.net",
}

var oddPatterns = []string{
	".*", "^.*", ".*$", "^\\+?(.*)$", "^[+]*(.*)$", "^[+]?(.*)$", "(.*)", "^(.*)", "44", "^\\+44", "(1632)", "0083$", "[0-9]+",
	"^\\+7(.*)$", "^44(.*)$", "^[1-9](.*)$", "^+44(.*)$", "^*44", "+44", "*", "?", "^(00)?\\+(.*)$", "^(x)?(.*)$", "^(x)*(.*)$",
	"^\\+44(1(6(3)))(.*)$", "^(a)|(\\+44.*)$", "\\d+", "^\\+\\d+$", "^\\+(\\d{2})(\\d+)$", "^\\+(?:44)(.*)$",
	"^(?=\\+44)(.*)$", "^(?!\\+1)(.*)$", "^\\+44(.*?)$", "^(.*)+$", "^(.*)*$", "^(.*)(.*)$", "^(.*)(.+)$", "^\\+(4|44)(4|1|41)(.*)$",
	"^(\\+|\\+4|\\+44)(4416|416|1)?(.*)$", "^\\+(4*)(4*)(.*)$", "[[:digit:]]+", "[[:alpha:]]*", "[[:foo:]]", "[[.+.]]", "[[=4=]]",
	"^\\+[0-9]{12}$", "^\\+[0-9]{5,}$", "^\\+[0-9]{,12}$", "^\\+([0-9]{2}){6}$", "^\\+([0-9]{1,2})+$", "^\\+[0-9]{5,2}$", "^\\+[0-9]{300}$",
	"", "(", ")", "a|", "|", "|.*", "()", "(|4)", "[", "]", "[]+]", "^[^]]*$", "[a", "[9-0]", "\\(", "{", "}", "4{", "^.{13}$", "^.{1,100}$",
	"^.*+$", "^.++$", "(?i)^.*$", "^(?<n>.*)$", "^(?P<n>.*)$", "^\\+44\\w+$", "\\<44", "44\\>", "\\b44", "\\B4", "^\\s*\\+(.*)$", "x*", "4*",
	"^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.*)$", "^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.*)$", "^\\+.*(.)\\1", "(4)\\1", "_X.", "_+44X.", "/^.*$/", "/44/i", "/44",
	"^\\Q+44\\E.*$", "^.*\\$", "\\x2b44", "^\\053(.*)$", "^$", "^^.*$$", "(^|x)\\+", "^(\\+44){1,2}(.*)$", "4**", "4+*", "4?+", "(4){2}{2}",
	"^ .*$", "^.*$ ", "^'.*$", "^.*'$", "^\\A.*\\z", "\\.*", "^\\\\+", "^\\+(44|1)\\s?(.*)$", "^\\+\\1(.*)$", "[\\d]+", "[\\+]44", "^.*$|x", "é", "^\\+(..)(.*)(..)$",
	"[4]{2}", "(((((((((4)))))))))", "^\\+([^4].*|4[^4].*|44.*)$", "$", "^", "^*", "(^)*", "\\", "4\\", "^\\+44.*\n", ".*\x07", "^\t.*$",
}

var oddReplacements = []string{
	"sip:\\0@example.com", "sip:\\1@example.com", "sip:\\2@example.com", "sip:\\3@example.com", "sip:\\4\\5@example.com", "sip:\\6@example.com",
	"sip:\\9@example.com", "sip:\\10@example.com", "sip:\\1\\2\\3@example.com", "sip:\\1\\1\\1@example.com", "sip:\\7\\8@example.com", "sip:\\12x@example.com",
	"sips:info@example.com", "SIP:info@example.com", "Sip:\\1@example.com", "im:\\1@example.net", "im:info@example.net", "tel:\\1", "tel:+441632960084",
	"tel:+441632960084;npdi", "mailto:info@example.com", "h323:\\1@example.com", "pres:info@example.com", "http://example.com/\\1",
	"sip:a b@example.com", "sip:a$1b@example.com", "sip:a$2@example.com", "sip:$$x@example.com", "sip:a$@example.com", "sip:${1}@example.com", "sip:${domain}@example.com", "sip:$&@example.com",
	"sip:a&b@example.com", "sip:a\\xb@example.com", "sip:a\\nb@example.com", "sip:a\\\\b@example.com", "sip:a\\&b@example.com", "sip:a\\@example.com",
	"sip:é@example.com", "sip:a\"b@example.com", "sip:a'b@example.com", "sip:a'b'c@example.com", "sip:a .b@example.com", "sip:a. b@example.com", "sip:.a@example.com",
	"", "noscheme", "info@example.com", "sip:", "sip:@example.com", "sip:example.com", "sip:info@example.com:5070", "sip:info@192.0.2.1", "sip:info@[2001:db8::1]",
	"sip:info@example.com;transport=tcp", "sip:info@example.com?subject=x", "<sip:info@example.com>", "\"A\" <sip:info@example.com>", "sip:(\\1)@example.com",
	"sip:a%21b@example.com", "$", "\\1", "\\0", "sip:a\x07b@example.com", "sip:a\tb@example.com", "sip:info@example.com sip:desk@example.com",
	"xsip:info@example.com", "sip:info@example.com#f", "sip:info@example.com,sip:desk@example.com", "sip:info@example.com|desk", "sip:a\\tb\\sc@example.com",
	"sip:\\l\\U\\E@example.com", "sip:\\x41@example.com", "sip:a%@example.com", "sip:a\x00b@example.com", "user:sip:info@example.com",
}
