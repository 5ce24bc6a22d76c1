package servers

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

// claims are what nobody else has who asks for it as we do.
type claims []io.Closer

// Close gives them back.
func (c claims) Close() error {
	var err error
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

// freePorts returns n ports that were free a moment ago, and that no server of any test is given until held is closed: also while
// the one that they are for is stopped. They lie below those that the system gives to
// clients: else a client of a stopped server may come to be given the port of the server, and even connect to
// itself.
func freePorts(n int) (ports []string, held claims, err error) {
	const from = 10000
	to := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(text), &to)
	}
	if to < from+1000 {
		to = 65536
	}
	for range 1000 {
		port := strconv.Itoa(from + rand.IntN(to-from))
		one, err := claim("port-" + port)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			one.Close()
			continue
		}
		l.Close()
		held = append(held, one)
		if ports = append(ports, port); len(ports) == n {
			return ports, held, nil
		}
	}
	held.Close()
	return nil, nil, fmt.Errorf("of the ports %d to %d none is free", from, to-1)
}
