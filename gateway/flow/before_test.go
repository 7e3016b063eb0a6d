package flow_test

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// withChair adds a reviewing officer of the authority that looks after Tomos, and plans a review some days ahead with her.
func (w *meetingWorld) withChair(guests ...ids.ContactID) (people.Contact, ids.MeetingID) {
	w.t.Helper()
	iro := people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: w.anna.Agency, Name: "Iris Roe", Email: "iris@anytown.example", Role: people.ReviewingOfficer, Verified: "test"}
	if err := w.e.Store.Write(w.t.Context(), ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
		return audit.ContactAdded(iro.ID), tx.AddContact(iro)
	}); err != nil {
		w.t.Fatal(err)
	}
	n := w.plan()
	n.Starts = w.e.Clock.Now().Add(3 * 24 * time.Hour)
	n.Ends, n.Guests = n.Starts.Add(time.Hour), append(guests, w.anna.ID)
	return iro, w.create(n)
}

func (w *meetingWorld) answer(a ids.Actor, id ids.MeetingID, question, text string) {
	w.t.Helper()
	if err := w.f.SaveAnswer(w.t.Context(), a, id, question, text); err != nil {
		w.t.Fatal(err)
	}
}

func TestSheSaysWhatSheThinksBeforeAMeeting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		iro, id := w.withChair()
		her, worker := ids.MotherActor(w.mother.ID), w.worker.Actor()

		v, err := w.f.KioskBefore(ctx, her, id, "en")
		if err != nil || !v.MaySay || !v.Remind || len(v.Questions) != 6 || v.Questions[0].Words != "How do you think Tomos is?" || v.Chair.ID != "" {
			t.Fatalf("%+v %v", v, err)
		}
		_, err = w.f.SendContribution(ctx, her, flow.NewContribution{Meeting: id, IdemKey: "k0", Lang: "en"})
		wantProblem(t, err, ids.Invalid, "one question")
		w.answer(her, id, "how", "He is happy.")
		w.answer(her, id, "ask", "Can he come on Sunday?")
		w.answer(her, id, "how", "He is happy, I think.")
		if v, _ = w.f.KioskBefore(ctx, her, id, "cy"); v.Questions[0].Answer != "He is happy, I think." || v.Questions[0].Words != "Sut mae Tomos, yn eich barn chi?" {
			t.Errorf("not kept: %+v", v.Questions)
		}
		if d, err := w.f.WriteDown(ctx, worker, id); err != nil || d.Questions[0].Answer != "" || d.Shown != "" {
			t.Errorf("her worker sees what she has not sent: %+v %v", d, err)
		}

		// Nobody is known to whom it goes: it is kept, and goes when somebody says.
		sent, err := w.f.SendContribution(ctx, her, flow.NewContribution{Meeting: id, IdemKey: "k1", Lang: "en"})
		if err != nil || sent.Version != 1 || sent.Message != "" || sent.Late {
			t.Fatalf("%+v %v", sent, err)
		}
		list, err := w.f.ToPrepare(ctx, worker)
		if err != nil || len(list) != 1 || !list[0].NoChair || list[0].NoWords {
			t.Fatalf("%+v %v", list, err)
		}
		wantProblem(t, w.f.SetChair(ctx, worker, id, w.bea.ID), ids.Invalid, "from the list") // she works for another authority
		if err := w.f.SetChair(ctx, worker, id, iro.ID); err != nil {
			t.Fatal(err)
		}
		b, err := w.f.Before(ctx, worker, id)
		if err != nil || len(b.Said) != 1 || b.Said[0].Progress != flow.ProgressChecking || b.Said[0].Checker != ids.RolePactWorker || !b.Said[0].Readable || b.Said[0].To != "Iris Roe" {
			t.Fatalf("%+v %v", b, err)
		}
		if b, err = w.f.Before(ctx, w.pom.Actor(), id); err != nil || len(b.Said) != 1 || b.Said[0].Readable || b.Said[0].Body != "" || b.MayChange {
			t.Errorf("the prison before it is released: %+v %v", b, err)
		}
		m, err := e.Store.Message(ctx, mustSaid(t, w, id).Message)
		if err != nil || m.AuthorKind != messages.ByMother || !strings.Contains(m.Body, "How do you think Tomos is?\nHe is happy, I think.") {
			t.Fatalf("%+v %v", m, err)
		}
		holds, err := e.Store.HoldsOfMessage(ctx, m.ID)
		if err != nil || len(holds) != 1 {
			t.Fatal(holds, err)
		}
		if err := w.f.Release(ctx, worker, holds[0].ID, ""); err != nil {
			t.Fatal(err)
		}
		ds, err := e.Store.DeliveriesOfMessage(ctx, m.ID)
		if err != nil || len(ds) != 1 || ds[0].RecipientID != string(iro.ID) {
			t.Fatalf("it goes to %+v %v", ds, err)
		}

		// The same words again are the same; others are the next version, and count.
		again, err := w.f.SendContribution(ctx, her, flow.NewContribution{Meeting: id, IdemKey: "k2", Lang: "en"})
		if err != nil || again.Version != 1 {
			t.Errorf("%+v %v", again, err)
		}
		w.answer(her, id, "worry", "His school.")
		for range 2 {
			if again, err = w.f.SendContribution(ctx, her, flow.NewContribution{Meeting: id, IdemKey: "k3", Lang: "en"}); err != nil || again.Version != 2 || again.Message == "" {
				t.Errorf("%+v %v", again, err)
			}
		}
		if got := w.entries(audit.ContributionSentKind); len(got) != 2 {
			t.Errorf("%d were sent", len(got))
		}

		// After the meeting began it is kept, and marked.
		e.Clock.Advance(3*24*time.Hour + time.Minute)
		w.answer(her, id, "next", "I want to see him.")
		if again, err = w.f.SendContribution(ctx, her, flow.NewContribution{Meeting: id, IdemKey: "k4", Lang: "en"}); err != nil || !again.Late || again.Version != 3 {
			t.Errorf("%+v %v", again, err)
		}
		wantProblem(t, w.f.ChooseAttendance(ctx, her, id, meetings.Choice{How: meetings.HowVideo}), ids.Forbidden, "has begun")
	})
}

