package test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/miekg/dns"

	_ "github.com/enumim/enumim/backend/mysql"
	"github.com/enumim/enumim/test/servers"
)

// pdnsRow is a row of PowerDNS's table records; "" for NULL in ttl and prio, "-" for NULL in type.
type pdnsRow struct{ zone, name, typ, content, ttl, prio, disabled string }

// pdnsStore is a data base with the tables of PowerDNS.
type pdnsStore struct {
	name string
	exec func(t testing.TB, sql string)
	conf string   // of PowerDNS
	line string   // of the Corefile
	more []string // options of it
}

// pdnsPostgres starts PostgreSQL with the tables as PowerDNS brings them.
func pdnsPostgres(t testing.TB) *pdnsStore {
	s := servers.Postgres(t)
	p := &pdnsStore{name: "postgres", line: "postgres " + s.Addr + "/enumim", conf: fmt.Sprintf("launch=gpgsql\ngpgsql-host=127.0.0.1\ngpgsql-port=%s\ngpgsql-dbname=enumim\ngpgsql-user=enumim\n", port(s.Addr))}
	p.exec = func(t testing.TB, sql string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.Addr+"/enumim")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		if err := c.Exec(ctx, sql).Close(); err != nil {
			t.Fatal(err)
		}
	}
	p.exec(t, pdnsSchema(t, "/usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql", "pdns-backend-pgsql"))
	return p
}

// pdnsMariaDB starts MariaDB with the tables as PowerDNS brings them.
func pdnsMariaDB(t testing.TB) *pdnsStore {
	s := servers.MariaDB(t)
	host, port, _ := strings.Cut(s.Addr, ":")
	p := &pdnsStore{name: "mysql", line: "mysql " + s.Addr + "/enumim", conf: fmt.Sprintf("launch=gmysql\ngmysql-host=%s\ngmysql-port=%s\ngmysql-dbname=enumim\ngmysql-user=enumim\n", host, port)}
	p.exec = func(t testing.TB, text string) {
		t.Helper()
		db, err := sql.Open("mysql", "enumim@tcp("+s.Addr+")/enumim?multiStatements=true")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	p.exec(t, pdnsSchema(t, "/usr/share/pdns-backend-mysql/schema/schema.mysql.sql", "pdns-backend-mysql"))
	return p
}

// pdnsSchema returns the schema that comes with PowerDNS.
func pdnsSchema(t testing.TB, path, pkg string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		servers.Missing(t, path, pkg)
	}
	return string(text)
}

