package corefile

import (
	"net/netip"
	"reflect"
	"testing"
)

// What is done against collecting numbers is nothing, unless somebody says so.
func TestHarvest(t *testing.T) {
	networks := func(list ...string) (prefixes []netip.Prefix) {
		for _, s := range list {
			prefixes = append(prefixes, netip.MustParsePrefix(s))
		}
		return prefixes
	}
	for lines, want := range map[string]Harvest{
		"":                       {},
		"harvest uniform":        {Uniform: true},
		"harvest refuse":         {Refuse: true},
		"harvest uniform refuse": {Uniform: true, Refuse: true},
		"harvest refuse uniform": {Uniform: true, Refuse: true},
		"harvest refuse except 192.0.2.0/24 2001:db8::/32": {Refuse: true, Except: networks("192.0.2.0/24", "2001:db8::/32")},
		"harvest uniform refuse except 192.0.2.1 2001:db8::1": {
			Uniform: true, Refuse: true, Except: networks("192.0.2.1/32", "2001:db8::1/128"),
		},
	} {
		if got := one(t, block("enumim e164.arpa", "backend linetest x\n"+lines)).Options.Harvest; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", lines, got, want)
		}
	}
	if one(t, block("enumim e164.arpa", "backend linetest x")).Options.GenuineSources ||
		!one(t, block("enumim e164.arpa", "backend linetest x\ngenuine_sources")).Options.GenuineSources {
		t.Error("sources are genuine where the Corefile says so")
	}
}

func TestHarvestErrors(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"nothing", "harvest", `3: harvest: expected uniform, refuse or both, and behind refuse maybe except with networks`},
		{"unknown", "harvest on", `3: harvest "on": expected uniform, refuse or both`},
		{"twice", "harvest uniform uniform", `3: harvest: uniform is given twice`},
		{"refuse twice", "harvest refuse uniform refuse", `3: harvest: refuse is given twice`},
		{"except alone", "harvest except 192.0.2.1", `3: harvest: except stands behind refuse: nobody is refused without`},
		{"except nobody", "harvest refuse except", `3: harvest: expected networks behind except, such as 192.0.2.0/24 2001:db8::/32`},
		{"no network", "harvest refuse except example.com", `3: harvest: except "example.com": expected a network or an address, such as 192.0.2.0/24 or 2001:db8::1`},
		{"a word behind the networks", "harvest refuse except 192.0.2.1 uniform", `3: harvest: except "uniform": expected a network or an address`},
		{"bits behind the mask", "harvest refuse except 192.0.2.1/24", `3: harvest: except 192.0.2.1/24: has bits behind its mask: write 192.0.2.0/24 or an address without mask`},
		{"IPv4 as IPv6", "harvest refuse except ::ffff:192.0.2.1", `3: harvest: except ::ffff:192.0.2.1: write IPv4 networks as such: 192.0.2.0/24`},
		{"network twice", "harvest refuse except 192.0.2.1 192.0.2.1/32", `3: harvest: except 192.0.2.1/32 is given twice`},
		{"uniform and fallthrough", "fallthrough\nharvest uniform", `4: harvest uniform: fallthrough on line 3 passes on what does not exist, which tells it from what does: leave one of them out`},
		{"genuine_sources", "genuine_sources yes", `3: genuine_sources: expected no argument, found 1 arguments`},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantError(t, block("enumim e164.arpa", "backend linetest x\n"+c.lines), c.want)
		})
	}
}
