package flow_test

import (
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/workdays"
)

func TestTimesAreSuggestedNearOneThatCannotBe(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, worker := newPrison(t, w), t.Context(), w.Staff.Worker.Actor
		near := p.monday.Plus(2).At(12, 30) // she is locked up over midday
		got, err := w.Flow.SuggestTimes(ctx, worker, flow.TimesAsked{Case: w.Case, Kind: meetings.CoreGroup, Length: time.Hour}, near)
		if err != nil || len(got) != flow.MostSuggested {
			t.Fatalf("%v %v", got, err)
		}
		for i, v := range got {
			if v.Why != "" || v.Place.ID == "" || workdays.Of(v.Starts) != p.monday.Plus(2) || i > 0 && v.Starts.Sub(got[i-1].Starts) < time.Hour {
				t.Errorf("%d: %s %s", i, v.Starts, v.Why)
			}
			if again, err := w.Flow.JudgeTimes(ctx, worker, flow.TimesAsked{Case: w.Case, Kind: meetings.CoreGroup, Length: time.Hour}, v.Starts); err != nil || again.Why != "" {
				t.Errorf("suggested and refused: %v %v", again.Why, err)
			}
		}
		if len(got) == flow.MostSuggested && !slices.ContainsFunc(got, func(v slots.Verdict) bool { return v.Starts.Equal(p.monday.Plus(2).At(14, 0)) }) {
			t.Errorf("2pm is nearest: %v", got)
		}
		// Nothing is left of the week: the next one's.
		if err := w.Flow.SetRegimeDays(ctx, w.Staff.Manager.Actor, w.Wing, p.monday, p.monday.Plus(6), nil, slots.Lockdown); err != nil {
			t.Fatal(err)
		}
		got, err = w.Flow.SuggestTimes(ctx, worker, flow.TimesAsked{Case: w.Case, Kind: meetings.CoreGroup, Length: time.Hour}, near)
		if err != nil || len(got) == 0 || workdays.Of(got[0].Starts) < p.monday.Plus(7) || workdays.Of(got[0].Starts) > p.monday.Plus(13) {
			t.Fatalf("%v %v", got, err)
		}
		_, err = w.Flow.SuggestTimes(ctx, w.Staff.Manager.Actor, flow.TimesAsked{Case: w.Case, Kind: meetings.CoreGroup, Length: time.Hour}, near)
		flowtest.Refused(t, err, ids.Forbidden)
	})
}

func TestWhoEntersALockdownIsToldHowManyMeetingsItHits(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, manager := newPrison(t, w), t.Context(), w.Staff.Manager.Actor
		first := p.made(w.Case, 9, 30, flow.Venue{Best: true})
		p.made(p.secondCase, 14, 30, flow.Venue{Best: true})
		clashes := func() int {
			t.Helper()
			n, err := w.Flow.RegimeClashes(ctx, manager, w.Wing)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := clashes(); n != 0 {
			t.Fatalf("%d before anything changed", n)
		}
		afternoon := slots.Windows{{From: 13*60 + 45, To: 16*60 + 45}}
		if err := w.Flow.SetRegimeDays(ctx, manager, w.Wing, p.monday, p.monday, afternoon, slots.StaffTraining); err != nil {
			t.Fatal(err)
		}
		if n := clashes(); n != 1 {
			t.Errorf("%d, and the morning's meeting is hit alone", n)
		}
		if err := w.Flow.CancelMeeting(ctx, w.Staff.Worker.Actor, first); err != nil {
			t.Fatal(err)
		}
		if n := clashes(); n != 0 {
			t.Errorf("%d when it was called off", n)
		}
		_, err := w.Flow.RegimeClashes(ctx, w.Staff.Worker.Actor, w.Wing)
		flowtest.Refused(t, err, ids.Forbidden)

		place, n, err := w.Flow.BookedIn(ctx, manager, p.room)
		if err != nil || place.Name != "Video room 1" || n != 1 {
			t.Errorf("%s: %d %v", place.Name, n, err)
		}
		_, _, err = w.Flow.BookedIn(ctx, w.Staff.Worker.Actor, p.room)
		flowtest.Refused(t, err, ids.Forbidden)
	})
}

func TestAPrivateMeetingNeedsAPlaceForThoseAloneWhoMayKnowOfIt(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx := newPrison(t, w), t.Context()
		starts := p.monday.At(9, 30)
		id, err := w.Flow.CreateMeeting(ctx, w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: meetings.PreBrief, Starts: starts, Ends: starts.Add(30 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		lists := func(a ids.Actor) bool {
			t.Helper()
			rows, err := w.Flow.MeetingsToPlace(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(rows, func(r flow.ToPlace) bool { return r.ID == id })
		}
		if !lists(w.Staff.Worker.Actor) {
			t.Error("who planned it does not see that it has no place")
		}
		if _, err := w.Flow.Meeting(ctx, w.Staff.Family.Actor, id); err == nil || lists(w.Staff.Family.Actor) {
			t.Errorf("a colleague who may not know of it: %v", err)
		}
	})
}

func TestAFormThatIsSentTwiceFindsItsMeeting(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, worker := newPrison(t, w), t.Context(), w.Staff.Worker.Actor
		starts := p.monday.At(9, 30)
		n := flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: starts, Ends: starts.Add(time.Hour), Venue: flow.Venue{Place: p.room}, IdemKey: "once"}
		if id, err := w.Flow.MeetingMade(ctx, worker, w.Case, "once"); err != nil || id != "" {
			t.Fatalf("%s %v", id, err)
		}
		id, err := w.Flow.CreateMeeting(ctx, worker, n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Flow.MeetingMade(ctx, worker, w.Case, "once"); err != nil || got != id {
			t.Errorf("%s %v", got, err)
		}
		if again, err := w.Flow.CreateMeeting(ctx, worker, n); err != nil || again != id {
			t.Errorf("%s %v", again, err)
		}
		n.Case, n.IdemKey = p.secondCase, "another"
		if _, err := w.Flow.CreateMeeting(ctx, worker, n); !flow.IsTaken(err) {
			t.Errorf("the room is taken: %v", err)
		}
	})
}
