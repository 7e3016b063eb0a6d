package flow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// Venue says where she is to take part in a meeting. The zero value is nowhere yet.
type Venue struct {
	// Best: the place that fits best, and none when none fits.
	Best bool
	// Place is a certain one. It is booked or the meeting is not made: Conflict when somebody else has it, Invalid when it does not fit.
	Place ids.PlaceID
	// Special: the wing is to unlock her for it though she would be locked up. It counts for a certain place only.
	Special bool
	// Beside is how many people sit with her.
	Beside int
}

func (v Venue) asked() bool { return v.Best || v.Place != "" }

// Leads are how long before and after a meeting of a kind she has the place to herself and her supporter.
func (f *Flow) Leads(k meetings.Kind) slots.Leads {
	l := slots.DefaultLeads(k)
	if l == (slots.Leads{}) {
		return l
	}
	if d, ok := f.cfg.PreBrief[k]; ok {
		l.PreBrief = d
	}
	if d, ok := f.cfg.Debrief[k]; ok {
		l.Debrief = d
	}
	return l
}

// slotWorld is what is known of a woman's wing, her prison and her time in a span. A meeting that is to be placed anew is not in its own way.
func (f *Flow) slotWorld(ctx context.Context, r store.Reader, who people.Mother, s slots.Span, except ids.MeetingID) (w slots.World, err error) {
	w.Holiday = func(d workdays.Day) bool { _, is := f.cfg.Chase.calendar().Holiday(d); return is }
	if who.Custody == people.Released {
		return w, nil
	}
	if w.Regime, err = r.Regime(ctx, who.Wing, workdays.Of(s.From).Plus(-1)); err != nil {
		return w, err
	}
	if w.Places, err = r.Places(ctx, who.Establishment); err != nil {
		return w, err
	}
	booked, err := r.BookingsAt(ctx, who.Establishment, s)
	if err != nil {
		return w, err
	}
	w.Taken = map[ids.PlaceID][]slots.Span{}
	for _, b := range booked {
		if b.Meeting != except {
			w.Taken[b.Place] = append(w.Taken[b.Place], b.There)
		}
	}
	w.Her, err = f.busyMother(ctx, r, who, s, except)
	return w, err
}

// busyMother is when a woman is somewhere else: what is booked for her, her meetings that have no place yet, and messages that are read together.
func (f *Flow) busyMother(ctx context.Context, r store.Reader, who people.Mother, s slots.Span, except ids.MeetingID) (busy []slots.Span, err error) {
	booked, err := r.BookingsOf(ctx, who.ID, s)
	if err != nil {
		return nil, err
	}
	placed := map[ids.MeetingID]bool{except: true}
	for _, b := range booked {
		if !placed[b.Meeting] {
			busy = append(busy, b.Away())
		}
		placed[b.Meeting] = true
	}
	planned, err := r.PlannedMeetings(ctx, meetings.PersonMother, string(who.ID), s)
	if err != nil {
		return nil, err
	}
	for _, m := range planned {
		if !placed[m.ID] {
			busy = append(busy, slots.Span{From: m.Starts, To: m.Ends})
		}
	}
	readings, err := r.TogetherBooked(ctx, who.Establishment, s.From.Add(-messages.ReadingTime))
	if err != nil {
		return nil, err
	}
	for _, t := range readings {
		c, err := r.Case(ctx, t.Case)
		if err != nil {
			return nil, err
		}
		if c.Mother == who.ID {
			busy = append(busy, readingSpan(t))
		}
	}
	return busy, nil
}

func readingSpan(t messages.Together) slots.Span {
	return slots.Span{From: t.Booking.For, To: t.Booking.For.Add(messages.ReadingTime)}
}

// busyStaff is when a member of staff is busy: her meetings here, messages that she reads with somebody, and the calendar that she publishes.
func (f *Flow) busyStaff(ctx context.Context, id ids.StaffID, s slots.Span, except ids.MeetingID) (w slots.Worker, err error) {
	w.ID = id
	published, err := f.st.WorkerBusy(ctx, id, s.From, s.To)
	if err != nil {
		return w, err
	}
	for _, b := range published {
		w.Busy = append(w.Busy, slots.Span{From: b.Starts, To: b.Ends})
	}
	planned, err := f.st.PlannedMeetings(ctx, meetings.PersonStaff, string(id), s)
	if err != nil {
		return w, err
	}
	for _, m := range planned {
		if m.ID != except {
			w.Busy = append(w.Busy, slots.Span{From: m.Starts, To: m.Ends})
		}
	}
	readings, err := f.st.ReadingsWith(ctx, id, s.From.Add(-messages.ReadingTime), s.To)
	for _, t := range readings {
		w.Busy = append(w.Busy, readingSpan(t))
	}
	return w, err
}

