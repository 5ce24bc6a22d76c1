package ldap

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	testservers "github.com/enumim/enumim/test/servers"
)

// readerOf is a feed's connection to a directory.
func readerOf(t testing.TB, place string) *reading {
	t.Helper()
	o, err := parse(t, place)
	must(t, err)
	f := &feed{servers: &servers{hosts: o.hosts, password: o.Password.Get, tls: o.TLS, life: o.Options}, mapping: &o.mapping, base: o.base, refresh: time.Minute, tell: func(backend.Event) {}}
	c, err := f.servers.connect(t.Context())
	must(t, err)
	t.Cleanup(func() { c.Close() })
	root, err := c.root()
	must(t, err)
	r := &reading{feed: f, c: c, root: root}
	r.choose(root.can(oidSync))
	return r
}

// TestBusyDirectory: who is there is found by each reading, and stays with each poll, however fast the directory is written
// to. OpenLDAP leaves out of a synchronization who was changed after it began, or just before.
func TestBusyDirectory(t *testing.T) {
	const size = 20
	for name, config := range map[string][]string{
		"session log": {"overlay syncprov", "syncprov-sessionlog 1000"},
		"present":     {"overlay syncprov"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testservers.Slapd(t, config...)
			hireMany(t, admin(t, s), size)
			const writers = 3
			quit, wrote := make(chan struct{}), make(chan int, writers)
			for range writers {
				c := admin(t, s)
				go func() {
					for n := 0; ; n++ {
						select {
						case <-quit:
							wrote <- n
							return
						default:
						}
						request := ldap.NewModifyRequest(dnOf("p7"), nil)
						request.Replace("title", []string{strconv.Itoa(n)})
						_ = c.Modify(request) // how often it was done is looked at
					}
				}()
			}
			r := readerOf(t, s.Addr+"/"+peopleDN)
			for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
				p, err := r.everybody()
				must(t, err)
				if len(p.all) != size {
					t.Fatalf("of %d people a reading has %d", size, len(p.all))
				}
				for range 3 {
					must(t, r.sync.read(p))
					if len(p.all) != size {
						t.Fatalf("of %d people %d stay after a poll", size, len(p.all))
					}
				}
			}
			if !csn.MatchString(r.sync.cookie) {
				t.Errorf("a cookie is %q, by which nobody finds what is not told", r.sync.cookie)
			}
			close(quit)
			for range writers {
				if n := <-wrote; n < 10 {
					t.Errorf("there were but %d changes", n)
				}
			}
		})
	}
}

// synchronize answers as OpenLDAP without session log does: who is busy was changed just now, and is left out.
func (k *kit) synchronize(w *reply, value *ber.Packet) bool {
	since := int64(-1)
	const cookie = "rid=000,csn=20261123082216.%06dZ#000000#000#000000"
	if len(value.Children) > 1 && value.Children[1].Tag == ber.TagOctetString {
		_, _ = fmt.Sscanf(string(value.Children[1].ByteValue), cookie, &since)
	}
	if k.garbled {
		since, k.garbled = k.usn, false
	}
	for _, a := range k.accounts {
		if a.busy || since == k.usn {
			continue
		}
		state, attributes := int64(statePresent), map[string][]string(nil)
		if a.usn > since {
			state, attributes = stateAdd, a.attributes
		}
		control := ber.NewSequence("")
		control.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, state, ""))
		control.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, a.guid, ""))
		if !w.entry(a.dn, attributes, ldap.NewControlString(oidSyncState, false, string(control.Bytes()))) {
			return false
		}
	}
	control := ber.NewSequence("")
	control.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, fmt.Sprintf(cookie, k.usn), ""))
	control.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, since == k.usn, ""))
	return w.send(resultPacket(ldap.ApplicationSearchResultDone, 0), ldap.NewControlString(oidSyncDone, false, string(control.Bytes())))
}

// TestLeftOut: who is missing from a synchronization is not taken for gone while the directory has them; who is not there any
// more is.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	k := startKit(t)
	k.plain, k.sync = true, true
	k.staff(3)
	k.do(func() { k.accounts[1].busy = true })
	m := open(t, k.addr+"/dc=example,dc=com").loaded(t)
	if got := m.uris("+441632960001"); got != "im im:p1@example.com" {
		t.Fatalf("who was changed during the first reading leads to %s", got)
	}
	k.do(func() { k.accounts[1].busy, k.accounts[2].busy = false, true })
	k.put("p0", "telephoneNumber: +44 1632 960000", "mail: new@example.com")
	m.wants(t, "+441632960000", "im im:new@example.com")
	if got := m.uris("+441632960002"); got != "im im:p2@example.com" {
		t.Fatalf("who was changed during a poll leads to %s", got)
	}
	k.remove("p2")
	m.wants(t, "+441632960002", "absent")
	m.wants(t, "+441632960001", "im im:p1@example.com")
}

// many are so many people that a directory is looked at as a whole with every other poll at most.
const many = 900

// TestUntold: who was changed without a word of it is found, as beside a change that failed.
func TestUntold(t *testing.T) {
	t.Parallel()
	k := startKit(t)
	k.plain, k.sync = true, true
	k.staff(many)
	m := open(t, k.addr+"/dc=example,dc=com").loaded(t)
	k.do(func() {
		k.searches = nil
		a := k.accounts[1]
		a.untold, a.attributes = true, map[string][]string{"telephoneNumber": {"+44 1632 961077"}, "mail": {"new@example.com"}}
	})
	m.wants(t, "+441632961077", "im im:new@example.com")
	m.wants(t, "+441632960001", "absent")
	m.wants(t, "+441632960002", "im im:p2@example.com")
	k.do(func() {
		if !slices.ContainsFunc(k.searches, func(s string) bool { return strings.Contains(s, "entryCSN>=") }) {
			t.Error("nobody looked for it")
		}
	})
}

