package kubernetes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

func person(digits, user string) backend.Entry {
	n, err := e164.ParseDigits(digits)
	if err != nil {
		panic(err)
	}
	return backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}, TTL: 3600, Records: []naptr.Record{{
		Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + user + "@example.com!"}}}
}

func walked(t testing.TB, o *options) string {
	t.Helper()
	w, err := o.OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	var b strings.Builder
	for e, err := range w.Walk(bounded(t)) {
		must(t, err)
		fmt.Fprintf(&b, "%s %d-%d %v %d\n", e.Name.Number.Digits(), e.Min, e.Max, e.Broken, len(e.Records))
	}
	return b.String()
}

// What people made and named themselves is changed where it stands, and what is made has the labels that the tree asks
// for; what cannot be read is listed, and mended by writing over it.
func TestWriter(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	o := k.opener(t, "selector tree=public,env=prod")
	labelled := func(o map[string]any) map[string]any {
		o["metadata"] = map[string]any{"labels": map[string]any{"tree": "public", "env": "prod"}}
		return o
	}
	k.put("numbers", "enum", "alice", labelled(number("12025550100", "alice")))
	k.put("numbers", "enum", "bad", labelled(spec(`{"number":"+12025550101","records":[{"uri":"no URI"}]}`)))
	if got := walked(t, o); got != "12025550100 0-0 false 1\n12025550101 0-0 true 0\n" {
		t.Errorf("walked:\n%s", got)
	}
	block := person("4420", "gw")
	block.Kind, block.Min, block.Max = backend.Block, 12, 12
	write(t, o, []backend.Change{{Entry: person("12025550100", "anna")}, {Entry: person("12025550101", "bob")}, {Entry: person("12025550102", "carol")}, {Entry: block}})
	if got := walked(t, o); got != "12025550100 0-0 false 1\n12025550101 0-0 false 1\n12025550102 0-0 false 1\n4420 12-12 false 1\n" {
		t.Errorf("walked:\n%s", got)
	}
	k.with(func() {
		if len(k.objects) != 4 || k.objects["numbers/enum/number-12025550102"] == nil || k.objects["numberblocks/enum/block-4420-12-12"] == nil {
			t.Errorf("%v", k.objects)
		}
	})
	write(t, o, []backend.Change{{Entry: person("12025550100", ""), Delete: true}, {Entry: person("12025550109", ""), Delete: true}})
	if got := walked(t, o); strings.Contains(got, "12025550100") {
		t.Errorf("walked:\n%s", got)
	}
}

// Writing needs one place to write to, and tells of what it may not do; no error tells a number.
func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, c := range []struct{ lines, want string }{
		{"namespace *", "one namespace"}, {"namespace a b", "one namespace"}, {"selector tree!=a", "labels of selector"},
	} {
		w, err := k.opener(t, c.lines).OpenWriter(bounded(t))
		if err == nil {
			err = w.Write(bounded(t), func(yield func(backend.Change, error) bool) {
				yield(backend.Change{Entry: person("12025550100", "a")}, nil)
			}, func(int) {})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.lines, err)
		}
	}
	for code, want := range map[int]string{403: "denies numbers", 422: "refuses an entry", 409: "not in this tree"} {
		k.with(func() {
			k.refuse = func(r *http.Request) int {
				if r.Method == http.MethodPost {
					return code
				}
				return 0
			}
		})
		w, err := k.opener(t).OpenWriter(bounded(t))
		must(t, err)
		err = w.Write(bounded(t), func(yield func(backend.Change, error) bool) {
			yield(backend.Change{Entry: person("12025550100", "a")}, nil)
		}, func(int) {})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "2025550") {
			t.Errorf("%d: %v", code, err)
		}
	}
}
