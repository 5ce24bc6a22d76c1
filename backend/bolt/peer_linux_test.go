package bolt

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/enumim/enumim/backend"
)

// Another user of the machine changes nothing, also where the mode of the socket lets everybody connect; who is told so.
func TestOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root alone can be another user")
	}
	o, b := serving(t, user(number, "1"))
	path := o.path + socketSuffix
	for dir := filepath.Dir(path); dir != "/" && strings.Contains(dir, t.Name()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		uid  int
		told string
	}{
		{65534, "user 65534 may not"},
		{0, "not a request"},
	} {
		conn := connectAs(t, c.uid, path)
		if _, err := conn.WriteString("nonsense\n"); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, c.told) {
			t.Errorf("user %d is told %q, %v; want %q", c.uid, line, err, c.told)
		}
		conn.Close()
	}
	if a, err := ask(t, b, number); err != nil || a.Kind != backend.Found {
		t.Errorf("%v, %v", a.Kind, err)
	}
}

// connectAs connects to a socket as another user: this thread's user is noted when it connects.
func connectAs(t *testing.T, uid int, path string) *os.File {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	become := func(uid int) {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
			t.Fatal(errno)
		}
	}
	become(uid)
	err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	become(0)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), path)
}
