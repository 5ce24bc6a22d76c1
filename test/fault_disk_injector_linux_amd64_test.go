package test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// injector has system calls of a server about files, or connections to a store, fail: each one waits until the test says what becomes of it
// (seccomp_unotify(2)). So the program is the one that users run, and the calls are all that it makes.
type injector struct {
	listener int
	root     string // only files below are meant, and with port
	port     uint16 // connections to this port of a store; 0 for none

	mu    sync.Mutex
	call  string // what fails: "open data"
	nth   int    // which of these calls, from 1
	errno unix.Errno
	calls []string        // those since the injector was set
	hit   bool            // it failed
	conns map[string]bool // the sockets that were connected to the port
}

// fallible are the calls that may fail, and which argument tells the file: a path, or else a descriptor.
var fallible = map[int32]struct {
	name string
	path int // -1 for a descriptor, which is argument fd
	fd   int // the folder that a path is relative to; -1 for none
}{
	unix.SYS_OPENAT: {"open", 1, 0}, unix.SYS_NEWFSTATAT: {"stat", 1, 0}, unix.SYS_READLINKAT: {"readlink", 1, 0},
	unix.SYS_RENAMEAT: {"rename", 1, 0}, unix.SYS_RENAMEAT2: {"rename", 1, 0}, unix.SYS_UNLINKAT: {"unlink", 1, 0},
	unix.SYS_READ: {"read", -1, 0}, unix.SYS_PREAD64: {"pread", -1, 0}, unix.SYS_WRITE: {"write", -1, 0}, unix.SYS_PWRITE64: {"pwrite", -1, 0},
	unix.SYS_FSTAT: {"fstat", -1, 0}, unix.SYS_FSYNC: {"fsync", -1, 0}, unix.SYS_FDATASYNC: {"fdatasync", -1, 0},
	unix.SYS_FTRUNCATE: {"ftruncate", -1, 0}, unix.SYS_FCHMOD: {"fchmod", -1, 0}, unix.SYS_FCHOWN: {"fchown", -1, 0},
	unix.SYS_FLOCK: {"flock", -1, 0}, unix.SYS_MMAP: {"mmap", -1, 4}, unix.SYS_GETDENTS64: {"getdents", -1, 0},
	unix.SYS_INOTIFY_ADD_WATCH: {"inotify_add_watch", 1, -1}, unix.SYS_CONNECT: {"connect", -1, 0},
}

// socketOf is the variable that tells a wrapped server where its listener goes to.
const socketOf = "ENUMIM_TEST_INJECTOR"

// As the test's program is started for a server, it becomes that one under the filter.
func init() {
	if os.Getenv(socketOf) == "" {
		return
	}
	if err := becomeFiltered(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// injectorFlags need Linux 5.19.
const injectorFlags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV

// becomeFiltered gives up root, installs the filter, sends its listener to the parent, and executes a program.
func becomeFiltered(args []string) error {
	runtime.LockOSThread()
	if os.Geteuid() == 0 {
		if err := errors.Join(unix.Setgroups(nil), unix.Setresgid(nobody, nobody, nobody), unix.Setresuid(nobody, nobody, nobody)); err != nil {
			return err
		}
	}
	err := errors.Join(unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0), unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	if err != nil {
		return err
	}
	code := injectorFilter()
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, injectorFlags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(int(fd)), nil, 0); err != nil {
		return err
	}
	unix.CloseOnExec(int(fd))
	unix.CloseOnExec(3)
	return unix.Exec(args[0], args, slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, socketOf) }))
}

// injectorFilter lets all calls pass but those of fallible; of maps those of files.
func injectorFilter() (code []unix.SockFilter) {
	const load, equal, end = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	ask := unix.SockFilter{Code: end, K: unix.SECCOMP_RET_USER_NOTIF}
	pass := unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW}
	code = append(code, unix.SockFilter{Code: load, K: 0}) // the number of the call
	for nr := range fallible {
		if nr != unix.SYS_MMAP {
			code = append(code, unix.SockFilter{Code: equal, Jf: 1, K: uint32(nr)}, ask)
		}
	}
	return append(code, unix.SockFilter{Code: equal, Jt: 1, K: unix.SYS_MMAP}, pass,
		unix.SockFilter{Code: load, K: 16 + 4*8}, // its fifth argument, -1 for memory
		unix.SockFilter{Code: equal, Jf: 1, K: 0xffffffff}, pass, ask)
}

