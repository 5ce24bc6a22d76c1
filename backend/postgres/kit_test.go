package postgres

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// conversation is what a real server said: a burst after each request. It is said again without a server, which would make
// a process for each connection.
type conversation struct {
	bursts []string
	whole  int // octets
}

// converse has a backend look 101 up, and keeps what the server says.
func converse(t *testing.T, d *database, schema, mode string) (c conversation) {
	t.Helper()
	var mu sync.Mutex
	var said []byte
	address := listen(t, func(client net.Conn) {
		up, err := net.Dial("tcp", d.Addr)
		if err != nil {
			return
		}
		defer up.Close()
		go func() {
			_, _ = io.Copy(up, client)
			up.Close()
		}()
		buffer := make([]byte, 64<<10)
		for {
			n, err := up.Read(buffer)
			if err != nil {
				return
			}
			mu.Lock()
			said = append(said, buffer[:n]...)
			mu.Unlock()
			client.Write(buffer[:n])
		}
	})
	o, err := Driver{}.Parse(config(t, address+"/enumim", "schema "+schema, "mode "+mode, "connections 1"))
	must(t, err)
	b, err := o.Open(t.Context(), func(backend.Event) {})
	must(t, err)
	eventually(t, time.Minute, "found", func() bool { return kind(t, b, "101") == int(backend.Found) })
	must(t, b.Close())
	mu.Lock()
	defer mu.Unlock()
	burst := 0
	for at := 0; len(said)-at >= 5; {
		end := at + 1 + int(binary.BigEndian.Uint32(said[at+1:]))
		if end > len(said) {
			break
		}
		if said[at] == 'Z' {
			c.bursts = append(c.bursts, string(said[burst:end]))
			burst = end
		}
		at = end
	}
	for _, b := range c.bursts {
		c.whole += len(b)
	}
	return c
}

// again says the bursts until so many octets are said, and for a burst that other has, that instead.
func (c conversation) again(t *testing.T, most *atomic.Int64, other func(burst int, to net.Conn) bool) string {
	t.Helper()
	return listen(t, func(client net.Conn) {
		in := bufio.NewReader(client)
		var size [5]byte
		if _, err := io.ReadFull(in, size[:4]); err != nil {
			return
		}
		_, _ = in.Discard(int(binary.BigEndian.Uint32(size[:])) - 4)
		left := int(most.Load())
		for i, burst := range c.bursts {
			if other != nil && other(i, client) {
				return
			}
			if _, err := io.WriteString(client, burst[:min(left, len(burst))]); err != nil || left < len(burst) {
				return
			}
			left -= len(burst)
			for size[0] = 0; size[0] != 'S'; { // until the client wants to hear more
				if _, err := io.ReadFull(in, size[:]); err != nil {
					return
				}
				if _, err := in.Discard(int(binary.BigEndian.Uint32(size[1:])) - 4); err != nil {
					return
				}
			}
		}
	})
}

// listen calls serve with each connection.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// tell opens a backend at an address and looks 101 up, which is there, and the last.
func tell(t *testing.T, address, schema, mode, when string) (found bool) {
	r := &recorder{}
	o, err := Driver{}.Parse(config(t, address+"/enumim", "schema "+schema, "mode "+mode, "connections 1"))
	must(t, err)
	b, err := o.Open(t.Context(), r.observe)
	must(t, err)
	defer b.Close()
	if mode == "feed" {
		for end := time.Now().Add(300 * time.Millisecond); r.count(backend.Loaded)+r.count(backend.Unavailable) == 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	a, err := b.Lookup(ctx, backend.Query{Apex: dial, Name: e164.Name{Number: number(t, "101")}})
	switch {
	case err == nil && a.Kind != backend.Found:
		t.Errorf("mode %s, %s: answered %v", mode, when, a.Kind)
	case err != nil && !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrBusy) && !errors.Is(err, backend.ErrNotReady) &&
		!errors.Is(err, backend.ErrInvalidData):
		t.Errorf("mode %s, %s: %v", mode, when, err)
	}
	return err == nil
}

