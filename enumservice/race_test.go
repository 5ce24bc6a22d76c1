//go:build race

package enumservice

const raceDetector = true
