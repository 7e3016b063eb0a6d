package staff

import (
	"net/http"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

// afterSummary is the part of a meeting's page that says how she takes part and what came of it.
type afterSummary struct {
	ID       ids.MeetingID
	Ladder   ladderPart
	About    web.SummaryList
	Actions  *web.Table
	Earlier  *web.Table
	MayKeep  bool
	Debrief  *debriefPart
	Children bool
	Over     bool
	Next     []web.Link
}

// ladderPart is the ladder: how she takes part, what was changed, and the buttons.
type ladderPart struct {
	ID       ids.MeetingID
	Standing string
	Rungs    web.Table
	Steps    []string
	May      bool
	Seq      int64
	Whys     []web.Option
	Buttons  []stepButton
}

type stepButton struct{ To, Text string }

type debriefPart struct {
	ID       ids.MeetingID
	Notes    []debriefNote
	MayWrite bool
	Hows     []web.Option
}

type debriefNote struct{ Title, Text string }

func (s *Staff) ladderPart(r *http.Request, id ids.MeetingID, l flow.LadderView) ladderPart {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	v := ladderPart{ID: id, Standing: partWords(loc, l.Standing), May: l.MayStep, Seq: l.Seq, Rungs: web.Table{Caption: loc.T("staff.ladder.rungs"),
		Columns: []web.Column{{Title: loc.T("staff.ladder.way")}, {Title: loc.T("staff.ladder.possible")}}}}
	for _, rung := range l.Rungs {
		can := web.Cell{Tag: &web.Tag{Text: loc.T("staff.ladder.can"), Colour: "green"}}
		if !rung.Possible {
			can.Tag = &web.Tag{Text: loc.T("staff.ladder.cannot"), Colour: "grey"}
		}
		if rung.Because != "" {
			can.Small = loc.T("staff.ladder.b_" + rung.Because)
		}
		v.Rungs.Rows = append(v.Rungs.Rows, []web.Cell{{Text: partWords(loc, rung.Part)}, can})
		if rung.Part != l.Standing && (rung.Possible || rung.Part == meetings.ReadOut) {
			v.Buttons = append(v.Buttons, stepButton{string(rung.Part), loc.T("staff.ladder.now_" + string(rung.Part))})
		}
	}
	for _, x := range l.Steps {
		words := loc.T("staff.ladder.step", "Time", when.DateTime(x.At), "Part", partWords(loc, x.To), "Name", x.ByName)
		if x.Why != "" {
			words += " " + loc.T("staff.held_meeting.w_"+string(x.Why)) + "."
		}
		if x.Note != "" {
			words += " " + x.Note
		}
		v.Steps = append(v.Steps, words)
	}
	for _, y := range []meetings.Why{meetings.WhyVideo, meetings.WhyRegime, meetings.WhyAdmitted, meetings.WhyAuthority, meetings.WhyNotTold, meetings.WhyOwnChoice, meetings.WhyOther} {
		v.Whys = append(v.Whys, web.Opt(string(y), loc.T("staff.held_meeting.w_"+string(y))))
	}
	return v
}

func partWords(loc i18n.Loc, p meetings.Part) string {
	return loc.T("staff.held_meeting.p_" + string(p))
}

// afterSummary makes the part of a meeting's page.
func (s *Staff) afterSummary(r *http.Request, me people.Staff, id ids.MeetingID) (*afterSummary, error) {
	loc := s.pages.Loc(r)
	a, err := s.flow.After(r.Context(), me.Actor(), id)
	if err != nil {
		return nil, err
	}
	v := &afterSummary{ID: id, Ladder: s.ladderPart(r, id, a.Ladder), MayKeep: a.MayKeep && a.Over, Debrief: debriefOf(s.pages.When(r), loc, id, a.Debrief), Children: a.Children, Over: a.Over}
	if a.Over && a.Children {
		v.About.Rows = append(v.About.Rows, partRow(loc, a), minutesRow(loc, a))
		if n := len(a.Views); n > 0 {
			row := web.Row(loc.T("staff.after.views"), a.Views[n-1].Text)
			if a.Views[n-1].Wrong() {
				row.Tag = &web.Tag{Text: loc.T("staff.after.wrong"), Colour: "orange"}
			}
			v.About.Rows = append(v.About.Rows, row)
		}
	}
	v.Actions, v.Earlier = actionTable(loc, a.Actions, loc.T("staff.after.actions")), actionTable(loc, a.Earlier, loc.T("staff.after.earlier"))
	for _, d := range a.Next {
		v.Next = append(v.Next, web.Link{Text: loc.T("staff.after.next", "Name", d.Child.Name, "Day", day(loc, d.By)), Href: s.nextAddress(d, id)})
	}
	return v, nil
}

func partRow(loc i18n.Loc, a flow.AfterView) web.SummaryRow {
	row := web.SummaryRow{Key: loc.T("staff.held_meeting.part")}
	switch {
	case a.Part != nil:
		row.Lines = []string{partWords(loc, a.Part.Part), proven(loc, a.Part.Proven)}
		if a.Part.Why != "" {
			row.Lines = append(row.Lines, loc.T("staff.held_meeting.w_"+string(a.Part.Why)))
		}
		if a.Part.Note != "" {
			row.Lines = append(row.Lines, a.Part.Note)
		}
	case a.Suggested.Proven:
		row.Lines = []string{partWords(loc, a.Suggested.Part), proven(loc, true)}
	default:
		row.Tag = &web.Tag{Text: loc.T("staff.after.not_recorded"), Colour: "orange"}
	}
	return row
}

func proven(loc i18n.Loc, yes bool) string {
	if yes {
		return loc.T("staff.after.proven")
	}
	return loc.T("staff.after.by_word")
}

func minutesRow(loc i18n.Loc, a flow.AfterView) web.SummaryRow {
	row := web.SummaryRow{Key: loc.T("staff.after.minutes")}
	for _, m := range a.Minutes {
		row.Lines = append(row.Lines, loc.T("staff.after.minutes_from", "Name", m.From)+". "+toHer(loc, m))
	}
	switch {
	case len(a.Minutes) > 0:
	case a.Late:
		row.Tag = &web.Tag{Text: loc.T("staff.after.minutes_late", "Day", day(loc, a.MinutesBy)), Colour: "red"}
	case a.MinutesBy != 0:
		row.Lines = []string{loc.T("staff.after.minutes_by", "Day", day(loc, a.MinutesBy))}
	}
	return row
}

// toHer says how far minutes have come with her.
func toHer(loc i18n.Loc, m flow.MinutesRow) string {
	switch {
	case m.State == messages.Held:
		return loc.T("staff.delivery.held")
	case m.ToHer == nil:
		return loc.T("staff.after.not_hers")
	}
	return loc.T("staff.after.to_her", "State", deliveryWords(loc, *m.ToHer).Text)
}

// actionTable lists what is to be done; nil for nothing.
func actionTable(loc i18n.Loc, rows []flow.ActionRow, caption string) *web.Table {
	if len(rows) == 0 {
		return nil
	}
	t := &web.Table{Caption: caption, Columns: []web.Column{{Title: loc.T("staff.after.what")}, {Title: loc.T("staff.after.owner")}, {Title: loc.T("staff.after.due")}, {Title: loc.T("staff.meeting.state")}}}
	for _, x := range rows {
		what := web.Cell{Text: x.What}
		if x.Reference != "" {
			what.Href, what.Small = "/meetings/"+string(x.Meeting)+"/after#actions", x.Reference+", "+x.Mother
		}
		t.Rows = append(t.Rows, []web.Cell{what, {Text: ownerName(loc, x)}, {Text: day(loc, x.Due)}, {Tag: actionTag(loc, x)}})
	}
	return t
}

func ownerName(loc i18n.Loc, x flow.ActionRow) string {
	if x.Action.Kind == meetings.OwnedByMother {
		return loc.T("staff.after.mother")
	}
	return x.OwnerName
}

func actionTag(loc i18n.Loc, x flow.ActionRow) *web.Tag {
	switch {
	case !x.Done.IsZero():
		return &web.Tag{Text: loc.T("staff.after.is_done"), Colour: "green"}
	case x.Late:
		return &web.Tag{Text: loc.T("staff.after.is_late"), Colour: "red"}
	}
	return &web.Tag{Text: loc.T("staff.after.is_open"), Colour: "blue"}
}

func debriefOf(when web.When, loc i18n.Loc, id ids.MeetingID, d *flow.DebriefView) *debriefPart {
	if d == nil {
		return nil
	}
	v := &debriefPart{ID: id, MayWrite: d.MayWrite}
	for _, n := range d.Notes {
		v.Notes = append(v.Notes, debriefNote{loc.T("staff.after.how_"+string(n.How)) + " " + n.ByName + ", " + when.DateTime(n.At), n.Note})
	}
	for _, h := range meetings.Moods {
		v.Hows = append(v.Hows, web.Opt(string(h), loc.T("staff.after.how_"+string(h))))
	}
	return v
}

// waysPage is where whoever brings her presses: who, when, and the buttons. It says nothing of what the meeting is about.
func (s *Staff) waysPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showWays(w, r, me, http.StatusOK, &web.Form{})
}

