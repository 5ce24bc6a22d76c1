package test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// hostileTexts are texts that mean something to a store, to a protocol, to a log or to a terminal. A mark stands for §, by
// which the text is known again.
var hostileTexts = []string{
	// SQL
	"' or '1'='1' -- §", "§'; drop schema enumim cascade; --", "§\\'; delete from enumim_numbers; --", "1) union select '§'", "$1§", "§\"; truncate numbers; --",
	"§/**/or/**/1=1", "x'§'", "E'\\\\000§'", "'||pg_sleep(10)||'§", "§' waitfor delay '0:0:10'--", "$$§$$", "§`; drop table numbers; #", "§\x00'; select 1", "\xbf'§",
	"§' into outfile '/tmp/x", "%' and '§'='", "§;copy t from program 'id'", "{{§}}",
	// LDAP filters and names
	"*)(uid=*§", "§)(|(objectClass=*", "*§*", "\\28§\\29", "(&(§", "§\\00", "§,dc=example", "§+cn=admin", "§=\\#00", ")(!(§=1)", "\\2a§",
	// Redis: its protocol, its keys and scripts
	"\r\n*1\r\n$8\r\nFLUSHALL\r\n§", "§\r\nSET enum:meta x\r\n", "$-1\r\n§", "*-1\r\n§", "{enum}:§", "enum:meta§", "enum:index\x00§", "]] redis.call('FLUSHALL') --§",
	"§\nCONFIG SET requirepass x\n", "-ERR §\r\n", ":1\r\n§", "?§*[a]",
	// etcd: keys and ranges
	"\x00§", "/enum/§", "\xff\xff§", "enum/\x00§", "§\x00\x00", "/../meta§",
	// URLs and paths
	"../../../../etc/passwd§", "%2e%2e%2f§", "//example.org/§", "@example.org§", "?x=§#", "http://169.254.169.254/§", "%00§", "§ HTTP/1.1\r\nHost: example.org\r\n\r\n",
	"..\\..\\§", "file:///§", "javascript:§", "data:text/html,§", "%0d%0aX: §", ";/§", "%252e§", "/./§", "\\\\example.org\\§",
	// JSON and other notations
	`{"§":1}`, `"],"x":["§`, `\u0000§`, "[[[[[[[[§", `§",`, "§\\", "]}§", "---\n§: &a *a", "<!ENTITY x \"§\">", "§,,,\"", "\t§\t",
	// UTF-8 that is not, or looks like something else
	"\xc0\xaf§", "\xed\xa0\x80§", "\u202e§", "１２３§", "\ufeff§", "\u200b§\u200d", "٣§", "\xf5\x80\x80\x80§", "ſ§K", "é§", "e\u0301§", "\U0001f4a3§", "\xfe\xff§", "\u2028§",
	// logs, terminals, shells and formats
	"\n[ERROR] plugin/enumim: §", "\x1b[2J§", "%d%s%n§%!", "${jndi:ldap://§}", "$(§)", "`§`", "|§", "&& §", "\a\b§", "{{.§}}", "\r§", "%[1]s§",
	// names and numbers
	"*§", "_§._tcp", "xn--§", "\\065§", "1§", "44§16", "+44§", "0x§", "-1§", "1e9§", "§.e164.arpa", "\\000§", "§!", "!§!i", "^.*$!§", "\\1§", "§\\.", "9999999999999999999§",
}

// injected is the form of a mark.
var injected = regexp.MustCompile(`(?i)zq[0-9a-f]{4}qz`)

// payloads returns n different hostile texts, of 200 octets at most, the same ones each time: first those above as they
// are, then parts of them together, bent and repeated.
func payloads(n int) [][]byte {
	const most = 200
	r := rand.New(rand.NewPCG(6116, 7))
	all := make([][]byte, n)
	for i := range all {
		text := hostileTexts[i%len(hostileTexts)]
		for extra := 0; i >= len(hostileTexts) && extra < 1+r.IntN(2); extra++ {
			text = bend(r, text+strings.ReplaceAll(hostileTexts[r.IntN(len(hostileTexts))], "§", ""))
		}
		if !strings.Contains(text, "§") {
			text += "§"
		}
		mark := fmt.Sprintf("zq%04xqz", i)
		text = strings.ReplaceAll(text, "§", mark)
		if len(text) > most {
			text = text[:most-len(mark)] + mark
		}
		all[i] = []byte(text)
	}
	return all
}

func bend(r *rand.Rand, text string) string {
	b := []byte(text)
	switch r.IntN(10) {
	case 0:
		b = bytes.ToUpper(b)
	case 1: // an octet of any value
		at := r.IntN(len(b) + 1)
		b = append(b[:at:at], append([]byte{byte(r.IntN(256))}, b[at:]...)...)
	case 2:
		return strings.ReplaceAll(text, "'", "''")
	case 3:
		return strings.ReplaceAll(text, " ", "/**/")
	case 4: // percent-encoded
		var s strings.Builder
		for part := range strings.SplitAfterSeq(text, "§") {
			body, marked := strings.CutSuffix(part, "§")
			for _, c := range []byte(body) {
				fmt.Fprintf(&s, "%%%02x", c)
			}
			if marked {
				s.WriteString("§")
			}
		}
		return s.String()
	case 5:
		return text + strings.Repeat(string("A'\"*(\x00"[r.IntN(6)]), 1+r.IntN(150))
	case 6:
		return "1" + text + "9"
	case 7:
		return text + "\x00" + text
	}
	return string(b)
}
