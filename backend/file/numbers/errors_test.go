package numbers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The faults of a file as the user sees them, word for word. D1 to D30 are the classes of bad input
// that the project keeps a list of.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"D25 NUL", "+12025550100 none\n\x00\n", `
n.txt:2: the file is not text, it holds NUL octets: is it the right file, was it damaged, or is it UTF-16 instead of UTF-8?`},
		{"D25 UTF-16", "\xff\xfe+\x001\x00", `
n.txt:1: the file is UTF-16: save it as UTF-8`},
		{"D25 UTF-16 without mark", "+\x001\x002\x00\n\x00", `
n.txt:1: the file is not text, it holds NUL octets: is it the right file, was it damaged, or is it UTF-16 instead of UTF-8?`},
		{"D25 CR only", "+12025550100 none\r+12025550101 none\r", `
n.txt:1: the lines end in CR alone: save the file with LF or CR LF line ends`},
		{"D25 a CR within a line", "+12025550100 none\n# x\r+12025550101 none\n", `
n.txt:2: a CR stands inside the line: line ends are LF or CR LF`},
		{"D25 no newline at the end", "+12025550100 none\n+12025550101 im:user@exam", `
n.txt:2: the file ends without a newline: was it cut short? If not, end its last line with one`},
		{"D25 a comment without newline", "+12025550100 none\n# en", `
n.txt:2: the file ends without a newline: was it cut short? If not, end its last line with one`},
		{"D25 CR at the end", "+12025550100 none\r", `
n.txt:1: the file ends without a newline: was it cut short? If not, end its last line with one`},
		{"D25 long line", "+12025550100 im:" + strings.Repeat("a", 64<<10) + "@example.com\n+12025550101 none\n", `
n.txt:1: the line has 65564 octets, 65536 are the most: continue long entries on lines that begin with a blank`},
		{"continuation of nothing", "\n  im:a@example.com\n im:b@example.com\n+12025550100 none\n", `
n.txt:2:3: "im:...@example.com": the line begins with a blank, so it continues an entry, but no entry stands above it: begin the line with the number`},
		{"continuation of a directive", "$TTL 1h\n  im:a@example.com\n", `
n.txt:2:3: "im:...@example.com": the line begins with a blank, so it continues an entry, but no entry stands above it: begin the line with the number`},
		{"no URI", "+12025550100\n+12025550101 none\n", `
n.txt:1:1: "+12...": the entry has no URI: write "none" if the number exists and has no records`},
		{"no URI after a TTL", "+12025550100 ttl=300 # none\n", `
n.txt:1:1: "+12...": the entry has no URI: write "none" if the number exists and has no records`},
		{"none and more", "+12025550100 none im:a@example.com\n", `
n.txt:1:19: "im:...@example.com": "none" says that there are no records: nothing may follow it`},
		{"none after a URI", "+12025550100 im:a@example.com none\n", `
n.txt:1:31: "none": "none" says that there are no records, but some stand before it`},
		{"none on a continuation line", "+12025550100 im:a@example.com\n  none\n", `
n.txt:2:3: "none": "none" says that there are no records, but some stand before it`},
		{"none with settings", "+12025550100 pref=10 none\n", `
n.txt:1:22: "none": "none" takes no settings`},
		{"one fault an entry", "+12025550100 foo bar\n baz\n+12025550101 qux\n", `
n.txt:1:14: "foo": expected a URI such as sip:user@example.com, or one of order=, pref=, E2U+type, NAPTR, NS, DS, none
n.txt:3:14: "qux": expected a URI such as sip:user@example.com, or one of order=, pref=, E2U+type, NAPTR, NS, DS, none`},
		{"D24 blanks in a number", "+49 30 123456 sip:a@example.com\n", `
n.txt:1:5: "30": expected a URI; if this is the rest of the number, write it without blanks: +1-202-555-0100`},
		{"D24 00 for +", "004930123456 sip:a@example.com\n", `
n.txt:1:1: "00...": expected a number with "+" and its country code, such as +12025550100; "+" stands for the 00 that is dialled before a country code`},
		{"D24 no +", "12025550100 sip:a@example.com\n", `
n.txt:1:1: "12...": expected a number with "+" and its country code, such as +12025550100`},
		{"D24 16 digits", "+1234567890123456 none\n", `
n.txt:1:17: "+12...": more than 15 digits`},
		{"D24 letters", "+1800FLOWERS none\n", `
n.txt:1:6: "+18...FLOWERS": expected a digit, or one of "-", ".", "(", ")" between digits`},
		{"D24 full-width digits", "+1202555\uff10 none\n", `
