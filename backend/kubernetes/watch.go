package kubernetes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// A watch is begun anew after a while, on the same connection: one that is silent lives only if it ends in time.
	leastWatch, mostWatch = time.Minute, 2 * time.Minute
	// watchGrace is how long after its time a watch may take to end.
	watchGrace = 10 * time.Second
	// leastRun is the least time from one watch to the next.
	leastRun = 500 * time.Millisecond
	// mostEvent bounds one event, in octets: etcd takes 1.5 MiB by default.
	mostEvent = 4 << 20
)

// event is what a watch says.
type event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`

	scope    int
	object   object
	revision uint64
	heard    time.Time
	err      error // why there is nothing more to hear
}

// Types of events.
const (
	added, modified, deleted, bookmark, failed = "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"
	// ended is none that an API server sends: it ended the watch before its time, as it does when it lets go of a definition.
	ended = "ended"
)

// watch sends what happens in a scope from a revision on, until ctx ends or something fails.
func (c *conn) watch(ctx context.Context, s scope, i int, from uint64, to chan<- event) {
	say := func(e event) error {
		e.scope = i
		select {
		case to <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		begun, lasts := time.Now(), leastWatch+rand.N(mostWatch-leastWatch).Truncate(time.Second)
		err := c.watchOnce(ctx, s, &from, lasts, say)
		if err == nil && time.Since(begun) < lasts {
			err = say(event{Type: ended})
		}
		if err == nil {
			err = sleep(ctx, time.Until(begun.Add(leastRun)))
		}
		if err != nil {
			select {
			case to <- event{scope: i, err: err}:
			case <-ctx.Done():
			}
			return
		}
	}
}

// watchOnce is one watch, until the API server ends it, which is to be when it has lasted for so long. from goes on with
// what it says.
func (c *conn) watchOnce(ctx context.Context, s scope, from *uint64, lasts time.Duration, say func(event) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, lasts+watchGrace, errDead)
	defer cancel()
	query := url.Values{
		"watch": {"1"}, "allowWatchBookmarks": {"true"}, "resourceVersion": {strconv.FormatUint(*from, 10)},
		"timeoutSeconds": {strconv.Itoa(int(lasts / time.Second))},
	}
	if c.client.selector != "" {
		query.Set("labelSelector", c.client.selector)
	}
	reply, err := c.do(ctx, http.MethodGet, s.path(), query, "", nil)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	for in := bufio.NewReaderSize(reply.Body, 16<<10); ; {
		text, err := line(in)
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return nil
		}
		if cause := context.Cause(ctx); err != nil && errors.Is(cause, errDead) {
			return errDead
		}
		if err != nil {
			return fault(ctx, err)
		}
		e, err := parseEvent(text)
		if err != nil {
			return err
		}
		// An event of before would put a number back to where it was.
		if e.revision < *from || e.revision == *from && e.Type != bookmark {
			return errOdd
		}
		*from = e.revision
		if err := say(e); err != nil {
			return err
		}
	}
}

// line reads a line that is not too long.
func line(in *bufio.Reader) (text []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if text = append(text, part...); len(text) > mostEvent {
			return nil, errOdd
		}
		if err == nil || !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(text), err
		}
	}
}

func parseEvent(text []byte) (e event, err error) {
	if json.Unmarshal(text, &e) != nil {
		return e, errOdd
	}
	switch e.Type {
	case added, modified, deleted, bookmark:
		if json.Unmarshal(e.Object, &e.object) != nil {
			return e, errOdd
		}
		e.Object = nil
		e.revision, err = revision(e.object.Metadata.ResourceVersion)
		return e, err
	case failed:
		var is struct {
			Code int `json:"code"`
		}
		if json.Unmarshal(e.Object, &is) != nil || is.Code == 0 {
			return e, errOdd
		}
		return e, status(is.Code, "a watch")
	}
	return e, errOdd
}

// sleep waits; it returns ctx.Err() when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
