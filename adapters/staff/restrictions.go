package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type restrictionsView struct {
	Bar     web.IdentityBar
	Sub     web.SubNavigation
	At      string
	Several []string // which counts, where several bear on one person
	Rows    []restrictionItem
	Kept    []keptItem
	Work    []workItem
	Files   []waitingFile
	Add     string // the address where one is entered, "" when she may not
	Decide  bool
}

// restrictionItem is one restriction on the page. Form is its own form's prefix of what can be changed.
type restrictionItem struct {
	ID       ids.RestrictionID
	Title    string
	Tag      web.Tag
	About    web.SummaryList
	Change   bool
	From, To string
	Review   string
	Told     bool
	Note     string
}

type keptItem struct {
	ID        ids.DeliveryID
	Text      string
	Forbidden bool
}

type waitingFile struct{ ID, Href, Text string }

type workItem struct {
	Meeting ids.MeetingID
	Text    string
}

// restrictionsPage shows a case's restrictions, and what they have kept or withdrawn.
func (s *Staff) restrictionsPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showRestrictions(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showRestrictions(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	id := ids.CaseID(r.PathValue("case"))
	c, err := s.flow.Case(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	list, err := s.flow.Restrictions(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	at := "/cases/" + string(id) + "/restrictions"
	v := restrictionsView{Bar: caseBar(loc, c), Sub: caseNav(loc, c, at), At: at, Decide: list.MayDecide}
	if list.MayAdd {
		v.Add = at + "/new"
	}
	for _, b := range list.Several {
		v.Several = append(v.Several, loc.T("staff.restrict.several", "Number", b.Number, "Name", b.Name, "Kind", loc.T("staff.restrict.k_"+string(b.Counts))))
	}
	for _, x := range list.Rows {
		v.Rows = append(v.Rows, s.restrictionItem(r, x, list.MayChange))
	}
	for _, k := range list.Kept {
		v.Kept = append(v.Kept, keptItem{k.ID, loc.T("staff.restrict.kept_line", "From", k.Author, "To", k.RecipientName, "Subject", k.Subject), k.Forbidden})
	}
	for _, x := range list.Pictures {
		v.Files = append(v.Files, waitingFile{string(x.File.ID), "/threads/" + string(x.Message.Thread) + "#message-" + string(x.Message.ID),
			loc.T("staff.restrict.picture_line", "File", x.File.Name, "From", x.Message.AuthorName, "Subject", x.Subject)})
	}
	for _, x := range list.Work {
		v.Work = append(v.Work, workItem{x.RestrictionWork.Meeting, loc.T("staff.restrict.work_line", "Name", x.Who, "Time", s.pages.When(r).DateTime(x.Meeting.Starts))})
	}
	p := s.page(r, me, loc.T("staff.restrict.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(id))
	return s.pages.Render(w, r, status, "restrictions", p)
}

func (s *Staff) restrictionItem(r *http.Request, x flow.RestrictionRow, mayChange bool) restrictionItem {
	loc := s.pages.Loc(r)
	it := restrictionItem{ID: x.ID, Title: loc.T("staff.restrict.k_" + string(x.Kind)), Tag: restrictionTag(loc, x), Change: mayChange && x.Ended.IsZero(),
		From: x.From.String(), To: x.To.String(), Review: x.Review.String(), Told: x.Told, Note: x.Note}
	told := "staff.restrict.told_no"
	if x.Told {
		told = "staff.restrict.told_yes"
	}
	it.About.Rows = []web.SummaryRow{{Key: loc.T("staff.restrict.about"), Lines: append(append([]string(nil), x.People...), x.Kids...)},
		web.Row(loc.T("staff.restrict.days"), daysWords(loc, x)), web.Row(loc.T("staff.restrict.source"), loc.T("staff.restrict.s_"+x.Source)),
		web.Row(loc.T("staff.restrict.review"), dayWords(loc, x.Review)), web.Row(loc.T("staff.restrict.her"), loc.T(told)),
		web.Row(loc.T("staff.restrict.by"), x.AddedByName)}
	if x.Note != "" {
		it.About.Rows = append(it.About.Rows, web.Row(loc.T("staff.restrict.note"), x.Note))
	}
	return it
}

func restrictionTag(loc i18n.Loc, x flow.RestrictionRow) web.Tag {
	switch {
	case x.Due:
		return web.Tag{Text: loc.T("staff.restrict.due"), Colour: "red"}
	case x.InForce:
		return web.Tag{Text: loc.T("staff.restrict.in_force"), Colour: "orange"}
	case x.Ahead:
		return web.Tag{Text: loc.T("staff.restrict.ahead"), Colour: "blue"}
	}
	return web.Tag{Text: loc.T("staff.restrict.over"), Colour: "grey"}
}

func dayWords(loc i18n.Loc, d workdays.Day) string {
	if d == 0 {
		return loc.T("staff.restrict.no_day")
	}
	return d.Format("2/1/2006")
}

func daysWords(loc i18n.Loc, x flow.RestrictionRow) string {
	if x.To == 0 {
		return loc.T("staff.restrict.from_on", "From", dayWords(loc, x.From))
	}
	return loc.T("staff.restrict.from_to", "From", dayWords(loc, x.From), "To", dayWords(loc, x.To))
}

type newRestrictionView struct {
	Bar                            web.IdentityBar
	At, Key                        string
	Kinds, Sources, People, Minors []web.Option
}

// newRestrictionPage is the form of a new restriction.
func (s *Staff) newRestrictionPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showNewRestriction(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showNewRestriction(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	id := ids.CaseID(r.PathValue("case"))
	c, err := s.flow.Case(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	contacts, kids, err := s.flow.SubjectChoices(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	v := newRestrictionView{Bar: caseBar(loc, c), At: "/cases/" + string(id) + "/restrictions", Key: form.Value("key")}
	if v.Key == "" {
		v.Key = ids.Secret(12)
	}
	for _, k := range cases.RestrictionKinds {
		v.Kinds = append(v.Kinds, web.Opt(string(k), loc.T("staff.restrict.k_"+string(k))))
	}
	for _, code := range cases.RestrictionSources {
		v.Sources = append(v.Sources, web.Opt(code, loc.T("staff.restrict.s_"+code)))
	}
	for _, p := range contacts {
		v.People = append(v.People, web.Option{Value: string(p.ID), Text: p.Name, Hint: p.Email})
	}
	for _, k := range kids {
		v.Minors = append(v.Minors, web.Opt(string(k.ID), k.Name))
	}
	p := s.page(r, me, loc.T("staff.restrict.new"), v)
	p.Form, p.Back = form, &web.Link{Text: loc.T("staff.restrict.back"), Href: v.At}
	return s.pages.Render(w, r, status, "restriction_new", p)
}

// addRestriction puts one in force; a form sent twice adds one.
func (s *Staff) addRestriction(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	n := flow.NewRestriction{Case: ids.CaseID(r.PathValue("case")), Kind: cases.RestrictionKind(form.Value("kind")), Source: form.Value("source"), Told: form.Has("told", "yes"),
		Note: form.Value("note"), IdemKey: form.Value("key"), From: s.readDay(r, form, "from"), To: s.readDay(r, form, "to"), Review: s.readDay(r, form, "review")}
	for _, p := range form.Values["person"] {
		n.Contacts = append(n.Contacts, ids.ContactID(p))
	}
	for _, k := range form.Values["child"] {
		n.Children = append(n.Children, ids.ChildID(k))
	}
	if !form.Bad() {
		_, err := s.flow.AddRestriction(r.Context(), me.Actor(), n)
		switch ids.KindOf(err) {
		case ids.Invalid, ids.TooLarge:
			form.Fail("kind", ids.Public(err))
		default:
			if err != nil {
				return err
			}
			return web.Redirect(w, r, "/cases/"+string(n.Case)+"/restrictions?done=restricted")
		}
	}
	return s.showNewRestriction(w, r, me, http.StatusUnprocessableEntity, form)
}

// readDay reads a day that may be empty, and notes what is wrong with it.
func (s *Staff) readDay(r *http.Request, form *web.Form, field string) workdays.Day {
	if form.Value(field) == "" {
		return 0
	}
	d, err := workdays.Parse(form.Value(field))
	if err != nil {
		form.Fail(field, s.pages.Loc(r).T("staff.restrict.bad_day"))
	}
	return d
}

// restrictionAct does one thing to a restriction, or to what one has kept or withdrawn.
func (s *Staff) restrictionAct(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, a, ctx := ids.RestrictionID(form.Value("restriction")), me.Actor(), r.Context()
	switch form.Value("do") {
	case "end":
		err = s.flow.EndRestriction(ctx, a, id)
	case "continue":
		if next := s.readDay(r, form, "next"); !form.Bad() {
			err = s.flow.ReviewRestriction(ctx, a, id, next)
		}
	case "change":
		in := flow.RestrictionChange{From: s.readDay(r, form, "from"), To: s.readDay(r, form, "to"), Review: s.readDay(r, form, "review"), Told: form.Has("told", "yes"), Note: form.Value("note")}
		if !form.Bad() {
			err = s.flow.ChangeRestriction(ctx, a, id, in)
		}
	case "go":
		err = s.flow.LetKeptGo(ctx, a, ids.DeliveryID(form.Value("delivery")))
	case "leave":
		err = s.flow.LeaveKept(ctx, a, ids.DeliveryID(form.Value("delivery")))
	case "clear":
		err = s.flow.ClearFile(ctx, a, ids.AttachmentID(form.Value("file")))
	case "seen":
		err = s.flow.SeenToMeeting(ctx, a, ids.MeetingID(form.Value("meeting")))
	default:
		return ids.E(ids.Invalid, "Choose what is to be done.")
	}
	if k := ids.KindOf(err); err != nil && (k == ids.Invalid || k == ids.Conflict) {
		form.Fail("", ids.Public(err))
	} else if err != nil {
		return err
	}
	if form.Bad() {
		return s.showRestrictions(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/cases/"+r.PathValue("case")+"/restrictions?done=saved")
}

type prisonRestrictionsView struct{ Table web.Table }

// prisonRestrictions is public protection's list of its prison, what is due first.
func (s *Staff) prisonRestrictions(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	t, err := s.restrictedTable(r, me)
	if err != nil {
		return err
	}
	t.CaptionHidden = true
	return s.pages.Render(w, r, http.StatusOK, "prison_restrictions", s.page(r, me, t.Caption, prisonRestrictionsView{t}))
}

func (s *Staff) restrictedTable(r *http.Request, me people.Staff) (web.Table, error) {
	loc := s.pages.Loc(r)
	rows, err := s.flow.PrisonRestrictions(r.Context(), me.Actor())
	if err != nil {
		return web.Table{}, err
	}
	t := web.Table{Caption: loc.T("staff.restrict.prison"), Empty: loc.T("staff.restrict.none"), Columns: []web.Column{{Title: loc.T("staff.case.case")},
		{Title: loc.T("staff.restrict.kind")}, {Title: loc.T("staff.restrict.about")}, {Title: loc.T("staff.restrict.review")}}}
	for _, x := range rows {
		tag := restrictionTag(loc, x)
		about := append(append([]string(nil), x.People...), x.Kids...)
		t.Rows = append(t.Rows, []web.Cell{{Text: x.Mother.Name, Href: "/cases/" + string(x.Case) + "/restrictions", Small: x.CaseReference},
			{Text: loc.T("staff.restrict.k_" + string(x.Kind)), Small: daysWords(loc, x)}, {Text: joinNames(about)}, {Text: dayWords(loc, x.Review), Tag: &tag}})
	}
	return t, nil
}

func joinNames(names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += ", "
		}
		out += n
	}
	return out
}
