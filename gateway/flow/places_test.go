package flow_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// prison is a world with times of unlock and places, and a second woman on the same wing.
type prison struct {
	*flowtest.World
	t          *testing.T
	room       ids.PlaceID
	kiosk      ids.PlaceID
	monday     workdays.Day
	secondCase ids.CaseID
	second     people.Mother
}

func newPrison(t *testing.T, w *flowtest.World) *prison {
	t.Helper()
	p, ctx := &prison{World: w, t: t}, t.Context()
	var week [7]slots.Windows
	for d := range week {
		ws, err := slots.ParseWindows("08:30-11:45, 13:45-16:45")
		if err != nil {
			t.Fatal(err)
		}
		week[d] = ws
	}
	manager := w.Staff.Manager.Actor
	if err := w.Flow.SetRegimeWeek(ctx, manager, w.Wing, week); err != nil {
		t.Fatal(err)
	}
	add := func(pl slots.Place) ids.PlaceID {
		pl.Establishment = w.Agencies.Prison
		id, err := w.Flow.AddPlace(ctx, manager, pl)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	p.room = add(slots.Place{Name: "Video room 1", Kind: slots.VideoRoom, Walk: 10 * time.Minute, Private: true, Beside: 2})
	p.kiosk = add(slots.Place{Name: "Kiosk", Kind: slots.KioskPlace, Wings: []ids.WingID{w.Wing}})
	p.monday = workdays.Of(w.Env.Clock.Now()).Plus(7)
	for p.monday.Weekday() != time.Monday || workdays.EnglandAndWales().Between(p.monday.Plus(-1), p.monday.Plus(4)) < 5 { // a week without a bank holiday
		p.monday++
	}
	p.second = people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: "Tess Arden", PrisonerNumber: "B4321CD", Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"}
	c := cases.Case{ID: ids.New[ids.CaseID](ids.Case), Reference: "KB-2002", Mother: p.second.ID, Worker: w.Staff.Worker.ID}
	p.secondCase = c.ID
	err := w.Env.Store.Write(ctx, flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.AddMother(p.second, "x"); err != nil {
			return audit.Entry{}, err
		}
		return audit.CaseCreated(c.ID, p.second.ID), tx.AddCase(c)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *prison) meeting(c ids.CaseID, hour, minute int, v flow.Venue) (ids.MeetingID, error) {
	starts := p.monday.At(hour, minute)
	return p.Flow.CreateMeeting(p.t.Context(), p.Staff.Worker.Actor, flow.NewMeeting{Case: c, Kind: meetings.CoreGroup, Starts: starts, Ends: starts.Add(time.Hour), Venue: v})
}

func (p *prison) made(c ids.CaseID, hour, minute int, v flow.Venue) ids.MeetingID {
	p.t.Helper()
	id, err := p.meeting(c, hour, minute, v)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// placed is the place of a meeting by its page; nil when it has none.
func (p *prison) placed(id ids.MeetingID) *flow.PlacedView {
	p.t.Helper()
	v, err := p.Flow.Meeting(p.t.Context(), p.Staff.Worker.Actor, id)
	if err != nil {
		p.t.Fatal(err)
	}
	return v.Placed
}

func TestAMeetingIsBookedWhereItFits(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx := newPrison(t, w), t.Context()
		first := p.made(w.Case, 9, 30, flow.Venue{Best: true})
		v := p.placed(first)
		if v == nil || v.Place != p.room || v.Name != "Video room 1" || !v.PickUp.Equal(p.monday.At(9, 5)) || !v.Back.Equal(p.monday.At(10, 55)) || v.Clash != "" || v.Special {
			t.Fatalf("%+v", v)
		}
		// The room is hers from 9:15 to 10:45, so that another woman gets the kiosk, and a third meeting nothing.
		if v := p.placed(p.made(p.secondCase, 10, 0, flow.Venue{Best: true})); v == nil || v.Place != p.kiosk {
			t.Fatalf("%+v", v)
		}
		if _, err := p.meeting(p.secondCase, 14, 30, flow.Venue{Place: p.room}); err != nil {
			t.Fatal(err)
		}
		_, err := p.meeting(w.Case, 14, 30, flow.Venue{Place: p.room})
		flowtest.Refused(t, err, ids.Conflict)
		if v := p.placed(p.made(w.Case, 12, 0, flow.Venue{Best: true})); v != nil {
			t.Fatalf("locked up, and yet in %s", v.Name)
		}
		_, err = p.meeting(w.Case, 12, 15, flow.Venue{Place: p.room})
		flowtest.Refused(t, err, ids.Invalid)
		if v := p.placed(p.made(w.Case, 17, 0, flow.Venue{Place: p.room, Special: true})); v == nil || !v.Special || v.Clash != "" {
			t.Fatalf("%+v", v)
		}
		for _, bad := range []flow.Venue{{Place: "plc_none"}, {Place: p.kiosk, Beside: 1}} {
			_, err := p.meeting(w.Case, 15, 15, bad)
			flowtest.Refused(t, err, ids.Invalid)
		}
		// She cannot be in two places: the room is free in the early afternoon, and she is not.
		hers := p.made(w.Case, 14, 15, flow.Venue{Place: p.kiosk})
		_, err = p.meeting(w.Case, 14, 45, flow.Venue{Place: p.kiosk})
		flowtest.Refused(t, err, ids.Conflict)
		if list, err := w.Flow.MeetingsToPlace(ctx, w.Staff.Worker.Actor); err != nil || len(list) != 1 || list[0].Placed != nil || !list[0].Starts.Equal(p.monday.At(12, 0)) {
			t.Fatalf("%+v %v", list, err)
		}
		// Called off, it gives its place back.
		if err := w.Flow.CancelMeeting(ctx, w.Staff.Worker.Actor, hers); err != nil {
			t.Fatal(err)
		}
		again := p.made(w.Case, 14, 45, flow.Venue{Place: p.kiosk})
		if p.placed(hers) != nil || p.placed(again).Place != p.kiosk {
			t.Fatal("the place was not given back")
		}
		w.VerifyAudit(t)
	})
}

func TestAMeetingThatMovesTakesItsPlaceAlong(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, me := newPrison(t, w), t.Context(), w.Staff.Worker.Actor
		id := p.made(w.Case, 9, 30, flow.Venue{Place: p.kiosk})
		move := func(hour int) {
			t.Helper()
			if err := w.Flow.MoveMeeting(ctx, me, id, p.monday.At(hour, 0), p.monday.At(hour+1, 0), ""); err != nil {
				t.Fatal(err)
			}
		}
		move(10)
		if v := p.placed(id); v == nil || v.Place != p.kiosk || !v.PickUp.Equal(p.monday.At(9, 45)) {
			t.Fatalf("%+v", v)
		}
		p.made(p.secondCase, 14, 30, flow.Venue{Place: p.kiosk})
		move(14) // the kiosk is taken then
		if v := p.placed(id); v == nil || v.Place != p.room {
			t.Fatalf("%+v", v)
		}
		move(12) // she is locked up then
		if v := p.placed(id); v != nil {
			t.Fatalf("%+v", v)
		}
		move(10)
		if v := p.placed(id); v == nil {
			t.Fatal("it is not placed again")
		}
		if err := w.Flow.ChoosePlace(ctx, me, id, flow.Venue{Place: p.room}); err != nil {
			t.Fatal(err)
		}
		if v := p.placed(id); v == nil || v.Place != p.room {
			t.Fatalf("%+v", v)
		}
		flowtest.Refused(t, w.Flow.ChoosePlace(ctx, me, id, flow.Venue{}), ids.Invalid)
		flowtest.Refused(t, w.Flow.ChoosePlace(ctx, w.Staff.OtherWorker.Actor, id, flow.Venue{Best: true}), ids.NotFound)
	})
}

