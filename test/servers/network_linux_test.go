package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A machine that lets nobody make a network is one thing, a network of ours that does not come about is another.
func TestNoNetwork(t *testing.T) {
	if exec.Command("unshare", "--net", "true").Run() != nil {
		t.Skip("this machine has no network namespaces")
	}
	for _, c := range []struct{ program, script, want string }{
		{"unshare", "exit 1", "skipped"},
		{"ip", "exit 1", "skipped"},
		{"ip", `[ "$3" = here ] || exit 1`, "failed"},
		{"true", "exit 0", ""},
	} {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, c.program), []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", path+":"+os.Getenv("PATH"))
		rec := &recorder{TB: t}
		done := make(chan struct{})
		go func() { defer close(done); NewNetwork(rec) }()
		<-done
		if rec.how != c.want {
			t.Errorf("where %s does %q, a test is %q: %s", c.program, c.script, rec.how, rec.text)
		}
		os.Remove(filepath.Join(path, c.program))
	}
}
