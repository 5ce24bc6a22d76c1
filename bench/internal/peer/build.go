//go:build linux

package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/coredns/coremain"

	"github.com/enumim/enumim/bench/internal/blast"
	"github.com/enumim/enumim/bench/internal/proc"
)

// Build is the programs that measure and are measured.
type Build struct {
	Server string // the CoreDNS of bench/server
	Load   string // the generator, bench/load
	Data   string // where sets of numbers are kept between runs
	// Database is the PostgreSQL with the numbers of the kinds that need one: for enumim in its schema in the data
	// base enumim, for PowerDNS in the data base pdns. A user enumim needs no password.
	Database Database

	dir string
}

// Database is a data base that runs.
type Database struct {
	Addr string       // host:port
	PIDs func() []int // its processes
}

// Make builds the programs from the source in the working directory, and keeps the calling process off
// the core of the servers. Sets of numbers are kept in the
// folder data, by default one for temporary files.
func Make(data string) (_ *Build, err error) {
	b := &Build{Data: data}
	if b.Data == "" {
		b.Data = filepath.Join(os.TempDir(), "enumim-bench")
	}
	if err = os.MkdirAll(b.Data, 0o700); err != nil {
		return nil, err
	}
	// Beside the sets, so that servers get links to their files instead of copies.
	if b.dir, err = os.MkdirTemp(b.Data, "run"); err != nil {
		return nil, err
	}
	b.Server, b.Load = filepath.Join(b.dir, "server"), filepath.Join(b.dir, "load")
	for name, path := range map[string]string{"server": b.Server, "load": b.Load} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "github.com/enumim/enumim/bench/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Close()
			return nil, fmt.Errorf("go build bench/%s: %w\n%s", name, err, out)
		}
	}
	// What measures must not get in the way of what is measured.
	if err = proc.Pin(LoadCore); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close removes the programs.
func (b *Build) Close() { _ = os.RemoveAll(b.dir) }

// Blast is what Server.Blast measures.
type Blast struct {
	blast.Result
	CPU          float64 // microseconds a query that the server ran, and its data base
	Database     float64 // of these, the data base
	User, System float64 // of these, counted in ticks and so rough
	Busy         float64 // share of the core that the server took
}

// Blast loads the server from the other core. args are for bench/load.
func (v *Server) Blast(args ...string) (*Blast, error) {
	pids := v.PIDs()
	var below []int
	if v.Kind.stored() {
		below = v.build.Database.PIDs()
	}
	user, system := proc.System(pids)
	cpu, database := proc.CPU(pids), proc.CPU(below)
	args = append([]string{"-c", strconv.Itoa(LoadCore), v.build.Load, "-server", v.Address(), "-queries", v.Files.Queries}, args...)
	cmd := exec.Command("taskset", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("load for %s: %w", v, err)
	}
	cpu, database = proc.CPU(pids)-cpu, proc.CPU(below)-database
	userAfter, systemAfter := proc.System(pids)
	r := &Blast{}
	if err := json.Unmarshal(out, &r.Result); err != nil {
		return nil, err
	}
	n := float64(max(1, r.Received))
	const tick = 1e4 // microseconds
	r.CPU = float64(cpu+database) / float64(time.Microsecond) / n
	r.Database = float64(database) / float64(time.Microsecond) / n
	r.User, r.System = float64(userAfter-user)*tick/n, float64(systemAfter-system)*tick/n
	r.Busy = cpu.Seconds() / r.Seconds
	return r, nil
}

// Plausible returns what is wrong with the figures of a server that does not answer as it should.
func (v *Server) Plausible(r *Blast) error {
	absent := float64(r.NXDomain) / float64(max(1, r.Received))
	switch {
	case r.Received == 0:
		return fmt.Errorf("%s: none of %d queries was answered", v, r.Sent)
	case r.Other > 0:
		return fmt.Errorf("%s: %d answers were neither NOERROR nor NXDOMAIN", v, r.Other)
	case v.Kind != Floor && r.Received > 1000 && (absent < 0.05 || absent > 0.15):
		return fmt.Errorf("%s: %.0f %% of the answers were NXDOMAIN, want about 10", v, 100*absent)
	}
	return nil
}

// Versions names the machine and the programs, for the head of a table of results.
func Versions(specs []Spec) string {
	lines := []string{proc.Machine(), runtime.Version() + ", CoreDNS " + coremain.CoreVersion}
	seen := map[Kind]bool{}
	for _, s := range specs {
		command := map[Kind][]string{NSD: {"nsd", "-v"}, Knot: {"knotd", "-V"}, BIND: {"named", "-v"}, PowerDNS: {"/usr/sbin/pdns_server", "--version"}}[s.Kind]
		if command == nil || seen[s.Kind] {
			continue
		}
		seen[s.Kind] = true
		out, _ := exec.Command(command[0], command[1:]...).CombinedOutput()
		first, _, _ := strings.Cut(string(out), "\n")
		lines = append(lines, first)
	}
	return strings.Join(lines, "\n") + "\n"
}
