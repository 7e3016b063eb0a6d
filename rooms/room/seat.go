package room

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
)

// tokens are what a member's client may come back with: the newest, and the one before it, because the message that
// carried the newest may have been lost with the socket. Only digests are kept.
type tokens struct{ newest, before [sha256.Size]byte }

func (t *tokens) renew() string {
	token := ids.Secret(20)
	t.before, t.newest = t.newest, sha256.Sum256([]byte(token))
	return token
}

func (t *tokens) match(token string) bool {
	var none [sha256.Size]byte
	digest := sha256.Sum256([]byte(token))
	newest := t.newest != none && subtle.ConstantTimeCompare(digest[:], t.newest[:]) == 1
	before := t.before != none && subtle.ConstantTimeCompare(digest[:], t.before[:]) == 1
	return newest || before
}

// Seat is one socket's hold on its member's place. When the member connects again, the older seat is stale: its calls
// return ErrStale and change nothing.
type Seat struct {
	room    *Room
	member  MemberID
	session Session
}

// Room is the seat's room, and Member its member.
func (s *Seat) Room() ID { return s.room.id }

// Member is whose seat it is.
func (s *Seat) Member() MemberID { return s.member }

// join seats a member whose ticket was good.
func (r *Room) join(ctx context.Context, member MemberID, device string, session Session) (*Seat, error) {
	err := r.do(ctx, func() error {
		a, err := r.expected(member)
		if err != nil {
			return err
		}
		r.dropLeg(a) // a new page has a new media connection
		r.seat(a, device, session)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Seat{room: r, member: member, session: session}, nil
}

// resumeSeat seats the member whose client shows a token of hers, on the same device unless devices are not told apart.
func (r *Room) resumeSeat(ctx context.Context, token, device string, session Session) (*Seat, error) {
	var member MemberID
	err := r.do(ctx, func() error {
		for _, a := range r.sorted() {
			if a.resume.match(token) && (device == "" || a.device == device) {
				if _, err := r.expected(a.ID); err != nil {
					return err
				}
				member = a.ID
				r.seat(a, a.device, session)
				return nil
			}
		}
		return ErrResume
	})
	if err != nil {
		return nil, err
	}
	return &Seat{room: r, member: member, session: session}, nil
}

func (r *Room) expected(member MemberID) (*attendee, error) {
	a := r.members[member]
	if a == nil {
		return nil, ErrNotExpected
	}
	if r.cfg.Now().Before(r.order.Opens) {
		return nil, ErrTooEarly
	}
	return a, nil
}

func (r *Room) seat(a *attendee, device string, session Session) {
	if a.session != nil {
		a.session.Close(ReasonReplaced)
	}
	a.session, a.device = session, device
	switch {
	case a.phase == inside:
		r.welcome(a)
		r.showPrivate()
		r.showLobby()
	case a.phase == lost:
		a.phase = inside
		r.emit(Back, a.ID, "", "")
		r.welcome(a)
		r.announce(a)
		r.showPrivate()
		r.showLobby()
	case a.phase == out && a.walksIn() && r.lets(a):
		r.enter(a)
	default:
		if a.phase != waiting {
			a.phase, a.since = waiting, r.cfg.Now()
			r.emit(Knocked, a.ID, "", "")
		}
		session.Notify(Waiting{Language: r.order.Language, Ends: r.order.Ends, Resume: a.resume.renew()})
		r.showLobby()
	}
}

// walksIn says whether nobody needs to let her in.
func (a *attendee) walksIn() bool { return !a.sentOut && (a.admitted || !a.Lobby) }

// lets says whether the lock leaves her through: those who were in before come back, and neither the mother nor one who could unlock is ever
// kept out.
func (r *Room) lets(a *attendee) bool {
	return !r.locked || a.been || a.Rights.Ask || a.Rights.Moderate
}

// SetLock locks the room or unlocks it. Nobody new comes into a locked room, and of those who wait only their number is told.
func (s *Seat) SetLock(ctx context.Context, on bool) error {
	return s.inRoom(ctx, func(a *attendee) error {
		r := s.room
		switch {
		case !a.Rights.Moderate:
			return ErrNoRight
		case r.locked == on:
			return nil
		}
		r.locked = on
		kind := UnlockedRoom
		if on {
			kind = LockedRoom
		}
		r.emit(kind, a.ID, a.ID, "")
		r.tell(nil, Locked{on})
		for _, b := range r.sorted() {
			if b.phase == waiting && b.walksIn() && r.lets(b) {
				r.emit(StoppedWaiting, b.ID, "", ReasonUnlocked)
				r.enter(b) // nothing but the lock kept her
			}
		}
		r.showLobby()
		return nil
	})
}

// here runs f on the actor for the seat's member, if the seat is still hers.
func (s *Seat) here(ctx context.Context, f func(a *attendee) error) error {
	return s.room.do(ctx, func() error {
		a := s.room.members[s.member]
		if a == nil || a.session != s.session {
			return ErrStale
		}
		return f(a)
	})
}

// inRoom is here for members who are in the room.
func (s *Seat) inRoom(ctx context.Context, f func(a *attendee) error) error {
	return s.here(ctx, func(a *attendee) error {
		if a.phase != inside {
			return ErrNotInside
		}
		return f(a)
	})
}

// Peer returns the member's media connection to negotiate. It is the one she has when its ID is leg; otherwise a new
// one takes its place. A member who is not in the room has none.
func (s *Seat) Peer(ctx context.Context, leg string) (peer media.Peer, err error) {
	err = s.inRoom(ctx, func(a *attendee) error {
		if a.leg != nil && a.leg.ID() == leg {
			peer = a.leg
			return nil
		}
		fresh, err := s.room.cfg.Engine.NewPeer(s.room)
		if err != nil {
			return err
		}
		s.room.dropLeg(a)
		a.leg, peer = fresh, fresh
		s.room.refresh()
		return nil
	})
	return peer, err
}

// Placed takes the placement that a negotiation led to.
func (s *Seat) Placed(ctx context.Context, leg string, p media.Placement) error {
	return s.inRoom(ctx, func(a *attendee) error {
		if a.leg != nil && a.leg.ID() == leg {
			s.room.show(a, p)
		}
		return nil
	})
}

// SetSending says whether the member's own microphone and camera are on. Off is kept by the room, not by her client
// alone: nothing she then sends is forwarded.
func (s *Seat) SetSending(ctx context.Context, mic, camera bool) error {
	return s.inRoom(ctx, func(a *attendee) error {
		if a.mic == mic && a.camera == camera {
			return nil
		}
		a.mic, a.camera = mic, camera
		s.room.refresh()
		s.room.announce(a)
		return nil
	})
}

// Admit lets a waiting member in.
func (s *Seat) Admit(ctx context.Context, member MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error { return s.room.admit(a, member) })
}

func (r *Room) admit(by *attendee, member MemberID) error {
	if !by.Rights.Admit {
		return ErrNoRight
	}
	if r.locked {
		return ErrLocked
	}
	b := r.members[member]
	if b == nil || b.phase != waiting {
		return ErrNobody
	}
	b.admitted, b.sentOut = true, false
	r.emit(Admitted, b.ID, by.ID, "")
	r.enter(b)
	return nil
}

// AdmitAll lets in those of the named who wait, but for anybody who was turned away or put out before: she is looked at by herself. The names are those
// that were on the screen, so that nobody who knocks at that moment comes in unseen.
func (s *Seat) AdmitAll(ctx context.Context, members []MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		r := s.room
		switch {
		case !a.Rights.Admit:
			return ErrNoRight
		case r.locked:
			return ErrLocked
		}
		for _, id := range members {
			if b := r.members[id]; b != nil && b.phase == waiting && !b.sentOut {
				if err := r.admit(a, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Refuse turns a waiting member away; she may knock again with a new ticket.
func (s *Seat) Refuse(ctx context.Context, member MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		if !a.Rights.Admit {
			return ErrNoRight
		}
		b := s.room.members[member]
		if b == nil || b.phase != waiting {
			return ErrNobody
		}
		s.room.putOut(b, Refused, a.ID, ReasonRefused)
		return nil
	})
}

// Remove puts a member out; with a new ticket she waits in the lobby.
func (s *Seat) Remove(ctx context.Context, member MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		b := s.room.members[member]
		switch {
		case !a.Rights.Moderate:
			return ErrNoRight
		case b == nil || !b.present():
			return ErrNobody
		case b == a:
			return ids.E(ids.Invalid, "You cannot remove yourself: leave instead.")
		}
		s.room.putOut(b, Removed, a.ID, ReasonRemoved)
		return nil
	})
}

func (r *Room) putOut(a *attendee, kind EventKind, by MemberID, reason Reason) {
	a.admitted, a.been, a.sentOut, a.resume = false, false, true, tokens{}
	r.depart(a, kind, by, reason)
}

// Mute turns a member's microphone off. She may turn it on again: to silence somebody for good is a change of her
// rights, which comes by order.
func (s *Seat) Mute(ctx context.Context, member MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		b := s.room.members[member]
		switch {
		case !a.Rights.Moderate:
			return ErrNoRight
		case b == nil || !b.present():
			return ErrNobody
		case !b.mic:
			return nil
		}
		b.mic = false
		s.room.refresh()
		s.room.emit(Muted, b.ID, a.ID, "")
		if b.session != nil {
			b.session.Notify(MutedBy{a.ID})
		}
		s.room.announce(b)
		return nil
	})
}

