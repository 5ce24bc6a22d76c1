package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// style writes text in colours, or as it is where nobody would see them.
type style struct{ on bool }

// styleOf returns the style for w: colours on a terminal, unless NO_COLOR is set (no-color.org) or the
// terminal is dumb.
func styleOf(w io.Writer) style {
	return style{on: terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (s style) bold(text string) string   { return s.sgr("1", text) }
func (s style) faint(text string) string  { return s.sgr("2", text) }
func (s style) red(text string) string    { return s.sgr("31", text) }
func (s style) green(text string) string  { return s.sgr("32", text) }
func (s style) yellow(text string) string { return s.sgr("33", text) }
func (s style) blue(text string) string   { return s.sgr("34", text) }

// sgr is ECMA-48's Select Graphic Rendition.
func (s style) sgr(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
