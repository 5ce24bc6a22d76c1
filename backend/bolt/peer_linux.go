package bolt

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// authorise returns an error unless the other end of a connection is a process of our own user or of root.
func authorise(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	var fault error
	if err := raw.Control(func(fd uintptr) {
		peer, fault = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return err
	}
	switch {
	case fault != nil:
		return os.NewSyscallError("getsockopt", fault)
	case peer.Uid != 0 && int64(peer.Uid) != int64(os.Geteuid()):
		return fmt.Errorf("user %d may not: run it as the user of the server or as root", peer.Uid)
	}
	return nil
}