// A conversation that is cut, wherever that is, is an error or the right answer, and never that a number does not
// exist; half a tree is none. An answer of another form than it says is an outage, and one without end that or bad data.
func TestConversations(t *testing.T) {
	d := start15(t)
	schema := d.tree(t)
	d.exec(t, "INSERT INTO "+schema+".record (number, uri) VALUES ('100', 'sip:a@example.com'), ('101', 'sip:a@example.com')")
	step := 1
	if testing.Short() {
		step = 13
	}
	for _, mode := range []string{"store", "feed"} {
		c := converse(t, d, schema, mode)
		var uncut atomic.Int64
		uncut.Store(1 << 30)
		said := c.again(t, &uncut, nil)
		eventually(t, time.Minute, "an answer when nothing is cut", func() bool { return tell(t, said, schema, mode, "whole") })
		const workers = 4
		for w := range workers {
			t.Run(fmt.Sprintf("cut, %s, %d", mode, w), func(t *testing.T) {
				t.Parallel()
				var most atomic.Int64
				address := c.again(t, &most, nil)
				for at := w * step; at <= c.whole; at += workers * step {
					most.Store(int64(at))
					tell(t, address, schema, mode, fmt.Sprintf("cut after %d octets", at))
				}
			})
		}
		for name, part := range endless {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				var wait sync.WaitGroup
				for burst := range c.bursts {
					wait.Go(func() {
						var whole atomic.Int64
						whole.Store(1 << 30)
						tell(t, c.again(t, &whole, func(at int, to net.Conn) bool {
							if at != burst {
								return false
							}
							for n := 0; ; n++ {
								if _, err := io.WriteString(to, part(n)); err != nil {
									return true
								}
							}
						}), schema, mode, fmt.Sprintf("%s for burst %d of %d", name, burst, len(c.bursts)))
					})
				}
				wait.Wait()
			})
		}
	}
}

// message is one of the protocol, with a body of this length or what else is claimed.
func message(kind byte, claimed int, body string) string {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(claimed+4))
	return string(head) + body
}

func text(n int) string { return string(make([]byte, n)) }

func plain(kind byte, body string) string { return message(kind, len(body), body) }

// row is one of a look-up: of this part, with a cell of this size.
func row(part string, size int) string {
	width := len(notation.Columns()) + 2
	b := binary.BigEndian.AppendUint16(nil, uint16(width))
	for i := range width {
		cell := map[int]string{0: part, 2: "101"}[i]
		switch {
		case i == 3 && size > 0:
			cell = text(size)
		case cell == "":
			b = binary.BigEndian.AppendUint32(b, 1<<32-1)
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(cell))), cell...)
	}
	return plain('D', string(b))
}

// endless are answers without end, by their parts.
var endless = map[string]func(n int) string{
	"large rows":     func(int) string { return row("0", 1<<19) },
	"small rows":     func(int) string { return row("0", 0) },
	"rows of others": func(int) string { return row("9", 1<<10) },
	"numbers below":  func(int) string { return row("1", 0) },
	"settings":       func(n int) string { return plain('S', fmt.Sprintf("name%d\x00%s\x00", n, text(1<<16))) },
	"notices":        func(int) string { return plain('N', "SNOTICE\x00Mx\x00\x00") },
	"notifications":  func(int) string { return plain('A', "\x00\x00\x00\x07enumim\x00\x00") },
	"descriptions": func(int) string {
		return plain('T', "\x00\x01c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00")
	},
	"empty answers":           func(int) string { return plain('I', "") },
	"ready":                   func(int) string { return plain('Z', "I") },
	"parsed":                  func(int) string { return plain('1', "") },
	"a message of 1 GiB":      func(int) string { return message('D', 1<<30, text(1<<16)) },
	"a message of -4 octets":  func(int) string { return "D\xff\xff\xff\xfc" },
	"a message of no octets":  func(int) string { return "D\x00\x00\x00\x00" },
	"more cells than octets":  func(int) string { return plain('D', "\x7f\xff\x00\x00") },
	"a cell of 2 GiB":         func(int) string { return plain('D', "\x00\x01\x7f\xff\xff\xff") },
	"a cell of -2 octets":     func(int) string { return plain('D', "\x00\x01\xff\xff\xff\xfe") },
	"more columns than named": func(int) string { return plain('T', "\x7f\xff") },
	"an error without fields": func(int) string { return plain('E', "") },
	"an error without end":    func(int) string { return plain('E', "Cxx") },
	"authentication":          func(int) string { return plain('R', "\x00\x00\x00\x0a\x00") },
	"copying":                 func(int) string { return plain('G', "\x00\x7f\xff") + plain('W', "\x00\x7f\xff") },
	"an unknown message":      func(int) string { return plain('?', "x") },
}

// What a server tells of its settings is kept by the client library: it has an end. All else passes, however it is cut.
func TestMeter(t *testing.T) {
	settings, rows := plain('S', "name\x00"+text(1000)+"\x00"), row("0", 5000)
	for _, c := range []struct {
		text string
		ends bool
	}{{strings.Repeat(rows, 1000), false}, {strings.Repeat(rows+settings, 100), false}, {strings.Repeat(rows+settings, 1100), true}, {message('S', 1<<30, ""), true}} {
		for _, size := range []int{1, 7, 4096} {
			n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, &meter{from: struct{ io.Reader }{strings.NewReader(c.text)}}, make([]byte, size))
			if c.ends != errors.Is(err, errParameters) || err == nil && int(n) != len(c.text) {
				t.Errorf("%d octets by %d: %d passed, %v", len(c.text), size, n, err)
			}
		}
	}
}