// insert adds zones and rows.
func (p *pdnsStore) insert(t testing.TB, rows []pdnsRow) {
	t.Helper()
	quote := func(s string) string {
		return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `'`, `''`), `\`, p.backslash()) + "'"
	}
	null := func(s string) string {
		if s == "" {
			return "NULL"
		}
		return s
	}
	var zones []string
	var b strings.Builder
	for _, r := range rows {
		if !slices.Contains(zones, r.zone) {
			zones = append(zones, r.zone)
			fmt.Fprintf(&b, "INSERT INTO domains (name, type) SELECT %s, 'NATIVE' WHERE NOT EXISTS (SELECT 1 FROM domains WHERE name = %[1]s);\n", quote(r.zone))
		}
	}
	for chunk := range slices.Chunk(rows, 500) {
		b.WriteString("INSERT INTO records (domain_id, name, type, content, ttl, prio, disabled, auth) VALUES\n")
		for i, r := range chunk {
			if i > 0 {
				b.WriteString(",\n")
			}
			typ := quote(r.typ)
			if r.typ == "-" {
				typ = "NULL"
			}
			disabled := "false"
			if r.disabled != "" {
				disabled = "true"
			}
			fmt.Fprintf(&b, "((SELECT id FROM domains WHERE name = %s), %s, %s, %s, %s, %s, %s, true)", quote(r.zone), quote(r.name), typ, quote(r.content), null(r.ttl), null(r.prio), disabled)
		}
		b.WriteString(";\n")
	}
	p.exec(t, b.String())
}

// backslash is how a backslash is written in a text of SQL.
func (p *pdnsStore) backslash() string {
	if p.name == "mysql" {
		return `\\`
	}
	return `\`
}

// start starts PowerDNS on the data base.
func (p *pdnsStore) start(t testing.TB, zone string) server {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	write(t, dir, "pdns.conf", fmt.Sprintf(`%s
local-address=%s
local-port=%d
socket-dir=%s
guardian=no
daemon=no
webserver=no
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
consistent-backends=no
dname-processing=yes
loglevel=1
`, p.conf, loopback, port, dir))
	s := server{"PowerDNS", fmt.Sprintf("%s:%d", loopback, port)}
	startDaemon(t, s.address, zone, "pdns_server", "--config-dir="+dir)
	return s
}

// pdnsZone are the rows of a zone with all that a zone of numbers can have, and some hundred numbers.
func pdnsZone() []pdnsRow {
	const zone = "e164.arpa"
	random := rand.New(rand.NewPCG(1, 2))
	var rows []pdnsRow
	add := func(name, typ, content string, more ...string) {
		r := pdnsRow{zone: zone, name: zone, typ: typ, content: content, ttl: "300"}
		if name != "" {
			r.name = name + "." + zone
		}
		for _, m := range more {
			switch k, v, _ := strings.Cut(m, "="); k {
			case "ttl":
				r.ttl = v
			case "prio":
				r.prio = v
			case "disabled":
				r.disabled = "yes"
			}
		}
		rows = append(rows, r)
	}
	sip := func(user string) string { return `100 10 "u" "E2U+sip" "!^.*$!sip:` + user + `@example.com!" .` }
	add("", "SOA", "ns1.example.net hostmaster.example.net 2024010101 10800 3600 604800 600", "ttl=3600")
	add("", "NS", "ns1.example.net", "ttl=3600")
	add("", "NS", "ns2.example.net.", "ttl=3600")
	add("", "TXT", "numbers of everybody")
	add("", "MX", "mail.example.net", "prio=10")
	for range 400 {
		digits := fmt.Sprintf("44%d", 1000+random.IntN(900000))
		name := dotted(digits)
		add(name, "NAPTR", sip("u"+digits))
		if random.IntN(3) == 0 {
			add(name, "NAPTR", `100 20 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .`)
			add(name, "NAPTR", `100 5 "u" "E2U+pres" "!^.*$!pres:u`+digits+`@example.com!" .`)
		}
		if random.IntN(20) == 0 {
			add(name, "TXT", `"a text" "and another"`)
		}
	}
	add(dotted("491"), "NAPTR", sip("default"), "ttl=")
	add(dotted("492"), "NAPTR", sip("disabled"), "disabled")
	add(dotted("493"), "NAPTR", sip("disabled"), "disabled")
	add(dotted("493"), "NAPTR", sip("enabled"))
	add(dotted("494"), "CNAME", dotted("491")+".e164.arpa")
	add(dotted("495"), "CNAME", "elsewhere.example.com")
	add(dotted("496"), "SRV", "5 5060 sip.example.com", "prio=10")
	add(dotted("497"), "TXT", `plain text; with (all) sorts of "things`)
	add(dotted("4971"), "TXT", `plain text; with (all) sorts of things`)
	add(dotted("498"), "URI", `10 1 "sip:x@example.com"`)
	add(dotted("499"), "TYPE65400", `\# 4 0a000001`)
	add("*."+dotted("46"), "NAPTR", sip("wild46"))
	add(dotted("46123"), "NAPTR", sip("exact"))
	add(dotted("4655"), "NAPTR", sip("inner"))
	add("*."+dotted("4677"), "NAPTR", sip("wild4677"))
	add("*."+dotted("4688"), "TXT", `"no numbers"`)
	add("*."+dotted("4699"), "CNAME", dotted("46123")+".e164.arpa")
	add("_sip."+dotted("46123"), "TXT", `"labelled"`)
	add("a.b."+dotted("46124"), "TXT", `"deep"`)
	add("*.c."+dotted("46125"), "TXT", `"deep wild"`)
	add(dotted("47"), "NS", "ns.elsewhere.example.net", "ttl=900")
	add(dotted("47"), "DS", "12345 8 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD")
	add(dotted("471"), "NAPTR", sip("occluded"))
	add(dotted("481"), "NS", "ns."+dotted("481")+".e164.arpa")
	add(dotted("481"), "NS", "ns.e164.arpa")
	add("ns."+dotted("481"), "A", "192.0.2.1")
	add("ns", "A", "192.0.2.2")
	add("ns", "AAAA", "2001:db8::2")
	add(dotted("51"), "DNAME", dotted("52")+".e164.arpa")
	add(dotted("51"), "TXT", `"beside"`)
	add(dotted("521"), "NAPTR", sip("renamed"))
	add(dotted("53"), "DNAME", "tree.example.com")
	// What cannot be read.
	add(dotted("611"), "NAPTR", `100 10 "u" "E2U+sip"`)
	add(dotted("612"), "NAPTR", `100 10 u E2U+sip !^.*$!sip:a@example.com! .`)
	add(dotted("612"), "TXT", `"beside"`)
	add(dotted("613"), "NAPTR", `99999 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .`)
	add(dotted("614"), "A", "192.0.2.300")
	add("x."+dotted("615"), "AAAA", "192.0.2.3")
	add("*."+dotted("616"), "NAPTR", `garbage`)
	add(dotted("6171"), "NAPTR", ``)
	add(dotted("618"), "NAPTR", sip("good"))
	add(dotted("618"), "NAPTR", `100 10 "u" "E2U+sip`)
	add(dotted("619"), "NS", `a..b`)
	// A zone below, which has rows of its own.
	const child = "1.7.e164.arpa"
	add(dotted("71"), "NS", "ns1.example.net")
	add(dotted("71"), "DS", "4711 8 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD")
	add(dotted("715"), "NAPTR", sip("hidden"))
	at := len(rows)
	add(dotted("71"), "SOA", "ns1.example.net hostmaster.example.net 7 10800 3600 604800 60", "ttl=600")
	add(dotted("71"), "NS", "ns1.example.net", "ttl=600")
	add(dotted("712"), "NAPTR", sip("child"))
	add("*."+dotted("713"), "NAPTR", sip("child13"))
	for i := range rows[at:] {
		rows[at+i].zone = child
	}
	return rows
}

