package flow_test

import (
	"strings"
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
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// counterOf is what stands on the hold's page of what was proposed.
func counterOf(t *testing.T, w *flowtest.World, h ids.HoldID) *invites.Counter {
	t.Helper()
	v, err := w.Flow.HoldView(t.Context(), w.Staff.Worker.Actor, h)
	if err != nil || v.Invitation == nil {
		t.Fatalf("%v %+v", err, v.Invitation)
	}
	return v.Invitation.Counter
}

func TestOtherTimesAreProposed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		to, at := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), inDays(w, 7)
		h := w.HoldOfMail(t, w.Receive(t, to, invited(w, flowtest.AnnaAddress, 1, at)).ID)
		other := []time.Time{at.Add(24 * time.Hour), at.Add(26 * time.Hour)}
		for name, c := range map[string]struct {
			starts []time.Time
			kind   ids.Kind
		}{"none": {nil, ids.Invalid}, "four": {append(append([]time.Time{}, other...), at.Add(30*time.Hour), at.Add(31*time.Hour)), ids.Invalid}, "the same": {[]time.Time{at}, ids.Invalid},
			"twice": {[]time.Time{other[0], other[0]}, ids.Invalid}, "in the past": {[]time.Time{inDays(w, -1)}, ids.Invalid}} {
			if err := w.Flow.ProposeTimes(ctx, worker, h.ID, c.starts); err == nil || ids.KindOf(err) != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, p := range []flowtest.Person{w.Staff.Officer, w.Staff.Manager, w.Staff.OtherWorker} {
			flowtest.Refused(t, w.Flow.ProposeTimes(ctx, p.Actor, h.ID, other), ids.NotFound)
		}
		// Pressed many times at once it is one proposal.
		var wg sync.WaitGroup
		errs := make([]error, 5)
		for i := range errs {
			wg.Go(func() { errs[i] = w.Flow.ProposeTimes(ctx, worker, h.ID, other) })
		}
		wg.Wait()
		for _, err := range errs {
			must(t, err)
		}
		flowtest.Refused(t, w.Flow.ProposeTimes(ctx, worker, h.ID, other[:1]), ids.Conflict)
		out := replies(t, w)
		if len(out) != 1 || !out[0].Neutral || out[0].To != "meetings@anytown.example" || out[0].From != to || !strings.Contains(out[0].Subject, "Another time is proposed") {
			t.Fatalf("%+v", out)
		}
		got := flowtest.ReadCalendar(t, out[0])
		if got.Method != "COUNTER" || got.Invitation.UID != "uid-1" || got.Invitation.Sequence != 1 || len(got.Slots) != 2 || !got.Slots[0].Start.Equal(other[0]) || got.Slots[0].End.Sub(got.Slots[0].Start) != time.Hour ||
			!got.Invitation.Start.Equal(at) || got.Me.Address != to {
			t.Errorf("%+v", got)
		}
		if strings.Contains(out[0].Text, "Mair") || strings.Contains(out[0].Text, "LAC") {
			t.Errorf("it names somebody: %s", out[0].Text)
		}
		if c := counterOf(t, w, h.ID); c == nil || c.Outcome != invites.Awaited || c.By != w.Staff.Worker.ID {
			t.Errorf("%+v", c)
		}
		// A stranger's refusal changes nothing; the organiser's is shown, once, and the invitation waits on.
		refusal := func(from string) flow.ReadMail {
			return invited(w, from, 1, at, func(in *invites.Invite) { in.Method, in.Comment = invites.Refusal, "The chair is away then." })
		}
		if in := w.Receive(t, to, refusal(flowtest.BeaAddress)); in.State != store.InboundHeld {
			t.Errorf("a stranger's refusal is %s", in.State)
		}
		if c := counterOf(t, w, h.ID); c.Outcome != invites.Awaited {
			t.Errorf("a stranger refused: %+v", c)
		}
		for range 2 {
			if in := w.Receive(t, to, refusal("meetings@anytown.example")); in.State != store.InboundNoted {
				t.Errorf("the organiser's refusal is %s", in.State)
			}
		}
		if c := counterOf(t, w, h.ID); c.Outcome != invites.NotTaken || c.Comment != "The chair is away then." {
			t.Errorf("%+v", c)
		}
		if open, err := w.Env.Store.Hold(ctx, h.ID); err != nil || !open.Decided.IsZero() {
			t.Error("the refusal decided the invitation")
		}
		// Others can be proposed then; the organiser takes one of them, and the new time can be booked.
		must(t, w.Flow.ProposeTimes(ctx, worker, h.ID, other[1:]))
		if out := replies(t, w); len(out) != 1 {
			t.Errorf("%d mails", len(out))
		}
		if in := w.Receive(t, to, invited(w, "meetings@anytown.example", 2, other[1])); in.State != store.InboundNoted {
			t.Errorf("the organiser's update is %s", in.State)
		}
		if c := counterOf(t, w, h.ID); c.Outcome != invites.Taken {
			t.Errorf("%+v", c)
		}
		made, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Kind: meetings.CoreGroup, About: []ids.ChildID{w.Children[0].ID}})
		must(t, err)
		if m, err := w.Flow.Meeting(ctx, worker, made[0]); err != nil || !m.Starts.Equal(other[1]) {
			t.Errorf("%v %v", err, m.Starts)
		}
		flowtest.Refused(t, w.Flow.ProposeTimes(ctx, worker, h.ID, other[:1]), ids.Conflict)
		if got := len(w.Entries(t, audit.InvitationAnsweredKind)); got != 3 {
			t.Errorf("%d entries", got)
		}
		w.VerifyAudit(t)
	})
}

