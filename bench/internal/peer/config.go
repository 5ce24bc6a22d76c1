//go:build linux

package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// configure writes what the server needs and returns the command that starts it.
func (v *Server) configure() ([]string, error) {
	switch v.Kind {
	case NSD:
		return []string{"nsd", "-d", "-c", v.path("nsd.conf")}, v.write("nsd.conf", nsdConf)
	case Knot:
		return []string{"knotd", "-c", v.path("knot.conf")}, v.write("knot.conf", knotConf)
	case BIND:
		if err := v.write("rndc.conf", rndcConf); err != nil {
			return nil, err
		}
		return []string{"named", "-f", "-n", "1", "-c", v.path("named.conf")}, v.write("named.conf", namedConf)
	case PowerDNS, PowerDNSCache:
		conf := pdnsConf
		if v.Kind == PowerDNS {
			conf += pdnsNoCaches
		}
		return []string{"/usr/sbin/pdns_server", "--config-dir=" + v.dir}, v.write("pdns.conf", conf)
	}
	return []string{v.build.Server, "-conf", v.path("Corefile"), "-quiet"}, v.write("Corefile", v.corefile())
}

func (v *Server) corefile() string {
	var b strings.Builder
	b.WriteString("e164.arpa.:PORT {\n    bind 127.0.0.1\n")
	for _, p := range v.Plugins {
		switch p {
		case "prometheus", "pprof":
			p += " 127.0.0.1:CONTROL"
		}
		fmt.Fprintf(&b, "    %s\n", p)
	}
	switch {
	case v.Kind.postgres():
		_, mode, _ := strings.Cut(string(v.Kind), "-")
		fmt.Fprintf(&b, "    enumim {\n        timeout 5s\n        backend postgres %s/enumim {\n            mode %s\n        }\n    }\n", v.build.Database.Addr, mode)
	case v.Kind.Enumim():
		b.WriteString("    enumim {\n        backend file DATA\n    }\n")
	case v.Kind == File:
		b.WriteString("    file DATA e164.arpa {\n        reload 2s\n    }\n")
	default:
		b.WriteString("    floor\n")
	}
	return b.String() + "}\n"
}

// write writes a configuration, with the words in capitals replaced.
func (v *Server) write(name, text string) error {
	host, port, _ := strings.Cut(v.build.Database.Addr, ":")
	text = strings.NewReplacer("DBHOST", host, "DBPORT", port, "DIR", v.dir, "DATA", v.data(), "PORT", strconv.Itoa(v.port), "CONTROL", strconv.Itoa(v.control)).Replace(text)
	return os.WriteFile(v.path(name), []byte(text), 0o600)
}

func (v *Server) path(name string) string { return filepath.Join(v.dir, name) }

// data is the file that the server serves.
func (v *Server) data() string { return v.path("data") }

// reload is the command that makes the server read its file again; nil where it notices by itself.
func (v *Server) reload() []string {
	switch v.Kind {
	case NSD:
		return []string{"nsd-control", "-c", v.path("nsd.conf"), "reload", "e164.arpa"}
	case Knot:
		return []string{"knotc", "-c", v.path("knot.conf"), "zone-reload", "e164.arpa"}
	case BIND:
		return []string{"rndc", "-c", v.path("rndc.conf"), "reload", "e164.arpa"}
	}
	return nil
}

const nsdConf = `server:
  ip-address: 127.0.0.1@PORT
  server-count: 1
  database: ""
  username: ""
  chroot: ""
  zonesdir: "DIR"
  pidfile: "DIR/nsd.pid"
  xfrdfile: "DIR/xfrd.state"
  zonelistfile: "DIR/zone.list"
  xfrdir: "DIR"
  verbosity: 0
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  zonefiles-check: no
  zonefiles-write: 0
remote-control:
  control-enable: yes
  control-interface: DIR/control
zone:
  name: e164.arpa
  zonefile: DATA
`

const knotConf = `server:
  listen: 127.0.0.1@PORT
  rundir: DIR
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: DIR/db
log:
  - target: DIR/log
    any: warning
template:
  - id: default
    storage: DIR
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
  - domain: e164.arpa
    file: DATA
`

// The key guards a control port of a server that lives for a measurement; it protects nothing.
const namedConf = `options {
  directory "DIR";
  listen-on port PORT { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  minimal-responses yes;
  pid-file "DIR/pid";
  session-keyfile "DIR/session";
  allow-query { 127.0.0.0/8; };
  dnssec-validation no;
  check-names primary ignore;
  notify no;
  empty-zones-enable no;
};
key bench { algorithm hmac-sha256; secret "YmVuY2htYXJrYmVuY2htYXJr"; };
controls { inet 127.0.0.1 port CONTROL allow { 127.0.0.1; } keys { bench; }; };
logging { channel c { file "DIR/log"; severity warning; }; category default { c; }; };
zone "e164.arpa" { type primary; file "DATA"; };
`

const pdnsConf = `launch=gpgsql
gpgsql-host=DBHOST
gpgsql-port=DBPORT
gpgsql-dbname=pdns
gpgsql-user=enumim
gpgsql-dnssec=no
local-address=127.0.0.1
local-port=PORT
socket-dir=DIR
daemon=no
guardian=no
disable-syslog=yes
loglevel=3
consistent-backends=yes
`

const pdnsNoCaches = `cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
`

const rndcConf = `key bench { algorithm hmac-sha256; secret "YmVuY2htYXJrYmVuY2htYXJr"; };
options { default-server 127.0.0.1; default-port CONTROL; default-key bench; };
`
