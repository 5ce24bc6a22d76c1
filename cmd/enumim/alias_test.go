package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// everybodysKey is the key of docs/anonymous.md.
const everybodysKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// hidden is data whose mailboxes are hidden.
const hidden = `$TTL 1h
+12025550100  im:user@example.com
+12025550101  im:alice@example.com im:alice@example.net sip:alice@example.com
+12025550102  sip:bob@example.com
+1202555xxxx  im:{number}@gw.example.net
+44x{9}       im:{digits}@pbx.example.net
$END
`

// aliasOf returns the alias of a number as docs/anonymous.md says.
func aliasOf(number string, epoch int64, key string) string {
	octets, _ := hex.DecodeString(key)
	mac := hmac.New(sha256.New, octets)
	fmt.Fprintf(mac, "%s %d", number, epoch)
	return "a-" + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:10]))
}

// An alias leads to its number and the mailboxes in its domain, in its epoch and the one after, with any of the keys; what
// is none, or too old, or of another domain, does not.
func TestAlias(t *testing.T) {
	t.Chdir(t.TempDir())
	old := strings.Repeat("ab", 32)
	write(t, "keys", everybodysKey+"\n"+old+"\n")
	write(t, "numbers.txt", hidden)
	const at = "2026-12-01"
	for _, c := range []struct{ name, alias, want, errs string }{
		{"of now", aliasOf("+12025550100", 692, everybodysKey), "+12025550100\tim:user@example.com", ""},
		{"of before", aliasOf("+12025550100", 691, everybodysKey), "+12025550100\tim:user@example.com", ""},
		{"of the old key", aliasOf("+12025550100", 691, old), "+12025550100\tim:user@example.com", ""},
		{"several mailboxes", aliasOf("+12025550101", 692, everybodysKey), "+12025550101\tim:alice@example.com im:alice@example.net", ""},
		{"in one domain", "im:" + aliasOf("+12025550101", 692, everybodysKey) + "@EXAMPLE.net", "+12025550101\tim:alice@example.net", ""},
		{"a twin", "sip:" + strings.ToUpper(aliasOf("+12025550101", 692, everybodysKey)) + "@example.com", "+12025550101\tim:alice@example.com", ""},
		{"in a block", aliasOf("+12025559999", 692, everybodysKey), "+12025559999\tim:+12025559999@gw.example.net", ""},
		{"of the epoch before that", aliasOf("+12025550100", 690, everybodysKey), "", "no number has this alias"},
		{"of a later one", aliasOf("+12025550100", 693, everybodysKey), "", "no number has this alias"},
		{"of another key", aliasOf("+12025550100", 692, strings.Repeat("cd", 32)), "", "no number has this alias"},
		{"without a mailbox", aliasOf("+12025550102", 692, everybodysKey), "", "its number has no such mailbox"},
		{"in another domain", aliasOf("+12025550100", 692, everybodysKey) + "@example.org", "", "its number has no such mailbox"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := tool(t, "", "alias", "--keys", "file:keys", "--at", at, "numbers.txt", c.alias)
			if c.want != "" && (code != exitOK || !strings.HasSuffix(out, "\t"+c.want+"\n") || !strings.HasPrefix(out, "a-")) {
				t.Errorf("exit %d\n%s%s", code, out, errs)
			}
			if c.errs != "" && (code != exitFindings || out != "" || !strings.HasSuffix(errs, c.errs+"\n")) {
				t.Errorf("exit %d\n%s%s", code, out, errs)
			}
			if !strings.Contains(errs, "+44x{9} stands for 1000000000 numbers, which are not tried") {
				t.Errorf("of what was not tried it says\n%s", errs)
			}
		})
	}
}

