package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

// The API that the definitions in deploy/kubernetes/crds make.
const (
	group      = "enumim.github.io"
	version    = "v1"
	apiVersion = group + "/" + version
)

const (
	// connectTime is how long an API server may take to be connected to.
	connectTime = 5 * time.Second
	// askTime is how long it may take for a small answer, and pageTime for a page of a list.
	askTime  = 5 * time.Second
	pageTime = 30 * time.Second
	// mostReply bounds a reply, in octets, and so what a hostile one can make us hold: some three times as much, and a
	// sidecar has 128 MiB. One object fits, as etcd takes 1.5 MiB by default.
	mostReply = 16 << 20
	// tokenAge is how long a token is taken for what its file holds.
	tokenAge = time.Second
)

// client is how to get to an API server, and as whom.
type client struct {
	*options

	mu   sync.Mutex
	text string // the token
	read time.Time
}

// conn is one connection, by which all that a feed asks goes: what it answers to one question says that the watches
// on it live, too. When it is lost another begins with all questions.
type conn struct {
	*http.ClientConn
	client *client
	host   string
}

// connect makes a connection.
func (c *client) connect(ctx context.Context) (*conn, error) {
	host, err := c.host, error(nil)
	if host == "" {
		host, err = c.account.host()
	}
	if err != nil {
		return nil, err
	}
	config, err := c.TLS(host)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	transport := &http.Transport{
		TLSClientConfig: config, TLSHandshakeTimeout: connectTime, DialContext: (&net.Dialer{}).DialContext,
		MaxResponseHeaderBytes: 64 << 10, Protocols: new(http.Protocols), HTTP2: &http.HTTP2Config{SendPingTimeout: 2 * askTime, PingTimeout: askTime},
	}
	transport.Protocols.SetHTTP2(true)
	made, err := transport.NewClientConn(ctx, "https", host)
	if err != nil {
		return nil, fault(ctx, err)
	}
	return &conn{made, c, host}, nil
}

// authorization returns the value of the header, "" where a certificate says who we are.
func (c *client) authorization() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.read.IsZero() && time.Since(c.read) < tokenAge {
		return c.text, nil
	}
	text, err := c.options.token.Get()
	if err != nil {
		return "", fmt.Errorf("%w: token: %w", backend.ErrUnavailable, err)
	}
	if text == "" && c.options.host == "" {
		if text, err = c.account.token(); err != nil {
			return "", err
		}
	}
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fmt.Errorf("%w: token: it has blanks, or characters that are not ASCII", backend.ErrUnavailable)
	case text != "":
		text = "Bearer " + text
	}
	c.text, c.read = text, time.Now()
	return text, nil
}

// do makes a request. body is nil for one without. The caller closes the body of the reply, which has status 200 or 201.
func (c *conn) do(ctx context.Context, method, path string, query url.Values, media string, body io.Reader) (*http.Response, error) {
	auth, err := c.client.authorization()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, "https://"+c.host+path, body)
	if err != nil {
		return nil, errOdd
	}
	r.URL.RawQuery = query.Encode()
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "enumim")
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	reply, err := c.RoundTrip(r)
	if err != nil {
		return nil, fault(ctx, err)
	}
	if reply.StatusCode != http.StatusOK && reply.StatusCode != http.StatusCreated {
		_ = reply.Body.Close()
		return nil, &refusal{reply.StatusCode, what(path)}
	}
	return reply, nil
}

// refusal is a reply that is none.
type refusal struct {
	code int
	what string
}

// Error implements error.
func (r *refusal) Error() string { return r.Unwrap().Error() }

// Unwrap returns what it means.
func (r *refusal) Unwrap() error { return status(r.code, r.what) }

// isStatus reports whether err is a reply with this status.
func isStatus(err error, code int) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

// what returns which resource a path is about.
func what(path string) string {
	for _, s := range resources {
		if strings.HasSuffix(path, "/"+s.name) || strings.Contains(path, "/"+s.name+"/") {
			return s.name
		}
	}
	if strings.HasPrefix(path, "/api/v1/namespaces/") {
		return "namespaces"
	}
	return "the API"
}

// get reads a JSON object.
func (c *conn) get(ctx context.Context, path string, query url.Values, to any) error {
	reply, err := c.do(ctx, http.MethodGet, path, query, "", nil)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	return decode(ctx, reply.Body, to)
}

func decode(ctx context.Context, from io.Reader, to any) error {
	body := &io.LimitedReader{R: from, N: mostReply}
	d := json.NewDecoder(body)
	err := d.Decode(to)
	switch {
	case err == nil && body.N > 0:
		return nil
	case body.N == 0:
		return errLarge
	case errors.As(err, new(*json.SyntaxError)), errors.As(err, new(*json.UnmarshalTypeError)):
		return errOdd
	}
	return fault(ctx, err)
}
