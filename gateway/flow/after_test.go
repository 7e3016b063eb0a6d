package flow_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// plan has the worker plan a meeting about Tomos with Anna, an hour from now.
func planReview(t *testing.T, w *flowtest.World, k meetings.Kind, in time.Duration) ids.MeetingID {
	t.Helper()
	at := w.Env.Clock.Now().Add(in)
	n := flow.NewMeeting{Case: w.Case, Kind: k, Starts: at, Ends: at.Add(time.Hour)}
	if k.AboutChildren() {
		n.About, n.Guests = []ids.ChildID{w.Children[0].ID}, []ids.ContactID{w.Contacts.Anna}
	}
	id, err := w.Flow.CreateMeeting(t.Context(), w.Staff.Worker.Actor, n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func wantKind(t *testing.T, what string, err error, want ids.Kind) {
	t.Helper()
	if err == nil || ids.KindOf(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestSteppingDown(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		id := planReview(t, w, meetings.LookedAfterReview, time.Hour)
		w.Take(t, outbox.MailGuest)
		down := flow.NewStep{To: meetings.ByPhone, Why: meetings.WhyVideo}
		wantKind(t, "her own pressing", f.StepDown(ctx, w.MotherActor(), id, down), ids.Forbidden)
		wantKind(t, "a guest", f.StepDown(ctx, ids.ContactActor(w.Contacts.Anna), id, down), ids.Forbidden)
		wantKind(t, "a stranger", f.StepDown(ctx, w.Staff.OtherWorker.Actor, id, down), ids.NotFound)
		wantKind(t, "another prison", f.StepDown(ctx, w.Staff.OtherManager.Actor, id, down), ids.NotFound)
		wantKind(t, "public protection", f.StepDown(ctx, w.Staff.Protection.Actor, id, down), ids.Forbidden)
		wantKind(t, "without why", f.StepDown(ctx, w.Staff.Officer.Actor, id, flow.NewStep{To: meetings.ByPhone}), ids.Invalid)

		page, err := f.WingStep(ctx, w.Staff.Officer.Actor, id)
		if err != nil || !page.MayStep || page.Standing != meetings.ByVideo || page.Mother.Name != "Mair Hughes" {
			t.Fatalf("%+v %v", page, err)
		}
		for _, r := range page.Rungs {
			if r.Because != "" {
				t.Errorf("the officer is told why %s is or is not possible: %s", r.Part, r.Because)
			}
		}
		// Two press at once: one change, and both are told that it is so.
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, who := range []ids.Actor{w.Staff.Officer.Actor, w.Staff.Worker.Actor} {
			wg.Go(func() { errs[i] = f.StepDown(ctx, who, id, down) })
		}
		wg.Wait()
		if errs[0] != nil || errs[1] != nil {
			t.Fatal(errs)
		}
		v := mustAfter(t, w, w.Staff.Worker.Actor, id)
		if len(v.Ladder.Steps) != 1 || v.Ladder.Standing != meetings.ByPhone {
			t.Fatalf("%+v", v.Ladder)
		}
		wantKind(t, "something else from an old page", f.StepDown(ctx, w.Staff.Worker.Actor, id, flow.NewStep{To: meetings.WithNone, Why: meetings.WhyRegime}), ids.Conflict)
		mails := w.Take(t, outbox.MailGuest)
		if len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		mail, err := f.GuestMail(ctx, mails[0].Payload)
		if err != nil || mail.Subject != "Change to a meeting" || !strings.Contains(mail.Text, "by telephone") || strings.Contains(mail.Text, "Mair") || strings.Contains(mail.Text, "prison") {
			t.Errorf("%q %q %v", mail.Subject, mail.Text, err)
		}
		feed, err := w.Env.Store.Feed(ctx, w.Mother, 0, 100)
		if err != nil || feed[len(feed)-1].Kind != store.FeedMeeting || feed[len(feed)-1].Ref != string(id) {
			t.Errorf("she is not told: %v", err)
		}
		// Up again, which needs no reason; the mail of the step down is not sent any more.
		if err := f.StepDown(ctx, w.Staff.Family.Actor, id, flow.NewStep{To: meetings.ByVideo, Seq: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.GuestMail(ctx, mails[0].Payload); err == nil {
			t.Error("a mail of a step that is no longer so")
		}
		k, err := f.KioskAfter(ctx, w.MotherActor(), id)
		if err != nil || !k.Stepped || k.Standing != meetings.ByVideo || k.Part != nil {
			t.Errorf("%+v %v", k, err)
		}
		w.Env.Clock.Advance(3 * time.Hour)
		wantKind(t, "after it", f.StepDown(ctx, w.Staff.Worker.Actor, id, down), ids.Conflict)
		if n := len(w.Entries(t, audit.MeetingSteppedKind)); n != 3 {
			t.Errorf("%d entries of steps", n)
		}
		w.VerifyAudit(t)
	})
}

func mustAfter(t *testing.T, w *flowtest.World, a ids.Actor, id ids.MeetingID) flow.AfterView {
	t.Helper()
	v, err := w.Flow.After(t.Context(), a, id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAMeetingFarAwayIsNoNewsOutside(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		id := planReview(t, w, meetings.CoreGroup, 72*time.Hour)
		w.Take(t, outbox.MailGuest)
		if err := w.Flow.StepDown(t.Context(), w.Staff.Worker.Actor, id, flow.NewStep{To: meetings.ReadOut, Why: meetings.WhyOwnChoice}); err != nil {
			t.Fatal(err)
		}
		if n := len(w.Take(t, outbox.MailGuest)); n != 0 {
			t.Errorf("%d mails three days before", n)
		}
	})
}

func TestHowSheTookPartIsRecorded(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f, worker := t.Context(), w.Flow, w.Staff.Worker.Actor
		id, proven := planReview(t, w, meetings.LookedAfterReview, time.Hour), planReview(t, w, meetings.CoreGroup, time.Hour)
		wantKind(t, "before it", f.RecordPart(ctx, worker, id, flow.NewPart{Part: meetings.ByVideo}), ids.Conflict)
		if err := f.StepDown(ctx, worker, id, flow.NewStep{To: meetings.WithNone, Why: meetings.WhyRegime}); err != nil {
			t.Fatal(err)
		}
		var her ids.ParticipantID
		for _, p := range mustAfter(t, w, worker, proven).People {
			if p.Kind == meetings.PersonMother {
				her = p.Participant
			}
		}
		w.Env.Clock.Advance(90 * time.Minute)
		if err := f.RoomEvent(ctx, meetings.RoomEvent{ID: "1", Room: proven, Kind: meetings.Joined, Participant: her, At: w.Env.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		w.Env.Clock.Advance(2 * time.Hour)
		tasks, err := f.AfterTasks(ctx, worker)
		if err != nil || len(tasks.Parts) != 1 || tasks.Parts[0].ID != id || tasks.Parts[0].Suggested.Part != meetings.WithNone || tasks.Parts[0].Suggested.Why != meetings.WhyRegime {
			t.Fatalf("%+v %v", tasks, err)
		}
		if other, err := f.AfterTasks(ctx, w.Staff.OtherWorker.Actor); err != nil || len(other.Parts) != 0 {
			t.Errorf("another's: %+v %v", other, err)
		}
		if pom, err := f.AfterTasks(ctx, w.Staff.Manager.Actor); err != nil || len(pom.Parts) != 0 {
			t.Errorf("the offender manager keeps none: %+v %v", pom, err)
		}
		wantKind(t, "no reason", f.RecordPart(ctx, worker, id, flow.NewPart{Part: meetings.WithNone}), ids.Invalid)
		wantKind(t, "the prison", f.RecordPart(ctx, w.Staff.Manager.Actor, id, flow.NewPart{Part: meetings.ByVideo}), ids.Forbidden)
		if err := f.RecordPart(ctx, worker, id, flow.NewPart{Part: meetings.WithNone, Why: meetings.WhyRegime, Note: "Lock-down of the wing."}); err != nil {
			t.Fatal(err)
		}
		if tasks, err = f.AfterTasks(ctx, worker); err != nil || len(tasks.Parts) != 0 {
			t.Errorf("%+v %v", tasks, err)
		}
		v := mustAfter(t, w, w.Staff.Manager.Actor, id)
		if v.Part == nil || v.Part.Part != meetings.WithNone || v.Part.Note != "Lock-down of the wing." || v.Part.Proven || v.Part.ByName != "Wendy Pryce" || v.MayKeep {
			t.Errorf("%+v", v.Part)
		}
		k, err := f.KioskAfter(ctx, w.MotherActor(), id)
		if err != nil || k.Part == nil || k.Part.Note != "" {
			t.Errorf("%+v %v", k.Part, err)
		}
		if err := f.RecordPart(ctx, worker, proven, flow.NewPart{Part: meetings.ByVideo}); err != nil {
			t.Fatal(err)
		}
		if v = mustAfter(t, w, worker, proven); v.Part == nil || !v.Part.Proven || !v.Suggested.Proven {
			t.Errorf("%+v %+v", v.Part, v.Suggested)
		}
		// A guest was on the phone, by the worker's word.
		for _, p := range v.People {
			if p.Kind != meetings.PersonContact {
				continue
			}
			if err := f.SayThere(ctx, worker, proven, p.Participant, meetings.LegOfPhone); err != nil {
				t.Fatal(err)
			}
			wantKind(t, "no such leg", f.SayThere(ctx, worker, proven, p.Participant, "owl"), ids.Invalid)
		}
		for _, p := range mustAfter(t, w, worker, proven).People {
			if p.Kind == meetings.PersonContact && (p.Proof != meetings.ProofPerson || p.Leg != meetings.LegOfPhone || p.SaidBy != "Wendy Pryce") {
				t.Errorf("%+v", p)
			}
		}
		w.VerifyAudit(t)
	})
}

func TestMinutesActionsAndViews(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f, worker := t.Context(), w.Flow, w.Staff.Worker.Actor
		id := planReview(t, w, meetings.LookedAfterReview, time.Hour)
		w.Env.Clock.Advance(3 * time.Hour)
		// Nothing came: they are asked for where the authority is written to, once.
		v := mustAfter(t, w, worker, id)
		if len(v.Asks) != 1 || v.Asks[0].Thread != w.Threads.Official || v.Asks[0].Asked || v.MinutesBy == 0 || v.Late {
			t.Fatalf("%+v", v)
		}
		wantKind(t, "the other authority's", f.AskMinutes(ctx, worker, id, w.Threads.Brookshire), ids.Invalid)
		for range 2 {
			if err := f.AskMinutes(ctx, worker, id, w.Threads.Official); err != nil {
				t.Fatal(err)
			}
		}
		if asks, err := w.Env.Store.OpenAsksOf(ctx, []ids.CaseID{w.Case}); err != nil || len(asks) != 1 || asks[0].Origin != cases.AskByMinutes {
			t.Fatalf("%+v %v", asks, err)
		}
		mail := flowtest.From(flowtest.AnnaAddress, "Please find the minutes of the LAC review attached.")
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), mail)
		msg := in.Message
		sug, err := f.MinutesOfMessage(ctx, worker, msg) // while it waits for review
		if err != nil || sug.Guess != id || sug.Is != "" {
			t.Fatalf("%+v %v", sug, err)
		}
		if _, err := f.MinutesOfMessage(ctx, w.Staff.OtherWorker.Actor, msg); ids.KindOf(err) != ids.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		for range 2 {
			if err := f.KeepMinutes(ctx, worker, msg, id); err != nil {
				t.Fatal(err)
			}
		}
		if asks, err := w.Env.Store.OpenAsksOf(ctx, []ids.CaseID{w.Case}); err != nil || len(asks) != 0 {
			t.Errorf("they are still asked for: %+v %v", asks, err)
		}
		if err := f.KeepViews(ctx, worker, id, flow.NewViews{Source: meetings.ViewsInMinutes, Text: "Mair did not wish to comment."}); err != nil {
			t.Fatal(err)
		}
		// Until the minutes are hers, nothing that they say is.
		k, err := f.KioskAfter(ctx, w.MotherActor(), id)
		if err != nil || k.Views != nil || len(k.Minutes) != 0 {
			t.Errorf("%+v %v", k, err)
		}
		wantKind(t, "what she has not read", f.DisputeViews(ctx, w.MotherActor(), id, 1), ids.NotFound)
		w.Release(t, msg)
		k, err = f.KioskAfter(ctx, w.MotherActor(), id)
		if err != nil || k.Views == nil || k.Views.Text != "Mair did not wish to comment." || len(k.Minutes) != 1 {
			t.Fatalf("%+v %v", k, err)
		}
		wantKind(t, "the worker in her stead", f.DisputeViews(ctx, worker, id, k.Views.Seq), ids.Forbidden)
		for range 2 {
			if err := f.DisputeViews(ctx, w.MotherActor(), id, k.Views.Seq); err != nil {
				t.Fatal(err)
			}
		}
		tasks, err := f.AfterTasks(ctx, worker)
		if err != nil || len(tasks.Wrong) != 1 || tasks.Wrong[0].ID != id {
			t.Fatalf("%+v %v", tasks.Wrong, err)
		}
		if err := f.SettleViews(ctx, worker, id, k.Views.Seq); err != nil {
			t.Fatal(err)
		}
		if tasks, err = f.AfterTasks(ctx, worker); err != nil || len(tasks.Wrong) != 0 {
			t.Errorf("%+v %v", tasks.Wrong, err)
		}
		v = mustAfter(t, w, worker, id)
		if len(v.Minutes) != 1 || v.Minutes[0].ToHer == nil || v.Minutes[0].State != messages.Released {
			t.Errorf("%+v", v.Minutes)
		}
		actions(t, w, id)
		wantKind(t, "of a message of hers", f.KeepMinutes(ctx, worker, w.Say(t, w.MotherActor(), w.Threads.Official, "Thank you").Message, id), ids.Invalid)
		if err := f.TakeBackMinutes(ctx, worker, id, msg); err != nil {
			t.Fatal(err)
		}
		if v = mustAfter(t, w, worker, id); len(v.Minutes) != 0 {
			t.Errorf("%+v", v.Minutes)
		}
		w.VerifyAudit(t)
	})
}

