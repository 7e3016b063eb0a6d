package meetings

import (
	"time"

	"kinbridge/gateway/ids"
)

// RoomOrder is all that the media server needs to run one room: it asks nothing back. A newer order (a higher Revision) replaces an
// older one whole, also in mid-call; one that is not newer is to be ignored. Its JSON is the media server's own form of an order
// (rooms/room.Order), so that whoever carries it need not know what it says.
type RoomOrder struct {
	Room     ids.MeetingID `json:"room"`
	Revision int64         `json:"revision"`
	Language string        `json:"language"` // the mother's: "en" or "cy"
	Opens    time.Time     `json:"opens"`
	Ends     time.Time     `json:"ends"`  // when the room closes by itself
	Until    time.Time     `json:"until"` // when the meeting should end
	Members  []RoomMember  `json:"members"`
	Ended    bool          `json:"ended"` // cancelled or ended: nobody may be in it
}

// RoomMember is one person who may be in the room.
type RoomMember struct {
	ID     ids.ParticipantID `json:"id"`
	Name   string            `json:"name"` // as others in the room see it
	Role   Role              `json:"role"`
	Rights Rights            `json:"rights"`
	Lobby  bool              `json:"lobby"` // waits until somebody admits her
}

// Rights are what a member may do in the room.
type Rights struct {
	Publish  bool `json:"publish"`  // be seen and heard
	Present  bool `json:"present"`  // share a screen
	Admit    bool `json:"admit"`    // see who waits in the lobby, admit and refuse
	Moderate bool `json:"moderate"` // mute and remove others, lower their hands, end a break, lock the room
	End      bool `json:"end"`      // end the meeting for all
	Ask      bool `json:"ask"`      // ask for a break or a private word, and say quietly that she does not understand
	Support  bool `json:"support"`  // be told that quietly, and go with her into a private word
}

// RightsOf are the rights that go with a role, and whether it waits in the lobby. Guests wait: an email can be forwarded, so a host
// looks before she admits. Every host is of the case's Pact social workers or family engagement workers (policy.PlanMeeting), so with the supporters they are
// the people who stand by her. An unknown role may do nothing and waits.
func RightsOf(r Role) (rights Rights, lobby bool) {
	switch r {
	case RoleHost:
		return Rights{Publish: true, Present: true, Admit: true, Moderate: true, End: true, Support: true}, false
	case RoleMother:
		return Rights{Publish: true, Ask: true}, false
	case RoleSupporter:
		return Rights{Publish: true, Support: true}, false
	case RoleGuest:
		return Rights{Publish: true}, true
	}
	return Rights{}, true
}

// OrderFor makes the order of a meeting from those who are still invited.
func OrderFor(m Meeting, ps []Participant, language string) RoomOrder {
	o := RoomOrder{Room: m.ID, Revision: m.Revision, Opens: m.RoomOpens(), Ends: m.RoomCloses(), Until: m.Ends, Ended: m.State != Planned,
		Language: language, Members: []RoomMember{}}
	if o.Ended {
		return o
	}
	for _, p := range ps {
		if p.Removed.IsZero() {
			rights, lobby := RightsOf(p.Role)
			o.Members = append(o.Members, RoomMember{ID: p.ID, Name: p.DisplayName(), Role: p.Role, Rights: rights, Lobby: lobby})
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

// The kinds of event, as the media server names them.
const (
	Knocked        EventKind = "knocked"         // waits in the lobby
	Admitted       EventKind = "admitted"        // by a host
	Refused        EventKind = "refused"         // by a host
	StoppedWaiting EventKind = "stopped_waiting" // left the lobby, or the room closed
	Joined         EventKind = "joined"          // is in the meeting
	Left           EventKind = "left"            // is no longer in the meeting
	TakenOut       EventKind = "removed"         // by a host
	RoomEnded      EventKind = "ended"           // the room closed; no participant
	TicketRefused  EventKind = "ticket_refused"  // Detail says why; often no participant and no known room
	PrivateBegan   EventKind = "private_began"   // went into a private word with the mother; By began it
	PrivateEnded   EventKind = "private_ended"   // By ended it, or Detail says how it ended by itself
	BreakAsked     EventKind = "break_asked"     // needs a break
	BreakOver      EventKind = "break_over"      // By said so, or Detail
	NotUnderstood  EventKind = "not_understood"  // said quietly that she does not understand
	HandRaised     EventKind = "hand_raised"     // wants to say something
	Locked         EventKind = "locked"          // let nobody new in
	Unlocked       EventKind = "unlocked"
)

// Kept reports whether an event of this kind belongs in the record. Others ("lost", "back", "muted", "hand_lowered") are the moment's business.
func (k EventKind) Kept() bool {
	switch k {
	case Knocked, Admitted, Refused, StoppedWaiting, Joined, Left, TakenOut, RoomEnded, TicketRefused, PrivateBegan, PrivateEnded, BreakAsked, BreakOver,
		NotUnderstood, HandRaised, Locked, Unlocked:
		return true
	}
	return false
}

// Quiet reports whether what happened was told to those who support the mother and to nobody else: on a meeting's page it is theirs too.
func (k EventKind) Quiet() bool { return k == NotUnderstood }

// Unfinished are the private words and the breaks that began and have not ended, as events that end them; events must be in order.
func Unfinished(events []Attendance) (ends []RoomEvent) {
	open := map[EventKind]ids.ParticipantID{}
	for _, e := range events {
		switch e.Kind {
		case PrivateBegan:
			open[PrivateEnded] = e.Participant
		case BreakAsked:
			open[BreakOver] = e.Participant
		case PrivateEnded, BreakOver:
			delete(open, e.Kind)
		}
	}
	for _, k := range []EventKind{PrivateEnded, BreakOver} {
		if p, is := open[k]; is {
			ends = append(ends, RoomEvent{Kind: k, Participant: p})
		}
	}
	return ends
}

// RoomEvent is one thing that happened in a room, told by the media server. ID makes it unique: told twice, it counts once.
type RoomEvent struct {
	ID          string
	Room        ids.MeetingID
	Kind        EventKind
	Participant ids.ParticipantID
	By          ids.ParticipantID
	At          time.Time
	Detail      string // a code ("left", "lost", "time"), no words of anybody's
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
		case Refused, StoppedWaiting:
			s.Waiting = false
		case Joined:
			if s.Joined.IsZero() {
				s.Joined = e.At
			}
			s.Present, s.Waiting, s.Left = true, false, time.Time{}
		case Left, TakenOut:
			if s.Present {
				s.Left = e.At
			}
			s.Present, s.Waiting = false, false
		}
	}
	return s
}
