package lint

import (
	"iter"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/enumservice"
)

// own are the findings that are about files and zones as such. Package enumservice has all others.
var own = []enumservice.Finding{
	{
		Code: "D11", Severity: enumservice.Info, Rule: "RFC 4592 3.3.1", Clients: enumservice.AllClients, Repair: enumservice.ByPolicy,
		Text: "names below the wildcard keep it from their neighbours",
	},
	{
		Code: "D12", Severity: enumservice.Warning, Rule: "RFC 9471 3", Clients: enumservice.AllClients,
		Text: "name server below its delegation has no address",
	},
	{
		Code: "D13", Severity: enumservice.Warning, Rule: "RFC 1034 4.2.1", Clients: enumservice.AllClients,
		Text: "the zone has no NS records at its apex",
	},
	{
		Code: "L01", Severity: enumservice.Error, Rule: "RFC 1035 5.1", Clients: enumservice.AllClients,
		Text: "the text cannot be read",
	},
}

// Rules lists every finding that a Linter can make, by code.
func Rules() iter.Seq[enumservice.Finding] {
	list := slices.AppendSeq(slices.Clone(own), enumservice.Findings())
	slices.SortFunc(list, func(a, b enumservice.Finding) int { return strings.Compare(a.Code, b.Code) })
	return slices.Values(list)
}

// ruleOf returns the rule with a code that the package names.
func ruleOf(code string) enumservice.Finding {
	for _, f := range own {
		if f.Code == code {
			return f
		}
	}
	f, _ := enumservice.Get(code)
	return f
}

// zoneRules are the codes of what the reader of zone files finds.
var zoneRules = map[string]string{
	master.RuleOccluded:  "D02",
	master.RuleTTL:       "T03",
	master.RuleDuplicate: "D09",
	master.RuleGlue:      "D12",
	master.RuleNoNS:      "D13",
}
