package main

import (
	"strings"
	"testing"
)

// An alias that a server hands out resolves, whichever way led to the number: behind a CNAME or DNAME it is that of the
// number whose records these are, and there may be records at names below a number or in the branch of RFC 5527.
func TestAliasWays(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "keys", everybodysKey)
	write(t, "arpa.zone", "$ORIGIN e164.arpa.\n$TTL 60\n@ IN SOA ns. hm. 1 2 3 4 5\n@ IN NS ns.\n"+
		`1.1.4.4 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .`+"\n"+
		"1.2.4.4 IN CNAME 1.1.4.4\n3.4.4 IN DNAME 1.4.4\n"+
		`_x.1.4.4.4 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .`+"\n"+
		`1.5.i.4.4 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:carol@example.com!" .`+"\n"+
		"1.6.4.4 IN CNAME box\n"+`box IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:box@example.com!" .`+"\n")
	write(t, "Corefile", "e164.arpa:53 {\n enumim {\n  backend file arpa.zone\n  anonymize file:keys\n }\n}\n")
	for number, want := range map[string]string{
		"+4411": "+4411\tim:alice@example.com", "+4421": "+4411\tim:alice@example.com", "+4431": "+4411\tim:alice@example.com",
		"+4461": "+4461\tim:box@example.com",
	} {
		out, errs, code := tool(t, "", "explain", "--offline", "-c", "Corefile", "--client", "strict", number)
		_, sent, _ := strings.Cut(out, "!im:")
		sent, _, _ = strings.Cut(sent, "!")
		if code != exitOK || !strings.HasPrefix(sent, "a-") {
			t.Fatalf("%s: exit %d\n%s%s", number, code, out, errs)
		}
		if out, errs, code := tool(t, "", "alias", "-c", "Corefile", "im:"+sent); code != exitOK || !strings.HasSuffix(out, "\t"+want+"\n") {
			t.Errorf("%s: exit %d\n%s%s", number, code, out, errs)
		}
	}
	for number, want := range map[string]string{"+4441": "im:bob@example.com", "+4451": "im:carol@example.com"} {
		out, errs, code := tool(t, "", "alias", "-c", "Corefile", "--at", "2026-12-01", aliasOf(number, 692, everybodysKey))
		if code != exitOK || !strings.HasSuffix(out, "\t"+number+"\t"+want+"\n") {
			t.Errorf("%s: exit %d\n%s%s", number, code, out, errs)
		}
	}
}

// In the last hour of an epoch aliases of the next one resolve, and are in the list: the server's clock may be ahead, and a
// list takes its time.
func TestAliasOfNextEpoch(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "keys", everybodysKey)
	write(t, "numbers.txt", "$TTL 1h\n+12025550100 im:user@example.com\n$END\n")
	next := aliasOf("+12025550100", 693, everybodysKey)
	for at, ok := range map[string]bool{"2026-12-02T22:59:59Z": false, "2026-12-02T23:00:00Z": true, "2026-12-02T23:59:59Z": true, "2026-12-03": true} {
		out, errs, code := tool(t, "", "alias", "--keys", "file:keys", "--at", at, "numbers.txt", next)
		if ok != (code == exitOK) {
			t.Errorf("%s: exit %d\n%s%s", at, code, out, errs)
		}
		if out, _, _ := tool(t, "", "alias", "--keys", "file:keys", "--at", at, "--list", "numbers.txt"); strings.Contains(out, next+"\t") != ok {
			t.Errorf("%s: the list is\n%s", at, out)
		}
	}
}

// Trees that share a key share aliases: whoever an alias may stand for is told, and that this is so.
func TestAliasInSeveralTrees(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "keys", everybodysKey)
	write(t, "one", "$TTL 1h\n+12025550100 im:alice@example.com\n+12025550101 im:carol@example.com\n$END\n")
	write(t, "two", "$TTL 1h\n+12025550100 im:bob@example.com\n+12025550101 im:carol@example.com\n$END\n")
	write(t, "Corefile", ".:53 {\n enumim e164.arpa {\n  backend file one\n  anonymize file:keys\n }\n"+
		" enumim e164.example.net {\n  backend file two\n  anonymize file:keys\n }\n}\n")
	alias, same := aliasOf("+12025550100", 692, everybodysKey), aliasOf("+12025550101", 692, everybodysKey)
	out, errs, code := tool(t, "", "alias", "-c", "Corefile", "--at", "2026-12-01", alias, same)
	want := alias + "\t+12025550100\tim:alice@example.com\n" + same + "\t+12025550101\tim:carol@example.com\n" + alias + "\t+12025550100\tim:bob@example.com\n"
	if code != exitOK || out != want || errs != "note: "+alias+": several trees with one key have its number: give each a key of its own\n" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
