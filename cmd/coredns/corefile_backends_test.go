package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// sharedHeading is the part of the page about the options of package remote.
const sharedHeading = "Options that stores share"

// withBackend is a Corefile with a backend, and options with semicolons between them.
func withBackend(driver, options string) string {
	base := bases[driver]
	if strings.HasPrefix(options, "base ") {
		base, _, _ = strings.Cut(base, "/")
	}
	return server("enumim e164.arpa { backend " + base + " { " + options + " } }")
}

// TestReferenceOfBackends: docs/corefile.md has the backends that are compiled in, and of each the options that it knows;
// examples, defaults, bounds and mistakes are those of the parsers.
func TestReferenceOfBackends(t *testing.T) {
	page := readReference(t)
	names, texts := page.entries(t, "Backends")
	mistake := func(s string) string { return server("enumim e164.arpa { backend " + s + " }") }
	refusals(t, texts[sharedHeading], mistake)
	names = slices.DeleteFunc(names, func(s string) bool { return s == sharedHeading || s == "Of your own" })
	compiled := slices.DeleteFunc(backend.Names(), func(s string) bool { return s == "example" })
	if slices.Sort(names); !slices.Equal(names, compiled) || !slices.Equal(names, slices.Sorted(maps.Keys(bases))) {
		t.Fatalf("the page has the backends %q, the program %q", names, compiled)
	}
	shared := rows(texts[sharedHeading], "alone for")
	for _, driver := range names {
		t.Run(driver, func(t *testing.T) {
			text := texts[driver]
			if !strings.Contains(text, "~~~ txt\nbackend "+driver) {
				t.Error("no syntax")
			}
			var got []string
			for _, r := range rows(text, "option") {
				got = append(got, span(r["option"]))
				checkBackendOption(t, driver, r)
			}
			listed := known(t, setUp(t, withBackend(driver, "nosuch")))
			if slices.Contains(listed, "stale") {
				for _, r := range shared {
					got = append(got, span(r["option"]))
					alone := slices.Contains(strings.Fields(r["alone for"]), driver)
					if err := setUp(t, withBackend(driver, span(r["example"]))); (err == nil) != alone {
						t.Errorf("%s alone: the page says %t, the parser %v", r["example"], alone, err)
					}
					if alone {
						checkBackendOption(t, driver, r)
					}
				}
			}
			if slices.Sort(got); !slices.Equal(got, listed) {
				t.Errorf("the page has\n%q, the parser\n%q", got, listed)
			}
			sources := []string{"backend/" + driver + "/driver.go"}
			if slices.Contains(listed, "powerdns") {
				sources = append(sources, "backend/sqlstore/options.go")
			}
			wantCases(t, listed, sources...)
			refusals(t, text, mistake)
		})
	}
}

// checkBackendOption checks one line of a table.
func checkBackendOption(t *testing.T, driver string, r row) {
	t.Helper()
	name, example := span(r["option"]), span(r["example"])
	if !strings.Contains("; "+example+" ", "; "+name+" ") && !strings.Contains("; "+example+";", "; "+name+";") {
		t.Errorf("the example of %s is %q", name, example)
	}
	if err := setUp(t, withBackend(driver, example)); err != nil {
		t.Error(err)
	}
	if line := span(r["default"]); strings.Contains("; "+line, "; "+name+" ") {
		others := slices.DeleteFunc(strings.Split(line, "; "), func(s string) bool { return strings.HasPrefix(s, name+" ") })
		if !same(t, withBackend(driver, line), withBackend(driver, strings.Join(others, "; "))) {
			t.Errorf("%s: %s is not the default of %s", driver, line, name)
		}
	}
	more := ""
	if name == "refresh" && driver != "redis" { // half of that at most
		more = "; stale 72h"
	}
	checkBounds(t, r["values"], func(value string) string {
		return withBackend(driver, regexp.MustCompile(`\b`+name+` \S+`).ReplaceAllString(example, name+" "+value)+more)
	})
}

// TestReferenceLinks: the page leads to each backend's own page, and README and backends.md to it.
func TestReferenceLinks(t *testing.T) {
	page := readReference(t)
	for _, m := range regexp.MustCompile(`\]\(([\w.-]+\.md)[)#]`).FindAllStringSubmatch(page.text, -1) {
		if _, err := os.Stat("../../docs/" + m[1]); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(read(t, "../../README.md"), "(docs/corefile.md)") {
		t.Error("the README does not lead to the page")
	}
}
