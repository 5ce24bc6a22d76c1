package remote

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// config is that of a backend line in a Corefile whose folder is /etc/enum.
func config(t testing.TB) backend.Config {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	return backend.Config{Root: "/etc/enum", Pos: backend.Pos{File: "Corefile", Line: 1}, Apexes: []e164.Apex{apex}, TTL: 600}
}

// parse reads lines of a brace block, of a store at the hosts; the first is line 2.
func parse(t testing.TB, hosts []string, lines ...string) (*Options, error) {
	t.Helper()
	c := config(t)
	o := New(c)
	for i, line := range lines {
		f := strings.Fields(line)
		opt := backend.Option{Name: f[0], Args: f[1:], Pos: backend.Pos{File: "Corefile", Line: 2 + i}}
		known, err := o.Set(c, opt)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, c.UnknownOption(opt, Names("table")...)
		}
	}
	return o, o.Finish(c, hosts...)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var far = []string{"db.example.net:5432"}

func TestOptions(t *testing.T) {
	o, err := parse(t, far)
	must(t, err)
	if o.Mode != Feed || o.Stale != time.Hour || o.Shrink != 0.2 || o.Snapshot != "" || o.Connections != 4 || o.Password != (Secret{}) {
		t.Errorf("defaults: %+v", o)
	}
	if o.Codec.TTL != 600 || len(o.Codec.Apexes) != 1 || len(o.Apexes) != 1 {
		t.Errorf("what the Corefile says of the trees: %+v", o)
	}
	o, err = parse(t, far, "mode feed", "stale 72h", "shrink 5%", "snapshot last.good", "connections 64", "password file:secret")
	must(t, err)
	if o.Stale != 72*time.Hour || o.Shrink != 0.05 || o.Snapshot != "/etc/enum/last.good" || o.Connections != 64 || o.Password.String() != "file:/etc/enum/secret" {
		t.Errorf("all options: %+v", o)
	}
	o, err = parse(t, far, "shrink off", "password env:PGPASSWORD")
	must(t, err)
	if o.Shrink >= 0 || o.Password.String() != "env:PGPASSWORD" {
		t.Errorf("off: %+v", o)
	}
	if o, err = parse(t, far, "mode store", "connections 1"); err != nil || o.Mode != Store {
		t.Errorf("mode store: %+v, %v", o, err)
	}
}

// What the user reads.
func TestOptionErrors(t *testing.T) {
	const known = "connections, mode, password, shrink, snapshot, stale, table, tls, tls_ca, tls_cert, tls_server_name"
	const off = "TLS is off: all addresses are loopback, or the option tls says so; write tls on"
	const plain = "Corefile:2: password: a Corefile holds no secrets: write file:PATH or env:NAME"
	for _, tt := range []struct {
		host string
		line string
		want string
	}{
		{"db:1", "modes feed", `Corefile:2: unknown option "modes"; known: ` + known},
		{"db:1", "mode mirror", `Corefile:2: mode: expected feed or store, got "mirror"`},
		{"db:1", "mode", "Corefile:2: mode: expected one argument, got 0"},
		{"db:1", "mode feed;mode feed", "Corefile:3: mode: given twice"},
		{"db:1", "stale 59s", `Corefile:2: stale: expected a duration from 1m0s to 72h0m0s, got "59s"`},
		{"db:1", "stale 73h", `Corefile:2: stale: expected a duration from 1m0s to 72h0m0s, got "73h"`},
		{"db:1", "shrink 0", `Corefile:2: shrink: expected a percentage from 1 to 99, or off, got "0"`},
		{"db:1", "snapshot", "Corefile:2: snapshot: expected one path, got 0"},
		{"db:1", "snapshot \x00", `Corefile:2: snapshot: "\x00" is no path`},
		{"db:1", "connections 0", `Corefile:2: connections: expected a number from 1 to 64, got "0"`},
		{"db:1", "password hunter2", plain},
		{"db:1", "password file:", plain},
		{"db:1", "password env:", plain},
		{"db:1", "password file:a b", "Corefile:2: password: expected file:PATH or env:NAME, got 2 arguments"},
		{"db:1", "mode store;stale 2h", "Corefile:3: stale: only mode feed has it: in mode store nothing is kept"},
		{"db:1", "shrink 5;mode store", "Corefile:2: shrink: only mode feed has it: in mode store nothing is kept"},
		{"db:1", "tls yes", `Corefile:2: tls: expected on or off, got "yes"`},
		{"db:1", "tls off;tls_ca ca.pem", "Corefile:3: tls_ca: " + off},
		{"127.0.0.1:1", "tls_server_name db.example.net", "Corefile:2: tls_server_name: " + off},
		{"db:1", "tls_cert cert.pem", "Corefile:2: tls_cert: expected two paths, of a certificate and of its key, got 1"},
		{"db:1", "tls_server_name db:5432", "Corefile:2: tls_server_name: expected the name of a host, without port or parameters"},
		{"db:1", "tls_server_name db?password=hunter2", "Corefile:2: tls_server_name: expected the name of a host, without port or parameters"},
	} {
		_, err := parse(t, []string{tt.host}, strings.Split(tt.line, ";")...)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q: %v\nwant %s", tt.line, err, tt.want)
		}
	}
}