// dotted returns the name of a number below its apex: "1.4.4" for 441.
func dotted(digits string) string {
	var labels []string
	for i := len(digits) - 1; i >= 0; i-- {
		labels = append(labels, digits[i:i+1])
	}
	return strings.Join(labels, ".")
}

// rectified adds the rows that "pdnsutil rectify-zone" does: those of names that exist for others below them.
func rectified(rows []pdnsRow) []pdnsRow {
	have := map[string]bool{}
	for _, r := range rows {
		have[r.name] = true
	}
	out := slices.Clone(rows)
	for _, r := range rows {
		for name := r.name; name != r.zone; {
			_, name, _ = strings.Cut(name, ".")
			if !have[name] {
				have[name] = true
				out = append(out, pdnsRow{zone: r.zone, name: name, typ: "-", ttl: "300"})
			}
		}
	}
	return out
}

// pdnsDifferences are the differences that are meant; docs/powerdns.md tells people the same. settle changes their reply
// to ours in what it explains.
var pdnsDifferences = []struct {
	id     string
	settle func(q *question, ours, theirs *reply) bool
}{
	{"error", func(_ *question, ours, theirs *reply) bool { // an error is not authoritative
		ok := ours.rcode == dns.RcodeServerFailure && theirs.rcode == dns.RcodeServerFailure && len(theirs.answer)+len(theirs.authority) == 0 && ours.aa != theirs.aa
		theirs.aa = ours.aa || theirs.aa && !ok
		return ok
	}},
	{"octets", func(q *question, ours, theirs *reply) bool { // a data base of text cannot be asked for all octets
		ok := theirs.rcode == dns.RcodeServerFailure && ours.rcode != theirs.rcode && (strings.Contains(q.name, `\000`) || strings.Contains(q.name, `\255`))
		if ok {
			*theirs = *ours
		}
		return ok
	}},
	{"empty-non-terminal", func(q *question, ours, theirs *reply) bool { // RFC 8020
		ok := ours.rcode == dns.RcodeSuccess && theirs.rcode == dns.RcodeNameError && len(ours.answer)+len(theirs.answer) == 0
		if ok {
			theirs.rcode = ours.rcode
		}
		return ok
	}},
	{"any", func(q *question, ours, theirs *reply) bool { // RFC 8482: one RRset of all
		ok := q.qtype == dns.TypeANY && len(ours.answer) > 0 && len(ours.answer) < len(theirs.answer) && !slices.ContainsFunc(ours.answer, func(r record) bool {
			return !slices.ContainsFunc(theirs.answer, func(o record) bool { return o.key() == r.key() })
		})
		if ok {
			theirs.answer = ours.answer
		}
		return ok
	}},
	{"zone-below", func(q *question, ours, theirs *reply) bool { // what is denied is denied by the zone above
		soa := func(r *reply, owner string) bool {
			return len(r.authority) == 1 && r.authority[0].typ == dns.TypeSOA && r.authority[0].owner == owner
		}
		ok := dns.IsSubDomain("1.7.e164.arpa.", strings.ToLower(q.name)) && soa(ours, "e164.arpa.") && soa(theirs, "1.7.e164.arpa.")
		if ok {
			theirs.authority = ours.authority
		}
		return ok
	}},
}