// judgePlace says of a meeting's times whether she can be there, and where. When only the talk before and after does not fit, it is judged without.
func (f *Flow) judgePlace(ctx context.Context, r store.Reader, who people.Mother, m meetings.Meeting, beside int) (slots.Verdict, error) {
	ask := slots.Ask{Need: slots.Need{Kind: m.Kind, Wing: who.Wing, Beside: beside}, Leads: f.Leads(m.Kind), Length: m.Ends.Sub(m.Starts)}
	w, err := f.slotWorld(ctx, r, who, besides(m.Starts, m.Ends), m.ID)
	if err != nil {
		return slots.Verdict{}, err
	}
	v := slots.Judge(ask, w, m.Starts)
	if v.Why == "" || ask.Leads == (slots.Leads{}) {
		return v, nil
	}
	ask.Leads = slots.Leads{}
	if bare := slots.Judge(ask, w, m.Starts); bare.Why == "" {
		return bare, nil
	}
	return v, nil
}

// besides is the span in which something can be in the way of a meeting.
func besides(starts, ends time.Time) slots.Span {
	return slots.Span{From: starts.Add(-dayBefore), To: ends.Add(dayBefore)}
}

const dayBefore = 24 * time.Hour

// placeIn books the place that was asked for, in the transaction that makes or moves the meeting.
func (f *Flow) placeIn(tx *store.Tx, m meetings.Meeting, who people.Mother, v Venue, by ids.StaffID) error {
	if !v.asked() {
		return nil
	}
	verdict, err := f.judgePlace(tx.Context(), tx.Reader, who, m, v.Beside)
	if err != nil {
		return err
	}
	b := store.Booking{Meeting: m.ID, Place: verdict.Place.ID, Mother: who.ID, Times: verdict.Times, By: by}
	switch {
	case v.Place != "":
		if b, err = f.certainPlace(tx, m, who, v, verdict, b); err != nil {
			return err
		}
	case verdict.Why != "":
		return nil // none fits; the meeting's page says why
	}
	if err := tx.SetBooking(b); err != nil {
		return err
	}
	tx.Also(audit.MeetingPlaced(m.Case, m.ID, b.Place, b.Special))
	return nil
}

// certainPlace is the booking of a place that somebody chose.
func (f *Flow) certainPlace(tx *store.Tx, m meetings.Meeting, who people.Mother, v Venue, verdict slots.Verdict, b store.Booking) (store.Booking, error) {
	p, err := tx.Place(tx.Context(), v.Place)
	if ids.KindOf(err) == ids.NotFound || err == nil && p.Establishment != who.Establishment {
		return b, ids.E(ids.Invalid, "Choose a place of the prison where she is.")
	}
	if err != nil {
		return b, err
	}
	if why := p.Refuses(slots.Need{Kind: m.Kind, Wing: who.Wing, Beside: v.Beside}); why != "" {
		return b, ids.E(ids.Invalid, "%s cannot be used: %s", p.Name, PlaceTrouble(why))
	}
	leads := f.Leads(m.Kind)
	fits := verdict.Why == "" && (verdict.Place.ID == p.ID || slices.ContainsFunc(verdict.Others, func(o slots.Place) bool { return o.ID == p.ID }))
	if fits {
		leads = slots.Leads{PreBrief: m.Starts.Sub(verdict.Times.There.From), Debrief: verdict.Times.There.To.Sub(m.Ends)}
	}
	b.Place, b.Times = p.ID, leads.Around(m.Starts, m.Ends, p.Walk)
	if fits {
		return b, nil
	}
	regime, err := tx.Regime(tx.Context(), who.Wing, workdays.Of(b.PickUp))
	if err != nil {
		return b, err
	}
	if why := regime.Refuses(b.Away()); why != "" {
		if !v.Special {
			return b, ids.E(ids.Invalid, "%s Choose another time or place, or say that the wing will unlock her for it.", PlaceTrouble(why))
		}
		b.Special = true
	}
	return b, nil // whether it is taken, the database says
}

