package flow_test

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/workdays"
)

// A day with a change of the clock has 23 or 25 hours, and all of them are its own.
func TestListsOfDaysWhenTheClockChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newWingWorld(t, e)
		for _, d := range clockChanges(e.Store.Today()) {
			first, last, after := d.Start(), d.Plus(1).Start().Add(-time.Minute), d.Plus(1).Start()
			for _, at := range []time.Time{first.Add(-time.Minute), first, last, after} {
				w.at(at)
			}
			rows := w.day(w.hers, d)
			if len(rows) != 2 || !rows[0].Starts.Equal(first) || !rows[1].Starts.Equal(last) {
				t.Errorf("%s: %+v", d, rows)
			}
		}
	})
}

// clockChanges are the next two last Sundays of March and October.
func clockChanges(from workdays.Day) (out []workdays.Day) {
	for d := from + 1; len(out) < 2; d++ {
		if hours := d.Plus(1).Start().Sub(d.Start()); hours != 24*time.Hour {
			out = append(out, d)
		}
	}
	return out
}

// A reading looks like any other, and its line names no message; who is freed from it is struck out.
func TestReadingsOnTheList(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, x := t.Context(), hard(t, w)
		at := w.Env.Clock.Now().Add(time.Hour).Truncate(time.Second)
		x.book(t, at)
		list := func(a ids.Actor) []movement.Row {
			v, err := w.Flow.MovementDay(ctx, a, workdays.Of(at), "")
			must(t, err)
			return v.Rows
		}
		rows := list(w.Staff.Officer.Actor)
		if len(rows) != 1 || rows[0].Place != "Chapel office" || !rows[0].With.Pact || len(rows[0].Names) != 0 || rows[0].Step != "" || !rows[0].MayMark || rows[0].News == nil {
			t.Fatalf("%+v", rows)
		}
		row := rows[0]
		if strings.Contains(string(row.ID), strings.TrimPrefix(string(x.m), "msg_")) {
			t.Errorf("%s tells of %s", row.ID, x.m)
		}
		left, err := w.Flow.AcknowledgeMovements(ctx, w.Staff.Officer.Actor, []flow.NewAck{{ID: row.ID, Finger: row.Finger}})
		if err != nil || left != 0 {
			t.Fatal(left, err)
		}
		flowtest.Refused(t, w.Flow.RecordMovement(ctx, w.Staff.StandIn.Actor, row.ID, flow.NewMark{To: movement.Called}), ids.NotFound)
		must(t, w.Flow.RecordMovement(ctx, w.Staff.Officer.Actor, row.ID, flow.NewMark{To: movement.Missed, Why: movement.Refused}))
		tasks, err := w.Flow.MovementTasks(ctx, w.Staff.Family.Actor)
		must(t, err)
		if len(tasks) != 1 || tasks[0].Message != x.m || tasks[0].Why != movement.Refused {
			t.Errorf("%+v", tasks)
		}
		if got, err := w.Flow.MovementTasks(ctx, w.Staff.OtherWorker.Actor); err != nil || len(got) != 0 {
			t.Errorf("%+v %v", got, err)
		}
		for _, it := range w.Take(t, outbox.MailAlert) {
			m, err := w.Flow.AlertMail(ctx, it.Payload)
			if err != nil || m.To != w.Staff.Family.Email {
				t.Errorf("%+v %v", m, err)
			}
		}
		must(t, w.Flow.CancelReading(ctx, w.Staff.Worker.Actor, x.m))
		rows = list(w.Staff.Officer.Actor)
		if len(rows) != 1 || !rows[0].Off || !rows[0].Starts.Equal(at) || rows[0].ID != row.ID || rows[0].News == nil {
			t.Fatalf("%+v", rows)
		}
		for _, entry := range append(w.Entries(t, audit.MovementMarkedKind), w.Entries(t, audit.MovementAcknowledgedKind)...) {
			if entry.Thread == "" || strings.Contains(entry.Subject, string(x.m)) {
				t.Errorf("who may not know of the conversation reads %+v", entry)
			}
		}
		if meeting, err := w.Flow.CreateMeeting(ctx, w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: meetings.PreBrief, Starts: at, Ends: at.Add(time.Hour)}); err != nil || meeting == "" {
			t.Fatal(err)
		}
		// A talk with Pact alone cannot be told from any other meeting.
		for _, r := range list(w.Staff.Manager.Actor) {
			if len(r.Names) != 0 || r.With != (movement.Company{Pact: true}) && !r.Off {
				t.Errorf("%+v", r)
			}
		}
		w.VerifyAudit(t)
	})
}

