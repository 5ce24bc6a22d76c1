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

const (
	// maxAdded is how many twins a set gets at most.
	maxAdded = 8
	// maxRounds is how often a set is mended: again where something had to go after the first time.
	maxRounds = 2
)

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
		case e.set != k || e.state == other:
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

// strays reports whether the policy speaks against a record as it is written now: mended, it may lead elsewhere.
func (j *judgement) strays(r naptr.Record) bool {
	field, ok := j.wanted(r)
	return !ok || field != r.Services || j.planted(r)
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
		if !gone[i] && !j.refusedByBIND(r) && !j.strays(r) {
			j.records[kept], j.ttls[kept] = r, j.ttls[i]
			kept++
		}
	}
	some := kept < len(j.records)
	j.records, j.ttls = j.records[:kept], j.ttls[:kept]
	return some
}
