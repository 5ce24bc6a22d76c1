package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"os"
	"syscall"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// openWriter opens the file, by the socket where somebody listens, else itself. It returns errLocked as it is.
func (o *options) openWriter(ctx context.Context) (backend.Writer, error) {
	w := &remoteWriter{options: o, socket: socketOf(o.path)}
	conn, err := w.dial(ctx)
	switch {
	case err == nil:
		_ = conn.Close() // it is to know that somebody is there
		return w, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: the server at %s takes no changes from this user: run it as the user of the server or as root",
			backend.ErrUnavailable, w.socket)
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	d := &directWriter{options: o, holder: holder{path: o.path}}
	err = d.open()
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoData) {
		return nil, err
	}
	return d, nil
}

// directWriter changes the file itself.
type directWriter struct {
	holder
	options *options
}

// Walk implements backend.Writer. A file that is not there has no entries.
func (w *directWriter) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		s := w.acquire()
		if s == nil {
			return
		}
		defer s.drop()
		if err := s.head.fits(w.options.codec.DialPlan); err != nil {
			yield(backend.Entry{}, err)
			return
		}
		s.walk(ctx, 0)(yield)
	}
}

// Absent returns why there is nothing to read: no file, or one that nothing was written to.
func (w *directWriter) Absent() error {
	if w.current.Load() != nil {
		return nil
	}
	if _, err := os.Stat(w.path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: there is no file %s", backend.ErrNotReady, w.path)
	}
	return fmt.Errorf("%w: the file %s is empty", backend.ErrNotReady, w.path)
}

// Write implements backend.Writer.
func (w *directWriter) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	if info, err := os.Stat(target(w.path)); err == nil && info.Size() > 0 && w.current.Load() == nil {
		return errGone // it came meanwhile
	}
	how := how{dialPlan: w.options.codec.DialPlan}
	_, err := w.write(ctx, how, w.options.checked(changes), done)
	return err
}

// Atomic implements backend.Writer.
func (w *directWriter) Atomic() bool { return true }

// Close implements backend.Writer.
func (w *directWriter) Close() error { return w.close() }

// checked holds changes to the rules of numbers files, and of the apexes.
func (o *options) checked(changes iter.Seq2[backend.Change, error]) iter.Seq2[backend.Change, error] {
	return func(yield func(backend.Change, error) bool) {
		for c, err := range changes {
			if err == nil {
				err = checkChange(&o.codec, &c)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// remoteWriter changes a file that is served, through its socket.
type remoteWriter struct {
	options *options
	socket  string
	walked  bool
	serial  uint32 // of the data that was walked
}

func (w *remoteWriter) dial(ctx context.Context) (*net.UnixConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", w.socket)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil // what the network "unix" gives
}

// ask sends a request and returns the connection, on which the server has agreed, and what it said.
func (w *remoteWriter) ask(ctx context.Context, r request) (*peer, outcome, error) {
	conn, err := w.dial(ctx)
	if err != nil {
		return nil, outcome{}, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	r.Protocol = protocol
	p := newPeer(conn)
	if err = p.say(r); err != nil {
		err = fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	// What the server has to say is more than that it has gone.
	o, heard := p.hearOutcome()
	if heard != nil {
		return nil, o, errors.Join(heard, conn.Close())
	}
	if err != nil {
		return nil, o, errors.Join(err, conn.Close())
	}
	return p, o, nil
}

// Walk implements backend.Writer.
func (w *remoteWriter) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		p, o, err := w.ask(ctx, request{Do: "walk", DialPlan: w.options.codec.DialPlan})
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		defer func() { _ = p.conn.Close() }()
		stop := context.AfterFunc(ctx, func() { _ = p.conn.Close() })
		defer stop()
		left := errors.New("left")
		codec := notation.Codec{DialPlan: w.options.codec.DialPlan}
		err = p.entries(&codec, func(_ byte, e *backend.Entry) error {
			if !yield(*e, nil) {
				return left
			}
			return nil
		})
		if err == nil {
			_, err = p.hearOutcome()
		}
		switch {
		case errors.Is(err, left):
		case err != nil:
			yield(backend.Entry{}, err)
		default:
			w.walked, w.serial = true, o.Serial
		}
	}
}

// Write implements backend.Writer.
func (w *remoteWriter) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	p, _, err := w.ask(ctx, request{Do: "write", DialPlan: w.options.codec.DialPlan, Checked: w.walked, Serial: w.serial})
	if err != nil {
		return err
	}
	defer func() { _ = p.conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = p.conn.Close() })
	defer stop()
	n := 0
	for c, err := range w.options.checked(changes) {
		if err != nil {
			return err
		}
		sign := byte(signSet)
		if c.Delete {
			sign = signDelete
		}
		if p.send(&w.options.codec, sign, &c.Entry) != nil {
			break // the server says why
		}
		if n++; n%walkBatch == 0 {
			done(walkBatch)
		}
	}
	sent := p.end(n)
	o, err := p.hearOutcome()
	if err == nil && sent != nil {
		err = fmt.Errorf("%w: %w", backend.ErrUnavailable, sent)
	}
	if err != nil {
		return err
	}
	done(n % walkBatch)
	w.serial = o.Serial
	return nil
}

// Atomic implements backend.Writer.
func (w *remoteWriter) Atomic() bool { return true }

// Close implements backend.Writer.
func (w *remoteWriter) Close() error { return nil }
