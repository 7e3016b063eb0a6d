package staff_test

import (
	"net/http"
	"testing"

	"kinbridge/gateway/ids"
)

// TestEveryPageAndRole holds each page to what policy says of each role: 404 where she may not know of the thing.
func TestEveryPageAndRole(t *testing.T) {
	w := newWorld(t)
	const ok, no, gone = http.StatusOK, http.StatusForbidden, http.StatusNotFound
	order := []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RoleWingOfficer, ids.RolePublicProtection, ids.RoleAdministrator}
	browsers := map[ids.Role]*client{}
	for _, role := range order {
		browsers[role] = w.as(role)
	}
	at := "/cases/" + string(w.c.ID)
	for _, page := range []struct {
		path string
		want [6]int
	}{
		{"/", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/cases", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/cases.csv", [6]int{ok, ok, ok, ok, ok, ok}},
		{at, [6]int{ok, ok, ok, gone, ok, gone}},
		{"/cases/" + string(w.far.ID), [6]int{gone, gone, gone, gone, ok, gone}},
		{at + "/audit", [6]int{ok, no, no, gone, no, ok}},
		{at + "/pin", [6]int{ok, gone, ok, gone, gone, gone}},
		{at + "/begin", [6]int{ok, ok, no, gone, no, gone}},
		{at + "/begin?channel=official", [6]int{ok, ok, no, gone, no, gone}},
		{at + "/begin?channel=confidential", [6]int{ok, gone, gone, gone, gone, gone}},
		{at + "/begin?channel=privileged", [6]int{ok, gone, gone, gone, gone, gone}},
		{at + "/begin?channel=nonsense", [6]int{no, no, no, gone, no, gone}},
		{at + "/plan", [6]int{ok, ok, no, gone, no, gone}},
		{at + "/held", [6]int{ok, ok, no, gone, no, gone}},
		{"/due", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/threads/" + string(w.official), [6]int{ok, ok, ok, gone, ok, gone}},
		{"/threads/" + string(w.official) + "/messages", [6]int{ok, ok, ok, gone, ok, gone}},
		{"/threads/" + string(w.confidential), [6]int{ok, gone, gone, gone, gone, gone}},
		{"/threads/" + string(w.privileged), [6]int{gone, gone, gone, gone, gone, gone}},
		{"/threads/" + string(w.farThread), [6]int{gone, gone, gone, gone, ok, gone}},
		{"/queue", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/queue/" + string(w.held), [6]int{ok, no, no, gone, no, gone}},
		{"/queue/several?hold=" + string(w.held), [6]int{ok, no, no, gone, no, gone}},
		{"/meetings", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/meetings/" + string(w.meeting), [6]int{ok, ok, ok, gone, ok, gone}},
		{"/meetings/" + string(w.meeting) + "/room", [6]int{ok, http.StatusSeeOther, http.StatusSeeOther, gone, http.StatusSeeOther, gone}},
		{"/meetings/" + string(w.meeting) + "/cancel", [6]int{ok, ok, no, gone, no, gone}},
		{"/movements", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/women", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/audit", [6]int{no, no, no, no, no, ok}},
		{"/kiosks", [6]int{no, no, no, no, no, ok}},
		{"/kiosks/ksk_none/withdraw", [6]int{no, no, no, no, no, gone}},
		{"/users", [6]int{no, no, no, no, no, ok}},
		{"/users/new", [6]int{no, no, no, no, no, ok}},
		{"/users/" + string(w.worker().ID), [6]int{no, no, no, no, no, ok}},
		{"/users/stf_none", [6]int{no, no, no, no, no, gone}},
		{"/cases/cas_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/threads/thr_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/queue/hld_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/meetings/mtg_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/asks", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/asks/steps/stp_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/authorities", [6]int{no, no, no, no, no, ok}},
		{"/authorities?q=leeds", [6]int{no, no, no, no, no, ok}},
		{"/authorities/table", [6]int{no, no, no, no, no, ok}},
		{"/authorities/leeds", [6]int{no, no, no, no, no, ok}},
		{"/authorities/agy_none", [6]int{no, no, no, no, no, gone}},
		{"/undelivered", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/handovers", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/handovers/hov_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/mail/inb_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/mail/inb_none/original", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/files/att_none/words", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/files/att_none", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/nowhere", [6]int{gone, gone, gone, gone, gone, gone}},
		{"/accessibility", [6]int{ok, ok, ok, ok, ok, ok}},
		{"/privacy", [6]int{ok, ok, ok, ok, ok, ok}},
	} {
		for i, role := range order {
			for _, lang := range []string{"en", "cy"} {
				c := browsers[role]
				c.lang = lang
				a := c.get(page.path)
				if a.status != page.want[i] {
					t.Errorf("%s as %s in %s: %d, want %d: %.300s", page.path, role, lang, a.status, page.want[i], a.text)
				}
				if a.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s may be stored", page.path)
				}
			}
		}
	}
}
