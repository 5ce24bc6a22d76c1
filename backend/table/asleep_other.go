//go:build !linux

package table

import "time"

// asleep returns 0: what the monotonic clock of other systems does while the machine is suspended differs.
func asleep() time.Duration { return 0 }
