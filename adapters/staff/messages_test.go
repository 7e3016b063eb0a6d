package staff_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

var hiddenKey = regexp.MustCompile(`name="key" value="([0-9a-z]+)"`)

func TestAFormSentTwiceIsOneMessage(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/threads/" + string(w.official)
	page := c.get(at)
	c.want(page, http.StatusOK, "Being checked", "Ready to send")
	key := hiddenKey.FindStringSubmatch(page.body)
	if key == nil {
		t.Fatal("the form has no key")
	}
	form := url.Values{"key": {key[1]}, "do": {"send"}, "body": {"Said once.\r\nOn two lines."}}
	first, second := c.post(at, form), c.post(at, form)
	for i, a := range []answer{first, second} {
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, at+"?done="+[]string{"sent", "again"}[i]) {
			t.Errorf("%d: %d %s", i, a.status, a.location)
		}
	}
	if _, a, _ := strings.Cut(first.location, "#"); !strings.HasSuffix(second.location, a) {
		t.Errorf("they lead to two messages: %s %s", first.location, second.location)
	}
	page = c.get(at)
	if n := strings.Count(page.text, "Said once."); n != 1 {
		t.Errorf("it is there %d times", n)
	}
	if !strings.Contains(page.body, "Said once.<br>On two lines.") {
		t.Error("the line break is lost")
	}
	if k := hiddenKey.FindStringSubmatch(page.body); k[1] == key[1] {
		t.Error("the next message would have the same key")
	}
}

func TestAMessageNotTakenIsNotLost(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/threads/" + string(w.official)
	a := c.post(at, url.Values{"key": {"k1"}, "do": {"send"}, "body": {"   "}})
	c.want(a, http.StatusUnprocessableEntity, "There is a problem", "Write a message first", "Error:")
	if !strings.Contains(a.body, `href="#body"`) || !strings.Contains(a.body, `name="key" value="k1"`) {
		t.Error("the summary leads nowhere, or the key has changed")
	}
	long := strings.Repeat("long ", flow.MaxBody/5) + "and too long"
	a = c.post(at, url.Values{"key": {"k2"}, "do": {"send"}, "body": {long}})
	c.want(a, http.StatusUnprocessableEntity, "The message is too long", "and too long")
	a = c.post(at, url.Values{"body": {strings.Repeat("x", 300<<10)}})
	c.want(a, http.StatusRequestEntityTooLarge)
}

func TestADraftIsKeptUntilItIsSent(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/threads/" + string(w.official)
	if a := c.post(at, url.Values{"do": {"draft"}, "body": {"Half a thought"}}); a.status != http.StatusSeeOther || a.location != at+"?done=draft#body" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get(at+"?done=draft"), http.StatusOK, "Draft saved", "Half a thought")
	if a := c.post(at+"/draft", url.Values{"body": {"A whole thought"}}); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.text)
	}
	other := w.as(ids.RoleFamilyWorker)
	if page := other.get(at); strings.Contains(page.text, "thought") {
		t.Error("somebody else reads the draft")
	}
	other.want(other.post("/threads/"+string(w.confidential)+"/draft", url.Values{"body": {"x"}}), http.StatusNotFound)
	c.want(c.get(at), http.StatusOK, "A whole thought")
	c.post(at, url.Values{"key": {"k"}, "do": {"send"}, "body": {"A whole thought"}})
	if page := c.get(at); strings.Count(page.text, "A whole thought") != 1 {
		t.Error("the draft outlives its message")
	}
}

func TestWhoCannotWriteIsNotOfferedTo(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePublicProtection)
	at := "/threads/" + string(w.official)
	page := c.get(at)
	c.want(page, http.StatusOK, "cannot write in it")
	if strings.Contains(page.body, "<textarea") || strings.Contains(page.text, "Pryd mae") {
		t.Error("she is offered to write, or reads what is held")
	}
	c.want(c.post(at, url.Values{"key": {"k"}, "do": {"send"}, "body": {"x"}}), http.StatusForbidden)
}

