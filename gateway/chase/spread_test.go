package chase

import "testing"

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		times             []int
		median, ninetieth int
	}{
		{nil, 0, 0}, {[]int{7}, 7, 7}, {[]int{9, 1}, 1, 9}, {[]int{3, 1, 2}, 2, 3}, {[]int{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 5, 9}, {[]int{0, 0, 0, 0, 40}, 0, 40},
	} {
		before := append([]int{}, c.times...)
		if m, n := Spread(c.times); m != c.median || n != c.ninetieth {
			t.Errorf("%v: %d %d", c.times, m, n)
		}
		for i := range before {
			if before[i] != c.times[i] {
				t.Error("the times were put in order where they lay")
			}
		}
	}
}