// To whom no answer goes nothing is proposed; what the organiser has changed meanwhile is not proposed about any more.
func TestWhatIsNotProposed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		to, at := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), inDays(w, 7)
		other := []time.Time{at.Add(24 * time.Hour)}
		for uid, c := range map[string]struct {
			change func(*invites.Invite)
			kind   ids.Kind
		}{"elsewhere": {func(in *invites.Invite) { in.Organizer.Address = "boss@else.example" }, ids.Forbidden},
			"no-time": {func(in *invites.Invite) { in.Start, in.End = time.Time{}, time.Time{} }, ids.Invalid}} {
			h := w.HoldOfMail(t, w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, at, func(in *invites.Invite) { in.UID = uid }, c.change)).ID)
			flowtest.Refused(t, w.Flow.ProposeTimes(ctx, worker, h.ID, other), c.kind)
		}
		h := w.HoldOfMail(t, w.Receive(t, to, invited(w, flowtest.AnnaAddress, 0, at)).ID)
		must(t, w.Flow.ProposeTimes(ctx, worker, h.ID, other))
		w.Receive(t, to, invited(w, flowtest.AnnaAddress, 1, at.Add(48*time.Hour)))
		if out := replies(t, w); len(out) != 0 {
			t.Errorf("a proposal about what is no longer so: %+v", out)
		}
		if c := counterOf(t, w, h.ID); c.Outcome != invites.TakenOther {
			t.Errorf("%+v", c)
		}
		// A refusal of what was never proposed is put before a person as that.
		in := w.Receive(t, to, invited(w, "meetings@anytown.example", 0, at, func(in *invites.Invite) { in.UID, in.Method = "never", invites.Refusal }))
		if v, err := w.Flow.HoldView(ctx, worker, w.HoldOfMail(t, in.ID).ID); err != nil || v.Invitation == nil || !v.Invitation.Unknown {
			t.Errorf("%v %+v", err, v.Invitation)
		}
	})
}

