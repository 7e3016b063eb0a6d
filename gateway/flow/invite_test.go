package flow_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// invited is a mail that brings an invitation to a meeting.
func invited(w *flowtest.World, from string, seq int, at time.Time, change ...func(*invites.Invite)) flow.ReadMail {
	m := flowtest.From(from, "Please join us.")
	m.Kind = flow.MailInvite
	m.MessageID = fmt.Sprintf("%d-%d@anytown.example", seq, time.Now().UnixNano())
	m.Invite = &invites.Invite{UID: "uid-1", Method: invites.Request, Sequence: seq, Stamp: w.Env.Clock.Now().Add(time.Duration(seq) * time.Minute).UTC(), Start: at.UTC(), End: at.Add(time.Hour).UTC(),
		Organizer: invites.Person{Name: "Secretary", Address: "meetings@anytown.example"}, Summary: "LAC review", Service: "teams",
		Plan: []invites.Leg{{Kind: invites.Phone, Target: "+442079460958", Send: "12345678#", Why: "It has a number.", WhyCy: "Mae ganddo rif."}}}
	for _, c := range change {
		c(m.Invite)
	}
	return m
}

func inDays(w *flowtest.World, n int) time.Time {
	return w.Env.Clock.Now().AddDate(0, 0, n).Truncate(time.Hour)
}

func replies(t *testing.T, w *flowtest.World) (out []flow.OutMail) {
	t.Helper()
	for _, it := range w.Take(t, outbox.MailInvite) {
		m, err := w.Flow.InviteMail(t.Context(), it.Payload)
		if errors.Is(err, flow.ErrNothingToSend) {
			continue
		}
		must(t, err)
		must(t, w.Flow.InviteMailDone(t.Context(), it.Payload, true, "250 ok"))
		out = append(out, m)
	}
	return out
}

func TestAnInvitationIsBookedAndAnswered(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		to, at := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), inDays(w, 7)
		// A secretary whom nobody knows here sends it to the address that Anna has.
		in := w.Receive(t, to, invited(w, "meetings@anytown.example", 0, at))
		h := w.HoldOfMail(t, in.ID)
		if h.Reason != messages.HoldInvite || in.State != store.InboundHeld {
			t.Fatalf("%s %s", h.Reason, in.State)
		}
		v, err := w.Flow.HoldView(ctx, worker, h.ID)
		if err != nil || v.Invitation == nil || len(v.Invitation.Free) != 1 || v.Invitation.Kind != string(meetings.LookedAfterReview) || !v.Invitation.MayAnswer {
			t.Fatalf("%v %+v", err, v.Invitation)
		}
		if hs, err := w.Flow.Handovers(ctx, worker); err != nil || len(hs) != 0 {
			t.Errorf("a secretary's invitation proposes a handover: %v %v", hs, err)
		}
		answer := flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.LookedAfterReview, About: []ids.ChildID{w.Children[0].ID}}
		for _, p := range []flowtest.Person{w.Staff.Officer, w.Staff.Manager, w.Staff.Protection, w.Staff.OtherWorker} {
			if _, err := w.Flow.AnswerInvitation(ctx, p.Actor, h.ID, answer); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s may answer: %v", p.Email, err)
			}
		}
		// Provisionally first: it goes on waiting.
		_, err = w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerTentative})
		must(t, err)
		made, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, answer)
		if err != nil || len(made) != 1 {
			t.Fatalf("%v %v", made, err)
		}
		m, err := w.Flow.Meeting(ctx, worker, made[0])
		if err != nil || !m.Starts.Equal(at) || m.Kind != meetings.LookedAfterReview || len(m.About) != 1 {
			t.Errorf("%v %+v", err, m.MeetingRow)
		}
		if own, err := w.Flow.MeetingsOf(ctx, w.MotherActor()); err != nil || len(own) != 1 {
			t.Errorf("she sees %d meetings, %v", len(own), err)
		}
		out := replies(t, w)
		if len(out) != 2 {
			t.Fatalf("%d answers were sent", len(out))
		}
		for i, want := range []flow.CalendarAnswer{flow.AnswerTentative, flow.AnswerAccepted} {
			got := flowtest.ReadCalendar(t, out[i])
			if got.Answer != want || got.Invitation.UID != "uid-1" || got.Me.Address != to || out[i].To != "meetings@anytown.example" || out[i].From != to || !out[i].Neutral {
				t.Errorf("%d: %+v to %s from %s", i, got, out[i].To, out[i].From)
			}
		}
		if _, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, answer); ids.KindOf(err) != ids.Conflict && ids.KindOf(err) != ids.NotFound {
			t.Errorf("answered twice: %v", err)
		}
		if len(w.Entries(t, audit.InvitationReceivedKind)) != 1 || len(w.Entries(t, audit.InvitationAnsweredKind)) != 2 || len(w.Entries(t, audit.InvitationSentKind)) != 2 {
			t.Error("the audit log does not have all of it")
		}
		w.VerifyAudit(t)
	})
}

