package servers

import (
	"crypto/tls"
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BuildHTTPStore builds the example of a server behind the backend http into a folder, and returns its path.
func BuildHTTPStore(dir string) (program string, err error) {
	program = filepath.Join(dir, "httpstore")
	out, err := exec.Command("go", "build", "-o", program, "github.com/enumim/enumim/examples/httpstore").CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)))
	}
	return program, err
}

// HTTPStore starts what BuildHTTPStore built: each file NAME.jsonl that is put into the Dir of the Server is a tree at
// /NAME. args are added to its command line; with -cert among them it speaks TLS alone.
func HTTPStore(t testing.TB, program string, args ...string) *Server {
	t.Helper()
	_, secure := has(args, "-cert")
	return start(t, kind{program: program, ports: 1, ready: func(s *Server) error { return httpStoreReady(s, secure) },
		command: func(s *Server, ports []string) []string {
			all := append([]string{"-listen", "127.0.0.1:" + ports[0], "-every", "20ms"}, args...)
			return append(all, s.Dir)
		}}, nil)
}

// httpStoreReady asks for anything: what it answers bears its name.
func httpStoreReady(s *Server, secure bool) error {
	if secure {
		conn, err := tls.Dial("tcp", s.Addr, &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			conn.Close()
		}
		return err
	}
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Get("http://" + s.Addr + "/")
	if err != nil {
		return err
	}
	reply.Body.Close()
	if reply.Header.Get("Server") != "httpstore" {
		return errors.New("another program has the port")
	}
	return nil
}
