package flow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// openMeeting is a meeting with what every decision about it needs.
type openMeeting struct {
	meetings.Meeting
	Participants []meetings.Participant
	CaseRow      cases.Case
	Mother       people.Mother
	own          meetings.Participant // the actor's place
	takesPart    bool
	facts        policy.Facts // without an act
}

// loadMeeting reads a meeting and gathers the actor's facts about it. It decides nothing.
func (f *Flow) loadMeeting(ctx context.Context, a ids.Actor, id ids.MeetingID) (openMeeting, error) {
	m, err := f.st.Meeting(ctx, id)
	if err != nil {
		return openMeeting{}, err
	}
	return f.gather(ctx, a, m)
}

func (f *Flow) gather(ctx context.Context, a ids.Actor, m meetings.Meeting) (openMeeting, error) {
	around, err := f.caseAround(ctx, a, m.Case)
	if err != nil {
		return openMeeting{}, err
	}
	return f.gatherIn(ctx, a, m, around)
}

// caseAround is the case of a meeting with the actor's facts about it.
type caseAround struct {
	row    cases.Case
	mother people.Mother
	facts  policy.CaseFacts
	rules  []policy.Restriction // in force today
}

func (f *Flow) caseAround(ctx context.Context, a ids.Actor, id ids.CaseID) (c caseAround, err error) {
	if c.row, err = f.st.Case(ctx, id); err != nil {
		return c, err
	}
	if c.mother, err = f.st.Mother(ctx, c.row.Mother); err != nil {
		return c, err
	}
	if c.rules, err = restrictionsInForce(ctx, f.st.Reader, id); err != nil {
		return c, err
	}
	c.facts, err = caseFactsOf(ctx, f.st.Reader, a, c.row, c.mother)
	return c, err
}

func (f *Flow) gatherIn(ctx context.Context, a ids.Actor, m meetings.Meeting, c caseAround) (o openMeeting, err error) {
	o.Meeting, o.CaseRow, o.Mother = m, c.row, c.mother
	if o.Participants, err = f.st.Participants(ctx, m.ID); err != nil {
		return o, err
	}
	o.own, o.takesPart = meetings.Find(o.Participants, a)
	phase := m.PhaseAt(f.now())
	o.facts = policy.Facts{Actor: a, Case: c.facts, Meeting: policy.MeetingFacts{
		IsParticipant: o.takesPart,
		IsHost:        o.takesPart && o.own.Role == meetings.RoleHost,
		Cancelled:     phase == meetings.CalledOff,
		Ended:         phase == meetings.Over,
		TooEarly:      phase == meetings.TooEarly,
		Private:       m.Kind.Private(),
		AboutChildren: m.Kind.AboutChildren(),
		Begun:         !f.now().Before(m.Starts),
	}}
	if len(c.rules) > 0 {
		o.facts.InForce = c.rules
		o.facts.Touch, err = f.meets(ctx, a, m, o.Participants)
	}
	return o, err
}

// to returns the facts for one act on the meeting.
func (o openMeeting) to(act policy.Act) policy.Facts {
	f := o.facts
	f.Act = act
	return f
}

// MeetingRow is a meeting in a list.
type MeetingRow struct {
	meetings.Meeting
	Phase         meetings.Phase
	CaseReference string        // staff only
	Mother        string        // her name; staff only
	Role          meetings.Role // the actor's own; "" when she is not invited
	With          []string      // the names of the others, as the actor may know them
}

// mostMeetings bounds a list of meetings; what is older is found in its case.
const mostMeetings = 200

