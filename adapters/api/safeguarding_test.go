package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// mailIn is an email of Anna's in the conversation, passed on.
func (w *world) mailIn(text string) ids.MessageID {
	w.t.Helper()
	hold := w.heldMail(text)
	w.do("POST", "/holds/"+hold["id"].(string)+"/release", w.worker, "", 200)
	return ids.MessageID(hold["message_id"].(string))
}

func (w *world) heldMail(text string) map[string]any {
	w.t.Helper()
	to, err := w.f.ReplyAddress(w.t.Context(), w.thread, w.anna)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.f.AcceptMail(w.t.Context(), store.Envelope{MailFrom: "anna@anytown.example", Rcpt: to}, []byte("anna@anytown.example\n"+text)); err != nil {
		w.t.Fatal(err)
	}
	w.run(outbox.MailIn, w.f.HandleMailIn)
	list := items(w.do("GET", "/holds", w.worker, "", 200))
	return list[len(list)-1].(map[string]any)
}

// run does what is due of one kind.
func (w *world) run(kind outbox.Kind, handle func(context.Context, outbox.Item) error) {
	w.t.Helper()
	now := w.e.Clock.Now().Add(time.Second)
	due, err := w.e.Store.Outbox().Lease(w.t.Context(), []outbox.Kind{kind}, 10, now, now.Add(time.Minute))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, it := range due {
		if err := handle(w.t.Context(), it); err != nil {
			w.t.Fatal(err)
		}
	}
}

// gone sends a request that is answered without a body.
func (w *world) gone(path, token string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		w.t.Errorf("POST %s: %d", path, res.StatusCode)
	}
}

// unknown asks for things of the other family and for things that do not exist: the answers are the same to the letter.
func (w *world) unknown(method string, there, nowhere []string, token, body string) {
	w.t.Helper()
	for i := range there {
		a, b := w.do(method, there[i], token, body, 404), w.do(method, nowhere[i], token, body, 404)
		for _, k := range []string{"type", "title", "detail", "status"} {
			if a[k] != b[k] {
				w.t.Errorf("%s %s says %v, %s says %v", method, there[i], a[k], nowhere[i], b[k])
			}
		}
	}
}

func TestAsks(t *testing.T) {
	w := newWorld(t, Config{})
	path := "/threads/" + string(w.thread) + "/asks"
	due := workdays.EnglandAndWales().Add(workdays.Of(w.e.Clock.Now()), 5).String()
	a := w.do("POST", path, w.worker, `{"due":"`+due+`","idempotency_key":"k"}`, 201)
	b := w.do("POST", path, w.worker, `{"due":"`+due+`"}`, 200, "Idempotency-Key", "k")
	if a["id"] != b["id"] || a["due"] != due || a["state"] != "open" || a["origin"] != "worker" || a["agency"].(map[string]any)["name"] != "Anytown Council" {
		t.Errorf("%v %v", a, b)
	}
	at := "/asks/" + a["id"].(string)
	for _, bad := range []string{`{}`, `{"due":"soon","idempotency_key":"x"}`, `{"due":"2020-01-01","idempotency_key":"x"}`} {
		w.do("POST", path, w.worker, bad, 422)
	}
	if n := len(items(w.do("GET", "/asks", w.worker, "", 200))); n != 1 {
		t.Errorf("%d asks", n)
	}
	// A promise of theirs keeps it open, and says so.
	m := w.mailIn("Thank you. I will get back to you within 10 working days.")
	x := first(t, w.do("GET", path, w.worker, "", 200))
	if p, _ := x["promise"].(map[string]any); x["state"] != "open" || p["message_id"] != string(m) || p["by"] == "" {
		t.Fatalf("%v", x)
	}
	later := workdays.EnglandAndWales().Add(workdays.Of(w.e.Clock.Now()), 10).String()
	if x = w.do("POST", at+"/move", w.worker, `{"due":"`+later+`"}`, 200); x["due"] != later || x["promise"] != nil {
		t.Errorf("%v", x)
	}
	if x = w.do("POST", at+"/answered", w.worker, "", 200); x["state"] != "answered" || x["ended"] == nil {
		t.Errorf("%v", x)
	}
	w.do("POST", at+"/stop", w.worker, "", 409)
	// One press on what is promised.
	y := w.do("POST", path, w.worker, `{"message_id":"`+string(m)+`"}`, 201)
	if z := w.do("POST", path, w.worker, `{"message_id":"`+string(m)+`"}`, 200); y["origin"] != "promise" || y["message_id"] != string(m) || z["id"] != y["id"] {
		t.Errorf("%v %v", y, z)
	}
	w.do("POST", "/asks/"+y["id"].(string)+"/stop", w.worker, "", 200)

	w.do("POST", path, w.pom, `{"due":"`+later+`","idempotency_key":"p"}`, 403) // follows the case, and does not ask
	w.do("POST", at+"/stop", w.pom, "", 403)
	if n := len(items(w.do("GET", path, w.pom, "", 200))); n != 0 {
		t.Errorf("the prison sees %d asks", n)
	}
	other := w.token("other", time.Hour)
	w.unknown("GET", []string{path}, []string{"/threads/nothing/asks"}, other, "")
	w.unknown("POST", []string{path}, []string{"/threads/nothing/asks"}, other, `{"due":"`+later+`","idempotency_key":"q"}`)
	w.unknown("POST", []string{at + "/stop", at + "/answered"}, []string{"/asks/nothing/stop", "/asks/nothing/answered"}, other, "")
	w.unknown("POST", []string{at + "/move"}, []string{"/asks/nothing/move"}, other, `{"due":"`+later+`"}`)
}