// TestOptionsKey: two blocks that mean the same share one backend, and no others.
func TestOptionsKey(t *testing.T) {
	key := func(lines ...string) string {
		o, err := parse(t, far, lines...)
		must(t, err)
		return o.Key()
	}
	if key() != key("mode feed", "shrink 20%", "stale 60m", "connections 4", "tls on") {
		t.Error("defaults that are written out make another key")
	}
	if key("connections 5", "shrink off") != key("shrink off", "connections 5") {
		t.Error("the order of options matters")
	}
	keys := []string{key()}
	for _, line := range []string{
		"mode store", "stale 2h", "shrink 21", "shrink off", "snapshot x", "connections 5", "password file:x", "password env:X",
		"tls off", "tls_ca x", "tls_cert x y", "tls_cert y x", "tls_server_name x",
	} {
		keys = append(keys, key(line))
	}
	if slices.Sort(keys); len(slices.Compact(keys)) != 14 {
		t.Error("options that differ share a key")
	}
	c := config(t)
	c.TTL = 601
	if New(c).Key() == New(config(t)).Key() {
		t.Error("the TTL of the Corefile is not part of the key")
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return "password file:" + path
	}
	t.Setenv("ENUMIM_TEST_SECRET", "hunter2")
	t.Setenv("ENUMIM_TEST_EMPTY", "")
	shared := file("shared", "hunter2")
	must(t, os.Chmod(filepath.Join(dir, "shared"), 0o666))
	for _, tt := range []struct {
		name, line string
		want       string
		err        string // what follows the source
	}{
		{"environment", "password env:ENUMIM_TEST_SECRET", "hunter2", ""},
		{"file", file("a", "hunter2"), "hunter2", ""},
		{"newline at the end", file("b", "hunter2\n"), "hunter2", ""},
		{"CR LF at the end", file("c", "hunter2\r\n"), "hunter2", ""},
		{"blanks are of it", file("d", " hunter 2 \n"), " hunter 2 ", ""},
		{"empty variable", "password env:ENUMIM_TEST_EMPTY", "", "the secret is empty"},
		{"variable not set", "password env:ENUMIM_TEST_UNSET", "", "the variable is not set in the environment of the server"},
		{"empty file", file("e", ""), "", "the secret is empty"},
		{"a newline only", file("f", "\n"), "", "the secret is empty"},
		{"two lines", file("g", "hunter2\nhunter3\n"), "", "the secret has more than one line"},
		{"NUL", file("h", "hunter2\x00"), "", "the secret has more than one line"},
		{"large", file("i", strings.Repeat("hunter2", 1000)), "", "it has more than 4096 octets"},
		{"no file", "password file:" + filepath.Join(dir, "none"), "", "no such file or directory"},
		{"a folder", "password file:" + dir, "", "it is no regular file"},
		{"everybody may write", shared, "", "everybody may write to it: chmod o-w"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := parse(t, far, tt.line)
			must(t, err)
			got, err := o.Password.Get()
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.err == "" {
				must(t, err)
			} else if want := o.Password.String() + ": " + tt.err; err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter") {
				t.Error("the error tells the secret")
			}
		})
	}
	if got, err := (Secret{}).Get(); got != "" || err != nil {
		t.Errorf("no secret: %q, %v", got, err)
	}
	// A secret of several lines is read as it stands, and under the same conditions.
	for line, want := range map[string]string{file("j", "hunter2\n\nhunter3\n"): "hunter2\n\nhunter3\n", shared: ""} {
		o, err := parse(t, far, line)
		must(t, err)
		if got, err := o.Password.Text(); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
}

