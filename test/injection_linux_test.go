package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// injection is what was seen of one store, a line of the ledger.
type injection struct {
	Kind     string `json:"kind"` // "injection"
	Date     string `json:"date"`
	Note     string `json:"note,omitempty"`
	Store    string `json:"store"`
	Payloads int    `json:"payloads"`
	Names    int    `json:"names"`  // that were asked
	Values   int    `json:"values"` // that were given to a writer
	Refused  int    `json:"refused"`
	Served   int    `json:"served"`
	Failed   int    `json:"servfail"` // SERVFAIL, since what was written cannot be served
}

// Names and values that mean something to a store are nothing but names and values: none of them is found, none does
// anything to the data beside it, none is answered as another, and no log tells any.
func TestInjection(t *testing.T) {
	n := 1000
	if *long {
		n = 10000
	}
	texts := payloads(n)
	var lanes []*lane
	var results []injection
	for i, w := range storeWays {
		l := &lane{apex: fmt.Sprintf("l%d.example.net.", i), size: 60, store: w.start(t)}
		if w.feed { // numbers come and go at the writer's will
			l.store.options = append(l.store.options, "shrink off")
		}
		l.put(t)
		lanes = append(lanes, l)
		results = append(results, injection{Kind: "injection", Date: time.Now().UTC().Format(time.DateOnly), Note: *ledgerNote, Store: w.name, Payloads: n})
	}
	d := launchLanes(t, home(t), lanes)
	for _, l := range lanes {
		d.awaitStore(t, l, 1)
	}
	var wg sync.WaitGroup
	for i, l := range lanes {
		wg.Go(func() {
			var err error
			if results[i].Names, err = d.askHostile(l, texts); err != nil {
				t.Errorf("%s: %v", results[i].Store, err)
			}
		})
	}
	wg.Wait()
	for i, l := range lanes {
		if strings.HasPrefix(results[i].Store, "ldap") {
			continue // a directory is never written to
		}
		wg.Go(func() {
			if err := d.writeHostile(t, l, texts, &results[i]); err != nil {
				t.Errorf("%s: %v", results[i].Store, err)
			}
		})
	}
	wg.Wait()
	for i, l := range lanes {
		if err := d.serves(1, l.queries()...); err != nil {
			t.Errorf("%s: data is not as it was: %v", results[i].Store, err)
		}
		t.Logf("%+v", results[i])
		if !t.Failed() {
			note(t, results[i])
		}
	}
	outputs := d.journal.since(0) + d.fetch(t, d.metrics+"/metrics") + d.fetch(t, d.pprof+"/debug/pprof/goroutine?debug=2")
	if at := injected.FindStringIndex(outputs); at != nil {
		t.Errorf("a payload is told: ...%q...", outputs[max(0, at[0]-200):at[1]])
	}
	d.tellsNoNumber(t, lanes)
}

// hostileName returns a name below an apex, on the wire, with the payload in labels: alone, or among those of a number
// that exists. It is nil where it would be longer than names are.
func hostileName(l *lane, payload []byte, form int) []byte {
	var name []byte
	label := func(text []byte) { name = append(append(name, byte(len(text))), text...) }
	digits := reversed(l.number(0))
	inside := func(text string) {
		for digit := range strings.SplitSeq(text, ".") {
			label([]byte(digit))
		}
	}
	if form == 1 {
		inside(digits[:11])
	}
	if form == 2 {
		inside(digits)
	}
	for len(payload) > 0 {
		n := min(len(payload), 63)
		label(payload[:n])
		payload = payload[n:]
	}
	if form == 1 {
		inside(digits[12:])
	}
	if form == 3 {
		inside(digits)
	}
	inside(strings.TrimSuffix(l.apex, "."))
	if name = append(name, 0); len(name) > 255 {
		return nil
	}
	return name
}

// askHostile asks for all payloads as names, and returns how many it asked for. Each is denied.
func (d *daemon) askHostile(l *lane, texts [][]byte) (asked int, err error) {
	conn, err := net.Dial("udp", d.at)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	for i, payload := range texts {
		name := hostileName(l, payload, i%4)
		if name == nil {
			name = hostileName(l, payload, 0)
		}
		wire := []byte{byte(i >> 8), byte(i), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
		wire = append(append(wire, name...), 0, 35, 0, 1)
		asked++
		m, err := hostileReply(conn, wire)
		for try := 1; err == nil && m.Rcode == dns.RcodeServerFailure && try < tries; try++ { // a busy machine makes a store late
			time.Sleep(time.Second)
			m, err = hostileReply(conn, wire)
		}
		if err == nil && (m.Rcode != dns.RcodeNameError || len(m.Answer) > 0) {
			err = fmt.Errorf("%w: %v", errWrong, m)
		}
		if err != nil {
			return asked, fmt.Errorf("the reply to %q: %w", payload, err)
		}
	}
	return asked, nil
}

// hostileReply asks once.
func hostileReply(conn net.Conn, wire []byte) (*dns.Msg, error) {
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(wire); err != nil {
		return nil, err
	}
	buf := make([]byte, dns.MaxMsgSize)
	n, err := conn.Read(buf)
	if err != nil {
		return nil, err
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(buf[:n], wire[:2]) {
		return nil, fmt.Errorf("%w: of another query: %v", errWrong, m)
	}
	return m, nil
}

// hostileEntry returns an entry with a payload in one of its fields.
func hostileEntry(l *lane, i int, payload []byte, field int) backend.Entry {
	n, err := e164.ParseDigits(l.number(i))
	if err != nil {
		panic(err)
	}
	r := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + string(payload) + "@example.com!", Replacement: "\x00"}
	switch field {
	case 1:
		r.Services, r.Regexp = "E2U+"+string(payload), "!^.*$!im:a@example.com!"
	case 2:
		r.Flags = string(payload)
	case 3:
		r.Regexp = string(payload)
	}
	return backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}, TTL: 60, Records: []naptr.Record{r}}
}