func TestAStepIsSentOnce(t *testing.T) {
	w := newWorld(t, Config{})
	cal := workdays.EnglandAndWales()
	due := cal.Add(workdays.Of(w.e.Clock.Now()), 1)
	a := w.do("POST", "/threads/"+string(w.thread)+"/asks", w.worker, `{"due":"`+due.String()+`","idempotency_key":"k"}`, 201)
	w.e.Clock.Advance(cal.Add(due, 1).At(10, 0).Sub(w.e.Clock.Now()))
	w.run(outbox.AskDue, w.f.HandleAskDue)
	worker, other := w.token("worker", time.Hour), w.token("other", time.Hour)
	x := first(t, w.do("GET", "/asks", worker, "", 200))
	if x["id"] != a["id"] || x["days_late"] != 1.0 || len(x["steps"].([]any)) != 1 {
		t.Fatalf("%v", x)
	}
	at := "/ask-steps/" + x["steps"].([]any)[0].(map[string]any)["id"].(string)
	d := w.do("GET", at, worker, "", 200)
	if d["state"] != "ready" || d["in_thread"] != true || !strings.Contains(d["draft"].(string), "Review") {
		t.Errorf("%v", d)
	}
	w.unknown("GET", []string{at}, []string{"/ask-steps/nothing"}, other, "")
	w.unknown("POST", []string{at + "/send"}, []string{"/ask-steps/nothing/send"}, other, `{"text":"x"}`)
	w.unknown("POST", []string{at + "/dismiss"}, []string{"/ask-steps/nothing/dismiss"}, other, `{"reason":"x"}`)
	w.do("POST", at+"/send", worker, `{}`, 422)
	if d = w.do("POST", at+"/send", worker, `{"text":"When can he come?"}`, 200); d["state"] != "sent" || d["message_id"] == nil {
		t.Errorf("%v", d)
	}
	w.do("POST", at+"/send", worker, `{"text":"When can he come?"}`, 409)
	w.do("POST", at+"/dismiss", worker, `{"reason":"x"}`, 409)
}

