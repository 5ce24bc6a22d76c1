package test

import (
	"strings"
	"testing"
)

// TestStatusInBrowser looks at the status page with a browser that runs no scripts: it is whole and styled, explains a number
// that is typed, fits a phone, and is dark where that is liked.
func TestStatusInBrowser(t *testing.T) {
	address := startStatus(t, "    enumim e164.arpa {\n        backend file examples/numbers.txt\n        status\n    }\n")
	b := startBrowser(t)
	b.open("http://" + address + "/")
	for _, want := range []string{"e164.arpa.", "numbers.txt", "current"} {
		if !strings.Contains(b.html(), want) {
			t.Errorf("%q is not on the page:\n%s", want, b.html())
		}
	}
	light := b.style("body", "background-color")
	if padding := b.style("td", "padding-top"); light != "rgb(255, 255, 255)" || padding == "1px" || padding == "0px" {
		t.Errorf("the page has no style: ground %s, padding %s", light, padding)
	}
	b.picture("status")
	if page, table := b.width(360), b.box("article table"); page > 360 || table > 360 {
		t.Errorf("on a phone of 360 the page is %d wide, a table %d", page, table)
	}
	b.picture("status-phone")

	b.call("DOM.focus", map[string]any{"nodeId": b.node("#number")}, nil)
	b.call("Input.insertText", map[string]any{"text": "+1 202-555-0100"}, nil)
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}, nil)
	}
	b.wait("Page.loadEventFired")
	page := b.html()
	for _, want := range []string{"0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", "number +12025550100", "block +1202555xxxx", "im:user@example.com", "kamailio", "S10"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
	var history struct {
		Entries []struct{ URL string }
	}
	b.call("Page.getNavigationHistory", nil, &history)
	for _, e := range history.Entries {
		if strings.Contains(e.URL, "0100") {
			t.Errorf("the number is in the history: %s", e.URL)
		}
	}
	if page, table := b.width(360), b.box("section:last-child table"); page > 360 || table > 360 {
		t.Errorf("on a phone of 360 the explanation is %d wide, a table %d", page, table)
	}
	b.picture("explained-phone")
	b.call("Emulation.clearDeviceMetricsOverride", nil, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]any{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	if dark := b.style("body", "background-color"); dark == light {
		t.Errorf("in the dark the ground is %s", dark)
	}
	b.picture("explained-dark")
	for _, fault := range b.faults() {
		if !strings.Contains(fault, "favicon.ico") {
			t.Error(fault)
		}
	}
}
