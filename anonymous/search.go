package anonymous

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/enumim/enumim/e164"
)

// Search finds the numbers behind aliases by trying: nothing else leads back from an HMAC.
type Search struct {
	Keys   []Key
	Epochs []int64
	// DialPlan says that numbers are digits of a private dial plan, without "+".
	DialPlan bool
}

// Match is what an alias stands for.
type Match struct {
	Number e164.Number
	Epoch  int64
}

// portion is how many numbers are tried between two looks at the rest of the world.
const portion = 4096

// Find tries the numbers, with all processors, until each of the aliases is found. It returns those that are, and an error
// only where ctx ended it.
func (s *Search) Find(ctx context.Context, numbers []e164.Number, aliases []Alias) (map[Alias]Match, error) {
	wanted := make(map[Alias]bool, len(aliases))
	for _, a := range aliases {
		wanted[a] = true
	}
	var (
		mu      sync.Mutex
		found   = make(map[Alias]Match, len(wanted))
		missing atomic.Int64
		next    atomic.Int64
		workers sync.WaitGroup
	)
	missing.Store(int64(len(wanted)))
	note := func(a Alias, m Match) {
		mu.Lock()
		defer mu.Unlock()
		if _, again := found[a]; !again {
			found[a] = m
			missing.Add(-1)
		}
	}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			minters := s.minters()
			for missing.Load() > 0 && ctx.Err() == nil {
				end := int(next.Add(portion))
				if end-portion >= len(numbers) {
					return
				}
				for _, n := range numbers[end-portion : min(end, len(numbers))] {
					s.try(minters, n, func(a Alias, epoch int64) {
						if wanted[a] {
							note(a, Match{n, epoch})
						}
					})
				}
			}
		})
	}
	workers.Wait()
	if missing.Load() > 0 && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return found, nil
}

// Aliases returns what calls yield for each alias of a number, and its epoch: for each key, in their order, those of the
// epochs. It is for one goroutine.
func (s *Search) Aliases() func(n e164.Number, yield func(Alias, int64)) {
	minters := s.minters()
	return func(n e164.Number, yield func(Alias, int64)) { s.try(minters, n, yield) }
}

func (s *Search) minters() []*Minter {
	minters := make([]*Minter, len(s.Keys))
	for i, k := range s.Keys {
		minters[i] = NewMinter(k)
	}
	return minters
}

func (s *Search) try(minters []*Minter, n e164.Number, yield func(Alias, int64)) {
	var buf [1 + e164.MaxDigits]byte
	aus := buf[:0]
	if !s.DialPlan {
		aus = append(aus, '+')
	}
	aus = n.AppendDigits(aus)
	for _, m := range minters {
		for _, epoch := range s.Epochs {
			yield(m.Mint(aus, epoch), epoch)
		}
	}
}
