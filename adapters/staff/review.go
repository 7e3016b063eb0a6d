package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

// scoped is the part of an address that says for what a rule is kept: nothing for the estate.
type scoped struct{ kind, id string }

// scopeOf reads it. Public protection keeps its own prison's rules: for her, nothing means her prison.
func scopeOf(q url.Values, me people.Staff) scoped {
	for _, kind := range []string{"thread", "case", "establishment"} {
		if id := q.Get(kind); id != "" {
			return scoped{kind, id}
		}
	}
	if me.Role == ids.RolePublicProtection {
		return scoped{"establishment", string(me.Agency)}
	}
	return scoped{}
}

func (s scoped) query() string {
	if s.kind == "" {
		return ""
	}
	return "?" + url.Values{s.kind: {s.id}}.Encode()
}

func (s scoped) scope() messages.Scope {
	if s.kind == "" {
		return messages.Scope{Kind: messages.Estate}
	}
	return messages.Scope{Kind: messages.ScopeKind(s.kind), ID: s.id}
}

// back is where a page of the scope leads back to.
func (s scoped) back(loc i18n.Loc) *web.Link {
	switch s.kind {
	case "thread":
		return &web.Link{Href: "/threads/" + s.id}
	case "case":
		return backTo(loc, "case", "/cases/"+s.id)
	}
	return nil
}

type reviewView struct {
	Kind, ID string
	Lines    []reviewChoice
	Choices  []web.Option
	Aim      int
	MayAim   bool
	Places   []web.Link // other scopes that the reader may set
}

// reviewChoice is who reviews one direction, and the form to change it.
type reviewChoice struct {
	Way, Title, Now, From string
	First, Second         []web.Option
	Own                   bool
}

// reviewPage shows who reviews what in a scope, and lets it be changed.
func (s *Staff) reviewPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showReview(w, r, me, http.StatusOK, scopeOf(r.URL.Query(), me), &web.Form{})
}

func (s *Staff) showReview(w http.ResponseWriter, r *http.Request, me people.Staff, status int, at scoped, form *web.Form) error {
	loc := s.pages.Loc(r)
	rules, err := s.flow.ReviewOf(r.Context(), me.Actor(), at.scope())
	if err != nil {
		return err
	}
	v := reviewView{Kind: at.kind, ID: at.id, Aim: rules.Aim, MayAim: at.kind == "" || at.kind == "establishment"}
	for _, l := range rules.Lines {
		v.Lines = append(v.Lines, choiceOf(loc, l))
	}
	title := loc.T("staff.review.title_" + string(at.scope().Kind))
	if me.Role == ids.RoleAdministrator || at.kind == "establishment" {
		if v.Places, err = s.reviewPlaces(r, me, "/review"); err != nil {
			return err
		}
		if at.kind == "establishment" {
			names, err := s.agencyNames(r)
			if err != nil {
				return err
			}
			title = loc.T("staff.review.title_at", "Name", names[ids.AgencyID(at.id)])
		}
	}
	p := s.page(r, me, title, v)
	p.Form, p.Back = form, at.back(loc)
	return s.pages.Render(w, r, status, "review", p)
}

// reviewPlaces are the links of an administrator to the estate and every establishment; nobody else has any.
func (s *Staff) reviewPlaces(r *http.Request, me people.Staff, path string) (links []web.Link, err error) {
	if me.Role != ids.RoleAdministrator {
		return nil, nil
	}
	list, err := s.flow.Agencies(r.Context(), people.Establishment)
	if err != nil {
		return nil, err
	}
	links = append(links, web.Link{Text: s.pages.Loc(r).T("staff.review.everywhere"), Href: path})
	for _, a := range list {
		links = append(links, web.Link{Text: a.Name, Href: path + scoped{"establishment", string(a.ID)}.query()})
	}
	return links, nil
}

func choiceOf(loc i18n.Loc, l flow.ReviewLine) reviewChoice {
	way := string(l.Direction)
	c := reviewChoice{Way: way, Title: loc.T("staff.review.way_" + way), Now: reviewLine(loc, l), Own: l.Own != nil, From: loc.T("staff.review.from_" + fromKey(l))}
	first, second := "wider", ""
	if l.Own != nil {
		first, second = string(l.Own.First), string(l.Own.Second)
		if l.Own.Nobody {
			first = "nobody"
		}
	}
	c.First = append(c.First, web.Option{Value: "wider", Text: loc.T("staff.review.wider"), Checked: first == "wider"})
	c.Second = append(c.Second, web.Option{Value: "", Text: loc.T("staff.review.no_second"), Checked: second == ""})
	for _, role := range flow.ReviewerRoles {
		c.First = append(c.First, web.Option{Value: string(role), Text: loc.T("staff.role." + string(role)), Checked: first == string(role)})
		c.Second = append(c.Second, web.Option{Value: string(role), Text: loc.T("staff.role." + string(role)), Checked: second == string(role)})
	}
	c.First = append(c.First, web.Option{Value: "nobody", Text: loc.T("staff.review.nobody"), Checked: first == "nobody"})
	return c
}

func fromKey(l flow.ReviewLine) string {
	if l.From == "" {
		return "program"
	}
	return string(l.From)
}

// setReview takes one form of the page: a direction's reviewers, or the aim.
func (s *Staff) setReview(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	at := scoped{form.Value("kind"), form.Value("id")}
	if at.kind != "" && !slices.Contains([]string{"thread", "case", "establishment"}, at.kind) {
		return ids.ErrNotFound
	}
	if err := s.applyReview(r, me, at, form); err != nil {
		if err := form.FailWith("first", err); err != nil {
			return err
		}
		return s.showReview(w, r, me, http.StatusUnprocessableEntity, at, form)
	}
	to := at.query()
	if to == "" {
		to = "?"
	} else {
		to += "&"
	}
	return web.Redirect(w, r, "/review"+to+"done=review_set")
}

func (s *Staff) applyReview(r *http.Request, me people.Staff, at scoped, form *web.Form) error {
	ctx, way := r.Context(), messages.Direction(form.Value("way"))
	if form.Value("do") == "aim" {
		days, _ := strconv.Atoi(form.Value("aim"))
		return s.flow.SetReviewAim(ctx, me.Actor(), ids.AgencyID(at.id), days)
	}
	switch first := form.Value("first"); first {
	case "wider":
		return s.flow.UnsetReview(ctx, me.Actor(), at.scope(), way)
	case "nobody":
		return s.flow.SetReview(ctx, me.Actor(), messages.ReviewSetting{Scope: at.scope(), Direction: way, Nobody: true})
	default:
		return s.flow.SetReview(ctx, me.Actor(), messages.ReviewSetting{Scope: at.scope(), Direction: way, First: ids.Role(first), Second: ids.Role(form.Value("second"))})
	}
}
