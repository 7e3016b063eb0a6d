package flow_test

import (
	"encoding/json"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// asProtection gives the case's Pact social worker a second appointment, in public protection at the mother's prison, and returns her in it.
func asProtection(t *testing.T, w *flowtest.World) flowtest.Person {
	t.Helper()
	id, secret, err := w.Flow.CreateStaff(t.Context(), flowtest.Operator, flow.NewStaff{Email: w.Staff.Worker.Email, Role: ids.RolePublicProtection, Agency: w.Agencies.Prison, Known: true})
	if err != nil || secret != "" {
		t.Fatalf("%q %v", secret, err)
	}
	s, err := w.Env.Store.Staff(t.Context(), id)
	if err != nil || s.Name != "Wendy Pryce" {
		t.Fatalf("%+v %v", s, err)
	}
	p := w.Staff.Worker
	p.ID, p.Actor = id, s.Actor()
	return p
}

func signedIn(t *testing.T, w *flowtest.World, p flowtest.Person) (string, people.Staff) {
	t.Helper()
	token, s, err := w.Flow.SignIn(t.Context(), p.Email, flowtest.Password, code(t, w, p))
	if err != nil {
		t.Fatal(err)
	}
	w.Env.Clock.Advance(30 * time.Second) // a code works once
	return token, s
}

// Somebody of two appointments signs in once, acts in one at a time, and has in each what belongs to it and nothing of the other.
func TestOnePersonActsInOneAppointmentAtATime(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, pact, inside := t.Context(), w.Staff.Worker, asProtection(t, w)
		token, s := signedIn(t, w, pact)
		if s.ID != "" {
			t.Fatalf("she acts as %s before she has chosen", s.Role)
		}
		_, err := w.Flow.StaffBySession(ctx, token)
		flowtest.Refused(t, err, ids.Unauthenticated)
		posts, err := w.Flow.Posts(ctx, token)
		if err != nil || len(posts) != 2 || posts[0].ID != pact.ID || posts[1].AgencyName != "HMP Fernhill" || posts[0].Acting || posts[1].Acting {
			t.Fatalf("%+v %v", posts, err)
		}
		_, _, err = w.Flow.ActIn(ctx, token, w.Staff.Protection.ID)
		flowtest.Refused(t, err, ids.NotFound)

		first, s, err := w.Flow.ActIn(ctx, token, inside.ID)
		if err != nil || s.Role != ids.RolePublicProtection {
			t.Fatalf("%+v %v", s, err)
		}
		if _, err := w.Flow.Posts(ctx, token); ids.KindOf(err) != ids.Unauthenticated {
			t.Errorf("the token from before she chose is good: %v", err)
		}
		me, err := w.Flow.StaffBySession(ctx, first)
		if err != nil || me.ID != inside.ID || me.AgencyName != "HMP Fernhill" || me.Posts != 2 {
			t.Fatalf("%+v %v", me, err)
		}
		_, err = w.Flow.Thread(ctx, me.Actor(), w.Threads.Confidential)
		flowtest.Refused(t, err, ids.NotFound)
		must(t, w.Flow.SetReviewAim(ctx, me.Actor(), w.Agencies.Prison, 2)) // public protection's to say

		second, _, err := w.Flow.ActIn(ctx, first, pact.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Flow.StaffBySession(ctx, first)
		flowtest.Refused(t, err, ids.Unauthenticated)
		me, err = w.Flow.StaffBySession(ctx, second)
		if err != nil || me.ID != pact.ID {
			t.Fatalf("%+v %v", me, err)
		}
		if _, err := w.Flow.Thread(ctx, me.Actor(), w.Threads.Confidential); err != nil {
			t.Errorf("her own conversation as Pact worker: %v", err)
		}
		flowtest.Refused(t, w.Flow.SetReviewAim(ctx, me.Actor(), w.Agencies.Prison, 3), ids.Forbidden)
		// In another browser she begins to act in the other one: here she no longer does.
		token, _ = signedIn(t, w, pact)
		if _, err := w.Flow.StaffBySession(ctx, second); err != nil {
			t.Errorf("signing in without having chosen ended a session: %v", err)
		}
		if _, _, err := w.Flow.ActIn(ctx, token, inside.ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.Flow.StaffBySession(ctx, second)
		flowtest.Refused(t, err, ids.Unauthenticated)

		taken := w.Entries(t, audit.ActsInKind)
		if len(taken) != 3 {
			t.Fatalf("%d entries", len(taken))
		}
		for _, e := range taken {
			if e.Actor.ID != e.Subject || e.Detail["signed_in"] != string(pact.Actor.Person) {
				t.Errorf("the entry does not name appointment and person: %+v", e)
			}
		}
		w.VerifyAudit(t)
	})
}

func TestAppointmentsAreGivenWithCare(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, admin := t.Context(), w.Staff.Admin.Actor
		give := func(a ids.Actor, n flow.NewStaff) error {
			if n.Email == "" {
				n.Email = w.Staff.Manager.Email
			}
			if n.Role == "" {
				n.Role = ids.RoleFamilyWorker
			}
			_, _, err := w.Flow.CreateStaff(ctx, a, n)
			return err
		}
		pact, today := w.Agencies.Pact, w.Env.Store.Today()
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: pact, Name: "Pat Moss", Password: flowtest.Password}), ids.Conflict) // not said to be the same person
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: w.Agencies.Prison, Known: true}), ids.Forbidden)
		flowtest.Refused(t, give(admin, flow.NewStaff{Email: w.Staff.Admin.Email, Agency: pact, Known: true}), ids.Forbidden)
		flowtest.Refused(t, give(w.Staff.Worker.Actor, flow.NewStaff{Agency: pact, Known: true}), ids.Forbidden)
		flowtest.Refused(t, give(admin, flow.NewStaff{Email: "nobody@pact.example", Agency: pact, Known: true}), ids.NotFound)
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: pact, Known: true, To: today.Plus(-1)}), ids.Invalid)
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: pact, Known: true, From: today.Plus(9), To: today.Plus(8)}), ids.Invalid)
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: pact, Known: true, Wing: w.Wing}), ids.Invalid)
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: pact, Known: true, WorkEmail: "no address"}), ids.Invalid)
		must(t, give(admin, flow.NewStaff{Agency: pact, Known: true, From: today.Plus(5), To: today.Plus(9), WorkEmail: "Pat@Pact.example"}))
		flowtest.Refused(t, give(admin, flow.NewStaff{Agency: pact, Known: true, From: today.Plus(9)}), ids.Conflict) // they overlap
		must(t, give(admin, flow.NewStaff{Agency: pact, Known: true, From: today.Plus(10)}))

		list, err := w.Flow.Users(ctx, admin)
		for _, s := range list {
			if s.Agency != pact {
				t.Errorf("an administrator of Pact manages %s", s.Email)
			}
		}
		if err != nil || len(list) != 7 {
			t.Errorf("%d appointments at Pact, %v", len(list), err)
		}
		flowtest.Refused(t, w.Flow.DisableStaff(ctx, admin, w.Staff.Officer.ID), ids.Forbidden)
		if _, err := w.Flow.IssueToken(ctx, admin, "rota", w.Staff.Officer.ID, w.Env.Clock.Now().Add(time.Hour)); ids.KindOf(err) != ids.Forbidden {
			t.Errorf("a token at another agency: %v", err)
		}
		hers := 0
		for _, e := range w.Entries(t, audit.AppointedKind) {
			if e.Detail["holder"] == string(w.Staff.Manager.Actor.Person) {
				hers++
			}
		}
		if hers != 2 { // the first came with her access
			t.Errorf("%d entries of her appointments, want 2", hers)
		}
	})
}

