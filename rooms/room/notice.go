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
	Private bool // she is in a private word: neither heard nor seen, and hears and sees one other
	Break   bool // she needs a break
	Hand    int  // her hand is up: the lower the number, the longer; 0 = it is down
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
	Times
	Locked bool
	Resume string
	Leg    string // her media connection, if one is still held for her
	Lines  int    // receiving media lines of each kind to begin with
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
	Again bool // she was turned away or put out before
}

// Lobby is who waits, for members who may admit. While the room is locked only Count tells that somebody does.
type Lobby struct {
	Waiting []Knocking
	Count   int
}

// Locked says that nobody new is let in, or that it is so no longer.
type Locked struct{ On bool }

// Times are when a meeting is over.
type Times struct {
	Ends  time.Time // the room closes by itself
	Until time.Time // the meeting is to end; zero = not known
}

// RightsChanged says what the member may do now.
type RightsChanged struct{ Rights Rights }

// MutedBy says that somebody turned the member's microphone off; she may turn it on again.
type MutedBy struct{ By MemberID }

// EndsChanged says that the meeting ends at another time.
type EndsChanged struct{ Times }

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

// Private says with whom the member may begin a private word now.
type Private struct{ May []MemberID }

// NotUnderstoodBy says quietly that somebody does not understand; Told says to her who was told.
type NotUnderstoodBy struct{ ID MemberID }

// Told is who knows now that the member does not understand.
type Told struct{ To []MemberID }

func (Private) notice()         {}
func (Locked) notice()          {}
func (NotUnderstoodBy) notice() {}
func (Told) notice()            {}
func (Waiting) notice()         {}
func (Entered) notice()         {}
func (PersonChanged) notice()   {}
func (PersonGone) notice()      {}
func (Lobby) notice()           {}
func (RightsChanged) notice()   {}
func (MutedBy) notice()         {}
func (EndsChanged) notice()     {}
func (Streams) notice()         {}
func (MediaLost) notice()       {}

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
	ErrLocked      = ids.E(ids.Conflict, "The room is locked. Unlock it to let somebody in.")
	ErrStale       = ids.E(ids.Conflict, "This connection has been replaced by a newer one.")
	ErrStopping    = ids.E(ids.Unavailable, "The meeting server is stopping. Try again in a moment.")
)
