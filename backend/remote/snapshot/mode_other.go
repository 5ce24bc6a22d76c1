//go:build !unix

package snapshot

// private says that the mode of a file tells who may read it.
const private = false
