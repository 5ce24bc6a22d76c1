package redis

import (
	"context"
	"time"

	client "github.com/redis/go-redis/v9"
)

// slotsTime is how long one node may take to say who has which slots, before the next is asked.
const slotsTime = 500 * time.Millisecond

// slotsHook bounds that: the library asks one node after the other, at random and without a deadline, and waits for one
// that says nothing as long as for any call. That may be the very master whose place another has taken.
type slotsHook struct{}

// ProcessHook implements client.Hook.
func (slotsHook) ProcessHook(next client.ProcessHook) client.ProcessHook {
	return func(ctx context.Context, cmd client.Cmder) error {
		if cmd.Name() != "cluster" {
			return next(ctx, cmd)
		}
		ctx, cancel := context.WithTimeout(ctx, slotsTime)
		defer cancel()
		return next(ctx, cmd)
	}
}

// DialHook implements client.Hook.
func (slotsHook) DialHook(next client.DialHook) client.DialHook { return next }

// ProcessPipelineHook implements client.Hook.
func (slotsHook) ProcessPipelineHook(next client.ProcessPipelineHook) client.ProcessPipelineHook {
	return next
}
