package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// zone is what is served of a zone file.
type zone struct {
	table   *table.Table
	stamp   stamp
	hash    uint64
	serial  uint32
	records int
	entries int
}

// version is a version of a zone file that was parsed and is not yet served.
type version struct {
	zone
	file    *dataFile
	builder *table.Builder
	stats   master.Stats
	start   time.Time
}

// loadZones loads the zone files that changed, each independent of the others.
func (l *loader) loadZones(ctx context.Context, due []*dataFile) {
	var versions []*version
	for _, f := range due {
		// A file that included nothing when it was served includes nothing now; what a version between
		// included is no matter any more.
		if f.zone != nil && f.hashed && f.hash == f.zone.hash && f.zone.stamp.included == "" {
			f.included = nil
			_ = f.parsed() // nothing of it was read that could move
			if f.reported != "" {
				f.reported = ""
				l.tellLoaded(f.path, f.zone.table, f.zone.entries, 0)
			}
			continue
		}
		v := &version{file: f, start: time.Now()}
		f.err = guarded(func() error { return l.parseZone(ctx, v) })
		switch {
		case errors.Is(f.err, errMoving):
			f.err = nil
			l.moved = true
		case f.err == nil:
			versions = append(versions, v)
		}
	}
	for _, v := range versions {
		v.file.err = l.conflict(v.file)
		v.file.blocked = v.file.err != nil
	}
	for _, v := range versions {
		// What the zone was put together from has to be of one time.
		if v.file.look(time.Now(), l.rest); v.file.changed() && !v.file.again {
			l.moved = true
			continue
		}
		if v.file.err == nil && ctx.Err() == nil {
			v.file.err = guarded(func() error { return l.publishZone(v) })
		}
	}
}

// parseZone reads a zone file into a builder. Nearly all of a large zone are numbers with NAPTR records
// that stand together, which the builder can take in any order. Where the zone has more of a number, or
// something that is hidden, it is read again, in a way that takes more memory and knows what to tell of it.
func (l *loader) parseZone(ctx context.Context, v *version) error {
	f := v.file
	v.table = l.newTable(backend.Stored)
	if f.zone != nil {
		v.table = f.zone.table
	}
	apex, err := l.readZone(ctx, v, true)
	if err == nil && v.builder.Joined()+v.builder.Occluded() > 0 {
		apex, err = l.readZone(ctx, v, false)
	}
	if err != nil {
		return err
	}
	l.octets += f.tried.size
	stats, frame := &v.stats, v.builder.Zone
	v.stamp, v.hash, v.serial, v.records = f.tried, f.hash, frame.Serial, stats.Records
	if err := l.checkApex(f, apex); err != nil {
		return err
	}
	if err := l.checkEnd(f, stats.End, stats.NoEnd); err != nil {
		return err
	}
	return v.checkSerial(f.zone)
}

// readZone does the reading of parseZone.
func (l *loader) readZone(ctx context.Context, v *version, unordered bool) (apex e164.Apex, err error) {
	f := v.file
	b := v.table.Builder()
	b.Merge = true
	v.builder = b
	o := master.Options{File: f.path, Generate: l.o.generate, Unordered: unordered, Stop: f.stop(ctx)}
	if l.o.include {
		o.Open = f.include(l.rest)
	}
	if len(l.o.apexes) == 1 {
		o.Origin = l.o.apexes[0].String()
	}
	public := slices.ContainsFunc(l.o.apexes, e164.Apex.Public)
	check := zoneCheck{path: f.path, checker: enumservice.Checker{Private: !public, DialPlan: l.o.dialPlan}}
	err = f.parse(func(text io.Reader) (err error) {
		b.Zone, apex, v.stats, err = master.Read(text, o, func(e *backend.Entry, line int) error {
			check.entry(e, line)
			return addAt(b, e, f.path, line, uint32(line))
		})
		if err == nil {
			err = b.Finish()
		}
		return err
	})
	v.stats.Findings = append(v.stats.Findings, check.found...)
	return apex, err
}