func TestAnInvitationChanges(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		to, at := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), inDays(w, 7)
		book := func(h ids.HoldID) []ids.MeetingID {
			t.Helper()
			made, err := w.Flow.AnswerInvitation(ctx, worker, h, flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.CoreGroup, About: []ids.ChildID{w.Children[0].ID}})
			must(t, err)
			return made
		}
		first := w.Receive(t, to, invited(w, flowtest.AnnaAddress, 1, at))
		// A newer version comes while the first waits: no second hold, and what is booked is the newest.
		at = at.Add(time.Hour)
		if in := w.Receive(t, to, invited(w, flowtest.AnnaAddress, 2, at)); in.State != store.InboundNoted {
			t.Errorf("a newer version of what waits is %s", in.State)
		}
		id := book(w.HoldOfMail(t, first.ID).ID)[0]
		if m, err := w.Flow.Meeting(ctx, worker, id); err != nil || !m.Starts.Equal(at) {
			t.Fatalf("%v %v, want %v", err, m.Starts, at)
		}
		for name, mail := range map[string]flow.ReadMail{"a copy": invited(w, "meetings@anytown.example", 2, at), "an older one": invited(w, flowtest.AnnaAddress, 0, at.Add(-3*time.Hour))} {
			if name == "a copy" {
				mail.Invite.Stamp = stampOf(t, w, worker, id)
			}
			if in := w.Receive(t, to, mail); in.State != store.InboundNoted {
				t.Errorf("%s is %s", name, in.State)
			}
		}
		// What somebody else says of it changes nothing.
		for name, from := range map[string]string{"another authority": flowtest.BeaAddress, "a stranger": "who@else.example"} {
			mail := invited(w, from, 7, at.Add(48*time.Hour), func(in *invites.Invite) { in.Method = invites.Cancel })
			in := w.Receive(t, to, mail)
			h := w.HoldOfMail(t, in.ID)
			if v, err := w.Flow.HoldView(ctx, worker, h.ID); err != nil || v.Invitation == nil || !v.Invitation.Unknown {
				t.Errorf("%s: %v %+v", name, err, v.Invitation)
			}
			if _, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.CoreGroup}); ids.KindOf(err) != ids.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if m, _ := w.Flow.Meeting(ctx, worker, id); m.State != meetings.Planned || !m.Starts.Equal(at) {
			t.Errorf("strangers changed it: %s %v", m.State, m.Starts)
		}
		// The organiser moves it, and calls it off.
		at = at.AddDate(0, 0, 1)
		moved := w.Receive(t, to, invited(w, "meetings@anytown.example", 3, at))
		book(w.HoldOfMail(t, moved.ID).ID)
		if m, err := w.Flow.Meeting(ctx, worker, id); err != nil || !m.Starts.Equal(at) || m.State != meetings.Planned {
			t.Errorf("%v %v %s", err, m.Starts, m.State)
		}
		off := w.Receive(t, to, invited(w, "meetings@anytown.example", 4, at, func(in *invites.Invite) { in.Method = invites.Cancel }))
		book(w.HoldOfMail(t, off.ID).ID)
		if m, err := w.Flow.Meeting(ctx, worker, id); err != nil || m.State != meetings.Cancelled {
			t.Errorf("%v %s", err, m.State)
		}
		// And holds it after all, at the same time: it can be booked again.
		back := w.Receive(t, to, invited(w, "meetings@anytown.example", 5, at))
		if again := book(w.HoldOfMail(t, back.ID).ID); len(again) != 1 || again[0] == id {
			t.Errorf("booked again: %v", again)
		}
		if out := replies(t, w); len(out) != 3 {
			t.Errorf("%d answers: a cancellation needs none", len(out))
		}
		w.VerifyAudit(t)
	})
}

