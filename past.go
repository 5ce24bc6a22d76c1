package enumim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/status"
)

// maxFindings is how many findings about a source are kept; the log has all.
const maxFindings = 20

// remember keeps what the status page tells of an event; r.mu is held.
func (r *reporter) remember(e backend.Event) {
	if e.Kind == backend.Closed {
		return
	}
	d := r.past(r.whole(e.Source))
	switch e.Kind {
	case backend.Loaded:
		r.gather(d, strings.Fields(e.Source))
		d.State, d.Entries = status.Current, &e.Entries
		if e.Serial == 0 || e.Serial != d.Serial { // else the same data was found to be good again
			d.Serial, d.Loaded, d.Findings, d.More = e.Serial, time.Now().Add(-e.Age), nil, 0
		}
	case backend.Recovered:
		d.State = status.Current
	case backend.Refused:
		d.State = status.Refused
		d.Refusals++
		d.Refused = faultOf(e.Err)
	case backend.Unavailable:
		d.State = status.Unavailable
		d.Away = &status.Fault{Time: time.Now(), Text: []string{reasonOf(e.Err)}}
	case backend.Finding:
		if d.State == status.Loading {
			d.State = status.Current // it is about data that is served
		}
		found := status.Finding{Rule: e.Rule, Count: max(e.Count, 1), Text: e.Text}
		same := func(f status.Finding) bool { return f.Rule == found.Rule && f.Text == found.Text }
		switch i := slices.IndexFunc(d.Findings, same); {
		case i >= 0:
			d.Findings[i] = found
		case len(d.Findings) < maxFindings:
			d.Findings = append(d.Findings, found)
		default:
			d.More++
		}
	}
}

// past returns what is kept of a source.
func (r *reporter) past(source string) *status.Data {
	d := r.pasts[source]
	if d == nil {
		d = &status.Data{Source: source, State: status.Loading}
		if r.pasts == nil {
			r.pasts = make(map[string]*status.Data)
		}
		r.pasts[source] = d
	}
	return d
}

// gather adds to d what is kept of files that were told of one by one, and are loaded as one source now.
func (r *reporter) gather(d *status.Data, files []string) {
	if len(files) < 2 {
		return
	}
	for _, file := range files {
		part := r.pasts[file]
		if part == nil {
			continue
		}
		d.Refusals += part.Refusals
		if part.Refused != nil && (d.Refused == nil || d.Refused.Time.Before(part.Refused.Time)) {
			d.Refused = part.Refused
		}
		delete(r.pasts, file)
	}
}

// told returns what is kept of all sources, a copy.
func (r *reporter) told() []status.Data {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]status.Data, 0, len(r.pasts))
	for d := range maps.Values(r.pasts) {
		one := *d
		one.Findings = slices.Clone(d.Findings)
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b status.Data) int { return cmp.Compare(a.Source, b.Source) })
	return list
}

// faultOf is why data was refused: the lines that are logged.
func faultOf(err error) *status.Fault {
	f := &status.Fault{Time: time.Now(), Text: []string{noReason}}
	if err != nil {
		f.Text = strings.Split(strings.TrimSpace(err.Error()), "\n")
		f.Text = f.Text[:min(len(f.Text), faultLines)]
	}
	return f
}

// noReason stands where a backend gives none.
const noReason = "no reason given"

// reasonOf is why a source is out of reach, as it is logged.
func reasonOf(err error) string {
	if err == nil {
		return noReason
	}
	return strings.TrimPrefix(masked(err.Error()), backend.ErrUnavailable.Error()+": ") // said already
}

// shared returns the reporter that hears of the source, where another block had that opened; else nil.
func (b *block) shared() *reporter {
	for g := range generations {
		for _, other := range g.blocks {
			if other != b && other.source != nil && same(other.source, b.source) {
				return other.reporter
			}
		}
	}
	return nil
}
