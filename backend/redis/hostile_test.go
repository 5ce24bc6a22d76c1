package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// token stands in a reply for the one that came with the call.
const token = "$5\r\ntoken\r\n"

// hostile is a server that answers HELLO, and every other command with the same octets, over and over if endless.
func hostile(t testing.TB, reply string, endless bool) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				for {
					args, err := command(r)
					if err != nil {
						return
					}
					text := reply
					if len(args) > 7 {
						text = strings.Replace(reply, token, fmt.Sprintf("$%d\r\n%s\r\n", len(args[7]), args[7]), 1)
					}
					if strings.EqualFold(args[0], "hello") {
						text = "-ERR unknown command\r\n"
					}
					if _, err := conn.Write([]byte(text)); err != nil || strings.EqualFold(args[0], "hello") {
						continue
					}
					for endless {
						if _, err := conn.Write([]byte(reply)); err != nil {
							return
						}
					}
					if !complete(reply) {
						return // cut
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func complete(reply string) bool {
	var f frame
	return f.take([]byte(reply)) == nil && f.kind == 0 && f.skip == 0 && len(f.open) == 0
}

// command reads one command of a client.
func command(r *bufio.Reader) (args []string, err error) {
	number := func(kind byte) (int, error) {
		line, err := r.ReadString('\n')
		if err != nil || len(line) < 3 || line[0] != kind {
			return 0, errors.Join(err, errors.New("no command"))
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	n, err := number('*')
	for range n {
		size, err := number('$')
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		for at := 0; at < len(b); {
			m, err := r.Read(b[at:])
			if err != nil {
				return nil, err
			}
			at += m
		}
		args = append(args, string(b[:size]))
	}
	return args, err
}

const goodReply = "*4\r\n*5\r\n$1\r\n1\r\n$1\r\n5\r\n$1\r\nh\r\n$-1\r\n$-1\r\n*1\r\n:0\r\n*2\r\n$4\r\n4930\r\n"

func replyWith(value string) string {
	return goodReply + fmt.Sprintf("$%d\r\n%s\r\n", len(value), value) + token
}

// However a reply is wrong, a number is not denied, the look-up ends in time, and memory stays bounded.
func TestHostileServer(t *testing.T) {
	good := replyWith(`{"kind":"number","number":"+4930","records":[{"uri":"im:u@example.com"}]}`)
	cases := []struct {
		name, reply string
		endless     bool
	}{
		{"nothing", "", false}, {"http", "HTTP/1.1 400 Bad Request\r\n\r\n", false}, {"tls", "\x15\x03\x01\x00\x02\x02\x46", false},
		{"nil", "$-1\r\n", false}, {"nil array", "*-1\r\n", false}, {"ok", "+OK\r\n", false}, {"number", ":1\r\n", false}, {"empty", "*0\r\n", false},
		{"2 GB", "$2147483647\r\nxx", false}, {"8 EB", "$9223372036854775807\r\nxx", false}, {"negative", "$-2\r\n", false}, {"no length", "$\r\n", false},
		{"a billion elements", "*1000000000\r\n", false}, {"a million of a million", "*1000000\r\n*1000000\r\n", false},
		{"nested", "*1\r\n", true}, {"endless line", "+xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", true},
		{"endless bulks", "*1000000\r\n$1000000\r\n" + strings.Repeat("x", 1000000) + "\r\n", true},
		{"endless replies", good, true}, {"an attribute", "|1\r\n+a\r\n+b\r\n" + good, false}, {"a push", ">1\r\n+a\r\n", false},
		{"no marker", strings.Replace(good, "$1\r\n1\r\n$1\r\n5", "$-1\r\n$1\r\n5", 1), false},
		{"another number", strings.Replace(good, `"+4930"`, `"+4931"`, 1), false},
		{"an array as value", strings.Replace(goodReply, "$4\r\n4930\r\n", "*1\r\n$4\r\n4930\r\n*0\r\n", 1) + token, false},
		{"letters as number", strings.Replace(good, "4930\r\n", "abcd\r\n", 1), false},
		{"another call", strings.Replace(good, token, "$5\r\nother\r\n", 1), false},
		{"no call", strings.TrimSuffix(strings.Replace(good, "*4", "*3", 1), token), false},
		{"too few flags", strings.Replace(good, "*1\r\n:0\r\n", "*0\r\n", 1), false},
	}
	for _, word := range []string{"ERR x", "LOADING x", "MISCONF x", "READONLY x", "NOAUTH x", "WRONGPASS x", "NOPERM x", "OOM x", "CLUSTERDOWN x",
		"MASTERDOWN x", "ERR max number of clients reached", "MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "TRYAGAIN x", "BUSY x", "WRONGTYPE x", "+4930"} {
		cases = append(cases, struct {
			name, reply string
			endless     bool
		}{word, "-" + word + "\r\n", false})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := ask(t, hostile(t, c.reply, c.endless))
			runtime.ReadMemStats(&after)
			if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrInvalidData) {
				if c.name != "endless replies" || err != nil {
					t.Errorf("got %v", err)
				}
			}
			if err != nil && strings.Contains(err.Error(), "4930") {
				t.Errorf("the error tells what the server sent: %v", err)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 3*largestReply {
				t.Errorf("%d octets were allocated", grown)
			}
		})
	}
	if err := ask(t, hostile(t, good, false)); err != nil {
		t.Fatalf("the good reply is refused: %v", err)
	}
	for cut := range len(good) {
		if err := ask(t, hostile(t, good[:cut], false)); !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("cut at octet %d: %v", cut, err)
		}
	}
}

// ask asks a server for a number; nil means that it was found.
func ask(t testing.TB, addr string) error {
	t.Helper()
	o := opened(t, addr, "mode store")
	st := o.store(nil)
	defer st.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	begun := time.Now()
	h, err := st.Find(ctx, []e164.Number{num("4930")})
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if err != nil {
		return err
	}
	a, err := backend.Decide(num("4930"), &h[0])
	if err == nil && a.Kind != backend.Found {
		t.Errorf("denied: kind %d", a.Kind)
	}
	return err
}

// FuzzFrame holds what is counted of replies to what their octets say: a reply is never taken to have ended before
// its last octet came, however it is cut.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(goodReply+"$1\r\nx\r\n"), 3)
	f.Add([]byte("*2\r\n%1\r\n+a\r\n,1.5\r\n=5\r\ntxt:a\r\n"), 1)
	f.Add([]byte("$2147483647\r\n"), 2)
	f.Add([]byte("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"), 4)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var whole, parts frame
		err := whole.take(b)
		if cut = max(cut, 1); cut > len(b) {
			cut = len(b)
		}
		first := parts.take(b[:cut])
		if first == nil {
			first = parts.take(b[cut:])
		}
		if (err == nil) != (first == nil) {
			t.Fatalf("in one piece %v, in two %v", err, first)
		}
		if err == nil && (whole.skip != parts.skip || whole.size != parts.size || len(whole.open) != len(parts.open)) {
			t.Fatalf("in one piece %+v, in two %+v", whole, parts)
		}
		if err == nil && (len(whole.open) > deepestReply || whole.size > largestReply+longestLine) {
			t.Fatalf("not bounded: %+v", whole)
		}
	})
}