func mustSaid(t *testing.T, w *meetingWorld, id ids.MeetingID) flow.Said {
	t.Helper()
	b, err := w.f.Before(t.Context(), w.worker.Actor(), id)
	if err != nil || len(b.Said) == 0 {
		t.Fatal(b, err)
	}
	return b.Said[0]
}

func TestItIsWrittenDownWithHer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		iro, id := w.withChair()
		worker := w.worker.Actor()
		if err := w.f.SetChair(ctx, worker, id, iro.ID); err != nil {
			t.Fatal(err)
		}
		w.answer(worker, id, "how", "Mae o'n hapus.")
		if v, err := w.f.KioskBefore(ctx, ids.MotherActor(w.mother.ID), id, "cy"); err != nil || v.Questions[0].Answer != "" {
			t.Errorf("what the worker wrote looks like hers: %+v %v", v, err)
		}
		_, err := w.f.SendContribution(ctx, worker, flow.NewContribution{Meeting: id, IdemKey: "k", Lang: "cy"})
		wantProblem(t, err, ids.Invalid, "Read it back")
		sent, err := w.f.SendContribution(ctx, worker, flow.NewContribution{Meeting: id, IdemKey: "k", Lang: "cy", ReadBack: true})
		if err != nil || sent.Writer != w.worker.ID || sent.ReadBack.IsZero() {
			t.Fatalf("%+v %v", sent, err)
		}
		m, err := e.Store.Message(ctx, sent.Message)
		if err != nil || m.AuthorKind != messages.ByStaff || m.State != messages.Released || !strings.HasPrefix(m.Body, "Written down by Wendy Pryce (Pact) together with Mair Hughes, and read back to her.") {
			t.Fatalf("%+v %v", m, err)
		}
		ds, err := e.Store.DeliveriesOfMessage(ctx, m.ID)
		if err != nil || len(ds) != 2 { // to the chair and to her
			t.Fatalf("%+v %v", ds, err)
		}
		// Written down by a family worker, it is read by the Pact worker, who reads her words.
		w.answer(w.family.Actor(), id, "how", "He likes school.")
		sent, err = w.f.SendContribution(ctx, w.family.Actor(), flow.NewContribution{Meeting: id, IdemKey: "k", Lang: "cy", ReadBack: true})
		if err != nil || sent.Version != 2 {
			t.Fatalf("%+v %v", sent, err)
		}
		if said := mustSaid(t, w, id); said.Progress != flow.ProgressChecking || said.Checker != ids.RolePactWorker || said.Writer != "Fay Dunn" {
			t.Errorf("%+v", said)
		}
	})
}

