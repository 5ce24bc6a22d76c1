package guard

import (
	"math"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/bindre"
	"github.com/enumim/enumim/naptr/rr"
)

const (
	// maxAdded is how many twins a set gets at most.
	maxAdded = 8
	// maxRounds is how often a set is mended: again where something had to go after the first time.
	maxRounds = 2
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

// mends reports whether records are mended. Where an alias made an answer of several RRsets, clients read all
// of them as one (RFC 3402 section 4): new ranks in one would change whom they call.
func (j *judgement) mends() bool {
	owners := 0
	for i := range j.sets {
		owners += min(1, j.sets[i].size)
	}
	return j.policy.Mode == Enforce && j.policy.Repair && owners == 1
}

// authentic reports whether somebody vouches for an RRset as it is: it is not worth that to write it otherwise.
func (j *judgement) authentic(s *rrset) bool { return s.signed || j.authenticated }

// change makes the records that are sent of an RRset that does not stay as it is.
func (j *judgement) change(k int, mends bool) {
	s := &j.sets[k]
	missing := j.keep(k, mends)
	least, all, shared := uint32(math.MaxUint32), s.size, 0
	for _, ttl := range j.ttls {
		least = min(least, ttl)
	}
	j.others = j.others[:0]
	for i := range j.entries {
		if e := &j.entries[i]; e.set == k && e.state == other {
			j.others, least = append(j.others, e.record), min(least, e.ttl)
			all--
		}
	}
	missing = j.settle(mends, least) || missing
	settled := len(j.records)
	j.records = slices.DeleteFunc(j.records, j.planted) // written otherwise, it must lead nowhere else
	missing = missing || len(j.records) < settled
	s.final = make([]dns.RR, 0, len(j.records)+maxAdded)
	header := dns.RR_Header{Name: s.owner, Class: dns.ClassINET, Ttl: least}
	for _, r := range j.records {
		e := j.original(r)
		switch {
		case e == nil || e.trimmed:
			s.final = append(s.final, rr.To(header, r))
		case mends && e.ttl != least:
			s.final = append(s.final, aged(e.rr, header, r))
		default:
			s.final = append(s.final, e.rr)
			shared++
		}
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

// keep takes the records of an RRset under consideration that may be sent, and the TTLs that count. It reports
// whether one may not. To be mended, what offends is mended at once: a record that is not sent must not
// have others numbered anew.
func (j *judgement) keep(k int, mends bool) (missing bool) {
	j.records, j.members, j.ttls = j.records[:0], j.members[:0], j.ttls[:0]
	for i := range j.entries {
		e := &j.entries[i]
		switch {
		case e.set != k:
			continue
		case e.state == other:
			continue
		case e.state != sound || e.barred || e.offends && !mends:
			missing = true
			continue
		case e.offends:
			pieces := j.checker.Repair(j.number, []naptr.Record{e.record})
			kept := len(j.records)
			for _, r := range pieces {
				r.Order, r.Preference = e.record.Order, e.record.Preference
				if j.offensive(r) {
					missing = true
					continue
				}
				j.records = append(j.records, r)
			}
			if len(j.records) == kept {
				continue
			}
		default:
			j.records = append(j.records, e.record)
		}
		j.members, j.ttls = append(j.members, i), append(j.ttls, e.ttl)
	}
	return missing
}

// settle mends the records under consideration, and takes away what offends beside the others. It reports whether
// there was any.
func (j *judgement) settle(mends bool, ttl uint32) (missing bool) {
	for range maxRounds {
		if mends {
			j.records = append(j.records[:0], j.checker.Repair(j.number, j.records)...)
			j.ttls = j.ttls[:0]
			for range j.records {
				j.ttls = append(j.ttls, ttl)
			}
		}
		if !mends && !j.named || !j.part() {
			break
		}
		missing = true
	}
	return missing
}

// aged returns a record with another header.
func aged(record dns.RR, header dns.RR_Header, r naptr.Record) dns.RR {
	n, ok := record.(*dns.NAPTR)
	if !ok {
		return rr.To(header, r)
	}
	own := *n // without another string
	own.Hdr.Ttl = header.Ttl
	return &own
}

// original returns the entry whose record is r, and takes it and those before it from the members.
func (j *judgement) original(r naptr.Record) *entry {
	for n, i := range j.members {
		if e := &j.entries[i]; e.record == r {
			j.members = j.members[n+1:]
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

// part takes away what offends of the records under consideration, beside the others too. It reports whether there
// was any.
func (j *judgement) part() bool {
	j.find()
	gone := make([]bool, len(j.records))
	for i := range j.found {
		f := &j.found[i]
		switch w := j.weigh(&f.Finding, f.Record < 0); {
		case !w.offends && !w.named:
		case f.Record < 0:
			for r := range gone {
				gone[r] = true
			}
		default:
			gone[f.Record] = true
		}
	}
	kept := 0
	for i, r := range j.records {
		if !gone[i] && !j.refusedByBIND(r) {
			j.records[kept], j.ttls[kept] = r, j.ttls[i]
			kept++
		}
	}
	some := kept < len(j.records)
	j.records, j.ttls = j.records[:kept], j.ttls[:kept]
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
