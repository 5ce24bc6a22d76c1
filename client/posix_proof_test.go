package client

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// ranks yields n sets of usable records in any order.
func ranks(n int) []set {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	sets := make([]set, n)
	for i := range sets {
		sets[i].Number = e164.MustParse("+441632960083")
		for k := range 2 + g.IntN(11) {
			r := with(sip(fmt.Sprintf("!^.*$!sip:%d@example.com!", k)), rank(100, uint16(g.IntN(1<<16))))
			if g.odd(30) {
				r.Order = uint16(g.IntN(1 << 16))
			}
			if g.odd(20) && k > 0 {
				r.Order, r.Preference = sets[i].Records[0].Order, sets[i].Records[0].Preference
			}
			sets[i].Records = append(sets[i].Records, r)
		}
	}
	return sets
}

// branchList writes the branches of Kamailio and OpenSIPS with their q in thousandths.
func branchList(_ set, o Outcome) []string {
	var list []string
	q := 990
	for i, t := range o.Targets {
		if i > 0 && !t.Parallel {
			q -= 10
		}
		list = append(list, fmt.Sprintf("%d %s", q, t.URI))
	}
	return list
}

func TestKamailioRecorded(t *testing.T) { replay(t, kamailio, branchList) }

func TestBINDRecorded(t *testing.T) {
	replay(t, bind, func(_ set, o Outcome) []string {
		if o.Failed != "" {
			return []string{"SERVFAIL"}
		}
		return nil
	})
}

func TestOpenSIPSProof(t *testing.T) { replay(t, openSIPS, branchList) }

func TestAsteriskProof(t *testing.T) {
	replay(t, asterisk, func(_ set, o Outcome) []string {
		var list []string
		for _, target := range o.Targets {
			list = append(list, target.URI)
		}
		return list
	})
}

func TestYateProof(t *testing.T) {
	drivers := map[string]string{"E2U+SIP": "sip/", "E2U+IAX2": "iax/", "E2U+H323": "h323/", "E2U+XMPP": "jingle/"}
	replay(t, yate, func(s set, o Outcome) []string {
		if len(o.Targets) > 0 {
			first := o.Targets[0]
			return []string{drivers[strings.ToUpper(s.Records[first.Record].Services)] + first.URI}
		}
		if o.Failed == "the number is unallocated" {
			return []string{"-"}
		}
		return nil
	})
}
