// Command server is the CoreDNS that is measured: enumim, CoreDNS's own file and forward plugins and the
// do-nothing plugin floor in one build, with the plugins whose cost in front of them is of interest.
package main

import (
	"fmt"
	"os"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/file"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/pprof"

	_ "github.com/enumim/enumim"
	_ "github.com/enumim/enumim/backend/postgres"
	_ "github.com/enumim/enumim/bench/floor"
)

func main() {
	// The order is that of CoreDNS's plugin.cfg.
	err := dnsserver.SetDirectives([]string{"bind", "pprof", "prometheus", "errors", "log", "enumim_guard", "cache", "floor", "enumim", "file", "forward"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	coremain.Run()
}
