package slots

import (
	"cmp"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Reason says why a time or a place is not offered.
type Reason string

// The reasons that refuse a time, in the order in which the first that holds is told.
const (
	TooSoon      Reason = "too_soon"    // sooner than the notice that everybody must have
	NoWorkingDay Reason = "no_workday"  // a weekend or a bank holiday
	NoRegime     Reason = "no_regime"   // nobody has entered when her wing is unlocked
	ClosedDay    Reason = "closed_day"  // a day on which her wing is locked up, unlike others
	LockedUp     Reason = "locked_up"   // she would be locked up for a part of it
	SheIsBusy    Reason = "she_is_busy" // she is somewhere else
	WorkerIsBusy Reason = "worker_busy" // one who is to be there is busy
	NoPlace      Reason = "no_place"    // no place is left; each place's own reason is told
	Withdrawn    Reason = "withdrawn"   // a place that is not used any more
	OtherWing    Reason = "other_wing"  // a place that is not for the women of her wing
	LegalOnly    Reason = "legal_only"  // a place that is kept for legal visits
	NotPrivate   Reason = "not_private" // a place where others would hear
	TooSmall     Reason = "too_small"   // a place without room for those who sit with her
	NoVideo      Reason = "no_video"    // a place where she cannot be seen
	Taken        Reason = "taken"       // a place that somebody else has
	WalkIsLocked Reason = "walk_locked" // a place so far away that she would be locked up on the way
	WalkIsBusy   Reason = "walk_busy"   // a place so far away that she would come too late from, or to, something else
)

// Ask is what is looked for.
type Ask struct {
	Need
	Leads
	Length   time.Duration
	From, To workdays.Day // both included; at most MostDays
	// Hours are those in which the others can: minutes since midnight. The zero value is office hours.
	Hours Window
	// AllDays: weekends and bank holidays will do.
	AllDays bool
	// Earliest is when the first meeting can start, so that everybody has notice of it.
	Earliest time.Time
	// Due is the last day on which it is in time; 0 = there is none.
	Due workdays.Day
}

// OfficeHours are those in which a meeting is looked for when nobody says otherwise.
var OfficeHours = Window{From: 9 * 60, To: 17 * 60}

// MostDays is how many days one search covers.
const MostDays = 62

// Step is how far apart the starts are that are tried.
const Step = 15 * time.Minute

// Worker is somebody who is to be there, and when she is busy.
type Worker struct {
	ID   ids.StaffID
	Busy []Span
}

// World is what is known of her wing and her prison.
type World struct {
	Regime  Regime
	Places  []Place
	Taken   map[ids.PlaceID][]Span
	Her     []Span // when she is somewhere else
	Workers []Worker
	Holiday func(workdays.Day) bool // bank holidays; nil = there are none
}

// PlaceRefusal is why one place is not offered.
type PlaceRefusal struct {
	Place Place
	Why   Reason
}

// Verdict is what is to be said of one start. Why is "" when it can be, and Place is then the best place for it.
type Verdict struct {
	Starts, Ends time.Time
	Why          Reason
	Exception    Exception   // with ClosedDay and LockedUp: the day's own regime; its Day is 0 when the day is like others
	Worker       ids.StaffID // with WorkerIsBusy
	Place        Place
	Times        Times
	// Others are the places that would do as well, the better ones first, and Refused those that would not.
	Others  []Place
	Refused []PlaceRefusal
	// Penalty orders the times that can be: the less the better.
	Penalty int
	Late    bool // after the day on which it is due
}

// Range is a run of starts, each a Step after the one before, of which the same is to be said.
type Range struct {
	From, To time.Time // the first and the last start
	Verdict  Verdict   // of the first one
}

// DayFound is one day of a search: what can be, and of the rest why it cannot.
type DayFound struct {
	Day     workdays.Day
	Slots   []Verdict
	Refused []Range
}

// Found is the answer to a search.
type Found struct {
	Days []DayFound
	Best []Verdict // the best, the first first; at most two a day
}

const (
	mostBest = 6
	bestADay = 2
)

// Find tries each quarter of an hour of the days that are asked for and says of every one whether it can be, where, and otherwise why not.
func Find(a Ask, w World) Found {
	var out Found
	if a.To > a.From.Plus(MostDays-1) {
		a.To = a.From.Plus(MostDays - 1)
	}
	if a.Hours == (Window{}) {
		a.Hours = OfficeHours
	}
	if a.From == 0 || a.To < a.From || a.Length <= 0 {
		return out
	}
	board := newBoard(a, w)
	var best []Verdict
	for d := a.From; d <= a.To; d++ {
		found := DayFound{Day: d}
		last := d.At(a.Hours.To/60, a.Hours.To%60).Add(-a.Length)
		for t := d.At(a.Hours.From/60, a.Hours.From%60); !t.After(last); t = t.Add(Step) {
			v := board.judge(t)
			if v.Why == "" {
				found.Slots = append(found.Slots, v)
				continue
			}
			if n := len(found.Refused); n > 0 && found.Refused[n-1].To.Add(Step).Equal(t) && sameRefusal(found.Refused[n-1].Verdict, v) {
				found.Refused[n-1].To = t
			} else {
				found.Refused = append(found.Refused, Range{From: t, To: t, Verdict: v})
			}
		}
		out.Days = append(out.Days, found)
		today := slices.Clone(found.Slots)
		slices.SortStableFunc(today, better)
		best = append(best, today[:min(len(today), bestADay)]...)
	}
	slices.SortStableFunc(best, better)
	out.Best = best[:min(len(best), mostBest)]
	return out
}

// Judge says of one start whether it can be, and why not. It does not mind the hours that are asked for, nor whether it is a working day: somebody has chosen it.
func Judge(a Ask, w World, starts time.Time) Verdict {
	a.From, a.To, a.AllDays = workdays.Of(starts), workdays.Of(starts), true
	return newBoard(a, w).judge(starts)
}

func better(a, b Verdict) int {
	if c := cmp.Compare(a.Penalty, b.Penalty); c != 0 {
		return c
	}
	return a.Starts.Compare(b.Starts)
}

func sameRefusal(a, b Verdict) bool {
	return a.Why == b.Why && a.Worker == b.Worker && slices.EqualFunc(a.Refused, b.Refused, func(x, y PlaceRefusal) bool { return x.Place.ID == y.Place.ID && x.Why == y.Why })
}

// board is a world laid out for many questions: a bit for each cell in which somebody or something is taken.
type board struct {
	ask     Ask
	world   World
	base    int64 // the first cell
	her     bits
	workers []bits
	taken   []bits
	unfit   []Reason
	day     workdays.Day // of which windows are the times of unlock
	windows []Span
	except  Exception
}

// margin is how far from the days that are asked for something may lie and still be in the way.
const margin = 12 * time.Hour

func newBoard(a Ask, w World) *board {
	b := &board{ask: a, world: w}
	all := Span{From: a.From.Start().Add(-margin), To: a.To.Plus(1).Start().Add(margin)}
	var behind int64
	b.base, behind = all.Cells()
	set := func(spans []Span) bits {
		one := make(bits, (behind-b.base+63)/64)
		for _, s := range spans {
			first, end := s.Cells()
			one.set(max(first, b.base)-b.base, min(end, behind)-b.base)
		}
		return one
	}
	b.her = set(w.Her)
	for _, one := range w.Workers {
		b.workers = append(b.workers, set(one.Busy))
	}
	for _, p := range w.Places {
		why := p.Refuses(a.Need)
		b.unfit = append(b.unfit, why)
		var one bits
		if why == "" {
			one = set(w.Taken[p.ID])
		}
		b.taken = append(b.taken, one)
	}
	return b
}

// busy reports whether any cell of a span is taken.
func (b *board) busy(in bits, s Span) bool {
	first, end := s.Cells()
	return in.any(first-b.base, end-b.base)
}

func (b *board) judge(starts time.Time) Verdict {
	v := Verdict{Starts: starts, Ends: starts.Add(b.ask.Length)}
	here := b.ask.Around(v.Starts, v.Ends, 0) // wherever it is
	d := workdays.Of(starts)
	b.turnTo(d)
	v.Exception = b.except
	refuse := func(why Reason) Verdict { v.Why = why; return v }
	switch {
	case starts.Before(b.ask.Earliest):
		return refuse(TooSoon)
	case !b.ask.AllDays && b.offDay(d):
		return refuse(NoWorkingDay)
	case !b.world.Regime.Entered:
		return refuse(NoRegime)
	case len(b.windows) == 0 && b.except.Day != 0:
		return refuse(ClosedDay)
	}
	if _, ok := within(b.windows, here.There); !ok {
		return refuse(LockedUp)
	}
	if b.busy(b.her, here.There) {
		return refuse(SheIsBusy)
	}
	for i, w := range b.workers {
		if b.busy(w, here.There) {
			v.Worker = b.world.Workers[i].ID
			return refuse(WorkerIsBusy)
		}
	}
	b.place(&v)
	if v.Why == "" {
		v.Late = b.ask.Due != 0 && d > b.ask.Due
		v.Penalty += int(d-b.ask.From) * aDay
		if v.Late {
			v.Penalty += lateBy
		}
		if minute := starts.In(d.Start().Location()); minute.Hour() < 10 || minute.Hour() >= 16 {
			v.Penalty += edgeOfDay
		}
	}
	return v
}

// What makes a time less good, in minutes of a walk: a day of waiting; a start before 10 or from 16 on, when prisons and schools begin and end theirs; less than
// a quarter of an hour of unlock left over before or after, so that any delay spoils it; a place where others hear; and, above all, that it is too late.
const (
	aDay       = 3
	edgeOfDay  = 8
	tight      = 10
	overheard  = 20
	byPhone    = 30
	lateBy     = 10_000
	tightSlack = 15 * time.Minute
)

// turnTo makes a day's times of unlock ready; the starts of one day are judged one after the other.
func (b *board) turnTo(d workdays.Day) {
	if b.day == d {
		return
	}
	b.day, b.windows = d, b.windows[:0]
	windows, e := b.world.Regime.On(d)
	b.except = e
	for _, w := range windows {
		b.windows = append(b.windows, w.On(d))
	}
}

// place puts the best place into a verdict, or says why there is none.
func (b *board) place(v *Verdict) {
	type choice struct {
		place   Place
		times   Times
		penalty int
	}
	var fit []choice
	v.Refused = make([]PlaceRefusal, 0, len(b.world.Places))
	for i, p := range b.world.Places {
		t := b.ask.Around(v.Starts, v.Ends, p.Walk)
		why := b.unfit[i]
		var in Span
		if why == "" {
			var ok bool
			in, ok = within(b.windows, t.Away())
			switch {
			case !ok:
				why = WalkIsLocked
			case b.busy(b.her, t.Away()):
				why = WalkIsBusy
			case b.busy(b.taken[i], t.There):
				why = Taken
			}
		}
		if why != "" {
			v.Refused = append(v.Refused, PlaceRefusal{Place: p, Why: why})
			continue
		}
		c := choice{place: p, times: t, penalty: int(p.Walk / time.Minute)}
		if !p.Private {
			c.penalty += overheard
		}
		if p.Kind == PhoneRoom {
			c.penalty += byPhone
		}
		if t.PickUp.Sub(in.From) < tightSlack || in.To.Sub(t.Back) < tightSlack {
			c.penalty += tight
		}
		fit = append(fit, c)
	}
	if len(fit) == 0 {
		v.Why = NoPlace
		return
	}
	slices.SortFunc(fit, func(x, y choice) int {
		if c := cmp.Compare(x.penalty, y.penalty); c != 0 {
			return c
		}
		return cmp.Compare(x.place.ID, y.place.ID)
	})
	v.Place, v.Times, v.Penalty = fit[0].place, fit[0].times, fit[0].penalty
	v.Others = make([]Place, 0, len(fit)-1)
	for _, c := range fit[1:] {
		v.Others = append(v.Others, c.place)
	}
}

func (b *board) offDay(d workdays.Day) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday || b.world.Holiday != nil && b.world.Holiday(d)
}

// bits is a set of cells.
type bits []uint64

func (b bits) set(from, to int64) {
	for i := from; i < to; i++ {
		b[i/64] |= 1 << (i % 64)
	}
}

// any reports whether one of the cells from from on and before to is in the set. Cells beyond its ends are not.
func (b bits) any(from, to int64) bool {
	from, to = max(from, 0), min(to, int64(len(b))*64)
	for from < to {
		word, shift := b[from/64]>>(from%64), 64-from%64
		n := min(shift, to-from)
		if n < 64 {
			word &= 1<<n - 1
		}
		if word != 0 {
			return true
		}
		from += n
	}
	return false
}
