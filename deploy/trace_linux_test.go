package deploy

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// span is one as Zipkin takes it, by its API of the second version.
type span struct {
	ID, ParentID, Name string
	Tags               map[string]string
}

// zipkin is a server that keeps spans.
type zipkin struct {
	*httptest.Server
	mu    sync.Mutex
	spans map[string]span // by their names
	errs  []error
}

func newZipkin(t *testing.T) *zipkin {
	z := &zipkin{spans: make(map[string]span)}
	z.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var spans []span
		if err == nil {
			err = json.Unmarshal(body, &spans)
		}
		z.mu.Lock()
		defer z.mu.Unlock()
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/api/v2/spans" {
			z.errs = append(z.errs, fmt.Errorf("%s %s: %w: %s", r.Method, r.URL.Path, err, body))
		}
		for _, s := range spans {
			z.spans[s.Name] = s
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(z.Close)
	return z
}

// of returns the span of a name, once it has come.
func (z *zipkin) of(t *testing.T, name string) span {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		z.mu.Lock()
		s, ok := z.spans[name]
		list, errs := fmt.Sprint(z.spans), z.errs
		z.mu.Unlock()
		if ok {
			return s
		}
		if len(errs) > 0 || time.Now().After(until) {
			t.Fatalf("no span %q came, but %s; errors %v", name, list, errs)
		}
	}
}

// traces says that a CoreDNS with the plugin trace has the span of a look-up below that of enumim, and that it tells of the
// number what the option privacy lets it, though trace itself tells the name that was asked for.
func traces(t *testing.T, program string) {
	t.Helper()
	z := newZipkin(t)
	numbers, err := filepath.Abs("../examples/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.LocalAddr().(*net.UDPAddr)
	l.Close()
	corefile := filepath.Join(t.TempDir(), "Corefile")
	text := fmt.Sprintf(".:%d {\n bind 127.0.0.1\n trace %s/api/v2/spans\n enumim e164.arpa {\n backend file %s\n privacy country\n }\n}\n", at.Port, z.URL, numbers)
	if err := os.WriteFile(corefile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-conf", corefile)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	}()
	q := new(dns.Msg)
	q.SetQuestion("0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR)
	for until := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		r, err := dns.Exchange(q, at.String())
		if err == nil && len(r.Answer) > 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("no answer: %v, %v", r, err)
		}
	}
	whole, plugin, lookup := z.of(t, "servedns"), z.of(t, "enumim"), z.of(t, "enumim lookup")
	if plugin.ParentID != whole.ID || lookup.ParentID != plugin.ID {
		t.Errorf("the spans are not each below the one before: %v, %v, %v", whole, plugin, lookup)
	}
	want := map[string]string{"enumim/backend": "file", "enumim/kind": "found", "enumim/number": "+1", "enumim/stale": "false", "enumim/zone": "e164.arpa."}
	if got := fmt.Sprint(lookup.Tags); got != fmt.Sprint(want) {
		t.Errorf("the look-up has %s, want %v", got, want)
	}
	if whole.Tags["coredns.io/name"] != q.Question[0].Name {
		t.Errorf("trace itself tells %v and no name any more: docs/metrics.md says otherwise", whole.Tags)
	}
}
