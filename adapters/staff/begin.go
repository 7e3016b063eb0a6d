package staff

import (
	"net/http"
	"net/url"
	"slices"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

type beginView struct {
	Bar      web.IdentityBar
	Case     ids.CaseID
	Channel  threads.Channel // "" while it is being chosen
	Channels []web.Option
	Step     []web.Option // the children to choose from, where that is this page's question; nil = it is not
	Chosen   []web.Option // the children chosen in the step before
	Again    string       // where they can be chosen again
	ChosenAs string       // the name of their fields
	Nobody   bool         // nobody outside has to do with all of them
	Tag      *web.Tag
	About    string
	Contacts []web.Option
	Children []web.Option
}

// beginPage asks first how private the conversation is, then which children it is about, then with whom: only people who have to do with those children are offered.
func (s *Staff) beginPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	q := r.URL.Query()
	return s.showBegin(w, r, me, http.StatusOK, threads.Channel(q.Get("channel")), &web.Form{Values: url.Values{"child": q["child"], "step": {q.Get("step")}}})
}

func (s *Staff) showBegin(w http.ResponseWriter, r *http.Request, me people.Staff, status int, channel threads.Channel, form *web.Form) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	if channel == "" && len(c.MayOpen) == 1 {
		channel = c.MayOpen[0]
	}
	v := beginView{Bar: caseBar(loc, c), Case: c.ID, Channel: channel}
	if !slices.Contains(c.MayOpen, channel) {
		if channel != "" || len(c.MayOpen) == 0 {
			// Not offered: flow says how that looks to her, and records it.
			if _, err := s.flow.ContactsFor(r.Context(), me.Actor(), c.ID, channel, nil); err != nil {
				return err
			}
			return ids.ErrNotFound
		}
		for _, ch := range c.MayOpen {
			v.Channels = append(v.Channels, web.Option{Value: string(ch), Text: loc.T("staff.channel." + string(ch)), Hint: loc.T("staff.channel." + string(ch) + "_about")})
		}
	} else {
		v.Tag, v.About = channelTag(loc, channel), loc.T("staff.channel."+string(channel)+"_about")
		if err := s.beginWith(r, me, c, channel, form, &v); err != nil {
			return err
		}
	}
	p := s.page(r, me, loc.T("staff.begin.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, status, "begin", p)
}

// beginWith fills in the questions of a conversation of a known channel. Of an official one in a family of several children the children are asked for first.
func (s *Staff) beginWith(r *http.Request, me people.Staff, c flow.CaseView, channel threads.Channel, form *web.Form, v *beginView) error {
	chosen, rest := childOptions(c, form.Values["child"])
	parted := channel == threads.Official && len(c.Children) > 1
	switch {
	case parted && (len(chosen) == 0 && form.Value("step") != "people" || form.Value("step") == "children"):
		v.Step = rest
		return nil
	case parted:
		v.ChosenAs, v.Chosen, v.Again = "child", chosen, childrenAddress("/cases/"+string(c.ID)+"/begin", channel, "children", form.Values["child"])
	default:
		v.Children = rest
	}
	var about []ids.ChildID
	for _, k := range v.Chosen {
		about = append(about, ids.ChildID(k.Value))
	}
	list, err := s.flow.ContactsFor(r.Context(), me.Actor(), c.ID, channel, about)
	if err != nil {
		return err
	}
	v.Nobody = channel == threads.Official && len(list) == 0
	v.Contacts, err = s.people(r, list)
	return err
}

// childOptions are the children of a case, and those of them who are chosen.
func childOptions(c flow.CaseView, values []string) (chosen, all []web.Option) {
	for _, k := range c.Children {
		o := web.Option{Value: string(k.ID), Text: k.Name, Hint: k.AuthorityName, Checked: slices.Contains(values, string(k.ID))}
		if all = append(all, o); o.Checked {
			chosen = append(chosen, o)
		}
	}
	return chosen, all
}

// childrenAddress is a page's address with the children chosen in it: identifiers, no names. Values that cannot be ours are left out.
func childrenAddress(path string, channel threads.Channel, step string, children []string) string {
	q := url.Values{}
	if channel != "" {
		q.Set("channel", queryChannel(channel))
	}
	if step != "" {
		q.Set("step", step)
	}
	for _, k := range children {
		if ids.Has(k, ids.Child) {
			q.Add("child", k)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// people are options of contacts, each with her office and organisation.
func (s *Staff) people(r *http.Request, list []people.Contact) ([]web.Option, error) {
	names, err := s.agencyNames(r)
	if err != nil {
		return nil, err
	}
	loc := s.pages.Loc(r)
	var options []web.Option
	for _, p := range list {
		options = append(options, web.Option{Value: string(p.ID), Text: p.Name, Hint: office(loc, p.Role) + ", " + names[p.Agency]})
	}
	return options, nil
}

func office(loc i18n.Loc, r people.ContactRole) string { return loc.T("staff.office." + string(r)) }

func (s *Staff) agencyNames(r *http.Request) (map[ids.AgencyID]string, error) {
	list, err := s.flow.Agencies(r.Context(), "")
	names := map[ids.AgencyID]string{}
	for _, a := range list {
		names[a.ID] = a.Name
	}
	return names, err
}

// begin starts the conversation and goes to it.
func (s *Staff) begin(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc, channel := s.pages.Loc(r), threads.Channel(form.Value("channel"))
	n := flow.NewThread{Case: ids.CaseID(r.PathValue("case")), Channel: channel, Subject: form.Value("subject"), Together: form.Has("together", "yes")}
	for _, c := range form.Values["contact"] {
		n.Contacts = append(n.Contacts, ids.ContactID(c))
	}
	for _, c := range form.Values["child"] {
		n.Children = append(n.Children, ids.ChildID(c))
	}
	if channel == "" {
		form.Fail("channel", loc.T("staff.begin.channel_missing"))
	} else if step := form.Value("step"); step == "channel" {
		return web.Redirect(w, r, "/cases/"+r.PathValue("case")+"/begin?channel="+queryChannel(channel))
	} else if step == "children" {
		return s.beginChildren(w, r, me, channel, form)
	} else if form.Value("subject") == "" {
		form.Fail("subject", loc.T("staff.begin.subject_missing"))
	}
	if !form.Bad() {
		id, err := s.flow.OpenThread(r.Context(), me.Actor(), n)
		if err == nil {
			return web.Redirect(w, r, "/threads/"+string(id)+"?done=begun")
		}
		field := "subject"
		if channel != threads.Confidential && ids.KindOf(err) == ids.Invalid && n.Subject != "" && len(n.Subject) <= 200 {
			field = "contact"
		}
		if err := form.FailWith(field, err); err != nil {
			return err
		}
	}
	return s.showBegin(w, r, me, http.StatusUnprocessableEntity, channel, form)
}

// queryChannel lets only the known channels into an address.
func queryChannel(c threads.Channel) string {
	if !c.Valid() {
		return ""
	}
	return string(c)
}

// beginChildren takes the children that the conversation is about and goes on to the people. Where different authorities look after them somebody must be chosen.
func (s *Staff) beginChildren(w http.ResponseWriter, r *http.Request, me people.Staff, channel threads.Channel, form *web.Form) error {
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	if len(form.Values["child"]) == 0 && c.Walled {
		form.Fail("child", s.pages.Loc(r).T("staff.begin.children_missing"))
		return s.showBegin(w, r, me, http.StatusUnprocessableEntity, channel, form)
	}
	return web.Redirect(w, r, childrenAddress("/cases/"+string(c.ID)+"/begin", channel, "people", form.Values["child"]))
}
