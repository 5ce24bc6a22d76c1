package enumim

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/anonymous"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// keysAge is how long keys are used until it is looked whether there are others.
const keysAge = 5 * time.Second

// anonymizer makes the aliases of a block.
type anonymizer struct {
	*corefile.Anonymize
	pos     backend.Pos
	minting atomic.Pointer[minting]
	looked  atomic.Int64 // when it was looked for keys last, as time since start
	looking atomic.Bool
	failed  atomic.Bool // the last time they could not be read, which was told
}

// minting is the key that aliases are made with. Minters of it are free for use.
type minting struct {
	key  anonymous.Key
	free sync.Pool
}

// openAnonymizer reads the keys where mailboxes are to be hidden. A server without any could answer no im: URI, so that it
// does not start.
func (b *block) openAnonymizer() error {
	if b.Options.Anonymize == nil {
		return nil
	}
	a := &anonymizer{Anonymize: b.Options.Anonymize, pos: b.Pos}
	a.looked.Store(int64(time.Since(start)))
	if err := a.read(); err != nil {
		return b.Errorf("anonymize: %w", err)
	}
	b.anonymizer = a
	return nil
}

// read reads the keys, and mints with the first from now on.
func (a *anonymizer) read() error {
	text, err := a.Keys.Text()
	if err != nil {
		return err
	}
	keys, err := anonymous.ParseKeys(text)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Keys, err)
	}
	key := keys[0]
	was := a.minting.Load()
	if was != nil && was.key.Equal(key) {
		return nil
	}
	m := &minting{key: key}
	m.free.New = func() any { return anonymous.NewMinter(key) }
	a.minting.Store(m)
	if was != nil {
		log.Infof("%s: anonymize: aliases are made with another key of %s from now on", a.pos, a.Keys)
	}
	return nil
}

// refresh looks for other keys where that is due, beside the query that came just then: a file may be slow to read. There
// is one read at a time, and nobody waits for it, not when the block ends either: where the file system is gone it cannot be ended.
func (a *anonymizer) refresh() {
	if time.Since(start)-time.Duration(a.looked.Load()) < keysAge || !a.looking.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer a.looking.Store(false)
		err := a.read()
		a.looked.Store(int64(time.Since(start)))
		if failed := err != nil; a.failed.Swap(failed) != failed && failed {
			log.Errorf("%s: anonymize: the key that was read before stays in use: %v", a.pos, err)
		}
	}()
}

// state tells whether the keys could be read the last time.
func (a *anonymizer) state() backend.State {
	return backend.State{Source: a.Keys.String(), Up: !a.failed.Load(), Entries: -1, Broken: -1}
}

// disguise is what stands in the im: URIs of an answer.
type disguise struct {
	on    bool   // the number's mailboxes are hidden
	used  bool   // there was one
	ttl   uint32 // the most seconds for which the answer may be kept
	local [anonymous.Len]byte
	n     int // octets of local; 0 where there is no number that an alias could stand for
}

// disguised reports whether mailboxes at the name that was looked up last are hidden, and whose alias stands for them: that
// of the number 0 where there is none.
func (q *query) disguised() (n e164.Number, hidden bool) {
	if q.t.anonymizer == nil {
		return 0, false
	}
	return q.t.anonymizer.Alias(q.at, q.number)
}

// disguiseAs makes the alias for the name that was looked up last.
func (q *query) disguiseAs() {
	d := &q.disguise
	n, hidden := q.disguised()
	if *d = (disguise{on: hidden}); !d.on || !n.IsValid() {
		return
	}
	a := q.t.anonymizer
	a.refresh()
	m, now := a.minting.Load(), time.Now()
	minter := m.free.Get().(*anonymous.Minter)
	s := &q.scratch
	s.octets = q.appendAUS(s.octets[:0], n)
	alias := minter.Mint(s.octets, a.Period.Epoch(now))
	m.free.Put(minter)
	d.n, d.ttl = len(alias.Append(d.local[:0])), a.Period.TTL(now)
}

// hides is what an explanation of a number is told of that.
func (t *tree) hides() explain.Hides {
	a := t.anonymizer
	if a == nil {
		return nil
	}
	return func(name e164.Name, asked e164.Number) *explain.Disguise {
		n, hidden := a.Alias(name, asked)
		if !hidden {
			return nil
		}
		return explain.DisguiseOf(a.minting.Load().key, a.Period, n, t.Options.DialPlan, time.Now())
	}
}

// appendDisguised appends the regexp of a rule to the scratch. ok is false where it is not answered: it says nothing about
// this number, it cannot be disguised, or it says the same as one of records does, for several mailboxes of one domain.
func (q *query) appendDisguised(records []dns.NAPTR, rule *naptr.Rule, form backend.Form, asked, own []byte, text string) (rest string, ok bool) {
	s, d := &q.scratch, &q.disguise
	from := len(s.text)
	var fate anonymous.Fate
	s.text, rest, fate = anonymous.Append(s.text, rule, d.local[:d.n], form == backend.Stored, asked, own, text)
	if fate != anonymous.Hidden {
		return rest, fate == anonymous.Kept
	}
	d.used = true
	begin := 0
	for i, end := range s.ends {
		if string(s.text[begin:end]) == string(s.text[from:]) && strings.EqualFold(records[i].Service, rr.Text(rule.Services)) {
			s.text = s.text[:from]
			return rest, false
		}
		begin = end
	}
	return rest, true
}

// shorten shortens the TTL of records that name an alias: it is not to be kept for longer than it resolves. All records
// of a set have one TTL (RFC 2181 section 5.2).
func (d *disguise) shorten(records []dns.NAPTR) {
	for i := range records {
		records[i].Hdr.Ttl = min(records[i].Hdr.Ttl, d.ttl)
	}
}

// betrays reports whether an RR must not be answered: a signature over the NAPTR records as they were before tells who
// guesses a mailbox that he is right.
func (q *query) betrays(typ uint16, rdata string) bool {
	if typ != dns.TypeRRSIG || !covers(rdata, dns.TypeNAPTR) {
		return false
	}
	_, hidden := q.disguised()
	return hidden
}
