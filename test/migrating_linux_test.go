package test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// migratingZone is a zone with what people have in BIND: ranges, wildcards at several heights with names below them, aliases,
// renamed ranges, delegations, labelled names, and numbers at random.
func migratingZone() string {
	random := rand.New(rand.NewPCG(9, 9))
	var b strings.Builder
	b.WriteString(`$ORIGIN 4.4.e164.arpa.
$TTL 3600
@ IN SOA ns1.example.net. hostmaster.example.net. 2026112401 7200 900 1209600 300
  IN NS ns1.example.net.
  IN NS ns2.example.net.
  IN TXT "numbers of everybody"
$GENERATE 0-9 $.0.0.0.6.9.2.3.6.1 IN NAPTR "100 10 u E2U+sip !^.*\$!sip:+44163296000$@pbx.example.com! ."
$GENERATE 2-4 $.1.0.0.6.9.2.3.6.1 60 NAPTR "100 10 \"u\" \"E2U+sip\" \"!^\\+(.*)\$!sip:\\1@pbx.example.com!\" ." ; BIND wants one word
*.0.6.4.9.7.0.2 NAPTR 100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@gw.example.net!" .
0.0.1.0.6.4.9.7.0.2 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:reception@example.net!" .
*.5.1.0.6.4.9.7.0.2 600 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:inner@example.net!" .
_sip._udp.0.2.0.6.4.9.7.0.2 SRV 0 0 5060 sip.example.net.
*.8.1.1 TXT "no records for calls"
*.8.1.2 CNAME 0.0.1.0.6.4.9.7.0.2
1.3 CNAME 2.3
2.3 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:after@example.com!" .
3.3 CNAME elsewhere.example.com.
4.3 TXT "not in service"
5.3 DNAME 0.6.4.9.7.0.2
7.5.1.8.0.8 NS ns.7.5.1.8.0.8
7.5.1.8.0.8 NS ns.example.net.
7.5.1.8.0.8 DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A
ns.7.5.1.8.0.8 A 192.0.2.3
`)
	for range 30 {
		digits := fmt.Sprint(9000 + random.IntN(1000))
		fmt.Fprintf(&b, "%s NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:u%[2]s@example.com!\" .\n%[1]s NAPTR 100 20 \"u\" \"E2U+im\" \"!^.*$!im:u%[2]s@example.com!\" .\n",
			dotted(digits), digits)
	}
	return b.String()
}

// migration are the scripts of docs/migrating.md, in a folder.
type migration struct{ dir string }

// newMigration writes the scripts that the page shows.
func newMigration(t *testing.T) migration {
	t.Helper()
	text, err := os.ReadFile("../docs/migrating.md")
	if err != nil {
		t.Fatal(err)
	}
	m := migration{t.TempDir()}
	for _, name := range []string{"fetch", "questions", "answers"} {
		_, script, begun := strings.Cut(string(text), "$ cat > "+name+" <<'END'\n")
		script, _, whole := strings.Cut(script, "\nEND\n")
		if !begun || !whole {
			t.Fatalf("the page has no script %q", name)
		}
		write(t, m.dir, name, script+"\n")
	}
	return m
}

// sh runs a command in the folder.
func (m migration) sh(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = m.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("$ %s\n%s%v", command, out, err)
	}
	return string(out)
}

// fetch takes the zone from a server with the page's script, and returns its path.
func (m migration) fetch(t *testing.T, from server) string {
	t.Helper()
	m.sh(t, "sed -i 's/@[^ ]* .*"+strings.TrimSuffix(migratingApex, ".")+" AXFR/"+dug(from)+" "+strings.TrimSuffix(migratingApex, ".")+" AXFR/' fetch && sh fetch")
	return filepath.Join(m.dir, "4.4.e164.arpa.zone")
}

// answers returns what a server says to the questions about the zone that was fetched, line by line.
func (m migration) answers(t *testing.T, s server) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(m.sh(t, "sh answers asked "+dug(s))), "\n")
}

