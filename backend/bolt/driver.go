package bolt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

func init() { backend.Register("bolt", Driver{}) }

// Driver is the backend driver "bolt". The zero value is ready for use.
//
//	backend bolt PATH
type Driver struct{}

// socketSuffix is added to the name of the file for that of the socket.
const socketSuffix = ".sock"

// mostPath is how long the path of a socket may be (unix(7)), less the final zero.
const mostPath = 107

// options is a parsed configuration, ready to be opened.
type options struct {
	path  string
	codec notation.Codec
}

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	if len(c.Args) != 1 {
		return nil, c.Errorf(c.Pos, "expected one file: write backend bolt PATH")
	}
	if c.Args[0] == "" || strings.IndexByte(c.Args[0], 0) >= 0 {
		return nil, c.Errorf(c.Pos, "%q is no path", c.Args[0])
	}
	if strings.HasPrefix(c.Args[0], "'") {
		return nil, c.Errorf(c.Pos, `%q: a Corefile quotes with ", and not with '`, c.Args[0])
	}
	for _, o := range c.Options {
		return nil, c.UnknownOption(o)
	}
	o := &options{path: c.Path(c.Args[0]), codec: notation.Codec{Apexes: c.Apexes, DialPlan: c.DialPlan, TTL: c.TTL}}
	if n := len(o.path) + len(socketSuffix); n > mostPath {
		return nil, c.Errorf(c.Pos, "the path of the socket beside the file has %d octets, and %d is the most: choose a shorter one", n, mostPath)
	}
	return o, nil
}

// Key implements backend.Opener. Apexes and TTL are for writing: those who read share one backend, those with another
// dial plan the open file alone.
func (o *options) Key() string {
	if o.codec.DialPlan {
		return o.path + "\x00dialplan"
	}
	return o.path
}

// Open implements backend.Opener. It never fails: until there is a file with data, look-ups return ErrNotReady.
func (o *options) Open(_ context.Context, observe func(backend.Event)) (backend.Backend, error) {
	return newStore(o.path, o.codec.DialPlan, observe), nil
}

// lockWait is for how long OpenWriter waits for a file that somebody else has.
const lockWait = 5 * time.Second

// OpenWriter implements backend.WriterOpener. Where a server has the file, changes go through its socket, else into the
// file itself, which the writer then has until it is closed.
func (o *options) OpenWriter(ctx context.Context) (backend.Writer, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		w, err := o.openWriter(ctx)
		if !errors.Is(err, errLocked) {
			return w, err
		}
		pause := time.NewTimer(leastPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, fmt.Errorf("%w: it takes no changes at %s: is it another import?", err, socketOf(o.path))
		case <-pause.C:
		}
	}
}