// PlaceTrouble says in words why a place or a time does not do, for errors; pages have words of their own.
func PlaceTrouble(why slots.Reason) string {
	switch why {
	case slots.NoRegime:
		return "Nobody has entered when her wing is unlocked."
	case slots.ClosedDay, slots.LockedUp, slots.WalkIsLocked:
		return "She would be locked up for a part of that time."
	case slots.OtherWing:
		return "It is for the women of other wings."
	case slots.LegalOnly:
		return "It is kept for legal visits."
	case slots.NotPrivate:
		return "Others would hear what is said there."
	case slots.TooSmall:
		return "There is no room for those who sit with her."
	case slots.NoVideo:
		return "There is no camera."
	case slots.Withdrawn:
		return "It is not used any more."
	}
	return "It is taken."
}

// replace finds a place for a meeting that has other times now: the one it had where that is free, or the best, or none. A meeting that never had one still has none.
func (f *Flow) replace(tx *store.Tx, m meetings.Meeting, who people.Mother, by ids.StaffID) error {
	had, err := tx.LastBooking(tx.Context(), m.ID)
	if ids.KindOf(err) == ids.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := f.judgePlace(tx.Context(), tx.Reader, who, m, 0)
	if err != nil {
		return err
	}
	if err := tx.FreeBooking(m.ID); err != nil {
		return err
	}
	if v.Why != "" {
		tx.Also(audit.MeetingPlaced(m.Case, m.ID, "", false))
		return nil
	}
	p := v.Place
	for _, o := range v.Others {
		if o.ID == had.Place {
			p = o
		}
	}
	leads := slots.Leads{PreBrief: m.Starts.Sub(v.Times.There.From), Debrief: v.Times.There.To.Sub(m.Ends)}
	b := store.Booking{Meeting: m.ID, Place: p.ID, Mother: who.ID, Times: leads.Around(m.Starts, m.Ends, p.Walk), By: by}
	if err := tx.SetBooking(b); err != nil {
		return err
	}
	tx.Also(audit.MeetingPlaced(m.Case, m.ID, b.Place, false))
	return nil
}

// untilPlaced runs a change that looks for the best place once more when somebody else was a moment quicker: the next look finds another.
func untilPlaced(change func() error) (err error) {
	for range 4 {
		if err = change(); !errors.Is(err, store.ErrTaken) {
			return err
		}
	}
	return err
}

// PlacedView is where she takes part in a meeting.
type PlacedView struct {
	store.Booking
	Name string
	Kind slots.PlaceKind
	// Clash says why it does not hold any more: the regime, her wing or the place has changed. "" = it holds.
	Clash slots.Reason
}

// placeOf is the place that a meeting has; nil when it has none.
func (f *Flow) placeOf(ctx context.Context, m meetings.Meeting, who people.Mother) (*PlacedView, error) {
	b, err := f.st.Booking(ctx, m.ID)
	if ids.KindOf(err) == ids.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v, err := f.placedView(ctx, m, who, b)
	return &v, err
}

func (f *Flow) placedView(ctx context.Context, m meetings.Meeting, who people.Mother, b store.Booking) (v PlacedView, err error) {
	v.Booking = b
	p, err := f.st.Place(ctx, b.Place)
	if err != nil {
		return v, err
	}
	v.Name, v.Kind = p.Name, p.Kind
	if p.Establishment != who.Establishment {
		v.Clash = slots.OtherWing
		return v, nil
	}
	if v.Clash = p.Refuses(slots.Need{Kind: m.Kind, Wing: who.Wing}); v.Clash != "" || b.Special {
		return v, nil
	}
	regime, err := f.st.Regime(ctx, who.Wing, workdays.Of(b.PickUp))
	v.Clash = regime.Refuses(b.Away())
	return v, err
}

// ChoosePlace gives a meeting that is to come another place, or its first one. Asked again it changes nothing. Conflict when somebody else has it.
func (f *Flow) ChoosePlace(ctx context.Context, a ids.Actor, id ids.MeetingID, v Venue) error {
	o, d, err := f.planned(ctx, a, id)
	if err != nil {
		return err
	}
	if !v.asked() {
		return ids.E(ids.Invalid, "Choose a place.")
	}
	return untilPlaced(func() error {
		return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.LockMeeting(id); err != nil {
				return audit.Entry{}, err
			}
			m, err := tx.Meeting(tx.Context(), id)
			if err != nil {
				return audit.Entry{}, err
			}
			if p := m.PhaseAt(tx.Now()); p != meetings.TooEarly && p != meetings.Open {
				return audit.Entry{}, ids.E(ids.Conflict, "This meeting was cancelled or has ended already.")
			}
			if err := f.placeIn(tx, m, o.Mother, v, a.StaffID()); err != nil {
				return audit.Entry{}, err
			}
			if _, err := tx.Booking(tx.Context(), id); err != nil {
				if ids.KindOf(err) == ids.NotFound {
					return audit.Entry{}, ids.E(ids.Conflict, "No place is free for her at that time. Choose another time.")
				}
				return audit.Entry{}, err
			}
			return decided(audit.MeetingChanged(m.Case, id, "place"), d), tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(id))
		})
	})
}

