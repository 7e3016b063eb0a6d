package flow_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// bring has Anna send files, each named by its content's first line, and returns the message.
func bring(t *testing.T, w *flowtest.World, th ids.ThreadID, from ids.ContactID, address string, contents ...string) messages.Message {
	t.Helper()
	m := flowtest.From(address, "See the files.")
	for _, c := range contents {
		name, _, _ := strings.Cut(c, "\n")
		m.Files = append(m.Files, store.NewFile{Content: []byte(c), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: name, MediaType: "application/pdf", Size: int64(len(c))}})
	}
	in := w.Receive(t, w.ReplyAddress(t, th, from), m)
	msg, err := w.Env.Store.Message(t.Context(), in.Message)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(msg.Attachments, func(a, b messages.Attachment) int { return strings.Compare(a.Name, b.Name) })
	return msg
}

func again(t *testing.T, w *flowtest.World, m messages.Message) messages.Message {
	t.Helper()
	m, err := w.Env.Store.Message(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(m.Attachments, func(a, b messages.Attachment) int { return strings.Compare(a.Name, b.Name) })
	return m
}

// A file's whole way: the text never waits, the reviewer sees what there is, the mother sees pictures of it once the message is released, and
// nobody gets what is infected.
func TestFilesOfAReply(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		m := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "a plan\nsecond page", "infected", "macros", "unseen")
		h := w.HoldOf(t, m.ID) // the message is there and waits for its reviewer while no file has been looked at
		for _, a := range m.Attachments {
			if a.Verdict.State != messages.FileChecking {
				t.Errorf("%s is %s", a.Name, a.Verdict.State)
			}
			if _, err := w.Flow.Attachment(ctx, w.Staff.Worker.Actor, a.ID); ids.KindOf(err) != ids.Conflict {
				t.Errorf("%s is given away unchecked: %v", a.Name, err)
			}
		}
		if errs := w.CheckFiles(t); len(errs) > 0 {
			t.Fatal(errs)
		}
		m = again(t, w, m)
		plan, infected, macros, unseen := m.Attachments[0], m.Attachments[1], m.Attachments[2], m.Attachments[3]
		for _, c := range []struct {
			a      messages.Attachment
			state  messages.FileState
			reason messages.FileReason
		}{{plan, messages.FileShown, ""}, {infected, messages.FileWithheld, messages.FileInfected}, {macros, messages.FileWithheld, messages.FileMacros}, {unseen, messages.FileListed, messages.FileNoViewer}} {
			if c.a.Verdict.State != c.state || c.a.Verdict.Reason != c.reason {
				t.Errorf("%s: %+v", c.a.Name, c.a.Verdict)
			}
		}
		v, err := w.Flow.HoldView(ctx, w.Staff.Worker.Actor, h.ID)
		if err != nil || len(v.Message.Attachments) != 4 {
			t.Fatalf("%+v %v", v, err)
		}
		if p, err := w.Flow.FilePage(ctx, w.Staff.Worker.Actor, plan.ID, 2); err != nil || string(p.Content) != "picture of second page" || p.MediaType != "image/png" {
			t.Errorf("the reviewer sees %q, %v", p.Content, err)
		}
		flowtest.Refused(t, second(w.Flow.FilePage(ctx, w.MotherActor(), plan.ID, 1)), ids.NotFound) // not released
		flowtest.Refused(t, second(w.Flow.FilePage(ctx, w.Staff.OtherWorker.Actor, plan.ID, 1)), ids.NotFound)
		flowtest.Refused(t, second(w.Flow.FileWords(ctx, w.MotherActor(), plan.ID)), ids.NotFound)
		flowtest.Refused(t, second(w.Flow.FileWords(ctx, w.Staff.OtherWorker.Actor, plan.ID)), ids.NotFound)
		w.Release(t, m.ID)
		if says, err := w.Flow.FileWords(ctx, w.MotherActor(), plan.ID); err != nil || len(says.Pages) != 2 || says.Pages[1] != "second page" {
			t.Errorf("read aloud: %+v, %v", says, err)
		}
		if p, err := w.Flow.FilePage(ctx, w.MotherActor(), plan.ID, 1); err != nil || string(p.Content) != "picture of a plan" {
			t.Errorf("the mother sees %q, %v", p.Content, err)
		}
		for _, page := range []int{0, 3, -1} {
			flowtest.Refused(t, second(w.Flow.FilePage(ctx, w.MotherActor(), plan.ID, page)), ids.NotFound)
		}
		for _, a := range m.Attachments[1:] {
			flowtest.Refused(t, second(w.Flow.FilePage(ctx, w.MotherActor(), a.ID, 1)), ids.NotFound)
			flowtest.Refused(t, second(w.Flow.FileWords(ctx, w.MotherActor(), a.ID)), ids.NotFound)
		}
		for _, a := range m.Attachments { // never the file itself
			flowtest.Refused(t, second(w.Flow.Attachment(ctx, w.MotherActor(), a.ID)), ids.NotFound)
		}
		for _, a := range []messages.Attachment{infected, macros} {
			flowtest.Refused(t, second(w.Flow.Attachment(ctx, ids.ContactActor(w.Contacts.Anna), a.ID)), ids.NotFound)
		}
		if f, err := w.Flow.Attachment(ctx, w.Staff.Worker.Actor, macros.ID); err != nil || string(f.Content) != "macros" {
			t.Errorf("%q %v", f.Content, err)
		}
		err = second(w.Flow.Attachment(ctx, w.Staff.Worker.Actor, infected.ID))
		flowtest.Refused(t, err, ids.Forbidden)
		if !strings.Contains(ids.Public(err), "Invented.Test.Signature") {
			t.Errorf("staff are not told what was found: %v", err)
		}
		w.VerifyAudit(t)
	})
}

