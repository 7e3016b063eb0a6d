package flow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// whoReviews is a person of each role that can review, and one beside her where there is one.
func whoReviews(w *flowtest.World) map[ids.Role]ids.Actor {
	return map[ids.Role]ids.Actor{ids.RolePactWorker: w.Staff.Worker.Actor, ids.RolePublicProtection: w.Staff.Protection.Actor,
		ids.RoleFamilyWorker: w.Staff.Family.Actor, ids.RoleOffenderManager: w.Staff.Manager.Actor}
}

// waitsFor lists the roles in whose queue, and on whose home page, a message waits.
func waitsFor(t *testing.T, w *flowtest.World, m ids.MessageID) (roles []ids.Role) {
	t.Helper()
	for _, role := range flow.ReviewerRoles {
		rows, err := w.Flow.Holds(t.Context(), whoReviews(w)[role])
		if err != nil {
			t.Fatal(err)
		}
		in := slices.ContainsFunc(rows, func(r flow.HoldRow) bool { return r.Message == m })
		if home, err := w.Flow.Home(t.Context(), whoReviews(w)[role]); err != nil || len(home.Holds) != len(rows) {
			t.Fatalf("%s: home tells of %d, the queue of %d: %v", role, len(home.Holds), len(rows), err)
		}
		counted := 0
		cases, err := w.Flow.Cases(t.Context(), whoReviews(w)[role])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			counted += c.Holds
		}
		if counted != len(rows) {
			t.Errorf("%s: her cases tell of %d, her queue of %d", role, counted, len(rows))
		}
		if in {
			roles = append(roles, role)
		}
	}
	return roles
}

// For every setting, at every scope and in both directions, a message waits for the configured reviewers, one after the other and for nobody else, and
// then goes; every step done twice, as after a crash, is done once.
func TestEverySettingsReviewersInOrder(t *testing.T) {
	settings := []messages.ReviewSetting{{Nobody: true}}
	for _, first := range flow.ReviewerRoles {
		settings = append(settings, messages.ReviewSetting{First: first})
		settings = append(settings, messages.ReviewSetting{First: first, Second: ids.RolePublicProtection})
	}
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		scopes := []messages.Scope{{Kind: messages.Estate}, {Kind: messages.Establishment, ID: string(w.Agencies.Prison)}, {Kind: messages.OfCase, ID: string(w.Case)},
			{Kind: messages.OfThread, ID: string(w.Threads.Official)}}
		for i, s := range settings {
			s.Scope = scopes[i%len(scopes)]
			setter := w.Staff.Protection.Actor
			if s.Scope.Kind == messages.Estate {
				setter = w.Staff.Admin.Actor
			}
			for _, d := range flow.Directions {
				s.Direction = d
				must(t, w.Flow.SetReview(t.Context(), setter, s))
				reviewedInOrder(t, w, s)
				must(t, w.Flow.UnsetReview(t.Context(), setter, s.Scope, d))
			}
		}
		w.VerifyAudit(t)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeInDirection(t *testing.T, w *flowtest.World, d messages.Direction, words string) ids.MessageID {
	t.Helper()
	if d == messages.FromHer {
		return w.Say(t, w.MotherActor(), w.Threads.Official, words).Message
	}
	return w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, words)).Message
}

func reviewedInOrder(t *testing.T, w *flowtest.World, s messages.ReviewSetting) {
	t.Helper()
	ctx, name := t.Context(), fmt.Sprintf("%s %s: %v %s %s", s.Scope.Kind, s.Direction, s.Nobody, s.First, s.Second)
	m := writeInDirection(t, w, s.Direction, "Words")
	want := []ids.Role{}
	for _, r := range []ids.Role{s.First, s.Second} {
		if r != "" && !slices.Contains(want, r) {
			want = append(want, r)
		}
	}
	for _, role := range want {
		if got := waitsFor(t, w, m); !slices.Equal(got, []ids.Role{role}) {
			t.Fatalf("%s: waits for %v, want %s", name, got, role)
		}
		h := w.HoldOf(t, m)
		for other, a := range whoReviews(w) {
			if err := w.Flow.Release(ctx, a, h.ID, ""); other != role && err == nil {
				t.Fatalf("%s: released by %s", name, other)
			} else if other == role {
				must(t, err)
				flowtest.Refused(t, w.Flow.Release(ctx, a, h.ID, ""), ids.Conflict) // again
				break
			}
		}
	}
	if got := waitsFor(t, w, m); len(got) != 0 {
		t.Fatalf("%s: waits for %v at the end", name, got)
	}
	got, err := w.Env.Store.Message(ctx, m)
	must(t, err)
	ds, err := w.Env.Store.DeliveriesOfMessage(ctx, m)
	if err != nil || got.State != messages.Released || len(ds) != 1 {
		t.Fatalf("%s: %s with %d deliveries: %v", name, got.State, len(ds), err)
	}
}

