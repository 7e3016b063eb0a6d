package flow_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store/storetest"
)

func TestGuestComesInByLinkAndCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		id := w.create(w.plan())
		link, code := letter(t, w.mail()[0])
		_ = w.items(outbox.RoomOrder)
		for range 20 { // mail filters open every link they see
			l, err := w.f.GuestLanding(ctx, link)
			if err != nil || l.State != meetings.TooEarly || l.Organisation != "Pact" || l.Address != "a…@anytown.example" {
				t.Fatalf("%+v %v", l, err)
			}
		}
		_, _, err := w.f.GuestEnter(ctx, link, "Anna Quill", code)
		wantProblem(t, err, ids.Conflict, "not open yet")
		wantProblem(t, w.f.SendGuestCode(ctx, link), ids.Conflict, "not open yet")
		e.Clock.Advance(31 * time.Minute)
		_, _, err = w.f.GuestEnter(ctx, link, "  ", code)
		wantProblem(t, err, ids.Invalid, "name")
		for _, bad := range []string{"", "12345", "1234567", "12a456", "１２３４５６"} {
			_, _, err = w.f.GuestEnter(ctx, link, "Anna Quill", bad)
			wantProblem(t, err, ids.Invalid, "6 digits")
		}
		token, g, err := w.f.GuestEnter(ctx, link, " Anna  Quill ", code[:3]+" "+code[3:])
		if err != nil {
			t.Fatal(err)
		}
		if g.Meeting.ID != id || g.Meeting.Title != "" || g.Host != "Wendy Pryce" || g.Actor() != ids.ContactActor(w.anna.ID) || g.Phase != meetings.Open {
			t.Fatalf("%+v", g)
		}
		back, err := w.f.GuestBySession(ctx, token)
		if err != nil || back.Participant.ID != g.Participant.ID {
			t.Fatalf("%+v %v", back, err)
		}
		_, _, err = w.f.GuestEnter(ctx, link, "Anna Quill", code)
		wantProblem(t, err, ids.Unauthenticated, "no longer works")
		if got := w.entries(audit.GuestEnteredKind); len(got) != 1 || got[0].Actor != ids.ContactActor(w.anna.ID) || got[0].Case != w.c.ID {
			t.Fatalf("%+v", got)
		}
		if got := w.items(outbox.RoomOrder); len(got) != 0 {
			t.Error("the name she was invited with changed the room")
		}
		for range 2 {
			if err := w.f.GuestLeave(ctx, token); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.f.GuestBySession(ctx, token)
		wantProblem(t, err, ids.NotFound, "")
		if got := w.entries(audit.GuestLeftKind); len(got) != 1 {
			t.Errorf("%d entries of leaving", len(got))
		}
		_, err = w.f.GuestBySession(ctx, "no such session")
		wantProblem(t, err, ids.NotFound, "")
		_, err = w.f.GuestLanding(ctx, link+"x")
		wantProblem(t, err, ids.NotFound, "")
		_, err = w.f.GuestLanding(ctx, "")
		wantProblem(t, err, ids.NotFound, "")
	})
}

func TestLinkAndSessionEndWithTheMeeting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		n := w.plan()
		n.Ends = n.Starts.Add(meetings.LongestTime)
		id := w.create(n)
		link, code := letter(t, w.mail()[0])
		e.Clock.Advance(31 * time.Minute)
		token, g, err := w.f.GuestEnter(ctx, link, "Anna Quill", code)
		if err != nil {
			t.Fatal(err)
		}
		for g.Phase == meetings.Open { // as long as the longest meeting lasts, the session does
			e.Clock.Advance(50 * time.Minute)
			if g, err = w.f.GuestBySession(ctx, token); err != nil {
				t.Fatal(err)
			}
		}
		if l, err := w.f.GuestLanding(ctx, link); err != nil || l.State != meetings.Over || g.Phase != meetings.Over {
			t.Fatalf("%+v %s %v", l, g.Phase, err)
		}
		_, err = w.f.RoomTicket(ctx, g.Actor(), id)
		wantProblem(t, err, ids.Forbidden, "ended")
		wantProblem(t, w.f.SendGuestCode(ctx, link), ids.Conflict, "ended")
		_, _, err = w.f.GuestEnter(ctx, link, "Anna Quill", code)
		wantProblem(t, err, ids.Conflict, "ended")
		e.Clock.Advance(25 * time.Hour)
		_, err = w.f.GuestBySession(ctx, token)
		wantProblem(t, err, ids.NotFound, "")
	})
}

func TestCodeCannotBeGuessed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		w.create(w.plan())
		link, code := letter(t, w.mail()[0])
		e.Clock.Advance(time.Hour)
		var wg sync.WaitGroup
		kinds := make(chan string, 12)
		for range 12 { // at once, so that the count must hold under concurrency
			wg.Go(func() {
				_, _, err := w.f.GuestEnter(context.WithoutCancel(ctx), link, "Eve", wrong(code))
				kinds <- ids.Public(err)
			})
		}
		wg.Wait()
		close(kinds)
		count := map[bool]int{}
		for words := range kinds {
			count[strings.Contains(words, "not right")]++
		}
		if count[true] != 5 || count[false] != 7 {
			t.Fatalf("%d tries were looked at, want 5", count[true])
		}
		_, _, err := w.f.GuestEnter(ctx, link, "Anna Quill", code)
		wantProblem(t, err, ids.Unauthenticated, "no longer works")
		if got := w.entries(audit.GuestCodeFailedKind); len(got) != 13 {
			t.Fatalf("%d failures in the audit log, want 13", len(got))
		}
		if err := w.f.SendGuestCode(ctx, link); err != nil {
			t.Fatal(err)
		}
		mails := w.mail()
		if len(mails) != 1 || mails[0].Subject != "Your code for a meeting" || mails[0].To != "anna@anytown.example" {
			t.Fatalf("%+v", mails)
		}
		_, fresh := letter(t, mails[0])
		if _, _, err := w.f.GuestEnter(ctx, link, "Anna Quill", fresh); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOnlyTheNewestCodeWorksAndForAWhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		w.create(w.plan())
		link, first := letter(t, w.mail()[0])
		e.Clock.Advance(time.Hour)
		codes := []string{first}
		for range 5 {
			if err := w.f.SendGuestCode(ctx, link); err != nil {
				t.Fatal(err)
			}
			mails := w.mail()
			_, c := letter(t, mails[0])
			codes = append(codes, c)
		}
		wantProblem(t, w.f.SendGuestCode(ctx, link), ids.TooMany, "within an hour")
		if codes[4] != codes[5] {
			_, _, err := w.f.GuestEnter(ctx, link, "Anna Quill", codes[4])
			wantProblem(t, err, ids.Unauthenticated, "not right")
		}
		e.Clock.Advance(15*time.Minute + time.Second)
		_, _, err := w.f.GuestEnter(ctx, link, "Anna Quill", codes[5])
		wantProblem(t, err, ids.Unauthenticated, "no longer works")
		e.Clock.Advance(46 * time.Minute)
		if err := w.f.SendGuestCode(ctx, link); err != nil {
			t.Fatalf("after an hour: %v", err)
		}
		items := w.items(outbox.MailGuest)
		e.Clock.Advance(16 * time.Minute)
		if _, err := w.f.GuestMail(ctx, items[0].Payload); !errors.Is(err, flow.ErrNothingToSend) {
			t.Errorf("a code that died in the queue is mailed: %v", err)
		}
	})
}