// TimesAsked is what somebody looks for.
type TimesAsked struct {
	Case     ids.CaseID
	Kind     meetings.Kind
	Length   time.Duration
	From, To workdays.Day
	Hours    slots.Window
	AllDays  bool
	Beside   int
	Staff    []ids.StaffID // who are to be there besides the actor
	Due      workdays.Day
	Except   ids.MeetingID // of a meeting that is to be moved
}

// TimesFound is the answer.
type TimesFound struct {
	slots.Found
	Earliest time.Time              // nothing sooner is offered
	Wing     string                 // hers
	Names    map[ids.StaffID]string // of those who are to be there
}

// mostLooked bounds how many are looked at together.
const mostLooked = 8

// FindTimes finds when a meeting of a case can be, and explains every time that is not offered.
func (f *Flow) FindTimes(ctx context.Context, a ids.Actor, t TimesAsked) (out TimesFound, err error) {
	who, err := f.mayPlan(ctx, a, t.Case, t.Kind)
	if err != nil {
		return out, err
	}
	today := f.st.Today()
	switch {
	case !t.Kind.Valid():
		return out, ids.E(ids.Invalid, "Choose what kind of meeting it is.")
	case t.Length < slots.Step || t.Length > meetings.LongestTime:
		return out, ids.E(ids.Invalid, "A meeting lasts between 15 minutes and 4 hours.")
	case t.From == 0 || t.To < t.From:
		return out, ids.E(ids.Invalid, "Enter from which day to which day you look.")
	case t.To.Plus(1-slots.MostDays) > t.From:
		return out, ids.E(ids.Invalid, "Look at %d days at most.", slots.MostDays)
	case t.To > today.Plus(int(meetings.FarthestDay/(24*time.Hour))):
		return out, ids.E(ids.Invalid, "The meeting must start within the next year. Check the year.")
	case t.Hours != (slots.Window{}) && t.Hours.To <= t.Hours.From:
		return out, ids.E(ids.Invalid, "The latest time must be after the earliest.")
	case len(t.Staff) > mostLooked:
		return out, ids.E(ids.Invalid, "Choose %d people at most.", mostLooked)
	}
	span := slots.Span{From: t.From.Start().Add(-dayBefore), To: t.To.Plus(1).Start().Add(dayBefore)}
	w, err := f.slotWorld(ctx, f.st.Reader, who, span, t.Except)
	if err != nil {
		return out, err
	}
	out.Names = map[ids.StaffID]string{}
	for _, id := range unique(append([]ids.StaffID{a.StaffID()}, t.Staff...)) {
		s, err := f.st.Staff(ctx, id)
		if ids.KindOf(err) == ids.NotFound {
			return out, ids.E(ids.Invalid, "Choose people of the case's team.")
		}
		if err != nil {
			return out, err
		}
		if out.Names[id], err = f.mayLookAt(ctx, a, t.Case, s); err != nil {
			return out, err
		}
		one, err := f.busyStaff(ctx, id, span, t.Except)
		if err != nil {
			return out, err
		}
		w.Workers = append(w.Workers, one)
	}
	out.Earliest = f.earliestStart()
	if out.Wing, err = f.wingName(ctx, who); err != nil {
		return out, err
	}
	out.Found = slots.Find(slots.Ask{Need: slots.Need{Kind: t.Kind, Wing: who.Wing, Beside: t.Beside}, Leads: f.Leads(t.Kind), Length: t.Length, From: t.From, To: t.To,
		Hours: t.Hours, AllDays: t.AllDays, Earliest: out.Earliest, Due: t.Due}, w)
	return out, nil
}

// earliestStart is when a meeting can start that is looked for now: everybody has the notice that is configured.
func (f *Flow) earliestStart() time.Time {
	return f.cfg.Chase.calendar().Add(f.st.Today(), cmp.Or(f.cfg.NoticeDays, DefaultNoticeDays)).Start()
}

