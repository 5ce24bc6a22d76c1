// Package stat has the few statistics of a series of measurements.
package stat

import "slices"

// Quantile returns the value below which the share p (0 to 1) of the values lies, interpolated
// between neighbours; 0 without values.
func Quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	at := p * float64(len(v)-1)
	i := int(at)
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

// Median returns the Quantile 0.5.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// Ratios divides each value by the one of the same round in base, which has as many.
func Ratios(values, base []float64) []float64 {
	out := make([]float64, len(values))
	for i := range values {
		out[i] = values[i] / base[i]
	}
	return out
}
