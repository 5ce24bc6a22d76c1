package main

import (
	"errors"
	"slices"
)

// before is the plugin that enumim stands in front of: it comes after acl, cache, rewrite and
// transfer, which then act on its answers, and before everything else that answers.
const before = "hosts"

// withEnumim returns the order of the plugins with enumim at its place, as the line
// enumim:github.com/enumim/enumim directly above hosts:hosts in CoreDNS's plugin.cfg gives it.
func withEnumim(directives []string) ([]string, error) {
	if slices.Contains(directives, "enumim") {
		return directives, nil
	}
	at := slices.Index(directives, before)
	if at < 0 {
		return nil, errors.New("this CoreDNS has no plugin hosts, which enumim stands in front of")
	}
	return slices.Insert(slices.Clone(directives), at, "enumim"), nil
}
