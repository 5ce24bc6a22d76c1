package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
)

// cutStore cuts the name of a backend from an argument; is tells whether it is the backend line of a store, and
// no file.
func cutStore(arg string) (driver, rest string, is bool) {
	text := strings.TrimLeft(arg, " \t")
	blank := strings.IndexAny(text, " \t")
	if blank < 0 {
		return "", "", false
	}
	return text[:blank], text[blank:], slices.Contains(backend.Names(), text[:blank])
}

// isStore reports whether an argument is the backend line of a store.
func isStore(arg string) bool {
	_, _, is := cutStore(arg)
	return is
}

// storeName is a store as messages show it: without options, which tell how it is reached.
func storeName(driver, rest string) string {
	return driver + " " + strings.TrimSpace(strings.SplitN(rest, "{", 2)[0])
}

// storeAsFile is the error of a command that takes files and got a store.
func storeAsFile(arg, instead string) error {
	driver, rest, _ := cutStore(arg)
	return fmt.Errorf("%s: is a store: %s, or export it to a file first (enumim export)", storeName(driver, rest), instead)
}

// known names the backends there are, where an argument looks like the line of one that is not.
func known(arg string) string {
	name, rest, _ := strings.Cut(strings.TrimSpace(arg), " ")
	if rest == "" || strings.ContainsAny(name, "./") {
		return ""
	}
	return fmt.Sprintf(" (there is no backend %q; there are %s)", name, strings.Join(backend.Names(), ", "))
}

// lineHint says how the line of a store is written, where an argument is not written so.
func lineHint(arg string) string {
	_, options, block := strings.Cut(arg, "{")
	switch {
	case !block && len(strings.Fields(arg)) > 2:
		return "; options stand in braces: 'postgres db.example.net/enum { user enumim; mode store }'"
	case block && !strings.ContainsAny(options, ";\n") && len(strings.Fields(options)) > 3:
		return "; in an argument options are parted by semicolons: { user enumim; mode store }"
	}
	return ""
}
