package flow

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// MaxMoveReason is the longest reason of a move, in characters.
const MaxMoveReason = 500

// MoveMeeting gives a planned meeting other times: guests are told by email, whose calendar entry moves, and are asked anew whether they come; the mother's
// kiosk and the media server are told. The place that it has moves along where it is free then, else it has the best one that is, or none. why is for those who may see the meeting, "" = not said. To the times that it has it moves for nobody, so that a
// request sent twice is done once. Conflict when it was called off or is over, or somebody has been in it.
func (f *Flow) MoveMeeting(ctx context.Context, actor ids.Actor, id ids.MeetingID, starts, ends time.Time, why string) error {
	o, d, err := f.planned(ctx, actor, id)
	if err != nil {
		return err
	}
	starts, ends, why = starts.UTC().Truncate(time.Second), ends.UTC().Truncate(time.Second), strings.TrimSpace(CleanText(why))
	if err := meetings.CheckTimes(starts, ends, f.now()); err != nil {
		return err
	}
	if utf8.RuneCountInString(why) > MaxMoveReason {
		return ids.E(ids.Invalid, "The reason must be %d characters or fewer.", MaxMoveReason)
	}
	return untilPlaced(func() error {
		return f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
			e, err := f.moveIn(tx, actor, o, starts, ends, why)
			return decided(e, d), err
		})
	})
}

// moveIn gives a planned meeting other times with everything that must follow from it.
func (f *Flow) moveIn(tx *store.Tx, actor ids.Actor, o openMeeting, starts, ends time.Time, why string) (audit.Entry, error) {
	m, err := tx.Meeting(tx.Context(), o.ID)
	if err != nil {
		return audit.Entry{}, err
	}
	if m.Starts.Equal(starts) && m.Ends.Equal(ends) && m.State == meetings.Planned {
		return audit.MeetingChanged(m.Case, o.ID, "time").With("repeat", "yes"), nil
	}
	if err := mayMove(tx, m); err != nil {
		return audit.Entry{}, err
	}
	change := movement.Change{What: movement.Moved, Was: m.Starts, WasEnds: m.Ends, Starts: starts, Ends: ends}
	if m, err = tx.MoveMeeting(m, starts, ends, actor.StaffID(), why); err != nil {
		return audit.Entry{}, err
	}
	if err := f.replace(tx, m, o.Mother, actor.StaffID()); err != nil {
		return audit.Entry{}, err
	}
	if err := f.movementChanged(tx, store.MovementOf{Meeting: m.ID}, m.Case, "", change); err != nil {
		return audit.Entry{}, err
	}
	return audit.MeetingChanged(m.Case, o.ID, "time"), f.tellOfMove(tx, m, o.Mother.Language, o.Mother.ID)
}

// mayMove says why a meeting can have no other times now.
func mayMove(tx *store.Tx, m meetings.Meeting) error {
	switch m.PhaseAt(tx.Now()) {
	case meetings.CalledOff:
		return ids.E(ids.Conflict, "This meeting was cancelled, so it cannot be moved. Plan a new one.")
	case meetings.Over:
		return ids.E(ids.Conflict, "This meeting has ended, so it cannot be moved. Plan a new one.")
	}
	was, err := tx.Attendance(tx.Context(), m.ID)
	if err != nil {
		return err
	}
	for _, a := range was {
		if a.Kind == meetings.Joined {
			return ids.E(ids.Conflict, "People have been in this meeting, so it cannot be moved. End it and plan a new one.")
		}
	}
	return nil
}

// MoveRow is one change of a meeting's times as staff see it.
type MoveRow struct {
	meetings.Move
	Name string // of who moved it
}

func (f *Flow) movesOf(ctx context.Context, m meetings.Meeting) ([]MoveRow, error) {
	ms, err := f.st.MovesOf(ctx, m)
	if err != nil {
		return nil, err
	}
	rows := make([]MoveRow, len(ms))
	for i, one := range ms {
		s, err := f.st.Staff(ctx, ids.StaffID(one.By))
		if err != nil {
			return nil, err
		}
		rows[i] = MoveRow{Move: one, Name: s.Name}
	}
	return rows, nil
}

// tellOfMove leaves what must follow from new times.
func (f *Flow) tellOfMove(tx *store.Tx, m meetings.Meeting, language string, mother ids.MotherID) error {
	ps, err := tx.Participants(tx.Context(), m.ID)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if p.Kind != meetings.PersonContact || !p.Removed.IsZero() {
			continue
		}
		if err := tx.Enqueue(outbox.MailGuest, fmt.Sprintf("moved:%s:%d", p.ID, m.Sequence), guestMail{Participant: p.ID, Purpose: mailMoved, Sequence: m.Sequence}, time.Time{}); err != nil {
			return err
		}
	}
	if err := tx.AddFeed(mother, store.FeedMeeting, string(m.ID)); err != nil {
		return err
	}
	return f.enqueueOrder(tx, meetings.OrderFor(m, ps, language))
}
