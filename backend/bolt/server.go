package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
)

// How often the path is looked at.
const (
	leastPause = 100 * time.Millisecond // while there is no data
	mostPause  = time.Second
)

// server serves one file, for all backends of this process that have its path: the lock on the file keeps
// everybody else out, and would keep out the next generation of a reload, too.
type server struct {
	holder
	why    atomic.Pointer[error] // there is no data
	cancel context.CancelFunc
	done   chan struct{}

	mu        sync.Mutex
	observers map[*store]func(backend.Event)
	users     int // guarded by that of shared
}

// sharing holds the servers of this process by their path, as the lock of a file is the whole process's.
type sharing struct {
	mu      sync.Mutex
	servers map[string]*server
}

var shared sharing

// open adds a user to the server of a path, and starts it for the first.
func (r *sharing) open(path string, user *store, observe func(backend.Event)) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.servers[path]
	if s == nil {
		if r.servers == nil {
			r.servers = make(map[string]*server)
		}
		r.servers[path] = newServer(path, user, observe)
		return r.servers[path]
	}
	s.users++
	s.mu.Lock()
	s.observers[user] = observe
	s.mu.Unlock()
	if now := s.acquire(); now != nil {
		defer now.drop()
		observe(user.loaded(now, s.path, 0))
	}
	return s
}

// close takes a user away, and ends the server with the last.
func (r *sharing) close(s *server, user *store) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.mu.Lock()
	delete(s.observers, user)
	s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	delete(r.servers, s.path)
	s.cancel()
	<-s.done
	return s.holder.close()
}

// newServer starts a server for its first user. It does not wait for the file.
func newServer(path string, user *store, observe func(backend.Event)) *server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{holder: holder{path: path}, cancel: cancel, done: make(chan struct{}), users: 1,
		observers: map[*store]func(backend.Event){user: observe}}
	began := time.Now()
	err := s.open()
	s.explain(err)
	go func() {
		defer close(s.done)
		s.run(ctx, began, err)
	}()
	return s
}

func (s *server) tell(e backend.Event) {
	e.Source = s.path
	for _, observe := range s.watching() {
		observe(e)
	}
}

// watching returns who is told of what happens.
func (s *server) watching() map[*store]func(backend.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.observers)
}

// explain keeps why there is no data.
func (s *server) explain(err error) {
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: there is no file %s: enumim import makes it", backend.ErrNotReady, s.path)
	}
	s.why.Store(&err)
}

// run looks after the file until ctx ends.
func (s *server) run(ctx context.Context, began time.Time, err error) {
	var listening *socket
	defer func() { listening.close() }()
	pause, told := leastPause, ""
	if err == nil {
		s.loaded(time.Since(began))
	}
	for {
		d := s.current.Load()
		if d != nil && listening != nil && listening.path != socketOf(s.path) { // a link leads elsewhere now
			listening.close()
			listening = nil
		}
		if d != nil && d.db != nil && listening == nil {
			if listening, err = listen(ctx, s, socketOf(s.path)); err != nil && told != err.Error() {
				told = err.Error()
				s.tell(backend.Event{Kind: backend.Finding, Rule: "bolt-no-socket", Count: 1,
					Text: "no changes can be made while the file is served: " + told})
			}
		}
		if d != nil {
			pause = mostPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, mostPause)
		if err := s.look(); err != nil && told != err.Error() {
			told = err.Error()
			s.tell(backend.Event{Kind: backend.Refused, Err: err})
		} else if err == nil && s.current.Load() != nil {
			told = ""
		}
	}
}

// look opens the file where there is none yet, or another one. The error is why another one is not taken.
func (s *server) look() error {
	d := s.current.Load()
	if d != nil && !s.replaced(d) || !s.writing.TryLock() {
		return nil
	}
	defer s.writing.Unlock()
	began := time.Now()
	d = s.current.Load()
	if d != nil && !s.replaced(d) {
		return nil
	}
	err := s.open()
	switch {
	case err == nil:
		s.loaded(time.Since(began))
	case d == nil:
		s.explain(err)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: the file %s is gone: what was in it is served until the server ends", backend.ErrUnavailable, s.path)
	}
	return err
}

// loaded tells of new data.
func (s *server) loaded(took time.Duration) {
	if now := s.acquire(); now != nil {
		defer now.drop()
		for user, observe := range s.watching() {
			observe(user.loaded(now, s.path, took))
		}
	}
}

// absent returns why there is no data.
func (s *server) absent() error {
	if err := *s.why.Load(); err != nil {
		return err
	}
	return backend.ErrClosed
}
