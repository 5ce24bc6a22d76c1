package sqlstore

import "testing"

// Rows that differ have another sum, however their cells are cut.
func TestSum(t *testing.T) {
	seen := map[string]int{}
	for i, rows := range [][][][]byte{
		{}, {{}}, {{nil}}, {{[]byte{}}}, {{[]byte("ab")}}, {{[]byte("a"), []byte("b")}}, {{[]byte("a")}, {[]byte("b")}}, {{[]byte("b")}, {[]byte("a")}},
	} {
		for range 2 {
			s := NewSum()
			for _, row := range rows {
				s.Add(row)
			}
			if before, have := seen[s.Text()]; have && before != i {
				t.Errorf("rows %d have the sum of rows %d", i, before)
			}
			seen[s.Text()] = i
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d sums of 8", len(seen))
	}
}
