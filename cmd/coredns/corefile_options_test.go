package main

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/additional"
)

// optionSections are those that have options of the block, with the block that their examples stand in.
var optionSections = []struct{ heading, directive, first string }{
	{"Options of answers", "enumim", "backend file examples/numbers.txt"},
	{"Options of answers and inspection", "enumim", "backend file examples/numbers.txt"},
	{"Options of inspection", "enumim_guard", "inspect enforce"},
}

// fresh are lines that a default is the same as, where the option is off without any.
var fresh = map[string]string{"anonymize": "anonymize env:KEYS", "status": "status"}

// bullets are the lines of an entry that begin with a word.
func bullets(text, word string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^\* `+word+`: (.*)$`).FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// TestReferenceOfOptions: docs/corefile.md has the options of both directives and no other; its examples are taken, its
// defaults change nothing, its bounds are those of the parser, and what is refused is refused with these words.
func TestReferenceOfOptions(t *testing.T) {
	page := readReference(t)
	answers, inspects := known(t, setUp(t, server("enumim e164.arpa { nosuch }"))), known(t, setUp(t, server("enumim_guard e164.arpa { nosuch }")))
	var all, both []string
	for i, s := range optionSections {
		names, texts := page.entries(t, s.heading)
		if all = append(all, names...); i > 0 {
			both = append(both, names...)
		}
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				checkOption(t, name, texts[name], func(line, zone string) string {
					first := s.first
					if strings.HasPrefix(line, strings.Fields(first)[0]) { // the option itself
						first = line
						line = ""
					}
					return server(fmt.Sprintf("%s %s { %s; %s }", s.directive, zone, first, line))
				})
			})
		}
	}
	slices.Sort(all)
	slices.Sort(both)
	if !slices.Equal(all, answers) || !slices.Equal(both, inspects) {
		t.Errorf("the page has\n%q, of these for enumim_guard\n%q; the parser\n%q\n%q", all, both, answers, inspects)
	}
	wantCases(t, answers, "corefile/options.go")
}

// checkOption checks one entry; in makes a Corefile with a line in a block for a zone.
func checkOption(t *testing.T, name, text string, in func(line, zone string) string) {
	if !strings.Contains(text, "~~~ txt\n"+name) {
		t.Error("no syntax")
	}
	examples, defaults, mistakes := bullets(text, "example"), bullets(text, "default"), bullets(text, "refused")
	if len(examples) != 1 || len(defaults) != 1 || len(mistakes) == 0 {
		t.Fatalf("%d examples, %d defaults, %d mistakes", len(examples), len(defaults), len(mistakes))
	}
	zone, example := "e164.arpa", span(examples[0])
	if name == "dialplan" {
		zone = "dial.example.net"
	}
	if word, _, _ := strings.Cut(example, " "); word != name {
		t.Errorf("the example is of %q", word)
	}
	if err := setUp(t, in(example, zone)); err != nil {
		t.Error(err)
	}
	if line := span(defaults[0]); strings.HasPrefix(line, name+" ") && name != "additional" && !same(t, in(line, zone), in(fresh[name], zone)) {
		t.Errorf("%s is not the default", line)
	}
	for _, values := range bullets(text, "values") {
		checkBounds(t, values, func(value string) string {
			return in(regexp.MustCompile(`(\d\S*)( numbers.*)?$`).ReplaceAllString(example, value+"$2"), zone)
		})
	}
	for _, mistake := range mistakes {
		m := code.FindAllStringSubmatch(mistake, -1)
		if len(m) != 2 {
			t.Fatalf("%s: want what is refused, and what is told", mistake)
		}
		refused(t, in(m[0][1], "e164.arpa"), m[1][1])
	}
}

// checkBounds holds the least and the most value that a text names, if any, to what is taken.
func checkBounds(t *testing.T, text string, with func(string) string) {
	t.Helper()
	m := bounds.FindStringSubmatch(text)
	if m == nil {
		return
	}
	for _, value := range m[1:] {
		if err := setUp(t, with(value)); err != nil {
			t.Errorf("%s is refused: %v", value, err)
		}
	}
	for _, value := range outside(t, m[1], m[2]) {
		if setUp(t, with(value)) == nil {
			t.Errorf("%s is taken", value)
		}
	}
}

// cases are the options that a parser tells apart in its source.
var cases = regexp.MustCompile(`(?s)switch (?:l\.name|opt\.Name) \{(.*?)\n\t(?:default:|\})`)

// wantCases holds the list of options that an error has to the parser itself.
func wantCases(t *testing.T, listed []string, sources ...string) {
	t.Helper()
	for _, path := range sources {
		for _, m := range cases.FindAllStringSubmatch(read(t, "../../"+path), -1) {
			for _, c := range regexp.MustCompile(`case "(\w+)":`).FindAllStringSubmatch(m[1], -1) {
				if !slices.Contains(listed, c[1]) {
					t.Errorf("%s knows the option %s, which no error lists", path, c[1])
				}
			}
		}
	}
}

// What the page says of the SOA and NS that nobody configured, and of the time that answers wait, is what the server does.
func TestReferenceOfDefaults(t *testing.T) {
	page := readReference(t)
	setUp(t, "") // the directives
	_, texts := page.entries(t, "Options of answers")
	inst, err := caddy.Start(caddy.CaddyfileInput{Filepath: "Corefile", ServerTypeName: "dns", Contents: []byte(
		"e164.arpa:0 {\nbind 127.0.0.1\nenumim {\nbackend example\n}\n}\n")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		inst.ShutdownCallbacks()
		inst.Stop()
	})
	ask := func(qtype uint16) dns.RR {
		t.Helper()
		var addr net.Addr
		for _, s := range inst.Servers() {
			addr = s.LocalAddr()
		}
		reply, err := patiently(new(dns.Msg).SetQuestion("e164.arpa.", qtype), addr.String())
		if err != nil || len(reply.Answer) == 0 {
			t.Fatalf("%v, %v", reply, err)
		}
		return reply.Answer[0]
	}
	soa, ns := ask(dns.TypeSOA).(*dns.SOA), ask(dns.TypeNS).(*dns.NS)
	want := fmt.Sprintf("the first of `ns`, or `%s`ZONE; `%s`ZONE; %d, %d and %d seconds", strings.TrimSuffix(soa.Ns, "e164.arpa."),
		strings.TrimSuffix(soa.Mbox, "e164.arpa."), soa.Refresh, soa.Retry, soa.Expire)
	if got := bullets(texts["soa"], "default")[0]; got != want {
		t.Errorf("the page says %s, the server %s", got, want)
	}
	if got, want := bullets(texts["ns"], "default")[0], "`"+strings.TrimSuffix(ns.Ns, "e164.arpa.")+"`ZONE"; got != want {
		t.Errorf("the page says %s, the server %s", got, want)
	}
	if fmt.Sprintf("ttl %d", soa.Hdr.Ttl) != span(bullets(texts["ttl"], "default")[0]) || fmt.Sprintf("negative_ttl %d", soa.Minttl) != span(bullets(texts["negative_ttl"], "default")[0]) {
		t.Errorf("the server has %v", soa)
	}
	_, texts = page.entries(t, "Options of answers and inspection")
	if got := bullets(texts["additional"], "default")[0]; !strings.HasSuffix(got, "wait "+additional.DefaultWait.String()+"`") {
		t.Errorf("the page says %s", got)
	}
}

