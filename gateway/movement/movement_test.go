package movement_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/workdays"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func slip() movement.Slip {
	s := movement.Slip{Mother: "mth_1", Wing: "wng_1", Starts: noon, Ends: noon.Add(time.Hour), With: movement.Company{Pact: true}}
	return s.Timed(movement.DefaultPickUp, movement.DefaultPickUp)
}

// Whatever is pressed in whatever order: what is kept is a path of allowed steps, each state is reached, and every press can be taken back.
func TestStatesAreAPath(t *testing.T) {
	reached := map[movement.State]bool{movement.Expected: true}
	rapid.Check(t, func(t *rapid.T) {
		var marks []movement.Mark
		for _, to := range rapid.SliceOfN(rapid.SampledFrom(movement.States), 1, 12).Draw(t, "presses") {
			was := movement.Standing(marks, noon)
			why := rapid.SampledFrom([]movement.Reason{"", movement.Unwell, "bored"}).Draw(t, "why")
			err := was.State.Check(to, why)
			switch {
			case !was.State.May(to) && err == nil:
				t.Fatalf("%s to %s", was.State, to)
			case to == movement.Missed && why != movement.Unwell && ids.KindOf(err) != ids.Invalid:
				t.Fatalf("missed because %q: %v", why, err)
			case err != nil:
				continue
			}
			marks = append(marks, movement.Mark{Seq: int64(len(marks) + 1), Due: noon, State: to})
			reached[to] = true
			if got := movement.Standing(marks, noon); got.State != to {
				t.Fatalf("after %s it stands at %s", to, got.State)
			}
			if !slices.ContainsFunc(to.Next(), to.Corrects) && to != movement.Expected {
				t.Fatalf("%s cannot be taken back", to)
			}
		}
		// Another beginning begins anew.
		if got := movement.Standing(marks, noon.Add(time.Minute)); got.State != movement.Expected || got.Seq != 0 {
			t.Fatalf("moved to another time it is %s", got.State)
		}
	})
	if len(reached) != len(movement.States) {
		t.Errorf("only %v were reached", reached)
	}
}

func anySlip(t *rapid.T) movement.Slip {
	at := func(name string) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, name)) * time.Hour).In(rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("BST", 3600)}).Draw(t, "zone"))
	}
	s := movement.Slip{Mother: rapid.SampledFrom([]ids.MotherID{"mth_1", "mth_2"}).Draw(t, "mother"), Wing: rapid.SampledFrom([]ids.WingID{"wng_1", "wng_2"}).Draw(t, "wing"),
		Starts: at("starts"), Ends: at("ends"), Place: rapid.SampledFrom([]string{"", "Room 1", "Room 2"}).Draw(t, "place"), Off: rapid.Bool().Draw(t, "off"), Special: rapid.Bool().Draw(t, "special"),
		With: movement.Company{Pact: rapid.Bool().Draw(t, "pact"), Prison: rapid.Bool().Draw(t, "prison")}}
	return s.Timed(time.Duration(rapid.IntRange(0, 1).Draw(t, "lead"))*time.Minute, time.Duration(rapid.IntRange(0, 1).Draw(t, "walk"))*time.Hour)
}

// The fingerprint changes when what the officer reads changes, and else never: not with the zone in which a time is held.
func TestTheFingerprintIsWhatAnOfficerReads(t *testing.T) {
	same := func(a, b movement.Slip) bool {
		return a.Mother == b.Mother && a.Wing == b.Wing && a.Starts.Equal(b.Starts) && a.Ends.Equal(b.Ends) && a.PickUp.Equal(b.PickUp) && a.Back.Equal(b.Back) && a.Place == b.Place &&
			a.With == b.With && a.Off == b.Off && a.Special == b.Special
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anySlip(t), anySlip(t)
		if rapid.Bool().Draw(t, "near") { // one thing alone is other
			b = a
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				b.Mother += "x"
			case 1:
				b.Wing += "x"
			case 2:
				b.Starts = b.Starts.Add(time.Second)
			case 3:
				b.Ends = b.Ends.Add(-time.Second)
			case 4:
				b.PickUp = b.PickUp.Add(time.Minute)
			case 5:
				b.Back = b.Back.Add(time.Minute)
			case 6:
				b.Place += "x"
			case 7:
				b.With.Prison = !b.With.Prison
			case 8:
				b.Off = !b.Off
			case 9:
				b.Special = !b.Special
			}
		}
		if got, want := a.Print() == b.Print(), same(a, b); got != want {
			t.Fatalf("same print: %v, same slip: %v\n%+v\n%+v", got, want, a, b)
		}
		acks := []movement.Ack{{Print: a.Print(), By: "stf_1"}}
		if _, ok := movement.Acknowledged(acks, b); ok != same(a, b) {
			t.Fatalf("acknowledged as it was not read: %+v %+v", a, b)
		}
	})
}