func stampOf(t *testing.T, w *flowtest.World, a ids.Actor, m ids.MeetingID) time.Time {
	t.Helper()
	k, err := w.Env.Store.InvitationByMeeting(t.Context(), m)
	must(t, err)
	return k.Invite.Stamp
}

func TestInvitationsThatCannotBeBooked(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		yes := flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.CoreGroup, About: []ids.ChildID{w.Children[0].ID}}
		for i, c := range []struct {
			name   string
			at     time.Time
			change func(*invites.Invite)
		}{
			{"in the past", inDays(w, -1), func(*invites.Invite) {}}, {"without a time", time.Time{}, func(in *invites.Invite) { in.Start, in.End = time.Time{}, time.Time{} }},
			{"of nine hours", inDays(w, 2), func(in *invites.Invite) { in.End = in.Start.Add(9 * time.Hour) }}, {"in two years", inDays(w, 800), func(*invites.Invite) {}},
		} {
			in := w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, c.at, c.change, func(in *invites.Invite) { in.UID = fmt.Sprint("u", i) }))
			h := w.HoldOfMail(t, in.ID)
			if _, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, yes); ids.KindOf(err) != ids.Invalid {
				t.Errorf("%s: %v", c.name, err)
			}
			if h, err := w.Env.Store.Hold(ctx, h.ID); err != nil || !h.Decided.IsZero() {
				t.Errorf("%s: decided all the same", c.name)
			}
			if _, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerDeclined}); err != nil {
				t.Errorf("%s cannot be declined: %v", c.name, err)
			}
		}
		// An organiser of another organisation is not answered: who takes part is not hers to learn.
		in := w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, inDays(w, 3), func(in *invites.Invite) { in.UID, in.Organizer.Address = "other", "boss@else.example" }))
		_, err := w.Flow.AnswerInvitation(ctx, worker, w.HoldOfMail(t, in.ID).ID, yes)
		must(t, err)
		for _, m := range replies(t, w) {
			if m.To == "boss@else.example" {
				t.Error("somebody of another organisation was answered")
			}
		}
	})
}

// Two press at once: one meeting is made, the other is told.
func TestTwoAnswerOneInvitation(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		h := w.HoldOfMail(t, w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, inDays(w, 5))).ID)
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = w.Flow.AnswerInvitation(t.Context(), w.Staff.Worker.Actor, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.CoreGroup, About: []ids.ChildID{w.Children[0].ID}})
			})
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			switch ids.KindOf(err) {
			case ids.Conflict, ids.NotFound:
			default:
				must(t, err)
				done++
			}
		}
		ms, err := w.Env.Store.MeetingsOfCase(t.Context(), w.Case)
		if err != nil || done != 1 || len(ms) != 1 {
			t.Errorf("%d pressed with success, %d meetings, %v", done, len(ms), err)
		}
	})
}

