package client

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

var yate = &Profile{
	ID:       enumservice.Yate,
	Title:    "Yate 6, module enumroute",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"It takes E2U+sip, E2U+iax2, E2U+h323 and E2U+xmpp, and no other service can be asked for; " +
			"pstn, voice and tel are off unless its configuration says otherwise.",
		"It looks at no flags.",
		"It uses one record only, unless autofork is on, and hands it on as sip/, iax/, h323/ or jingle/ and the URI.",
		"An expression must end with its delimiter: one with the flag i is not usable.",
		"E2U+void of any kind rejects the call as unallocated where no other record is usable.",
		`Where no group of the pattern takes part, \1 is the whole match, as \0 is; \9 is always empty.`,
	},
	dial: dialYate,
}

const (
	yateAnswer  = 2048 // octets of a response
	yateDigits  = 8    // of the shortest number
	yateName    = 63   // octets of an owner name as text
	yateMatches = 9    // the whole and eight groups
)

// yateServices are those that are on where the configuration says nothing.
var yateServices = []string{"E2U+SIP", "E2U+IAX2", "E2U+H323", "E2U+XMPP"}

// dialYate is EnumHandler::resolve.
func dialYate(q Query, o *Outcome) {
	name := q.Name
	if name == 0 {
		name = 2*q.Number.Len() + len("e164.arpa")
	}
	switch {
	case q.Number.Len() < yateDigits:
		o.Failed = "the number has fewer than 8 digits"
	case q.Size > yateAnswer:
		o.Failed = "the response is larger than 2048 octets"
	case name > yateName:
		o.Failed = "the domain name has more than 63 octets"
	}
	if o.Failed != "" {
		o.rejectAll(o.Failed)
		return
	}
	aus := q.Number.String()
	void := false
	for _, i := range byOrder(q.Records) {
		r := q.Records[i]
		service := strings.ToUpper(cString(r.Services))
		isVoid := strings.HasPrefix(service, "E2U+VOID")
		if !isVoid && !slices.Contains(yateServices, service) {
			o.reject(i, "it is for another service")
			continue
		}
		uri, why := yateURI(r, aus)
		switch {
		case why != "":
			o.reject(i, why)
		case isVoid:
			void = true
			o.reject(i, "it says that the number is unallocated")
		default:
			o.use(i, uri)
			o.rejectRest("another record comes first")
			return
		}
	}
	if void {
		o.Failed = "the number is unallocated"
	}
}

// yateURI is NaptrRecord and its method replace.
func yateURI(r naptr.Record, aus string) (uri, why string) {
	regexp := cString(r.Regexp)
	if len(regexp) < 2 || regexp[len(regexp)-1] != regexp[0] {
		return "", "its expression does not end with its delimiter"
	}
	pattern, template, _ := strings.Cut(regexp[1:], regexp[:1])
	if pattern == "" {
		return "", "its pattern is empty"
	}
	template = strings.TrimSuffix(template, regexp[:1]) // there is none where the field has two delimiters
	e, err := compileERE(pattern, false, posixLocale)
	spans, why := matchERE(e, err, aus, yateMatches)
	if why != "" {
		return "", why
	}
	return yateReplace(template, aus, spans), ""
}

// yateReplace expands back-references. Any other backslash stays.
func yateReplace(template, aus string, spans []span) string {
	if !slices.ContainsFunc(spans[1:], func(s span) bool { return s.from >= 0 }) {
		spans[1] = spans[0]
	}
	var b []byte
	for i := 0; i < len(template); i++ {
		c := template[i]
		if c != '\\' || i+1 == len(template) {
			b = append(b, c)
			continue
		}
		i++
		switch c := template[i]; {
		case c == '\\':
			b = append(b, c)
		case !isDigit(c):
			b = append(b, '\\', c)
		case int(c-'0') < len(spans) && spans[c-'0'].from >= 0:
			b = append(b, aus[spans[c-'0'].from:spans[c-'0'].to]...)
		}
	}
	return string(b)
}
