package main

import (
	"fmt"
	"slices"
)

// places are the plugins that the directives of enumim stand in front of. enumim comes after acl, cache,
// rewrite and transfer, which then act on its answers, and before everything else that answers.
// enumim_guard comes before cache, which keeps no Extended DNS Errors and whose hits are judged, too.
var places = []struct{ directive, before string }{
	{"enumim_guard", "cache"},
	{"enumim", "hosts"},
}

// withEnumim returns the order of the plugins with both directives at their places, as the lines that the
// README gives for CoreDNS's plugin.cfg make it.
func withEnumim(directives []string) ([]string, error) {
	directives = slices.Clone(directives)
	for _, p := range places {
		if slices.Contains(directives, p.directive) {
			continue
		}
		at := slices.Index(directives, p.before)
		if at < 0 {
			return nil, fmt.Errorf("this CoreDNS has no plugin %s, which %s stands in front of", p.before, p.directive)
		}
		directives = slices.Insert(directives, at, p.directive)
	}
	return directives, nil
}
