package table

import (
	"time"

	"golang.org/x/sys/unix"
)

// asleep returns for how long the machine was suspended since it started: CLOCK_BOOTTIME counts that, CLOCK_MONOTONIC,
// which is Go's, does not, and nobody sets either (clock_gettime(2)). Where they cannot be read it is 0.
func asleep() time.Duration {
	var boot, awake unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil {
		return 0
	}
	return time.Duration(boot.Nano() - awake.Nano())
}
