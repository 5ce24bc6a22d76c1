package resolve

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// However the records of some names lead to each other, the URIs of every name that five non-terminals
// or fewer lead to are found, each once, and no name is asked for twice. The model goes breadth first.
func TestWalkFindsWhatIsNear(t *testing.T) {
	random := rand.New(rand.NewPCG(6116, 521))
	far, near := 0, 0
	for i := range 300 {
		const size = 12
		var onward [size][]int
		var text strings.Builder
		for from := range size {
			for k := range 1 + random.IntN(2) {
				to := random.IntN(size)
				if random.IntN(3) > 0 {
					to = (from + 1) % size // long ways
				}
				onward[from] = append(onward[from], to)
				fmt.Fprintf(&text, "%s NAPTR %d %d \"\" \"\" \"\" %s\n", vertex(from), random.IntN(3), k, vertex(to))
			}
			fmt.Fprintf(&text, "%s NAPTR %d 9 \"u\" \"E2U+im\" \"!^.*$!im:%d@example.com!\" .\n", vertex(from), random.IntN(3), from)
		}
		depth := map[int]int{0: 0}
		want := []string{"im:0@example.com"}
		for queue := []int{0}; len(queue) > 0; queue = queue[1:] {
			from := queue[0]
			for _, to := range onward[from] {
				if _, seen := depth[to]; seen || depth[from] == 5 {
					continue
				}
				depth[to] = depth[from] + 1
				queue = append(queue, to)
				want = append(want, fmt.Sprintf("im:%d@example.com", to))
			}
		}
		d := zone(t, text.String())
		res, err := patient(serve(t, d.ServeDNS)).Lookup(t.Context(), fred)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(list(res))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("graph %d: %q\nwant %q\n%s", i, got, want, text.String())
		}
		asked := strings.Split(d.names(), ", ")
		if slices.Sort(asked); len(slices.Compact(asked)) != len(want) || len(res.Trail) != len(want) {
			t.Fatalf("graph %d: %d queries for %d names", i, len(res.Trail), len(want))
		}
		near += len(want)
		far += size - len(want)
	}
	if near < 300 || far < 30 {
		t.Errorf("%d names near, %d too far: no test", near, far)
	}
}

// vertex returns a name of a graph; 0 is the number.
func vertex(i int) string {
	if i == 0 {
		return "~"
	}
	return fmt.Sprintf("n%d.example.com.", i)
}
