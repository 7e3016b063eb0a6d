package custody_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kinbridge/gateway/custody"
)

var (
	monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	styal  = custody.Place{Code: "STI", Name: "Styal"}
	send   = custody.Place{Code: "SDI", Name: "Send"}
)

func event(id string, hours int, kind custody.Kind, at custody.Place) custody.Event {
	e := custody.Event{ID: id, Kind: kind, Number: "A1234BC", Occurred: monday.Add(time.Duration(hours) * time.Hour)}
	switch kind {
	case custody.Released, custody.HospitalOut, custody.AbsenceOut:
		e.From = at
	default:
		e.At = at
	}
	return e
}

// A history as it is lived, with late, repeated and impossible reports.
func TestAHistory(t *testing.T) {
	left := custody.Event{ID: "5", Kind: custody.Transferred, Number: "A1234BC", From: styal, Occurred: monday.Add(50 * time.Hour)}
	s := custody.NewState("A1234BC")
	for _, c := range []struct {
		e      custody.Event
		effect custody.Effect
		where  custody.Where
		place  string
	}{
		{event("1", 0, custody.Received, styal), custody.Arrived, custody.Inside, "STI"},
		{event("1", 0, custody.Received, styal), custody.Nothing, custody.Inside, "STI"},
		{event("2", 24, custody.HospitalOut, styal), custody.WentOut, custody.Hospital, "STI"},
		{event("3", 1, custody.AbsenceOut, styal), custody.Recorded, custody.Hospital, "STI"},
		{event("4", 30, custody.HospitalBack, custody.Place{}), custody.CameIn, custody.Inside, "STI"},
		{left, custody.Left, custody.Inside, ""},
		{event("6", 53, custody.Received, send), custody.Arrived, custody.Inside, "SDI"},
		{event("6a", 53, custody.Received, custody.Place{Code: "SDI"}), custody.Nothing, custody.Inside, "SDI"},
		{event("7", 40, custody.Received, styal), custody.Recorded, custody.Inside, "SDI"},
		{event("8", 100, custody.Released, custody.Place{}), custody.Freed, custody.Outside, "SDI"},
		{event("9", 99, custody.AbsenceOut, send), custody.Recorded, custody.Outside, "SDI"},
		{event("10", 101, custody.AbsenceBack, send), custody.Nothing, custody.Outside, "SDI"},
		{event("11", 200, custody.Recalled, custody.Place{}), custody.ByRecall, custody.Inside, ""},
		{event("12", 201, custody.Received, styal), custody.Arrived, custody.Inside, "STI"},
		{event("13", 210, custody.Transferred, send), custody.Moved, custody.Inside, "SDI"},
		{event("14", 300, custody.Released, send), custody.Freed, custody.Outside, "SDI"},
		{event("15", 400, custody.Received, send), custody.Readmitted, custody.Inside, "SDI"},
		{event("16", 390, custody.Recalled, send), custody.Recorded, custody.Inside, "SDI"},
		{event("17", 410, custody.Received, custody.Place{}), custody.Unusable, custody.Inside, "SDI"},
		{custody.Event{ID: "18", Kind: custody.Released, Number: "B1234BC", Occurred: monday}, custody.Unknown, custody.Inside, "SDI"},
	} {
		var effect custody.Effect
		var why string
		s, effect, why = s.Apply(c.e)
		if p := s.Position(); effect != c.effect || p.Where != c.where || p.Place.Code != c.place || why == "" {
			t.Errorf("%s %s: %s (%s), %s %q; want %s, %s %q", c.e.ID, c.e.Kind, effect, why, p.Where, p.Place.Code, c.effect, c.where, c.place)
		}
	}
	if p := s.Position(); !p.Since.Equal(monday.Add(390 * time.Hour)) {
		t.Errorf("since %s", p.Since)
	}
	if _, effect, _ := (custody.State{}).Apply(event("1", 0, custody.Received, styal)); effect != custody.Unknown {
		t.Error(effect)
	}
}

