package test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
)

// spoiled is a number that is no number of the lane, and what somebody writes at it who is bound to no rules.
const spoiled = 500

// many is how many records a number has that has far more than a message holds.
func many() int {
	if once() {
		return 5000
	}
	return 100000
}

// badValues are values of stores of keys and values.
func badValues(l *lane) map[string]string {
	number := func(i int, more string) string {
		return fmt.Sprintf(`{"kind":"number","number":"+%s",%s}`, l.number(i), more)
	}
	record := `{"uri":"im:a@example.com"}`
	values := map[string]string{
		"a TTL of 2^31":            number(spoiled, `"ttl":2147483648,"records":[`+record+`]`),
		"a TTL below zero":         number(spoiled, `"ttl":-1,"records":[`+record+`]`),
		"a record twice":           number(spoiled, `"records":[`+record+`,`+record+`]`),
		"an entry twice":           number(spoiled, `"records":[`+record+`]`) + "\n" + number(spoiled, `"records":[{"uri":"im:b@example.com"}]`),
		"an unknown kind":          strings.Replace(number(spoiled, `"records":[`+record+`]`), `"kind":"number"`, `"kind":"nothing"`, 1),
		"an unknown field":         number(spoiled, `"records":[{"urn":"im:a@example.com"}]`),
		"what is another number's": number(0, `"records":[`+record+`]`),
		"UTF-8 that is none":       number(spoiled, `"records":[{"uri":"im:`+"\xff\xfe"+`@example.com"}]`),
		"no JSON":                  "{",
		"nothing":                  "",
		"a large value":            number(spoiled, `"records":[{"uri":"im:`+strings.Repeat("a", 1<<20)+`@example.com"}]`),
		"many records":             number(spoiled, `"records":[`+record+strings.Repeat(","+record, many())+`]`),
	}
	if !once() {
		values["10 MB"] = strings.Repeat("a", 10<<20)
	}
	return values
}

// badRows are rows of the tables of the schema: statements, for a number in place of #.
func badRows(l *lane, series string) map[string]string {
	insert := func(columns, values string) string {
		return "INSERT INTO %[1]srecord (number, kind, type, %[2]s" + columns + ") " + values
	}
	row := func(ttl, kind, kindOf, flags, uri string) string {
		return insert("order%[2]s, preference, flags, services, uri, ttl", fmt.Sprintf("SELECT '%s', %s, %s, 100, 10, %s, 'E2U+im', %s, %s", l.number(spoiled), kind, kindOf, flags, uri, ttl))
	}
	const naptr, number, u, im = "'NAPTR'", "'number'", "'u'", "'im:a@example.com'"
	return map[string]string{
		"a TTL of 2^31":    row("2147483647", number, naptr, u, im),
		"a TTL below zero": row("-1", number, naptr, u, im),
		"a record twice":   row("60", number, naptr, u, im) + ";" + row("60", number, naptr, u, im),
		"an unknown kind":  row("60", "'nothing'", naptr, u, im),
		"an unknown type":  row("60", number, "'CNAME'", u, im),
		"wrong flags":      row("60", number, naptr, "'x'", im),
		"no URI":           row("60", number, naptr, u, "'%%s'"),
		"a large value":    row("60", number, naptr, u, "concat('im:', repeat('a', 200), '@example.com')"),
		"1000 records":     row("60", number, naptr, u, "concat('im:a', n, '@example.com')") + " FROM " + strings.Replace(series, "%[3]d", "1000", 1),
		"many records":     row("60", number, naptr, u, "concat('im:a', n, '@example.com')") + " FROM " + series,
	}
}

// vandal writes to one store without its rules.
type vandal struct {
	bad   map[string]string
	write func(t *testing.T, value string) error // of bad
	clear func(t *testing.T)
}

