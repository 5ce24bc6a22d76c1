package file

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
)

// largeLoad is how many octets a load reads before its memory is given back to the system at once.
const largeLoad = 16 << 20

// loader reads the files and builds the tables. One goroutine owns it.
type loader struct {
	o       *options
	rest    time.Duration // for how long a file rests before it is read
	observe func(backend.Event)
	publish func(served)
	notify  func() *notifier

	files   []*dataFile
	numbers numberSet
	tables  served

	unserved    string // the apexes without file that were told last
	notifyFault string
	octets      int64 // read in this round
	moved       bool  // a file changed while it was read in this round
	unread      bool  // a file could not be read in this round, which the next one may well do
}

func newLoader(o *options, rest time.Duration, observe func(backend.Event), publish func(served)) *loader {
	l := &loader{o: o, rest: rest, observe: observe, publish: publish, notify: newNotifier, tables: served{}}
	for _, p := range o.paths {
		l.files = append(l.files, &dataFile{path: p})
	}
	return l
}

// round looks at all files once and loads what changed. It returns whether a file is changing, so
// that the next look should be soon.
func (l *loader) round(ctx context.Context) (busy bool) {
	now := time.Now()
	l.octets, l.moved, l.unread = 0, false, false
	var due []*dataFile
	for _, f := range l.files {
		f.look(now, l.rest)
		switch {
		case !f.changed():
			f.restless = time.Time{}
		case f.settled(now, l.rest) && f.probe(now):
			f.restless = time.Time{}
			due = append(due, f)
		default:
			busy = true
			if f.restless.IsZero() {
				f.restless = now
			} else if now.Sub(f.restless) > restlessTime {
				l.refuse(f.path, "", &f.reported, errRestless)
			}
		}
	}
	if len(due) == 0 {
		return busy
	}
	for _, f := range l.files {
		if f.blocked && !slices.Contains(due, f) && f.probe(now) {
			due = append(due, f)
		}
	}
	l.load(ctx, due)
	if l.octets > largeLoad {
		debug.FreeOSMemory()
	}
	return busy || l.moved
}

// load loads the files that are due, and those that stood in each other's way before.
func (l *loader) load(ctx context.Context, due []*dataFile) {
	var zones []*dataFile
	for _, f := range due {
		switch {
		case f.err != nil:
		case f.format == NumbersFile:
			l.numbers.due = true
		case f.format == ZoneFile:
			zones = append(zones, f)
		}
	}
	l.loadZones(ctx, zones)
	if ctx.Err() == nil {
		l.loadNumbers(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	for _, f := range l.files {
		if f.err != nil {
			l.unread = l.unread || f.again && !f.blocked
			l.refuse(f.path, f.tried.version(), &f.reported, f.err)
		}
	}
	l.tellUnserved()
}

// put serves tables for their apexes.
func (l *loader) put(tables served) {
	l.tables = maps.Clone(l.tables)
	maps.Copy(l.tables, tables)
	l.publish(l.tables)
}

// refuse tells that a version of a source was held back, unless that was told already. Who saves a file that is
// as faulty as before is told again.
func (l *loader) refuse(source, version string, reported *string, err error) {
	if text := version + err.Error(); text != *reported {
		*reported = text
		l.observe(backend.Event{Kind: backend.Refused, Source: source, Err: err})
	}
}

// tellLoaded tells that new data is served.
func (l *loader) tellLoaded(source string, t *table.Table, entries int, took time.Duration) {
	// A table that was published has a serial.
	serial, _ := t.Serial(context.Background(), "")
	l.observe(backend.Event{Kind: backend.Loaded, Source: source, Entries: entries, Serial: serial, Took: took})
}

// tellFinding tells what deserves a look in data that is served; line 0 is the whole file.
func (l *loader) tellFinding(source, rule, file string, line int, text string, count int) {
	if line > 0 {
		text = fmt.Sprintf("%s:%d: %s", file, line, text)
	}
	l.observe(backend.Event{Kind: backend.Finding, Source: source, Rule: rule, Text: text, Count: count})
}

// newTable returns a table for a zone file or for all numbers files.
func (l *loader) newTable(form backend.Form) *table.Table {
	return table.New(table.Options{Form: form, Apexes: l.o.apexes, ShrinkShare: float64(l.o.shrink) / 100})
}

// checkEnd refuses a version without the end marker where it must have one; without are the included
// files that have none.
func (l *loader) checkEnd(f *dataFile, end bool, without []string) error {
	switch {
	case l.o.requireEnd && len(without) > 0:
		return fmt.Errorf("includes %s, which %w", without[0], errNoEnd)
	case end:
		return nil
	case l.o.requireEnd:
		return errNoEnd
	case f.marked:
		return errEndLost
	}
	return nil
}

// free are the apexes that no zone file is for.
func (l *loader) free() []e164.Apex {
	var free []e164.Apex
	for _, a := range l.o.apexes {
		if len(l.claims(a.String())) == 0 {
			free = append(free, a)
		}
	}
	return free
}

// claims are the zone files for an apex.
func (l *loader) claims(apex string) []*dataFile {
	var claims []*dataFile
	for _, f := range l.files {
		if f.format == ZoneFile && f.apex == apex {
			claims = append(claims, f)
		}
	}
	return claims
}

// known reports whether it is known of every file what it is for. As long as it is not, a numbers
// file must not answer for an apex: the other file may be its zone.
func (l *loader) known() bool {
	for _, f := range l.files {
		if f.format == UnknownFormat || f.format == ZoneFile && f.apex == "" {
			return false
		}
	}
	return true
}

// tellUnserved tells of apexes that no file is for.
func (l *loader) tellUnserved() {
	var names []string
	if l.known() && len(l.numberFiles()) == 0 {
		for _, a := range l.free() {
			names = append(names, a.String())
		}
	}
	text := strings.Join(names, " ")
	if text != "" && text != l.unserved {
		l.observe(backend.Event{Kind: backend.Refused, Source: text, Err: errUnserved})
	}
	l.unserved = text
}

// guarded runs load and turns a panic into an error: nobody else would, on this goroutine.
func guarded(load func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = backend.ErrPanic
			// What else a panic says may hold data of the file.
			if re, ok := v.(runtime.Error); ok {
				err = fmt.Errorf("%w: %w", err, re)
			}
		}
	}()
	return load()
}