// TestPowerDNS asks enumim and PowerDNS itself the same questions on the same tables.
func TestPowerDNS(t *testing.T) {
	if _, err := exec.LookPath("pdns_server"); err != nil {
		servers.Missing(t, "pdns_server", "pdns-server")
	}
	for name, start := range map[string]func(testing.TB) *pdnsStore{"postgres": pdnsPostgres, "mysql": pdnsMariaDB} {
		for _, whole := range []bool{false, true} {
			rows := pdnsZone()
			if whole {
				name += "-rectified"
				rows = rectified(rows)
			}
			t.Run(name, func(t *testing.T) {
				p := start(t)
				p.insert(t, rows)
				comparePowerDNS(t, p, rows)
			})
		}
	}
}

func comparePowerDNS(t *testing.T, p *pdnsStore, rows []pdnsRow) {
	theirs := &client{server: p.start(t, "e164.arpa.")}
	ours := &client{server: startEnumim(t, "enumim e164.arpa {\nbackend "+p.line+" {\npowerdns\n"+strings.Join(p.more, "\n")+"\n}\n}")}
	defer theirs.close()
	defer ours.close()
	soa := &question{name: "e164.arpa.", qtype: dns.TypeSOA, class: dns.ClassINET}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if r := ours.ask(soa); r.err == nil && r.rcode == dns.RcodeSuccess {
			break
		} else if time.Now().After(until) {
			t.Fatalf("enumim does not answer: %v", r)
		}
	}
	seen := map[string]bool{}
	a := &asker{random: rand.New(rand.NewPCG(uint64(number(t, seedVar, 1)), 3)), apexes: []string{"e164.arpa."}}
	for _, r := range rows {
		if !seen[r.name] {
			seen[r.name] = true
			a.names = append(a.names, r.name+".")
		}
	}
	slices.Sort(a.names)
	counts, faults := map[string]int{}, 0
	for i := range number(t, questionsVar, 1500) {
		q := &question{name: a.name(), qtype: usualTypes[a.random.IntN(len(usualTypes))], class: dns.ClassINET, edns: true, size: 1232, tcp: true}
		if !dns.IsSubDomain("e164.arpa.", strings.ToLower(q.name)) {
			continue
		}
		x, y := ours.ask(q), theirs.ask(q)
		if y.err != nil || x.err != nil {
			t.Fatalf("%v: %v %v", q, x.err, y.err)
		}
		same := func() bool {
			return x.rcode == y.rcode && x.aa == y.aa && sameRecords(x.answer, y.answer) && sameRecords(x.authority, y.authority)
		}
		if same() {
			continue
		}
		said := y.String()
		for _, d := range pdnsDifferences {
			if d.settle(q, x, y) {
				counts[d.id]++
			}
		}
		if !same() {
			faults++
			t.Errorf("question %d: %v\nenumim: %vPowerDNS: %v", i, q, x, said)
			if faults >= 25 {
				t.Fatal("and maybe more")
			}
		}
	}
	t.Log(counts)
}
