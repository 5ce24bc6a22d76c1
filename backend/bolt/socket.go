package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// socket takes changes for a file while it is served, and lists what is in it.
type socket struct {
	server   *server
	path     string
	listener *net.UnixListener
	ctx      context.Context //nolint:containedctx // it ends what connections do, as close does
	cancel   context.CancelFunc
	slots    chan struct{}
	running  sync.WaitGroup
}

// listen begins to listen at a path beside the file, which the server has: a socket that is there is nobody's any more.
func listen(ctx context.Context, s *server, path string) (*socket, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSocket == 0 {
		return nil, fmt.Errorf("%s is no socket: move it away", path)
	} else if err == nil {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	// Until here the umask has its say; who connects is asked who they are, too.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	k := &socket{server: s, path: path, listener: l, slots: make(chan struct{}, mostConns)}
	k.ctx, k.cancel = context.WithCancel(ctx)
	k.running.Go(k.accept)
	return k, nil
}

// close ends all connections and takes the socket away.
func (k *socket) close() {
	if k == nil {
		return
	}
	k.cancel()
	_ = k.listener.Close() // it unlinks the socket; there is nothing to do about it
	k.running.Wait()
}

func (k *socket) accept() {
	for {
		conn, err := k.listener.AcceptUnix()
		if err != nil {
			if k.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			pause := time.NewTimer(leastPause) // out of file descriptors, say
			select {
			case <-k.ctx.Done():
			case <-pause.C:
			}
			pause.Stop()
			continue
		}
		select {
		case k.slots <- struct{}{}:
			k.running.Go(func() {
				defer func() { <-k.slots }()
				k.serve(conn)
			})
		default:
			_ = conn.SetDeadline(time.Now().Add(leastPause)) // a moment for those few octets
			_ = newPeer(conn).say(failed(errBusy))
			_ = conn.Close()
		}
	}
}

// serve answers one connection. Errors of the connection itself concern the other side only.
func (k *socket) serve(conn *net.UnixConn) {
	ctx, cancel := context.WithTimeout(k.ctx, longest)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	p := newPeer(conn)
	serial, err := uint32(0), authorise(conn)
	if err == nil {
		serial, err = k.request(p)
	}
	if err != nil {
		_ = p.say(failed(err))
		// What was sent meanwhile is taken, so that the other side comes to read why.
		_ = conn.CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, mostLine))
		return
	}
	_ = p.say(outcome{OK: true, Serial: serial})
}

// request reads what is asked for and does it.
func (k *socket) request(p *peer) (serial uint32, err error) {
	line, err := p.hear()
	if err != nil {
		return 0, err
	}
	var r request
	if json.Unmarshal(line, &r) != nil || r.Protocol != protocol {
		return 0, fmt.Errorf("%w: not a request of protocol %d: is it another version of enumim?", backend.ErrInvalidData, protocol)
	}
	switch r.Do {
	case "walk":
		return k.walk(p, &r)
	case "write":
		return k.write(p, &r)
	}
	return 0, fmt.Errorf("%w: asked for what is none of walk and write", backend.ErrInvalidData)
}

func (k *socket) walk(p *peer, r *request) (uint32, error) {
	s := k.server.acquire()
	if s == nil {
		return 0, k.server.absent()
	}
	defer s.drop()
	if err := s.head.fits(r.DialPlan); err != nil {
		return 0, err
	}
	if err := p.say(outcome{OK: true, Serial: s.head.serial}); err != nil {
		return 0, err
	}
	codec := notation.Codec{DialPlan: s.head.dialPlan}
	n := 0
	for e, err := range s.walk(k.ctx, 0) {
		if err != nil {
			return 0, err
		}
		sign := byte(signSet)
		if e.Broken {
			sign = signBroken
		}
		if err := p.send(&codec, sign, &e); err != nil {
			return 0, err
		}
		n++
	}
	return s.head.serial, p.end(n)
}

func (k *socket) write(p *peer, r *request) (uint32, error) {
	if err := p.say(outcome{OK: true}); err != nil {
		return 0, err
	}
	began, before := time.Now(), k.server.current.Load()
	codec := notation.Codec{DialPlan: r.DialPlan}
	changes := func(yield func(backend.Change, error) bool) {
		errStop := errors.New("stop")
		err := p.entries(&codec, func(sign byte, e *backend.Entry) error {
			c := backend.Change{Entry: *e, Delete: sign == signDelete}
			err := checkChange(&codec, &c)
			if sign == signBroken {
				err = errLine
			}
			if err != nil {
				return err
			}
			if !yield(c, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(backend.Change{}, err)
		}
	}
	how := how{dialPlan: r.DialPlan, checked: r.Checked, base: r.Serial}
	serial, err := k.server.write(k.ctx, how, changes, func(int) {})
	if k.server.current.Load() != before {
		k.server.loaded(time.Since(began))
	}
	return serial, err
}

// checkChange holds what is to be written to the rules that a numbers file is held to.
func checkChange(codec *notation.Codec, c *backend.Change) error {
	if c.Delete {
		return nil
	}
	if err := codec.Check(&c.Entry); err != nil {
		return fmt.Errorf("%w: %w", backend.ErrInvalidData, err)
	}
	return nil
}