// An email that says in words how to join is put before who plans meetings, in an official conversation of hers; a meeting is planned from it and knows its ways in.
func TestAMeetingIsPlannedFromWords(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		words := func(from string) flow.ReadMail {
			return invited(w, from, 0, time.Time{}, func(in *invites.Invite) {
				*in = invites.Invite{Method: invites.Published, WordsOnly: true, Service: "teams", Summary: "Core group for Tomos", Plan: in.Plan}
			})
		}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), words(flowtest.AnnaAddress))
		h := w.HoldOfMail(t, in.ID)
		v, err := w.Flow.HoldView(ctx, worker, h.ID)
		if err != nil || h.Reason != messages.HoldInvite || v.Invitation == nil || v.Invitation.Sender != w.Contacts.Anna || v.Invitation.Kind != string(meetings.CoreGroup) || len(v.Invitation.About) != 1 {
			t.Fatalf("%v %s %+v", err, h.Reason, v.Invitation)
		}
		flowtest.Refused(t, w.Flow.ProposeTimes(ctx, worker, h.ID, []time.Time{inDays(w, 5)}), ids.Forbidden)
		plan := flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: inDays(w, 6), Ends: inDays(w, 6).Add(time.Hour), About: []ids.ChildID{w.Children[0].ID}, Guests: []ids.ContactID{w.Contacts.Anna}}
		foreign := plan
		foreign.Case = "cas_other"
		_, err = w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Plan: &foreign})
		flowtest.Refused(t, err, ids.NotFound)
		late := plan
		late.Starts = inDays(w, -6)
		_, err = w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Plan: &late})
		flowtest.Refused(t, err, ids.Invalid)
		made, err := w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Plan: &plan})
		if err != nil || len(made) != 1 {
			t.Fatalf("%v %v", made, err)
		}
		m, err := w.Flow.Meeting(ctx, worker, made[0])
		if err != nil || m.From == nil || len(m.From.Invite.Plan) != 1 || !m.Starts.Equal(plan.Starts) {
			t.Errorf("%v %+v", err, m.From)
		}
		if out := replies(t, w); len(out) != 0 {
			t.Errorf("a calendar that is not there is answered: %+v", out)
		}
		if done, err := w.Env.Store.Hold(ctx, h.ID); err != nil || done.Decided.IsZero() || done.Outcome != messages.OutcomeAnswered {
			t.Errorf("%v %+v", err, done)
		}
		_, err = w.Flow.AnswerInvitation(ctx, worker, h.ID, flow.InviteAnswer{Answer: flow.AnswerAccepted, Plan: &plan})
		if k := ids.KindOf(err); err == nil || k != ids.Conflict && k != ids.NotFound {
			t.Errorf("planned twice: %v", err)
		}
		// Between her and her lawyer they are words like others.
		mail := words(flowtest.LaraAddress)
		got := w.Receive(t, w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), mail)
		if got.State != store.InboundFiled {
			t.Errorf("a lawyer's words are %s", got.State)
		}
	})
}

// An invitation that went to another case's address as well says so, and not which case that is.
func TestAnInvitationToTwoCases(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		other, _, err := w.Flow.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Ada Vale", PrisonerNumber: "A9999ZZ", Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"})
		must(t, err)
		c, _, err := w.Flow.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: "KB-2002", Mother: other, Worker: w.Staff.OtherWorker.ID})
		must(t, err)
		th, err := w.Flow.OpenThread(ctx, w.Staff.OtherWorker.Actor, flow.NewThread{Case: c, Channel: threads.Official, Subject: "Another matter", Contacts: []ids.ContactID{w.Contacts.Anna}})
		must(t, err)
		ours, theirs := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), w.ReplyAddress(t, th, w.Contacts.Anna)
		for uid, c := range map[string]struct {
			attendees []string
			want      bool
		}{"alone": {[]string{ours, "anna@anytown.example", "re+forged@" + flowtest.Domain}, false}, "both": {[]string{ours, strings.ToUpper(theirs)}, true}} {
			in := w.Receive(t, ours, invited(w, flowtest.AnnaAddress, 0, inDays(w, 5), func(in *invites.Invite) { in.UID, in.Attendees = uid, c.attendees }))
			v, err := w.Flow.HoldView(ctx, worker, w.HoldOfMail(t, in.ID).ID)
			if err != nil || v.Invitation.OtherCase != c.want {
				t.Errorf("%s: %v %v", uid, err, v.Invitation.OtherCase)
			}
		}
	})
}
