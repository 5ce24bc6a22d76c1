package mysql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// pdnsTables are those of PowerDNS, as far as they are read, with a character set and a collation.
func (d *server) pdnsTables(t testing.TB, set string) string {
	t.Helper()
	name := fmt.Sprintf("pdns%d", d.count.Add(1))
	d.exec(t, "CREATE DATABASE "+name+"; CREATE TABLE "+name+".domains (id int AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, UNIQUE KEY (name)) ENGINE = InnoDB "+set+
		"; CREATE TABLE "+name+".records (id bigint AUTO_INCREMENT PRIMARY KEY, domain_id int, name varchar(255), type varchar(10), content text, ttl int, prio int,"+
		" disabled tinyint(1) DEFAULT 0) ENGINE = InnoDB "+set)
	return name
}

// Names that a collation takes for one are several, as DNS has them: rows of one are not broken, or hidden, by those of another
// that sorts between them. What is damaged at one name is an error there and nowhere else.
func TestPowerDNSCollations(t *testing.T) {
	t.Parallel()
	d := start11(t)
	for _, set := range []string{"CHARACTER SET latin1", "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci", "CHARACTER SET binary"} {
		t.Run(set, func(t *testing.T) {
			tree := d.pdnsTables(t, set)
			insert := func(name, typ, content string) {
				d.exec(t, "INSERT INTO "+tree+".records (domain_id, name, type, content, ttl) VALUES (1, ?, ?, ?, 300)", name, typ, content)
			}
			sip := func(user string) string { return `100 10 "u" "E2U+sip" "!^.*$!sip:` + user + `@example.com!" .` }
			d.exec(t, "INSERT INTO "+tree+".domains (name) VALUES ('dial.example')")
			insert("dial.example", "SOA", "ns1.example.net hostmaster.example.net 1 10800 3600 604800 600")
			insert("dial.example", "NS", "ns1.example.net")
			// Each of these sorts beside, or among, the rows of 1.2.3 in some collation, and of x.1.2.3.
			others := []string{
				" 1.2.3.dial.example", "1.2.3.dial.example ", "\t1.2.3.dial.example", "１.2.3.dial.example", "¹.2.3.dial.example", "\u00ad1.2.3.dial.example",
				"1.2.3.díal.example", "ẍ.1.2.3.dial.example", "×.1.2.3.dial.example",
			}
			for i := range 4 {
				insert("1.2.3.dial.example", "NAPTR", sip(fmt.Sprint("u", i)))
				insert("x.1.2.3.dial.example", "TXT", fmt.Sprintf("%q", fmt.Sprint("t", i)))
				insert([]string{"4.2.3.dial.example", "4.2.3.DIAL.example"}[i%2], "NAPTR", sip(fmt.Sprint("u", i)))
				for _, name := range others {
					if strings.Contains(set, "latin1") && strings.ContainsAny(name, "１¹ẍ") {
						continue
					}
					insert(name, "CNAME", fmt.Sprintf("other%d.example.com", i))
				}
			}
			insert("5.2.3.dial.example", "NAPTR", "garbage")
			for i := range 2 {
				insert("5.2.3.DIAL.example", "NAPTR", sip(fmt.Sprint("u", i)))
			}
			for i := range 4 {
				insert("7.2.3.dial.example", "NAPTR", sip(fmt.Sprint("u", i)))
				insert("7.2.3.díal.example", "TXT", `"between"`)
				insert(" 7.2.3.dial.example", "TXT", `"between"`)
				insert("7.2.3.dial.example", "CNAME", "elsewhere.example.com")
			}
			b, _ := d.feed(t, tree, "powerdns", "refresh 1s")
			for _, digits := range []string{"321", "324"} {
				if a, err := lookup(t, b, digits); err != nil || a.Kind != backend.Found || len(a.Rules) != 4 {
					t.Errorf("%s: %v with %d records, %v", digits, a.Kind, len(a.Rules), err)
				}
			}
			for _, digits := range []string{"325", "327"} { // beside a row that cannot be read, and a contradiction
				if a, err := lookup(t, b, digits); !errors.Is(err, backend.ErrInvalidData) {
					t.Errorf("%s: %v with %d records, %v", digits, a.Kind, len(a.Rules), err)
				}
			}
			if got := kind(t, b, "326"); got != int(backend.Absent) {
				t.Errorf("what is not there: %d", got)
			}
		})
	}
}
