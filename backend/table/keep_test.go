package table

import (
	"errors"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
)

// memory keeps what is saved in memory.
type memory struct {
	mu      sync.Mutex
	list    []backend.Entry
	current time.Time
	saves   int
	load    error // of the end of the entries
	save    error
}

func (k *memory) Load() (iter.Seq2[backend.Entry, error], time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.list == nil {
		return nil, time.Time{}, nil
	}
	return func(yield func(backend.Entry, error) bool) {
		for _, e := range k.list {
			if !yield(e, nil) {
				return
			}
		}
		if k.load != nil {
			yield(backend.Entry{}, k.load)
		}
	}, k.current, nil
}

func (k *memory) Save(entries iter.Seq2[backend.Entry, error], current time.Time) error {
	var list []backend.Entry
	for e, err := range entries {
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.saves++
	if k.save == nil {
		k.list, k.current = list, current
	}
	return k.save
}

func (k *memory) saved() (entries, saves int, current time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.list), k.saves, k.current
}

// TestKeep: data is saved when it was loaded, at most every 30 s after changes, now and then while it does not
// change, and when the mirror is closed.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, kept := newPlaying(), &memory{}
		m := Mirror(t.Context(), feed, MirrorOptions{Keeper: kept, Stale: time.Hour})
		check := func(when string, entries, saves int, current time.Time) {
			t.Helper()
			synctest.Wait()
			if e, s, at := kept.saved(); e != entries || s != saves || !at.Equal(current) {
				t.Errorf("%s: %d entries, saved %d times, of %v; want %d, %d, %v", when, e, s, at, entries, saves, current)
			}
		}
		all := numbersFrom(20)
		feed.do(replace(all[:3]...))
		check("loaded", 3, 1, time.Now())
		at := time.Now()
		for i := range 10 {
			time.Sleep(time.Second)
			feed.do(apply(all[3+i]))
		}
		check("changes at once", 3, 1, at)
		at = time.Now()
		time.Sleep(20 * time.Second)
		check("30 s later", 13, 2, at)
		at = time.Now()
		for range 100 {
			time.Sleep(backend.FreshEvery)
			feed.do(confirm)
		}
		check("no changes", 13, 2, at.Add(-20*time.Second))
		for range 80 {
			time.Sleep(backend.FreshEvery)
			feed.do(confirm)
		}
		if _, saves, current := kept.saved(); saves != 3 || time.Since(current) > time.Hour/keepShare {
			t.Errorf("a quarter of an hour without changes: saved %d times, current %v ago", saves, time.Since(current))
		}
		feed.do(apply(all[13]))
		m.Close()
		check("closed", 14, 4, time.Now())
	})
}

// TestKeepStart: a mirror begins with what is kept, as stale data of its age, until the feed delivers; what it
// delivers first is held against it.
func TestKeepStart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		age    time.Duration
		load   error
		served bool
	}{
		{"a moment ago", 0, nil, true},
		{"half an hour ago", 30 * time.Minute, nil, true},
		{"an hour ago", time.Hour, nil, false},
		{"a clock that was set back by a minute", -time.Minute, nil, true},
		{"a clock that was set back by a day", -24 * time.Hour, nil, false},
		{"damaged", 0, backend.ErrInvalidData, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed, events := newPlaying(), &told{}
				kept := &memory{list: numbersFrom(1000), current: time.Now().Add(-tt.age), load: tt.load}
				m := Mirror(t.Context(), feed, MirrorOptions{Keeper: kept, Observe: events.observe, Stale: time.Hour})
				defer m.Close()
				synctest.Wait()
				if !tt.served {
					kept := tt.load == nil // if not to be served
					if _, err := asked(t, m); !errors.Is(err, backend.ErrStale) && kept || !errors.Is(err, backend.ErrNotReady) && !kept {
						t.Errorf("%v", err)
					}
					wantKinds(t, "start", events, backend.Refused)
					if kept {
						feed.do(func(s backend.Sink) error {
							if err := s.Replace(seqOf(numbersFrom(700))); !errors.Is(err, backend.ErrShrunk) {
								t.Errorf("what lost too much since it was saved: %v", err)
							}
							return nil
						})
					}
					feed.do(replace(numbersFrom(900)...))
					if a, err := asked(t, m); err != nil || a.Stale {
						t.Errorf("%+v, %v", a, err)
					}
					return
				}
				wantKinds(t, "start", events, backend.Loaded)
				if a, err := asked(t, m); err != nil || !a.Stale || a.Kind != backend.Found {
					t.Errorf("%+v, %v", a, err)
				}
				if err := m.(backend.Checker).Check(t.Context()); err != nil {
					t.Error(err)
				}
				if s := m.(backend.Stater).State(); s.Up || time.Since(s.Current) < max(tt.age, 0) {
					t.Errorf("%+v", s)
				}
				// Only a tree makes it current: nobody has compared it with the store.
				feed.do(func(s backend.Sink) error {
					if err := s.Apply(nil); !errors.Is(err, backend.ErrNotReady) {
						t.Errorf("Apply before a tree: %v", err)
					}
					return nil
				})
				feed.do(replace(numbersFrom(700)...))
				if a, err := asked(t, m); err != nil || !a.Stale {
					t.Errorf("after a tree that was refused: %+v, %v", a, err)
				}
				time.Sleep(time.Hour - max(tt.age, freshFor) - time.Second)
				synctest.Wait()
				if a, err := asked(t, m); err != nil || !a.Stale {
					t.Errorf("before the bound: %+v, %v", a, err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if _, err := asked(t, m); !errors.Is(err, backend.ErrStale) {
					t.Errorf("past the bound: %v", err)
				}
				if _, saves, _ := kept.saved(); saves != 0 {
					t.Errorf("what was not delivered was saved %d times", saves)
				}
				feed.do(replace(numbersFrom(900)...))
				if a, err := asked(t, m); err != nil || a.Stale {
					t.Errorf("after a good tree: %+v, %v", a, err)
				}
			})
		})
	}
}

