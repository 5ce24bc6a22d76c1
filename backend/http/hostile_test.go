package http

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// entry is what the tests' server says of the number 4930, wherever it is asked.
const entry = `{"kind":"number","number":"4930","records":[{"uri":"im:u@example.com"}]}`

// answer is the whole reply to a look-up of 4930.
const answered = `{"format":1,"generation":7,"answers":[{"number":"4930","entries":[` + entry + `],"below":false}]}`

const jsonType = "application/json"

func bomb(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 1 << 10 {
		fmt.Fprint(z, strings.Repeat(text, 1<<10))
	}
	z.Close()
	return b.String()
}

// bad is a reply that is none, however it is read.
type bad struct {
	name, reply string
	endless     string // what follows again and again
	slow        bool   // one octet each 20 ms
	hangs       bool   // the connection stays, and nothing follows
}

// outages are replies by which nobody may be denied a number. denial is a whole body that would deny it.
func outages(media, denial string) []bad {
	ok := func(body string, header ...string) string { return reply("200 OK", media, body, header...) }
	all := []bad{
		{name: "nothing"}, {name: "silence", hangs: true}, {name: "no HTTP", reply: "SSH-2.0-OpenSSH_9.2\r\n"}, {name: "half a status", reply: "HTTP/1.1 20"},
		{name: "HTTP/2 frames", reply: "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{name: "HTML", reply: reply("200 OK", "text/html", "<html><body>Welcome</body></html>")},
		{name: "HTML that says otherwise", reply: ok("<html><body>Welcome</body></html>")},
		{name: "empty body", reply: ok("")}, {name: "no content", reply: "HTTP/1.1 204 No Content\r\n\r\n"}, {name: "not modified", reply: "HTTP/1.1 304 Not Modified\r\n\r\n"},
		{name: "redirect", reply: reply("302 Found", media, denial, "Location: /elsewhere")}, {name: "moved", reply: reply("301 Moved Permanently", media, denial, "Location: http://192.0.2.1/")},
		{name: "drip", reply: ok(denial), slow: true}, {name: "hangs in the header", reply: "HTTP/1.1 200 OK\r\nContent-", hangs: true},
		{name: "hangs in the body", reply: strings.TrimSuffix(ok(denial), denial[1:]), hangs: true},
		{name: "reset in the body", reply: strings.TrimSuffix(ok(denial), denial[len(denial)/2:])},
		{name: "longer than it says", reply: "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nContent-Length: " + fmt.Sprint(len(denial)-2) + "\r\n\r\n" + denial},
		{name: "two lengths", reply: ok(denial, "Content-Length: 3")}, {name: "negative length", reply: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + denial},
		{name: "8 EB", reply: "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nContent-Length: 9223372036854775807\r\n\r\n", endless: "x"},
		{name: "endless body", reply: "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\n\r\n", endless: strings.Repeat(" ", 1000)},
		{name: "endless chunks", reply: "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nTransfer-Encoding: chunked\r\n\r\n", endless: "1\r\n \r\n"},
		{name: "chunks without end", reply: "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"},
		{name: "endless header", reply: "HTTP/1.1 200 OK\r\n", endless: "X-Header: " + strings.Repeat("x", 100) + "\r\n"}, {name: "endless line", reply: "HTTP/1.1 200 OK\r\nX: ", endless: "x"},
		{name: "endless interim replies", endless: "HTTP/1.1 103 Early Hints\r\n\r\n"},
		{name: "gzip bomb", reply: ok(bomb(" "), "Content-Encoding: gzip")}, {name: "gzip bomb that says otherwise", reply: ok(bomb(" "))},
		{name: "wrong encoding", reply: ok(denial, "Content-Encoding: br")},
		{name: "no UTF-8", reply: ok(strings.Replace(denial, "4", "\xff", 1))}, {name: "UTF-16", reply: ok("\xff\xfe{\x00}\x00")},
	}
	for _, status := range []string{
		"400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "407 Proxy Authentication Required", "410 Gone",
		"429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", "206 Partial Content", "203 Non-Authoritative",
	} {
		all = append(all, bad{name: status, reply: reply(status, media, denial)})
	}
	for cut := range len(denial) {
		all = append(all, bad{name: fmt.Sprint("cut at ", cut), reply: ok(denial[:cut])})
	}
	return all
}

// serve returns a server that gives the same bad reply to whatever it is asked, but good ones to what it is asked
// first. asked is called for each.
func (b bad) serve(t testing.TB, asked func(), good ...string) string {
	var mu sync.Mutex
	next := func() (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		asked()
		if len(good) == 0 {
			return "", false
		}
		text := good[0]
		good = good[1:]
		return text, true
	}
	return scripted(t, func(c net.Conn, _ string) bool {
		if text, ok := next(); ok {
			c.Write([]byte(text))
			return true
		}
		for i := range len(b.reply) {
			if !b.slow {
				c.Write([]byte(b.reply))
				break
			}
			if _, err := c.Write([]byte{b.reply[i]}); err != nil {
				return false
			}
			time.Sleep(20 * time.Millisecond)
		}
		for b.endless != "" {
			if _, err := c.Write([]byte(strings.Repeat(b.endless, 100))); err != nil {
				return false
			}
		}
		return b.hangs
	})
}

// tells fails the test when an error tells what nobody may know.
func tells(t testing.TB, err error) {
	t.Helper()
	for _, secret := range []string{"4930", "im:u", "hunter2", "Welcome"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q tells %q", err, secret)
		}
	}
}

