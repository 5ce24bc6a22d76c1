package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// bar shows how far long work is, on standard error and only where that is a terminal. The zero bar
// shows nothing.
type bar struct{ b *progressbar.ProgressBar }

// progress begins a bar for work of total octets; a total of -1 is not known. It goes with Close.
func progress(cmd *cobra.Command, title string, total int64) *bar {
	return newBar(cmd, title, total, true)
}

// counting is progress for work of total pieces.
func counting(cmd *cobra.Command, title string, total int64) *bar {
	return newBar(cmd, title, total, false)
}

func newBar(cmd *cobra.Command, title string, total int64, octets bool) *bar {
	w := cmd.ErrOrStderr()
	if !terminal(w) {
		return &bar{}
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(title),
		progressbar.OptionShowBytes(octets),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true),
	}
	if !octets {
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString("entries"))
	}
	return &bar{progressbar.NewOptions64(total, options...)}
}

// Add tells of n octets or pieces more.
func (b *bar) Add(n int) {
	if b.b != nil {
		_ = b.b.Add(n) // a terminal that went away is no reason to stop
	}
}

// Title changes what the bar says is being done.
func (b *bar) Title(title string) {
	if b.b != nil {
		b.b.Describe(title)
	}
}

// Close takes the bar away.
func (b *bar) Close() {
	if b.b != nil {
		_ = b.b.Clear()
	}
}

// reading returns r, whose octets move the bar.
func (b *bar) reading(r io.Reader) io.Reader {
	if b.b == nil {
		return r
	}
	return &counted{r, b}
}

type counted struct {
	io.Reader
	b *bar
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.b.Add(n)
	return n, err
}
