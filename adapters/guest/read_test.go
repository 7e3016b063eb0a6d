package guest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

var (
	readIn = regexp.MustCompile(`/read/([0-9a-z]+)`)
	keyIn  = regexp.MustCompile(`name="key" value="([0-9a-z]+)"`)
	fileIn = regexp.MustCompile(`/read/message/file/att_[0-9a-z]+`)
)

func newFile(name, content string) store.NewFile {
	return store.NewFile{Content: []byte(content), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: name, MediaType: "application/pdf"}}
}

func (s *site) take(kind outbox.Kind) outbox.Item {
	s.t.Helper()
	now := s.e.Clock.Now().Add(time.Second)
	items, err := s.e.Store.Outbox().Lease(s.t.Context(), []outbox.Kind{kind}, 10, now, now.Add(time.Hour))
	if err != nil || len(items) == 0 {
		s.t.Fatalf("nothing of kind %s waits: %v", kind, err)
	}
	return items[len(items)-1]
}

// notice has the worker write to Anna, whose server offers no TLS, and returns the link of the notice's page.
func (s *site) notice(body string) string {
	s.t.Helper()
	ctx := s.t.Context()
	cs, err := s.f.Cases(ctx, s.worker.Actor())
	if err != nil {
		s.t.Fatal(err)
	}
	contacts, err := s.f.ContactsFor(ctx, s.worker.Actor(), cs[0].ID, threads.Official, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	th, err := s.f.OpenThread(ctx, s.worker.Actor(), flow.NewThread{Case: cs[0].ID, Channel: threads.Official, Subject: "School place", Contacts: []ids.ContactID{contacts[0].ID}})
	if err != nil {
		s.t.Fatal(err)
	}
	file := flow.NewMessage{Thread: th, Body: body, IdemKey: "k"}
	file.Files = append(file.Files, newFile("../plan <1>.pdf", "a plan"))
	if _, err := s.f.Compose(ctx, s.worker.Actor(), file); err != nil {
		s.t.Fatal(err)
	}
	var id ids.DeliveryID
	if err := json.Unmarshal(s.take(outbox.MailOut).Payload, &id); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.f.MailFailed(ctx, id, 1, flow.MailFailure{MayNotify: true, Trouble: messages.TroubleNoTLS, Answer: "no STARTTLS"}); err != nil {
		s.t.Fatal(err)
	}
	m, err := s.f.OutgoingMail(ctx, id)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.f.MailSent(ctx, id, true, "250"); err != nil {
		s.t.Fatal(err)
	}
	return readIn.FindStringSubmatch(m.Text)[1]
}

func (s *site) pageCode() string {
	s.t.Helper()
	m, err := s.f.PageMail(s.t.Context(), s.take(outbox.MailPage).Payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return codeIn.FindStringSubmatch(m.Text)[1]
}

func TestMessageIsReadOnItsPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		link := s.notice("The review is on <b>Friday</b>.")
		at := "/read/" + link
		for range 3 { // mail filters look first
			a := s.browser().get(at)
			s.browser().want(a, 200, "<title>A message is waiting for you – Read a message</title>", "a…@anytown.example", "Send me a code")
			for _, private := range []string{"Mair", "Tomos", "Wendy", "KB-1001", "School", "Friday", "Anna", "Pact"} {
				if strings.Contains(a.body, private) {
					t.Errorf("before the code the page says %q", private)
				}
			}
			if a.header.Get("Cache-Control") != "no-store" || len(a.header.Values("Set-Cookie")) != 0 || strings.Contains(a.body, "<script>") || a.header.Get("Referrer-Policy") == "" {
				t.Errorf("headers %v", a.header)
			}
		}
		b, eve := s.browser(), s.browser()
		b.want(b.get("/read/message"), 401, "Open the link in our email again")
		a := b.post(at+"/code", nil)
		if a.status != http.StatusSeeOther || a.to != at+"/code" || !strings.Contains(a.header.Get("Set-Cookie"), "HttpOnly") {
			t.Fatalf("%+v", a)
		}
		b.want(b.get(a.to), 200, "Enter the code from our email", `autocomplete="one-time-code"`)
		code := s.pageCode()
		eve.want(eve.post(at, url.Values{"code": {code}}), 422, "does not work here") // she only listens
		b.want(b.post(at, url.Values{"code": {"12"}}), 422, "Enter the 6 digits", "Error: ")
		a = b.post(at, url.Values{"code": {wrong(code)}})
		b.want(a, 422, "This code is not right")
		if strings.Contains(a.body, wrong(code)) {
			t.Error("the page repeats the code")
		}
		a = b.post(at, url.Values{"code": {code}})
		if a.status != http.StatusSeeOther || a.to != "/read/message" {
			t.Fatalf("%+v", a)
		}
		b.want(b.get(at), 200, "You have entered your code on this device already")
		a = b.get("/read/message")
		b.want(a, 200, "The review is on &lt;b&gt;Friday&lt;/b&gt;.", "Wendy Pryce", "School place", "Mair Hughes", "A Pact social worker reads answers", "Your answer")
		b.want(a, 200, "plan &lt;1&gt;.pdf (1 KB): it is still being checked")
		if fileIn.MatchString(a.body) {
			t.Error("a file that was not checked is offered")
		}
		flowtest.CheckFiles(t, s.e.Store, s.f, s.e.Clock.Now)
		a = b.get("/read/message")
		got := b.get(fileIn.FindString(a.body))
		if got.status != 200 || got.body != "a plan" || got.header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(got.header.Get("Content-Disposition"), "plan _1_.pdf") {
			t.Errorf("%+v", got)
		}
		b.want(b.get("/read/message/file/att_00000000000000000000000000"), 404)
		key := keyIn.FindStringSubmatch(a.body)[1]
		b.want(b.post("/read/message", url.Values{"key": {key}, "body": {" "}}), 422, "Write your answer first", key)
		for range 2 { // pressed twice
			if a := b.post("/read/message", url.Values{"key": {key}, "body": {"We shall be there."}}); a.status != http.StatusSeeOther || a.to != "/read/sent" {
				t.Fatalf("%+v", a)
			}
		}
		b.want(b.get("/read/sent"), 200, "Your answer is sent")
		holds, err := s.f.Holds(t.Context(), s.worker.Actor())
		if err != nil || len(holds) != 1 {
			t.Fatalf("%d answers wait to be checked: %v", len(holds), err)
		}
		if a := b.post("/read/finish", nil); a.to != "/read/done" {
			t.Fatalf("%+v", a)
		}
		b.want(b.get("/read/done"), 200, "The message is closed on this device")
		b.want(b.get("/read/message"), 401, "Open the link in our email again")
		b.want(b.post("/read/message", url.Values{"key": {key}, "body": {"More"}}), 401)
		eve.want(eve.get("/read/0123456789abcdefghjkmnpqrstvwxyz"), 404, "This link does not lead to a message")
		for range 4 {
			b.want(b.post(at+"/code", nil), http.StatusSeeOther)
		}
		b.want(b.post(at+"/code", nil), 429, "We have sent you 5 codes within an hour")
		e.Clock.Advance(31 * 24 * time.Hour)
		b.want(b.get(at), 410, "This link has expired")
		b.want(b.post(at+"/code", nil), 410, "This link has expired")
		b.want(b.get(at+"?lang=cy"), http.StatusSeeOther)
		b.want(b.get(at), 410, "Mae’r ddolen hon wedi dod i ben")
	})
}