// Two reviewers decide at once: one of them does.
func TestTwoReviewersAtOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		for range 5 {
			m := w.Say(t, w.MotherActor(), w.Threads.Official, "Hello").Message
			h := w.HoldOf(t, m)
			acts := []func() error{
				func() error { return w.Flow.Release(t.Context(), w.Staff.Worker.Actor, h.ID, "") },
				func() error { return w.Flow.Return(t.Context(), w.Staff.StandIn.Actor, h.ID, "Say it kindly.") },
				func() error { return w.Flow.Withhold(t.Context(), w.Staff.StandIn.Actor, h.ID, "threat", "") },
			}
			errs := make([]error, len(acts))
			var wg sync.WaitGroup
			for i, act := range acts {
				wg.Go(func() { errs[i] = act() })
			}
			wg.Wait()
			done := 0
			for _, err := range errs {
				if err == nil {
					done++
				} else if ids.KindOf(err) != ids.Conflict {
					t.Errorf("%v", err)
				}
			}
			if done != 1 {
				t.Fatalf("%d of them decided: %v", done, errs)
			}
		}
	})
}

// No setting, role or page makes a reviewer of a conversation with a lawyer, or of one in confidence.
func TestPrivilegedHasNoReviewer(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		everybody := []ids.Actor{w.Staff.Worker.Actor, w.Staff.StandIn.Actor, w.Staff.Family.Actor, w.Staff.Manager.Actor, w.Staff.Officer.Actor, w.Staff.Protection.Actor, w.Staff.Admin.Actor}
		for _, th := range []ids.ThreadID{w.Threads.Privileged, w.Threads.Confidential} {
			scope := messages.Scope{Kind: messages.OfThread, ID: string(th)}
			for _, a := range everybody {
				if err := w.Flow.SetReview(ctx, a, messages.ReviewSetting{Scope: scope, Direction: messages.FromHer, First: a.Role}); err == nil {
					t.Errorf("%s set a reviewer", a.Role)
				}
			}
			// Even one that got into the database counts for nothing.
			must(t, w.Env.Store.Write(ctx, flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
				var err error
				for _, d := range flow.Directions {
					err = errors.Join(err, tx.SetReview(messages.ReviewSetting{Scope: scope, Direction: d, First: ids.RolePublicProtection, Second: ids.RolePactWorker}, "x"),
						tx.SetReview(messages.ReviewSetting{Scope: messages.Scope{Kind: messages.Estate}, Direction: d, First: ids.RolePublicProtection}, "x"))
				}
				return audit.ReviewSet("thread", string(th), "both", "x", ""), err
			}))
			c := w.Say(t, w.MotherActor(), th, "In confidence, spice")
			if c.State != messages.Released {
				t.Fatalf("%s is %s", th, c.State)
			}
			for _, a := range everybody {
				if rows, err := w.Flow.Holds(ctx, a); err != nil || len(rows) != 0 {
					t.Errorf("%s has %d to decide: %v", a.Role, len(rows), err)
				}
			}
		}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), flowtest.From(flowtest.LaraAddress, "Advice"))
		if in.State != store.InboundFiled {
			t.Errorf("the lawyer's mail is %s", in.State)
		}
	})
}