// vandalOf returns who writes to a store as nobody should; nil where nobody can.
func vandalOf(t *testing.T, s *scene) *vandal {
	l := s.lane
	digits := l.number(spoiled)
	switch store, _, _ := strings.Cut(s.name, " "); store {
	case "redis":
		if !redisAlone(s.way) {
			return nil
		}
		node := s.nodes(t)[0]
		do := func(change string, args ...any) error {
			pipe := node.TxPipeline()
			pipe.Do(context.Background(), args...)
			pipe.Do(context.Background(), change, "enum:index", 0, digits)
			pipe.HIncrBy(context.Background(), "enum:meta", "generation", 1)
			pipe.Do(context.Background(), "XADD", "enum:changes", "*", "d", digits)
			_, err := pipe.Exec(context.Background())
			return err
		}
		return &vandal{badValues(l), func(_ *testing.T, value string) error { return do("ZADD", "SET", "enum:"+digits, value) },
			func(t *testing.T) { must(t, do("ZREM", "DEL", "enum:"+digits)) }}
	case "etcd":
		c, bounded := s.etcd(t, "")
		return &vandal{badValues(l), func(_ *testing.T, value string) error {
			_, err := c.Put(bounded(), etcdPrefix+digits, value)
			return err
		}, func(t *testing.T) { _, err := c.Delete(bounded(), etcdPrefix+digits); must(t, err) }}
	case "http":
		w := l.store.writes.(*lines)
		bad := badValues(l)
		// Lines have no other key than what stands in them, and a reply that is not UTF-8 is none of the protocol.
		for _, name := range []string{"what is another number's", "no JSON", "nothing", "10 MB", "UTF-8 that is none"} {
			delete(bad, name)
		}
		return &vandal{bad, func(_ *testing.T, value string) error { return w.spoil(value) }, func(t *testing.T) { must(t, w.spoil("")) }}
	case "postgres":
		s.sql(t, `DO $$ DECLARE c text; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'enumim.record'::regclass AND contype = 'c' LOOP
			EXECUTE 'ALTER TABLE enumim.record DROP CONSTRAINT ' || quote_ident(c); END LOOP; END $$; DROP INDEX enumim.record_once;
			CREATE INDEX record_once ON enumim.record (number); ALTER TABLE enumim.record DISABLE TRIGGER check_insert`)
		return &vandal{badRows(l, "generate_series(1, %[3]d) AS s (n)"), func(t *testing.T, value string) error {
			s.sql(t, "BEGIN;"+fmt.Sprintf(value, "enumim.", `"`, many())+";COMMIT")
			return nil
		}, func(t *testing.T) { s.sql(t, "DELETE FROM enumim.record WHERE number = '"+digits+"'") }}
	case "mysql":
		at := s.servers()[0]
		mariadb(t, at, "ALTER TABLE record DROP INDEX record_once, ADD INDEX record_once (number, digest)")
		return &vandal{badRows(l, "(SELECT seq AS n FROM seq_1_to_%[3]d) AS s"), func(t *testing.T, value string) error {
			return tryMariaDB(at, "SET check_constraint_checks = OFF; BEGIN;"+fmt.Sprintf(value, "", "`", many())+";COMMIT")
		}, func(t *testing.T) { mariadb(t, at, "DELETE FROM record WHERE number = '"+digits+"'") }}
	}
	return nil
}

// spoil writes a line among the others; "" for none.
func (l *lines) spoil(value string) error {
	text, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		var e struct{ Number string }
		if json.Unmarshal([]byte(line), &e) == nil && l.holds(e.Number) {
			kept = append(kept, line)
		}
	}
	if value != "" {
		kept = append(kept, value+"\n")
	}
	tree := strings.Join(kept, "")
	tree += fmt.Sprintf("{\"kind\":\"end\",\"entries\":%d}\n", strings.Count(tree, "\n"))
	aside := l.path + ".new"
	if err := errors.Join(os.WriteFile(aside, []byte(tree), 0o644), os.Rename(aside, l.path)); err != nil {
		return err
	}
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if served, err := l.served(context.Background()); err == nil && strings.HasSuffix(string(served), tree) {
			return nil
		}
	}
	return errors.New("it does not serve that")
}

// holds reports whether somebody wrote the number by the rules.
func (l *lines) holds(number string) bool {
	n, err := e164.ParseDigits(strings.TrimPrefix(number, "+"))
	if err != nil {
		return false
	}
	for at := range l.all {
		if at.name.Number == n {
			return true
		}
	}
	return false
}

