package status

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Every reply, those of faults too, forbids scripts, frames, guesses of its type, and keeping it.
func TestHeaders(t *testing.T) {
	h := newHandler(&told{}, Options{})
	for _, c := range []struct {
		method, target, host string
		code                 int
	}{
		{"GET", "/", "localhost", 200},
		{"HEAD", "/", "localhost", 200},
		{"GET", "/status.json", "localhost", 200},
		{"GET", "/style.css", "localhost", 200},
		{"GET", "/page.html", "localhost", 404},
		{"GET", "/favicon.ico", "localhost", 404},
		{"GET", "/", "attacker.example", 421},
		{"GET", "/explain", "localhost", 405},
		{"GET", "/explain.json?number=%2B12025550100", "localhost", 405},
		{"POST", "/", "localhost", 405},
		{"PUT", "/explain", "localhost", 405},
		{"DELETE", "/status.json", "localhost", 405},
		{"TRACE", "/", "localhost", 405},
		{"OPTIONS", "/explain", "localhost", 405},
		{"POST", "/explain?number=%2B12025550100", "localhost", 400}, // an address gets into logs: it counts for nothing
	} {
		w := ask(h, c.method, c.target, nil, func(r *http.Request) { r.Host = c.host })
		header := w.Header()
		if w.Code != c.code {
			t.Errorf("%s %s: %d, want %d", c.method, c.target, w.Code, c.code)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cache-Control":                "no-store",
		} {
			if header.Get(name) != want {
				t.Errorf("%s %s: %s is %q", c.method, c.target, name, header.Get(name))
			}
		}
		for name := range header {
			if strings.HasPrefix(name, "Access-Control") || name == "Set-Cookie" {
				t.Errorf("%s %s: %s", c.method, c.target, name)
			}
		}
	}
}

// A name that an attacker lets point to this machine makes no browser hand the page over.
func TestHost(t *testing.T) {
	for _, c := range []struct {
		host, configured string
		known            bool
	}{
		{"localhost", "", true},
		{"LocalHost:9154", "", true},
		{"localhost:8000", "", true}, // through a tunnel
		{"127.0.0.1:9154", "", true},
		{"127.1.2.3", "", true},
		{"[::1]:9154", "", true},
		{"[::1]", "", true},
		{"[::ffff:127.0.0.1]:9154", "", true},
		{"attacker.example", "", false},
		{"attacker.example:9154", "localhost", false},
		{"localhost.attacker.example", "", false},
		{"127.0.0.1.attacker.example:9154", "", false},
		{"enum.example.net:9154", "", false},
		{"enum.example.net:9154", "enum.example.net", true},
		{"ENUM.example.net", "enum.example.net", true},
		{"192.0.2.1:9154", "", true}, // the address that it came to
		{"192.0.2.2:9154", "", false},
		{"192.0.2.2:9154", "192.0.2.2", true},
		{"2130706433", "", false},
		{"0.0.0.0", "", false},
		{"", "", false},
		{"localhost localhost", "", false},
	} {
		w := ask(newHandler(&told{}, Options{Host: c.configured}), "GET", "/status.json", nil, func(r *http.Request) {
			r.Host = c.host
			*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9154}))
		})
		if known := w.Code == http.StatusOK; known != c.known || !known && w.Code != http.StatusMisdirectedRequest {
			t.Errorf("%q, configured %q: %d", c.host, c.configured, w.Code)
		}
	}
}

// A page of another site cannot make a browser ask for numbers; the page's own form, and curl, can.
func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		header, value string
		code          int
	}{
		{"", "", 200},
		{"Sec-Fetch-Site", "same-origin", 200},
		{"Sec-Fetch-Site", "none", 200},
		{"Sec-Fetch-Site", "cross-site", 403},
		{"Sec-Fetch-Site", "same-site", 403},
		{"Origin", "http://localhost:9154", 200},
		{"Origin", "http://localhost:8080", 403},
		{"Origin", "https://attacker.example", 403},
		{"Origin", "null", 403},
	} {
		s := &told{}
		w := ask(newHandler(s, Options{}), "POST", "/explain", url.Values{"number": {"+12025550100"}}, func(r *http.Request) {
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
		})
		if w.Code != c.code || (s.asked != "") != (c.code == 200) {
			t.Errorf("%s %s: %d, asked %q", c.header, c.value, w.Code, s.asked)
		}
	}
}

