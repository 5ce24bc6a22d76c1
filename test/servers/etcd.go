package servers

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Etcd starts one etcd with authentication off; args are added to its command line. With --cert-file among them it
// speaks TLS alone.
func Etcd(t testing.TB, args ...string) *Server {
	t.Helper()
	program := find("etcd")
	if program == "" {
		Missing(t, "etcd", "etcd-server")
	}
	scheme := "http"
	if _, ok := has(args, "--cert-file"); ok {
		scheme = "https"
	}
	return start(t, kind{program: program, ports: 3, ready: etcdReady, command: func(s *Server, ports []string) []string {
		client, peer := scheme+"://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
		return append([]string{
			"--name", "n", "--data-dir", s.Dir, "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
			"--initial-advertise-peer-urls", peer, "--initial-cluster", "n=" + peer, "--listen-metrics-urls", "http://127.0.0.1:" + ports[2],
			"--heartbeat-interval", "50", "--election-timeout", "250", "--logger", "zap", "--log-level", "warn",
		}, args...)
	}}, nil)
}

// etcdReady asks /health, which reads a key with the consent of the cluster.
func etcdReady(s *Server) error {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Get("http://127.0.0.1:" + s.kind.fixed[2] + "/health")
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 1<<16))
	if err == nil && (reply.StatusCode != http.StatusOK || !strings.Contains(string(text), `"health":"true"`)) {
		err = fmt.Errorf("%s: %q", reply.Status, text)
	}
	return err
}
