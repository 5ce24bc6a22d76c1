package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

// freePorts returns n ports that were free a moment ago. They lie below those that the system gives to
// clients: else a client of a stopped server may come to be given the port of the server, and even connect to
// itself.
func freePorts(n int) ([]string, error) {
	const from = 10000
	to := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(text), &to)
	}
	if to < from+1000 {
		to = 65536
	}
	var ports []string
	for range 1000 {
		port := strconv.Itoa(from + rand.IntN(to-from))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		defer l.Close() // all are held until all are found
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("of the ports %d to %d none is free", from, to-1)
}
