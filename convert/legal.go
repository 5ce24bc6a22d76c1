package convert

import (
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/naptr/rr"
)

// legalApex says what is wrong with what stands at the apex of the output beside the frame.
func (l *loading) legalApex(t *tree) error {
	all := &l.faults
	var canon canonical
	line := l.ends[0].line
	for e, err := range t.walk(l.ctx) {
		if err != nil {
			return err
		}
		if e.Name.Number != t.apex.Prefix() {
			break
		}
		if !e.Name.IsNumber() {
			continue
		}
		switch {
		case e.Kind == backend.Delegation:
			all.add(line, 0, "", "the apex of the zone cannot be delegated: its NS records are an entry of kind zone")
		case e.Kind == backend.Number || e.Kind == backend.Rename:
			if err := notation.LegalFrame(e.Sets); err != nil {
				all.add(line, 0, "", err.Error())
			}
			for _, s := range e.Sets {
				i := slices.IndexFunc(t.zone.Sets, func(o backend.RRset) bool { return o.Type == s.Type })
				if i >= 0 && string(canon.sets(nil, t.zone.Sets[i:i+1])) != string(canon.sets(nil, []backend.RRset{s})) {
					all.addf(line, "the apex has other records of type %s in the entry of kind zone", rr.TypeText(s.Type))
				}
			}
		}
	}
	return all.err()
}
