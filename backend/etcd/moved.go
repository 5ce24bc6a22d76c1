package etcd

import (
	"context"
	"errors"
	"time"

	"github.com/enumim/enumim/backend/remote"
)

// errMoved: the name of the member leads elsewhere, and somebody answers there.
var errMoved = errors.New("the name of the member leads elsewhere")

// look looks now and then whether the name of the member leads elsewhere, and returns when it does. A watch can stand for years,
// at a member that was left and that lives on.
func (w *watch) look(ctx context.Context) {
	for {
		if sleep(ctx, time.Until(w.cluster.life.Until())) != nil {
			return
		}
		if w.member.left(ctx) {
			close(w.moved)
			return
		}
	}
}

// left reports whether the name of a member leads to another one, which has a tree.
func (m *member) left(ctx context.Context) bool {
	at := m.at.Load()
	if at == nil || !remote.Moved(ctx, m.host, *at) {
		return false
	}
	ctx, cancel := remote.Attempt(ctx)
	defer cancel()
	next, _, err := m.dial(ctx, m.host)
	if err != nil {
		return false
	}
	next.Close()
	return true
}
