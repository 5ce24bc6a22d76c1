package backendtest

import (
	"runtime"
	"strings"
)

// goroutines returns the stacks of all goroutines but the caller's, by id.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	stacks := make(map[string]string)
	for i, stack := range strings.Split(string(buf), "\n\n") {
		id, _, ok := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		if ok && i > 0 { // the first is the caller
			stacks[id] = stack
		}
	}
	return stacks
}

// leaked returns the stacks of goroutines that are not among before, those of the testing package
// left out.
func leaked(before map[string]string) []string {
	var left []string
	for id, stack := range goroutines() {
		if _, ok := before[id]; !ok && !strings.Contains(stack, "testing.(*T).Run") && !strings.Contains(stack, "runtime/pprof.") {
			left = append(left, stack)
		}
	}
	return left
}
