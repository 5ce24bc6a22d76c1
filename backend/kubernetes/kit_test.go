package kubernetes

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// kit is an API server for the custom resources, as far as a feed and a writer see it, which can be made to fail in ways
// that no real one can be asked for. TestRealConformance has what a real one says of the same.
type kit struct {
	*httptest.Server
	dir string // with ca.crt and token

	mu        sync.Mutex
	changed   chan struct{} // closed when something changes
	revision  uint64
	objects   map[string]map[string]any // by resource/namespace/name
	log       []logged
	compacted uint64                                // what was before is not known any more
	lists     map[string][]any                      // what is left of lists, by the word to continue with
	at        map[string]string                     // their revisions
	absent    map[string]bool                       // definitions, namespaces that are not there
	ending    map[string]bool                       // those that are being deleted
	remade    map[string]int                        // how often namespaces were made anew
	since     map[string]uint64                     // when definitions were made anew, by revision
	ends      map[string]chan struct{}              // closed to end the watches of a definition
	refuse    func(*http.Request) int               // a status to answer with, 0 for none
	rewrite   func(path string, line []byte) []byte // what is sent instead of an object
	asked     map[string]int                        // requests by verb and path
}

// logged is an event.
type logged struct {
	revision           uint64
	kind, resource, ns string
	object             map[string]any
}

const kitToken = "a-token-of-the-kit"

func newKit(t testing.TB) *kit {
	t.Helper()
	k := &kit{dir: t.TempDir(), changed: make(chan struct{}), revision: 100, objects: map[string]map[string]any{}, lists: map[string][]any{},
		at: map[string]string{}, absent: map[string]bool{}, ending: map[string]bool{}, asked: map[string]int{},
		remade: map[string]int{}, since: map[string]uint64{}, ends: map[string]chan struct{}{}}
	k.Server = httptest.NewUnstartedServer(http.HandlerFunc(k.serve))
	k.EnableHTTP2 = true
	k.StartTLS()
	t.Cleanup(func() {
		k.CloseClientConnections()
		k.Close()
	})
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate().Raw})
	must(t, os.WriteFile(filepath.Join(k.dir, "ca.crt"), ca, 0o600))
	must(t, os.WriteFile(filepath.Join(k.dir, "token"), []byte(kitToken+"\n"), 0o600))
	return k
}

// with changes the kit.
func (k *kit) with(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	close(k.changed)
	k.changed = make(chan struct{})
}