// Both halves of a transfer at one instant, in either order, end inside the new establishment.
func TestHalvesOfATransfer(t *testing.T) {
	out := custody.Event{ID: "b", Kind: custody.Transferred, Number: "A1234BC", From: styal, Occurred: monday}
	in := event("a", 0, custody.Received, send)
	for _, s := range []custody.State{custody.NewState("A1234BC", out, in), custody.NewState("A1234BC", in, out)} {
		if p := s.Position(); p.Where != custody.Inside || p.Place != send {
			t.Errorf("%+v", p)
		}
	}
}

func merge(id string, hours int, former, number string) custody.Event {
	return custody.Event{ID: id, Kind: custody.Merged, Number: number, Former: former, Occurred: monday.Add(time.Duration(hours) * time.Hour)}
}

func TestMerges(t *testing.T) {
	s := custody.NewState("A1234BC", event("1", 0, custody.Received, styal))
	moved := event("2", 5, custody.Received, send)
	moved.Number = "B1234BC"
	if _, effect, _ := s.Apply(moved); effect != custody.Unknown {
		t.Error(effect)
	}
	s, effect, _ := s.Apply(merge("3", 2, "A1234BC", "B1234BC"))
	if effect != custody.NewNumber || s.Number() != "B1234BC" || strings.Join(s.Numbers(), " ") != "B1234BC A1234BC" {
		t.Error(effect, s.Numbers())
	}
	if s, effect, _ = s.Apply(moved); effect != custody.Moved || s.Position().Place != send {
		t.Error(effect)
	}
	if s, effect, _ = s.Apply(merge("4", 9, "A1234BC", "B1234BC")); effect != custody.Nothing {
		t.Error(effect)
	}
	// The number that goes on was hers; the other one is hers too, and hers stays.
	if s, effect, _ = s.Apply(merge("5", 10, "C1234BC", "B1234BC")); effect != custody.NewNumber || strings.Join(s.Numbers(), " ") != "B1234BC A1234BC C1234BC" {
		t.Error(effect, s.Numbers())
	}
	// A chain whose later link happened first, and merges that contradict one another, end.
	for _, c := range []struct {
		events []custody.Event
		want   string
	}{
		{[]custody.Event{merge("1", 5, "A1234BC", "B1234BC"), merge("2", 1, "B1234BC", "C1234BC")}, "C1234BC A1234BC B1234BC"},
		{[]custody.Event{merge("1", 1, "A1234BC", "B1234BC"), merge("2", 5, "B1234BC", "A1234BC")}, "A1234BC B1234BC"},
		{[]custody.Event{merge("1", 5, "A1234BC", "B1234BC"), merge("2", 1, "B1234BC", "A1234BC")}, "B1234BC A1234BC"},
	} {
		if got := strings.Join(custody.NewState("A1234BC", c.events...).Numbers(), " "); got != c.want {
			t.Errorf("%v, want %s", got, c.want)
		}
	}
}

