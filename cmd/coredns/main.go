// Command coredns is a small CoreDNS with what an ENUM server and a sidecar need: the enumim plugin at
// its place in the chain, and no cloud SDKs. Without a Corefile it serves the example numbers on port
// 1053.
//
// To build one with other plugins or backends, copy this folder and change the imports.
package main

import (
	"fmt"
	"os"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
)

// version is that of the plugin; the whole is told as CoreDNS's version and this one.
const version = "0.1.0"

func main() {
	directives, err := withEnumim(dnsserver.Directives)
	if err == nil {
		err = dnsserver.SetDirectives(directives)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	caddy.AppVersion = coremain.CoreVersion + "+enumim-" + version
	caddy.SetDefaultCaddyfileLoader("default", caddy.LoaderFunc(loadCorefile))
	coremain.Run()
}
