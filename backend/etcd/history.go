package etcd

import (
	"bytes"
	"context"
	"crypto/sha256"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// witness is the last change that was seen. Revisions alone do not tell whether a cluster was put back to an
// older state: it may have been written to since, up to the revision we know and past it, and neither its id nor
// that of its members need to differ. But what it holds at the revision of the witness will.
type witness struct {
	key      []byte
	revision int64
	deleted  bool
	version  int64
	sum      [sha256.Size]byte // of the value
}

func witnessOf(kv *mvccpb.KeyValue) witness {
	return witness{key: bytes.Clone(kv.Key), revision: kv.ModRevision, version: kv.Version, sum: sha256.Sum256(kv.Value)}
}

// witnessOfEvent is of the last event of a batch.
func witnessOfEvent(e *mvccpb.Event) witness {
	w := witnessOf(e.Kv)
	w.deleted = e.Type == mvccpb.DELETE
	return w
}

func (w *witness) is(kv *mvccpb.KeyValue) bool {
	return kv.ModRevision == w.revision && kv.Version == w.version && sha256.Sum256(kv.Value) == w.sum
}

// verdict is what a witness says of the history that a cluster tells now.
type verdict uint8

const (
	unknown  verdict = iota // what it would be compared with was compacted
	same                    // the history goes on from what was seen
	wentBack                // what was seen has not happened
)

// ask compares the witness with what the cluster says of that time.
func (w *witness) ask(ctx context.Context, m *member) (verdict, error) {
	then, err := w.at(ctx, m, w.revision)
	switch {
	case is(err, rpctypes.ErrFutureRev):
		return wentBack, nil
	case is(err, rpctypes.ErrCompacted):
		now, err := w.at(ctx, m, 0)
		if err == nil && !w.deleted && now != nil && w.is(now) {
			return same, nil
		}
		return unknown, err
	case err != nil:
		return unknown, err
	case !w.deleted:
		if then != nil && w.is(then) {
			return same, nil
		}
		return wentBack, nil
	case then != nil:
		return wentBack, nil
	}
	// It is not there: as it should be, if it was there a revision ago.
	before, err := w.at(ctx, m, w.revision-1)
	switch {
	case is(err, rpctypes.ErrCompacted):
		return unknown, nil
	case err != nil:
		return unknown, err
	case before == nil:
		return wentBack, nil
	}
	return same, nil
}

// at returns the key at a revision, 0 for now; nil when it is not there.
func (w *witness) at(ctx context.Context, m *member, revision int64) (*mvccpb.KeyValue, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	reply, err := m.Get(clientv3.WithRequireLeader(ctx), string(w.key), clientv3.WithRev(revision))
	if err != nil || len(reply.Kvs) == 0 {
		return nil, err
	}
	if !bytes.Equal(reply.Kvs[0].GetKey(), w.key) {
		return nil, errOdd
	}
	return reply.Kvs[0], nil
}
