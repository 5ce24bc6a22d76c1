// Package keyed is what stores of keys and values have in common: the entries of one name in one value, one JSON
// object a line (package notation), and what a feed of such values must remember to make changes of them.
package keyed