// Returned, written again, withheld, appealed against, and released by the second person: what her kiosk says at every step.
func TestReturnedAndAppealed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, mother := t.Context(), w.MotherActor()
		first := w.Say(t, mother, w.Threads.Official, "You liars").Message
		h := w.HoldOf(t, first)
		flowtest.Refused(t, w.Flow.Return(ctx, w.Staff.Worker.Actor, h.ID, "  "), ids.Invalid)
		must(t, w.Flow.Return(ctx, w.Staff.Worker.Actor, h.ID, "Say what you want to know, without names."))
		k, err := w.Flow.KioskMessage(ctx, mother, first)
		if err != nil || k.Progress != flow.ProgressReturned || k.Stopped == nil || !k.Stopped.Returned || !k.Stopped.MayAppeal || k.Stopped.Words != "Say what you want to know, without names." {
			t.Fatalf("%+v %v", k.Stopped, err)
		}
		second := w.Say(t, mother, w.Threads.Official, "Why was the school changed?").Message
		must(t, w.Flow.Withhold(ctx, w.Staff.Worker.Actor, w.HoldOf(t, second).ID, "restricted_contact", "secret of the team"))
		if k, err = w.Flow.KioskMessage(ctx, mother, second); err != nil || k.Stopped == nil || k.Stopped.Words != "" || k.Stopped.Why != messages.TellGeneral {
			t.Fatalf("she is told %+v %v", k.Stopped, err)
		}
		flowtest.Refused(t, w.Flow.Appeal(ctx, w.Staff.StandIn.Actor, second), ids.NotFound)
		must(t, w.Flow.Appeal(ctx, mother, second))
		flowtest.Refused(t, w.Flow.Appeal(ctx, mother, second), ids.Forbidden)
		appeal := w.HoldOf(t, second)
		flowtest.Refused(t, w.Flow.Release(ctx, w.Staff.Worker.Actor, appeal.ID, ""), ids.Forbidden)
		v, err := w.Flow.HoldView(ctx, w.Staff.StandIn.Actor, appeal.ID)
		if err != nil || v.First == nil || v.First.ReasonCode != "restricted_contact" || v.Reason != messages.HoldAppeal {
			t.Fatalf("the second person sees %+v %v", v.First, err)
		}
		must(t, w.Flow.Release(ctx, w.Staff.StandIn.Actor, appeal.ID, ""))
		if out := w.Send(t); len(out) != 1 || !strings.Contains(out[0].Text, "school changed") {
			t.Fatalf("%d mails left", len(out))
		}
		flowtest.Refused(t, w.Flow.Appeal(ctx, mother, second), ids.Forbidden)
		if n := len(w.Entries(t, audit.MessageAppealedKind)); n != 1 {
			t.Errorf("%d entries of an appeal", n)
		}
		w.VerifyAudit(t)
	})
}

// An appeal does not go round those who had not read the message yet, and goes to whoever stands in when there is no second of the role.
func TestAppealKeepsTheOrder(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, pp := t.Context(), w.Staff.Protection.Actor
		scope := messages.Scope{Kind: messages.OfCase, ID: string(w.Case)}
		must(t, w.Flow.SetReview(ctx, pp, messages.ReviewSetting{Scope: scope, Direction: messages.FromHer, First: ids.RolePactWorker, Second: ids.RolePublicProtection}))
		m := w.Say(t, w.MotherActor(), w.Threads.Official, "One").Message
		must(t, w.Flow.Withhold(ctx, w.Staff.Worker.Actor, w.HoldOf(t, m).ID, "threat", ""))
		must(t, w.Flow.Appeal(ctx, w.MotherActor(), m))
		must(t, w.Flow.Release(ctx, w.Staff.StandIn.Actor, w.HoldOf(t, m).ID, ""))
		if got := waitsFor(t, w, m); !slices.Equal(got, []ids.Role{ids.RolePublicProtection}) {
			t.Fatalf("after the appeal it waits for %v", got)
		}
		must(t, w.Flow.Withhold(ctx, pp, w.HoldOf(t, m).ID, "threat", ""))
		flowtest.Refused(t, w.Flow.Appeal(ctx, w.MotherActor(), m), ids.Forbidden) // once

		must(t, w.Flow.SetReview(ctx, pp, messages.ReviewSetting{Scope: scope, Direction: messages.FromHer, First: ids.RolePublicProtection}))
		m = w.Say(t, w.MotherActor(), w.Threads.Official, "Two").Message
		must(t, w.Flow.Withhold(ctx, pp, w.HoldOf(t, m).ID, "threat", ""))
		must(t, w.Flow.Appeal(ctx, w.MotherActor(), m))
		if got := waitsFor(t, w, m); !slices.Equal(got, []ids.Role{ids.RolePactWorker}) {
			t.Fatalf("with one person of public protection, an appeal waits for %v", got)
		}
	})
}

