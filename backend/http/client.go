package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// client asks one tree.
type client struct {
	at    address
	token *token
	pool  *pool
}

// request makes a request. body is nil for GET; header has pairs of names and values, "" for none.
func (c *client) request(method, path string, body []byte, header ...string) (request, error) {
	auth, err := c.token.header()
	if err != nil {
		return request{}, err
	}
	b := &bytes.Buffer{}
	line := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
		b.WriteString("\r\n")
	}
	line(method, " ", c.at.path, path, " HTTP/1.1")
	line("Host: ", c.at.name)
	line("User-Agent: enumim")
	line("Accept-Encoding: identity")
	if auth != "" {
		line("Authorization: ", auth)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			line(header[i], ": ", header[i+1])
		}
	}
	if body != nil {
		line("Content-Type: application/json")
		line("Content-Length: ", strconv.Itoa(len(body)))
	}
	line()
	b.Write(body)
	return request{method, b.Bytes()}, nil
}

// object asks for a reply that is one JSON object, of at most most octets, and returns it.
func (c *client) object(ctx context.Context, r request, most int64) (text []byte, err error) {
	err = c.pool.do(ctx, r, 2*most, func(reply *http.Response) error {
		if err := check(reply); err != nil {
			return err
		}
		media, _, err := mime.ParseMediaType(reply.Header.Get("Content-Type"))
		if err != nil || media != "application/json" {
			return wrong("the Content-Type is not application/json")
		}
		text, err = io.ReadAll(io.LimitReader(reply.Body, most+1))
		switch {
		case err != nil:
			return err
		case int64(len(text)) > most:
			return wrong("it is too large")
		case !utf8.Valid(text):
			return wrong("it is not UTF-8")
		}
		return nil
	})
	return text, err
}

// refusals are what servers of files answer to a look-up.
var refusals = []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented}

// check says what is wrong with the header of a reply.
func check(reply *http.Response) error {
	if reply.StatusCode != http.StatusOK {
		err := status(reply.StatusCode)
		if reply.Request.Method == http.MethodPost && slices.Contains(refusals, reply.StatusCode) {
			err = fmt.Errorf("%w; where it only has files, which answer no look-ups, write mode feed", err)
		}
		return err
	}
	if encoding := reply.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return wrong("it is compressed, which nobody asked for")
	}
	return notKept(reply)
}

// mostAge is how old a reply may be, in seconds, by the word of a cache: as much as clocks and rounding make.
const mostAge = 5

// notKept says that a cache answers, which may do so long after the server went away (RFC 9111 section 5.1): what it
// has kept confirms nothing.
func notKept(reply *http.Response) error {
	age, _, _ := strings.Cut(reply.Header.Get("Age"), ",") // of several the first counts
	seconds, err := strconv.ParseUint(strings.TrimSpace(age), 10, 64)
	if err == nil && seconds <= mostAge || err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil
	}
	return unavailable("a cache answers, with what it has kept: keep it out of the way, or have the server send Cache-Control: no-store")
}
