package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// beforeMeeting is a meeting with what comes before it: the children whom it is about (all of the case when none are named), and who runs it.
type beforeMeeting struct {
	openMeeting
	kids  []cases.Child
	chair chair
}

// chair is who runs a meeting. With none known, ID is "".
type chair struct {
	people.Contact
	Body   people.Agency
	about  []cases.Child // those of the meeting's children who are its organisation's business
	Chosen bool          // somebody has said so; else her office says it
}

// loadBefore gathers a meeting and decides one act on it; a refusal is recorded.
func (f *Flow) loadBefore(ctx context.Context, a ids.Actor, id ids.MeetingID, act policy.Act) (b beforeMeeting, d policy.Decision, err error) {
	if b.openMeeting, err = f.loadMeeting(ctx, a, id); err != nil {
		return b, d, err
	}
	facts := b.to(act)
	if d = policy.Decide(facts); !d.Allowed() {
		return b, d, f.refuse(ctx, facts, auditID(id), d)
	}
	return b, d, f.fillBefore(ctx, &b)
}

func (f *Flow) fillBefore(ctx context.Context, b *beforeMeeting) (err error) {
	if b.kids, err = f.st.MeetingAbout(ctx, b.ID); err != nil {
		return err
	}
	if len(b.kids) == 0 {
		if b.kids, err = f.st.Children(ctx, b.Case); err != nil {
			return err
		}
	}
	b.chair, err = f.chairOf(ctx, *b)
	return err
}

// chairOf says who runs a meeting: whom the worker chose, else a guest whose office it is.
func (f *Flow) chairOf(ctx context.Context, b beforeMeeting) (chair, error) {
	id, err := f.st.Chair(ctx, b.ID)
	if err != nil {
		return chair{}, err
	}
	if id != "" {
		c, err := f.asChair(ctx, b, id)
		c.Chosen = true
		return c, err
	}
	for _, p := range b.Participants {
		if p.Kind != meetings.PersonContact || !p.Removed.IsZero() {
			continue
		}
		c, err := f.asChair(ctx, b, ids.ContactID(p.Person))
		if err != nil && ids.KindOf(err) != ids.Invalid {
			return chair{}, err
		}
		if err == nil && slices.Contains(meetings.Chairs, string(c.Role)) {
			return c, nil
		}
	}
	return chair{}, nil
}

// asChair is a person outside as who runs the meeting. Who has to do with none of its children cannot: Invalid.
func (f *Flow) asChair(ctx context.Context, b beforeMeeting, id ids.ContactID) (c chair, err error) {
	if c.Contact, err = f.st.Contact(ctx, id); err != nil {
		return c, err
	}
	if c.Body, err = f.st.Agency(ctx, c.Agency); err != nil {
		return c, err
	}
	w, err := aroundCase(ctx, f.st.Reader, b.Case)
	if err != nil {
		return c, err
	}
	for _, k := range b.kids {
		if w.any([]ids.ChildID{k.ID}, c.Contact) {
			c.about = append(c.about, k)
		}
	}
	if len(c.about) == 0 {
		return c, ids.E(ids.Invalid, "She has to do with none of the children whom the meeting is about. Choose somebody else.")
	}
	return c, nil
}

// names are those of the children whom what she says is about: what goes to one authority names no child of another's. While nobody is known to whom it goes, several are not named.
func (b beforeMeeting) names() []string {
	kids := b.kids
	switch {
	case b.chair.ID != "":
		kids = b.chair.about
	case len(kids) > 1:
		return nil
	}
	var out []string
	for _, k := range kids {
		out = append(out, k.Name)
	}
	return out
}

// ChooseAttendance records how a mother wants to take part, and who is to sit with her. She can change it until the meeting begins. Not being there calls nothing off: her worker
// sees that somebody is to talk with her.
func (f *Flow) ChooseAttendance(ctx context.Context, a ids.Actor, id ids.MeetingID, c meetings.Choice) error {
	b, d, err := f.loadBefore(ctx, a, id, policy.ChooseAttendance)
	if err != nil {
		return err
	}
	if c.Name = oneLine(c.Name, 4*meetings.MaxBesideName); c.Beside != meetings.BesideOther {
		c.Name = ""
	}
	if err := c.Check().Err(); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.AttendanceChosen(b.Case, id, string(c.How), string(c.Beside)), d), tx.AddChoice(b.Case, id, c)
	})
}

