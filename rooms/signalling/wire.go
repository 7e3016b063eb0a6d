package signalling

import (
	"bytes"
	"encoding/json"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
	"kinbridge/rooms/room"
)

// request is one message of a client; which fields it has depends on its type (SIGNALLING.md).
type request struct {
	Type      string                  `json:"type"`
	Ref       int64                   `json:"ref"`
	Version   int                     `json:"v"`
	Ticket    string                  `json:"ticket"`
	Room      string                  `json:"room"`
	Token     string                  `json:"token"`
	Member    string                  `json:"member"`
	Leg       string                  `json:"leg"`
	SDP       string                  `json:"sdp"`
	Sources   map[string]media.Source `json:"sources"`
	Candidate *candidate              `json:"candidate"`
	Mic       *bool                   `json:"mic"`
	Camera    *bool                   `json:"camera"`
	On        *bool                   `json:"on"`
	Members   []string                `json:"members"`
}

type candidate struct {
	Candidate string  `json:"candidate"`
	Mid       string  `json:"sdpMid"`
	Index     *uint16 `json:"sdpMLineIndex"`
}

var errMalformed = ids.E(ids.Invalid, "The message is not a JSON object with a type.")

// parse reads one frame. It refuses what is not one JSON object with a type.
func parse(frame []byte) (request, error) {
	var r request
	d := json.NewDecoder(bytes.NewReader(frame))
	if err := d.Decode(&r); err != nil {
		return request{}, errMalformed
	}
	if r.Type == "" || len(r.Type) > 32 || d.More() {
		return request{}, errMalformed
	}
	if len(r.Members) > room.MaxMembers {
		return request{}, errMalformed
	}
	for mid, s := range r.Sources {
		switch s {
		case media.Microphone, media.Camera, media.Screen:
		default:
			return request{}, errMalformed
		}
		if len(mid) > 16 || len(r.Sources) > 8 {
			return request{}, errMalformed
		}
	}
	return r, nil
}

// person, rights, knocking and the rest are the notices of package room as they go over the wire.
type person struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Mic     bool   `json:"mic"`
	Camera  bool   `json:"camera"`
	Present bool   `json:"present"`
	Private bool   `json:"private"`
	Break   bool   `json:"break"`
	Hand    int    `json:"hand"`
}

func wirePerson(p room.Person) person {
	return person{ID: string(p.ID), Name: p.Name, Role: string(p.Role), Mic: p.Mic, Camera: p.Camera, Present: p.Present,
		Private: p.Private, Break: p.Break, Hand: p.Hand}
}

type knocking struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Role  string    `json:"role"`
	Since time.Time `json:"since"`
	Again bool      `json:"again"`
}

type carried struct {
	Mid    string `json:"mid"`
	Member string `json:"member"`
	Kind   string `json:"kind"`
	Source string `json:"source"`
}

// ICEServer is one STUN or TURN server, as RTCPeerConnection takes it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// times are when a meeting is over; what is not known is left out.
type times struct {
	Ends  time.Time `json:"ends"`
	Until time.Time `json:"until,omitzero"`
	Now   time.Time `json:"now"`
}

func (s *socket) times(t room.Times) times {
	return times{Ends: t.Ends, Until: t.Until, Now: s.cfg.Now()}
}

type endsMessage struct {
	Type string `json:"type"`
	times
}

type waitingMessage struct {
	Type     string    `json:"type"`
	Language string    `json:"language"`
	Ends     time.Time `json:"ends"`
	Room     string    `json:"room"`
	Resume   string    `json:"resume"`
}

type enteredMessage struct {
	Type     string      `json:"type"`
	Room     string      `json:"room"`
	Self     person      `json:"self"`
	Rights   room.Rights `json:"rights"`
	Members  []person    `json:"members"`
	Language string      `json:"language"`
	times
	Locked bool        `json:"locked"`
	Resume string      `json:"resume"`
	Leg    string      `json:"leg"`
	Lines  int         `json:"lines"`
	ICE    []ICEServer `json:"iceServers"`
}

type streamsMessage struct {
	Type    string    `json:"type"`
	Leg     string    `json:"leg"`
	Version uint64    `json:"version"`
	Streams []carried `json:"streams"`
	Need    need      `json:"need"`
}

type need struct {
	Audio int `json:"audio"`
	Video int `json:"video"`
}

