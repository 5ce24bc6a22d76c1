package notation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// Check holds an entry to the rules: of entries in stores (numbers, blocks, delegations; digits and no other
// labels; within Apexes) and, as in a numbers file, of records that can be used. It cuts TTLs to MaxTTL. A
// Broken entry is checked for where it stands. The error tells no number.
func (c *Codec) Check(e *backend.Entry) error {
	if err := c.place(e); err != nil || e.Broken {
		return err
	}
	e.TTL = min(e.TTL, MaxTTL)
	cut(e.Sets)
	for i := range e.Glue {
		cut(e.Glue[i].Sets)
	}
	if e.Kind == backend.Number && len(e.Sets) > 0 {
		return errors.New("a number has NAPTR records only")
	}
	return c.records(e)
}

func cut(sets []backend.RRset) {
	for i := range sets {
		sets[i].TTL = min(sets[i].TTL, MaxTTL)
	}
}

// place says why an entry cannot stand where it does.
func (c *Codec) place(e *backend.Entry) error {
	n := e.Name.Number
	within := func(a e164.Apex) bool {
		least := n.Len()
		if e.Kind == backend.Block {
			least = e.Min
		}
		return n.HasPrefix(a.Prefix()) && least > a.Prefix().Len()
	}
	switch {
	case e.Kind > backend.Rename:
		return errors.New("no kind of entry")
	case e.Kind == backend.Wildcard || e.Kind == backend.Rename:
		return fmt.Errorf("a %s is for zone files: stores hold numbers, blocks and delegations", kindWords[e.Kind])
	case !e.Name.IsNumber():
		return errors.New("a name beside digits is for zone files: stores hold numbers, blocks and delegations")
	case e.Kind == backend.Block && (e.Min < max(1, n.Len()) || e.Max < e.Min || e.Max > e164.MaxDigits):
		return errLengths(n)
	case e.Kind != backend.Block && !n.IsValid():
		return errors.New("number: expected at least one digit")
	case n.IsValid() && n.Digit(0) == '0' && !c.DialPlan:
		return e164.ErrLeadingZero
	case len(c.Apexes) > 0 && !slices.ContainsFunc(c.Apexes, within):
		return errors.New("outside of the trees that are served, or an apex itself")
	}
	return nil
}

// records says what is wrong with the records of an entry.
func (c *Codec) records(e *backend.Entry) error {
	check := enumservice.Checker{
		Private:  len(c.Apexes) > 0 && !slices.ContainsFunc(c.Apexes, e164.Apex.Public),
		DialPlan: c.DialPlan,
		Sample:   e.Kind == backend.Block,
	}
	n := e.Name.Number
	for n.Len() < e.Min {
		n, _ = n.Child('0')
	}
	var buf [4]enumservice.Finding
	for i := range e.Records {
		if texts := enumservice.Faults(check.Append(buf[:0], n, e.Records[i])); texts != "" {
			return errors.New(texts)
		}
	}
	return nil
}
