package custodyhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/custodyhook"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	token = "a bearer token of some length"
	key   = "a signing key of some length"
)

func message(eventType, extra string, at time.Time) string {
	b, _ := json.Marshal(map[string]any{"eventType": eventType, "occurredAt": at.Format(time.RFC3339)})
	return strings.TrimSuffix(string(b), "}") + `,"additionalInformation":{"nomsNumber":"A1234BC"` + extra + `}}`
}

func post(h http.Handler, body string, headers ...string) (int, string) {
	r := httptest.NewRequest("POST", custodyhook.Path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var a struct{ Outcome, Detail string }
	if json.Unmarshal(w.Body.Bytes(), &a) != nil || a.Detail == "" {
		return w.Code, w.Body.String()
	}
	return w.Code, a.Outcome
}

// What is answered 2xx is recorded or of no use; a woman moves by what the prisons' records say.
func TestFeed(t *testing.T) {
	w := flowtest.New(t, store.SQLite, flowtest.Mail{})
	if err := w.Flow.SetPrisonCode(t.Context(), flowtest.Operator, w.Agencies.OtherPrison, "LKI"); err != nil {
		t.Fatal(err)
	}
	h := custodyhook.New(custodyhook.Config{Token: token, HMACKey: key, Log: slog.New(slog.DiscardHandler), Now: w.Env.Clock.Now}, w.Flow)
	bearer := []string{"Authorization", "Bearer " + token}
	moved := message("prisoner-offender-search.prisoner.received", `,"reason":"TRANSFERRED","prisonId":"LKI"`, w.Env.Clock.Now())
	wrapped, _ := json.Marshal(map[string]any{"Type": "Notification", "MessageId": "1", "Message": moved})
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(moved))
	for _, c := range []struct {
		body    string
		headers []string
		status  int
		outcome string
	}{
		{moved, nil, 401, "refused"},
		{moved, []string{"Authorization", "Bearer wrong"}, 401, "refused"},
		{moved, []string{custodyhook.SignatureHeader, "sha256=00"}, 401, "refused"},
		{"not json", bearer, 400, "refused"},
		{"", bearer, 400, "refused"},
		{strings.Repeat(" ", 1<<20+1), bearer, 413, "refused"},
		{string(wrapped), bearer, 200, "recorded"},
		{moved, []string{custodyhook.SignatureHeader, "sha256=" + hex.EncodeToString(mac.Sum(nil))}, 200, "known"},
		{message("prisoner-offender-search.prisoner.updated", "", w.Env.Clock.Now()), bearer, 200, "not_used"},
		{message("prisoner-offender-search.prisoner.released", `,"reason":"BEAMED_UP"`, w.Env.Clock.Now()), bearer, 202, "unclear"},
		{message("prisoner-offender-search.prisoner.released", `,"reason":"RELEASED"`, w.Env.Clock.Now().AddDate(10, 0, 0)), bearer, 202, "unclear"},
		{strings.Replace(moved, "A1234BC", "Z9999ZZ", 1), bearer, 200, "recorded"},
		{`{"Type":"SubscriptionConfirmation","TopicArn":"arn:aws:sns:x","SubscribeURL":"https://sns.example/confirm","Message":"You have chosen to subscribe"}`, bearer, 200, "subscription"},
	} {
		if status, outcome := post(h, c.body, c.headers...); status != c.status || outcome != c.outcome {
			t.Errorf("%.60s: %d %s, want %d %s", c.body, status, outcome, c.status, c.outcome)
		}
	}
	if m, err := w.Env.Store.Mother(t.Context(), w.Mother); err != nil || m.Establishment != w.Agencies.OtherPrison {
		t.Errorf("%+v %v", m, err)
	}
	if rows, err := w.Flow.UnknownCustody(t.Context(), w.Staff.Admin.Actor); err != nil || len(rows) != 3 {
		t.Errorf("%d unknown or unclear, %v", len(rows), err)
	}
	r := httptest.NewRequest("GET", custodyhook.Path, nil)
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, r); rec.Code != 405 || rec.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d", rec.Code)
	}
	if status, _ := post(custodyhook.New(custodyhook.Config{Log: slog.New(slog.DiscardHandler)}, w.Flow), moved, "Authorization", "Bearer "); status != 401 {
		t.Errorf("without a secret: %d", status)
	}
}

// down is a store that cannot be written.
type down struct{}

func (down) RecordCustodyEvent(context.Context, ids.Actor, custody.Event) (flow.CustodyOutcome, error) {
	return flow.CustodyOutcome{}, ids.E(ids.Unavailable, "The disk is full.")
}
func (down) NoteUnclearEvent(context.Context, ids.Actor, custody.Event, string) error {
	return ids.E(ids.Unavailable, "The disk is full.")
}

// While nothing can be written, the sender is asked to come again: nothing is lost.
func TestStoreDown(t *testing.T) {
	h := custodyhook.New(custodyhook.Config{Token: token, Log: slog.New(slog.DiscardHandler)}, down{})
	for _, extra := range []string{`,"reason":"RELEASED"`, `,"reason":"BEAMED_UP"`} {
		if status, outcome := post(h, message("prisoner-offender-search.prisoner.released", extra, time.Now()), "Authorization", "Bearer "+token); status != 503 || outcome != "refused" {
			t.Errorf("%d %s", status, outcome)
		}
	}
}
