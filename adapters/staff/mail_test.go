package staff_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
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
	c.want(page, http.StatusOK, "stranger@elsewhere.example", "Let me in.", "Not proven", "Decide about this email", "Set it aside", "I have asked the sender: this email is genuine")
	if strings.Contains(page.body, "<script>alert") {
		t.Error("the email's words are markup")
	}
	c.want(c.post(at+"/sort", nil), http.StatusUnprocessableEntity, "Choose what to do")
	c.want(c.post(at+"/sort", url.Values{"do": {"known"}}), http.StatusUnprocessableEntity, "Choose a conversation")
	c.want(c.post(at+"/sort", url.Values{"do": {"known"}, "thread": {string(w.official)}}), http.StatusForbidden, "There is a problem", "does not write from this conversation")
	c.want(c.post(at+"/sort", url.Values{"do": {"wrong_case"}}), http.StatusUnprocessableEntity, "belongs to no case")
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
	c.want(c.get("/handovers"), http.StatusOK, "Somebody else of the same organisation answered", "colleague@anytown.example")
	c.want(c.get("/"), http.StatusOK, "Who takes over")
	a := c.post(at+"/sort", url.Values{"do": {"known"}, "thread": {string(w.official)}, "sort_note": {"I rang her"}})
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/threads/"+string(w.official)+"?done=filed") {
		t.Fatalf("%d %s %s", a.status, a.location, a.text)
	}
	c.want(c.get(a.location), http.StatusOK, "Email filed in this conversation", "I stand in for Anna.", "colleague@anytown.example")
	c.want(c.post(at+"/sort", url.Values{"do": {"known"}, "thread": {string(w.official)}}), http.StatusConflict)
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
	for _, secret := range []string{"Between us", "Appeal", "Mair", "KB-1001", "About", "/release", "/withhold", "/sort", "/mail/"} {
		if strings.Contains(page.body, secret) {
			t.Errorf("an administrator is shown %q", secret)
		}
	}
	for _, act := range []string{"claim", "release", "withhold", "sort"} {
		admin.want(admin.post(at+"/"+act, url.Values{"reason": {"spam"}, "do": {"known"}, "thread": {string(w.privileged)}}), http.StatusForbidden)
		worker.want(worker.post(at+"/"+act, url.Values{"reason": {"spam"}, "do": {"known"}, "thread": {string(w.privileged)}}), http.StatusNotFound)
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

// deliverOut has the mail that waits to leave sent, or refused with an answer.
func (w *world) deliverOut(answer string) {
	w.t.Helper()
	now := w.e.Clock.Now().Add(time.Second)
	items, err := w.e.Store.Outbox().Lease(w.t.Context(), []outbox.Kind{outbox.MailOut}, 10, now, now.Add(time.Minute))
	w.must(err)
	if len(items) == 0 {
		w.t.Fatal("nothing waits to leave")
	}
	for _, it := range items {
		var id ids.DeliveryID
		w.must(json.Unmarshal(it.Payload, &id))
		if answer == "" {
			w.must(w.f.MailSent(w.t.Context(), id, false, "250 2.0.0 queued"))
		} else {
			_, err := w.f.MailFailed(w.t.Context(), id, 1, flow.MailFailure{Permanent: true, Trouble: messages.TroubleOf(550, "", answer), Answer: answer})
			w.must(err)
		}
		w.must(w.e.Store.Outbox().Settle(w.t.Context(), it.ID, outbox.Result{Done: true}))
	}
}

// A message that did not arrive: sent again, dealt with, or handed over to somebody new, who then gets it.
func TestWhatDidNotArrive(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	c.want(c.get("/undelivered"), http.StatusOK, "Every message has arrived")
	c.want(c.get("/handovers"), http.StatusOK, "Nobody is proposed")
	w.deliverOut("") // what was written before
	thread := "/threads/" + string(w.official)
	c.post(thread, url.Values{"body": {"Is there a place at the school?"}, "key": {"k1"}, "do": {"send"}})
	w.deliverOut("550 5.1.1 no such user " + evil)
	page := c.get("/undelivered")
	c.want(page, http.StatusOK, "Messages that did not arrive", "Anna Quill", "anna@anytown.example", "no such user", "Send it again", "KB-1001")
	if strings.Contains(page.body, "<script>alert") {
		t.Error("a server's answer is markup")
	}
	c.want(c.get("/"), http.StatusOK, "See what did not arrive", "The mail server says: no such mailbox")
	at := regexp.MustCompile(`/undelivered/dlv_[0-9a-z]+`).FindString(page.body)
	c.want(c.post(at, url.Values{"do": {"nonsense"}}), http.StatusBadRequest, "Choose what to do")
	other := w.as(ids.RoleFamilyWorker)
	other.want(other.post(at, url.Values{"do": {"again"}}), http.StatusNotFound)
	if a := c.post(at, url.Values{"do": {"again"}}); a.location != "/undelivered?done=sent_again" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/undelivered?done=sent_again"), http.StatusOK, "on its way again", "Every message has arrived")
	c.want(c.post(at, url.Values{"do": {"handled"}}), http.StatusConflict)
	w.deliverOut("550 5.1.1 no such user")

	a := c.post(thread+"/handover", url.Values{"contact": {string(w.anna.ID)}})
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/handovers/hov_") {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get(a.location), http.StatusOK, "Who takes over from "+"Anna Quill", "A member of the team asked for it", "Somebody new", "leaves the conversation")
	c.want(c.post(a.location, url.Values{"person": {"new"}, "name": {""}, "email": {"x@anytown.example"}, "how": {"replace"}}), http.StatusUnprocessableEntity, "Write a name")
	c.want(c.post(a.location, url.Values{"person": {"new"}, "name": {"Nia"}, "email": {"nia@else.example"}, "how": {"replace"}}), http.StatusForbidden, "must be of this conversation's organisation")
	other.want(other.get(a.location), http.StatusNotFound)
	if b := c.post(a.location, url.Values{"person": {"new"}, "name": {"Nia Vaughan"}, "email": {"nia@anytown.example"}, "role": {"team_manager"}, "how": {"replace"}}); b.location != "/handovers?done=handed_over" {
		t.Fatalf("%d %s %s", b.status, b.location, b.text)
	}
	c.want(c.get("/handovers?done=handed_over"), http.StatusOK, "Handed over", "Nobody is proposed")
	c.want(c.get("/undelivered"), http.StatusOK, "Every message has arrived")
	c.want(c.get(thread), http.StatusOK, "Nia Vaughan: Ready to send", "Somebody follows Nia Vaughan")
	c.want(c.post(a.location, url.Values{"do": {"nothing"}}), http.StatusConflict)
}

// How an email came, for the case's worker: what the checks found, what was trimmed, and the original, which is never shown as a page.
func TestHowAnEmailCame(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	reply, err := w.f.ReplyAddress(t.Context(), w.official, w.anna.ID)
	w.must(err)
	w.receive(reply, "anna@anytown.example", ours, "Yes, there is a place.\r\n\r\nOn Mon, 23 Nov 2026 at 09:00, Kinbridge <"+reply+"> wrote:\r\n> Is there a place?\r\n", ids.RolePactWorker)
	thread := c.get("/threads/" + string(w.official))
	c.want(thread, http.StatusOK, "How this email came")
	at := regexp.MustCompile(`/mail/inb_[0-9a-z]+`).FindString(thread.body)
	page := c.get(at)
	c.want(page, http.StatusOK, "How this email came", "anna@anytown.example", "Proven to come from", "Yes, there is a place.", "Show what was trimmed", "Is there a place?", "In the conversation", ours,
		"Not encrypted", "Download the original email")
	raw := c.get(at + "/original")
	if raw.status != http.StatusOK || !strings.Contains(raw.body, "> Is there a place?") || raw.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(raw.header.Get("Content-Disposition"), "attachment") || !strings.Contains(raw.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", raw.status, raw.header)
	}
	for _, role := range []ids.Role{ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleAdministrator} {
		o := w.as(role)
		o.want(o.get(at), http.StatusNotFound)
		o.want(o.get(at+"/original"), http.StatusNotFound)
	}
	if strings.Contains(w.as(ids.RoleOffenderManager).get("/threads/"+string(w.official)).body, "/mail/") {
		t.Error("the prison's manager is offered the case's mail")
	}
}
