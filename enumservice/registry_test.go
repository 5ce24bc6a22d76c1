package enumservice

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// The registry as of 2022-01-28: standards.md section 4.
func TestRegistryIsComplete(t *testing.T) {
	rows := slices.Collect(Registry())
	if len(rows) != 41 {
		t.Errorf("%d rows, want 41", len(rows))
	}
	perRFC := map[int]int{}
	perClass := map[Class]int{}
	for i, r := range rows {
		perRFC[r.RFC]++
		perClass[r.Class]++
		if i > 0 && rows[i-1].String() >= r.String() {
			t.Errorf("%s after %s", r, rows[i-1])
		}
		if r.Type != strings.ToLower(r.Type) || r.Subtype != strings.ToLower(r.Subtype) || len(r.Schemes) == 0 || r.Class.String() == "" {
			t.Errorf("row %+v", r)
		}
		// RFC 6117 section 11.8.
		if strings.HasPrefix(r.Type, "e2u") {
			t.Errorf("type %s is not registrable", r.Type)
		}
		// Most subtypes are named after the only scheme that they allow.
		if r.Subtype != "" && !slices.Equal(r.Schemes, []string{r.Subtype}) {
			t.Errorf("%s has schemes %v", r, r.Schemes)
		}
		if got, ok := Lookup(Service{strings.ToUpper(r.Type), strings.ToUpper(r.Subtype)}); !ok || got.Service != r.Service {
			t.Errorf("Lookup of %s in capitals: %v, %v", r, got, ok)
		}
	}
	for rfc, want := range map[int]int{
		3762: 1, 3764: 1, 3953: 1, 4002: 3, 4143: 1, 4238: 2, 4355: 8, 4415: 1, 4769: 2, 4969: 1, 4979: 1,
		5028: 1, 5278: 13, 5333: 3, 6315: 1, 7566: 1,
	} {
		if perRFC[rfc] != want {
			t.Errorf("RFC %d has %d rows, want %d", rfc, perRFC[rfc], want)
		}
		delete(perRFC, rfc)
	}
	if len(perRFC) != 0 {
		t.Errorf("rows of other RFCs: %v", perRFC)
	}
	for class, want := range map[Class]int{ProtocolBased: 4, ApplicationSubset: 3, ApplicationAncillary: 2, DataType: 3, ApplicationCommon: 29} {
		if perClass[class] != want {
			t.Errorf("class %s has %d rows, want %d", class, perClass[class], want)
		}
	}
	if Class(0).String() != "" {
		t.Error("the zero Class has a name")
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		service Service
		class   string
		schemes string
		rfc     int
	}{
		{Service{"im", ""}, "Application-Based, Common", "im", 5028},
		{Service{"SIP", ""}, "Protocol-Based", "sip sips", 3764},
		{Service{"pstn", "sip"}, "Application-Based, Common", "sip", 4769},
		{Service{"pstn", "tel"}, "Application-Based, Ancillary", "tel", 4769},
		{Service{"vcard", ""}, "Data Type-Based", "http https", 4969},
		{Service{"VPIM", "LDAP"}, "Data Type-Based", "ldap", 4238},
		{Service{"fax", "tel"}, "Application-Based, Subset", "tel", 4355},
		{Service{"iax", ""}, "Protocol-Based", "iax", 6315},
		{Service{"acct", ""}, "Application-Based, Ancillary", "acct", 7566},
	} {
		r, ok := Lookup(c.service)
		if !ok || r.Class.String() != c.class || strings.Join(r.Schemes, " ") != c.schemes || r.RFC != c.rfc {
			t.Errorf("Lookup(%s) = %+v, %v", c.service, r, ok)
		}
	}
	for _, s := range []Service{{"im", "sip"}, {"pstn", ""}, {"mailto", ""}, {"", ""}, {"sip", "tel:x"}, {strings.Repeat("a", 60), "b:c:d:e:f"}} {
		if r, ok := Lookup(s); ok {
			t.Errorf("Lookup(%s) = %+v", s, r)
		}
	}
}

// Numbers files leave the Enumservice out where the scheme tells it.
func TestForScheme(t *testing.T) {
	for scheme, want := range map[string]string{
		"im": "im", "sip": "sip", "sips": "sip", "SIP": "sip", "xmpp": "xmpp", "pres": "pres", "h323": "h323", "acct": "acct", "iax": "iax",
	} {
		if s, err := ForScheme(scheme); err != nil || s.String() != want {
			t.Errorf("ForScheme(%q) = %s, %v", scheme, s, err)
		}
	}
	for scheme, want := range map[string]string{
		"tel":    "the scheme does not tell the Enumservice: name one of ems:tel, fax:tel, mms:tel, pstn:tel, sms:tel, voice:tel, voicemsg:tel",
		"mailto": "the scheme does not tell the Enumservice: name one of email:mailto, ems:mailto, ical-sched:mailto, ifax:mailto, mms:mailto, sms:mailto, vpim:mailto",
		"http":   "the scheme does not tell the Enumservice: name one of ical-access:http, unifmsg:http, vcard, videomsg:http, voicemsg:http, web:http",
		"https":  "the scheme does not tell the Enumservice: name one of ical-access:https, unifmsg:https, vcard, videomsg:https, voicemsg:https, web:https",
		"ftp":    "the scheme does not tell the Enumservice: name one of ft:ftp",
		"ldap":   "the scheme does not tell the Enumservice: name one of vpim:ldap",
	} {
		s, err := ForScheme(scheme)
		var se *SchemeError
		if s != (Service{}) || !errors.Is(err, ErrAmbiguousScheme) || !errors.As(err, &se) || se.Scheme != scheme || err.Error() != want {
			t.Errorf("ForScheme(%q) = %v, %v", scheme, s, err)
		}
	}
	for _, scheme := range []string{"gopher", ""} {
		if _, err := ForScheme(scheme); !errors.Is(err, ErrUnknownScheme) || err.Error() != "no Enumservice is registered for the scheme: name one" {
			t.Errorf("ForScheme(%q): %v", scheme, err)
		}
	}
}
