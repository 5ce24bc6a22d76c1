//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// kind is what is asked for; it names the file of its queries.
type kind string

const (
	address kind = "a"
	sound   kind = "sound"
	faulty  kind = "faulty"
)

var kinds = []kind{address, sound, faulty}

// numbers is how many there are of each kind: so few that a cache holds them all at once.
const numbers = 1000

// nameOf returns the ENUM domain of number i of a kind.
func nameOf(i int, k kind) string {
	digits := fmt.Sprintf("4416329%d%03d", slices.Index(kinds, k), i)
	var b strings.Builder
	for _, d := range slices.Backward([]byte(digits)) {
		b.WriteByte(d)
		b.WriteByte('.')
	}
	return b.String() + "e164.arpa."
}

// writeData writes the zone of NSD, and a file of queries for each kind.
func writeData(dir string) error {
	var zone strings.Builder
	zone.WriteString("$TTL 3600\ne164.arpa. SOA ns.example.net. hm.example.net. 1 7200 900 1209600 300\ne164.arpa. NS ns.example.net.\n")
	for _, k := range kinds {
		var queries []byte
		for i := range numbers {
			name := nameOf(i, k)
			qtype := dns.TypeNAPTR
			switch k {
			case address:
				qtype = dns.TypeA
				fmt.Fprintf(&zone, "%s A 192.0.2.1\n", name)
			default:
				flags := map[kind]string{faulty: "i"}[k] // R05, which some clients trip over
				fmt.Fprintf(&zone, "%s NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:user%d@example.com!\" .\n", name, i)
				fmt.Fprintf(&zone, "%s NAPTR 100 20 \"u\" \"E2U+sip\" \"!^.*$!sip:user%d@example.com!%s\" .\n", name, i, flags)
			}
			r := new(dns.Msg).SetQuestion(name, qtype)
			r.Id = 0
			wire, err := r.SetEdns0(1232, false).Pack()
			if err != nil {
				return err
			}
			queries = append(binary.BigEndian.AppendUint16(queries, uint16(len(wire))), wire...)
		}
		if err := os.WriteFile(filepath.Join(dir, string(k)), queries, 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "zone"), []byte(zone.String()), 0o600)
}
