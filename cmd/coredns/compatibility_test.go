package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// moduleVersion is the version of a module, or of Go, that a go.mod asks for, without patch.
func moduleVersion(t *testing.T, file, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(name) + ` v?(\d+\.\d+)\.\d+`).FindStringSubmatch(read(t, file))
	if m == nil {
		t.Fatalf("%s does not name %s", file, name)
	}
	return m[1]
}

// What docs/compatibility.md says of Go, CoreDNS and what is released is what the build asks for, and what it says to
// suffice is what the pages of the stores say.
func TestCompatibilityPage(t *testing.T) {
	page := read(t, "../../docs/compatibility.md")
	golang, server := moduleVersion(t, "../../go.mod", "go"), moduleVersion(t, "../../go.mod", "github.com/coredns/coredns")
	for name, want := range map[string]string{
		"Go":         "| Go | " + golang + " or newer,",
		"CoreDNS":    "| CoreDNS | " + server + ".0 | " + server + ".0: all tests.",
		"Kubernetes": "| Kubernetes, custom resources | 1." + strings.TrimPrefix(moduleVersion(t, "../../deploy/go.mod", "k8s.io/api"), "0.") + ".",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: the page does not say %q", name, want)
		}
	}
	for _, file := range []string{"README.md", "CHANGELOG.md"} {
		if text := read(t, "../../"+file); !strings.Contains(text, "CoreDNS "+server) || !strings.Contains(text, "Go "+golang) {
			t.Errorf("%s names another Go or CoreDNS", file)
		}
	}

	var released []string
	for _, r := range rows(page, "processor") {
		if strings.HasPrefix(r["so far"], "released") {
			released = append(released, strings.ToLower(r["system"])+"/"+r["processor"])
		}
	}
	slices.Sort(released)
	made := regexp.MustCompile(`(?m)^ARCHS\s*\?= (.*)$`).FindStringSubmatch(read(t, "../../Makefile"))
	pushed := regexp.MustCompile(`--platform (\S+)`).FindStringSubmatch(read(t, "../../.github/workflows/release.yml"))
	if made == nil || pushed == nil {
		t.Fatal("neither Makefile nor release.yml says what is released")
	}
	if want := "linux/" + strings.ReplaceAll(made[1], " ", ",linux/"); strings.Join(released, ",") != want || pushed[1] != want {
		t.Errorf("the page has %q, the Makefile %q, release.yml %q", released, want, pushed[1])
	}

	var pages string
	for _, r := range rows(page, "said to suffice") {
		pages += r["page"]
		if least := r["said to suffice"]; least != "" {
			file := regexp.MustCompile(`\(([\w-]+\.md)\)`).FindStringSubmatch(r["page"])
			if file == nil || !strings.Contains(read(t, "../../docs/"+file[1]), least) {
				t.Errorf("%s: %s does not say %q", r["store"], r["page"], least)
			}
		}
	}
	for _, driver := range backend.Names() {
		if !slices.Contains([]string{"example", "file", "bolt", "http"}, driver) && !strings.Contains(pages, "("+driver) {
			t.Errorf("no store of backend %s is on the page", driver)
		}
	}
}
