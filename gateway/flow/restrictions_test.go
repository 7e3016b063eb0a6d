package flow_test

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// forbid has public protection forbid all contact with Anna.
func forbid(t *testing.T, w *flowtest.World, change func(*flow.NewRestriction)) ids.RestrictionID {
	t.Helper()
	n := flow.NewRestriction{Case: w.Case, Kind: cases.NoContact, Source: "court_order", Contacts: []ids.ContactID{w.Contacts.Anna}, Told: true, IdemKey: ids.Secret(8)}
	if change != nil {
		change(&n)
	}
	id, err := w.Flow.AddRestriction(t.Context(), w.Staff.Protection.Actor, n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func restrictionsOf(t *testing.T, w *flowtest.World, a ids.Actor) flow.RestrictionsView {
	t.Helper()
	v, err := w.Flow.Restrictions(t.Context(), a, w.Case)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What waits when a restriction begins is kept: her mail that has not left, what she has not read; the reply address is closed and she cannot write. When it ends nothing goes
// by itself.
func TestARestrictionKeepsWhatWaits(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		queued := w.Say(t, w.MotherActor(), w.Threads.Official, "To Anna")
		w.Release(t, queued.Message)
		held := w.Say(t, w.MotherActor(), w.Threads.Official, "Held")
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "From Anna"))
		w.Release(t, in.Message)
		id := forbid(t, w, nil)
		if sent := sendable(t, w); len(sent) != 0 {
			t.Fatalf("%d emails left", len(sent))
		}
		th, err := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range th.Parts {
			if strings.Contains(m.Body, "From Anna") {
				t.Error("she reads what was kept")
			}
		}
		if !th.Stopped {
			t.Error("she is not told that she cannot write")
		}
		_, err = w.Flow.Compose(ctx, w.MotherActor(), flow.NewMessage{Thread: w.Threads.Official, Body: "Again", IdemKey: "again"})
		wantProblem(t, err, ids.Forbidden, "Ask your Pact worker")
		if s := ids.Public(err); strings.Contains(strings.ToLower(s), "restrict") {
			t.Errorf("the refusal betrays it: %s", s)
		}
		w.Release(t, held.Message) // a reviewer may, and it goes nowhere
		late := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Late"))
		if h := w.HoldOfMail(t, late.ID); h.Reason != messages.HoldReason("expired_address") {
			t.Errorf("mail to the closed address: %s", h.Reason)
		}
		v := restrictionsOf(t, w, w.Staff.Worker.Actor)
		if len(v.Kept) != 3 || !v.Kept[0].Forbidden || v.MayChange || !v.MayAdd {
			t.Fatalf("%d kept, %+v", len(v.Kept), v)
		}
		wantProblem(t, w.Flow.LetKeptGo(ctx, w.Staff.Worker.Actor, v.Kept[0].ID), ids.Conflict, "still forbids")
		wantProblem(t, w.Flow.EndRestriction(ctx, w.Staff.Worker.Actor, id), ids.Forbidden, "public protection")
		if err := w.Flow.EndRestriction(ctx, w.Staff.Protection.Actor, id); err != nil {
			t.Fatal(err)
		}
		if sent := sendable(t, w); len(sent) != 0 {
			t.Fatal("something went out by itself")
		}
		v = restrictionsOf(t, w, w.Staff.Worker.Actor)
		if len(v.Kept) != 3 || v.Kept[0].Forbidden {
			t.Fatalf("after its end: %+v", v.Kept)
		}
		for _, k := range v.Kept {
			do := w.Flow.LetKeptGo
			if k.Message == held.Message {
				do = w.Flow.LeaveKept
			}
			if err := do(ctx, w.Staff.Worker.Actor, k.ID); err != nil {
				t.Fatal(err)
			}
			wantProblem(t, do(ctx, w.Staff.Worker.Actor, k.ID), ids.Conflict, "already")
		}
		if sent := w.Send(t); len(sent) != 1 {
			t.Errorf("%d emails after one was let go", len(sent))
		}
		again := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Open again"))
		if again.Message == "" {
			t.Error("the address stayed closed")
		}
	})
}

// sendable are the waiting emails that would leave.
func sendable(t *testing.T, w *flowtest.World) (out []flow.OutMail) {
	t.Helper()
	ds, err := w.Env.Store.DeliveriesOfThread(t.Context(), w.Threads.Official)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if m, err := w.Flow.OutgoingMail(t.Context(), d.ID); err == nil {
			out = append(out, m)
		}
	}
	return out
}

