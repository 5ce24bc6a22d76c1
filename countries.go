package enumim

import (
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/enumim/enumim/e164"
)

// mostCountries is how many country codes have a series of their own, those that were answered for first: there are
// some 230, and a server that has numbers of all of them should not have as many series.
const mostCountries = 50

// otherCountry is the label of the rest, and of dial plans, whose numbers have no country code.
const otherCountry = "other"

// countries counts answers by the country code of the number, without looking a counter up by label for each. What is
// asked and not there is not counted: who asks at random must not make series.
type countries struct {
	vec      *prometheus.CounterVec
	counters [1000]atomic.Pointer[prometheus.Counter] // by country code; 0 for what has none

	mu    sync.Mutex
	known int // how many have a series of their own
}

// count counts an answer about a number with this country code.
func (c *countries) count(code int) {
	counter := c.counters[code].Load()
	if counter == nil {
		counter = c.add(code)
	}
	(*counter).Inc()
}

// add returns the counter of a code that was not answered for before.
func (c *countries) add(code int) *prometheus.Counter {
	c.mu.Lock()
	defer c.mu.Unlock()
	if counter := c.counters[code].Load(); counter != nil {
		return counter
	}
	label := otherCountry
	if code > 0 && c.known < mostCountries {
		label = strconv.Itoa(code)
		c.known++
	}
	counter := c.vec.WithLabelValues(label)
	c.counters[code].Store(&counter)
	return &counter
}

// countryCode returns the country code of a number, 1 to 999; 0 for what has none: none begins with 0.
func countryCode(n e164.Number) (code int) {
	n = n.CountryCode()
	if n.Len() == 0 || n.Digit(0) == '0' {
		return 0
	}
	for i := range n.Len() {
		code = code*10 + int(n.Digit(i)-'0')
	}
	return code
}