// A file that is kept back reaches nobody: mail, kiosk and reading page say that there was one, and no more.
func TestPartialRelease(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		mail := flowtest.From(flowtest.AnnaAddress, "See both.")
		for _, name := range []string{"plan.pdf", "secret photo.png"} {
			mail.Files = append(mail.Files, store.NewFile{Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: name, MediaType: "application/pdf"}, Content: []byte(name)})
		}
		m := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), mail).Message
		flowtest.CheckFiles(t, w.Env.Store, w.Flow, w.Env.Clock.Now)
		got, err := w.Env.Store.Message(ctx, m)
		if err != nil || len(got.Attachments) != 2 {
			t.Fatalf("%+v %v", got.Attachments, err)
		}
		i := slices.IndexFunc(got.Attachments, func(a messages.Attachment) bool { return a.Name == "secret photo.png" })
		kept, other := got.Attachments[i].ID, got.Attachments[1-i].ID
		h := w.HoldOf(t, m)
		flowtest.Refused(t, w.Flow.ReleaseWithout(ctx, w.Staff.Worker.Actor, h.ID, "", []ids.AttachmentID{"att_none"}), ids.Invalid)
		must(t, w.Flow.ReleaseWithout(ctx, w.Staff.Worker.Actor, h.ID, "", []ids.AttachmentID{kept}))
		k, err := w.Flow.KioskMessage(ctx, w.MotherActor(), m)
		if err != nil || len(k.Attachments) != 1 || k.Attachments[0].ID != other || k.FilesKept != 1 {
			t.Fatalf("her kiosk: %+v %v", k, err)
		}
		if _, err := w.Flow.FilePage(ctx, w.MotherActor(), kept, 1); ids.KindOf(err) != ids.NotFound {
			t.Errorf("her kiosk has the picture: %v", err)
		}
		if _, err := w.Flow.FilePage(ctx, w.MotherActor(), other, 1); err != nil {
			t.Errorf("her kiosk lacks the other: %v", err)
		}
		for _, a := range []ids.Actor{w.Staff.Family.Actor, w.Staff.Protection.Actor} {
			if _, err := w.Flow.Attachment(ctx, a, kept); err == nil {
				t.Errorf("%s has the file", a.Role)
			}
			if _, err := w.Flow.FilePage(ctx, a, kept, 1); err == nil {
				t.Errorf("%s has its picture", a.Role)
			}
		}
		if _, err := w.Flow.Attachment(ctx, w.Staff.StandIn.Actor, kept); err != nil {
			t.Errorf("a reviewer cannot look at it again: %v", err)
		}
		if n := len(w.Entries(t, audit.FileKeptKind)); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// What authors outside are told: nothing that could tell of a restriction, a support plan or somebody's secret; a forger, nothing at all.
