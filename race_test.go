//go:build race

package enumim

const raceEnabled = true
