package main

const (
	// deepStacks is more than the goroutines that wait for their first turn when most queries wait.
	deepStacks = 640
	// deepFrames are of a KiB each: with them most of a stack of 8 KiB is used, which a query fits into.
	deepFrames = 6
)

// deepen has new goroutines begin with a stack that a query fits into, at the cost of 5 MB and of a collector that comes half
// as often. The runtime gives them as much as stacks had in use on average when it collected garbage last. CoreDNS has a
// goroutine for each query: when more come than can be answered most of them have not begun, the average falls to the
// least, and then each query has its stack copied several times, which takes a quarter of the time (docs/reliability.md,
// Overload). The goroutines that keep the average up do nothing, and end with the program.
func deepen() {
	for range deepStacks {
		go deep(deepFrames)
	}
}

//go:noinline
func deep(frames int) byte {
	var frame [1000]byte
	frame[frames] = 1
	if frames > 1 {
		return deep(frames-1) + frame[frames]
	}
	select {}
}
