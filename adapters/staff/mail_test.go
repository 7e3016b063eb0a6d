package staff_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// receive takes an email in as the SMTP listener does and lets the gateway read it; it returns the newest hold of whoever must decide.
func (w *world) receive(rcpt, from, ip, text string, decider ids.Role) flow.HoldRow {
	w.t.Helper()
	raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: About %s\r\nMessage-ID: <%d@mail.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", from, rcpt, evil, time.Now().UnixNano(), text)
	_, err := w.f.AcceptMail(w.t.Context(), store.Envelope{MailFrom: from, Rcpt: rcpt, RemoteIP: ip, Helo: "mail.example"}, []byte(raw))
	w.must(err)
	now := w.e.Clock.Now().Add(time.Second)
	items, err := w.e.Store.Outbox().Lease(w.t.Context(), []outbox.Kind{outbox.MailIn}, 10, now, now.Add(time.Minute))
	w.must(err)
	for _, it := range items {
		w.must(w.f.HandleMailIn(w.t.Context(), it))
		w.must(w.e.Store.Outbox().Settle(w.t.Context(), it.ID, outbox.Result{Done: true}))
	}
	holds, err := w.f.Holds(w.t.Context(), w.staff[decider].Actor())
	w.must(err)
	if len(holds) == 0 {
		w.t.Fatal("the email is not held")
	}
	return holds[len(holds)-1]
}

const (
	ours   = "192.0.2.1"   // sends for the council and the law firm
	theirs = "203.0.113.9" // sends for nobody
)

func TestMailFromAStrangerIsSetAside(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	h := w.receive("hello@in.kinbridge.example", "stranger@elsewhere.example", theirs, "Let me in. "+evil, ids.RolePactWorker)
	c.want(c.get("/queue"), http.StatusOK, "Email in no conversation")
	at := "/queue/" + string(h.ID)
	page := c.get(at)
	c.want(page, http.StatusOK, "stranger@elsewhere.example", "Let me in.", "Not proven", "File it in a conversation", "Set it aside")
	if strings.Contains(page.body, "<script>alert") {
		t.Error("the email's words are markup")
	}
	c.want(c.post(at+"/file", nil), http.StatusUnprocessableEntity, "Choose a conversation")
	c.want(c.post(at+"/file", url.Values{"thread": {string(w.official)}}), http.StatusForbidden, "There is a problem", "does not write from this conversation")
	c.want(c.post(at+"/release", nil), http.StatusUnprocessableEntity, "choose one to file it in")
	c.want(c.post(at+"/withhold", nil), http.StatusUnprocessableEntity, "Choose a reason")
	if a := c.post(at+"/withhold", url.Values{"reason": {"spam"}, "what": {"mail"}}); a.location != "/queue?done=set_aside" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/queue?done=set_aside"), http.StatusOK, "Set aside")
	officer := w.as(ids.RoleFamilyWorker)
	officer.want(officer.get(at), http.StatusNotFound)
}

func TestAColleaguesAnswerIsFiled(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	reply, err := w.f.ReplyAddress(t.Context(), w.official, w.anna.ID)
	w.must(err)
	h := w.receive(reply, "colleague@anytown.example", ours, "I stand in for Anna.", ids.RolePactWorker)
	at := "/queue/" + string(h.ID)
	c.want(c.get(at), http.StatusOK, "Somebody else of the same organisation has answered", "Proven to come from", "SPF passed", "I stand in for Anna.")
	a := c.post(at+"/file", url.Values{"thread": {string(w.official)}, "file_note": {"I rang her"}})
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/threads/"+string(w.official)+"?done=filed") {
		t.Fatalf("%d %s %s", a.status, a.location, a.text)
	}
	c.want(c.get(a.location), http.StatusOK, "Email filed in this conversation", "I stand in for Anna.", "colleague@anytown.example")
	c.want(c.post(at+"/file", url.Values{"thread": {string(w.official)}}), http.StatusConflict)
}

// TestPrivilegedMailIsSealed: an administrator sees who sent it, and nothing of it.
func TestPrivilegedMailIsSealed(t *testing.T) {
	w := newWorld(t)
	reply, err := w.f.ReplyAddress(t.Context(), w.privileged, w.lawyer.ID)
	w.must(err)
	h := w.receive(reply, "clerk@hale.example", ours, "Between us only.", ids.RoleAdministrator)
	admin, worker := w.as(ids.RoleAdministrator), w.as(ids.RolePactWorker)
	at := "/queue/" + string(h.ID)
	admin.want(admin.get("/queue"), http.StatusOK, "Legally privileged mail")
	page := admin.get(at)
	admin.want(page, http.StatusOK, "Legally privileged mail", "shown to nobody but its parties", "Proven to come from")
	for _, secret := range []string{"Between us", "Appeal", "Mair", "KB-1001", "About", "/release", "/withhold", "/file"} {
		if strings.Contains(page.body, secret) {
			t.Errorf("an administrator is shown %q", secret)
		}
	}
	for _, act := range []string{"claim", "release", "withhold", "file"} {
		admin.want(admin.post(at+"/"+act, url.Values{"reason": {"spam"}, "thread": {string(w.privileged)}}), http.StatusForbidden)
		worker.want(worker.post(at+"/"+act, url.Values{"reason": {"spam"}, "thread": {string(w.privileged)}}), http.StatusNotFound)
	}
	worker.want(worker.get(at), http.StatusNotFound)
}

func TestOpenStreamsEndWithTheServer(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	s := c.follow("/threads/" + string(w.official) + "/live?mark=old")
	s.next()
	w.face.Close()
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		t.Fatal("the stream goes on")
	}
}
