package etcd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

const (
	// mostOfTxn is how many names one transaction changes: etcd takes 128 operations by default
	// (--max-txn-ops).
	mostOfTxn = 100
	// mostTries is how often a transaction is tried whose names others change meanwhile.
	mostTries = 5
)

// writer implements backend.Writer.
type writer struct {
	member *member
	codec  *notation.Codec
	absent error // the prefix has no marker; nil where it has
}

// openWriter connects, and changes nothing.
func openWriter(ctx context.Context, c *cluster, codec *notation.Codec) (*writer, error) {
	m, _, err := c.connect(ctx)
	if err == nil {
		return &writer{m, codec, nil}, nil
	}
	if !errors.Is(err, errUnmarked) {
		return nil, err
	}
	absent := err
	if m, err = c.open(ctx, c.hosts[c.next%len(c.hosts)]); err != nil {
		return nil, err
	}
	return &writer{m, codec, absent}, nil
}

// Absent implements backend.Absenter: the prefix was wiped, or never filled, or not to the end.
func (w *writer) Absent() error { return w.absent }

// mark puts the marker, unless there is one by now.
func (m *member) mark(ctx context.Context) error {
	text, _ := json.Marshal(marker{Format: format, History: rand.Text()}) // never fails
	within, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	key := m.prefix + markerKey
	_, err := m.Txn(within).If(clientv3.Compare(clientv3.Version(key), "=", 0)).Then(clientv3.OpPut(key, string(text))).Commit()
	if err != nil {
		return m.failed(ctx, err)
	}
	return nil
}

// Walk implements backend.Writer: from one revision.
func (w *writer) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		read, total := int64(0), int64(-1)
		for p := range w.member.pages(ctx) {
			if p.err != nil {
				yield(backend.Entry{}, p.err)
				return
			}
			if total < 0 {
				total = p.total
			}
			read += int64(len(p.kvs))
			for _, kv := range p.kvs {
				n, ok := keyed.NumberOf(kv.Key[len(w.member.prefix):])
				if !ok {
					continue
				}
				lines, _ := keyed.Parse(w.codec, n, kv.Value)
				for i := range lines {
					if !yield(lines[i].Entry, nil) {
						return
					}
				}
			}
		}
		switch {
		case ctx.Err() != nil:
			yield(backend.Entry{}, ctx.Err())
		case read != total:
			yield(backend.Entry{}, fmt.Errorf("%w: etcd sent %d keys of %d", backend.ErrUnavailable, read, total))
		}
	}
}

// Atomic implements backend.Writer: a transaction of etcd is too small for most imports.
func (w *writer) Atomic() bool { return false }

// Close implements backend.Writer.
func (w *writer) Close() error {
	w.member.Close()
	return nil
}

// edit is the changes of one name.
type edit struct {
	number  e164.Number
	changes []backend.Change
}

// Write implements backend.Writer, in transactions of up to mostOfTxn names. The marker comes last: until then there is
// no tree, so that nobody serves half of the first one.
func (w *writer) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	var edits []edit
	flush := func() error {
		if len(edits) == 0 {
			return nil
		}
		err := w.write(ctx, edits, done)
		edits = edits[:0]
		return err
	}
	for c, err := range changes {
		if err != nil {
			return err
		}
		n := c.Name.Number
		if c.Name.Labels != "" {
			return fmt.Errorf("%w: etcd keeps numbers only, and no other labels", backend.ErrInvalidData)
		}
		if last := len(edits) - 1; last >= 0 && edits[last].number == n {
			edits[last].changes = append(edits[last].changes, c)
			continue
		}
		if len(edits) == mostOfTxn {
			if err := flush(); err != nil {
				return err
			}
		}
		edits = append(edits, edit{n, []backend.Change{c}})
	}
	if err := flush(); err != nil || w.absent == nil {
		return err
	}
	err := w.member.mark(ctx)
	if err == nil {
		w.absent = nil
	}
	return err
}