// What was acknowledged and moved away and back is acknowledged again only if nobody read it in between.
func TestTheLastAcknowledgementCounts(t *testing.T) {
	a, b := slip(), slip()
	b.Place = "Room 2"
	one := []movement.Ack{{Print: a.Print()}}
	if _, ok := movement.Acknowledged(one, b); ok {
		t.Error("a change is acknowledged unread")
	}
	if _, ok := movement.Acknowledged(one, a); !ok {
		t.Error("what came back as it was is asked for again")
	}
	if _, ok := movement.Acknowledged(append(one, movement.Ack{Print: b.Print()}), a); ok {
		t.Error("an acknowledgement from before another counts")
	}
}

func TestLateChanges(t *testing.T) {
	day := movement.DefaultLate
	for name, c := range map[string]struct {
		acked       bool
		was, starts time.Time
		within      time.Duration
		late        bool
	}{
		"a new one next week":                       {starts: noon.Add(7 * 24 * time.Hour), within: day},
		"a new one in an hour":                      {starts: noon.Add(time.Hour), within: day, late: true},
		"moved from next week to the week after":    {was: noon.Add(7 * 24 * time.Hour), starts: noon.Add(14 * 24 * time.Hour), within: day},
		"moved there, and somebody had read it":     {acked: true, was: noon.Add(7 * 24 * time.Hour), starts: noon.Add(14 * 24 * time.Hour), within: day, late: true},
		"called off tomorrow at the same hour":      {was: noon.Add(24 * time.Hour), within: day, late: true},
		"called off a minute later than that":       {was: noon.Add(24*time.Hour + time.Minute), within: day},
		"called off tonight, where an hour is late": {was: noon.Add(11 * time.Hour), within: time.Hour, late: true},
		"called off when it had long begun":         {was: noon.Add(-2 * time.Hour), within: day},
		"moved away from today":                     {was: noon.Add(time.Hour), starts: noon.Add(14 * 24 * time.Hour), within: day, late: true},
	} {
		if got := movement.Late(noon, c.acked, c.was, c.starts, c.within); got != c.late {
			t.Errorf("%s: late %v", name, got)
		}
	}
}

func TestNewsUntilItIsAcknowledged(t *testing.T) {
	s := slip()
	late := movement.Change{Seq: 2, What: movement.Moved, Was: noon.Add(-time.Hour), Starts: noon, Late: true}
	early := movement.Change{Seq: 1, What: movement.Added, Starts: noon.Add(-time.Hour)}
	if _, ok := movement.News([]movement.Change{early}, nil, s); ok {
		t.Error("what was planned in good time is news")
	}
	if c, ok := movement.News([]movement.Change{early, late}, nil, s); !ok || c.Seq != 2 || c.Stale {
		t.Errorf("a late change: %+v %v", c, ok)
	}
	read := []movement.Ack{{Print: s.Print()}}
	if _, ok := movement.News([]movement.Change{early, late}, read, s); ok {
		t.Error("what somebody has read is news still")
	}
	s.Wing = "wng_2"
	if c, ok := movement.News(nil, read, s); !ok || !c.Stale || c.What != movement.Placed {
		t.Errorf("on another wing: %+v %v", c, ok)
	}
	if c, ok := movement.News([]movement.Change{early}, read, s); !ok || !c.Stale || c.Seq != 1 {
		t.Errorf("read, and other since: %+v %v", c, ok)
	}
}