// heap returns how much memory is in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// However a reply is wrong, a number is not denied in mode store, the look-up ends in time, and memory stays bounded.
func TestHostileStore(t *testing.T) {
	denial := `{"format":1,"generation":7,"answers":[{"number":"4930","entries":[],"below":false}]}`
	replace := func(from, to string) string { return reply("200 OK", jsonType, strings.Replace(denial, from, to, 1)) }
	all := append(outages(jsonType, denial), []bad{
		{name: "no type", reply: reply("200 OK", "", denial)}, {name: "text", reply: reply("200 OK", "text/plain", denial)},
		{name: "another format", reply: replace(`"format":1`, `"format":2`)}, {name: "no format", reply: replace(`"format":1,`, ``)},
		{name: "no generation", reply: replace(`"generation":7,`, ``)}, {name: "no data", reply: replace(`"generation":7`, `"generation":0`)},
		{name: "huge number", reply: replace(`7`, strings.Repeat("9", 500))}, {name: "a number above 2^53", reply: replace(`7`, "9007199254740992")},
		{name: "negative", reply: replace(`7`, `-7`)}, {name: "fraction", reply: replace(`7`, `7.0`)}, {name: "text as number", reply: replace(`7`, `"7"`)},
		{name: "another number", reply: replace(`4930`, `4931`)}, {name: "its number with sign", reply: replace(`4930`, `+4930`)}, {name: "number as number", reply: replace(`"4930"`, `4930`)},
		{name: "sixteen digits", reply: replace(`4930`, `4930493049304930`)}, {name: "letters", reply: replace(`4930`, `49e0`)},
		{name: "no answers", reply: replace(denial[strings.Index(denial, `{"number`):len(denial)-2], ``)}, {name: "null answers", reply: replace(denial[strings.Index(denial, `[`):len(denial)-1], `null`)},
		{name: "no entries", reply: replace(`"entries":[],`, ``)}, {name: "null entries", reply: replace(`[]`, `null`)}, {name: "an object of entries", reply: replace(`[]`, `{}`)},
		{name: "no below", reply: replace(`,"below":false`, ``)}, {name: "null below", reply: replace(`false`, `null`)}, {name: "below as text", reply: replace(`false`, `"false"`)},
		{name: "twice", reply: replace(`"below":false`, `"below":false,"below":false`)}, {name: "another case", reply: replace(`"entries"`, `"Entries"`)},
		{name: "unknown name", reply: replace(`"below":false`, `"below":false,"ttl":1`)}, {name: "two answers", reply: replace(`false}`, `false},{"number":"4930","entries":[],"below":false}`)},
		{name: "one more answer", reply: replace(`false}`, `false},{"number":"4931","entries":[],"below":false}`)},
		{name: "something behind", reply: reply("200 OK", jsonType, denial+denial)}, {name: "an array", reply: reply("200 OK", jsonType, "["+denial+"]")},
		{name: "null", reply: reply("200 OK", jsonType, "null")}, {name: "comma", reply: replace(`false}`, `false,}`)},
		{name: "an entry that is null", reply: replace(`[]`, `[null]`)}, {name: "an entry that is no JSON", reply: replace(`[]`, `[x]`)}, {name: "an empty entry", reply: replace(`[]`, `[{}]`)},
		{name: "entry of another number", reply: replace(`[]`, `[`+strings.Replace(entry, "4930", "4931", 1)+`]`)},
		{name: "entry of a longer number", reply: replace(`[]`, `[`+strings.Replace(entry, "4930", "49301", 1)+`]`)},
		{name: "entry twice", reply: replace(`[]`, `[`+entry+`,`+entry+`]`)}, {name: "entry with a wrong URI", reply: replace(`[]`, `[`+strings.Replace(entry, "im:u", "im u", 1)+`]`)},
		{name: "deep", reply: replace(`[]`, strings.Repeat("[", 100_000))}, {name: "deep entry", reply: replace(`[]`, `[`+strings.Repeat(`{"a":`, 100_000)+`]`)},
		{name: "too large", reply: replace(`[]`, `[`+strings.Repeat(" ", 2<<20)+`]`)},
	}...)
	before := heap()
	for _, b := range all {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			within := patience
			if b.slow || b.hangs {
				within = 300 * time.Millisecond
			}
			served, _ := open(t, parse(t, b.serve(t, func() {}), "mode store"))
			start := time.Now()
			a, err := lookUp(t, served, "4930", within)
			if err == nil {
				t.Fatalf("answered: %+v", a)
			}
			if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrInvalidData) {
				t.Errorf("%v", err)
			}
			tells(t, err)
			if took := time.Since(start); took > within+2*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	t.Cleanup(func() {
		if used := heap() - before; used > 512<<20 {
			t.Errorf("%d MB", used>>20)
		}
	})
}