type waysView struct {
	About  web.SummaryList
	Ladder ladderPart
}

func (s *Staff) showWays(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	step, err := s.flow.WingStep(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	v := waysView{Ladder: s.ladderPart(r, step.ID, step.LadderView)}
	v.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.movements.woman"), step.Mother.Name+", "+step.Mother.PrisonerNumber), web.Row(loc.T("staff.meeting.day"), when.LongDate(step.Starts)),
		web.Row(loc.T("staff.meeting.time"), loc.T("staff.meeting.from_to", "From", when.Clock(step.Starts), "To", when.Clock(step.Ends)))}
	p := s.page(r, me, loc.T("staff.ladder.title"), v)
	p.Form = form
	if hasSection(me.Role, "/movements") {
		p.Back = backTo(loc, "movements", "/movements")
	} else {
		p.Back = backTo(loc, "meetings", "/meetings/"+string(step.ID))
	}
	return s.pages.Render(w, r, status, "step_down", p)
}

// takeStep takes one press.
func (s *Staff) takeStep(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := ids.MeetingID(r.PathValue("meeting"))
	seq, _ := strconv.ParseInt(form.Value("seq"), 10, 64)
	n := flow.NewStep{To: meetings.Part(form.Value(meetings.StepTo)), Why: meetings.Why(form.Value(meetings.StepWhy)), Note: strings.TrimSpace(form.Value(meetings.StepNote)), Seq: seq}
	if n.To == meetings.ByVideo {
		n.Why = "" // nothing stands in the way any more
	}
	if err := s.flow.StepDown(r.Context(), me.Actor(), id, n); err != nil {
		field := meetings.StepWhy
		if n.Why == meetings.WhyOther && n.Note == "" {
			field = meetings.StepNote
		}
		if err := form.FailWith(field, err); err != nil {
			return err
		}
		return s.showWays(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/movements/"+string(id)+"/step?done=stepped")
}
