package redis

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	client "github.com/redis/go-redis/v9"
)

const (
	// sentinelTime is how long one sentinel may take to name the master, before the next is asked.
	sentinelTime = 500 * time.Millisecond
	// masterTime is how long a connection to a master is used, before sentinels are asked again. They close
	// connections to a master that becomes a replica; one that they cannot reach they cannot tell.
	masterTime = 30 * time.Second
)

// sentinels know where the master is. Each new connection asks them, as the guidelines for clients want it.
type sentinels struct {
	*options
	good atomic.Int32 // the one that answered last
}

// master returns the address of the master.
func (s *sentinels) master(ctx context.Context, dial func(ctx context.Context, network, addr string) (net.Conn, error)) (string, error) {
	var last error
	first := int(s.good.Load())
	for i := range s.hosts {
		at := (first + i) % len(s.hosts)
		addr, err := s.ask(ctx, s.hosts[at], dial)
		if err == nil {
			s.good.Store(int32(at))
			return addr, nil
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return "", last
}

// ask asks one of them.
func (s *sentinels) ask(ctx context.Context, addr string, dial func(ctx context.Context, network, addr string) (net.Conn, error)) (string, error) {
	within, cancel := context.WithTimeout(ctx, sentinelTime)
	defer cancel()
	own := s.client(1)
	own.Addr, own.Dialer, own.DB = addr, dial, 0
	own.CredentialsProviderContext = credentials(s.sentinelUser, s.sentinelPassword)
	c := client.NewSentinelClient(own)
	defer c.Close()
	master, err := c.GetMasterAddrByName(within, s.options.master).Result()
	switch {
	case errors.Is(err, client.Nil):
		return "", unavailable("a sentinel does not know the master: see the option sentinel")
	case err != nil:
		return "", classify(within, err)
	case len(master) != 2:
		return "", errReply("is not what was asked for")
	}
	return net.JoinHostPort(master[0], master[1]), nil
}