// What is no number costs nothing.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		body string
		code int
	}{
		{"number=%2B12025550100", 200},
		{"", 400},
		{"number=", 400},
		{"number=%20%09", 400},
		{"number=%zz", 400},
		{"number=" + strings.Repeat("1", maxBody), 413},
		{strings.Repeat("a=&", maxBody), 413},
	} {
		for _, target := range []string{"/explain", "/explain.json"} {
			s := &told{}
			w := ask(newHandler(s, Options{}), "POST", target, url.Values{}, func(r *http.Request) {
				r.Body, r.ContentLength = http.NoBody, 0
				if c.body != "" {
					*r = *httptest.NewRequest("POST", target, strings.NewReader(c.body))
					r.Host = "localhost"
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
			})
			if w.Code != c.code || (s.asked != "") != (c.code == 200) {
				t.Errorf("%s %.30s: %d, asked %q", target, c.body, w.Code, s.asked)
			}
		}
	}
}

// Backends that do not answer hold no more than a few requests, and none for long.
func TestWorkIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(&told{working: func(ctx context.Context) { <-ctx.Done() }}, Options{})
		codes := make(chan int)
		began := time.Now()
		for range maxAsking {
			go func() { codes <- ask(h, "GET", "/", nil).Code }()
		}
		synctest.Wait()
		if w := ask(h, "GET", "/status.json", nil); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("one more: %d %v", w.Code, w.Header())
		}
		for range maxAsking {
			if code := <-codes; code != http.StatusOK {
				t.Errorf("%d", code)
			}
		}
		if took := time.Since(began); took != workTime {
			t.Errorf("it took %v", took)
		}
		h.server = &told{}
		if w := ask(h, "GET", "/", nil); w.Code != http.StatusOK {
			t.Errorf("afterwards: %d", w.Code)
		}
	})
}

// A panic costs one reply, is told, and keeps no place.
func TestPanic(t *testing.T) {
	told, panicked := &told{working: func(context.Context) { panic("bug") }}, 0
	h := newHandler(told, Options{Panicked: func(any) { panicked++ }})
	for range 2 * maxAsking {
		if w := ask(h, "GET", "/", nil); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "bug") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if panicked != 2*maxAsking {
		t.Errorf("told of %d", panicked)
	}
}

// listen serves a page over TCP.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := New(&told{}, Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return l.Addr().String()
}

// A head without end, and one that comes slowly, hold a connection for a few seconds.
func TestSlowAndHuge(t *testing.T) {
	t.Parallel()
	address := listen(t)
	for name, c := range map[string]struct {
		head string
		want string
	}{
		"huge":      {"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "HTTP/1.1 431 "},
		"slow head": {"GET / HTTP/1.1\r\nHost: loc", ""},
		"slow body": {"POST /explain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nnumber=", "HTTP/1.1 400 "},
		"silence":   {"", ""},
		"garbage":   {"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "HTTP/1.1 400 "},
		"no host":   {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
		"two hosts": {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 400 "},
		"absolute":  {"GET http://attacker.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "HTTP/1.1 421 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, c.head)
			conn.SetReadDeadline(time.Now().Add(time.Minute))
			var got strings.Builder
			buf := make([]byte, 4096)
			for {
				n, err := conn.Read(buf)
				got.Write(buf[:n])
				if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
					t.Fatalf("the connection is held for a minute; so far %q", got.String())
				}
				if err != nil {
					break
				}
			}
			if !strings.HasPrefix(got.String(), c.want) {
				t.Errorf("got %q", got.String())
			}
		})
	}
}
