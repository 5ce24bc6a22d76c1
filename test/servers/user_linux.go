package servers

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged returns who runs a program that refuses root: the user postgres where there is one, else nobody.
func unprivileged() owner {
	if os.Geteuid() != 0 {
		return owner{}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}}
	}
	return owner{&syscall.Credential{Uid: 65534, Gid: 65534}}
}
