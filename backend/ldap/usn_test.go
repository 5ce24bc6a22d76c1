package ldap

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// TestActiveDirectory: changes are found by uSNChanged, between full reads; who no longer matches the filter goes, and so
// does, with the next full read, who was deleted. The directory is our kit, not Microsoft's.
func TestActiveDirectory(t *testing.T) {
	k := startKit(t)
	k.put("alice", "telephoneNumber: +44 1632 960083", "mail: alice@example.com", "msRTCSIP-PrimaryUserAddress: sip:alice@sip.example.com")
	k.put("bob", "telephoneNumber: +44 1632 960084", "mail: bob@example.com")
	k.put("carol", "mobile: +44 7700 900123", "mail: carol@example.com")
	m := open(t, k.addr+"/dc=example,dc=com", "refresh 10s", "stale 1m").loaded(t)
	m.wants(t, "+441632960083", "im im:alice@example.com, sip sip:alice@sip.example.com")
	m.wants(t, "+447700900123", "im im:carol@example.com")

	k.put("alice", "telephoneNumber: +44 1632 960085", "mail: alice@example.com")
	k.put("dave", "telephoneNumber: +44 1632 960086", "mail: dave@example.com")
	k.disable("bob")
	m.wants(t, "+441632960085", "im im:alice@example.com")
	m.wants(t, "+441632960086", "im im:dave@example.com")
	m.wants(t, "+441632960083", "absent")
	m.wants(t, "+441632960084", "absent")

	k.remove("dave")
	m.wants(t, "+441632960086", "absent")

	// A domain controller that was restored has an older sequence: everything is read again.
	k.do(func() { k.usn = 500; k.accounts[0].usn = 400 })
	k.do(func() { k.accounts[0].attributes["mail"] = []string{"restored@example.com"} })
	m.wants(t, "+441632960085", "im im:restored@example.com")
	k.do(func() {
		for _, filter := range k.searches {
			if !strings.Contains(filter, "userAccountControl") && !strings.HasPrefix(filter, "(uSNChanged") {
				t.Errorf("not the filter for Active Directory: %s", filter)
			}
		}
	})
}

// TestOldDataStays: while readings fail, what was read before is answered.
func TestOldDataStays(t *testing.T) {
	k := startKit(t)
	k.staff(600)
	m := open(t, k.addr+"/dc=example,dc=com").loaded(t)
	k.do(func() {
		k.usn = 100 // so that everything is to be read again
		k.answer = func(_ *kit, w *reply, n int) bool {
			if n == 1 {
				w.done(4, "")
			}
			return n == 1
		}
	})
	eventually(t, "the failure is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
	for _, number := range []string{"+441632960000", "+441632960599"} {
		if got := m.uris(number); !strings.HasPrefix(got, "im im:p") {
			t.Errorf("%s leads to %s", number, got)
		}
	}
	if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), "raise the size limit") {
		t.Errorf("it is told %v", e.Err)
	}
	k.do(func() { k.answer = nil })
	eventually(t, "it recovers", func() bool { n, _ := m.count(backend.Recovered); return n > 0 })
}

// TestFilling: a domain controller that has not yet received everything from the others is not read, until it has.
func TestFilling(t *testing.T) {
	k, other := startKit(t), startKit(t)
	k.staff(90)
	other.do(func() { other.filling = true })
	other.staff(10)
	m := open(t, k.addr+","+other.addr+"/dc=example,dc=com").loaded(t)
	k.do(func() { // it is to be read again, and does not answer that
		k.usn = 100
		k.answer = func(_ *kit, w *reply, _ int) bool { return w.done(51, "") }
	})
	eventually(t, "the other one is tried", func() bool {
		_, e := m.count(backend.Unavailable)
		return e.Err != nil && strings.Contains(e.Err.Error(), "isSynchronized")
	})
	if got := m.uris("+441632960089"); got != "im im:p89@example.com" {
		t.Errorf("who is not there yet leads to %s", got)
	}
	other.staff(90)
	other.do(func() { other.filling = false })
	other.put("p0", "telephoneNumber: +44 1632 960000", "mail: other@example.com")
	m.wants(t, "+441632960000", "im im:other@example.com")
}
