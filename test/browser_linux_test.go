package test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"
)

// browser is a page in a headless Chromium, which is told what to do through pipes (its DevTools protocol).
type browser struct {
	t       *testing.T
	to      *os.File
	from    *os.File
	replies *bufio.Reader
	session string
	last    int
	events  []message // that nobody waited for yet
}

// message is what goes to Chromium and comes from it.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// startBrowser starts Chromium with an empty page that runs no scripts. It ends with the test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	needs(t, "chromium")
	dir := home(t)
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// As root it has no sandbox; what it visits is ours.
	cmd := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe", "--user-data-dir="+dir)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	cmd.ExtraFiles = []*os.File{in, out} // 3 and 4
	dieWithParent(cmd)
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &browser{t: t, to: to, from: from, replies: bufio.NewReader(from)}
	t.Cleanup(func() {
		to.Close()
		from.Close()
		// All of its processes, which write to its folder until they have gone.
		group := -cmd.Process.Pid
		syscall.Kill(group, syscall.SIGKILL)
		cmd.Wait()
		eventually(t, func() error {
			if err := syscall.Kill(group, 0); !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("Chromium still has processes: %w", err)
			}
			return nil
		})
	})
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct {
		ID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &session)
	b.session = session.ID
	for _, domain := range []string{"Page", "DOM", "CSS", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	return b
}

// call has Chromium do something.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	m := message{ID: b.last, Session: b.session, Method: method}
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			b.t.Fatal(err)
		}
		m.Params = text
	}
	text, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		reply := b.read(method)
		if reply.ID != m.ID {
			b.events = append(b.events, reply)
			continue
		}
		if reply.Error != nil {
			b.t.Fatalf("%s: %s", method, reply.Error)
		}
		if result != nil {
			if err := json.Unmarshal(reply.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// read returns the next message.
func (b *browser) read(what string) (m message) {
	b.t.Helper()
	b.from.SetReadDeadline(time.Now().Add(patience))
	text, err := b.replies.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return m
}

// wait waits for an event that was not waited for before.
func (b *browser) wait(method string) {
	b.t.Helper()
	for {
		if i := slices.IndexFunc(b.events, func(m message) bool { return m.Method == method }); i >= 0 {
			b.events = slices.Delete(b.events, i, i+1)
			return
		}
		b.events = append(b.events, b.read(method))
	}
}

// open goes to an address.
func (b *browser) open(address string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": address}, nil)
	b.wait("Page.loadEventFired")
}

// node returns the first element that a CSS selector chooses.
func (b *browser) node(selector string) int {
	b.t.Helper()
	var document struct {
		Root struct {
			ID int `json:"nodeId"`
		} `json:"root"`
	}
	b.call("DOM.getDocument", map[string]any{"depth": 0}, &document)
	var node struct {
		ID int `json:"nodeId"`
	}
	b.call("DOM.querySelector", map[string]any{"nodeId": document.Root.ID, "selector": selector}, &node)
	if node.ID == 0 {
		b.t.Fatalf("nothing is %s", selector)
	}
	return node.ID
}

// html returns what stands on the page.
func (b *browser) html() string {
	b.t.Helper()
	var outer struct {
		HTML string `json:"outerHTML"`
	}
	b.call("DOM.getOuterHTML", map[string]any{"nodeId": b.node("html")}, &outer)
	return outer.HTML
}

// style returns a computed property of an element.
func (b *browser) style(selector, property string) string {
	b.t.Helper()
	var computed struct {
		Style []struct{ Name, Value string } `json:"computedStyle"`
	}
	b.call("CSS.getComputedStyleForNode", map[string]any{"nodeId": b.node(selector)}, &computed)
	for _, s := range computed.Style {
		if s.Name == property {
			return s.Value
		}
	}
	return ""
}

// width returns how wide the page is, on a screen of that width.
func (b *browser) width(screen int) int {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": screen, "height": 800, "deviceScaleFactor": 1, "mobile": true}, nil)
	var layout struct {
		Size struct{ Width float64 } `json:"cssContentSize"`
	}
	b.call("Page.getLayoutMetrics", nil, &layout)
	return int(layout.Size.Width)
}

// box returns how wide an element is.
func (b *browser) box(selector string) int {
	b.t.Helper()
	var box struct {
		Model struct{ Width int }
	}
	b.call("DOM.getBoxModel", map[string]any{"nodeId": b.node(selector)}, &box)
	return box.Model.Width
}

// faults lists what the browser complained about: what a policy forbids, what could not be loaded.
func (b *browser) faults() (list []string) {
	for _, m := range b.events {
		if m.Method == "Log.entryAdded" || m.Method == "Network.loadingFailed" {
			list = append(list, string(m.Params))
		}
	}
	return list
}

// picture keeps what is seen of the page with the artifacts of the test.
func (b *browser) picture(name string) {
	b.t.Helper()
	var shot struct {
		Data []byte `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	if err := os.WriteFile(b.t.ArtifactDir()+"/"+name+".png", shot.Data, 0o600); err != nil {
		b.t.Error(err)
	}
}
