package kiosk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kinbridge/adapters/kiosk"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// A message of hers that came back says why in her reviewer's words, can be written again from the old words, and somebody else can be asked to look, once.
func TestReturnedAtTheKiosk(t *testing.T) {
	voice := &speaker{}
	w := newWorld(t, kiosk.Config{Speaker: voice})
	ctx := context.Background()
	m := must(w.f.Compose(ctx, ids.MotherActor(w.mair), flow.NewMessage{Thread: w.official, Body: "Why <was> it changed?", IdemKey: "again"}))(t).Message
	h := must(w.env.Store.HoldOfMessage(ctx, m))(t)
	if err := w.f.Return(ctx, w.worker, h.ID, "Ask who decided.\nLeave the rest out."); err != nil {
		t.Fatal(err)
	}
	b := w.unlocked(w.mair, mairPIN)
	thread := "/kiosk/messages/" + string(w.official)
	b.get(thread+"?lang=en").has(t, "This came back to you", "Ask who decided.", "Write it again", "Ask somebody else to look")
	b.get(thread+"/reply?again="+string(m)).has(t, "Why &lt;was&gt; it changed?</textarea>")
	b.get(thread+"/reply?again=msg_none").hasNot(t, "changed?</textarea>")
	b.get("/kiosk/messages/"+string(w.confided)+"/reply?again="+string(m)).hasNot(t, "changed?</textarea>")
	b.get("/kiosk/speech/" + string(m))
	if !strings.Contains(voice.said, "Ask who decided.") {
		t.Errorf("read aloud: %q", voice.said)
	}
	b.get(thread+"?lang=cy").has(t, "Ei hysgrifennu eto", "Gofyn i rywun arall edrych")
	other := w.unlocked(w.nia, niaPIN)
	if p := other.post(thread + "/" + string(m) + "/appeal"); p.status != http.StatusNotFound {
		t.Errorf("another woman asks: %d", p.status)
	}
	b = w.unlocked(w.mair, mairPIN)
	for range 2 {
		if p := b.post(thread + "/" + string(m) + "/appeal"); p.status != http.StatusOK { // the conversation, after the redirect
			t.Fatalf("%d %s", p.status, p.body)
		}
	}
	b.get(thread+"?lang=en").hasNot(t, "Ask somebody else to look", "Write it again")
}
