package servers

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The directory that Slapd starts, and who may write to it.
const (
	SlapdSuffix   = "dc=example,dc=com"
	SlapdAdmin    = "cn=admin," + SlapdSuffix
	SlapdPassword = "a-secret"
)

// slapdHead is what every configuration begins with. Beside inetOrgPerson people can be of the class phonePerson, with
// attributes that Active Directory has, and one for Jabber.
const slapdHead = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'ipPhone' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.32473.1.2 NAME 'msRTCSIP-PrimaryUserAddress' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.32473.1.3 NAME 'jabberID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'phonePerson' SUP top AUXILIARY MAY ( ipPhone $ msRTCSIP-PrimaryUserAddress $ jabberID ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov

`

const slapdDatabase = `
database mdb
suffix "` + SlapdSuffix + `"
rootdn "` + SlapdAdmin + `"
rootpw ` + SlapdPassword + `
directory %s
maxsize 268435456
dbnosync
index objectClass,entryUUID,entryCSN eq
`

// slapdTree is what the directory holds at first.
const slapdTree = `dn: ` + SlapdSuffix + `
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,` + SlapdSuffix + `
objectClass: organizationalUnit
ou: people
`

// Slapd starts an OpenLDAP. The lines are added to the configuration: to that of the data base, those that begin with
// "TLS" before it. With the line "ldaps" it speaks TLS from the beginning, and nothing else.
func Slapd(t testing.TB, lines ...string) *Server {
	t.Helper()
	program, add := find("slapd"), find("slapadd")
	if program == "" || add == "" {
		Missing(t, "slapd", "slapd")
	}
	scheme := "ldap"
	if i := slices.Index(lines, "ldaps"); i >= 0 {
		scheme, lines = "ldaps", slices.Delete(slices.Clone(lines), i, i+1)
	}
	config := func(s *Server) string { return filepath.Join(s.base, "slapd.conf") }
	k := kind{program: program, ports: 1, command: func(s *Server, ports []string) []string {
		return []string{"-h", scheme + "://127.0.0.1:" + ports[0], "-f", config(s), "-d", "none"} // what has to be said
	}}
	k.ready = func(s *Server) error { return slapdReady(s, scheme == "ldaps") }
	return start(t, k, func(s *Server) error {
		var text, own strings.Builder
		text.WriteString(slapdHead)
		for _, line := range lines {
			if strings.HasPrefix(line, "TLS") {
				fmt.Fprintln(&text, line)
			} else {
				fmt.Fprintln(&own, line)
			}
		}
		fmt.Fprintf(&text, slapdDatabase, s.Dir)
		text.WriteString(own.String())
		if err := os.WriteFile(config(s), []byte(text.String()), 0o600); err != nil {
			return err
		}
		cmd := exec.Command(add, "-f", config(s))
		cmd.Stdin = strings.NewReader(slapdTree)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("slapadd: %w\n%s", err, out)
		}
		return nil
	})
}

// slapdAsk is a search for the root of the directory, by nobody.
const slapdAsk = "\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass\x30\x00"

func slapdReady(s *Server, secure bool) error {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // it is asked whether it lives
	}
	if _, err := io.WriteString(conn, slapdAsk); err != nil {
		return err
	}
	var answer [2]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if answer[0] != 0x30 {
		return fmt.Errorf("it answers %x", answer)
	}
	return nil
}
