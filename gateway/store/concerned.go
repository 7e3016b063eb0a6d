package store

import (
	"context"

	"kinbridge/gateway/ids"
)

// ConcernKind says what a concern names.
type ConcernKind string

// The kinds of concern.
const (
	ConcernAgency  ConcernKind = "agency"  // a school or court
	ConcernContact ConcernKind = "contact" // a carer
)

// Concern is somebody outside who has to do with a child besides the authority that looks after her or him.
type Concern struct {
	Child ids.ChildID
	Kind  ConcernKind
	Ref   string // the agency's or the contact's identifier
}

// Concerns returns who has to do with a case's children, besides their authorities.
func (r Reader) Concerns(ctx context.Context, c ids.CaseID) ([]Concern, error) {
	return all(ctx, r.q, `SELECT x.child_id, x.kind, x.ref FROM child_concerned x JOIN children k ON k.id = x.child_id WHERE k.case_id = ? ORDER BY x.child_id, x.kind, x.ref`,
		[]any{string(c)}, func(s scanner) (x Concern, err error) { return x, s.Scan(&x.Child, &x.Kind, &x.Ref) })
}

// SetConcerns says who has to do with a child, in place of what was said before.
func (tx *Tx) SetConcerns(k ids.ChildID, list []Concern) error {
	if _, err := tx.q.exec(tx.ctx, `DELETE FROM child_concerned WHERE child_id = ?`, string(k)); err != nil {
		return err
	}
	for _, x := range list {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO child_concerned (child_id, kind, ref, since) VALUES (?, ?, ?, ?) ON CONFLICT (child_id, kind, ref) DO NOTHING`,
			string(k), string(x.Kind), x.Ref, micros(tx.now)); err != nil {
			return err
		}
	}
	return nil
}
