package staff

import (
	"context"
	"net/http"
	"net/url"
	"slices"
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
		if ids.KindOf(err) == ids.Unauthenticated && s.mustChoose(r, token) {
			return web.Redirect(w, r, "/appointments")
		}
		if err != nil {
			return err
		}
		if err := s.meant(w, r, me); err != nil {
			return err
		}
		return next(w, withActing(r, me), me.Staff)
	}
}

// meant refuses a form that was filled in before she began to act in another appointment, in another tab: it would be sent as what she did not mean.
func (s *Staff) meant(w http.ResponseWriter, r *http.Request, me people.Acting) error {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if as := form.Value(web.FormActing); as != "" && as != string(me.ID) {
		return ids.E(ids.Conflict, "%s", s.pages.Loc(r).T("staff.appointments.other_now"))
	}
	return nil
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
		return next(w, withActing(r, me), me.Staff)
	}
}

type actingKey struct{}

// withActing keeps with a request who is signed in, for what every page shows of her.
func withActing(r *http.Request, me people.Acting) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actingKey{}, me))
}

// mustChoose reports whether somebody has signed in and not said yet in which of her appointments she acts.
func (s *Staff) mustChoose(r *http.Request, token string) bool {
	posts, err := s.flow.Posts(r.Context(), token)
	return err == nil && len(posts) > 0
}

// who returns who is signed in, without counting as use.
func (s *Staff) who(r *http.Request) (people.Acting, error) {
	token, ok := s.cookie.Token(r)
	if !ok {
		return people.Acting{}, errSignedOut
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
		framed := s.page(withActing(r, me), me.Staff, p.Title, p.Data)
		p.Nav, p.User, p.Acting = framed.Nav, framed.User, framed.Acting
	}
}

// page makes a page with the navigation of a member of staff and, when the address asks for it, the result of the step before.
func (s *Staff) page(r *http.Request, me people.Staff, title string, data any) web.Page {
	loc := s.pages.Loc(r)
	acting, _ := r.Context().Value(actingKey{}).(people.Acting)
	p := web.Page{Title: title, Data: data, Nav: nav(loc, me.Role, acting.Inside, r.URL.Path), User: header(loc, me, acting)}
	if p.User.Switch != "" {
		p.Acting = string(me.ID)
	}
	if done := r.URL.Query().Get("done"); results[done] {
		p.Banner = &web.Banner{Kind: "success", Heading: loc.T("staff.done." + done)}
	}
	return p
}

// header is what every page shows of who is signed in: the appointment that she acts in, and the way to another one.
func header(loc i18n.Loc, me people.Staff, acting people.Acting) *web.User {
	u := &web.User{Name: me.Name, Role: loc.T("staff.role." + string(me.Role)), Place: acting.AgencyName, SignOut: "/sign-out"}
	if acting.Posts > 1 {
		u.Switch = "/appointments"
	}
	return u
}

// results are the results of a step that the next page can announce: words never come out of an address.
var results = codes(
	"invite_booked invite_answered organiser_asked invite_countered poll_asked poll_reminded poll_closed poll_withdrawn",
	"sent held again begun released withheld set_aside filed claimed planned cancelled withdrawn disabled draft some_failed",
	"acting appointed moved handed_over left_as_it_is sent_again handled",
	"recorded wing_given reoffered file_taken code_set agreed given team", // custody
	"restricted saved held_recorded held_withdrawn",
	"meeting_moved feed_revoked source_set source_removed",                                            // calendars
	"chair_set talked_attendance words_sent words_waiting paper_added",                                // before a meeting
	"returned given_back appealed review_set flag_added flag_removed",                                 // review
	"request_made request_kept record_given",                                                          // requests
	"asked answered stopped ask_sent dismissed duty_set",                                              // asking and handing over
	"marked unmarked booked unbooked acknowledged list_changed plan_opened plan_closed words_changed", // reading together
	"movement movements_read movement_seen",
	"regime_set day_set day_removed place_added place_withdrawn place_chosen moved_without_place moved_other_place", // where and when
	"stepped after_kept minutes_kept",                                                                               // after a meeting
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

// outside are the sections that nobody who works at a prison has, in whatever role.
var outside = map[string]bool{"/reports": true}

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
		{"/regime", "regime", []ids.Role{ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RoleAdministrator}},
		{"/arrivals", "arrivals", []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleAdministrator}},
		{"/women", "women", []ids.Role{ids.RoleWingOfficer}},
		{"/asks", "asks", []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker}},
		{"/reports", "reports", []ids.Role{ids.RolePactWorker, ids.RoleAdministrator}},
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

// nav is what is offered to somebody; inside says that she works at a prison.
func nav(loc i18n.Loc, role ids.Role, inside bool, path string) []web.NavItem {
	var items []web.NavItem
	for _, sec := range sections {
		if !slices.Contains(sec.roles, role) || inside && outside[sec.path] {
			continue
		}
		items = append(items, web.NavItem{Text: loc.T("staff.nav." + sec.key), Href: sec.path, Current: path == sec.path,
			Active: sec.path != "/" && strings.HasPrefix(path, sec.path+"/")})
	}
	return items
}