func TestOfManyWhoBookAtOnceEachPlaceIsBookedOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx := newPrison(t, w), t.Context()
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			c := []ids.CaseID{w.Case, p.secondCase}[i%2]
			wg.Go(func() { _, errs[i] = p.meeting(c, 9, 30, flow.Venue{Place: p.room}) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			flowtest.Refused(t, err, ids.Conflict)
		}
		booked, err := w.Env.Store.BookingsAt(ctx, w.Agencies.Prison, slots.Span{From: p.monday.At(0, 0), To: p.monday.At(23, 0)})
		if won != 1 || err != nil || len(booked) != 1 {
			t.Fatalf("%d won, booked %+v %v", won, booked, err)
		}
		// Whoever asks for the best gets the next best, and who comes too late for that still has a meeting.
		for i := range errs {
			c := []ids.CaseID{w.Case, p.secondCase}[i%2]
			wg.Go(func() { _, errs[i] = p.meeting(c, 14, 30, flow.Venue{Best: true}) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		booked, err = w.Env.Store.BookingsAt(ctx, w.Agencies.Prison, slots.Span{From: p.monday.At(13, 0), To: p.monday.At(23, 0)})
		if err != nil || len(booked) != 2 || booked[0].Place == booked[1].Place || booked[0].Mother == booked[1].Mother {
			t.Fatalf("booked %+v %v", booked, err)
		}
	})
}

func TestTimesAreFoundAndTheOthersExplained(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, me := newPrison(t, w), t.Context(), w.Staff.Worker.Actor
		if err := w.Flow.SetRegimeDays(ctx, w.Staff.Manager.Actor, w.Wing, p.monday.Plus(1), p.monday.Plus(1), nil, slots.Lockdown); err != nil {
			t.Fatal(err)
		}
		p.made(w.Case, 9, 30, flow.Venue{Best: true})
		ask := flow.TimesAsked{Case: w.Case, Kind: meetings.CoreGroup, Length: time.Hour, From: p.monday, To: p.monday.Plus(4)}
		found, err := w.Flow.FindTimes(ctx, me, ask)
		if err != nil || len(found.Days) != 5 || len(found.Best) == 0 || found.Names[me.StaffID()] == "" || found.Wing == "" {
			t.Fatalf("%+v %v", found, err)
		}
		why := func(day int) (out []slots.Reason) {
			for _, r := range found.Days[day].Refused {
				out = append(out, r.Verdict.Why)
			}
			return out
		}
		if !slices.Contains(why(0), slots.SheIsBusy) || !slices.Equal(why(1), []slots.Reason{slots.ClosedDay}) || len(found.Days[1].Slots) != 0 || len(found.Days[2].Slots) == 0 {
			t.Fatal(why(0), why(1))
		}
		// What is offered can be booked.
		best := found.Best[0]
		id, err := w.Flow.CreateMeeting(ctx, me, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: best.Starts, Ends: best.Ends, Venue: flow.Venue{Place: best.Place.ID}})
		if err != nil || p.placed(id).Place != best.Place.ID {
			t.Fatal(err)
		}
		for _, bad := range []func(*flow.TimesAsked){
			func(a *flow.TimesAsked) { a.Length = 5 * time.Hour }, func(a *flow.TimesAsked) { a.To = a.From.Plus(100) }, func(a *flow.TimesAsked) { a.From = 0 }, func(a *flow.TimesAsked) { a.Kind = "party" },
			func(a *flow.TimesAsked) { a.Staff = []ids.StaffID{w.Staff.OtherWorker.ID} }, func(a *flow.TimesAsked) { a.From, a.To = a.From.Plus(400), a.To.Plus(400) },
			func(a *flow.TimesAsked) { a.Hours = slots.Window{From: 600, To: 600} },
		} {
			x := ask
			bad(&x)
			_, err := w.Flow.FindTimes(ctx, me, x)
			flowtest.Refused(t, err, ids.Invalid)
		}
		_, err = w.Flow.FindTimes(ctx, w.Staff.OtherWorker.Actor, ask)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = w.Flow.FindTimes(ctx, w.Staff.Officer.Actor, ask)
		if err == nil {
			t.Fatal("an officer plans no meetings")
		}
	})
}