// TalkedAboutAttendance notes that somebody has talked with her about not being there. Again changes nothing.
func (f *Flow) TalkedAboutAttendance(ctx context.Context, a ids.Actor, id ids.MeetingID) error {
	b, d, err := f.loadBefore(ctx, a, id, policy.AddPaper)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		done, err := tx.MarkChoiceTalked(id, a.StaffID())
		e := decided(audit.AttendanceTalked(b.Case, id), d)
		if !done {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}

// MeetingAtKiosk records that a meeting of hers was on a kiosk which she had unlocked; MeetingSeen that it was on her screen. A repeat changes nothing and writes nothing.
func (f *Flow) MeetingAtKiosk(ctx context.Context, a ids.Actor, kiosk ids.KioskID, id ids.MeetingID) error {
	return f.meetingReceipt(ctx, a, id, meetings.ReceiptKiosk, func(c ids.CaseID) audit.Entry { return audit.MeetingKiosk(c, id, kiosk) })
}

// MeetingSeen records that a meeting was on her screen.
func (f *Flow) MeetingSeen(ctx context.Context, a ids.Actor, id ids.MeetingID) error {
	return f.meetingReceipt(ctx, a, id, meetings.ReceiptSeen, func(c ids.CaseID) audit.Entry { return audit.MeetingSeen(c, id) })
}

func (f *Flow) meetingReceipt(ctx context.Context, a ids.Actor, id ids.MeetingID, what string, entry func(ids.CaseID) audit.Entry) error {
	if a.Kind != ids.ActorMother {
		return ids.ErrNotFound
	}
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return err
	}
	if err := policy.Decide(o.to(policy.SeeMeeting)).Err(); err != nil {
		return err
	}
	r, err := f.st.MeetingReceipts(ctx, ids.MotherID(a.ID), id)
	if err != nil || what == meetings.ReceiptKiosk && !r.AtKiosk.IsZero() || what == meetings.ReceiptSeen && !r.Seen.IsZero() {
		return err
	}
	return same(f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if what == meetings.ReceiptSeen { // what was on her screen was at the kiosk
			if _, err := tx.AddReceipt(id, meetings.ReceiptKiosk); err != nil {
				return audit.Entry{}, err
			}
		}
		added, err := tx.AddReceipt(id, what)
		if err == nil && !added {
			err = errSame
		}
		return entry(o.Case), err
	}))
}

// same is an error without errSame: what was there already is no failure.
func same(err error) error {
	if err == errSame {
		return nil
	}
	return err
}

// ContributionBefore is how many working days before a meeting of a kind she is reminded to say what she thinks; 0 = nothing is said ahead.
func (f *Flow) ContributionBefore(k meetings.Kind) int {
	if n := f.cfg.ContributionBefore[k]; n > 0 {
		return n
	}
	return k.ContributionBefore()
}

// remindFrom is the day from which she is reminded.
func (f *Flow) remindFrom(m meetings.Meeting) workdays.Day {
	return f.cfg.Chase.calendar().Add(workdays.Of(m.Starts), -f.ContributionBefore(m.Kind))
}

// ToPrepare is what somebody has to see to before a meeting.
type ToPrepare struct {
	Meeting   meetings.Meeting
	Reference string
	Mother    string // her name
	// NoWords: the day for it has come, and she has not said what she thinks. NoChair: she has, and nobody is known to whom it goes.
	NoWords, NoChair bool
	Talk             bool // she does not want to be there, and nobody has talked with her
	// PapersDue is the day by which the papers were to be with her, when that has come and some are missing; 0 = nothing is late.
	PapersDue workdays.Day
	Papers    []string // the kinds that are missing
}

// prepareAhead is how far ahead it is looked for what is to be seen to.
const prepareAhead = 45 * 24 * time.Hour

// ToPrepare returns what is to be seen to before the meetings that the actor may make ready, the next meeting first.
func (f *Flow) ToPrepare(ctx context.Context, a ids.Actor) (out []ToPrepare, err error) {
	if a.StaffID() == "" {
		return nil, ids.ErrNotFound
	}
	now, today := f.now(), f.st.Today()
	rows, err := f.st.MeetingsToPrepare(ctx, a.StaffID(), a.Agency, now, now.Add(prepareAhead))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	visible, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	known := map[ids.CaseID]visibleCase{}
	for _, v := range visible {
		known[v.ID] = v
	}
	for _, r := range rows {
		v, ok := known[r.Meeting.Case]
		if !ok || !r.Meeting.Kind.AboutChildren() || !policy.Decide(policy.Facts{Act: policy.AddPaper, Actor: a, Case: v.facts, Meeting: policy.MeetingFacts{AboutChildren: true}}).Allowed() {
			continue
		}
		t := ToPrepare{Meeting: r.Meeting, Reference: v.Reference, Mother: v.mother.Name, NoWords: r.Given == 0 && today >= f.remindFrom(r.Meeting), NoChair: r.Waiting, Talk: r.Talk}
		if by := f.PapersBy(r.Meeting.Kind, workdays.Of(r.Meeting.Starts)); by != 0 && today > by {
			for _, k := range meetings.StandardOf(r.Meeting.Kind).Papers {
				if !slices.Contains(r.Papers, k) {
					t.PapersDue, t.Papers = by, append(t.Papers, k)
				}
			}
		}
		if t.NoWords || t.NoChair || t.Talk || t.PapersDue != 0 {
			out = append(out, t)
		}
	}
	return out, nil
}
