package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

var feed = ids.System("custody-feed")

// larkfield is the world's other prison, as a feed would name it.
var larkfield = custody.Place{Name: "HMP & YOI Larkfield"}

func happened(w *flowtest.World, kind custody.Kind, after time.Duration, at custody.Place) custody.Event {
	e := custody.Event{Kind: kind, Number: "A1234BC", Occurred: w.Env.Clock.Now().Add(after), Source: "webhook", At: at}
	switch kind {
	case custody.Released, custody.HospitalOut, custody.AbsenceOut:
		e.At, e.From = custody.Place{}, at
	}
	return e
}

func record(t *testing.T, w *flowtest.World, e custody.Event) flow.CustodyOutcome {
	t.Helper()
	out, err := w.Flow.RecordCustodyEvent(t.Context(), feed, e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func motherNow(t *testing.T, w *flowtest.World, id ids.MotherID) people.Mother {
	t.Helper()
	m, err := w.Env.Store.Mother(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func plan(t *testing.T, w *flowtest.World, in time.Duration) ids.MeetingID {
	t.Helper()
	at := w.Env.Clock.Now().Add(in)
	id, err := w.Flow.CreateMeeting(t.Context(), w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: at, Ends: at.Add(time.Hour),
		Guests: []ids.ContactID{w.Contacts.Anna}, Staff: []ids.StaffID{w.Staff.Manager.ID}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func kioskOn(t *testing.T, w *flowtest.World, e ids.AgencyID, wing ids.WingID) ids.Actor {
	t.Helper()
	code, err := w.Flow.IssueKioskCode(t.Context(), flowtest.Operator, e, wing, "a kiosk")
	if err != nil {
		t.Fatal(err)
	}
	cred, err := w.Flow.EnrolKiosk(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.Flow.KioskBySecret(t.Context(), cred.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return k.Actor()
}

func offered(t *testing.T, w *flowtest.World, kiosk ids.Actor) bool {
	t.Helper()
	ms, err := w.Flow.KioskMothers(t.Context(), kiosk)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(ms, func(m flow.KioskMother) bool { return m.ID == w.Mother })
}

// Everything of hers goes with her, the old prison knows no more of her, and nobody outside learns where she is.
func TestTransfer(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		oldKiosk := kioskOn(t, w, w.Agencies.Prison, w.Wing)
		meeting := plan(t, w, 48*time.Hour)
		unread := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Tomos has a place.")).Message
		w.Release(t, unread)
		held := w.Receive(t, w.ReplyAddress(t, w.Threads.Brookshire, w.Contacts.Bea), flowtest.From(flowtest.BeaAddress, "Elin is well.")).Message
		token, _, err := f.Unlock(ctx, oldKiosk, w.Mother, w.PIN)
		if err != nil {
			t.Fatal(err)
		}
		w.Send(t)
		w.Take(t, outbox.MailGuest)

		out := record(t, w, happened(w, custody.Received, 0, larkfield))
		if out.Effect != custody.Moved || out.Mother != w.Mother {
			t.Fatalf("%+v", out)
		}
		m := motherNow(t, w, w.Mother)
		if m.Establishment != w.Agencies.OtherPrison || m.Custody != people.InCustody || m.Wing == w.Wing {
			t.Fatalf("%+v", m)
		}
		if _, err := f.MotherBySession(ctx, oldKiosk, token); err == nil || offered(t, w, oldKiosk) {
			t.Error("she is still at the old kiosk")
		}
		oldPrisonSeesNothing(t, w, meeting)

		// The people outside, each in her own conversation, the lawyer too: one neutral sentence, and the meeting's guest that a new time follows.
		sent := w.Send(t)
		if len(sent) != 3 {
			t.Fatalf("%d mails", len(sent))
		}
		for _, s := range sent {
			if !strings.Contains(s.Text, "She has moved.") || strings.Contains(s.Text+s.HTML+s.Subject, "Larkfield") || strings.Contains(s.Text, "Fernhill") {
				t.Errorf("%s", s.Text)
			}
		}
		guests := w.Take(t, outbox.MailGuest)
		if len(guests) != 1 {
			t.Fatalf("%d mails to guests", len(guests))
		}
		letter, err := f.GuestMail(ctx, guests[0].Payload)
		if err != nil || !strings.Contains(letter.Text, "cannot take place as planned. A new time will be offered.") || strings.Contains(letter.Text, "Larkfield") {
			t.Errorf("%s %v", letter.Text, err)
		}

		// At the new prison: on the reception wing until somebody gives her one, with all that is hers.
		rows, err := f.Arrivals(ctx, w.Staff.OtherManager.Actor)
		if err != nil || len(rows) != 1 || rows[0].Case != "" || rows[0].Waiting != 1 || len(rows[0].Meetings) != 0 || !rows[0].MayPlace || rows[0].Worker != "Wendy Pryce" {
			t.Fatalf("%+v %v", rows, err)
		}
		wing, err := f.CreateWing(ctx, flowtest.Operator, w.Agencies.OtherPrison, "C wing")
		if err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, f.AllocateWing(ctx, w.Staff.Manager.Actor, w.Mother, w.Wing), ids.NotFound)
		flowtest.Refused(t, f.AllocateWing(ctx, w.Staff.OtherManager.Actor, w.Mother, w.Wing), ids.Invalid)
		if err := f.AllocateWing(ctx, w.Staff.OtherManager.Actor, w.Mother, wing); err != nil {
			t.Fatal(err)
		}
		newKiosk := kioskOn(t, w, w.Agencies.OtherPrison, wing)
		if !offered(t, w, newKiosk) {
			t.Fatal("the new kiosk does not offer her")
		}
		if _, _, err := f.Unlock(ctx, newKiosk, w.Mother, w.PIN); err != nil {
			t.Fatal(err)
		}
		k, err := f.KioskThread(ctx, w.MotherActor(), w.Threads.Official)
		if err != nil || len(k.Parts) != 1 || !k.Parts[0].New || k.Parts[0].ID != unread {
			t.Errorf("%+v %v", k.Parts, err)
		}
		w.Release(t, held)
		if k, err = f.KioskThread(ctx, w.MotherActor(), w.Threads.Brookshire); err != nil || len(k.Parts) != 1 {
			t.Errorf("%+v %v", k.Parts, err)
		}

		// The case's team offers the meeting again; the worker has the case handed on and the new prison's manager put on the team.
		rows, err = f.Arrivals(ctx, w.Staff.Worker.Actor)
		if err != nil || len(rows) != 1 || rows[0].Case != w.Case || len(rows[0].Meetings) != 1 || !rows[0].Meetings[0].MaySettle {
			t.Fatalf("%+v %v", rows, err)
		}
		flowtest.Refused(t, f.SettleReoffer(ctx, w.Staff.Manager.Actor, meeting, "offered"), ids.NotFound)
		if err := f.SettleReoffer(ctx, w.Staff.Worker.Actor, meeting, "offered"); err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, f.SettleReoffer(ctx, w.Staff.Worker.Actor, meeting, "not_needed"), ids.Conflict)
		flowtest.Refused(t, f.JoinTeam(ctx, w.Staff.OtherManager.Actor, w.Case, w.Staff.OtherManager.ID), ids.NotFound)
		if err := f.JoinTeam(ctx, w.Staff.Worker.Actor, w.Case, w.Staff.OtherManager.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Case(ctx, w.Staff.OtherManager.Actor, w.Case); err != nil {
			t.Error(err)
		}
		if err := f.HandCase(ctx, w.Staff.Worker.Actor, w.Case, w.Staff.OtherWorker.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.LeaveTeam(ctx, w.Staff.OtherWorker.Actor, w.Case, w.Staff.Worker.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Thread(ctx, w.Staff.Worker.Actor, w.Threads.Confidential); ids.KindOf(err) != ids.NotFound {
			t.Errorf("who handed the case on reads what is confidential: %v", err)
		}
		if v, err := f.Thread(ctx, w.Staff.OtherWorker.Actor, w.Threads.Confidential); err != nil || !v.MayWrite {
			t.Error(err)
		}
		w.VerifyAudit(t)
	})
}

// oldPrisonSeesNothing is the wall around a woman who has moved.
func oldPrisonSeesNothing(t *testing.T, w *flowtest.World, meeting ids.MeetingID) {
	t.Helper()
	ctx, f := t.Context(), w.Flow
	for _, p := range []flowtest.Person{w.Staff.Manager, w.Staff.Officer, w.Staff.Protection} {
		a := p.Actor
		_, err := f.Case(ctx, a, w.Case)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.Thread(ctx, a, w.Threads.Official)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.Custody(ctx, a, w.Case)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.Meeting(ctx, a, meeting)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.KeptAfterRelease(ctx, a, w.Case)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.AuditTimeline(ctx, a, w.Case, 0, 100)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.ResetPIN(ctx, a, w.Mother)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.RecordCustodyEvent(ctx, a, happened(w, custody.Released, 0, custody.Place{}))
		flowtest.Refused(t, err, ids.NotFound)
		if rows, err := f.Cases(ctx, a); err != nil || len(rows) != 0 {
			t.Errorf("cases of %s: %v %v", a.Role, rows, err)
		}
		if rows, err := f.MeetingsOf(ctx, a); err != nil || len(rows) != 0 {
			t.Errorf("meetings of %s: %v %v", a.Role, rows, err)
		}
		if rows, err := f.Movements(ctx, a); err != nil || len(rows) != 0 {
			t.Errorf("movements of %s: %v %v", a.Role, rows, err)
		}
		if rows, err := f.WomenForPIN(ctx, a); err != nil || len(rows) != 0 {
			t.Errorf("women of %s: %v %v", a.Role, rows, err)
		}
		if rows, err := f.Arrivals(ctx, a); err != nil || len(rows) != 0 {
			t.Errorf("arrivals of %s: %v %v", a.Role, rows, err)
		}
	}
}

// What comes while she is out is kept, given as agreed, and goes to the kiosk when she is back.
func TestReleaseAndRecall(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f, worker := t.Context(), w.Flow, w.Staff.Worker.Actor
		kiosk := kioskOn(t, w, w.Agencies.Prison, w.Wing)
		before := w.Say(t, worker, w.Threads.Official, "Before.").Message
		w.Send(t)
		if out := record(t, w, happened(w, custody.Released, 0, custody.Place{})); out.Effect != custody.Freed {
			t.Fatalf("%+v", out)
		}
		if offered(t, w, kiosk) {
			t.Error("a kiosk offers a woman who is out")
		}
		_, _, err := f.Unlock(ctx, kiosk, w.Mother, w.PIN)
		flowtest.Refused(t, err, ids.NotFound)
		_, err = f.ResetPIN(ctx, worker, w.Mother)
		flowtest.Refused(t, err, ids.NotFound)
		for _, s := range w.Send(t) {
			if strings.Contains(strings.ToLower(s.Text), "releas") {
				t.Errorf("the people outside are told of her release: %s", s.Text)
			}
		}
		after := w.Say(t, worker, w.Threads.Official, "After.").Message
		w.Say(t, worker, w.Threads.Official, "One more.")
		v, err := f.KeptAfterRelease(ctx, worker, w.Case)
		if err != nil || len(v.Rows) != 3 || v.Rows[0].Message != before || v.Rows[1].Message != after || v.Rows[1].MayGive {
			t.Fatalf("%+v %v", v, err)
		}
		flowtest.Refused(t, f.GiveKept(ctx, worker, v.Rows[1].ID, "post"), ids.Forbidden)
		flowtest.Refused(t, f.AgreeFollowOn(ctx, w.Staff.Family.Actor, w.Case, "by post"), ids.Forbidden)
		if err := f.AgreeFollowOn(ctx, worker, w.Case, "By post to her sister's, and by telephone."); err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, f.GiveKept(ctx, w.Staff.Family.Actor, v.Rows[1].ID, "post"), ids.Forbidden)
		flowtest.Refused(t, f.GiveKept(ctx, worker, v.Rows[1].ID, "fax"), ids.Invalid)
		if err := f.GiveKept(ctx, worker, v.Rows[1].ID, "post"); err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, f.GiveKept(ctx, worker, v.Rows[1].ID, "post"), ids.Conflict)
		if v, err = f.KeptAfterRelease(ctx, worker, w.Case); err != nil || len(v.Rows) != 2 || v.FollowOn == "" {
			t.Fatalf("%+v %v", v, err)
		}

		w.Env.Clock.Advance(time.Hour)
		if out := record(t, w, happened(w, custody.Recalled, 0, custody.Place{Name: "Fernhill"})); out.Effect != custody.ByRecall {
			t.Fatalf("%+v", out)
		}
		m := motherNow(t, w, w.Mother)
		if m.Custody != people.InCustody || m.Establishment != w.Agencies.Prison || m.Wing == w.Wing {
			t.Errorf("%+v", m)
		}
		k, err := f.KioskThread(ctx, w.MotherActor(), w.Threads.Official)
		if err != nil || len(k.Parts) != 3 || k.New != 2 {
			t.Errorf("%d, %d new, %v", len(k.Parts), k.New, err)
		}
		if kept, err := w.Env.Store.KeptFor(ctx, w.Mother, messages.KeptCustody); err != nil || len(kept) != 0 {
			t.Errorf("%v %v", kept, err)
		}
		w.VerifyAudit(t)
	})
}

// Out for a while and back: nothing is freed, the planner sees it, no kiosk offers her meanwhile.
func TestAwayAndBack(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		kiosk, meeting := kioskOn(t, w, w.Agencies.Prison, w.Wing), plan(t, w, 3*time.Hour)
		w.Send(t)
		record(t, w, happened(w, custody.HospitalOut, 0, custody.Place{}))
		if motherNow(t, w, w.Mother).Custody != people.Away || offered(t, w, kiosk) {
			t.Error("she is not away")
		}
		rows, err := f.Arrivals(ctx, w.Staff.Worker.Actor)
		if err != nil || len(rows) != 1 || len(rows[0].Away) != 1 || len(rows[0].Meetings) != 0 || rows[0].Away[0].ID != meeting {
			t.Fatalf("%+v %v", rows, err)
		}
		record(t, w, happened(w, custody.HospitalBack, time.Minute, custody.Place{}))
		if m := motherNow(t, w, w.Mother); m.Custody != people.InCustody || m.Wing != w.Wing || !offered(t, w, kiosk) {
			t.Errorf("%+v", m)
		}
		if m, err := f.Meeting(ctx, w.Staff.Worker.Actor, meeting); err != nil || m.State != meetings.Planned {
			t.Errorf("%+v %v", m.State, err)
		}
		if sent := w.Send(t); len(sent) != 0 {
			t.Errorf("%d people outside were told", len(sent))
		}
	})
}

// A number that nobody has is no error; the event waits for her, for 30 days.
func TestUnknownWoman(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		e := happened(w, custody.Received, 0, larkfield)
		e.Number = "B4321XY"
		if out := record(t, w, e); out.Effect != custody.Unknown || out.Mother != "" || out.Again {
			t.Fatalf("%+v", out)
		}
		if out := record(t, w, e); !out.Again {
			t.Fatalf("%+v", out)
		}
		gone := e
		gone.Number = "C4321XY"
		record(t, w, gone)
		if rows, err := f.UnknownCustody(ctx, w.Staff.Admin.Actor); err != nil || len(rows) != 2 || rows[0].At != "HMP Larkfield" {
			t.Fatalf("%+v %v", rows, err)
		}
		_, err := f.UnknownCustody(ctx, w.Staff.Worker.Actor)
		flowtest.Refused(t, err, ids.Forbidden)
		// For who may not know of a woman, a number that is known and one that is not look the same.
		for _, n := range []string{"D4321XY", "A1234BC"} {
			x := happened(w, custody.Released, 0, custody.Place{})
			x.Number = n
			_, err := f.RecordCustodyEvent(ctx, w.Staff.OtherManager.Actor, x)
			flowtest.Refused(t, err, ids.NotFound)
		}
		id, _, err := f.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Ines Blythe", PrisonerNumber: "B4321XY", Establishment: w.Agencies.Prison, Wing: w.Wing})
		if err != nil {
			t.Fatal(err)
		}
		if m := motherNow(t, w, id); m.Establishment != w.Agencies.OtherPrison {
			t.Errorf("the event that waited was not taken: %+v", m)
		}
		w.Env.Clock.Advance(31 * 24 * time.Hour)
		for _, it := range w.Take(t, outbox.CustodyDue) {
			for range 2 { // as after a crash
				if err := f.HandleCustodyDue(ctx, it); err != nil {
					t.Fatal(err)
				}
			}
		}
		if rows, err := f.UnknownCustody(ctx, w.Staff.Admin.Actor); err != nil || len(rows) != 0 {
			t.Errorf("%+v %v", rows, err)
		}
		if n := len(w.Entries(t, audit.CustodyForgottenKind)); n != 1 {
			t.Errorf("%d forgotten", n)
		}
		w.VerifyAudit(t)
	})
}

