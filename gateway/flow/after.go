package flow

import (
	"cmp"
	"context"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// AfterView is how a mother takes or took part in a meeting, and what came after it, as staff see it.
type AfterView struct {
	Ladder   LadderView
	Over     bool
	Children bool // it is about children: her part, her views, minutes and actions are recorded
	MayKeep  bool
	// Part is recorded; Suggested, where it is not, is what the ladder's last step and the room's events come to.
	Part      *PartRow
	Suggested meetings.PartRecord
	People    []AttendedRow
	Views     []ViewsRow
	Minutes   []MinutesRow
	MinutesBy workdays.Day // 0 = it has none, or is not over
	Late      bool         // they should be there
	Asks      []AskChoiceOf
	Actions   []ActionRow
	Earlier   []ActionRow // what is still to be done after earlier meetings of the case
	Owners    []OwnerChoice
	Debrief   *DebriefView // nil for who may not read it
	Next      []DueClock   // the next meetings due of its kind, of whoever may plan
}

// PartRow is her part with the name of who recorded it.
type PartRow struct {
	meetings.PartRecord
	ByName string
}

// AttendedRow is what is known of one person's attendance.
type AttendedRow struct {
	ParticipantView
	meetings.Attended
	SaidBy string
}

// ViewsRow is what is recorded of her views with the name of who recorded it.
type ViewsRow struct {
	meetings.Views
	ByName string
}

// MinutesRow is a message that brought minutes, as far as the reader may know of it, and how far it has come with her.
type MinutesRow struct {
	meetings.Minutes
	Thread  ids.ThreadID
	Subject string
	From    string
	State   messages.State
	ToHer   *messages.Delivery // nil: she is no recipient, or it is not released
}

// ActionRow is an action with names.
type ActionRow struct {
	meetings.Action
	OwnerName string // "" of the mother
	Late      bool
	Kind      meetings.Kind // of the meeting
	Held      workdays.Day
	Reference string // of the case, in lists over several
	Mother    string
}

// OwnerChoice is somebody who can be given something to do.
type OwnerChoice struct {
	Kind meetings.OwnerKind
	ID   string
	Name string
}

// AskChoiceOf is an official conversation in which minutes can be asked for.
type AskChoiceOf struct {
	Thread  ids.ThreadID
	Subject string
	Agency  string
	Asked   bool // it is waited for there already
}

// After returns that for one meeting, for whoever may know of it.
func (f *Flow) After(ctx context.Context, a ids.Actor, id ids.MeetingID) (v AfterView, err error) {
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, o.to(policy.SeeMeeting), auditID(id)); err != nil {
		return v, err
	}
	if a.StaffID() == "" {
		return v, ids.ErrNotFound
	}
	v.Over, v.Children = o.over(f), o.Kind.AboutChildren()
	v.MayKeep = policy.Decide(o.to(policy.KeepMeeting)).Allowed()
	if v.Ladder, err = f.ladder(ctx, o); err != nil {
		return v, err
	}
	if err := f.attended(ctx, a, o, &v); err != nil {
		return v, err
	}
	if v.Debrief, err = f.debrief(ctx, a, o); err != nil {
		return v, err
	}
	if !v.Children {
		return v, nil
	}
	if err := f.afterRecord(ctx, a, o, &v); err != nil {
		return v, err
	}
	if !v.MayKeep {
		return v, nil
	}
	if v.Owners, err = f.owners(ctx, o); err != nil {
		return v, err
	}
	if v.Next, err = f.nextDue(ctx, a, o); err != nil {
		return v, err
	}
	return v, nil
}

// over reports whether a meeting has been held.
func (o openMeeting) over(f *Flow) bool {
	return o.State == meetings.Ended || o.State == meetings.Planned && !f.now().Before(o.Ends)
}

