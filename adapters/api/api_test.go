package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

func TestCasesAndThreads(t *testing.T) {
	w := newWorld(t, Config{})
	list := items(w.do("GET", "/cases", w.worker, "", 200))
	if len(list) != 1 {
		t.Fatalf("cases %v", list)
	}
	c := list[0].(map[string]any)
	if c["id"] != string(w.c) || c["reference"] != "KB-1001" || c["children"] != 1.0 || c["establishment"] != "HMP Fernhill" || c["mother"].(map[string]any)["name"] != "Mair Hughes" {
		t.Errorf("%v", c)
	}
	one := w.do("GET", "/cases/"+string(w.c), w.worker, "", 200)
	if one["wing"] != "A" || one["language"] != "cy" || one["children"].([]any)[0].(map[string]any)["authority"].(map[string]any)["name"] != "Anytown Council" || len(one["threads"].([]any)) != 1 {
		t.Errorf("%v", one)
	}
	th := first(t, w.do("GET", "/cases/"+string(w.c)+"/threads", w.worker, "", 200))
	if th["id"] != string(w.thread) || th["channel"] != "official" || th["subject"] != "Review" || th["agency"].(map[string]any)["name"] != "Anytown Council" {
		t.Errorf("%v", th)
	}
	if d := w.do("GET", "/threads/"+string(w.thread), w.worker, "", 200); len(d["parties"].([]any)) != 2 || d["may_write"] != true || d["case_reference"] != "KB-1001" {
		t.Errorf("%v", d)
	}
	// Another's case, another's thread, a privileged thread and nothing at all look the same.
	var seen []map[string]any
	for _, path := range []string{"/cases/" + string(w.far), "/threads/" + string(w.other), "/threads/" + string(w.lawyers), "/threads/" + string(w.other) + "/messages",
		"/threads/nothing", "/cases/nothing", "/holds/nothing", "/meetings/nothing", "/attachments/nothing", "/cases/" + string(w.far) + "/threads", "/audit-entries?case_id=" + string(w.far)} {
		seen = append(seen, w.do("GET", path, w.worker, "", 404))
	}
	w.do("POST", "/threads/"+string(w.other)+"/messages", w.worker, `{"text":"x","idempotency_key":"1"}`, 404)
	for _, p := range seen {
		if p["type"] != "urn:kinbridge:problem:not_found" || p["detail"] != seen[0]["detail"] {
			t.Errorf("%v", p)
		}
	}
}