func TestNothingIsSaidAheadOfAPrivateMeeting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		n := w.plan()
		n.Kind, n.Guests = meetings.PreBrief, nil
		id, her := w.create(n), ids.MotherActor(w.mother.ID)
		wantProblem(t, w.f.SaveAnswer(ctx, her, id, "how", "x"), ids.Forbidden, "Nothing is sent ahead")
		wantProblem(t, w.f.ChooseAttendance(ctx, her, id, meetings.Choice{How: meetings.HowVideo}), ids.Forbidden, "nothing to choose")
		_, err := w.f.Before(ctx, w.pom.Actor(), id)
		wantProblem(t, err, ids.NotFound, "")
		_, err = w.f.Before(ctx, w.other.Actor(), id)
		wantProblem(t, err, ids.NotFound, "")
		if v, err := w.f.KioskBefore(ctx, her, id, "en"); err != nil || v.MaySay || v.MayChoose || len(v.Questions) != 0 {
			t.Errorf("%+v %v", v, err)
		}
		_, id = w.withChair()
		officer := ids.Actor{Kind: ids.ActorStaff, ID: string(w.pom.ID), Role: ids.RoleWingOfficer, Agency: w.pom.Agency}
		_, err = w.f.Before(ctx, officer, id)
		wantProblem(t, err, ids.NotFound, "")
		wantProblem(t, w.f.SaveAnswer(ctx, w.pom.Actor(), id, "how", "x"), ids.Forbidden, "with her worker")
		wantProblem(t, w.f.SaveAnswer(ctx, ids.ContactActor(w.anna.ID), id, "how", "x"), ids.Forbidden, "")
		_, err = w.f.Notice(ctx, w.pom.Actor(), id)
		wantProblem(t, err, ids.Forbidden, "Ask one of them")
	})
}

func TestSheChoosesHowSheTakesPart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		_, id := w.withChair()
		her, worker := ids.MotherActor(w.mother.ID), w.worker.Actor()
		for _, c := range []meetings.Choice{{How: meetings.HowVideo}, {How: meetings.HowNotThere, Beside: meetings.BesideOther, Name: "Sister  Anne"}} {
			if err := w.f.ChooseAttendance(ctx, her, id, c); err != nil {
				t.Fatal(err)
			}
		}
		b, err := w.f.Before(ctx, worker, id)
		if err != nil || b.Choice.How != meetings.HowNotThere || b.Choice.Name != "Sister Anne" || !b.Choice.ToTalk() {
			t.Fatalf("%+v %v", b, err)
		}
		if m, err := w.f.Meeting(ctx, worker, id); err != nil || m.State != meetings.Planned {
			t.Errorf("her choice called it off: %+v %v", m, err)
		}
		list, err := w.f.ToPrepare(ctx, worker)
		if err != nil || len(list) != 1 || !list[0].Talk || !list[0].NoWords {
			t.Fatalf("%+v %v", list, err)
		}
		for range 2 {
			if err := w.f.TalkedAboutAttendance(ctx, worker, id); err != nil {
				t.Fatal(err)
			}
		}
		if b, _ = w.f.Before(ctx, worker, id); b.Choice.ToTalk() {
			t.Error("still to be talked with")
		}
		wantProblem(t, w.f.ChooseAttendance(ctx, worker, id, meetings.Choice{How: meetings.HowVideo}), ids.Forbidden, "herself")
		if list, err := w.f.ToPrepare(ctx, w.other.Actor()); err != nil || len(list) != 0 {
			t.Errorf("a stranger: %+v %v", list, err)
		}
		for _, e := range w.entries(audit.AttendanceChosenKind) {
			if strings.Contains(e.Detail["how"]+e.Detail["beside"], "Anne") {
				t.Error("the log names whom she asked for")
			}
		}
	})
}

