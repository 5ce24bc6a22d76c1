package test

import (
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// TestEtcdPage does what docs/etcd.md shows.
func TestEtcdPage(t *testing.T) {
	needs(t, "etcdctl")
	etcd := servers.Etcd(t)
	page{
		file: "etcd.md", env: []string{"ETCDCTL_API=3", "ETCDCTL_ENDPOINTS=" + etcd.Addr},
		shown: []string{"127.0.0.1:2379"}, here: []string{etcd.Addr},
	}.do(t)
}
