package kubernetes

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// selects reports whether an object has the labels of a selector of the simple sort.
func selects(selector string, o map[string]any) bool {
	all, _ := labels(selector)
	has, _ := o["metadata"].(map[string]any)["labels"].(map[string]any)
	for key, value := range all {
		if has[key] != value {
			return false
		}
	}
	return true
}

func (k *kit) list(w http.ResponseWriter, r *http.Request, resource, ns string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	q := r.URL.Query()
	word := q.Get("continue")
	items, at := k.lists[word], k.at[word]
	if word == "" {
		at = strconv.FormatUint(k.revision, 10)
		for _, key := range slices.Sorted(maps.Keys(k.objects)) {
			if strings.HasPrefix(key, resource+"/"+ns) && (ns == "" || strings.HasPrefix(key, resource+"/"+ns+"/")) && selects(q.Get("labelSelector"), k.objects[key]) {
				items = append(items, k.objects[key])
			}
		}
	} else if _, ok := k.lists[word]; !ok {
		return http.StatusGone
	}
	meta := map[string]any{"resourceVersion": at}
	if limit, _ := strconv.Atoi(q.Get("limit")); limit > 0 && len(items) > limit {
		next := fmt.Sprint("more", len(k.lists))
		k.lists[next], k.at[next] = items[limit:], at
		meta["continue"] = next
		items = items[:limit]
	}
	i := slices.IndexFunc(resources[:], func(r resourceOf) bool { return r.name == resource })
	text, _ := json.Marshal(map[string]any{"apiVersion": apiVersion, "kind": resources[i].kind + "List", "metadata": meta, "items": items})
	if k.rewrite != nil {
		text = k.rewrite(r.URL.Path, text)
	}
	w.Write(text)
	return 0
}

func (k *kit) watch(w http.ResponseWriter, r *http.Request, resource, ns string) int {
	q := r.URL.Query()
	from, _ := strconv.ParseUint(q.Get("resourceVersion"), 10, 64)
	seconds, _ := strconv.Atoi(q.Get("timeoutSeconds"))
	end := time.After(time.Duration(seconds) * time.Second)
	k.mu.Lock()
	if k.ends[resource] == nil {
		k.ends[resource] = make(chan struct{})
	}
	let := k.ends[resource]
	k.mu.Unlock()
	for first := true; ; first = false {
		k.mu.Lock()
		if from < k.compacted || first && from < k.since[resource] {
			k.mu.Unlock()
			if first {
				return http.StatusGone
			}
			fmt.Fprint(w, `{"type":"ERROR","object":{"kind":"Status","code":410}}`+"\n")
			return 0
		}
		var lines [][]byte
		for _, e := range k.log {
			if e.revision > from && e.resource == resource && (ns == "" || e.ns == ns) && selects(q.Get("labelSelector"), e.object) {
				text, _ := json.Marshal(map[string]any{"type": e.kind, "object": e.object})
				lines = append(lines, text)
			}
		}
		from = max(from, k.revision)
		changed, rewrite := k.changed, k.rewrite
		k.mu.Unlock()
		for _, text := range lines {
			if rewrite != nil {
				text = rewrite(r.URL.Path+"?watch", text)
			}
			w.Write(append(text, '\n'))
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return 0
		case <-let:
			return 0
		case <-end:
			fmt.Fprintf(w, `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"%d"}}}`+"\n", from)
			return 0
		}
	}
}

// endWatches ends the watches of a definition.
func (k *kit) endWatches(resource string) {
	k.with(func() {
		if k.ends[resource] != nil {
			close(k.ends[resource])
		}
		k.ends[resource] = nil
	})
}

// replaced makes a definition anew after it is gone with all that was in it. As with a real API server, watches of the new one
// cannot begin before it, and those of the old one end a second later.
func (k *kit) replaced(resource string) {
	k.with(func() {
		k.revision++
		k.since[resource] = k.revision
		if old := k.ends[resource]; old != nil {
			time.AfterFunc(time.Second, func() { close(old) })
		}
		k.ends[resource] = nil
	})
}

// watched waits until the numbers of the namespace enum are watched.
func (k *kit) watched(t testing.TB) {
	t.Helper()
	eventually(t, "a list, a watch and a beat", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.asked["GET "+scope{&resources[0], "enum"}.path()] >= 3
	})
}
