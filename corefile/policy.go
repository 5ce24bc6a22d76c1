package corefile

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
)

// severityOf reads the name of a severity.
func severityOf(s string) (enumservice.Severity, bool) {
	for _, severity := range []enumservice.Severity{enumservice.Error, enumservice.Warning, enumservice.Info} {
		if s == severity.String() {
			return severity, true
		}
	}
	return 0, false
}

// severity reads what offends at least.
func (b *draft) severity(l *line) error {
	if err := l.count(1, 1, "error, warning or info"); err != nil {
		return err
	}
	var ok bool
	if b.policy.Severity, ok = severityOf(l.args[0]); !ok {
		return l.errorf("severity %q: expected error, warning or info", l.args[0])
	}
	return nil
}

// rule reads the operator's word for some rules.
func (b *draft) rule(l *line) error {
	const want = "codes, and behind them error, warning, info or off"
	if len(l.args) < 2 {
		return l.errorf("rule: expected %s", want)
	}
	last := len(l.args) - 1
	severity, ok := severityOf(l.args[last])
	if !ok && l.args[last] != "off" {
		return l.errorf("rule: expected %s; found %q at the end", want, l.args[last])
	}
	for i, arg := range l.args[:last] {
		if _, early := severityOf(arg); early || arg == "off" {
			return l.errorf("rule: %s before %s: the severity comes last, so each has a rule line of its own", arg, l.args[i+1])
		}
		code, err := l.code(arg)
		if err != nil {
			return err
		}
		if first, ok := b.overrides[code]; ok {
			return l.errorf("rule %s is given twice, first on line %d", code, first.Line)
		}
		if b.overrides == nil {
			b.overrides, b.policy.Rules = make(map[string]backend.Pos), make(map[string]enumservice.Severity)
		}
		b.overrides[code], b.policy.Rules[code] = l.pos, severity
		if code == "F17" && severity == enumservice.Error {
			b.warnf(l.pos, "rule F17: genuine records of other applications are never touched, whatever the severity")
		}
	}
	return nil
}

// policyRules are made by lines of their own.
var policyRules = map[string]string{
	guard.RuleUnauthenticated: "require_authenticated decides on it",
	guard.RuleDomain:          "allow_domains and deny_domains decide on it",
	guard.RuleService:         "services decides on it",
	guard.RuleUnchecked:       "what was not checked is not let through where a policy is enforced",
	guard.RuleMalformed:       "such a record could not be sent",
}

// code checks the code of a rule, in any letter case.
func (l *line) code(s string) (string, error) {
	code := strings.ToUpper(s)
	why, ofPolicy := policyRules[strings.ToLower(s)]
	_, ok := enumservice.Get(code)
	switch {
	case ofPolicy:
		return "", l.errorf("rule %s has no severity: %s", strings.ToLower(s), why)
	case !ok:
		return "", l.errorf("rule %q: expected a code such as R05; docs/lint.md and enumim lint --rules list them", s)
	case code[0] == 'D':
		return "", l.errorf("rule %s is about the data as a whole: only enumim lint finds it, no answer shows it", code)
	}
	return code, nil
}

// clients reads whom the answers are for.
func (b *draft) clients(l *line) error {
	if len(l.args) == 0 {
		return l.errorf("clients: expected some of %s", clientNames())
	}
	for _, arg := range l.args {
		c, ok := enumservice.ParseClient(strings.ToLower(arg))
		switch {
		case !ok:
			return l.errorf("clients %q: expected some of %s", arg, clientNames())
		case b.policy.Clients.Has(c):
			return l.errorf("clients: %s is given twice", c)
		}
		b.policy.Clients |= enumservice.ClientsOf(c)
	}
	return nil
}

func clientNames() string {
	var names []string
	for c := range enumservice.AllClients.All() {
		names = append(names, c.String())
	}
	return strings.Join(names, ", ")
}

// services reads which Enumservices are kept.
func (b *draft) services(l *line) error {
	if len(l.args) == 0 {
		return l.errorf("services: expected types, such as im or pstn:tel")
	}
	for _, arg := range l.args {
		list, err := enumservice.ParseServices(nil, "E2U+"+arg)
		switch {
		case err != nil && len(arg) > 3 && strings.EqualFold(arg[:3], "E2U"):
			return l.errorf("services %q: a type is expected, without E2U: %s", arg, strings.TrimLeft(arg[3:], "+"))
		case err != nil:
			return l.errorf("services %q: expected TYPE or TYPE:SUBTYPE: %w", arg, err)
		case len(list) > 1:
			return l.errorf("services %q: expected blanks between types, not +", arg)
		}
		s := list[0]
		if slices.ContainsFunc(b.policy.Services, func(other enumservice.Service) bool { return other.Is(s.Type, s.Subtype) }) {
			return l.errorf("services: %s is given twice", s)
		}
		if !registered(s) {
			b.warnf(l.pos, "services: %s is not registered", s)
		}
		b.policy.Services = append(b.policy.Services, s)
	}
	return nil
}

// registered reports whether the registry has s, or s with some subtype; types by agreement are in none.
func registered(s enumservice.Service) bool {
	if s.Private() || s.Trial() {
		return true
	}
	for r := range enumservice.Registry() {
		if r.Is(s.Type, s.Subtype) || s.Subtype == "" && strings.EqualFold(r.Type, s.Type) {
			return true
		}
	}
	return false
}
