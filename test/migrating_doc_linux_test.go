package test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// migratingApex is the zone of docs/migrating.md.
const migratingApex = "4.4.e164.arpa."

// startOldBIND starts a BIND with a zone file in dir that takes updates and allows transfers.
func startOldBIND(t *testing.T, dir, zone, file string) server {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	conf := write(t, t.TempDir(), "named.conf", fmt.Sprintf(`options {
	directory %q;
	listen-on port %s { 127.0.0.1; };
	listen-on-v6 { none; };
	recursion no;
	dnssec-validation no;
	allow-transfer { 127.0.0.1; };
	pid-file none;
	session-keyfile none;
};
controls { };
zone %q { type primary; file %q; allow-update { 127.0.0.1; }; };
`, dir, port(address), zone, file))
	startDaemon(t, address, zone, "named", "-g", "-n", "1", "-c", conf)
	return server{"BIND", address}
}

// startForwarder starts BIND as a resolver with what the page shows of its configuration, which forwards to s.
func startForwarder(t *testing.T, shown string, s server) server {
	t.Helper()
	dir, at := t.TempDir(), freePort(t)
	host, to, _ := strings.Cut(s.of("udp"), ":")
	shown = strings.Replace(shown, "options {\n", fmt.Sprintf("options {\n\tdirectory %q;\n\tlisten-on port %d { 127.0.0.1; };\n\tlisten-on-v6 { none; };\n\tpid-file none;\n\tsession-keyfile none;\n", dir, at), 1)
	shown = strings.Replace(shown, "127.0.0.1 port 1053;", host+" port "+to+";", 1)
	r := server{"resolver", fmt.Sprintf("127.0.0.1:%d", at)}
	startDaemon(t, r.address, migratingApex, "named", "-g", "-n", "1", "-c", write(t, dir, "named.conf", "controls { };\n"+shown))
	return r
}

// dug is where dig finds a server, over TCP: an answer may be large, and servers within the test have another port there.
func dug(s server) string {
	host, at, _ := strings.Cut(s.of("tcp"), ":")
	return "@" + host + " -p " + at + " +tcp"
}

// TestMigratingPage does what docs/migrating.md shows, with BIND as the old server and as a resolver.
func TestMigratingPage(t *testing.T) {
	needs(t, "named", "nsupdate", "named-compilezone", "named-checkzone", "awk")
	dir := t.TempDir()
	var old, resolver, ours server
	path := regexp.MustCompile(`(backend file )(\S+)`)
	p := page{file: "migrating.md", dir: dir}
	p.command = func(line string) string {
		host, at, _ := strings.Cut(old.address, ":")
		return strings.NewReplacer("@192.0.2.53", dug(old), "@192.0.2.1", dug(resolver), "@127.0.0.1 -p 1053", dug(ours),
			"server 192.0.2.53", "server "+host+" "+at).Replace(line)
	}
	p.corefile = func(text string) string {
		return strings.ReplaceAll(path.ReplaceAllString(text, "${1}"+dir+"/${2}"), "192.0.2.53", old.address)
	}
	p.started = func(_ *testing.T, s server) { ours = s }
	p.other = func(t *testing.T, language, block string) {
		switch language {
		case "zone":
			write(t, dir, "db."+strings.TrimSuffix(migratingApex, "."), block)
			old = startOldBIND(t, dir, migratingApex, "db."+strings.TrimSuffix(migratingApex, "."))
		case "named":
			resolver = startForwarder(t, block, ours)
		default:
			t.Errorf("a block of %q", language)
		}
	}
	p.do(t)
}
