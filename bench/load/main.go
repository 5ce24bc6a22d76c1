//go:build linux

// Command load sends DNS queries over UDP to a server on this machine, on one core, and tells what
// came back in one line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/enumim/enumim/bench/internal/blast"
)

func main() {
	runtime.GOMAXPROCS(1)
	var o blast.Options
	server := flag.String("server", "127.0.0.1:1053", "address of the server; loopback only")
	trace := flag.String("trace", "", "write for each answer when the query was sent, in Unix microseconds, and the latency in microseconds")
	flag.StringVar(&o.Queries, "queries", "", "file of packed queries")
	flag.IntVar(&o.Skip, "skip", 0, "begin with this query")
	flag.IntVar(&o.Sockets, "sockets", 8, "UDP sockets")
	flag.IntVar(&o.Window, "window", 12, "outstanding queries for each socket")
	flag.DurationVar(&o.Time, "time", 2*time.Second, "how long; a minute at most")
	flag.IntVar(&o.Rate, "rate", 0, "queries a second; 0 sends as fast as answers come")
	flag.Parse()
	if err := run(o, *server, *trace); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(o blast.Options, server, trace string) (err error) {
	if o.Server, err = netip.ParseAddrPort(server); err != nil {
		return err
	}
	r, err := blast.Run(o)
	if err != nil {
		return err
	}
	if trace != "" {
		if err := writeTrace(trace, r); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func writeTrace(path string, r *blast.Result) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, s := range r.Samples {
		fmt.Fprintln(w, r.Start.Add(s.Sent).UnixMicro(), s.Latency.Microseconds())
	}
	return errors.Join(w.Flush(), f.Close())
}