// An appointment begins and ends with its days: the sign-in, a session, what is claimed.
func TestAppointmentsHaveDays(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, today := t.Context(), w.Env.Store.Today()
		id, _, err := w.Flow.CreateStaff(ctx, flowtest.Operator, flow.NewStaff{Email: w.Staff.Manager.Email, Role: ids.RolePactWorker, Agency: w.Agencies.Pact, Known: true, From: today.Plus(2), To: today.Plus(3)})
		must(t, err)
		if _, s := signedIn(t, w, w.Staff.Manager); s.ID != w.Staff.Manager.ID {
			t.Errorf("before its first day she is asked to choose: %+v", s)
		}
		must(t, w.Flow.JoinTeam(ctx, w.Staff.Worker.Actor, w.Case, w.Staff.StandIn.ID))
		w.Env.Clock.Advance(48 * time.Hour)
		token, s := signedIn(t, w, w.Staff.Manager)
		if s.ID != "" {
			t.Fatalf("on its first day she is not asked: %+v", s)
		}
		token, s, err = w.Flow.ActIn(ctx, token, id)
		must(t, err)
		must(t, w.Flow.JoinTeam(ctx, w.Staff.Worker.Actor, w.Case, id))
		held := w.HoldOf(t, w.Say(t, w.MotherActor(), w.Threads.Official, "When is it?").Message).ID
		must(t, w.Flow.Claim(ctx, s.Actor(), held))
		w.Env.Clock.Advance(48 * time.Hour)
		_, err = w.Flow.StaffBySession(ctx, token)
		flowtest.Refused(t, err, ids.Unauthenticated)
		payload, err := json.Marshal(w.Env.Store.Today())
		must(t, err)
		for range 2 { // once more is no more
			must(t, w.Flow.HandleDayTurned(ctx, outbox.Item{Payload: payload}))
		}
		if h, err := w.Env.Store.Hold(ctx, held); err != nil || h.ClaimedBy != "" {
			t.Errorf("after its last day it is claimed by %q, %v", h.ClaimedBy, err)
		}
		if n := len(w.Entries(t, audit.UserDisabledKind)); n != 1 {
			t.Errorf("%d entries", n)
		}
		if _, s := signedIn(t, w, w.Staff.Manager); s.ID != w.Staff.Manager.ID {
			t.Errorf("her other appointment: %+v", s)
		}
	})
}

