package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is asked whether it takes a Corefile says so, or why not, by its exit status; beside a server that has the ports.
func TestValidate(t *testing.T) {
	path, dir := build(t), t.TempDir()
	const good = "e164.arpa:{$PORT} {\n    bind 127.0.0.1\n    enumim {\n        backend file numbers.txt\n        ns ns1.example.net\n    }\n    errors\n}\n"
	for name, c := range map[string]struct{ text, told string }{
		"good":      {good, ""},
		"directive": {strings.Replace(good, "errors", "erors", 1), "Unknown directive 'erors'"},
		"option":    {strings.Replace(good, "ns ns1", "nns ns1", 1), "Corefile:5"},
		"store":     {strings.Replace(good, "file numbers.txt", "nostore", 1), "nostore"},
		"unclosed":  {strings.TrimSuffix(good, "}\n"), "Corefile"},
	} {
		file := filepath.Join(dir, "Corefile")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, "-validate", "-conf", file)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PORT=1")
		out, err := cmd.CombinedOutput()
		if (err == nil) != (c.told == "") || !strings.Contains(string(out), c.told) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if out, err := exec.Command(path, "-validate", "-conf", filepath.Join(dir, "absent")).CombinedOutput(); err == nil {
		t.Errorf("a Corefile that is not there is valid:\n%s", out)
	}
}
