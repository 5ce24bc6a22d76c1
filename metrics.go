package enumim

import (
	"sync"
	"sync/atomic"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metrics"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/enumim/enumim/enumservice"
)

// No label ever holds a number: zones are those of the Corefile, sources are what backends read.
var (
	responses = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "responses_total",
		Help:      "Counter of queries for the zones of enumim, by what became of them.",
	}, []string{"server", "zone", "result"})

	panics = promauto.NewCounter(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "panics_total",
		Help:      "Counter of panics while a query was answered, a reply inspected or the status page made.",
	})

	guardResponses = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "guard_responses_total",
		Help:      "Counter of inspected replies of other plugins, by what became of them.",
	}, []string{"server", "zone", "action"})

	guardFindings = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "guard_findings_total",
		Help:      "Counter of what was found in inspected replies, by rule and severity.",
	}, []string{"zone", "rule", "severity"})

	additionals = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "additional_total",
		Help:      "Counter of answers with im: or pres: URIs, by what was found to bring along.",
	}, []string{"result"})

	lookupDuration = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Namespace:                   plugin.Namespace,
		Subsystem:                   pluginName,
		Name:                        "lookup_duration_seconds",
		Help:                        "Histogram of the time a look-up took in a backend that is no local memory.",
		Buckets:                     plugin.TimeBuckets,
		NativeHistogramBucketFactor: plugin.NativeHistogramBucketFactor,
	}, []string{"zone"})

	lookupErrors = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "lookup_errors_total",
		Help:      "Counter of look-ups that a backend could not answer, by reason.",
	}, []string{"zone", "reason"})

	lastLoad = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "backend_last_load_timestamp_seconds",
		Help:      "Gauge of when a backend's data was loaded last.",
	}, []string{"backend", "source"})

	refusedLoads = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "backend_refused_loads_total",
		Help:      "Counter of loads that were held back, so that the last good data stayed.",
	}, []string{"backend", "source"})

	backendFindings = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "backend_findings_total",
		Help:      "Counter of what was found questionable in the data at each load, by rule and severity.",
	}, []string{"backend", "rule", "severity"})

	answered = countries{vec: promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace,
		Subsystem: pluginName,
		Name:      "country_answers_total",
		Help:      "Counter of queries for NAPTR that were answered with records or a referral, by the country code of the number.",
	}, []string{"country_code"})}
)

// sourceSeries knows how many open backends read a source: with the last of them its series go, so that
// reloads with ever new files do not pile series up, and an alert does not tell of a file that nobody reads.
var sourceSeries holders

// holders counts backends by driver and source. The zero value is ready for use.
type holders struct {
	mu sync.Mutex
	n  map[[2]string]int
}

// hold notes one more.
func (h *holders) hold(driver, source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.n == nil {
		h.n = make(map[[2]string]int)
	}
	h.n[[2]string{driver, source}]++
}

// drop notes one less.
func (h *holders) drop(driver, source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{driver, source}
	if h.n[key]--; h.n[key] > 0 {
		return
	}
	delete(h.n, key)
	forgetSource(key)
}

// held reports whether events of an open backend made the series.
func (h *holders) held(series [2]string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n[series] > 0
}

// forgetSource takes the series of a driver's source away.
func forgetSource(series [2]string) {
	for _, vec := range stateVecs {
		vec.DeleteLabelValues(series[:]...)
	}
	lastLoad.DeleteLabelValues(series[:]...)
	refusedLoads.DeleteLabelValues(series[:]...)
}

// result is what became of a query.
type result uint8

const (
	resultFound          result = iota
	resultNoData                // the name exists, without records of the type
	resultNXDomain              // neither the name nor anything below it exists
	resultReferral              // below a delegation
	resultTruncated             // too large for UDP: TC
	resultYXDomain              // a DNAME gave too long a name (RFC 6672 section 2.2)
	resultRefused               // a transfer
	resultFormatError           // a query type that is no query
	resultNotImplemented        // a query type of old that nobody serves
	resultServFail              // the backend could not tell
	resultFallthrough           // passed on to the next plugin
	resultWalker                // asked by who walks the tree
	results                     // how many there are
)

var resultNames = [results]string{
	"found", "nodata", "nxdomain", "referral", "truncated", "yxdomain", "refused", "formerr", "notimp", "servfail", "fallthrough", "walker",
}

// String returns the value of the label.
func (r result) String() string { return resultNames[r] }

// forget takes the series of a zone away that is served no more.
func (t *tree) forget() {
	lookupDuration.DeleteLabelValues(t.zone)
	lookupErrors.DeletePartialMatch(prometheus.Labels{"zone": t.zone})
	if known := t.tally.servers.Load(); known != nil {
		for _, s := range *known {
			for r := range results {
				responses.DeleteLabelValues(s.server, t.zone, r.String())
			}
		}
	}
}

// forget takes the series of a zone away that is inspected no more.
func (i *inspection) forget() {
	zone := prometheus.Labels{"zone": i.zone}
	guardResponses.DeletePartialMatch(zone)
	guardFindings.DeletePartialMatch(zone)
}

// count counts what became of a query.
func (q *query) count() {
	q.t.tally.count(metrics.WithServer(q.ctx), q.t.zone, q.result)
	switch q.result {
	case resultFound, resultReferral, resultTruncated:
	default:
		return
	}
	switch {
	case q.qtype != dns.TypeNAPTR || q.number.Len() == 0:
	case q.t.Options.DialPlan:
		answered.count(0)
	default:
		answered.count(countryCode(q.number))
	}
}

// severityOf returns the severity of a rule that data was found to break. What backends say of their stores is in no
// catalogue: the log has it as a warning.
func severityOf(rule string) string {
	if f, ok := enumservice.Get(rule); ok {
		return f.Severity.String()
	}
	return enumservice.Warning.String()
}

// tally counts the responses of a tree without looking counters up by label for each.
type tally struct{ servers atomic.Pointer[[]serverTally] }

type serverTally struct {
	server  string
	results [results]prometheus.Counter
}

func (t *tally) count(server, zone string, r result) {
	for {
		known := t.servers.Load()
		if known != nil {
			for i := range *known {
				if s := &(*known)[i]; s.server == server {
					s.results[r].Inc()
					return
				}
			}
		}
		fresh := serverTally{server: server}
		for r := range results {
			fresh.results[r] = responses.WithLabelValues(server, zone, r.String())
		}
		var more []serverTally
		if known != nil {
			more = append(more, *known...)
		}
		more = append(more, fresh)
		t.servers.CompareAndSwap(known, &more)
	}
}
