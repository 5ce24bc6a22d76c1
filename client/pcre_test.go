package client

import (
	"errors"
	"strings"
	"testing"
)

// What PCRE2 10.42 makes of patterns on one text: its match and groups, "-" for one that took no
// part; each outcome was taken from PCRE2 itself. Of what package regexp does not know the emulator
// says that it cannot tell, and no more than that.
func TestPCREPatterns(t *testing.T) {
	const number = "+441632960083"
	untold := 0
	cases := []struct{ pattern, want string }{
		{`#4`, `no match`},
		{`$`, ``},
		{`$*`, `refused`},
		{`$+`, `refused`},
		{`(`, `refused`},
		{`(()*)*4`, `4||`},
		{`((4)|(1))+`, `441|1|4|1`},
		{`()`, `|`},
		{`()*`, `|`},
		{`()*4`, `4|`},
		{`(*a)`, `refused`},
		{`(4`, `refused`},
		{`(4)(4)(1)(6)(3)(2)(9)(6)(0)(0)`, `4416329600|4|4|1|6|3|2|9|6|0|0`},
		{`(4*)(4*)1`, `441|44|`},
		{`(4*)*`, `|`},
		{`(4*)+`, `|`},
		{`(44|4)(1|41)`, `441|44|1`},
		{`(4?){3}`, `|`},
		{`(4|1)*`, ``},
		{`(4|44|441)+?6`, `4416|441`},
		{`(?`, `refused`},
		{`(?-i)a`, `no match`},
		{`(?-i:4)`, `4`},
		{`(?:)*`, ``},
		{`(?:4)`, `4`},
		{`(?:4|1)*6`, `4416`},
		{`(?<n>a)(?<n>b)`, `refused`},
		{`(?<x>4)(?P<y>4)`, `44|4|4`},
		{`(?=4)`, ``},
		{`(?P<n>a`, `refused`},
		{`(?U)4+`, `4`},
		{`(?U)a*`, ``},
		{`(?i)*`, `refused`},
		{`(?i)^\+44.*`, `+441632960083`},
		{`(?s).(?m)^`, `no match`},
		{`(^)*`, `|`},
		{`(a)\1`, `no match`},
		{`(a{100}){100}`, `no match`},
		{`(x)?\+(4)`, `+4|-|4`},
		{`(x|(4))*`, ``},
		{`(|*)`, `refused`},
		{`(|4)`, `|`},
		{`)`, `refused`},
		{`*`, `refused`},
		{`+`, `refused`},
		{`.*`, `+441632960083`},
		{`.*?(\d+)$`, `+441632960083|441632960083`},
		{`.\'`, `no match`},
		{`.\z`, `3`},
		{`4)`, `refused`},
		{`4**`, `refused`},
		{`4+?`, `4`},
		{`44\b`, `no match`},
		{`4\`, `refused`},
		{`4\>`, `no match`},
		{`4{`, `no match`},
		{`4{ 1 , 2 }`, `no match`},
		{`4{,2}`, `no match`},
		{`4{0}1`, `1`},
		{`4{2`, `no match`},
		{`4{2,1}`, `refused`},
		{`4{2,}`, `44`},
		{`4{2x`, `no match`},
		{`4{2}`, `44`},
		{`4{2}{2}`, `refused`},
		{`4{a`, `no match`},
		{`4|`, ``},
		{`4||1`, ``},
		{`?`, `refused`},
		{`[`, `refused`},
		{`[+\]+`, `refused`},
		{`[-4]`, `4`},
		{`[4`, `refused`},
		{`[4-`, `refused`},
		{`[4-6-8]`, `4`},
		{`[4-6-]`, `4`},
		{`[4-6]`, `4`},
		{`[4-]`, `4`},
		{`[4\]`, `refused`},
		{`[6-4]`, `refused`},
		{`[9-0]`, `refused`},
		{`[:alpha:]`, `refused`},
		{`[[`, `refused`},
		{`[[.+.]]`, `refused`},
		{`[[.4.]-6]+`, `refused`},
		{`[[.4.]]1`, `refused`},
		{`[[:`, `refused`},
		{`[[:FOO:]]`, `refused`},
		{`[[:^digit:]]`, `+`},
		{`[[:d:]]`, `refused`},
		{`[[:digit`, `refused`},
		{`[[:digit:`, `refused`},
		{`[[:digit:]]+`, `441632960083`},
		{`[[:foo:]]`, `refused`},
		{`[[:word:]]`, `4`},
		{`[[=4=]]`, `refused`},
		{`[[]`, `no match`},
		{`[\8]`, `8`},
		{`[\D]`, `+`},
		{`[\d-z]`, `refused`},
		{`[\d]+`, `441632960083`},
		{`[\w+]+`, `+441632960083`},
		{`[\w]+`, `441632960083`},
		{`[]`, `refused`},
		{`[]4]`, `4`},
		{`[]a]`, `no match`},
		{`[^[:digit:]]`, `+`},
		{`[^\d]`, `+`},
		{`[^]4]+`, `+`},
		{`[^]a]`, `+`},
		{`[a-4-6]`, `refused`},
		{`[a-\d]`, `refused`},
		{`[z\w-a]`, `refused`},
		{`\`, `refused`},
		{`\+\4`, `refused`},
		{`\-`, `no match`},
		{`\.`, `no match`},
		{`\053`, `+`},
		{`\0614`, `no match`},
		{`\0777`, `no match`},
		{`\1`, `refused`},
		{`\8`, `refused`},
		{`\<`, `no match`},
		{`\<44`, `no match`},
		{`\>`, `no match`},
		{`\A*`, `refused`},
		{`\A.`, `+`},
		{`\B.`, `+`},
		{`\C\C`, `+4`},
		{`\H{2}`, `+4`},
		{`\Q+44`, `+44`},
		{`\Q+4\E4`, `+44`},
		{`\S+`, `+441632960083`},
		{`\V`, `+`},
		{`\W`, `+`},
		{`\_`, `no match`},
		{`\b`, ``},
		{`\b*`, `refused`},
		{`\bab|44`, `44`},
		{`\d\D\w\W`, `no match`},
		{`\e|4`, `4`},
		{`\h`, `no match`},
		{`\l`, `refused`},
		{`\pN`, `4`},
		{`\pZZ`, `no match`},
		{`\s*\+`, `+`},
		{`\u`, `refused`},
		{`\x`, `no match`},
		{`\x2b44`, `+44`},
		{`\x{2b}44`, `+44`},
		{`\z+`, `refused`},
		{`^`, ``},
		{`^$`, `no match`},
		{`^(.*)$`, `+441632960083|+441632960083`},
		{`^(.{2}){3}`, `+44163|63`},
		{`^(\+|\+4)(4*)(.*)$`, `+441632960083|+|44|1632960083`},
		{`^(\+|\+4|\+44)(4416|416|1)?(.*)$`, `+441632960083|+|4416|32960083`},
		{`^(x)*\+(4*)`, `+44|-|44`},
		{`^*`, `refused`},
		{`^+`, `refused`},
		{`^.*$`, `+441632960083`},
		{`^?`, `refused`},
		{`^\+(..)(?=1)(.*)$`, `+441632960083|44|1632960083`},
		{`^\+(4{1,2}){2}`, `+44|4`},
		{`^\+(4|44)(.*)$`, `+441632960083|4|41632960083`},
		{`^\+(4|44)(4|1|41)(.*)$`, `+441632960083|4|4|1632960083`},
		{`^\p{N}`, `no match`},
		{`^{2}`, `refused`},
		{`a`, `no match`},
		{`a**`, `refused`},
		{`a*+`, ``},
		{`a+*`, `refused`},
		{`a?{2}`, `refused`},
		{`a{,3}`, `no match`},
		{`a{,3}|44`, `44`},
		{`a{1001}`, `no match`},
		{`a{2}{3}`, `refused`},
		{`a{5,2}`, `refused`},
		{`a{65536}`, `refused`},
		{`a|*`, `refused`},
		{`x{0}`, ``},
		{`{`, `no match`},
		{`{2}`, `refused`},
		{`|*`, `refused`},
		{`|4`, ``},
		{`||`, ``},
		{`}`, `no match`},
	}
	for _, c := range cases {
		if strings.HasPrefix(c.pattern, "/") || strings.HasPrefix(c.pattern, "_") {
			t.Fatalf("%q is not a plain pattern", c.pattern)
		}
		e, err := compilePCRE(c.pattern)
		if errors.Is(err, errUnsure) {
			untold++
			continue
		}
		got := "refused"
		if err == nil {
			got = "no match"
			if groups := e.FindStringSubmatchIndex(number); groups != nil {
				var parts []string
				for i := range highest(groups) {
					part := "-"
					if groups[2*i] >= 0 {
						part = number[groups[2*i]:groups[2*i+1]]
					}
					parts = append(parts, part)
				}
				got = strings.Join(parts, "|")
			}
		}
		if got != c.want {
			t.Errorf("%q: %q, not %q", c.pattern, got, c.want)
		}
	}
	if untold > len(cases)/4 {
		t.Errorf("%d of %d patterns cannot be told", untold, len(cases))
	}
}
