package custody

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Where says where a woman is in general.
type Where string

// The answers.
const (
	Nowhere  Where = ""         // nothing has been reported
	Inside   Where = "inside"   // in an establishment; on her way when the place is not known
	Hospital Where = "hospital" // still of the establishment
	Absent   Where = "absent"   // temporarily, at court or on licence for a day; still of the establishment
	Outside  Where = "outside"  // released
)

// Position is where she is, of which establishment (the last one when she is outside), and since when.
type Position struct {
	Where Where
	Place Place
	Since time.Time
}

func (p Position) same(o Position) bool { return p.Where == o.Where && p.Place.same(o.Place) }

// Effect is what an event means for the work: what a caller has to do.
type Effect string

// The effects. Where an event that comes late changes the picture, the effect tells the change and not the event.
const (
	Nothing    Effect = "nothing"    // known already, or it changes nothing
	Recorded   Effect = "recorded"   // older than what is known: kept, and she stays where she is
	Unknown    Effect = "unknown"    // no woman here has this number
	Unusable   Effect = "unusable"   // Event.Check refuses it
	Arrived    Effect = "arrived"    // in an establishment: the first report, or the end of a journey
	Moved      Effect = "moved"      // from one establishment to another
	Left       Effect = "left"       // left her establishment for another that is not known yet
	Freed      Effect = "released"   // released
	Readmitted Effect = "readmitted" // in custody again after release
	ByRecall   Effect = "recalled"   // in custody again by recall
	WentOut    Effect = "went_out"   // to hospital or on temporary absence
	CameIn     Effect = "came_in"    // back from there, to the same establishment
	NewNumber  Effect = "new_number" // her number has changed, or a second one is hers: events of it must be applied too (State.Numbers)
	Changed    Effect = "changed"    // anything else: her position is another than was thought
)

// State is what is known of one woman: the number she was entered with and every event that concerns her. The zero State is of nobody. It is a value:
// Apply leaves the old one as it was.
type State struct {
	number string
	events []Event // in the order of their happening
}

// NewState begins with the number she is entered with.
func NewState(number string, known ...Event) State {
	s := State{number: number}
	for _, e := range known {
		s, _, _ = s.Apply(e)
	}
	return s
}

// Events lists what has been taken, in the order of its happening.
func (s State) Events() []Event { return slices.Clone(s.events) }

// rank orders events of one instant: what takes her out comes before what brings her in, so that both halves of a transfer end inside.
func (e Event) rank() int {
	switch e.Kind {
	case Merged:
		return 0
	case Released:
		return 1
	case HospitalOut, AbsenceOut:
		return 2
	case Transferred:
		if !e.At.Known() {
			return 2
		}
		return 5
	case Recalled:
		return 3
	case HospitalBack, AbsenceBack:
		return 4
	}
	return 5
}

func byHappening(a, b Event) int {
	return cmp.Or(a.Occurred.Compare(b.Occurred), cmp.Compare(a.rank(), b.rank()), strings.Compare(a.ID, b.ID))
}

// Numbers lists every number that is hers: the present one first, then former ones in alphabetical order. An event of another number that was told as
// Unknown before a merge is to be applied again after it.
func (s State) Numbers() []string {
	if s.number == "" {
		return nil
	}
	present, mine := s.number, map[string]bool{s.number: true}
	for grew := true; grew; {
		grew = false
		for _, e := range s.events {
			if e.Kind == Merged && mine[e.Number] != mine[e.Former] {
				mine[e.Number], mine[e.Former], grew = true, true, true
			}
		}
	}
	// From the number she was entered with to the one that goes on; merges that contradict one another end at the latest.
	for _, e := range s.events {
		if e.Kind == Merged && e.Former == present {
			present = e.Number
		}
	}
	for range s.events { // merges of which the later step happened before the earlier one
		next := present
		for _, e := range s.events {
			if e.Kind == Merged && e.Former == present {
				next = e.Number
			}
		}
		if next == present || !s.goesOn(present, next) {
			break
		}
		present = next
	}
	out := []string{present}
	delete(mine, present)
	for n := range mine {
		out = append(out, n)
	}
	slices.Sort(out[1:])
	return out
}

// goesOn reports whether b follows a and is not followed by a in turn.
func (s State) goesOn(a, b string) bool {
	return !slices.ContainsFunc(s.events, func(e Event) bool { return e.Kind == Merged && e.Former == b && e.Number == a })
}

