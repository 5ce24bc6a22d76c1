package guard

import (
	"math"
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/bindre"
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
	j.size = s.size
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
	j.forBIND = false
	j.find()
	for i := range j.found {
		f := &j.found[i]
		if f.Code == otherApplication {
			j.entries[j.members[f.Record]].state = other
		}
		w := j.weigh(&f.Finding, f.Record < 0)
		mends := j.policy.Mode == Enforce && j.policy.Repair && (f.Repair.Automatic() || f.Code == mixedTTL)
		j.tally.add(f.Code, w.severity, w.tell || mends, 1)
		if w.severity == 0 {
			continue
		}
		o.mends = o.mends || mends
		if w.offends {
			j.entries[j.members[f.Record]].offends = true
			j.forBIND = j.forBIND || f.Code == refusedByBIND
		}
		o.offends = o.offends || w.named
	}
	for _, i := range j.members {
		e := &j.entries[i]
		if e.state != sound {
			continue
		}
		j.apply(e, &o)
		e.offends = e.offends || j.refusedByBIND(e.record)
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
	if j.total > manyRecords && len(j.entries) == j.size {
		f, _ := enumservice.Get(tooManyRecords)
		j.found = append(j.found, enumservice.SetFinding{Finding: f, Record: -1})
	}
	j.alone = j.checker.AppendNumber(j.alone[:0], j.digits)
	for _, f := range j.alone {
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
	j.others = j.others[:0]
	least, all, missing := uint32(math.MaxUint32), 0, false
	for i := range j.entries {
		e := &j.entries[i]
		if e.set != k {
			continue
		}
		if e.state == other {
			j.others = append(j.others, e.record)
			least = min(least, e.ttl)
			continue
		}
		all++
		if e.state != sound || e.barred || e.offends && !mends {
			missing = true
			continue
		}
		if !e.offends {
			least = min(least, e.ttl)
		}
		j.records, j.members, j.ttls = append(j.records, e.record), append(j.members, i), append(j.ttls, e.ttl)
	}
	if len(j.ttls) > 0 && least == math.MaxUint32 {
		least = slices.Min(j.ttls)
	}
	records := j.records
	if mends {
		records = j.checker.Repair(j.number, records)
	}
	s.final = make([]dns.RR, 0, len(records)+maxAdded)
	shared := 0
	header := dns.RR_Header{Name: s.owner, Class: dns.ClassINET, Ttl: least}
	j.records = j.records[:0]
	for _, r := range records {
		e := j.original(r)
		if e == nil && j.offensive(r) || e != nil && e.offends {
			missing = true
			continue
		}
		j.records = append(j.records, r)
		if e != nil && (!mends || e.ttl == least) {
			s.final = append(s.final, e.rr)
			shared++
		} else {
			s.final = append(s.final, rr.To(header, r))
		}
	}
	if j.named && j.part(s) {
		missing = true
	}
	if mends && !s.signed && len(j.records) > 0 {
		for _, r := range j.checker.AppendTwins(nil, j.number, append(j.others, j.records...), j.policy.Twins) {
			s.final = append(s.final, rr.To(header, r))
		}
	}
	j.passing = append(j.passing, j.records...)
	s.altered = missing || shared != all || len(s.final) != all
	j.missing = j.missing || missing
}

// original returns the entry whose record is r, and takes it and those before it from the members.
func (j *judgement) original(r naptr.Record) *entry {
	for n, i := range j.members {
		if e := &j.entries[i]; e.record == r {
			j.members = j.members[n+1:]
			if e.trimmed {
				return nil
			}
			return e
		}
	}
	return nil
}

// offensive reports whether a record that was mended offends by itself.
func (j *judgement) offensive(r naptr.Record) bool {
	j.alone = j.checker.Append(j.alone[:0], j.number, r)
	return j.refusedByBIND(r) || slices.ContainsFunc(j.alone, func(f enumservice.Finding) bool {
		return j.weigh(&f, false).offends
	})
}

// refusedByBIND reports whether BIND refuses an answer for r, and that offends.
func (j *judgement) refusedByBIND(r naptr.Record) bool {
	return j.forBIND && bindre.Refuses(r.Regexp) != ""
}

// part takes away what offends beside the others of the records that are left of s. It reports whether
// there was any.
func (j *judgement) part(s *rrset) bool {
	j.ttls = j.ttls[:0]
	for _, record := range s.final {
		j.ttls = append(j.ttls, record.Header().Ttl)
	}
	j.find()
	gone, some := make([]bool, len(j.records)), false
	for i := range j.found {
		f := &j.found[i]
		if !j.weigh(&f.Finding, f.Record < 0).named {
			continue
		}
		some = true
		for r := range gone {
			gone[r] = gone[r] || f.Record < 0 || f.Record == r
		}
	}
	kept := 0
	for i := range gone {
		if !gone[i] {
			j.records[kept], s.final[kept] = j.records[i], s.final[i]
			kept++
		}
	}
	j.records, s.final = j.records[:kept], s.final[:kept]
	return some
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
