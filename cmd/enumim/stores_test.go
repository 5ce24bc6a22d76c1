package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/test/servers"
)

// stores are the backend lines of stores of every kind, started as they are asked for.
var stores = []struct {
	name  string
	start func(t testing.TB) string
}{
	{"bolt", func(t testing.TB) string { return "bolt " + filepath.Join(t.TempDir(), "n.bolt") }},
	{"etcd", func(t testing.TB) string { return "etcd " + servers.Etcd(t).Addr }},
	{"redis", func(t testing.TB) string { return "redis " + servers.Redis(t).Addr }},
	{"postgres", startPostgres},
}

// startPostgres makes the tables as docs/import.md tells.
func startPostgres(t testing.TB) string {
	s := servers.Postgres(t)
	sql, errs, code := tool(t, "", "schema", "postgres")
	if code != exitOK {
		t.Fatal(errs)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.Addr+"/enumim")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.Exec(ctx, sql).Close(); err != nil {
		t.Fatal(err)
	}
	return "postgres " + s.Addr + "/enumim"
}

// random returns a numbers file of a tree with numbers, blocks and delegations.
func random(r *rand.Rand) string {
	lines := map[string]string{}
	for range 1 + r.IntN(300) {
		n := fmt.Sprintf("+1202555%04d", r.IntN(400))
		switch r.IntN(12) {
		case 0:
			lines[n] = n + "\tnone\n"
		case 1:
			n = n[:10] + "x{" + fmt.Sprint(r.IntN(2), ",", 2+r.IntN(2)) + "}"
			if slices.ContainsFunc(keysOf(lines), func(k string) bool { return strings.HasPrefix(k, n[:10]+"x") }) {
				continue
			}
			lines[n] = n + "\tttl=60\tsip:{number}@gw" + fmt.Sprint(r.IntN(3)) + ".example.net\n"
		case 2:
			n = fmt.Sprintf("+4420%02d", r.IntN(30))
			lines[n] = n + "\tNS ns" + fmt.Sprint(r.IntN(3)) + ".example.net.\n\tNS ns.1." + "example.org.\n\tDS 12345 13 2 49FD46E6C4B45C55D4AC0000000000000000000000000000000000000000AAAA\n"
		case 3:
			lines[n] = n + "\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+1202555(.*)$!sip:\\1@example.com!\" .\n"
		default:
			lines[n] = n + fmt.Sprintf("\tttl=%d\tim:user%d@example.com\tsip:user%d@example.com\n", 60+r.IntN(2), r.IntN(5), r.IntN(5))
		}
	}
	var b strings.Builder
	for _, k := range keysOf(lines) {
		b.WriteString(lines[k])
	}
	return b.String() + "$END\n"
}

func keysOf(lines map[string]string) []string {
	var keys []string
	for k := range lines {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Every store gives back exactly what it was given by a file or by another store, whatever it held before; and
// nothing is written twice.
func TestEveryStoreGivesBackWhatItGot(t *testing.T) {
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) {
			store := s.start(t)
			r := rand.New(rand.NewPCG(5, 6))
			file := filepath.Join(t.TempDir(), "numbers.txt")
			between := "bolt " + filepath.Join(t.TempDir(), "between.bolt")
			for round := range 6 {
				text := random(r)
				if round == 0 {
					text = tidyNumbers
				}
				write(t, file, text)
				want, errs, code := tool(t, "", "convert", "--to", "numbers", file)
				if code != exitOK {
					t.Fatalf("%s\n%s", errs, text)
				}
				from := file
				if round%2 == 1 {
					from = between
					carried(t, file, between)
				}
				carried(t, from, store)
				if got, errs, code := tool(t, "", "export", store); code != exitOK || errs != "" || got != want {
					t.Fatalf("it gives back (exit %d, %s)\n%s\nand got\n%s", code, errs, got, want)
				}
				out, errs, code := tool(t, "", "import", "--lint", "off", file, store)
				if code != exitOK || errs != "" || !strings.Contains(out, "Nothing to change in ") {
					t.Fatalf("a second time: exit %d\n%s%s", code, out, errs)
				}
				carried(t, store, between)
				if got, _, _ := tool(t, "", "export", between); got != want {
					t.Fatalf("another store gets\n%s\nand not\n%s", got, want)
				}
			}
		})
	}
}

func carried(t *testing.T, from, to string) {
	t.Helper()
	if out, errs, code := tool(t, "", "sync", "--allow-shrink", from, to); code != exitOK || errs != "" && !strings.HasPrefix(errs, "note: servers may hold ") {
		t.Fatalf("from %s to %s: exit %d\n%s%s", from, to, code, out, errs)
	}
}
