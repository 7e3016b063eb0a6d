package flow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// planned has the world's worker plan a meeting with Anna, two days from now, and returns it with the mail that Anna gets.
func planned(t *testing.T, w *flowtest.World) (ids.MeetingID, flow.OutMail) {
	t.Helper()
	starts := w.Env.Clock.Now().Add(48 * time.Hour).Truncate(time.Hour)
	id, err := w.Flow.CreateMeeting(t.Context(), w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Title: "About Tomos and his school", Starts: starts,
		Ends: starts.Add(time.Hour), Guests: []ids.ContactID{w.Contacts.Anna}, About: []ids.ChildID{w.Children[0].ID}})
	if err != nil {
		t.Fatal(err)
	}
	return id, guestMails(t, w)[0]
}

// guestMails takes the mail to guests that waits to leave; what has nothing to say is left out.
func guestMails(t *testing.T, w *flowtest.World) (out []flow.OutMail) {
	t.Helper()
	for _, it := range w.Take(t, outbox.MailGuest) {
		m, err := w.Flow.GuestMail(t.Context(), it.Payload)
		if err == flow.ErrNothingToSend {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Flow.GuestMail(t.Context(), it.Payload)
		if err != nil || again.MessageID != m.MessageID || again.Calendar == nil != (m.Calendar == nil) {
			t.Fatalf("tried again it is another mail: %v", err)
		}
		out = append(out, m)
	}
	return out
}

func guestOf(t *testing.T, w *flowtest.World, id ids.MeetingID) flow.ParticipantView {
	t.Helper()
	v, err := w.Flow.Meeting(t.Context(), w.Staff.Worker.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Participants {
		if p.Kind == meetings.PersonContact {
			return p
		}
	}
	t.Fatal("there is no guest")
	return flow.ParticipantView{}
}

// answerTo is Anna's calendar's answer to an invitation.
func answerTo(asked flowtest.Written, a flow.CalendarAnswer, stamp time.Time) flow.ReadMail {
	m := flowtest.From(flowtest.AnnaAddress, "")
	m.Kind = flow.MailInvite
	m.CalendarAnswer = &flow.CalendarReply{UID: asked.Meeting.UID, Sequence: asked.Meeting.Sequence, Stamp: stamp, Answer: a}
	return m
}

func TestMeetingsGoIntoGuestsCalendars(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me := t.Context(), w.Staff.Worker.Actor
		id, invited := planned(t, w)
		asked := flowtest.ReadCalendar(t, invited)
		v, err := w.Flow.Meeting(ctx, me, id)
		if err != nil {
			t.Fatal(err)
		}
		m := asked.Meeting
		if asked.Method != "REQUEST" || m.Sequence != 0 || !m.Start.Equal(v.Starts) || !m.End.Equal(v.Ends) || m.Organizer.Address != invited.From || m.Guest.Address != flowtest.AnnaAddress ||
			!strings.Contains(invited.Text, m.Link) || len(m.UID) < 40 || strings.Contains(m.UID, string(guestOf(t, w, id).ID)) {
			t.Fatalf("%+v", asked)
		}
		for _, private := range []string{"Mair", "Hughes", "Tomos", "Fernhill", "A1234BC", "KB-1001", "core_group", "school"} {
			if strings.Contains(string(invited.Calendar.ICS), private) || strings.Contains(invited.Subject, private) || strings.Contains(invited.From, private) {
				t.Errorf("%q is in the entry or the header", private)
			}
		}
		later := v.Starts.Add(26 * time.Hour)
		for range 2 { // sent twice, done once
			if err := w.Flow.MoveMeeting(ctx, me, id, later, later.Add(90*time.Minute), "  The chair is ill. "); err != nil {
				t.Fatal(err)
			}
		}
		mails := guestMails(t, w)
		if len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		moved := flowtest.ReadCalendar(t, mails[0])
		if moved.Method != "REQUEST" || moved.Meeting.UID != m.UID || moved.Meeting.Sequence != 1 || !moved.Meeting.Start.Equal(later) || moved.Meeting.Link != m.Link || moved.Meeting.Organizer != m.Organizer ||
			mails[0].Subject == invited.Subject || mails[0].MessageID == invited.MessageID || strings.Contains(mails[0].Text, "chair") {
			t.Errorf("%+v", moved)
		}
		if v, err = w.Flow.Meeting(ctx, me, id); err != nil || len(v.Moves) != 1 || v.Moves[0].Why != "The chair is ill." || v.Moves[0].Name != "Wendy Pryce" || v.Moves[0].Starts.Equal(later) || !v.Starts.Equal(later) {
			t.Errorf("%v %+v", err, v.Moves)
		}
		if es := w.Entries(t, audit.MeetingChangedKind); len(es) != 2 || es[1].Detail["field"] != "time" || es[0].Detail["repeat"] != "yes" {
			t.Errorf("%+v", es)
		}
		if err := w.Flow.CancelMeeting(ctx, me, id); err != nil {
			t.Fatal(err)
		}
		mails = guestMails(t, w)
		if off := flowtest.ReadCalendar(t, mails[0]); len(mails) != 1 || off.Method != "CANCEL" || off.Meeting.UID != m.UID || off.Meeting.Sequence != 2 || off.Meeting.Link != "" {
			t.Errorf("%+v", off)
		}
		wantProblem(t, w.Flow.MoveMeeting(ctx, me, id, later.Add(time.Hour), later.Add(2*time.Hour), ""), ids.Conflict, "cancelled")
	})
}

