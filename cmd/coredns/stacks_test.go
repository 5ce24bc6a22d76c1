package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

// New goroutines begin with 8 KiB of stack, also when twice as many as queries that wait have not begun.
func TestDeepen(t *testing.T) {
	if testing.Short() {
		t.Skip("its goroutines stay until the end")
	}
	deepen()
	end := make(chan struct{})
	defer close(end)
	for range 400 {
		go func() { <-end }()
	}
	runtime.GC()
	runtime.GC()
	start := []metrics.Sample{{Name: "/gc/stack/starting-size:bytes"}}
	metrics.Read(start)
	if got := start[0].Value.Uint64(); got != 8192 {
		t.Errorf("goroutines begin with %d octets", got)
	}
}
