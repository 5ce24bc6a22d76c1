//go:build linux

// Package blast sends DNS queries over UDP to a server on this machine and measures the answers. It
// is bounded: loopback only, a minute at most, a limited number of queries outstanding.
package blast

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"
)

// Bounds of Options.
const (
	maxTime   = time.Minute
	maxWindow = 1024
	maxQuery  = 300 // octets
)

// Options say how queries are sent.
type Options struct {
	Server  netip.AddrPort // of IPv4
	Queries string         // file of queries, each behind its length in two octets
	Skip    int            // begin with this query
	Sockets int
	Window  int // outstanding queries for each socket
	Time    time.Duration
	Rate    int // queries a second in all; 0 sends as fast as answers come
}

// Sample is one answer.
type Sample struct {
	Sent    time.Duration // since the start
	Latency time.Duration
}

// Result is what came back.
type Result struct {
	Start              time.Time
	Seconds            float64
	Sent, Received     int
	Lost               int // without answer for half a second
	NoError, NXDomain  int
	Other              int // answers with another rcode
	Answers, Octets    int // records in answer sections; octets of messages
	P50, P90, P99, Max time.Duration
	Samples            []Sample `json:"-"` // ascending by latency
}

func (o *Options) check() error {
	switch {
	case !o.Server.Addr().Is4() || !o.Server.Addr().IsLoopback():
		return fmt.Errorf("%v is not on this machine: only addresses of 127.0.0.0/8 are measured", o.Server)
	case o.Time <= 0 || o.Time > maxTime:
		return fmt.Errorf("the time is %v: more than 0 and at most %v can be measured", o.Time, maxTime)
	case o.Sockets < 1 || o.Window < 1 || o.Sockets*o.Window > maxWindow:
		return fmt.Errorf("%d sockets with %d outstanding queries each: 1 to %d in all are possible", o.Sockets, o.Window, maxWindow)
	case o.Skip < 0 || o.Rate < 0:
		return fmt.Errorf("skip is %d and rate %d: neither can be negative", o.Skip, o.Rate)
	}
	return nil
}

// Run sends queries until the time is over. It needs one core, and keeps it busy.
func Run(o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	queries, err := readQueries(o.Queries)
	if err != nil {
		return nil, err
	}
	s, err := open(o, queries)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.run(o); err != nil {
		return nil, err
	}
	s.quantiles()
	return &s.Result, nil
}

func (r *Result) quantiles() {
	if len(r.Samples) == 0 {
		return
	}
	slices.SortFunc(r.Samples, func(a, b Sample) int { return cmp.Compare(a.Latency, b.Latency) })
	at := func(p float64) time.Duration { return r.Samples[int(p*float64(len(r.Samples)-1))].Latency }
	r.P50, r.P90, r.P99, r.Max = at(.5), at(.9), at(.99), at(1)
}

func readQueries(path string) ([][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var queries [][]byte
	for len(data) > 2 {
		n := 2 + int(binary.BigEndian.Uint16(data))
		if n > len(data) || n < 2+12 || n > 2+maxQuery {
			return nil, fmt.Errorf("%s is not a file of queries", path)
		}
		queries = append(queries, data[2:n])
		data = data[n:]
	}
	if len(queries) == 0 {
		return nil, fmt.Errorf("%s has no queries", path)
	}
	return queries, nil
}
