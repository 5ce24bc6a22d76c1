package ldap

import (
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	testservers "github.com/enumim/enumim/test/servers"
)

// TestDeletedBesideFailure: who is deleted just after a change that failed is soon gone, though OpenLDAP, once in some
// forty times, tells it only when something else is changed.
func TestDeletedBesideFailure(t *testing.T) {
	t.Parallel()
	s := testservers.Slapd(t, "overlay syncprov", "syncprov-sessionlog 10000")
	c := admin(t, s)
	hireMany(t, c, 5)
	r := readerOf(t, s.Addr+"/"+peopleDN)
	p, err := r.everybody()
	must(t, err)
	are := func(n int) func() bool {
		return func() bool {
			must(t, r.sync.read(p))
			return len(p.all) == n
		}
	}
	another := ldap.NewAddRequest(dnOf("another"), nil)
	another.Attribute("objectClass", []string{"inetOrgPerson"})
	another.Attribute("sn", []string{"another"})
	another.Attribute("telephoneNumber", []string{"+441632960199"})
	another.Attribute("mail", []string{"another@example.com"})
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		must(t, c.Add(another))
		eventually(t, "another person is there", are(6))
		if err := c.Add(another); err == nil {
			t.Fatal("one person is there twice")
		}
		must(t, c.Del(ldap.NewDelRequest(another.DN, nil)))
		eventually(t, "that person is gone", are(5))
	}
}
