package flow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/requests"
)

// The markers of each side of one family: none of them may reach the other side.
var (
	ofTomos = []string{"Tomos", "Anytown", "Anna", "Quill", "anytown.example", "TOMOSWORDS"}
	ofElin  = []string{"Elin", "Brookshire", "Bea", "Stone", "brookshire.example", "ELINWORDS"}
)

// edge is something that leaves for one side of the family.
type edge struct {
	what, to string
	text     string
}

func whole(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// mailEdge is a whole mail: every header that we write, both bodies, and the names of the files.
func mailEdge(what string, m flow.OutMail) edge { return edge{what, m.To, whole(m)} }

func checkEdges(t *testing.T, edges []edge) {
	t.Helper()
	sides := map[string]int{}
	for _, e := range edges {
		other := ofElin
		if strings.HasSuffix(e.to, "@brookshire.example") {
			other = ofTomos
		} else if !strings.HasSuffix(e.to, "@anytown.example") {
			t.Errorf("%s goes to %q", e.what, e.to)
			continue
		}
		sides[e.to]++
		for _, marker := range other {
			if strings.Contains(e.text, marker) {
				t.Errorf("%s to %s tells %q:\n%s", e.what, e.to, marker, e.text)
			}
		}
	}
	if len(sides) < 2 {
		t.Fatalf("only %v was looked at", sides)
	}
}

// Mail that goes to one authority of a family says nothing of the other authority or its child: messages of hers and of staff, requests, a message not passed on, an invitation, a
// cancellation, the suggestions and the summary at a handover.
func TestNoMailCrossesTheWall(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me := t.Context(), w.Staff.Worker.Actor
		var edges []edge
		sent := func(what string) {
			for _, m := range w.Send(t) {
				edges = append(edges, mailEdge(what, m.OutMail))
			}
			for _, it := range w.Take(t, outbox.MailGuest) {
				if m, err := w.Flow.GuestMail(ctx, it.Payload); err == nil {
					edges = append(edges, mailEdge(what, m))
				}
			}
			for _, it := range w.Take(t, outbox.MailNote) {
				if m, err := w.Flow.NoticeMail(ctx, it.Payload); err == nil {
					edges = append(edges, mailEdge(what, m))
				}
			}
		}
		sides := []struct {
			thread  ids.ThreadID
			contact ids.ContactID
			child   ids.ChildID
			from    string
			words   string
		}{{w.Threads.Official, w.Contacts.Anna, w.Children[0].ID, flowtest.AnnaAddress, "TOMOSWORDS"}, {w.Threads.Brookshire, w.Contacts.Bea, w.Children[1].ID, flowtest.BeaAddress, "ELINWORDS"}}
		for _, s := range sides {
			w.Release(t, w.Say(t, w.MotherActor(), s.thread, "Hers: "+s.words).Message)
			w.Say(t, me, s.thread, "Staff: "+s.words)
		}
		sent("message")
		for _, s := range sides {
			if _, err := w.Flow.Ask(ctx, me, flow.NewRequest{Thread: s.thread, Kind: requests.Trip, Child: s.child, Body: s.words, IdemKey: s.words}); err != nil {
				t.Fatal(err)
			}
		}
		sent("request")
		for _, s := range sides {
			in := w.Receive(t, w.ReplyAddress(t, s.thread, s.contact), flowtest.From(s.from, "Theirs: "+s.words))
			if err := w.Flow.Withhold(ctx, me, w.HoldOf(t, in.Message).ID, messages.WithholdReasons[0].Code, s.words); err != nil {
				t.Fatal(err)
			}
		}
		sent("not passed on")
		begin := w.Env.Clock.Now().Add(48 * time.Hour)
		for _, s := range sides {
			id, err := w.Flow.CreateMeeting(ctx, me, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Title: s.words, Starts: begin, Ends: begin.Add(time.Hour), About: []ids.ChildID{s.child},
				Guests: []ids.ContactID{s.contact}, Children: []ids.ChildID{s.child}})
			if err != nil {
				t.Fatal(err)
			}
			sent("invitation")
			if err := w.Flow.CancelMeeting(ctx, me, id); err != nil {
				t.Fatal(err)
			}
			sent("cancellation")
		}
		for i, s := range sides {
			h, err := w.Flow.AskHandover(ctx, me, s.thread, s.contact)
			if err != nil {
				t.Fatal(err)
			}
			v, err := w.Flow.Handover(ctx, me, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range v.Choices {
				edges = append(edges, edge{"suggested at a handover", s.from, c.Name + " " + c.Email})
			}
			edges = append(edges, edge{"the draft of a summary", s.from, v.Summary})
			if err := w.Flow.AcceptHandover(ctx, me, h, flow.NewPerson{Name: "New Person", Email: fmt.Sprintf("new%d@%s", i, s.from[strings.Index(s.from, "@")+1:]), Summary: v.Summary, Replace: true}); err != nil {
				t.Fatal(err)
			}
			sent("summary")
		}
		checkEdges(t, edges)
		kinds := map[string]bool{}
		for _, e := range edges {
			kinds[e.what] = true
		}
		for _, k := range []string{"message", "request", "not passed on", "invitation", "cancellation", "the draft of a summary", "summary"} {
			if !kinds[k] {
				t.Errorf("no mail of the kind %q was looked at", k)
			}
		}
	})
}

// What she sees of one conversation names only its own child and authority, but for what her own words say.
func TestNoKioskTextCrossesTheWall(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, her := t.Context(), w.MotherActor()
		for th, other := range map[ids.ThreadID][]string{w.Threads.Official: ofElin, w.Threads.Brookshire: ofTomos} {
			k, err := w.Flow.KioskThread(ctx, her, th)
			if err != nil {
				t.Fatal(err)
			}
			v, err := w.Flow.KioskReading(ctx, her, th)
			if err != nil {
				t.Fatal(err)
			}
			for _, marker := range other {
				if text := whole(k) + whole(v); strings.Contains(text, marker) {
					t.Errorf("%s tells %s: %s", th, marker, text)
				}
			}
		}
	})
}

// What a mail says of who reads an answer is what the setting says.
func TestMailSaysWhoReadsAnswers(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me := t.Context(), w.Staff.Worker.Actor
		for _, test := range []struct {
			set  messages.ReviewSetting
			want string
		}{{messages.ReviewSetting{First: ids.RolePactWorker}, "A Pact social worker reads replies"}, {messages.ReviewSetting{First: ids.RoleOffenderManager}, "A member of staff reads replies"},
			{messages.ReviewSetting{Nobody: true}, ""}} {
			test.set.Scope, test.set.Direction = messages.Scope{Kind: messages.OfThread, ID: string(w.Threads.Official)}, messages.ToHer
			if err := w.Flow.SetReview(ctx, w.Staff.Protection.Actor, test.set); err != nil {
				t.Fatal(err)
			}
			w.Say(t, me, w.Threads.Official, "Hello")
			for _, m := range w.Send(t) {
				for _, text := range []string{m.Text, m.HTML} {
					if test.want == "" && strings.Contains(text, "reads replies") || !strings.Contains(text, test.want) {
						t.Errorf("with %+v: %s", test.set, text)
					}
				}
			}
		}
	})
}
