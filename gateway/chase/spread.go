package chase

import "slices"

// Spread says how long answers took: the median, and the time within which nine of ten came, in the unit of the times. By the nearest rank, so that each is
// a time that was. No times give zeros.
func Spread(times []int) (median, ninetieth int) {
	if len(times) == 0 {
		return 0, 0
	}
	sorted := slices.Clone(times)
	slices.Sort(sorted)
	rank := func(percent int) int { return sorted[(len(sorted)*percent+99)/100-1] }
	return rank(50), rank(90)
}