func actions(t *testing.T, w *flowtest.World, id ids.MeetingID) {
	ctx, f, worker, today := t.Context(), w.Flow, w.Staff.Worker.Actor, w.Env.Store.Today()
	n := flow.NewAction{What: "Send the school report", Kind: meetings.OwnedByContact, Owner: string(w.Contacts.Anna), Due: today + 7, IdemKey: "1"}
	var made ids.ActionID
	for range 2 {
		got, err := f.AddAction(ctx, worker, id, n)
		if err != nil || made != "" && got != made {
			t.Fatalf("%s %v", got, err)
		}
		made = got
	}
	asks, err := w.Env.Store.OpenAsksOf(ctx, []ids.CaseID{w.Case})
	if err != nil || len(asks) != 1 || asks[0].Origin != cases.AskByAction || asks[0].Due != today+7 {
		t.Fatalf("%+v %v", asks, err)
	}
	_, err = f.AddAction(ctx, worker, id, flow.NewAction{What: "Nothing of hers", Kind: meetings.OwnedByContact, Owner: string(w.Contacts.Lara), Due: today + 1, IdemKey: "2"})
	wantKind(t, "her lawyer, of whom the case's official side knows nothing", err, ids.Invalid)
	if _, err := f.AddAction(ctx, worker, id, flow.NewAction{What: "Write to Tomos", Kind: meetings.OwnedByMother, Due: today - 1, IdemKey: "3"}); err != nil {
		t.Fatal(err)
	}
	k, err := f.KioskAfter(ctx, w.MotherActor(), id)
	if err != nil || len(k.Actions) != 2 || k.Actions[0].What != "Write to Tomos" || k.Actions[1].OwnerName != "Anna Quill" {
		t.Fatalf("%+v %v", k.Actions, err)
	}
	tasks, err := f.AfterTasks(ctx, worker)
	if err != nil || len(tasks.Actions) != 1 || tasks.Actions[0].What != "Write to Tomos" {
		t.Fatalf("%+v %v", tasks.Actions, err)
	}
	next := planReview(t, w, meetings.LookedAfterReview, 48*time.Hour)
	if v := mustAfter(t, w, worker, next); len(v.Earlier) != 2 {
		t.Errorf("the next meeting's page lists %d", len(v.Earlier))
	}
	_, err = f.CloseAction(ctx, w.Staff.OtherWorker.Actor, made)
	wantKind(t, "a stranger closes", err, ids.NotFound)
	for range 2 {
		if _, err := f.CloseAction(ctx, worker, made); err != nil {
			t.Fatal(err)
		}
	}
	if asks, err = w.Env.Store.OpenAsksOf(ctx, []ids.CaseID{w.Case}); err != nil || len(asks) != 0 {
		t.Errorf("%+v %v", asks, err)
	}
}