// End ends the meeting for all.
func (s *Seat) End(ctx context.Context) error {
	return s.inRoom(ctx, func(a *attendee) error {
		if !a.Rights.End {
			return ErrNoRight
		}
		s.room.end(a.ID, ReasonEnded)
		return nil
	})
}

// Leave takes the member out by her own wish. Until the meeting ends she may come back with her newest token.
func (s *Seat) Leave(ctx context.Context) error {
	return s.here(ctx, func(a *attendee) error {
		if a.phase == waiting {
			s.room.depart(a, StoppedWaiting, "", ReasonLeft)
			return nil
		}
		s.room.depart(a, Left, "", ReasonLeft)
		return nil
	})
}

// Drop says that the socket broke. A member in the room is expected back for the grace time, her media going on
// meanwhile if it can; one in the lobby is no longer waiting.
func (s *Seat) Drop(reason Reason) {
	s.room.post(func() {
		a := s.room.members[s.member]
		if a == nil || a.session != s.session {
			return
		}
		a.session = nil
		if a.phase == waiting {
			s.room.depart(a, StoppedWaiting, "", reason)
			return
		}
		a.phase, a.since = lost, s.room.cfg.Now()
		s.room.emit(Lost, a.ID, "", reason)
		s.room.announce(a)
		s.room.showPrivate()
	})
}