// TestNothingSomebodyWroteIsMarkup looks at every page that shows words from outside.
func TestNothingSomebodyWroteIsMarkup(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	for _, path := range []string{"/", "/cases/" + string(w.c.ID), "/threads/" + string(w.official), "/threads/" + string(w.official) + "/messages", "/queue",
		"/queue/" + string(w.held), "/queue/several?hold=" + string(w.held), "/meetings", "/meetings/" + string(w.meeting), "/meetings/" + string(w.meeting) + "/cancel",
		"/meetings/" + string(w.meeting) + "/room"} {
		a := c.get(path)
		c.want(a, http.StatusOK)
		if !strings.Contains(a.body, "&lt;script&gt;alert") {
			t.Errorf("%s does not show what was written", path)
		}
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") {
			t.Errorf("%s: what somebody wrote is markup", path)
		}
		if strings.Contains(a.body, "<style") || strings.Contains(a.body, " style=") || strings.Contains(a.body, "<script>") || strings.Contains(a.body, "onclick") {
			t.Errorf("%s has something inline", path)
		}
	}
	page := c.get("/threads/" + string(w.official))
	if !regexp.MustCompile(`lang="cy">\s*<p class="kb-prose">Pryd`).MatchString(page.body) {
		t.Error("a Welsh speaker's words are read out in English")
	}
	admin := w.as(ids.RoleAdministrator)
	a := admin.post("/users/new", url.Values{"name": {evil}, "email": {evil}})
	admin.want(a, http.StatusUnprocessableEntity, "Enter a whole email address")
	if strings.Contains(a.body, "<script>alert") {
		t.Error("a form gives back markup")
	}
}