// atOnce is how many payloads are written together, where they are entries that a store can hold.
const atOnce = 250

// writeHostile writes payloads as values, and asks for each that was taken: it is served as it was written, or not at
// all. What no store can hold is written by itself, and there are so many of them that the short form takes one of eight.
func (d *daemon) writeHostile(t *testing.T, l *lane, texts [][]byte, r *injection) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	w, err := l.store.writer(t, l.apex).OpenWriter(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	const from = 500 // the numbers below are those that must not change
	var codec notation.Codec
	for base := 0; base < len(texts); base += atOnce {
		var legal, others []backend.Entry
		for k, text := range texts[base:min(base+atOnce, len(texts))] {
			e := hostileEntry(l, from+k, text, (base/atOnce+k)%4)
			if codec.Check(&e) == nil {
				legal = append(legal, e)
			} else if *long || (base+k)%8 == 0 {
				others = append(others, e)
			}
		}
		r.Values += len(legal) + len(others)
		taken := legal
		switch err := writeAgain(ctx, w, legal); {
		case errors.Is(err, backend.ErrInvalidData): // a schema may be stricter
			others, taken = append(others, legal...), nil
		case err != nil:
			return err
		}
		for _, e := range others {
			switch err := writeAgain(ctx, w, []backend.Entry{e}); {
			case err == nil:
				taken = append(taken, e)
			case injected.MatchString(err.Error()) || strings.Contains(err.Error(), l.number(0)[:7]):
				return fmt.Errorf("an error tells data: %w", err)
			case errors.Is(err, backend.ErrInvalidData):
				r.Refused++
			default:
				return err
			}
		}
		if l.store.written != nil {
			l.store.written()
		}
		for _, e := range taken {
			if err := d.servesHostile(l, e, r); err != nil {
				return fmt.Errorf("%q %q %q: %w", e.Records[0].Flags, e.Records[0].Services, e.Records[0].Regexp, err)
			}
		}
	}
	return nil
}

// writeAgain writes entries, again where somebody else is at it, or a busy machine took too long: who serves a file may
// not have seen yet that the last write ended.
func writeAgain(ctx context.Context, w backend.Writer, entries []backend.Entry) (err error) {
	for range 100 {
		err = w.Write(ctx, func(yield func(backend.Change, error) bool) {
			for _, e := range entries {
				if !yield(backend.Change{Entry: e}, nil) {
					return
				}
			}
		}, func(int) {})
		if !errors.Is(err, backend.ErrBusy) && !errors.Is(err, backend.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// servesHostile asks for a number until the server says what was written, or that it cannot be served. An expression
// with backslashes or delimiters in it is served as what it yields: that it is this one its mark tells.
func (d *daemon) servesHostile(l *lane, e backend.Entry, r *injection) error {
	want := e.Records[0]
	fields := []byte{0, 100, 0, 10}
	for _, text := range []string{want.Flags, want.Services, want.Regexp} {
		fields = append(append(fields, byte(len(text))), text...)
	}
	var codec notation.Codec
	right := codec.Check(&e) == nil
	mark := injected.Find(bytes.ToLower(fields))
	conn, err := net.Dial("udp", d.at)
	if err != nil {
		return err
	}
	defer conn.Close()
	q := &dns.Msg{MsgHdr: dns.MsgHdr{Id: 1}, Question: []dns.Question{{Name: reversed(e.Name.Number.Digits()) + "." + l.apex, Qtype: dns.TypeNAPTR, Qclass: dns.ClassINET}}}
	wire, err := q.SetEdns0(maxUDP, false).Pack()
	if err != nil {
		return err
	}
	buf := make([]byte, dns.MaxMsgSize)
	var last *dns.Msg
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		conn.SetDeadline(time.Now().Add(patience))
		if _, err := conn.Write(wire); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		if err != nil {
			return err
		}
		last = new(dns.Msg)
		if err := last.Unpack(buf[:n]); err != nil {
			return err
		}
		if bytes.Contains(buf[:n], fields) || strings.ContainsAny(want.Regexp, "\\") && bytes.Contains(bytes.ToLower(buf[:n]), mark) {
			r.Served++
			return nil
		}
		// Another payload stood there before; what is right is served in the end.
		if last.Rcode == dns.RcodeServerFailure && (!right || time.Until(until) < 15*time.Second) {
			r.Failed++
			return nil
		}
	}
	return fmt.Errorf("it is not what was written: %v", last)
}
