// Package slots says when and where a mother can take part in a meeting: the regime of her wing (when she is unlocked), the places she can be taken to, what
// is booked already, and how long before and after she must be there. It finds times that hold, the best first, and explains each that does not. It is pure.
package slots

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Window is a span of one day's wall-clock time in London: minutes since midnight, From included, To not. On the days when the clocks change it is as long as
// the clocks make it.
type Window struct{ From, To int }

// Windows are the times of one day in which the women of a wing are unlocked, in order and apart. None = locked up all day.
type Windows []Window

const (
	dayMinutes  = 24 * 60
	mostWindows = 12 // in one day
)

// ParseWindows reads times as people write them, "08:15-11:45, 13:45-16:30"; an en dash or "to" does as well, and nothing means locked up all day. Windows that
// touch become one. Invalid, in words for whoever typed it, for anything else.
func ParseWindows(s string) (Windows, error) {
	var ws Windows
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, ok := strings.Cut(strings.NewReplacer("–", "-", "—", "-", " to ", "-").Replace(part), "-")
		w := Window{}
		var err error
		if w.From, err = parseClock(from); err == nil && ok {
			w.To, err = parseClock(to)
		}
		switch {
		case err != nil || !ok:
			return nil, ids.E(ids.Invalid, "“%s” is not a time of unlock. Write each as 08:15-11:45, and a comma between two.", shorten(part))
		case w.To <= w.From:
			return nil, ids.E(ids.Invalid, "The time of unlock “%s” must end after it begins.", shorten(part))
		}
		if ws = append(ws, w); len(ws) > mostWindows {
			return nil, ids.E(ids.Invalid, "A day can have %d times of unlock at most.", mostWindows)
		}
	}
	slices.SortFunc(ws, func(a, b Window) int { return a.From - b.From })
	var out Windows
	for _, w := range ws {
		switch last := len(out) - 1; {
		case last >= 0 && w.From < out[last].To:
			return nil, ids.E(ids.Invalid, "The times of unlock %s and %s overlap.", out[last], w)
		case last >= 0 && w.From == out[last].To:
			out[last].To = w.To
		default:
			out = append(out, w)
		}
	}
	return out, nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

// parseClock reads "08:15", "8.15" or "8"; "24:00" is the end of the day.
func parseClock(s string) (int, error) {
	h, m, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), ".", ":"), ":")
	hour, err := clockPart(h, 24)
	if err != nil {
		return 0, err
	}
	minute := 0
	if m != "" || strings.ContainsAny(s, ":.") {
		if minute, err = clockPart(m, 59); err != nil || len(m) != 2 {
			return 0, errClock
		}
	}
	if hour == 24 && minute != 0 {
		return 0, errClock
	}
	return hour*60 + minute, nil
}

var errClock = ids.E(ids.Invalid, "A time is written like 14:30.")

func clockPart(s string, most int) (n int, err error) {
	if len(s) == 0 || len(s) > 2 {
		return 0, errClock
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, errClock
		}
		n = n*10 + int(c-'0')
	}
	if n > most {
		return 0, errClock
	}
	return n, nil
}

// Clock writes minutes since midnight as "08:15".
func Clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// String writes a window as ParseWindows reads it.
func (w Window) String() string { return Clock(w.From) + "-" + Clock(w.To) }

// On is when the window begins and ends on a day.
func (w Window) On(d workdays.Day) Span {
	end := d.Plus(1).Start()
	if w.To < dayMinutes {
		end = d.At(w.To/60, w.To%60)
	}
	return Span{From: d.At(w.From/60, w.From%60), To: end}
}

// String writes windows as ParseWindows reads them; "" = none.
func (ws Windows) String() string {
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = w.String()
	}
	return strings.Join(parts, ", ")
}

// Why says why one day is not like the others of its weekday.
type Why string

// The reasons. Lockdown is said of a day on which something keeps the women locked up that usually does not.
const (
	Lockdown      Why = "lockdown"
	StaffTraining Why = "staff_training"
	BankHoliday   Why = "bank_holiday"
	OtherRegime   Why = "other"
)

// Whys lists every reason, in the order screens show them.
var Whys = []Why{Lockdown, StaffTraining, BankHoliday, OtherRegime}

// Exception is one day's own times of unlock.
type Exception struct {
	Day     workdays.Day
	Windows Windows
	Why     Why
}

// Regime is when the women of a wing are unlocked. The zero value is a regime that nobody has entered: nothing is known of it.
type Regime struct {
	Entered bool
	Week    [7]Windows // by time.Weekday
	Days    map[workdays.Day]Exception
}

// On returns a day's times of unlock, and the exception that they come from; its Day is 0 when the day is like others.
func (r Regime) On(d workdays.Day) (Windows, Exception) {
	if e, ok := r.Days[d]; ok {
		return e.Windows, e
	}
	return r.Week[d.Weekday()], Exception{}
}

// within returns the one of a day's times of unlock that the whole of a span lies in; false when none does.
func within(windows []Span, s Span) (Span, bool) {
	for _, w := range windows {
		if !s.From.Before(w.From) && !s.To.After(w.To) {
			return w, true
		}
	}
	return Span{}, false
}

// Refuses says why she cannot be out of her cell for the whole of a span; "" when she can.
func (r Regime) Refuses(s Span) Reason {
	if !r.Entered {
		return NoRegime
	}
	d := workdays.Of(s.From)
	windows, e := r.On(d)
	for _, w := range windows {
		if _, ok := within([]Span{w.On(d)}, s); ok {
			return ""
		}
	}
	if len(windows) == 0 && e.Day != 0 {
		return ClosedDay
	}
	return LockedUp
}

// Span is a time from an instant to another one.
type Span struct{ From, To time.Time }

// Cells are the steps of time in which places and people are booked: nothing can be in one cell twice. CellLength divides every wall-clock quarter of an hour.
const CellLength = 5 * time.Minute

// Cells returns the first cell of a span and the one behind its last. What begins or ends inside a cell has the whole of it, so that two spans that are booked
// together never touch.
func (s Span) Cells() (first, behind int64) {
	length := int64(CellLength / time.Second)
	first, behind = floorDiv(s.From.Unix(), length), floorDiv(s.To.Unix()+length-1, length)
	if s.To.Nanosecond() > 0 && s.To.Unix()%length == 0 {
		behind++
	}
	return first, behind
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
