package redis

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// A number that is there all the time is never denied, however what answers for it moves: from a block to a
// number, to a block with more digits, and back, each in one transaction, with numbers beside it coming and going.
// Answers say which generation they are of, and those of one asker never go back.
func TestNumbersThatMoveAreNeverDenied(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	for _, mode := range []string{"store", "feed"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o := opened(t, s.Addr, "mode "+mode, "prefix "+mode+":")
			const digits = "12025550100"
			user := func(i int) string { return fmt.Sprintf("v-%d", i) }
			fill(t, o, set(block("1202", 11, 11, user(0)))...)
			b, _ := start(t, o)
			eventually(t, 20*time.Second, "found", func() string { return told(b, digits) })
			var stop atomic.Bool
			moved := make(chan int)
			go func() {
				w, err := o.OpenWriter(t.Context())
				if err != nil {
					t.Error(err)
				}
				defer w.Close()
				for _, err := range w.Walk(t.Context()) {
					if err != nil {
						t.Error(err)
					}
				}
				homes := []func(i int) backend.Entry{
					func(i int) backend.Entry { return block("1202", 11, 11, user(i)) },
					func(i int) backend.Entry { return number(digits, user(i)) },
					func(i int) backend.Entry { return block("12025550", 9, 12, user(i)) },
					func(i int) backend.Entry { return block("1", 11, 15, user(i)) },
				}
				i := 1
				for ; !stop.Load(); i++ {
					changes := []backend.Change{{Entry: homes[i%4](i)}, drop(homes[(i-1)%4](i - 1)), {Entry: number("12025550199", user(i))}}
					if i%2 == 0 {
						changes[2].Delete = true
					}
					if err := w.Write(t.Context(), changesOf(changes), func(int) {}); err != nil {
						t.Error(err)
						break
					}
				}
				moved <- i
			}()
			asked, last := 0, 0
			for until := time.Now().Add(3 * time.Second); time.Now().Before(until); asked++ {
				a, err := lookup(b, digits)
				if err != nil {
					t.Errorf("%v", err)
					break
				}
				if a.Kind != backend.Found {
					t.Errorf("denied: kind %d after %d", a.Kind, last)
					break
				}
				text := fmt.Sprint(a.Rules[0]) + a.Text
				_, rest, _ := strings.Cut(text, "v-")
				var v int
				if n, _ := fmt.Sscanf(rest, "%d", &v); n == 1 && v < last {
					t.Errorf("version %d after %d", v, last)
					break
				} else if n == 1 {
					last = v
				}
			}
			stop.Store(true)
			n := <-moved
			t.Logf("%d moves, %d questions, last version %d", n, asked, last)
			if last == 0 {
				t.Error("nothing was seen to move")
			}
		})
	}
}

// Who asks for many at once gets what is there of all.
func TestBatchesAreComplete(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	o := opened(t, s.Addr, "mode store")
	fill(t, o, set(block("1202", 11, 11, "b"), number("12025550100", "a"), number("4930123", "c"))...)
	st := o.store(nil)
	defer st.Close()
	for _, noted := range []bool{true, false} { // the lengths of blocks
		if !noted {
			do(t, raw(t, s.Addr), "HINCRBY", o.meta(), "generation", 1)
		}
		numbers := set(number("12025550100", ""), number("12025550101", ""), number("4930", ""), number("4930123", ""), number("49301", ""), number("31", ""))
		asked := make([]string, 0, len(numbers))
		for _, c := range numbers {
			asked = append(asked, c.Name.Number.Digits())
		}
		want := "12025550100=block+number 12025550101=block 4930=below 4930123=number 49301=below 31="
		if got := holdings(t, st, asked); got != want {
			t.Errorf("lengths noted %t: %s, want %s", noted, got, want)
		}
	}
}

// holdings renders what a store holds of numbers: the kinds of block and number.
func holdings(t *testing.T, st *store, digits []string) string {
	t.Helper()
	var parts []string
	numbers := make([]e164.Number, len(digits))
	for i, d := range digits {
		numbers[i] = num(d)
	}
	found, err := st.Find(t.Context(), numbers)
	must(t, err)
	for i, h := range found {
		var kinds []string
		for _, e := range h.Entries {
			kinds = append(kinds, [...]string{"number", "block"}[e.Kind])
		}
		if h.Below {
			kinds = append(kinds, "below")
		}
		parts = append(parts, digits[i]+"="+strings.Join(kinds, "+"))
	}
	return strings.Join(parts, " ")
}
