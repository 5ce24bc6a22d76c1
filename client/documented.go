package client

import (
	"strings"

	"github.com/enumim/enumim/enumservice"
)

// The two clients below are known from their makers' public documents only. Where these are silent,
// they are taken to follow RFC 6116.

var oracleSBC = &Profile{
	ID:       enumservice.OracleSBC,
	Title:    "Oracle Session Border Controller 8, enum-config",
	Evidence: Documented,
	Service:  "sip",
	Notes: []string{
		"Its list of service types is E2U+sip and sip+E2U; a list of one's own takes their place.",
		"It takes responses of 512 octets unless max-response-size says more.",
		"After five failures in a row it leaves a server alone for 600 seconds.",
		"The documents say nothing of delimiters, the dialect of patterns, compound services and non-terminals: RFC 6116 is assumed, and that a compound is not in the list.",
	},
	dial: dialOracle,
}

func dialOracle(q Query, o *Outcome) {
	if q.Size > 512 {
		for i := range q.Records {
			o.reject(i, "the response is larger than 512 octets")
		}
		o.Failed = "the response is larger than 512 octets, and max-response-size is not set"
		return
	}
	listed := q
	listed.Records = nil
	var index []int
	for i, r := range q.Records {
		if !strings.EqualFold(r.Services, "E2U+"+q.Service) && !strings.EqualFold(r.Services, q.Service+"+E2U") {
			o.reject(i, "its services are not in the list of service types")
			continue
		}
		listed.Records = append(listed.Records, r)
		index = append(index, i)
	}
	followStrict(listed, index, o)
}

var ribbon = &Profile{
	ID:       enumservice.Ribbon,
	Title:    "Ribbon SBC Core 12 with ERE or PSX",
	Evidence: Documented,
	Service:  "sip",
	Notes: []string{
		"Of records with equal order and preference it uses the first one only.",
		"The documents say nothing of delimiters, the dialect of patterns, compound services and non-terminals: RFC 6116 is assumed.",
	},
	dial: dialRibbon,
}

func dialRibbon(q Query, o *Outcome) {
	first := q
	first.Records = nil
	var index []int
	seen := make(map[[2]uint16]bool)
	aus := q.Number.String()
	for i, r := range q.Records {
		if _, why := strictURI(r, q.Service, aus); why == "" {
			rank := [2]uint16{r.Order, r.Preference}
			if seen[rank] {
				o.reject(i, "another record has the same order and preference")
				continue
			}
			seen[rank] = true
		}
		first.Records = append(first.Records, r)
		index = append(index, i)
	}
	followStrict(first, index, o)
}

// followStrict dials some of the records, which have these indexes, as RFC 6116 asks for.
func followStrict(q Query, index []int, o *Outcome) {
	some := Outcome{Verdicts: make([]Verdict, len(q.Records))}
	dialStrict(q, &some)
	for i, v := range some.Verdicts {
		o.Verdicts[index[i]] = v
	}
	for _, t := range some.Targets {
		t.Record = index[t.Record]
		o.Targets = append(o.Targets, t)
	}
}