// Ending one appointment ends its sessions, tokens and claims, and no others.
func TestEndingOneAppointmentLeavesTheOthers(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, pact, inside := t.Context(), w.Staff.Worker, asProtection(t, w)
		soon := w.Env.Clock.Now().Add(time.Hour)
		tokens := map[ids.StaffID]string{}
		for _, id := range []ids.StaffID{pact.ID, inside.ID} {
			var err error
			tokens[id], err = w.Flow.IssueToken(ctx, flowtest.Operator, "program", id, soon)
			must(t, err)
		}
		must(t, w.Flow.SetReview(ctx, w.Staff.Protection.Actor, messages.ReviewSetting{Scope: messages.Scope{Kind: messages.OfThread, ID: string(w.Threads.Official)}, Direction: messages.FromHer,
			First: ids.RolePublicProtection}))
		theirs := w.HoldOf(t, w.Say(t, w.MotherActor(), w.Threads.Official, "One.").Message).ID
		hers := w.HoldOf(t, w.Say(t, w.MotherActor(), w.Threads.Brookshire, "Two.").Message).ID
		must(t, w.Flow.Claim(ctx, inside.Actor, theirs))
		must(t, w.Flow.Claim(ctx, pact.Actor, hers))
		token, _ := signedIn(t, w, pact)
		session, _, err := w.Flow.ActIn(ctx, token, pact.ID)
		must(t, err)

		must(t, w.Flow.DisableStaff(ctx, flowtest.Operator, inside.ID))
		if _, err := w.Flow.StaffBySession(ctx, session); err != nil {
			t.Errorf("the other appointment's session: %v", err)
		}
		if _, err := w.Flow.ActorByToken(ctx, tokens[pact.ID]); err != nil {
			t.Errorf("the other appointment's token: %v", err)
		}
		_, err = w.Flow.ActorByToken(ctx, tokens[inside.ID])
		flowtest.Refused(t, err, ids.Unauthenticated)
		for id, want := range map[ids.HoldID]ids.StaffID{theirs: "", hers: pact.ID} {
			if h, err := w.Env.Store.Hold(ctx, id); err != nil || h.ClaimedBy != want {
				t.Errorf("claimed by %q, want %q, %v", h.ClaimedBy, want, err)
			}
		}
		_, _, err = w.Flow.ActIn(ctx, session, inside.ID)
		flowtest.Refused(t, err, ids.NotFound)
		must(t, w.Flow.DisablePerson(ctx, flowtest.Operator, pact.Actor.Person))
		_, err = w.Flow.StaffBySession(ctx, session)
		flowtest.Refused(t, err, ids.Unauthenticated)
		_, _, err = w.Flow.SignIn(ctx, pact.Email, flowtest.Password, code(t, w, pact))
		flowtest.Refused(t, err, ids.Unauthenticated)
	})
}

