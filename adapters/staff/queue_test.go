package staff_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

func TestReviewAMessage(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/queue/" + string(w.held)
	c.want(c.get("/"), http.StatusOK, "Waiting to be checked", "See the 1 that waits")
	c.want(c.get("/queue"), http.StatusOK, "KB-1001, Mair Hughes", "Waiting for", "The channel’s ordinary check")
	c.want(c.get(at), http.StatusOK, "Pryd mae’r cyfarfod?", "From the mother", "Release it", "Withhold it")
	if a := c.post(at+"/claim", nil); a.location != at+"?done=claimed" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/queue"), http.StatusOK, "Taken on by you")

	a := c.post(at+"/withhold", url.Values{"note": {"kept words"}})
	c.want(a, http.StatusUnprocessableEntity, "There is a problem", "Choose a reason for withholding it", "kept words")
	if !strings.Contains(a.body, `href="#reason"`) || !strings.Contains(a.body, `id="reason"`) {
		t.Error("the error summary leads nowhere")
	}
	a = c.post(at+"/withhold", url.Values{"reason": {"other"}})
	c.want(a, http.StatusUnprocessableEntity, "Write the reason in the note")
	c.want(c.post(at+"/withhold", url.Values{"reason": {"nonsense"}}), http.StatusUnprocessableEntity, "Choose a reason for withholding it")

	if a := c.post(at+"/release", url.Values{"release_note": {"fine"}}); a.status != http.StatusSeeOther || a.location != "/queue?done=released" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/queue?done=released"), http.StatusOK, "Released. It is on its way", "Nothing waits for you")
	c.want(c.post(at+"/release", nil), http.StatusConflict, "Somebody else has already looked at this message", "you need do nothing more")
	c.want(c.post(at+"/withhold", url.Values{"reason": {"threat"}}), http.StatusConflict, "Somebody else has already looked at this message", "you need do nothing more")
	page := c.get(at)
	c.want(page, http.StatusOK, "Decided", "Released", "fine")
	if strings.Contains(page.body, "/release\"") {
		t.Error("it can be decided again")
	}
}

func TestOnlyTheReviewerDecides(t *testing.T) {
	w := newWorld(t)
	for role, want := range map[ids.Role]int{ids.RoleFamilyWorker: http.StatusForbidden, ids.RoleOffenderManager: http.StatusForbidden, ids.RoleWingOfficer: http.StatusNotFound,
		ids.RolePublicProtection: http.StatusForbidden, ids.RoleAdministrator: http.StatusNotFound} {
		c := w.as(role)
		for _, act := range []string{"claim", "release", "withhold", "sort"} {
			c.want(c.post("/queue/"+string(w.held)+"/"+act, url.Values{"reason": {"threat"}, "do": {"known"}, "thread": {string(w.official)}}), want)
		}
		c.want(c.post("/queue", url.Values{"hold": {string(w.held)}, "do": {"claim"}}), want)
	}
	if holds, err := w.f.Holds(t.Context(), w.worker().Actor()); err != nil || len(holds) != 1 || holds[0].ClaimedBy != "" {
		t.Errorf("%+v %v", holds, err)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	for _, key := range []string{"m2", "m3"} {
		if _, err := w.f.Compose(t.Context(), ids.MotherActor(w.mother.ID), flow.NewMessage{Thread: w.official, Body: "Message " + key, IdemKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	holds, err := w.f.Holds(t.Context(), w.worker().Actor())
	if err != nil || len(holds) != 3 {
		t.Fatalf("%d %v", len(holds), err)
	}
	c.want(c.post("/queue", url.Values{"do": {"read"}}), http.StatusUnprocessableEntity, "Choose at least one")
	all := url.Values{"do": {"read"}}
	for _, h := range holds {
		all.Add("hold", string(h.ID))
	}
	a := c.post("/queue", all)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/queue/several?hold=") {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get(a.location), http.StatusOK, "Check 3 messages", "Message m2", "Message m3", "Release all 3")
	all.Set("do", "claim")
	if a := c.post("/queue", all); a.location != "/queue?done=claimed" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	all.Set("do", "")
	if a := c.post("/queue/several", all); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/queue/several?") {
		t.Errorf("a form without its button: %d %s", a.status, a.location)
	}
	if left, err := w.f.Holds(t.Context(), w.worker().Actor()); err != nil || len(left) != 3 {
		t.Errorf("it decided: %d are left, %v", len(left), err)
	}
	all.Set("do", "withhold")
	c.want(c.post("/queue/several", all), http.StatusUnprocessableEntity, "Choose a reason for withholding it", "Message m2")
	// One is decided by somebody else meanwhile: the others still are.
	if err := w.f.Release(t.Context(), w.worker().Actor(), holds[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	all.Set("reason", "third_party")
	if a := c.post("/queue/several", all); a.location != "/queue?done=some_failed" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	if left, err := w.f.Holds(t.Context(), w.worker().Actor()); err != nil || len(left) != 0 {
		t.Errorf("%d are left: %v", len(left), err)
	}
	if a := c.get("/queue/several?hold=" + string(holds[0].ID)); a.location != "/queue" {
		t.Errorf("there is nothing left to read: %d %s", a.status, a.location)
	}
}

// TestWordsForEveryCode holds the locale files to the codes of the domain, in both languages.
func TestWordsForEveryCode(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, r := range messages.WithholdReasons {
		keys = append(keys, "staff.withhold.r_"+r.Code)
	}
	for _, r := range []messages.HoldReason{messages.HoldReview, messages.HoldUnknownSender, messages.HoldUnverified, messages.HoldHandover, messages.HoldForgedAddress,
		messages.HoldExpired, messages.HoldNoAddress, messages.HoldUnreadable, messages.HoldAutoReply, messages.HoldInvite} {
		keys = append(keys, "staff.held."+string(r))
	}
	for _, k := range messages.Troubles {
		if k.Code != messages.TroubleOther { // "other" would make a plural of the table: its words are under "unnamed"
			keys = append(keys, "staff.trouble."+string(k.Code))
		}
	}
	for _, r := range ids.Roles {
		keys = append(keys, "staff.role."+string(r))
	}
	for _, k := range audit.Kinds() {
		keys = append(keys, "staff.event."+strings.ReplaceAll(string(k.Kind), ".", "_"))
	}
	for _, l := range i18n.Langs {
		for _, key := range keys {
			if _, err := words.Loc(l).Text(key); err != nil {
				t.Errorf("%v", err)
			}
		}
	}
}