func second[T any](_ T, err error) error { return err }

// What a contact sends goes to the other contacts of the thread: the text at once, of the files those found harmless, and the rest by name
// with its reason.
func TestFilesGoOnWhenTheyAreClean(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		colleague := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From("nia@anytown.example", "I work with Anna."))
		if _, err := w.Flow.FileHeld(ctx, w.Staff.Worker.Actor, w.HoldOfMail(t, colleague.ID).ID, flow.Filing{}); err != nil {
			t.Fatal(err)
		}
		w.Send(t)
		checked := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "a plan", "infected", "unseen")
		w.CheckFiles(t)
		w.Release(t, checked.ID)
		hasty := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "not looked at")
		w.Release(t, hasty.ID)
		sent := w.Send(t)
		if len(sent) != 2 {
			t.Fatalf("%d mails", len(sent))
		}
		for _, s := range sent {
			var names []string
			for _, f := range s.Files {
				names = append(names, f.Name)
			}
			slices.Sort(names)
			if strings.Contains(s.Text, "not looked at: it is still being checked") {
				if len(names) != 0 {
					t.Errorf("%v went unchecked", names)
				}
				continue
			}
			if !slices.Equal(names, []string{"a plan", "unseen"}) {
				t.Errorf("%v went", names)
			}
			for _, part := range []string{s.Text, s.HTML} {
				if !strings.Contains(part, "infected: the virus scanner found something in it") || strings.Contains(part, "a plan:") {
					t.Errorf("%s", part)
				}
			}
		}
	})
}

// A message that the mother has already is shown again when a file of it has been looked at.
func TestAFileThatComesLater(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		m := bring(t, w, w.Threads.Privileged, w.Contacts.Lara, flowtest.LaraAddress, "a letter")
		k, err := w.Flow.KioskMessage(ctx, w.MotherActor(), m.ID)
		if err != nil || k.Attachments[0].Verdict.State != messages.FileChecking {
			t.Fatalf("%+v %v", k, err)
		}
		before, err := w.Flow.FeedCursor(ctx, w.MotherActor())
		if err != nil {
			t.Fatal(err)
		}
		w.CheckFiles(t)
		items, err := w.Flow.Feed(ctx, w.MotherActor(), before, 10)
		if err != nil || len(items) != 1 || items[0].Message == nil || items[0].Message.Attachments[0].Verdict.State != messages.FileShown {
			t.Fatalf("%+v %v", items, err)
		}
		for _, p := range []flowtest.Person{w.Staff.Worker, w.Staff.Admin} { // a privileged letter is its parties'
			flowtest.Refused(t, second(w.Flow.FilePage(ctx, p.Actor, m.Attachments[0].ID, 1)), ids.NotFound)
			flowtest.Refused(t, second(w.Flow.Attachment(ctx, p.Actor, m.Attachments[0].ID)), ids.NotFound)
		}
	})
}

