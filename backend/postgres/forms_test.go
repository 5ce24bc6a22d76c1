package postgres

import (
	"fmt"
	"testing"
)

// Ordinary entries fit into the schema: what operators write that is odd and right.
func ordinaryEntriesAreTaken(t *testing.T, d *database) {
	s := d.tree(t)
	for i, c := range []struct{ column, value string }{
		{"uri", `sip:+12025550100@example.com;user=phone`},
		{"uri", `sip:a@example.com;transport=tcp;lr`},
		{"uri", `sip:a@example.com.`},
		{"uri", `sip:a@gw_1.example.com`},
		{"uri", `sip:user:pw@example.com:5060`},
		{"uri", `sip:a@192.0.2.1:5060`},
		{"uri", `sips:a@[2001:db8::1]:5061`},
		{"uri", `im:a@192.0.2.1`},
		{"uri", `im:a@localhost`},
		{"uri", `xmpp:a@192.0.2.1`},
		{"uri", `xmpp:a@example.com/desk`},
		{"uri", `http://192.0.2.1/`},
		{"uri", `https://[2001:db8::1]:8443/x`},
		{"uri", `https://user@example.com/?a=b@c`},
		{"uri", `mailto:a@192.0.2.1`},
		{"regexp", `!^\+1([2-9]..)(.*)$!sip:\1\2@example.com!`},
		{"regexp", `!^\+12025[0-57].*$!sip:a@example.com!`},
		{"regexp", `!^[+]1(.*)$!sip:\1@example.com!`},
		{"regexp", `!^[^+]?.*$!sip:a@example.com!`},
		{"regexp", `!^\+1(.*)$!sip:x@\1.example.com!`},
		{"regexp", `!^\+1(.*)$!sip:+1\1@[2001:db8::1]!`},
	} {
		if got := d.try(fmt.Sprintf("INSERT INTO %s.record (number, services, %s) VALUES ('1202555%04d', 'E2U+x-test', '%s')", s, c.column, i, c.value)); got != "" {
			t.Errorf("%s: refused by %s", c.value, got)
		}
	}
}
