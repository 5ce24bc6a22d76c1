package redis

import (
	"context"
	"strings"

	"github.com/enumim/enumim/backend"
)

// orphan looks at INFO replication: what a replica without link to its master has is of a time that nobody knows.
func orphan(info string) error {
	if infoOf(info, "role") == "slave" && infoOf(info, "master_link_status") != "up" {
		return unavailable(advice["MASTERDOWN"])
	}
	return nil
}

// evicts tells when the server throws keys away as memory runs short, as the names of the index alone show later.
func (m *mirrored) evicts(ctx context.Context) error {
	var info string
	err := m.within(ctx, func(ctx context.Context) (err error) {
		info, err = m.node.Info(ctx, "memory").Result()
		return err
	})
	policy := infoOf(info, "maxmemory_policy")
	if err == nil && infoOf(info, "maxmemory") != "0" && policy != "" && policy != "noeviction" {
		m.feed.tell(backend.Event{Kind: backend.Finding, Rule: "redis-eviction", Count: 1,
			Text: "Redis throws numbers away when its memory runs short: set maxmemory-policy noeviction"})
	}
	return err
}

// infoOf returns a field of a reply to INFO; "" where it has none.
func infoOf(info, field string) string {
	_, rest, _ := strings.Cut("\n"+info, "\n"+field+":")
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}
