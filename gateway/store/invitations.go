package store

import (
	"context"
	"encoding/json"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/store/vault"
)

// invitationFacts is what is sealed of an invitation.
type invitationFacts struct {
	Invite   invites.Invite    `json:"invite"`
	Versions []invites.Version `json:"versions"`
	Counter  *invites.Counter  `json:"counter,omitempty"`
}

// SaveInvitation stores an invitation, new or as it is now. uidDigest names the meeting; of one that is stored it stays as it is.
func (tx *Tx) SaveInvitation(k invites.Known, uidDigest string) error {
	facts, err := json.Marshal(invitationFacts{k.Invite, k.Versions, k.Counter})
	if err != nil {
		return err
	}
	sealed, err := tx.sealText(vault.CaseScope(k.Case), "invitations", string(k.ID), "facts", string(facts))
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO invitations (id, case_id, thread_id, contact_id, uid_digest, inbound_id, hold_id, state, received, decided, decided_by, facts_sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET thread_id = excluded.thread_id, contact_id = excluded.contact_id, inbound_id = excluded.inbound_id,
		hold_id = excluded.hold_id, state = excluded.state, decided = excluded.decided, decided_by = excluded.decided_by, facts_sealed = excluded.facts_sealed`,
		string(k.ID), string(k.Case), string(k.Thread), string(k.Contact), uidDigest, string(k.Inbound), string(k.Hold), string(k.State), micros(tx.now), micros(k.Decided), string(k.By), sealed)
	tx.Wake(TopicStaff)
	return err
}

// SetInvitationTrouble records how sending our last answer to an invitation ended.
func (tx *Tx) SetInvitationTrouble(id ids.InvitationID, code string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE invitations SET trouble = ? WHERE id = ?`, code, string(id))
	tx.Wake(TopicStaff)
	return err
}

// BookOf records that a meeting was made of one of an invitation's times, in the place of one that was called off; Conflict when one stands.
func (tx *Tx) BookOf(id ids.InvitationID, occurrence time.Time, m ids.MeetingID) error {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO invitation_meetings (invitation_id, occurrence, meeting_id) VALUES (?, ?, ?)
		ON CONFLICT (invitation_id, occurrence) DO UPDATE SET meeting_id = excluded.meeting_id
		WHERE NOT EXISTS (SELECT 1 FROM meetings m WHERE m.id = invitation_meetings.meeting_id AND m.state = 'planned')`, string(id), micros(occurrence), string(m))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "Somebody has booked this meeting already.")
	}
	return err
}

// LockInvitation is Invitation with the row locked until the commit, so that of two decisions the later sees the earlier.
func (tx *Tx) LockInvitation(id ids.InvitationID) (invites.Known, error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE invitations SET state = state WHERE id = ?`, string(id)); err != nil {
		return invites.Known{}, err
	}
	return tx.Invitation(tx.ctx, id)
}

func (r Reader) invitationWhere(ctx context.Context, where string, args ...any) (k invites.Known, err error) {
	var sealed []byte
	err = r.q.one(ctx, `SELECT id, case_id, thread_id, contact_id, inbound_id, hold_id, state, received, decided, decided_by, trouble, facts_sealed FROM invitations WHERE `+where, args,
		&k.ID, &k.Case, &k.Thread, &k.Contact, &k.Inbound, &k.Hold, &k.State, at{&k.Received}, at{&k.Decided}, &k.By, &k.Trouble, &sealed)
	if err != nil {
		return k, err
	}
	text, err := r.openText(ctx, vault.CaseScope(k.Case), "invitations", string(k.ID), "facts", sealed)
	if err != nil {
		return k, err
	}
	var facts invitationFacts
	if err := json.Unmarshal([]byte(text), &facts); err != nil {
		return k, err
	}
	k.Invite, k.Versions, k.Counter = facts.Invite, facts.Versions, facts.Counter
	k.Booked, err = all(ctx, r.q, `SELECT i.occurrence, i.meeting_id, m.starts, m.ends, CASE WHEN m.state = 'planned' THEN 0 ELSE 1 END FROM invitation_meetings i JOIN meetings m ON m.id = i.meeting_id
		WHERE i.invitation_id = ? ORDER BY m.starts, m.id`, []any{string(k.ID)}, func(s scanner) (b invites.Booked, err error) {
		var over int
		err = s.Scan(at{&b.Occurrence}, &b.Meeting, at{&b.Start}, at{&b.End}, &over)
		b.Over = over != 0
		return b, err
	})
	return k, err
}

// Invitation returns one invitation.
func (r Reader) Invitation(ctx context.Context, id ids.InvitationID) (invites.Known, error) {
	return r.invitationWhere(ctx, `id = ?`, string(id))
}

// InvitationByUID returns a case's invitation to a meeting.
func (r Reader) InvitationByUID(ctx context.Context, c ids.CaseID, uidDigest string) (invites.Known, error) {
	return r.invitationWhere(ctx, `case_id = ? AND uid_digest = ?`, string(c), uidDigest)
}

// InvitationByHold returns the invitation about which a hold waits, or waited last.
func (r Reader) InvitationByHold(ctx context.Context, h ids.HoldID) (invites.Known, error) {
	if h == "" {
		return invites.Known{}, ids.ErrNotFound
	}
	return r.invitationWhere(ctx, `hold_id = ?`, string(h))
}

// InvitationByMeeting returns the invitation of which a meeting was made.
func (r Reader) InvitationByMeeting(ctx context.Context, m ids.MeetingID) (invites.Known, error) {
	return r.invitationWhere(ctx, `id = (SELECT invitation_id FROM invitation_meetings WHERE meeting_id = ?)`, string(m))
}
