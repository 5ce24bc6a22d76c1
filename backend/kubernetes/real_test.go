package kubernetes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// real is a real API server with the definitions.
func realServer(t testing.TB) *servers.APIServer {
	t.Helper()
	a := servers.Kubernetes(t)
	a.Define(t, "../../deploy/kubernetes/crds")
	return a
}

// openerOf parses a configuration for a real API server, as whose token says.
func openerOf(t testing.TB, a *servers.APIServer, token string, lines ...string) *options {
	t.Helper()
	o, err := Driver{}.Parse(config(t, a.Addr, append(lines, "token file:"+token, "tls_ca "+a.CA)...))
	must(t, err)
	return o.(*options)
}

// With a real API server, read as who may only read, all is as with the kit.
func TestRealConformance(t *testing.T) {
	a, n := realServer(t), 0
	skip := map[string]string{
		"replacement":  "a resource has records of ENUM only: its definition refuses those of other applications",
		"many-records": "a resource has 64 records at most: its definition has to bound them",
	}
	conform(t, false, skip, func(t testing.TB) (writes, reads *options) {
		n++
		name := fmt.Sprint("t", n)
		a.Namespace(t, name)
		return openerOf(t, a, a.Admin, "namespace "+name), openerOf(t, a, a.Reader, "namespace "+name, "shrink off")
	})
}

