package master

import (
	"strings"
	"testing"
)

// Every fault of a file as the user sees it. Unless whole is set, src follows frame, whose lines are
// 1 to 4.
func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		name  string
		whole bool
		src   string
		want  []string
	}{
		{"empty file", true, "", []string{
			"zone:1: expected an SOA record: a zone file begins with one",
		}},
		{"comments only", true, "; nothing here\n", []string{
			"zone:1: expected an SOA record: a zone file begins with one",
		}},
		{"blank owner at the beginning", true, "$ORIGIN 1.e164.arpa.\n 60 SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n TXT a\n", []string{
			"zone:2:2: \"60\": expected an owner name: no record stands before this one whose name could be repeated",
		}},
		{"D22 units that add up to too much", false, "1 3000w3000w TXT a\n2 3500w1 TXT a\n3 w TXT a\n4 3550w99999999 TXT a\n", []string{
			"zone:5:3: \"30...w30...w\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
			"zone:7:3: \"w\": expected a record type; one that has no name here is written TYPE123 \\# LENGTH HEX (RFC 3597)",
			"zone:8:3: \"35...w99...\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 $TTL without number", false, "$TTL w\n$TTL 1hh\n$TTL \"60\"\n$TTL 60 60\n$TTL \"\n", []string{
			"zone:5:6: \"w\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
			"zone:6:6: \"1hh\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
			"zone:7:6: \"60\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
			"zone:8:9: \"60\": expected the end of the directive",
			"zone:9:6: \"\\\"\": expected a closing \" on the same line",
		}},
		{"no SOA", true, "$ORIGIN 1.e164.arpa.\n$TTL 60\n1 TXT a\n2 TXT b\n", []string{
			"zone:3:3: expected an SOA record first: a zone file begins with one",
		}},
		{"SOA not first", true, "$ORIGIN 1.e164.arpa.\n$TTL 60\n@ NS ns1.example.com.\n@ SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", []string{
			"zone:3:3: expected an SOA record first: a zone file begins with one",
		}},
		{"broken SOA blames nothing else", true, "$ORIGIN 1.e164.arpa.\n$TTL 60\n@ SOA ns1.example.com.\n@ NS ns1.example.com.\n", []string{
			"zone:3:7: \"ns1.example.com.\": expected the data of SOA as SERVER MAILBOX ( SERIAL REFRESH RETRY EXPIRE MINIMUM ): bad SOA Mbox",
		}},
		{"root apex", true, ". 60 SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", []string{
			"zone:1:1: \".\": expected the name of a zone of numbers, such as e164.arpa., with at most 15 digits in it",
		}},
		{"apex of sixteen digits", true, "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.e164.arpa. 60 SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", []string{
			"zone:1:1: \"1.1....e164.arpa.\": expected the name of a zone of numbers, such as e164.arpa., with at most 15 digits in it",
		}},
		{"relative owner without origin", true, "1 60 SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", []string{
			"zone:1:1: \"1\": expected an owner name with a final dot, or an $ORIGIN before it: there is nothing to complete this one with",
		}},
		{"@ without origin", true, "@ 60 SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", []string{
			"zone:1:1: \"@\": expected an owner name with a final dot, or an $ORIGIN before it: there is nothing to complete this one with",
		}},
		{"D25 UTF-16", true, "\xff\xfe$\x00T\x00", []string{
			"zone:1:1: expected text: this is UTF-16, save the file as UTF-8 or ASCII",
		}},
		{"D25 UTF-16 the other way", true, "\xfe\xff\x00$", []string{
			"zone:1:1: expected text: this is UTF-16, save the file as UTF-8 or ASCII",
		}},
		{"D25 NUL-filled", true, "$ORIGIN 1.e164.arpa.\n\x00\x00\x00\x00", []string{
			"zone:2:1: expected text: here stands a NUL octet; is this a zone file? Write \\000 where it is meant",
		}},
		{"D25 CR only", true, "$ORIGIN 1.e164.arpa.\r$TTL 60\r", []string{
			"zone:1:30: expected a line feed behind the carriage return: lines end in LF or CRLF",
		}},
		{"D25 no newline at the end", false, "1 TXT \"a\"\n1 TXT \"b", []string{
			"zone:6:9: expected a newline at the end of the file: is the file cut short?",
		}},
		{"second SOA", false, "1 TXT a\n@ SOA ns1.example.com. hm.example.com. 2 7200 900 1209600 300\n", []string{
			"zone:6:3: expected one SOA record: the first stands in line 3",
		}},
		{"SOA elsewhere", false, "1 SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", []string{
			"zone:5:3: expected one SOA record: the first stands in line 3",
		}},
		{"outside the zone", false, "1.5.e164.arpa. TXT a\n TXT b\nns1.example.com. A 192.0.2.1\nx4.4.e164.arpa. TXT a\n", []string{
			"zone:5:1: \"1.5.e164.arpa.\": expected a name at or below 4.4.e164.arpa., the apex of the zone",
			"zone:7:1: \"ns1.example.com.\": expected a name at or below 4.4.e164.arpa., the apex of the zone",
			"zone:8:1: \"x4.4.e164.arpa.\": expected a name at or below 4.4.e164.arpa., the apex of the zone",
		}},
		{"unknown type", false, "1 NAPTTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:3: \"NAPTTR\": expected a record type; one that has no name here is written TYPE123 \\# LENGTH HEX (RFC 3597)",
		}},
		{"query type", false, "1 ANY\n", []string{
			"zone:5:3: \"ANY\": expected a record type; one that has no name here is written TYPE123 \\# LENGTH HEX (RFC 3597)",
		}},
		{"no type", false, "1 300 IN\n", []string{
			"zone:5:9: expected a record type",
		}},
		{"no type at all", false, "1\n", []string{
			"zone:5:2: expected a record type",
		}},
		{"quoted type", false, "1 \"TXT\" a\n", []string{
			"zone:5:3: \"TXT\": expected a TTL, a class or a record type without quotes",
		}},
		{"class CH", false, "1 CH TXT a\n", []string{
			"zone:5:3: \"CH\": expected class IN, once",
		}},
		{"class CLASS3", false, "1 CLASS3 TXT a\n", []string{
			"zone:5:3: \"CLASS3\": expected class IN, once",
		}},
		{"class twice", false, "1 IN IN TXT a\n", []string{
			"zone:5:6: \"IN\": expected class IN, once",
		}},
		{"TTL twice", false, "1 300 300 TXT a\n", []string{
			"zone:5:7: \"300\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 TTL -1", false, "1 -1 TXT a\n", []string{
			"zone:5:3: \"-1\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 TTL 2^31", false, "1 2147483648 TXT a\n", []string{
			"zone:5:3: \"21...\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 TTL 2^32", false, "1 4294967296 TXT a\n", []string{
			"zone:5:3: \"42...\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 TTL of 4000 weeks", false, "1 4000w TXT a\n", []string{
			"zone:5:3: \"40...w\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 TTL text", false, "1 5x TXT a\n", []string{
			"zone:5:3: \"5x\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 $TTL text", false, "$TTL soon\n", []string{
			"zone:5:6: \"soon\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D22 $TTL missing", false, "$TTL\n", []string{
			"zone:5:5: expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m",
		}},
		{"D1 order -1", false, "1 NAPTR -1 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:9: \"-1\": expected an order from 0 to 65535",
		}},
		{"D1 order 65536", false, "1 NAPTR 65536 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:9: \"65...\": expected an order from 0 to 65535",
		}},
		{"D1 order 0x1", false, "1 NAPTR 0x1 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:9: \"0x1\": expected an order from 0 to 65535",
		}},
		{"D1 order empty", false, "1 NAPTR \"\" 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:9: expected an order from 0 to 65535",
		}},
		{"D1 preference 65536", false, "1 NAPTR 1 65536 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:11: \"65...\": expected a preference from 0 to 65535",
		}},
		{"D1 nothing", false, "1 NAPTR\n", []string{
			"zone:5:8: expected an order from 0 to 65535",
		}},
		{"D1 order only", false, "1 NAPTR 100\n", []string{
			"zone:5:12: expected a preference from 0 to 65535",
		}},
		{"D4 no flags", false, "1 NAPTR 100 10\n", []string{
			"zone:5:15: expected flags",
		}},
		{"D4 no services", false, "1 NAPTR 100 10 \"u\"\n", []string{
			"zone:5:19: expected services",
		}},
		{"D4 no regexp", false, "1 NAPTR 100 10 \"u\" \"E2U+im\"\n", []string{
			"zone:5:28: expected a regexp",
		}},
		{"B95 replacement missing", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\"\n", []string{
			"zone:5:58: expected a replacement: a domain name without quotes, or . where there is none",
		}},
		{"B95 replacement empty", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" \"\"\n", []string{
			"zone:5:59: expected a replacement: a domain name without quotes, or . where there is none",
		}},
		{"replacement in quotes", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" \".\"\n", []string{
			"zone:5:59: \".\": expected a replacement: a domain name without quotes, or . where there is none",
		}},
		{"a field too many", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" . .\n", []string{
			"zone:5:61: \".\": expected the end of the record: nothing more belongs to the data of NAPTR",
		}},
		{"D21 replacement too long", false, "1 NAPTR 100 10 \"\" \"\" \"\" " + strings.Repeat("x", 59) + "." + strings.Repeat("x", 59) + "." + strings.Repeat("x", 59) + "." + strings.Repeat("x", 59) + "." + strings.Repeat("x", 59) + ".\n", []string{
			"zone:5:25: \"" + strings.Repeat("x", 59) + ".\": expected a replacement: a domain name without quotes, or . where there is none: domain name has more than 255 octets",
		}},
		{"D21 label too long", false, "1 NAPTR 100 10 \"\" \"\" \"\" " + strings.Repeat("x", 64) + ".\n", []string{
			"zone:5:25: \"" + strings.Repeat("x", 60) + "\": expected a replacement: a domain name without quotes, or . where there is none: label has more than 63 octets",
		}},
		{"D21 empty label", false, "1 NAPTR 100 10 \"\" \"\" \"\" a..example.\n", []string{
			"zone:5:25: \"a..example.\": expected a replacement: a domain name without quotes, or . where there is none: domain name has an empty label",
		}},
		{"B93 single backslash before a digit", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^(\\+44.*)$!im:\\1@x.example!\" .\n", []string{
			"zone:5:29: \"!^(\\+44.*)$!im:...@x.example!\": expected a regexp with whole escapes: \\DDD up to \\255, or \\X; the back-reference \\1 is written \\\\1 in a zone file",
		}},
		{"escape above 255", false, "1 TXT \"\\256\"\n", []string{
			"zone:5:7: \"\\256\": expected a character-string with whole escapes: \\DDD up to \\255, or \\X; the back-reference \\1 is written \\\\1 in a zone file",
		}},
		{"D14 field of 256 octets", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"" + strings.Repeat("x", 256) + "\" .\n", []string{
			"zone:5:29: \"" + strings.Repeat("x", 60) + "\": expected a regexp of at most 255 octets, not 256",
		}},
		{"D14 field of 256 escaped octets", false, "1 NAPTR 100 10 \"" + strings.Repeat(`\120`, 256) + "\" \"E2U+im\" \"\" .\n", []string{
			"zone:5:16: \"\\12...\": expected flags of at most 255 octets",
		}},
		{"D14 field of 10000 escaped octets", false, "1 NAPTR 100 10 \"" + strings.Repeat(`\120`, 10000) + "\" \"E2U+im\" \"\" .\n", []string{
			"zone:5:16: \"\\12...\": expected flags of at most 255 octets",
		}},
		{"D10 backslash at the end of the line", false, "1 TXT a\\\n2 TXT b\n", []string{
			"zone:5:8: \"\\\": expected a character behind the backslash",
		}},
		{"D10 backslash before the closing quote", false, "1 TXT \"a\\\"\n", []string{
			"zone:5:7: \"\\\"a\\\\\"\": expected a closing \" on the same line",
		}},
		{"quote left open", false, "1 TXT \"a\n2 TXT \"b\"\n", []string{
			"zone:5:7: \"\\\"a\": expected a closing \" on the same line",
		}},
		{"quote inside a word", false, "1 TXT a\"b\"\n", []string{
			"zone:5:8: \"\\\"b\\\"\": expected no quote inside a word; write \\\" for the character, or a blank before the quoted text",
		}},
		{"parenthesis left open", false, "1 TXT ( a\n2 TXT b\n3 TXT c\n", []string{
			"zone:5:7: expected a \")\" for this \"(\" before the end of the file: is the file cut short?",
		}},
		{"parenthesis not opened", false, "1 TXT a )\n2 TXT b\n", []string{
			"zone:5:9: \")\": expected no \")\" without a \"(\" before it; write \\) for the character",
		}},
		{"carriage return in a line", false, "1 TXT a\rb\n", []string{
			"zone:5:8: \"\\rb\": expected a line feed behind the carriage return: lines end in LF or CRLF",
		}},
		{"owner in quotes", false, "\"1\" TXT a\n", []string{
			"zone:5:1: \"1\": expected an owner name without quotes",
		}},
		{"owner with an empty label", false, "1..2 TXT a\n TXT b\n", []string{
			"zone:5:1: \"1..2\": expected an owner name: domain name has an empty label",
		}},
		{"owner label too long", false, "" + strings.Repeat("x", 64) + " TXT a\n", []string{
			"zone:5:1: \"" + strings.Repeat("x", 60) + "\": expected an owner name: label has more than 63 octets",
		}},
		{"owner too long", false, "" + strings.Repeat("x", 60) + "." + strings.Repeat("x", 60) + "." + strings.Repeat("x", 60) + "." + strings.Repeat("x", 60) + ".x TXT a\n", []string{
			"zone:5:1: \"" + strings.Repeat("x", 60) + "\": expected an owner name: domain name has more than 255 octets",
		}},
		{"owner with a bad escape", false, "\\1 TXT a\n", []string{
			"zone:5:1: \"\\1\": expected an owner name: bad escape: write \\DDD with three digits up to 255, or \\X for one character",
		}},
		{"address IPv4", false, "1 A 192.0.2.256\n1 A 2001:db8::1\n1 A\n", []string{
			"zone:5:5: \"19...\": expected an IPv4 address",
			"zone:6:5: \"20...:db8::1\": expected an IPv4 address",
			"zone:7:4: expected an IPv4 address",
		}},
		{"address IPv6", false, "1 AAAA 192.0.2.1\n1 AAAA fe80::1%eth0\n1 AAAA \"2001:db8::1\"\n", []string{
			"zone:5:8: \"19...\": expected an IPv6 address",
			"zone:6:8: \"fe80::1%eth0\": expected an IPv6 address",
			"zone:7:8: \"20...:db8::1\": expected an IPv6 address",
		}},
		{"name missing", false, "1 NS\n2 CNAME \"a\"\n", []string{
			"zone:5:5: expected a domain name without quotes",
			"zone:6:9: \"a\": expected a domain name without quotes",
		}},
		{"TXT without text", false, "1 TXT\n", []string{
			"zone:5:6: expected a character-string",
		}},
		{"text behind the data", false, "1 A 192.0.2.1 192.0.2.2\n", []string{
			"zone:5:15: \"19...\": expected the end of the record: nothing more belongs to the data of A",
		}},
		{"data of other types", false, "1 MX mail\n1 MX\n1 DS 1 13 2 +441632960083\n1 TYPE65280 abc\n1 TYPE65280 \\# 2 ab\n1 A \\# 3 c00002\n", []string{
			"zone:5:6: \"mail\": expected the data of MX as PREFERENCE NAME: bad MX Pref",
			"zone:6:5: expected the data of MX as PREFERENCE NAME",
			"zone:7:6: \"1\": expected the data of DS as KEYTAG ALGORITHM DIGESTTYPE DIGEST: encoding/hex: invalid byte: U+002B '+'",
			"zone:8:13: \"abc\": expected the data of TYPE65280 as \\# LENGTH HEX (RFC 3597 section 5)",
			"zone:9:13: \"\\#\": expected the data of TYPE65280: bad RFC3597 Rdata",
			"zone:10:5: \"\\#\": expected the data of A: A: dns: overflow unpacking a",
		}},
		{"CNAME beside other data", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n1 CNAME 2\n", []string{
			"zone:5: \"NAPTR\": expected nothing beside the CNAME in line 6, which has the same name (RFC 1034 section 3.6.2)",
		}},
		{"CNAME twice", false, "1 CNAME 2\n1 CNAME 3\n", []string{
			"zone:6: \"CNAME\": expected one CNAME at a name: the first stands in line 5",
		}},
		{"CNAME at the apex", false, "@ CNAME 3\n", []string{
			"zone:5: \"CNAME\": expected no CNAME at the apex, where the SOA stands (RFC 1034 section 3.6.2)",
		}},
		{"DNAME twice", false, "1 DNAME 2\n1 DNAME 3\n", []string{
			"zone:6: \"DNAME\": expected one DNAME at a name: the first stands in line 5",
		}},
		{"DNAME beside CNAME", false, "1 DNAME 2\n1 CNAME 3\n", []string{
			"zone:5: \"DNAME\": expected nothing beside the CNAME in line 6, which has the same name (RFC 1034 section 3.6.2)",
		}},
		{"DNAME beside NS", false, "1 NS 2\n1 DNAME 3\n", []string{
			"zone:6: \"DNAME\": expected no DNAME beside the delegation in line 5 (RFC 6672 section 2.3)",
		}},
		{"NS at a wildcard", false, "*.1 NS ns1.example.com.\n", []string{
			"zone:5: \"NS\": expected no NS or DNAME at a wildcard, where they have no meaning (RFC 4592 sections 4.2 and 4.4)",
		}},
		{"DNAME at a wildcard", false, "*.1 DNAME 2\n", []string{
			"zone:5: \"DNAME\": expected no NS or DNAME at a wildcard, where they have no meaning (RFC 4592 sections 4.2 and 4.4)",
		}},
		{"data behind the end marker", false, "1 TXT a\n; $END\n2 TXT b\n3 TXT c\n", []string{
			"zone:7:1: \"2\": expected nothing but comments behind the end marker \"; $END\"",
		}},
		{"D26 $INCLUDE", false, "$INCLUDE other.zone\n", []string{
			"zone:5:1: \"$INCLUDE\": expected no $INCLUDE, which the configuration does not allow for this file: write the records here, or allow it",
		}},
		{"D26 $GENERATE", false, "$GENERATE 1-9 $ NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:alice@example.com!\" .\n", []string{
			"zone:5:1: \"$GENERATE\": expected no $GENERATE, which the configuration does not allow for this file: write the records out, or allow it",
		}},
		{"D26 $ORIGIN ..", false, "$ORIGIN ..\n$ORIGIN\n$ORIGIN \"a.\"\n$ORIGIN a. b.\n", []string{
			"zone:5:9: \"..\": expected an origin: domain name has an empty label",
			"zone:6:8: expected the domain name that completes relative names",
			"zone:7:9: \"a.\": expected an origin without quotes",
			"zone:8:12: \"b.\": expected the end of the directive",
		}},
		{"unknown directive", false, "$MODE fast\n$generated x\n", []string{
			"zone:5:1: \"$MODE\": expected $ORIGIN, $TTL, $INCLUDE or $GENERATE; a name that begins with $ is written \\$",
			"zone:6:1: \"$generated\": expected $ORIGIN, $TTL, $INCLUDE or $GENERATE; a name that begins with $ is written \\$",
		}},
		{"D28 valid and invalid mixed", false, "1 TXT a\n2 TXT\n3 TXT a\n4 300 TEXT a\n5 CNAME a\n5 TXT a\n", []string{
			"zone:6:6: expected a character-string",
			"zone:8:7: \"TEXT\": expected a record type; one that has no name here is written TYPE123 \\# LENGTH HEX (RFC 3597)",
			"zone:10: \"TXT\": expected nothing beside the CNAME in line 9, which has the same name (RFC 1034 section 3.6.2)",
		}},
		{"B93 a backslash too few does not reach the record", false, "1 NAPTR 100 10 \"u\" \"E2U+im\" \"!^(.*)$!im:\\1@x.example!\" .\n", []string{
			"zone:5:29: \"!^(.*)$!im:...@x.example!\": expected a regexp with whole escapes: \\DDD up to \\255, or \\X; the back-reference \\1 is written \\\\1 in a zone file",
		}},
		{"an origin that is none", false, "$ORIGIN " + strings.Repeat("x", 64) + "\n", []string{
			"zone:5:9: \"" + strings.Repeat("x", 60) + "\": expected an origin: label has more than 63 octets",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := tc.src
			if !tc.whole {
				src = frame + src
			}
			_, _, err := zoneText(t, src, Options{File: "zone"})
			if err == nil {
				t.Fatal("no error")
			}
			if want := strings.Join(tc.want, "\n"); err.Error() != want {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
		})
	}
}
