package kiosk_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"kinbridge/adapters/kiosk"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/meetings"
)

// Without a script: she is reminded, answers one question a screen, is read back what she says before it goes, and chooses; another woman finds nothing of it.
func TestBeforeAMeeting(t *testing.T) {
	w := newWorld(t, kiosk.Config{Speaker: &speaker{}})
	at := w.env.Clock.Now().Add(48 * time.Hour).Truncate(time.Minute)
	id := must(w.f.CreateMeeting(context.Background(), w.worker, flow.NewMeeting{Case: must(w.env.Store.Thread(context.Background(), w.official))(t).Case, Kind: meetings.CoreGroup, Starts: at, Ends: at.Add(time.Hour)}))(t)
	path := "/kiosk/meetings/" + string(id) + "/"
	b := w.unlocked(w.mair, mairPIN)
	b.get("/kiosk/home?lang=en").has(t, "Tell them what you think", path+"before")
	b.get("/kiosk/meetings").has(t, "Get ready", `data-meeting="`+string(id)+`"`)
	b.get(path+"before").has(t, "You have not said yet.", path+"say/plan", path+"speech/before")
	b.get(path+"say/plan").has(t, "Question 1 of 6", "What do you think of the plan for Tomos?", `data-saying="`+string(id)+`"`)
	b.get(path+"say").has(t, "You have not answered anything yet.")
	b.post(path+"say/plan", "body", "It is <good>.", "go", "next").has(t, "Question 2 of 6")
	b.post(path+"say/family_time", "body", "", "go", "before").has(t, "Question 1 of 6", "It is &lt;good&gt;.")
	check := b.post(path+"say/ask", "body", "When do I see him?", "go", "next")
	check.has(t, "This is what you want to say", "It is &lt;good&gt;.", "When do I see him?", "Who reads what you write", "We do not know yet who runs the meeting.")
	for _, what := range []string{"before", "how", "beside", "check", "readers", "q_plan"} {
		if p := b.get(path + "speech/" + what); p.status != http.StatusOK || p.header.Get("Content-Type") != "audio/wav" {
			t.Errorf("%s cannot be heard: %d", what, p.status)
		}
	}
	key := check.find(t, `name="key" value="([a-z0-9]+)"`)
	for range 2 {
		b.post(path+"say", "key", key).has(t, "We have your words. You can change them", "They wait until we know who runs the meeting.")
	}
	b.get("/kiosk/home").hasNot(t, "Tell them what you think")
	if p := b.post(path+"how", "how", "x"); p.status != http.StatusUnprocessableEntity {
		t.Errorf("no way is taken: %d", p.status)
	}
	b.post(path+"how", "how", "phone").has(t, "Who do you want to sit with you?")
	b.post(path+"beside", "beside", "other").has(t, "Who? Write the name.")
	b.post(path+"beside", "beside", "other", "name", "Sister Anne").has(t, "By telephone", "Sister Anne")
	b.get(path+"how?lang=cy").has(t, "Sut ydych chi am gymryd rhan?", `value="phone" aria-pressed="true"`)
	b.get(path+"papers?lang=en").has(t, "There are no papers yet.")

	other := w.unlocked(w.nia, niaPIN)
	for _, part := range []string{"before", "how", "beside", "say", "say/plan", "papers", "speech/check", "speech/q_plan"} {
		if p := other.get(path + part); p.status != http.StatusNotFound {
			t.Errorf("another woman gets %d at %s", p.status, part)
		}
	}
	if p := other.post(path+"say/plan", "body", "x"); p.status != http.StatusNotFound {
		t.Errorf("another woman writes: %d", p.status)
	}
}
