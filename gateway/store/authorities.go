package store

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// AgencyBySlug finds the agency that is an authority of the directory.
func (r Reader) AgencyBySlug(ctx context.Context, slug string) (people.Agency, error) {
	as, err := all(ctx, r.q, `SELECT `+agencyColumns+` FROM agencies WHERE slug = ? AND slug <> ''`, []any{slug}, scanAgency)
	return first(as, err)
}

// SetDuty stores how an agency's duty team is reached, and its mail domains.
func (tx *Tx) SetDuty(a people.Agency) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE agencies SET duty_email = ?, duty_phone = ?, domain = ? WHERE id = ?`, a.Duty.Email, a.Duty.Phone, a.Domain, string(a.ID))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}
