package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// ofPage is how many objects a page of a list has, and mostPages how many pages.
const (
	ofPage    = 500
	mostPages = 100_000
)

// listing is a page of a list.
type listing struct {
	Kind     string `json:"kind"`
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
		Continue        string `json:"continue"`
	} `json:"metadata"`
	Items []object `json:"items"`
}

// list reads all objects of a scope as they were at one revision, which the whole etcd agrees on, and returns that.
func (c *conn) list(ctx context.Context, s scope, each func(o *object) error) (at uint64, err error) {
	query, limit := url.Values{}, ofPage
	if c.client.selector != "" {
		query.Set("labelSelector", c.client.selector)
	}
	for range mostPages {
		query.Set("limit", strconv.Itoa(limit))
		l, v, err := c.page(ctx, s, query)
		switch {
		case errors.Is(err, errLarge) && limit > 1: // somebody keeps much in annotations
			limit = max(1, limit/8)
			continue
		case err != nil:
			return 0, err
		case at != 0 && v != at:
			return 0, errOdd // what changed between two pages would be missed
		}
		at = v
		for i := range l.Items {
			if err := each(&l.Items[i]); err != nil {
				return 0, err
			}
		}
		if l.Metadata.Continue == "" {
			return at, nil
		}
		query.Set("continue", l.Metadata.Continue)
		limit = min(2*limit, ofPage)
	}
	return 0, errOdd
}

func (c *conn) page(ctx context.Context, s scope, query url.Values) (l *listing, at uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	l = &listing{}
	if err := c.get(ctx, s.path(), query, l); err != nil {
		return nil, 0, err
	}
	if at, err = revision(l.Metadata.ResourceVersion); err == nil && l.Kind != s.kind+"List" {
		err = errOdd
	}
	return l, at, err
}

// now asks for the newest revision: what the whole etcd agrees on, so that an API server that is cut off from it cannot answer.
// It asks for any object: for the first that is selected, a server reads all those before it in etcd.
func (c *conn) now(ctx context.Context, s scope) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	_, at, err := c.page(ctx, s, url.Values{"limit": {"1"}})
	return at, err
}

// proven checks that no objects at all are an answer: their definitions and namespaces are there, and stay. A definition
// that is being deleted takes its objects along, one by one; they can be listed meanwhile, and no new ones can be made.
// uids tell the namespaces from others of the same names. Of a definition who may only read is told no such thing.
func (c *conn) proven(ctx context.Context, namespaces []string) (uids []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var served struct {
		Resources []struct {
			Name  string   `json:"name"`
			Verbs []string `json:"verbs"`
		} `json:"resources"`
	}
	if err := c.get(ctx, "/apis/"+apiVersion, nil, &served); isStatus(err, http.StatusNotFound) {
		return nil, errUndefined(resources[0].name)
	} else if err != nil {
		return nil, err
	}
	for _, r := range resources {
		i := slices.IndexFunc(served.Resources, func(s struct {
			Name  string   `json:"name"`
			Verbs []string `json:"verbs"`
		}) bool {
			return s.Name == r.name
		})
		if i < 0 || !slices.Contains(served.Resources[i].Verbs, "create") {
			return nil, errUndefined(r.name)
		}
	}
	for _, name := range namespaces {
		if name == "" {
			continue
		}
		var is struct {
			Metadata struct {
				UID               string `json:"uid"`
				DeletionTimestamp string `json:"deletionTimestamp"`
			} `json:"metadata"`
		}
		err := c.get(ctx, "/api/v1/namespaces/"+name, nil, &is)
		if isStatus(err, http.StatusNotFound) || err == nil && is.Metadata.DeletionTimestamp != "" {
			return nil, errNamespace(name)
		}
		if err != nil {
			return nil, err
		}
		uids = append(uids, is.Metadata.UID)
	}
	return uids, nil
}
