package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// NewMark is what an officer presses: where the woman is, of a missed one why, and the number of the last mark that her page showed.
type NewMark struct {
	To  movement.State
	Why movement.Reason
	Seq int64
}

var errNotListed = ids.E(ids.Conflict, "She is no longer on the list of this prison.")

// RecordMovement records where a woman is on her way. Of two officers who press at once one makes the mark: the other is told the same when she meant the same, and a Conflict when
// she meant something else. That she did not come is told to whoever waits for her.
func (f *Flow) RecordMovement(ctx context.Context, a ids.Actor, id ids.MovementID, n NewMark) error {
	m, err := f.loadMoving(ctx, a, id)
	if err != nil {
		return err
	}
	facts := m.to(policy.RecordMovement)
	d := policy.Decide(facts)
	if !d.Allowed() {
		return m.conceal(f.refuse(ctx, facts, auditID(id), d))
	}
	if m.gone {
		return errNotListed
	}
	if n.To != movement.Missed {
		n.Why = ""
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockMovement(id); err != nil {
			return audit.Entry{}, err
		}
		log, err := tx.MovementLog(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		due, last := m.Starts, int64(len(log.Marks))
		if due.IsZero() && last > 0 { // a booking that was freed has no beginning any more, and she may be there
			due = log.Marks[last-1].Due
		}
		stands := movement.Standing(log.Marks, due)
		entry := decided(audit.MovementMarked(m.caseID, m.thread, id, string(stands.State), string(n.To), string(n.Why)), d)
		if stands.State == n.To && stands.Seq != 0 {
			return entry.With("repeat", "yes"), nil
		}
		if n.Seq != last && stands.State.May(n.To) {
			return entry, ids.E(ids.Conflict, "Somebody else has recorded something since your page was shown. Look at it again.")
		}
		if err := stands.State.Check(n.To, n.Why); err != nil {
			return entry, err
		}
		if m.Off && n.To != movement.Back {
			return entry, ids.E(ids.Conflict, "This was cancelled: she need not be brought.")
		}
		if err := tx.AddMovementMark(id, movement.Mark{Seq: last + 1, Due: due, State: n.To, Why: n.Why, By: a.StaffID()}); err != nil {
			return entry, err
		}
		if n.To == movement.Missed {
			_, err = f.alarm(tx, m, movement.AlarmMissed)
		}
		return entry, err
	})
}

// conceal answers a refusal: who may know the case need not know that something is to be read with her.
func (m moving) conceal(refusal error) error {
	if m.Meeting == "" {
		return ids.ErrNotFound
	}
	return refusal
}

// NewAck is a row that an officer acknowledges, with the fingerprint of what her page showed.
type NewAck struct {
	ID     ids.MovementID
	Finger string
}

// mostAcks bounds what is acknowledged with one press: more than a prison has in a day.
const mostAcks = 300

// AcknowledgeMovements records that an officer has read movements as her page showed them. What has changed since is left: changed says how many those are. What somebody has acknowledged already
// as it is stays hers.
func (f *Flow) AcknowledgeMovements(ctx context.Context, a ids.Actor, list []NewAck) (changed int, err error) {
	if len(list) == 0 || len(list) > mostAcks {
		return 0, ids.E(ids.Invalid, "Choose what you have read, at most %d at once.", mostAcks)
	}
	type allowed struct {
		moving
		policy.Decision
	}
	var read []allowed
	for _, n := range list {
		m, err := f.loadMoving(ctx, a, n.ID)
		if err != nil {
			return 0, err
		}
		facts := m.to(policy.AcknowledgeMovement)
		d := policy.Decide(facts)
		if !d.Allowed() {
			return 0, m.conceal(f.refuse(ctx, facts, auditID(n.ID), d))
		}
		if m.gone || m.Print() != n.Finger {
			changed++
			continue
		}
		read = append(read, allowed{m, d})
	}
	if len(read) == 0 {
		return changed, nil
	}
	return changed, f.st.Write(ctx, a, func(tx *store.Tx) (entry audit.Entry, err error) {
		for i, m := range read {
			if err := tx.LockMovement(m.ID); err != nil {
				return entry, err
			}
			log, err := tx.MovementLog(tx.Context(), m.ID)
			if err != nil {
				return entry, err
			}
			e := decided(audit.MovementAcknowledged(m.caseID, m.thread, m.ID), m.Decision)
			if _, done := movement.Acknowledged(log.Acks, m.Slip); done {
				e = e.With("repeat", "yes")
			} else if err := tx.AddMovementAck(m.ID, movement.Ack{Print: m.Print(), By: a.StaffID()}); err != nil {
				return entry, err
			}
			if i == 0 {
				entry = e
			} else {
				tx.Also(e)
			}
		}
		return entry, nil
	})
}

// movementChanged keeps, inside the change that gives it, that a movement is another one now; was and now have the zero times when it was on no list, or is on none any more. A late change is
// announced to the wing. A new beginning has its alarm.
func (f *Flow) movementChanged(tx *store.Tx, of store.MovementOf, c ids.CaseID, t ids.ThreadID, change movement.Change) error {
	id, err := tx.MovementLine(of)
	if err != nil {
		return err
	}
	log, err := tx.MovementLog(tx.Context(), id)
	if err != nil {
		return err
	}
	if change.Late = movement.Late(tx.Now(), len(log.Acks) > 0, change.Was, change.Starts, f.cfg.Movements.late()); change.Late {
		tx.Also(audit.MovementChanged(c, t, id, string(change.What)))
	}
	if err := tx.AddMovementChange(id, change); err != nil || change.Starts.IsZero() || change.Starts.Equal(change.Was) {
		return err
	}
	return f.enqueueDue(tx, store.MovementDue{ID: id, Starts: change.Starts})
}
