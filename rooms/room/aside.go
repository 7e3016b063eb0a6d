package room

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/ids"
)

// sameWithin is how long a second word that she does not understand, or a second raised hand, is the same one in the record: a button that is
// pressed twice says one thing.
const sameWithin = 10 * time.Second

// side is a side room. Whoever is in none is in the main room; the forwarding tables of the two have nothing in common.
type side struct{ mother, with *attendee }

func (s *side) holds(a *attendee) bool { return s != nil && (s.mother == a || s.with == a) }

// companions are who may go with her now: her supporters who are in, or those who host the meeting where she has none.
func (r *Room) companions() (list []*attendee) {
	supporter := false
	for _, a := range r.sorted() {
		if a.phase == inside && a.Rights.Support && !a.Rights.Ask {
			list = append(list, a)
			supporter = supporter || a.Role == Supporter
		}
	}
	if supporter {
		list = slices.DeleteFunc(list, func(a *attendee) bool { return a.Role != Supporter })
	}
	return list
}

// mayGo lists with whom a member may begin a private word now: she who may ask for one with each of her companions, each of those with her.
func (r *Room) mayGo(a *attendee) (list []*attendee) {
	if r.side != nil || a.phase != inside {
		return nil
	}
	companions := r.companions()
	if a.Rights.Ask {
		return companions
	}
	if !slices.Contains(companions, a) {
		return nil
	}
	for _, m := range r.sorted() {
		if m.phase == inside && m.Rights.Ask {
			list = append(list, m)
		}
	}
	return list
}

// BeginPrivate takes the member and another into a side room: the two hear and see each other and nobody else, and nobody hears or sees them.
func (s *Seat) BeginPrivate(ctx context.Context, with MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		r := s.room
		b := r.members[with]
		switch {
		case !a.Rights.Ask && !a.Rights.Support:
			return ErrNoRight
		case r.side != nil:
			return ErrAside
		case b == nil || b.phase != inside:
			return ErrNobody
		case !slices.Contains(r.mayGo(a), b):
			return ErrNoRight
		}
		r.side = &side{mother: a, with: b}
		if b.Rights.Ask {
			r.side = &side{mother: b, with: a}
		}
		r.refresh() // the wall stands before anybody is told of it
		r.emit(PrivateBegan, r.side.with.ID, a.ID, "")
		r.announce(r.side.mother)
		r.announce(r.side.with)
		r.showPrivate()
		return nil
	})
}

// EndPrivate brings the two back. Either of them may, and nobody else.
func (s *Seat) EndPrivate(ctx context.Context) error {
	return s.inRoom(ctx, func(a *attendee) error {
		if !s.room.side.holds(a) {
			return ErrNotAside
		}
		s.room.endPrivate(a.ID, "")
		return nil
	})
}

// endPrivate opens the wall again.
func (r *Room) endPrivate(by MemberID, reason Reason) {
	was := r.side
	r.side = nil
	r.refresh()
	r.emit(PrivateEnded, was.with.ID, by, reason)
	for _, a := range []*attendee{was.mother, was.with} {
		if a.present() {
			r.announce(a)
		}
	}
	r.showPrivate()
}

// checkPrivate ends a private word that an order no longer allows.
func (r *Room) checkPrivate() {
	if r.side != nil && !(r.side.mother.Rights.Ask && r.side.with.Rights.Support) {
		r.endPrivate("", ReasonOrder)
	}
}

// showPrivate tells those in the room with whom they may begin a private word, if that changed.
func (r *Room) showPrivate() {
	for _, a := range r.sorted() {
		if a.phase != inside || a.session == nil {
			continue
		}
		n := Private{May: []MemberID{}}
		for _, b := range r.mayGo(a) {
			n.May = append(n.May, b.ID)
		}
		if !slices.Equal(a.mayGo, n.May) {
			a.mayGo = n.May
			a.session.Notify(n)
		}
	}
}

// Break says that the member needs a break, or that it is over. It is over when she says so or one who may moderate does, who then names her.
func (s *Seat) Break(ctx context.Context, on bool, member MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		b := a
		if member != "" {
			b = s.room.members[member]
		}
		switch {
		case b == nil || !b.present():
			return ErrNobody
		case on && (b != a || !a.Rights.Ask), b != a && !a.Rights.Moderate:
			return ErrNoRight
		case b.pause == on:
			return nil
		}
		s.room.setBreak(b, on, a.ID, "")
		s.room.announce(b)
		return nil
	})
}

func (r *Room) setBreak(a *attendee, on bool, by MemberID, reason Reason) {
	if a.pause == on {
		return
	}
	a.pause = on
	kind := BreakOver
	if on {
		kind = BreakAsked
	}
	r.emit(kind, a.ID, by, reason)
}

// NotUnderstood tells those who support the member that she does not understand, and nobody else. She is told who knows.
func (s *Seat) NotUnderstood(ctx context.Context) error {
	return s.inRoom(ctx, func(a *attendee) error {
		r := s.room
		if !a.Rights.Ask {
			return ErrNoRight
		}
		told := Told{To: []MemberID{}}
		for _, b := range r.sorted() {
			if b != a && b.phase == inside && b.Rights.Support && b.session != nil {
				told.To = append(told.To, b.ID)
				b.session.Notify(NotUnderstoodBy{a.ID})
			}
		}
		if now := r.cfg.Now(); now.Sub(a.unclear) >= sameWithin {
			a.unclear = now
			r.emit(NotUnderstood, a.ID, "", "")
		}
		a.session.Notify(told)
		return nil
	})
}

// RaiseHand raises the member's hand, in the order in which hands go up.
func (s *Seat) RaiseHand(ctx context.Context) error {
	return s.inRoom(ctx, func(a *attendee) error {
		switch {
		case !a.Rights.Publish:
			return ErrNoRight
		case a.hand != 0:
			return nil
		}
		s.room.hands++
		a.hand = s.room.hands
		if now := s.room.cfg.Now(); now.Sub(a.raised) >= sameWithin {
			a.raised = now
			s.room.emit(HandRaised, a.ID, "", "")
		}
		s.room.announce(a)
		return nil
	})
}

// LowerHand lowers the member's own hand, or another's by one who may moderate.
func (s *Seat) LowerHand(ctx context.Context, member MemberID) error {
	return s.inRoom(ctx, func(a *attendee) error {
		b := a
		if member != "" {
			b = s.room.members[member]
		}
		switch {
		case b != a && !a.Rights.Moderate:
			return ErrNoRight
		case b == nil || !b.present():
			return ErrNobody
		case b.hand == 0:
			return nil
		}
		s.room.lowerHand(b, a.ID)
		s.room.announce(b)
		return nil
	})
}

func (r *Room) lowerHand(a *attendee, by MemberID) {
	if a.hand != 0 {
		a.hand = 0
		r.emit(HandLowered, a.ID, by, "")
	}
}

// putDown ends what a member who goes had begun. It is called when she is not in the room any more, so that her place in a side room is empty
// in the forwarding tables already.
func (r *Room) putDown(a *attendee, reason Reason) {
	if r.side.holds(a) {
		r.endPrivate("", reason)
	}
	r.setBreak(a, false, "", reason)
	a.hand, a.mayGo = 0, nil
}

// The errors of a private word.
var (
	ErrAside    = ids.E(ids.Conflict, "Two people are talking in private already.")
	ErrNotAside = ids.E(ids.Forbidden, "You are not talking in private.")
)