// newInjector has the server of a place, or of files, started under a filter: around is for place.around. Calls about
// files below root are those that can fail.
func newInjector(t testing.TB, root string) (i *injector, around func(*exec.Cmd)) {
	t.Helper()
	// Where there are such filters, that no filter is given is what is wrong.
	if _, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, injectorFlags, 0); errno != unix.EFAULT {
		t.Skipf("calls cannot be made to fail here: seccomp: %v", errno)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	i = &injector{root: root, conns: map[string]bool{}}
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	go func() {
		defer unix.Close(pair[0])
		if err := i.receive(pair[0]); err != nil {
			t.Error(err)
			return
		}
		theirs.Close()
		i.serve()
	}()
	return i, func(cmd *exec.Cmd) {
		cmd.Args = append([]string{self, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = self
		cmd.Env = append(cmd.Env, socketOf+"=3")
		cmd.ExtraFiles = []*os.File{theirs}
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	}
}

// receive takes the listener.
func (i *injector) receive(socket int) error {
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(socket, make([]byte, 1), rights, 0)
	if err != nil {
		return err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("no filter could be installed: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err == nil {
		i.listener = fds[0]
	}
	return err
}

// serve says of each call what becomes of it, until the server ends.
func (i *injector) serve() {
	defer unix.Close(i.listener)
	for {
		poll := []unix.PollFd{{Fd: int32(i.listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil || poll[0].Revents&unix.POLLHUP != 0 {
			return
		}
		var call [80]byte // struct seccomp_notif
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(i.listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&call))); errno != 0 {
			continue // the thread is gone
		}
		var reply [24]byte // struct seccomp_notif_resp
		copy(reply[:8], call[:8])
		if errno := i.judge(call[:]); errno != 0 {
			binary.NativeEndian.PutUint32(reply[16:], uint32(-int32(errno)))
		} else {
			binary.NativeEndian.PutUint32(reply[20:], unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(i.listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&reply)))
	}
}

// judge returns what a call fails with, 0 for that it is made.
func (i *injector) judge(call []byte) unix.Errno {
	pid := int(binary.NativeEndian.Uint32(call[8:]))
	what := fallible[int32(binary.NativeEndian.Uint32(call[16:]))]
	argument := func(n int) uint64 { return binary.NativeEndian.Uint64(call[32+8*n:]) }
	open := func(n int) string {
		path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, int32(argument(n))))
		return strings.TrimSuffix(path, " (deleted)")
	}
	var path string
	if what.path < 0 {
		path = open(what.fd)
	} else {
		path = textOf(pid, uintptr(argument(what.path)))
		if !filepath.IsAbs(path) && what.fd >= 0 {
			path = filepath.Join(open(what.fd), path)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	name := what.name + " "
	switch {
	case i.port != 0 && (i.conns[path] || what.name == "connect" && portOf(pid, uintptr(argument(1))) == i.port):
		i.conns[path] = true
		name += "store"
	case i.root == "":
		return 0
	case path == i.root:
		name += "."
	case strings.HasPrefix(path, i.root+"/.enumim-"): // what is to be renamed has another name each time
		name += ".enumim-*"
	case strings.HasPrefix(path, i.root+"/"):
		name += path[len(i.root)+1:]
	case path == "anon_inode:inotify":
		name += "inotify"
	default:
		return 0
	}
	i.calls = append(i.calls, name)
	if i.hit || name != i.call {
		return 0
	}
	if i.nth--; i.nth > 0 {
		return 0
	}
	i.hit = true
	return i.errno
}

// portOf reads the port of an IPv4 address from the memory of a process; 0 for what is none.
func portOf(pid int, at uintptr) uint16 {
	var address [4]byte
	n, err := unix.ProcessVMReadv(pid, []unix.Iovec{{Base: &address[0], Len: 4}}, []unix.RemoteIovec{{Base: at, Len: 4}}, 0)
	if err != nil || n != 4 || binary.NativeEndian.Uint16(address[:]) != unix.AF_INET {
		return 0
	}
	return binary.BigEndian.Uint16(address[2:])
}

// textOf reads a path from the memory of a process.
func textOf(pid int, at uintptr) string {
	var text []byte
	for len(text) < unix.PathMax { // a page at a time: the next one need not be there
		part := make([]byte, 4096-at%4096)
		n, err := unix.ProcessVMReadv(pid, []unix.Iovec{{Base: &part[0], Len: uint64(len(part))}}, []unix.RemoteIovec{{Base: at, Len: len(part)}}, 0)
		if err != nil || n <= 0 {
			return ""
		}
		if end := slices.Index(part[:n], 0); end >= 0 {
			return string(append(text, part[:end]...))
		}
		text, at = append(text, part[:n]...), at+uintptr(n)
	}
	return ""
}

// set has a call fail, once; "" for none.
func (i *injector) set(call string, nth int, errno unix.Errno) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.call, i.nth, i.errno, i.calls, i.hit = call, nth, errno, nil, false
}

// made returns the calls since the injector was set, and whether one failed.
func (i *injector) made() (calls []string, hit bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.calls), i.hit
}