func TestAFileIsSavedAndNeverShown(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	link := regexp.MustCompile(`/files/att_[0-9a-z]+`).FindString(c.get("/threads/" + string(w.official)).body)
	a := c.get(link)
	c.want(a, http.StatusOK)
	if a.body != evil {
		t.Errorf("%q", a.body)
	}
	for name, want := range map[string]string{"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename=pl_an.html`,
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	officer := w.as(ids.RoleWingOfficer)
	officer.want(officer.get(link), http.StatusNotFound)
}

// TestASeenReceiptAppears follows the stream of a thread: the mother opens a message, and the page is told.
func TestASeenReceiptAppears(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/threads/" + string(w.official)
	page := c.get(at)
	mark := regexp.MustCompile(`data-live-mark="([^"]+)"`).FindStringSubmatch(page.body)
	if mark == nil || strings.Contains(page.text, "Mair Hughes: Read") {
		t.Fatalf("%v %s", mark, page.text)
	}
	stream := c.follow(at + "/live?mark=" + mark[1])
	if err := w.f.Seen(t.Context(), ids.MotherActor(w.mother.ID), w.sent); err != nil {
		t.Fatal(err)
	}
	fresh := stream.next()
	if fresh == mark[1] {
		t.Error("the mark is the old one")
	}
	part := c.get(at + "/messages")
	c.want(part, http.StatusOK, "Mair Hughes: Read")
	if strings.Contains(part.body, "<html") {
		t.Error("the part is a whole page")
	}
	// Nothing changed: a stream that knows the newest mark is told nothing; one that knows none is told at once.
	if got := c.follow(at + "/live?mark=old").next(); got != fresh {
		t.Errorf("%q, want %q", got, fresh)
	}
	// Reading what a page shows of itself is no use of the session.
	w.e.Clock.Advance(flow.StaffSessionIdle + time.Minute)
	for _, path := range []string{at + "/messages", at + "/live"} {
		if a := c.get(path); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestTheStreamIsForWhoMayRead(t *testing.T) {
	w := newWorld(t)
	officer, pom := w.as(ids.RoleWingOfficer), w.as(ids.RoleOffenderManager)
	officer.want(officer.get("/threads/"+string(w.official)+"/live"), http.StatusNotFound)
	pom.want(pom.get("/threads/"+string(w.confidential)+"/live"), http.StatusNotFound)
}

type eventStream struct {
	t     *testing.T
	marks chan string
	done  chan struct{} // the stream has ended
}

// follow opens an event stream and reads its marks until the test ends.
func (c *client) follow(path string) *eventStream {
	c.w.t.Helper()
	ctx, stop := context.WithCancel(c.w.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.w.url+path, nil)
	c.w.must(err)
	res, err := c.http.Do(r)
	c.w.must(err)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		c.w.t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	s := &eventStream{c.w.t, make(chan string, 100), make(chan struct{})}
	go func() {
		defer close(s.done)
		defer res.Body.Close()
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if mark, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				s.marks <- mark
			}
		}
	}()
	c.w.t.Cleanup(func() { stop(); <-s.done })
	return s
}

func (s *eventStream) next() string {
	s.t.Helper()
	select {
	case m := <-s.marks:
		return m
	case <-time.After(10 * time.Second):
		s.t.Fatal("nothing was told")
		return ""
	}
}

func TestBeginAConversation(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/cases/" + string(w.c.ID) + "/begin"
	c.want(c.get(at), http.StatusOK, "How private is it?", "Legally privileged")
	c.want(c.post(at, url.Values{"step": {"channel"}}), http.StatusUnprocessableEntity, "Choose how private the conversation is")
	if a := c.post(at, url.Values{"step": {"channel"}, "channel": {"official"}}); a.location != at+"?channel=official" {
		t.Errorf("%d %s", a.status, a.location)
	}
	c.want(c.get(at+"?channel=official"), http.StatusOK, "Anna Quill", "Child’s social worker, Anytown Council", "Tomos")
	c.want(c.post(at, url.Values{"channel": {"official"}}), http.StatusUnprocessableEntity, "Enter a subject")
	c.want(c.post(at, url.Values{"channel": {"official"}, "subject": {strings.Repeat("x", 201)}}), http.StatusUnprocessableEntity, "at most 200 characters")
	c.want(c.post(at, url.Values{"channel": {"privileged"}, "subject": {"Appeal"}}), http.StatusUnprocessableEntity, "Choose the lawyer")
	c.want(c.post(at, url.Values{"channel": {"official"}, "subject": {"School"}, "contact": {"con_none"}}), http.StatusUnprocessableEntity, "Choose the people from the list")
	a := c.post(at, url.Values{"channel": {"official"}, "subject": {"School"}, "contact": {string(w.anna.ID)}, "child": {string(w.child)}})
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/threads/thr_") {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get(a.location), http.StatusOK, "Conversation begun", "School", "Anna Quill", "Tomos", "No messages yet")
	few := w.as(ids.RoleFamilyWorker)
	if page := few.get(at); page.status != http.StatusOK || strings.Contains(page.text, "Confidential") || !strings.Contains(page.text, "Who is it with?") {
		t.Errorf("with one channel there is nothing to choose: %d %s", page.status, page.text)
	}
	few.want(few.post(at, url.Values{"channel": {"confidential"}, "subject": {"x"}}), http.StatusNotFound)
}

func TestWordsForEveryDeliveryState(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	ctx := t.Context()
	if err := w.f.AtKiosk(ctx, ids.MotherActor(w.mother.ID), "", w.sent); err != nil {
		t.Fatal(err)
	}
	c.want(c.get("/threads/"+string(w.official)), http.StatusOK, "Mair Hughes: On her kiosk", "Anna Quill: Ready to send")
	holds, err := w.f.Holds(ctx, w.worker().Actor())
	if err != nil || len(holds) == 0 {
		t.Fatal(err)
	}
	if err := w.f.Withhold(ctx, w.worker().Actor(), holds[0].ID, "threat", ""); err != nil {
		t.Fatal(err)
	}
	c.want(c.get("/threads/"+string(w.official)), http.StatusOK, "Withheld")
	anna := w.deliveryTo(w.anna.ID)
	step := func(err error, words string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		c.want(c.get("/threads/"+string(w.official)), http.StatusOK, words)
	}
	step(w.f.MailSent(ctx, anna, false, "250 queued"), "Anna Quill: Sent")
	step(w.f.MailSent(ctx, anna, true, "250 ok"), "Anna Quill: Accepted by their server")
	_, err = w.f.MailFailed(ctx, anna, 1, flow.MailFailure{Permanent: true, Trouble: messages.TroubleNoMailbox, Answer: "550 no such user"})
	step(err, "Anna Quill: Could not be delivered")
	c.want(c.get("/"), http.StatusOK, "Messages that did not arrive", "The address does not exist. Tried 3 times. Last answer: 550 no such user")
}

// deliveryTo finds the delivery of the worker's message to a contact.
func (w *world) deliveryTo(c ids.ContactID) ids.DeliveryID {
	w.t.Helper()
	v, err := w.f.Thread(w.t.Context(), w.worker().Actor(), w.official)
	w.must(err)
	for _, m := range v.Messages {
		for _, d := range m.Deliveries {
			if m.ID == w.sent && d.RecipientID == string(c) {
				return d.ID
			}
		}
	}
	w.t.Fatal("there is no such delivery")
	return ""
}
