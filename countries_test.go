package enumim

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/enumim/enumim/e164"
)

// TestCountryCodes: a number counts for its country, whatever else it has.
func TestCountryCodes(t *testing.T) {
	for number, want := range map[string]int{
		"+12025550100": 1, "+441632960083": 44, "+4930555": 49, "+3545550100": 354, "+77015550100": 7, "+999123": 999,
		"+0202": 0, "+44": 44, "+4": 4, "+882991234": 882,
	} {
		n, err := e164.ParseDigits(number[1:])
		if err != nil {
			t.Fatal(err)
		}
		if got := countryCode(n); got != want {
			t.Errorf("%s is of country %d, want %d", number, got, want)
		}
	}
	if got := countryCode(e164.Number(0)); got != 0 {
		t.Errorf("no number is of country %d", got)
	}
}

// TestCountriesAreCounted: what is answered with records or a referral counts for the country, and nothing else.
func TestCountriesAreCounted(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	plan := serve(t, "dial.example", newMemory(t, "dial.example", "4.4.1 300 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n"),
		func(b *block) { b.Options.DialPlan = true })
	value := func(code string) float64 { return counterValue(t, answered.vec.WithLabelValues(code)) }
	for _, c := range []struct {
		what, name string
		qtype      uint16
		e          Enumim
		code       string
		want       float64
	}{
		{"records", vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR, e, "44", 1},
		{"a referral", vectorName("1.6.6.7.7"), dns.TypeNAPTR, e, "44", 1},
		{"no records", vectorName("1"), dns.TypeNAPTR, e, "44", 0},
		{"no number", vectorName("9"), dns.TypeNAPTR, e, "44", 0},
		{"the zone itself", "4.4.e164.arpa.", dns.TypeSOA, e, "44", 0},
		{"a number of a dial plan", "4.4.1.dial.example.", dns.TypeNAPTR, plan, otherCountry, 1},
		{"a country for a number of a dial plan", "4.4.1.dial.example.", dns.TypeNAPTR, plan, "1", 0},
	} {
		before := value(c.code)
		askHandler(t, c.e, query1(c.name, c.qtype), nil)
		if got := value(c.code) - before; got != c.want {
			t.Errorf("%s: counted %v times, want %v", c.what, got, c.want)
		}
	}
}

// TestCountriesAreFew: who has numbers of all countries has no more series than a few, and loses no count.
func TestCountriesAreFew(t *testing.T) {
	c := &countries{vec: promauto.With(prometheus.NewRegistry()).NewCounterVec(prometheus.CounterOpts{Name: "x_total"}, []string{"country_code"})}
	for range 2 {
		for code := range 1000 {
			c.count(code)
		}
	}
	if n := testutil.CollectAndCount(c.vec); n != mostCountries+1 {
		t.Errorf("%d series", n)
	}
	if got := testutil.ToFloat64(c.vec.WithLabelValues(otherCountry)); got != 2*(1000-mostCountries) {
		t.Errorf("%v others", got)
	}
	if got := testutil.ToFloat64(c.vec.WithLabelValues("1")); got != 2 {
		t.Errorf("%v of country 1", got)
	}
}