// However a tree is wrong, nothing of it is served in mode feed, and what was served before stays.
func TestHostileFeed(t *testing.T) {
	good := `{"kind":"tree","format":1,"generation":7,"changes":false}` + "\n" + entry + "\n" + `{"kind":"end","entries":1}` + "\n"
	denial := `{"kind":"tree","format":1,"generation":8,"changes":false}` + "\n" + `{"kind":"number","number":"4931","none":true}` + "\n" + `{"kind":"end","entries":1}`
	replace := func(from, to string) string { return reply("200 OK", "", strings.Replace(denial, from, to, 1)) }
	block := `{"kind":"number","number":"4931","none":true}`
	all := append(outages("application/jsonl", denial), []bad{
		{name: "another format", reply: replace(`"format":1`, `"format":2`)}, {name: "no head", reply: replace(denial[:strings.Index(denial, "\n")+1], ``)},
		{name: "another kind", reply: replace(`tree`, `forest`)}, {name: "no changes", reply: replace(`,"changes":false`, ``)}, {name: "no data", reply: replace(`8`, `0`)},
		{name: "wrong count", reply: replace(`"entries":1`, `"entries":2`)}, {name: "huge count", reply: replace(`"entries":1`, `"entries":1e99`)},
		{name: "two ends", reply: reply("200 OK", "", denial+"\n"+`{"kind":"end","entries":1}`)}, {name: "something behind", reply: reply("200 OK", "", denial+"\n"+block)},
		{name: "entry without number", reply: replace(`"number":"4931",`, ``)}, {name: "entry that is no JSON", reply: replace(block, block[:20])}, {name: "entry that is null", reply: replace(block, `null`)},
		{name: "not sorted", reply: replace(block, block+"\n"+strings.Replace(block, "4931", "4929", 1))},
		{name: "endless line of an entry", reply: "HTTP/1.1 200 OK\r\n\r\n" + denial[:strings.Index(denial, "\n")+1], endless: `{"kind":"number",`},
		{name: "deep", reply: replace(block, strings.Repeat(`{"a":`, 100_000))},
	}...)
	for _, b := range all {
		if b.slow || b.name == "endless body" || b.name == "endless chunks" { // it goes on for as long as a tree may take
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			url := b.serve(t, func() { asked.Add(1) }, reply("200 OK", "", good))
			served, r := open(t, parse(t, url, "mode feed", "refresh 100ms"))
			eventually(t, "loaded", func() bool { return r.count(backend.Loaded) == 1 })
			eventually(t, "asked again", func() bool { return asked.Load() > 1 })
			if !b.hangs {
				eventually(t, "the fault is told", func() bool { return r.count(backend.Unavailable)+r.count(backend.Refused) > 0 })
			}
			if got := kind(t, served, "4930"); got != int(backend.Found) {
				t.Errorf("answered %d", got)
			}
			if n := r.count(backend.Loaded); n != 1 {
				t.Errorf("loaded %d times", n)
			}
			for _, e := range r.all() {
				if e.Err != nil {
					tells(t, e.Err)
				}
			}
		})
	}
}

