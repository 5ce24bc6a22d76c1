package ldap

import (
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// TestTemplates: what templates make of values. A value stays where the operator put it: it adds no host, parameter or
// scheme.
func TestTemplates(t *testing.T) {
	for _, tt := range []struct {
		template string
		value    string // of {a}
		want     string // "" for nothing
	}{
		{"im:{a}", "alice@example.com", "im:alice@example.com"},
		{"im:{a}", " Alice@EXAMPLE.com ", "im:Alice@example.com"},
		{"im:{a}", "IM:alice@example.com", "im:alice@example.com"},
		{"im:{a}", "alice+x@example.com", "im:alice+x@example.com"},
		{"im:{a}", "o'brien@example.com", "im:o'brien@example.com"},
		{"im:{a}", "a b@example.com", "im:a%20b@example.com"},
		{"im:{a}", "a@b@example.com", "im:a%40b@example.com"},
		{"im:{a}", "a?subject=x@example.com", "im:a%3Fsubject=x@example.com"},
		{"im:{a}", "a%@example.com", "im:a%25@example.com"},
		{"im:{a}", "jürgen@example.com", "im:j%C3%BCrgen@example.com"},
		{"im:{a}", `a\1@example.com`, "im:a%5C1@example.com"},
		{"im:{a}", "a!b@example.com", "im:a%21b@example.com"},
		{"im:{a}", "alice", ""},
		{"im:{a}", "@example.com", ""},
		{"im:{a}", "alice@", ""},
		{"im:{a}", "alice@exa mple.com", ""},
		{"im:{a}", "alice@example.com?x=y", ""},
		{"im:{a}", "alice@example.com;x", ""},
		{"im:{a}", "alice@example.com/x", ""},
		{"im:{a}", "alice@192.0.2.1", ""},
		{"im:{a}", "alice@[::1]", ""},
		{"im:{a}", "alice@exämple.com", ""},
		{"im:{a}", "alice\n@example.com", ""},
		{"im:{a}", "alice\xff@example.com", ""},
		{"im:{a}", "alice@" + strings.Repeat("a", 64) + ".com", ""},
		{"sip:{a}", "sip:alice@example.com", "sip:alice@example.com"},
		{"sip:{a}", "a;transport=tcp@example.com", "sip:a%3Btransport=tcp@example.com"},
		{"sip:{a}", "a:b@example.com", "sip:a%3Ab@example.com"},
		{"sip:{a}@pbx.example.com", "4711", "sip:4711@pbx.example.com"},
		{"sip:{a}@pbx.example.com", "4711@evil.example", "sip:4711%40evil.example@pbx.example.com"},
		{"sip:{a}@pbx.example.com;user=phone", "4711", "sip:4711@pbx.example.com;user=phone"},
		{"sip:{number}@{a}", "PBX.example.com", "sip:441632960083@pbx.example.com"},
		{"sip:{number}@{a}", "pbx.example.com;x=y", ""},
		{"sip:{number}@{a}", "evil@pbx.example.com", ""},
		{"sip:+{number}@pbx.example.com;o={a}", "a;b?c", "sip:+441632960083@pbx.example.com;o=a%3Bb%3Fc"},
		{"xmpp:{a}", "alice@example.com", "xmpp:alice@example.com"},
		{"xmpp:{a}", "o'brien@example.com", ""},
		{"xmpp:{a}", "a/b@example.com", ""},
		{"xmpp:{a}@example.com", "alice/res", ""},
		{"{a}", "sip:alice@example.com", "sip:alice@example.com"},
		{"{a}", "xmpp:alice@example.com", "xmpp:alice@example.com"},
		{"{a}", "http://example.com/", ""},
		{"{a}", "javascript:x", ""},
		{"{a}", "mailto:alice@example.com", ""},
		{"{a}", "alice@example.com", ""},
		{"{a}", `sip:\1@example.com`, ""},
		{"{a}", "sip:{x}@example.com", ""},
		{"E2U+email:mailto mailto:{a}", "alice@example.com", "mailto:alice@example.com"},
		{"E2U+web:http http://example.com/{a}", "a/../b", "http://example.com/a%2F..%2Fb"},
		{"E2U+web:http http://example.com/?u={a}", "a&b#c", "http://example.com/?u=a%26b%23c"},
		{"E2U+pstn:tel tel:+{number}", "", "tel:+441632960083"},
	} {
		services, uri, named := strings.Cut(tt.template, " ")
		if !named {
			services, uri = "", tt.template
		}
		tpl, err := parseTemplate(services, uri)
		if err != nil {
			t.Errorf("%s: %v", tt.template, err)
			continue
		}
		note := notes{}
		f := &found{attributes: map[string][]string{"a": {tt.value}}}
		got := strings.Join(tpl.expand(f, e164.MustParse("+441632960083"), note), " ")
		if got != tt.want {
			t.Errorf("%s of %q: %q, want %q", tt.template, tt.value, got, tt.want)
		}
		if got == "" && note[ruleURI] != 1 {
			t.Errorf("%s of %q: it is not counted: %v", tt.template, tt.value, note)
		}
	}
}

// TestTemplateErrors: templates that would be everybody's, or let a value say where to, are refused.
func TestTemplateErrors(t *testing.T) {
	for _, template := range []string{
		"", "im:", "im:alice@example.com", "im:{mail", "im:mail}", "im:{}", "im:{a b}", "{a}{b}", "{a}@example.com", "{number}",
		"im:x{mail}", "sip:{a}{b}", "http://{a}/x", "http://x/{a}", "tel:+{number}", "mailto:{mail}", "nothing:{mail}",
		"sip:x@y:{port}", "im:{1a}", "im:{a;b}", "im :{a}",
	} {
		if tpl, err := parseTemplate("", template); err == nil {
			t.Errorf("%q is taken: %+v", template, tpl)
		}
	}
	for _, template := range []string{"http://{a}/x", "http://{a}", "http://x{a}/"} {
		if _, err := parseTemplate("E2U+web:http", template); err == nil {
			t.Errorf("%q is taken", template)
		}
	}
}

// TestSeveralValues: each value makes a URI of its own, as many as a client reads.
func TestSeveralValues(t *testing.T) {
	tpl, err := parseTemplate("", "sip:{a}@{b}")
	must(t, err)
	f := &found{attributes: map[string][]string{"a": {"x", "y"}, "b": {"h1.example", "h2.example"}}}
	got := tpl.expand(f, 0, notes{})
	want := []string{"sip:x@h1.example", "sip:x@h2.example", "sip:y@h1.example", "sip:y@h2.example"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for range 100 {
		f.attributes["a"] = append(f.attributes["a"], "z")
	}
	if got := tpl.expand(f, 0, notes{}); len(got) != mostURIs {
		t.Errorf("%d URIs", len(got))
	}
	f.attributes["b"] = nil
	if got := tpl.expand(f, 0, notes{}); len(got) != 0 {
		t.Errorf("a URI without a host: %q", got)
	}
}

// FuzzTemplate: whatever a value holds, the URI begins as the operator wrote it, ends so, and can be served.
func FuzzTemplate(f *testing.F) {
	templates := map[string]*template{}
	for _, text := range []string{"im:{a}", "sip:{a}@pbx.example.com;user=phone", "sip:x@{a};user=phone", "xmpp:{a}@example.com", "sip:x@example.com;p={a}"} {
		tpl, err := parseTemplate("", text)
		if err != nil {
			f.Fatal(err)
		}
		templates[text] = tpl
	}
	for _, seed := range []string{"alice@example.com", "a@b@c.d", "a;b?c&d=e", "%00", "!^.*$!", `\1`, "\u202e", "sip:sip:a@b.c", "a@b.c\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		who := &found{attributes: map[string][]string{"a": {value}}}
		for text, tpl := range templates {
			before, after, _ := strings.Cut(text, "{a}")
			for _, uri := range tpl.expand(who, 0, notes{}) {
				scheme, ok := notation.SchemeOf(uri)
				if !ok || scheme != tpl.scheme {
					t.Fatalf("%s of %q: %q is no URI of the scheme", text, value, uri)
				}
				if !strings.HasPrefix(uri, before) || !strings.HasSuffix(uri, after) || strings.Count(uri, "@") != 1 {
					t.Fatalf("%s of %q: %q", text, value, uri)
				}
				middle := uri[len(before) : len(uri)-len(after)]
				if strings.ContainsAny(middle, "?;/\\ \"<>{}") || strings.ContainsFunc(middle, isControl) {
					t.Fatalf("%s of %q: %q", text, value, uri)
				}
			}
		}
	})
}
