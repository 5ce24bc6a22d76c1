package bindre

import "testing"

// What BIND takes and refuses, as named-checkzone does; package client asks the program itself.
func TestRefuses(t *testing.T) {
	for regexp, want := range map[string]bool{
		"":                                 false,
		`!^.*$!sip:alice@example.com!`:     false,
		`!^.*$!sip:alice@example.com!ii`:   false,
		`+^.*$+sip:alice@example.com+`:     false,
		`I^.*$Isip:alice@example.comI`:     false,
		` ^.*$ sip:alice@example.com `:     false,
		`!^(.*)$!sip:\1@example.com!`:      false,
		`!^[[:digit:]]{2,3}$!sip:a!`:       false,
		`!^.*$!sip:alice@example.com!I`:    true,
		`!^.*$!sip:alice@example.com!iI`:   true,
		`1^.*$1sip:alice@example.com1`:     true,
		`i^.*$isp:ale@example.comi`:        true,
		`\^.*$\sip:alice@example.com\`:     true,
		`!^.*$!sip:alice@example.com`:      true,
		`!^.*$!sip:alice!example.com!`:     true,
		"!^.*$!sip:\x00@example.com!":      true,
		`!^.*$!sip:\0@example.com!`:        true,
		`!^(.*)$!sip:\2@example.com!`:      true,
		`!^.*$!sip:alice@example.com\`:     true,
		`!!sip:alice@example.com!`:         true,
		`!^(.*$!sip:alice@example.com!`:    true,
		`!^+44$!sip:alice@example.com!`:    true,
		`!^(4||1)$!sip:alice@example.com!`: true,
		`!^[9-0]$!sip:alice@example.com!`:  true,
		`!^4{3,2}$!sip:alice@example.com!`: true,
		`!^4{999}$!sip:alice@example.com!`: true,
		`!^[[:x:]]$!sip:a@example.com!`:    true,
	} {
		if why := Refuses(regexp); (why != "") != want {
			t.Errorf("%q: %q", regexp, why)
		}
	}
}
