package flow_test

import (
	"testing"
	"time"

	"kinbridge/gateway/flags"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// Flags are hints: they are shown to the reviewer, of a person only in her own case, and hold nothing up.
func TestFlagsAreHints(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, pp := t.Context(), w.Staff.Protection.Actor
		prison, hers := flow.FlagScope{Establishment: w.Agencies.Prison}, flow.FlagScope{Case: w.Case}
		add := func(a ids.Actor, s flow.FlagScope, r flags.Rule) string {
			id, err := w.Flow.AddFlag(ctx, a, s, r)
			must(t, err)
			return id
		}
		add(w.Staff.Admin.Actor, flow.FlagScope{}, flags.Rule{Words: []string{"spice"}, Note: "Drugs"})
		add(pp, prison, flags.Rule{Words: []string{"visit"}, Direction: flags.FromMother})
		mine := add(w.Staff.Worker.Actor, hers, flags.Rule{Words: []string{"Uncle Jim"}, For: string(w.Mother), Note: "See the court's letter"})
		for _, c := range []struct {
			a ids.Actor
			s flow.FlagScope
		}{{pp, flow.FlagScope{}}, {w.Staff.Worker.Actor, prison}, {pp, flow.FlagScope{Establishment: w.Agencies.OtherPrison}}, {w.Staff.Family.Actor, hers}, {w.Staff.OtherWorker.Actor, hers}} {
			if _, err := w.Flow.AddFlag(ctx, c.a, c.s, flags.Rule{Words: []string{"x"}, For: string(w.Mother)}); err == nil {
				t.Errorf("%s set a flag of %+v", c.a.Role, c.s)
			}
			if _, err := w.Flow.Flags(ctx, c.a, c.s); err == nil {
				t.Errorf("%s reads the flags of %+v", c.a.Role, c.s)
			}
		}
		if _, err := w.Flow.AddFlag(ctx, pp, hers, flags.Rule{Words: []string{"x"}, For: string(w.Contacts.Lara)}); ids.KindOf(err) != ids.Invalid {
			t.Errorf("a flag on a lawyer's words: %v", err)
		}
		m := w.Say(t, w.MotherActor(), w.Threads.Official, "No spice when uncle jim visits.").Message
		v, err := w.Flow.HoldView(ctx, w.Staff.Worker.Actor, w.HoldOf(t, m).ID)
		must(t, err)
		found := map[string]string{}
		for _, mark := range v.Found.Marks {
			found[v.Message.Body[mark.Start:mark.End]] = mark.Note
		}
		if len(found) != 3 || found["spice"] != "Drugs" || found["uncle jim"] != "See the court's letter" || v.Pointed != 3 {
			t.Errorf("%v", found)
		}
		if rows, err := w.Flow.Queue(ctx, w.Staff.Worker.Actor, flow.QueueFilter{Direction: messages.FromHer}); err != nil || len(rows) != 1 || rows[0].Pointed != 3 {
			t.Errorf("%+v %v", rows, err)
		}
		must(t, w.Flow.RemoveFlag(ctx, pp, mine))
		if v, err = w.Flow.HoldView(ctx, w.Staff.Worker.Actor, v.ID); err != nil || v.Pointed != 2 {
			t.Errorf("%d after one was taken away: %v", v.Pointed, err)
		}
		must(t, w.Flow.SetReview(ctx, pp, messages.ReviewSetting{Scope: messages.Scope{Kind: messages.OfCase, ID: string(w.Case)}, Direction: messages.FromHer, Nobody: true}))
		if c := w.Say(t, w.MotherActor(), w.Threads.Official, "spice"); c.State != messages.Released {
			t.Errorf("a flag held a message: %s", c.State)
		}
		marks, err := w.Flow.TryFlag(ctx, w.Staff.Worker.Actor, hers, flags.Rule{Words: []string{"tea"}}, "Teas and tea")
		if err != nil || len(marks) != 2 {
			t.Errorf("%v %v", marks, err)
		}
	})
}

// The clock of a hold runs in working time, and its aim is the prison's.
func TestHoldsClock(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		friday := time.Date(2026, 12, 4, 15, 0, 0, 0, time.UTC)
		w.Env.Clock.Advance(friday.Add(-10 * time.Minute).Sub(w.Env.Clock.Now()))
		w.Say(t, w.MotherActor(), w.Threads.Official, "Hello")
		at := func(d time.Duration) flow.Waiting {
			w.Env.Clock.Advance(friday.Add(d).Sub(w.Env.Clock.Now()))
			rows, err := w.Flow.Holds(ctx, w.Staff.Worker.Actor)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d %v", len(rows), err)
			}
			return rows[0].Waiting
		}
		monday := time.Date(2026, 12, 7, 17, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			after       time.Duration
			days, hours int
			late        bool
		}{{time.Hour, 0, 1, false}, {48 * time.Hour, 0, 2, false}, {67 * time.Hour, 0, 3, false}, {73*time.Hour + 30*time.Minute, 1, 1, false}, {75 * time.Hour, 1, 2, true}, {96 * time.Hour, 2, 0, true}} {
			if got := at(c.after); got.Days != c.days || got.Hours != c.hours || got.Late != c.late || !got.Due.Equal(monday) {
				t.Errorf("after %s: %+v, want %+v", c.after, got, c)
			}
		}
		flowtest.Refused(t, w.Flow.SetReviewAim(ctx, w.Staff.Worker.Actor, w.Agencies.Prison, 3), ids.Forbidden)
		must(t, w.Flow.SetReviewAim(ctx, w.Staff.Protection.Actor, w.Agencies.Prison, 3))
		if got := at(97 * time.Hour); got.Late {
			t.Errorf("with an aim of three days: %+v", got)
		}
	})
}
