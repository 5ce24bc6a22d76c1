package enumservice_test

import (
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// A client that no finding names, in a set without errors, dials first what a client that follows RFC
// 6116 does: no rule is missing, and none forgets a client.
func TestOthersAgree(t *testing.T) {
	number := e164.MustParse("+441632960083")
	rounds := uint64(20000)
	if testing.Short() {
		rounds = 4000
	}
	compared := map[enumservice.Client]int{}
	for seed := range rounds {
		checker := enumservice.Checker{Sample: seed%2 == 0}
		set := enumservice.RandomSet(rand.New(rand.NewPCG(seed, 3861)))
		if seed%3 > 0 {
			set = checker.Repair(number, set)
		}
		var hurt enumservice.Clients
		worst := enumservice.Info
		for _, f := range checker.AppendSet(nil, number, set) {
			hurt |= f.Clients
			worst = max(worst, f.Severity)
		}
		if worst == enumservice.Error {
			continue
		}
		for _, service := range []string{"sip", "im", "xmpp"} {
			want := first(client.Lookup(enumservice.Strict), number, service, set)
			if want == "" {
				continue
			}
			for p := range client.Profiles() {
				if p.ID == enumservice.BIND || hurt.Has(p.ID) || service != "sip" && !askable.Has(p.ID) {
					continue
				}
				compared[p.ID]++
				if got := first(p, number, service, set); got != want {
					t.Errorf("seed %d: %s dials %q for %s, not %q\n%+v", seed, p.ID, got, service, want, set)
				}
			}
		}
	}
	for p := range client.Profiles() {
		if p.ID != enumservice.BIND && compared[p.ID] < 20 {
			t.Errorf("%s was compared %d times", p.ID, compared[p.ID])
		}
	}
}

// askable clients can be told which service to look for.
var askable = enumservice.ClientsOf(enumservice.Strict, enumservice.Kamailio, enumservice.OpenSIPS, enumservice.Asterisk, enumservice.FreeSWITCH)

// first returns the URI that a client dials first; "" for none.
func first(p *client.Profile, n e164.Number, service string, set []naptr.Record) string {
	for _, target := range p.Dial(client.Query{Number: n, Service: service, Records: set}).Targets {
		return target.URI
	}
	return ""
}
