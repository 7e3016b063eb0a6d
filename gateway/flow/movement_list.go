package flow

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// MovementConfig says how a prison's list of movements is reckoned; what is zero has the default of package movement.
type MovementConfig struct {
	// PickUp is how long before the beginning a woman is unlocked, and after the end is back, where no place is booked with times of its own.
	PickUp time.Duration
	// AlarmBefore is how long before the beginning the alarm goes when nobody on the wing has acknowledged it.
	AlarmBefore time.Duration
	// Late is how near to its beginning a change is late, and announced to the wing.
	Late time.Duration
}

func orElse(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

func (c MovementConfig) pickUp() time.Duration { return orElse(c.PickUp, movement.DefaultPickUp) }
func (c MovementConfig) alarmBefore() time.Duration {
	return orElse(c.AlarmBefore, movement.DefaultAlarmBefore)
}
func (c MovementConfig) late() time.Duration { return orElse(c.Late, movement.DefaultLate) }

// moving is a movement as it is now, with what every decision about it needs.
type moving struct {
	store.MovementOf
	movement.Slip
	caseID ids.CaseID
	thread ids.ThreadID // of a reading: who may not know of the conversation learns nothing of it from the audit log
	mother people.Mother
	facts  policy.Facts   // without an act
	staff  []people.Staff // who are with her
	hosts  []ids.StaffID  // who wait for her
	gone   bool           // she is no longer in custody, or the booking is another prison's
}

func (m moving) to(act policy.Act) policy.Facts {
	f := m.facts
	f.Act = act
	return f
}

// where puts onto a meeting's slip the place that is booked for it, with its own times of leaving the wing and being there again; without one it is a kiosk or room of her
// wing, at the usual times. What was called off has what it had.
func (f *Flow) where(ctx context.Context, s movement.Slip, id ids.MeetingID) (movement.Slip, error) {
	s = s.Timed(f.cfg.Movements.pickUp(), f.cfg.Movements.pickUp())
	booking := f.st.Booking
	if s.Off {
		booking = f.st.LastBooking
	}
	b, err := booking(ctx, id)
	if ids.KindOf(err) == ids.NotFound {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	p, err := f.st.Place(ctx, b.Place)
	s.Place, s.PickUp, s.Back, s.Special = p.Name, b.PickUp, b.Back, b.Special
	return s, err
}

// worksAt completes an actor's facts about a movement by where she works; wing is hers, "" = all.
func worksAt(facts policy.Facts, wing, hers ids.WingID) policy.Facts {
	facts.SamePlace = facts.Case.SameEstablishment
	facts.Case.SameWing = facts.SamePlace && (wing == "" || wing == hers)
	return facts
}

// movingMeeting is the movement of a meeting; wing is the actor's.
func (f *Flow) movingMeeting(ctx context.Context, o openMeeting, wing ids.WingID) (m moving, err error) {
	m = moving{MovementOf: store.MovementOf{Meeting: o.ID}, caseID: o.Case, mother: o.Mother, facts: worksAt(o.facts, wing, o.Mother.Wing), gone: o.Mother.Custody == people.Released || o.State == meetings.ToReoffer}
	m.Slip = movement.Slip{Mother: o.Mother.ID, Wing: o.Mother.Wing, Starts: o.Starts, Ends: o.Ends, Off: o.State == meetings.Cancelled}
	if m.Slip, err = f.where(ctx, m.Slip, o.ID); err != nil {
		return m, err
	}
	for _, p := range o.Participants {
		if p.Kind != meetings.PersonStaff || !p.Removed.IsZero() {
			continue
		}
		if p.Role == meetings.RoleHost {
			m.hosts = append(m.hosts, ids.StaffID(p.Person))
		}
		if err := f.with(ctx, &m, ids.StaffID(p.Person)); err != nil {
			return m, err
		}
	}
	return m, nil
}

// with adds somebody of the staff who is with her. Only of which house she is goes onto the slip.
func (f *Flow) with(ctx context.Context, m *moving, id ids.StaffID) error {
	s, err := f.st.Staff(ctx, id)
	if err != nil {
		return err
	}
	m.staff = append(m.staff, s)
	if s.Agency == m.mother.Establishment {
		m.With.Prison = true
	} else {
		m.With.Pact = true
	}
	return nil
}

// movingReading is the movement of a reading together. It looks like any other: nothing says what for.
func (f *Flow) movingReading(ctx context.Context, a ids.Actor, t messages.Together, wing ids.WingID) (m moving, err error) {
	around, err := f.caseAround(ctx, a, t.Case)
	if err != nil {
		return m, err
	}
	m = moving{MovementOf: store.MovementOf{Message: t.Message}, caseID: t.Case, thread: t.Thread, mother: around.mother, gone: around.mother.Custody == people.Released}
	m.facts = worksAt(policy.Facts{Actor: a, Case: around.facts}, wing, m.mother.Wing)
	m.facts.Thread.ID = t.Thread
	m.Slip = movement.Slip{Mother: m.mother.ID, Wing: m.mother.Wing, Off: true}
	if b := t.Booking; !b.For.IsZero() {
		m.Slip.Starts, m.Slip.Ends, m.Slip.Place, m.Slip.Off = b.For, b.For.Add(messages.ReadingTime), b.Place, false
		m.gone = m.gone || !b.Holds(m.mother.Establishment)
		m.hosts = []ids.StaffID{b.Supporter}
		if err := f.with(ctx, &m, b.Supporter); err != nil {
			return m, err
		}
	}
	m.Slip = m.Timed(f.cfg.Movements.pickUp(), f.cfg.Movements.pickUp())
	return m, nil
}

// loadMoving reads one movement and gathers the actor's facts about it. It decides nothing.
func (f *Flow) loadMoving(ctx context.Context, a ids.Actor, id ids.MovementID) (m moving, err error) {
	of, err := f.st.Movement(ctx, id)
	if err != nil {
		return m, err
	}
	var wing ids.WingID
	if a.StaffID() != "" {
		s, err := f.st.Staff(ctx, a.StaffID())
		if err != nil {
			return m, err
		}
		wing = s.Wing
	}
	if of.Meeting != "" {
		o, err := f.loadMeeting(ctx, a, of.Meeting)
		if err != nil {
			return m, err
		}
		m, err = f.movingMeeting(ctx, o, wing)
		m.ID = id
		return m, err
	}
	t, err := f.st.TogetherOf(ctx, of.Message)
	if err != nil {
		return m, err
	}
	m, err = f.movingReading(ctx, a, t, wing)
	m.ID = id
	return m, err
}

// MovementDay is the list of movements of one day at the actor's prison.
type MovementDay struct {
	Day    workdays.Day
	Prison string
	Wing   ids.WingID    // whose list it is; "" = all wings
	Own    ids.WingID    // the only wing that the actor is told of; "" = she may choose
	Wings  []people.Wing // to choose from
	Rows   []movement.Row
}

// MovementDay returns the list of a London day, as far as the prison's own staff must know of it to bring the women where they are due. wing "" = all of them; an officer of
// one wing is told of that wing, whatever she asks for. Whoever is of no prison gets an empty list.
func (f *Flow) MovementDay(ctx context.Context, a ids.Actor, day workdays.Day, wing ids.WingID) (v MovementDay, err error) {
	v.Day = day
	if a.Agency == "" || a.StaffID() == "" {
		return v, nil
	}
	names, own, err := f.wingsOf(ctx, a)
	if err != nil {
		return v, err
	}
	if v.Wings, err = f.st.Wings(ctx, a.Agency); err != nil || len(v.Wings) == 0 {
		return v, err
	}
	if v.Own = own; own != "" {
		wing = own
	}
	if names[wing] != "" {
		v.Wing = wing
	}
	place, err := f.st.Agency(ctx, a.Agency)
	if err != nil {
		return v, err
	}
	v.Prison = place.Name
	list, err := f.movingOn(ctx, a, day, own)
	if err != nil {
		return v, err
	}
	of := make([]string, len(list))
	for i, m := range list {
		of[i] = string(m.Meeting) + string(m.Message)
	}
	logs, err := f.st.MovementLogs(ctx, of)
	if err != nil {
		return v, err
	}
	people := map[ids.StaffID]string{}
	for i, m := range list {
		facts := m.to(policy.SeeMovement)
		if m.gone || !facts.SamePlace || !policy.Decide(facts).Allowed() || v.Wing != "" && v.Wing != m.Wing {
			continue
		}
		log := logs[of[i]]
		if log == nil {
			log = &store.MovementLog{}
		}
		row, ok, err := f.movementRow(ctx, m, *log, day, people)
		if err != nil {
			return v, err
		}
		if ok {
			row.Wing = names[m.Wing]
			v.Rows = append(v.Rows, row)
		}
	}
	movement.Sort(v.Rows)
	movement.MarkTwice(v.Rows)
	return v, nil
}

// movingOn gathers what could be on the list of a day.
func (f *Flow) movingOn(ctx context.Context, a ids.Actor, day workdays.Day, own ids.WingID) (list []moving, err error) {
	from, to := day.Start(), day.Plus(1).Start()
	ms, err := f.st.MeetingsOnDay(ctx, a.Agency, from, to)
	if err != nil {
		return nil, err
	}
	ctx = store.OnePage(ctx)
	if err := f.st.AheadOfMeetings(ctx, a.StaffID(), ms); err != nil {
		return nil, err
	}
	for _, m := range ms {
		o, err := f.gather(ctx, a, m)
		if err != nil {
			return nil, err
		}
		one, err := f.movingMeeting(ctx, o, own)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	rs, err := f.st.ReadingsOnDay(ctx, a.Agency, from, to)
	if err != nil {
		return nil, err
	}
	for _, t := range rs {
		one, err := f.movingReading(ctx, a, t, own)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// movementRow is a movement on the list of a day; ok is false when it is not on it.
func (f *Flow) movementRow(ctx context.Context, m moving, log store.MovementLog, day workdays.Day, known map[ids.StaffID]string) (row movement.Row, ok bool, err error) {
	shown, moved, ok := movement.OnDay(m.Slip, log.Changes, log.Acks, day.Start(), day.Plus(1).Start())
	if !ok {
		return row, false, nil
	}
	name := func(id ids.StaffID) string {
		if _, ok := known[id]; !ok {
			known[id] = f.personName(ctx, string(id))
		}
		return known[id]
	}
	row = movement.Row{ID: log.ID, Mother: m.mother.Name, Number: m.mother.PrisonerNumber, Slip: shown, MovedTo: moved, Finger: m.Print(), Standing: movement.Standing(log.Marks, shown.Starts)}
	if n := len(log.Marks); n > 0 {
		row.Seq = log.Marks[n-1].Seq
	}
	if row.Standing.By != "" {
		row.StandBy = name(row.Standing.By)
	}
	if a, ok := movement.Acknowledged(log.Acks, m.Slip); ok {
		row.Acked = &movement.Acked{Name: name(a.By), At: a.At}
	}
	if c, ok := movement.News(log.Changes, log.Acks, m.Slip); ok {
		row.News = &c
	}
	row.Alarm = !row.Gone() && movement.Alarming(f.now(), m.Slip, log.Acks, row.Standing.State, f.cfg.Movements.alarmBefore())
	row.MayMark = policy.Decide(m.to(policy.RecordMovement)).Allowed()
	if m.Meeting == "" {
		return row, true, nil
	}
	// With whom by name, and where she takes part in another way, is for whoever may know of the meeting, or brings her there.
	if policy.Decide(m.to(policy.SeeMeeting)).Allowed() {
		for _, s := range m.staff {
			row.Names = append(row.Names, s.Name)
		}
	}
	if !row.Gone() && policy.Decide(m.to(policy.StepDown)).Allowed() {
		row.Step = m.Meeting
	}
	return row, true, nil
}

// MovementMark returns a value that changes when the list of a day, as the actor is shown it, does.
func (f *Flow) MovementMark(ctx context.Context, a ids.Actor, day workdays.Day, wing ids.WingID) (string, error) {
	v, err := f.MovementDay(ctx, a, day, wing)
	if err != nil {
		return "", err
	}
	return v.Mark(), nil
}

// Mark is what MovementMark returns.
func (v MovementDay) Mark() string {
	sum := sha256.New()
	fmt.Fprintln(sum, v.Day, v.Wing)
	for _, r := range v.Rows {
		fmt.Fprintln(sum, r.ID, r.Finger, r.Mother, r.Wing, r.Starts.Unix(), r.MovedTo.Unix(), r.Seq, r.Standing.State, r.Alarm, r.Acked != nil, r.News != nil, slices.Clone(r.Names))
		if r.News != nil {
			fmt.Fprintln(sum, r.News.Seq, r.News.What)
		}
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12])
}
