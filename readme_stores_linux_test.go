package enumim_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	_ "github.com/enumim/enumim/backend/bolt"
	_ "github.com/enumim/enumim/backend/etcd"
	"github.com/enumim/enumim/backend/postgres"
	_ "github.com/enumim/enumim/backend/redis"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/test/servers"
)

// storeLine finds the backend of a Corefile when it is a store, with its options.
var storeLine = regexp.MustCompile(`(?s)backend ((postgres|redis|etcd|bolt) [^{\n]*(\{[^}]*\})?)`)

// The Corefiles of the README serve what is in the stores that they name.
func TestReadmeStores(t *testing.T) {
	_, snippets := readme(t, "corefile")
	var seen []string
	for _, s := range snippets {
		m := storeLine.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		seen = append(seen, m[2])
		t.Run(m[2], func(t *testing.T) {
			dir := t.TempDir()
			password := rand.Text()
			secret := filepath.Join(dir, "password")
			if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			places := []string{"/etc/enumim/password", secret, "/var/lib/enumim", dir}
			switch m[2] {
			case "postgres":
				server := servers.Postgres(t)
				c, err := pgconn.Connect(t.Context(), "postgres://enumim@"+server.Addr+"/enumim")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close(context.Background())
				if err := c.Exec(t.Context(), postgres.Schema+"; CREATE ROLE server LOGIN SUPERUSER PASSWORD '"+password+"'").Close(); err != nil {
					t.Fatal(err)
				}
				places = append(places, "127.0.0.1:5432", server.Addr)
			case "redis":
				places = append(places, "127.0.0.1:6379", servers.Redis(t, "--requirepass", password).Addr)
			case "etcd":
				places = append(places, "127.0.0.1:2379", servers.Etcd(t).Addr)
			}
			replace := strings.NewReplacer(places...)
			fillStore(t, replace.Replace(m[1]))
			// The block's own port must stay as it is for startReadme.
			inst := startReadme(t, replace.Replace(s))
			for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				r := ask(t, inst, "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR)
				if len(r.Answer) == 1 && strings.Contains(r.String(), "im:user@example.com") {
					break
				}
				if time.Now().After(until) {
					t.Fatalf("%s\nanswers %v", s, r)
				}
			}
		})
	}
	if slices.Sort(seen); !slices.Equal(slices.Compact(seen), []string{"bolt", "etcd", "postgres", "redis"}) {
		t.Errorf("the README has Corefiles for %v", seen)
	}
}

// fillStore writes RFC 5028's number to a store.
func fillStore(t *testing.T, backendLine string) {
	t.Helper()
	line := regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(backendLine, "; ")
	line = strings.NewReplacer("{;", "{", "; }", " }").Replace(line)
	apex, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	_, opener, err := corefile.ParseBackend(line, backend.Config{Apexes: []e164.Apex{apex}})
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	w, err := opener.(backend.WriterOpener).OpenWriter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	e := backend.Entry{Name: e164.Name{Number: e164.MustParse("+12025550100")}, TTL: 3600, Records: []naptr.Record{
		{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:user@example.com!", Replacement: "\x00"},
	}}
	err = w.Write(t.Context(), func(yield func(backend.Change, error) bool) { yield(backend.Change{Entry: e}, nil) }, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
}
