package enumim

import "slices"

// nearest returns what stands at the longest of the zones that qname, in any letter case, is at or below;
// nil for none. lengths are those of the zones, descending. It does not allocate.
func nearest[T any](zones map[string]*T, lengths []int, qname string) *T {
	var buf [255]byte
	for _, n := range lengths {
		at := len(qname) - n
		if at < 0 || !labelBegins(qname, at) {
			continue
		}
		lower := buf[:copy(buf[:], qname[at:])]
		for i, c := range lower {
			if c >= 'A' && c <= 'Z' {
				lower[i] = c | 0x20
			}
		}
		if zone := zones[string(lower)]; zone != nil {
			return zone
		}
	}
	return nil
}

// withLength returns lengths, which descend, with n among them.
func withLength(lengths []int, n int) []int {
	lengths = append(lengths, n)
	slices.SortFunc(lengths, func(a, b int) int { return b - a })
	return slices.Compact(lengths)
}

// labelBegins reports whether a label of name begins at an index: behind a dot that no backslash makes
// part of a label.
func labelBegins(name string, at int) bool {
	if at == 0 {
		return true
	}
	if name[at-1] != '.' {
		return false
	}
	escapes := at - 1
	for escapes > 0 && name[escapes-1] == '\\' {
		escapes--
	}
	return (at-1-escapes)%2 == 0
}
