package flow_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/clocks"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

var calendar = workdays.EnglandAndWales()

// inCare says since when a child has been looked after, so many working days ago.
func inCare(t testing.TB, w *flowtest.World, k cases.Child, ago int) {
	t.Helper()
	since := calendar.Add(workdays.Of(w.Env.Clock.Now()), -ago)
	if err := w.Flow.SetChild(t.Context(), w.Staff.Worker.Actor, w.Case, k.ID, flow.ChildFacts{Authority: k.Authority, Care: cases.Care{LookedAfter: since}}); err != nil {
		t.Fatal(err)
	}
}

// review plans one so many days ahead, about children.
func review(t testing.TB, w *flowtest.World, days int, about ...ids.ChildID) ids.MeetingID {
	t.Helper()
	at := workdays.Of(w.Env.Clock.Now()).Plus(days).At(14, 0)
	id, err := w.Flow.CreateMeeting(t.Context(), w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: meetings.LookedAfterReview, Starts: at, Ends: at.Add(time.Hour), About: about})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// clocksNow are the states of the case's clocks by the child's name.
func clocksNow(t testing.TB, w *flowtest.World) map[string]flow.DueClock {
	t.Helper()
	rows, err := w.Flow.Clocks(t.Context(), w.Staff.Worker.Actor, w.Case)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]flow.DueClock{}
	for _, r := range rows {
		out[r.Child.Name] = r
	}
	return out
}

func wantState(t testing.TB, w *flowtest.World, child string, want clocks.State) flow.DueClock {
	t.Helper()
	got, ok := clocksNow(t, w)[child]
	if !ok || got.State != want {
		t.Errorf("%s: %+v, want %s", child, got, want)
	}
	return got
}

func TestAClockFollowsWhatIsPlannedAndHeld(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker, tomos, elin := t.Context(), w.Staff.Worker.Actor, w.Children[0], w.Children[1]
		if got := clocksNow(t, w); len(got) != 0 {
			t.Fatalf("clocks of children of whom nothing is known: %v", got)
		}
		inCare(t, w, tomos, 15)
		inCare(t, w, elin, 25)
		wantState(t, w, "Tomos", clocks.DueSoon)
		if late := wantState(t, w, "Elin", clocks.Overdue); late.Days >= 0 || !late.Assumed || late.Rule.ID != "lac_england" || late.WithoutHer {
			t.Errorf("%+v", late)
		}
		due, err := w.Flow.DueReviews(ctx, worker)
		if err != nil || len(due) != 2 || due[0].Child.ID != elin.ID || due[0].Reference != "KB-1001" || due[0].Mother != "Mair Hughes" {
			t.Errorf("the worst comes first: %+v %v", due, err)
		}
		// A meeting counts for whom it is about and for nobody else.
		id := review(t, w, 2, tomos.ID)
		wantState(t, w, "Tomos", clocks.Planned)
		wantState(t, w, "Elin", clocks.Overdue)
		if m, err := w.Flow.Meeting(ctx, worker, id); err != nil || !slices.Equal(m.About, []string{"Tomos"}) || m.PapersBy != calendar.Add(workdays.Of(m.Starts), -3) {
			t.Errorf("%+v %v", m, err)
		}
		if due, err = w.Flow.DueReviews(ctx, worker); err != nil || len(due) != 1 || due[0].Child.ID != elin.ID {
			t.Errorf("what is planned in time need not be seen to: %+v %v", due, err)
		}
		// Called off, it counts no more; held, the next one is counted from it.
		if err := w.Flow.CancelMeeting(ctx, worker, id); err != nil {
			t.Fatal(err)
		}
		wantState(t, w, "Tomos", clocks.DueSoon)
		review(t, w, 1, tomos.ID)
		held := workdays.Of(w.Env.Clock.Now()).Plus(1)
		w.Env.Clock.NextDay()
		w.Env.Clock.NextDay()
		if got := wantState(t, w, "Tomos", clocks.Due); got.From != held || got.By != held.MonthsLater(3) || got.WithoutHer {
			t.Errorf("held on %v: %+v", held, got)
		}
		w.VerifyAudit(t)
	})
}

