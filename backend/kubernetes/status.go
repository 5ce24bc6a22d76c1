package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/enumservice"
)

const (
	// patchEvery is the least time from one status that is written to the next: there may be as many as resources.
	patchEvery = 100 * time.Millisecond
	// deniedPause is how long is waited where the API server lets nobody write: a role may come later.
	deniedPause = 10 * time.Second
	// mostMessage bounds the text of a condition, in octets.
	mostMessage = 4096
)

// condition is what a resource is told of itself. Its type is Accepted.
type condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	ObservedGeneration int64     `json:"observedGeneration"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
	Reason             string    `json:"reason"`
	Message            string    `json:"message"`
}

// Reasons of conditions.
const (
	acceptedType   = "Accepted"
	reasonServed   = "Served"   // it is what the server answers
	reasonFindings = "Findings" // so it is, and something in it deserves a look
	reasonInvalid  = "Invalid"  // it cannot be read: what it decides is SERVFAIL
	reasonConflict = "Conflict" // an older resource is about the same numbers
)

// says reports whether a resource is told this already.
func (c condition) says(o condition) bool {
	return c.Status == o.Status && c.Reason == o.Reason && c.Message == o.Message && c.ObservedGeneration == o.ObservedGeneration
}

// address is where the status of a resource is, and what stands there.
type address struct {
	namespace, name, uid string
	told                 condition
}

// addressOf returns where the status of a resource is; nil where it is not to be written.
func (f *feed) addressOf(o *object) *address {
	if f.statuses == nil {
		return nil
	}
	return &address{o.Metadata.Namespace, o.Metadata.Name, o.Metadata.UID, o.told()}
}

// told returns the condition that a resource has. One that cannot be read is none, and is written anew.
func (o *object) told() condition {
	var is struct {
		Conditions []json.RawMessage `json:"conditions"`
	}
	_ = json.Unmarshal(o.Status, &is) // then there are none
	for _, text := range is.Conditions {
		var c condition
		if json.Unmarshal(text, &c) == nil && c.Type == acceptedType {
			return c
		}
	}
	return condition{}
}

// statuses are those that are to be written. They are written one by one by whoever follows the resources.
type statuses struct {
	mu      sync.Mutex
	waiting map[identity]patch
}

func newStatuses(o *options) *statuses {
	if !o.writesStatus {
		return nil
	}
	return &statuses{waiting: map[identity]patch{}}
}

// patch is the status of one resource.
type patch struct {
	path string
	body []byte
}

// judge notes what a resource is to be told, where the server tells it and it is another thing than before.
func (f *feed) judge(r *record, shown bool) {
	a := r.address
	if a == nil {
		return
	}
	c := condition{Type: acceptedType, Status: "True", Reason: reasonServed, ObservedGeneration: int64(r.generation), Message: "it is served"}
	e, _, err := r.resource.entry(&f.Codec, r.spec)
	switch texts := f.findings(&e); {
	case !shown:
		c.Status, c.Reason, c.Message = "False", reasonConflict, "an older resource is about the same numbers, and is served"
	case err != nil:
		c.Status, c.Reason, c.Message = "False", reasonInvalid, say(err)
	case texts != "":
		c.Reason, c.Message = reasonFindings, texts
	}
	c.Message = strings.ToValidUTF8(c.Message[:min(len(c.Message), mostMessage)], "") // the API server would mend it, and it be told again
	if c.says(a.told) {
		return
	}
	c.LastTransitionTime = a.told.LastTransitionTime
	if c.Status != a.told.Status {
		c.LastTransitionTime = time.Now().UTC().Truncate(time.Second)
	}
	body, _ := json.Marshal(map[string]any{ // never fails
		"apiVersion": apiVersion, "kind": r.resource.kind,
		"metadata": map[string]any{"name": a.name, "uid": a.uid},
		"status":   map[string]any{"observedGeneration": r.generation, "conditions": []condition{c}},
	})
	f.statuses.mu.Lock()
	defer f.statuses.mu.Unlock()
	f.statuses.waiting[r.id] = patch{scope{r.resource, a.namespace}.path() + "/" + a.name + "/status", body}
}

// findings says what of an entry deserves a look: what `enumim lint` says of its records.
func (f *feed) findings(e *backend.Entry) string {
	check := enumservice.Checker{DialPlan: f.Codec.DialPlan, Sample: e.Kind == backend.Block}
	for _, a := range f.Apexes {
		if e.Name.Number.HasPrefix(a.Prefix()) {
			check.Private = !a.Public()
		}
	}
	n := e.Name.Number
	for n.Len() < e.Min {
		n, _ = n.Child('0')
	}
	var texts []string
	for _, found := range check.AppendSet(nil, n, e.Records) {
		if text := found.Code + ": " + found.Text; found.Severity > enumservice.Info && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "; ")
}

// next takes one that waits.
func (s *statuses) next() (id identity, p patch, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.waiting {
		delete(s.waiting, id)
		return id, p, true
	}
	return id, p, false
}

// again has one wait once more, unless there is another to write by now.
func (s *statuses) again(id identity, p patch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, newer := s.waiting[id]; !newer {
		s.waiting[id] = p
	}
}

// write writes statuses until ctx ends. One that cannot be written is told again when everything is read again, and where a
// role is missing after a while: that a resource does not know what became of it is no reason to disturb an API server.
func (s *statuses) write(ctx context.Context, c *conn, refused func(error)) {
	for sleep(ctx, patchEvery) == nil {
		id, p, ok := s.next()
		if !ok {
			continue
		}
		within, cancel := context.WithTimeout(ctx, askTime)
		reply, err := c.do(within, http.MethodPatch, p.path, url.Values{"fieldManager": {"enumim"}, "force": {"true"}}, "application/apply-patch+yaml", bytes.NewReader(p.body))
		if err == nil {
			_ = reply.Body.Close()
		}
		cancel()
		if isStatus(err, http.StatusForbidden) {
			refused(errors.New("the API server denies status: bind the role enumim-status"))
			s.again(id, p)
			if sleep(ctx, deniedPause) != nil {
				return
			}
		}
	}
}

// denied tells that statuses may not be written, once for a connection.
func (w *watching) denied(err error) {
	w.deniedOnce.Do(func() {
		w.tell(backend.Event{Kind: backend.Finding, Rule: "status", Text: err.Error(), Count: 1})
	})
}
