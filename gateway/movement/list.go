package movement

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/ids"
)

// Row is a movement as the list of a day has it.
type Row struct {
	ID             ids.MovementID // "" = it cannot be marked: it was over before there were marks
	Mother, Number string
	Wing           string
	Slip
	Names    []string // which staff are with her; only for whoever may know of what it is
	Standing Mark
	StandBy  string // who marked it, by name
	Seq      int64  // of the last mark of any beginning: a form sends it back
	Acked    *Acked // nil = nobody has acknowledged it as it is
	News     *Change
	Alarm    bool
	Twice    bool // the list has her in another place at the same time
	// MovedTo: it has been moved to another day and begins then; Slip has the times that it had on this one.
	MovedTo time.Time
	Finger  string        // the fingerprint of the movement as it is now: what is acknowledged
	Step    ids.MeetingID // where the reader can say that she takes part in another way; "" = nowhere
	MayMark bool
}

// Acked is who acknowledged a row, by name.
type Acked struct {
	Name string
	At   time.Time
}

// Gone reports whether the row is on the list only so that it is seen to be struck out.
func (r Row) Gone() bool { return r.Off || !r.MovedTo.IsZero() }

// OnDay says how a movement stands on the list of a day (from, until to): as it is; struck out because it was called off after the wing could know of it; or struck out
// because a late change has taken it to another day, with the times that it had. ok is false when it is not on that list.
func OnDay(s Slip, changes []Change, acks []Ack, from, to time.Time) (shown Slip, movedTo time.Time, ok bool) {
	within := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	if within(s.Starts) {
		known := len(acks) > 0 || slices.ContainsFunc(changes, func(c Change) bool { return c.Late })
		return s, time.Time{}, !s.Off || known
	}
	for _, c := range slices.Backward(changes) {
		if !c.Late || !within(c.Was) {
			continue
		}
		lead, lag := s.Starts.Sub(s.PickUp), s.Back.Sub(s.Ends)
		shown = s
		shown.Starts, shown.Ends = c.Was, c.WasEnds
		shown = shown.Timed(lead, lag)
		if !s.Off {
			movedTo = s.Starts
		}
		return shown, movedTo, true
	}
	return s, time.Time{}, false
}

// Presses are the states that an officer can press: what did not take place cannot be begun.
func (r Row) Presses() (forward, back []State) {
	if !r.MayMark || r.ID == "" || !r.MovedTo.IsZero() {
		return nil, nil
	}
	for _, s := range r.Standing.State.Next() {
		switch {
		case r.Off && s != Back:
		case r.Standing.State.Corrects(s):
			back = append(back, s)
		default:
			forward = append(forward, s)
		}
	}
	return forward, back
}

// MayAcknowledge reports whether there is something to acknowledge.
func (r Row) MayAcknowledge() bool { return r.MayMark && r.ID != "" && r.Acked == nil }

// Sort puts a day in order: by the time at which she is unlocked, then the wing, then her name.
func Sort(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(a.PickUp.Compare(b.PickUp), cmp.Compare(a.Wing, b.Wing), cmp.Compare(a.Mother, b.Mother), cmp.Compare(a.ID, b.ID))
	})
}

// MarkTwice marks what cannot be: one woman away from her wing for two things at once. Two authorities can each have invited her, and neither knows of the other. What is
// struck out, or over because she did not come or is back, is in nobody's way.
func MarkTwice(rows []Row) {
	ahead := func(r *Row) bool { return !r.Gone() && r.Standing.State != Missed && r.Standing.State != Back }
	for i := range rows {
		for j := range rows {
			a, b := &rows[i], &rows[j]
			if i != j && a.Slip.Mother == b.Slip.Mother && ahead(a) && ahead(b) && a.PickUp.Before(b.Slip.Back) && b.PickUp.Before(a.Slip.Back) {
				a.Twice = true
			}
		}
	}
}

// Columns are the keys of the columns of a spreadsheet of the day, in order.
var Columns = []string{"unlocked", "woman", "number", "wing", "place", "with", "starts", "ends", "back", "state", "why", "acknowledged", "change"}

// Wording writes what a spreadsheet says; the face that sends it has the words of its language.
type Wording interface {
	Title(column string) string
	Clock(t time.Time) string
	Place(place string) string
	With(c Company, names []string) string
	State(r Row) string
	Why(w Reason) string
	Acknowledged(a *Acked) string
	Change(r Row) string
	Twice() string
}

// Sheet is the day as rows of a spreadsheet, with its headings.
func Sheet(rows []Row, w Wording) [][]string {
	head := make([]string, len(Columns))
	for i, c := range Columns {
		head[i] = w.Title(c)
	}
	out := [][]string{head}
	for _, r := range rows {
		change := w.Change(r)
		if r.Twice {
			change = strings.TrimSpace(change + " " + w.Twice())
		}
		out = append(out, []string{w.Clock(r.PickUp), r.Mother, r.Number, r.Wing, w.Place(r.Place), w.With(r.With, r.Names), w.Clock(r.Starts), w.Clock(r.Ends), w.Clock(r.Slip.Back),
			w.State(r), w.Why(r.Standing.Why), w.Acknowledged(r.Acked), change})
	}
	return out
}
