package staff

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

// recordView is the page where what came of a meeting is recorded.
type recordMeetingView struct {
	At       string
	About    web.SummaryList
	Parts    []web.Option
	Whys     []web.Option
	There    []thereItem
	Legs     []web.Option
	Said     *saidView // what she wanted the meeting to hear, to compare with what is recorded; nil = she said nothing, or it is not for this reader
	Views    []viewsItem
	Sources  []web.Option
	Minutes  []minutesItem
	By       string // when minutes are to be there
	Source   string // of that rule
	Asks     []askMinutes
	Actions  []actionItem
	Owners   []web.Option
	Key      string
	Children bool
}

type thereItem struct {
	ID        ids.ParticipantID
	Name, Was string
	May       bool // somebody can say that she was there
	Said      bool
}

type viewsItem struct {
	Seq           int64
	Title, Text   string
	Wrong, Latest bool
}

type minutesItem struct {
	Message ids.MessageID
	Link    web.Link
	State   string
}

type askMinutes struct {
	Thread ids.ThreadID
	Text   string
	Asked  bool
}

type actionItem struct {
	ID    ids.ActionID
	Title string
	Tag   *web.Tag
	Line  string
	Open  bool
}

// recordPage is where a planner records what came of a meeting.
func (s *Staff) recordMeetingPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showRecordMeeting(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showRecordMeeting(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc, when, id := s.pages.Loc(r), s.pages.When(r), ids.MeetingID(r.PathValue("meeting"))
	m, err := s.flow.Meeting(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	a, err := s.flow.After(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	if !a.MayKeep {
		return ids.E(ids.Forbidden, "%s", loc.T("staff.after.keeps_not"))
	}
	if form.Values == nil {
		p := a.Suggested
		if a.Part != nil {
			p = a.Part.PartRecord
		}
		form.Values = url.Values{meetings.HeldPart: {string(p.Part)}, meetings.HeldWhy: {string(p.Why)}, "part_note": {p.Note}}
	}
	v := recordMeetingView{At: "/meetings/" + string(id) + "/after", Children: a.Children, Key: newKey(), Whys: []web.Option{web.Opt("", loc.T("staff.held_meeting.no_why"))}}
	v.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.meeting.meeting"), meetingTitle(loc, m.MeetingRow)), web.Row(loc.T("staff.meeting.day"), when.LongDate(m.Starts)),
		{Key: loc.T("staff.case.case"), Link: &web.Link{Text: m.CaseReference + ", " + m.Mother, Href: "/cases/" + string(m.Case)}}}
	for _, p := range meetings.Parts {
		v.Parts = append(v.Parts, web.Opt(string(p), partWords(loc, p)))
	}
	for _, y := range meetings.Whys {
		v.Whys = append(v.Whys, web.Opt(string(y), loc.T("staff.held_meeting.w_"+string(y))))
	}
	for _, l := range meetings.Legs[1:] { // of the room its own events are the proof
		v.Legs = append(v.Legs, web.Opt(string(l), loc.T("staff.after.leg_"+string(l))))
	}
	for _, x := range a.People {
		v.There = append(v.There, thereItem{x.Participant, x.Name, attendedWords(loc, when, x), x.Proof != meetings.ProofRoom && x.Proof != meetings.ProofPerson, x.Proof == meetings.ProofPerson})
	}
	if v.Said, err = s.saidBefore(r, me, m); err != nil {
		return err
	}
	for i, x := range a.Views {
		v.Views = append(v.Views, viewsItem{x.Seq, loc.T("staff.after.views_"+string(x.Source)) + " " + x.ByName + ", " + when.DateTime(x.At), x.Text, x.Wrong(), i == len(a.Views)-1})
	}
	for _, src := range []meetings.ViewsSource{meetings.ViewsInMinutes, meetings.ViewsByWorker} {
		v.Sources = append(v.Sources, web.Opt(string(src), loc.T("staff.after.source_"+string(src))))
	}
	s.recordMinutes(loc, a, m, &v)
	for _, x := range a.Actions {
		v.Actions = append(v.Actions, actionItem{x.ID, x.What, actionTag(loc, x), loc.T("staff.after.action_line", "Name", ownerName(loc, x), "Day", day(loc, x.Due)), x.Done.IsZero()})
	}
	v.Owners = append(v.Owners, web.Opt("", loc.T("staff.after.choose_owner")))
	for _, o := range a.Owners {
		name := o.Name
		if o.Kind == meetings.OwnedByMother {
			name += " (" + loc.T("staff.after.mother") + ")"
		}
		v.Owners = append(v.Owners, web.Opt(string(o.Kind)+"/"+o.ID, name))
	}
	p := s.page(r, me, loc.T("staff.after.title"), v)
	p.Form, p.Back = form, &web.Link{Text: meetingTitle(loc, m.MeetingRow), Href: "/meetings/" + string(id)}
	return s.pages.Render(w, r, status, "meeting_record", p)
}

// saidBefore is the last version of what she wanted a meeting to hear, as far as the reader may know of it; nil = nothing.
func (s *Staff) saidBefore(r *http.Request, me people.Staff, m flow.MeetingView) (*saidView, error) {
	if !m.MayPrepare {
		return nil, nil
	}
	b, err := s.flow.Before(r.Context(), me.Actor(), m.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range b.Said { // the last first
		if x.Readable {
			said := s.saidItem(r, x, true)
			return &said, nil
		}
	}
	return nil, nil
}

func (s *Staff) recordMinutes(loc i18n.Loc, a flow.AfterView, m flow.MeetingView, v *recordMeetingView) {
	for _, x := range a.Minutes {
		v.Minutes = append(v.Minutes, minutesItem{x.Message, web.Link{Text: loc.T("staff.after.minutes_from", "Name", x.From), Href: "/threads/" + string(x.Thread) + "#message-" + string(x.Message)}, toHer(loc, x)})
	}
	if a.MinutesBy != 0 && len(a.Minutes) == 0 {
		v.By, v.Source = loc.T("staff.after.minutes_by", "Day", day(loc, a.MinutesBy)), meetings.MinutesSource(m.Kind)
	}
	for _, x := range a.Asks {
		v.Asks = append(v.Asks, askMinutes{x.Thread, loc.T("staff.after.ask_in", "Subject", x.Subject, "Agency", x.Agency), x.Asked})
	}
}

// attendedWords says what is known of somebody's attendance, and by what.
func attendedWords(loc i18n.Loc, when web.When, x flow.AttendedRow) string {
	var out []string
	for _, st := range x.Stays {
		to := loc.T("staff.after.still_in")
		if !st.Until.IsZero() {
			to = when.Clock(st.Until)
		}
		out = append(out, loc.T("staff.meeting.from_to", "From", when.Clock(st.From), "To", to))
	}
	switch x.Proof {
	case meetings.ProofRoom:
		return loc.T("staff.after.was_room", "Times", strings.Join(out, ", ")) + " " + loc.N("staff.minutes", x.Minutes) + "."
	case meetings.ProofPerson:
		return loc.T("staff.after.was_said", "Name", x.SaidBy, "Leg", loc.T("staff.after.leg_"+string(x.Leg)))
	case meetings.ProofLobby:
		if x.Refused {
			return loc.T("staff.after.was_refused")
		}
		return loc.T("staff.after.was_lobby")
	}
	return loc.T("staff.after.was_not")
}

// attendancePage says who was at a meeting, how, and by what proof: it is made to be printed.
func (s *Staff) attendancePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, when, id := s.pages.Loc(r), s.pages.When(r), ids.MeetingID(r.PathValue("meeting"))
	m, err := s.flow.Meeting(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	a, err := s.flow.After(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	v := attendanceView{Table: web.Table{Caption: loc.T("staff.meeting.attendance"), CaptionHidden: true, Columns: []web.Column{{Title: loc.T("staff.case.person")}, {Title: loc.T("staff.meeting.part")},
		{Title: loc.T("staff.after.known")}, {Title: loc.T("staff.after.proof")}}}}
	v.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.meeting.meeting"), meetingTitle(loc, m.MeetingRow)), web.Row(loc.T("staff.meeting.day"), when.LongDate(m.Starts)),
		web.Row(loc.T("staff.meeting.time"), loc.T("staff.meeting.from_to", "From", when.Clock(m.Starts), "To", when.Clock(m.Ends))), web.Row(loc.T("staff.case.case"), m.CaseReference)}
	if a.Over && a.Children {
		v.About.Rows = append(v.About.Rows, partRow(loc, a))
	}
	colours := map[meetings.Proof]string{meetings.ProofRoom: "green", meetings.ProofPerson: "blue", meetings.ProofLobby: "yellow", meetings.ProofNone: "grey"}
	for _, x := range a.People {
		part := web.Cell{Text: loc.T("staff.part." + string(x.Role))}
		if x.Office != "" {
			part.Small = office(loc, x.Office)
		}
		v.Table.Rows = append(v.Table.Rows, []web.Cell{{Text: x.Name, Small: x.Agency}, part, {Text: attendedWords(loc, when, x)}, {Tag: &web.Tag{Text: loc.T("staff.after.proof_" + string(x.Proof)), Colour: colours[x.Proof]}}})
	}
	v.Steps = s.ladderPart(r, id, a.Ladder).Steps
	p := s.page(r, me, loc.T("staff.meeting.attendance"), v)
	p.Back = &web.Link{Text: meetingTitle(loc, m.MeetingRow), Href: "/meetings/" + string(id)}
	return s.pages.Render(w, r, http.StatusOK, "attendance", p)
}

type attendanceView struct {
	About web.SummaryList
	Table web.Table
	Steps []string
}

// recordMeeting takes one of the page's forms.
func (s *Staff) recordMeeting(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	a, id := me.Actor(), ids.MeetingID(r.PathValue("meeting"))
	seq, _ := strconv.ParseInt(form.Value("seq"), 10, 64)
	field := ""
	switch form.Value("do") {
	case "part":
		n := flow.NewPart{Part: meetings.Part(form.Value(meetings.HeldPart)), Why: meetings.Why(form.Value(meetings.HeldWhy)), Note: strings.TrimSpace(form.Value("part_note"))}
		if fault := (meetings.PartRecord{Part: n.Part, Why: n.Why, Note: n.Note}).Check(); fault != nil {
			field = map[string]string{meetings.HeldNote: "part_note"}[fault.Field]
			if field == "" {
				field = fault.Field
			}
			form.Fail(field, s.pages.Loc(r).T("staff.held_meeting.bad_"+fault.Code))
			break
		}
		field, err = meetings.HeldPart, s.flow.RecordPart(r.Context(), a, id, n)
	case "there":
		field, err = "leg", s.flow.SayThere(r.Context(), a, id, ids.ParticipantID(form.Value("participant")), meetings.Leg(form.Value("leg")))
	case "views":
		field, err = meetings.ViewsText, s.flow.KeepViews(r.Context(), a, id, flow.NewViews{Source: meetings.ViewsSource(form.Value(meetings.ViewsFrom)), Text: form.Value(meetings.ViewsText)})
	case "settle":
		field, err = meetings.ViewsText, s.flow.SettleViews(r.Context(), a, id, seq)
	case "ask":
		err = s.flow.AskMinutes(r.Context(), a, id, ids.ThreadID(form.Value("thread")))
	case "take_back":
		err = s.flow.TakeBackMinutes(r.Context(), a, id, ids.MessageID(form.Value("message")))
	case "action":
		kind, owner, _ := strings.Cut(form.Value(meetings.ActionOwner), "/")
		n := flow.NewAction{What: strings.TrimSpace(form.Value(meetings.ActionWhat)), Kind: meetings.OwnerKind(kind), Owner: owner, Due: s.readDay(r, form, meetings.ActionDue), IdemKey: form.Value("key")}
		x := meetings.Action{What: n.What, Kind: n.Kind, Owner: n.Owner, Due: n.Due}
		if fault := x.Check(s.today()); fault != nil && !form.Bad() {
			form.Fail(fault.Field, s.pages.Loc(r).T("staff.after.bad_"+fault.Code))
		}
		if field = meetings.ActionWhat; !form.Bad() {
			_, err = s.flow.AddAction(r.Context(), a, id, n)
		}
	case "close":
		_, err = s.flow.CloseAction(r.Context(), a, ids.ActionID(form.Value("action")))
	default:
		err = ids.E(ids.Invalid, "Choose what to do.")
	}
	if err != nil && field != "" {
		err = form.FailWith(field, err)
	}
	switch {
	case err != nil:
		return err
	case form.Bad():
		return s.showRecordMeeting(w, r, me, http.StatusUnprocessableEntity, form)
	case form.Value("back") == "home":
		return web.Redirect(w, r, "/?done=after_kept")
	}
	return web.Redirect(w, r, r.URL.Path+"?done=after_kept")
}

// keepDebrief takes a debrief's note.
func (s *Staff) keepDebrief(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("meeting")
	if err := s.flow.KeepDebrief(r.Context(), me.Actor(), ids.MeetingID(id), flow.NewDebrief{How: meetings.Mood(form.Value("how")), Note: form.Value("note")}); err != nil {
		return err
	}
	return web.Redirect(w, r, "/meetings/"+id+"?done=after_kept")
}

// nextAddress is the form of the next meeting with what is known of it: kind, child, who was there, and the days between which it is due.
func (s *Staff) nextAddress(d flow.DueClock, after ids.MeetingID) string {
	return "/cases/" + string(d.Case) + "/plan?" + url.Values{"kind": {string(d.Kind)}, "child": {string(d.Child.ID)}, "like": {string(after)}, "by": {d.By.String()}}.Encode()
}
