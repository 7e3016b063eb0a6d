package kiosk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kinbridge/adapters/kiosk"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
)

// bring has the Pact worker put files into the confidential thread, each named by its content's first line.
func (w *world) bring(contents ...string) (m ids.MessageID, files []ids.AttachmentID) {
	w.t.Helper()
	in := flow.NewMessage{Thread: w.confided, Body: "See the files.", IdemKey: ids.Secret(8)}
	for _, c := range contents {
		id := ids.New[ids.AttachmentID](ids.Attachment)
		name, _, _ := strings.Cut(c, "\n")
		in.Files = append(in.Files, store.NewFile{Content: []byte(c), Attachment: messages.Attachment{ID: id, Name: name, Size: int64(len(c))}})
		files = append(files, id)
	}
	return must(w.f.Compose(context.Background(), w.worker, in))(w.t).Message, files
}

// speaker says nothing and remembers what it was to say.
type speaker struct{ said string }

func (s *speaker) Can(string) bool { return true }
func (s *speaker) Speak(_ context.Context, _, text string) ([]byte, string, error) {
	s.said = text
	return []byte("sound"), "audio/wav", nil
}

func TestFilesOnTheScreen(t *testing.T) {
	voice := &speaker{}
	w := newWorld(t, kiosk.Config{Speaker: voice})
	m, files := w.bring("plan <b>\nsecond", "infected", "macros", "unseen")
	b := w.unlocked(w.mair, mairPIN)
	thread := "/kiosk/messages/" + string(w.confided)
	b.get(thread).has(t, "There are 4 files with this message", "We are checking this file", "See the files.") // the words do not wait
	flowtest.CheckFiles(t, w.env.Store, w.f, w.env.Clock.Now)
	p := b.get(thread)
	view := thread + "/" + string(m) + "/files/" + string(files[0])
	p.has(t, "plan &lt;b&gt;", "Look at the 2 pages", `href="`+view+`"`, `src="/kiosk/files/`+string(files[0])+`/1"`, "This file may not be safe", "Your Pact worker can show you this file")
	p.hasNot(t, "We are checking", "/files/"+string(files[1]), "/files/"+string(files[3]), "Invented.Test.Signature")

	first := b.get(view)
	first.has(t, "Page 1 of 2", "Next page", `alt="plan &lt;b&gt;, page 1"`, `href="?page=2"`)
	first.hasNot(t, "Page before")
	last := b.get(view + "?page=2")
	last.has(t, "Page 2 of 2", "Page before", `href="`+thread+`"`)
	last.hasNot(t, "Next page")
	b.get(view+"?page=2&lang=cy").has(t, "Tudalen 2 o 2", "Yn ôl at y neges")
	b.get(thread+"?lang=en").has(t, "Files")

	picture := b.get("/kiosk/files/" + string(files[0]) + "/2")
	if picture.body != "picture of second" || picture.header.Get("Content-Type") != "image/png" || picture.header.Get("Cache-Control") != "no-store" || picture.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%q %v", picture.body, picture.header)
	}
	for _, path := range []string{view + "?page=3", view + "?page=0", view + "?page=x", thread + "/" + string(m) + "/files/att_none", thread + "/" + string(m) + "/files/" + string(files[1]),
		"/kiosk/messages/" + string(w.official) + "/" + string(m) + "/files/" + string(files[0]),
		"/kiosk/files/" + string(files[0]) + "/3", "/kiosk/files/" + string(files[0]) + "/0", "/kiosk/files/" + string(files[0]) + "/..%2f1", "/kiosk/files/" + string(files[1]) + "/1",
		"/kiosk/files/" + string(files[3]) + "/1", "/kiosk/files/att_none/1", "/kiosk/files/" + string(files[0])} {
		if p := b.get(path); p.status != http.StatusNotFound || strings.Contains(p.body, "picture of") {
			t.Errorf("%s answers %d", path, p.status)
		}
	}
	b.get("/kiosk/speech/" + string(m))
	if !strings.Contains(voice.said, "See the files.") || !strings.Contains(voice.said, "There are 4 files with this message") {
		t.Errorf("read aloud: %q", voice.said)
	}

	// Each page is read aloud, and of one that says nothing it is said that it cannot be.
	b.get(view).has(t, `data-speak="/kiosk/files/`+string(files[0])+`/1/speech"`)
	b.get("/kiosk/files/" + string(files[0]) + "/2/speech")
	if voice.said != "second" {
		t.Errorf("read aloud: %q", voice.said)
	}
	for _, path := range []string{string(files[0]) + "/3", string(files[0]) + "/0", string(files[1]) + "/1", string(files[3]) + "/1", "att_none/1"} {
		if p := b.get("/kiosk/files/" + path + "/speech"); p.status != http.StatusNotFound {
			t.Errorf("the sound of %s answers %d", path, p.status)
		}
	}

	// Neither the next woman, nor a locked screen, nor a kiosk that nobody enrolled sees a picture.
	other := w.unlocked(w.nia, niaPIN)
	locked := w.unlocked(w.mair, mairPIN)
	locked.post("/kiosk/lock")
	for name, who := range map[string]*browser{"the next woman": other, "a locked screen": locked, "a stranger": w.browser()} {
		for _, path := range []string{view, "/kiosk/files/" + string(files[0]) + "/1", "/kiosk/files/" + string(files[0]) + "/1/speech"} {
			if p := who.get(path); strings.Contains(p.body, "sound") || strings.Contains(p.body, "picture of") || strings.Contains(p.body, "plan") {
				t.Errorf("%s: %s answers %d with the file", name, path, p.status)
			}
		}
	}
}

// A page that shows a message gets it again when its files have been looked at.
func TestFilesComeToAnOpenPage(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	_, files := w.bring("plan")
	items := must(w.f.Feed(t.Context(), ids.MotherActor(w.mair), 0, 50))(t)
	before := items[len(items)-1].Seq
	flowtest.CheckFiles(t, w.env.Store, w.f, w.env.Clock.Now)
	items = must(w.f.Feed(t.Context(), ids.MotherActor(w.mair), before, 50))(t)
	if len(items) != 1 || items[0].Message == nil || items[0].Message.Attachments[0].ID != files[0] || items[0].Message.Attachments[0].Verdict.State != messages.FileShown {
		t.Fatalf("%+v", items)
	}
}
