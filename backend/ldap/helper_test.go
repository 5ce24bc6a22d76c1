package ldap

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	testservers "github.com/enumim/enumim/test/servers"
)

// patience is how long a test waits for what should come.
const patience = 20 * time.Second

const (
	suffix   = testservers.SlapdSuffix
	peopleDN = "ou=people," + suffix
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until done says so.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
	}
}

// recorder takes the events of a backend.
type recorder struct {
	mu     sync.Mutex
	events []backend.Event
}

func (r *recorder) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// count returns how many events of a kind there were, and the last.
func (r *recorder) count(kind backend.EventKind) (n int, last backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Kind == kind {
			n, last = n+1, e
		}
	}
	return n, last
}

// findings returns how often each rule was told last.
func (r *recorder) findings() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]int{}
	for _, e := range r.events {
		if e.Kind == backend.Finding {
			found[e.Rule] = e.Count
		}
	}
	return found
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%+v", r.events)
}

// parse reads a configuration as the Corefile has it, an option a line.
func parse(t testing.TB, host string, lines ...string) (*options, error) {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa.")
	must(t, err)
	c := backend.Config{Args: strings.Fields(host), Apexes: []e164.Apex{apex}, Root: t.TempDir(), Pos: backend.Pos{File: "Corefile", Line: 1}}
	for i, line := range lines {
		words := strings.Fields(line)
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:], Pos: backend.Pos{File: "Corefile", Line: 2 + i}})
	}
	o, err := Driver{}.Parse(c)
	if err != nil {
		return nil, err
	}
	return o.(*options), nil
}

// mirror is an open backend.
type mirror struct {
	backend.Backend
	*recorder
}

// open opens a backend of an OpenLDAP, or of what a test brings.
func open(t testing.TB, host string, lines ...string) *mirror {
	t.Helper()
	o, err := parse(t, host, lines...)
	must(t, err)
	m := &mirror{recorder: &recorder{}}
	m.Backend, err = o.Open(context.Background(), m.observe)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

// loaded waits for the first data.
func (m *mirror) loaded(t testing.TB) *mirror {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if n, _ := m.count(backend.Loaded); n > 0 {
			return m
		}
		if time.Now().After(end) {
			t.Fatalf("nothing is loaded: %v", m.recorder)
		}
	}
}

// uris returns what a number leads to, "SERVICES URI" each; "absent" where there is no such number, and errors as
// they are.
func (m *mirror) uris(number string) string {
	n, err := e164.ParseDigits(strings.TrimPrefix(number, "+"))
	if err != nil {
		return err.Error()
	}
	a, err := m.Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: n}})
	switch {
	case err != nil:
		return err.Error()
	case a.Kind == backend.Absent, a.Kind == backend.Descendants:
		return "absent"
	}
	var all []string
	rest := a.Text
	for i := range a.Rules {
		var regexp []byte
		regexp, rest, _ = a.Rules[i].AppendPlain(nil, []byte(n.String()), rest)
		uri, _ := naptr.CutLiteral(string(regexp))
		all = append(all, strings.TrimPrefix(a.Rules[i].Services, "E2U+")+" "+uri)
	}
	return strings.Join(all, ", ")
}

// wants waits until a number leads to just that.
func (m *mirror) wants(t testing.TB, number, want string) {
	t.Helper()
	var got string
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if got = m.uris(number); got == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s leads to %s, want %s\n%v", number, got, want, m.recorder)
		}
	}
}

// admin is a connection that may write.
func admin(t testing.TB, s *testservers.Server) *ldap.Conn {
	t.Helper()
	c, err := ldap.DialURL("ldap://" + s.Addr)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	err = c.Bind(testservers.SlapdAdmin, testservers.SlapdPassword)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultConfidentialityRequired) {
		must(t, c.StartTLS(&tls.Config{InsecureSkipVerify: true}))
		err = c.Bind(testservers.SlapdAdmin, testservers.SlapdPassword)
	}
	must(t, err)
	return c
}

func dnOf(name string) string { return "cn=" + name + "," + peopleDN }

// hire adds a person, whose attributes are "name: value" each.
func hire(t testing.TB, c *ldap.Conn, name string, attributes ...string) {
	t.Helper()
	request := ldap.NewAddRequest(dnOf(name), nil)
	request.Attribute("objectClass", []string{"inetOrgPerson", "phonePerson"})
	request.Attribute("cn", []string{name})
	request.Attribute("sn", []string{name})
	values := map[string][]string{}
	for _, a := range attributes {
		key, value, _ := strings.Cut(a, ": ")
		values[key] = append(values[key], value)
	}
	for key, list := range values {
		request.Attribute(key, list)
	}
	must(t, c.Add(request))
}

// hireMany adds n people, p0 and so on, with the numbers +4416329600NNN.
func hireMany(t testing.TB, c *ldap.Conn, n int) {
	t.Helper()
	for i := range n {
		hire(t, c, fmt.Sprintf("p%d", i), fmt.Sprintf("telephoneNumber: +44 1632 96%04d", i), fmt.Sprintf("mail: p%d@example.com", i))
	}
}

// set replaces an attribute of a person; without values it is gone.
func set(t testing.TB, c *ldap.Conn, name, attribute string, values ...string) {
	t.Helper()
	request := ldap.NewModifyRequest(dnOf(name), nil)
	request.Replace(attribute, values)
	must(t, c.Modify(request))
}

func fire(t testing.TB, c *ldap.Conn, name string) {
	t.Helper()
	must(t, c.Del(ldap.NewDelRequest(dnOf(name), nil)))
}

// passwordFile writes a secret to a file.
func passwordFile(t testing.TB, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(path, []byte(secret+"\n"), 0o600))
	return path
}

// asAdmin are the options that log the administrator in.
func asAdmin(t testing.TB) []string {
	return []string{"user " + testservers.SlapdAdmin, "password file:" + passwordFile(t, testservers.SlapdPassword)}
}

// with joins options.
func with(lines []string, more ...string) []string { return slices.Concat(lines, more) }