// A scanner that is away is waited for, for a day; then the file is withheld, and nothing else was kept waiting.
func TestScannerIsAway(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		w.Files.ScanErr = errors.New("connection refused")
		late := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "a plan")
		for range 8 {
			if errs := w.CheckFiles(t); len(errs) != 1 {
				t.Fatalf("%v", errs)
			}
			w.Env.Clock.Advance(3*time.Hour - time.Minute)
		}
		if v := again(t, w, late).Attachments[0].Verdict; v.State != messages.FileChecking {
			t.Fatalf("%+v within a day", v)
		}
		w.Env.Clock.Advance(time.Hour)
		if errs := w.CheckFiles(t); len(errs) != 0 {
			t.Fatal(errs)
		}
		if v := again(t, w, late).Attachments[0].Verdict; v.Reason != messages.FileNotChecked || v.Relayed() {
			t.Errorf("%+v", v)
		}
		soon := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "another plan")
		w.CheckFiles(t)
		w.Files.ScanErr = nil
		w.CheckFiles(t)
		if v := again(t, w, soon).Attachments[0].Verdict; v.State != messages.FileShown {
			t.Errorf("%+v when the scanner is back", v)
		}
	})
}

// A file that cannot be looked at, or brings the program down each time, ends as damaged. Doing the work again changes nothing.
func TestPoisonFileAndRepeats(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		m := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "poison")
		w.Files.LookErr = errors.New("took too long")
		for i := range 5 {
			if errs := w.CheckFiles(t); len(errs) != 1 {
				t.Fatalf("try %d: %v", i, errs)
			}
			w.Env.Clock.Advance(10 * time.Minute)
		}
		w.CheckFiles(t)
		if v := again(t, w, m).Attachments[0].Verdict; v.Reason != messages.FileDamaged {
			t.Fatalf("%+v", v)
		}
		w.Files.LookErr = nil
		good := bring(t, w, w.Threads.Official, w.Contacts.Anna, flowtest.AnnaAddress, "a plan")
		items := w.Take(t, outbox.FileCheck) // leased and, as after a crash, done twice and at once
		done := make(chan error, 4)
		for range 4 {
			go func() { done <- w.Flow.HandleFileCheck(ctx, items[0]) }()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if p, err := w.Flow.FilePage(ctx, w.Staff.Worker.Actor, good.Attachments[0].ID, 1); err != nil || string(p.Content) != "picture of a plan" {
			t.Errorf("%q %v", p.Content, err)
		}
		gone := items[0]
		gone.Payload = []byte(`"att_gone"`)
		if err := w.Flow.HandleFileCheck(ctx, gone); err != nil {
			t.Error(err)
		}
		w.VerifyAudit(t)
	})
}

// Files that a person put into a thread are looked at like others.
func TestFilesOfFiledMail(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		m := flowtest.From("nia@anytown.example", "I took over from Anna.")
		m.Files = []store.NewFile{{Content: []byte("a plan"), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: "plan.pdf", MediaType: "application/pdf", Size: 6}}}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), m)
		c, err := w.Flow.FileHeld(t.Context(), w.Staff.Worker.Actor, w.HoldOfMail(t, in.ID).ID, flow.Filing{})
		if err != nil {
			t.Fatal(err)
		}
		w.CheckFiles(t)
		k, err := w.Flow.KioskMessage(t.Context(), w.MotherActor(), c.Message)
		if err != nil || len(k.Attachments) != 1 || k.Attachments[0].Verdict.State != messages.FileShown {
			t.Fatalf("%+v %v", k, err)
		}
	})
}
