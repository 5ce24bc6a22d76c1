package client

import (
	"slices"

	"github.com/enumim/enumim/naptr"
)

// use notes that record i yields uri, the next to be tried.
func (o *Outcome) use(i int, uri string) {
	o.Targets = append(o.Targets, Target{URI: uri, Record: i})
	o.Verdicts[i] = Verdict{Used: true}
}

// reject notes why record i is not used.
func (o *Outcome) reject(i int, why string) { o.Verdicts[i] = Verdict{Why: why} }

// byOrder returns the indexes of the records by order and preference, equal ones as they came.
func byOrder(records []naptr.Record) []int {
	order := make([]int, len(records))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := records[a], records[b]
		if x.Order != y.Order {
			return int(x.Order) - int(y.Order)
		}
		return int(x.Preference) - int(y.Preference)
	})
	return order
}

// rejectAll notes the same of every record.
func (o *Outcome) rejectAll(why string) {
	for i := range o.Verdicts {
		o.reject(i, why)
	}
}

// rejectRest notes why of the records of which nothing was said yet.
func (o *Outcome) rejectRest(why string) {
	for i, v := range o.Verdicts {
		if v == (Verdict{}) {
			o.reject(i, why)
		}
	}
}
