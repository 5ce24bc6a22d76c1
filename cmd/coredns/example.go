package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
)

// exampleCorefile is what is served where there is no Corefile. The port needs no privilege.
const exampleCorefile = `# No Corefile was found: these are the example numbers that come with the program.
e164.arpa:1053 {
    enumim {
        backend example
        ns ns1.example.net
    }
    errors
}
`

// loadCorefile returns the Corefile in the working directory, or the example where there is none. The
// flag -p moves the example to another port.
func loadCorefile(serverType string) (caddy.Input, error) {
	path := caddy.DefaultConfigFile
	contents, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		path, contents, err = "example", []byte(exampleCorefile), nil
		if dnsserver.Port != dnsserver.DefaultPort {
			contents = bytes.Replace(contents, []byte("1053"), []byte(dnsserver.Port), 1)
		}
	}
	if err != nil {
		return nil, err
	}
	return caddy.CaddyfileInput{Contents: contents, Filepath: path, ServerTypeName: serverType}, nil
}
