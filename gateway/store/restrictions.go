package store

import (
	"context"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/workdays"
)

// The kinds of a restriction's subjects.
const (
	aboutContact = "contact"
	aboutChild   = "child"
)

// AddRestriction stores a new restriction with the people and children it is about.
func (tx *Tx) AddRestriction(r cases.Restriction) error {
	note, err := tx.sealText(vault.CaseScope(r.Case), "restrictions", string(r.ID), "note", r.Note)
	if err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `INSERT INTO restrictions (id, case_id, kind, source, from_day, to_day, review_day, told, note_sealed, added, added_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(r.ID), string(r.Case), string(r.Kind), r.Source, int64(r.From), int64(r.To), int64(r.Review), flag(r.Told), note,
		micros(tx.now), string(r.AddedBy)); err != nil {
		return err
	}
	add := func(kind, id string) error {
		_, err := tx.q.exec(tx.ctx, `INSERT INTO restriction_subjects (restriction_id, kind, subject_id) VALUES (?, ?, ?)`, string(r.ID), kind, id)
		return err
	}
	for _, c := range r.Contacts {
		if err := add(aboutContact, string(c)); err != nil {
			return err
		}
	}
	for _, c := range r.Children {
		if err := add(aboutChild, string(c)); err != nil {
			return err
		}
	}
	tx.Wake(TopicStaff)
	return nil
}

// UpdateRestriction stores the days, the note, what she may be told, and the end of a restriction. What it forbids, and whom it is about, never
// change: another restriction takes its place.
func (tx *Tx) UpdateRestriction(r cases.Restriction) error {
	note, err := tx.sealText(vault.CaseScope(r.Case), "restrictions", string(r.ID), "note", r.Note)
	if err != nil {
		return err
	}
	n, err := tx.q.exec(tx.ctx, `UPDATE restrictions SET from_day = ?, to_day = ?, review_day = ?, told = ?, note_sealed = ?, ended = ?, ended_by = ? WHERE id = ? AND ended = 0`,
		int64(r.From), int64(r.To), int64(r.Review), flag(r.Told), note, micros(r.Ended), string(r.EndedBy), string(r.ID))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "Somebody else has ended this restriction meanwhile.")
	}
	tx.Wake(TopicStaff)
	return err
}

const restrictionColumns = `r.id, r.case_id, r.kind, r.source, r.from_day, r.to_day, r.review_day, r.told, r.note_sealed, r.added, r.added_by, r.ended, r.ended_by`

func (r Reader) restrictionsWhere(ctx context.Context, where string, args ...any) ([]cases.Restriction, error) {
	rs, err := all(ctx, r.q, `SELECT `+restrictionColumns+` FROM restrictions r WHERE `+where, args, func(s scanner) (cases.Restriction, error) {
		var x cases.Restriction
		var note []byte
		err := s.Scan(&x.ID, &x.Case, &x.Kind, &x.Source, &x.From, &x.To, &x.Review, &x.Told, &note, at{&x.Added}, &x.AddedBy, at{&x.Ended}, &x.EndedBy)
		x.Note = string(note) // still sealed
		return x, err
	})
	if err != nil {
		return nil, err
	}
	for i := range rs {
		x := &rs[i]
		if x.Note, err = r.openText(ctx, vault.CaseScope(x.Case), "restrictions", string(x.ID), "note", []byte(x.Note)); err != nil {
			return nil, err
		}
	}
	return rs, r.subjectsOf(ctx, rs)
}

// subjectsOf gives restrictions the people and children they are about.
func (r Reader) subjectsOf(ctx context.Context, rs []cases.Restriction) error {
	at, of := make(map[ids.RestrictionID]*cases.Restriction, len(rs)), make([]ids.RestrictionID, len(rs))
	for i := range rs {
		at[rs[i].ID], of[i] = &rs[i], rs[i].ID
	}
	type subject struct {
		of       ids.RestrictionID
		kind, id string
	}
	return each(ctx, r.q, of, func(list string) string {
		return `SELECT restriction_id, kind, subject_id FROM restriction_subjects WHERE restriction_id IN ` + list + ` ORDER BY subject_id`
	}, func(s scanner) (x subject, err error) { return x, s.Scan(&x.of, &x.kind, &x.id) }, func(x subject) {
		switch r := at[x.of]; x.kind {
		case aboutContact:
			r.Contacts = append(r.Contacts, ids.ContactID(x.id))
		case aboutChild:
			r.Children = append(r.Children, ids.ChildID(x.id))
		}
	})
}

// Restriction returns one restriction.
func (r Reader) Restriction(ctx context.Context, id ids.RestrictionID) (cases.Restriction, error) {
	rs, err := r.restrictionsWhere(ctx, `r.id = ?`, string(id))
	return first(rs, err)
}

// Restrictions returns every restriction that a case has or had, the newest first.
func (r Reader) Restrictions(ctx context.Context, c ids.CaseID) ([]cases.Restriction, error) {
	return remember(ctx, r.q, "restrictions/"+string(c), func() ([]cases.Restriction, error) {
		return r.restrictionsWhere(ctx, `r.case_id = ? ORDER BY r.added DESC, r.id DESC`, string(c))
	})
}

// RestrictionsToReview returns the restrictions in force at an establishment whose day of review is before the given day, the oldest first.
func (r Reader) RestrictionsToReview(ctx context.Context, e ids.AgencyID, before workdays.Day) ([]cases.Restriction, error) {
	return r.restrictionsWhere(ctx, `r.ended = 0 AND r.review_day > 0 AND r.review_day < ? AND r.case_id IN
		(SELECT c.id FROM cases c JOIN mothers m ON m.id = c.mother_id WHERE m.establishment_id = ?) ORDER BY r.review_day, r.id`, int64(before), string(e))
}