// Many aliases are resolved in one go, in their order; what is missing is told, and what is no alias.
func TestAliasBatch(t *testing.T) {
	keys, numbers := save(t, "keys", everybodysKey), save(t, "numbers.txt", strings.Replace(hidden, "+44x{9}", "# ", 1))
	var in, want strings.Builder
	for _, n := range []string{"+12025551234", "+12025550100", "+12025550777"} {
		fmt.Fprintln(&in, aliasOf(n, 692, everybodysKey))
	}
	fmt.Fprintf(&want, "%s\t+12025551234\tim:+12025551234@gw.example.net\n", aliasOf("+12025551234", 692, everybodysKey))
	fmt.Fprintf(&want, "%s\t+12025550100\tim:user@example.com\n", aliasOf("+12025550100", 692, everybodysKey))
	fmt.Fprintf(&want, "%s\t+12025550777\tim:+12025550777@gw.example.net\n", aliasOf("+12025550777", 692, everybodysKey))
	args := []string{"alias", "--keys", "file:" + keys, "--at", "2026-12-01T12:00:00Z", numbers}
	if out, errs, code := tool(t, in.String(), args...); code != exitOK || out != want.String() || errs != "" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	stranger := aliasOf("+1", 692, everybodysKey)
	out, errs, code := tool(t, stranger+"\n"+in.String(), append(args, "-")...)
	if code != exitFindings || out != want.String() || errs != "enumim: "+stranger+": no number has this alias\n" {
		t.Errorf("with one that is missing: exit %d\n%s%s", code, out, errs)
	}
	if _, errs, code := tool(t, "", append(args, "alice@example.com")...); code != exitUsage || !strings.Contains(errs, "no alias: a- and 16 characters are expected") {
		t.Errorf("with none: exit %d, %s", code, errs)
	}
	// Fewer numbers to try.
	if _, _, code := tool(t, in.String(), append(args, "--numbers", "+12025551,+12025550")...); code != exitOK {
		t.Errorf("with the first digits: exit %d", code)
	}
	if _, errs, code := tool(t, in.String(), append(args, "--numbers", "+12025551")...); code != exitFindings || strings.Count(errs, "no number has") != 2 {
		t.Errorf("with the first digits of one: exit %d\n%s", code, errs)
	}
}

// The list is what resolves of all numbers with a mailbox: each number once, the alias that is handed out first.
func TestAliasList(t *testing.T) {
	keys, numbers := save(t, "keys", everybodysKey), save(t, "numbers.txt", hidden)
	out, _, code := tool(t, "", "alias", "--keys", "file:"+keys, "--at", "2026-12-01", "--json", "--list", "--numbers", "+12025550,+44207946", numbers)
	if code != exitOK {
		t.Fatalf("exit %d", code)
	}
	list := strings.Split(strings.TrimSpace(out), "\n")
	if len(list) != 2*(999+1000) {
		t.Errorf("%d aliases", len(list))
	}
	seen := map[string]bool{}
	for i, line := range list {
		var got aliasJSON
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if seen[got.Alias] || got.Alias != aliasOf(got.Number, 692-int64(i%2), everybodysKey) {
			t.Errorf("%s", line)
		}
		seen[got.Alias] = true
		if got.Number == "+12025550101" && !slices.Equal(got.URIs, []string{"im:alice@example.com", "im:alice@example.net"}) {
			t.Errorf("%s", line)
		}
		if until := time.Date(2027, 1, 2-30*(i%2), 0, 0, 0, 0, time.UTC); !got.Until.Equal(until) || got.Zone != "e164.arpa." {
			t.Errorf("%s, want %v", line, until)
		}
	}
}