// apart returns the lines that only one of two servers has, with the sign of diff.
func apart(theirs, ours []string) (lines []string) {
	for _, line := range theirs {
		if !slices.Contains(ours, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range ours {
		if !slices.Contains(theirs, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return lines
}

// served starts enumim with a zone file.
func served(t *testing.T, file string, options ...string) server {
	t.Helper()
	return startEnumim(t, "enumim 4.4.e164.arpa {\nbackend file "+file+" {\n"+strings.Join(options, "\n")+"\n}\n}")
}

// TestMigration takes a zone from BIND as docs/migrating.md says, and compares what the page compares: BIND, NSD, Knot and
// PowerDNS say the same as enumim, to every question about the whole zone.
func TestMigration(t *testing.T) {
	needs(t, "named", "nsd", "knotd", "pdns_server", "dig", "awk")
	m := newMigration(t)
	written := write(t, m.dir, "db", migratingZone())
	old := startOldBIND(t, m.dir, migratingApex, "db")
	file := m.fetch(t, old)
	m.sh(t, "sh questions 4.4.e164.arpa.zone > asked")
	ours := m.answers(t, served(t, file, "require_end"))
	counts := map[string]int{}
	for _, line := range ours {
		for _, kind := range []string{"NOERROR AA", "NOERROR", "NXDOMAIN AA", "sip:\\\\1@gw", "IN CNAME", "IN DNAME"} {
			if strings.HasSuffix(line, kind) || strings.Contains(line, kind) {
				counts[kind]++
			}
		}
	}
	t.Log(len(ours), counts)
	if len(ours) < 300 || len(counts) < 6 {
		t.Fatalf("%d lines, %v: the comparison tells little", len(ours), counts)
	}
	files := map[string]string{migratingApex: file}
	for _, other := range []server{
		old, {"the file as BIND has it", served(t, written, "generate").address},
		startNSD(t, files), startKnot(t, files), startPowerDNS(t, migratingApex, file),
	} {
		lines := apart(m.answers(t, other), ours)
		if other.name == "PowerDNS" { // without the option dname-processing
			lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, ".5.3.4.4.e164.arpa. NAPTR ") })
		}
		if len(lines) > 0 {
			t.Errorf("%s: %d lines differ:\n%s", other.name, len(lines), strings.Join(lines[:min(len(lines), 20)], "\n"))
		}
	}
}

// TestMigrationOfSignedZone: without the records that the page leaves out, a signed zone is answered as before it was signed.
func TestMigrationOfSignedZone(t *testing.T) {
	needs(t, "named", "dig", "awk", "dnssec-keygen", "dnssec-signzone", "named-compilezone")
	m := newMigration(t)
	write(t, m.dir, "db", migratingZone())
	m.sh(t, "named-compilezone -q -i none -o compiled "+migratingApex+" db")
	sign(t, m.dir, migratingApex, filepath.Join(m.dir, "compiled"))
	old := startOldBIND(t, m.dir, migratingApex, "compiled.signed")
	m.fetch(t, old)
	text, err := os.ReadFile("../docs/migrating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, command, _ := strings.Cut(string(text), "$ awk '$4 !~ ")
	command, _, _ = strings.Cut(command, "\n")
	m.sh(t, "awk '$4 !~ "+command)
	m.sh(t, "sh questions unsigned.zone > asked")
	ours := m.answers(t, served(t, filepath.Join(m.dir, "unsigned.zone"), "require_end"))
	if lines := apart(m.answers(t, old), ours); len(ours) < 300 || len(lines) > 0 {
		t.Errorf("%d lines, %d differ:\n%s", len(ours), len(lines), strings.Join(lines[:min(len(lines), 20)], "\n"))
	}
}

// TestMigrationOutOfTables: PowerDNS gives its wildcards to numbers below names without rows and denies such names, a zone file
// that was transferred does neither, and nothing else differs, as the page says; in a zone that was rectified nothing does.
func TestMigrationOutOfTables(t *testing.T) {
	needs(t, "pdns_server", "named-compilezone", "dig", "awk")
	m := newMigration(t)
	write(t, m.dir, "db", migratingZone())
	m.sh(t, "named-compilezone -q -i none -o compiled "+migratingApex+" db")
	var rows []pdnsRow
	for line := range strings.Lines(m.sh(t, "cat compiled")) {
		f := strings.SplitN(strings.Join(strings.Fields(line), " "), " ", 5)
		row := pdnsRow{zone: "4.4.e164.arpa", name: strings.TrimSuffix(f[0], "."), ttl: f[1], typ: f[3], content: f[4]}
		if row.typ == "SRV" {
			row.prio, row.content, _ = strings.Cut(row.content, " ")
		}
		rows = append(rows, row)
	}
	for name, rows := range map[string][]pdnsRow{"as written": rows, "rectified": rectified(rows)} {
		t.Run(name, func(t *testing.T) {
			p := pdnsPostgres(t)
			p.insert(t, rows)
			old := p.start(t, migratingApex)
			file := m.fetch(t, old)
			m.sh(t, "sh questions 4.4.e164.arpa.zone > asked")
			lines := apart(m.answers(t, old), m.answers(t, served(t, file, "require_end")))
			counts := map[string]int{}
			for _, line := range lines {
				asked, rest, _ := strings.Cut(line[2:], " NAPTR ")
				switch {
				case line[0] == '-' && rest == "NXDOMAIN AA", line[0] == '+' && rest == "NOERROR AA":
					counts["denied"]++ // a name that exists for others
				case line[0] == '-' && (rest == "NOERROR AA" || strings.HasPrefix(rest, asked+" ") && strings.Contains(rest, "@gw.example.net")):
					counts["wildcard"]++
				case line[0] == '+' && (rest == "NXDOMAIN AA" || strings.Contains(rest, " IN SOA ")):
					counts["no wildcard"]++
				default:
					t.Error(line)
				}
			}
			t.Log(len(lines), counts)
			if name == "rectified" && len(lines) > 0 || name == "as written" && len(counts) != 3 {
				t.Errorf("%s: %v", name, counts)
			}
		})
	}
}