func TestWhoMayMoveAndWhen(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		id, _ := planned(t, w)
		now := w.Env.Clock.Now()
		at := func(h time.Duration) (time.Time, time.Time) {
			return now.Add(h * time.Hour), now.Add((h + 1) * time.Hour)
		}
		move := func(a ids.Actor, h time.Duration, why string) error {
			s, e := at(h)
			return w.Flow.MoveMeeting(t.Context(), a, id, s, e, why)
		}
		wantProblem(t, move(w.Staff.OtherManager.Actor, 60, ""), ids.NotFound, "")
		wantProblem(t, w.Flow.MoveMeeting(t.Context(), w.Staff.OtherManager.Actor, "mtg_none", now, now, ""), ids.NotFound, "")
		wantProblem(t, move(ids.ContactActor(w.Contacts.Bea), 60, ""), ids.NotFound, "")
		wantProblem(t, move(w.Staff.Worker.Actor, -60, ""), ids.Invalid, "future")
		wantProblem(t, move(w.Staff.Worker.Actor, 60, strings.Repeat("ŵ", flow.MaxMoveReason+1)), ids.Invalid, "characters")
		if err := move(w.Staff.StandIn.Actor, 60, ""); err != nil {
			t.Fatal(err)
		}
		if err := move(w.Staff.Worker.Actor, 70, ""); err != nil { // again, before the mail of the first has left
			t.Fatal(err)
		}
		if mails := guestMails(t, w); len(mails) != 1 || flowtest.ReadCalendar(t, mails[0]).Meeting.Sequence != 2 {
			t.Errorf("%d mails", len(mails))
		}
		w.Env.Clock.Advance(80 * time.Hour)
		wantProblem(t, move(w.Staff.Worker.Actor, 200, ""), ids.Conflict, "ended")
	})
}

