package sqlstore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

// line is a connection that a test looks at.
type line struct{ left, hungUp bool }

func (*line) Limit(context.Context, time.Duration) error { return nil }
func (l *line) Closed() bool                             { return l.left || l.hungUp }
func (l *line) Leave()                                   { l.left = true }
func (l *line) HangUp()                                  { l.hungUp = true }

// Each connection is replaced when it has served its life, the ones that are seldom needed, too; while no other can be
// had it goes on.
func TestPoolReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := remote.New(backend.Config{})
		var made []*line
		away := false
		p := NewPool(2, Opener[*line]{
			Open: func(context.Context, time.Duration) (*line, error) {
				if away {
					return nil, errors.New("nobody knows the name")
				}
				made = append(made, &line{})
				return made[len(made)-1], nil
			},
			Outdated: func(error) bool { return false }, Patience: time.Second, Options: options,
		})
		use := func(beside func()) {
			t.Helper()
			err := p.Use(t.Context(), func(_ context.Context, l *line) error {
				if beside != nil {
					beside()
				}
				if l.Closed() {
					t.Error("a connection is used that was closed")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		both := func() { use(func() { use(nil) }) }
		both()
		for range 100 {
			use(nil)
		}
		if len(made) != 2 {
			t.Fatalf("%d connections before their time", len(made))
		}

		away = true
		time.Sleep(2 * options.Life)
		both()
		use(nil)
		if made[0].Closed() || made[1].Closed() {
			t.Error("a connection was given up, and there is no other")
		}

		away = false
		use(nil)
		if len(made) != 2 {
			t.Error("it was tried again at once")
		}
		time.Sleep(options.Life)
		use(nil)
		use(nil)
		use(nil)
		if len(made) != 4 || !made[0].left || !made[1].left || made[2].Closed() || made[3].Closed() {
			t.Errorf("%d connections were made, the first two were left: %t, %t", len(made), made[0].left, made[1].left)
		}
		p.Close()
		if !made[2].left || !made[3].left {
			t.Error("the pool is closed, and a connection is not")
		}
	})
}

// Connections to a server that was left are replaced as they are needed, before their time; where no other can be had they go on,
// and it is not tried again at once.
func TestPoolLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made []*line
		left, away, tries := false, false, 0
		p := NewPool(2, Opener[*line]{
			Open: func(context.Context, time.Duration) (*line, error) {
				if tries++; away {
					return nil, errors.New("there is nobody")
				}
				made = append(made, &line{})
				return made[len(made)-1], nil
			},
			Outdated: func(error) bool { return false }, Patience: time.Second, Options: remote.New(backend.Config{}),
			Left: func(l *line) bool { return left && l == made[0] },
		})
		use := func() {
			t.Helper()
			if err := p.Use(t.Context(), func(context.Context, *line) error { return nil }); err != nil {
				t.Error(err)
			}
		}
		use()
		left, away = true, true
		for range 100 {
			use()
		}
		if tries != 2 || made[0].Closed() {
			t.Errorf("another was tried %d times, and the one that stood was given up: %t", tries-1, made[0].Closed())
		}
		time.Sleep(p.Options.Life)
		away = false
		for range 100 {
			use()
		}
		if len(made) != 2 || !made[0].left || made[1].Closed() {
			t.Errorf("%d connections were made; the one to where nobody wants to be was left: %t", len(made), made[0].left)
		}
		p.Close()
	})
}