// TestUntoldRefused: a directory that refuses to look for such changes is followed all the same.
func TestUntoldRefused(t *testing.T) {
	t.Parallel()
	k := startKit(t)
	k.plain, k.sync = true, true
	refused := make(chan struct{}, 100)
	k.answer = func(k *kit, w *reply, _ int) bool {
		late := strings.Contains(k.searches[len(k.searches)-1], "entryCSN>=")
		if late {
			select {
			case refused <- struct{}{}:
			default:
			}
			w.result(ldap.ApplicationSearchResultDone, ldap.LDAPResultUnwillingToPerform)
		}
		return late
	}
	k.staff(many)
	m := open(t, k.addr+"/dc=example,dc=com").loaded(t)
	for range 2 {
		<-refused
	}
	k.put("p1", "telephoneNumber: +44 1632 961077", "mail: new@example.com")
	m.wants(t, "+441632961077", "im im:new@example.com")
	if n, e := m.count(backend.Unavailable); n > 0 {
		t.Errorf("the feed ended %d times: %v", n, e.Err)
	}
}

// TestUnnamed: where the user may not read how the directory names its entries, everything is read each refresh.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	s := withAlice(t, "overlay syncprov", "access to attrs=entryUUID by * none", "access to * by * read")
	open(t, s.Addr+"/"+peopleDN).loaded(t).wants(t, aliceNumber, aliceURIs)
}

// TestForeignNames: a directory whose synchronization names entries otherwise than entryUUID is not synchronized with: everybody
// would be two people, of whom the one has what the other had before.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	k := startKit(t)
	k.plain, k.sync, k.foreign = true, true, true
	k.staff(3)
	if _, err := readerOf(t, k.addr+"/dc=example,dc=com").everybody(); !errors.Is(err, errNoUUID) {
		t.Errorf("%v", err)
	}
	open(t, k.addr+"/dc=example,dc=com").loaded(t).wants(t, "+441632960001", "im im:p1@example.com")
}

// TestMovedBetweenPages: who moves from a page that is not read yet to one that was is found by another look.
func TestMovedBetweenPages(t *testing.T) {
	const size = pageSize + 100
	for name, plain := range map[string]bool{"Active Directory": false, "another": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := startKit(t)
			k.plain = plain
			k.staff(size)
			move := true // once
			k.answer = func(k *kit, _ *reply, n int) bool {
				if n == 0 && move {
					a := k.accounts[size-1]
					k.usn++
					a.usn, move = k.usn, false
					k.accounts = slices.Insert(k.accounts[:size-1], 0, a)
				}
				return false
			}
			r := readerOf(t, k.addr+"/dc=example,dc=com")
			for range 2 { // at first, and when it is known who was there
				p, err := r.everybody()
				must(t, err)
				if len(p.all) != size || len(p.at) != size {
					t.Fatalf("of %d people %d are found, who have %d numbers", size, len(p.all), len(p.at))
				}
				r.people = p
				k.do(func() { move = true })
			}
		})
	}
}

// TestKeep: of two readings, who is in one is served, unless the newer one has somebody else at their number.
func TestKeep(t *testing.T) {
	o, err := parse(t, "127.0.0.1/dc=example,dc=com")
	must(t, err)
	person := func(number, mail string) *found {
		return &found{attributes: map[string][]string{"telephonenumber": {number}, "mail": {mail}}}
	}
	before, now := newPeople(&o.mapping), newPeople(&o.mapping)
	before.set("alice", person("+441632960083", "alice@example.com"))
	before.set("bob", person("+441632960084", "bob@example.com"))
	before.set("carol", person("+441632960085", "carol@example.com"))
	before.set("dave", person("+441632960085", "dave@example.com"))
	now.set("bob", person("+441632960086", "bob@example.com"))
	now.set("eve", person("+441632960083", "eve@example.com"))
	now.keep(before)
	if now.all["alice"] != nil || now.all["bob"] == nil || now.all["bob"].lines[0].number.Digits() != "441632960086" {
		t.Error("the earlier reading goes before")
	}
	if len(now.at) != 3 || now.all["carol"] == nil || now.all["dave"] == nil {
		t.Errorf("%d numbers are served", len(now.at)) // 960085 of two people, as it was
	}
}

// TestGarbled: requests that arrive as others, which match nobody, are not taken for word that nothing changed.
func TestGarbled(t *testing.T) {
	t.Parallel()
	k := startKit(t)
	k.plain, k.sync = true, true
	k.staff(1)
	m := open(t, k.addr+"/dc=example,dc=com").loaded(t)
	k.do(func() { k.garbled = true })
	k.put("p0", "telephoneNumber: +44 1632 960000", "mail: new@example.com")
	m.wants(t, "+441632960000", "im im:new@example.com")
}

// TestRest: a directory is spared for what it sent, and not for what the way to it took.
func TestRest(t *testing.T) {
	t.Parallel()
	k := startKit(t)
	k.staff(1)
	k.answer = func(*kit, *reply, int) bool {
		time.Sleep(time.Second)
		return false
	}
	r := readerOf(t, k.addr+"/dc=example,dc=com")
	_, err := r.everybody()
	must(t, err)
	if rest := r.c.rest(); rest > pollEvery/10 {
		t.Errorf("after one person there is a rest of %v", rest)
	}
	if r.c.count = 1 << 20; r.c.rest() != mostRest {
		t.Error("after a million people there is none")
	}
}