func TestNumbersAndIDs(t *testing.T) {
	for in, want := range map[string]string{"A1234BC": "A1234BC", " a1234 bc ": "A1234BC", "A1234-BC": "A1234BC"} {
		if got, err := custody.ParseNumber(in); got != want || err != nil {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "A1234B", "A12345C", "AA234BC", "A1234BCD", "Å1234BC"} {
		if got, err := custody.ParseNumber(bad); err == nil {
			t.Errorf("%q: %q", bad, got)
		}
	}
	a := event("", 0, custody.Received, styal)
	b := a
	b.Source, b.Received, b.Reason, b.At.Name = "csv", monday, "x", ""
	if a.MakeID() != b.MakeID() {
		t.Error("the same report from two sources is two events")
	}
	for _, change := range []func(*custody.Event){func(e *custody.Event) { e.Kind = custody.Transferred }, func(e *custody.Event) { e.Number = "B1234BC" },
		func(e *custody.Event) { e.At = send }, func(e *custody.Event) { e.Occurred = e.Occurred.Add(time.Second) }, func(e *custody.Event) { e.Former = "C1234BC" }} {
		c := a
		if change(&c); c.MakeID() == a.MakeID() {
			t.Errorf("%+v has the ID of another", c)
		}
	}
	for _, e := range []custody.Event{{}, {ID: "1", Number: "A1234BC", Occurred: monday, Kind: "flown"}, {ID: "1", Number: "A1234BC", Occurred: monday, Kind: custody.Transferred},
		merge("1", 0, "A1234BC", "A1234BC"), merge("1", 0, "", "A1234BC"), {ID: "1", Number: "A1234BC", Kind: custody.Released}} {
		if e.Check() == nil {
			t.Errorf("%+v can be used", e)
		}
	}
}

func drawEvent(t *rapid.T, i int) custody.Event {
	places := []custody.Place{styal, send, {Code: "LNI"}, {Name: "Downview"}}
	numbers := []string{"A1234BC", "B1234BC", "C1234BC"}
	e := custody.Event{ID: fmt.Sprint(i), Kind: rapid.SampledFrom(custody.Kinds).Draw(t, "kind"), Number: "A1234BC",
		Occurred: monday.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "hour")) * time.Hour)}
	place := rapid.SampledFrom(places).Draw(t, "place")
	switch e.Kind {
	case custody.Received:
		e.At = place
	case custody.Transferred:
		if rapid.Bool().Draw(t, "on her way") {
			e.From = place
		} else {
			e.At = place
		}
	case custody.Merged:
		e.Former = rapid.SampledFrom(numbers).Draw(t, "former")
		e.Number = rapid.SampledFrom(numbers).Filter(func(n string) bool { return n != e.Former }).Draw(t, "number")
	default:
		if rapid.Bool().Draw(t, "place known") {
			e.At, e.From = place, place
		}
	}
	return e
}

// Any order, with repetitions, ends in the same state; what is not yet hers is applied again after a merge, as a caller does.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		events := make([]custody.Event, n)
		for i := range events {
			events[i] = drawEvent(t, i)
			if events[i].Kind != custody.Merged {
				events[i].Number = rapid.SampledFrom([]string{"A1234BC", "A1234BC", "B1234BC"}).Draw(t, "whose")
			}
		}
		run := func(order []custody.Event) custody.State {
			s := custody.NewState("A1234BC")
			var waiting []custody.Event
			for _, e := range order {
				var effect custody.Effect
				before := len(s.Numbers())
				if s, effect, _ = s.Apply(e); effect == custody.Unknown {
					waiting = append(waiting, e)
				}
				for before != len(s.Numbers()) {
					before = len(s.Numbers())
					for _, w := range waiting {
						s, _, _ = s.Apply(w)
					}
				}
			}
			return s
		}
		want := run(events)
		order := rapid.Permutation(append(append([]custody.Event(nil), events...), events[:rapid.IntRange(0, n).Draw(t, "again")]...)).Draw(t, "order")
		got := run(order)
		if d := cmp.Diff(want.Events(), got.Events()); d != "" || want.Position() != got.Position() || strings.Join(want.Numbers(), " ") != strings.Join(got.Numbers(), " ") {
			t.Fatalf("%+v, %+v: %s", want.Position(), got.Position(), d)
		}
	})
}

// What an event is said to do is what it does, and the old state stays as it was.
func TestEffectsAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := custody.NewState("A1234BC")
		for i := range rapid.IntRange(1, 12).Draw(t, "n") {
			e := drawEvent(t, i)
			before := s.Position()
			next, effect, why := s.Apply(e)
			after := next.Position()
			moved := before.Where != after.Where || before.Place.Code != after.Place.Code && before.Place.Code != "" && after.Place.Code != ""
			switch effect {
			case custody.Nothing, custody.Recorded, custody.Unknown, custody.Unusable, custody.NewNumber:
				if moved {
					t.Fatalf("%s, and %+v became %+v", effect, before, after)
				}
			case custody.Freed:
				if after.Where != custody.Outside {
					t.Fatalf("%s, and %+v", effect, after)
				}
			case custody.Arrived, custody.Moved, custody.CameIn:
				if after.Where == custody.Outside || !after.Place.Known() {
					t.Fatalf("%s, and %+v", effect, after)
				}
			case custody.Changed:
				t.Fatalf("an effect without a name: %+v to %+v", before, after)
			}
			if s.Position() != before || why == "" {
				t.Fatal("the old state has changed, or nothing is said")
			}
			s = next
		}
	})
}