// TestReferenceOfPlaces: the page has the plugins where they stand, and its Corefiles are taken.
func TestReferenceOfPlaces(t *testing.T) {
	page := readReference(t)
	fences := regexp.MustCompile(`(?ms)^~~~ corefile\n(.*?)^~~~$`).FindAllStringSubmatch(page.text, -1)
	if len(fences) < 4 {
		t.Errorf("the page has %d Corefiles", len(fences))
	}
	for _, m := range fences {
		if err := setUp(t, m[1]); err != nil {
			t.Errorf("%v\n%s", err, m[1])
		}
	}
	order := dnsserver.Directives
	seen := 0
	for _, r := range rows(page.text, "stands") {
		for _, m := range regexp.MustCompile(`\*(\w+)\*`).FindAllStringSubmatch(r["plugin"], -1) {
			seen++
			i, guard, own := slices.Index(order, m[1]), slices.Index(order, "enumim_guard"), slices.Index(order, "enumim")
			is := "behind `enumim`"
			switch {
			case i < 0:
				is = "nowhere"
			case i < guard:
				is = "before `enumim_guard`"
			case i < own:
				is = "before `enumim`, behind `enumim_guard`"
			}
			if r["stands"] != is {
				t.Errorf("%s stands %s", m[1], is)
			}
		}
	}
	if seen < 20 {
		t.Errorf("the table has %d plugins", seen)
	}
	refusals(t, page.sections["Mistakes"], server)
}
