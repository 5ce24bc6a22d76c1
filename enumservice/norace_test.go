//go:build !race

package enumservice

const raceDetector = false
