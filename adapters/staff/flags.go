package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flags"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type flagsView struct {
	Kind, ID        string
	Rows            []flagRow
	People          []web.Option // of a case
	Languages, Ways []web.Option
	Places          []web.Link
	Tried           bool
	TriedText       []web.MarkedParagraph
	TriedFound      string
}

type flagRow struct {
	ID, What, For, Note, About string
}

// flagsPage lists the words that are pointed out to reviewers in a scope, with a form to add some and to try them out first.
func (s *Staff) flagsPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showFlags(w, r, me, http.StatusOK, scopeOf(r.URL.Query(), me), &web.Form{}, nil)
}

func (s scoped) flagScope() flow.FlagScope {
	switch s.kind {
	case "case":
		return flow.FlagScope{Case: ids.CaseID(s.id)}
	case "establishment":
		return flow.FlagScope{Establishment: ids.AgencyID(s.id)}
	}
	return flow.FlagScope{}
}

func (s *Staff) showFlags(w http.ResponseWriter, r *http.Request, me people.Staff, status int, at scoped, form *web.Form, tried *[]flow.Mark) error {
	if at.kind == "thread" {
		return ids.ErrNotFound
	}
	loc := s.pages.Loc(r)
	list, err := s.flow.Flags(r.Context(), me.Actor(), at.flagScope())
	if err != nil {
		return err
	}
	v := flagsView{Kind: at.kind, ID: at.id, Languages: []web.Option{web.Opt("", loc.T("staff.flags.both_languages")), web.Opt("en", loc.T("staff.flags.english")), web.Opt("cy", loc.T("staff.flags.welsh"))},
		Ways: []web.Option{web.Opt("", loc.T("staff.queue.way_all")), web.Opt("to_mother", loc.T("staff.queue.way_to_mother")), web.Opt("from_mother", loc.T("staff.queue.way_from_mother"))}}
	names := map[string]string{}
	for _, p := range list.People {
		names[p.ID] = p.Name
		v.People = append(v.People, web.Opt(p.ID, p.Name))
	}
	for _, f := range list.Rules {
		row := flagRow{ID: f.ID, What: strings.Join(f.Words, ", "), For: names[f.For], Note: f.Note}
		if f.Pattern != "" {
			row.About = loc.T("staff.flags.pattern_is", "Pattern", f.Pattern)
		}
		if f.Direction != flags.Both {
			row.About = strings.TrimSpace(row.About + " " + loc.T("staff.queue.way_"+string(f.Direction)))
		}
		v.Rows = append(v.Rows, row)
	}
	if tried != nil {
		v.Tried, v.TriedText, v.TriedFound = true, marked(form.Value("example"), *tried), loc.N("staff.queue.pointed", len(*tried))
	}
	if v.Places, err = s.reviewPlaces(r, me, "/flags"); err != nil {
		return err
	}
	title := loc.T("staff.flags.title_" + string(at.scope().Kind))
	if at.kind == "establishment" {
		places, err := s.agencyNames(r)
		if err != nil {
			return err
		}
		title = loc.T("staff.flags.title_at", "Name", places[ids.AgencyID(at.id)])
	}
	p := s.page(r, me, title, v)
	p.Form, p.Back = form, at.back(loc)
	return s.pages.Render(w, r, status, "flags", p)
}

// changeFlags adds a flag, takes one away, or tries one out.
func (s *Staff) changeFlags(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	at := scoped{form.Value("kind"), form.Value("id")}
	to := at.query() + "&"
	if at.kind == "" {
		to = "?"
	}
	if form.Value("do") == "remove" {
		if err := s.flow.RemoveFlag(r.Context(), me.Actor(), form.Value("flag")); err != nil && ids.KindOf(err) != ids.NotFound {
			return err
		}
		return web.Redirect(w, r, "/flags"+to+"done=flag_removed")
	}
	rule := flagOf(form)
	var tried *[]flow.Mark
	if form.Value("do") == "try" {
		var found []flow.Mark
		found, err = s.flow.TryFlag(r.Context(), me.Actor(), at.flagScope(), rule, form.Value("example"))
		tried = &found
	} else {
		_, err = s.flow.AddFlag(r.Context(), me.Actor(), at.flagScope(), rule)
	}
	switch {
	case err != nil:
		if err := form.FailWith("words", err); err != nil {
			return err
		}
		return s.showFlags(w, r, me, http.StatusUnprocessableEntity, at, form, nil)
	case tried != nil:
		return s.showFlags(w, r, me, http.StatusOK, at, form, tried)
	}
	return web.Redirect(w, r, "/flags"+to+"done=flag_added")
}

// flagOf reads a rule from the form: one word or phrase a line.
func flagOf(form *web.Form) flags.Rule {
	rule := flags.Rule{For: form.Value("person"), Pattern: strings.TrimSpace(form.Value("pattern")), Language: form.Value("language"),
		Direction: flags.Direction(form.Value("way")), Note: strings.TrimSpace(form.Value("note"))}
	for line := range strings.SplitSeq(form.Value("words"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			rule.Words = append(rule.Words, line)
		}
	}
	return rule
}
