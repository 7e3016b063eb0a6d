package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/store/vault"
)

// NewInvitee is somebody who is to be asked, with the hash of her link's secret part.
type NewInvitee struct {
	polls.Invitee
	LinkHash string
}

// AddPoll stores a new poll with whom it asks. idemKey makes it unique in its case: when the case has one with that key already, added is false and that one's
// identifier is returned.
func (tx *Tx) AddPoll(p polls.Poll, asked []NewInvitee, idemKey string) (id ids.PollID, added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO polls (id, case_id, kind, minutes, across, state, created, created_by, closes, idem_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (case_id, idem_key) DO NOTHING`, string(p.ID), string(p.Case), string(p.Kind), p.Minutes, truth(p.Across), string(polls.Open), micros(tx.now), string(p.By), micros(p.Closes), idemKey)
	if err != nil {
		return "", false, err
	}
	if n == 0 {
		err = tx.q.one(tx.ctx, `SELECT id FROM polls WHERE case_id = ? AND idem_key = ?`, []any{string(p.Case), idemKey}, &id)
		return id, false, err
	}
	for _, k := range p.About {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO poll_about (poll_id, child_id) VALUES (?, ?)`, string(p.ID), string(k)); err != nil {
			return "", false, err
		}
	}
	for _, s := range p.Slots {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO poll_slots (poll_id, n, starts) VALUES (?, ?, ?)`, string(p.ID), s.N, micros(s.Start)); err != nil {
			return "", false, err
		}
	}
	for _, i := range asked {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO poll_invitees (id, poll_id, contact_id, name, email, required, link_hash, comment_sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			string(i.ID), string(p.ID), string(i.Contact), i.Name, i.Email, truth(i.Required), i.LinkHash, []byte{}); err != nil {
			return "", false, err
		}
	}
	tx.Wake(TopicStaff)
	return p.ID, true, nil
}

// LockPoll is Poll with the row locked until the commit, so that of two changes the later sees the earlier.
func (tx *Tx) LockPoll(id ids.PollID) (polls.Poll, error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE polls SET state = state WHERE id = ?`, string(id)); err != nil {
		return polls.Poll{}, err
	}
	return tx.Poll(tx.ctx, id)
}

// SetPollState records how a poll ended.
func (tx *Tx) SetPollState(id ids.PollID, s polls.State) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE polls SET state = ? WHERE id = ?`, string(s), string(id))
	tx.Wake(TopicStaff)
	return err
}

// DecidePoll records that a meeting was made of a poll; slot 0 = at none of its times.
func (tx *Tx) DecidePoll(id ids.PollID, slot int, m ids.MeetingID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE polls SET state = ?, chosen = ?, meeting_id = ? WHERE id = ?`, string(polls.Decided), slot, string(m), string(id))
	tx.Wake(TopicStaff)
	return err
}

// KeepVotes stores somebody's answer in the place of what she answered before.
func (tx *Tx) KeepVotes(c ids.CaseID, i ids.InviteeID, votes map[int]polls.Vote, comment string) error {
	sealed, err := tx.sealText(vault.CaseScope(c), "poll_invitees", string(i), "comment", comment)
	if err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `UPDATE poll_invitees SET answered = ?, comment_sealed = ? WHERE id = ?`, micros(tx.now), sealed, string(i)); err != nil {
		return err
	}
	for n, v := range votes {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO poll_votes (invitee_id, n, vote, given) VALUES (?, ?, ?, ?)
			ON CONFLICT (invitee_id, n) DO UPDATE SET vote = excluded.vote, given = excluded.given`, string(i), n, string(v), micros(tx.now)); err != nil {
			return err
		}
	}
	tx.Wake(TopicStaff)
	return nil
}

// SetPollReminded notes that somebody was asked again.
func (tx *Tx) SetPollReminded(i ids.InviteeID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE poll_invitees SET reminded = ? WHERE id = ?`, micros(tx.now), string(i))
	tx.Wake(TopicStaff)
	return err
}

