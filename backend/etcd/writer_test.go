package etcd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

func changesOf(entries []backend.Entry, remove bool) iter.Seq2[backend.Change, error] {
	return func(yield func(backend.Change, error) bool) {
		for _, e := range entries {
			if !yield(backend.Change{Entry: e, Delete: remove}, nil) {
				return
			}
		}
	}
}

// show writes an entry as its kind with lengths; a broken one with an exclamation mark.
func show(e backend.Entry) string {
	word := [...]string{"number", "block", "wildcard", "delegation", "rename"}[e.Kind]
	if e.Kind == backend.Block {
		word += fmt.Sprintf(" %d-%d", e.Min, e.Max)
	}
	if e.Broken {
		word += "!"
	}
	return word
}

// walked returns what a walk lists.
func walked(t testing.TB, w backend.Writer) string {
	t.Helper()
	var b strings.Builder
	for e, err := range w.Walk(bounded(t)) {
		must(t, err)
		fmt.Fprintf(&b, "%s %s\n", e.Name.Number.Digits(), show(e))
	}
	return b.String()
}

// What was interrupted is completed by writing it again; what others changed meanwhile stays; other entries at a
// name stay as they were written, to the letter.
func TestWriter(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	o := opener(t, []string{s.Addr})
	w, err := o.OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	if w.Atomic() {
		t.Error("it says that it is atomic")
	}
	list := people(1000)
	for i := range list {
		if i%10 == 0 {
			list[i].Records = append(list[i].Records, person("1", strings.Repeat("x", 200)).Records...)
		}
	}
	done, enough := 0, errors.New("enough")
	err = w.Write(bounded(t), func(yield func(backend.Change, error) bool) {
		for i, e := range list {
			if i == 550 {
				yield(backend.Change{}, enough)
				return
			}
			if !yield(backend.Change{Entry: e}, nil) {
				return
			}
		}
	}, func(n int) { done += n })
	if !errors.Is(err, enough) || done == 0 || done > 550 || done%mostOfTxn != 0 {
		t.Errorf("interrupted: %v, %d done", err, done)
	}
	done = 0
	must(t, w.Write(bounded(t), changesOf(list, false), func(n int) { done += n }))
	if done != len(list) {
		t.Errorf("%d changes done of %d", done, len(list))
	}
	if n := strings.Count(walked(t, w), "\n"); n != len(list) {
		t.Errorf("%d entries", n)
	}
	c := client(t, s.Addr)
	before, err := c.Get(bounded(t), defaultPrefix+"1202555000000")
	must(t, err)
	must(t, w.Write(bounded(t), changesOf(list, false), func(int) {}))
	after, err := c.Get(bounded(t), defaultPrefix+"1202555000000")
	must(t, err)
	if before.Kvs[0].ModRevision != after.Kvs[0].ModRevision {
		t.Error("what was there is written again")
	}
	must(t, w.Write(bounded(t), changesOf(list, true), func(int) {}))

	const own = ` { "number" : "+4420", "kind":"number", "records":[{"uri":"im:a@example.com"}] } `
	_, err = c.Put(bounded(t), defaultPrefix+"4420", own+"\n"+value(blockOf("4420", 6, 6, "b"))+"\n"+value(blockOf("4420", 8, 8, "c")))
	must(t, err)
	must(t, w.Write(bounded(t), changesOf([]backend.Entry{blockOf("4420", 6, 6, "")}, true), func(int) {}))
	must(t, w.Write(bounded(t), changesOf([]backend.Entry{blockOf("4420", 9, 9, "d")}, false), func(int) {}))
	if got := walked(t, w); got != "4420 number\n4420 block 8-8\n4420 block 9-9\n" {
		t.Errorf("walked:\n%s", got)
	}
	reply, err := c.Get(bounded(t), defaultPrefix+"4420")
	must(t, err)
	if !strings.Contains(string(reply.Kvs[0].Value), strings.TrimSpace(own)) {
		t.Errorf("rewritten: %s", reply.Kvs[0].Value)
	}
}

