package staff

import (
	"net/http"
	"net/url"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// handler answers a request of somebody who is signed in.
type handler func(w http.ResponseWriter, r *http.Request, me people.Staff) error

var errSignedOut = ids.E(ids.Unauthenticated, "Sign in to go on.")

// signedIn lets through whoever has a session.
func (s *Staff) signedIn(next handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, ok := s.cookie.Token(r)
		if !ok {
			return errSignedOut
		}
		me, err := s.flow.StaffBySession(r.Context(), token)
		if err != nil {
			return err
		}
		return next(w, r, me)
	}
}

// atPage is signedIn for what a page asks by itself. Whoever is not signed in is told so in one line, not sent to a form.
func (s *Staff) atPage(next handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		me, err := s.who(r)
		if ids.KindOf(err) == ids.Unauthenticated {
			http.Error(w, ids.Public(err), http.StatusUnauthorized)
			return nil
		}
		if err != nil {
			return err
		}
		return next(w, r, me)
	}
}

// who returns who is signed in, without counting as use.
func (s *Staff) who(r *http.Request) (people.Staff, error) {
	token, ok := s.cookie.Token(r)
	if !ok {
		return people.Staff{}, errSignedOut
	}
	return s.flow.StaffAtPage(r.Context(), token)
}

// toSignIn answers whoever is not signed in: after it a page she asked for is shown.
func (s *Staff) toSignIn(w http.ResponseWriter, r *http.Request) {
	target := "/sign-in"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		target += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		target += "?ended"
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// errorPage gives an error page the navigation of whoever is signed in.
func (s *Staff) errorPage(r *http.Request, p *web.Page) {
	if me, err := s.who(r); err == nil {
		framed := s.page(r, me, p.Title, p.Data)
		p.Nav, p.User = framed.Nav, framed.User
	}
}

// page makes a page with the navigation of a member of staff and, when the address asks for it, the result of the step before.
func (s *Staff) page(r *http.Request, me people.Staff, title string, data any) web.Page {
	loc := s.pages.Loc(r)
	p := web.Page{Title: title, Data: data, Nav: nav(loc, me.Role, r.URL.Path), User: &web.User{Name: me.Name, Role: loc.T("staff.role." + string(me.Role)), SignOut: "/sign-out"}}
	if done := r.URL.Query().Get("done"); results[done] {
		p.Banner = &web.Banner{Kind: "success", Heading: loc.T("staff.done." + done)}
	}
	return p
}

// results are the results of a step that the next page can announce: words never come out of an address.
var results = codes(
	"sent held again begun released withheld set_aside filed claimed planned cancelled withdrawn disabled draft some_failed",
	"moved handed_over left_as_it_is sent_again handled",
	"recorded wing_given reoffered file_taken code_set agreed given team", // custody
	"restricted saved",
	"returned given_back appealed review_set flag_added flag_removed",                                 // review
	"request_made request_kept record_given",                                                          // requests
	"asked answered stopped ask_sent dismissed duty_set",                                              // asking and handing over
	"marked unmarked booked unbooked acknowledged list_changed plan_opened plan_closed words_changed", // reading together
)

func codes(lists ...string) map[string]bool {
	all := map[string]bool{}
	for _, l := range lists {
		for _, code := range strings.Fields(l) {
			all[code] = true
		}
	}
	return all
}

// section is one entry of the navigation and who has it. It offers; whether a page may be read is decided in flow.
type section struct {
	path, key string
	roles     []ids.Role
}

var (
	caseRoles   = []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection}
	alertRoles  = []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection}
	findRoles   = []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleAdministrator}
	prisonRoles = []ids.Role{ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection}
	sections    = []section{
		{"/", "home", ids.Roles},
		{"/find", "find", findRoles},
		{"/queue", "queue", []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleAdministrator}},
		{"/cases", "cases", caseRoles},
		{"/meetings", "meetings", caseRoles},
		{"/together", "together", []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker}},
		{"/alerts", "alerts", alertRoles},
		{"/restrictions", "restrictions", []ids.Role{ids.RolePublicProtection}},
		{"/movements", "movements", prisonRoles},
		{"/arrivals", "arrivals", []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleAdministrator}},
		{"/women", "women", []ids.Role{ids.RoleWingOfficer}},
		{"/asks", "asks", []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker}},
		{"/authorities", "authorities", []ids.Role{ids.RoleAdministrator}},
		{"/review", "review", []ids.Role{ids.RolePublicProtection, ids.RoleAdministrator}},
		{"/flags", "flags", []ids.Role{ids.RolePublicProtection, ids.RoleAdministrator}},
		{"/kiosks", "kiosks", []ids.Role{ids.RoleAdministrator}},
		{"/alert-list", "alert_list", []ids.Role{ids.RolePublicProtection, ids.RoleAdministrator}},
		{"/hints", "hints", []ids.Role{ids.RoleAdministrator}},
		{"/users", "users", []ids.Role{ids.RoleAdministrator}},
		{"/audit", "audit", []ids.Role{ids.RoleAdministrator}},
		{"/rules", "rules", []ids.Role{ids.RoleAdministrator}},
	}
)

func nav(loc i18n.Loc, role ids.Role, path string) []web.NavItem {
	var items []web.NavItem
	for _, sec := range sections {
		for _, r := range sec.roles {
			if r == role {
				items = append(items, web.NavItem{Text: loc.T("staff.nav." + sec.key), Href: sec.path, Current: path == sec.path,
					Active: sec.path != "/" && strings.HasPrefix(path, sec.path+"/")})
			}
		}
	}
	return items
}
