package guard

import (
	"errors"
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// wanted returns the services field of r with none but the Enumservices to keep. ok is false where there
// is none. What a non-terminal leads to is judged when it is asked for, below the apex alone.
func (j *judgement) wanted(r naptr.Record) (field string, ok bool) {
	if len(j.policy.Services) == 0 {
		return r.Services, true
	}
	if r.NonTerminal() && r.Regexp == "" {
		return r.Services, !j.leadsOut(r)
	}
	var buf [4]enumservice.Service
	services, err := enumservice.ParseServices(buf[:0], r.Services)
	if err != nil && !errors.Is(err, enumservice.ErrObsoleteOrder) {
		return "", false
	}
	all := len(services)
	services = slices.DeleteFunc(services, func(s enumservice.Service) bool { return !j.policy.keeps(s) })
	if len(services) == all {
		return r.Services, true
	}
	var b strings.Builder
	b.WriteString("E2U")
	for _, s := range services {
		b.WriteByte('+')
		b.WriteString(s.String())
	}
	return b.String(), len(services) > 0
}

// keeps reports whether an Enumservice is one to keep.
func (p *Policy) keeps(s enumservice.Service) bool {
	return slices.ContainsFunc(p.Services, func(k enumservice.Service) bool {
		return s.Is(k.Type, k.Subtype) || k.Subtype == "" && strings.EqualFold(s.Type, k.Type)
	})
}