func TestALockdownIsSeenByWhoPlannedAndWhatIsWithdrawnToo(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, manager := newPrison(t, w), t.Context(), w.Staff.Manager.Actor
		id := p.made(w.Case, 9, 30, flow.Venue{Best: true})
		toPlace := func() (out []slots.Reason) {
			t.Helper()
			list, err := w.Flow.MeetingsToPlace(ctx, w.Staff.Worker.Actor)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.ID != id || x.Placed == nil {
					t.Fatalf("%+v", x)
				}
				out = append(out, x.Placed.Clash)
			}
			return out
		}
		if got := toPlace(); len(got) != 0 {
			t.Fatal(got)
		}
		if err := w.Flow.SetRegimeDays(ctx, w.Staff.Officer.Actor, w.Wing, p.monday, p.monday, nil, slots.StaffTraining); err != nil {
			t.Fatal("an officer of the wing", err)
		}
		if got := toPlace(); !slices.Equal(got, []slots.Reason{slots.ClosedDay}) {
			t.Fatal(got)
		}
		for range 2 {
			if err := w.Flow.RemoveRegimeDay(ctx, manager, w.Wing, p.monday); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := w.Flow.WithdrawPlace(ctx, manager, p.room); err != nil {
				t.Fatal(err)
			}
		}
		if got := toPlace(); !slices.Equal(got, []slots.Reason{slots.Withdrawn}) {
			t.Fatal(got)
		}
		_, err := w.Flow.AddPlace(ctx, manager, slots.Place{Establishment: w.Agencies.Prison, Name: "kiosk", Kind: slots.KioskPlace})
		if err != nil {
			t.Fatal("names differ by case", err)
		}
		_, err = w.Flow.AddPlace(ctx, manager, slots.Place{Establishment: w.Agencies.Prison, Name: "Kiosk", Kind: slots.KioskPlace})
		flowtest.Refused(t, err, ids.Conflict)
		if _, err := w.Flow.AddPlace(ctx, manager, slots.Place{Establishment: w.Agencies.Prison, Name: "Video room 1", Kind: slots.VideoRoom}); err != nil {
			t.Fatal("a name that is free again", err)
		}
		// Whose word it is.
		for _, a := range []ids.Actor{w.Staff.Worker.Actor, w.Staff.Officer.Actor, w.Staff.OtherManager.Actor} {
			if err := w.Flow.SetRegimeWeek(ctx, a, w.Wing, [7]slots.Windows{}); err == nil {
				t.Errorf("%s set the week", a.Role)
			}
			if _, err := w.Flow.AddPlace(ctx, a, slots.Place{Establishment: w.Agencies.Prison, Name: "Mine", Kind: slots.KioskPlace}); err == nil {
				t.Errorf("%s added a place", a.Role)
			}
			if err := w.Flow.WithdrawPlace(ctx, a, p.kiosk); err == nil {
				t.Errorf("%s withdrew a place", a.Role)
			}
		}
		for name, bad := range map[string]error{
			"no days":     w.Flow.SetRegimeDays(ctx, manager, w.Wing, p.monday, p.monday.Plus(-1), nil, slots.Lockdown),
			"too many":    w.Flow.SetRegimeDays(ctx, manager, w.Wing, p.monday, p.monday.Plus(40), nil, slots.Lockdown),
			"the past":    w.Flow.SetRegimeDays(ctx, manager, w.Wing, p.monday.Plus(-60), p.monday.Plus(-50), nil, slots.Lockdown),
			"no reason":   w.Flow.SetRegimeDays(ctx, manager, w.Wing, p.monday, p.monday, nil, ""),
			"far too far": w.Flow.SetRegimeDays(ctx, manager, w.Wing, p.monday.Plus(800), p.monday.Plus(801), nil, slots.Lockdown),
		} {
			if ids.KindOf(bad) != ids.Invalid {
				t.Errorf("%s: %v", name, bad)
			}
		}
		v, err := w.Flow.Regime(ctx, manager, "")
		if err != nil || !v.MayManage || len(v.Wings) == 0 || len(v.Places) != 3 {
			t.Fatalf("%+v %v", v, err)
		}
		v, err = w.Flow.Regime(ctx, w.Staff.Officer.Actor, "")
		if err != nil || v.MayManage || v.Places != nil || len(v.Wings) == 0 {
			t.Fatalf("%+v %v", v, err)
		}
		if _, err := w.Flow.Regime(ctx, w.Staff.Worker.Actor, w.Agencies.Prison); err == nil {
			t.Fatal("a Pact worker changes no regime")
		}
	})
}

// What is booked for a record moves to the other one; where both are booked at once, the ending record's meeting has its place no more.
func TestMergedRecordsAreBookedOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx := newPrison(t, w), t.Context()
		kept := p.made(w.Case, 9, 30, flow.Venue{Place: p.room})
		clash := p.made(p.secondCase, 10, 0, flow.Venue{Place: p.kiosk})
		moves := p.made(p.secondCase, 14, 30, flow.Venue{Place: p.kiosk})
		winner, err := w.Env.Store.Mother(ctx, w.Mother)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Env.Store.Write(ctx, flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
			return audit.MotherMerged(winner.ID, p.second.ID), tx.MergeMothers(winner, p.second)
		})
		if err != nil {
			t.Fatal(err)
		}
		if p.placed(kept) == nil || p.placed(clash) != nil || p.placed(moves) == nil {
			t.Fatal(p.placed(kept), p.placed(clash), p.placed(moves))
		}
		_, err = p.meeting(w.Case, 14, 30, flow.Venue{Place: p.room})
		flowtest.Refused(t, err, ids.Conflict)
	})
}