// TestKeepFails: that nothing can be saved is told once, and does not keep data from being served.
func TestKeepFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		kept := &memory{save: errors.New("disk full")}
		m := Mirror(t.Context(), feed, MirrorOptions{Keeper: kept, Observe: events.observe})
		feed.do(replace(numbersFrom(3)...))
		for range 100 {
			time.Sleep(backend.FreshEvery)
			feed.do(confirm)
		}
		wantKinds(t, "saving", events, backend.Loaded, backend.Finding)
		if _, saves, _ := kept.saved(); saves < 10 || saves > 18 {
			t.Errorf("tried %d times", saves)
		}
		kept.mu.Lock()
		kept.save = nil
		kept.mu.Unlock()
		m.Close()
		if n, _, _ := kept.saved(); n != 3 {
			t.Errorf("%d entries saved in the end", n)
		}
	})
}

// panicky is a Keeper that panics.
type panicky struct{ load, save bool }

func (p panicky) Load() (iter.Seq2[backend.Entry, error], time.Time, error) {
	if p.load {
		panic("out of its mind")
	}
	return nil, time.Time{}, nil
}

func (p panicky) Save(iter.Seq2[backend.Entry, error], time.Time) error {
	if p.save {
		panic("out of its mind")
	}
	return nil
}

// TestKeepPanics: a Keeper that panics is one that fails.
func TestKeepPanics(t *testing.T) {
	for _, tt := range []struct {
		keeper Keeper
		want   []backend.EventKind
	}{
		{panicky{load: true}, []backend.EventKind{backend.Refused, backend.Loaded}},
		{panicky{save: true}, []backend.EventKind{backend.Loaded, backend.Finding}},
	} {
		synctest.Test(t, func(t *testing.T) {
			feed, events := newPlaying(), &told{}
			m := Mirror(t.Context(), feed, MirrorOptions{Keeper: tt.keeper, Observe: events.observe})
			feed.do(replace(numbersFrom(3)...))
			synctest.Wait()
			wantKinds(t, "panic", events, tt.want...)
			if a, err := asked(t, m); err != nil || a.Stale {
				t.Errorf("%+v, %v", a, err)
			}
			m.Close()
		})
	}
}

// hanging is a Keeper that hangs until it is let go, as a file system that is away does.
type hanging chan struct{}

func (h hanging) Load() (iter.Seq2[backend.Entry, error], time.Time, error) {
	<-h
	return nil, time.Time{}, nil
}

func (h hanging) Save(iter.Seq2[backend.Entry, error], time.Time) error {
	<-h
	return nil
}

// TestKeepHangs: a Keeper that hangs keeps neither the feed nor Close waiting for long.
func TestKeepHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, keeper := newPlaying(), make(hanging)
		m := Mirror(t.Context(), feed, MirrorOptions{Keeper: keeper})
		start := time.Now()
		feed.do(replace(numbersFrom(3)...))
		if a, err := asked(t, m); err != nil || a.Stale {
			t.Errorf("%+v, %v", a, err)
		}
		m.Close()
		if took := time.Since(start); took > 2*keepPatience {
			t.Errorf("%v", took)
		}
		early := Mirror(t.Context(), newPlaying(), MirrorOptions{Keeper: keeper})
		start = time.Now()
		if early.Close(); time.Since(start) != 0 {
			t.Errorf("Close waits %v for the Keeper to open what it has", time.Since(start))
		}
		close(keeper)
	})
}