func TestRequests(t *testing.T) {
	w := newWorld(t, Config{})
	child := w.do("GET", "/cases/"+string(w.c), w.worker, "", 200)["children"].([]any)[0].(map[string]any)["id"].(string)
	path := "/threads/" + string(w.thread) + "/requests"
	a := w.do("POST", path, w.worker, `{"kind":"school_trip","child_id":"`+child+`","text":"May he go to the sea?","idempotency_key":"k"}`, 201)
	b := w.do("POST", path, w.worker, `{"kind":"school_trip","child_id":"`+child+`","text":"May he go to the sea?"}`, 200, "Idempotency-Key", "k")
	if a["id"] != b["id"] || a["state"] != "open" || a["by_mother"] != false || a["child_id"] != child {
		t.Errorf("%v %v", a, b)
	}
	m := w.mailIn("Please may we have her consent for the dentist?")
	c := w.do("POST", path, w.worker, `{"kind":"medical","child_id":"`+child+`","message_id":"`+string(m)+`","due":"2099-01-01"}`, 201)
	w.do("POST", path, w.worker, `{"kind":"medical","child_id":"`+child+`","message_id":"`+string(m)+`"}`, 200)
	mother, asked := ids.MotherActor(w.mother.ID), ids.RequestID(c["id"].(string))
	shown, err := w.f.ReadBack(t.Context(), mother, asked, "yes", "en")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.f.Answer(t.Context(), mother, flow.NewAnswer{Request: asked, Says: "yes", Lang: "en", Shown: shown, IdemKey: "a"}); err != nil {
		t.Fatal(err)
	}
	list := items(w.do("GET", "/cases/"+string(w.c)+"/requests", w.worker, "", 200))
	if len(list) != 2 {
		t.Fatalf("%v", list)
	}
	for _, x := range list {
		if x := x.(map[string]any); x["id"] == c["id"] && (x["state"] != "answered" || x["answers"].([]any)[0].(map[string]any)["says"] != "yes") {
			t.Errorf("%v", x)
		}
	}
	at := "/requests/" + a["id"].(string)
	for range 2 {
		if x := w.do("POST", at+"/withdraw", w.worker, "", 200); x["state"] != "withdrawn" {
			t.Errorf("%v", x)
		}
	}
	w.do("POST", at+"/withdraw", w.pom, "", 403)
	for _, bad := range []string{`{"kind":"school_trip","text":"x","idempotency_key":"z"}`, `{"kind":"report","text":"x"}`, `{"kind":"bread","text":"x","idempotency_key":"z"}`, `{"kind":"report","idempotency_key":"z"}`} {
		w.do("POST", path, w.worker, bad, 422)
	}
	w.do("POST", path, w.worker, `{"kind":"report","message_id":"nothing"}`, 404)
	other := w.token("other", time.Hour)
	w.unknown("GET", []string{"/cases/" + string(w.c) + "/requests"}, []string{"/cases/nothing/requests"}, other, "")
	w.unknown("POST", []string{path}, []string{"/threads/nothing/requests"}, other, `{"kind":"report","text":"x","idempotency_key":"1"}`)
	w.unknown("POST", []string{at + "/withdraw", at + "/talked"}, []string{"/requests/nothing/withdraw", "/requests/nothing/talked"}, other, "")
	w.unknown("POST", []string{at + "/settle"}, []string{"/requests/nothing/settle"}, other, `{"message_id":"`+string(m)+`"}`)
}

func TestReadingTogether(t *testing.T) {
	w := newWorld(t, Config{})
	hold := w.heldMail("There is something hard to say.")
	m := hold["message_id"].(string)
	at := "/messages/" + m + "/reading-together"
	w.do("GET", at, w.worker, "", 404)
	for range 2 {
		if x := w.do("POST", at+"/mark", w.worker, "", 200); x["marked"] == nil || x["booked"] != false {
			t.Errorf("%v", x)
		}
	}
	w.do("POST", "/holds/"+hold["id"].(string)+"/release", w.worker, "", 200)
	if n := len(items(w.do("GET", "/reading-together", w.worker, "", 200))); n != 1 {
		t.Errorf("%d to read", n)
	}
	when := w.e.Clock.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	body := `{"supporter_id":"` + string(w.staff["worker"].ID) + `","at":"` + when + `","place":"A wing office"}`
	if x := w.do("POST", at+"/book", w.worker, body, 200); x["booked"] != true || x["place"] != "A wing office" || x["supporter"].(map[string]any)["name"] != "Wendy Pryce" {
		t.Errorf("%v", x)
	}
	w.do("POST", at+"/book", w.worker, strings.Replace(body, when, "2020-01-01T10:00:00Z", 1), 422)
	w.do("POST", at+"/record", w.worker, `{"went":"calm"}`, 422) // it was not opened with her
	w.do("POST", at+"/record", w.worker, `{"went":"fine"}`, 422)
	if x := w.do("POST", at+"/cancel", w.worker, "", 200); x["booked"] != false {
		t.Errorf("%v", x)
	}
	if x := w.do("POST", at+"/unmark", w.worker, `{"reason":"It turned out to be a school report."}`, 200); x["unmarked"] == nil {
		t.Errorf("%v", x)
	}
	other := w.token("other", time.Hour)
	nowhere := "/messages/nothing/reading-together"
	w.unknown("GET", []string{at}, []string{nowhere}, other, "")
	w.unknown("POST", []string{at + "/mark", at + "/cancel"}, []string{nowhere + "/mark", nowhere + "/cancel"}, other, "")
	w.unknown("POST", []string{at + "/book"}, []string{nowhere + "/book"}, other, body)
	w.unknown("POST", []string{at + "/record"}, []string{nowhere + "/record"}, other, `{"went":"calm"}`)
	w.unknown("POST", []string{at + "/unmark"}, []string{nowhere + "/unmark"}, other, `{"reason":"x"}`)
}

