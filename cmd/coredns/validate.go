package main

import (
	"github.com/coredns/caddy"
)

// validate reads the Corefile as a start does, and starts nothing. What is found only then, such as a port that is
// taken, is not told.
func validate() error {
	corefile, err := caddy.LoadCaddyfile("dns")
	if err != nil {
		return err
	}
	return caddy.ValidateAndExecuteDirectives(corefile, nil, true)
}
