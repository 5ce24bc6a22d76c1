package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// guide is docs/clients-setup.md as it is followed: its files in a folder, and its addresses those of the test.
type guide struct {
	dir         string
	sections    map[string]string // text by heading
	shown, here []string
	resolv      string
}

// block returns the block of a language in a section.
func (g *guide) block(t *testing.T, section, language string) string {
	t.Helper()
	for _, m := range fenced.FindAllStringSubmatch(g.sections[section], -1) {
		if m[1] == language {
			return translate(m[2], g.shown, g.here)
		}
	}
	t.Fatalf("no block of %q under %q", language, section)
	return ""
}

// file writes the block of a language in a section to a file.
func (g *guide) file(t *testing.T, section, language, name string) string {
	t.Helper()
	path := write(t, g.dir, name, g.block(t, section, language))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// rewrite replaces the line of a file that holds a text.
func (g *guide) rewrite(t *testing.T, name, text, line string) {
	t.Helper()
	old, err := os.ReadFile(filepath.Join(g.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for l := range strings.Lines(string(old)) {
		if strings.Contains(l, text) {
			l = line
		}
		b.WriteString(l)
	}
	write(t, g.dir, name, b.String())
}

// alone is a command with the page's resolv.conf.
func (g *guide) alone(program string, args ...string) *exec.Cmd {
	const script = `mount --bind "$0" /etc/resolv.conf && exec setpriv --pdeathsig TERM "$@"`
	cmd := exec.Command("unshare", append([]string{
		"--mount", "--propagation", "private", "sh", "-c", script, g.resolv, program,
	}, args...)...)
	cmd.Dir = g.dir
	return cmd
}

// run starts a client and leaves it running until the test ends.
func (g *guide) run(t *testing.T, program string, args ...string) {
	t.Helper()
	var log bytes.Buffer
	cmd := g.alone(program, args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		terminate(cmd)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%.6000s", log.String())
		}
	})
}

// follow runs the commands of a section until they print what the page shows: a client takes a while to start.
func (g *guide) follow(t *testing.T, section string) {
	t.Helper()
	done := 0
	for _, m := range fenced.FindAllStringSubmatch(g.sections[section], -1) {
		if m[1] != "console" {
			continue
		}
		for _, command := range strings.Split("\n"+m[2], "\n$ ")[1:] {
			command, want, _ := strings.Cut(command, "\n")
			eventually(t, func() error {
				out, err := g.alone("sh", "-c", translate(command, g.shown, g.here)).CombinedOutput()
				if got := trimmed(translate(string(out), g.here, g.shown)); got != trimmed(want) {
					return fmt.Errorf("$ %s\n%sended with %v; the page shows\n%s", command, got, err, want)
				}
				return nil
			})
			done++
		}
	}
	if done == 0 {
		t.Errorf("nothing to do under %q", section)
	}
}

// trimmed is a text without blanks where lines end, which no page shows.
func trimmed(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \r\n") + "\n")
	}
	return strings.TrimSpace(b.String())
}

// TestClientsSetup starts each client with the configuration of docs/clients-setup.md beside the server of the page, and does
// what the page does to see that it works.
func TestClientsSetup(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	needs(t, "unshare", "mount", "setpriv", "dig", "bash")
	lacks(t, "mount namespaces for this user", exec.Command("unshare", "--mount", "true"))
	lacks(t, "port 53 for this user", exec.Command("bash", "-c", `[ "$(id -u)" = 0 ]`))
	text, err := os.ReadFile("../docs/clients-setup.md")
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{
		dir: home(t), sections: make(map[string]string),
		shown: []string{"127.0.0.1", "192.0.2.53", "/etc/enumim"},
	}
	p := startPhone(t)
	g.here = []string{loopback, startRest(t, p), g.dir}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		heading, rest, _ := strings.Cut(section, "\n")
		g.sections[heading] = rest
	}
	g.file(t, "The server", "numbers", "numbers.txt")
	g.file(t, "The server", "private", "private.txt")
	g.resolv = g.file(t, "The server", "resolv", "resolv.conf")
	g.file(t, "The server", "call", "call")
	startDaemon(t, loopback+":53", "enum.example.net.", built(t, "coredns"), "-conf", g.file(t, "The server", "corefile", "Corefile"))
	g.follow(t, "The server")

	t.Run("Kamailio", func(t *testing.T) {
		needs(t, "kamailio")
		g.run(t, "kamailio", "-DD", "-E", "-f", g.file(t, "Kamailio", "kamailio", "kamailio.cfg"),
			"-Y", g.dir, "-m", "64", "-M", "8")
		g.follow(t, "Kamailio")
	})
	t.Run("OpenSIPS", func(t *testing.T) {
		program := elsewhere(t, "opensips")
		modules, err := filepath.Glob(filepath.Join(filepath.Dir(program), "../lib*/opensips/modules"))
		if err != nil || len(modules) == 0 {
			modules = []string{"/usr/lib/x86_64-linux-gnu/opensips/modules"}
		}
		g := *g
		g.shown = append(g.shown, "/usr/lib/x86_64-linux-gnu/opensips/modules/")
		g.here = append(g.here, modules[0]+"/")
		g.run(t, program, "-F", "-f", g.file(t, "OpenSIPS", "opensips", "opensips.cfg"), "-m", "64", "-M", "8")
		g.follow(t, "OpenSIPS")
	})
	t.Run("Asterisk", func(t *testing.T) {
		startAsterisk(t, g, elsewhere(t, "asterisk"))
		g.follow(t, "Asterisk")
		p.reached(t, "INVITE", "+12025550100", "486", "sip:alice@example.com")
		p.reached(t, "INVITE", "+12025550101", "486", "sip:bob@example.com")
		p.reached(t, "INVITE", "+442079460000", "404", "")
		p.reached(t, "MESSAGE", "+12025550100", "202", "sip:alice@chat.example.com")
	})
	t.Run("FreeSWITCH", func(t *testing.T) {
		startFreeSWITCH(t, g, elsewhere(t, "freeswitch"))
		g.follow(t, "FreeSWITCH")
		p.reached(t, "INVITE", "+12025550100", "486", "sip:alice@example.com")
		p.reached(t, "INVITE", "+12025550101", "486", "sip:bob@example.com")
		p.reached(t, "INVITE", "+442079460000", "480", "")
		g.rewrite(t, "enum.conf.xml", "<route ", g.block(t, "FreeSWITCH for messages", "routes"))
		g.follow(t, "FreeSWITCH for messages")
	})
}

// elsewhere returns the path of a program that Debian 12 does not have, nor CI therefore.
func elsewhere(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not in PATH, nor in Debian 12: docs/clients-setup.md tells which was tried", program)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	}
	return path
}