// A reading that is stopped before it is shown frees its booking: she is there, and must be seen to come back.
func TestBackFromAReadingThatWasStopped(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, x := t.Context(), hard(t, w)
		at := w.Env.Clock.Now().Add(time.Minute).Truncate(time.Second)
		x.book(t, at)
		row := func() movement.Row {
			v, err := w.Flow.MovementDay(ctx, w.Staff.Manager.Actor, workdays.Of(at), w.Wing)
			must(t, err)
			if len(v.Rows) != 1 {
				t.Fatalf("%+v", v.Rows)
			}
			return v.Rows[0]
		}
		press := func(to movement.State) error {
			r := row()
			return w.Flow.RecordMovement(ctx, w.Staff.Manager.Actor, r.ID, flow.NewMark{To: to, Seq: r.Seq})
		}
		must(t, press(movement.Arrived))
		must(t, w.Flow.RecordReading(ctx, w.Staff.Family.Actor, x.m, messages.WentStopped, ""))
		r := row()
		if f, b := r.Presses(); !r.Off || len(f) != 1 || f[0] != movement.Back || len(b) != 0 {
			t.Errorf("%+v: %v %v", r, f, b)
		}
		flowtest.Refused(t, press(movement.Expected), ids.Conflict)
		must(t, press(movement.Back))
		if r := row(); r.Standing.State != movement.Back {
			t.Errorf("%+v", r.Standing)
		}
	})
}

// A place that is booked is on the list with its own times; another one is announced to who has read the first.
func TestBookedPlacesOnTheList(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p, ctx, officer := newPrison(t, w), t.Context(), w.Staff.Officer.Actor
		id := p.made(w.Case, 9, 30, flow.Venue{Best: true})
		row := func() movement.Row {
			v, err := w.Flow.MovementDay(ctx, officer, p.monday, "")
			must(t, err)
			if len(v.Rows) != 1 {
				t.Fatalf("%+v", v.Rows)
			}
			return v.Rows[0]
		}
		r := row()
		if r.Place != "Video room 1" || !r.PickUp.Equal(p.monday.At(9, 5)) || !r.Slip.Back.Equal(p.monday.At(10, 55)) || r.Special {
			t.Errorf("%+v", r.Slip)
		}
		_, err := w.Flow.AcknowledgeMovements(ctx, officer, []flow.NewAck{{ID: r.ID, Finger: r.Finger}})
		must(t, err)
		for range 2 { // chosen again it is no news
			must(t, w.Flow.ChoosePlace(ctx, w.Staff.Worker.Actor, id, flow.Venue{Place: p.kiosk}))
		}
		if r = row(); r.Place != "Kiosk" || r.Acked != nil || r.News == nil || r.News.What != movement.Placed {
			t.Errorf("%+v %+v", r, r.News)
		}
		if n := len(w.Entries(t, audit.MovementChangedKind)); n != 1 {
			t.Errorf("%d changes were announced", n)
		}
		must(t, w.Flow.MoveMeeting(ctx, w.Staff.Worker.Actor, id, p.monday.At(12, 0), p.monday.At(13, 0), ""))
		if r = row(); r.Place != "" || !r.PickUp.Equal(p.monday.At(11, 50)) {
			t.Errorf("at a time without a place: %+v", r.Slip)
		}
		must(t, w.Flow.ChoosePlace(ctx, w.Staff.Worker.Actor, id, flow.Venue{Place: p.room, Special: true}))
		if r = row(); !r.Special || r.Place != "Video room 1" {
			t.Errorf("she is not unlocked specially: %+v", r.Slip)
		}
		must(t, w.Flow.CancelMeeting(ctx, w.Staff.Worker.Actor, id))
		if r = row(); !r.Off || r.Place != "Video room 1" {
			t.Errorf("%+v", r.Slip)
		}
	})
}
