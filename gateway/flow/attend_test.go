package flow_test

import (
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

func TestTicketsAreForOnesOwnPlace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		id := w.create(w.plan())
		_, err := w.f.RoomTicket(ctx, w.worker.Actor(), id)
		wantProblem(t, err, ids.Forbidden, "not open yet")
		e.Clock.Advance(45 * time.Minute)
		for _, c := range []struct {
			actor  ids.Actor
			name   string
			device string
		}{
			{w.worker.Actor(), "Wendy Pryce", "staff"}, {ids.MotherActor(w.mother.ID), "Mair Hughes", "kiosk"}, {ids.ContactActor(w.anna.ID), "Anna Quill", "guest"},
		} {
			got, err := w.f.RoomTicket(ctx, c.actor, id)
			if err != nil {
				t.Fatal(err)
			}
			signed := w.tickets.got[len(w.tickets.got)-1]
			if got.Name != c.name || got.Path != "/rooms/ws" || got.Ticket != "signed-"+signed.ID || signed.Room != id || signed.Participant != got.Participant ||
				signed.Device != c.device || signed.Expires.Sub(e.Clock.Now()) > meetings.TicketLife {
				t.Errorf("%+v of %+v", got, signed)
			}
		}
		if got := w.entries(audit.TicketIssuedKind); len(got) != 3 {
			t.Errorf("%d tickets in the audit log", len(got))
		}
		_, err = w.f.RoomTicket(ctx, w.pom.Actor(), id)
		wantProblem(t, err, ids.Forbidden, "not on the list")
		_, err = w.f.RoomTicket(ctx, w.other.Actor(), id)
		wantProblem(t, err, ids.NotFound, "")
		_, err = w.f.RoomTicket(ctx, ids.ContactActor(w.bea.ID), id)
		wantProblem(t, err, ids.NotFound, "")

		v, err := w.f.Meeting(ctx, w.worker.Actor(), id)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(v.Participants, func(p flow.ParticipantView) bool { return p.Kind == meetings.PersonMother })
		mothers := v.Participants[i].ID
		_, err = w.f.RoomTicketFor(ctx, w.worker.Actor(), id, mothers)
		wantProblem(t, err, ids.Forbidden, "only your own place")
		token := w.worker.Actor()
		token.Kind = ids.ActorAPI
		got, err := w.f.RoomTicketFor(ctx, token, id, mothers)
		if err != nil || got.Name != "Mair Hughes" {
			t.Fatalf("%+v %v", got, err)
		}
		_, err = w.f.RoomTicketFor(ctx, token, id, "par_none")
		wantProblem(t, err, ids.NotFound, "not in the meeting")
		_, err = w.f.RoomTicketFor(ctx, w.worker.Actor(), id, "par_none")
		wantProblem(t, err, ids.Forbidden, "") // decided before it is looked up: who may not ask learns nothing
		e.Clock.Advance(2 * time.Hour)
		_, err = w.f.RoomTicket(ctx, w.worker.Actor(), id)
		wantProblem(t, err, ids.Forbidden, "ended")
	})
}

// seats are the places of those who are in a meeting.
func (w *meetingWorld) seats(id ids.MeetingID) (guest, host, mother ids.ParticipantID) {
	w.t.Helper()
	v, err := w.f.Meeting(w.t.Context(), w.worker.Actor(), id)
	must(w.t, err)
	who := map[meetings.Role]ids.ParticipantID{}
	for _, p := range v.Participants {
		who[p.Role] = p.ID
	}
	return who[meetings.RoleGuest], who[meetings.RoleHost], who[meetings.RoleMother]
}

func TestAttendanceCountsEveryEventOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		id := w.create(w.plan())
		e.Clock.Advance(time.Hour)
		guest, host, mother := w.seats(id)
		at := e.Clock.Now().UTC().Truncate(time.Microsecond)
		events := []meetings.RoomEvent{
			{ID: "e1", Kind: meetings.Joined, Participant: mother}, {ID: "e2", Kind: meetings.Knocked, Participant: guest},
			{ID: "e3", Kind: meetings.Admitted, Participant: guest, By: host}, {ID: "e4", Kind: meetings.Joined, Participant: guest},
			{ID: "e5", Kind: "lost", Participant: guest}, {ID: "e6", Kind: meetings.Left, Participant: guest, Detail: "left"},
			{ID: "e7", Kind: meetings.Knocked, Participant: guest}, {ID: "e8", Kind: meetings.Refused, Participant: guest, By: host},
			{ID: "e9", Kind: meetings.TicketRefused, Detail: "used"}, {ID: "e10", Kind: meetings.RoomEnded, Detail: "shutdown"},
		}
		for i := range events {
			events[i].Room, events[i].At = id, at.Add(time.Duration(i)*time.Second)
			for range 2 {
				if err := w.f.RoomEvent(ctx, events[i]); err != nil {
					t.Fatalf("%+v: %v", events[i], err)
				}
			}
		}
		v, err := w.f.Meeting(ctx, w.worker.Actor(), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Attendance) != 9 || v.Phase != meetings.Open {
			t.Fatalf("%d events kept, phase %s: %+v", len(v.Attendance), v.Phase, v.Attendance)
		}
		if a := v.Attendance[2]; a.Kind != meetings.Admitted || a.Name != "Anna Quill" || a.By != "Wendy Pryce" || !a.At.Equal(at.Add(2*time.Second)) {
			t.Errorf("%+v", a)
		}
		for _, p := range v.Participants {
			switch p.ID {
			case guest:
				if p.Presence.Joined.IsZero() || !p.Presence.Left.Equal(at.Add(5*time.Second)) || p.Presence.Present || p.Presence.Waiting {
					t.Errorf("guest %+v", p.Presence)
				}
			case mother:
				if !p.Presence.Joined.Equal(at) || p.Presence.Present {
					t.Errorf("mother %+v", p.Presence)
				}
			}
		}
		for kind, n := range map[audit.Kind]int{audit.RoomKnockedKind: 2, audit.RoomAdmittedKind: 1, audit.RoomRefusedKind: 1, audit.RoomJoinedKind: 2,
			audit.RoomLeftKind: 1, audit.RoomEndedKind: 1} {
			if got := w.entries(kind); len(got) != n {
				t.Errorf("%d entries of %s, want %d", len(got), kind, n)
			}
		}
		if got := w.entries(audit.RoomAdmittedKind)[0]; got.Actor.ID != string(w.worker.ID) || got.Subject != string(guest) {
			t.Errorf("%+v", got)
		}
		if orders, err := w.f.OpenRoomOrders(ctx); err != nil || len(orders) != 1 || orders[0].Room != id {
			t.Errorf("a restarted media server does not learn of the room: %+v %v", orders, err)
		}
		if err := w.f.RoomEvent(ctx, meetings.RoomEvent{ID: "e10b", Kind: meetings.TicketRefused, Detail: "forged"}); err != nil {
			t.Fatal(err)
		}
		if got := w.entries(audit.TicketRefusedKind); len(got) != 2 || got[0].Case != "" || got[1].Case != w.c.ID || got[1].Detail["meeting"] != string(id) {
			t.Errorf("%+v", got)
		}
		wantProblem(t, w.f.RoomEvent(ctx, meetings.RoomEvent{ID: "x1", Room: "mtg_none", Kind: meetings.Joined, Participant: guest}), ids.NotFound, "")
		wantProblem(t, w.f.RoomEvent(ctx, meetings.RoomEvent{ID: "x2", Room: id, Kind: meetings.Joined, Participant: "par_none"}), ids.Invalid, "")
		wantProblem(t, w.f.RoomEvent(ctx, meetings.RoomEvent{Room: id, Kind: meetings.Joined, Participant: guest}), ids.Invalid, "")

		if err := w.f.RoomEvent(ctx, meetings.RoomEvent{ID: "e11", Room: id, Kind: meetings.RoomEnded, By: host, Detail: "ended"}); err != nil {
			t.Fatal(err)
		}
		_, err = w.f.RoomTicket(ctx, ids.ContactActor(w.anna.ID), id)
		wantProblem(t, err, ids.Forbidden, "ended")
		if orders, err := w.f.OpenRoomOrders(ctx); err != nil || len(orders) != 0 {
			t.Errorf("a meeting the host ended is opened again: %+v %v", orders, err)
		}
	})
}

