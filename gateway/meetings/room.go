package meetings

import (
	"time"

	"kinbridge/gateway/ids"
)

// RoomOrder is all that the media server needs to run one room: it asks nothing back. A newer order (a higher Revision) replaces an
// older one whole, also in mid-call; one that is not newer is to be ignored.
type RoomOrder struct {
	Room     ids.MeetingID `json:"room"`
	Revision int64         `json:"revision"`
	Opens    time.Time     `json:"opens"`
	Closes   time.Time     `json:"closes"`
	Closed   bool          `json:"closed"`   // cancelled or ended: nobody may be in it
	Language string        `json:"language"` // the mother's: "en" or "cy"
	Members  []RoomMember  `json:"members"`
}

// RoomMember is one person who may be in the room.
type RoomMember struct {
	ID     ids.ParticipantID `json:"id"`
	Name   string            `json:"name"` // as others in the room see it
	Role   Role              `json:"role"`
	Rights Rights            `json:"rights"`
}

// Rights are what a member may do in the room.
type Rights struct {
	Enter   bool `json:"enter"`   // walks in; without it she waits in the lobby until somebody admits her
	Admit   bool `json:"admit"`   // admits and refuses, mutes, removes, ends the meeting
	Publish bool `json:"publish"` // is seen and heard
}

// RightsOf are the rights that go with a role. Guests wait: an email can be forwarded, so a host looks before she admits.
func RightsOf(r Role) Rights {
	switch r {
	case RoleHost:
		return Rights{Enter: true, Admit: true, Publish: true}
	case RoleMother, RoleSupporter:
		return Rights{Enter: true, Publish: true}
	case RoleGuest:
		return Rights{Publish: true}
	}
	return Rights{}
}

// OrderFor makes the order of a meeting from those who are still invited.
func OrderFor(m Meeting, ps []Participant, language string) RoomOrder {
	o := RoomOrder{Room: m.ID, Revision: m.Revision, Opens: m.RoomOpens(), Closes: m.RoomCloses(), Closed: m.State != Planned,
		Language: language, Members: []RoomMember{}}
	if o.Closed {
		return o
	}
	for _, p := range ps {
		if p.Removed.IsZero() {
			o.Members = append(o.Members, RoomMember{ID: p.ID, Name: p.DisplayName(), Role: p.Role, Rights: RightsOf(p.Role)})
		}
	}
	return o
}

// Ticket lets one participant into one room once. Device says where it will be used ("kiosk", "staff", "guest", "api").
type Ticket struct {
	ID          string
	Room        ids.MeetingID
	Participant ids.ParticipantID
	Device      string
	Expires     time.Time
}

// TicketLife is how long a ticket waits to be used: long enough for a slow page, short enough to be worthless in a log.
const TicketLife = 2 * time.Minute

// EventKind says what happened in a room.
type EventKind string

// The kinds of event.
const (
	Knocked       EventKind = "knocked"  // waits in the lobby
	Admitted      EventKind = "admitted" // by a host
	Refused       EventKind = "refused"  // by a host
	Joined        EventKind = "joined"   // is in the meeting
	Left          EventKind = "left"     // Detail: "left", "dropped", "ended"
	RemovedByHost EventKind = "removed"
	RoomEnded     EventKind = "ended"          // Detail: "host", "time", "empty", "shutdown"; no participant
	TicketRefused EventKind = "ticket_refused" // Detail: "expired", "foreign", "used", "malformed"
)

// RoomEvent is one thing that happened in a room, told by the media server. ID makes it unique: told twice, it counts once.
type RoomEvent struct {
	ID          string
	Room        ids.MeetingID
	Kind        EventKind
	Participant ids.ParticipantID
	By          ids.ParticipantID
	At          time.Time
	Detail      string // a code, no words of anybody's
}

// Attendance is an event as it was kept.
type Attendance struct {
	Kind        EventKind
	Participant ids.ParticipantID
	By          ids.ParticipantID
	At          time.Time
	Detail      string
}

// Presence sums up one participant's attendance: when she first came in, when she last left (zero while she is in) and whether she is
// in the room or its lobby now.
type Presence struct {
	Joined  time.Time
	Left    time.Time
	Present bool
	Waiting bool
}

// PresenceOf sums up a participant's attendance; events must be in order.
func PresenceOf(events []Attendance, p ids.ParticipantID) Presence {
	var s Presence
	for _, e := range events {
		if e.Kind == RoomEnded {
			if s.Present {
				s.Left = e.At
			}
			s.Present, s.Waiting = false, false
		}
		if e.Participant != p {
			continue
		}
		switch e.Kind {
		case Knocked:
			s.Waiting = true
		case Refused:
			s.Waiting = false
		case Joined:
			if s.Joined.IsZero() {
				s.Joined = e.At
			}
			s.Present, s.Waiting, s.Left = true, false, time.Time{}
		case Left, RemovedByHost:
			if s.Present {
				s.Left = e.At
			}
			s.Present, s.Waiting = false, false
		}
	}
	return s
}
