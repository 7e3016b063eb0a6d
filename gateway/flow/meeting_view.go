package flow

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

// MeetingView is a meeting as one person may see it.
type MeetingView struct {
	MeetingRow
	Expected     // staff only
	Participants []ParticipantView
	Attendance   []AttendanceRow // staff only
	MayPrepare   bool            // how it is made ready may be seen
	MayJoin      bool            // a ticket would be given now
	MayCancel    bool
	MayMove      bool
	Moves        []MoveRow      // staff only, the last first
	Placed       *PlacedView    // where she is to take part; nil = nowhere yet, or the actor is a guest
	From         *invites.Known // the invitation of which it was made, for who plans; nil = none, it is held in our own room
}

// BackBefore is when she must be taken back, where a place that holds is booked for her and that is before the room closes; the zero time otherwise.
func (v MeetingView) BackBefore() time.Time {
	if v.Placed == nil || v.Placed.Clash != "" || !v.Placed.Back.Before(v.RoomCloses()) {
		return time.Time{}
	}
	return v.Placed.Back
}

// ParticipantView is one person of a meeting. Email and its state, TypedName and the presence are shown to staff alone; a guest learns the name of the
// host and her own, of the others the role: who else is involved with a family is told to nobody by a list.
type ParticipantView struct {
	ID        ids.ParticipantID
	Kind      meetings.PersonKind
	Role      meetings.Role
	Office    people.ContactRole // of a guest
	Agency    string             // the name of hers; "" for the mother
	Name      string
	TypedName string
	Email     string
	Mail      meetings.MailState // how far the newest mail to a guest has come, and when
	MailAt    time.Time
	Self      bool
	Presence  meetings.Presence
	Answer    meetings.GuestAnswer // what a guest's calendar has said to the present times
}

// AttendanceRow is one event of the room in the order it happened, with names.
type AttendanceRow struct {
	Kind   meetings.EventKind
	Name   string // of the participant; "" when the event is the whole room's
	By     string // the name of who did it; "" = the participant herself or the room
	At     time.Time
	Detail string
}

func (f *Flow) participantView(ctx context.Context, a ids.Actor, p meetings.Participant, events []meetings.Attendance) (ParticipantView, error) {
	v := ParticipantView{ID: p.ID, Kind: p.Kind, Role: p.Role, Self: p.Is(a)}
	if mayName(a, p) {
		v.Name = p.Name
	}
	if a.StaffID() != "" {
		v.TypedName, v.Email, v.Mail, v.MailAt, v.Presence = p.TypedName, p.Email, p.Mail, p.MailAt, meetings.PresenceOf(events, p.ID)
		v.Answer = p.Answer
	}
	var agency ids.AgencyID
	switch p.Kind {
	case meetings.PersonStaff:
		s, err := f.st.Staff(ctx, ids.StaffID(p.Person))
		if err != nil {
			return v, err
		}
		agency = s.Agency
	case meetings.PersonContact:
		c, err := f.st.Contact(ctx, ids.ContactID(p.Person))
		if err != nil {
			return v, err
		}
		v.Office, agency = c.Role, c.Agency
	}
	if agency == "" || !mayName(a, p) { // which authority is involved is as telling as a name
		return v, nil
	}
	of, err := f.st.Agency(ctx, agency)
	v.Agency = of.Name
	return v, err
}