// encode turns a notice into the message of SIGNALLING.md.
func (s *socket) encode(n room.Notice) any {
	type m = map[string]any
	switch n := n.(type) {
	case room.Waiting:
		return waitingMessage{"waiting", n.Language, n.Ends, s.room, n.Resume}
	case room.Entered:
		e := enteredMessage{Type: "entered", Room: s.room, Self: wirePerson(n.Self), Rights: n.Rights, Members: []person{},
			Language: n.Language, times: s.times(n.Times), Locked: n.Locked, Resume: n.Resume, Leg: n.Leg, Lines: n.Lines, ICE: []ICEServer{}}
		for _, o := range n.Others {
			e.Members = append(e.Members, wirePerson(o))
		}
		if s.cfg.ICEServers != nil {
			e.ICE = append(e.ICE, s.cfg.ICEServers(string(n.Self.ID))...)
		}
		return e
	case room.PersonChanged:
		return m{"type": "member", "member": wirePerson(n.Person)}
	case room.PersonGone:
		return m{"type": "gone", "member": n.ID, "reason": n.Reason}
	case room.Lobby:
		list := []knocking{}
		for _, k := range n.Waiting {
			list = append(list, knocking{string(k.ID), k.Name, string(k.Role), k.Since, k.Again})
		}
		return m{"type": "lobby", "waiting": list, "count": n.Count}
	case room.RightsChanged:
		return m{"type": "rights", "rights": n.Rights}
	case room.MutedBy:
		return m{"type": "muted", "by": n.By}
	case room.EndsChanged:
		return endsMessage{"ends", s.times(n.Times)}
	case room.Private:
		return m{"type": "private", "may": n.May}
	case room.NotUnderstoodBy:
		return m{"type": "unclear", "member": n.ID}
	case room.Told:
		return m{"type": "told", "members": n.To}
	case room.Locked:
		return m{"type": "locked", "on": n.On}
	case room.MediaLost:
		return m{"type": "medialost", "leg": n.Leg}
	case room.Streams:
		list := []carried{}
		for _, c := range n.Carried {
			list = append(list, carried{c.Mid, string(c.Member), c.Kind.String(), string(c.Source)})
		}
		return streamsMessage{"streams", n.Leg, n.Version, list, need{n.NeedAudio, n.NeedVideo}}
	}
	return nil
}

// The close codes (RFC 6455, section 7.4.2: 4000 to 4999 are for applications).
const (
	CloseLeft        = 4000
	CloseEnded       = 4001
	CloseRefused     = 4002
	CloseRemoved     = 4003
	CloseReplaced    = 4004
	CloseMalformed   = 4400
	CloseTicket      = 4401
	CloseNotAllowed  = 4403
	CloseNoRoom      = 4404
	CloseTimeout     = 4408
	CloseTooEarly    = 4425
	CloseTooMany     = 4429
	CloseSlow        = 4430
	CloseUnavailable = 4503
)

var reasonCodes = map[room.Reason]int{
	room.ReasonLeft: CloseLeft, room.ReasonEnded: CloseEnded, room.ReasonTime: CloseEnded, room.ReasonOrder: CloseEnded,
	room.ReasonRefused: CloseRefused, room.ReasonRemoved: CloseRemoved, room.ReasonReplaced: CloseReplaced,
	room.ReasonShutdown: CloseUnavailable, room.ReasonSlow: CloseSlow, room.ReasonMalformed: CloseMalformed,
	room.ReasonLost: CloseTimeout,
}

// refusals are the errors that end a socket that has no seat, with their codes and close codes.
var refusals = []struct {
	err  error
	code string
	bye  int
}{
	{ErrTicketForged, "ticket_invalid", CloseTicket}, {ErrTicketExpired, "ticket_expired", CloseTicket},
	{ErrTicketUsed, "ticket_used", CloseTicket}, {ErrTicketDevice, "ticket_device", CloseTicket},
	{room.ErrResume, "resume_refused", CloseTicket}, {room.ErrNotExpected, "not_expected", CloseNotAllowed},
	{room.ErrTooEarly, "too_early", CloseTooEarly}, {room.ErrNoRoom, "no_room", CloseNoRoom},
	{room.ErrEnded, "ended", CloseEnded}, {room.ErrStopping, "stopping", CloseUnavailable},
	{errMalformed, "malformed", CloseMalformed}, {errVersion, "version", CloseMalformed},
}
