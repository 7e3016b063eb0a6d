package kiosk_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/kiosk"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

func TestFromEnrolmentToReply(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.browser()
	b.get("/kiosk/").has(t, "Set up this kiosk")
	if p := b.post("/kiosk/enrol", "code", "0000000000"); p.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code answers %d", p.status)
	}
	b.post("/kiosk/enrol", "code", w.code()).has(t, "Start in English", "Dechrau yn Gymraeg")
	names := b.get("/kiosk/choose?lang=en")
	names.has(t, "Mair Hughes", "Nia Pugh")
	names.hasNot(t, "Fern Ash", "new message")
	p := b.post("/kiosk/pin/"+string(w.mair), "pin", "999999")
	p.has(t, "That is not the right PIN")
	if p.status != http.StatusUnprocessableEntity || strings.Contains(p.body, "999999") {
		t.Errorf("a wrong PIN answers %d", p.status)
	}
	b.unlock(w.mair, mairPIN)

	w.say("first", "Good news.\n\nTomos has a place. <script>x</script>")
	b.get("/kiosk/home").has(t, "Hello Mair Hughes", "1 new message")
	b.get("/kiosk/messages").has(t, "Wendy Pryce", "Anytown Council", "Only you and Pact", "1 new message")
	th := b.get("/kiosk/messages/" + string(w.confided))
	th.has(t, "<p class=\"kiosk-text\">Good news.</p>", "&lt;script&gt;", `data-cursor="3"`, "cannot read aloud")
	if got := th.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a thread may be kept: %q", got)
	}
	reply := "/kiosk/messages/" + string(w.official) + "/reply"
	b.get(reply).has(t, "Who reads what you write", "Anytown Council", "Your Pact worker reads it first.", "Wendy Pryce, Pact worker")
	b.get("/kiosk/messages/"+string(w.confided)+"/reply").has(t, "Wendy Pryce, Pact worker", "Nobody reads it before it goes", "Nobody who works for the prison can read it")
	key := b.get(reply).find(t, `name="key" value="([a-z0-9]+)"`)
	b.post(reply, "key", key, "body", "", "ready", "agree").has(t, "Yes, I agree.</textarea>", key)
	p = b.post(reply, "key", key, "body", "  ")
	p.has(t, "Write your message first")
	if p.status != http.StatusBadRequest {
		t.Errorf("an empty message answers %d", p.status)
	}
	sent := b.post(reply, "key", key, "body", "Yes, I agree.\r\nDiolch ŵŷ")
	sent.has(t, "We have your message", "Your Pact worker reads it first")
	again := b.post(reply, "key", key, "body", "Yes, I agree.\r\nDiolch ŵŷ")
	if again.path != sent.path {
		t.Errorf("the same form sent twice led to %s and %s", sent.path, again.path)
	}
	if body := b.get("/kiosk/messages/" + string(w.official)).body; strings.Count(body, "data-message=\"msg_") != 1 || !strings.Contains(body, "Diolch ŵŷ") {
		t.Error("the message is not there once")
	}
	long := b.post(reply, "key", key+"x", "body", strings.Repeat("ŵ", 10_001))
	long.has(t, "too long")
	b.get("/kiosk/home?lang=cy").has(t, "Helo Mair Hughes", `lang="cy"`)
	b.get("/kiosk/help").has(t, "Wendy Pryce")
	b.get("/kiosk/meetings").has(t, "Nid oes gennych gyfarfodydd")
}

// say has the Pact worker write into the confidential thread.
func (w *world) say(key, body string) ids.MessageID {
	w.t.Helper()
	c, err := w.f.Compose(context.Background(), w.worker, flow.NewMessage{Thread: w.confided, Body: body, IdemKey: key})
	if err != nil {
		w.t.Error(err) // not Fatal: it is called from other goroutines too
	}
	return c.Message
}