// write makes edits, in one transaction where they fit.
func (w *writer) write(ctx context.Context, edits []edit, done func(n int)) error {
	for tries := 0; ; tries++ {
		held, err := w.read(ctx, edits)
		if err != nil {
			return err
		}
		n, ok, err := w.commit(ctx, edits, held)
		switch {
		case err != nil:
			return err
		case !ok && tries == mostTries:
			return fmt.Errorf("%w: others change the same numbers all the time", backend.ErrUnavailable)
		case !ok:
			continue
		}
		count := 0
		for _, e := range edits[:n] {
			count += len(e.changes)
		}
		done(count)
		if n == len(edits) {
			return nil
		}
		edits, tries = edits[n:], 0
	}
}

func (w *writer) key(n e164.Number) string { return w.member.prefix + n.Digits() }

// read returns what stands at the names, nil where nothing does.
func (w *writer) read(ctx context.Context, edits []edit) ([]*mvccpb.KeyValue, error) {
	ops := make([]clientv3.Op, len(edits))
	for i, e := range edits {
		ops[i] = clientv3.OpGet(w.key(e.number))
	}
	reply, err := w.txn(ctx, nil, ops)
	if err != nil {
		return nil, err
	}
	held := make([]*mvccpb.KeyValue, len(edits))
	for i, r := range reply.Responses {
		if kvs := r.GetResponseRange().GetKvs(); i < len(held) && len(kvs) > 0 {
			held[i] = kvs[0]
		}
	}
	return held, nil
}

// commit writes as many edits as fit, if nobody changed their names; it returns how many.
func (w *writer) commit(ctx context.Context, edits []edit, held []*mvccpb.KeyValue) (n int, ok bool, err error) {
	var compares []clientv3.Cmp
	var ops []clientv3.Op
	size := 0
	for i, e := range edits {
		key, value, revision := w.key(e.number), []byte(nil), int64(0)
		if held[i] != nil {
			value, revision = held[i].Value, held[i].ModRevision
		}
		text := w.edited(&e, value)
		if size += 2*len(key) + len(text) + 64; size > largestRequest && i > 0 {
			break
		}
		n++
		if string(text) == string(value) {
			continue
		}
		compares = append(compares, clientv3.Compare(clientv3.ModRevision(key), "=", revision))
		if len(text) == 0 {
			ops = append(ops, clientv3.OpDelete(key))
		} else {
			ops = append(ops, clientv3.OpPut(key, string(text)))
		}
	}
	if len(ops) == 0 {
		return n, true, nil
	}
	reply, err := w.txn(ctx, compares, ops)
	return n, err == nil && reply.Succeeded, err
}

// edited returns the value of a name after an edit. Entries that it does not concern keep their text; text that cannot be
// read stands for several entries, and goes with the first of them that is replaced.
func (w *writer) edited(e *edit, value []byte) []byte {
	var lines []keyed.Line
	if len(value) > 0 {
		lines, _ = keyed.Parse(w.codec, e.number, value)
	}
	for i := range e.changes {
		c := &e.changes[i]
		at := keyed.SlotOf(&c.Entry)
		var unread []byte
		if i := slices.IndexFunc(lines, func(l keyed.Line) bool { return keyed.SlotOf(&l.Entry) == at }); i >= 0 && lines[i].Broken {
			unread = lines[i].Text
		}
		lines = slices.DeleteFunc(lines, func(l keyed.Line) bool {
			return keyed.SlotOf(&l.Entry) == at || l.Broken && len(unread) > 0 && bytes.Equal(l.Text, unread)
		})
		if !c.Delete {
			lines = append(lines, keyed.Line{Entry: c.Entry, Text: w.codec.AppendJSON(nil, &c.Entry)})
		}
	}
	keyed.Sort(lines)
	return keyed.Join(lines)
}

func (w *writer) txn(ctx context.Context, compares []clientv3.Cmp, ops []clientv3.Op) (*etcdserverpb.TxnResponse, error) {
	within, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	reply, err := w.member.Txn(within).If(compares...).Then(ops...).Commit()
	if err != nil {
		return nil, w.member.failed(ctx, err)
	}
	return (*etcdserverpb.TxnResponse)(reply), nil
}