// The day turns: a restriction that begins tomorrow binds tomorrow, one whose last day is over does not.
func TestTheDayTurns(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		today := w.Env.Store.Today()
		forbid(t, w, func(n *flow.NewRestriction) { n.From, n.To = today.Plus(1), today.Plus(1) })
		m := w.Say(t, w.MotherActor(), w.Threads.Official, "Today")
		w.Release(t, m.Message)
		if len(sendable(t, w)) != 1 {
			t.Fatal("kept a day early")
		}
		if err := w.Flow.KeepDays(t.Context()); err != nil {
			t.Fatal(err)
		}
		turn := func() {
			t.Helper()
			for _, it := range w.Take(t, outbox.DayTurned) {
				if err := w.Flow.HandleDayTurned(t.Context(), it); err != nil {
					t.Fatal(err)
				}
			}
		}
		turn()
		if len(restrictionsOf(t, w, w.Staff.Worker.Actor).Kept) != 0 {
			t.Fatal("kept a day early")
		}
		w.Env.Clock.NextDay()
		turn()
		if kept := restrictionsOf(t, w, w.Staff.Worker.Actor).Kept; len(kept) != 1 || !kept[0].Forbidden {
			t.Fatalf("on its day: %+v", kept)
		}
		w.Env.Clock.NextDay()
		turn()
		if kept := restrictionsOf(t, w, w.Staff.Worker.Actor).Kept; len(kept) != 1 || kept[0].Forbidden {
			t.Fatalf("after it: %+v", kept)
		}
	})
}

// A meeting that is booked loses whom she must not meet, and none can be planned with her; the guest is told nothing of why.
func TestARestrictionWithdrawsInvitations(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		n := flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: w.Env.Clock.Now().Add(48 * time.Hour), Ends: w.Env.Clock.Now().Add(49 * time.Hour),
			Guests: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{w.Children[0].ID}}
		id, err := w.Flow.CreateMeeting(ctx, w.Staff.Worker.Actor, n)
		if err != nil {
			t.Fatal(err)
		}
		w.Take(t, outbox.MailGuest)
		forbid(t, w, func(n *flow.NewRestriction) { n.Kind, n.Children = cases.WrittenOnly, []ids.ChildID{w.Children[0].ID} })
		if v, err := w.Flow.Meeting(ctx, ids.ContactActor(w.Contacts.Anna), id); ids.KindOf(err) != ids.NotFound {
			t.Errorf("she still sees it: %+v, %v", v, err)
		}
		if kids, err := w.Env.Store.MeetingChildren(ctx, id); err != nil || len(kids) != 0 {
			t.Errorf("the child is still to be there: %v, %v", kids, err)
		}
		mail := w.Take(t, outbox.MailGuest)
		if len(mail) != 1 {
			t.Fatalf("%d mails to guests", len(mail))
		}
		out, err := w.Flow.GuestMail(ctx, mail[0].Payload)
		if err != nil || strings.Contains(strings.ToLower(out.Text), "restrict") || strings.Contains(out.Text, "Mair") {
			t.Errorf("%v\n%s", err, out.Text)
		}
		v := restrictionsOf(t, w, w.Staff.Worker.Actor)
		if len(v.Work) != 2 {
			t.Fatalf("left to do: %+v", v.Work)
		}
		if err := w.Flow.SeenToMeeting(ctx, w.Staff.Worker.Actor, id); err != nil {
			t.Fatal(err)
		}
		if v := restrictionsOf(t, w, w.Staff.Worker.Actor); len(v.Work) != 0 {
			t.Error("still to do")
		}
		_, err = w.Flow.CreateMeeting(ctx, w.Staff.Worker.Actor, n)
		wantProblem(t, err, ids.Forbidden, "forbids that she meets")
		n.Guests = nil
		_, err = w.Flow.CreateMeeting(ctx, w.Staff.Worker.Actor, n)
		wantProblem(t, err, ids.Forbidden, "forbids that she meets")
	})
}

