package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/explain"
)

// told is a Server that says what a test wants.
type told struct {
	page    Page
	trees   []Explanation
	err     error
	asked   string
	working func(ctx context.Context)
}

func (s *told) Status(ctx context.Context) Page {
	if s.working != nil {
		s.working(ctx)
	}
	return s.page
}

func (s *told) Explain(_ context.Context, number string) ([]Explanation, error) {
	s.asked = number
	return s.trees, s.err
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

var at = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// full is a page that has all there is; each text stands in it once, and would be a script where it is not escaped.
func full() (Page, []string) {
	var texts []string
	text := func(name string) string {
		texts = append(texts, name)
		return name + hostile
	}
	entries, age := 1234567, 90061.0
	return Page{
		Time: at,
		Trees: []Tree{
			{Zone: text("zone0"), Servers: []string{text("server0"), text("server1")}, View: text("view0"), Answers: Own, Serial: 4711},
			{Zone: text("zone1"), Servers: []string{}, Backend: 1, Answers: Before, Stale: true},
			{Zone: text("zone2"), Servers: []string{}, Backend: 1, Answers: Nothing, Fault: text("fault0")},
		},
		Backends: []Backend{
			{Driver: text("driver0"), Place: text("place0"), Memory: true, Ready: true, Sources: []Data{{
				Source: text("source0"), State: Current, Entries: &entries, Broken: 17, Serial: 4712, Loaded: at.Add(-time.Hour), Age: &age,
				Findings: []Finding{{Rule: text("rule0"), Count: 3, Text: text("finding0")}}, More: 99,
			}}},
			{Driver: text("driver1"), Place: text("place1"), Sources: []Data{
				{Source: text("source1"), State: Refused, Refusals: 42, Refused: &Fault{Time: at, Text: []string{text("line0"), text("line1")}}},
				{Source: text("source2"), State: Unavailable, Away: &Fault{Time: at, Text: []string{text("reason0")}}},
				{Source: text("source3"), State: Loading},
			}},
		},
		Inspected: []Inspection{{Zone: text("zone3"), Directive: "enumim_guard", Mode: "enforce", Place: text("place2")}},
	}, texts
}

// fullExplanation is the same of an explanation.
func fullExplanation() (Explanation, []string) {
	var texts []string
	text := func(name string) string {
		texts = append(texts, name)
		return name + hostile
	}
	return Explanation{
		View: explain.View{
			Number: text("number0"), Domain: text("domain0"), Source: text("source0"), Result: "found", TTL: 3601, Stale: true,
			Entries: []explain.EntryView{{Name: "name", Entry: text("entry0"), Wins: true, Why: text("why0")}, {Entry: text("entry1"), Why: text("why1")}},
			Records: []explain.RecordView{{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: text("regexp0"), Replacement: "."}},
			Silent:  []explain.RecordView{{Regexp: text("regexp1"), Replacement: "."}},
			Kept:    []explain.RecordView{{Regexp: text("regexp2"), Replacement: "."}},
			Findings: []explain.FindingView{
				{Record: 0, Code: text("code0"), Severity: "warning", Text: text("finding0"), Rule: text("rule0")},
				{Record: -1, Code: text("code1"), Severity: "info", Text: text("finding1"), Rule: text("rule1")},
			},
			Clients: []explain.ClientView{
				{Client: text("client0"), Title: text("title0"), Rests: "proved", Targets: []explain.TargetView{{URI: "javascript:" + text("uri0")}}},
				{Client: text("client1"), Title: text("title1"), Rests: "read", Failed: text("failed0"), Targets: []explain.TargetView{}},
				{Client: "bind", Title: text("title2"), Rests: "read", Targets: []explain.TargetView{}},
			},
		},
		Servers: []string{text("server0")}, Sentence: text("sentence0"), Fault: text("fault0"),
		Guard: &Guard{Zone: text("zone0"), Mode: "enforce", Action: "withheld", Told: []string{text("told0")}},
	}, texts
}

// ask sends a request and returns the answer.
func ask(h http.Handler, method, target string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Host = "localhost:9154"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A page has no scripts, and nothing from elsewhere.
var (
	quoted  = regexp.MustCompile(`"[^"]*"`)
	active  = regexp.MustCompile(`(?i)<(script|iframe|object|embed|img|svg|base|meta[^>]*http-equiv)|<[a-z][^>]*\s(on[a-z]+|style|srcdoc)\s*=`)
	outside = regexp.MustCompile(`(?i)(src|href|action)="?\s*([a-z]+:|//)`)
)

// Everything there is to tell stands on the page, and nothing of it becomes a part of the page.
func TestPageTellsAllAndEscapesIt(t *testing.T) {
	page, texts := full()
	explanation, more := fullExplanation()
	s := &told{page: page, trees: []Explanation{explanation}}
	h := newHandler(s, Options{})
	for _, c := range []struct {
		method, target string
		form           url.Values
		texts          []string
	}{
		{"GET", "/", nil, append(texts, "not ready", "4711", "4712", "1234567", "17 unreadable", "1 d 1 h ago", "42", "2026-03-04 05:06:07 UTC", "2026-03-04 04:06:07 UTC", "(3 times)", "and 99 more", "stale", "asked for each query", "in memory", "enforce")},
		{"POST", "/explain", url.Values{"number": {hostile}}, append(more, "TTL 3601", "stale", "100 10 &#34;u&#34; &#34;E2U&#43;im&#34;", "proved", "hands the answer on", "withheld", "value=\"&#34;&gt;")},
	} {
		w := ask(h, c.method, c.target, c.form)
		body := w.Body.String()
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: %d, %v", c.target, w.Code, w.Header())
		}
		for _, text := range c.texts {
			if !strings.Contains(body, text) {
				t.Errorf("%s: %q is not on the page", c.target, text)
			}
		}
		if found := active.FindString(quoted.ReplaceAllString(body, `""`)) + outside.FindString(body); found != "" {
			t.Errorf("%s: %s", c.target, found)
		}
		tables, heads := strings.Count(body, "<table>"), strings.Count(body, "<thead><tr><th scope=\"col\">")
		if tables == 0 || tables != heads || !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, `<label for="number">`) {
			t.Errorf("%s: who hears the page, and does not see it, needs its language, labels and the heads of tables", c.target)
		}
	}
	if s.asked != hostile {
		t.Errorf("asked for %q", s.asked)
	}
}

