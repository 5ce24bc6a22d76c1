package prometheus

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// redis runs a Redis with numbers of three countries and a block in the data bases 0 and 1, and with a value that
// cannot be read.
func redis(t testing.TB) (at string, stop func()) {
	t.Helper()
	program := "redis-server"
	if _, err := exec.LookPath("valkey-server"); err == nil {
		program = "valkey-server"
	}
	need(t, program, "redis-server")
	at = free(t)
	stop = launch(t, program, "--bind", "127.0.0.1", "--port", port(at), "--save", "", "--daemonize", "no")
	const record = `{"kind":"number","number":"+%s","records":[{"uri":"im:alice@example.com"}]}`
	var commands [][]string
	for _, database := range []string{"0", "1"} {
		index := []string{"ZADD", "enum:index", "0", "12025550102", "0", "4420794"}
		commands = append(commands, []string{"SELECT", database}, []string{"SET", "enum:12025550102", "garbage"},
			[]string{"SET", "enum:4420794", `{"kind":"block","number":"+4420794","min":12,"max":12,"records":[{"uri":"sip:gw@example.net"}]}`})
		for _, number := range []string{"12025550100", "35315550100"} {
			commands, index = append(commands, []string{"SET", "enum:" + number, fmt.Sprintf(record, number)}), append(index, "0", number)
		}
		commands = append(commands, index, []string{"HSET", "enum:meta", "format", "1", "generation", "1"})
	}
	eventually(t, func() error { return tell(at, commands) })
	return at, stop
}

// tell gives commands to a Redis.
func tell(at string, commands [][]string) error {
	conn, err := net.DialTimeout("tcp", at, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	replies := bufio.NewReader(conn)
	for _, command := range commands {
		text := fmt.Sprintf("*%d\r\n", len(command))
		for _, word := range command {
			text += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			return err
		}
		if reply, err := replies.ReadString('\n'); err != nil || strings.HasPrefix(reply, "-") {
			return fmt.Errorf("%s: %s %v", command[0], reply, err)
		}
	}
	return nil
}

const (
	soa = "@ 3600 IN SOA ns1.example.net. hostmaster.example.net. 1 7200 900 1209600 300\n@ 3600 IN NS ns1.example.net.\n"
	// The second record of 2 is none that a client could use.
	faulty = soa + `1.0.1 3600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .
2.0.1 3600 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:user@example.com!" .
2.0.1 3600 IN NAPTR 100 20 "u" "E2U+im" "!^.*$!sip:user@example.com!" .
`
	servers = soa + `_im._sip 3600 IN SRV 10 10 5061 sip.example.com.
_im._xmpp 3600 IN SRV 10 10 5222 sip.example.com.
sip 3600 IN A 192.0.2.1
`
)

// corefile has several trees: one mirrored, one of a store, one of a zone file, one that somebody else answers.
const corefile = `.:%[1]s {
    bind 127.0.0.1
    prometheus %[2]s
    reload
    enumim_guard guarded.example.net {
        inspect enforce
    }
    enumim e164.arpa {
        backend redis %[3]s
        additional srv
    }
    enumim store.example.net {
        backend redis %[3]s {
            mode store
            database 1
        }
    }
    enumim 9.4.e164.arpa {
        backend file %[4]s
    }
    file %[5]s guarded.example.net
    file %[6]s example.com
}
`

// questions are what is asked all the time.
var questions = []string{
	"0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", "0.0.1.0.5.5.5.1.3.5.3.e164.arpa.", "1.2.3.4.5.4.9.7.0.2.4.4.e164.arpa.",
	"2.0.1.0.5.5.5.2.0.2.1.e164.arpa.", "9.9.1.0.5.5.5.2.0.2.1.e164.arpa.", "2.1.e164.arpa.",
	"0.0.1.0.5.5.5.2.0.2.1.store.example.net.", "2.0.1.0.5.5.5.2.0.2.1.store.example.net.",
	"1.0.1.9.4.e164.arpa.", "2.0.1.9.4.e164.arpa.", "1.0.1.guarded.example.net.", "2.0.1.guarded.example.net.",
}

// loaded is a server that is asked all the time.
type loaded struct {
	metrics string // where
	outage  func() // takes its store away
}

// built tells whether there is something to take away.
var built atomic.Bool

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "enumim-prometheus-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "coredns"), "./cmd/coredns")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if built.Load() {
		dir, _ := build()
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// coredns builds the server and returns its path.
func coredns(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the server")
	}
	built.Store(true)
	dir, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "coredns")
}

// load starts a server, and asks it until the test ends.
func load(t testing.TB) *loaded {
	t.Helper()
	program := coredns(t)
	store, outage := redis(t)
	dir, at := t.TempDir(), free(t)
	l := &loaded{metrics: free(t), outage: outage}
	text := fmt.Sprintf(corefile, port(at), l.metrics, store, write(t, dir, "9.4.zone", "$ORIGIN 9.4.e164.arpa.\n"+faulty),
		write(t, dir, "guarded.zone", "$ORIGIN guarded.example.net.\n"+faulty), write(t, dir, "servers.zone", "$ORIGIN example.com.\n"+servers))
	launch(t, program, "-conf", write(t, dir, "Corefile", text))
	eventually(t, func() error {
		m, err := dns.Exchange(new(dns.Msg).SetQuestion(questions[0], dns.TypeNAPTR), at)
		if err == nil && len(m.Answer) == 0 {
			err = fmt.Errorf("no answer: %v", m)
		}
		return err
	})
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				dns.Exchange(new(dns.Msg).SetQuestion(questions[i%len(questions)], dns.TypeNAPTR), at)
			}
		}
	})
	t.Cleanup(func() {
		close(done)
		asking.Wait()
	})
	return l
}

// exported are the metrics that the server exports: their types by their names.
func (l *loaded) exported(t testing.TB) (types map[string]string, text string) {
	t.Helper()
	text, err := get("http://" + l.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	types = map[string]string{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 4 && f[1] == "TYPE" {
			types[f[2]] = f[3]
		}
	}
	return types, text
}