func TestReviewSettingsAndFlags(t *testing.T) {
	w := newWorld(t, Config{})
	if x := w.do("GET", "/review-settings?scope=estate", w.admin, "", 200); len(x["directions"].([]any)) != 2 {
		t.Errorf("%v", x)
	}
	set := `{"scope":"case","scope_id":"` + string(w.c) + `","direction":"from_mother","first":"pact_worker"}`
	protection := w.token("protection", time.Hour)
	w.do("POST", "/review-settings", w.worker, set, 403)
	for range 2 {
		x := w.do("POST", "/review-settings", protection, set, 200)
		if l := x["directions"].([]any); x["scope"] != "case" || l[0].(map[string]any)["own"] == l[1].(map[string]any)["own"] {
			t.Errorf("%v", x)
		}
	}
	w.do("POST", "/review-settings/unset", protection, `{"scope":"case","scope_id":"`+string(w.c)+`","direction":"from_mother"}`, 200)
	w.do("POST", "/review-settings", w.worker, `{"scope":"estate","direction":"from_mother","first":"pact_worker"}`, 403)
	w.do("POST", "/review-settings/aim", w.pom, `{"aim_days":2}`, 403)
	if x := w.do("POST", "/review-settings/aim", w.admin, `{"aim_days":2}`, 200); x["aim_days"] != 2.0 {
		t.Errorf("%v", x)
	}
	other := w.token("other", time.Hour)
	w.unknown("POST", []string{"/review-settings"}, []string{"/review-settings"}, other, set)
	w.unknown("GET", []string{"/review-settings?scope=case&scope_id=" + string(w.c), "/review-settings?scope=thread&scope_id=" + string(w.thread), "/flags?case_id=" + string(w.c)},
		[]string{"/review-settings?scope=case&scope_id=nothing", "/review-settings?scope=thread&scope_id=nothing", "/flags?case_id=nothing"}, other, "")

	flag := `{"words":["knife"],"note":"Ask public protection"}`
	a := w.do("POST", "/flags", w.admin, flag, 201)
	if b := w.do("POST", "/flags", w.admin, flag, 200); a["id"] != b["id"] {
		t.Errorf("%v %v", a, b)
	}
	if n := len(items(w.do("GET", "/flags", w.admin, "", 200))); n != 1 {
		t.Errorf("%d flags", n)
	}
	w.do("POST", "/flags", w.worker, flag, 403)
	w.do("POST", "/flags", w.admin, `{"pattern":"(","note":"x"}`, 422)
	w.gone("/flags/"+a["id"].(string)+"/remove", w.admin)
	if n := len(items(w.do("GET", "/flags", w.admin, "", 200))); n != 0 {
		t.Errorf("%d flags", n)
	}
}

func TestReturnAndAppeal(t *testing.T) {
	w := newWorld(t, Config{})
	path := "/threads/" + string(w.thread) + "/messages"
	m := w.say("Tell him that I am coming.")
	w.do("POST", "/messages/"+string(m)+"/appeal", w.worker, "", 404) // she did not write it
	other := w.token("other", time.Hour)
	w.unknown("POST", []string{"/messages/" + string(m) + "/appeal"}, []string{"/messages/nothing/appeal"}, other, "")
	hold := first(t, w.do("GET", "/holds", w.worker, "", 200))["id"].(string)
	if x := w.do("POST", "/holds/"+hold+"/return", w.worker, `{"explanation":"Say when."}`, 200); x["outcome"] != "returned" {
		t.Errorf("%v", x)
	}
	w.do("POST", "/holds/"+hold+"/return", w.worker, `{"explanation":"Say when."}`, 409)
	w.unknown("POST", []string{"/holds/" + hold + "/return"}, []string{"/holds/nothing/return"}, other, `{"explanation":"x"}`)
	w.unknown("POST", []string{"/holds/" + hold + "/release"}, []string{"/holds/nothing/release"}, other, `{"keep_files":["x"]}`)
	// What staff wrote and was not passed on: its author has it looked at again, once.
	protection := w.token("protection", time.Hour)
	_, err := w.f.AddRestriction(t.Context(), w.staff["protection"].Actor(), flow.NewRestriction{Case: w.c, Kind: cases.Monitored, Source: "other", Contacts: []ids.ContactID{w.anna}})
	if err != nil {
		t.Fatal(err)
	}
	posted := w.do("POST", path, w.worker, `{"text":"Good news.","idempotency_key":"a"}`, 201)
	if posted["state"] != "held" {
		t.Fatalf("%v", posted)
	}
	at := "/messages/" + posted["id"].(string) + "/appeal"
	w.do("POST", "/holds/"+first(t, w.do("GET", "/holds", protection, "", 200))["id"].(string)+"/withhold", protection, `{"reason":"third_party","note":"names a neighbour"}`, 200)
	w.do("POST", at, protection, "", 404)
	if x := w.do("POST", at, w.worker, "", 200); x["state"] != "held" || x["message_id"] != posted["id"] {
		t.Errorf("%v", x)
	}
	w.do("POST", at, w.worker, "", 403)
}