// Late, twice, ahead of time, in a wrong year, and in the hour that comes twice.
func TestTimesOfEvents(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		later := happened(w, custody.Received, 72*time.Hour, larkfield)
		if out := record(t, w, later); out.Effect != flow.CustodyLater {
			t.Fatalf("%+v", out)
		}
		if motherNow(t, w, w.Mother).Establishment != w.Agencies.Prison {
			t.Error("she has moved before the time")
		}
		w.Env.Clock.Advance(73 * time.Hour)
		for _, it := range w.Take(t, outbox.CustodyDue) {
			for range 2 {
				if err := f.HandleCustodyDue(ctx, it); err != nil {
					t.Fatal(err)
				}
			}
		}
		if motherNow(t, w, w.Mother).Establishment != w.Agencies.OtherPrison {
			t.Error("the time has come and she has not moved")
		}
		if out := record(t, w, happened(w, custody.Received, -24*time.Hour, custody.Place{Name: "Fernhill"})); out.Effect != custody.Recorded {
			t.Errorf("%+v", out)
		}
		if out := record(t, w, happened(w, custody.Released, -20*365*24*time.Hour, custody.Place{})); out.Effect != custody.Recorded {
			t.Errorf("%+v", out)
		}
		if m := motherNow(t, w, w.Mother); m.Establishment != w.Agencies.OtherPrison || m.Custody != people.InCustody {
			t.Errorf("%+v", m)
		}
		_, err := f.RecordCustodyEvent(ctx, feed, happened(w, custody.Released, 366*24*time.Hour, custody.Place{}))
		flowtest.Refused(t, err, ids.Invalid)
		_, err = f.RecordCustodyEvent(ctx, w.Staff.Worker.Actor, happened(w, custody.Released, -400*24*time.Hour, custody.Place{}))
		flowtest.Refused(t, err, ids.Invalid)

		// Half past one comes twice on 31 October 2027: out in summer time, back an hour later on the same clock.
		w.Env.Clock.Advance(time.Until(time.Date(2027, 10, 31, 6, 0, 0, 0, time.UTC)))
		back, out := happened(w, custody.AbsenceBack, 0, custody.Place{}), happened(w, custody.AbsenceOut, 0, custody.Place{})
		out.Occurred, back.Occurred = time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC)
		record(t, w, back)
		record(t, w, out)
		if m := motherNow(t, w, w.Mother); m.Custody != people.InCustody {
			t.Errorf("%+v", m)
		}
	})
}

