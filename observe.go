package enumim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
)

// sources are what a backend has loaded, by the names that it is told and counted by.
type sources struct {
	mu    sync.Mutex
	known []string
}

// label returns the source that e is counted by. A fault may be of one file of several that are loaded
// as one source, with blanks between their names: then it is a fault of all of them, and once they are
// loaded none is left for any of them alone.
func (s *sources) label(driver string, e backend.Event) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := strings.Fields(e.Source)
	if e.Kind == backend.Loaded {
		if !slices.Contains(s.known, e.Source) {
			s.known = append(s.known, e.Source)
		}
		if len(parts) > 1 {
			for _, part := range parts {
				backendUp.DeleteLabelValues(driver, part)
			}
		}
		return e.Source
	}
	for _, known := range s.known {
		if len(parts) == 1 && slices.Contains(strings.Fields(known), parts[0]) {
			return known
		}
	}
	return e.Source
}

// observe counts and logs what the backend of a block does on its own.
func (b *block) observe(e backend.Event) {
	source := b.sources.label(b.driver, e)
	up := backendUp.WithLabelValues(b.driver, source)
	switch e.Kind {
	case backend.Loaded:
		backendEntries.WithLabelValues(b.driver, e.Source).Set(float64(e.Entries))
		lastLoad.WithLabelValues(b.driver, e.Source).SetToCurrentTime()
		up.Set(1)
		log.Infof("backend %s: loaded %s: %d entries, serial %d, in %v",
			b.driver, e.Source, e.Entries, e.Serial, e.Took.Round(time.Millisecond))
	case backend.Refused:
		refusedLoads.WithLabelValues(b.driver, source).Inc()
		up.Set(0)
		logFaults(fmt.Sprintf("backend %s: %s is not taken (what was served before, if anything, still is)", b.driver, e.Source), e.Err)
	case backend.Unavailable:
		up.Set(0)
		reason := "no reason given"
		if e.Err != nil {
			reason = masked(e.Err.Error())
		}
		log.Errorf("backend %s: %s is unavailable: %s", b.driver, e.Source, reason)
	case backend.Recovered:
		up.Set(1)
		log.Infof("backend %s: %s is available again", b.driver, e.Source)
	case backend.Finding:
		findings.WithLabelValues(e.Rule).Add(float64(max(e.Count, 1)))
		times := ""
		if e.Count > 1 {
			times = fmt.Sprintf(" (%d times)", e.Count)
		}
		where := e.Source + ": "
		if strings.HasPrefix(e.Text, e.Source) {
			where = ""
		}
		log.Warningf("backend %s: %s: %s%s%s", b.driver, e.Rule, where, e.Text, times)
	}
}

// faultLines is how many lines of an error are logged.
const faultLines = 21 // 20 faults, and how many more there are

// logFaults logs what is wrong, a line a fault, as an editor or grep wants them.
func logFaults(what string, err error) {
	if err == nil {
		log.Errorf("%s: no reason given", what)
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
// promise errors without numbers; what the driver of a database puts into its own is another matter.
// Faults in data are not masked here: they were where they arose, and a line number stays readable.
func masked(text string) string {
	var b strings.Builder
	run := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] >= '0' && text[i] <= '9' {
			run++
			continue
		}
		if run >= 5 {
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

// limiter lets one event a second through.
type limiter struct{ next atomic.Int64 }

func (l *limiter) ok() bool {
	now, next := int64(time.Since(start)), l.next.Load()
	return now >= next && l.next.CompareAndSwap(next, now+int64(time.Second))
}
