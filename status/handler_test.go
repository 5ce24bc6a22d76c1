package status

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

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

// What is not shown, or has others shown in another order, is visible on the page and in JSON: else people would read another
// URI than the one that is dialled. Programs get it unchanged.
func TestInvisibleIsShown(t *testing.T) {
	const uri, written = "im:\u202ea\u009b\x1b[31m\x7fé@example.com", "im:%E2%80%AEa%C2%9B%1B[31m%7Fé@example.com"
	e := Explanation{View: explain.View{Clients: []explain.ClientView{{Targets: []explain.TargetView{{URI: uri}}}}}}
	h := newHandler(&told{trees: []Explanation{e}}, Options{})
	for _, target := range []string{"/explain", "/explain.json"} {
		body := ask(h, "POST", target, url.Values{"number": {"+1\u202e"}}).Body.String()
		if i := strings.IndexFunc(body, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }); i >= 0 {
			t.Errorf("%s: octet %d is not shown: %q", target, i, body)
		}
		if target == "/explain" {
			if !strings.Contains(body, written) {
				t.Errorf("%s", body)
			}
			continue
		}
		var got Explained
		if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Trees) != 1 || got.Trees[0].Clients[0].Targets[0].URI != uri {
			t.Errorf("%v: %s", err, body)
		}
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
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && name != "-" && !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("docs/status.md does not tell of %s of %s", name, typ)
			}
			look(field.Type)
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
