//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/bench/internal/blast"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/proc"
)

// bench is what all measurements share: the programs, NSD, the files of queries, and the servers so far.
type bench struct {
	build    *peer.Build
	dir      string
	upstream string
	servers  map[chain]*server
	running  []*exec.Cmd
}

// server is a CoreDNS that runs.
type server struct {
	*bench
	chain
	address string
	pid     int
}

func newBench(ctx context.Context, build *peer.Build) (_ *bench, err error) {
	b := &bench{build: build, servers: map[chain]*server{}}
	if b.dir, err = os.MkdirTemp("", "enumim-guard"); err != nil {
		return nil, err
	}
	if err = writeData(b.dir); err == nil {
		err = b.startNSD(ctx)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	for _, cmd := range b.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		ended := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // how a server ends is of no interest
		ended.Stop()
	}
	_ = os.RemoveAll(b.dir)
}

// start runs a program on one core, and waits until it answers.
func (b *bench) start(ctx context.Context, at string, core int, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command("taskset", append([]string{"-c", strconv.Itoa(core)}, args...)...)
	cmd.Dir = b.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us alone
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b.running = append(b.running, cmd)
	r := new(dns.Msg).SetQuestion(nameOf(0, address), dns.TypeA)
	client := dns.Client{Timeout: 200 * time.Millisecond}
	for range 100 {
		if m, _, err := client.ExchangeContext(ctx, r, at); err == nil && len(m.Answer) > 0 {
			return cmd, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, fmt.Errorf("%s does not answer at %s", filepath.Base(args[0]), at)
}

func (b *bench) startNSD(ctx context.Context) error {
	port, err := peer.FreePort()
	if err != nil {
		return err
	}
	b.upstream = fmt.Sprintf("127.0.0.1:%d", port)
	conf := strings.NewReplacer("DIR", b.dir, "PORT", strconv.Itoa(port)).Replace(nsdConf)
	path := filepath.Join(b.dir, "nsd.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		return err
	}
	_, err = b.start(ctx, b.upstream, peer.LoadCore, "nsd", "-d", "-c", path)
	return err
}

// server returns the CoreDNS with these plugins; it is started once.
func (b *bench) server(ctx context.Context, c chain) (*server, error) {
	if s := b.servers[c]; s != nil {
		return s, nil
	}
	port, err := peer.FreePort()
	if err != nil {
		return nil, err
	}
	s := &server{bench: b, chain: c, address: fmt.Sprintf("127.0.0.1:%d", port)}
	path := filepath.Join(b.dir, fmt.Sprintf("Corefile%d", len(b.servers)))
	text := fmt.Sprintf(".:%d {\nbind 127.0.0.1\n%sforward . %s\n}\n", port, c.plugins, b.upstream)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	cmd, err := b.start(ctx, s.address, peer.ServerCore, b.build.Server, "-conf", path, "-quiet")
	if err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	b.servers[c] = s
	return s, nil
}

// result is what was measured.
type result struct {
	blast.Result
	cpu float64 // microseconds a query that the server ran
}

// blast loads the server from the other core.
func (s *server) blast(ctx context.Context, queries kind, length time.Duration, skip int) (*result, error) {
	pids := proc.Tree(s.pid)
	cpu := proc.CPU(pids)
	cmd := exec.CommandContext(ctx, "taskset", "-c", strconv.Itoa(peer.LoadCore), s.build.Load, "-server", s.address,
		"-queries", filepath.Join(s.dir, string(queries)), "-time", length.String(), "-skip", strconv.Itoa(skip))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("load for %s: %w", s.name, err)
	}
	cpu = proc.CPU(pids) - cpu
	r := &result{}
	if err := json.Unmarshal(out, &r.Result); err != nil {
		return nil, err
	}
	if r.Received == 0 || r.NoError != r.Received || r.Answers < r.Received {
		return nil, fmt.Errorf("%s: of %d answers %d are NOERROR, with %d records", s.name, r.Received, r.NoError, r.Answers)
	}
	r.cpu = float64(cpu) / float64(time.Microsecond) / float64(r.Received)
	return r, nil
}

const nsdConf = `server:
  ip-address: 127.0.0.1@PORT
  server-count: 1
  database: ""
  username: ""
  chroot: ""
  zonesdir: "DIR"
  pidfile: "DIR/nsd.pid"
  xfrdfile: "DIR/xfrd.state"
  zonelistfile: "DIR/zone.list"
  xfrdir: "DIR"
  verbosity: 0
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: e164.arpa
  zonefile: zone
`
