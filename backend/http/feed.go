package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
)

const (
	// pollPatience is how long a server may take to say what changed.
	pollPatience = 5 * time.Second
	// pollAgain is the pause before a question that failed is asked once more: else one lost reply makes a server
	// read a whole tree again.
	pollAgain = 200 * time.Millisecond
	// resyncEvery is how often the whole tree is read although nothing points to a fault: the last defence against
	// changes that the server did not tell of. A quarter of it is random.
	resyncEvery = time.Hour
	// mostChanges bounds a reply that tells what changed, in octets. What is more is read with the whole tree.
	mostChanges = 32 << 20
)

// feed reads the whole tree and asks what changed, again and again.
type feed struct {
	*options
	tell func(backend.Event)
	seen uint64    // the generation that was taken last, also before a failure
	told time.Time // when it was told last that it went back
}

// mirrored is a tree as its sink has it.
type mirrored struct {
	*client
	feed   *feed
	sink   backend.Sink
	state  *keyed.State // nil when all is to be read anew
	sum    []byte       // of the tree as it was read last
	head   head
	since  validator
	resync time.Time // when it is read anew without a reason
}

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	m := &mirrored{client: f.client(1), feed: f, sink: sink}
	defer m.pool.close()
	err := m.read(ctx)
	for err == nil {
		if err = pause(ctx, f.refresh); err == nil {
			err = m.poll(ctx)
		}
		if errors.Is(err, backend.ErrUnavailable) && ctx.Err() == nil {
			if err = pause(ctx, pollAgain); err == nil {
				err = m.poll(ctx)
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// poll asks once what changed, and brings it.
func (m *mirrored) poll(ctx context.Context) error {
	if time.Now().After(m.resync) {
		m.state = nil
	}
	if m.state == nil || !m.head.changes {
		return m.read(ctx)
	}
	c, err := m.changes(ctx)
	if err != nil {
		return err
	}
	changes, whole := m.apply(&c)
	if !whole {
		whole = m.sink.Apply(changes) != nil // what does not fit to what is there fits to a whole, or is refused with it
	}
	if whole {
		m.state = nil
		return m.read(ctx)
	}
	m.head.generation, m.feed.seen = c.generation, c.generation
	m.report()
	return nil
}

// changes asks what changed since the generation that the sink has.
func (m *mirrored) changes(ctx context.Context) (c changes, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollPatience)
	defer cancel()
	r, err := m.request("GET", "/changes?since="+strconv.FormatUint(m.head.generation, 10), nil, "Accept", "application/json", "Cache-Control", "no-cache")
	if err != nil {
		return c, err
	}
	text, err := m.object(ctx, r, mostChanges)
	if err != nil {
		return c, err
	}
	return readChanges(text, m.head.generation)
}

// apply makes changes of what stands now at numbers. whole says that all is to be read instead: where it is not
// known what changed, and where a delegation comes or goes, with what it hides.
func (m *mirrored) apply(c *changes) (changes []backend.Change, whole bool) {
	if c.gap {
		return nil, true
	}
	for i := range c.changes {
		it := &c.changes[i]
		var lines []keyed.Line
		var fault error
		if len(it.entries) > 0 {
			lines, fault = keyed.Parse(&m.feed.Codec, it.number, bytes.Join(it.entries, []byte{'\n'}))
		}
		var cut, again bool
		if changes, cut, again = m.state.Change(changes, it.number, lines, fault); cut || again {
			return nil, true
		}
	}
	return changes, false
}

// olderEvery is how often it is told that data is older than what was there.
const olderEvery = 10 * time.Second

// took notes the generation of a whole tree. One that is older is served all the same: nobody but the server has data.
func (f *feed) took(generation uint64) {
	if generation < f.seen && time.Since(f.told) >= olderEvery {
		f.told = time.Now()
		f.tell(backend.Event{Kind: backend.Finding, Rule: "http-older", Count: 1,
			Text: "the server has older data than it had, as where one of several at its address lags, or after a restore: changes that were confirmed are gone"})
	}
	f.seen = generation
}

// report tells of what was read and cannot be served.
func (m *mirrored) report() {
	found := m.state.Findings()
	if found.Broken > 0 {
		m.feed.tell(backend.Event{Kind: backend.Finding, Rule: "http-entry", Text: "entries that cannot be read, such as: " + found.Fault.Error(), Count: found.Broken})
	}
	if found.Hidden > 0 {
		m.feed.tell(backend.Event{Kind: backend.Finding, Rule: "http-hidden", Text: "numbers that a delegation hides", Count: found.Hidden})
	}
}

// validator is by what a server tells whether a tree is another one than was read (RFC 9110 section 8.8).
type validator struct{ tag, modified string }

// validatorOf returns that of a reply. A date tells two trees apart only when it is not of the same second as the
// reply, since nothing tells then whether the tree changed after it was sent. Nor does a tag, which servers of files
// make of that second and of the size (RFC 9110 section 8.8.1).
func validatorOf(h http.Header) (v validator) {
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	sent, wrong := http.ParseTime(h.Get("Date"))
	dated := err == nil && wrong == nil
	switch {
	case dated && sent.Sub(modified) < 2*time.Second:
	case h.Get("Etag") != "":
		v.tag = h.Get("Etag")
	case dated:
		v.modified = h.Get("Last-Modified")
	}
	return v
}

// strong returns a tag without the mark of a weak one, since they are compared without (RFC 9110 section 13.1.2).
func strong(tag string) string { return strings.TrimPrefix(tag, "W/") }

// errUnmodified: there is no such thing as an answer to what nobody asked.
var errUnmodified = fmt.Errorf("%w: another tag than was asked for", status(http.StatusNotModified))

// confirms reports whether a reply says that the tree is the one that was read.
func (v validator) confirms(reply *http.Response) error {
	switch {
	case v == validator{}:
		return status(reply.StatusCode)
	case v.tag != "" && strong(v.tag) != strong(reply.Header.Get("Etag")): // who has a tag says it again (RFC 9110 section 15.4.5)
		return errUnmodified
	}
	return nil
}

// nextResync is when a tree that was read now is read again without reason.
func nextResync() time.Time { return time.Now().Add(resyncEvery*7/8 + rand.N(resyncEvery/4)) }