func TestProofOfNotice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		_, id := w.withChair()
		her := ids.MotherActor(w.mother.ID)
		n, err := w.f.Notice(ctx, w.worker.Actor(), id)
		if err != nil || n.Receipts.Told.IsZero() || !n.Receipts.AtKiosk.IsZero() || n.Asked != 10 || !n.Short() || n.By != "Wendy Pryce" || len(n.Guests) != 1 || !n.Guests[0].Opened.IsZero() {
			t.Fatalf("%+v %v", n, err)
		}
		for range 2 {
			if err := w.f.MeetingAtKiosk(ctx, her, "ksk_1", id); err != nil {
				t.Fatal(err)
			}
			e.Clock.Advance(time.Minute)
			if err := w.f.MeetingSeen(ctx, her, id); err != nil {
				t.Fatal(err)
			}
		}
		link, _ := letter(t, w.mail()[0])
		for range 2 {
			if err := w.f.LinkOpened(ctx, link); err != nil {
				t.Fatal(err)
			}
		}
		n, err = w.f.Notice(ctx, w.worker.Actor(), id)
		if err != nil || !n.Receipts.AtKiosk.Before(n.Receipts.Seen) || n.Guests[0].Opened.IsZero() || n.Guests[0].Body != "Anytown Council" {
			t.Fatalf("%+v %v", n, err)
		}
		for kind, want := range map[audit.Kind]int{audit.MeetingKioskKind: 1, audit.MeetingSeenKind: 1, audit.GuestOpenedKind: 1, audit.NoticeReadKind: 2} {
			if got := w.entries(kind); len(got) != want {
				t.Errorf("%s: %d, want %d", kind, len(got), want)
			}
		}
		wantProblem(t, w.f.MeetingSeen(ctx, ids.MotherActor("mth_other"), id), ids.NotFound, "")
	})
}

func TestPapersHaveReceipts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		_, id := w.withChair()
		her, worker := ids.MotherActor(w.mother.ID), w.worker.Actor()
		in := flow.NewPaper{Meeting: id, Kind: "care_plan", Summary: "It says where Tomos lives.", IdemKey: "k",
			New: store.NewFile{Attachment: messages.Attachment{Name: "plan.pdf", MediaType: "application/pdf"}, Content: []byte("%PDF-1.4")}}
		for range 2 {
			if _, err := w.f.AddPaper(ctx, worker, in); err != nil {
				t.Fatal(err)
			}
		}
		b, err := w.f.Before(ctx, worker, id)
		if err != nil || len(b.Papers) != 1 || b.Papers[0].Name != "plan.pdf" || b.Papers[0].Released.IsZero() || len(b.Missing) != 2 {
			t.Fatalf("%+v %v", b, err)
		}
		p := b.Papers[0]
		if err := w.f.AtKiosk(ctx, her, "ksk_1", p.Message); err != nil {
			t.Fatal(err)
		}
		for _, page := range []int{1, 1, 2} {
			if err := w.f.PaperPageSeen(ctx, her, p.File, page); err != nil {
				t.Fatal(err)
			}
		}
		if b, _ = w.f.Before(ctx, worker, id); b.Papers[0].Pages != 2 || b.Papers[0].AtKiosk.IsZero() || b.Papers[0].Opened.IsZero() {
			t.Errorf("%+v", b.Papers)
		}
		if v, err := w.f.KioskBefore(ctx, her, id, "en"); err != nil || len(v.Papers) != 1 || v.Papers[0].Summary != "It says where Tomos lives." {
			t.Errorf("%+v %v", v, err)
		}
		for name, bad := range map[string]flow.NewPaper{
			"no kind": {Meeting: id, Kind: "x", New: in.New, IdemKey: "l"}, "no file": {Meeting: id, Kind: "care_plan", IdemKey: "l"},
			"a long summary": {Meeting: id, Kind: "care_plan", File: p.File, Summary: strings.Repeat("x", meetings.MaxSummary+1)},
		} {
			if _, err := w.f.AddPaper(ctx, worker, bad); ids.KindOf(err) != ids.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err = w.f.AddPaper(ctx, worker, flow.NewPaper{Meeting: id, Kind: "care_plan", File: "att_none"})
		wantProblem(t, err, ids.NotFound, "")
		_, err = w.f.AddPaper(ctx, w.pom.Actor(), in)
		wantProblem(t, err, ids.Forbidden, "Ask one of them")
	})
}
