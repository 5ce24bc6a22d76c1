package guard

import (
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// opinion is what is held against an RRset.
type opinion struct {
	offends bool // one of its records, or all together
	mends   bool // something has a repair that no client notices
	trims   bool // a record has Enumservices that are not to be kept, and others
	hidden  bool // records that nobody could look into, malformed or beyond the bounds
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
	changes := o.offends || o.hidden || o.barred || o.trims
	mends := j.mends() && (changes || !j.authentic(s) && (o.mends || j.mixed() || len(j.policy.Twins) > 0))
	if s.signed && j.validates {
		switch {
		case o.betrays:
			j.refused, j.missing, s.altered = true, true, true
		default:
			j.signed = j.signed || changes
			j.pass(k)
		}
		return
	}
	if !mends && !changes {
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
		o.hidden, o.betrays = true, true
	}
	cosmetic := j.mends() && !j.authentic(&j.sets[k])
	j.forBIND = false
	j.find()
	for i := range j.found {
		f := &j.found[i]
		if f.Code == otherApplication && apart(j.records[f.Record]) {
			j.entries[j.members[f.Record]].state = other
		}
		w := j.weigh(&f.Finding, f.Record < 0)
		mends := cosmetic && (f.Repair.Automatic() || f.Code == mixedTTL)
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

// apart reports whether a record of another application is none to ENUM clients either: some dial what the
// expression yields whatever the flags and services are, or see "u" and "E2U" in them wherever they stand.
func apart(r naptr.Record) bool {
	for i := range len(r.Services) - len("E2U") + 1 {
		if strings.EqualFold(r.Services[i:i+len("E2U")], "E2U") {
			return false
		}
	}
	return r.Regexp == "" && (r.Flags == "" || r.Flags[0]|0x20 != 'u')
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

// mends reports whether records are mended. Clients read the records of an answer as one set, whatever their
// owner: where there are several RRsets, new ranks in one would change whom they call.
func (j *judgement) mends() bool {
	owners := 0
	for i := range j.sets {
		owners += min(1, j.sets[i].size)
	}
	return j.policy.Mode == Enforce && j.policy.Repair && owners == 1
}

// authentic reports whether somebody vouches for an RRset as it is: it is not worth that to write it otherwise.
func (j *judgement) authentic(s *rrset) bool { return s.signed || j.authenticated }

// mixed reports whether the records under consideration have several TTLs.
func (j *judgement) mixed() bool {
	for _, ttl := range j.ttls {
		if ttl != j.ttls[0] {
			return true
		}
	}
	return false
}