// With the Corefile of the server nothing else is needed: all trees that have the option are searched. Explain shows what
// the server sends, and what it hides.
func TestAliasCorefile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "keys", everybodysKey)
	write(t, "numbers.txt", hidden)
	write(t, "dial.txt", "4711 im:pbx@example.com\n")
	write(t, "4.4.zone", "$ORIGIN 4.4.e164.arpa.\n@ 60 IN SOA ns. hm. 1 2 3 4 5\n@ 60 IN NS ns.\n"+
		`2.1.0.2 60 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .`+"\n"+
		`3.1.0.2 60 IN CNAME 2.1.0.2`+"\n"+`*.9 60 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:w@example.com!" .`+"\n")
	write(t, "Corefile", `.:53 .:54 {
    enumim e164.arpa {
        backend file numbers.txt
        form stored
        anonymize file:keys period 168h numbers +1202555
    }
    enumim 4.4.e164.arpa {
        backend file 4.4.zone {
        }
        anonymize file:keys
    }
    enumim dial.example.net {
        backend file dial.txt
        dialplan
        anonymize file:keys
    }
    enumim plain.example.net {
        backend file numbers.txt
    }
}
`)
	const at = 1796083200 // 2026-12-01
	const week, month = 7 * 86400, 30 * 86400
	for number, c := range map[string]struct {
		epoch int64
		want  string
	}{
		"+12025550100": {at / week, "+12025550100\tim:user@example.com"},
		"+442012":      {at / month, "+442012\tim:442012@example.com"},
		"+442013":      {at / month, "+442013\tim:442013@example.com"}, // an alias in the DNS, of the one before
		"4711":         {at / month, "4711\tim:pbx@example.com"},
	} {
		out, errs, code := tool(t, "", "alias", "-c", "Corefile", "--at", "2026-12-01", aliasOf(number, c.epoch, everybodysKey))
		if code != exitOK || !strings.HasSuffix(out, "\t"+c.want+"\n") {
			t.Errorf("%s: exit %d\n%s%s", number, code, out, errs)
		}
	}
	// A number of a wildcard, which stands for too many to try them all.
	digits := "+449123456"
	alias := aliasOf(digits, at/month, everybodysKey)
	if _, errs, code := tool(t, "", "alias", "-c", "Corefile", "--at", "2026-12-01", alias); code != exitFindings || !strings.Contains(errs, "+449x{1,12} stands for") {
		t.Errorf("a wildcard: exit %d\n%s", code, errs)
	}
	out, errs, code := tool(t, "", "alias", "-c", "Corefile", "--at", "2026-12-01", "--numbers", digits, alias)
	if code != exitOK || !strings.HasSuffix(out, "\t"+digits+"\tim:w@example.com\n") || errs != "" {
		t.Errorf("some of a wildcard: exit %d\n%s%s", code, out, errs)
	}

	explain := func(args ...string) string {
		out, errs, code := tool(t, "", append([]string{"explain", "--offline", "-c", "Corefile", "--client", "strict"}, args...)...)
		if code != exitOK || errs != "" {
			t.Errorf("exit %d\n%s%s", code, out, errs)
		}
		return out
	}
	out = explain("+12025550101", "--apex", "e164.arpa")
	sent := regexp.MustCompile(`(?m)^  1  100 10 "u" "E2U\+im" "!\^\.\*\$!im:(a-[a-z2-7]{16})@example\.com!" \.$`).FindStringSubmatch(out)
	now := time.Now().Unix() / week
	if sent == nil || sent[1] != aliasOf("+12025550101", now, everybodysKey) && sent[1] != aliasOf("+12025550101", now-1, everybodysKey) {
		t.Fatalf("the records are not as they are sent:\n%s", out)
	}
	if !strings.Contains(out, `-  100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .  not sent: its mailbox is hidden (anonymize)`) ||
		!strings.Contains(out, "im:"+sent[1]+"@example.net") || !strings.Contains(out, `"!^.*$!sip:alice@example.com!" .`) {
		t.Errorf("what is hidden is not told:\n%s", out)
	}
	if out, _, code := tool(t, "", "alias", "-c", "Corefile", "im:"+sent[1]+"@example.com"); code != exitOK || !strings.HasSuffix(out, "\t+12025550101\tim:alice@example.com\n") {
		t.Errorf("what explain shows does not resolve: exit %d\n%s", code, out)
	}
	var j explanationJSON
	if err := json.Unmarshal([]byte(explain("+12025550100", "--apex", "e164.arpa", "--json")), &j); err != nil {
		t.Fatal(err)
	}
	if len(j.Hidden) != 1 || j.Hidden[0].Regexp != "!^.*$!im:user@example.com!" || len(j.Records) != 1 || j.Records[0].Regexp == j.Hidden[0].Regexp {
		t.Errorf("got %+v", j)
	}
	if out := explain("+12025550100", "--apex", "plain.example.net"); strings.Contains(out, "im:a-") || !strings.Contains(out, "im:user@example.com") {
		t.Errorf("without the option:\n%s", out)
	}
}

