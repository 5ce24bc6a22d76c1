package main

import (
	"log/slog"
	"os"
	"sync"
	"time"
)

// mostRemembered is how many numbers the history of changes has. Who asks for what was before is told that there is
// a gap, and reads all.
const mostRemembered = 100_000

// store is one tree that is served, and what changed lately.
type store struct {
	path string
	seen os.FileInfo // the file that was read last
	told string      // what is wrong with it

	mu         sync.RWMutex
	tree       *tree    // nil while there is none
	history    []change // in order
	remembered int      // numbers in history
	oldest     int64    // the generation from which on history knows all
}

// change is what made a generation of the one before.
type change struct {
	generation int64
	numbers    []string
}

// look loads the file if it is another than before.
func (s *store) look() {
	info, err := os.Stat(s.path)
	if err == nil && s.seen != nil && os.SameFile(info, s.seen) && info.ModTime().Equal(s.seen.ModTime()) && info.Size() == s.seen.Size() {
		return
	}
	if err == nil {
		err = s.load()
	}
	switch {
	case err == nil:
		s.told = ""
	case err.Error() != s.told: // once
		s.told = err.Error()
		slog.Error("a file is not loaded; what was loaded before is served", "file", s.path, "error", err)
	}
}

// load reads the file and serves it, whole or not at all.
func (s *store) load() error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.seen = info // also of a file with a fault: it is told once
	next, err := readTree(f)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.tree
	var numbers []string
	if before != nil {
		if numbers = next.changed(before); len(numbers) == 0 {
			return nil
		}
	}
	// A generation is never given twice, not even by a server that starts again: it is the time.
	next.generation = time.Now().UnixMicro()
	if before == nil {
		s.oldest = next.generation
	} else {
		next.generation = max(next.generation, before.generation+1)
		s.remember(change{next.generation, numbers})
	}
	s.tree = next
	slog.Info("loaded", "file", s.path, "entries", next.count, "generation", next.generation)
	return nil
}

// remember adds to the history, and takes from it what is too much. s.mu is held.
func (s *store) remember(c change) {
	s.history = append(s.history, c)
	s.remembered += len(c.numbers)
	for len(s.history) > 0 && s.remembered > mostRemembered {
		s.oldest = s.history[0].generation
		s.remembered -= len(s.history[0].numbers)
		s.history = s.history[1:]
	}
}

// now returns what is served, nil for nothing.
func (s *store) now() *tree {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tree
}

// since returns what is served, and at which numbers something changed since a generation; gap says that this is
// not known.
func (s *store) since(generation int64) (t *tree, numbers map[string]bool, gap bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.tree == nil {
		return nil, nil, true
	}
	if generation < s.oldest || generation > s.tree.generation {
		return s.tree, nil, true
	}
	numbers = map[string]bool{}
	for _, c := range s.history {
		if c.generation > generation {
			for _, n := range c.numbers {
				numbers[n] = true
			}
		}
	}
	return s.tree, numbers, false
}
