package test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// startStatus starts a server of the example numbers with a status page, and returns where that is.
func startStatus(t *testing.T, lines string) (address string) {
	t.Helper()
	address = fmt.Sprintf("%s:%d", loopback, freePort(t))
	lines = strings.NewReplacer(" examples/", " ../examples/", "        status\n", "        status "+address+"\n").Replace(lines)
	startEnumim(t, lines)
	return address
}

// TestStatusPageDocument does what docs/status.md shows: a "corefile" block is started, an "sh" block is run, and prints
// the "txt" block behind it.
func TestStatusPageDocument(t *testing.T) {
	needs(t, "curl")
	text, err := os.ReadFile("../docs/status.md")
	if err != nil {
		t.Fatal(err)
	}
	var address, command string
	commands := 0
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		switch language, block := m[1], m[2]; language {
		case "corefile":
			address = startStatus(t, serverBlock.FindStringSubmatch(block)[1])
		case "sh":
			command = strings.ReplaceAll(block, "localhost:9154", address)
		case "txt":
			commands++
			if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil || string(out) != block {
				t.Errorf("$ %s%s%v\nthe page shows\n%s", command, out, err, block)
			}
		default:
			t.Errorf("a block of %q", language)
		}
	}
	if commands != 2 {
		t.Errorf("%d commands on the page", commands)
	}
}
