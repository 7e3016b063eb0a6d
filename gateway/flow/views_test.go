package flow_test

import (
	"slices"
	"strings"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// walled is a world with something said, failed and held on every channel.
type walled struct {
	*flowtest.World
	said  map[ids.ThreadID]ids.MessageID
	files map[ids.ThreadID]ids.AttachmentID
}

func buildWalls(t *testing.T, w *flowtest.World) walled {
	t.Helper()
	out := walled{w, map[ids.ThreadID]ids.MessageID{}, map[ids.ThreadID]ids.AttachmentID{}}
	for _, th := range []ids.ThreadID{w.Threads.Confidential, w.Threads.Privileged, w.Threads.Brookshire} {
		file := store.NewFile{Content: []byte("file"), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: "letter.pdf", MediaType: "application/pdf", Size: 4}}
		c, err := w.Flow.Compose(t.Context(), w.MotherActor(), flow.NewMessage{Thread: th, Body: "Words", IdemKey: "k", Files: []store.NewFile{file}})
		if err != nil {
			t.Fatal(err)
		}
		out.said[th], out.files[th] = c.Message, file.ID
	}
	for _, s := range w.Send(t) { // the lawyer's server refuses
		w.Receive(t, s.EnvelopeFrom, flow.ReadMail{Kind: flow.MailBounce, Bounces: []flow.Bounce{{Status: "5.1.1", Permanent: true}}})
	}
	return out
}

// knows says which threads each member of staff may know of. It is written out, not computed.
func knows(w *flowtest.World) map[flowtest.Person][]ids.ThreadID {
	official := []ids.ThreadID{w.Threads.Official, w.Threads.Brookshire}
	pact := append(slices.Clone(official), w.Threads.Confidential)
	return map[flowtest.Person][]ids.ThreadID{
		w.Staff.Worker: pact, w.Staff.StandIn: pact, w.Staff.Family: official, w.Staff.Manager: official, w.Staff.Protection: official,
		w.Staff.Officer: nil, w.Staff.Admin: nil, w.Staff.OtherWorker: nil, w.Staff.OtherManager: nil,
	}
}

// Nothing that a member of staff can ask for tells her of a thread behind a wall: not a list, a page, a file, a hold, a count, home, the audit
// timeline, or the difference between two errors.
func TestWallsInEveryView(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, base *flowtest.World) {
		w := buildWalls(t, base)
		all := []ids.ThreadID{w.Threads.Official, w.Threads.Brookshire, w.Threads.Confidential, w.Threads.Privileged}
		_, nothing := w.Flow.Thread(t.Context(), w.Staff.Worker.Actor, "thr_00000000000000000000000000")
		for p, may := range knows(base) {
			for _, th := range all {
				w.checkThread(t, p, th, slices.Contains(may, th), nothing)
			}
			w.checkLists(t, p, may, all)
			w.checkTimeline(t, p, may, all)
		}
	})
}

func (w walled) checkThread(t *testing.T, p flowtest.Person, th ids.ThreadID, may bool, nothing error) {
	t.Helper()
	ctx, f := t.Context(), w.Flow
	_, err := f.Thread(ctx, p.Actor, th)
	if may != (err == nil) {
		t.Errorf("%s, thread: %v, may %t", p.Email, err, may)
	}
	if may {
		return
	}
	_, composeErr := f.Compose(ctx, p.Actor, flow.NewMessage{Thread: th, Body: "x", IdemKey: "y"})
	errs := []error{err, composeErr, f.SaveDraft(ctx, p.Actor, th, "x")}
	if file, ok := w.files[th]; ok {
		_, err := f.Attachment(ctx, p.Actor, file)
		errs = append(errs, err)
	}
	if m, ok := w.said[th]; ok && th == w.Threads.Brookshire {
		_, err := f.HoldView(ctx, p.Actor, w.HoldOf(t, m).ID)
		errs = append(errs, err, f.Release(ctx, p.Actor, w.HoldOf(t, m).ID, ""))
	}
	for i, err := range errs {
		if ids.KindOf(err) != ids.NotFound || ids.Public(err) != ids.Public(nothing) {
			t.Errorf("%s, thread %s, question %d: %v tells that it exists", p.Email, th, i, err)
		}
	}
}

func (w walled) checkLists(t *testing.T, p flowtest.Person, may, all []ids.ThreadID) {
	t.Helper()
	ctx, f := t.Context(), w.Flow
	seen := map[ids.ThreadID]bool{}
	if rows, err := f.Threads(ctx, p.Actor, w.Case); err == nil {
		for _, r := range rows {
			seen[r.ID] = true
		}
	} else if ids.KindOf(err) != ids.NotFound {
		t.Errorf("%s: %v", p.Email, err)
	}
	if v, err := f.Case(ctx, p.Actor, w.Case); err == nil {
		for _, r := range v.Threads {
			seen[r.ID] = true
		}
		if !strings.HasPrefix(p.Email, "wendy") && !strings.HasPrefix(p.Email, "stella") && slices.Contains(v.MayOpen, threads.Confidential) {
			t.Errorf("%s is told of the confidential channel", p.Email)
		}
	}
	home, err := f.Home(ctx, p.Actor)
	if err != nil {
		t.Fatalf("%s: %v", p.Email, err)
	}
	for _, d := range home.Failed {
		seen[d.Thread] = true
	}
	holds, err := f.Holds(ctx, p.Actor)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range holds {
		seen[h.Thread] = true
	}
	for _, th := range all {
		if seen[th] && !slices.Contains(may, th) {
			t.Errorf("%s sees thread %s in a list", p.Email, th)
		}
	}
	if len(may) > 0 && len(seen) == 0 {
		t.Errorf("%s sees nothing at all", p.Email)
	}
}