// attended says of everybody invited what is known of her attendance, and of the mother which part that makes.
func (f *Flow) attended(ctx context.Context, a ids.Actor, o openMeeting, v *AfterView) error {
	events, err := f.st.Attendance(ctx, o.ID)
	if err != nil {
		return err
	}
	said, err := f.st.SaidThere(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, p := range o.Participants {
		row := AttendedRow{Attended: meetings.AttendanceOf(events, said, p.ID, f.now())}
		if !p.Removed.IsZero() && row.Proof == meetings.ProofNone {
			continue
		}
		if row.ParticipantView, err = f.participantView(ctx, a, p, events); err != nil {
			return err
		}
		for _, s := range said {
			if s.Participant == p.ID && row.Proof == meetings.ProofPerson {
				row.SaidBy = f.personName(ctx, string(s.By))
			}
		}
		if p.Kind == meetings.PersonMother {
			v.Suggested = suggestedPart(o.ID, row.Attended, v.Ladder.Steps)
		}
		v.People = append(v.People, row)
	}
	part, err := f.st.MeetingPart(ctx, o.Case, o.ID)
	switch {
	case err == nil:
		v.Part = &PartRow{part, f.personName(ctx, string(part.By))}
	case ids.KindOf(err) != ids.NotFound:
		return err
	}
	return nil
}

// suggestedPart is what the room's events and the ladder come to. Without a proof and without a step nothing is known: no part is suggested.
func suggestedPart(id ids.MeetingID, at meetings.Attended, steps []StepRow) meetings.PartRecord {
	p := meetings.PartRecord{Meeting: id}
	if at.Proof == meetings.ProofRoom {
		p.Part, p.Proven = meetings.ByVideo, true
	}
	if len(steps) == 0 {
		return p
	}
	last := steps[len(steps)-1]
	switch {
	case last.To == meetings.ByVideo: // she was to be seen again, and whether she came the room says
	case last.To == meetings.ByAudio && p.Proven:
		p.Part, p.Why = last.To, last.Why
	default:
		p.Part, p.Why, p.Proven = last.To, last.Why, false
	}
	if p.Why == "" && p.Part != meetings.ByVideo { // a step up gives no reason: the one of the step down holds
		for _, s := range steps {
			if s.Why != "" {
				p.Why = s.Why
			}
		}
	}
	return p
}

// afterRecord fills in views, minutes and actions.
func (f *Flow) afterRecord(ctx context.Context, a ids.Actor, o openMeeting, v *AfterView) error {
	views, err := f.st.MeetingViews(ctx, o.Case, o.ID)
	if err != nil {
		return err
	}
	for _, x := range views {
		v.Views = append(v.Views, ViewsRow{x, f.personName(ctx, string(x.By))})
	}
	if v.Minutes, err = f.minutesRows(ctx, a, o); err != nil {
		return err
	}
	if v.Over {
		v.MinutesBy = f.MinutesBy(o.Meeting)
		v.Late = v.MinutesBy != 0 && v.MinutesBy < f.st.Today() && len(v.Minutes) == 0
	}
	if v.MayKeep && v.Over && len(v.Minutes) == 0 {
		if v.Asks, err = f.minutesAskable(ctx, a, o); err != nil {
			return err
		}
	}
	all, err := f.st.ActionsOf(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, x := range all {
		v.Actions = append(v.Actions, f.actionRow(ctx, x, o.Meeting))
	}
	open, err := f.st.OpenActions(ctx, []ids.CaseID{o.Case})
	if err != nil {
		return err
	}
	for _, x := range open {
		if x.Meeting == o.ID {
			continue
		}
		of, err := f.loadMeeting(ctx, a, x.Meeting)
		if err != nil {
			return err
		}
		if of.Starts.Before(o.Starts) && policy.Decide(of.to(policy.SeeMeeting)).Allowed() {
			v.Earlier = append(v.Earlier, f.actionRow(ctx, x, of.Meeting))
		}
	}
	return nil
}

func (f *Flow) actionRow(ctx context.Context, x meetings.Action, m meetings.Meeting) ActionRow {
	row := ActionRow{Action: x, Late: x.Late(f.st.Today()), Kind: m.Kind, Held: workdays.Of(m.Starts)}
	if x.Owner != "" {
		row.OwnerName = f.personName(ctx, x.Owner)
	}
	return row
}

// nextDue are the clocks of the meeting's kind for the children whom it is about, which count from it now: the next of it is to be planned.
func (f *Flow) nextDue(ctx context.Context, a ids.Actor, o openMeeting) (out []DueClock, err error) {
	if !o.over(f) || !policy.Decide(o.to(policy.PlanMeeting)).Allowed() {
		return nil, nil
	}
	about, err := f.st.MeetingAbout(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	all, err := f.Clocks(ctx, a, o.Case)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		after := c.Kind == o.Kind || o.Kind == meetings.InitialConference && c.Kind == meetings.ReviewConference
		if after && c.Clock.Planned == 0 && slices.ContainsFunc(about, func(k cases.Child) bool { return k.ID == c.Child.ID }) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(x, y DueClock) int { return cmp.Compare(x.By, y.By) })
	return out, nil
}

// keepIn gathers the facts and asks policy whether the actor keeps the record of a meeting.
func (f *Flow) keepIn(ctx context.Context, a ids.Actor, id ids.MeetingID, act policy.Act) (o openMeeting, d policy.Decision, err error) {
	if o, err = f.loadMeeting(ctx, a, id); err != nil {
		return o, d, err
	}
	facts := o.to(act)
	if d = policy.Decide(facts); !d.Allowed() {
		return o, d, f.refuse(ctx, facts, auditID(id), d)
	}
	return o, d, nil
}

// NewPart is the part that she had, as somebody records it.
type NewPart struct {
	Part meetings.Part
	Why  meetings.Why
	Note string
}

// RecordPart records which part she had in a meeting that is over, and why not a larger one. It can be put right by recording it again; the audit log has both.
func (f *Flow) RecordPart(ctx context.Context, a ids.Actor, id ids.MeetingID, n NewPart) error {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepMeeting)
	if err != nil {
		return err
	}
	if !o.over(f) {
		return ids.E(ids.Conflict, "The meeting is not over yet.")
	}
	p := meetings.PartRecord{Meeting: id, Part: n.Part, Why: n.Why, Note: CleanText(n.Note), By: a.StaffID()}
	if err := p.Check().Err(); err != nil {
		return err
	}
	events, err := f.st.Attendance(ctx, id)
	if err != nil {
		return err
	}
	for _, x := range o.Participants {
		if x.Kind == meetings.PersonMother && (p.Part == meetings.ByVideo || p.Part == meetings.ByAudio) {
			p.Proven = meetings.AttendanceOf(events, nil, x.ID, f.now()).Proof == meetings.ProofRoom
		}
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.MeetingPartKept(o.Case, id, string(p.Part), string(p.Why), p.Proven), d), tx.SetMeetingPart(o.Case, p)
	})
}

