package servers

import (
	"fmt"
	"testing"
)

// Server is one running data base.
type Server struct {
	Addr string // host:port
	Dir  string // its data
}

// Missing ends a test whose program is not installed: where CI is set in the environment that is a failure,
// elsewhere the test is skipped and says which Debian package it wants.
func Missing(t testing.TB, program, pkg string) {
	t.Helper()
	text := fmt.Sprintf("%s is not installed: apt install %s", program, pkg)
	t.Skip(text)
}

// Postgres starts PostgreSQL with a superuser "enumim" without password, a data base "enumim", and without
// waiting for disks (fsync off).
func Postgres(t testing.TB) *Server { panic("not written") }

// Redis starts one Redis (or Valkey, where that is installed) server; args are added to its command line.
func Redis(t testing.TB, args ...string) *Server { panic("not written") }

// RedisCluster starts a cluster of n masters and waits until it serves.
func RedisCluster(t testing.TB, n int) []*Server { panic("not written") }

// Sentinel starts a master "mymaster", a replica and a sentinel, and returns them in this order.
func Sentinel(t testing.TB) (master, replica, sentinel *Server) { panic("not written") }

// Etcd starts one etcd with authentication off.
func Etcd(t testing.TB, args ...string) *Server { panic("not written") }

// Stop ends the server as kill -9 does; Start starts it again at the same address with the same data, Pause and
// Resume stop and continue all its processes.
func (s *Server) Stop()   { panic("not written") }
func (s *Server) Start()  { panic("not written") }
func (s *Server) Pause()  { panic("not written") }
func (s *Server) Resume() { panic("not written") }
