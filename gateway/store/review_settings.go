package store

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// SetReview stores who reviews a direction of a scope, in the place of what was set before.
func (tx *Tx) SetReview(s messages.ReviewSetting, by string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO review_settings (scope_kind, scope_id, direction, nobody, first_role, second_role, set_at, set_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (scope_kind, scope_id, direction) DO UPDATE SET nobody = excluded.nobody, first_role = excluded.first_role, second_role = excluded.second_role,
		set_at = excluded.set_at, set_by = excluded.set_by`,
		string(s.Scope.Kind), s.Scope.ID, string(s.Direction), flag(s.Nobody), string(s.First), string(s.Second), micros(tx.now), by)
	return err
}

// UnsetReview takes a setting away, so that the next wider one counts.
func (tx *Tx) UnsetReview(s messages.Scope, d messages.Direction) error {
	_, err := tx.q.exec(tx.ctx, `DELETE FROM review_settings WHERE scope_kind = ? AND scope_id = ? AND direction = ?`, string(s.Kind), s.ID, string(d))
	return err
}

// ReviewSettings returns every setting that could count for a thread: its own, its case's, the establishment's and the estate's.
func (r Reader) ReviewSettings(ctx context.Context, t ids.ThreadID, c ids.CaseID, e ids.AgencyID) ([]messages.ReviewSetting, error) {
	return remember(ctx, r.q, reviewKey(t, c, e), func() ([]messages.ReviewSetting, error) {
		return all(ctx, r.q, `SELECT `+settingColumns+` FROM review_settings
			WHERE (scope_kind = 'thread' AND scope_id = ?) OR (scope_kind = 'case' AND scope_id = ?) OR (scope_kind = 'establishment' AND scope_id = ?) OR scope_kind = 'estate'`,
			[]any{string(t), string(c), string(e)}, scanSetting)
	})
}

func reviewKey(t ids.ThreadID, c ids.CaseID, e ids.AgencyID) string {
	return "review/" + string(t) + "/" + string(c) + "/" + string(e)
}

const settingColumns = `scope_kind, scope_id, direction, nobody, first_role, second_role`

func scanSetting(s scanner) (x messages.ReviewSetting, err error) {
	return x, s.Scan(&x.Scope.Kind, &x.Scope.ID, &x.Direction, &x.Nobody, &x.First, &x.Second)
}

// SetReviewAim stores in how many working days a hold is to be decided at an establishment, or ("") everywhere.
func (tx *Tx) SetReviewAim(e ids.AgencyID, days int, by string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO review_aims (establishment_id, days, set_at, set_by) VALUES (?, ?, ?, ?)
		ON CONFLICT (establishment_id) DO UPDATE SET days = excluded.days, set_at = excluded.set_at, set_by = excluded.set_by`, string(e), days, micros(tx.now), by)
	return err
}

// ReviewAims returns the aims in working days by establishment; "" is the estate's.
func (r Reader) ReviewAims(ctx context.Context) (map[ids.AgencyID]int, error) {
	type row struct {
		e    ids.AgencyID
		days int
	}
	rows, err := all(ctx, r.q, `SELECT establishment_id, days FROM review_aims`, nil, func(s scanner) (row, error) {
		var x row
		return x, s.Scan(&x.e, &x.days)
	})
	out := make(map[ids.AgencyID]int, len(rows))
	for _, x := range rows {
		out[x.e] = x.days
	}
	return out, err
}