func TestAGuestsCalendarAnswers(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		id, invited := planned(t, w)
		asked, now := flowtest.ReadCalendar(t, invited), w.Env.Clock.Now().Truncate(time.Second)
		to := asked.Meeting.Organizer.Address
		shows := func(want meetings.Answer, what string) {
			t.Helper()
			if got := guestOf(t, w, id).Answer; got.Answer != want || got.At.IsZero() != (want == meetings.AnswerAwaited) {
				t.Fatalf("%s: %+v, want %q", what, got, want)
			}
		}
		shows(meetings.AnswerAwaited, "at first")
		bad := func(what string, change func(*flow.ReadMail)) {
			t.Helper()
			m := answerTo(asked, flow.AnswerDeclined, now)
			change(&m)
			in := w.Receive(t, to, m)
			if in.State != store.InboundHeld {
				t.Errorf("%s: %s", what, in.State)
			}
			shows(meetings.AnswerAwaited, what)
		}
		bad("unproven", func(m *flow.ReadMail) { m.Proof.Verified = false })
		bad("somebody else's", func(m *flow.ReadMail) { m.From = flowtest.BeaAddress })
		bad("to another meeting", func(m *flow.ReadMail) { m.CalendarAnswer.UID = "x@" + flowtest.Domain })
		bad("words", func(m *flow.ReadMail) { m.CalendarAnswer, m.Kind = nil, flow.MailMessage })
		bad("no clear sender", func(m *flow.ReadMail) { m.FromHeaders = 2 })
		auto := flowtest.From(flowtest.AnnaAddress, "I am away.")
		auto.Kind = flow.MailAutoReply
		if in := w.Receive(t, to, auto); in.State != store.InboundNoted {
			t.Errorf("an automatic answer: %s", in.State)
		}
		say := func(what string, a flow.CalendarAnswer, stamp time.Time, want meetings.Answer) {
			t.Helper()
			m := answerTo(asked, a, stamp)
			if a == flow.AnswerCounter {
				m.CalendarAnswer.Start, m.CalendarAnswer.End, m.CalendarAnswer.Comment = now.Add(100*time.Hour), now.Add(101*time.Hour), "After the school run?"
			}
			if in := w.Receive(t, to, m); in.State != store.InboundNoted {
				t.Fatalf("%s: %s", what, in.State)
			}
			shows(want, what)
		}
		say("accepted", flow.AnswerAccepted, now.Add(-5*time.Minute), meetings.AnswerAccepted)
		say("older, later in the post", flow.AnswerDeclined, now.Add(-9*time.Minute), meetings.AnswerAccepted)
		say("another time", flow.AnswerCounter, now.Add(-4*time.Minute), meetings.AnswerCounter)
		if a := guestOf(t, w, id).Answer; a.Comment != "After the school run?" || !a.Starts.Equal(now.Add(100*time.Hour)) {
			t.Errorf("%+v", a)
		}
		say("by a clock that is a year ahead", flow.AnswerTentative, now.AddDate(1, 0, 0), meetings.AnswerTentative)
		w.Env.Clock.Advance(time.Minute)
		say("what comes later counts all the same", flow.AnswerDeclined, w.Env.Clock.Now(), meetings.AnswerDeclined)
		if es := w.Entries(t, audit.GuestAnsweredKind); len(es) != 4 || es[0].Actor != ids.ContactActor(w.Contacts.Anna) || es[0].Case != w.Case || es[0].Detail["answer"] != "declined" {
			t.Errorf("%+v", es)
		}
		v, _ := w.Flow.Meeting(t.Context(), w.Staff.Worker.Actor, id)
		if err := w.Flow.MoveMeeting(t.Context(), w.Staff.Worker.Actor, id, v.Starts.Add(time.Hour), v.Ends.Add(time.Hour), ""); err != nil {
			t.Fatal(err)
		}
		shows(meetings.AnswerAwaited, "after a move all are asked anew")
		w.Env.Clock.Advance(time.Minute)
		say("an answer to the old times", flow.AnswerAccepted, w.Env.Clock.Now(), meetings.AnswerAwaited)
		asked = flowtest.ReadCalendar(t, guestMails(t, w)[0])
		say("an answer to the new times", flow.AnswerAccepted, w.Env.Clock.Now(), meetings.AnswerAccepted)
	})
}

// The address that takes answers is signed: one that is made up leads nowhere, and what was sealed by it stays with its case.
func TestAnAnswerIsHandledOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		id, invited := planned(t, w)
		asked := flowtest.ReadCalendar(t, invited)
		in := w.Accept(t, asked.Meeting.Organizer.Address, answerTo(asked, flow.AnswerAccepted, w.Env.Clock.Now()))
		for range 2 {
			payload, _ := json.Marshal(in)
			if err := w.Flow.HandleMailIn(context.Background(), outbox.Item{ID: "out_1", Payload: payload}); err != nil {
				t.Fatal(err)
			}
		}
		if es := w.Entries(t, audit.GuestAnsweredKind); len(es) != 1 || guestOf(t, w, id).Answer.Answer != meetings.AnswerAccepted {
			t.Errorf("%+v", es)
		}
		local, domain, _ := strings.Cut(asked.Meeting.Organizer.Address, "@")
		forged := local[:len(local)-1] + map[bool]string{true: "b", false: "a"}[local[len(local)-1] == 'a'] + "@" + domain
		if got := w.Receive(t, forged, answerTo(asked, flow.AnswerDeclined, w.Env.Clock.Now())); got.State != store.InboundHeld || guestOf(t, w, id).Answer.Answer != meetings.AnswerAccepted {
			t.Errorf("%s", got.State)
		}
	})
}