// SetPollMail records how the mail with somebody's link has fared.
func (tx *Tx) SetPollMail(i ids.InviteeID, s polls.MailState) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE poll_invitees SET mail_state = ? WHERE id = ?`, string(s), string(i))
	tx.Wake(TopicStaff)
	return err
}

func (r Reader) pollsWhere(ctx context.Context, where string, args ...any) ([]polls.Poll, error) {
	list, err := all(ctx, r.q, `SELECT p.id, p.case_id, p.kind, p.minutes, p.across, p.state, p.created, p.created_by, p.closes, p.chosen, p.meeting_id FROM polls p WHERE `+where, args,
		func(s scanner) (p polls.Poll, err error) {
			var across int64
			err = s.Scan(&p.ID, &p.Case, &p.Kind, &p.Minutes, &across, &p.State, at{&p.Created}, &p.By, at{&p.Closes}, &p.Chosen, &p.Meeting)
			p.Across = across != 0
			return p, err
		})
	for i := range list {
		if err == nil {
			err = r.pollParts(ctx, &list[i])
		}
	}
	return list, err
}

// pollParts reads what belongs to one poll.
func (r Reader) pollParts(ctx context.Context, p *polls.Poll) (err error) {
	id := []any{string(p.ID)}
	if p.About, err = all(ctx, r.q, `SELECT child_id FROM poll_about WHERE poll_id = ? ORDER BY child_id`, id, func(s scanner) (k ids.ChildID, err error) { return k, s.Scan(&k) }); err != nil {
		return err
	}
	if p.Slots, err = all(ctx, r.q, `SELECT n, starts FROM poll_slots WHERE poll_id = ? ORDER BY n`, id,
		func(s scanner) (x polls.Slot, err error) { return x, s.Scan(&x.N, at{&x.Start}) }); err != nil {
		return err
	}
	if p.Invitees, err = all(ctx, r.q, `SELECT id, contact_id, name, email, required, mail_state, reminded, answered, comment_sealed FROM poll_invitees WHERE poll_id = ? ORDER BY name, id`, id,
		func(s scanner) (i polls.Invitee, err error) {
			var required int64
			var said []byte
			err = s.Scan(&i.ID, &i.Contact, &i.Name, &i.Email, &required, &i.Mail, at{&i.Reminded}, at{&i.Answered}, &said)
			i.Required, i.Comment, i.Votes = required != 0, string(said), map[int]polls.Vote{} // the comment is still sealed
			return i, err
		}); err != nil {
		return err
	}
	place := map[ids.InviteeID]int{}
	for at, i := range p.Invitees {
		place[i.ID] = at
		if p.Invitees[at].Comment, err = r.openText(ctx, vault.CaseScope(p.Case), "poll_invitees", string(i.ID), "comment", []byte(i.Comment)); err != nil {
			return err
		}
	}
	type vote struct {
		of ids.InviteeID
		n  int
		v  polls.Vote
	}
	vs, err := all(ctx, r.q, `SELECT v.invitee_id, v.n, v.vote FROM poll_votes v JOIN poll_invitees i ON i.id = v.invitee_id WHERE i.poll_id = ?`, id,
		func(s scanner) (x vote, err error) { return x, s.Scan(&x.of, &x.n, &x.v) })
	for _, x := range vs {
		p.Invitees[place[x.of]].Votes[x.n] = x.v
	}
	return err
}

// Poll returns one poll.
func (r Reader) Poll(ctx context.Context, id ids.PollID) (polls.Poll, error) {
	return first(r.pollsWhere(ctx, `p.id = ?`, string(id)))
}

// PollByLink finds who is asked by the hash of her link's secret part.
func (r Reader) PollByLink(ctx context.Context, linkHash string) (p polls.Poll, i ids.InviteeID, err error) {
	var id ids.PollID
	if err := r.q.one(ctx, `SELECT id, poll_id FROM poll_invitees WHERE link_hash = ?`, []any{linkHash}, &i, &id); err != nil {
		return p, i, err
	}
	p, err = r.Poll(ctx, id)
	return p, i, err
}

// PollOfInvitee finds the poll in which somebody is asked.
func (r Reader) PollOfInvitee(ctx context.Context, i ids.InviteeID) (polls.Poll, error) {
	return first(r.pollsWhere(ctx, `p.id = (SELECT poll_id FROM poll_invitees WHERE id = ?)`, string(i)))
}

// PollsOfCase returns a case's polls, the newest first.
func (r Reader) PollsOfCase(ctx context.Context, c ids.CaseID) ([]polls.Poll, error) {
	return r.pollsWhere(ctx, `p.case_id = ? ORDER BY p.created DESC, p.id`, string(c))
}

// UndecidedPolls returns the polls of the cases on whose team a member of staff is, that wait for answers or for somebody to choose a time, and have a time after the given one;
// which closes first, first. It narrows the search; policy decides for each.
func (r Reader) UndecidedPolls(ctx context.Context, s ids.StaffID, after time.Time) ([]polls.Poll, error) {
	return r.pollsWhere(ctx, `p.state IN ('open', 'closed') AND EXISTS (SELECT 1 FROM poll_slots x WHERE x.poll_id = p.id AND x.starts > ?)
		AND (EXISTS (SELECT 1 FROM case_team t WHERE t.case_id = p.case_id AND t.staff_id = ?) OR EXISTS (SELECT 1 FROM cases c WHERE c.id = p.case_id AND c.worker_id = ?))
		ORDER BY p.closes, p.id`, micros(after), string(s), string(s))
}
