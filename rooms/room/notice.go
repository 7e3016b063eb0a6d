package room

import (
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
)

// Session is one member's open socket, as the room sees it. Neither method may block or call back into the room.
type Session interface {
	Notify(n Notice)
	// Close tells the member why and ends the socket; the room has already forgotten it.
	Close(r Reason)
}

// Notice is something a session is told.
type Notice interface{ notice() }

// Person is a member as the others see her.
type Person struct {
	ID      MemberID
	Name    string
	Role    Role
	Mic     bool // her microphone is on
	Camera  bool
	Present bool // false while her connection is lost
}

// Waiting says that the member is in the lobby.
type Waiting struct {
	Language string
	Ends     time.Time
	Resume   string // token to come back with when the socket breaks
}

// Entered says that the member is in the room, and everything about it.
type Entered struct {
	Self     Person
	Rights   Rights
	Others   []Person
	Language string
	Ends     time.Time
	Resume   string
	Leg      string // her media connection, if one is still held for her
	Lines    int    // receiving media lines of each kind to begin with
}

// PersonChanged says that somebody came or changed; PersonGone that she is not in the room any more.
type PersonChanged struct{ Person Person }

// PersonGone says that a member left the room.
type PersonGone struct {
	ID     MemberID
	Reason Reason
}

// Knocking is one member in the lobby.
type Knocking struct {
	ID    MemberID
	Name  string
	Role  Role
	Since time.Time
}

// Lobby is who waits, for members who may admit.
type Lobby struct{ Waiting []Knocking }

// RightsChanged says what the member may do now.
type RightsChanged struct{ Rights Rights }

// MutedBy says that somebody turned the member's microphone off; she may turn it on again.
type MutedBy struct{ By MemberID }

// EndsChanged says that the meeting ends at another time.
type EndsChanged struct{ Ends time.Time }

// Carried is one stream and the media line on which the member receives it.
type Carried struct {
	Mid    string
	Member MemberID
	Kind   media.Kind
	Source media.Source
}

// Streams says which line carries what, and how many more lines are wanted.
type Streams struct {
	Leg                  string
	Version              uint64
	Carried              []Carried
	NeedAudio, NeedVideo int
}

// MediaLost says that the member's media connection failed and a new one is wanted.
type MediaLost struct{ Leg string }

func (Waiting) notice()       {}
func (Entered) notice()       {}
func (PersonChanged) notice() {}
func (PersonGone) notice()    {}
func (Lobby) notice()         {}
func (RightsChanged) notice() {}
func (MutedBy) notice()       {}
func (EndsChanged) notice()   {}
func (Streams) notice()       {}
func (MediaLost) notice()     {}

// The errors a session meets.
var (
	ErrNoRoom      = ids.E(ids.NotFound, "There is no such meeting, or it has ended.")
	ErrTooEarly    = ids.E(ids.Forbidden, "The meeting is not open yet.")
	ErrNotExpected = ids.E(ids.Forbidden, "You are not expected in this meeting.")
	ErrEnded       = ids.E(ids.Conflict, "The meeting has ended.")
	ErrResume      = ids.E(ids.Unauthenticated, "This connection cannot be taken up again. Join anew.")
	ErrNotInside   = ids.E(ids.Forbidden, "You are not in the meeting.")
	ErrNoRight     = ids.E(ids.Forbidden, "You may not do this in this meeting.")
	ErrNobody      = ids.E(ids.NotFound, "That person is not there any more.")
	ErrStale       = ids.E(ids.Conflict, "This connection has been replaced by a newer one.")
	ErrStopping    = ids.E(ids.Unavailable, "The meeting server is stopping. Try again in a moment.")
)
