package ldap

import (
	"maps"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	testservers "github.com/enumim/enumim/test/servers"
)

// ways are the configurations of an OpenLDAP that tell of changes in different ways. Without syncprov nothing does, and
// everything is read each refresh.
var ways = map[string]struct {
	config  []string
	options []string
}{
	"sync with session log": {[]string{"overlay syncprov", "syncprov-sessionlog 1000"}, nil},
	"sync without":          {[]string{"overlay syncprov"}, nil},
	"reading":               {nil, []string{"refresh 10s"}},
}

// TestChanges: what changes in the directory is served, whatever it is: added, changed, deleted, moved out of the filter.
func TestChanges(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testservers.Slapd(t, way.config...)
			c := admin(t, s)
			hire(t, c, "alice", "telephoneNumber: +44 1632 960083", "mail: alice@example.com")
			hire(t, c, "bob", "telephoneNumber: +44 1632 960084", "mail: bob@example.com", "title: staff")
			hire(t, c, "carol", "telephoneNumber: +44 1632 960085", "mail: carol@example.com", "title: staff")
			m := open(t, s.Addr+"/"+peopleDN, with(way.options, "filter (&(objectClass=inetOrgPerson)(!(title=gone)))")...).loaded(t)
			m.wants(t, "+441632960083", "im im:alice@example.com")
			m.wants(t, "+441632960084", "im im:bob@example.com")
			m.wants(t, "+441632960085", "im im:carol@example.com")
			m.wants(t, "+441632960086", "absent")

			set(t, c, "alice", "mail", "alice.new@example.com")
			hire(t, c, "dave", "telephoneNumber: +44 1632 960086", "mail: dave@example.com")
			fire(t, c, "bob")
			set(t, c, "carol", "title", "gone")
			m.wants(t, "+441632960083", "im im:alice.new@example.com")
			m.wants(t, "+441632960086", "im im:dave@example.com")
			m.wants(t, "+441632960084", "absent")
			m.wants(t, "+441632960085", "absent")

			set(t, c, "dave", "telephoneNumber", "+44 1632 960087")
			m.wants(t, "+441632960087", "im im:dave@example.com")
			m.wants(t, "+441632960086", "absent")
			set(t, c, "carol", "title", "staff")
			m.wants(t, "+441632960085", "im im:carol@example.com")
			if n, e := m.count(backend.Unavailable); n > 0 && strings.Contains(e.Err.Error(), "code") {
				t.Errorf("the directory was taken as away: %v", e.Err)
			}
		})
	}
}

// TestNobodyForAReason: where nobody of a directory can be served, such as after a typing error in an option, the log
// says once what is missing, and of how many.
func TestNobodyForAReason(t *testing.T) {
	s := testservers.Slapd(t, "overlay syncprov")
	c := admin(t, s)
	hire(t, c, "alice", "telephoneNumber: +44 1632 960083", "mail: alice@example.com")
	hire(t, c, "bob", "telephoneNumber: 4711", "mail: bob@example.com")
	m := open(t, s.Addr+"/"+peopleDN, "uri im:{maill}")
	eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
	if got, want := m.findings(), map[string]int{ruleNoURI: 1, ruleLocal: 1}; !maps.Equal(got, want) {
		t.Errorf("the findings are %v, want %v", got, want)
	}
	set(t, c, "bob", "telephoneNumber", "+44 1632 960084")
	eventually(t, "it is read again", func() bool { return m.findings()[ruleNoURI] == 2 })
	if n, _ := m.count(backend.Finding); n != 3 {
		t.Errorf("%d findings are told, want only what is new: %v", n, m.recorder)
	}
}