func TestAMeetingHeldElsewhereIsRecordedAndTakenBack(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker, elin := t.Context(), w.Staff.Worker.Actor, w.Children[1]
		inCare(t, w, elin, 25)
		day := calendar.Add(workdays.Of(w.Env.Clock.Now()), -6)
		n := flow.NewHeld{Case: w.Case, Kind: meetings.LookedAfterReview, Day: day, Children: []ids.ChildID{elin.ID, elin.ID}, Part: meetings.WithNone, Why: meetings.WhyNotTold,
			Note: "The invitation came a day late.", IdemKey: "k1"}
		id, err := w.Flow.RecordHeld(ctx, worker, n)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Flow.RecordHeld(ctx, worker, n); err != nil || again != id {
			t.Errorf("the same form again: %s %v", again, err)
		}
		if got := wantState(t, w, "Elin", clocks.Due); got.From != day || !got.WithoutHer {
			t.Errorf("%+v", got)
		}
		list, err := w.Flow.HeldElsewhere(ctx, worker, w.Case)
		if err != nil || len(list) != 1 || list[0].Note != n.Note || !slices.Equal(list[0].Children, []ids.ChildID{elin.ID}) || list[0].By != w.Staff.Worker.ID || list[0].Why != meetings.WhyNotTold {
			t.Errorf("%+v %v", list, err)
		}
		if got := w.Entries(t, audit.MeetingHeldKind); len(got) != 1 || got[0].Subject != string(id) {
			t.Errorf("%+v", got)
		}
		for name, change := range map[string]func(*flow.NewHeld){
			"a child of nobody's": func(n *flow.NewHeld) { n.Children = []ids.ChildID{"chd_none"} },
			"tomorrow":            func(n *flow.NewHeld) { n.Day = workdays.Of(w.Env.Clock.Now()).Plus(1) },
			"a legal visit":       func(n *flow.NewHeld) { n.Kind = meetings.LegalVisit },
			"no reason":           func(n *flow.NewHeld) { n.Why = "" },
		} {
			bad := n
			bad.IdemKey = name
			change(&bad)
			_, err := w.Flow.RecordHeld(ctx, worker, bad)
			if ids.KindOf(err) != ids.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Flow.WithdrawHeld(ctx, worker, w.Case, id); err != nil {
			t.Fatal(err)
		}
		wantState(t, w, "Elin", clocks.Overdue)
		flowtest.Refused(t, w.Flow.WithdrawHeld(ctx, worker, w.Case, id), ids.Conflict)
		flowtest.Refused(t, w.Flow.WithdrawHeld(ctx, w.Staff.Manager.Actor, w.Case, id), ids.Forbidden)
		if list, err := w.Flow.HeldElsewhere(ctx, worker, w.Case); err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		w.VerifyAudit(t)
	})
}

func TestWhomAMeetingIsAbout(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		at := workdays.Of(w.Env.Clock.Now()).Plus(2).At(10, 0)
		n := flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: at, Ends: at.Add(time.Hour), About: []ids.ChildID{"chd_none"}}
		_, err := w.Flow.CreateMeeting(ctx, worker, n)
		flowtest.Refused(t, err, ids.Invalid)
		n.About = []ids.ChildID{w.Children[0].ID}
		// About a child for whom she has no parental responsibility any more nothing is planned alone.
		today := workdays.Of(w.Env.Clock.Now())
		if err := w.Flow.SetChild(ctx, worker, w.Case, w.Children[0].ID, flow.ChildFacts{Authority: w.Agencies.Anytown, Ends: today, Why: cases.EndedAdopted,
			Care: cases.Care{LookedAfter: today.Plus(-90)}}); err != nil {
			t.Fatal(err)
		}
		if got := clocksNow(t, w); len(got) != 0 {
			t.Errorf("a clock of an adopted child: %+v", got)
		}
		n.Kind = meetings.CoreGroup
		_, err = w.Flow.CreateMeeting(ctx, worker, n)
		flowtest.Refused(t, err, ids.Forbidden)
		n.About = append(n.About, w.Children[1].ID)
		if _, err = w.Flow.CreateMeeting(ctx, worker, n); err != nil {
			t.Error(err)
		}
		// Where there is one child, it is about that one.
		mother, _, err := w.Flow.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Una Holt", PrisonerNumber: "A9999ZZ", Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := w.Flow.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: "KB-1999", Mother: mother, Worker: w.Staff.Worker.ID, Children: []cases.Child{{Name: "Ned"}}})
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.Flow.CreateMeeting(ctx, worker, flow.NewMeeting{Case: c, Kind: meetings.CoreGroup, Starts: at, Ends: at.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := w.Flow.Meeting(ctx, worker, id); err != nil || !slices.Equal(m.About, []string{"Ned"}) {
			t.Errorf("%+v %v", m.About, err)
		}
	})
}

