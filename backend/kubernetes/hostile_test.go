package kubernetes

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// Whatever an API server says instead of what it was asked for, numbers that were served go on to be, and nobody is told that
// they do not exist.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		want string
	}{{401, "refuses the token"}, {403, "denies"}, {404, "no definition"}, {410, ""}, {429, "asked too much"}, {500, "status 500"}, {302, "status 302"}, {204, "status 204"}} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.put("numbers", "enum", "alice", number("12025550100", "alice"))
			s := serve(t, k.opener(t)).loaded(t)
			k.with(func() { k.refuse = func(*http.Request) int { return c.code } })
			k.CloseClientConnections()
			eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, c.want) > 0 })
			s.keeps(t, 300*time.Millisecond, "12025550100", "im:alice@example.com")
			if got := serve(t, k.opener(t)).says("12025550100"); !strings.Contains(got, "error") {
				t.Errorf("a new server answers %s", got)
			}
			k.with(func() { k.refuse = nil })
			k.put("numbers", "enum", "bob", number("12025550101", "bob"))
			s.wants(t, "12025550101", "im:bob@example.com")
		})
	}
}

// What no API server says is not taken: lists and events of other kinds, namespaces and times, and what is no JSON.
func TestOdd(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]func(path string, text []byte) []byte{
		"another kind": func(_ string, text []byte) []byte {
			return bytes.ReplaceAll(text, []byte(`"Number`), []byte(`"Secret`))
		},
		"another namespace": func(_ string, text []byte) []byte {
			return bytes.ReplaceAll(text, []byte(`"namespace":"enum"`), []byte(`"namespace":"other"`))
		},
		"no revision": func(_ string, text []byte) []byte {
			return bytes.ReplaceAll(text, []byte(`"resourceVersion":"`), []byte(`"resourceVersion":"x`))
		},
		"no JSON":    func(string, []byte) []byte { return []byte("<html>") },
		"half of it": func(_ string, text []byte) []byte { return text[:len(text)/2] },
		"nothing":    func(string, []byte) []byte { return nil },
		"no identity": func(_ string, text []byte) []byte {
			return bytes.ReplaceAll(text, []byte(`"uid":"`), []byte(`"uid":"x`))
		},
		"of before": func(path string, text []byte) []byte { return old(path, text) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.put("numbers", "enum", "alice", number("12025550100", "alice"))
			s := serve(t, k.opener(t)).loaded(t)
			k.with(func() { k.rewrite = odd })
			k.put("numbers", "enum", "mallory", number("12025550101", "mallory"))
			k.put("numbers", "enum", "alice", number("12025550100", "mallory"))
			eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "")+s.has(backend.Refused, "") > 0 })
			s.keeps(t, 300*time.Millisecond, "12025550100", "im:alice@example.com")
			k.with(func() { k.rewrite = nil })
			s.wants(t, "12025550101", "im:mallory@example.com")
		})
	}
}

// old puts events, and what lists say of their time, back to the beginning.
func old(_ string, text []byte) []byte {
	return bytes.ReplaceAll(text, []byte(`"resourceVersion":"1`), []byte(`"resourceVersion":"`))
}

// An API server that is silent is found out, and what it holds is served as stale meanwhile.
func TestSilent(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 20 s")
	}
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	s := serve(t, k.opener(t)).loaded(t)
	free := make(chan struct{})
	k.with(func() {
		k.refuse = func(*http.Request) int {
			<-free
			return 0
		}
	})
	eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "no answer in time") > 0 })
	s.keeps(t, time.Second, "12025550100", "im:alice@example.com")
	close(free)
	k.put("numbers", "enum", "bob", number("12025550101", "bob"))
	s.wants(t, "12025550101", "im:bob@example.com")
}

// refusing takes nothing.
type refusing struct{ backend.Sink }

func (refusing) Replace(iter.Seq2[backend.Entry, error]) error { return backend.ErrShrunk }

// What the shrink guard refuses is read again after pauses that grow: many servers together would keep an API server from
// all else, just when somebody deleted too much.
func TestRefusedRests(t *testing.T) {
	t.Parallel()
	o := newKit(t).opener(t)
	f := &feed{options: o, sink: refusing{}, client: &client{options: o}}
	c, err := f.client.connect(bounded(t))
	must(t, err)
	defer c.Close()
	scopes, namespaces, err := f.scopes()
	must(t, err)
	for _, seconds := range []int{10, 20, 40, 80, 120, 120} {
		want := time.Duration(seconds) * time.Second
		f.rest = time.Time{}
		if err := f.full(bounded(t), &watching{feed: f, conn: c, scopes: scopes, namespaces: namespaces}); !errors.Is(err, backend.ErrShrunk) {
			t.Fatal(err)
		}
		if got := time.Until(f.rest); got > want || got < want-5*time.Second {
			t.Errorf("it rests for %v, wanted %v", got, want)
		}
	}
}
