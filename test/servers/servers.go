package servers

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take to start, or to do what it was told, on a machine that does many other things.
const patience = 2 * time.Minute

// Server is one running data base.
type Server struct {
	Addr string // host:port
	Dir  string // its data; Addr has TLS where the server was started with a certificate

	// Extra is added to its command line when it is started again.
	Extra []string

	tb   testing.TB
	kind kind
	base string // the folder with everything of the server, Dir in it
	*process
}

// kind is what differs between the programs.
type kind struct {
	program string
	owner   owner // who runs it
	// command returns the arguments. ports are free ones: the first is that of Addr.
	command func(s *Server, ports []string) []string
	ports   int // how many it needs
	// ready asks the server something that only one that serves can answer.
	ready func(s *Server) error
	fixed []string // its ports, once it has started

	network *Network // nil for that of the test
	disk    string   // the size of a disk of its own for the data; "" for none
}

// Missing ends a test whose program is not installed: where CI is set in the environment that is a failure,
// elsewhere the test is skipped and says which Debian package it wants.
func Missing(t testing.TB, program, pkg string) {
	t.Helper()
	text := fmt.Sprintf("%s is not installed: apt install %s", program, pkg)
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip(text)
}

// find returns the path of the first of the programs that is installed, in PATH or where Debian puts what
// administrators call.
func find(programs ...string) string {
	for _, program := range programs {
		for _, name := range []string{program, "/usr/sbin/" + program, "/usr/local/sbin/" + program} {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
	}
	return ""
}

// newest returns the path of a program from the newest of Debian's folders of PostgreSQL, else from PATH.
func newest(program string) string {
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if len(paths) == 0 {
		return find(program)
	}
	version := func(path string) string { return strings.Split(path, "/")[4] }
	return slices.MaxFunc(paths, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(version(a)), len(version(b))), cmp.Compare(a, b))
	})
}

// has tells whether an option stands among the arguments of a program, "--name VALUE" or "--name=VALUE", and
// its value.
func has(args []string, name string) (value string, ok bool) {
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value, true
		}
		if arg == name && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}
