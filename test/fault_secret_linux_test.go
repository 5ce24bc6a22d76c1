package test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/test/proxy"
)

// safe is where the secret of a server stands: a file as Kubernetes mounts it, a link into the folder that the link "..data"
// points to.
type safe struct {
	path   string
	stores string // the file that the secret stood in before; one store has its own from there
	folder int
	told   []string // all that must not be told
}

// newSafe moves the secret of a place into a safe.
func newSafe(t testing.TB, p *place) *safe {
	t.Helper()
	s := &safe{path: filepath.Join(home(t), "secret")}
	for _, list := range [][]string{p.options, p.reads} {
		for i, option := range list {
			if before, path, ok := strings.Cut(option, " file:"); ok && (before == "password" || before == "token") {
				s.stores, list[i] = path, before+" file:"+s.path
			}
		}
	}
	if s.stores == "" {
		t.Fatalf("%s has no secret", p.one())
	}
	s.turn(t, p.secret+"\n")
	if err := os.Symlink(filepath.Join("..data", "secret"), s.path); err != nil {
		t.Fatal(err)
	}
	return s
}

// put writes a file that the server can read.
func (s *safe) put(t testing.TB, path, text string) {
	t.Helper()
	err := os.WriteFile(path, []byte(text), 0o600)
	if err == nil && os.Geteuid() == 0 {
		err = os.Chown(path, nobody, nobody)
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			s.told = append(s.told, line)
		}
	}
}

// turn puts a text into a new folder, and has "..data" point there.
func (s *safe) turn(t testing.TB, text string) {
	t.Helper()
	s.folder++
	dir := filepath.Dir(s.path)
	name := fmt.Sprintf("..%d", s.folder)
	if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
		t.Fatal(err)
	}
	s.put(t, filepath.Join(dir, name, "secret"), text)
	aside, link := filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")
	if err := errors.Join(os.Symlink(name, aside), os.Rename(aside, link)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..%d", s.folder-1))); err != nil {
		t.Fatal(err)
	}
}

// rename renames a file with a text over the path.
func (s *safe) rename(t testing.TB, text string) {
	t.Helper()
	s.put(t, s.path+".new", text)
	if err := os.Rename(s.path+".new", s.path); err != nil {
		t.Fatal(err)
	}
}

// takes has the store want another secret, which it returns. Connections that stand are not asked for it, but those of
// HTTP, where each request is.
func (s *scene) takes(t testing.TB, f *safe) (secret string) {
	t.Helper()
	secret = rand.Text()
	p := s.lane.store
	store, _, _ := strings.Cut(s.name, " ")
	switch store {
	case "postgres":
		s.sql(t, "ALTER ROLE reader PASSWORD '"+secret+"'")
	case "mysql":
		mariadb(t, s.servers()[0], "ALTER USER reader@'%' IDENTIFIED BY '"+secret+"'")
	case "redis":
		all := s.nodes(t)
		defer all.close()
		all.do(t, "CONFIG", "SET", "requirepass", secret)
	case "http":
		f.put(t, f.stores, secret+"\n")
		p.writes.(*lines).token = secret
	case "ldap":
		d := p.writes.(*peopleDirectory)
		if err := d.do(context.Background(), func(c *ldap.Conn) error {
			modify := ldap.NewModifyRequest(d.reader, nil)
			modify.Replace("userPassword", []string{secret})
			return c.Modify(modify)
		}); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("nobody knows how %s takes a secret", s.name)
	}
	p.secret = secret
	return secret
}

// secretFaults are exchanges of the secret that a server has, and files that hold none meanwhile.
var secretFaults = []struct {
	name string
	// put does it with what the store wants from now on, and returns what ends it; nil for what needs no end.
	put  func(t testing.TB, f *safe, secret string) (mend func())
	seen string // in the log; "" for what is no fault at all
}{
	{"..data turned", func(t testing.TB, f *safe, secret string) func() {
		f.turn(t, secret+"\n")
		return nil
	}, ""},
	{"emptied, then ..data turned", func(t testing.TB, f *safe, secret string) func() {
		f.turn(t, "")
		return func() { f.turn(t, secret) }
	}, "the secret is empty"},
	{"two lines, then ..data turned", func(t testing.TB, f *safe, secret string) func() {
		f.turn(t, secret[:10]+"\n"+secret[10:]+"\n")
		return func() { f.turn(t, secret+"\n") }
	}, "the secret has more than one line"},
	{"renamed", func(t testing.TB, f *safe, secret string) func() {
		f.rename(t, secret+"\n")
		return nil
	}, ""},
	{"half of it, then renamed", func(t testing.TB, f *safe, secret string) func() {
		f.rename(t, secret[:len(secret)/2])
		return func() { f.rename(t, secret) }
	}, "refuses"},
	{"removed, then renamed", func(t testing.TB, f *safe, secret string) func() {
		if err := os.Remove(f.path); err != nil {
			t.Fatal(err)
		}
		return func() { f.rename(t, secret) }
	}, "no such file"},
}

// TestSecretRotation (F45) exchanges the secret of a server, and of its store, under load. Connections that stand go on;
// all are reset then, and those that come have the new secret. What a store answers meanwhile is never wrong, a file that
// holds no secret is told by its name, and no log tells any secret, nor a half of one.
func TestSecretRotation(t *testing.T) {
	for _, w := range storeWays {
		if !only("postgres", "mysql", "redis store", "redis feed", "http", "ldap")(w) || once() && only("postgres feed", "mysql feed", "redis store", "http feed")(w) {
			continue // in the short form each store has one mode
		}
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			start := w.start
			var f *safe
			var proxies []*proxy.Proxy
			w.start = func(t testing.TB) *place {
				p := start(t)
				f, proxies = newSafe(t, p), throughProxies(t, p)
				return p
			}
			s := newScene(t, w, sceneSize)
			s.proxies, s.fresh = proxies, w.feed
			for _, x := range secretFaults {
				if once() && x.seen == "" {
					continue // the others end so, too
				}
				t.Run(strings.ReplaceAll(x.name, " ", "-"), func(t *testing.T) {
					s.run(t, fault{id: "F45", name: x.name, inject: func(t testing.TB, s *scene) func() {
						logged := s.journal.len()
						mend := x.put(t, f, s.takes(t, f))
						s.onTheWay(proxy.Fault{Reset: true})()
						if x.seen != "" {
							s.awaitLog(t, logged, x.seen)
						}
						return func() {
							if mend != nil {
								mend()
							}
						}
					}})
				})
			}
			s.ends(t, f.told...)
		})
	}
}