// Where a second person is needed, the same one in another appointment is none.
func TestNobodyIsHerOwnSecondPerson(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, pact, inside := t.Context(), w.Staff.Worker, asProtection(t, w)
		// Her own words, which public protection reads.
		monitor(t, w)
		out := w.Say(t, pact.Actor, w.Threads.Official, "She is doing well.")
		if out.State != messages.Held {
			t.Fatalf("%+v", out)
		}
		h := w.HoldOf(t, out.Message)
		flowtest.Refused(t, w.Flow.Release(ctx, inside.Actor, h.ID, ""), ids.Forbidden)
		flowtest.Refused(t, w.Flow.Claim(ctx, inside.Actor, h.ID), ids.Forbidden)
		flowtest.Refused(t, w.Flow.Withhold(ctx, inside.Actor, h.ID, messages.WithholdReasons[0].Code, ""), ids.Forbidden)
		must(t, w.Flow.Release(ctx, w.Staff.Protection.Actor, h.ID, ""))

		// What she has released as its first reviewer, a second one reads.
		out = w.Say(t, w.MotherActor(), w.Threads.Official, "Thank you.")
		must(t, w.Flow.Release(ctx, pact.Actor, w.HoldOf(t, out.Message).ID, ""))
		h = w.HoldOf(t, out.Message)
		if h.ForRole != ids.RolePublicProtection || h.Stage != 1 {
			t.Fatalf("%+v", h)
		}
		flowtest.Refused(t, w.Flow.Release(ctx, inside.Actor, h.ID, ""), ids.Forbidden)
		must(t, w.Flow.Release(ctx, w.Staff.Protection.Actor, h.ID, ""))

		// An appeal against her decision as Pact worker is not hers to decide as public protection.
		out = w.Say(t, w.MotherActor(), w.Threads.Official, "Please.")
		must(t, w.Flow.Withhold(ctx, pact.Actor, w.HoldOf(t, out.Message).ID, "other", "No."))
		for _, other := range []flowtest.Person{w.Staff.StandIn} { // then public protection stands in
			must(t, w.Flow.LeaveTeam(ctx, pact.Actor, w.Case, other.ID))
		}
		must(t, w.Flow.Appeal(ctx, w.MotherActor(), out.Message))
		h = w.HoldOf(t, out.Message)
		if h.ForRole != ids.RolePublicProtection {
			t.Fatalf("the appeal waits for %s", h.ForRole)
		}
		flowtest.Refused(t, w.Flow.Release(ctx, inside.Actor, h.ID, ""), ids.Forbidden)
		must(t, w.Flow.Release(ctx, w.Staff.Protection.Actor, h.ID, ""))
		w.VerifyAudit(t)
	})
}

// monitor has public protection read what passes in the conversation with Anna.
func monitor(t *testing.T, w *flowtest.World) {
	t.Helper()
	_, err := w.Flow.AddRestriction(t.Context(), w.Staff.Protection.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.Monitored, Source: "other", Contacts: []ids.ContactID{w.Contacts.Anna}})
	must(t, err)
}

