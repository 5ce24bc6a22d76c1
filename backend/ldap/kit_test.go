package ldap

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// account is an entry of a kit.
type account struct {
	dn, guid   string
	usn        int64
	disabled   bool
	busy       bool // it was changed just now: a synchronization leaves it out
	untold     bool // it was changed, and no synchronization tells
	attributes map[string][]string
}

// kit is a directory that does as a domain controller of Active Directory does in what concerns us (rootDSE, uSNChanged,
// pages, no more than 1000 entries at once, no deletions told), or as a test says.
type kit struct {
	addr string

	mu       sync.Mutex
	accounts []*account
	usn      int64
	plain    bool // it is some other directory: no uSNChanged
	sync     bool // and one that synchronizes (RFC 4533)
	filling  bool // it has but a part, and says so
	foreign  bool // by names that are not those of entryUUID
	searches []string
	conns    int
	// Faults.
	garbled bool                               // requests on a connection match nobody, until one asks what has changed
	cut     int                                // a connection ends after so many octets; 0 for never
	answer  func(k *kit, w *reply, n int) bool // may take the place of the answer to the page n, from 0, of a search for people
}

// reply writes the answer to one request.
type reply struct {
	conn net.Conn
	id   int64
	left *int // octets until the connection is cut; nil for no cut
}

func startKit(t testing.TB) *kit {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	k := &kit{addr: l.Addr().String(), usn: 1000}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			all.Go(func() {
				defer conn.Close()
				k.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return k
}

// put adds or changes an account.
func (k *kit) put(name string, attributes ...string) *account {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.usn++
	i := slices.IndexFunc(k.accounts, func(a *account) bool {
		return a.guid[:len(name)] == name && strings.Trim(a.guid[len(name):], "\x00") == ""
	})
	if i < 0 {
		i = len(k.accounts)
		k.accounts = append(k.accounts, &account{dn: "CN=" + name + ",OU=Staff,DC=example,DC=com", guid: name + strings.Repeat("\x00", 16-len(name))})
	}
	a := k.accounts[i]
	a.usn, a.attributes = k.usn, map[string][]string{}
	for _, attribute := range attributes {
		key, value, _ := strings.Cut(attribute, ": ")
		a.attributes[key] = append(a.attributes[key], value)
	}
	return a
}

// disable takes an account out of the usual filter.
func (k *kit) disable(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range k.accounts {
		if strings.TrimRight(a.guid, "\x00") == name {
			k.usn++
			a.disabled, a.usn = true, k.usn
		}
	}
}

// remove deletes an account, which nobody is told.
func (k *kit) remove(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.usn++
	k.accounts = slices.DeleteFunc(k.accounts, func(a *account) bool { return strings.TrimRight(a.guid, "\x00") == name })
}

func (k *kit) do(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

func (k *kit) serve(conn net.Conn) {
	k.mu.Lock()
	var left *int
	if k.cut > 0 {
		n := k.cut
		left = &n
	}
	k.conns++
	k.garbled = false
	k.mu.Unlock()
	for {
		p, err := ber.ReadPacket(conn)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, _ := p.Children[0].Value.(int64)
		w := &reply{conn, id, left}
		switch op := p.Children[1]; op.Tag {
		case ldap.ApplicationBindRequest:
			w.result(ldap.ApplicationBindResponse, 0)
		case ldap.ApplicationSearchRequest:
			if !k.search(w, p, op) {
				return
			}
		default:
			return
		}
	}
}

var usnOf = regexp.MustCompile(`\(uSNChanged>=(\d+)\)`)

// search answers a search; false ends the connection.
func (k *kit) search(w *reply, p, op *ber.Packet) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if op.Children[0].Value == "" {
		if k.garbled {
			return w.result(ldap.ApplicationSearchResultDone, 0)
		}
		attributes := map[string][]string{"supportedControl": {oidPaged}}
		if k.sync {
			attributes["supportedControl"] = []string{oidSync}
		}
		if !k.plain {
			attributes["supportedControl"] = []string{oidPaged, oidDomainScope}
			attributes["supportedCapabilities"] = []string{oidDirectory}
			attributes["highestCommittedUSN"] = []string{strconv.FormatInt(k.usn, 10)}
			attributes["isSynchronized"] = []string{strings.ToUpper(strconv.FormatBool(!k.filling))}
		}
		return w.entry("", attributes) && w.result(ldap.ApplicationSearchResultDone, 0)
	}
	filter, err := ldap.DecompileFilter(op.Children[6])
	if err != nil {
		return false
	}
	k.searches = append(k.searches, filter)
	if len(p.Children) > 2 {
		if c := p.Children[2].Children[0]; c.Children[0].Value == oidSync {
			return k.synchronize(w, ber.DecodePacket(c.Children[len(c.Children)-1].ByteValue))
		}
	}
	var found []*account
	since := int64(0)
	if m := usnOf.FindStringSubmatch(filter); m != nil {
		since, _ = strconv.ParseInt(m[1], 10, 64)
	}
	everybody := usnOf.ReplaceAllString(filter, "") == ""
	for _, a := range k.accounts {
		if a.usn >= since && (everybody || !a.disabled) && (a.untold || !strings.Contains(filter, "entryCSN>=")) {
			found = append(found, a)
		}
	}
	return k.page(w, p, found, everybody)
}

// page sends one page of what was found.
func (k *kit) page(w *reply, p *ber.Packet, found []*account, bare bool) bool {
	size, offset, paged := 1000, 0, false
	if len(p.Children) > 2 {
		for _, c := range p.Children[2].Children {
			if c.Children[0].Value == oidPaged {
				paged = true
				value := ber.DecodePacket(c.Children[len(c.Children)-1].ByteValue)
				asked, _ := value.Children[0].Value.(int64)
				size = min(size, int(asked))
				offset, _ = strconv.Atoi(string(value.Children[1].ByteValue))
			}
		}
	}
	if k.answer != nil && !bare && k.answer(k, w, offset/max(size, 1)) {
		return true
	}
	end := min(offset+size, len(found))
	for _, a := range found[min(offset, end):end] {
		attributes := map[string][]string{"objectGUID": {a.guid}, "entryUUID": {hex.EncodeToString([]byte(a.guid))}}
		if k.foreign {
			attributes["entryUUID"] = []string{hex.EncodeToString([]byte(strings.Repeat("x", 8) + a.guid[:8]))}
		}
		if !bare {
			maps.Copy(attributes, a.attributes)
		}
		if !w.entry(a.dn, attributes) {
			return false
		}
	}
	switch {
	case !paged && end < len(found):
		return w.result(ldap.ApplicationSearchResultDone, ldap.LDAPResultSizeLimitExceeded)
	case !paged:
		return w.result(ldap.ApplicationSearchResultDone, 0)
	case end < len(found):
		return w.done(0, strconv.Itoa(end))
	}
	return w.done(0, "")
}

// send sends a message, and ends the connection where it is to be cut.
func (w *reply) send(op *ber.Packet, controls ...ldap.Control) bool {
	packet := ber.NewSequence("")
	packet.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, w.id, ""))
	packet.AppendChild(op)
	if len(controls) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, c := range controls {
			list.AppendChild(c.Encode())
		}
		packet.AppendChild(list)
	}
	return w.raw(packet.Bytes())
}

