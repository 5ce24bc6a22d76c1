package anonymous

import (
	"strings"
	"testing"
)

// What is read as an alias is one: written again it is the same, and stands in what was read.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"a-ut347nillemurxad", "im:a-ut347nillemurxad@example.com", "SIP:A-UT347NILLEMURXAD@[::1];user=phone", "a-", "im:alice@example.com",
		"a-ut347nillemurx\r\n", "xmpp:a-ut347nillemurxad?message",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, domain, err := Parse(text)
		if err != nil {
			return
		}
		lower := strings.ToLower(text)
		if !strings.Contains(lower, a.String()) || !strings.Contains(lower, domain) {
			t.Errorf("%q: read as %s at %q", text, a, domain)
		}
		if b, _, err := Parse(a.String()); err != nil || b != a {
			t.Errorf("%q: %s is read as %s, %v", text, a, b, err)
		}
	})
}

// Whatever a file of keys holds, each key is a line of it, and no error tells what stands there.
func FuzzParseKeys(f *testing.F) {
	f.Add(example)
	f.Add("# comment\n\n" + strings.ToUpper(example) + "\r\n")
	f.Add(example + example)
	f.Add("secret")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ParseKeys(text)
		if err == nil && (len(keys) == 0 || len(keys) > strings.Count(text, "\n")+1) {
			t.Errorf("%d keys in %q", len(keys), text)
		}
		if err != nil && len(err.Error()) > 100 {
			t.Errorf("%q: %v", text, err)
		}
	})
}
