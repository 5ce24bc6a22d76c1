// Command coredns is a small CoreDNS with what an ENUM server and a sidecar need: the enumim plugin at
// its place in the chain, and no cloud SDKs. Without a Corefile it serves the example numbers on port
// 1053.
//
// To build one with other plugins or backends, copy this folder and change the imports.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	// For stores behind TLS where the system has no certificates of authorities, as in the container image, which
	// holds nothing but the programs. Where the system has some, those are used.
	_ "golang.org/x/crypto/x509roots/fallback"
)

func main() {
	directives, err := withEnumim(dnsserver.Directives)
	if err == nil {
		err = dnsserver.SetDirectives(directives)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	info, _ := debug.ReadBuildInfo()
	version, commit := builtFrom(info)
	caddy.AppVersion, coremain.GitCommit = coremain.CoreVersion+"+enumim-"+version, commit
	caddy.SetDefaultCaddyfileLoader("default", caddy.LoaderFunc(loadCorefile))
	check := flag.Bool("validate", false, "Say whether the Corefile can be read, and start nothing")
	flag.Parse()
	if *check {
		if err := validate(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	coremain.Run()
}