func TestAWelshAuthoritysChildHasWalesRules(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, tomos := t.Context(), w.Children[0]
		if err := w.Flow.SetDuty(ctx, flowtest.Operator, "cardiff", directory.Duty{Email: "duty@cardiff.example"}); err != nil {
			t.Fatal(err)
		}
		of, err := w.Env.Store.AgencyBySlug(ctx, "cardiff")
		if err != nil {
			t.Fatal(err)
		}
		tomos.Authority = of.ID
		inCare(t, w, tomos, 5)
		if got := wantState(t, w, "Tomos", clocks.Due); got.Nation != clocks.Wales || got.Assumed || got.Rule.ID != "lac_wales" {
			t.Errorf("%+v", got)
		}
	})
}

// Whoever asks, in whatever name: clocks, what was held and what is due are shown to the case's Pact social workers and family engagement workers alone.
func TestNobodySeesAClockWhoMayNotPlan(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		inCare(t, w, w.Children[1], 25)
		s := w.Staff
		team := []string{string(s.Worker.ID), string(s.StandIn.ID), string(s.Family.ID), string(s.Manager.ID)}
		mayPlan := func(a ids.Actor) bool {
			return slices.Contains(team, a.ID) && a.StaffID() != "" && (a.Role == ids.RolePactWorker || a.Role == ids.RoleFamilyWorker)
		}
		everybody := []flowtest.Person{s.Worker, s.StandIn, s.Family, s.Manager, s.Officer, s.Protection, s.Admin, s.OtherWorker, s.OtherManager}
		ask := func(t interface {
			Errorf(string, ...any)
		}, a ids.Actor) (shown bool) {
			rows, err := w.Flow.Clocks(ctx, a, w.Case)
			_, err2 := w.Flow.HeldElsewhere(ctx, a, w.Case)
			due, _ := w.Flow.DueReviews(ctx, a)
			shown = err == nil && len(rows) > 0
			if (err == nil) != (err2 == nil) || shown != (len(due) > 0) {
				t.Errorf("%+v: clocks %v, held %v, due %d", a, err, err2, len(due))
			}
			return shown
		}
		for _, p := range everybody {
			if got := ask(t, p.Actor); got != mayPlan(p.Actor) {
				t.Errorf("%s: %t", p.Email, got)
			}
		}
		if got := w.Entries(t, audit.PolicyRefusedKind); len(got) < 2*6 {
			t.Errorf("%d refusals are in the log", len(got))
		}
		rapid.Check(t, func(t *rapid.T) {
			p := rapid.SampledFrom(everybody).Draw(t, "person")
			a := p.Actor
			a.Kind = rapid.SampledFrom([]ids.ActorKind{ids.ActorStaff, ids.ActorMother, ids.ActorContact, ids.ActorAPI, ids.ActorSystem}).Draw(t, "kind")
			a.Role = rapid.SampledFrom(ids.Roles).Draw(t, "role")
			a.Agency = rapid.SampledFrom(everybody).Draw(t, "agency").Actor.Agency
			if ask(t, a) && !mayPlan(a) {
				t.Fatalf("shown to %+v", a)
			}
		})
	})
}