// Two numbers of one woman make one record; both find her afterwards, and nothing is lost.
func TestTwoRecordsBecomeOne(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		other, pin, err := f.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Mair Hughes", PrisonerNumber: "B4321XY", Establishment: w.Agencies.Prison, Wing: w.Wing})
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := f.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: "KB-2002", Mother: other, Worker: w.Staff.Worker.ID})
		if err != nil {
			t.Fatal(err)
		}
		th, err := f.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: c, Channel: "official", Subject: "Contact", Contacts: []ids.ContactID{}})
		if err != nil {
			t.Fatal(err)
		}
		w.Say(t, w.Staff.Worker.Actor, th, "In the other record.")
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "In this one.")
		hers := w.Say(t, ids.MotherActor(other), th, "From her.")
		kiosk := kioskOn(t, w, w.Agencies.Prison, w.Wing)
		token, _, err := f.Unlock(ctx, kiosk, other, pin)
		if err != nil {
			t.Fatal(err)
		}
		head, err := w.Env.Store.FeedHead(ctx, w.Mother)
		if err != nil {
			t.Fatal(err)
		}
		merge := custody.Event{Kind: custody.Merged, Number: "A1234BC", Former: "B4321XY", Occurred: w.Env.Clock.Now(), Source: "webhook"}
		_, err = f.RecordCustodyEvent(ctx, w.Staff.Worker.Actor, merge)
		flowtest.Refused(t, err, ids.Forbidden)
		if out := record(t, w, merge); out.Effect != custody.NewNumber || out.Mother != w.Mother {
			t.Fatalf("%+v", out)
		}
		if _, err := f.MotherBySession(ctx, kiosk, token); err == nil {
			t.Error("the session of the record that ended goes on")
		}
		if _, _, err := f.Unlock(ctx, kiosk, other, pin); err == nil {
			t.Error("the PIN of the record that ended lets somebody in")
		}
		if ms, err := f.KioskMothers(ctx, kiosk); err != nil || len(ms) != 1 || ms[0].ID != w.Mother {
			t.Errorf("%+v %v", ms, err)
		}
		for _, n := range []string{"A1234BC", "B4321XY"} {
			if m, err := w.Env.Store.MotherByNumber(ctx, n); err != nil || m.ID != w.Mother {
				t.Errorf("%s: %+v %v", n, m, err)
			}
		}
		ts, err := f.KioskThreads(ctx, w.MotherActor())
		if err != nil || !slices.ContainsFunc(ts, func(k flow.KioskThread) bool { return k.ID == th && k.New == 1 }) || len(ts) != 5 {
			t.Errorf("%+v %v", ts, err)
		}
		k, err := f.KioskThread(ctx, w.MotherActor(), th)
		if err != nil || len(k.Parts) != 2 || !k.Parts[1].Mine || k.Parts[1].ID != hers.Message {
			t.Errorf("%+v %v", k.Parts, err)
		}
		items, err := f.Feed(ctx, w.MotherActor(), 0, 200)
		if err != nil || int64(len(items)) <= head || items[len(items)-1].Seq != int64(len(items)) {
			t.Errorf("%d items, %v", len(items), err)
		}
		rows, err := f.Cases(ctx, w.Staff.Worker.Actor)
		if err != nil || len(rows) != 2 || !slices.Contains(rows[0].Former, "B4321XY") || !slices.Contains(rows[1].Former, "B4321XY") {
			t.Errorf("%+v %v", rows, err)
		}
		if e := w.Entries(t, audit.MotherMergedKind); len(e) != 2 {
			t.Errorf("%d entries", len(e))
		}
		// An event of either number moves her.
		e := happened(w, custody.Received, time.Second, larkfield)
		e.Number = "B4321XY"
		if out := record(t, w, e); out.Mother != w.Mother || out.Effect != custody.Moved {
			t.Errorf("%+v", out)
		}
		w.VerifyAudit(t)
	})
}

