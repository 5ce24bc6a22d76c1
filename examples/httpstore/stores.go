package main

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// stores are the trees of a folder.
type stores struct {
	dir string

	mu  sync.RWMutex
	all map[string]*store
}

// follow looks at the files again and again.
func (s *stores) follow(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.look()
		}
	}
}

// look loads what is new. A tree stays when its file goes: whoever asks for a number is not told that there is none.
func (s *stores) look() {
	const end = ".jsonl"
	paths, _ := filepath.Glob(filepath.Join(s.dir, "*"+end)) // it fails for patterns alone
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), end)
		one := s.get(name)
		if one == nil {
			one = &store{path: path}
			s.mu.Lock()
			s.all[name] = one
			s.mu.Unlock()
		}
		one.look()
	}
}

// get returns the store of a name; nil for none.
func (s *stores) get(name string) *store {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[name]
}
