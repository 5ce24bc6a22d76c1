package guard

import (
	"math"
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// maxAdded is how many twins a set gets at most.
const maxAdded = 8

// opinion is what is held against an RRset.
type opinion struct {
	offends bool // one of its records, or all together
	mends   bool // something has a repair that no client notices
	trims   bool // a record has Enumservices that are not to be kept, and others
	hidden  bool // records that nobody could look into
	barred  bool // records that the policy speaks against
	betrays bool // so that not even a signature helps
}

// judgeSet judges the RRset with index k and, to enforce, decides what is sent of it.
func (j *judgement) judgeSet(k int) {
	s := &j.sets[k]
	o := j.hear(k)
	if j.policy.Mode != Enforce {
		j.pass(k)
		return
	}
	mends := j.policy.Repair && (o.mends || o.trims || j.mixed() || len(j.policy.Twins) > 0 && !s.signed)
	if s.signed && j.validates {
		switch {
		case o.betrays:
			j.refused, j.missing, s.altered = true, true, true
		default:
			j.signed = j.signed || o.offends || o.hidden || o.barred || j.policy.Repair && (o.mends || o.trims || j.mixed())
			j.pass(k)
		}
		return
	}
	if !mends && !o.offends && !o.hidden && !o.barred {
		j.pass(k)
		return
	}
	j.change(k, mends)
}

// hear finds what there is to say of an RRset.
func (j *judgement) hear(k int) (o opinion) {
	j.records, j.members, j.ttls = j.records[:0], j.members[:0], j.ttls[:0]
	for i := range j.entries {
		e := &j.entries[i]
		switch {
		case e.set != k:
			continue
		case e.state == sound:
			j.records, j.members, j.ttls = append(j.records, e.record), append(j.members, i), append(j.ttls, e.ttl)
			continue
		}
		o.hidden = true
		o.betrays = o.betrays || e.state == malformed || j.policy.domains()
	}
	j.find()
	for i := range j.found {
		f := &j.found[i]
		if f.Code == otherApplication {
			j.entries[j.members[f.Record]].state = other
		}
		severity, offends, named := j.weigh(f)
		j.tally.add(f.Code, severity, 1)
		if severity == 0 {
			continue
		}
		o.mends = o.mends || f.Repair.Automatic()
		if offends {
			j.entries[j.members[f.Record]].offends = true
		}
		o.offends = o.offends || named
	}
	for _, i := range j.members {
		e := &j.entries[i]
		if e.state != sound {
			continue
		}
		j.apply(e, &o)
		o.offends = o.offends || e.offends
		o.barred = o.barred || e.barred
		o.trims = o.trims || e.trimmed
	}
	return o
}

// find makes the findings on the records under consideration.
func (j *judgement) find() {
	j.found = j.checker.AppendSet(j.found[:0], j.number, j.records)
	j.found = j.checker.AppendTTL(j.found, j.records, j.ttls...)
	if j.digits == "" {
		return
	}
	var buf [8]enumservice.Finding
	for _, f := range j.checker.AppendNumber(buf[:0], j.digits) {
		j.found = append(j.found, enumservice.SetFinding{Finding: f, Record: -1})
	}
}

// apply holds a record to what the policy says beside the rules of enumservice.
func (j *judgement) apply(e *entry, o *opinion) {
	if !j.vouched {
		j.tally.rule(RuleUnauthenticated, 1)
		e.barred, o.betrays = true, true
	}
	if j.planted(e.record) {
		j.tally.rule(RuleDomain, 1)
		e.barred, o.betrays = true, true
	}
	field, ok := j.wanted(e.record)
	switch {
	case ok && field == e.record.Services:
		return
	case ok && j.policy.Repair:
		e.record.Services, e.trimmed = field, true
	default:
		e.barred = true
	}
	j.tally.rule(RuleService, 1)
}

// pass leaves an RRset as it is.
func (j *judgement) pass(k int) {
	for i := range j.entries {
		if e := &j.entries[i]; e.set == k && e.state == sound && !e.barred {
			j.passing = append(j.passing, e.record)
		}
	}
}

// change makes the records that are sent of an RRset that does not stay as it is.
func (j *judgement) change(k int, mends bool) {
	s := &j.sets[k]
	j.records, j.members, j.ttls = j.records[:0], j.members[:0], j.ttls[:0]
	var others []naptr.Record
	least, all := uint32(math.MaxUint32), 0
	missing := false
	for i := range j.entries {
		e := &j.entries[i]
		if e.set != k {
			continue
		}
		if e.state == other {
			others = append(others, e.record)
			least = min(least, e.ttl)
			continue
		}
		all++
		if e.state != sound || e.barred {
			missing = true
			continue
		}
		if !e.offends {
			least = min(least, e.ttl)
		}
		j.records, j.members, j.ttls = append(j.records, e.record), append(j.members, i), append(j.ttls, e.ttl)
	}
	if least == math.MaxUint32 && len(j.ttls) > 0 {
		least = slices.Min(j.ttls)
	}
	originals := slices.Clone(j.members)
	if mends {
		j.records = j.checker.Repair(j.number, j.records)
		j.ttls = append(j.ttls[:0], least)
	}
	if j.prune() {
		missing = true
	}
	s.final = make([]dns.RR, 0, len(j.records)+maxAdded)
	shared := 0
	header := dns.RR_Header{Name: s.owner, Class: dns.ClassINET, Ttl: least}
	for _, r := range j.records {
		record := dns.RR(nil)
		for n, i := range originals {
			e := &j.entries[i]
			if e.record != r || e.trimmed || mends && e.ttl != least {
				continue
			}
			record, originals = e.rr, originals[n+1:]
			shared++
			break
		}
		if record == nil {
			record = rr.To(header, r)
		}
		s.final = append(s.final, record)
	}
	if mends && !s.signed && len(j.records) > 0 {
		for _, r := range j.checker.AppendTwins(nil, j.number, append(others, j.records...), j.policy.Twins) {
			s.final = append(s.final, rr.To(header, r))
		}
	}
	j.passing = append(j.passing, j.records...)
	s.altered = missing || shared != all || len(s.final) != all
	j.missing = j.missing || missing
}

// prune takes away what offends, of the records under consideration, and then what offends beside what is
// left. It reports whether there was any.
func (j *judgement) prune() bool {
	before := len(j.records)
	for _, alone := range [...]bool{true, false} {
		if !alone && !j.named || len(j.records) == 0 {
			break
		}
		j.find()
		gone := make([]bool, len(j.records))
		for i := range j.found {
			f := &j.found[i]
			_, offends, named := j.weigh(f)
			switch {
			case alone && offends, !alone && named && f.Record >= 0:
				gone[f.Record] = true
			case !alone && named:
				for r := range gone {
					gone[r] = true
				}
			}
		}
		kept := 0
		for i, r := range j.records {
			if gone[i] {
				continue
			}
			j.records[kept] = r
			if len(j.ttls) > 1 {
				j.ttls[kept] = j.ttls[i]
			}
			kept++
		}
		j.records = j.records[:kept]
		if len(j.ttls) > 1 {
			j.ttls = j.ttls[:kept]
		}
	}
	return len(j.records) < before
}

// mixed reports whether the records under consideration have several TTLs.
func (j *judgement) mixed() bool {
	for _, ttl := range j.ttls {
		if ttl != j.ttls[0] {
			return true
		}
	}
	return false
}