func (w *reply) raw(b []byte) bool {
	if w.left != nil && *w.left < len(b) {
		w.conn.Write(b[:*w.left])
		w.conn.Close()
		return false
	}
	if w.left != nil {
		*w.left -= len(b)
	}
	_, err := w.conn.Write(b)
	return err == nil
}

func resultPacket(op ber.Tag, code uint16) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, op, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(code), ""))
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "diagnostics with +441632960083", ""))
	return p
}

func (w *reply) result(op ber.Tag, code uint16) bool { return w.send(resultPacket(op, code)) }

// done ends a page.
func (w *reply) done(code uint16, cookie string) bool {
	return w.send(resultPacket(ldap.ApplicationSearchResultDone, code), &ldap.ControlPaging{Cookie: []byte(cookie)})
}

func (w *reply) entry(dn string, attributes map[string][]string, controls ...ldap.Control) bool {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, dn, ""))
	list := ber.NewSequence("")
	for name, values := range attributes {
		a := ber.NewSequence("")
		a.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, value := range values {
			set.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, value, ""))
		}
		a.AppendChild(set)
		list.AppendChild(a)
	}
	p.AppendChild(list)
	return w.send(p, controls...)
}

// refer sends a continuation reference.
func (w *reply) refer() bool {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultReference, nil, "")
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "ldap://elsewhere.example/dc=x", ""))
	return w.send(p)
}

// staff fills a kit with n people.
func (k *kit) staff(n int) {
	for i := range n {
		k.put(fmt.Sprintf("p%d", i), fmt.Sprintf("telephoneNumber: +44 1632 96%04d", i), fmt.Sprintf("mail: p%d@example.com", i))
	}
}
