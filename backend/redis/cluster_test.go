package redis

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/test/servers"
)

// TestNoCluster: where the option cluster is given and the server is not of one, the option is named.
func TestNoCluster(t *testing.T) {
	t.Parallel()
	o := opened(t, servers.Redis(t).Addr, "cluster")
	conn := o.connect(1)
	defer conn.Close()
	_, err := conn.node(t.Context(), o.keys)
	if err = classify(t.Context(), err); err == nil || !strings.Contains(err.Error(), "see the option cluster") {
		t.Errorf("it is told %v", err)
	}
}

// A node that says nothing holds who looks for the tree up no longer than it takes to ask another.
func TestSilentNode(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // it accepts, in the kernel
	must(t, err)
	defer l.Close()
	o := opened(t, l.Addr().String(), "cluster")
	conn := o.connect(1)
	defer conn.Close()
	begun := time.Now()
	if _, err := conn.node(t.Context(), o.keys); err == nil {
		t.Error("it has the tree")
	}
	if took := time.Since(begun); took > callTime-time.Second {
		t.Errorf("it was waited for %v", took)
	}
}
