package staff_test

import (
	"net/http"
	"strings"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
)

// What a message brought is listed with what was found, pictured, and given to be saved; an infected file is not.
func TestFilesOfAMessage(t *testing.T) {
	w := newWorld(t)
	in := flow.NewMessage{Thread: w.official, Body: "See the files.", IdemKey: ids.Secret(8)}
	id := map[string]string{}
	for _, c := range []string{"plan\nsecond", "infected", "macros", "unseen"} {
		name, _, _ := strings.Cut(c, "\n")
		a := ids.New[ids.AttachmentID](ids.Attachment)
		id[name] = "/files/" + string(a)
		in.Files = append(in.Files, store.NewFile{Content: []byte(c), Attachment: messages.Attachment{ID: a, Name: name, Size: int64(len(c))}})
	}
	if _, err := w.f.Compose(t.Context(), w.worker().Actor(), in); err != nil {
		t.Fatal(err)
	}
	c := w.as(ids.RolePactWorker)
	thread := "/threads/" + string(w.official)
	if p := c.get(thread); !strings.Contains(p.body, "Not checked yet") || strings.Contains(p.body, id["plan"]) {
		t.Error("an unchecked file is not called so, or can be had")
	}
	if p := c.get(id["plan"]); p.status != http.StatusConflict || strings.Contains(p.body, "second") {
		t.Errorf("an unchecked file answers %d", p.status)
	}
	flowtest.CheckFiles(t, w.e.Store, w.f, w.e.Clock.Now)
	body := c.get(thread).body
	for _, words := range []string{"PDF document, 11 bytes", "Checked", "What the mother can see: 2 pages", `src="` + id["plan"] + `/pages/2"`, `href="` + id["plan"] + `"`, `href="` + id["plan"] + `/words"`,
		"The virus scanner found something in it", "Found: Invented.Test.Signature", "It has macros in it", `href="` + id["macros"] + `"`, "No picture can be made of it here"} {
		if !strings.Contains(body, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if strings.Contains(body, `href="`+id["infected"]+`"`) {
		t.Error("the infected file is offered")
	}
	if p := c.get(id["infected"]); p.status != http.StatusForbidden || !strings.Contains(p.body, "Invented.Test.Signature") {
		t.Errorf("the infected file answers %d", p.status)
	}
	got := c.get(id["macros"])
	if got.body != "macros" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%q %v", got.body, got.header)
	}
	if p := c.get(id["plan"] + "/pages/1"); p.body != "picture of plan" || p.header.Get("Content-Type") != "image/png" || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q %v", p.body, p.header)
	}
	if p := c.get(id["plan"] + "/words"); p.status != http.StatusOK || !strings.Contains(p.body, "Page 2</h2>") || !strings.Contains(p.body, "second") || !strings.Contains(p.body, thread) {
		t.Errorf("what is read aloud: %d %s", p.status, p.body)
	}
	for _, path := range []string{id["plan"] + "/pages/3", id["infected"] + "/words", "/files/att_none/words", id["plan"] + "/pages/x", id["infected"] + "/pages/1", "/files/att_none/pages/1"} {
		if p := c.get(path); p.status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, p.status)
		}
	}
	for _, part := range []string{"/pages/1", "/words"} {
		if p := w.as(ids.RoleWingOfficer).get(id["plan"] + part); p.status != http.StatusNotFound {
			t.Errorf("a wing officer gets %d for %s", p.status, part)
		}
	}
}