func TestWhatIsSaidByAButtonIsInTheRecordAndQuietlySaidIsNotForEverybody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		n := w.plan()
		n.Staff = []ids.StaffID{w.pom.ID}
		id := w.create(n)
		e.Clock.Advance(time.Hour)
		guest, host, mother := w.seats(id)
		at := e.Clock.Now().UTC().Truncate(time.Microsecond)
		for i, ev := range []meetings.RoomEvent{
			{Kind: meetings.PrivateBegan, Participant: host, By: mother}, {Kind: meetings.PrivateEnded, Participant: host, By: host},
			{Kind: meetings.BreakAsked, Participant: mother, By: mother}, {Kind: meetings.BreakOver, Participant: mother, By: host},
			{Kind: meetings.NotUnderstood, Participant: mother}, {Kind: meetings.HandRaised, Participant: guest}, {Kind: "hand_lowered", Participant: guest, By: host},
			{Kind: meetings.Locked, Participant: host, By: host}, {Kind: meetings.Unlocked, Participant: host, By: host},
			{Kind: meetings.PrivateBegan, Participant: host, By: host}, {Kind: meetings.BreakAsked, Participant: mother, By: mother},
		} {
			ev.ID, ev.Room, ev.At = "w"+string(rune('a'+i)), id, at.Add(time.Duration(i)*time.Second)
			if err := w.f.RoomEvent(ctx, ev); err != nil {
				t.Fatalf("%+v: %v", ev, err)
			}
		}
		for range 2 { // the media server was killed: what went on is over
			if err := w.f.RoomsRestarted(ctx); err != nil {
				t.Fatal(err)
			}
		}
		kinds := func(a ids.Actor) (got []string) {
			v, err := w.f.Meeting(ctx, a, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range v.Attendance {
				got = append(got, string(r.Kind)+" "+r.Name+" "+r.By+" "+r.Detail)
			}
			return got
		}
		want := []string{"private_began Wendy Pryce Mair Hughes ", "private_ended Wendy Pryce Wendy Pryce ", "break_asked Mair Hughes Mair Hughes ",
			"break_over Mair Hughes Wendy Pryce ", "not_understood Mair Hughes  ", "hand_raised Anna Quill  ", "locked Wendy Pryce Wendy Pryce ",
			"unlocked Wendy Pryce Wendy Pryce ", "private_began Wendy Pryce Wendy Pryce ", "break_asked Mair Hughes Mair Hughes ",
			"private_ended Wendy Pryce  lost", "break_over Mair Hughes  lost"}
		if got := kinds(w.worker.Actor()); !slices.Equal(got, want) {
			t.Errorf("%q\nwant %q", got, want)
		}
		if got := kinds(w.pom.Actor()); !slices.Contains(got, want[4]) {
			t.Errorf("her supporter does not see that she did not understand: %q", got)
		}
		if err := e.Store.Write(ctx, w.worker.Actor(), func(tx *store.Tx) (audit.Entry, error) {
			v, err := tx.Participants(ctx, id)
			if err != nil {
				return audit.Entry{}, err
			}
			i := slices.IndexFunc(v, func(p meetings.Participant) bool { return p.Role == meetings.RoleSupporter })
			return audit.MeetingCreated(w.c.ID, id), tx.RemoveParticipant(v[i].ID)
		}); err != nil {
			t.Fatal(err)
		}
		if got := kinds(w.pom.Actor()); slices.Contains(got, want[4]) || len(got) != len(want)-1 {
			t.Errorf("an offender manager who does not support her there sees that she did not understand: %q", got)
		}
		for kind, n := range map[audit.Kind]int{audit.RoomPrivateBeganKind: 2, audit.RoomPrivateEndedKind: 2, audit.RoomBreakAskedKind: 2, audit.RoomBreakOverKind: 2,
			audit.RoomNotUnderstoodKind: 1, audit.RoomHandRaisedKind: 1, audit.RoomLockedKind: 1, audit.RoomUnlockedKind: 1} {
			if got := w.entries(kind); len(got) != n {
				t.Errorf("%d entries of %s, want %d", len(got), kind, n)
			}
		}
		began, ended := w.entries(audit.RoomPrivateBeganKind)[1], w.entries(audit.RoomPrivateEndedKind) // the newest first
		if began.Actor.ID != string(w.mother.ID) || began.Subject != string(host) || ended[1].Actor.ID != string(w.worker.ID) || ended[0].Actor.ID != "rooms" {
			t.Errorf("%+v\n%+v", began, ended)
		}
	})
}

func TestRestartOfTheRoomsEndsPresenceOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		id := w.create(w.plan())
		e.Clock.Advance(time.Hour)
		v, err := w.f.Meeting(ctx, w.worker.Actor(), id)
		if err != nil {
			t.Fatal(err)
		}
		host, mother, guest := v.Participants[0].ID, v.Participants[1].ID, v.Participants[2].ID
		for _, ev := range []meetings.RoomEvent{{ID: "a", Kind: meetings.Joined, Participant: host}, {ID: "b", Kind: meetings.Knocked, Participant: guest}} {
			ev.Room, ev.At = id, e.Clock.Now()
			if err := w.f.RoomEvent(ctx, ev); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := w.f.RoomsRestarted(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if v, err = w.f.Meeting(ctx, w.worker.Actor(), id); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range v.Attendance {
			got = append(got, string(a.Kind)+" "+a.Detail)
		}
		if want := []string{"joined ", "knocked ", "left lost", "stopped_waiting lost"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		for _, p := range v.Participants {
			if p.Presence.Present || p.Presence.Waiting || (p.ID == mother) != p.Presence.Joined.IsZero() && p.ID != guest {
				t.Errorf("%s: %+v", p.Name, p.Presence)
			}
		}
	})
}