// SayThere records, by a member of staff's word, that somebody was at a meeting of whom the room's events know nothing; "" takes it back.
func (f *Flow) SayThere(ctx context.Context, a ids.Actor, id ids.MeetingID, who ids.ParticipantID, leg meetings.Leg) error {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepMeeting)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(o.Participants, func(p meetings.Participant) bool { return p.ID == who }) || leg != "" && !slices.Contains(meetings.Legs, leg) {
		return ids.E(ids.Invalid, "Choose who was there, and how.")
	}
	if leg != "" && f.now().Before(o.Starts) {
		return ids.E(ids.Conflict, "The meeting has not begun.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.SaidThere(audit.Seat{Case: o.Case, Meeting: id, Participant: who}, string(leg)), d), tx.SayThere(id, meetings.There{Participant: who, Leg: leg, By: a.StaffID()})
	})
}

// PlanLike is what the plan of a meeting begins with that is like one that was: nothing of it is decided.
type PlanLike struct {
	Kind     meetings.Kind
	Title    string
	About    []ids.ChildID
	Children []ids.ChildID
	Guests   []ids.ContactID
	Staff    []ids.StaffID
	Minutes  int
}

// PlanLike returns that, for whoever may plan meetings of its case.
func (f *Flow) PlanLike(ctx context.Context, a ids.Actor, id ids.MeetingID) (v PlanLike, err error) {
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, o.to(policy.SeeMeeting), auditID(id)); err != nil {
		return v, err
	}
	if err := f.may(ctx, o.to(policy.PlanMeeting), auditID(id)); err != nil {
		return v, err
	}
	v = PlanLike{Kind: o.Kind, Title: o.Title, Minutes: int(o.Ends.Sub(o.Starts).Minutes())}
	about, err := f.st.MeetingAbout(ctx, id)
	if err != nil {
		return v, err
	}
	for _, k := range about {
		v.About = append(v.About, k.ID)
	}
	if v.Children, err = f.st.MeetingChildren(ctx, id); err != nil {
		return v, err
	}
	for _, p := range o.Participants {
		switch {
		case !p.Removed.IsZero():
		case p.Kind == meetings.PersonContact:
			v.Guests = append(v.Guests, ids.ContactID(p.Person))
		case p.Kind == meetings.PersonStaff && p.Person != a.ID:
			v.Staff = append(v.Staff, ids.StaffID(p.Person))
		}
	}
	return v, nil
}