n.txt:1:9: "+12...０": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")`},
		{"D24 leading zero", "+0123 none\n", `
n.txt:1:2: "+01...": no country code begins with 0`},
		{"D24 trunk digit", "+44(0)2079460000 none\n", `
n.txt:1:4: "+44...": trunk digit "(0)": leave it out`},
		{"D24 no digits", "+ none\n+-- none\n", `
n.txt:1:1: "+": no digits
n.txt:2:1: "+--": no digits`},
		{"D24 tel URI as a number", "tel:+12025550100 none\n", `
n.txt:1:1: "tel:+12...": expected a number with "+" and its country code, such as +12025550100; a line that continues the entry above begins with a blank`},
		{"a URI at the start of a line", "+12025550100\nim:a@example.com\n", `
n.txt:1:1: "+12...": the entry has no URI: write "none" if the number exists and has no records
n.txt:2:1: "im:...@example.com": expected a number with "+" and its country code, such as +12025550100; a line that continues the entry above begins with a blank`},
		{"a comment of zone files", "; comment\n", `
n.txt:1:1: ";": expected a number with "+" and its country code, such as +12025550100; a comment begins with "#"`},
		{"a quote", "\"+12025550100\" none\n", `
n.txt:1:1: "\"+12...\"": expected a number with "+" and its country code, such as +12025550100`},
		{"x between digits", "+1202xx5 none\n", `
n.txt:1:8: "+12...xx5": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands`},
		{"braces without x", "+1202{4} none\n", `
n.txt:1:6: "+12...{4}": expected a digit, or one of "-", ".", "(", ")" between digits`},
		{"braces that hold no count", "+1202x{a} none\n+1202x{ none\n+1202x{} none\n+1202x{1,2}3 none\n+1202x-{2} none\n+1202x{,3} none\n", `
n.txt:1:7: "+12...x{a}": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands
n.txt:2:7: "+12...x{": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands
n.txt:3:7: "+12...x{}": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands
n.txt:4:7: "+12...x{1,2}3": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands
n.txt:5:8: "+12...x-{2}": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands
n.txt:6:7: "+12...x{,3}": expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands`},
		{"least above most", "+1202x{5,2} none\n", `
n.txt:1:7: "+12...x{5,2}": the least, 5, is more than the most, 2`},
		{"too many digits", "+1202x{5,12} none\n+12345678901234xx none\n+12345x{11,} none\n", `
n.txt:1:6: "+12...x{5,12}": numbers of the block have up to 16 digits; E.164 allows 15
n.txt:2:16: "+12...xx": numbers of the block have up to 16 digits; E.164 allows 15
n.txt:3:7: "+12...x{11,}": numbers of the block have up to 16 digits; E.164 allows 15`},
		{"no digit at all", "+x{0,} none\n", `
n.txt:1:2: "+x{0,}": a number has at least one digit: write x{1,} for every number there is`},
		{"x{0}", "+1202x{0} none\n", `
n.txt:1:6: "+12...x{0}": x{0} adds no digit: leave it out for a single number`},
		{"range of two lengths", "+1202..+12030 none\n", `
n.txt:1:8: "+12.....+12...": both ends of a range have one length: the first has 4 digits, the second 5`},
		{"range backwards", "+12025550149..+12025550110 none\n", `
n.txt:1:15: "+12.....+12...": the range ends before it begins: write the lower number first`},
		{"half a range", "+12025550100.. none\n..+12025550100 none\n", `
n.txt:1:13: "+12.....": expected a range such as +12025550110..+12025550149
n.txt:2:1: "..+12...": expected a number with "+" and its country code, such as +12025550100`},
		{"range without the second +", "+12025550100..12025550149 none\n", `
n.txt:1:15: "+12...": expected a number with "+" and its country code, such as +12025550100`},
		{"range of blocks", "+1202555xxxx..+1202556xxxx none\n+12025550100..+1202556xxxx none\n+12025550100..+ none\n", `
n.txt:1:1: "+12...xxxx..+12...xxxx": expected a range such as +12025550110..+12025550149; the ends of a range are whole numbers
n.txt:2:15: "+12.....+12...xxxx": expected a range such as +12025550110..+12025550149; the ends of a range are whole numbers
n.txt:3:15: "+12.....+": expected a range such as +12025550110..+12025550149; the ends of a range are whole numbers`},
		{"three ends", "+12025550100..+12025550110..+12025550120 none\n", `
n.txt:1:29: "+12.....+12.....+12...": expected a digit, or one of "-", ".", "(", ")" between digits`},
		{"D22 TTL", "$TTL -1\n$TTL 2147483648\n$TTL 4294967296\n$TTL one\n$TTL 1h30\n$TTL h\n$TTL 99999999999\n$TTL 9999w\n$TTL 1y\n$TTL 1s1s1s1s1s1s\n$TTL\n$TTL 1h 2h\n$TTL \u0661\n", `
n.txt:1:6: "-1": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:2:6: "21...": a TTL is at most 2147483647 seconds, about 68 years (RFC 2308 section 8)
n.txt:3:6: "42...": a TTL is at most 2147483647 seconds, about 68 years (RFC 2308 section 8)
n.txt:4:6: "one": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:5:6: "1h30": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:6:6: "h": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:7:6: "99...": a TTL is at most 2147483647 seconds, about 68 years (RFC 2308 section 8)
n.txt:8:6: "99...w": a TTL is at most 2147483647 seconds, about 68 years (RFC 2308 section 8)
n.txt:9:6: "1y": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:10:6: "1s1s1s1s1s1s": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:11:1: "$TTL": $TTL needs an argument, such as $TTL 1h or $INCLUDE more.txt
n.txt:12:9: "2h": $TTL takes one argument
n.txt:13:6: "١": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")`},
		{"D22 TTL of an entry", "+12025550100 ttl=-1 none\n+12025550101 ttl= none\n+12025550102 im:a@example.com ttl=300\n+12025550103 ttl=1 ttl=2 none\n", `
n.txt:1:18: "ttl=-1": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:2:18: "ttl=": expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)
n.txt:3:31: "ttl=300": ttl= is of the whole entry: write it right after the number
n.txt:4:20: "ttl=2": ttl= is of the whole entry: write it right after the number`},
		{"D26 directives", "$INCLUDE /etc/passwd\n$GENERATE 1-9 $ NAPTR x\n$ORIGIN e164.arpa.\n$FOO\n$\n$INCLUDE\n", `
n.txt:1:10: "/etc/passwd": $INCLUDE is not allowed here: list the file in the Corefile instead
n.txt:2:1: "$GENERATE": a numbers file has no $GENERATE: numbers are written in full, and blocks take the place of $GENERATE; if this is a zone file, it lacks its SOA record
n.txt:3:1: "$ORIGIN": a numbers file has no $ORIGIN: numbers are written in full, and blocks take the place of $GENERATE; if this is a zone file, it lacks its SOA record
n.txt:4:1: "$FOO": unknown directive: there are $TTL, $INCLUDE and $END
n.txt:5:1: "$": unknown directive: there are $TTL, $INCLUDE and $END
n.txt:6:1: "$INCLUDE": $INCLUDE needs an argument, such as $TTL 1h or $INCLUDE more.txt`},
		{"D29 something after the end", "$END\n+12025550100 none\n im:a@example.com\n$END\n", `
n.txt:2:1: "+12...": $END is the last line of a file: only comments may follow
n.txt:3:2: "im:...@example.com": $END is the last line of a file: only comments may follow
n.txt:4:1: "$END": $END is the last line of a file: only comments may follow`},
		{"$END with an argument", "$END 5\n", `
n.txt:1:6: "5": $END stands alone`},
		{"D1 order and preference", "+12025550100 pref=-1 im:a@example.com\n+12025550101 order=65536 im:a@example.com\n+12025550102 pref=0x1 im:a@example.com\n+12025550103 order= im:a@example.com\n+12025550104 pref=65530 im:a@example.com im:b@example.com\n", `
n.txt:1:19: "pref=-1": expected a whole number from 0 to 65535
n.txt:2:20: "order=65...": expected a whole number from 0 to 65535
n.txt:3:19: "pref=0x1": expected a whole number from 0 to 65535
n.txt:4:20: "order=": expected a whole number from 0 to 65535
n.txt:5:42: "im:...@example.com": the preference of this URI would be more than 65535: set pref= lower`},
		{"settings twice", "+12025550100 pref=1 pref=2 im:a@example.com\n+12025550101 E2U+sip E2U+sip sip:a@example.com\n+12025550102 order=1 order=2 im:a@example.com\n", `
n.txt:1:21: "pref=2": pref= stands twice before one URI
n.txt:2:22: "E2U+sip": a service stands twice before one URI: join them, as in E2U+sip+voicemsg:sip
n.txt:3:22: "order=2": order= stands twice before one URI`},
		{"settings behind the URI", "+12025550100 im:a@example.com pref=20\n+12025550101 im:a@example.com\n  E2U+sip\n", `
n.txt:1:31: "pref=20": the setting stands before no URI: settings stand before the URI they apply to
n.txt:3:3: "E2U+sip": the setting stands before no URI: settings stand before the URI they apply to`},
		{"unknown setting", "+12025550100 preference=20 im:a@example.com\n", `
n.txt:1:14: "preference=20": unknown setting: there are ttl= after the number, and order=, pref= and E2U+type before a URI`},
		{"not a URI", "+12025550100 user@example.com\n+12025550101 example.com\n+12025550102 1im:a@example.com\n+12025550103 :a@example.com\n+12025550104 im\n", `
n.txt:1:14: "...@example.com": expected a URI such as sip:user@example.com: the scheme (im:, sip:, xmpp:, ...) is missing
n.txt:2:14: "example.com": expected a URI such as sip:user@example.com, or one of order=, pref=, E2U+type, NAPTR, NS, DS, none
n.txt:3:14: "1im:...@example.com": expected a URI such as sip:user@example.com: the scheme (im:, sip:, xmpp:, ...) is missing
n.txt:4:14: ":...@example.com": expected a URI such as sip:user@example.com: the scheme (im:, sip:, xmpp:, ...) is missing
n.txt:5:14: "im": expected a URI such as sip:user@example.com, or one of order=, pref=, E2U+type, NAPTR, NS, DS, none`},
		{"D3 services", "+12025550100 E2U sip:a@example.com\n+12025550101 E2U+ sip:a@example.com\n+12025550102 E2U:sip sip:a@example.com\n+12025550103 E2U+sip+ sip:a@example.com\n+12025550104 E2U+" + strings.Repeat("a", 33) + " sip:a@example.com\n+12025550105 E2U+im:sip im:a@example.com\n+12025550106 E2U+p-x sip:a@example.com\n+12025550107 E2U+" + strings.Repeat("a", 256) + " sip:a@example.com\n+12025550108 E2U+si_p sip:a@example.com\n", `
n.txt:1:14: "E2U": no Enumservice behind "E2U": write E2U+type
n.txt:2:14: "E2U+": empty element: "+" or ":" with nothing behind it
n.txt:3:14: "E2U:sip": services do not begin with "E2U+"
n.txt:4:14: "E2U+sip+": empty element: "+" or ":" with nothing behind it
n.txt:5:14: "E2U+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": type or subtype over 32 octets
n.txt:6:25: "im:...@example.com": S04: im has no subtypes: write E2U+im (RFC 5028 2)
n.txt:7:22: "sip:...@example.com": S16: P- type must not leave its private network (RFC 6116 5.1)
n.txt:8:14: "E2U+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": type or subtype over 32 octets
n.txt:9:14: "E2U+si_p": types and subtypes consist of letters, digits and hyphens`},
		{"D17 scheme and service", "+12025550100 E2U+im sip:a@example.com\n+12025550101 E2U+voicemsg:sip tel:+12025550199\n+12025550102 E2U+sip+im sip:a@example.com\n", `
n.txt:1:21: "sip:...@example.com": S05: E2U+im needs an im URI; other schemes their own service (RFC 5028 2)
n.txt:2:31: "tel:+12...": S06: the URI scheme does not fit the Enumservice (RFC 6117 5.2.4)
n.txt:3:25: "sip:...@example.com": S13: no URI fits all of these services: split the record (RFC 6116 3.4.3.2); S05: E2U+im needs an im URI; other schemes their own service (RFC 5028 2)`},
		{"scheme that serves many services", "+12025550100 tel:+12025550199\n+12025550101 mailto:a@example.com\n+12025550102 https://example.com/\n+12025550103 ldap://example.com/\n", `
n.txt:1:14: "tel:+12...": the scheme does not tell the Enumservice: write one of E2U+ems:tel, E2U+fax:tel, E2U+mms:tel, E2U+pstn:tel, E2U+sms:tel, E2U+voice:tel, E2U+voicemsg:tel before the URI
n.txt:2:14: "mailto:...@example.com": the scheme does not tell the Enumservice: write one of E2U+email:mailto, E2U+ems:mailto, E2U+ical-sched:mailto, E2U+ifax:mailto, E2U+mms:mailto, E2U+sms:mailto, E2U+vpim:mailto before the URI
n.txt:3:14: "https://example.com/": the scheme does not tell the Enumservice: write one of E2U+ical-access:https, E2U+unifmsg:https, E2U+vcard, E2U+videomsg:https, E2U+voicemsg:https, E2U+web:https before the URI
n.txt:4:14: "ldap://example.com/": the scheme does not tell the Enumservice: write one of E2U+vpim:ldap before the URI`},
		{"D18 active schemes", "+12025550100 javascript:alert(1)\n+12025550101 data:text/html,x\n+12025550102 file:///etc/passwd\n+12025550103 E2U+web:http javascript:alert(1)\n+12025550104 E2U+x-y file:///etc/passwd\n", `
n.txt:1:14: "javascript:alert(1)": no Enumservice is registered for this scheme; im:, sip:, sips:, xmpp:, pres:, h323:, acct: and iax: need no more
n.txt:2:14: "data:text/html,x": no Enumservice is registered for this scheme; im:, sip:, sips:, xmpp:, pres:, h323:, acct: and iax: need no more
n.txt:3:14: "file:///etc/passwd": no Enumservice is registered for this scheme; im:, sip:, sips:, xmpp:, pres:, h323:, acct: and iax: need no more
n.txt:4:27: "javascript:alert(1)": S06: the URI scheme does not fit the Enumservice (RFC 6117 5.2.4); U07: scheme that runs code or reads local files (RFC 3986 7)
n.txt:5:22: "file:///etc/passwd": U07: scheme that runs code or reads local files (RFC 3986 7)`},
		{"D15 control octets", "+12025550100 im:a\x1b@example.com\n+12025550101 im:a\x7f@example.com\n", `
n.txt:1:18: "im:...@example.com": control character 0x1B: remove it
n.txt:2:18: "im:...@example.com": control character 0x7F: remove it`},
		{"D16 beyond ASCII", "+12025550100 im:\u00e9ric@example.com\n+12025550101 im:a@b\u00fccher.example\n+12025550102 im:a\u202e@example.com\n+12025550103 im:a@exam\u200bple.com\n\u00a0im:a@example.com\n+12025550104 \xff\n", `
n.txt:1:17: "im:...@example.com": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")
n.txt:2:20: "im:...@bücher.example": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")
n.txt:3:18: "im:...@example.com": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")
n.txt:4:23: "im:...@exam\u200bple.com": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")
n.txt:5:1: "\u00a0im:...@example.com": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")
n.txt:6:14: "\xff": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")`},
		{"D19 encoded line ends", "+12025550100 im:a%0d%0ab@example.com\n+12025550101 sip:a%00@example.com\n+12025550102 sip:a%7F@example.com\n", `
n.txt:1:18: "im:...@example.com": an encoded control character: remove it
n.txt:2:19: "sip:...@example.com": an encoded control character: remove it
n.txt:3:19: "sip:...@example.com": an encoded control character: remove it`},
		{"characters of URIs", "+12025550100 sip:a%zz@example.com\n+12025550101 sip:a%4\n+12025550102 sip:<a@example.com>\n+12025550103 sip:a|b@example.com\n+12025550104 sip:\\1@example.com\n+12025550105 sip:\n+12025550106 sip:@example.com\n+12025550107 \"sip:a@example.com\"\n", `
n.txt:1:19: "sip:...@example.com": "%" begins an octet in two hexadecimal digits; the character itself is written %25
n.txt:2:19: "sip:...": "%" begins an octet in two hexadecimal digits; the character itself is written %25
n.txt:3:18: "sip:...@example.com>": '<' is no character of a URI (RFC 3986): write it as %3C
n.txt:4:19: "sip:...@example.com": '|' is no character of a URI (RFC 3986): write it as %7C
n.txt:5:18: "sip:...@example.com": a backslash is no character of a URI (RFC 3986); for the digits of the number write a placeholder: {number}, {digits}, {rest} and {last1} to {last15}
n.txt:6:14: "sip:": nothing stands behind the scheme
n.txt:7:18: "sip:...@example.com": nothing stands before the "@"
n.txt:8:14: "\"sip:...@example.com\"": expected a URI such as sip:user@example.com: the scheme (im:, sip:, xmpp:, ...) is missing`},
		{"im URIs", "+12025550100 im:alice\n+12025550101 im:alice@localhost\n+12025550102 im://alice@example.com\n+12025550103 im:alice@example.com,bob@example.com\n+12025550104 im:alice@example.com#x\n+12025550105 im:alice@example.com.\n", `
n.txt:1:14: "im:...": I11: no domain: write user@domain (RFC 3861 3)
n.txt:2:14: "im:...@localhost": I22: domain is not fully qualified (RFC 3861 3)
n.txt:3:14: "im:...@example.com": I13: "//" behind the scheme: leave it out (RFC 3860 A.2)
n.txt:4:14: "im:...@example.com": I14: more than one mailbox: write a record for each (RFC 3860 A.2)
n.txt:5:14: "im:...@example.com#x": U03: URI with a fragment: write # as %23 (RFC 6116 3.3)
n.txt:6:14: "im:...@example.com.": I15: dot at the end of the domain: leave it out (RFC 2822 3.4.1)`},
		{"D14 long URI", "+12025550100 sip:" + strings.Repeat("a", 233) + "@example.com\n+12025550101 sip:" + strings.Repeat("a", 221) + "{number}@example.com\n+1202x{4} sip:" + strings.Repeat("a", 200) + "{number}{number}{number}{number}{number}@x.com\n+1202x{4} sip:" + strings.Repeat("a", 230) + "{number}@x.com\n", `
n.txt:1:14: "sip:...@example.com": the URI is too long: with the expression around it, it has more than 255 octets, which a NAPTR cannot hold
n.txt:2:14: "sip:...@example.com": the URI is too long: with the expression around it, it has more than 255 octets, which a NAPTR cannot hold
n.txt:3:11: "sip:...@x.com": the URI is too long: with the expression around it, it has more than 255 octets, which a NAPTR cannot hold
n.txt:4:11: "sip:...@x.com": the URI is too long: with the expression around it, it has more than 255 octets, which a NAPTR cannot hold`},
		{"D23 duplicates", "+12025550100 im:a@example.com sip:b@example.com\n im:a@example.com\n+12025550101 E2U+sip sip:a@example.com sip:a@example.com\n+12025550102 sip:a@example.com NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n", `
n.txt:2:2: "im:...@example.com": the entry has this record twice
n.txt:3:40: "sip:...@example.com": the entry has this record twice
n.txt:4:32: "!^.*$!sip:...@example.com!": the entry has this record twice`},
		{"D23 more than a message holds", "+12025550100 none\n+12025550101" + many(1400) + "\n", `
n.txt:936:3: "sip:...@subscribers.example.com": with this, the 934 records of the entry are more than one DNS message holds`},
		{"unknown placeholder", "+1202555xxxx sip:{foo}@example.com\n+1202555xxxx sip:{last16}@example.com\n+1202555xxxx sip:{last0}@example.com\n+1202555xxxx sip:{last}@example.com\n+1202555xxxx sip:{}@example.com\n", `
n.txt:1:18: "sip:...@example.com": unknown placeholder; there are {number}, {digits}, {rest} and {last1} to {last15}
n.txt:2:18: "sip:...@example.com": unknown placeholder; there are {number}, {digits}, {rest} and {last1} to {last15}
n.txt:3:18: "sip:...@example.com": unknown placeholder; there are {number}, {digits}, {rest} and {last1} to {last15}
n.txt:4:18: "sip:...@example.com": unknown placeholder; there are {number}, {digits}, {rest} and {last1} to {last15}
n.txt:5:18: "sip:...@example.com": unknown placeholder; there are {number}, {digits}, {rest} and {last1} to {last15}`},
		{"braces", "+1202555xxxx sip:{number@example.com\n+1202555xxxx sip:number}@example.com\n+1202555xxxx sip:{{number}}@example.com\n", `
n.txt:1:18: "sip:...@example.com": a brace begins a placeholder, but "}" is missing; there are {number}, {digits}, {rest} and {last1} to {last15}
n.txt:2:24: "sip:...@example.com": "}" ends no placeholder: write %7D for the character itself
n.txt:3:18: "sip:...@example.com": a brace begins a placeholder, but "}" is missing; there are {number}, {digits}, {rest} and {last1} to {last15}`},
		{"rest of a range of one number", "+12025550100..+12025550100 sip:{rest}@example.com\n", `
n.txt:1:28: "sip:...@example.com": {rest} stands for the digits behind those that all numbers share; this range holds one number`},
		{"rest of a single number", "+12025550100 sip:{rest}@example.com\n", `
n.txt:1:14: "sip:...@example.com": {rest} stands for the digits behind those that the numbers of a block share; this is a single number`},
		{"more last digits than there are", "+1202555xxxx sip:{last12}@example.com\n+1202 sip:{last5}@example.com\n", `
n.txt:1:14: "sip:...@example.com": {last12} needs 12 digits, the number has 11
n.txt:2:7: "sip:...@example.com": {last5} needs 5 digits, the number has 4`},
		{"last digits in open length", "+4989123x{1,5} sip:{last3}@example.de\n+4989123x{0,5} sip:{last1}@example.de\n", `
n.txt:1:16: "sip:...@example.de": {last3} reaches into the fixed digits of a block of open length: its shortest numbers have 1 more, and no substitution expression cuts the others at the same place; use {rest} or {digits}, or write blocks of one length
n.txt:2:16: "sip:...@example.de": {last1} reaches into the fixed digits of a block of open length: its shortest numbers have 0 more, and no substitution expression cuts the others at the same place; use {rest} or {digits}, or write blocks of one length`},
		{"ten placeholders", "+1202555xxxx sip:{number}{digits}{last1}{last2}{last3}{last4}{last5}{last6}{last7}{last8}@example.com\n", `
n.txt:1:14: "sip:...@example.com": 10 different placeholders stand in the URI, a substitution expression has at most 9 (RFC 3402 section 3.2)`},
		{"empty user for the shortest number", "+4989123x{0,5} sip:{rest}@example.de\n", `
n.txt:1:16: "sip:...@example.de": for the shortest number of the block the user part is empty: use {digits}, or begin the block at one digit more, as in x{1,3}, and give that number a line of its own`},
		{"backslash in a template", "+1202555xxxx sip:\\1@example.com\n", `
n.txt:1:18: "sip:...@example.com": a backslash is no character of a URI (RFC 3986); for the digits of the number write a placeholder: {number}, {digits}, {rest} and {last1} to {last15}`},
		{"im template without domain", "+1202555xxxx im:{number}\n", `
n.txt:1:14: "im:...": I11: no domain: write user@domain (RFC 3861 3)`},
		{"D1 raw NAPTR", naptrs(`-1 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .`, `10 65536 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .`, `10`, `10 10 u "E2U+sip" "!^.*$!sip:a@example.com!" .`, `10 10 "u" "E2U+sip`, `10 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!"`, `10 10 "u" "E2U+sip""!^.*$!sip:a@example.com!" .`, `10 10 "u"`), `
n.txt:1:20: "-1": expected the order of the NAPTR, a whole number from 0 to 65535: NAPTR order preference "flags" "services" "regexp" replacement
n.txt:2:23: "65...": expected the preference of the NAPTR, a whole number from 0 to 65535: NAPTR order preference "flags" "services" "regexp" replacement
n.txt:3:22: expected the preference of the NAPTR, a whole number from 0 to 65535: NAPTR order preference "flags" "services" "regexp" replacement
n.txt:4:26: "u": expected the flags of the NAPTR in quotes, and a blank behind them: NAPTR order preference "flags" "services" "regexp" replacement
n.txt:5:30: "\"E2U+sip": expected the services of the NAPTR in quotes, and a blank behind them: NAPTR order preference "flags" "services" "regexp" replacement
n.txt:6:14: "NAPTR": the replacement is missing: write "." behind the regexp
n.txt:7:30: "E2U+sip": expected the services of the NAPTR in quotes, and a blank behind them: NAPTR order preference "flags" "services" "regexp" replacement
n.txt:8:29: expected the services of the NAPTR in quotes, and a blank behind them: NAPTR order preference "flags" "services" "regexp" replacement`},
		{"D2 flags", naptrs(`10 10 "" "E2U+sip" "!^.*$!sip:a@example.com!" .`, `10 10 "s" "E2U+sip" "!^.*$!sip:a@example.com!" .`, `10 10 "uu" "E2U+sip" "!^.*$!sip:a@example.com!" .`, `10 10 "é" "E2U+sip" "!^.*$!sip:a@example.com!" .`), `
n.txt:1:14: "!^.*$!sip:...@example.com!": F14: regexp but no flag: write "u" (RFC 6116 3.4.2)
n.txt:2:14: "!^.*$!sip:...@example.com!": F05: unknown flag: write "u" (RFC 6116 3.4.2)
n.txt:3:14: "!^.*$!sip:...@example.com!": F05: unknown flag: write "u" (RFC 6116 3.4.2)
n.txt:4:27: "é": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")`},
		{"D4 D5 D21 regexp and replacement", naptrs(`10 10 "u" "E2U+sip" "" .`, `10 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" example.com.`, `10 10 "u" "E2U+sip" "" example.com.`, `10 10 "" "" "" exa..mple.com.`, `10 10 "" "" "" `+strings.Repeat("a", 64)+`.`, `10 10 "" "" "" `+strings.Repeat("a.", 128), `10 10 "" "" "" a\.b.`, `10 10 "" "" "" bücher.`), `
n.txt:1:14: F04: no regexp: nothing yields a URI (RFC 3402 3.3)
n.txt:2:14: "!^.*$!sip:...@example.com!": F03: regexp and replacement both set: write "." for the latter (RFC 3403 4.1)
n.txt:3:14: F15: a replacement yields no URI: write a regexp (RFC 5483 5.2.3)
n.txt:4:39: "exa..mple.com.": empty label in the domain name
n.txt:5:98: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": a label of a domain name has at most 63 octets
n.txt:6:35: "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.": a domain name has at most 255 octets
n.txt:7:36: "a\.b.": expected a domain name such as ns1.example.net.
n.txt:8:36: "bücher.": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")`},
		{"D6 D7 D8 delimiters", naptrs(`10 10 "u" "E2U+sip" "1^.*$1sip:a@example.com1" .`, `10 10 "u" "E2U+sip" "!^.*$!sip:a@example.com" .`, `10 10 "u" "E2U+sip" "!^.*$!sip:a!b@example.com!" .`, `10 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!g" .`), `
n.txt:1:14: "1^.*$1sip:...@example.com1": R02: character cannot be a delimiter: write "!" (RFC 3402 3.2)
n.txt:2:14: "!^.*$!sip:...@example.com": R03: not three delimiters: write !pattern!URI! (RFC 3402 3.2)
n.txt:3:14: "!^.*$!sip:...@example.com!": R03: not three delimiters: write !pattern!URI! (RFC 3402 3.2)
n.txt:4:14: "!^.*$!sip:...@example.com!g": R06: unknown text behind the last delimiter (RFC 3402 3.2)`},
		{"D9 D10 back-references", naptrs(`10 10 "u" "E2U+sip" "!^.*$!sip:\1@example.com!" .`, `10 10 "u" "E2U+sip" "!^(.*)$!sip:\0@example.com!" .`, `10 10 "u" "E2U+sip" "!^(.*)$!sip:\\1@example.com!" .`, `10 10 "u" "E2U+sip" "!^.*$!sip:a@example.com\!" .`), `
n.txt:1:14: "!^.*$!sip:...@example.com!": R08: back-reference to a group that is not there (RFC 3402 3.2)
n.txt:2:14: "!^(.*)$!sip:...@example.com!": R07: \0 is no back-reference: write ^(.*)$ and \1 (RFC 3402 3.2)
n.txt:3:53: "!^(.*)$!sip:...@example.com!": two backslashes: nothing is an escape inside these quotes, write one, as in "!^\+1202(.*)$!sip:\1@example.com!"
n.txt:4:14: "!^.*$!sip:...@example.com\!": R03: not three delimiters: write !pattern!URI! (RFC 3402 3.2)`},
		{"D12 D13 patterns", naptrs(`10 10 "u" "E2U+sip" "!^+1(.*)$!sip:\1@example.com!" .`, `10 10 "u" "E2U+sip" "!^\d+$!sip:a@example.com!" .`, `10 10 "u" "E2U+sip" "!^[[.a.]]$!sip:a@example.com!" .`, `10 10 "u" "E2U+sip" "!^(.*$!sip:a@example.com!" .`), `
n.txt:1:14: "!^+1(.*)$!sip:...@example.com!": R13: nothing to repeat: a literal plus is \+ (RFC 6116 5.1)
n.txt:2:14: "!^\d+$!sip:...@example.com!": R15: not a POSIX extended regular expression (RFC 3402 3.2)
n.txt:3:14: "!^[[.a.]]$!sip:...@example.com!": R31: malformed regular expression (RFC 3402 3.2)
n.txt:4:14: "!^(.*$!sip:...@example.com!": R31: malformed regular expression (RFC 3402 3.2)`},
		{"expression that does not match its number", naptrs(`10 10 "u" "E2U+sip" "!^\+44(.*)$!sip:\1@example.com!" .`, `10 10 "u" "E2U+sip" "!^1202(.*)$!sip:\1@example.com!" .`), `
n.txt:1:14: "!^\+44(.*)$!sip:...@example.com!": R18: expression does not match its own number (RFC 3402 3.3)
n.txt:2:14: "!^12...(.*)$!sip:...@example.com!": R19: expression forgets the "+" of the number (RFC 6116 3.1)`},
		{"D14 long raw fields", naptrs(`10 10 "`+strings.Repeat("u", 256)+`" "" "" .`, `10 10 "u" "E2U+sip" "!^.*$!sip:`+strings.Repeat("a", 240)+`@example.com!" .`), `
n.txt:1:26: "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu": at most 255 octets fit into the flags of a NAPTR
n.txt:2:40: "!^.*$!sip:...@example.com!": at most 255 octets fit into the regexp of a NAPTR`},
		{"settings before a raw NAPTR", naptrs(`10 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" . pref=10 NAPTR`), `
n.txt:1:77: "NAPTR": settings apply to URIs; a NAPTR brings its own order, preference and service`},
		{"delegation of a block", "+4420xx NS ns.example.net.\n", `
n.txt:1:9: "NS": a delegation begins with the digits that are delegated, not with a block: everything below them is delegated`},
		{"delegation and records", "+4420 im:a@example.com NS ns.example.net.\n+4421 NS ns.example.net.\n  im:a@example.com\n+4422 pref=1 NS ns.example.net.\n+4423 NS ns.example.net.\n none\n+4424 none\n NS ns.example.net.\n", `
n.txt:1:24: "NS": records stand before it: a number is either delegated or has records here
n.txt:3:3: "im:...@example.com": the entry is a delegation: what stands below it is for its name servers to answer
n.txt:4:14: "NS": settings apply to URIs, not to a delegation
n.txt:6:2: "none": "none" says that there are no records, but some stand before it
n.txt:8:2: "NS": "none" says that there are no records: nothing may follow it`},
		{"NS", "+4420 NS\n+4421 NS ns..example.net.\n+4422 NS ns.example.net. NS ns2.example.net.\n+4423 NS ns.example.net.\n NS NS.example.net\n+4424 NS n\u00e9.example.net.\n+4425 NS .\n", `
n.txt:1:7: "NS": NS needs a name server: NS ns1.example.net.
n.txt:2:13: "ns..example.net.": empty label in the domain name
n.txt:3:26: "NS": expected an IPv4 or IPv6 address of the name server; a further NS or DS begins a line of its own
n.txt:5:5: "NS.example.net": the name server stands twice in the delegation
n.txt:6:11: "né.example.net.": only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")
n.txt:7:10: ".": empty label in the domain name`},
		{"glue", "+4420 NS ns.0.2.4.4.e164.arpa.\n+4421 NS ns.example.net. 192.0.2.1\n+4422 NS ns.2.2.4.4.e164.arpa. 192.0.2.256\n+4423 NS ns.3.2.4.4.e164.arpa. 192.0.2.1 192.0.2.1\n+4424 NS ns.4.2.4.4.e164.arpa. fe80::1%eth0\n", `
n.txt:1:10: "ns.0.2....e164.arpa.": the name server lies in the part that is delegated, so nobody finds it without its addresses: write them behind its name (RFC 9471)
n.txt:3:32: "19...": expected an IPv4 or IPv6 address of the name server; a further NS or DS begins a line of its own
n.txt:4:42: "19...": the address stands twice
n.txt:5:32: "fe80::1%eth0": expected an IPv4 or IPv6 address of the name server; a further NS or DS begins a line of its own`},
		{"DS", "+4420 DS 1 13 2 " + strings.Repeat("ab", 32) + "\n+4421 NS ns.example.net.\n DS 65536 13 2 ab\n+4422 NS ns.example.net.\n DS 1 256 2 ab\n+4423 NS ns.example.net.\n DS 1 13 2 abcd\n+4424 NS ns.example.net.\n DS 1 13 9 xyz\n+4425 NS ns.example.net.\n DS 1 13 9\n+4426 NS ns.example.net.\n DS 1 13 9 ab\n DS 1 13 9 ab\n+4427 DS\n", `
n.txt:1:1: "+44...": a DS without name servers delegates nothing: add NS lines
n.txt:3:5: "65...": expected the key tag of the DS, a whole number from 0 to 65535: DS key-tag algorithm digest-type digest
n.txt:5:7: "256": expected the algorithm of the DS, a whole number from 0 to 255: DS key-tag algorithm digest-type digest
n.txt:7:12: "abcd": a digest of type 2 has 32 octets, this one 2: was it cut short?
n.txt:9:12: "xyz": expected the digest of the DS in hexadecimal digits, two an octet, to the end of the line
n.txt:11:11: expected the digest of the DS in hexadecimal digits, two an octet, to the end of the line
n.txt:14:2: "DS": the DS stands twice in the delegation
n.txt:15:9: expected the key tag of the DS, a whole number from 0 to 65535: DS key-tag algorithm digest-type digest`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := parse(t, c.src, Options{Apexes: apexes(t, "e164.arpa")})
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != strings.TrimSpace(c.want) {
				t.Errorf("got\n%s\nwant\n%s", got, strings.TrimSpace(c.want))
			}
		})
	}
}

