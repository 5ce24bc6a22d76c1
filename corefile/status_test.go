package corefile

import "testing"

// The page explains numbers, and has no password: it is for this machine, unless the Corefile says otherwise.
func TestStatus(t *testing.T) {
	const head = "backend linetest\nstatus"
	for line, want := range map[string]*Status{
		"":                              {Address: "localhost:9154"},
		" localhost:8000":               {Address: "localhost:8000"},
		" 127.0.0.1:0":                  {Address: "127.0.0.1:0"},
		" 127.1.2.3:9154":               {Address: "127.1.2.3:9154"},
		" [::1]:9154":                   {Address: "[::1]:9154"},
		" :9154 everyone":               {Address: ":9154", Everyone: true},
		" 192.0.2.1:9154 everyone":      {Address: "192.0.2.1:9154", Everyone: true},
		" ns1.example.net:80 everyone":  {Address: "ns1.example.net:80", Everyone: true},
		" localhost:9154 everyone":      {Address: "localhost:9154", Everyone: true},
		" [::ffff:127.0.0.1]:9154":      {Address: "[::ffff:127.0.0.1]:9154"},
		" [2001:db8::1]:9154 everyone ": {Address: "[2001:db8::1]:9154", Everyone: true},
	} {
		if got := one(t, block("enumim e164.arpa", head+line)).Options.Status; got == nil || *got != *want {
			t.Errorf("status%s: %+v", line, got)
		}
	}
	if one(t, block("enumim e164.arpa", "backend linetest")).Options.Status != nil {
		t.Error("there is a page that nobody asked for")
	}
	for line, want := range map[string]string{
		" :9154":                   "status :9154: others than this machine could look up whose number leads where, without a password: write localhost:9154, or everyone behind",
		" 0.0.0.0:9154":            "status 0.0.0.0:9154: others than this machine could",
		" [::]:9154":               "status [::]:9154: others than this machine could",
		" 192.0.2.1:1":             "status 192.0.2.1:1: others than this machine could",
		" enum.example.net:80":     "status enum.example.net:80: others than this machine could",
		" localhost.example.net:1": "status localhost.example.net:1: others than this machine could",
		" 9154":                    `status "9154": expected a host and a port, such as localhost:9154`,
		" localhost":               `status "localhost": expected a host and a port`,
		" localhost:http":          `status "localhost:http": expected a host and a port`,
		" localhost:65536":         `status "localhost:65536": expected a host and a port`,
		" localhost:":              `status "localhost:": expected a host and a port`,
		" localhost:1 all":         `status "all": expected nothing behind the address, or everyone`,
		" localhost:1 everyone x":  "status: expected an address such as localhost:9154, found 3 arguments",
	} {
		wantError(t, block("enumim e164.arpa", head+line), "3: "+want)
	}
}
