package workdays

import "time"

func weekend(d Day) bool { w := d.Weekday(); return w == time.Saturday || w == time.Sunday }

// IsWorkingDay reports whether d is neither a Saturday, a Sunday nor a bank holiday in England and Wales. No day is none.
func (c *Calendar) IsWorkingDay(d Day) bool {
	if d == 0 || weekend(d) {
		return false
	}
	_, holiday := c.Holiday(d)
	return !holiday
}

// Add is the n-th working day after d: the day of the event is not counted, so "within 15 working days of" ends at the end of Add(d, 15).
// A negative n counts backwards. Add(d, 0) is d, or the first working day after it when d is none. Results stay between First and Last.
func (c *Calendar) Add(d Day, n int) Day {
	if d == 0 {
		return 0
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	if n == 0 {
		for ; !c.IsWorkingDay(d) && d < Last; d++ {
		}
		return d
	}
	for n > 0 {
		next := d.Plus(step)
		if next == d {
			return d // the end of the calendar
		}
		d = next
		if c.IsWorkingDay(d) {
			n--
		}
	}
	return d
}

// Between counts the working days after from, up to and including to; negative when to is before from. For a positive n,
// Between(d, Add(d, n)) is n.
func (c *Calendar) Between(from, to Day) int {
	if from == 0 || to == 0 {
		return 0
	}
	sign := 1
	if to < from {
		from, to, sign = to, from, -1
	}
	// Whole weeks hold five weekdays each; what is left is walked, then the holidays are taken off.
	span := int(to - from)
	n := span / 7 * 5
	for d := from.Plus(span / 7 * 7); d < to; {
		d++
		if !weekend(d) {
			n++
		}
	}
	firstY, _, _ := from.YMD()
	lastY, _, _ := to.YMD()
	for y := firstY; y <= lastY; y++ {
		for _, h := range c.year(y) {
			if h.Day > from && h.Day <= to {
				n--
			}
		}
	}
	return sign * n
}
