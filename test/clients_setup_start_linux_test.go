package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command puts a command into PATH that runs a program with arguments before its own.
func (g *guide) command(t *testing.T, name, line string) {
	t.Helper()
	bin := filepath.Join(g.dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(write(t, bin, name, "#!/bin/sh\nexec "+line+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

// startAsterisk starts Asterisk with folders of its own, of which the command asterisk is told in the test.
func startAsterisk(t *testing.T, g *guide, program string) {
	t.Helper()
	modules, data := "/usr/lib/asterisk/modules", "/usr/share/asterisk"
	if root := filepath.Dir(filepath.Dir(program)); root != "/usr" {
		modules, data = root+"/lib/asterisk/modules", root+"/var/lib/asterisk"
	}
	var conf strings.Builder
	fmt.Fprintf(&conf, "[directories]\nastetcdir => %s\nastmoddir => %s\nastdatadir => %s\n", g.dir, modules, data)
	for _, name := range []string{"varlib", "db", "key", "spool", "run", "log"} {
		dir := filepath.Join(g.dir, "asterisk", name)
		fmt.Fprintf(&conf, "ast%sdir => %s\n", name, dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config := write(t, g.dir, "asterisk.conf", conf.String())
	write(t, g.dir, "modules.conf", "[modules]\nautoload = yes\n")
	g.file(t, "Asterisk", "pjsip", "pjsip.conf")
	g.file(t, "Asterisk", "extensions", "extensions.conf")
	g.command(t, "asterisk", program+" -C "+config)
	g.run(t, program, "-f", "-C", config)
}

// freeSWITCH is as much of the vanilla configuration as two files of it need. %s is the address.
const freeSWITCH = `<document type="freeswitch/xml">
<section name="configuration">
<configuration name="modules.conf"><modules>
<load module="mod_commands"/><load module="mod_dptools"/><load module="mod_dialplan_xml"/>
<load module="mod_event_socket"/><load module="mod_sofia"/><load module="mod_enum"/>
</modules></configuration>
<configuration name="event_socket.conf"><settings>
<param name="listen-ip" value="%[1]s"/><param name="listen-port" value="8021"/><param name="password" value="ClueCon"/>
</settings></configuration>
<configuration name="sofia.conf"><profiles><profile name="external"><settings>
<param name="sip-ip" value="%[1]s"/><param name="rtp-ip" value="%[1]s"/><param name="sip-port" value="5060"/>
<param name="context" value="default"/><param name="dialplan" value="XML"/><param name="auth-calls" value="false"/>
<param name="inbound-codec-prefs" value="PCMU"/><param name="outbound-codec-prefs" value="PCMU"/>
</settings></profile></profiles></configuration>
<X-PRE-PROCESS cmd="include" data="enum.conf.xml"/>
</section>
<section name="dialplan"><context name="default">
<X-PRE-PROCESS cmd="include" data="00_enum.xml"/>
</context></section>
</document>
`

// startFreeSWITCH starts FreeSWITCH with folders of its own, of which the command fs_cli is told in the test.
func startFreeSWITCH(t *testing.T, g *guide, program string) {
	t.Helper()
	write(t, g.dir, "freeswitch.xml", fmt.Sprintf(freeSWITCH, loopback))
	g.file(t, "FreeSWITCH", "enum", "enum.conf.xml")
	g.file(t, "FreeSWITCH", "dialplan", "00_enum.xml")
	args := []string{"-nf", "-nc", "-nonat", "-nosql", "-conf", g.dir}
	for _, name := range []string{"log", "run", "db"} {
		dir := filepath.Join(g.dir, "freeswitch", name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-"+name, dir)
	}
	g.command(t, "fs_cli", filepath.Join(filepath.Dir(program), "fs_cli")+" -H "+loopback)
	g.run(t, program, args...)
}
