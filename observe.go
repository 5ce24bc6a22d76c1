package enumim

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
)

// observe counts and logs what the backend of a block does on its own.
func (b *block) observe(e backend.Event) {
	up := backendUp.WithLabelValues(b.driver, e.Source)
	switch e.Kind {
	case backend.Loaded:
		backendEntries.WithLabelValues(b.driver, e.Source).Set(float64(e.Entries))
		lastLoad.WithLabelValues(b.driver, e.Source).SetToCurrentTime()
		up.Set(1)
		log.Infof("backend %s: loaded %s: %d entries, serial %d, in %v",
			b.driver, e.Source, e.Entries, e.Serial, e.Took.Round(time.Millisecond))
	case backend.Refused:
		refusedLoads.WithLabelValues(b.driver, e.Source).Inc()
		up.Set(0)
		log.Errorf("backend %s: held back %s, so the last good data stays: %s", b.driver, e.Source, brief(e.Err))
	case backend.Unavailable:
		up.Set(0)
		log.Errorf("backend %s: %s is unavailable: %s", b.driver, e.Source, brief(e.Err))
	case backend.Recovered:
		up.Set(1)
		log.Infof("backend %s: %s is available again", b.driver, e.Source)
	case backend.Finding:
		findings.WithLabelValues(e.Rule).Add(float64(max(e.Count, 1)))
		log.Warningf("backend %s: %s: %s: %s (%d times)", b.driver, e.Source, e.Rule, e.Text, max(e.Count, 1))
	}
}

// briefLines is how many lines of an error a log line repeats.
const briefLines = 20

// brief returns an error as one line of a log, with no more than its first faults.
func brief(err error) string {
	if err == nil {
		return "no reason given"
	}
	lines := strings.Split(strings.TrimSpace(masked(err.Error())), "\n")
	if len(lines) > briefLines+1 {
		lines = append(lines[:briefLines], "...")
	}
	return strings.Join(lines, "; ")
}

// masked takes what may be a number out of a text: of five digits or more in a row, two stay. Backends
// promise errors without numbers; what the driver of a database puts into its own is another matter.
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