// What is broken, and what is empty, has a page too.
func TestPageOfNothing(t *testing.T) {
	for _, p := range []Page{{}, {Ready: true, Backends: []Backend{{Sources: []Data{{State: Loading}}}}, Trees: []Tree{{Answers: Own}}}} {
		if w := ask(newHandler(&told{page: p}, Options{}), "GET", "/", nil); w.Code != http.StatusOK || !strings.HasSuffix(w.Body.String(), "</html>\n") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// What programs read stays as it is, and stands in the documentation.
func TestJSON(t *testing.T) {
	doc, err := os.ReadFile("../docs/status.md")
	if err != nil {
		t.Fatal(err)
	}
	var look func(typ reflect.Type)
	look = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" && !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("docs/status.md does not tell of %s of %s", name, typ)
			}
			look(typ.Field(i).Type)
		}
	}
	look(reflect.TypeFor[Page]())
	look(reflect.TypeFor[Explained]())

	entries, age := 2, 3.5
	p := Page{
		Time: at, Ready: true,
		Trees: []Tree{{Zone: "e164.arpa.", Servers: []string{"dns://127.0.0.1:53"}, Answers: Own, Serial: 7}},
		Backends: []Backend{{Driver: "file", Place: "Corefile:2", Memory: true, Ready: true, Sources: []Data{{
			Source: "numbers.txt", State: Refused, Entries: &entries, Serial: 7, Loaded: at, Age: &age, Refusals: 1,
			Refused: &Fault{Time: at, Text: []string{"numbers.txt:1: fault"}}, Findings: []Finding{{"O07", 1, "text"}},
		}}}},
		Inspected: []Inspection{{"e164.arpa.", "enumim", "observe", "Corefile:5"}},
	}
	w := ask(newHandler(&told{page: p}, Options{}), "GET", "/status.json", nil)
	const want = `{"time":"2026-03-04T05:06:07Z","ready":true,` +
		`"trees":[{"zone":"e164.arpa.","servers":["dns://127.0.0.1:53"],"backend":0,"answers":"own","serial":7}],` +
		`"backends":[{"driver":"file","place":"Corefile:2","memory":true,"ready":true,"sources":[{"source":"numbers.txt","state":"refused",` +
		`"entries":2,"serial":7,"loaded":"2026-03-04T05:06:07Z","age_seconds":3.5,"refusals":1,` +
		`"refused":{"time":"2026-03-04T05:06:07Z","text":["numbers.txt:1: fault"]},"findings":[{"rule":"O07","count":1,"text":"text"}]}]}],` +
		`"inspected":[{"zone":"e164.arpa.","directive":"enumim","mode":"observe","place":"Corefile:5"}]}`
	same(t, w, want)
	h := newHandler(&told{trees: []Explanation{{
		View:    explain.View{Number: "+1", Domain: "1.e164.arpa.", Source: "x", Result: "nodata", Records: []explain.RecordView{}},
		Servers: []string{"dns://127.0.0.1:53"},
	}}}, Options{})
	same(t, ask(h, "POST", "/explain.json", url.Values{"number": {"+1"}}),
		`{"trees":[{"number":"+1","domain":"1.e164.arpa.","source":"x","result":"nodata","ttl":0,"records":[],"servers":["dns://127.0.0.1:53"]}]}`)
	h = newHandler(&told{err: errors.New("no tree")}, Options{})
	w = ask(h, "POST", "/explain.json", url.Values{"number": {"+1"}})
	same(t, w, `{"trees":[],"error":"no tree"}`)
	if w.Code != http.StatusBadRequest {
		t.Errorf("status %d", w.Code)
	}
}

// same compares JSON but for its blanks.
func same(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	var got, wanted any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, w.Body)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if w.Header().Get("Content-Type") != "application/json" || !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %v\n%s\nwant\n%s", w.Header(), w.Body, want)
	}
}

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

// Ages are written as people say them.
func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59*time.Second + 999*time.Millisecond: "59 s", 90 * time.Second: "1 min 30 s",
		25 * time.Hour: "1 d 1 h", 3*time.Hour + 59*time.Minute: "3 h 59 min",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
