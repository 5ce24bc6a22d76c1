package enumim

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Loopback is an address of this process alone: CoreDNS opens its sockets with SO_REUSEPORT, by which
// two test programs at one address may come to share a port, and to get each other's queries.
var Loopback = func() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 1+pid>>16&0x7f, pid>>8&0xff, pid&0xff)
}()

// onLoopback binds a Corefile's servers to that address.
func onLoopback(corefile string) string {
	return strings.ReplaceAll(corefile, "bind 127.0.0.1\n", "bind "+Loopback+"\n")
}
