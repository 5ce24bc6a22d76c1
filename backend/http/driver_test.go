package http

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		url   string
		lines []string
		want  string // the URL; "" with err
		err   string
	}{
		{"https://db.example.net", nil, "https://db.example.net", ""},
		{"https://DB.example.net:8443/enum/", nil, "https://db.example.net:8443/enum", ""},
		{"https://[2001:db8::1]/a%20b", nil, "https://[2001:db8::1]/a%20b", ""},
		{"http://127.0.0.1:8080", nil, "http://127.0.0.1:8080", ""}, {"http://localhost/x", nil, "http://localhost/x", ""}, {"http://[::1]:8080/x", nil, "http://[::1]:8080/x", ""},
		{"http://10.0.0.1/x", []string{"tls off"}, "http://10.0.0.1/x", ""}, {"https://127.0.0.1/x", []string{"tls_ca ca.pem"}, "https://127.0.0.1/x", ""},
		{"https://h/x", []string{"mode store", "token env:T", "connections 7", "tls on"}, "https://h/x", ""},
		{"http://10.0.0.1/x", nil, "", "in the clear"}, {"http://db.example.net", []string{"token env:T"}, "", "in the clear"},
		{"http://127.0.0.1", []string{"tls on"}, "", "the URL says http"}, {"https://h", []string{"tls off"}, "", "the URL says https"},
		{"http://127.0.0.1", []string{"tls_ca ca.pem"}, "", "TLS is off"},
		{"https://user:hunter2@h/", nil, "", "option token"}, {"https://hunter2@h/", nil, "", "option token"},
		{"https://h/?key=hunter2", nil, "", "no ?"}, {"https://h/?", nil, "", "no ?"}, {"https://h/#hunter2", nil, "", "no ?"}, {"https://h/#", nil, "", "no ?"},
		{"h:8080", nil, "", "no address"}, {"ftp://hunter2/", nil, "", "no address"}, {"https:hunter2", nil, "", "no address"}, {"https://", nil, "", "no address"},
		{"https://h:0/", nil, "", "no address"}, {"https://h:99999/", nil, "", "no address"}, {"https://hunter2 /", nil, "", "no address"}, {"https://h/\r\nX:", nil, "", "no address"},
		{"https://h/\u00e9", nil, "https://h/%C3%A9", ""},
		{"https://h", []string{"password env:P"}, "", "token"}, {"https://h", []string{"token hunter2"}, "", "holds no secrets"}, {"https://h", []string{"token env:T", "token env:T"}, "", "given twice"},
		{"https://h", []string{"refresh 2s", "mode store"}, "", "only mode feed"}, {"https://h", []string{"refresh 31m"}, "", "half of the option stale"},
		{"https://h", []string{"refresh 1ms"}, "", "from 100ms"}, {"https://h", []string{"user u"}, "", "unknown option"},
	} {
		c := config(t, tt.url, tt.lines...)
		o, err := Driver{}.Parse(c)
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("%s %q: %v", tt.url, tt.lines, err)
		case tt.err == "":
			if got := o.(*options).at.String(); got != tt.want {
				t.Errorf("%s: %s", tt.url, got)
			}
		case err == nil || !strings.Contains(err.Error(), tt.err):
			t.Errorf("%s %q: %v, want %q", tt.url, tt.lines, err, tt.err)
		case strings.Contains(err.Error(), "hunter2"):
			t.Errorf("the error tells a secret: %v", err)
		}
	}
	if _, err := (Driver{}).Parse(config(t, "")); err == nil {
		t.Error("an empty URL is taken")
	}
}

// What makes a difference stands in the key, and a secret does not.
func TestKey(t *testing.T) {
	t.Setenv("T", "hunter2")
	seen := map[string]bool{}
	for _, lines := range [][]string{nil, {"token env:T"}, {"token env:U"}, {"refresh 2s"}, {"mode store"}, {"stale 2h"}} {
		key := parse(t, "https://h/x", lines...).Key()
		if seen[key] || strings.Contains(key, "hunter2") {
			t.Errorf("%q: %s", lines, key)
		}
		seen[key] = true
	}
	if parse(t, "https://h/x").Key() != parse(t, "https://H/x/").Key() {
		t.Error("one tree has two keys")
	}
}
