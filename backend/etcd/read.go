package etcd

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/enumim/enumim/backend"
)

const (
	mostOfPage  = 5000
	firstOfPage = 500
	// pageSize is what a page should have at most, in octets: enough that etcd is not asked too often, since
	// for each page it goes through the keys of all that are left; little enough for the memory of both.
	pageSize = 4 << 20
)

// page is a part of a range read.
type page struct {
	kvs      []*mvccpb.KeyValue
	revision int64 // that is read
	total    int64 // keys from here on, at that revision
	more     bool
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

func (m *member) fetch(ctx context.Context, to chan<- page) {
	from, end := m.span()
	revision, limit := int64(0), int64(firstOfPage)
	for {
		p := m.page(ctx, from, end, revision, limit)
		if errors.Is(p.err, errTooLarge) && limit > 1 {
			limit = max(limit/8, 1)
			continue
		}
		if n := len(p.kvs); n > 0 {
			from = string(p.kvs[n-1].Key) + "\x00"
			size := 0
			for _, kv := range p.kvs {
				size += len(kv.Key) + len(kv.Value) + 16
			}
			limit = int64(min(max(pageSize*n/size, 1), mostOfPage))
		}
		revision = p.revision
		select {
		case to <- p:
		case <-ctx.Done():
			return
		}
		if !p.more || p.err != nil {
			return
		}
	}
}

// page reads one page. The first is read from the whole cluster and tells the revision; the others the member
// has by then, and they need no majority.
func (m *member) page(ctx context.Context, from, to string, revision, limit int64) page {
	within, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	options := []clientv3.OpOption{clientv3.WithRange(to), clientv3.WithLimit(limit)}
	if revision != 0 {
		options = append(options, clientv3.WithRev(revision), clientv3.WithSerializable())
	}
	reply, err := m.Get(clientv3.WithRequireLeader(within), from, options...)
	if err != nil {
		return page{err: classify(ctx, err), revision: revision}
	}
	p := page{kvs: reply.Kvs, revision: revision, total: reply.Count, more: reply.More}
	if revision == 0 {
		p.revision = reply.Header.Revision
	}
	if p.more && len(p.kvs) == 0 {
		p.err = fmt.Errorf("%w: etcd sent an empty page", backend.ErrUnavailable)
	}
	return p
}

// count returns how many keys there are in a range.
func (m *member) count(ctx context.Context, from, to string, revision int64) (int64, error) {
	within, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	reply, err := m.Get(within, from, clientv3.WithRange(to), clientv3.WithRev(revision), clientv3.WithCountOnly(), clientv3.WithSerializable())
	if err != nil {
		return 0, classify(ctx, err)
	}
	return reply.Count, nil
}

// strangers returns how many keys with the prefix are neither names nor the marker.
func (m *member) strangers(ctx context.Context, revision int64) (int, error) {
	_, end := m.span()
	others, err := m.count(ctx, end, clientv3.GetPrefixRangeEnd(m.prefix), revision)
	return max(int(others)-1, 0), err
}
