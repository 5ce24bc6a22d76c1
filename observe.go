package enumim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/status"
)

// reporter counts and logs what one open backend does on its own, as long as it is open. Whoever shares the
// backend, and however often the Corefile is reloaded meanwhile, there is one. It knows no lease.
type reporter struct {
	driver string

	mu      sync.Mutex
	loaded  []string // what was loaded as one source
	sources []string // what has series because of this backend
	faulty  []string // what was held back or out of reach, and has not been loaded since
	pasts   map[string]*status.Data
	closed  bool
}

// without returns what is faulty besides a source and the files it consists of.
func (r *reporter) without(source string) []string {
	return slices.DeleteFunc(r.faulty, func(faulty string) bool {
		return faulty == source || slices.Contains(strings.Fields(source), faulty)
	})
}

// failed reports whether the backend has told that it cannot have its data.
func (r *reporter) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.faulty) > 0
}

// observe gets the events of the backend.
func (r *reporter) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	switch e.Kind {
	case backend.Refused, backend.Unavailable:
		r.faulty = append(r.without(e.Source), e.Source)
	case backend.Loaded, backend.Recovered:
		r.faulty = r.without(e.Source)
	}
	if e.Kind == backend.Loaded {
		r.join(e.Source)
	}
	r.remember(e)
	switch e.Kind {
	case backend.Loaded:
		s := r.series(e.Source)
		backendEntries.WithLabelValues(s...).Set(float64(e.Entries))
		if e.Age > 0 {
			lastLoad.WithLabelValues(s...).Set(float64(time.Now().Add(-e.Age).Unix()))
			log.Infof("backend %s: loaded the snapshot of %s, %v old: %d entries, in %v", r.driver, e.Source, e.Age.Round(time.Second), e.Entries, e.Took.Round(time.Millisecond))
			return
		}
		lastLoad.WithLabelValues(s...).SetToCurrentTime()
		backendUp.WithLabelValues(s...).Set(1)
		serial := ""
		if e.Serial != 0 { // a backend may count no changes
			serial = fmt.Sprintf("serial %d, ", e.Serial)
		}
		log.Infof("backend %s: loaded %s: %d entries, %sin %v", r.driver, e.Source, e.Entries, serial, e.Took.Round(time.Millisecond))
	case backend.Refused:
		s := r.series(r.whole(e.Source))
		refusedLoads.WithLabelValues(s...).Inc()
		backendUp.WithLabelValues(s...).Set(0)
		logFaults(fmt.Sprintf("backend %s: %s is not taken (what was served before, if anything, still is)", r.driver, e.Source), e.Err)
	case backend.Unavailable:
		backendUp.WithLabelValues(r.series(r.whole(e.Source))...).Set(0)
		log.Errorf("backend %s: %s is unavailable: %s", r.driver, e.Source, reasonOf(e.Err))
	case backend.Recovered:
		backendUp.WithLabelValues(r.series(r.whole(e.Source))...).Set(1)
		log.Infof("backend %s: %s is available again", r.driver, e.Source)
	case backend.Finding:
		backendFindings.WithLabelValues(r.driver, e.Rule, severityOf(e.Rule)).Add(float64(max(e.Count, 1)))
		times := ""
		if e.Count > 1 {
			times = fmt.Sprintf(" (%d times)", e.Count)
		}
		where := e.Source + ": "
		if strings.HasPrefix(e.Text, e.Source) {
			where = ""
		}
		log.Warningf("backend %s: %s: %s%s%s", r.driver, e.Rule, where, e.Text, times)
	case backend.Closed:
		if e.Err != nil {
			log.Errorf("backend %s: close: %s", r.driver, masked(e.Err.Error()))
		}
		r.closed = true
		for _, source := range r.sources {
			sourceSeries.drop(r.driver, source)
		}
	}
}

// join notes what was loaded as one source. Several files that are have blanks between their names; then none
// of them is a source of its own any more.
func (r *reporter) join(source string) {
	if !slices.Contains(r.loaded, source) {
		r.loaded = append(r.loaded, source)
	}
	parts := strings.Fields(source)
	if len(parts) < 2 {
		return
	}
	r.sources = slices.DeleteFunc(r.sources, func(known string) bool {
		part := slices.Contains(parts, known)
		if part {
			sourceSeries.drop(r.driver, known)
		}
		return part
	})
}

// whole returns the source that one file is part of: its fault is that of all that are loaded together.
func (r *reporter) whole(source string) string {
	for _, known := range r.loaded {
		if slices.Contains(strings.Fields(known), source) {
			return known
		}
	}
	return source
}

// series returns the labels of a source, whose series stay until the backend is closed.
func (r *reporter) series(source string) []string {
	if !slices.Contains(r.sources, source) {
		r.sources = append(r.sources, source)
		sourceSeries.hold(r.driver, source)
		refusedLoads.WithLabelValues(r.driver, source) // from 0, or nothing sees the first one as an increase
	}
	return []string{r.driver, source}
}

// faultLines is how many lines of an error are logged.
const faultLines = 21 // 20 faults, and how many more there are

// logFaults logs what is wrong, a line a fault, as an editor or grep wants them.
func logFaults(what string, err error) {
	if err == nil {
		log.Errorf("%s: %s", what, noReason)
		return
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	if len(lines) == 1 {
		log.Errorf("%s: %s", what, lines[0])
		return
	}
	log.Errorf("%s:", what)
	for _, line := range lines[:min(len(lines), faultLines)] {
		log.Errorf("%s", line)
	}
}

// masked takes what may be a number out of a text: of five digits or more in a row, two stay. Backends
// promise errors without numbers; what the driver of a database puts into its own is another matter. The port of an
// address and an SQLSTATE stay: they are what whoever reads the log looks for.
// Faults in data are not masked here: they were where they arose, and a line number stays readable.
func masked(text string) string {
	var b strings.Builder
	run := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] >= '0' && text[i] <= '9' {
			run++
			continue
		}
		if run >= 5 && !(run == 5 && harmless.MatchString(text[:i])) {
			b.WriteString(text[i-run:i-run+2] + "...")
		} else {
			b.WriteString(text[i-run : i])
		}
		run = 0
		if i < len(text) {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// harmless matches a text that ends in five digits which are no telephone number.
var harmless = regexp.MustCompile(`(SQLSTATE |[0-9A-Za-z]\.[0-9A-Za-z-]+:|localhost:|\]:)[0-9]{5}$`)

// limiter lets one event a second through.
type limiter struct{ next atomic.Int64 }

func (l *limiter) ok() bool {
	now, next := int64(time.Since(start)), l.next.Load()
	return now >= next && l.next.CompareAndSwap(next, now+int64(time.Second))
}