func TestTheNextWomanReadsNothing(t *testing.T) {
	w := newWorld(t, kiosk.Config{Speaker: kiosk.FindPrograms()})
	w.say("first", "Only for Mair.")
	b := w.unlocked(w.mair, mairPIN)
	thread := "/kiosk/messages/" + string(w.confided)
	msg := b.get(thread).find(t, `data-message="(msg_[a-z0-9]+)"`)
	if p := b.get("/kiosk/speech/" + msg); p.header.Get("Content-Type") != "audio/wav" || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the sound is %v", p.header)
	}
	locked := b.post("/kiosk/lock")
	if locked.path != "/kiosk/locked" {
		t.Fatalf("Lock led to %s", locked.path)
	}
	paths := []string{thread, thread + "/reply", "/kiosk/home", "/kiosk/messages", "/kiosk/speech/" + msg, "/kiosk/help", "/kiosk/meetings", thread + "/sent/" + msg}
	for _, path := range paths {
		p := b.get(path)
		if p.path != "/kiosk/locked" {
			t.Errorf("locked, %s led to %s", path, p.path)
		}
		p.hasNot(t, "Mair", "Wendy", "Only for")
	}
	b.unlock(w.nia, niaPIN)
	if p := b.get("/kiosk/locked"); p.path != "/kiosk/locked" || b.get("/kiosk/home").path != "/kiosk/locked" {
		t.Error("the locked screen was shown over a living session")
	}
	b.unlock(w.nia, niaPIN)
	for _, path := range paths {
		b.get(path).hasNot(t, "Mair", "Wendy", "Only for", "audio/wav")
	}
	for _, path := range []string{thread, "/kiosk/speech/" + msg, "/kiosk/messages/..%2f..", "/kiosk/messages/" + strings.Repeat("a", 500)} {
		if p := b.get(path); p.status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, p.status)
		}
	}
	if p := b.post(thread+"/reply", "key", "aaaaaaaaaaaa", "body", "x"); p.status != http.StatusNotFound {
		t.Errorf("writing into another's thread answers %d", p.status)
	}
}

func TestWrongPINTenTimesAtTheScreen(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.enrolled()
	b.get("/kiosk/choose?lang=en")
	var last page
	for range 10 {
		last = b.post("/kiosk/pin/"+string(w.mair), "pin", "000000")
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" {
		t.Errorf("the tenth wrong PIN answers %d", last.status)
	}
	last.has(t, "You can try again in 30 seconds")
	other := w.enrolled()
	other.get("/kiosk/choose?lang=cy")
	other.post("/kiosk/pin/"+string(w.mair), "pin", mairPIN).has(t, "30 eiliad")
	w.env.Clock.Advance(31 * time.Second)
	other.unlock(w.mair, mairPIN)
	for _, pin := range []string{"", "1", "abcdef", "12345\x00", strings.Repeat("1", 5000), "١٢٣٤٥٦"} {
		if p := b.post("/kiosk/pin/"+string(w.nia), "pin", pin); p.status != http.StatusUnprocessableEntity {
			t.Errorf("a PIN of %d bytes answers %d", len(pin), p.status)
		}
	}
}

func TestKioskPagesNeedTheirOwnDeviceAndSite(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	base, _ := url.Parse(w.srv.URL)
	var session *http.Cookie
	for _, c := range b.client.Jar.Cookies(base) {
		if c.Name == "kiosk_session" {
			session = c
		}
	}
	other := w.enrolled()
	other.client.Jar.SetCookies(base, []*http.Cookie{session})
	if p := other.get("/kiosk/home"); p.path != "/kiosk/locked" {
		t.Errorf("a session carried to another kiosk led to %s", p.path)
	}
	if p := w.browser().get("/kiosk/choose"); p.path != "/kiosk/enrol" {
		t.Errorf("without enrolment the names are at %s", p.path)
	}
	req, err := http.NewRequest(http.MethodPost, w.srv.URL+"/kiosk/lock", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a form from another site answers %d", res.StatusCode)
	}
	k, err := w.f.Kiosks(context.Background(), ids.Actor{Kind: ids.ActorStaff, ID: "stf_admin", Role: ids.RoleAdministrator}, w.prison)
	if err != nil || len(k) != 2 {
		t.Fatalf("%d kiosks, %v", len(k), err)
	}
	if p := b.get("/kiosk/home"); p.status != http.StatusOK {
		t.Errorf("home answers %d", p.status)
	}
}

func TestEveryPageIsWholeInBothLanguages(t *testing.T) {
	w := newWorld(t, kiosk.Config{Speaker: kiosk.FindPrograms()})
	w.say("first", "Hello")
	b := w.unlocked(w.mair, mairPIN)
	thread := "/kiosk/messages/" + string(w.confided)
	for _, lang := range []string{"en", "cy"} {
		b.get("/kiosk/home?lang=" + lang)
		for _, path := range []string{"/kiosk/home", "/kiosk/messages", thread, thread + "/reply", "/kiosk/help", "/kiosk/meetings", "/kiosk/offline", "/kiosk/enrol", "/kiosk/choose", "/kiosk/pin/" + string(w.nia)} {
			p := b.get(path)
			if p.status != http.StatusOK {
				t.Errorf("%s in %s answers %d", path, lang, p.status)
			}
			p.has(t, fmt.Sprintf(`<html lang="%s"`, lang), "<h1")
			p.hasNot(t, "[kiosk.", "[common.", "<no value>", "style=", "onclick")
		}
	}
}
