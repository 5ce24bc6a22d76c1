//go:build linux

// Package peer starts name servers on loopback ports, one core and one worker each, measures them, and
// stops them.
package peer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/enumim/enumim/bench/internal/data"
)

// Kind is a sort of server.
type Kind string

// The kinds. Those of enumim differ in the data: URIs made of the number, or of their own, from a
// numbers file; and a zone file, which is the one that all others serve.
const (
	Derived  Kind = "enumim-derived"
	Distinct Kind = "enumim-distinct"
	Zone     Kind = "enumim-zone"
	Floor    Kind = "floor" // a plugin that does nothing but answer
	File     Kind = "file"  // CoreDNS's own plugin
	NSD      Kind = "nsd"
	Knot     Kind = "knot"
	BIND     Kind = "bind"
)

// Those with their numbers in Build.Database. PowerDNS has all caches off, or those it comes with.
const (
	PostgresFeed  Kind = "postgres-feed"
	PostgresStore Kind = "postgres-store"
	PowerDNS      Kind = "pdns"
	PowerDNSCache Kind = "pdns-cached"
)

var kinds = []Kind{Derived, Distinct, Zone, Floor, File, NSD, Knot, BIND, PostgresFeed, PostgresStore, PowerDNS, PowerDNSCache}

// Enumim reports whether it is enumim that serves.
func (k Kind) Enumim() bool { return k == Derived || k == Distinct || k == Zone || k.postgres() }

func (k Kind) postgres() bool { return k == PostgresFeed || k == PostgresStore }

// stored reports whether it asks Build.Database.
func (k Kind) stored() bool { return k.postgres() || k == PowerDNS || k == PowerDNSCache }

// coredns reports whether it is a plugin of CoreDNS that serves.
func (k Kind) coredns() bool { return k.Enumim() || k == Floor || k == File }

// plugins are those that can stand in front.
var plugins = []string{"prometheus", "errors", "log", "cache", "pprof"}

// Spec is a server as the command line writes it: KIND, then "+PLUGIN" for each plugin in front of
// it, then "@N" for another number of numbers than the common one.
type Spec struct {
	Kind    Kind
	Plugins []string
	Data    data.Spec
	text    string
}

// String returns the text that the Spec was parsed from.
func (s Spec) String() string { return s.text }

// Parse reads Specs with commas between them; common is the data where they do not say otherwise.
func Parse(list string, common data.Spec) ([]Spec, error) {
	var specs []Spec
	for text := range strings.SplitSeq(list, ",") {
		s := Spec{Data: common, text: text}
		text, size, ok := strings.Cut(text, "@")
		if ok {
			n, err := strconv.Atoi(size)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%q: want a number of numbers behind @", s.text)
			}
			s.Data.N = n
		}
		words := strings.Split(text, "+")
		s.Kind, s.Plugins = Kind(words[0]), words[1:]
		if !slices.Contains(kinds, s.Kind) {
			return nil, fmt.Errorf("%q is no server; there are %v", words[0], kinds)
		}
		for _, p := range s.Plugins {
			if !s.Kind.coredns() || !slices.Contains(plugins, p) {
				return nil, fmt.Errorf("%q: no %q can stand in front of it; in CoreDNS it can be one of %v", s.text, p, plugins)
			}
		}
		s.Data.Distinct = s.Kind != Derived
		specs = append(specs, s)
	}
	return specs, nil
}
