package test

import (
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// hasServers is for faults of processes: a store may be a file.
func hasServers(w way) bool { return w.name != "bolt" }

// eachServer does something to all processes of a store.
func (s *scene) eachServer(do func(*servers.Server)) {
	for _, server := range s.servers() {
		do(server)
	}
}

// processFaults befall the processes of a store.
var processFaults = []fault{
	{id: "F1", name: "killed and started again", to: hasServers, inject: func(t testing.TB, s *scene) func() {
		s.eachServer((*servers.Server).Stop)
		return func() { s.eachServer((*servers.Server).Start) }
	}},
	{id: "F2", name: "frozen", silent: true, to: func(w way) bool { return hasServers(w) && !isSentinel(w) }, inject: func(t testing.TB, s *scene) func() {
		s.eachServer((*servers.Server).Pause)
		return func() { s.eachServer((*servers.Server).Resume) }
	}},
}
