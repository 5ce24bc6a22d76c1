package kubernetes

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// ofBatch is how many changes are made before it is told that they are, and abreast how many at once.
const (
	ofBatch = 64
	abreast = 8
)

// writer changes the resources of one namespace.
type writer struct {
	*feed
	conn   *conn
	scopes []scope
	labels map[string]string
	names  map[held]string // which object has what, without what changes; nil until it is known
}

// OpenWriter implements backend.WriterOpener.
func (o *options) OpenWriter(ctx context.Context) (backend.Writer, error) {
	w := &writer{feed: &feed{options: o, tell: func(backend.Event) {}, client: &client{options: o}}}
	scopes, namespaces, err := w.feed.scopes()
	if err != nil {
		return nil, err
	}
	if w.labels, err = labels(o.selector); err != nil {
		return nil, err
	}
	if w.conn, err = w.client.connect(ctx); err != nil {
		return nil, err
	}
	if _, err := w.conn.proven(ctx, namespaces); err != nil {
		_ = w.conn.Close()
		return nil, err
	}
	w.scopes = scopes
	return w, nil
}

// labels returns what a resource needs to be selected.
func labels(selector string) (map[string]string, error) {
	all := map[string]string{}
	for _, term := range strings.FieldsFunc(selector, func(r rune) bool { return r == ',' }) {
		key, value, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(term), "==", "="), "=")
		if !ok || strings.ContainsAny(key+value, "!=() ") {
			return nil, errors.New("what is written must have the labels of selector: write it as NAME=VALUE[,NAME=VALUE...]")
		}
		all[key] = value
	}
	return all, nil
}

// read reads everything, and remembers which object has what.
func (w *writer) read(ctx context.Context) (*reading, error) {
	r := &reading{feed: w.feed, state: newState(), from: make([]uint64, len(w.scopes))}
	if err := r.read(ctx, &watching{feed: w.feed, conn: w.conn, scopes: w.scopes}); err != nil {
		return nil, err
	}
	return r, nil
}

