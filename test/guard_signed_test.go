package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// signed is a tree with a signed zone (4.4), one whose signatures do not fit (9.4) and an unsigned one (1),
// served by NSD, and a BIND that validates for its clients.
type signed struct {
	resolver server
	keys     map[string]*dns.DNSKEY // by zone
}

const (
	signedApex   = "4.4.e164.arpa."
	bogusApex    = "9.4.e164.arpa."
	unsignedApex = "1.e164.arpa."
)

// Numbers of each zone: below 0 a sound one, below 1 one with an error beside a sound record, below 2 with
// an error alone, below 3 with a domain that the tests deny.
const signedRecords = `@ 3600 IN SOA ns.example.net. hm.example.net. 1 7200 900 1209600 300
@ 3600 IN NS ns.example.net.
0.0.1.0.6.9.2.3.6.1 3600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .
0.0.1.0.6.9.2.3.6.1 3600 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:user@example.com!" .
1.0.1.0.6.9.2.3.6.1 3600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!sip:wrong@example.com!" .
1.0.1.0.6.9.2.3.6.1 3600 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:user@example.com!" .
2.0.1.0.6.9.2.3.6.1 3600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!sip:wrong@example.com!" .
3.0.1.0.6.9.2.3.6.1 3600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user@evil.example!" .
4.0.1.0.6.9.2.3.6.1 3600 IN CNAME 1.0.1.0.6.9.2.3.6.1
`

// startSigned makes and signs the zones, and starts the servers.
func startSigned(tb testing.TB) *signed {
	tb.Helper()
	needs(tb, "nsd", "named", "dnssec-keygen", "dnssec-signzone")
	dir := tb.TempDir()
	s := &signed{keys: map[string]*dns.DNSKEY{}}
	files := map[string]string{}
	var anchors strings.Builder
	for _, apex := range []string{signedApex, bogusApex, unsignedApex} {
		zone := "$ORIGIN " + apex + "\n" + signedRecords
		files[apex] = write(tb, dir, apex+"zone", zone)
		if apex == unsignedApex {
			continue
		}
		s.keys[apex] = sign(tb, dir, apex, files[apex])
		files[apex] += ".signed"
		anchors.WriteString(anchor(s.keys[apex]))
	}
	// Somebody changed a record after it was signed.
	text, err := os.ReadFile(files[bogusApex])
	if err != nil {
		tb.Fatal(err)
	}
	forged := strings.ReplaceAll(string(text), "im:user@example.com", "im:forged@example.com")
	if forged == string(text) {
		tb.Fatal("nothing to forge")
	}
	write(tb, dir, filepath.Base(files[bogusApex]), forged)

	nsd := startNSD(tb, files)
	s.resolver = startResolver(tb, nsd, signedApex, anchors.String())
	return s
}

// startResolver starts a BIND that asks a server for everything, and validates below its trust anchors.
func startResolver(tb testing.TB, behind server, zone, anchors string) server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	host, at, _ := strings.Cut(behind.address, ":")
	path := write(tb, dir, "named.conf", fmt.Sprintf(`options {
	directory %q;
	listen-on port %d { 127.0.0.1; };
	listen-on-v6 { none; };
	allow-query { 127.0.0.0/8; };
	recursion yes;
	forward only;
	forwarders { %s port %s; };
	dnssec-validation yes;
	empty-zones-enable no;
	pid-file none;
	session-keyfile none;
};
controls { };
trust-anchors { %s };
`, dir, port, host, at, anchors))
	s := server{"BIND", fmt.Sprintf("127.0.0.1:%d", port)}
	startDaemon(tb, s.address, zone, "named", "-g", "-c", path)
	return s
}

// anchor returns a key as a trust anchor in BIND's words.
func anchor(key *dns.DNSKEY) string {
	return fmt.Sprintf("%q static-key %d %d %d %q;\n", key.Hdr.Name, key.Flags, key.Protocol, key.Algorithm, key.PublicKey)
}

// sign signs a zone file, beside it, and returns the key.
func sign(tb testing.TB, dir, apex, file string) *dns.DNSKEY {
	tb.Helper()
	out, err := exec.Command("dnssec-keygen", "-q", "-K", dir, "-a", "ECDSAP256SHA256", "-f", "KSK", apex).Output()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command("dnssec-signzone", "-q", "-S", "-z", "-K", dir, "-d", dir, "-o", apex, "-f", file+".signed", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("dnssec-signzone: %v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, strings.TrimSpace(string(out))+".key"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	for parser := dns.NewZoneParser(f, apex, ""); ; {
		rr, ok := parser.Next()
		if !ok {
			tb.Fatal("no key in the file: ", parser.Err())
		}
		if key, ok := rr.(*dns.DNSKEY); ok {
			return key
		}
	}
}

// verify tells whether the NAPTR records of an answer have a signature that fits.
func (s *signed) verify(p *reply) error {
	var set []dns.RR
	var sig *dns.RRSIG
	for _, rr := range p.raw.Answer {
		switch r := rr.(type) {
		case *dns.NAPTR:
			set = append(set, r)
		case *dns.RRSIG:
			if r.TypeCovered == dns.TypeNAPTR {
				sig = r
			}
		}
	}
	if sig == nil || len(set) == 0 {
		return fmt.Errorf("%d records, signature %v", len(set), sig)
	}
	return sig.Verify(s.keys[sig.SignerName], set)
}

func hasSignature(p *reply) bool {
	for _, r := range p.answer {
		if r.typ == dns.TypeRRSIG {
			return true
		}
	}
	return false
}