// apply makes, or with "" deletes, a resource by kubectl's way.
func apply(t testing.TB, a *servers.APIServer, resource, name, text string) (code int, reply string) {
	t.Helper()
	path := "/apis/" + apiVersion + "/namespaces/enum/" + resource + "/" + name
	if text == "" {
		code, reply, err := a.Do(http.MethodDelete, path, "", "")
		must(t, err)
		return code, reply
	}
	kinds := map[string]string{"numbers": "Number", "numberblocks": "NumberBlock", "delegations": "Delegation"}
	code, reply, err := a.Do(http.MethodPatch, path+"?fieldManager=test&force=true", "application/apply-patch+yaml",
		fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q},"spec":%s}`, apiVersion, kinds[resource], name, text))
	must(t, err)
	return code, reply
}

const alice, bob = `{"number":"+12025550100","records":[{"uri":"im:alice@example.com"}]}`, `{"number":"+12025550101","records":[{"uri":"im:bob@example.com"}]}`

// Whatever becomes of a real API server, numbers that were served go on to be, until it says itself that they are gone.
func TestReal(t *testing.T) {
	a := realServer(t)
	a.Namespace(t, "enum")
	apply(t, a, "numbers", "alice", alice)
	s := serve(t, openerOf(t, a, a.Reader, "namespace enum")).loaded(t)
	s.wants(t, "12025550100", "im:alice@example.com")
	cycle := func(what string, do, heal func(), told string) {
		t.Run(what, func(t *testing.T) {
			before := s.has(backend.Unavailable, told)
			do()
			if told != "" {
				eventually(t, "it is told: "+told+s.String(), func() bool { return s.has(backend.Unavailable, told) > before })
			}
			s.keeps(t, time.Second, "12025550100", "im:alice@example.com")
			heal()
			apply(t, a, "numbers", "bob", bob)
			begun := time.Now()
			s.wants(t, "12025550101", "im:bob@example.com")
			t.Logf("%s: served %v after it was written", what, time.Since(begun).Round(time.Millisecond))
			apply(t, a, "numbers", "bob", "")
			s.wants(t, "12025550101", "absent")
		})
	}
	cycle("nothing", func() {}, func() {}, "")
	cycle("killed", a.Stop, a.Start, "connection refused")
	cycle("frozen", a.Pause, a.Resume, "no answer in time")
	cycle("etcd-frozen", a.Etcd.Pause, a.Etcd.Resume, "")
	binding := "/apis/rbac.authorization.k8s.io/v1/namespaces/enum/rolebindings/enumim"
	cycle("rights-revoked", func() { must(t, second(a.Do(http.MethodDelete, binding, "", ""))) }, func() { a.Namespace(t, "enum") }, "denies")
	t.Run("refused-at-admission", func(t *testing.T) {
		code, reply := apply(t, a, "numbers", "bad", `{"number":"+12025550102","records":[{"uri":"no URI"}]}`)
		if code != http.StatusUnprocessableEntity || !strings.Contains(reply, "expected a URI such as") {
			t.Errorf("%d %s", code, reply)
		}
		if code, reply = apply(t, a, "numbers", "alice", bob); code != http.StatusUnprocessableEntity || !strings.Contains(reply, "stays what it is") {
			t.Errorf("%d %s", code, reply)
		}
	})
	t.Run("a status that others wrote", func(t *testing.T) {
		code, reply, err := a.Do(http.MethodPatch, "/apis/"+apiVersion+"/namespaces/enum/numbers/alice/status", "application/merge-patch+json",
			`{"status":{"conditions":[{"type":"Other","status":"True","reason":"R","message":"","lastTransitionTime":"2026-01-01t00:00:00z"}]}}`)
		if must(t, err); code != http.StatusOK {
			t.Fatalf("%d %s", code, reply)
		}
		apply(t, a, "numbers", "bob", bob)
		s.wants(t, "12025550101", "im:bob@example.com")
		serve(t, openerOf(t, a, a.Reader, "namespace enum")).loaded(t).wants(t, "12025550100", "im:alice@example.com")
		apply(t, a, "numbers", "bob", "")
		s.wants(t, "12025550101", "absent")
	})
	t.Run("definition-deleted", func(t *testing.T) {
		must(t, second(a.Do(http.MethodDelete, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/numbers."+group, "", "")))
		eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "no definition of numbers") > 0 })
		s.keeps(t, 3*time.Second, "12025550100", "im:alice@example.com")
		eventually(t, "it is gone", func() bool {
			code, _, _ := a.Do(http.MethodGet, "/apis/"+apiVersion+"/numbers", "", "")
			return code == http.StatusNotFound
		})
		a.Define(t, "../../deploy/kubernetes/crds")
		apply(t, a, "numbers", "bob", bob)
		s.wants(t, "12025550101", "im:bob@example.com")
		s.wants(t, "12025550100", "absent")
	})
	t.Run("etcd-wiped", func(t *testing.T) {
		a.Stop()
		a.Wipe(t)
		a.Start()
		a.Define(t, "../../deploy/kubernetes/crds")
		a.Namespace(t, "enum")
		apply(t, a, "numbers", "alice", alice)
		eventually(t, "it is held back", func() bool { return s.has(backend.Refused, "older than what is served") > 0 })
		s.keeps(t, time.Second, "12025550101", "im:bob@example.com")
		serve(t, openerOf(t, a, a.Reader, "namespace enum")).loaded(t).wants(t, "12025550100", "im:alice@example.com")
	})
}

// However fast a definition, or a namespace, is made anew after it was deleted: what went with it is not denied. kubectl
// replace --force does that to definitions; the numbers are so many that to delete them takes no time, or a while.
func TestRealReplaced(t *testing.T) {
	a := realServer(t)
	definition := func(t *testing.T, _ string) {
		path := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/numbers." + group
		must(t, second(a.Do(http.MethodDelete, path, "", "")))
		eventually(t, "it is gone", func() bool {
			code, _, _ := a.Do(http.MethodGet, path, "", "")
			return code == http.StatusNotFound
		})
		a.Define(t, "../../deploy/kubernetes/crds")
	}
	namespace := func(t *testing.T, name string) { // what the controller of namespaces does, which is not here
		must(t, second(a.Do(http.MethodDelete, "/api/v1/namespaces/"+name, "", "")))
		must(t, second(a.Do(http.MethodDelete, "/apis/"+apiVersion+"/namespaces/"+name+"/numbers", "", "")))
		must(t, second(a.Do(http.MethodPut, "/api/v1/namespaces/"+name+"/finalize", "application/json",
			fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q},"spec":{"finalizers":[]}}`, name))))
		eventually(t, "it is gone", func() bool {
			code, _, _ := a.Do(http.MethodGet, "/api/v1/namespaces/"+name, "", "")
			return code == http.StatusNotFound
		})
		a.Namespace(t, name)
	}
	for name, c := range map[string]struct {
		replace func(*testing.T, string)
		count   int
	}{"definition": {definition, 5}, "large-definition": {definition, 1000}, "namespace": {namespace, 5}} {
		t.Run(name, func(t *testing.T) {
			a.Namespace(t, name)
			put := func(user string) {
				changes := make([]backend.Change, c.count)
				for i := range changes {
					changes[i].Entry = person(fmt.Sprint(12025550000+i), user)
				}
				write(t, openerOf(t, a, a.Admin, "namespace "+name), changes)
			}
			put("before")
			s := serve(t, openerOf(t, a, a.Reader, "namespace "+name, "shrink off")).loaded(t)
			begun := time.Now()
			c.replace(t, name)
			t.Logf("%d numbers: replaced within %v", c.count, time.Since(begun).Round(time.Millisecond))
			for _, i := range []int{0, c.count - 1} {
				s.keeps(t, proofTime+time.Second, fmt.Sprint(12025550000+i), "im:before@example.com")
			}
			if s.has(backend.Refused, "made anew")+s.has(backend.Unavailable, "is being deleted") == 0 {
				t.Errorf("not a word of it: %v", s)
			}
			t.Logf("told: %v", s)
			put("after")
			s.wants(t, "12025550000", "im:after@example.com")
		})
	}
}

func second(_ int, _ string, err error) error { return err }
