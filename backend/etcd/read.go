package etcd

import (
	"context"
	"errors"
	"iter"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	mostOfPage  = 5000
	firstOfPage = 500
	// pageSize is what a page should have at most, in octets.
	pageSize = 4 << 20
)

// page is a part of a read of all names.
type page struct {
	kvs      []*mvccpb.KeyValue
	revision int64 // that is read
	total    int64 // names at that revision
	err      error
}

// span is the keys that may be names: the number without digits is the prefix itself, and ":" follows "9".
func (c *cluster) span() (from, to string) { return c.prefix, c.prefix + ":" }

// pages reads all names at one revision, the newest, ascending. A page ahead is fetched while one is used.
func (m *member) pages(ctx context.Context) iter.Seq[page] {
	return func(yield func(page) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := make(chan page)
		go func() {
			defer close(ahead)
			m.fetch(ctx, ahead)
		}()
		defer func() {
			cancel()
			for range ahead { // until fetch has returned
			}
		}()
		for p := range ahead {
			if !yield(p) || p.err != nil {
				return
			}
		}
	}
}

// fetch sends all pages. For each request etcd goes through all keys of the range, also those behind the limit: so
// the range of one is cut after as many digits as make it hold some pages.
func (m *member) fetch(ctx context.Context, to chan<- page) {
	send := func(p page) bool {
		select {
		case to <- p:
			return p.err == nil
		case <-ctx.Done():
			return false
		}
	}
	from, end := m.span()
	whole := page{}
	whole.total, whole.revision, whole.err = m.count(ctx, from, end, 0)
	if !send(whole) {
		return
	}
	limit, depth := int64(firstOfPage), 0
	for from < end {
		until := m.until(from, depth)
		kvs, count, err := m.some(ctx, from, until, whole.revision, limit)
		if errors.Is(err, errTooLarge) && limit > 1 {
			limit = max(limit/8, 1)
			continue
		}
		if !send(page{kvs, whole.revision, whole.total, err}) {
			return
		}
		switch n := int64(len(kvs)); {
		case n < count:
			from = string(kvs[n-1].Key) + "\x00"
		default:
			from = until
		}
		switch {
		case count > 4*mostOfPage:
			for ; count > 4*mostOfPage; count /= 10 {
				depth++
			}
		case count < mostOfPage/4 && depth > 0:
			depth--
		}
		if n := len(kvs); n > 0 {
			size := 0
			for _, kv := range kvs {
				size += len(kv.Key) + len(kv.Value) + 16
			}
			limit = int64(min(max(pageSize*n/size, 1), mostOfPage))
		}
	}
}

// until returns where a range ends that begins at from and holds the names with the same first digits.
func (c *cluster) until(from string, depth int) string {
	_, end := c.span()
	if depth == 0 {
		return end
	}
	digits := make([]byte, 0, depth+1)
	for _, d := range []byte(from[len(c.prefix):]) {
		if d == ':' { // an end: the first digits are those that follow
			for len(digits) > 0 && digits[len(digits)-1] == '9' {
				digits = digits[:len(digits)-1]
			}
			if len(digits) == 0 {
				return end
			}
			digits[len(digits)-1]++
			break
		}
		if d < '0' || d > '9' || len(digits) == depth {
			break
		}
		digits = append(digits, d)
	}
	for len(digits) < depth {
		digits = append(digits, '0')
	}
	digits[depth-1]++ // ":" after "9"
	return max(c.prefix+string(digits), from+"\x00")
}

// some reads the first keys of a range at a revision, and tells how many there are. The member has that revision,
// so that no majority is needed.
func (m *member) some(ctx context.Context, from, to string, revision, limit int64) (kvs []*mvccpb.KeyValue, count int64, err error) {
	within, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	reply, err := m.Get(clientv3.WithRequireLeader(within), from, clientv3.WithRange(to), clientv3.WithLimit(limit),
		clientv3.WithRev(revision), clientv3.WithSerializable())
	if err != nil {
		return nil, 0, classify(ctx, err)
	}
	for _, kv := range reply.Kvs {
		if key := string(kv.GetKey()); key < from || key >= to {
			return nil, 0, errOdd
		}
		from = string(kv.Key) + "\x00"
	}
	if n := int64(len(reply.Kvs)); n > limit || n > reply.Count || n == 0 && reply.Count > 0 {
		return nil, 0, errOdd
	}
	return reply.Kvs, reply.Count, nil
}

// count returns how many keys there are in a range at a revision, 0 for the newest, and the revision: the newest
// is what the whole cluster agrees on.
func (m *member) count(ctx context.Context, from, to string, revision int64) (count, at int64, err error) {
	within, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	reply, err := m.Get(clientv3.WithRequireLeader(within), from, clientv3.WithRange(to), clientv3.WithRev(revision), clientv3.WithCountOnly())
	if err != nil {
		return 0, 0, classify(ctx, err)
	}
	if revision == 0 {
		revision = reply.Header.GetRevision()
	}
	if revision <= 0 || reply.Count < 0 {
		return 0, 0, errOdd
	}
	return reply.Count, revision, nil
}

// strangers returns how many keys with the prefix are neither names nor the marker.
func (m *member) strangers(ctx context.Context, revision int64) (int, error) {
	_, end := m.span()
	others, _, err := m.count(ctx, end, clientv3.GetPrefixRangeEnd(m.prefix), revision)
	return max(int(others)-1, 0), err
}