// Only the number changes when there is one record, and an event that waited for the new number is hers.
func TestNumberChanges(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		e := happened(w, custody.Received, 0, larkfield)
		e.Number = "B4321XY"
		record(t, w, e)
		merge := custody.Event{Kind: custody.Merged, Number: "B4321XY", Former: "A1234BC", Occurred: w.Env.Clock.Now(), Source: "csv"}
		if out := record(t, w, merge); out.Effect != custody.NewNumber {
			t.Fatalf("%+v", out)
		}
		m := motherNow(t, w, w.Mother)
		if m.PrisonerNumber != "B4321XY" || m.Establishment != w.Agencies.OtherPrison {
			t.Errorf("%+v", m)
		}
		if old, err := w.Env.Store.MotherByNumber(t.Context(), "A1234BC"); err != nil || old.ID != w.Mother {
			t.Errorf("%+v %v", old, err)
		}
		_, _, err := w.Flow.CreateMother(t.Context(), flowtest.Operator, flow.NewMother{Name: "X", PrisonerNumber: "A1234BC", Establishment: w.Agencies.Prison, Wing: w.Wing})
		flowtest.Refused(t, err, ids.Conflict)
	})
}

// Whatever the order, and however often: the same place in the end, and every message exactly once.
func TestOrderOfEventsDoesNotMatter(t *testing.T) {
	w := flowtest.New(t, store.SQLite, flowtest.Mail{})
	ctx, f := t.Context(), w.Flow
	day := w.Env.Clock.Now().Truncate(time.Hour)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		var history []custody.Event
		for i := range rapid.IntRange(1, 6).Draw(rt, "events") {
			kind := rapid.SampledFrom([]custody.Kind{custody.Received, custody.Transferred, custody.Released, custody.Recalled, custody.HospitalOut, custody.HospitalBack}).Draw(rt, "kind")
			place := rapid.SampledFrom([]custody.Place{{Name: "Fernhill"}, larkfield, {Code: "ZZI"}}).Draw(rt, "place")
			e := custody.Event{Kind: kind, Occurred: day.Add(time.Duration(i-10) * time.Minute), Source: "csv", At: place}
			history = append(history, e)
		}
		order := rapid.Permutation(append(slices.Clone(history), history[:rapid.IntRange(0, len(history)).Draw(rt, "again")]...)).Draw(rt, "order")
		var got []people.Mother
		for v, list := range [][]custody.Event{history, order} {
			number := "E" + string(rune('0'+n/1000%10)) + string(rune('0'+n/100%10)) + string(rune('0'+n/10%10)) + string(rune('0'+n%10)) + "A" + string(rune('A'+v))
			id, _, err := f.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "M", PrisonerNumber: number, Establishment: w.Agencies.Prison, Wing: w.Wing})
			if err != nil {
				rt.Fatal(err)
			}
			c, _, err := f.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: number, Mother: id, Worker: w.Staff.Worker.ID})
			if err != nil {
				rt.Fatal(err)
			}
			th, err := f.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: c, Channel: "official", Subject: "S"})
			if err != nil {
				rt.Fatal(err)
			}
			for i, e := range list {
				e.Number = number
				if _, err := f.RecordCustodyEvent(ctx, feed, e); err != nil {
					rt.Fatal(err)
				}
				if _, err := f.Compose(ctx, w.Staff.Worker.Actor, flow.NewMessage{Thread: th, Body: "x", IdemKey: string(rune('a' + i))}); err != nil {
					rt.Fatal(err)
				}
			}
			m, err := w.Env.Store.Mother(ctx, id)
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, m)
			everyMessageOnce(rt, w, m, th, len(list))
		}
		a, b := got[0], got[1]
		if a.Establishment != b.Establishment || a.Custody != b.Custody || !a.CustodySince.Equal(b.CustodySince) {
			rt.Fatalf("%+v\n%+v", a, b)
		}
	})
}

// everyMessageOnce: in custody, each message is in her feed once and readable; released, each is there or kept, and never both.
func everyMessageOnce(t *rapid.T, w *flowtest.World, m people.Mother, th ids.ThreadID, n int) {
	ds, err := w.Env.Store.DeliveriesOfThread(t.Context(), th)
	if err != nil || len(ds) != n {
		t.Fatalf("%d deliveries of %d: %v", len(ds), n, err)
	}
	items, err := w.Env.Store.Feed(t.Context(), m.ID, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, it := range items {
		if it.Kind == store.FeedMessage {
			shown[it.Ref]++
		}
	}
	for _, d := range ds {
		if kept := d.State == messages.Kept; kept && m.Custody != people.Released || kept == (shown[string(d.Message)] == 1) || shown[string(d.Message)] > 1 {
			t.Fatalf("a message is %s (%s) and in the feed %d times, she is %s", d.State, d.Kept, shown[string(d.Message)], m.Custody)
		}
	}
}
