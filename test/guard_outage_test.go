package test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// ways are all places of a guard that enforces, with all that it can wait for.
var ways = map[string]string{
	"guard":  "enumim_guard e164.arpa {\ninspect enforce\nempty nodata\nadditional srv\n}\n",
	"enumim": "enumim e164.arpa {\ninspect enforce\nempty nodata\nrequire_authenticated\n}\n",
	"both":   "enumim_guard e164.arpa {\ninspect enforce\nempty nodata\n}\ncache\nenumim e164.arpa {\ninspect enforce\nempty nodata\n}\n",
}

const somebody = "0.0.1.0.5.5.5.2.0.2.1.e164.arpa."

// TestGuardOutage: where the servers behind the guard are down, silent or refuse, the client is told of a
// failure, whatever stands for "nothing is left": never that the number has no records, or does not exist.
func TestGuardOutage(t *testing.T) {
	silent := startUpstream(t, func(string, *dns.Msg) [][]byte { return nil })
	var asking sync.WaitGroup
	defer asking.Wait()
	gone := fmt.Sprintf("%s:%d", loopback, freePort(t))
	for _, outage := range []struct {
		name, forward string
	}{
		{"down", "forward . " + gone},
		{"silent", "forward . " + silent.address + " {\nmax_connect_attempts 1\n}"},
		{"nothing behind", ""},
		{"SERVFAIL", "forward . " + startUpstream(t, answers(t, func(_, m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })).address},
		{"REFUSED", "forward . " + startUpstream(t, answers(t, func(_, m *dns.Msg) { m.Rcode = dns.RcodeRefused })).address},
	} {
		for way, chain := range ways {
			s := startEnumim(t, chain+outage.forward)
			for _, network := range []string{"udp", "tcp"} {
				asking.Go(func() {
					r := new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR)
					r.SetEdns0(maxUDP, network == "tcp")
					m, _, err := (&dns.Client{Net: network, Timeout: 10 * time.Second}).Exchange(r, s.of(network))
					if err != nil {
						t.Errorf("%s, %s, %s: no reply: %v", outage.name, way, network, err)
						return
					}
					if m.Rcode != dns.RcodeServerFailure && (m.Rcode != dns.RcodeRefused || outage.name == "down" || outage.name == "silent") {
						t.Errorf("%s, %s, %s: got %v", outage.name, way, network, m)
					}
				})
			}
		}
	}
}

// TestGuardDying: a server that slows down and dies while clients ask gives right answers, then failures.
func TestGuardDying(t *testing.T) {
	up := startUpstream(t, nil)
	var slow atomic.Bool
	up.answering(func(network string, r *dns.Msg) [][]byte {
		if slow.Load() {
			time.Sleep(30 * time.Millisecond)
		}
		return answers(t, func(r, m *dns.Msg) {
			owner := r.Question[0].Name
			m.Answer = []dns.RR{naptrRR(owner, 10, "E2U+im", "im:user@example.com"), naptrRR(owner, 20, "E2U+im", "sip:user@example.com")}
		})(network, r)
	})
	s := startEnumim(t, "enumim_guard e164.arpa {\ninspect enforce\nempty nodata\n}\nforward . "+up.address+" {\nmax_connect_attempts 1\n}")
	var running sync.WaitGroup
	var right, failed atomic.Int64
	stop := make(chan struct{})
	for i := range 6 {
		running.Go(func() {
			network := []string{"udp", "tcp"}[i%2]
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR)
				m, _, err := (&dns.Client{Net: network, Timeout: 10 * time.Second}).Exchange(r, s.of(network))
				switch {
				case err != nil:
					t.Errorf("%s: no reply: %v", network, err)
					return
				case m.Rcode == dns.RcodeServerFailure:
					failed.Add(1)
				case m.Rcode != dns.RcodeSuccess || len(m.Answer) != 1 || m.Answer[0].(*dns.NAPTR).Regexp != "!^.*$!im:user@example.com!":
					t.Errorf("%s: got %v", network, m)
					return
				default:
					right.Add(1)
				}
			}
		})
	}
	reach := func(count *atomic.Int64, n int64) {
		eventually(t, func() error {
			if count.Load() < n && !t.Failed() {
				return fmt.Errorf("%d right, %d failed", right.Load(), failed.Load())
			}
			return nil
		})
	}
	reach(&right, 100)
	slow.Store(true)
	reach(&right, right.Load()+30)
	up.stop()
	reach(&failed, 20)
	close(stop)
	running.Wait()
}