func TestLateMinutesAreListed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		id := planReview(t, w, meetings.CoreGroup, time.Hour)
		m, err := w.Env.Store.Meeting(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		by := w.Flow.MinutesBy(m)
		if got := workdays.EnglandAndWales().Between(workdays.Of(m.Starts), by); got != 10 {
			t.Errorf("minutes are due %d working days after", got)
		}
		for w.Env.Store.Today() <= by {
			if tasks, err := w.Flow.AfterTasks(t.Context(), w.Staff.Worker.Actor); err != nil || len(tasks.Minutes) != 0 {
				t.Fatalf("early: %+v %v", tasks.Minutes, err)
			}
			w.Env.Clock.NextDay()
		}
		tasks, err := w.Flow.AfterTasks(t.Context(), w.Staff.Worker.Actor)
		if err != nil || len(tasks.Minutes) != 1 || tasks.Minutes[0].MinutesBy != by {
			t.Errorf("%+v %v", tasks.Minutes, err)
		}
	})
}

func TestDebriefIsPacts(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		id, review := planReview(t, w, meetings.Debrief, time.Hour), planReview(t, w, meetings.CoreGroup, time.Hour)
		note := flow.NewDebrief{How: meetings.MoodWorried, Note: "She cried and would not eat."}
		wantKind(t, "before it", f.KeepDebrief(ctx, w.Staff.Worker.Actor, id, note), ids.Conflict)
		w.Env.Clock.Advance(2 * time.Hour)
		wantKind(t, "on another meeting's page", f.KeepDebrief(ctx, w.Staff.Worker.Actor, review, note), ids.Forbidden)
		for _, who := range []ids.Actor{w.Staff.Manager.Actor, w.Staff.Officer.Actor, w.Staff.Family.Actor, w.MotherActor(), w.Staff.OtherWorker.Actor} {
			wantKind(t, string(who.Role), f.KeepDebrief(ctx, who, id, note), ids.NotFound)
		}
		for range 2 {
			if err := f.KeepDebrief(ctx, w.Staff.Worker.Actor, id, note); err != nil {
				t.Fatal(err)
			}
		}
		v := mustAfter(t, w, w.Staff.StandIn.Actor, id)
		if v.Debrief == nil || len(v.Debrief.Notes) != 1 || v.Debrief.Notes[0].Note != note.Note {
			t.Fatalf("%+v", v.Debrief)
		}
		if v := mustAfter(t, w, w.Staff.Worker.Actor, review); v.Debrief != nil {
			t.Error("a review has a debrief note")
		}
		alerts, err := f.Alerts(ctx, w.Staff.Officer.Actor)
		if err != nil || len(alerts) != 1 || !alerts[0].Urgent || alerts[0].Opening != "" {
			t.Errorf("%+v %v", alerts, err)
		}
		w.VerifyAudit(t)
	})
}
