package test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// numbering is what would be a number of the test, or the greater part of one: its digits in a row, in either order, or as
// labels.
var numbering = regexp.MustCompile(`4416329\d{2}|16329\d{5}|\d{5}9236144|\d{5}92361|(?:\d\.){7}`)

// However many numbers are asked for, found or not, answered from memory or by a store that is away, inspected or not: none
// is in the log, a metric, the readiness page or a profile, and there are no more series than before.
func TestNothingTellsNumbers(t *testing.T) {
	queries, numbers := 100_000, 10_000
	if *long {
		queries, numbers = 1_000_000, 100_000
	}
	dir := home(t)
	var b strings.Builder
	for i := range numbers / 2 { // the others are not there
		fmt.Fprintf(&b, "+4416329%05d im:user%d@example.com\n", i, i)
	}
	b.WriteString("$END\n")
	if err := os.WriteFile(filepath.Join(dir, "numbers"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	ready := fmt.Sprintf("%s:%d", loopback, freePort(t))
	d := launch(t, dir, func(d *daemon) {
		_, port, _ := strings.Cut(d.at, ":")
		d.write(t, fmt.Sprintf(`.:%[1]s {
    bind %[2]s
    metadata
    errors
    log . "{type} {rcode} {/enumim/result} {/enumim/guard} {/enumim/number}"
    prometheus %[3]s
    pprof %[4]s
    ready %[5]s
    enumim l0.example.net {
        backend file %[6]s
        privacy masked
    }
    enumim l1.example.net {
        backend file %[6]s
    }
    enumim l2.example.net {
        backend http http://%[2]s:1 {
            mode store
        }
    }
    enumim_guard {
        inspect annotate l0.example.net
    }
}
`, port, loopback, d.metrics, d.pprof, ready, filepath.Join(dir, "numbers")))
	})
	eventually(t, func() error {
		_, err := dns.Exchange(new(dns.Msg).SetQuestion("l0.example.net.", dns.TypeSOA), d.at)
		return err
	})
	series := func() int { return strings.Count(d.fetch(t, d.metrics+"/metrics"), "\ncoredns_enumim_") }
	var replies atomic.Int64
	ask := func(from, to int) error {
		conn, err := net.Dial("udp", d.at)
		if err != nil {
			return err
		}
		defer conn.Close()
		buf := make([]byte, dns.MaxMsgSize)
		for i := from; i < to; i++ {
			name := fmt.Sprintf("%s.l%d.example.net.", reversed(fmt.Sprintf("4416329%05d", i%numbers)), i%3)
			wire, err := new(dns.Msg).SetQuestion(name, dns.TypeNAPTR).Pack()
			if err != nil {
				return err
			}
			conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Write(wire); err != nil {
				return err
			}
			if _, err := conn.Read(buf); err != nil {
				return fmt.Errorf("query %d: %w", i, err)
			}
			replies.Add(1)
		}
		return nil
	}
	if err := ask(0, 100); err != nil {
		t.Fatal(err)
	}
	before := series()
	const clients = 8
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			if err := ask(100+c*queries/clients, 100+(c+1)*queries/clients); err != nil {
				t.Error(err)
			}
		})
	}
	var profiles strings.Builder
	for replies.Load() < int64(queries) && !t.Failed() {
		profiles.WriteString(d.fetch(t, d.pprof+"/debug/pprof/goroutine?debug=1"))
		time.Sleep(200 * time.Millisecond)
	}
	wg.Wait()
	if n := series(); n > before || n > 200 {
		t.Errorf("%d series, %d before", n, before)
	}
	log := d.journal.since(0)
	for name, text := range map[string]string{
		"the log": log, "a profile": profiles.String(), "metrics": d.fetch(t, d.metrics+"/metrics"), "readiness": readiness(t, ready),
	} {
		if at := numbering.FindStringIndex(text); at != nil {
			t.Errorf("%s tells %q: ...%s...", name, text[at[0]:at[1]], text[max(0, at[0]-100):min(len(text), at[1]+100)])
		}
	}
	// Of the tree that says so the log tells what may be told, of the others nothing.
	if lines, masked := strings.Count(log, "NAPTR "), strings.Count(log, "+44... (12 digits)"); lines < queries || masked < queries/4 || masked > lines*2/3 {
		t.Errorf("%d lines, %d of them with masked numbers", lines, masked)
	}
}

// readiness returns what the server says of its readiness: that it is not ready, and why.
func readiness(t *testing.T, at string) string {
	t.Helper()
	response, err := http.Get("http://" + at + "/ready")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || len(body) == 0 {
		t.Fatalf("readiness: %q, %v", body, err)
	}
	return string(body)
}
