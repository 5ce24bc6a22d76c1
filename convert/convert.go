package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// headSize is how much of the input is looked at to tell what it is.
const headSize = 64 << 10

// Convert reads src, which is in the format o.From, and writes it to dst in the format o.To. Faults of
// the input, what the output cannot hold among them, come together as *source.Errors, and then nothing
// was written. The output ends in a mark that says that it is complete, which is not there where Convert
// returns an error. Where src is an io.Seeker, zone files take less memory.
func Convert(ctx context.Context, dst io.Writer, src io.Reader, o Options) (Report, error) {
	if o.To == Unknown || int(o.To) >= len(formatNames) {
		return Report{}, fmt.Errorf("unknown output format %d", o.To)
	}
	t, report, err := Read(ctx, o, Input{Src: src, File: o.File, From: o.From, Open: o.Open})
	if err != nil {
		return report, err
	}
	return t.Write(ctx, dst, o.To)
}

// frame settles what stands at the apex of the output.
func (l *loading) frame(t *tree) error {
	o := &l.o
	switch {
	case o.To == Numbers:
		return l.dropFrame(t)
	case o.To != Zone:
		return nil
	case t.zone != nil && o.Apex != (e164.Apex{}) && o.Apex != t.apex:
		return fmt.Errorf("the input is the zone %s, and not %s as --apex says", t.apex, o.Apex)
	case t.zone != nil:
		if !slices.ContainsFunc(t.zone.Sets, func(s backend.RRset) bool { return s.Type == typeNS }) {
			l.note("the zone has no NS records at its apex: name servers do not load it")
		}
		if err := l.inside(t.apex); err != nil {
			return err
		}
		return l.legalApex(t)
	case o.Apex != (e164.Apex{}):
		t.apex = o.Apex
	case o.DialPlan:
		return ErrApex
	default:
		t.apex, _ = e164.ParseApex("e164.arpa.")
	}
	zone, notes, err := o.newZone(t.apex, t.ttl)
	l.report.Notes = append(l.report.Notes, notes...)
	if t.zone = zone; err != nil {
		return err
	}
	return l.legalApex(t)
}

// inside checks that the entries lie below the apex of the output.
func (l *loading) inside(apex e164.Apex) error {
	all := &l.faults
	for _, at := range l.ends {
		if l.kept > 0 && !at.number.HasPrefix(apex.Prefix()) {
			all.add(at.line, 0, "", outside(apex).Error())
		}
	}
	return all.err()
}

// dropFrame leaves the frame of a zone out, which a numbers file does not have.
func (l *loading) dropFrame(t *tree) error {
	if t.zone == nil {
		return nil
	}
	l.note("the SOA and NS records of the zone are left out: a numbers file has none, the Corefile tells them (options soa and ns)")
	for _, s := range notation.Others(t.zone.Sets) {
		if s.Type == typeNS {
			continue
		}
		if !l.o.Skip {
			l.faults.add(max(l.frameLine, 1), 0, "", errApexSets.Error())
			return l.faults.err()
		}
		l.report.Skipped++
		l.report.Left.Add(l.faults.of(max(l.frameLine, 1), errApexSets))
	}
	return nil
}

var errApexSets = errors.New("the apex of the zone has records beside SOA and NS, which a numbers file cannot hold: take them out, or leave them out with --skip")