// TestSecretIsExchanged: a secret that was exchanged is used for the next connection.
func TestSecretIsExchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	o, err := parse(t, far, "password file:"+path)
	must(t, err)
	for _, want := range []string{"one", "two"} {
		must(t, os.WriteFile(path, []byte(want), 0o600))
		if got, err := o.Password.Get(); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

// TestSecretIsNeverPrinted, whatever prints it, also after it was read.
func TestSecretIsNeverPrinted(t *testing.T) {
	t.Setenv("ENUMIM_TEST_SECRET", "hunter2")
	o, err := parse(t, far, "password env:ENUMIM_TEST_SECRET")
	must(t, err)
	if secret, err := o.Password.Get(); secret != "hunter2" || err != nil {
		t.Fatal(secret, err)
	}
	text := o.Key()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		text += fmt.Sprintf(verb, o.Password) + fmt.Sprintf(verb, o)
	}
	asJSON, err := json.Marshal(map[string]any{"password": o.Password})
	must(t, err)
	if text += string(asJSON); strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
		t.Error("the secret is printed")
	}
}

func TestTLSIsOnOffLoopback(t *testing.T) {
	for _, tt := range []struct {
		hosts []string
		line  string
		on    bool
	}{
		{[]string{"127.0.0.1:5432"}, "", false},
		{[]string{"127.8.9.1"}, "", false},
		{[]string{"[::1]:5432"}, "", false},
		{[]string{"::1"}, "", false},
		{[]string{"[::ffff:127.0.0.1]:5432"}, "", false},
		{[]string{"localhost:5432", "LocalHost."}, "", false},
		{[]string{"db.localhost:5432"}, "", false},
		{[]string{"/run/postgresql/.s.PGSQL.5432", "@enumim"}, "", false},
		{[]string{"db.example.net:5432"}, "", true},
		{[]string{"localhost.example.net:5432"}, "", true},
		{[]string{"192.0.2.1:5432"}, "", true},
		{[]string{"127.0.0.1.example.net"}, "", true},
		{[]string{"0.0.0.0:5432"}, "", true},
		{[]string{"127.0.0.1:5432", "db.example.net:5432"}, "", true},
		{[]string{"127.0.0.1:5432"}, "tls on", true},
		{[]string{"db.example.net:5432"}, "tls off", false},
	} {
		var lines []string
		if tt.line != "" {
			lines = append(lines, tt.line)
		}
		o, err := parse(t, tt.hosts, lines...)
		must(t, err)
		if config, err := o.TLS(tt.hosts[0]); (config != nil) != tt.on || err != nil {
			t.Errorf("%v %s: TLS %t, %v; want %t", tt.hosts, tt.line, config != nil, err, tt.on)
		}
	}
	o, err := parse(t, []string{"db.example.net:1", "/run/db.sock"})
	must(t, err)
	if config, err := o.TLS("/run/db.sock"); config != nil || err != nil {
		t.Errorf("TLS over a socket beside another host: %v", err)
	}
}

// TestTLSOfOtherHosts: a host that the store names, and not the Corefile, is secured as if the Corefile named it.
func TestTLSOfOtherHosts(t *testing.T) {
	for _, tt := range []struct {
		hosts string
		line  string
		other string
		on    bool
	}{
		{"127.0.0.1:26379", "connections 1", "192.0.2.1:6379", true},
		{"127.0.0.1:26379", "connections 1", "redis.example.net:6379", true},
		{"127.0.0.1:26379", "connections 1", "127.0.0.1:6379", false},
		{"127.0.0.1:26379", "tls off", "192.0.2.1:6379", false},
		{"127.0.0.1:26379", "tls on", "127.0.0.1:6379", true},
		{"192.0.2.2:26379", "connections 1", "127.0.0.1:6379", true},
	} {
		o, err := parse(t, []string{tt.hosts}, tt.line)
		must(t, err)
		if config, err := o.TLS(tt.other); (config != nil) != tt.on || err != nil {
			t.Errorf("%s at %s, %s: TLS %t, %v; want %t", tt.other, tt.hosts, tt.line, config != nil, err, tt.on)
		}
	}
}
