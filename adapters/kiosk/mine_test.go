package kiosk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kinbridge/adapters/kiosk"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
)

// She is asked, sees by whom and by when, is read back what she says before anything is sent, confirms, and changes her mind.
func TestAnswerWithReadBack(t *testing.T) {
	w := newWorld(t, kiosk.Config{Speaker: &speaker{}})
	ctx := context.Background()
	choices := must(w.f.AskChoices(ctx, ids.MotherActor(w.mair)))(t)
	ask := must(w.f.Ask(ctx, w.worker, flow.NewRequest{Thread: w.official, Kind: requests.Trip, Child: choices[0].Children[0].ID, Body: "May Tomos go to the farm?", IdemKey: "1"}))(t)
	b := w.unlocked(w.mair, mairPIN)
	b.get("/kiosk/home?lang=en").has(t, "1 question for you")
	b.get("/kiosk/mine").has(t, "They asked you", "A school trip for Tomos", "Anytown Council", "They are waiting for your answer.")
	b.get("/kiosk/messages/"+string(w.official)).has(t, "A school trip for Tomos")
	at := "/kiosk/mine/" + string(ask.Request)
	b.get(at).has(t, "May Tomos go to the farm?", "I want to talk first", "Nothing is sent yet")
	if p := b.post(at+"/check", "reason", "x"); p.status != http.StatusUnprocessableEntity {
		t.Errorf("no answer is taken: %d", p.status)
	}
	b.post(at+"/check", "ready", "worried").has(t, "I am worried about this.</textarea>")
	back := b.post(at+"/check", "says", "yes", "reason", "He loves <animals>.")
	back.has(t, "You are saying YES to a school trip for Tomos. Is that right?", "He loves &lt;animals&gt;.", at+"/speech/yes")
	if p := b.get("/kiosk/mine"); !strings.Contains(p.body, "They are waiting for your answer.") {
		t.Error("it is answered before she confirmed")
	}
	if p := b.get(at + "/speech/yes"); p.status != http.StatusOK || p.header.Get("Content-Type") != "audio/wav" {
		t.Errorf("reading back answers %d %s", p.status, p.header.Get("Content-Type"))
	}
	shown := "You are saying YES to a school trip for Tomos. Is that right?"
	key := back.find(t, `name="key" value="([a-z0-9]+)"`)
	if p := b.post(at, "key", key, "says", "no", "shown", shown); p.status != http.StatusConflict {
		t.Errorf("an answer that is not the one read back answers %d", p.status)
	}
	sent := b.post(at, "key", key, "says", "yes", "shown", shown, "reason", "He loves <animals>.")
	sent.has(t, "We have your message", "Your Pact worker reads it first")
	if again := b.post(at, "key", key, "says", "yes", "shown", shown, "reason", "He loves <animals>."); again.path != sent.path {
		t.Errorf("the form sent twice led to %s and %s", sent.path, again.path)
	}
	b.get("/kiosk/mine").has(t, "You said yes.", "Change your answer", "Your Pact worker is reading it first")
	b.get("/kiosk/home").hasNot(t, "question for you")
	b.post(at+"/check?lang=cy", "says", "no").has(t, "")
	b.get(at+"?lang=cy").has(t, "Gofyn", "Na")
	b.post(at+"/check", "says", "no").has(t, "Rydych chi&#39;n dweud NA. Mae hyn am: taith ysgol ar gyfer Tomos.")

	other := w.unlocked(w.nia, niaPIN)
	for _, path := range []string{at, at + "/speech/yes"} {
		if p := other.get(path); p.status != http.StatusNotFound {
			t.Errorf("another woman gets %d at %s", p.status, path)
		}
	}
	if p := other.post(at, "key", key, "says", "yes", "shown", shown); p.status != http.StatusNotFound {
		t.Errorf("another woman answers it: %d", p.status)
	}
	other.get("/kiosk/mine?lang=en").hasNot(t, "Tomos")
}

func TestAskAndPrint(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	p := b.get("/kiosk/ask?lang=en")
	p.has(t, "Tomos", "A report", "News of my child")
	key, about := p.find(t, `name="key" value="([a-z0-9]+)"`), p.find(t, `name="about" value="([a-z0-9_/]+)"`)
	if p := b.post("/kiosk/ask", "key", key, "kind", "report"); p.status != http.StatusUnprocessableEntity {
		t.Errorf("about nobody: %d", p.status)
	}
	b.post("/kiosk/ask", "key", key, "kind", "report", "about", about, "body", "The one from school.").has(t, "We have your message")
	b.get("/kiosk/mine").has(t, "You asked", "A report for Tomos", "They have not answered yet.", "What is waiting", "Your Pact worker is reading it first")
	b.post("/kiosk/mine/print").has(t, "We have told your Pact worker.", "Your Pact worker will bring it.")
	b.get("/kiosk/mine/rights").has(t, "You can change your mind")
}