// An answer that is refused for good is shown where somebody can act on it, until one has arrived.
func TestARefusedAnswerIsShown(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		h := w.HoldOfMail(t, w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, inDays(w, 5))).ID)
		made, err := w.Flow.AnswerInvitation(t.Context(), w.Staff.Worker.Actor, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.CoreGroup, About: []ids.ChildID{w.Children[0].ID}})
		must(t, err)
		it := w.Take(t, outbox.MailInvite)[0]
		for _, c := range []struct {
			sent   bool
			answer string
			want   string
		}{{false, "550 5.1.1 no such mailbox: meetings@anytown.example", "550"}, {false, "", "failed"}, {true, "250 ok", ""}} {
			must(t, w.Flow.InviteMailDone(t.Context(), it.Payload, c.sent, c.answer))
			m, err := w.Flow.Meeting(t.Context(), w.Staff.Worker.Actor, made[0])
			if err != nil || m.From == nil || m.From.Trouble != c.want {
				t.Errorf("%+v: %v %+v", c, err, m.From)
			}
		}
		if m, err := w.Flow.Meeting(t.Context(), w.Staff.Manager.Actor, made[0]); err == nil && m.From != nil {
			t.Error("somebody who does not plan meetings sees how it is dialled")
		}
	})
}

func TestAMissingNumberIsAskedForOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		h := w.HoldOfMail(t, w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, inDays(w, 5), func(in *invites.Invite) {
			in.Ask = invites.Ask{To: "meetings@anytown.example", En: invites.Draft{Subject: "A telephone number", Text: "Please add one.\n\nThank you."}, Cy: invites.Draft{Subject: "Rhif ffôn", Text: "Ychwanegwch un."}}
		})).ID)
		for range 2 {
			must(t, w.Flow.AskOrganiser(t.Context(), w.Staff.Worker.Actor, h.ID))
		}
		out := replies(t, w)
		if len(out) != 1 || out[0].Subject != "A telephone number" || out[0].Calendar != nil || out[0].HTML == "" {
			t.Errorf("%+v", out)
		}
		w.Receive(t, to, invited(w, flowtest.AnnaAddress, 1, inDays(w, 5), func(in *invites.Invite) { in.Method = invites.Cancel }))
		if err := w.Flow.AskOrganiser(t.Context(), w.Staff.Worker.Actor, h.ID); ids.KindOf(err) != ids.Invalid {
			t.Errorf("a number is asked for of a meeting that was called off: %v", err)
		}
	})
}

// What came to the wrong case's address is booked in the right one, and the wrong one keeps nothing of it.
func TestAnInvitationToTheWrongAddressIsBookedWhereItBelongs(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		at := inDays(w, 7)
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Brookshire, w.Contacts.Bea), invited(w, flowtest.BeaAddress, 0, at))
		h := w.HoldOfMail(t, in.ID)
		before, err := w.Env.Store.InvitationByHold(ctx, h.ID)
		must(t, err)
		must(t, w.Flow.MoveHeld(ctx, worker, h.ID, "about another family"))
		left, err := w.Env.Store.Invitation(ctx, before.ID)
		if err != nil || left.State != invites.Moved || left.Invite.Summary != "" || len(left.Invite.Plan) != 0 || left.Hold != "" {
			t.Fatalf("%+v %v", left, err)
		}
		desk := w.HoldOfMail(t, in.ID)
		if desk.ID == h.ID || desk.Case != "" {
			t.Fatalf("%+v", desk)
		}
		// Filed in a conversation of the sender's organisation it waits there, and can be booked.
		target, err := w.Flow.OpenThread(ctx, worker, flow.NewThread{Case: w.Case, Channel: threads.Official, Contacts: []ids.ContactID{w.Contacts.Bea}, Subject: "The other one", Children: []ids.ChildID{w.Children[1].ID}})
		must(t, err)
		c, err := w.Flow.FileHeld(ctx, worker, desk.ID, flow.Filing{Thread: target, Confirmed: true})
		if err != nil || c.Hold == "" || c.Message != "" {
			t.Fatalf("%+v %v", c, err)
		}
		v, err := w.Flow.HoldView(ctx, worker, c.Hold)
		if err != nil || v.Invitation == nil || len(v.Invitation.Free) != 1 {
			t.Fatalf("%+v %v", v.Invitation, err)
		}
		made, err := w.Flow.AnswerInvitation(ctx, worker, c.Hold, flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.LookedAfterReview, About: []ids.ChildID{w.Children[1].ID}})
		if err != nil || len(made) != 1 {
			t.Fatalf("%v %v", made, err)
		}
		w.VerifyAudit(t)
	})
}