// Two that write other entries of the same names at the same time lose none.
func TestWritersBesideEachOther(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	o := opener(t, []string{s.Addr})
	const names = 50
	var owned sync.WaitGroup
	for length := 8; length < 12; length++ {
		owned.Go(func() {
			w, err := o.OpenWriter(bounded(t))
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Close()
			for i := range names { // one transaction each
				e := blockOf(fmt.Sprint(442000+i), length, length, "a")
				if err := w.Write(bounded(t), changesOf([]backend.Entry{e}, false), func(int) {}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	owned.Wait()
	w, err := o.OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	if n := strings.Count(walked(t, w), "\n"); n != 4*names {
		t.Errorf("%d entries of %d", n, 4*names)
	}
}

// What cannot be read is listed as broken and can be repaired by writing over it.
func TestWriterRepairs(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	w, err := opener(t, []string{s.Addr}).OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	c := client(t, s.Addr)
	_, err = c.Put(bounded(t), defaultPrefix+"4420", "no JSON")
	must(t, err)
	// What only adds knows of no block there.
	must(t, w.Write(bounded(t), changesOf([]backend.Entry{person("4420", "a")}, false), func(int) {}))
	if got := walked(t, w); got != "4420 number\n" {
		t.Errorf("walked:\n%s", got)
	}
	_, err = c.Put(bounded(t), defaultPrefix+"4420", "no JSON")
	must(t, err)
	if got := walked(t, w); got != "4420 number!\n4420 block 5-15!\n" {
		t.Errorf("walked:\n%s", got)
	}
	must(t, w.Write(bounded(t), func(yield func(backend.Change, error) bool) {
		_ = yield(backend.Change{Entry: person("4420", "a")}, nil) && yield(backend.Change{Entry: blockOf("4420", 5, 15, ""), Delete: true}, nil)
	}, func(int) {}))
	if got := walked(t, w); got != "4420 number\n" {
		t.Errorf("walked:\n%s", got)
	}
}

// Opening a writer and listing change nothing; the first write marks the prefix, once and last. A store that is away is an error, and so is a context that ended.
func TestOpenWriter(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	o := opener(t, []string{s.Addr})
	c := client(t, s.Addr)
	var marks []string
	at := func() int64 {
		reply, err := c.Get(bounded(t), "x")
		must(t, err)
		return reply.Header.GetRevision()
	}
	for range 2 {
		w, err := o.OpenWriter(bounded(t))
		must(t, err)
		before := at()
		walked(t, w)
		if absent := w.(*writer).Absent(); before != at() || len(marks) == 0 && (before != 1 || !errors.Is(absent, errUnmarked)) {
			t.Errorf("it was changed by reading it: revision %d; absent: %v", at(), absent)
		}
		must(t, w.Write(bounded(t), changesOf(people(300), false), func(int) {}))
		must(t, w.Close())
		reply, err := c.Get(bounded(t), defaultPrefix+markerKey)
		must(t, err)
		if len(marks) == 0 && reply.Kvs[0].CreateRevision != reply.Header.GetRevision() {
			t.Errorf("marked at revision %d of %d", reply.Kvs[0].CreateRevision, reply.Header.GetRevision())
		}
		marks = append(marks, string(reply.Kvs[0].Value))
	}
	if marks[0] != marks[1] || !strings.Contains(marks[0], `"format":1,"history":"`) {
		t.Errorf("marked with %q", marks)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.OpenWriter(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	s.Stop()
	if _, err := o.OpenWriter(bounded(t)); !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("without etcd: %v", err)
	}
}

// A disk quota that is used up stops writing, with what to do; reading goes on.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t, "--quota-backend-bytes", fmt.Sprint(4<<20))
	o := opener(t, []string{s.Addr})
	w, err := o.OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	must(t, w.Write(bounded(t), changesOf([]backend.Entry{person("12025550100", "alice")}, false), func(int) {}))
	b := serve(t, s.Addr)
	b.wants(t, "12025550100", backend.Found)
	long := people(20_000)
	filling, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err = w.Write(filling, changesOf(long, false), func(int) {})
	if !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "NOSPACE") {
		t.Errorf("written to a full etcd: %v", err)
	}
	another := serve(t, s.Addr)
	another.wants(t, "12025550100", backend.Found)
}
