package etcd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/enumim/enumim/test/servers"
)

// A read of all finds every key once and in order, whatever lies between the names, and however they are spread.
func TestReadIsWhole(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	must(t, errOf(c.Put(bounded(t), defaultPrefix+markerKey, `{"format":1}`)))
	var want []string
	add := func(key string) { want = append(want, defaultPrefix+key) }
	add("")
	for i := range 30_000 {
		add(fmt.Sprint(1202555000000 + i))
	}
	for range 3000 {
		add(fmt.Sprint(rand.N(999_999_999_999_999)))
	}
	for _, key := range []string{"1", "12", "1202555", "12025550:", "12:1", "9:", "9", "99", "999999999999999", "/", "1/", "1202555000000/x", "0", "00", "12025550000009"} {
		add(key)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	for keys := range slices.Chunk(want, 100) {
		ops := make([]clientv3.Op, len(keys))
		for i, key := range keys {
			ops[i] = clientv3.OpPut(key, "x")
		}
		must(t, errOf(c.Txn(bounded(t)).Then(ops...).Commit()))
	}
	m, _, err := opener(t, []string{s.Addr}).cluster().connect(bounded(t))
	must(t, err)
	defer m.Close()
	var got []string
	requests := 0
	for p := range m.pages(bounded(t)) {
		must(t, p.err)
		if int(p.total) != len(want) {
			t.Fatalf("%d keys of %d", p.total, len(want))
		}
		requests++
		for _, kv := range p.kvs {
			got = append(got, string(kv.Key))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d keys read of %d", len(got), len(want))
	}
	if requests > 500 {
		t.Errorf("%d requests for %d keys", requests, len(want))
	}
}

func errOf[T any](_ T, err error) error { return err }

// A range begins after the one before it, goes forward, and holds names with the same first digits.
func TestUntil(t *testing.T) {
	c := &cluster{prefix: "/x/"}
	for _, test := range []struct {
		from  string
		depth int
		want  string
	}{
		{"", 0, ":"}, {"", 2, "01"}, {"1234\x00", 2, "13"}, {"1299\x00", 2, "13"}, {"19\x00", 2, "1:"}, {"1:", 2, "21"},
		{"199:", 4, "2001"}, {"9:", 2, ":"}, {"99:", 2, ":"}, {"1\x00", 3, "101"}, {"12:1\x00", 3, "131"}, {"1/x", 3, "101"},
	} {
		if got := c.until("/x/"+test.from, test.depth); got != "/x/"+test.want {
			t.Errorf("from %q with %d digits: until %q, want %q", test.from, test.depth, got, test.want)
		}
	}
}
