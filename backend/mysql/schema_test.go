package mysql

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// What cannot be served cannot be stored: each of these rows is refused, by the constraint that says why.
func TestBadRowsAreRefused(t *testing.T) {
	d := start11(t)
	s := d.tree(t)
	d.exec(t, "INSERT INTO "+s+".record (number, uri) VALUES ('100', 'sip:a@example.com');"+
		"INSERT INTO "+s+".record (number, type) VALUES ('101', 'NONE');"+
		"INSERT INTO "+s+".record (kind, number, min, max, uri) VALUES ('block', '20', 4, 6, 'sip:a@example.com');"+
		"INSERT INTO "+s+".record (kind, number, type, data) VALUES ('delegation', '30', 'NS', 'ns1.example.net.')")
	for _, c := range []struct{ columns, values, constraint string }{
		{"number", "'+100'", "number_digits"},
		{"number", "''", "number_digits"},
		{"number", "'1234567890123456'", "number_digits"},
		{"number", "'12a'", "number_digits"},
		{"number", "'12\n'", "number_digits"},
		{"number", "'١٢'", "number_digits"},
		{"kind, number", "'wildcard', '1'", "kind_known"},
		{"number, min, max", "'1', 2, 3", "lengths_of_block"},
		{"kind, number, min, max", "'block', '123', 2, 3", "lengths_of_block"},
		{"kind, number, min, max", "'block', '123', 5, 4", "lengths_of_block"},
		{"kind, number, min, max", "'block', '123', 5, 16", "lengths_of_block"},
		{"kind, number, min", "'block', '123', 5", "lengths_of_block"},
		{"kind, number, min, max", "'block', '', 0, 5", "lengths_of_block"},
		{"number, ttl", "'1', -1", "ttl_range"},
		{"number, ttl", "'1', 604801", "ttl_range"},
		{"number, `order`", "'1', 65536", "order_range"},
		{"number, preference", "'1', -1", "preference_range"},
		{"number, type, data", "'1', 'TXT', 'x'", "type_of_kind"},
		{"number, type, data", "'1', 'NS', 'ns1.example.net.'", "type_of_kind"},
		{"kind, number, type, uri", "'delegation', '31', 'NAPTR', 'sip:a@example.com'", "type_of_kind"},
		{"number, type, uri", "'1', 'NONE', 'sip:a@example.com'", "columns_of_type"},
		{"number, data, uri", "'1', 'x', 'sip:a@example.com'", "columns_of_type"},
		{"kind, number, type, data", "'delegation', '31', 'A', '192.0.2.1'", "columns_of_type"},
		{"kind, number, type, data", "'delegation', '31', 'NS', 'a..b'", "data_of_type"},
		{"kind, number, type, data", "'delegation', '31', 'DS', '1 2 3'", "data_of_type"},
		{"kind, number, type, host, data", "'delegation', '31', 'A', 'ns1.example.net', '192.0.2.256'", "data_of_type"},
		{"kind, number, type, host, data", "'delegation', '31', 'AAAA', 'ns1.example.net', '2001:db8::1::2'", "data_of_type"},
		{"kind, number, type, host, data", "'delegation', '31', 'A', 'a b', '192.0.2.1'", "host_domain"},
		{"number", "'1'", "one_target"},
		{"number, uri, regexp, services", "'1', 'sip:a@example.com', '!^.*$!sip:a@example.com!', 'E2U+sip'", "one_target"},
		{"number, uri, replacement", "'1', 'sip:a@example.com', 'example.com'", "one_target"},
		{"number, uri, flags", "'1', 'sip:a@example.com', 's'", "flags_known"},
		{"number, uri, flags", "'1', 'sip:a@example.com', ''", "flags_known"},
		{"number, replacement, flags", "'1', 'example.com', 'u'", "flags_known"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'sip+E2U'", "services_grammar"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U'", "services_grammar"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U+'", "services_grammar"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U+ sip'", "services_grammar"},
		{"number, uri, services", "'1', 'im:a@example.com', 'E2U+im:x'", "services_grammar"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U+" + strings.Repeat("x", 33) + "'", "services_grammar"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U" + strings.Repeat("+sip", 64) + "'", "services_grammar"},
		{"number, uri", "'1', 'tel:+123'", "services_given"},
		{"number, regexp", "'1', '!^.*$!sip:a@example.com!'", "services_given"},
		{"number, uri", "'1', 'sip:two words@example.com'", "uri_syntax"},
		{"number, uri", "'1', 'sip:a@b@example.com'", "uri_syntax"},
		{"number, uri", "'1', 'sip:'", "uri_syntax"},
		{"number, uri", "'1', 'sip:a@example.com#x'", "uri_syntax"},
		{"number, uri", "'1', 'sip:%0d%0a@example.com'", "uri_syntax"},
		{"number, uri", "'1', 'sip:%zz@example.com'", "uri_syntax"},
		{"number, uri", "'1', 'sip:a@example.com\n'", "one_line"},
		{"number, uri", "'1', 'sip:a@1.2.3.256'", "uri_syntax"},
		{"number, uri", "'1', 'sip:a@example.com:0'", "uri_syntax"},
		{"number, uri", "'1', 'sip:a\\\\b@example.com'", "uri_syntax"},
		{"number, uri", "'1', 'im:example.com'", "uri_syntax"},
		{"number, uri, services", "'1', 'javascript:alert(1)', 'E2U+x-a'", "uri_syntax"},
		{"number, uri, services", "'1', 'tel:abc', 'E2U+voice:tel'", "uri_syntax"},
		{"number, uri", "'1', 'sip:" + strings.Repeat("a", 240) + "@example.com'", "uri_length"},
		{"number, uri", "'1', 'sip:" + strings.Repeat("!", 90) + "@example.com'", "uri_length"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U+im'", "uri_services"},
		{"number, uri, services", "'1', 'sip:a@example.com', 'E2U+sip+voice:tel'", "uri_services"},
		{"number, regexp, services", "'1', '!^.*$!sip:a@example.com', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^.*$!sip:a!b@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^.*$!sip:a@example.com!x', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '1^.*$1sip:a@example.com1', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^(.*)$!sip:\\\\2@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^(.*)$!sip:\\\\0@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^((((((((((.*))))))))))$!sip:\\\\1@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^+1(.*)$!sip:\\\\1@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^(.*$!sip:\\\\1@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!!sip:a@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^.*$!!', 'E2U+x-a'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^\\\\d*$!sip:a@example.com!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^.*$!sip:" + strings.Repeat("a", 250) + "!', 'E2U+sip'", "regexp_syntax"},
		{"number, regexp, services", "'1', '!^.*$!im:a@example.com!', 'E2U+sip'", "regexp_services"},
		{"number, regexp, services", "'1', '!^\\\\+2(.*)$!sip:\\\\1@example.com!', 'E2U+sip'", "regexp_serves"},
		{"number, replacement", "'1', 'a b.example.com'", "replacement_domain"},
		{"number, replacement", "'1', '.'", "replacement_domain"},
		{"number, uri", "'100', 'sip:a@example.com'", "record_once"},
		{"number, type", "'101', 'NONE'", "record_once"},
		{"number, uri", "'101', 'sip:a@example.com'", "none_alone"},
		{"number, type", "'100', 'NONE'", "none_alone"},
		{"number, uri, ttl", "'100', 'sip:b@example.com', 60", "one_ttl"},
		{"kind, number, min, max, uri", "'block', '20', 6, 7, 'sip:a@example.com'", "blocks_apart"},
		{"number, uri", "'301', 'sip:a@example.com'", "delegation_alone"},
		{"number, uri", "'30', 'sip:a@example.com'", "delegation_alone"},
		{"kind, number, type, data", "'delegation', '10', 'NS', 'ns1.example.net.'", "delegation_alone"},
		{"kind, number, type, data", "'delegation', '301', 'NS', 'ns1.example.net.'", "delegation_alone"},
	} {
		t.Run(c.constraint+"/"+strings.ReplaceAll(c.values, "/", "_"), func(t *testing.T) {
			// Where the fault is in the number alone, the row has a record.
			columns, values := c.columns, c.values
			switch c.constraint {
			case "number_digits", "lengths_of_block", "ttl_range", "order_range", "preference_range", "kind_known":
				columns, values = columns+", uri", values+", 'sip:a@example.com'"
			}
			got := d.try(fmt.Sprintf("INSERT INTO %s.record (%s) VALUES (%s)", s, strings.ReplaceAll(columns, "regexp", "`regexp`"), values))
			family, _, _ := strings.Cut(c.constraint, "_")
			switch {
			case got == c.constraint, strings.HasPrefix(got, family) && (family == "uri" || family == "regexp"):
			case got == "column" && (c.constraint == "number_digits" || c.constraint == "kind_known" || c.constraint == "services_grammar" || family == "uri" || family == "regexp"):
			default:
				t.Errorf("refused by %q", got)
			}
		})
	}
}

// The rules between rows hold for changes, too, and what no trigger sees is refused.
func TestOddChangesAreRefused(t *testing.T) {
	d := start11(t)
	s := d.tree(t)
	d.exec(t, "INSERT INTO "+s+".record (number, uri) VALUES ('100', 'sip:a@example.com'), ('200', 'sip:a@example.com')")
	d.exec(t, "UPDATE "+s+".record SET type = 'NONE', uri = NULL, flags = NULL WHERE number = '100'")
	for sql, want := range map[string]string{
		"UPDATE " + s + ".record SET number = '+1' WHERE number = '200'":  "number_digits",
		"UPDATE " + s + ".record SET uri = 'sip:' WHERE number = '200'":   "uri_",
		"UPDATE " + s + ".record SET number = '100' WHERE number = '200'": "none_alone",
		"TRUNCATE " + s + ".record":                                       "not_truncated",
	} {
		if got := d.try(sql); !strings.Contains(got, want) {
			t.Errorf("%s: refused by %q", sql, got)
		}
	}
}

// What the schema takes, the server serves. (The other way it is not so: see docs/mysql.md.)
func TestWhatIsStoredIsServed(t *testing.T) {
	d := start11(t)
	s := d.tree(t)
	r := rand.New(rand.NewPCG(6, 4))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	user := func() string {
		return pick("alice", "a.b", "+12025550100", "a..b", ".a", "a!b", "%41", "%0a", "a'b", "A", "a;x=1", "", "a:b", "a&b=c", "*", "~", "a,b", "a$b", "(a)", "a/b", "\\1")
	}
	name := func() string {
		return pick("example.com", "EXAMPLE.com", "localhost", "a-b.example", "-a.example", "a_b.example", "192.0.2.1", "192.0.2.300", "1.2.3", "[2001:db8::1]",
			"[::g]", "example.com.", strings.Repeat("a", 63)+".example", strings.Repeat("a", 64)+".example", "xn--bcher-kva.example", "a..b", "123", "0x1.example")
	}
	uri := func() string {
		tail := pick("", "", "", ":5060", ":0", ":99999", ";transport=tcp", ";a;a", ";lr", "?subject=x", "?", "/path", "/a?b=c", "#x", ";user=phone", "?a=b&c=d", ";")
		return pick("sip:", "sips:", "im:", "pres:", "xmpp:", "mailto:", "acct:", "h323:", "iax:", "tel:+", "tel:", "http://", "https://", "ftp://", "ldap://", "SIP:", "data:", "urn:", "javascript:", "sip://", "") +
			pick(user()+"@"+name(), user()+"@"+name(), name(), user(), "12025550100", "1-202.555(0100)", "x@y@z") + tail
	}
	services := func() any {
		return pick("E2U+sip", "e2u+SIP", "E2U+im", "E2U+pres", "E2U+voice:tel", "E2U+voice:tel+sms:tel", "E2U+web:http", "E2U+email:mailto", "E2U+x-trial", "E2U+P-own",
			"E2U+xmpp", "E2U+sip+x-y:z", "E2U+h323", "E2U+sip+im", "E2U+new:thing", "E2U+pstn:tel", "E2U+vcard", "E2U+ft:ftp", "E2U+acct", "E2U+mms:mailto")
	}
	expression := func() string {
		delimiter := pick("!", "!", "!", "/", "#", ",", "i", "-", "<")
		return delimiter + pick("^.*$", "^(.*)$", "^\\+1(.*)$", "^\\+1(2)(3*)$", "^(1|2).*$", "^[0-9]+$", "^.{2,4}$", "^.{4,2}$", "^([0-9]*)([0-9])$", "^.+", "1", "(1)?.*", "^\\+?1", "^((1)2)*", "[9-0]", "a", "^.**$", ".*|1", "(|1)", "$1", "1^", "^$", "^~+.*", "<1>.*", "^(.*$", "^.*)$") + delimiter +
			pick(uri(), uri(), "sip:\\1@example.com", "sip:\\1\\2@example.com", "tel:\\1", "im:\\1@example.com", "sip:a@\\1.example", "") + delimiter + pick("", "", "", "i", "x")
	}
	taken := 0
	// Whether numbers have a "+" is the server's matter: an expression is for the one or the other.
	apexes := config(t, d.Addr+"/enumim").Apexes
	codecs := []notation.Codec{{DialPlan: true, Apexes: apexes}, {Apexes: apexes}}
	rows := 2000
	if testing.Short() {
		rows = 500
	}
	ctx := t.Context()
	session, err := newDialer([]host{host(d.Addr)}, s, "enumim", parse(t, d.Addr+"/"+s).Options.Options).connect(ctx, true)
	must(t, err)
	defer session.hangUp()
	for range rows {
		columns, values := "number, services, uri", []any{pick("1", "12", "12025550100", "123456789012345"), services(), uri()}
		switch r.IntN(6) {
		case 0, 1:
			columns, values = "number, services, `regexp`", []any{pick("1", "12", "12025550100"), services(), expression()}
		case 2:
			columns, values = "kind, number, min, max, services, `regexp`", []any{"block", "12", "3", "5", services(), expression()}
		case 3:
			columns, values = "number, services, flags, replacement", []any{"12", services(), "", name()}
		case 4:
			columns, values = "kind, number, type, data", []any{"delegation", "12", "NS", name() + pick("", ".", ".")}
		}
		if session.exec(ctx, "INSERT INTO record ("+columns+") VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", values...) != nil {
			if session.closed {
				t.Fatal("the connection is lost")
			}
			continue
		}
		taken++
		var refused [2]error
		for i := range codecs {
			scan(ctx, session, allSQL, &codecs[i], nil, func(_ backend.Entry, _ bool, err error) bool {
				refused[i] = err
				return true
			}, func(err error) { t.Fatal(err) })
		}
		if refused[0] != nil && refused[1] != nil && !hasEmptyGroup(values) {
			t.Errorf("taken by the data base, refused by the server: %s %q\n%v", columns, values, refused[1])
		}
		must(t, session.exec(ctx, "DELETE FROM record"))
	}
	if taken < rows/50 {
		t.Errorf("only %d of %d rows were taken", taken, rows)
	}
	t.Logf("%d of %d rows were taken", taken, rows)
}

// hasEmptyGroup reports whether a number and an expression are among the values, and a group of the expression holds
// nothing of the number: SQL that both MariaDB and MySQL know cannot tell what is made of it then.
func hasEmptyGroup(values []any) bool {
	number, _ := values[0].(string)
	text, _ := values[len(values)-1].(string)
	if text == "" {
		return false
	}
	parts := strings.Split(text, text[:1])
	if len(parts) != 4 {
		return false
	}
	pattern, err := regexp.CompilePOSIX(parts[1])
	if err != nil {
		return false
	}
	for _, aus := range []string{number, "+" + number} {
		if groups := pattern.FindStringSubmatch(aus); len(groups) > 1 && slices.Contains(groups[1:], "") {
			return true
		}
	}
	return false
}
