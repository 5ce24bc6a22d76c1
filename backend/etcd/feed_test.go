package etcd

import (
	"errors"
	"fmt"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// A change is seen within a second of its commit, whatever it changes.
func TestChangesAreSeen(t *testing.T) {
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	put(t, c, person("12025550100", "alice"), blockOf("4420794", 12, 12, "office"), cutOf("441632"))
	b := serve(t, s.Addr)
	b.wants(t, "12025550100", backend.Found)
	b.wants(t, "442079460000", backend.Found)
	b.wants(t, "441632960000", backend.Delegated)
	for _, step := range []struct {
		name string
		do   func()
		want map[string]backend.Kind
	}{
		{"a new number", func() { put(t, c, person("12025550101", "bob")) }, map[string]backend.Kind{"12025550101": backend.Found}},
		{"a number goes", func() { drop(t, c, "12025550101") }, map[string]backend.Kind{"12025550101": backend.Absent}},
		{"a block becomes longer", func() { put(t, c, blockOf("4420794", 13, 13, "office")) },
			map[string]backend.Kind{"442079460000": backend.Descendants, "4420794600001": backend.Found}},
		{"a number beside the block of its digits", func() { put(t, c, blockOf("4420794", 13, 13, "office"), person("4420794", "desk")) },
			map[string]backend.Kind{"4420794": backend.Found, "4420794600001": backend.Found}},
		{"all at a name goes", func() { drop(t, c, "4420794") }, map[string]backend.Kind{"4420794": backend.Absent, "4420794600001": backend.Absent}},
		{"a delegation becomes a number", func() { put(t, c, person("441632", "board")) },
			map[string]backend.Kind{"441632": backend.Found, "441632960000": backend.Absent}},
		{"a delegation hides numbers", func() { put(t, c, cutOf("1202")) }, map[string]backend.Kind{"12025550100": backend.Delegated}},
		{"a number comes below a delegation", func() { put(t, c, person("12025550102", "carol")) },
			map[string]backend.Kind{"12025550102": backend.Delegated}},
		{"the delegation goes, and what it hid is there", func() { drop(t, c, "1202") },
			map[string]backend.Kind{"12025550100": backend.Found, "12025550102": backend.Found}},
	} {
		step.do()
		start := time.Now()
		for digits, kind := range step.want {
			b.wants(t, digits, kind)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: seen after %v", step.name, took)
		}
	}
}

func drop(t testing.TB, c *clientv3.Client, digits ...string) {
	t.Helper()
	for _, d := range digits {
		_, err := c.Delete(bounded(t), defaultPrefix+d)
		must(t, err)
	}
}

// A transaction is published as a whole: no look-up finds a part of it.
func TestTransactionsAreWhole(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	put(t, c, person("12025550100", "a0"), person("12025550101", "b0"))
	b := serve(t, s.Addr)
	b.wants(t, "12025550100", backend.Found)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			// Either both numbers are there or neither.
			if i%2 == 0 {
				put(t, c, person("12025550102", "x"), person("12025550103", "y"))
			} else {
				_, err := c.Txn(bounded(t)).Then(clientv3.OpDelete(defaultPrefix+"12025550102"), clientv3.OpDelete(defaultPrefix+"12025550103")).Commit()
				must(t, err)
			}
		}
	}()
	walker, _ := backend.As[backend.Walker](b.Backend)
	for looks := 0; ; looks++ {
		seen := 0
		for e, err := range walker.Walk(t.Context(), "e164.arpa.") {
			must(t, err)
			if n := e.Name.Number; n == numeral("12025550102") || n == numeral("12025550103") {
				seen++
			}
		}
		if seen == 1 {
			t.Fatal("half of a transaction is served")
		}
		select {
		case <-done:
			if looks < 100 {
				t.Fatalf("only %d looks", looks)
			}
			return
		default:
		}
	}
}

// A prefix without marker was wiped or never was a tree: its emptiness is no answer.
func TestNoMarkerIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	b := serve(t, s.Addr)
	eventually(t, "it is told", func() bool { _, n := b.find(backend.Unavailable); return n > 0 })
	if _, err := b.kind("12025550100"); !errors.Is(err, backend.ErrNotReady) {
		t.Fatalf("an empty etcd is answered with %v", err)
	}
	put(t, c, person("12025550100", "alice"))
	b.wants(t, "12025550100", backend.Found)
	_, err := c.Delete(bounded(t), defaultPrefix, clientv3.WithPrefix())
	must(t, err)
	b.keeps(t, time.Second, "12025550100", backend.Found)
	put(t, c, person("12025550101", "bob"))
	b.wants(t, "12025550101", backend.Found)
	b.wants(t, "12025550100", backend.Absent)
}

// The loss of many names is held back, however they go: at once, one by one, or while nobody looked.
func TestMassDeletionIsHeldBack(t *testing.T) {
	for _, test := range []struct {
		name string
		lose func(t *testing.T, c *clientv3.Client)
	}{
		{"one request", func(t *testing.T, c *clientv3.Client) {
			_, err := c.Delete(bounded(t), defaultPrefix+"1", clientv3.WithRange(defaultPrefix+"2"))
			must(t, err)
		}},
		{"key by key", func(t *testing.T, c *clientv3.Client) {
			for i := range 200 {
				drop(t, c, fmt.Sprint(1202555000000+i))
			}
		}},
		{"a lease that ends", func(t *testing.T, c *clientv3.Client) {
			lease, err := c.Grant(bounded(t), 600)
			must(t, err)
			for _, e := range people(200) {
				_, err := c.Put(bounded(t), defaultPrefix+e.Name.Number.Digits(), value(e), clientv3.WithLease(lease.ID))
				must(t, err)
			}
			_, err = c.Revoke(bounded(t), lease.ID)
			must(t, err)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := servers.Etcd(t)
			c := client(t, s.Addr)
			put(t, c, people(400)...)
			b := serve(t, s.Addr)
			b.wants(t, "1202555000000", backend.Found)
			test.lose(t, c)
			eventually(t, "it is told", func() bool { e, n := b.find(backend.Refused); return n > 0 && errors.Is(e.Err, backend.ErrShrunk) })
			b.keeps(t, time.Second, "1202555000199", backend.Found)
		})
	}
}
