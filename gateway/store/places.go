package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/workdays"
)

// SetRegimeWeek says when the women of a wing are unlocked on each day of the week.
func (tx *Tx) SetRegimeWeek(w ids.WingID, week [7]slots.Windows) error {
	for day, windows := range week {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO regime_weeks (wing_id, weekday, windows) VALUES (?, ?, ?) ON CONFLICT (wing_id, weekday) DO UPDATE SET windows = excluded.windows`,
			string(w), day, windows.String()); err != nil {
			return err
		}
	}
	tx.Wake(TopicStaff)
	return nil
}

// SetRegimeDay gives one day of a wing times of its own; what was said of that day before is replaced.
func (tx *Tx) SetRegimeDay(w ids.WingID, e slots.Exception) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO regime_days (wing_id, day, windows, why) VALUES (?, ?, ?, ?) ON CONFLICT (wing_id, day) DO UPDATE SET windows = excluded.windows, why = excluded.why`,
		string(w), int64(e.Day), e.Windows.String(), string(e.Why))
	tx.Wake(TopicStaff)
	return err
}

// RemoveRegimeDay makes a day like the others of its weekday again; ErrNotFound when it is.
func (tx *Tx) RemoveRegimeDay(w ids.WingID, d workdays.Day) error {
	tx.Wake(TopicStaff)
	return oneRow(tx.q.exec(tx.ctx, `DELETE FROM regime_days WHERE wing_id = ? AND day = ?`, string(w), int64(d)))
}

type wingDay struct {
	weekday      time.Weekday
	day          workdays.Day
	windows, why string
}

// Regime returns when the women of a wing are unlocked; of days that are unlike others, those from a day on.
func (r Reader) Regime(ctx context.Context, w ids.WingID, from workdays.Day) (slots.Regime, error) {
	out := slots.Regime{Days: map[workdays.Day]slots.Exception{}}
	week, err := all(ctx, r.q, `SELECT weekday, windows FROM regime_weeks WHERE wing_id = ?`, []any{string(w)}, func(s scanner) (d wingDay, err error) {
		return d, s.Scan(&d.weekday, &d.windows)
	})
	if err != nil {
		return out, err
	}
	for _, d := range week {
		if out.Week[d.weekday], err = slots.ParseWindows(d.windows); err != nil {
			return out, err
		}
	}
	out.Entered = len(week) > 0
	days, err := all(ctx, r.q, `SELECT day, windows, why FROM regime_days WHERE wing_id = ? AND day >= ?`, []any{string(w), int64(from)}, func(s scanner) (d wingDay, err error) {
		return d, s.Scan(&d.day, &d.windows, &d.why)
	})
	if err != nil {
		return out, err
	}
	for _, d := range days {
		e := slots.Exception{Day: d.day, Why: slots.Why(d.why)}
		if e.Windows, err = slots.ParseWindows(d.windows); err != nil {
			return out, err
		}
		out.Days[d.day] = e
	}
	return out, nil
}

// AddPlace stores a new place; Conflict when one that is in use has its name.
func (tx *Tx) AddPlace(p slots.Place) error {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO places (id, establishment_id, name, kind, walk_minutes, private, legal, beside) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(p.ID), string(p.Establishment), p.Name, string(p.Kind), int(p.Walk/time.Minute), flag(p.Private), flag(p.Legal), p.Beside)
	if err != nil {
		return err
	}
	if n == 0 {
		return ids.E(ids.Conflict, "There is a place called “%s” already.", p.Name)
	}
	for _, w := range p.Wings {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO place_wings (place_id, wing_id) VALUES (?, ?)`, string(p.ID), string(w)); err != nil {
			return err
		}
	}
	tx.Wake(TopicStaff)
	return nil
}

// WithdrawPlace ends the use of a place; what is booked in it stays booked, and is shown as to be placed anew. ErrNotFound when there is none to withdraw.
func (tx *Tx) WithdrawPlace(id ids.PlaceID) error {
	tx.Wake(TopicStaff)
	return oneRow(tx.q.exec(tx.ctx, `UPDATE places SET withdrawn = ? WHERE id = ? AND withdrawn = 0`, micros(tx.now), string(id)))
}

func (r Reader) placesWhere(ctx context.Context, where string, args ...any) ([]slots.Place, error) {
	list, err := all(ctx, r.q, `SELECT id, establishment_id, name, kind, walk_minutes, private, legal, beside, withdrawn FROM places WHERE `+where, args, func(s scanner) (p slots.Place, err error) {
		var walk int
		err = s.Scan(&p.ID, &p.Establishment, &p.Name, &p.Kind, &walk, &p.Private, &p.Legal, &p.Beside, at{&p.Withdrawn})
		p.Walk = time.Duration(walk) * time.Minute
		return p, err
	})
	if err != nil {
		return nil, err
	}
	of, places := map[ids.PlaceID]*slots.Place{}, make([]ids.PlaceID, len(list))
	for i := range list {
		of[list[i].ID], places[i] = &list[i], list[i].ID
	}
	type row struct {
		place ids.PlaceID
		wing  ids.WingID
	}
	return list, each(ctx, r.q, places, func(in string) string {
		return `SELECT place_id, wing_id FROM place_wings WHERE place_id IN ` + in + ` ORDER BY wing_id`
	},
		func(s scanner) (x row, err error) { return x, s.Scan(&x.place, &x.wing) }, func(x row) { of[x.place].Wings = append(of[x.place].Wings, x.wing) })
}

// Places returns an establishment's places that are in use, by name.
func (r Reader) Places(ctx context.Context, e ids.AgencyID) ([]slots.Place, error) {
	return r.placesWhere(ctx, `establishment_id = ? AND withdrawn = 0 ORDER BY name, id`, string(e))
}

// Place returns one place, withdrawn or not.
func (r Reader) Place(ctx context.Context, id ids.PlaceID) (slots.Place, error) {
	list, err := r.placesWhere(ctx, `id = ?`, string(id))
	return first(list, err)
}