// What is wrong with a number depends on the trees that are served.
func TestErrorsOfTrees(t *testing.T) {
	for _, c := range []struct {
		name   string
		apexes []string
		plan   bool
		src    string
		want   string
	}{
		{"another country", []string{"4.4.e164.arpa"}, false, "+12025550100 none\n+1202555xxxx none\n", `
n.txt:1:1: "+12...": outside the tree: the apex 4.4.e164.arpa. holds the numbers that begin with +44 only
n.txt:2:1: "+12...xxxx": not all of the block lies in the tree: the apex 4.4.e164.arpa. holds the numbers that begin with +44 only`},
		{"the apex itself", []string{"4.4.e164.arpa"}, false, "+44 NS ns.example.net.\n+44x{0,5} none\n", `
n.txt:1:1: "+44": the apex 4.4.e164.arpa. itself stands for these digits: an entry needs at least one more
n.txt:2:1: "+44x{0,5}": the apex 4.4.e164.arpa. itself stands for these digits: an entry needs at least one more`},
		{"more than the tree", []string{"4.4.e164.arpa"}, false, "+4xxxxx none\n+4399..+4401 none\n", `
n.txt:1:1: "+4xxxxx": not all of the block lies in the tree: the apex 4.4.e164.arpa. holds the numbers that begin with +44 only
n.txt:2:1: "+43.....+44...": not all of the block lies in the tree: the apex 4.4.e164.arpa. holds the numbers that begin with +44 only`},
		{"several trees", []string{"4.4.e164.arpa", "9.4.e164.example.com"}, false, "+12025550100 none\n", `
n.txt:1:1: "+12...": outside every tree that is served: 4.4.e164.arpa. (+44), 9.4.e164.example.com. (+49)`},
		{"dial plan", []string{"dial.example.com"}, true, "+4711 none\nabc none\n47a none\n; x\n12..+13 none\n2xx sip:{last4}@example.com\n0x{15,} none\n", `
n.txt:1:1: "+47...": this tree is a dial plan: write the digits that are dialled, without "+"
n.txt:2:1: "abc": expected the digits of a number of the dial plan, such as 4711
n.txt:3:3: "47a": expected a digit, or one of "-", ".", "(", ")" between digits
n.txt:4:1: ";": expected the digits of a number of the dial plan, such as 4711; a comment begins with "#"
n.txt:5:5: "12..+13": this tree is a dial plan: write the digits that are dialled, without "+"
n.txt:6:5: "sip:...@example.com": {last4} needs 4 digits, the number has 3
n.txt:7:2: "0x{15,}": numbers of the block have up to 16 digits; E.164 allows 15`},
		{"P- types and short domains are for private trees", []string{"e164.arpa", "e164.example.com"}, false, "+12025550100 E2U+p-x im:a@localhost\n", `
n.txt:1:22: "im:...@localhost": S16: P- type must not leave its private network (RFC 6116 5.1); I22: domain is not fully qualified (RFC 3861 3)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := parse(t, c.src, Options{Apexes: apexes(t, c.apexes...), DialPlan: c.plan})
			if err == nil || err.Error() != strings.TrimSpace(c.want) {
				t.Errorf("got\n%v\nwant\n%s", err, strings.TrimSpace(c.want))
			}
		})
	}
	if _, _, err := parse(t, "+12025550100 E2U+p-x im:a@localhost\n", Options{Apexes: apexes(t, "e164.example.com")}); err != nil {
		t.Errorf("a private tree takes P- types and short domains: %v", err)
	}
}

// Without apexes, the rules of public trees hold.
func TestNoApexIsPublic(t *testing.T) {
	_, _, err := parse(t, "+12025550100 E2U+p-x sip:a@example.com\n", Options{})
	if err == nil || !strings.Contains(err.Error(), "S16") {
		t.Errorf("got %v", err)
	}
}

// What an entry with a fault set does not reach the next one.
func TestNothingLeaksFromBrokenEntries(t *testing.T) {
	got, _, err := parse(t, "+12025550100 ttl=5 order=3 pref=4 E2U+voicemsg:sip foo\n+12025550101 sip:a@example.com\n"+
		"+4420 NS ns.example.net. foo\n+12025550102 none\n+12025550103 none foo\n+12025550104 pref=1 order=1 sip:b@example.com\n", Options{})
	want := []string{
		"2 12025550101 3600 | 100 10 u E2U+sip !^.*$!sip:a@example.com!",
		"4 12025550102 3600",
		"6 12025550104 3600 | 1 1 u E2U+sip !^.*$!sip:b@example.com!",
	}
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

// Only the first faults are shown, the rest is counted; entries without fault are still looked at.
func TestFirstTwenty(t *testing.T) {
	got, _, err := parse(t, strings.Repeat("+12025550100 foo\n  bar\n", 30)+"+12025550100 none\n", Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "\nand 10 more") || strings.Count(err.Error(), "\n") != 20 || len(got) != 1 {
		t.Errorf("%d entries, %v", len(got), err)
	}
}

// many returns n URIs.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\n  sip:user%d@subscribers.example.com", i)
	}
	return b.String()
}

// naptrs returns an entry with each of these NAPTRs.
func naptrs(list ...string) string {
	var b strings.Builder
	for i, s := range list {
		fmt.Fprintf(&b, "+120255501%02d NAPTR %s\n", i, s)
	}
	return b.String()
}