// MeetingsOf returns the meetings that the actor may know of: first those to come, the next first, then those that are over, the last
// first.
func (f *Flow) MeetingsOf(ctx context.Context, actor ids.Actor) ([]MeetingRow, error) {
	var ms []meetings.Meeting
	var err error
	switch {
	case actor.Kind == ids.ActorMother:
		ms, err = f.st.MeetingsOfPerson(ctx, meetings.PersonMother, actor.ID, mostMeetings)
	case actor.StaffID() != "":
		ms, err = f.st.CandidateMeetings(ctx, actor.StaffID(), actor.Agency, mostMeetings)
	case actor.Kind == ids.ActorContact:
		ms, err = f.st.MeetingsOfPerson(ctx, meetings.PersonContact, actor.ID, mostMeetings)
	default:
		return nil, ids.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return f.meetingRows(ctx, actor, ms)
}

// CaseMeetings returns a case's meetings that the actor may know of, in the order of MeetingsOf.
func (f *Flow) CaseMeetings(ctx context.Context, actor ids.Actor, c ids.CaseID) ([]MeetingRow, error) {
	ms, err := f.st.MeetingsOfCase(ctx, c)
	if err != nil {
		return nil, err
	}
	return f.meetingRows(ctx, actor, ms)
}

func (f *Flow) meetingRows(ctx context.Context, actor ids.Actor, ms []meetings.Meeting) ([]MeetingRow, error) {
	ctx = store.OnePage(ctx)
	if err := f.st.AheadOfMeetings(ctx, actor.StaffID(), ms); err != nil {
		return nil, err
	}
	rows := make([]MeetingRow, 0, len(ms))
	known := map[ids.CaseID]caseAround{} // many meetings have one case
	for _, m := range ms {
		c, ok := known[m.Case]
		if !ok {
			var err error
			if c, err = f.caseAround(ctx, actor, m.Case); err != nil {
				return nil, err
			}
			known[m.Case] = c
		}
		o, err := f.gatherIn(ctx, actor, m, c)
		if err != nil {
			return nil, err
		}
		if policy.Decide(o.to(policy.SeeMeeting)).Allowed() {
			rows = append(rows, o.row(actor, f.now()))
		}
	}
	living := func(r MeetingRow) bool { return r.Phase == meetings.Open || r.Phase == meetings.TooEarly }
	slices.SortStableFunc(rows, func(a, b MeetingRow) int {
		switch la, lb := living(a), living(b); {
		case la != lb && la:
			return -1
		case la != lb:
			return 1
		case la:
			return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(b.Starts.Compare(a.Starts), cmp.Compare(a.ID, b.ID))
	})
	return rows, nil
}

func (o openMeeting) row(a ids.Actor, now time.Time) MeetingRow {
	r := MeetingRow{Meeting: o.Meeting, Phase: o.PhaseAt(now), Role: o.own.Role}
	if a.StaffID() != "" {
		r.CaseReference, r.Mother = o.CaseRow.Reference, o.Mother.Name
	}
	if a.Kind == ids.ActorContact {
		r.Title = "" // somebody inside wrote it
	}
	for _, p := range o.Participants {
		if p.Removed.IsZero() && !p.Is(a) && mayName(a, p) {
			r.With = append(r.With, p.Name)
		}
	}
	return r
}

// mayName reports whether the actor may read a participant's name outside the room.
func mayName(a ids.Actor, p meetings.Participant) bool {
	return a.Kind != ids.ActorContact || p.Is(a) || p.Role == meetings.RoleHost
}

// Meeting returns one meeting as the actor may see it.
func (f *Flow) Meeting(ctx context.Context, actor ids.Actor, id ids.MeetingID) (MeetingView, error) {
	o, err := f.loadMeeting(ctx, actor, id)
	if err != nil {
		return MeetingView{}, err
	}
	if err := f.may(ctx, o.to(policy.SeeMeeting), auditID(id)); err != nil {
		return MeetingView{}, err
	}
	v := MeetingView{MeetingRow: o.row(actor, f.now())}
	v.MayPrepare = actor.StaffID() != "" && policy.Decide(o.to(policy.SeePreparation)).Allowed()
	v.MayJoin = policy.Decide(o.to(policy.AttendMeeting)).Allowed()
	v.MayCancel = (v.Phase == meetings.Open || v.Phase == meetings.TooEarly) && policy.Decide(o.to(policy.PlanMeeting)).Allowed()
	v.MayMove = v.MayCancel
	events, err := f.st.Attendance(ctx, id)
	if err != nil {
		return v, err
	}
	names := map[ids.ParticipantID]string{}
	for _, p := range o.Participants {
		names[p.ID] = p.DisplayName()
		one, err := f.participantView(ctx, actor, p, events)
		if err != nil {
			return v, err
		}
		v.Participants = append(v.Participants, one)
	}
	if actor.StaffID() != "" {
		stands := o.takesPart && (o.own.Role == meetings.RoleHost || o.own.Role == meetings.RoleSupporter) || policy.Decide(o.to(policy.PlanMeeting)).Allowed()
		for _, e := range events {
			if e.Kind.Quiet() && !stands {
				continue
			}
			v.Attendance = append(v.Attendance, AttendanceRow{Kind: e.Kind, Name: names[e.Participant], By: names[e.By], At: e.At, Detail: e.Detail})
		}
		if v.Expected, err = f.expected(ctx, v.Meeting); err != nil {
			return v, err
		}
		if v.Moves, err = f.movesOf(ctx, v.Meeting); err != nil {
			return v, err
		}
	}
	if actor.Kind != ids.ActorContact { // where in the prison she is, is nobody's outside
		if v.Placed, err = f.placeOf(ctx, v.Meeting, o.Mother); err != nil {
			return v, err
		}
	}
	if policy.Decide(o.to(policy.PlanMeeting)).Allowed() {
		v.From, err = f.madeOf(ctx, id)
	}
	return v, err
}

// TicketSigner makes a ticket that the media server takes once. It must not block.
type TicketSigner interface {
	SignTicket(t meetings.Ticket) (string, error)
}

// RoomsPath is where the media server's signalling socket is, on the same host as the pages.
const RoomsPath = "/rooms/ws"

// RoomTicket lets one participant into one room once.
type RoomTicket struct {
	Meeting     ids.MeetingID
	Participant ids.ParticipantID
	Name        string // as the others in the room will see it
	Role        meetings.Role
	Path        string // of the signalling WebSocket
	Ticket      string
	Expires     time.Time // when it is worthless if it was not used
}

// RoomTicket gives the actor a ticket for her own place in a meeting.
func (f *Flow) RoomTicket(ctx context.Context, actor ids.Actor, id ids.MeetingID) (RoomTicket, error) {
	o, err := f.loadMeeting(ctx, actor, id)
	if err != nil {
		return RoomTicket{}, err
	}
	return f.issueTicket(ctx, o, o.own)
}

// RoomTicketFor gives a ticket for a named participant's place: her own to everybody, another's to the host's bearer token.
func (f *Flow) RoomTicketFor(ctx context.Context, actor ids.Actor, id ids.MeetingID, participant ids.ParticipantID) (RoomTicket, error) {
	o, err := f.loadMeeting(ctx, actor, id)
	if err != nil {
		return RoomTicket{}, err
	}
	if o.takesPart && o.own.ID == participant {
		return f.issueTicket(ctx, o, o.own)
	}
	for _, p := range o.Participants {
		if p.ID == participant && p.Removed.IsZero() {
			return f.issueTicket(ctx, o, p)
		}
	}
	if err := f.may(ctx, o.to(policy.IssueTicket), auditID(id)); err != nil {
		return RoomTicket{}, err
	}
	return RoomTicket{}, ids.E(ids.NotFound, "This participant is not in the meeting.")
}

func (f *Flow) issueTicket(ctx context.Context, o openMeeting, p meetings.Participant) (RoomTicket, error) {
	facts := o.to(policy.IssueTicket)
	facts.Meeting.Self = p.ID == o.own.ID
	d := policy.Decide(facts)
	if !d.Allowed() {
		return RoomTicket{}, f.refuse(ctx, facts, auditID(o.ID), d)
	}
	if f.cfg.Tickets == nil {
		return RoomTicket{}, ids.E(ids.Unavailable, "Meeting rooms are not set up on this server.")
	}
	t := meetings.Ticket{ID: ids.Secret(16), Room: o.ID, Participant: p.ID, Device: deviceOf(facts.Actor), Expires: f.now().Add(meetings.TicketLife)}
	signed, err := f.cfg.Tickets.SignTicket(t)
	if err != nil {
		return RoomTicket{}, err
	}
	err = f.st.Write(ctx, facts.Actor, func(*store.Tx) (audit.Entry, error) {
		return decided(audit.TicketIssued(audit.Seat{Case: o.Case, Meeting: o.ID, Participant: p.ID}, t.ID), d), nil
	})
	if err != nil {
		return RoomTicket{}, err
	}
	return RoomTicket{Meeting: o.ID, Participant: p.ID, Name: p.DisplayName(), Role: p.Role, Path: RoomsPath, Ticket: signed, Expires: t.Expires}, nil
}

// deviceOf says where a ticket will be used.
func deviceOf(a ids.Actor) string {
	switch a.Kind {
	case ids.ActorMother:
		return "kiosk"
	case ids.ActorContact:
		return "guest"
	case ids.ActorAPI:
		return "api"
	}
	return "staff"
}

// RoomEvent records what happened in a room: attendance and an audit entry. It is idempotent by the event's identifier and durable when it
// returns nil; events of kinds that are not kept are taken and forgotten. An error of kind NotFound or Invalid will not mend: do not
// tell the event again.
func (f *Flow) RoomEvent(ctx context.Context, e meetings.RoomEvent) error {
	if !e.Kind.Kept() {
		return nil
	}
	if e.ID == "" || len(e.ID) > 100 {
		return ids.E(ids.Invalid, "A room event needs an identifier.")
	}
	e.Detail = audit.Code(e.Detail)
	m, err := f.st.Meeting(ctx, e.Room)
	if e.Kind == meetings.TicketRefused && ids.KindOf(err) == ids.NotFound {
		// A ticket that nobody here made: there is no meeting in whose record it could stand.
		return f.st.Write(ctx, ids.System("rooms"), func(*store.Tx) (audit.Entry, error) { return audit.TicketRefused(e.Detail), nil })
	}
	if err != nil {
		return err
	}
	ps, err := f.st.Participants(ctx, e.Room)
	if err != nil {
		return err
	}
	entry, err := roomEntry(m, ps, e)
	if err != nil {
		return err
	}
	if e.At.IsZero() {
		e.At = f.now()
	}
	err = f.st.Write(ctx, ids.System("rooms"), func(tx *store.Tx) (audit.Entry, error) {
		added, err := tx.AddAttendance(e)
		if err == nil && !added {
			err = errSame
		}
		if err != nil {
			return audit.Entry{}, err
		}
		if e.Kind != meetings.RoomEnded || !endsForGood(m, e, tx.Now()) {
			return entry, nil
		}
		if _, err := tx.SetMeetingState(m.ID, meetings.Ended); err != nil && ids.KindOf(err) != ids.Conflict {
			return audit.Entry{}, err
		}
		return entry, nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// endsForGood reports whether the end of a room is the end of its meeting: a host ended it, or its time is over. A media server that
// stopped, or an order that replaced the room, ends nothing.
func endsForGood(m meetings.Meeting, e meetings.RoomEvent, now time.Time) bool {
	return e.By != "" || e.Detail == "ended" || e.Detail == "time" || !now.Before(m.RoomCloses())
}

// saidByButton makes the entry of what people in a room say by a button.
func saidByButton(s audit.Seat, e meetings.RoomEvent) (entry audit.Entry) {
	switch e.Kind {
	case meetings.PrivateBegan:
		entry = audit.RoomPrivateBegan(s, e.By)
	case meetings.PrivateEnded:
		entry = audit.RoomPrivateEnded(s, e.By, e.Detail)
	case meetings.BreakAsked:
		entry = audit.RoomBreakAsked(s)
	case meetings.BreakOver:
		entry = audit.RoomBreakOver(s, e.By, e.Detail)
	case meetings.NotUnderstood:
		entry = audit.RoomNotUnderstood(s)
	case meetings.HandRaised:
		entry = audit.RoomHandRaised(s)
	case meetings.Locked:
		entry = audit.RoomLocked(s)
	case meetings.Unlocked:
		entry = audit.RoomUnlocked(s)
	}
	return entry
}

// roomEntry makes the audit entry of an event. Who did it is its actor.
func roomEntry(m meetings.Meeting, ps []meetings.Participant, e meetings.RoomEvent) (audit.Entry, error) {
	find := func(id ids.ParticipantID) (meetings.Participant, bool) {
		i := slices.IndexFunc(ps, func(p meetings.Participant) bool { return p.ID == id })
		if i < 0 {
			return meetings.Participant{}, false
		}
		return ps[i], true
	}
	by, byKnown := find(e.By)
	if e.By != "" && !byKnown {
		return audit.Entry{}, ids.E(ids.Invalid, "Who acted in the room is not a participant of the meeting.")
	}
	if e.Kind == meetings.RoomEnded {
		code := e.Detail
		if e.By != "" && code == "" {
			code = "host"
		}
		entry := audit.RoomEnded(m.Case, m.ID, code).With("by", string(e.By))
		if byKnown {
			entry = entry.By(by.Actor())
		}
		return entry, nil
	}
	if e.Kind == meetings.TicketRefused {
		return audit.TicketRefused(e.Detail).In(m.Case, "").With("meeting", string(m.ID)).With("participant", audit.Code(string(e.Participant))), nil
	}
	p, ok := find(e.Participant)
	if !ok {
		return audit.Entry{}, ids.E(ids.Invalid, "The room event names nobody of the meeting.")
	}
	seat := audit.Seat{Case: m.Case, Meeting: m.ID, Participant: p.ID}
	actor := p.Actor()
	var entry audit.Entry
	switch e.Kind {
	case meetings.Knocked:
		entry = audit.RoomKnocked(seat)
	case meetings.StoppedWaiting:
		entry = audit.RoomLeft(seat, "lobby:"+e.Detail)
	case meetings.Joined:
		entry = audit.RoomJoined(seat)
	case meetings.Left:
		entry = audit.RoomLeft(seat, e.Detail)
	case meetings.Admitted:
		entry = audit.RoomAdmitted(seat, e.By)
	case meetings.Refused:
		entry = audit.RoomRefused(seat, e.By)
	case meetings.TakenOut:
		entry = audit.RoomRemoved(seat, e.By)
	default:
		entry = saidByButton(seat, e)
	}
	switch {
	case byKnown:
		actor = by.Actor()
	case e.Kind == meetings.PrivateEnded || e.Kind == meetings.BreakOver:
		return entry, nil // by itself: the room's doing, not hers
	}
	return entry.By(actor), nil
}