// Walk implements backend.Writer: each kind is of one revision.
func (w *writer) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		r, err := w.read(ctx)
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		slices.SortStableFunc(r.records, func(a, b record) int {
			return cmp.Or(a.number.Compare(b.number), cmp.Compare(a.kind, b.kind), cmp.Compare(a.min, b.min), cmp.Compare(a.max, b.max))
		})
		for e := range r.entries() { //nolint:errcheck // none of them has one
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Atomic implements backend.Writer: an API server changes one object at a time.
func (w *writer) Atomic() bool { return false }

// Close implements backend.Writer.
func (w *writer) Close() error {
	_ = w.conn.Close()
	return nil
}

// slotOf is what tells the objects of one namespace apart.
func slotOf(e *backend.Entry) held {
	return held{number: e.Name.Number, kind: e.Kind, min: int8(e.Min), max: int8(e.Max)}
}

// Write implements backend.Writer.
func (w *writer) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	if len(w.scopes) != len(resources) || w.scopes[0].namespace == "" {
		return errors.New("resources are written to one namespace: write namespace NAME")
	}
	if err := w.index(ctx); err != nil {
		return err
	}
	var batch []backend.Change
	flush := func() error {
		err := w.write(ctx, batch)
		if err == nil && len(batch) > 0 {
			done(len(batch))
		}
		batch = batch[:0]
		return err
	}
	for c, err := range changes {
		if err != nil {
			return err
		}
		if c.Name.Labels != "" || c.Kind > backend.Delegation || c.Kind == backend.Wildcard {
			return fmt.Errorf("%w: resources are numbers, blocks and delegations, and nothing else", backend.ErrInvalidData)
		}
		if batch = append(batch, c); len(batch) == ofBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// index finds out which object has what.
func (w *writer) index(ctx context.Context) error {
	if w.names != nil {
		return nil
	}
	names := map[held]string{}
	for _, s := range w.scopes {
		_, err := w.conn.list(ctx, s, func(o *object) error {
			r, _, err := s.record(&w.Codec, o)
			if err == nil && r.number.Len() > 0 || r.kind == backend.Block {
				names[held{number: r.number, kind: r.kind, min: r.min, max: r.max}] = o.Metadata.Name
			}
			if errors.Is(err, errOdd) {
				return err
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	w.names = names
	return nil
}

// write makes changes, some at once, and returns when all are made or one failed.
func (w *writer) write(ctx context.Context, batch []backend.Change) error {
	var owned sync.WaitGroup
	var mu sync.Mutex
	var first error
	next := 0
	for range min(abreast, len(batch)) {
		owned.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				failed := first != nil
				mu.Unlock()
				if failed || i >= len(batch) {
					return
				}
				slot := slotOf(&batch[i].Entry)
				mu.Lock()
				name := w.names[slot]
				mu.Unlock()
				name, err := w.change(ctx, &batch[i], name)
				mu.Lock()
				if first == nil {
					first = err
				}
				if err == nil {
					w.names[slot] = name
				}
				mu.Unlock()
			}
		})
	}
	owned.Wait()
	return first
}

// change makes one change to the object of a name, "" for none, and returns the name that it has then.
func (w *writer) change(ctx context.Context, c *backend.Change, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	s := w.scopes[slices.IndexFunc(w.scopes, func(s scope) bool { return s.is == c.Kind })]
	var err error
	switch {
	case c.Delete && name == "":
		return "", nil
	case c.Delete:
		err = w.send(ctx, http.MethodDelete, s.path()+"/"+name, "", nil)
		if isStatus(err, http.StatusNotFound) {
			err = nil
		}
		return "", err
	case name != "":
		body, _ := json.Marshal([]any{map[string]any{"op": "replace", "path": "/spec", "value": specOf(&w.Codec, s.resource, &c.Entry)}}) // never fails
		return name, w.send(ctx, http.MethodPatch, s.path()+"/"+name, "application/json-patch+json", body)
	}
	name = nameOf(&w.Codec, &c.Entry)
	body, _ := json.Marshal(map[string]any{ // never fails
		"apiVersion": apiVersion, "kind": s.kind, "metadata": map[string]any{"name": name, "labels": w.labels},
		"spec": specOf(&w.Codec, s.resource, &c.Entry),
	})
	err = w.send(ctx, http.MethodPost, s.path(), "application/json", body)
	if isStatus(err, http.StatusConflict) {
		err = fmt.Errorf("%w: a resource of the name that would be given is there, and not in this tree: see selector, or delete it", backend.ErrInvalidData)
	}
	return name, err
}

func (w *writer) send(ctx context.Context, method, path, media string, body []byte) error {
	reply, err := w.conn.do(ctx, method, path, nil, media, bytes.NewReader(body))
	if isStatus(err, http.StatusUnprocessableEntity) {
		return fmt.Errorf("%w: the definition of the resource refuses an entry: it has other records than a resource can have", backend.ErrInvalidData)
	}
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	var read json.RawMessage
	return decode(ctx, reply.Body, &read)
}

// specOf returns the spec of an entry: the object of package notation without its kind.
func specOf(c *notation.Codec, r *resource, e *backend.Entry) json.RawMessage {
	text, _ := bytes.CutPrefix(c.AppendJSON(nil, e), []byte(`{"kind":"`+r.word+`",`))
	head := "{"
	if c.DialPlan {
		head = `{"dialPlan":true,`
	}
	return append([]byte(head), text...)
}

// nameOf returns a name that no other entry of a namespace has.
func nameOf(c *notation.Codec, e *backend.Entry) string {
	name := [...]string{backend.Number: "number", backend.Block: "block", backend.Delegation: "delegation"}[e.Kind]
	if c.DialPlan {
		name = "dialplan-" + name
	}
	if digits := e.Name.Number.Digits(); digits != "" {
		name += "-" + digits
	}
	if e.Kind == backend.Block {
		name += fmt.Sprintf("-%d-%d", e.Min, e.Max)
	}
	return name
}

var _ backend.WriterOpener = (*options)(nil)
