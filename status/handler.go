package status

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/enumim/enumim/explain"
)

// Bounds on what a client may cost: the page belongs to a server whose work is another.
const (
	maxHeader  = 8 << 10
	maxBody    = 4 << 10
	maxAsking  = 4 // requests that ask backends, at a time
	headerTime = 5 * time.Second
	workTime   = 5 * time.Second
	replyTime  = workTime + 5*time.Second
	idleTime   = 5 * time.Second
)

// Options are the settings of a page.
type Options struct {
	// Host is the name or address that the page is configured with. Requests may name it, besides localhost, addresses of
	// the machine itself, and the address that they came to; others are refused, since a name that an attacker
	// lets point here would make a browser hand over what the page says (DNS rebinding).
	Host string
	// Panicked, which may be nil, is called for a panic, which is answered with status 500.
	Panicked func(value any)
}

// New returns a server of the page. It logs nothing: a number that is explained must not get into a log.
func New(s Server, o Options) *http.Server {
	return &http.Server{
		Handler:           newHandler(s, o),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       headerTime,
		WriteTimeout:      replyTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

// handler answers requests.
type handler struct {
	server  Server
	options Options
	mux     *http.ServeMux
	origin  *http.CrossOriginProtection
	asking  chan struct{} // holds one for each request that asks backends
}

func newHandler(s Server, o Options) *handler {
	h := &handler{
		server: s, options: o, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(),
		asking: make(chan struct{}, maxAsking),
	}
	h.mux.HandleFunc("GET /{$}", h.page)
	h.mux.HandleFunc("GET /status.json", h.pageJSON)
	h.mux.HandleFunc("GET /style.css", h.style)
	h.mux.HandleFunc("POST /explain", h.explain)
	h.mux.HandleFunc("POST /explain.json", h.explainJSON)
	return h
}

// policy is the Content-Security-Policy: no scripts, nothing from elsewhere, in nobody's frame.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			if h.options.Panicked != nil {
				h.options.Panicked(v)
			}
			http.Error(w, "internal error", http.StatusInternalServerError) // nothing is written before a page is whole
		}
	}()
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	// With no-referrer browsers would hide where the page's own form is from (Origin: null).
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if !h.known(r) {
		http.Error(w, "not a host of this page: reach it by localhost, or by the address in the Corefile", http.StatusMisdirectedRequest)
		return
	}
	if err := h.origin.Check(r); err != nil {
		http.Error(w, "a page of another site may not ask", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	h.mux.ServeHTTP(w, r)
}

// known reports whether the request names a host that the page is reached by.
func (h *handler) known(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") || h.options.Host != "" && strings.EqualFold(host, h.options.Host) {
		return true
	}
	named, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if named.Unmap().IsLoopback() {
		return true
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	tcp, ok := local.(*net.TCPAddr)
	return ok && tcp.AddrPort().Addr().Unmap().WithZone("") == named.Unmap().WithZone("")
}

// ask runs f, which asks backends, unless enough requests do; it reports whether it did.
func (h *handler) ask(w http.ResponseWriter, r *http.Request, f func(ctx context.Context)) bool {
	select {
	case h.asking <- struct{}{}:
		defer func() { <-h.asking }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "busy: try again", http.StatusServiceUnavailable)
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), workTime)
	defer cancel()
	f(ctx)
	return true
}

func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	var p Page
	if h.ask(w, r, func(ctx context.Context) { p = h.server.Status(ctx) }) {
		h.html(w, http.StatusOK, "status", p)
	}
}

func (h *handler) pageJSON(w http.ResponseWriter, r *http.Request) {
	var p Page
	if h.ask(w, r, func(ctx context.Context) { p = h.server.Status(ctx) }) {
		h.json(w, http.StatusOK, p)
	}
}

func (h *handler) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(style)
}

// Explained is the answer to a number that was to be explained.
type Explained struct {
	Trees  []Explanation `json:"trees"`
	Error  string        `json:"error,omitempty"` // what is wrong with the number
	Number string        `json:"-"`               // as it was given
}

// explained explains the number of a form. It came by POST, so that it stands in no address, history or log; and the
// body alone is looked at.
func (h *handler) explained(w http.ResponseWriter, r *http.Request) (e Explained, code int, ok bool) {
	if err := r.ParseForm(); err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return Explained{Error: "more than a number"}, http.StatusRequestEntityTooLarge, true
		}
		return Explained{Error: "no form"}, http.StatusBadRequest, true
	}
	number := strings.TrimSpace(r.PostForm.Get("number"))
	e.Number, code = number, http.StatusOK
	ok = h.ask(w, r, func(ctx context.Context) {
		var err error
		if number == "" {
			err = errors.New("which number? write it with \"+\" and the country code")
		} else {
			e.Trees, err = h.server.Explain(ctx, number)
		}
		if err != nil {
			e.Error, code = err.Error(), http.StatusBadRequest
		}
	})
	return e, code, ok
}

func (h *handler) explain(w http.ResponseWriter, r *http.Request) {
	if e, code, ok := h.explained(w, r); ok {
		h.html(w, code, "explained", e)
	}
}

func (h *handler) explainJSON(w http.ResponseWriter, r *http.Request) {
	if e, code, ok := h.explained(w, r); ok {
		if e.Trees == nil {
			e.Trees = []Explanation{}
		}
		h.json(w, code, e)
	}
}

func (h *handler) html(w http.ResponseWriter, code int, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // a mistake in the template
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// What is not shown may have people read another URI than the one that is dialled.
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = explain.Printable(line)
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, strings.Join(lines, "\n"))
}

func (h *handler) json(w http.ResponseWriter, code int, data any) {
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		panic(err) // of types of this package
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(explain.PrintableJSON(text), '\n'))
}
