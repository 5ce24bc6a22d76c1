package table

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
)

// gone returns the changes that delete entries.
func gone(entries []backend.Entry) (changes []backend.Change) {
	for _, e := range entries {
		changes = append(changes, backend.Change{Entry: e, Delete: true})
	}
	return changes
}

// unread returns entries as they are when nobody can read them.
func unread(entries []backend.Entry) []backend.Entry {
	list := slices.Clone(entries)
	for i := range list {
		list[i] = backend.Entry{Kind: list[i].Kind, Name: list[i].Name, Broken: true}
	}
	return list
}

// TestShrink: a mirror does not lose more than the share, as a tree or as changes, at once or within ten minutes;
// what cannot be read any more is lost. What is refused is taken as a loss of the store until a tree is right.
func TestShrink(t *testing.T) {
	all := numbersFrom(1000)
	tree := func(entries ...backend.Entry) func(backend.Sink) error {
		return func(s backend.Sink) error { return s.Replace(seqOf(entries)) }
	}
	change := func(changes ...backend.Change) func(backend.Sink) error {
		return func(s backend.Sink) error { return s.Apply(changes) }
	}
	var broken []backend.Change
	for _, e := range unread(all[:201]) {
		broken = append(broken, backend.Change{Entry: e})
	}
	for _, tt := range []struct {
		name  string
		pause time.Duration // between steps
		steps []func(backend.Sink) error
		want  error // of the last one
	}{
		{"a tree less a fifth", 0, []func(backend.Sink) error{tree(all[200:]...)}, nil},
		{"a tree less more", 0, []func(backend.Sink) error{tree(all[201:]...)}, backend.ErrShrunk},
		{"two trees", 0, []func(backend.Sink) error{tree(all[150:]...), tree(all[250:]...)}, backend.ErrShrunk},
		{"two trees, with time", 11 * time.Minute, []func(backend.Sink) error{tree(all[150:]...), tree(all[250:]...)}, nil},
		{"a tree that cannot be read", 0, []func(backend.Sink) error{tree(unread(all)...)}, backend.ErrShrunk},
		{"a tree of which a part cannot be read", 0, []func(backend.Sink) error{tree(slices.Concat(unread(all[:201]), all[201:])...)}, backend.ErrShrunk},
		{"a fifth is deleted", 0, []func(backend.Sink) error{change(gone(all[:200])...)}, nil},
		{"all is deleted", 0, []func(backend.Sink) error{change(gone(all)...)}, backend.ErrShrunk},
		{"deleted in pieces", time.Minute, []func(backend.Sink) error{change(gone(all[:150])...), change(gone(all[150:250])...)}, backend.ErrShrunk},
		{"deleted in pieces, then read", time.Minute, []func(backend.Sink) error{change(gone(all[:150])...), tree(all[250:]...)}, backend.ErrShrunk},
		{"deleted in pieces, with time", 11 * time.Minute, []func(backend.Sink) error{change(gone(all[:150])...), change(gone(all[150:250])...)}, nil},
		{"changed to what cannot be read", 0, []func(backend.Sink) error{change(broken...)}, backend.ErrShrunk},
		{"changes after what was refused", 0, []func(backend.Sink) error{change(gone(all)...), change()}, backend.ErrNotReady},
		{"no changes after a tree that was refused", 0, []func(backend.Sink) error{tree(all[201:]...), change()}, backend.ErrNotReady},
		{"a tree after what was refused", 0, []func(backend.Sink) error{change(gone(all)...), tree(all...), change()}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := newPlaying()
				m := Mirror(t.Context(), feed, MirrorOptions{})
				defer m.Close()
				feed.do(replace(all...))
				var err error
				for _, step := range tt.steps {
					time.Sleep(tt.pause)
					feed.do(func(s backend.Sink) error {
						err = step(s)
						return nil
					})
				}
				if !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
			})
		})
	}
}

// TestSyncEachRun: each run of a feed begins with a tree, before which nobody knows what the store has.
func TestSyncEachRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := newPlaying()
		m := Mirror(t.Context(), feed, MirrorOptions{})
		defer m.Close()
		feed.do(replace(numbersFrom(10)...))
		feed.do(fail)
		time.Sleep(20 * time.Minute)
		feed.do(func(s backend.Sink) error {
			if err := s.Apply(nil); !errors.Is(err, backend.ErrNotReady) {
				t.Errorf("before a tree: %v", err)
			}
			return nil
		})
		if a, err := asked(t, m); err != nil || !a.Stale {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
