package remote

import "testing"

func TestHostPort(t *testing.T) {
	for arg, want := range map[string]string{
		"db.example.net": "db.example.net:99", "DB:1": "db:1", "::1": "[::1]:99", "[::1]": "[::1]:99", "[::1]:7": "[::1]:7",
		"": "", ":7": "", "h:0": "", "h:65536": "", "h:x": "", "a:b:c": "", "h/x": "", "a,b": "", "a b": "",
	} {
		if got, ok := HostPort(arg, "99"); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", arg, got, ok)
		}
	}
}
