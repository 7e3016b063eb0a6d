package staff

import (
	"net/http"
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
	Tag      *web.Tag
	About    string
	Contacts []web.Option
	Children []web.Option
}

// beginPage asks first how private the conversation is, then with whom and what about.
func (s *Staff) beginPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showBegin(w, r, me, http.StatusOK, threads.Channel(r.URL.Query().Get("channel")), &web.Form{})
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
			if _, err := s.flow.ContactsFor(r.Context(), me.Actor(), c.ID, channel); err != nil {
				return err
			}
			return ids.ErrNotFound
		}
		for _, ch := range c.MayOpen {
			v.Channels = append(v.Channels, web.Option{Value: string(ch), Text: loc.T("staff.channel." + string(ch)), Hint: loc.T("staff.channel." + string(ch) + "_about")})
		}
	} else {
		v.Tag, v.About = channelTag(loc, channel), loc.T("staff.channel."+string(channel)+"_about")
		if v.Contacts, err = s.contactOptions(r, me, c, channel); err != nil {
			return err
		}
		for _, k := range c.Children {
			v.Children = append(v.Children, web.Option{Value: string(k.ID), Text: k.Name, Hint: k.AuthorityName})
		}
	}
	p := s.page(r, me, loc.T("staff.begin.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, status, "begin", p)
}

// contactOptions offers the people outside with whom a conversation can be begun.
func (s *Staff) contactOptions(r *http.Request, me people.Staff, c flow.CaseView, channel threads.Channel) ([]web.Option, error) {
	list, err := s.flow.ContactsFor(r.Context(), me.Actor(), c.ID, channel)
	if err != nil {
		return nil, err
	}
	return s.people(r, list)
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
	} else if form.Value("step") == "channel" {
		return web.Redirect(w, r, "/cases/"+r.PathValue("case")+"/begin?channel="+queryChannel(channel))
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
