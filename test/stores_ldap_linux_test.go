package test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	_ "github.com/enumim/enumim/backend/ldap"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/test/servers"
)

// startLDAP starts a directory, whose people have numbers and URIs and nothing else: no blocks, no delegations, no TTL.
func startLDAP(t testing.TB) *place {
	s := servers.Slapd(t, "overlay syncprov", "syncprov-sessionlog 10000", "access to attrs=userPassword by anonymous auth by * none", "access to * by * read")
	password, path := secret(t)
	d := &peopleDirectory{addr: s.Addr, reader: "cn=reader," + servers.SlapdSuffix}
	err := d.do(context.Background(), func(c *ldap.Conn) error {
		add := ldap.NewAddRequest(d.reader, nil)
		add.Attribute("objectClass", []string{"person"})
		add.Attribute("cn", []string{"reader"})
		add.Attribute("sn", []string{"reader"})
		add.Attribute("userPassword", []string{password})
		return c.Add(add)
	})
	if err != nil {
		t.Fatal(err)
	}
	return &place{line: "ldap " + s.Addr + "/ou=people," + servers.SlapdSuffix, secret: password, servers: []*servers.Server{s}, writes: d, people: true,
		options: []string{"user " + d.reader, "password file:" + path}}
}

// peopleDirectory is who writes people into a directory.
type peopleDirectory struct{ addr, reader string }

// OpenWriter implements backend.WriterOpener.
func (d *peopleDirectory) OpenWriter(ctx context.Context) (backend.Writer, error) {
	return d, d.do(ctx, func(*ldap.Conn) error { return nil })
}

// do does something as the administrator.
func (d *peopleDirectory) do(ctx context.Context, f func(c *ldap.Conn) error) error {
	raw, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	c := ldap.NewConn(raw, false)
	c.Start()
	defer c.Close()
	c.SetTimeout(10 * time.Second)
	if err = c.Bind(servers.SlapdAdmin, servers.SlapdPassword); err == nil {
		err = f(c)
	}
	if ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		err = fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	return err
}

// Write implements backend.Writer: each number is a person, whose addresses are its im: URIs.
func (d *peopleDirectory) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	return d.do(ctx, func(c *ldap.Conn) error {
		for change, err := range changes {
			if err == nil {
				err = putPerson(c, &change)
			}
			if err != nil {
				return err
			}
			done(1)
		}
		return nil
	})
}

func putPerson(c *ldap.Conn, change *backend.Change) error {
	number := change.Name.Number
	dn := "cn=n" + number.Digits() + ",ou=people," + servers.SlapdSuffix
	if change.Delete {
		err := c.Del(ldap.NewDelRequest(dn, nil))
		if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
			err = nil
		}
		return err
	}
	var addresses []string
	for i := range change.Records {
		uri, _ := naptr.CutLiteral(change.Records[i].Regexp)
		address, ok := strings.CutPrefix(uri, "im:")
		if change.Kind != backend.Number || !ok {
			return errors.New("a directory holds numbers with im: URIs")
		}
		addresses = append(addresses, address)
	}
	add := ldap.NewAddRequest(dn, nil)
	add.Attribute("objectClass", []string{"inetOrgPerson"})
	add.Attribute("sn", []string{"n"})
	add.Attribute("telephoneNumber", []string{number.String()})
	add.Attribute("mail", addresses)
	err := c.Add(add)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultEntryAlreadyExists) {
		modify := ldap.NewModifyRequest(dn, nil)
		modify.Replace("mail", addresses)
		err = c.Modify(modify)
	}
	return err
}

// Walk implements backend.Writer.
func (d *peopleDirectory) Walk(context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		yield(backend.Entry{}, errors.New("nobody reads a directory with this"))
	}
}

// Atomic implements backend.Writer.
func (d *peopleDirectory) Atomic() bool { return false }

// Close implements backend.Writer.
func (d *peopleDirectory) Close() error { return nil }