func TestMessagesArePostedOnce(t *testing.T) {
	w := newWorld(t, Config{})
	path := "/threads/" + string(w.thread) + "/messages"
	a := w.do("POST", path, w.worker, `{"text":"Dear Anna,\r\nwhen is it?"}`, 201, "Idempotency-Key", "k1")
	b := w.do("POST", path, w.worker, `{"text":"Dear Anna,\r\nwhen is it?"}`, 200, "Idempotency-Key", "k1")
	c := w.do("POST", path, w.worker, `{"text":"Dear Anna,\r\nwhen is it?","idempotency_key":"k1"}`, 200)
	d := w.do("POST", path, w.worker, `{"text":"And where?","idempotency_key":"k2"}`, 201)
	if a["id"] != b["id"] || a["id"] != c["id"] || a["id"] == d["id"] || a["repeated"] != false || b["repeated"] != true || a["state"] != "released" {
		t.Fatalf("%v %v %v %v", a, b, c, d)
	}
	page := w.do("GET", path+"?limit=1", w.worker, "", 200)
	m := first(t, page)
	if m["text"] != "Dear Anna,\nwhen is it?" || m["id"] != a["id"] || m["author"].(map[string]any)["name"] != "Wendy Pryce" || len(m["deliveries"].([]any)) != 2 || page["next_cursor"] != a["id"] {
		t.Errorf("%v", page)
	}
	if at, err := time.Parse(time.RFC3339Nano, m["written"].(string)); err != nil || !strings.HasSuffix(m["written"].(string), "Z") || time.Since(at) > time.Minute {
		t.Errorf("written %v", m["written"])
	}
	rest := w.do("GET", path+"?limit=1&cursor="+a["id"].(string), w.worker, "", 200)
	if first(t, rest)["id"] != d["id"] || rest["next_cursor"] != nil {
		t.Errorf("%v", rest)
	}
	if one := w.do("GET", path+"/"+d["id"].(string), w.worker, "", 200); one["text"] != "And where?" {
		t.Errorf("%v", one)
	}
	w.do("GET", path+"/nothing", w.worker, "", 404)
	w.do("POST", path, w.worker, `{"text":"x"}`, 422)
	w.do("POST", path, w.worker, `{"text":"x","idempotency_key":"a"}`, 422, "Idempotency-Key", "b")
	w.do("POST", path, w.worker, `{"text":" \u0000 ","idempotency_key":"c"}`, 422)
	if n := len(items(w.do("GET", path, w.worker, "", 200))); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestAFileIsRead(t *testing.T) {
	w := newWorld(t, Config{})
	fileID := ids.New[ids.AttachmentID](ids.Attachment)
	_, err := w.f.Compose(t.Context(), w.staff["worker"].Actor(), flow.NewMessage{Thread: w.thread, Body: "The report", IdemKey: "1", Files: []store.NewFile{{Content: []byte("<script>"),
		Attachment: messages.Attachment{ID: fileID, Name: "Adroddiad ŵ.html", MediaType: "text/html", Size: 8}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.do("GET", "/attachments/"+string(fileID), w.pom, "", 409)
	flowtest.CheckFiles(t, w.e.Store, w.f, w.e.Clock.Now)
	file := first(t, w.do("GET", "/threads/"+string(w.thread)+"/messages", w.worker, "", 200))["attachments"].([]any)[0].(map[string]any)
	if file["state"] != "shown" || file["found"] != "pdf" {
		t.Errorf("%v", file)
	}
	if file["name"] != "Adroddiad ŵ.html" || file["size"] != 8.0 || file["media_type"] != "text/html" {
		t.Errorf("%v", file)
	}
	req, err := http.NewRequest(http.MethodGet, w.url+"/attachments/"+file["id"].(string), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.pom)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if string(body) != "<script>" || res.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%s %v", body, res.Header)
	}
	w.do("GET", "/attachments/"+file["id"].(string), w.token("other", time.Hour), "", 404)
}

func TestAMotherMessageIsReviewed(t *testing.T) {
	w := newWorld(t, Config{})
	w.say("Please may I come?")
	h := first(t, w.do("GET", "/holds", w.worker, "", 200))
	if h["kind"] != "message" || h["reason"] != "review" || h["from"] != "Mair Hughes" || h["to_mother"] != false {
		t.Fatalf("%v", h)
	}
	id := "/holds/" + h["id"].(string)
	d := w.do("GET", id, w.worker, "", 200)
	if d["message"].(map[string]any)["text"] != "Please may I come?" || d["message"].(map[string]any)["state"] != "held" {
		t.Errorf("%v", d)
	}
	if n := len(items(w.do("GET", "/holds", w.pom, "", 200))); n != 0 {
		t.Errorf("the prison has %d holds", n)
	}
	if n := len(items(w.do("GET", "/threads/"+string(w.thread)+"/messages", w.pom, "", 200))); n != 0 {
		t.Errorf("the prison reads %d held messages", n)
	}
	if p := w.do("POST", id+"/release", w.pom, "", 403); p["type"] != "urn:kinbridge:problem:forbidden" {
		t.Errorf("%v", p)
	}
	if p := w.do("POST", id+"/withhold", w.worker, `{}`, 422); !strings.Contains(p["errors"].([]any)[0].(map[string]any)["message"].(string), "reason") {
		t.Errorf("%v", p)
	}
	w.do("POST", id+"/withhold", w.worker, "", 400)
	w.do("POST", id+"/withhold", w.worker, `{"reason":"bored"}`, 422)
	w.do("POST", id+"/withhold", w.worker, `{"reason":"other"}`, 422) // needs a note
	if d := w.do("POST", id+"/release", w.worker, `{"note":"fine"}`, 200); d["outcome"] != "released" || d["message"].(map[string]any)["state"] != "released" {
		t.Errorf("%v", d)
	}
	if p := w.do("POST", id+"/release", w.worker, "", 409); p["type"] != "urn:kinbridge:problem:conflict" {
		t.Errorf("%v", p)
	}
	w.say("And this?")
	id = "/holds/" + first(t, w.do("GET", "/holds", w.worker, "", 200))["id"].(string)
	if d := w.do("POST", id+"/withhold", w.worker, `{"reason":"third_party","note":"names a neighbour"}`, 200); d["outcome"] != "withheld" || d["withheld_for"] != "third_party" || d["decided"] == nil {
		t.Errorf("%v", d)
	}
	if n := len(items(w.do("GET", "/holds", w.worker, "", 200))); n != 0 {
		t.Errorf("%d holds are left", n)
	}
	if list := items(w.do("GET", "/threads/"+string(w.thread)+"/messages", w.pom, "", 200)); len(list) != 1 {
		t.Errorf("the prison reads %v", list)
	}
}

func TestAHeldEmailIsFiled(t *testing.T) {
	w := newWorld(t, Config{})
	to, err := w.f.ReplyAddress(t.Context(), w.thread, w.anna)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.f.AcceptMail(t.Context(), store.Envelope{MailFrom: "bea@anytown.example", Rcpt: to}, []byte("bea@anytown.example\nAnna has left; I follow.")); err != nil {
		t.Fatal(err)
	}
	due, err := w.e.Store.Outbox().Lease(t.Context(), []outbox.Kind{outbox.MailIn}, 10, w.e.Clock.Now(), w.e.Clock.Now().Add(time.Minute))
	if err != nil || len(due) != 1 {
		t.Fatal(due, err)
	}
	if err := w.f.HandleMailIn(t.Context(), due[0]); err != nil {
		t.Fatal(err)
	}
	h := first(t, w.do("GET", "/holds", w.worker, "", 200))
	if h["kind"] != "mail" || h["reason"] != "handover" || h["message_id"] != nil {
		t.Fatalf("%v", h)
	}
	id := "/holds/" + h["id"].(string)
	d := w.do("GET", id, w.worker, "", 200)
	if d["mail"].(map[string]any)["text"] != "Anna has left; I follow." || d["sender"].(map[string]any)["verified"] != true {
		t.Errorf("%v", d)
	}
	w.do("POST", id+"/release", w.worker, "", 422)
	w.do("POST", id+"/file", w.worker, `{"thread_id":"`+string(w.other)+`"}`, 404)
	if d := w.do("POST", id+"/file", w.worker, "", 200); d["state"] != "released" {
		t.Errorf("%v", d)
	}
	m := first(t, w.do("GET", "/threads/"+string(w.thread)+"/messages", w.worker, "", 200))
	if m["text"] != "Anna has left; I follow." || m["author"].(map[string]any)["kind"] != "contact" {
		t.Errorf("%v", m)
	}
}

func TestMeetingsAndTickets(t *testing.T) {
	w := newWorld(t, Config{})
	guests := items(w.do("GET", "/cases/"+string(w.c)+"/guests", w.worker, "", 200))
	if len(guests) != 1 || guests[0].(map[string]any)["id"] != string(w.anna) {
		t.Fatalf("guests %v", guests)
	}
	now := w.e.Clock.Now()
	body := func(c ids.CaseID, starts, ends time.Time, more string) string {
		return `{"case_id":"` + string(c) + `","kind":"looked_after_review","title":"Review","starts":"` + starts.Format(time.RFC3339) + `","ends":"` + ends.Format(time.RFC3339) + `"` + more + `}`
	}
	good := body(w.c, now.Add(10*time.Minute), now.Add(time.Hour), `,"guest_ids":["`+string(w.anna)+`"]`)
	m := w.do("POST", "/meetings", w.worker, good, 201, "Idempotency-Key", "m1")
	if again := w.do("POST", "/meetings", w.worker, good, 201, "Idempotency-Key", "m1"); again["id"] != m["id"] {
		t.Errorf("made twice: %v", again)
	}
	if m["phase"] != "open" || m["role"] != "host" || len(m["participants"].([]any)) != 3 || m["may_join"] != true {
		t.Fatalf("%v", m)
	}
	for name, bad := range map[string]string{"ends first": body(w.c, now.Add(time.Hour), now, ""), "past": body(w.c, now.Add(-3*time.Hour), now.Add(-2*time.Hour), ""), "too long": body(w.c, now, now.Add(9*time.Hour), ""),
		"kind": strings.Replace(good, "looked_after_review", "party", 1), "time": strings.Replace(good, "starts\":\"2", "starts\":\"x", 1)} {
		if p := w.do("POST", "/meetings", w.worker, bad, 422); p["detail"] == nil {
			t.Errorf("%s: %v", name, p)
		}
	}
	w.do("POST", "/meetings", w.worker, body(w.far, now.Add(time.Minute), now.Add(time.Hour), ""), 404)
	w.do("POST", "/meetings", w.pom, good, 403)
	if list := items(w.do("GET", "/meetings", w.worker, "", 200)); len(list) != 1 || list[0].(map[string]any)["case_reference"] != "KB-1001" {
		t.Errorf("%v", list)
	}
	if list := items(w.do("GET", "/meetings?case_id="+string(w.c), w.worker, "", 200)); len(list) != 1 {
		t.Errorf("%v", list)
	}
	id := "/meetings/" + m["id"].(string)
	var guest, host string
	for _, p := range w.do("GET", id, w.worker, "", 200)["participants"].([]any) {
		switch p := p.(map[string]any); p["role"] {
		case "guest":
			guest = p["id"].(string)
		case "host":
			host = p["id"].(string)
		}
	}
	for _, who := range []string{guest, host} {
		k := w.do("POST", id+"/tickets", w.worker, `{"participant_id":"`+who+`"}`, 201)
		if k["participant_id"] != who || !strings.HasPrefix(k["ticket"].(string), "signed-") || k["path"] != "/rooms/ws" {
			t.Errorf("%v", k)
		}
	}
	w.do("POST", id+"/tickets", w.worker, `{"participant_id":"par_nobody"}`, 404)
	w.do("POST", id+"/tickets", w.pom, `{"participant_id":"`+guest+`"}`, 403)
	w.do("POST", id+"/tickets", w.worker, `{}`, 422)
	if c := w.do("POST", id+"/cancel", w.worker, "", 200); c["phase"] != "cancelled" {
		t.Errorf("%v", c)
	}
	w.do("POST", id+"/tickets", w.worker, `{"participant_id":"`+guest+`"}`, 403)
}

func TestAuditEntries(t *testing.T) {
	w := newWorld(t, Config{})
	w.say("One")
	w.say("Two")
	var all []string
	path, cursor := "/audit-entries?limit=2&case_id="+string(w.c), ""
	for {
		page := w.do("GET", path+cursor, w.worker, "", 200)
		for _, e := range items(page) {
			all = append(all, e.(map[string]any)["id"].(string))
			if e.(map[string]any)["case_id"] != string(w.c) {
				t.Errorf("%v", e)
			}
		}
		next, ok := page["next_cursor"]
		if !ok {
			break
		}
		cursor = "&cursor=" + next.(string)
	}
	if sorted := slices.Clone(all); len(all) < 5 || len(slices.Compact(slices.Sorted(slices.Values(sorted)))) != len(all) {
		t.Errorf("entries %v", all)
	}
	if n := len(items(w.do("GET", "/audit-entries", w.admin, "", 200))); n < len(all) {
		t.Errorf("the administrator sees %d of %d", n, len(all))
	}
	w.do("GET", "/audit-entries", w.pom, "", 403)
	w.do("GET", "/audit-entries?cursor=x", w.admin, "", 422)
}

func TestTokens(t *testing.T) {
	w := newWorld(t, Config{})
	old := w.token("worker", time.Hour)
	w.do("GET", "/cases", old, "", 200)
	w.e.Clock.Advance(2 * time.Hour)
	for name, token := range map[string]string{"none": "", "wrong": "kb_nonsense", "expired": old, "long": strings.Repeat("x", 5000)} {
		if p := w.do("GET", "/cases", token, "", 401); p["type"] != "urn:kinbridge:problem:unauthenticated" {
			t.Errorf("%s: %v", name, p)
		}
	}
	w.do("GET", "/cases", "", "", 401, "Authorization", "Basic d29ya2VyOng=")
	gone := w.token("worker", time.Hour)
	if err := w.f.DisableStaff(t.Context(), ids.System("test"), w.staff["worker"].ID); err != nil {
		t.Fatal(err)
	}
	w.do("GET", "/cases", gone, "", 401)
	if strings.Contains(w.log.String(), gone) || strings.Contains(w.log.String(), "Mair") {
		t.Error("a token or a name is in the log")
	}
}

func TestRequestsAreLimited(t *testing.T) {
	w := newWorld(t, Config{RequestsPerSecond: 0.001, Burst: 3})
	for range 3 {
		w.do("GET", "/cases", w.worker, "", 200)
	}
	w.do("GET", "/cases", w.worker, "", 429)
	w.do("GET", "/cases", w.pom, "", 200) // another token's requests are her own
	for i := range 31 {
		want := 401
		if i == 30 {
			want = 429
		}
		w.do("GET", "/cases", "guess", "", want)
	}
	w.do("GET", "/cases", w.admin, "", 200) // a guesser does not shut out those who have a token
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t, Config{})
	path := "/threads/" + string(w.thread) + "/messages"
	for body, want := range map[string]int{`{"text":`: 400, `not json`: 400, `[]`: 422, `"x"`: 422, `null`: 422, `{"text":5,"idempotency_key":"k"}`: 422, `{"text":"","idempotency_key":"k"}`: 422,
		`{"text":"x","idempotency_key":"k","colour":"red"}`:                                   422,
		`{"text":"x","idempotency_key":"k"} {"text":"y"}`:                                     400,
		`{"text":"` + strings.Repeat("é", 60_000) + `","idempotency_key":"k"}`:                413,
		`{"text":"` + strings.Repeat("x", 100_001) + `","idempotency_key":"k"}`:               422,
		`{"text":"x","idempotency_key":"` + strings.Repeat("k", 151) + `"}`:                   422,
		`{"text":"` + strings.Repeat("x", 2<<20) + `","idempotency_key":"k"}`:                 413,
		strings.Repeat(`{"text":`, 20_000):                                                    400,
		"{\"text\":\"\xff\xfe\",\"idempotency_key\":\"k\",\"a\":" + strings.Repeat("[", 5000): 400} {
		w.do("POST", path, w.worker, body, want)
	}
	for _, q := range []string{"?limit=0", "?limit=201", "?limit=x", "?cursor=nothing", "?unknown=1"} {
		w.do("GET", "/cases"+q, w.worker, "", 422)
	}
	w.do("POST", path, w.worker, `text=x`, 415, "Content-Type", "application/x-www-form-urlencoded")
	if p := w.do("DELETE", "/cases", w.worker, "", 405); !strings.Contains(p["detail"].(string), "GET") {
		t.Errorf("%v", p)
	}
	w.do("GET", "/nothing", w.worker, "", 404)
	if n := len(items(w.do("GET", path, w.worker, "", 200))); n != 0 {
		t.Errorf("%d messages were posted", n)
	}
}

func TestAFaultOfOursTellsNothing(t *testing.T) {
	w := newWorld(t, Config{})
	a, err := New(Config{Log: slog.New(slog.NewTextHandler(w.log, nil))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	w.url = s.URL + Prefix
	p := w.do("GET", "/cases", w.worker, "", 500) // a nil use case panics: nobody else is disturbed and nothing is told
	if p["type"] != "urn:kinbridge:problem:internal" || strings.Contains(p["detail"].(string), "nil") {
		t.Errorf("%v", p)
	}
}

func TestTheDocument(t *testing.T) {
	w := newWorld(t, Config{})
	doc := w.do("GET", "/openapi.json", "", "", 200, "Accept", "application/json")
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1") {
		t.Fatalf("openapi %v", doc["openapi"])
	}
	want := map[string]string{"list-cases": "get /cases", "get-case": "get /cases/{case_id}", "list-threads": "get /cases/{case_id}/threads", "list-restrictions": "get /cases/{case_id}/restrictions", "get-thread": "get /threads/{thread_id}",
		"list-messages": "get /threads/{thread_id}/messages", "get-message": "get /threads/{thread_id}/messages/{message_id}", "post-message": "post /threads/{thread_id}/messages",
		"get-attachment": "get /attachments/{attachment_id}", "list-holds": "get /holds", "get-hold": "get /holds/{hold_id}", "return-hold": "post /holds/{hold_id}/return", "give-back-hold": "post /holds/{hold_id}/give-back", "release-hold": "post /holds/{hold_id}/release",
		"withhold-hold": "post /holds/{hold_id}/withhold", "file-hold": "post /holds/{hold_id}/file", "list-meetings": "get /meetings", "get-meeting": "get /meetings/{meeting_id}",
		"create-meeting": "post /meetings", "cancel-meeting": "post /meetings/{meeting_id}/cancel", "move-meeting": "post /meetings/{meeting_id}/move", "issue-ticket": "post /meetings/{meeting_id}/tickets",
		"list-guests": "get /cases/{case_id}/guests", "list-audit-entries": "get /audit-entries",
		"get-custody": "get /cases/{case_id}/custody", "record-custody-event": "post /custody-events",
		"list-asks": "get /asks", "list-thread-asks": "get /threads/{thread_id}/asks", "create-ask": "post /threads/{thread_id}/asks", "move-ask": "post /asks/{ask_id}/move",
		"get-ask-step": "get /ask-steps/{step_id}", "send-ask-step": "post /ask-steps/{step_id}/send", "dismiss-ask-step": "post /ask-steps/{step_id}/dismiss",
		"mark-ask-answered": "post /asks/{ask_id}/answered", "stop-ask": "post /asks/{ask_id}/stop", "list-requests": "get /cases/{case_id}/requests",
		"create-request": "post /threads/{thread_id}/requests", "settle-request": "post /requests/{request_id}/settle",
		"withdraw-request": "post /requests/{request_id}/withdraw", "mark-request-talked": "post /requests/{request_id}/talked", "list-readings": "get /reading-together",
		"get-reading": "get /messages/{message_id}/reading-together", "unmark-reading": "post /messages/{message_id}/reading-together/unmark",
		"book-reading": "post /messages/{message_id}/reading-together/book", "record-reading": "post /messages/{message_id}/reading-together/record",
		"mark-reading": "post /messages/{message_id}/reading-together/mark", "cancel-reading": "post /messages/{message_id}/reading-together/cancel",
		"get-review-settings": "get /review-settings", "set-review": "post /review-settings", "unset-review": "post /review-settings/unset",
		"set-review-aim": "post /review-settings/aim", "appeal-message": "post /messages/{message_id}/appeal", "list-flags": "get /flags", "add-flag": "post /flags",
		"remove-flag": "post /flags/{flag_id}/remove"}
	got := map[string]string{}
	for path, methods := range doc["paths"].(map[string]any) {
		for method, op := range methods.(map[string]any) {
			o := op.(map[string]any)
			got[o["operationId"].(string)] = method + " " + path
			if o["summary"] == "" || o["description"] == "" || o["responses"].(map[string]any)["401"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	for id, at := range want {
		if got[id] != at {
			t.Errorf("%s is %q, want %q", id, got[id], at)
		}
	}
	if len(got) != len(want) {
		t.Errorf("operations %v", got)
	}
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	for name, s := range schemas {
		if name == "ErrorModel" || name == "ErrorDetail" {
			continue
		}
		for field, p := range s.(map[string]any)["properties"].(map[string]any) {
			if p.(map[string]any)["description"] == nil {
				t.Errorf("%s.%s has no description", name, field)
			}
			if strings.ToLower(field) != field {
				t.Errorf("%s.%s is not in snake case", name, field)
			}
		}
	}
	checkRefs(t, doc, schemas)
}

// checkRefs follows every reference in the document.
func checkRefs(t *testing.T, v any, schemas map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			if name, found := strings.CutPrefix(ref, "#/components/schemas/"); !found || schemas[name] == nil {
				t.Errorf("the reference %q leads nowhere", ref)
			}
		}
		for _, x := range v {
			checkRefs(t, x, schemas)
		}
	case []any:
		for _, x := range v {
			checkRefs(t, x, schemas)
		}
	}
}

// A custody system records what happened; what the token may not know of is not found.
func TestCustodyEvents(t *testing.T) {
	w := newWorld(t, Config{})
	now := w.e.Clock.Now().UTC().Format(time.RFC3339)
	if d := w.do("GET", "/cases/"+string(w.c)+"/custody", w.worker, "", 200); d["state"] != "in" || len(d["events"].([]any)) != 0 {
		t.Errorf("%v", d)
	}
	body := `{"prisoner_number":"A1234BC","kind":"hospital_out","occurred":"` + now + `"}`
	first := w.do("POST", "/custody-events", w.worker, body, 200)
	again := w.do("POST", "/custody-events", w.worker, body, 200)
	if first["effect"] != "went_out" || first["again"] != false || again["again"] != true || first["id"] != again["id"] {
		t.Errorf("%v %v", first, again)
	}
	if d := w.do("GET", "/cases/"+string(w.c)+"/custody", w.worker, "", 200); d["state"] != "away" || len(d["events"].([]any)) != 1 {
		t.Errorf("%v", d)
	}
	w.do("POST", "/custody-events", w.worker, `{"prisoner_number":"Z9999ZZ","kind":"released","occurred":"`+now+`"}`, 404)
	w.do("POST", "/custody-events", w.worker, `{"prisoner_number":"A1","kind":"released","occurred":"`+now+`"}`, 422)
	w.do("GET", "/cases/"+string(w.far)+"/custody", w.worker, "", 404)
}