func (w walled) checkTimeline(t *testing.T, p flowtest.Person, may, all []ids.ThreadID) {
	t.Helper()
	for _, c := range []ids.CaseID{"", w.Case} {
		for before := int64(0); ; {
			page, err := w.Flow.AuditTimeline(t.Context(), p.Actor, c, before, 50)
			if err != nil {
				if k := ids.KindOf(err); k != ids.NotFound && k != ids.Forbidden {
					t.Errorf("%s: %v", p.Email, err)
				}
				break
			}
			for _, row := range page.Rows {
				text := string(row.Thread) + " " + row.Subject
				for _, v := range row.Detail {
					text += " " + v
				}
				for _, th := range all {
					official := th == w.Threads.Official || th == w.Threads.Brookshire
					if !official && !slices.Contains(may, th) && (strings.Contains(text, string(th)) || w.said[th] != "" && strings.Contains(text, string(w.said[th]))) {
						t.Errorf("%s learns of %s from entry %d (%s %s)", p.Email, th, row.Seq, row.Kind, text)
					}
				}
			}
			if before = page.Next; before == 0 {
				break
			}
		}
	}
}

// People outside and the mother see only threads they are in, and of those only what is released or their own.
func TestPartiesSeeTheirOwn(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, base *flowtest.World) {
		w := buildWalls(t, base)
		rows, err := w.Flow.KioskThreads(t.Context(), w.MotherActor())
		if err != nil || len(rows) != 4 {
			t.Fatalf("%d threads, %v", len(rows), err)
		}
		another := ids.MotherActor(ids.New[ids.MotherID](ids.Mother))
		if rows, err := w.Flow.KioskThreads(t.Context(), another); err != nil || len(rows) != 0 {
			t.Errorf("%d, %v", len(rows), err)
		}
		for _, th := range []ids.ThreadID{w.Threads.Official, w.Threads.Confidential, w.Threads.Privileged} {
			if _, err := w.Flow.KioskThread(t.Context(), another, th); ids.KindOf(err) != ids.NotFound {
				t.Errorf("another mother: %v", err)
			}
		}
		bea, anna := ids.ContactActor(w.Contacts.Bea), ids.ContactActor(w.Contacts.Anna)
		if v, err := w.Flow.Thread(t.Context(), bea, w.Threads.Brookshire); err != nil || len(v.Messages) != 0 {
			t.Errorf("she reads what is held: %+v %v", v.Messages, err)
		}
		for _, th := range []ids.ThreadID{w.Threads.Brookshire, w.Threads.Confidential, w.Threads.Privileged} {
			if _, err := w.Flow.Thread(t.Context(), anna, th); ids.KindOf(err) != ids.NotFound {
				t.Errorf("Anna and %s: %v", th, err)
			}
		}
	})
}

// A held message is known to its author and its reviewers, and to nobody by number, list or file.
func TestHeldMessagesAreNotRead(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, base *flowtest.World) {
		w := buildWalls(t, base)
		w.CheckFiles(t)
		for p := range knows(base) {
			reviewer := p == w.Staff.Worker || p == w.Staff.StandIn
			if v, err := w.Flow.Thread(t.Context(), p.Actor, w.Threads.Brookshire); err == nil && (len(v.Messages) > 0) != reviewer {
				t.Errorf("%s: %d messages", p.Email, len(v.Messages))
			}
			if _, err := w.Flow.Attachment(t.Context(), p.Actor, w.files[w.Threads.Brookshire]); (err == nil) != reviewer {
				t.Errorf("%s, file: %v", p.Email, err)
			}
			cs, err := w.Flow.Cases(t.Context(), p.Actor)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cs {
				if (c.Holds > 0) != reviewer {
					t.Errorf("%s counts %d holds", p.Email, c.Holds)
				}
			}
		}
	})
}

func TestCaseIsConcealed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		_, nothing := w.Flow.Case(t.Context(), w.Staff.Worker.Actor, "cas_00000000000000000000000000")
		for _, p := range []flowtest.Person{w.Staff.Officer, w.Staff.Admin, w.Staff.OtherWorker, w.Staff.OtherManager} {
			_, err := w.Flow.Case(t.Context(), p.Actor, w.Case)
			if ids.KindOf(err) != ids.NotFound || ids.Public(err) != ids.Public(nothing) {
				t.Errorf("%s: %v", p.Email, err)
			}
			if cs, err := w.Flow.Cases(t.Context(), p.Actor); err != nil || len(cs) != 0 {
				t.Errorf("%s lists %d cases, %v", p.Email, len(cs), err)
			}
		}
	})
}
