package client

import (
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr/bindre"
)

var bind = &Profile{
	ID:       enumservice.BIND,
	Title:    "BIND 9.18, as resolver, dig and host",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"It dials nothing itself: a record that is used here is one that those behind it get to see.",
		"One expression that it takes for malformed makes it refuse the whole response; " +
			"who asked it gets SERVFAIL.",
		`It refuses \0, back-references above the number of groups, empty patterns and alternatives, ` +
			"and any flag but i, whatever the record is for.",
	},
	dial: dialBIND,
}

func dialBIND(q Query, o *Outcome) {
	for i, r := range q.Records {
		why := bindre.Refuses(r.Regexp)
		if why != "" && o.Failed == "" {
			o.Failed = "a malformed record makes it refuse the whole response"
		}
		o.Verdicts[i] = Verdict{Used: why == "", Why: why}
	}
	if o.Failed == "" {
		return
	}
	for i, v := range o.Verdicts {
		if v.Used {
			o.reject(i, "another record is malformed")
		}
	}
}