// TestValueFaults (F46) writes to each store what nobody should. It concerns the number alone at which it stands: that is
// SERVFAIL with a reason, or answered with what of it is right, and never denied; all others are answered as before, in time.
func TestValueFaults(t *testing.T) {
	for _, w := range storeWays {
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			if !only("redis store", "redis feed", "etcd", "postgres", "mysql", "http")(w) {
				t.Skip("there is nobody who writes without the rules of the store")
			}
			t.Parallel()
			s := newScene(t, w, 60)
			v := vandalOf(t, s)
			r := s.load.counted()
			r.Kind = "fault"
			served, refused := 0, 0
			names := make([]string, 0, len(v.bad))
			for name := range v.bad {
				names = append(names, name)
			}
			slices.Sort(names)
			for range *faultRounds {
				for _, name := range names {
					t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
						r.Rounds++
						logged := s.journal.len()
						if err := v.write(t, v.bad[name]); err != nil {
							t.Logf("the store refuses it: %.200v", err)
							refused++
							v.clear(t)
							return
						}
						began := time.Now()
						rcode := s.spoils(t)
						if rcode == dns.RcodeSuccess {
							served++
						}
						t.Logf("%s after %v", dns.RcodeToString[rcode], time.Since(began))
						s.sparesOthers(t)
						for line := range strings.Lines(s.journal.since(logged)) {
							// A machine that is busy makes a store late; in the short form much runs beside.
							late := strings.Contains(line, "in time") || *faultRounds == 1 && strings.Contains(line, "within the timeout")
							if strings.Contains(line, " is unavailable: ") && !late {
								t.Errorf("the store is taken as down for it: %s", line)
							}
						}
						v.clear(t)
						eventually(t, func() error { return s.rcode(query{s.lane, spoiled}, dns.RcodeNameError) })
						s.awaitStore(t, s.lane, s.lane.put(t))
						s.warms(t)
					})
				}
			}
			s.ends(t)
			s.tellsNoNumber(t, []*lane{{apex: s.lane.apex, size: spoiled + 1}})
			t.Logf("%d values: the store refused %d, %d were answered", r.Rounds, refused, served)
			s.load.noteAs(t, r, "F46", "values that nobody should write", w.name, r.Rounds)
		})
	}
}

// spoils waits until what was written is seen, and returns how the number is answered then.
func (s *scene) spoils(t *testing.T) (rcode int) {
	t.Helper()
	eventually(t, func() error {
		return s.askAll([]query{{s.lane, spoiled}}, func(q query, m *dns.Msg) error {
			if rcode = m.Rcode; rcode == dns.RcodeNameError {
				return fmt.Errorf("%w: the number is denied at which something stands: %v\n%s", errWrong, m, s.journal.since(max(0, s.journal.len()-2000)))
			}
			if codes := extended(m); rcode == dns.RcodeServerFailure && (len(codes) != 1 || !slices.Contains(reasons, codes[0])) {
				t.Errorf("SERVFAIL with other than one of the reasons %v: %v", reasons, m)
			}
			for _, rr := range m.Answer {
				if r, ok := rr.(*dns.NAPTR); !ok || r.Hdr.Name != q.question().Name || r.Hdr.Ttl > 604800 || !strings.HasPrefix(r.Regexp, "!^.*$!im:a") {
					t.Errorf("answered with what nobody wrote: %v", rr)
				}
			}
			return nil
		})
	})
	return rcode
}

// sparesOthers asks for all other numbers, and for the bad one beside them, so that it is asked for together with them.
func (s *scene) sparesOthers(t *testing.T) {
	t.Helper()
	var quit atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !quit.Load() {
			if err := s.askAll([]query{{s.lane, spoiled}}, func(_ query, m *dns.Msg) error {
				if m.Rcode == dns.RcodeNameError {
					return fmt.Errorf("%w: denied: %v", errWrong, m)
				}
				return nil
			}); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	v := s.lane.high.Load()
	began := time.Now()
	for range 2 {
		eventually(t, func() error { return s.serves(v, s.lane.queries()...) })
	}
	quit.Store(true)
	<-done
	if took := time.Since(began); took > within(3*time.Second) {
		t.Errorf("all others were answered only after %v", took)
	}
}
