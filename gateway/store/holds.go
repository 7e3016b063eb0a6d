package store

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store/vault"
)

func holdScope(c ids.CaseID) vault.Scope {
	if c == "" {
		return vault.Intake
	}
	return vault.CaseScope(c)
}

// AddHold stores a new hold. Conflict for a second appeal against one decision.
func (tx *Tx) AddHold(h messages.Hold) error {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO holds (id, case_id, thread_id, message_id, inbound_id, reason, why, for_role, opened, note_sealed, stage, appeal_of)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`+onceAppealed, string(h.ID), string(h.Case), string(h.Thread), string(h.Message), string(h.Inbound), string(h.Reason),
		h.Why, string(h.ForRole), micros(tx.now), []byte{}, h.Stage, string(h.AppealOf))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "Somebody has been asked to look at it again already.")
	}
	tx.Wake(TopicStaff)
	return err
}

// onceAppealed leaves a second appeal against one decision out.
const onceAppealed = ` ON CONFLICT (appeal_of) WHERE appeal_of <> '' DO NOTHING`

const holdColumns = `id, case_id, thread_id, message_id, inbound_id, reason, why, for_role, opened, claimed_by, decided, decided_by, outcome, reason_code, note_sealed, stage, appeal_of`

func scanHold(r scanner) (messages.Hold, error) {
	var h messages.Hold
	var note []byte
	err := r.Scan(&h.ID, &h.Case, &h.Thread, &h.Message, &h.Inbound, &h.Reason, &h.Why, &h.ForRole, at{&h.Opened}, &h.ClaimedBy,
		at{&h.Decided}, &h.DecidedBy, &h.Outcome, &h.ReasonCode, &note, &h.Stage, &h.AppealOf)
	h.Note = string(note) // still sealed
	return h, err
}

func (r Reader) holdsWhere(ctx context.Context, where string, args ...any) ([]messages.Hold, error) {
	hs, err := all(ctx, r.q, `SELECT `+holdColumns+` FROM holds WHERE `+where, args, scanHold)
	for i := range hs {
		if hs[i].Note, err = r.openText(ctx, holdScope(hs[i].Case), "holds", string(hs[i].ID), "note", []byte(hs[i].Note)); err != nil {
			return nil, err
		}
	}
	return hs, err
}

// Hold returns one hold.
func (r Reader) Hold(ctx context.Context, id ids.HoldID) (messages.Hold, error) {
	hs, err := r.holdsWhere(ctx, `id = ?`, string(id))
	return first(hs, err)
}

// HoldOfMessage returns the newest hold of a message: the open one, if there is one.
func (r Reader) HoldOfMessage(ctx context.Context, id ids.MessageID) (messages.Hold, error) {
	hs, err := r.HoldsOfMessage(ctx, id)
	return first(hs, err)
}

// HoldsOfMessage returns every hold of a message, the newest first.
func (r Reader) HoldsOfMessage(ctx context.Context, id ids.MessageID) ([]messages.Hold, error) {
	if hs, ok := recall[[]messages.Hold](ctx, r.q, "holds_of/"+string(id)); ok {
		return hs, nil
	}
	return r.holdsWhere(ctx, `message_id = ?`+newestHold, string(id))
}

const newestHold = ` ORDER BY CASE WHEN decided = 0 THEN 0 ELSE 1 END, decided DESC, opened DESC, stage DESC, appeal_of DESC`

// ClaimsOf returns the open holds that a member of staff has claimed, of one case or ("") of all, oldest first.
func (r Reader) ClaimsOf(ctx context.Context, s ids.StaffID, c ids.CaseID) ([]messages.Hold, error) {
	return r.holdsWhere(ctx, `decided = 0 AND claimed_by = ? AND (? = '' OR case_id = ?) ORDER BY opened, id`, string(s), string(c), string(c))
}

// OpenHoldOfMail returns the open hold of a received email; "" when there is none.
func (r Reader) OpenHoldOfMail(ctx context.Context, in ids.InboundID) (ids.HoldID, error) {
	hs, err := r.holdsWhere(ctx, `inbound_id = ? AND message_id = '' AND decided = 0`, string(in))
	if err != nil || len(hs) == 0 {
		return "", err
	}
	return hs[0].ID, nil
}

// OpenHolds returns the open holds of cases that a member of staff works on, those that wait for her role about women at her establishment (for
// an administrator, about any), and those of no case, oldest first. It narrows the search; policy decides for each.
func (r Reader) OpenHolds(ctx context.Context, s ids.StaffID) ([]messages.Hold, error) {
	return r.holdsWhere(ctx, `decided = 0 AND (case_id = '' OR case_id IN (SELECT case_id FROM case_team WHERE staff_id = ?)
		OR (for_role = 'administrator' AND EXISTS (SELECT 1 FROM staff WHERE id = ? AND role = 'administrator'))
		OR (for_role = (SELECT role FROM staff WHERE id = ?) AND case_id IN (SELECT c.id FROM cases c JOIN mothers m ON m.id = c.mother_id
			JOIN staff s ON s.agency_id = m.establishment_id WHERE s.id = ?))) ORDER BY opened, id`, string(s), string(s), string(s), string(s))
}

// DecidedHolds returns the newest decided holds of the cases a member of staff works on.
func (r Reader) DecidedHolds(ctx context.Context, s ids.StaffID, limit int) ([]messages.Hold, error) {
	return r.holdsWhere(ctx, `decided > 0 AND case_id IN (SELECT case_id FROM case_team WHERE staff_id = ?) ORDER BY decided DESC LIMIT ?`, string(s), limit)
}

// UpdateHold stores a claim or decision. It fails with Conflict if the hold was decided meanwhile.
func (tx *Tx) UpdateHold(h messages.Hold) error {
	note, err := tx.sealText(holdScope(h.Case), "holds", string(h.ID), "note", h.Note)
	if err != nil {
		return err
	}
	n, err := tx.q.exec(tx.ctx, `UPDATE holds SET claimed_by = ?, decided = ?, decided_by = ?, outcome = ?, reason_code = ?, note_sealed = ?
		WHERE id = ? AND decided = 0`, string(h.ClaimedBy), micros(h.Decided), string(h.DecidedBy), string(h.Outcome), h.ReasonCode, note, string(h.ID))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "Somebody else has decided this meanwhile.")
	}
	tx.Wake(TopicStaff)
	return err
}
