package corefile

import (
	"slices"
	"time"

	"github.com/enumim/enumim/anonymous"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/e164"
)

// Anonymize is the anonymize line: im: URIs are answered with aliases in place of mailboxes (RFC 5028 section 3).
type Anonymize struct {
	Keys   remote.Secret // whose text anonymous.ParseKeys reads
	Period anonymous.Period
	// Numbers are what numbers begin with that have aliases; none stands for all numbers.
	Numbers []e164.Number
}

// Bounds of the period: the TTL of answers is half of it at most, and who was told an alias will use it again.
const (
	leastPeriod = time.Hour
	mostPeriod  = 366 * 24 * time.Hour
)

// Covers reports whether n has an alias; what is no number has none of its own, and is covered as well where all are.
func (a *Anonymize) Covers(n e164.Number) bool {
	return len(a.Numbers) == 0 || slices.ContainsFunc(a.Numbers, n.HasPrefix)
}

// Alias returns the number whose alias stands for the mailboxes at a name that a question for the number asked led to; hidden
// is false where they are told. It is the number whose records these are, since the gateway finds that one among them; but
// the one asked for at a name that many may lead to, and where nothing is hidden of the other.
func (a *Anonymize) Alias(name e164.Name, asked e164.Number) (n e164.Number, hidden bool) {
	own, branch := name.Branch()
	if !branch {
		own = name.Number
	}
	switch {
	case (branch || name.IsNumber()) && own.IsValid() && a.Covers(own):
		return own, true
	case a.Covers(asked):
		return asked, true
	}
	return own, a.Covers(own)
}

// anonymize reads the anonymize line, once the other lines are known.
func (b *draft) anonymize(l *line, root string) (*Anonymize, error) {
	const want = "file:PATH or env:NAME, where the keys are, and behind it period with a time, or numbers with their first digits"
	if len(l.args) == 0 {
		return nil, l.errorf("anonymize: expected %s", want)
	}
	a := &Anonymize{Period: anonymous.DefaultPeriod}
	var err error
	a.Keys, err = remote.ParseSecret(backend.Config{Root: root}, backend.Option{Name: l.name, Args: l.args[:1], Pos: l.pos})
	if err != nil {
		return nil, err
	}
	args := l.args[1:]
	if len(args) > 0 && args[0] == "period" {
		if len(args) == 1 {
			return nil, l.errorf("anonymize: expected a time behind period, such as 720h")
		}
		d, err := duration(args[1])
		switch {
		case err != nil:
			return nil, l.errorf("anonymize: period %q: %w", args[1], err)
		case d < leastPeriod || d > mostPeriod || d%time.Second != 0:
			return nil, l.errorf("anonymize: period %q: whole seconds from %v to %v are expected", args[1], leastPeriod, mostPeriod)
		}
		a.Period, args = anonymous.Period(d), args[2:]
	}
	switch {
	case len(args) == 0:
		return a, nil
	case args[0] != "numbers":
		return nil, l.errorf("anonymize %q: expected %s", args[0], want)
	case len(args) == 1:
		return nil, l.errorf("anonymize: expected the first digits of numbers behind numbers")
	}
	a.Numbers, err = b.prefixes(l, args[1:])
	return a, err
}

// prefixes reads what numbers begin with. Errors count them: one may be a whole number.
func (b *draft) prefixes(l *line, args []string) (list []e164.Number, err error) {
	parse := e164.Parse
	if b.Options.DialPlan {
		parse = e164.ParseDigits
	}
	for i, arg := range args {
		n, err := parse(arg)
		switch {
		case err != nil:
			return nil, l.errorf("anonymize: numbers: number %d: %w", i+1, err)
		case slices.ContainsFunc(list, n.HasPrefix):
			return nil, l.errorf("anonymize: numbers: number %d begins with one before it", i+1)
		case !slices.ContainsFunc(b.Apexes, func(a e164.Apex) bool { return n.HasPrefix(a.Prefix()) || a.Prefix().HasPrefix(n) }):
			return nil, l.errorf("anonymize: numbers: number %d lies in none of the zones", i+1)
		}
		list = append(list, n)
	}
	return list, nil
}
