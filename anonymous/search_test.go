package anonymous

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/enumim/enumim/e164"
)

// numbersOf returns n numbers that follow each other.
func numbersOf(n int) []e164.Number {
	list := make([]e164.Number, 0, n)
	for i := range n {
		number := e164.MustParse("+1202")
		for _, d := range []int{i / 1000000, i / 100000, i / 10000, i / 1000, i / 100, i / 10, i} {
			number, _ = number.Child('0' + byte(d%10))
		}
		list = append(list, number)
	}
	return list
}

// An alias of any key and any of the epochs leads to its number, and no other alias to any.
func TestFind(t *testing.T) {
	keys := keysOf(t, example+"\n"+"ff"+example[2:])
	s := &Search{Keys: keys, Epochs: []int64{692, 691}}
	numbers := numbersOf(3*portion + 1)
	var asked []Alias
	want := map[Alias]Match{}
	for _, i := range []int{0, 1, portion - 1, portion, len(numbers) - 1} {
		for k, epoch := range []int64{692, 691} {
			a := NewMinter(keys[k]).Mint([]byte(numbers[i].String()), epoch)
			asked = append(asked, a, a)
			want[a] = Match{numbers[i], epoch}
		}
	}
	strangers := []Alias{
		{},
		NewMinter(keys[0]).Mint([]byte("+12025550100"), 690),                             // of an epoch that is over
		NewMinter(keys[0]).Mint([]byte("+44"), 692),                                      // of a number that is not there
		NewMinter(keys[0]).Mint([]byte(numbers[5].Digits()), 692),                        // of a dial plan
		NewMinter(keysOf(t, "fe"+example[2:])[0]).Mint([]byte(numbers[5].String()), 692), // of another key
	}
	for _, wanted := range [][]Alias{asked, slices.Concat(asked, strangers)} {
		found, err := s.Find(t.Context(), numbers, wanted)
		if err != nil || len(found) != len(want) {
			t.Fatalf("%d found, want %d; %v", len(found), len(want), err)
		}
		for a, m := range want {
			if found[a] != m {
				t.Errorf("%s: got %v, want %v", a, found[a], m)
			}
		}
	}
	plan := &Search{Keys: keys, Epochs: []int64{692}, DialPlan: true}
	if found, err := plan.Find(t.Context(), numbers, strangers); err != nil || len(found) != 1 || found[strangers[3]].Number != numbers[5] {
		t.Errorf("in a dial plan: %v, %v", found, err)
	}
	if found, err := s.Find(t.Context(), nil, asked); err != nil || len(found) != 0 {
		t.Errorf("without numbers: %v, %v", found, err)
	}
}

// A search ends when nobody waits for it any more.
func TestFindEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &Search{Keys: keysOf(t, example), Epochs: []int64{692}}
	if _, err := s.Find(ctx, numbersOf(10*portion), []Alias{{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Aliases lists all that resolve, those that are handed out first.
func TestAliases(t *testing.T) {
	keys := keysOf(t, example+"\n"+"ff"+example[2:])
	s := &Search{Keys: keys, Epochs: []int64{692, 691}}
	n := e164.MustParse("+12025550100")
	var got []string
	s.Aliases()(n, func(a Alias, epoch int64) { got = append(got, a.String()) })
	var want []string
	for _, k := range keys {
		for _, epoch := range s.Epochs {
			want = append(want, NewMinter(k).Mint([]byte(n.String()), epoch).String())
		}
	}
	if !slices.Equal(got, want) || got[0] != "a-ut347nillemurxad" {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkFind tries a million numbers with one key and two epochs, to the end.
func BenchmarkFind(b *testing.B) {
	s := &Search{Keys: keysOf(b, example), Epochs: []int64{692, 691}}
	numbers := numbersOf(1000000)
	for b.Loop() {
		if found, err := s.Find(b.Context(), numbers, []Alias{{}}); err != nil || len(found) > 0 {
			b.Fatal(found, err)
		}
	}
}
