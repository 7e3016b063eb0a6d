package staff_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// What public protection sets for a case is said on the pages of everybody who reads it, and decides in whose queue a message is.
func TestWhoReviewsIsSetAndSaid(t *testing.T) {
	w := newWorld(t)
	pp, worker := w.as(ids.RolePublicProtection), w.as(ids.RolePactWorker)
	page := pp.get("/review?case=" + string(w.c.ID))
	pp.want(page, http.StatusOK, "Who checks this case’s messages", "Messages to her are read by her Pact social worker", "Nothing is set")
	set := pp.post("/review", url.Values{"kind": {"case"}, "id": {string(w.c.ID)}, "way": {"from_mother"}, "first": {"pact_worker"}, "second": {"public_protection"}})
	if set.status != http.StatusSeeOther {
		t.Fatalf("%d %s", set.status, set.text)
	}
	words := "Messages from her are read by her Pact social worker, then by public protection"
	worker.want(worker.get("/cases/"+string(w.c.ID)), http.StatusOK, words)
	worker.want(worker.get("/threads/"+string(w.official)), http.StatusOK, words)
	for _, th := range []ids.ThreadID{w.confidential, w.privileged} {
		if a := worker.get("/threads/" + string(th)); strings.Contains(a.text, "Who checks") {
			t.Errorf("a conversation that nobody checks says who does: %s", a.text)
		}
		if a := pp.get("/review?thread=" + string(th)); a.status != http.StatusNotFound {
			t.Errorf("its page answers %d", a.status)
		}
	}
	if a := worker.get("/review?case=" + string(w.c.ID)); a.status != http.StatusForbidden {
		t.Errorf("the worker changes who reviews: %d", a.status)
	}

	pp.want(pp.get("/queue"), http.StatusOK, "Nothing waits for you")
	worker.want(worker.get("/queue"), http.StatusOK, "Waiting for less than a working hour")
	if a := worker.post("/queue/"+string(w.held)+"/release", nil); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	pp.want(pp.get("/queue"), http.StatusOK, "KB-1001")
	worker.want(worker.get("/queue"), http.StatusOK, "Nothing waits for you")
	w.e.Clock.Advance(5 * 24 * time.Hour)
	pp = w.as(ids.RolePublicProtection)
	pp.want(pp.get("/queue?which=late"), http.StatusOK, "Was due", "KB-1001")
	pp.want(pp.get("/queue?way=to_mother"), http.StatusOK, "Nothing like this waits")
}

// Flags are tried out, kept, and marked in what is held, with their note, without colour.
func TestFlagsOnThePages(t *testing.T) {
	w := newWorld(t)
	worker := w.as(ids.RolePactWorker)
	at := "/flags?case=" + string(w.c.ID)
	worker.want(worker.get(at), http.StatusOK, "Words to point out in this case", "There are none yet", "Mair Hughes", "Anna Quill")
	if a := worker.get(at); strings.Contains(a.text, "Lena Law") {
		t.Error("the lawyer's words can be flagged")
	}
	form := url.Values{"kind": {"case"}, "id": {string(w.c.ID)}, "person": {string(w.mother.ID)}, "words": {"cyfarfod\nscript"}, "note": {"Ask " + evil}, "example": {"Y cyfarfod nesaf"}}
	form.Set("do", "try")
	if a := worker.post("/flags", form); a.status != http.StatusOK || !strings.Contains(a.body, `<mark class="kb-marked">cyfarfod<sup>`) || !strings.Contains(a.text, "1 thing pointed out") {
		t.Fatalf("%d %s", a.status, a.text)
	}
	form.Set("do", "add")
	if a := worker.post("/flags", form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	worker.want(worker.get("/queue"), http.StatusOK, "pointed out")
	hold := worker.get("/queue/" + string(w.held))
	worker.want(hold, http.StatusOK, "This is a hint for you", "“cyfarfod”: Ask <script>")
	if !strings.Contains(hold.body, `<mark class="kb-marked">`) || strings.Contains(hold.body, "<script>alert") {
		t.Errorf("%s", hold.body)
	}
	if a := worker.post("/flags", url.Values{"kind": {"case"}, "id": {string(w.c.ID)}, "person": {string(w.mother.ID)}, "words": {""}, "do": {"add"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty flag: %d", a.status)
	}
	if a := worker.get("/flags"); a.status != http.StatusForbidden {
		t.Errorf("the estate's flags: %d", a.status)
	}
	admin := w.as(ids.RoleAdministrator)
	admin.want(admin.get("/flags"), http.StatusOK, "Words to point out, everywhere", "HMP Fernhill")
	if a := admin.get(at); a.status != http.StatusNotFound {
		t.Errorf("an administrator reads a case's flags: %d", a.status)
	}
}

// A message of a colleague's own that came back can be written again from its page, or looked at by somebody else; a claim can be given back.
func TestReturnedOnThePages(t *testing.T) {
	w := newWorld(t)
	worker := w.as(ids.RolePactWorker)
	worker.post("/queue/"+string(w.held)+"/claim", nil)
	worker.want(worker.get("/queue/"+string(w.held)), http.StatusOK, "Give it back to the queue")
	if a := worker.post("/queue/"+string(w.held)+"/give-back", nil); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	worker.want(worker.post("/queue/"+string(w.held)+"/return", url.Values{"explanation": {" "}}), http.StatusUnprocessableEntity, "Write what the author should change")
	if a := worker.post("/queue/"+string(w.held)+"/return", url.Values{"explanation": {"Ask when it is."}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	worker.want(worker.get("/threads/"+string(w.official)), http.StatusOK, "Sent back to its author")
	k, err := w.f.KioskMessage(t.Context(), ids.MotherActor(w.mother.ID), w.heldMessage)
	w.must(err)
	if k.Progress != flow.ProgressReturned || k.State != messages.Returned {
		t.Errorf("%+v", k)
	}
}
