package lint

import (
	"iter"
	"maps"
	"slices"

	"github.com/enumim/enumim/enumservice"
)

// Report gathers findings: the first of each rule, by place, and how many there are in all.
type Report struct {
	most  int // of a rule; 0 keeps all
	rules map[string]*ruleFindings
	files map[string]int // in which sequence they were read
}

// ruleFindings are those of one rule.
type ruleFindings struct {
	rule  enumservice.Finding
	list  []Finding
	count int
	full  bool // list was cut: what comes behind the last of what was left then is only counted
}

func newReport(most int) *Report {
	return &Report{most: most, rules: make(map[string]*ruleFindings), files: make(map[string]int)}
}

// file notes that a file is read next.
func (r *Report) file(name string) {
	if _, known := r.files[name]; !known {
		r.files[name] = len(r.files)
	}
}

// counts makes room for one more finding of a rule.
func (r *Report) counts(f enumservice.Finding, n int) *ruleFindings {
	all := r.rules[f.Code]
	if all == nil {
		all = &ruleFindings{rule: f}
		r.rules[f.Code] = all
	}
	all.rule.Severity = max(all.rule.Severity, f.Severity)
	all.count += n
	return all
}

// add takes a finding. name and note are asked for their text only when the finding is kept.
func (r *Report) add(f Finding, name, note func() string) {
	r.file(f.File)
	all := r.counts(f.Finding, 1)
	if all.full && compare(r.files, &f, &all.list[r.most-1]) > 0 {
		return
	}
	if name != nil {
		f.Name = name()
	}
	if note != nil {
		f.Note = note()
	}
	all.list = append(all.list, f)
	if r.most > 0 && len(all.list) >= 2*r.most {
		r.cut(all)
	}
}

// merge takes the findings of another report.
func (r *Report) merge(other *Report) {
	for _, all := range other.rules {
		for _, f := range all.list {
			r.add(f, nil, nil)
		}
		r.counts(all.rule, all.count-len(all.list))
	}
}

// cut leaves the first findings of a rule.
func (r *Report) cut(all *ruleFindings) {
	slices.SortFunc(all.list, func(a, b Finding) int { return compare(r.files, &a, &b) })
	if r.most > 0 && len(all.list) > r.most {
		all.list, all.full = all.list[:r.most], true
	}
}

// Findings lists the findings that were kept, by place.
func (r *Report) Findings() iter.Seq[Finding] {
	var list []Finding
	for _, all := range r.rules {
		r.cut(all)
		list = append(list, all.list...)
	}
	slices.SortFunc(list, func(a, b Finding) int { return compare(r.files, &a, &b) })
	return slices.Values(list)
}

// Count is how many findings there are of a rule.
type Count struct {
	enumservice.Finding
	Kept, Total int
}

// Counts lists the rules that there are findings of, by code.
func (r *Report) Counts() iter.Seq[Count] {
	return func(yield func(Count) bool) {
		for _, code := range slices.Sorted(maps.Keys(r.rules)) {
			all := r.rules[code]
			kept := len(all.list)
			if r.most > 0 {
				kept = min(kept, r.most)
			}
			if !yield(Count{all.rule, kept, all.count}) {
				return
			}
		}
	}
}

// Worst returns the highest severity that a finding has; 0 without findings.
func (r *Report) Worst() (s enumservice.Severity) {
	for _, all := range r.rules {
		s = max(s, all.rule.Severity)
	}
	return s
}
