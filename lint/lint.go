package lint

import (
	"crypto/sha256"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// Options say how data is read and judged. The zero value judges the records of a public tree and
// refuses $INCLUDE and $GENERATE.
type Options struct {
	// Checker judges records; its Sample is set as needed.
	Checker enumservice.Checker
	// Clients narrows findings to those that hurt one of these clients; the empty set keeps all.
	Clients enumservice.Clients
	// Apexes are the trees that numbers files are for, as in a Corefile: a number below none of them is
	// a fault. Empty takes every number.
	Apexes []e164.Apex
	// Origin completes relative names of zone files until the first $ORIGIN; may be empty.
	Origin string
	// Include allows $INCLUDE of files in the folder of a file and below.
	Include bool
	// Generate allows $GENERATE in zone files.
	Generate bool
	// Most is how many findings of a rule are kept; the rest are counted. 0 keeps all.
	Most int
	// Fix has repairs prepared, for Linter.Fix; texts are then held in memory while they are read.
	Fix bool
	// Least is how severe a finding must be for Linter.Fix to mend it; 0 mends all. It changes nothing
	// about what is found.
	Least enumservice.Severity
	// Progress, if not nil, is told of the octets that were read.
	Progress func(n int)
}

// wants reports whether the findings of a rule are to be told.
func (o *Options) wants(f enumservice.Finding) bool {
	return o.Clients == 0 || f.Clients&o.Clients != 0
}

// mends reports whether Fix is to mend what a finding tells of.
func (o *Options) mends(f enumservice.Finding) bool {
	return f.Repair.Automatic() && f.Severity >= o.Least && o.wants(f)
}

// Linter reads data and looks for what is wrong with it. Numbers files belong together and are judged
// together; each zone is judged alone. A Linter is used by one goroutine.
type Linter struct {
	o       Options
	report  *Report
	files   files
	numbers *tree // of all numbers files; nil without any
	fixes   fixes
	sums    map[string][sha256.Size]byte // of the texts that were judged, when they are to be mended
	signed  map[string]bool              // zones that include records of DNSSEC
}

// New returns a Linter that has read nothing.
func New(o Options) *Linter {
	l := &Linter{o: o, report: newReport(o.Most)}
	if o.Fix {
		l.fixes, l.sums, l.signed = make(fixes), make(map[string][sha256.Size]byte), make(map[string]bool)
	}
	return l
}

// Finish judges what only the data as a whole shows and returns all findings. Nothing can be read
// afterwards.
func (l *Linter) Finish() *Report {
	if l.numbers != nil {
		l.numbers.sort()
		l.numbers.whole()
		l.numbers = nil
	}
	return l.report
}
