package flow_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/threads"
)

// What is between a mother and her supporter is in the log for Pact, and not for whoever keeps the whole log.
func TestTheLogConcealsPrivateMeetings(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		at := w.Env.Clock.Now().Add(time.Hour)
		plan := func(k meetings.Kind) string {
			id, err := w.Flow.CreateMeeting(t.Context(), w.Staff.Worker.Actor, flow.NewMeeting{Case: w.Case, Kind: k, Starts: at, Ends: at.Add(time.Hour)})
			must(t, err)
			return string(id)
		}
		private, known := plan(meetings.PreBrief), plan(meetings.CoreGroup)
		_, err := w.Flow.Meeting(t.Context(), w.Staff.Protection.Actor, ids.MeetingID(private)) // the refusal names it too
		if ids.KindOf(err) != ids.NotFound {
			t.Fatalf("public protection: %v", err)
		}
		named := func(a ids.Actor, c ids.CaseID, meeting string) bool {
			page, err := w.Flow.AuditTimeline(t.Context(), a, c, 0, 200)
			must(t, err)
			return slices.ContainsFunc(page.Rows, func(r flow.AuditRow) bool { return r.Subject == meeting || r.Detail["meeting"] == meeting })
		}
		for _, c := range []ids.CaseID{"", w.Case} {
			if named(w.Staff.Admin.Actor, c, private) {
				t.Errorf("case %q: an administrator's log names a meeting between a mother and her supporter", c)
			}
			if !named(w.Staff.Admin.Actor, c, known) {
				t.Errorf("case %q: an administrator's log lacks a meeting", c)
			}
		}
		if !named(w.Staff.Worker.Actor, w.Case, private) {
			t.Error("her Pact worker's log lacks it")
		}
	})
}

// Another woman who was refused something of this case is in its log without her name.
func TestTheLogOfACaseNamesNoOtherMother(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		other, _, err := w.Flow.CreateMother(t.Context(), flowtest.Operator, flow.NewMother{Name: "Nia Pugh", PrisonerNumber: "A4321BC", Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"})
		must(t, err)
		if _, err := w.Flow.KioskThread(t.Context(), ids.MotherActor(other), w.Threads.Official); ids.KindOf(err) != ids.NotFound {
			t.Fatalf("another mother: %v", err)
		}
		w.Say(t, w.MotherActor(), w.Threads.Official, "Words")
		page, err := w.Flow.AuditTimeline(t.Context(), w.Staff.Worker.Actor, w.Case, 0, 200)
		must(t, err)
		names := map[string]bool{}
		for _, r := range page.Rows {
			names[r.ActorName] = true
		}
		if names["Nia Pugh"] || !names["Another mother"] || !names["Mair Hughes"] {
			t.Errorf("the log names %v", names)
		}
	})
}

// A conversation that begins quietly brings nothing to her kiosk: not when a message in it is not passed on, nor when somebody takes it over.
func TestAQuietConversationPushesNothing(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		id, err := w.Flow.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "The plan", Contacts: []ids.ContactID{w.Contacts.Anna},
			Children: []ids.ChildID{w.Children[0].ID}, Together: true})
		must(t, err)
		before, err := w.Flow.FeedCursor(ctx, w.MotherActor())
		must(t, err)
		in := w.Receive(t, w.ReplyAddress(t, id, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Words"))
		must(t, w.Flow.Withhold(ctx, w.Staff.Worker.Actor, w.HoldOf(t, in.Message).ID, "out_of_date", ""))
		h, err := w.Flow.AskHandover(ctx, w.Staff.Worker.Actor, id, w.Contacts.Anna)
		must(t, err)
		must(t, w.Flow.AcceptHandover(ctx, w.Staff.Worker.Actor, h, flow.NewPerson{Name: "Cara Finch", Email: "cara@anytown.example", Role: "allocated_worker", Replace: true}))
		after, err := w.Flow.FeedCursor(ctx, w.MotherActor())
		must(t, err)
		if after != before {
			items, err := w.Flow.Feed(ctx, w.MotherActor(), before, 10)
			t.Errorf("%d items reached her: %+v %v", after-before, items, err)
		}
	})
}

// What waits for review moves nothing in the list of those whom she can ask.
func TestWhomSheCanAskDoesNotMove(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		order := func() (out []ids.ThreadID) {
			cs, err := w.Flow.AskChoices(t.Context(), w.MotherActor())
			must(t, err)
			for _, c := range cs {
				out = append(out, c.Thread)
			}
			return out
		}
		before := order()
		if len(before) != 2 {
			t.Fatalf("she can ask in %v", before)
		}
		for _, x := range []struct {
			thread ids.ThreadID
			who    ids.ContactID
			from   string
		}{{w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress}, {w.Threads.Brookshire, w.Contacts.Bea, flowtest.BeaAddress}} {
			w.Receive(t, w.ReplyAddress(t, x.thread, x.who), flowtest.From(x.from, "Words"))
			if now := order(); !slices.Equal(now, before) {
				t.Errorf("a held message has moved %v to %v", before, now)
			}
		}
	})
}

// A message that is to be read with her also goes to people outside. When it does not arrive there and is asked for again, her kiosk says nothing.
func TestAnAskForWhatSheMayNotKnowIsNotTold(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		for _, together := range []bool{true, false} {
			thread := map[bool]ids.ThreadID{true: w.Threads.Official, false: w.Threads.Brookshire}[together]
			_, err := w.Flow.Compose(ctx, w.Staff.Worker.Actor, flow.NewMessage{Thread: thread, Body: "Words", IdemKey: "k", Together: together})
			must(t, err)
			for _, it := range w.Take(t, outbox.MailOut) {
				var d ids.DeliveryID
				must(t, json.Unmarshal(it.Payload, &d))
				_, err := w.Flow.MailFailed(ctx, d, 1, flow.MailFailure{Permanent: true, Answer: "550 5.1.1 no such mailbox"})
				must(t, err)
			}
			for _, it := range w.Take(t, outbox.Undelivered) {
				must(t, w.Flow.HandleUndelivered(ctx, it))
			}
			k, err := w.Flow.KioskThread(ctx, w.MotherActor(), thread)
			must(t, err)
			if told := len(k.Waiting) > 0; told == together {
				t.Errorf("to be read together %v: her kiosk tells of the ask: %v", together, told)
			}
		}
	})
}
