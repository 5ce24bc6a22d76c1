package test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// saved keeps the data of the store's servers as it is now, and returns what puts it back in the place of what is there
// then. The servers are killed for it, and started again.
func (s *scene) saved(t testing.TB) (restore func()) {
	t.Helper()
	dir := t.TempDir()
	run := func(args ...string) {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	s.eachServer((*servers.Server).Stop)
	for _, server := range s.servers() {
		run("cp", "-a", server.Dir, filepath.Join(dir, filepath.Base(filepath.Dir(server.Dir))))
	}
	s.eachServer((*servers.Server).Start)
	return func() {
		s.eachServer((*servers.Server).Stop)
		for _, server := range s.servers() {
			run("find", server.Dir, "-mindepth", "1", "-delete")
			run("cp", "-a", filepath.Join(dir, filepath.Base(filepath.Dir(server.Dir)))+"/.", server.Dir)
		}
		s.eachServer((*servers.Server).Start)
	}
}

// restored puts an older version of the data back, after the next one was served. The history of the store went back then, so
// that the versions of answers may (the exception of rule I1).
func (s *scene) restored(t testing.TB) {
	t.Helper()
	was := s.lane.high.Load()
	restore := s.saved(t)
	eventually(t, s.current)
	s.awaitStore(t, s.lane, s.lane.put(t))
	s.lane.goesBack(was)
	restore()
}

// rewritten heals by writing the data anew: all of the next version.
func (s *scene) rewritten(t testing.TB) func() {
	return func() { s.lane.put(t) }
}

// taken heals by writing the data anew, and waits until it is served: what the shrink guard held back is read again after
// some seconds, and what is served may be stale by then.
func (s *scene) taken(t testing.TB) func() {
	return func() { s.awaitStore(t, s.lane, s.lane.put(t)) }
}
