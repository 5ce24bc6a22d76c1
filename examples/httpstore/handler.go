package main

import (
	"bufio"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// The most of one look-up.
const (
	mostNumbers = 256
	mostRequest = 16 << 10
)

// handler answers all there is in the protocol.
func handler(s *stores, token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{tree}/lookup", s.of((*store).lookup))
	mux.HandleFunc("GET /{tree}/entries", s.of((*store).all))
	mux.HandleFunc("GET /{tree}/changes", s.of((*store).changes))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "httpstore")
		w.Header().Set("Cache-Control", "no-store") // what a cache has kept looks current when this server is gone
		if token != "" && !allowed(token, r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "a token is needed", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// of answers for the tree of a request. One that has no data yet is no empty one: nobody must take it for that.
func (s *stores) of(answer func(*store, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		one := s.get(r.PathValue("tree"))
		switch {
		case one == nil:
			http.NotFound(w, r)
		case one.now() == nil:
			http.Error(w, "the tree has no data", http.StatusServiceUnavailable)
		default:
			answer(one, w, r)
		}
	}
}

// allowed compares the token of a request with that of the file, which is read each time: it can be exchanged. In
// no case does the time that it takes tell how much of a token is right.
func allowed(path string, r *http.Request) bool {
	text, err := os.ReadFile(path)
	want := strings.TrimSpace(string(text))
	if err != nil || want == "" {
		slog.Error("there is no token to compare with", "error", err)
		return false
	}
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// answer is what is said of one number.
type answer struct {
	Number  string            `json:"number"`
	Entries []json.RawMessage `json:"entries"`
	Below   *bool             `json:"below,omitempty"` // of look-ups
}

// add adds the entries of a number. An array that is empty is not left out: it says that there is nothing.
func (a *answer) add(lines [][]byte) {
	for _, line := range lines {
		a.Entries = append(a.Entries, line)
	}
}

// lookup says what decides about numbers: the entries at each, and at all that it begins with.
func (s *store) lookup(w http.ResponseWriter, r *http.Request) {
	var question struct {
		Format  int
		Numbers []string
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostRequest))
	if err := d.Decode(&question); err != nil || question.Format != 1 || question.Numbers == nil || len(question.Numbers) > mostNumbers {
		http.Error(w, "expected the object of a look-up", http.StatusBadRequest)
		return
	}
	if slices.ContainsFunc(question.Numbers, func(n string) bool { return len(n) > 15 || strings.Trim(n, "0123456789") != "" }) {
		http.Error(w, "expected numbers of up to 15 digits", http.StatusBadRequest)
		return
	}
	t := s.now() // one, so that all of the reply is of one moment
	answers := make([]answer, 0, len(question.Numbers))
	for _, n := range question.Numbers {
		below := t.below(n)
		a := answer{Number: n, Entries: []json.RawMessage{}, Below: &below}
		for i := range len(n) + 1 {
			a.add(t.entries[n[:i]])
		}
		answers = append(answers, a)
	}
	reply(w, map[string]any{"format": 1, "generation": t.generation, "answers": answers})
}

// changes says what stands now at the numbers that changed since a generation.
func (s *store) changes(w http.ResponseWriter, r *http.Request) {
	since, err := strconv.ParseInt(r.FormValue("since"), 10, 64)
	if err != nil {
		http.Error(w, "expected since=GENERATION", http.StatusBadRequest)
		return
	}
	t, numbers, gap := s.since(since)
	changes := make([]answer, 0, len(numbers))
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		a := answer{Number: n, Entries: []json.RawMessage{}}
		a.add(t.entries[n])
		changes = append(changes, a)
	}
	reply(w, map[string]any{"format": 1, "since": since, "generation": t.generation, "gap": gap, "changes": changes})
}

// reply sends an object.
func reply(w http.ResponseWriter, object any) {
	w.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(object)
	if err != nil { // a line of the file was no JSON, which it was when it was read
		http.Error(w, "the data cannot be told", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(text)
}

// all sends the whole tree, unless the client has it.
func (s *store) all(w http.ResponseWriter, r *http.Request) {
	t := s.now()
	tag := fmt.Sprintf(`"%d"`, t.generation)
	w.Header().Set("Etag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	b := bufio.NewWriter(w)
	defer b.Flush()
	fmt.Fprintf(b, `{"kind":"tree","format":1,"generation":%d,"changes":true}`+"\n", t.generation)
	for _, n := range t.numbers {
		for _, line := range t.entries[n] {
			_, _ = b.Write(line)
			_ = b.WriteByte('\n')
		}
	}
	fmt.Fprintf(b, `{"kind":"end","entries":%d}`+"\n", t.count)
}
