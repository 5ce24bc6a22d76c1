// Package examples holds data to try enumim with.
package examples

import _ "embed" // for Numbers

// Numbers is the numbers file that cmd/coredns serves where there is no Corefile.
//
//go:embed numbers.txt
var Numbers []byte
