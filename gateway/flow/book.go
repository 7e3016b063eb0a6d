package flow

import (
	"context"
	"errors"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// NewMeeting is a meeting as somebody plans it. Who plans it hosts it, and the mother of the case always takes part.
type NewMeeting struct {
	Case   ids.CaseID
	Kind   meetings.Kind
	Title  string // "" = the kind says it all
	Starts time.Time
	Ends   time.Time
	Guests []ids.ContactID
	Staff  []ids.StaffID // besides the planner
	// About are the children of the case whom it is about: only those who have to do with one of them can be guests. None = the whole family. The clocks of a meeting
	// that is about children go by them; in a case of one child it is about that one.
	About []ids.ChildID
	// Children are those of the case who are to be there.
	Children []ids.ChildID
	// Venue is where she is to take part.
	Venue Venue
	// AcrossAuthorities says that guests of more than one local authority are meant to meet.
	AcrossAuthorities bool
	// IdemKey makes the request safe to repeat: the case's meeting with this key is made once. "" = every request makes a meeting.
	IdemKey string
}

// Most people in one meeting; a media server's room takes 64.
const mostInvited = 40

// errSame ends a transaction in which everything was there already.
var errSame = errors.New("flow: done before")

// prepared is a meeting that may be made.
type prepared struct {
	meetings.Meeting
	plan  plan
	d     policy.Decision
	new   NewMeeting
	about []ids.ChildID
	key   string
}

// CreateMeeting plans a meeting: it invites the guests by email, puts it before the mother and tells the media server.
func (f *Flow) CreateMeeting(ctx context.Context, actor ids.Actor, n NewMeeting) (made ids.MeetingID, err error) {
	m, err := f.prepareMeeting(ctx, actor, n)
	if err != nil {
		return "", err
	}
	err = untilPlaced(func() error {
		return f.st.Write(ctx, actor, func(tx *store.Tx) (e audit.Entry, err error) {
			made, e, err = f.makeMeeting(tx, m)
			return e, err
		})
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return made, err
}

// prepareMeeting checks what somebody plans and asks policy.
func (f *Flow) prepareMeeting(ctx context.Context, actor ids.Actor, n NewMeeting) (m prepared, err error) {
	title, err := n.check(f.now())
	if err != nil {
		return m, err
	}
	if m.plan, err = f.loadPlan(ctx, actor, n); err != nil {
		return m, err
	}
	if m.d = policy.Decide(m.plan.facts); !m.d.Allowed() {
		return m, f.refuse(ctx, m.plan.facts, auditID(n.Case), m.d)
	}
	if err := f.mayAllMeet(ctx, n, m.plan); err != nil {
		return m, err
	}
	if m.about, err = f.aboutWhom(ctx, n, m.plan); err != nil {
		return m, err
	}
	m.Meeting = meetings.Meeting{ID: ids.New[ids.MeetingID](ids.Meeting), Case: n.Case, Kind: n.Kind, Title: title, Starts: n.Starts.UTC().Truncate(time.Second),
		Ends: n.Ends.UTC().Truncate(time.Second), State: meetings.Planned, CreatedBy: actor.StaffID(), Revision: 1}
	m.new, m.key = n, n.IdemKey
	if m.key == "" {
		m.key = string(m.ID)
	}
	return m, nil
}

// makeMeeting stores a prepared meeting with everything that must follow from it; errSame and its identifier when it was made before.
func (f *Flow) makeMeeting(tx *store.Tx, m prepared) (ids.MeetingID, audit.Entry, error) {
	id, added, err := tx.AddMeeting(m.Meeting, m.key)
	if err == nil && !added {
		err = errSame
	}
	if err != nil {
		return id, audit.Entry{}, err
	}
	if err := f.invite(tx, m.Meeting, m.plan); err != nil {
		return id, audit.Entry{}, err
	}
	for _, k := range unique(m.new.Children) {
		if err := tx.AddMeetingChild(id, k); err != nil {
			return id, audit.Entry{}, err
		}
	}
	for _, k := range m.about {
		if err := tx.AddMeetingAbout(id, k); err != nil {
			return id, audit.Entry{}, err
		}
	}
	if err := f.placeIn(tx, m.Meeting, m.plan.mother, m.new.Venue, m.CreatedBy); err != nil {
		return id, audit.Entry{}, err
	}
	return id, decided(audit.MeetingCreated(m.Case, id), m.d), f.movementChanged(tx, store.MovementOf{Meeting: id}, m.Case, "", movement.Change{What: movement.Added, Starts: m.Starts, Ends: m.Ends})
}

// check reports what is wrong with the request by itself and returns its title cleaned.
func (n NewMeeting) check(now time.Time) (string, error) {
	if !n.Kind.Valid() {
		return "", ids.E(ids.Invalid, "Choose what kind of meeting it is.")
	}
	if err := meetings.CheckTimes(n.Starts, n.Ends, now); err != nil {
		return "", err
	}
	if len(n.Guests)+len(n.Staff) > mostInvited {
		return "", ids.E(ids.Invalid, "A meeting can have %d people besides you and the mother at most.", mostInvited)
	}
	if len(n.IdemKey) > 200 {
		return "", ids.E(ids.Invalid, "The request's key must be 200 bytes or fewer.")
	}
	return meetings.CleanTitle(n.Title)
}

// plan is what is known of those who are to meet.
type plan struct {
	facts  policy.Facts
	mother people.Mother
	host   people.Staff
	staff  []people.Staff
	hosts  map[ids.StaffID]bool // which of the staff may plan meetings of the case themselves
	guests []people.Contact
}

// loadPlan gathers the facts about a meeting to be.
func (f *Flow) loadPlan(ctx context.Context, actor ids.Actor, n NewMeeting) (plan, error) {
	p := plan{hosts: map[ids.StaffID]bool{}, facts: policy.Facts{Act: policy.PlanMeeting, Actor: actor}}
	c, err := f.st.Case(ctx, n.Case)
	if err != nil {
		return p, err
	}
	if p.mother, err = f.st.Mother(ctx, c.Mother); err != nil {
		return p, err
	}
	if p.facts.Case, err = caseFactsOf(ctx, f.st.Reader, actor, c, p.mother); err != nil {
		return p, err
	}
	p.facts.Meeting = policy.MeetingFacts{LegalVisit: n.Kind == meetings.LegalVisit, Confirmed: n.AcrossAuthorities}
	if d := policy.Decide(p.facts); !d.Allowed() {
		return p, nil // who may not plan at all learns nothing about the guests she named
	}
	if p.host, err = f.st.Staff(ctx, actor.StaffID()); err != nil {
		return p, err
	}
	if err := f.loadStaff(ctx, c, n.Staff, &p); err != nil {
		return p, err
	}
	return p, f.loadGuests(ctx, c, n.Guests, n.About, &p)
}

// loadStaff reads the staff who are to take part. Each must be one who may know of the case; those who may plan its meetings host too,
// so that a meeting does not fail because one person is late.
func (f *Flow) loadStaff(ctx context.Context, c cases.Case, list []ids.StaffID, p *plan) error {
	seen := map[ids.StaffID]bool{p.host.ID: true}
	for _, id := range list {
		if seen[id] {
			continue
		}
		seen[id] = true
		s, err := f.st.Staff(ctx, id)
		if err != nil && ids.KindOf(err) != ids.NotFound {
			return err
		}
		if err != nil || s.Disabled {
			p.facts.Meeting.OutsideStaff = true
			continue
		}
		facts := policy.Facts{Act: policy.SeeCase, Actor: s.Actor()}
		if facts.Case, err = caseFactsOf(ctx, f.st.Reader, s.Actor(), c, p.mother); err != nil {
			return err
		}
		if !policy.Decide(facts).Allowed() {
			p.facts.Meeting.OutsideStaff = true
		}
		facts.Act = policy.PlanMeeting
		p.hosts[id] = policy.Decide(facts).Allowed()
		p.staff = append(p.staff, s)
	}
	return nil
}

// loadGuests reads the guests. One belongs to the meeting when she could have been offered. A stranger, somebody of another case and who has to do with another child look
// the same.
func (f *Flow) loadGuests(ctx context.Context, c cases.Case, list []ids.ContactID, about []ids.ChildID, p *plan) error {
	if len(list) == 0 {
		return nil
	}
	offered, err := f.peopleAround(ctx, p.facts, c, about)
	if err != nil {
		return err
	}
	known := map[ids.ContactID]people.Contact{}
	for _, g := range offered {
		known[g.ID] = g
	}
	seen := map[ids.ContactID]bool{}
	authorities := map[ids.AgencyID]bool{}
	for _, id := range list {
		if seen[id] {
			continue
		}
		seen[id] = true
		g, ok := known[id]
		if !ok {
			p.facts.Meeting.UnknownGuest = true
			continue
		}
		agency, err := f.st.Agency(ctx, g.Agency)
		if err != nil {
			return err
		}
		if agency.Kind == people.Authority {
			authorities[agency.ID] = true
		}
		p.guests = append(p.guests, g)
	}
	p.facts.Meeting.SeveralAuthorities = len(authorities) > 1
	return nil
}

// invite stores the participants of a new meeting with everything that must follow from it.
func (f *Flow) invite(tx *store.Tx, m meetings.Meeting, p plan) error {
	var ps []meetings.Participant
	add := func(kind meetings.PersonKind, person, name string, role meetings.Role) meetings.Participant {
		one := meetings.Participant{ID: ids.New[ids.ParticipantID](ids.Participant), Meeting: m.ID, Kind: kind, Person: person, Name: name, Role: role}
		ps = append(ps, one)
		return one
	}
	add(meetings.PersonStaff, string(p.host.ID), p.host.Name, meetings.RoleHost)
	add(meetings.PersonMother, string(p.mother.ID), p.mother.Name, meetings.RoleMother)
	for _, s := range p.staff {
		role := meetings.RoleSupporter
		if p.hosts[s.ID] {
			role = meetings.RoleHost
		}
		add(meetings.PersonStaff, string(s.ID), s.Name, role)
	}
	for _, one := range ps {
		if err := tx.AddParticipant(one, ""); err != nil {
			return err
		}
	}
	for _, g := range p.guests {
		one := add(meetings.PersonContact, string(g.ID), g.Name, meetings.RoleGuest)
		one.Email = g.Email
		one.Answers = threads.NewToken()
		if err := f.inviteGuest(tx, m, one); err != nil {
			return err
		}
	}
	if err := tx.AddFeed(p.mother.ID, store.FeedMeeting, string(m.ID)); err != nil {
		return err
	}
	return f.enqueueOrder(tx, meetings.OrderFor(m, ps, p.mother.Language))
}

// inviteGuest stores a guest's place with her link and first code, and leaves the invitation to be sent.
func (f *Flow) inviteGuest(tx *store.Tx, m meetings.Meeting, g meetings.Participant) error {
	if err := tx.AddParticipant(g, people.HashToken(f.guestToken(g.ID))); err != nil {
		return err
	}
	code := store.GuestCode{ID: ids.Secret(16), Participant: g.ID, Purpose: store.CodeInvited, Expires: m.RoomCloses()}
	if err := tx.AddGuestCode(code); err != nil {
		return err
	}
	tx.Also(audit.GuestInvited(audit.Seat{Case: m.Case, Meeting: m.ID, Participant: g.ID}))
	return tx.Enqueue(outbox.MailGuest, "invited:"+string(g.ID), guestMail{Participant: g.ID, Purpose: mailInvited, Code: code.ID}, time.Time{})
}

// planned loads a meeting for somebody who changes its plan, and may.
func (f *Flow) planned(ctx context.Context, a ids.Actor, id ids.MeetingID) (o openMeeting, d policy.Decision, err error) {
	if o, err = f.loadMeeting(ctx, a, id); err != nil {
		return o, d, err
	}
	if err := f.may(ctx, o.to(policy.SeeMeeting), auditID(id)); err != nil {
		return o, d, err
	}
	facts := o.to(policy.PlanMeeting)
	if d = policy.Decide(facts); !d.Allowed() {
		return o, d, f.refuse(ctx, facts, auditID(id), d)
	}
	return o, d, nil
}

// CancelMeeting calls a planned meeting off: guests are told by email, the room is closed.
func (f *Flow) CancelMeeting(ctx context.Context, actor ids.Actor, id ids.MeetingID) error {
	o, d, err := f.planned(ctx, actor, id)
	if err != nil {
		return err
	}
	if o.Meeting.PhaseAt(f.now()) == meetings.Over {
		return ids.E(ids.Conflict, "This meeting has ended already.")
	}
	return f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.MeetingCancelled(o.Meeting.Case, id), d), f.cancelIn(tx, o)
	})
}

// cancelIn calls a planned meeting off with everything that must follow from it.
func (f *Flow) cancelIn(tx *store.Tx, o openMeeting) (err error) {
	m := o.Meeting
	if m.Revision, err = tx.SetMeetingState(m.ID, meetings.Cancelled); err != nil {
		return err
	}
	m.State = meetings.Cancelled
	if err := f.movementChanged(tx, store.MovementOf{Meeting: m.ID}, m.Case, "", movement.Change{What: movement.Off, Was: m.Starts, WasEnds: m.Ends}); err != nil {
		return err
	}
	for _, p := range o.Participants {
		if p.Kind != meetings.PersonContact || !p.Removed.IsZero() {
			continue
		}
		if err := tx.Enqueue(outbox.MailGuest, "cancelled:"+string(p.ID), guestMail{Participant: p.ID, Purpose: mailCancelled}, time.Time{}); err != nil {
			return err
		}
	}
	if err := tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(m.ID)); err != nil {
		return err
	}
	return f.enqueueOrder(tx, meetings.OrderFor(m, o.Participants, o.Mother.Language))
}
