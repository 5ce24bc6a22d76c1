package ldap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
)

// sink takes what a feed delivers, and ends the feed with the first tree.
type sink struct {
	entries int // of the tree
	trees   int
	end     context.CancelFunc
}

func (s *sink) Replace(entries iter.Seq2[backend.Entry, error]) error {
	s.entries = 0
	for _, err := range entries {
		if err != nil {
			return err
		}
		s.entries++
	}
	s.trees++
	s.end()
	return nil
}

func (s *sink) Apply([]backend.Change) error { return nil }

func (s *sink) ApplyLate([]backend.Change, time.Duration) error { return nil }

// runOnce runs a feed of a directory until it has a tree, or an error.
func runOnce(t testing.TB, addr string) (*sink, error) {
	t.Helper()
	o, err := parse(t, addr+"/dc=example,dc=com")
	must(t, err)
	f := &feed{
		servers: &servers{hosts: o.hosts, password: o.Password.Get, tls: o.TLS, life: o.Options}, mapping: &o.mapping,
		base: o.base, refresh: time.Minute, tell: func(backend.Event) {},
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := &sink{end: cancel}
	err = f.Run(ctx, s)
	if s.trees == 0 && ctx.Err() != nil {
		t.Fatal("it hangs")
	}
	return s, err
}

const kitSize = 1200

// TestPartsAreNotPublished: whatever goes wrong on any page of a reading, nothing of it is served, and the error is one
// for which the old data stays, and tells no number.
func TestPartsAreNotPublished(t *testing.T) {
	type answer = func(k *kit, w *reply, n int) bool
	on := func(page int, do func(w *reply)) answer {
		return func(_ *kit, w *reply, n int) bool {
			if n == page {
				do(w)
			}
			return n == page
		}
	}
	good := func(w *reply) { w.entry("CN=x", map[string][]string{"objectGUID": {strings.Repeat("x", 16)}}) }
	cases := map[string]answer{
		"referral":          on(1, func(w *reply) { good(w); w.refer(); w.done(0, "") }),
		"no page control":   on(1, func(w *reply) { good(w); w.result(ldap.ApplicationSearchResultDone, 0) }),
		"cut after page":    on(2, func(w *reply) { w.conn.Close() }),
		"cut after entry":   on(1, func(w *reply) { good(w); w.conn.Close() }),
		"disconnection":     on(1, func(w *reply) { w.id = 0; w.result(ldap.ApplicationExtendedResponse, 52) }),
		"another's answer":  on(1, func(w *reply) { w.id += 7; w.done(0, "") }),
		"another operation": on(1, func(w *reply) { w.result(ldap.ApplicationBindResponse, 0) }),
		"no GUID":           on(1, func(w *reply) { w.entry("CN=x", nil); w.done(0, "") }),
		"two GUIDs":         on(1, func(w *reply) { w.entry("CN=x", map[string][]string{"objectGUID": {"x", "y"}}); w.done(0, "") }),
		"huge length":       on(1, func(w *reply) { w.raw([]byte("\x30\x84\x7f\xff\xff\xff\x02\x01\x01")) }),
		"long length":       on(1, func(w *reply) { w.raw([]byte("\x30\x88\x00\x00\x00\x00\x00\x00\x00\x03\x02\x01\x01")) }),
		"indefinite":        on(1, func(w *reply) { w.raw([]byte("\x30\x80\x02\x01\x01\x00\x00")) }),
		"nested":            on(1, func(w *reply) { w.raw([]byte("\x30\x83\x10\x00\x00" + strings.Repeat("\x30\x80", 1<<19))) }),
		"TLS":               on(1, func(w *reply) { w.raw([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")) }),
		"HTTP":              on(1, func(w *reply) { w.raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }),
		"inner length": on(1, func(w *reply) {
			w.raw([]byte("\x30\x0b\x02\x01" + string(rune(w.id)) + "\x64\x84\x7f\xff\xff\xff\x04\x00"))
		}),
		"pages without end": func(_ *kit, w *reply, _ int) bool { return w.done(0, "1") },
		"the same without end": func(_ *kit, w *reply, _ int) bool {
			for range 100 {
				good(w)
			}
			return w.done(0, "1")
		},
		"messages without end": func(_ *kit, w *reply, _ int) bool {
			for range 30000 {
				if good(w); !w.entry("CN=y", map[string][]string{"objectGUID": {strings.Repeat("y", 16)}}) {
					break
				}
			}
			return true
		},
		"nobody": func(_ *kit, w *reply, _ int) bool { return w.done(0, "") },
	}
	for _, code := range []uint16{1, 2, 3, 4, 7, 8, 10, 11, 12, 13, 32, 48, 49, 50, 51, 52, 53, 80, 118, 123} {
		cases[fmt.Sprintf("code %d", code)] = on(2, func(w *reply) { good(w); w.done(code, "") })
	}
	cases["code 4096"] = on(0, func(w *reply) { w.done(4096, "") })
	crowd := startKit(t)
	crowd.staff(kitSize)
	if s, err := runOnce(t, crowd.addr); s.entries != kitSize {
		t.Fatalf("without a fault %d entries are published: %v", s.entries, err)
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := startKit(t)
			k.accounts, k.answer = crowd.accounts, answer
			s, err := runOnce(t, k.addr)
			if s.trees > 0 {
				t.Fatalf("%d entries are published", s.entries)
			}
			if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrInvalidData) {
				t.Errorf("%v", err)
			}
			if strings.Contains(err.Error(), "1632") {
				t.Errorf("the error tells a number: %v", err)
			}
		})
	}
}

// TestCutAnywhere: a connection that ends after any number of octets gives all or nothing.
func TestCutAnywhere(t *testing.T) {
	k := startKit(t)
	k.staff(4)
	for n := 1; ; n++ {
		k.do(func() { k.cut = n })
		s, err := runOnce(t, k.addr)
		if s.trees > 0 {
			if s.entries != 4 {
				t.Fatalf("cut after %d octets: %d entries are published", n, s.entries)
			}
			if n < 300 {
				t.Fatalf("all is there after %d octets: nothing was cut", n)
			}
			return
		}
		if !errors.Is(err, backend.ErrUnavailable) {
			t.Fatalf("cut after %d octets: %v", n, err)
		}
	}
}

// TestFlippedOctets: an octet that arrives as another one is no reason to panic or to hang.
func TestFlippedOctets(t *testing.T) {
	var answer bytes.Buffer
	here, there := net.Pipe()
	go func() {
		w := &reply{conn: there, id: 1}
		w.entry("CN=x", map[string][]string{"objectGUID": {strings.Repeat("x", 16)}, "telephoneNumber": {"+44 1632 960083"}})
		w.done(0, "cookie")
		there.Close()
	}()
	_, err := io.Copy(&answer, here)
	must(t, err)
	for i := range answer.Len() {
		for _, x := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(answer.Bytes())
			b[i] ^= x
			readAll(b)
		}
	}
}

// readAll reads messages and all that may stand in them.
func readAll(b []byte) {
	r := bufio.NewReader(bytes.NewReader(b))
	for {
		m, err := readMessage(r)
		if err != nil {
			return
		}
		_, _ = resultOf(m.body)
		_, _ = parseFound(m.body)
		_, _, _ = parseInfo(m.body)
		for _, c := range m.controls {
			_, _ = parsePaged(c.value)
			_, _, _, _ = parseState(c.value)
			_, _, _ = parseDone(c.value)
		}
	}
}

// FuzzMessages: nothing that a directory sends makes us panic.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Add([]byte("\x30\x84\x7f\xff\xff\xff\x02\x01\x01"))
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	p.AppendChild(resultPacket(ldap.ApplicationSearchResultDone, 4))
	list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	list.AppendChild((&ldap.ControlPaging{Cookie: []byte("x")}).Encode())
	p.AppendChild(list)
	f.Add(p.Bytes())
	f.Add([]byte("\x30\x25\x02\x01\x01\x79\x20\x80\x181.3.6.1.4.1.4203.1.9.1.4\x81\x04\xa2\x02\x04\x00"))
	f.Fuzz(func(_ *testing.T, b []byte) { readAll(b) })
}

// TestLengthsAreNotBelieved: a message that is announced with many octets takes no memory before they come.
func TestLengthsAreNotBelieved(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := readMessage(bufio.NewReader(strings.NewReader("\x30\x83\xff\xff\xff\x02\x01\x01"))); err == nil {
			t.Fatal("it is taken")
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 50<<20 {
		t.Errorf("100 messages of some octets took %d MB", took>>20)
	}
}
