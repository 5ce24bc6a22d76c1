package enumim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/status"
)

// freeAddress returns an address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// visitor asks for a status page, each time by a connection of its own.
var visitor = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// pageAt returns the status page at an address; ok is false where there is none.
func pageAt(t *testing.T, address string) (p status.Page, ok bool) {
	t.Helper()
	r, err := visitor.Get("http://" + address + "/status.json")
	if err != nil {
		return p, false
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", r.Status, err)
	}
	return p, true
}

// explainedAt explains a number.
func explainedAt(t *testing.T, address, number string) (e status.Explained) {
	t.Helper()
	r, err := visitor.PostForm("http://"+address+"/explain.json", url.Values{"number": {number}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		t.Fatalf("%s: %v", r.Status, err)
	}
	return e
}

// zones lists the zones on a page.
func zones(p status.Page) string {
	var list []string
	for _, tree := range p.Trees {
		list = append(list, tree.Zone)
	}
	return strings.Join(list, " ")
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// comesTrue waits for a state that comes by itself.
func comesTrue(t *testing.T, what func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = what(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// The page says what queries are answered from, and a number is explained as it is answered.
func TestStatusPage(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	path, other := filepath.Join(dir, "numbers.txt"), filepath.Join(dir, "other.txt")
	writeFile(t, path, "+12025550100 im:user@example.com sip:user@example.com\n+1203555xxxx sip:{number}@gw.example.net\n")
	writeFile(t, other, "+4420 NS ns1.example.net.\n")
	udp, _ := addresses(startServer(t, fmt.Sprintf(`e164.arpa:0 {
 bind 127.0.0.1
 enumim_guard {
  inspect enforce
  deny_domains gw.example.net
  services im
 }
 enumim {
  backend file %s
  status %s
 }
 enumim 4.4.e164.arpa {
  backend file %s
  status %[2]s
 }
}`, path, address, other)))
	p, ok := pageAt(t, address)
	if !ok || !p.Ready || zones(p) != "e164.arpa. 4.4.e164.arpa." || len(p.Backends) != 2 || len(p.Inspected) != 1 || p.Inspected[0].Mode != "enforce" {
		t.Fatalf("%+v", p)
	}
	soa := exchange(t, "udp", udp, query1("e164.arpa.", dns.TypeSOA)).Answer[0].(*dns.SOA)
	tree, store := p.Trees[0], p.Backends[0]
	if tree.Serial != soa.Serial || tree.Answers != status.Own || len(tree.Servers) != 1 || !strings.HasPrefix(tree.Servers[0], "dns://"+Loopback) || tree.Fault != "" {
		t.Errorf("serial %d, and the tree is %+v", soa.Serial, tree)
	}
	d := store.Sources[0]
	if store.Driver != "file" || store.Place != "Corefile:8" || !store.Memory || !store.Ready || len(store.Sources) != 1 ||
		d.Source != path || d.State != status.Current || d.Entries == nil || *d.Entries != 2 || d.Serial != soa.Serial || time.Since(d.Loaded) > time.Minute {
		t.Errorf("%+v", store)
	}
	e := explainedAt(t, address, "+1 202 555 0100")
	if len(e.Trees) != 1 {
		t.Fatalf("%+v", e)
	}
	one := e.Trees[0]
	if one.Result != "found" || one.Number != "+12025550100" || one.Guard == nil || one.Guard.Action != "withheld" || len(one.Records) != 1 || len(one.Kept) != 1 ||
		!strings.Contains(one.Records[0].Regexp, "im:user@example.com") || len(one.Entries) != 1 || !one.Entries[0].Wins || len(one.Clients) < 10 {
		t.Errorf("%+v", one)
	}
	for number, result := range map[string]string{
		"+12025550100": "found", "+12035550100": "servfail", "+1202": "nodata", "+49": "nxdomain", "+4420": "referral",
	} {
		e := explainedAt(t, address, number)
		if len(e.Trees) != 1 {
			t.Errorf("%s: %+v", number, e)
			continue
		}
		got := exchange(t, "udp", udp, query1(e.Trees[0].Domain, dns.TypeNAPTR))
		if e.Trees[0].Result != result || len(e.Trees[0].Records) != len(got.Answer) ||
			(got.Rcode == dns.RcodeServerFailure) != (result == "servfail") || (got.Rcode == dns.RcodeNameError) != (result == "nxdomain") {
			t.Errorf("%s: %+v, and the answer is %v", number, e, got)
		}
	}
	for number, want := range map[string]string{"12025550100": "not a global number", "+1x": "not a digit", "": "which number"} {
		if e := explainedAt(t, address, number); len(e.Trees) != 0 || !strings.Contains(e.Error, want) {
			t.Errorf("%q: %+v", number, e)
		}
	}
}

// A number whose mailbox is hidden is explained as it is answered, with what is hidden.
func TestStatusPageOfHiddenMailboxes(t *testing.T) {
	path, address := filepath.Join(t.TempDir(), "numbers.txt"), freeAddress(t)
	writeFile(t, path, "+12025550100 im:user@example.com\n")
	udp, _ := addresses(startServer(t, fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend file %s\n anonymize file:%s\n status %s\n }\n}",
		path, keyFile(t, strings.Repeat("1", 64)), address)))
	one := explainedAt(t, address, "+12025550100").Trees[0]
	got := exchange(t, "udp", udp, query1(one.Domain, dns.TypeNAPTR))
	if len(one.Records) != 1 || len(got.Answer) != 1 || one.Records[0].Regexp != got.Answer[0].(*dns.NAPTR).Regexp || strings.Contains(one.Records[0].Regexp, "user") ||
		len(one.Hidden) != 1 || !strings.Contains(one.Hidden[0].Regexp, "im:user@example.com") {
		t.Errorf("explained %+v, answered %v", one, got)
	}
}

// A number that is explained gets into no log and no metric, and the page lists none; what is refused is told without one.
func TestStatusPageTellsNoNumber(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	path := filepath.Join(dir, "numbers.txt")
	writeFile(t, path, "+12025550143 im:user@example.com\n+12025550144 NAPTR 10 10 \"u\" \"E2U+sip\" \"!^.*$!sip:user@example.com!\" .\n")
	logged := capture(func() {
		startServer(t, fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend file %s {\n reload 100ms\n }\n status %s\n }\n}", path, address))
		for _, number := range []string{"+12025550143", "+12025550143x", "+12025550149"} {
			explainedAt(t, address, number)
		}
		writeFile(t, path, "+12025550143 im:user@example.com\n+12025550143 fax:nobody\n")
		comesTrue(t, func() error {
			p, _ := pageAt(t, address)
			if d := p.Backends[0].Sources[0]; d.State != status.Refused || d.Refusals != 1 || d.Refused == nil || !strings.Contains(strings.Join(d.Refused.Text, ""), "numbers.txt:2") {
				return fmt.Errorf("%+v", d)
			}
			return nil
		})
		for _, target := range []string{"/", "/status.json"} {
			r, err := visitor.Get("http://" + address + target)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r.Body)
			r.Body.Close()
			if err != nil || strings.Contains(string(text), "5550143") || strings.Contains(string(text), "3.4.1.0.5.5.5") {
				t.Errorf("%v: %s", err, text)
			}
		}
	})
	if strings.Contains(logged, "5550143") || strings.Contains(logged, "5550149") || !strings.Contains(logged, "status page at http://"+address) {
		t.Error(logged)
	}
}

// opaque is a backend that cannot tell its entries.
type opaque struct{ *memory }

func (o opaque) Backend() backend.Backend { return o }

func (opaque) Trace(context.Context, backend.Query) ([]backend.Entry, error) { panic("bug") }

// A backend that fails, or panics, costs the explanation of its own tree.
func TestExplainFaults(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	s := shown{serve(t, "e164.arpa", opaque{m}).state}
	for _, fault := range []error{nil, backend.ErrUnavailable, errors.New("no row for 12025550100")} {
		if fault != nil {
			m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
				return backend.Answer{}, fault, true
			}
		}
		list, err := s.Explain(t.Context(), "+12025550100")
		if err != nil || len(list) != 1 || list[0].Result != "servfail" || list[0].Fault == "" || strings.Contains(list[0].Fault, "5550100") || list[0].Records == nil {
			t.Errorf("%v: %+v, %v", fault, list, err)
		}
		p := s.Status(t.Context())
		if told := p.Trees[0].Fault; len(p.Trees) != 1 || (told != "") != (fault != nil) || strings.Contains(told, "5550100") {
			t.Errorf("%v: %+v", fault, p)
		}
	}
}