func TestNoticesAreNeutral(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		texts := map[string]string{}
		for _, r := range messages.WithholdReasons {
			m := writeInDirection(t, w, messages.ToHer, "Words")
			must(t, w.Flow.Withhold(ctx, w.Staff.Worker.Actor, w.HoldOf(t, m).ID, r.Code, "a note of the team"))
			items := w.Take(t, outbox.MailNote)
			if told := r.Author != messages.TellNothing; len(items) != map[bool]int{true: 1}[told] {
				t.Fatalf("%s: %d notices", r.Code, len(items))
			}
			if thread, err := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official); err != nil {
				t.Fatal(err)
			} else if told := slices.ContainsFunc(thread.Parts, func(p flow.KioskMessage) bool { return p.ID == m }); told != r.OtherSide {
				t.Errorf("%s: her kiosk tells of it: %v", r.Code, told)
			}
			if len(items) == 0 {
				continue
			}
			mail, err := w.Flow.NoticeMail(ctx, items[0].Payload)
			if err != nil || mail.To != flowtest.AnnaAddress || mail.EnvelopeFrom != "" || mail.Headers["Auto-Submitted"] == "" {
				t.Fatalf("%s: %+v %v", r.Code, mail, err)
			}
			for _, word := range []string{"restrict", "support", "ACCT", "together", "Mair", "Hughes", "prison", "note of the team", "Tomos", "Wendy", "in person", "KB-1001"} {
				if strings.Contains(strings.ToLower(mail.Subject+mail.Text+mail.HTML), strings.ToLower(word)) {
					t.Errorf("%s: the notice says %q:\n%s", r.Code, word, mail.Text)
				}
			}
			texts[r.Code] = mail.Text
			must(t, w.Flow.NoticeDone(ctx, items[0].Payload, true, "250 ok"))
		}
		if texts["restricted_contact"] != texts["needs_support"] || texts["restricted_contact"] != texts["other"] {
			t.Error("a notice tells a restriction or a support need from another reason")
		}
		for code, r := range map[string]bool{"restricted_contact": false, "threat": false, "third_party": false, "needs_support": false} {
			if x, _ := messages.ReasonOf(code); x.OtherSide != r {
				t.Errorf("the other side is told of %s", code)
			}
		}
		m := writeInDirection(t, w, messages.ToHer, "Again")
		must(t, w.Flow.Return(ctx, w.Staff.Worker.Actor, w.HoldOf(t, m).ID, "The reviewer's own explanation"))
		items := w.Take(t, outbox.MailNote)
		if len(items) != 1 {
			t.Fatalf("%d notices", len(items))
		}
		if mail, err := w.Flow.NoticeMail(ctx, items[0].Payload); err != nil || strings.Contains(mail.Text+mail.HTML, "explanation") || !strings.Contains(mail.Text, "write it again") {
			t.Errorf("%v\n%s", err, mail.Text)
		}
	})
}

// A reviewer who leaves with forty claimed holds: they wait for everybody again at once.
func TestClaimsOfWhoLeaves(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, standIn := t.Context(), w.Staff.StandIn
		var held []ids.HoldID
		for range 40 {
			h := w.HoldOf(t, w.Say(t, w.MotherActor(), w.Threads.Official, "Hello").Message)
			must(t, w.Flow.Claim(ctx, standIn.Actor, h.ID))
			held = append(held, h.ID)
		}
		claimed := func() (n int) {
			rows, err := w.Flow.Queue(ctx, w.Staff.Worker.Actor, flow.QueueFilter{})
			must(t, err)
			for _, r := range rows {
				if r.ClaimedBy != "" {
					n++
				}
			}
			if len(rows) != 40 {
				t.Fatalf("%d wait", len(rows))
			}
			return n
		}
		must(t, w.Flow.ReleaseClaim(ctx, w.Staff.Worker.Actor, held[0])) // a colleague
		flowtest.Refused(t, w.Flow.ReleaseClaim(ctx, w.Staff.Family.Actor, held[1]), ids.Forbidden)
		if err := w.Flow.ReleaseClaim(ctx, w.Staff.Admin.Actor, held[1]); err == nil {
			t.Error("an administrator took a claim from who can still decide it")
		}
		if n := claimed(); n != 39 {
			t.Fatalf("%d claimed", n)
		}
		must(t, w.Flow.LeaveTeam(ctx, w.Staff.Worker.Actor, w.Case, standIn.ID))
		if n := claimed(); n != 0 {
			t.Errorf("%d still claimed", n)
		}
		flowtest.Refused(t, w.Flow.LeaveTeam(ctx, w.Staff.Worker.Actor, w.Case, w.Staff.Worker.ID), ids.Conflict)
		if err := w.Flow.Release(ctx, standIn.Actor, held[2], ""); err == nil {
			t.Error("she decides although she left the team")
		}
		for _, h := range held[:20] {
			must(t, w.Flow.Claim(ctx, w.Staff.Worker.Actor, h))
		}
		must(t, w.Flow.DisableStaff(ctx, w.Staff.Admin.Actor, w.Staff.Worker.ID))
		if hs, err := w.Env.Store.ClaimsOf(ctx, w.Staff.Worker.ID, ""); err != nil || len(hs) != 0 {
			t.Errorf("%d still claimed: %v", len(hs), err)
		}
		if n := len(w.Entries(t, audit.HoldReturnedKind)); n != 60 {
			t.Errorf("%d entries, want 60", n)
		}
		w.VerifyAudit(t)
	})
}