// DefaultNoticeDays is how many working days' notice a meeting that is looked for has at least: the wing's list for the next day must be able to have it.
const DefaultNoticeDays = 1

// mayLookAt returns the name of somebody whose busy times may be looked at: the actor herself, or one who may know of the case.
func (f *Flow) mayLookAt(ctx context.Context, a ids.Actor, c ids.CaseID, s people.Staff) (string, error) {
	if s.ID == a.StaffID() {
		return s.Name, nil
	}
	around, err := f.caseAround(ctx, s.Actor(), c)
	if err != nil {
		return "", err
	}
	if s.Disabled || !policy.Decide(policy.Facts{Act: policy.SeeCase, Actor: s.Actor(), Case: around.facts}).Allowed() {
		return "", ids.E(ids.Invalid, "Choose people of the case's team.")
	}
	return s.Name, nil
}

func (f *Flow) wingName(ctx context.Context, who people.Mother) (string, error) {
	wings, err := f.st.Wings(ctx, who.Establishment)
	for _, w := range wings {
		if w.ID == who.Wing {
			return w.Name, err
		}
	}
	return "", err
}

// mayPlan returns the woman of a case whose meetings the actor may plan.
func (f *Flow) mayPlan(ctx context.Context, a ids.Actor, id ids.CaseID, k meetings.Kind) (people.Mother, error) {
	c, err := f.caseAround(ctx, a, id)
	if err != nil {
		return people.Mother{}, err
	}
	facts := policy.Facts{Act: policy.PlanMeeting, Actor: a, Case: c.facts, Meeting: policy.MeetingFacts{LegalVisit: k == meetings.LegalVisit}}
	return c.mother, f.may(ctx, facts, auditID(id))
}

// JudgeTimes says of times that somebody else has chosen whether she can be there, and where. except is the meeting that has them, "" = none has.
func (f *Flow) JudgeTimes(ctx context.Context, a ids.Actor, c ids.CaseID, k meetings.Kind, starts, ends time.Time, except ids.MeetingID) (slots.Verdict, error) {
	who, err := f.mayPlan(ctx, a, c, k)
	if err != nil {
		return slots.Verdict{}, err
	}
	if !ends.After(starts) || ends.Sub(starts) > meetings.LongestTime {
		return slots.Verdict{}, ids.E(ids.Invalid, "A meeting can last 4 hours at most.")
	}
	return f.judgePlace(ctx, f.st.Reader, who, meetings.Meeting{ID: except, Kind: k, Starts: starts, Ends: ends}, 0)
}

// ToPlace is a meeting that has no place, or one that does not hold any more.
type ToPlace struct {
	MeetingRow
	Placed *PlacedView // nil = it has none
}

// MeetingsToPlace returns the meetings to come that need a place, over all the cases whose meetings the actor plans, the first first. At a prison that has entered no
// places none is looked for.
func (f *Flow) MeetingsToPlace(ctx context.Context, a ids.Actor) (out []ToPlace, err error) {
	if a.StaffID() == "" {
		return nil, ids.ErrNotFound
	}
	ctx = store.OnePage(ctx)
	visible, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	visible = slices.DeleteFunc(visible, func(v visibleCase) bool {
		return !policy.Decide(policy.Facts{Act: policy.PlanMeeting, Actor: a, Case: v.facts}).Allowed()
	})
	ms, booked, err := f.st.PlannedOf(ctx, idsOf(visible), f.now())
	if err != nil || len(ms) == 0 {
		return nil, err
	}
	if err := f.st.AheadOfMeetings(ctx, a.StaffID(), ms); err != nil {
		return nil, err
	}
	hasPlaces := map[ids.AgencyID]bool{}
	for _, m := range ms {
		o, err := f.gather(ctx, a, m)
		if err != nil {
			return nil, err
		}
		has, asked := hasPlaces[o.Mother.Establishment]
		if !asked {
			places, err := f.st.Places(ctx, o.Mother.Establishment)
			if err != nil {
				return nil, err
			}
			has = len(places) > 0
			hasPlaces[o.Mother.Establishment] = has
		}
		if !has || !policy.Decide(o.to(policy.PlanMeeting)).Allowed() {
			continue
		}
		row := ToPlace{MeetingRow: o.row(a, f.now())}
		if b, ok := booked[m.ID]; ok {
			v, err := f.placedView(ctx, m, o.Mother, b)
			if err != nil {
				return nil, err
			}
			if v.Clash == "" {
				continue
			}
			row.Placed = &v
		}
		out = append(out, row)
	}
	return out, nil
}