func TestTheAlarm(t *testing.T) {
	s, read := slip(), []movement.Ack{{Print: slip().Print()}}
	off := slip()
	off.Off = true
	before := movement.DefaultAlarmBefore
	for name, c := range map[string]struct {
		at    time.Time
		slip  movement.Slip
		acks  []movement.Ack
		state movement.State
		want  bool
	}{
		"sixteen minutes before":                {at: noon.Add(-16 * time.Minute), slip: s},
		"fifteen":                               {at: movement.AlarmAt(noon, before), slip: s, want: true},
		"while it goes on":                      {at: noon.Add(59 * time.Minute), slip: s, want: true},
		"when it is over":                       {at: noon.Add(time.Hour), slip: s},
		"acknowledged":                          {at: noon, slip: s, acks: read},
		"acknowledged as it was":                {at: noon, slip: s, acks: []movement.Ack{{Print: "other"}}, want: true},
		"called off":                            {at: noon, slip: off},
		"called, though nobody acknowledged it": {at: noon, slip: s, state: movement.Called},
	} {
		if c.state == "" {
			c.state = movement.Expected
		}
		if got := movement.Alarming(c.at, c.slip, c.acks, c.state, before); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Each movement that takes place is on the list of exactly one London day, DST days included; one that a late change took away is struck out on the day that it had.
func TestEachDayHasItsOwn(t *testing.T) {
	first := workdays.Date(2026, time.January, 1)
	rapid.Check(t, func(t *rapid.T) {
		s := slip()
		s.Starts = first.Start().Add(time.Duration(rapid.IntRange(1, 800*24*60).Draw(t, "minute")) * time.Minute)
		s.Ends = s.Starts.Add(time.Hour)
		s = s.Timed(movement.DefaultPickUp, movement.DefaultPickUp)
		on := 0
		today := workdays.Of(s.Starts)
		for d := today.Plus(-1); d <= today.Plus(1); d++ {
			shown, moved, ok := movement.OnDay(s, nil, nil, d.Start(), d.Plus(1).Start())
			if ok {
				on++
				if d != today || !moved.IsZero() || shown.Print() != s.Print() {
					t.Fatalf("%s is on the list of %s: %+v", s.Starts, d, shown)
				}
			}
		}
		if on != 1 {
			t.Fatalf("%s is on %d lists", s.Starts, on)
		}
		was := movement.Change{What: movement.Moved, Was: s.Starts.Add(72 * time.Hour), WasEnds: s.Ends.Add(72 * time.Hour), Starts: s.Starts, Late: true}
		old := workdays.Of(was.Was)
		shown, moved, ok := movement.OnDay(s, []movement.Change{was}, nil, old.Start(), old.Plus(1).Start())
		if !ok || !moved.Equal(s.Starts) || !shown.Starts.Equal(was.Was) || !shown.PickUp.Equal(was.Was.Add(-movement.DefaultPickUp)) {
			t.Fatalf("the day it had: %+v %s %v", shown, moved, ok)
		}
		was.Late = false
		if _, _, ok := movement.OnDay(s, []movement.Change{was}, nil, old.Start(), old.Plus(1).Start()); ok {
			t.Fatal("what was moved in good time is on its old day")
		}
	})
}

func TestWhatWasCalledOff(t *testing.T) {
	s := slip()
	s.Off = true
	d := workdays.Of(noon)
	from, to := d.Start(), d.Plus(1).Start()
	if _, _, ok := movement.OnDay(s, []movement.Change{{What: movement.Off, Was: noon}}, nil, from, to); ok {
		t.Error("what was called off in good time, unread, is on the list")
	}
	for name, c := range map[string]struct {
		changes []movement.Change
		acks    []movement.Ack
	}{"late": {changes: []movement.Change{{What: movement.Off, Was: noon, Late: true}}}, "once read": {acks: []movement.Ack{{Print: "x"}}}} {
		if shown, moved, ok := movement.OnDay(s, c.changes, c.acks, from, to); !ok || !shown.Off || !moved.IsZero() {
			t.Errorf("called off %s: %+v %v", name, shown, ok)
		}
	}
	gone := movement.Slip{Off: true}.Timed(movement.DefaultPickUp, movement.DefaultPickUp) // a booking leaves nothing behind
	shown, moved, ok := movement.OnDay(gone, []movement.Change{{What: movement.Off, Was: noon, WasEnds: noon.Add(time.Hour), Late: true}}, nil, from, to)
	if !ok || !shown.Off || !shown.Starts.Equal(noon) || !moved.IsZero() {
		t.Errorf("a booking that was freed: %+v %v", shown, ok)
	}
}

func TestPresses(t *testing.T) {
	row := movement.Row{ID: "mov_1", MayMark: true, Slip: slip(), Standing: movement.Mark{State: movement.Expected}}
	if f, b := row.Presses(); !slices.Equal(f, []movement.State{movement.Called, movement.Arrived, movement.Missed}) || len(b) != 0 {
		t.Errorf("%v %v", f, b)
	}
	row.Standing.State = movement.Arrived
	if f, b := row.Presses(); !slices.Equal(f, []movement.State{movement.Back}) || !slices.Equal(b, []movement.State{movement.Expected}) {
		t.Errorf("%v %v", f, b)
	}
	row.Off = true
	if f, b := row.Presses(); !slices.Equal(f, []movement.State{movement.Back}) || len(b) != 0 {
		t.Errorf("called off while she is there: %v %v", f, b)
	}
	row.MayMark = false
	if f, b := row.Presses(); len(f)+len(b) != 0 || row.MayAcknowledge() {
		t.Errorf("somebody else can press %v %v", f, b)
	}
}

type plainWords struct{}

func (plainWords) Title(c string) string                  { return c }
func (plainWords) Clock(t time.Time) string               { return t.Format("15:04") }
func (plainWords) Place(p string) string                  { return p }
func (plainWords) With(movement.Company, []string) string { return "Pact" }
func (plainWords) State(r movement.Row) string            { return string(r.Standing.State) }
func (plainWords) Why(r movement.Reason) string           { return string(r) }
func (plainWords) Acknowledged(a *movement.Acked) string  { return "" }
func (plainWords) Change(movement.Row) string             { return "" }
func (plainWords) Twice() string                          { return "two at once" }

// One woman cannot be in two places. Another woman, one thing after the other, and what does not take place are no clash.
func TestTwoAtOnce(t *testing.T) {
	first, second := slip(), slip()
	second.Starts, second.Ends, second.PickUp, second.Back = first.Starts.Add(15*time.Minute), first.Ends.Add(15*time.Minute), first.PickUp.Add(15*time.Minute), first.Back.Add(15*time.Minute)
	after := first
	after.PickUp, after.Back = first.Back, first.Back.Add(time.Hour)
	off := second
	off.Off = true
	another := second
	another.Mother = "mot_2"
	for name, x := range map[string]struct {
		other movement.Row
		want  bool
	}{"overlapping": {movement.Row{Slip: second}, true}, "one after the other": {movement.Row{Slip: after}, false}, "called off": {movement.Row{Slip: off}, false},
		"moved to another day": {movement.Row{Slip: second, MovedTo: first.Starts.Add(48 * time.Hour)}, false}, "another woman": {movement.Row{Slip: another}, false},
		"she did not come": {movement.Row{Slip: second, Standing: movement.Mark{State: movement.Missed}}, false}, "she is back": {movement.Row{Slip: second, Standing: movement.Mark{State: movement.Back}}, false},
		"she has been called": {movement.Row{Slip: second, Standing: movement.Mark{State: movement.Called}}, true}} {
		rows := []movement.Row{{Slip: first}, x.other}
		movement.MarkTwice(rows)
		if rows[0].Twice != x.want || rows[1].Twice != x.want {
			t.Errorf("%s: %v and %v", name, rows[0].Twice, rows[1].Twice)
		}
		if sheet := movement.Sheet(rows, plainWords{}); (sheet[1][12] == "two at once") != x.want {
			t.Errorf("%s: the spreadsheet says %q", name, sheet[1][12])
		}
	}
}

func TestSheetIsInOrder(t *testing.T) {
	early, late := slip(), slip()
	early.PickUp = early.PickUp.Add(-time.Hour)
	rows := []movement.Row{{Mother: "B", Slip: late}, {Mother: "A", Slip: late}, {Mother: "C", Slip: early}}
	movement.Sort(rows)
	sheet := movement.Sheet(rows, plainWords{})
	if len(sheet) != 4 || len(sheet[0]) != len(movement.Columns) || sheet[1][1] != "C" || sheet[2][1] != "A" || sheet[1][0] != "10:50" {
		t.Errorf("%v", sheet)
	}
}