// Numbers in a store resolve as those in files do.
func TestAliasStore(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "keys", everybodysKey)
	write(t, "numbers.txt", hidden)
	if _, errs, code := tool(t, "", "import", "numbers.txt", "bolt numbers.bolt"); code != exitOK {
		t.Fatal(errs)
	}
	out, errs, code := tool(t, "", "alias", "--keys", "file:keys", "--at", "2026-12-01", "bolt numbers.bolt", "a-ut347nillemurxad")
	if code != exitOK || out != "a-ut347nillemurxad\t+12025550100\tim:user@example.com\n" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// What is missing or wrong is said, and no key is in any message.
func TestAliasErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "keys", everybodysKey)
	write(t, "bad", everybodysKey[:60])
	write(t, "numbers.txt", hidden)
	write(t, "Corefile", ".:53 {\n enumim e164.arpa {\n  backend file numbers.txt\n }\n}\n")
	write(t, "Badfile", ".:53 {\n enumim e164.arpa {\n  backend file numbers.txt\n  anonymize file:bad\n }\n}\n")
	const alias = "a-ut347nillemurxad"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "where are the numbers?"},
		{[]string{"numbers.txt", alias}, "where are the keys? --keys file:PATH"},
		{[]string{"--keys", everybodysKey, "numbers.txt", alias}, "a Corefile holds no secrets: write file:PATH or env:NAME"},
		{[]string{"--keys", "file:none", "numbers.txt", alias}, "file:none: no such file or directory"},
		{[]string{"--keys", "file:bad", "numbers.txt", alias}, "file:bad: line 1: a key has 64 hexadecimal digits"},
		{[]string{"--keys", "file:keys", "none.txt", alias}, "none.txt: no such file"},
		{[]string{"--keys", "file:keys", "--at", "yesterday", "numbers.txt", alias}, "--at yesterday: expected a day such as"},
		{[]string{"--keys", "file:keys", "--at", "1969-12-31", "numbers.txt", alias}, "--at 1969-12-31: expected a day"},
		{[]string{"--keys", "file:keys", "--period", "0s", "numbers.txt", alias}, "--period 0s: a second is the least"},
		{[]string{"--keys", "file:keys", "--numbers", "1202", "numbers.txt", alias}, "--numbers \"1202\": not a global number"},
		{[]string{"--keys", "file:keys", "--list", "numbers.txt", alias}, "--list prints all aliases"},
		{[]string{"--keys", "file:keys", "-c", "Corefile", alias}, "[corefile keys] were all set"},
		{[]string{"-c", "Corefile", alias}, "Corefile has no enumim directive with the option anonymize"},
		{[]string{"-c", "Badfile", alias}, "Badfile:2: anonymize: file:bad: line 1"},
	} {
		out, errs, code := tool(t, "", append([]string{"alias"}, c.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, c.want) || strings.Contains(errs, everybodysKey[:8]) {
			t.Errorf("%q: exit %d\n%s%s", c.args, code, out, errs)
		}
	}
}

// The page says how any program makes an alias.
func TestAliasPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "anonymous.md"))
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`(?s)printf '(\S+) (\d+)' .*?hexkey:([0-9a-f]+) .*?~~~ txt\n([a-z2-7]+)\n`).FindStringSubmatch(string(text))
	if made == nil || made[3] != everybodysKey || made[2] != "692" || aliasOf(made[1], 692, made[3]) != "a-"+made[4] {
		t.Errorf("the page makes %q", made)
	}
}

// BenchmarkAlias resolves one alias of a million numbers, from the file on.
func BenchmarkAlias(b *testing.B) {
	var text strings.Builder
	for i := range 1000000 {
		fmt.Fprintf(&text, "+1202%07d im:user%d@example.com\n", i, i)
	}
	keys, numbers := save(b, "keys", everybodysKey), save(b, "numbers.txt", text.String())
	for name, args := range map[string][]string{"one": {aliasOf("+12029999999", 692, everybodysKey)}, "list": {"--list"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, errs, code := tool(b, "", append([]string{"alias", "--keys", "file:" + keys, "--at", "2026-12-01", numbers}, args...)...); code == exitUsage {
					b.Fatal(errs)
				}
			}
		})
	}
}