func TestRestrictionsThatCannotBe(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		today := w.Env.Store.Today()
		for name, c := range map[string]struct {
			change func(*flow.NewRestriction)
			want   string
		}{
			"dates reversed":           {func(n *flow.NewRestriction) { n.From, n.To = today, today.Plus(-1) }, "before the first"},
			"nobody named":             {func(n *flow.NewRestriction) { n.Contacts = nil }, "at least one"},
			"somebody of no case":      {func(n *flow.NewRestriction) { n.Contacts = []ids.ContactID{"con_nobody"} }, "nothing to do with this case"},
			"a child of another":       {func(n *flow.NewRestriction) { n.Children = []ids.ChildID{"chd_other"} }, "not in this case"},
			"an unknown kind":          {func(n *flow.NewRestriction) { n.Kind = "silence" }, "Choose what is forbidden"},
			"an unknown source":        {func(n *flow.NewRestriction) { n.Source = "rumour" }, "rests on"},
			"reviewed before it is":    {func(n *flow.NewRestriction) { n.From, n.Review = today.Plus(5), today.Plus(1) }, "before the restriction begins"},
			"reviewed after its end":   {func(n *flow.NewRestriction) { n.To, n.Review = today.Plus(5), today.Plus(6) }, "after the last day"},
			"the lawyer behind a wall": {func(n *flow.NewRestriction) { n.Contacts = []ids.ContactID{w.Contacts.Lara} }, "nothing to do with this case"},
		} {
			n := flow.NewRestriction{Case: w.Case, Kind: cases.NoContact, Source: "court_order", Contacts: []ids.ContactID{w.Contacts.Anna}}
			c.change(&n)
			_, err := w.Flow.AddRestriction(t.Context(), w.Staff.Protection.Actor, n)
			if ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i := range 40 {
			forbid(t, w, func(n *flow.NewRestriction) { n.Kind = cases.RestrictionKinds[i%len(cases.RestrictionKinds)] })
		}
		v := restrictionsOf(t, w, w.Staff.Protection.Actor)
		if len(v.Rows) != 40 || len(v.Several) != 1 || v.Several[0].Number != 40 || v.Several[0].Counts != cases.NoContact {
			t.Errorf("%d rows, %+v", len(v.Rows), v.Several)
		}
	})
}

// Who may know, and who may do what.
func TestWhoKnowsOfRestrictions(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, today := t.Context(), w.Env.Store.Today()
		key := func(n *flow.NewRestriction) { n.IdemKey, n.Told = "one", false }
		if a, b := forbid(t, w, key), forbid(t, w, key); a != b {
			t.Error("entered twice")
		}
		told := forbid(t, w, func(n *flow.NewRestriction) {
			n.Kind, n.Contacts, n.Children = cases.NoPictures, nil, []ids.ChildID{w.Children[1].ID}
		})
		for name, a := range map[string]ids.Actor{"officer": w.Staff.Officer.Actor, "admin": w.Staff.Admin.Actor, "another worker": w.Staff.OtherWorker.Actor,
			"another prison": w.Staff.OtherManager.Actor, "the person": ids.ContactActor(w.Contacts.Anna), "another authority": ids.ContactActor(w.Contacts.Bea), "her": w.MotherActor()} {
			if _, err := w.Flow.Restrictions(ctx, a, w.Case); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		own, err := w.Flow.OwnRestrictions(ctx, w.MotherActor())
		if err != nil || len(own.Rows) != 1 || own.Rows[0].Names[0] != "Elin" || own.Ask == "" {
			t.Errorf("her own: %+v, %v", own, err)
		}
		_, err = w.Flow.OwnRestrictions(ctx, w.Staff.Worker.Actor)
		wantProblem(t, err, ids.NotFound, "")
		added, err := w.Flow.AddRestriction(ctx, w.Staff.Manager.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.Monitored, Source: "other", Contacts: []ids.ContactID{w.Contacts.Bea}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Flow.AddRestriction(ctx, w.Staff.Family.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.Monitored, Source: "other", Contacts: []ids.ContactID{w.Contacts.Bea}})
		wantProblem(t, err, ids.Forbidden, "cannot enter")
		rows, err := w.Flow.PrisonRestrictions(ctx, w.Staff.Protection.Actor)
		if err != nil || len(rows) != 3 || rows[0].ID != added || !rows[0].Due || rows[1].Due {
			t.Fatalf("%+v, %v", rows, err)
		}
		if rows, err := w.Flow.PrisonRestrictions(ctx, w.Staff.Worker.Actor); err != nil || len(rows) != 0 {
			t.Errorf("not hers to keep: %d, %v", len(rows), err)
		}
		wantProblem(t, w.Flow.ReviewRestriction(ctx, w.Staff.Protection.Actor, added, today), ids.Invalid, "future")
		if err := w.Flow.ReviewRestriction(ctx, w.Staff.Protection.Actor, added, today.Plus(90)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flow.ChangeRestriction(ctx, w.Staff.Protection.Actor, told, flow.RestrictionChange{From: today, To: today.Plus(3), Note: "why"}); err != nil {
			t.Fatal(err)
		}
		if own, err := w.Flow.OwnRestrictions(ctx, w.MotherActor()); err != nil || len(own.Rows) != 0 {
			t.Errorf("told after all: %+v, %v", own, err)
		}
		if rows, err = w.Flow.PrisonRestrictions(ctx, w.Staff.Protection.Actor); err != nil || rows[0].Due {
			t.Errorf("still due: %+v, %v", rows, err)
		}
	})
}