// A connection that the server ended while it waited costs no look-up: another is made, once the look-up turns out not
// to have reached anybody.
func TestConnectionThatEnded(t *testing.T) {
	o := parse(t, scripted(t, func(c net.Conn, _ string) bool {
		c.Write([]byte(reply("200 OK", jsonType, answered)))
		return false // without a word that it ends
	}), "mode store")
	b, _ := open(t, o)
	for i := range 5 {
		if _, err := lookUp(t, b, "4930", patience); err != nil {
			t.Fatalf("look-up %d: %v", i, err)
		}
	}
}

// What fails on a connection that is new, or after something came, is not asked again.
func TestNothingIsAskedTwice(t *testing.T) {
	for name, text := range map[string]string{"nothing": "", "a part": "HTTP/1.1 200 OK\r\n", "an error": reply("503 Service Unavailable", "", "")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 10)
			var good atomic.Bool
			good.Store(true)
			b, _ := open(t, parse(t, scripted(t, func(c net.Conn, _ string) bool {
				asked <- struct{}{}
				if text != "" && good.Swap(false) { // else the connection is new
					c.Write([]byte(reply("200 OK", jsonType, answered)))
					return true
				}
				c.Write([]byte(text))
				return false
			}), "mode store", "connections 1"))
			want := 1
			if text != "" {
				want = 2
				if _, err := lookUp(t, b, "4930", patience); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := lookUp(t, b, "4930", patience); !errors.Is(err, backend.ErrUnavailable) {
				t.Errorf("%v", err)
			}
			if len(asked) != want {
				t.Errorf("asked %d times, want %d", len(asked), want)
			}
		})
	}
}

// Requests hold digits alone, the token, and nothing that a proxy or the environment would have in them.
func TestRequest(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	path := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(path, []byte("hunter2\n"), 0o600))
	got := make(chan string, 1)
	url := scripted(t, func(c net.Conn, request string) bool {
		got <- request
		c.Write([]byte(reply("200 OK", jsonType, answered, "Set-Cookie: a=b")))
		return true
	})
	b, _ := open(t, parse(t, url+"/a/", "mode store", "token file:"+path))
	want := func(token string) string {
		return "POST /a/lookup HTTP/1.1\r\nHost: " + strings.TrimPrefix(url, "http://") + "\r\nUser-Agent: enumim\r\nAccept-Encoding: identity\r\n" +
			"Authorization: Bearer " + token + "\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n" + `{"format":1,"numbers":["4930"]}`
	}
	for range 2 {
		if _, err := lookUp(t, b, "4930", patience); err != nil {
			t.Fatal(err)
		}
		if text := <-got; text != want("hunter2") {
			t.Errorf("%q\nwant\n%q", text, want("hunter2"))
		}
	}
	must(t, os.WriteFile(path, []byte("other"), 0o600))
	eventually(t, "the token is read again", func() bool {
		_, err := lookUp(t, b, "4930", patience)
		return err == nil && <-got == want("other")
	})
	must(t, os.WriteFile(path, []byte("hunter2 \x01"), 0o600))
	eventually(t, "a token with a control character is refused", func() bool {
		_, err := lookUp(t, b, "4930", patience)
		if err == nil {
			<-got
			return false
		}
		tells(t, err)
		return errors.Is(err, backend.ErrUnavailable)
	})
}

// Close ends look-ups that are under way.
func TestClose(t *testing.T) {
	asked := make(chan struct{}, 1)
	o := parse(t, scripted(t, func(net.Conn, string) bool {
		asked <- struct{}{}
		return true
	}), "mode store")
	s := &store{client: o.client(1), codec: &o.Codec}
	ended := make(chan error, 2)
	for range 2 { // one waits for the other
		go func() {
			_, err := s.Find(context.Background(), []e164.Number{number(t, "4930")})
			ended <- err
		}()
	}
	<-asked
	must(t, s.Close())
	for range 2 {
		if err := <-ended; !errors.Is(err, backend.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	if _, err := s.Check(t.Context()); !errors.Is(err, backend.ErrClosed) {
		t.Errorf("%v", err)
	}
	must(t, s.Close())
}
