// Package tools is where the versions of linters and scanners are kept, apart from those of what ships. Its tests hold
// that these find something.
package tools

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The data base of Go; GOVULNDB names a copy where the network is closed.
const vulnerabilities = "https://vuln.go.dev"

// Nothing that is built has a vulnerability that is known.
func TestVulnerabilities(t *testing.T) {
	if os.Getenv("GOVULNDB") == "" && !answers(vulnerabilities+"/index/db.json") {
		t.Skipf("%s does not answer: GOVULNDB names a copy of it, file:///...", vulnerabilities)
	}
	if out, err := vulncheck(t); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// answers reports whether there is something at a URL.
func answers(url string) bool {
	reply, err := (&http.Client{Timeout: 10 * time.Second}).Head(url)
	if err != nil {
		return false
	}
	return reply.Body.Close() == nil && reply.StatusCode == http.StatusOK
}

// A vulnerability of what is called fails make vulncheck, and a data base that is not there is no data base without any.
func TestVulncheckFinds(t *testing.T) {
	const made = `{"schema_version":"1.3.1","id":"GO-2026-0001","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z",
		"details":"Made up.","affected":[{"package":{"name":"stdlib","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],
		"ecosystem_specific":{"imports":[{"path":"fmt","symbols":["Errorf"]}]}}],"database_specific":{"url":"https://example.com/GO-2026-0001"}}`
	for _, c := range []struct {
		name, modules string
		found         bool
	}{
		{"one of fmt.Errorf", `[{"path":"stdlib","vulns":[{"id":"GO-2026-0001","modified":"2026-01-01T00:00:00Z"}]}]`, true},
		{"none", `[]`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"index/db.json": `{"modified":"2026-01-01T00:00:00Z"}`, "index/modules.json": c.modules, "ID/GO-2026-0001.json": made,
			} {
				save(t, filepath.Join(dir, name), text)
			}
			out, err := vulncheck(t, "GOVULNDB=file://"+dir, "CHECKED=./e164")
			if found := err != nil && strings.Contains(out, "GO-2026-0001"); found != c.found || !c.found && err != nil {
				t.Errorf("found %t: %v\n%s", found, err, out)
			}
		})
	}
	if out, err := vulncheck(t, "GOVULNDB=file://"+filepath.Join(t.TempDir(), "none"), "CHECKED=./e164"); err == nil {
		t.Errorf("without a data base all is well:\n%s", out)
	}
}

// gosec and staticcheck look at what make lint looks at.
func TestScanners(t *testing.T) {
	dir := t.TempDir()
	save(t, filepath.Join(dir, "go.mod"), "module example.com/bad\n\ngo 1.26.0\n")
	save(t, filepath.Join(dir, "bad.go"), `// Package bad has what scanners are to find.
package bad

import (
	"crypto/tls"
	"strings"
)

// Config trusts anybody.
func Config() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// Trim takes a set of letters for a word.
func Trim(s string) string { return strings.TrimLeft(s, "hello") }
`)
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "tool", "-modfile="+root+"/tools/go.mod", "golangci-lint", "run", "-c", root+"/.golangci.yml", "./...")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"G402", "SA1024"} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s is not found: %v\n%s", want, err, out)
		}
	}
}

func vulncheck(t *testing.T, variables ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", append([]string{"-s", "-C", "..", "vulncheck"}, variables...)...)
	// The make that runs the tests hands its own variables on.
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func save(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