// Number is her present number.
func (s State) Number() string {
	if n := s.Numbers(); n != nil {
		return n[0]
	}
	return ""
}

// Position works out where she is from all events in the order of their happening.
func (s State) Position() Position {
	var p Position
	for _, e := range s.events {
		if next := p.after(e); !next.same(p) {
			next.Since = e.Occurred
			p = next
		} else {
			p.Place = fuller(p.Place, next.Place)
		}
	}
	return p
}

// fuller joins what two reports say of one place.
func fuller(a, b Place) Place {
	return Place{Code: cmp.Or(a.Code, b.Code), Name: cmp.Or(a.Name, b.Name)}
}

// after is the position after one more event, which happened later than all before.
func (p Position) after(e Event) Position {
	known := func(at Place) Place {
		if at.Known() {
			return at
		}
		return p.Place
	}
	switch e.Kind {
	case Received, Transferred:
		return Position{Where: Inside, Place: e.At}
	case Recalled:
		if p.Where == Inside || p.Where == Hospital || p.Where == Absent {
			return Position{Where: p.Where, Place: known(e.At)} // the paper after the reception
		}
		return Position{Where: Inside, Place: e.At}
	case Released:
		return Position{Where: Outside, Place: known(e.From)}
	case HospitalOut, AbsenceOut:
		if p.Where == Outside {
			return p // released meanwhile, or a mistake: a person of no establishment is not absent from one
		}
		where := Hospital
		if e.Kind == AbsenceOut {
			where = Absent
		}
		return Position{Where: where, Place: known(e.From)}
	case HospitalBack, AbsenceBack:
		if p.Where == Outside {
			return p
		}
		return Position{Where: Inside, Place: known(e.At)}
	}
	return p
}

// Apply takes one event and says what it means and why, in words for a log or a page of staff (no name, no number). The order in which events
// are applied, and how often, makes no difference to the state in the end.
func (s State) Apply(e Event) (State, Effect, string) {
	if err := e.Check(); err != nil {
		return s, Unusable, err.Error()
	}
	numbers := s.Numbers()
	if !slices.Contains(numbers, e.Number) && !(e.Kind == Merged && slices.Contains(numbers, e.Former)) {
		return s, Unknown, "Nobody here has this prisoner number."
	}
	if slices.ContainsFunc(s.events, func(o Event) bool { return o.ID == e.ID }) {
		return s, Nothing, "This event is known already."
	}
	at, _ := slices.BinarySearchFunc(s.events, e, byHappening)
	next := State{number: s.number, events: slices.Insert(slices.Clone(s.events), at, e)}
	latest := at == len(s.events)
	if e.Kind == Merged {
		if slices.Equal(next.Numbers(), numbers) {
			return next, Nothing, "Both numbers were known to be hers."
		}
		return next, NewNumber, "Two prisoner numbers have become one."
	}
	effect, why := change(s.Position(), next.Position(), e, latest)
	return next, effect, why
}

// change tells the difference between two positions.
func change(before, after Position, e Event, latest bool) (Effect, string) {
	switch {
	case before.same(after) && !latest:
		return Recorded, "It happened before what is known already, and she has moved on since."
	case before.same(after):
		return Nothing, "It was known that she is there."
	case after.Where == Outside:
		return Freed, "She has been released."
	case after.Where == Hospital || after.Where == Absent:
		if before.Place.Known() && !after.Place.Known() {
			return Left, "She has left the establishment; of which she is now is not known yet."
		}
		if before.Place.Known() && !before.Place.same(after.Place) {
			return Moved, "She is of another establishment, and out of it for the moment."
		}
		if before.Where == Outside {
			return Readmitted, "She is in custody again, and out of the establishment for the moment."
		}
		return WentOut, "She is out of the establishment for the moment."
	case before.Where == Outside && e.Kind == Recalled:
		return ByRecall, "She has been recalled."
	case before.Where == Outside:
		return Readmitted, "She is in custody again."
	case !after.Place.Known():
		return Left, "She has left the establishment; where she goes is not known yet."
	case !before.Place.Known():
		return Arrived, "She has arrived."
	case !before.Place.same(after.Place):
		return Moved, "She has moved to another establishment."
	case before.Where == Hospital || before.Where == Absent:
		return CameIn, "She is back."
	}
	return Changed, "Her position is another than was thought."
}