// An agency worker is known at two authorities by one address. Her mail belongs to the thread that it came to, and a restriction binds her at both.
func TestOneAddressAtTwoAuthorities(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, sam := t.Context(), "sam.ash@workers.example"
		contact := func(at ids.AgencyID) ids.ContactID {
			id, err := w.Flow.CreateContact(ctx, flowtest.Operator, at, "Sam Ash", sam, people.AllocatedWorker, "phone")
			must(t, err)
			return id
		}
		a, b := contact(w.Agencies.Anytown), contact(w.Agencies.Brookshire)
		_, err := w.Flow.CreateContact(ctx, flowtest.Operator, w.Agencies.Anytown, "Sam Ash", sam, people.AllocatedWorker, "phone")
		flowtest.Refused(t, err, ids.Conflict)
		open := func(child ids.ChildID, c ids.ContactID) ids.ThreadID {
			id, err := w.Flow.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "Contact", Contacts: []ids.ContactID{c}, Children: []ids.ChildID{child}})
			must(t, err)
			return id
		}
		ofA, ofB := open(w.Children[0].ID, a), open(w.Children[1].ID, b)
		for th, c := range map[ids.ThreadID]ids.ContactID{ofA: a, ofB: b} {
			in := w.Receive(t, w.ReplyAddress(t, th, c), flowtest.From(sam, "Words for "+string(th)))
			m, err := w.Env.Store.Message(ctx, in.Message)
			if err != nil || m.Thread != th || m.AuthorID != string(c) {
				t.Errorf("%s: %+v %v", in.State, m, err)
			}
		}
		// To a conversation in which she has no part under any name, she is nobody.
		if in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(sam, "And here")); in.State != store.InboundHeld || w.HoldOfMail(t, in.ID).Reason != messages.HoldUnknownSender {
			t.Errorf("%s", in.State)
		}
		_, err = w.Flow.AddRestriction(ctx, w.Staff.Protection.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.NoContact, Source: "other", Contacts: []ids.ContactID{a}})
		must(t, err)
		for _, th := range []ids.ThreadID{ofA, ofB} {
			if _, err := w.Flow.Compose(ctx, w.MotherActor(), flow.NewMessage{Thread: th, Body: "Hello", IdemKey: "x" + string(th)}); ids.KindOf(err) != ids.Forbidden {
				t.Errorf("no contact with her at Anytown leaves Brookshire: %v", err)
			}
		}
	})
}

// She answers Anytown's address from Brookshire's domain: her words are not Anytown's, and somebody is asked who follows her there.
func TestWhoSeemsToHaveMovedToAnotherAuthority(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		for _, unproven := range []flow.ReadMail{
			with(flowtest.From("anna@brookshire.example", "Words"), func(m *flow.ReadMail) { m.Proof.Verified = false }),
			flowtest.From("anna@nowhere.example", "Words"), flowtest.From("nia@brookshire.example", "Words")} {
			if h := w.HoldOfMail(t, w.Receive(t, to, unproven).ID); h.Reason != messages.HoldUnknownSender {
				t.Errorf("%s: held as %s", unproven.From, h.Reason)
			}
		}
		in := w.Receive(t, to, with(flowtest.From("a.quill@brookshire.example", "I work here now"), func(m *flow.ReadMail) { m.FromName = "anna  QUILL" }))
		h := w.HoldOfMail(t, in.ID)
		if h.Reason != messages.HoldMoved {
			t.Fatalf("held as %s", h.Reason)
		}
		_ = w.Receive(t, to, flowtest.From("anna@brookshire.example", "Once more"))
		rows, err := w.Flow.Handovers(ctx, worker)
		if err != nil || len(rows) != 1 || rows[0].Reason != cases.HandoverMoved || rows[0].FromContact.ID != w.Contacts.Anna || rows[0].Successor != (cases.Successor{}) {
			t.Fatalf("%+v %v", rows, err)
		}
		if _, err := w.Flow.FileHeld(ctx, worker, h.ID, flow.Filing{Confirmed: true}); ids.KindOf(err) != ids.Forbidden {
			t.Errorf("Brookshire's words were filed as Anytown's: %v", err)
		}
		if v, err := w.Flow.HoldView(ctx, worker, h.ID); err != nil || v.MovedTo != "Brookshire Council" {
			t.Errorf("%q %v", v.MovedTo, err)
		}
	})
}
