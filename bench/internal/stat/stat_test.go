package stat

import (
	"slices"
	"testing"
)

func TestQuantile(t *testing.T) {
	values := []float64{9, 1, 5, 3, 7}
	for _, c := range []struct{ p, want float64 }{{0, 1}, {0.25, 3}, {0.5, 5}, {0.75, 7}, {0.875, 8}, {1, 9}} {
		if got := Quantile(values, c.p); got != c.want {
			t.Errorf("Quantile(%v) is %v, want %v", c.p, got, c.want)
		}
	}
	if values[0] != 9 {
		t.Error("the values were sorted in place")
	}
	if Median([]float64{1, 2}) != 1.5 || Median(nil) != 0 {
		t.Error("the median of an even number of values is the mean of the middle two, that of none 0")
	}
}

// Rounds differ by more than servers do, so ratios are taken round by round.
func TestRatios(t *testing.T) {
	if got := Ratios([]float64{2, 9}, []float64{1, 3}); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("got %v", got)
	}
}