// checkApex refuses a zone that the block does not serve, or not from this file.
func (l *loader) checkApex(f *dataFile, apex e164.Apex) error {
	name := apex.String()
	if f.served {
		if f.apex != name {
			return fmt.Errorf("was the zone %s and is now %s: to change that, restart the server or give the file another name", f.apex, name)
		}
		return nil
	}
	f.apex = ""
	if slices.Contains(l.o.apexes, apex) {
		f.apex = name
		return nil
	}
	return fmt.Errorf("is the zone %s, but this block serves %s: write %s behind enumim in the Corefile, or mend the owner of the SOA",
		name, strings.Join(l.o.apexNames(), " "), name)
}

// checkSerial refuses a version that looks cut short: it lost records, and the serial did not grow
// (RFC 1982 section 3.2).
func (v *version) checkSerial(old *zone) error {
	if old == nil || int32(v.serial-old.serial) > 0 || v.records >= old.records {
		return nil
	}
	return fmt.Errorf("has %d records where there were %d, and its serial %d is not greater than %d: is it cut short? If not, raise the serial",
		v.records, old.records, v.serial, old.serial)
}

// oneOrTheOther explains why an apex cannot have both.
const oneOrTheOther = "an apex is served from a zone file or from numbers files, not from both: " +
	"move the numbers into the zone file, or give them an apex of their own"

// conflict says which other files stand in the way of a zone file that is not served yet.
func (l *loader) conflict(f *dataFile) error {
	if f.served {
		return nil
	}
	for _, other := range l.claims(f.apex) {
		if other != f {
			return fmt.Errorf("is the zone %s, and so is %s: an apex is served from one zone file", f.apex, other.path)
		}
	}
	if files := l.numberFiles(); len(files) > 0 && len(l.free()) == 0 {
		return fmt.Errorf("is the zone %s, which leaves no apex for %s: %s", f.apex, sourceOf(files), oneOrTheOther)
	}
	return nil
}

// publishZone serves a version.
func (l *loader) publishZone(v *version) error {
	f, old := v.file, v.file.zone
	if err := v.builder.Publish(l.o.shrink != 0); err != nil {
		return advise(err)
	}
	v.entries = v.builder.Len() - v.builder.Occluded()
	f.zone, f.served, f.marked, f.size, f.reported = &v.zone, true, v.stats.End, v.stamp.size, ""
	l.put(served{f.apex: v.table})
	l.tellLoaded(f.path, v.table, v.entries, time.Since(v.start))
	for _, x := range v.stats.Findings {
		l.tellFinding(f.path, x.Rule, x.File, x.Line, x.Text, x.Count)
	}
	if old != nil && old.serial == v.serial && (old.hash != v.hash || old.stamp.included != v.stamp.included) {
		l.tellFinding(f.path, "serial-unchanged", f.path, 0,
			"the zone changed but its serial did not: secondaries and caches of the zone will not notice (RFC 1034 section 4.3.5)", 1)
	}
	if old != nil && int32(v.serial-old.serial) < 0 {
		l.tellFinding(f.path, "serial-lower", f.path, 0,
			"the serial is lower than before: secondaries will keep the old zone (RFC 1982)", 1)
	}
	return nil
}

// advise adds to an error of a table what the user can do.
func advise(err error) error {
	if errors.Is(err, backend.ErrShrunk) {
		return fmt.Errorf("%w: if that is meant, set shrink off or a higher share, or restart the server", err)
	}
	return err
}

// addAt adds an entry and puts file and line before what is wrong with it. Its records come into the order in
// which clients are to try them: that of an answer has no meaning, but some clients take the first record they
// like, and Asterisk's sorting fails from four records on that are not in order.
func addAt(b *table.Builder, e *backend.Entry, path string, line int, ref uint32) error {
	if !slices.IsSortedFunc(e.Records, byRank) {
		slices.SortStableFunc(e.Records, byRank)
	}
	if err := b.Add(e, ref); err != nil {
		return &source.Error{File: path, Line: line, Want: err.Error()}
	}
	return nil
}

func byRank(a, b naptr.Record) int {
	return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
}