// A picture of a child whom she must not see is listed without a picture until a reviewer has looked at it, and not by itself when the restriction ends.
func TestPicturesWaitForAPerson(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		id := forbid(t, w, func(n *flow.NewRestriction) {
			n.Kind, n.Contacts, n.Children = cases.NoPictures, nil, []ids.ChildID{w.Children[0].ID}
		})
		mail := flowtest.From(flowtest.AnnaAddress, "A photo of him.")
		mail.Files = []store.NewFile{{Content: []byte("a photo"), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: "photo.jpg", MediaType: "image/jpeg", Size: 7}}}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), mail)
		file := mail.Files[0].ID
		if errs := w.CheckFiles(t); len(errs) > 0 {
			t.Fatal(errs)
		}
		w.Release(t, in.Message)
		shown := func() bool {
			t.Helper()
			k, err := w.Flow.KioskMessage(ctx, w.MotherActor(), in.Message)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Flow.FilePage(ctx, w.MotherActor(), file, 1)
			if listed := len(k.Attachments) == 1; listed != (err == nil) || listed == (k.FilesKept == 1) {
				t.Fatalf("%d listed, %d not passed on, and opened: %v", len(k.Attachments), k.FilesKept, err)
			}
			return err == nil
		}
		if shown() {
			t.Fatal("she sees the picture")
		}
		if _, err := w.Flow.FilePage(ctx, w.Staff.Worker.Actor, file, 1); err != nil {
			t.Errorf("her worker must be able to look: %v", err)
		}
		if err := w.Flow.EndRestriction(ctx, w.Staff.Protection.Actor, id); err != nil {
			t.Fatal(err)
		}
		if shown() {
			t.Fatal("it is shown by itself")
		}
		if n, m := len(restrictionsOf(t, w, w.Staff.Worker.Actor).Pictures), len(restrictionsOf(t, w, w.Staff.Manager.Actor).Pictures); n != 1 || m != 0 {
			t.Errorf("%d pictures wait for her worker, %d for the offender manager", n, m)
		}
		wantProblem(t, w.Flow.ClearFile(ctx, w.Staff.Manager.Actor, file), ids.Forbidden, "Pact social worker")
		for range 2 {
			if err := w.Flow.ClearFile(ctx, w.Staff.Worker.Actor, file); err != nil {
				t.Fatal(err)
			}
		}
		if !shown() {
			t.Error("not shown after it was cleared")
		}
	})
}

// What is known of a child, and that nothing new begins about one for whom she has no responsibility.
func TestWhatIsKnownOfAChild(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, today, child := t.Context(), w.Env.Store.Today(), w.Children[0]
		set := func(a ids.Actor, in flow.ChildFacts) error {
			in.Authority = w.Agencies.Anytown
			return w.Flow.SetChild(ctx, a, w.Case, child.ID, in)
		}
		wantProblem(t, set(w.Staff.Manager.Actor, flow.ChildFacts{}), ids.Forbidden, "Pact social worker")
		wantProblem(t, set(w.Staff.Worker.Actor, flow.ChildFacts{Born: "31/02/2020"}), ids.Invalid, "date of birth")
		wantProblem(t, set(w.Staff.Worker.Actor, flow.ChildFacts{Ends: today}), ids.Invalid, "why")
		wantProblem(t, set(w.Staff.Worker.Actor, flow.ChildFacts{Why: cases.EndedAdopted}), ids.Invalid, "the day")
		if err := set(w.Staff.Worker.Actor, flow.ChildFacts{Born: today.YearsLater(-18).Plus(20).String()}); err != nil {
			t.Fatal(err)
		}
		v, err := w.Flow.Case(ctx, w.Staff.Worker.Actor, w.Case)
		if err != nil || len(v.Safeguards.Notices) != 1 || !v.Safeguards.Notices[0].Adult || v.Safeguards.Notices[0].Ended {
			t.Fatalf("beforehand: %+v, %v", v.Safeguards, err)
		}
		if err := set(w.Staff.Worker.Actor, flow.ChildFacts{Ends: today, Why: cases.EndedAdopted}); err != nil {
			t.Fatal(err)
		}
		_, err = w.Flow.Compose(ctx, w.MotherActor(), flow.NewMessage{Thread: w.Threads.Official, Body: "Hello", IdemKey: "k"})
		wantProblem(t, err, ids.Forbidden, "at the moment")
		_, err = w.Flow.Compose(ctx, w.Staff.Worker.Actor, flow.NewMessage{Thread: w.Threads.Official, Body: "Hello", IdemKey: "k"})
		wantProblem(t, err, ids.Forbidden, "parental responsibility")
		_, err = w.Flow.CreateMeeting(ctx, w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: w.Env.Clock.Now().Add(time.Hour),
			Ends: w.Env.Clock.Now().Add(2 * time.Hour), Children: []ids.ChildID{child.ID}})
		wantProblem(t, err, ids.Forbidden, "parental responsibility")
		th, err := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official)
		if err != nil || !th.Stopped {
			t.Errorf("her page: %v", err)
		}
	})
}