func (k *kit) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	refuse := k.refuse
	k.asked[r.Method+" "+r.URL.Path]++
	k.mu.Unlock()
	code := 0
	if refuse != nil {
		code = refuse(r)
	}
	switch {
	case code != 0:
	case r.Header.Get("Authorization") != "Bearer "+kitToken:
		code = http.StatusUnauthorized
	default:
		code = k.route(w, r)
	}
	if code != 0 {
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"kind":"Status","code":%d}`, code)
	}
}

func (k *kit) route(w http.ResponseWriter, r *http.Request) int {
	if name, ok := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/"); ok {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.absent[name] {
			return http.StatusNotFound
		}
		end := ""
		if k.ending[name] {
			end = `,"deletionTimestamp":"2026-01-01T00:00:00Z"`
		}
		fmt.Fprintf(w, `{"kind":"Namespace","metadata":{"name":%q,"uid":"%s-%d"%s}}`, name, name, k.remade[name], end)
		return 0
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/apis/"+apiVersion)
	switch {
	case !ok:
		return http.StatusNotFound
	case path == "":
		return k.discover(w)
	}
	parts, ns := strings.Split(path[1:], "/"), ""
	if parts[0] == "namespaces" && len(parts) > 2 {
		ns, parts = parts[1], parts[2:]
	}
	k.mu.Lock()
	absent := k.absent[parts[0]]
	k.mu.Unlock()
	switch q := r.URL.Query(); {
	case absent:
		return http.StatusNotFound
	case r.Method == http.MethodGet && q.Get("watch") != "":
		return k.watch(w, r, parts[0], ns)
	case r.Method == http.MethodGet:
		return k.list(w, r, parts[0], ns)
	case r.Method == http.MethodPost:
		var o map[string]any
		_ = json.NewDecoder(r.Body).Decode(&o)
		return k.write(w, parts[0], ns, o["metadata"].(map[string]any)["name"].(string), o)
	case r.Method == http.MethodPatch && len(parts) == 3 && parts[2] == "status":
		var o map[string]any
		_ = json.NewDecoder(r.Body).Decode(&o)
		k.mu.Lock()
		was := k.objects[parts[0]+"/"+ns+"/"+parts[1]]
		k.mu.Unlock()
		if was == nil || was["metadata"].(map[string]any)["uid"] != o["metadata"].(map[string]any)["uid"] {
			return http.StatusConflict
		}
		return k.write(w, parts[0], ns, parts[1], map[string]any{"spec": was["spec"], "status": o["status"]})
	case r.Method == http.MethodPatch:
		var patch []struct{ Value any }
		_ = json.NewDecoder(r.Body).Decode(&patch)
		return k.write(w, parts[0], ns, parts[1], map[string]any{"spec": patch[0].Value})
	case r.Method == http.MethodDelete:
		return k.write(w, parts[0], ns, parts[1], nil)
	}
	return http.StatusMethodNotAllowed
}

func (k *kit) discover(w http.ResponseWriter) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []string
	for _, r := range resources {
		verbs := `"list","watch","create"`
		if k.ending[r.name] {
			verbs = `"list","watch"`
		}
		if !k.absent[r.name] {
			list = append(list, fmt.Sprintf(`{"name":%q,"kind":%q,"verbs":[%s]}`, r.name, r.kind, verbs))
		}
	}
	if len(list) == 0 {
		return http.StatusNotFound
	}
	fmt.Fprintf(w, `{"kind":"APIResourceList","resources":[%s]}`, strings.Join(list, ","))
	return 0
}

// put writes an object as kubectl apply does; nil deletes it.
func (k *kit) put(resource, ns, name string, o map[string]any) (now map[string]any, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := resource + "/" + ns + "/" + name
	was, had := k.objects[key]
	old, _ := was["metadata"].(map[string]any)
	k.revision++
	event := logged{revision: k.revision, resource: resource, ns: ns, kind: modified}
	switch {
	case o == nil && !had:
		return nil, false
	case o == nil:
		event.kind = deleted
		o = was
		delete(k.objects, key)
	case !had:
		event.kind = added
	}
	given, _ := o["metadata"].(map[string]any)
	meta := map[string]any{"name": name, "namespace": ns, "uid": fmt.Sprintf("00000000-0000-0000-0000-%012x", k.revision), "generation": 1.0,
		"creationTimestamp": time.Unix(int64(k.revision), 0).UTC().Format(time.RFC3339)}
	maps.Copy(meta, old)
	maps.Copy(meta, given)
	meta["resourceVersion"] = strconv.FormatUint(k.revision, 10)
	if event.kind == modified && fmt.Sprint(was["spec"]) != fmt.Sprint(o["spec"]) {
		meta["generation"] = meta["generation"].(float64) + 1
	}
	i := slices.IndexFunc(resources[:], func(r resourceOf) bool { return r.name == resource })
	event.object = map[string]any{"apiVersion": apiVersion, "kind": resources[i].kind, "metadata": meta, "spec": o["spec"]}
	if event.object["status"] = o["status"]; o["status"] == nil {
		event.object["status"] = was["status"]
	}
	if event.kind != deleted {
		k.objects[key] = event.object
	}
	k.log = append(k.log, event)
	close(k.changed)
	k.changed = make(chan struct{})
	return event.object, true
}

type resourceOf = resource

func (k *kit) write(w http.ResponseWriter, resource, ns, name string, o map[string]any) int {
	k.mu.Lock()
	_, had := k.objects[resource+"/"+ns+"/"+name]
	k.mu.Unlock()
	_, creates := o["metadata"]
	switch {
	case !had && !creates:
		return http.StatusNotFound
	case had && creates:
		return http.StatusConflict
	}
	now, _ := k.put(resource, ns, name, o)
	_ = json.NewEncoder(w).Encode(now)
	return 0
}
