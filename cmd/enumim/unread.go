package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/carry"
)

// unread is what cannot be read in a store.
type unread struct {
	lines *differences
	left  map[carry.Key]bool
	first []carry.Key
	count int // values: two entries may stand for one
}

// mostUnread is how many are told one by one.
const mostUnread = 20

func (u *unread) add(k carry.Key) {
	u.left[k] = true
	if same, may := k.SameValue(); may && u.left[same] {
		return // the same value
	}
	if u.count++; u.count <= mostUnread {
		u.first = append(u.first, k)
	}
}

// tell tells which they are; skip, that they are left out.
func (u *unread) tell(cmd *cobra.Command, from *location, skip bool) {
	w, name := cmd.ErrOrStderr(), printable(from.name)
	for i := range u.first {
		fmt.Fprintf(w, "%s: %s cannot be read\n", name, u.lines.name(&u.first[i]))
	}
	if more := u.count - len(u.first); more > 0 {
		fmt.Fprintf(w, "%s: and %d more\n", name, more)
	}
	if skip {
		fmt.Fprintf(w, "%s %d left out, which cannot be read\n", styleOf(w).yellow("note:"), u.count)
		return
	}
	entries := "entries"
	if u.count == 1 {
		entries = "entry"
	}
	fmt.Fprintf(w, "%s: %d %s cannot be read: mend that in the store, or leave it out with --skip\n", name, u.count, entries)
}
