package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// ReadingCode is the code by which a worker opens one message with one mother. Digest is keyed: six digits can be tried out against a plain hash.
type ReadingCode struct {
	Message ids.MessageID
	Staff   ids.StaffID
	Mother  ids.MotherID
	Digest  string
	Made    time.Time
	Expires time.Time
	Tries   int // wrong ones since it was made
	Used    time.Time
}

// KeepReadingCode stores a new code; an earlier one of the same worker for the same message is good no more.
func (tx *Tx) KeepReadingCode(c ReadingCode) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO reading_codes (message_id, staff_id, mother_id, digest, made, expires) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (message_id, staff_id) DO UPDATE SET mother_id = excluded.mother_id, digest = excluded.digest, made = excluded.made, expires = excluded.expires, tries = 0, used = 0`,
		string(c.Message), string(c.Staff), string(c.Mother), c.Digest, micros(tx.now), micros(c.Expires))
	return err
}

// ReadingCodesOf returns the codes for a mother that can still be used.
func (r Reader) ReadingCodesOf(ctx context.Context, m ids.MotherID, now time.Time, mostTries int) ([]ReadingCode, error) {
	return all(ctx, r.q, `SELECT message_id, staff_id, mother_id, digest, made, expires, tries, used FROM reading_codes
		WHERE mother_id = ? AND used = 0 AND expires > ? AND tries < ? ORDER BY made`, []any{string(m), micros(now), mostTries}, func(s scanner) (ReadingCode, error) {
		var c ReadingCode
		return c, s.Scan(&c.Message, &c.Staff, &c.Mother, &c.Digest, at{&c.Made}, at{&c.Expires}, &c.Tries, at{&c.Used})
	})
}

// CountReadingTry counts a wrong code against every code for the mother.
func (tx *Tx) CountReadingTry(m ids.MotherID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE reading_codes SET tries = tries + 1 WHERE mother_id = ? AND used = 0`, string(m))
	return err
}

// SpendReadingCode uses a code, once: spent is false when somebody was first.
func (tx *Tx) SpendReadingCode(c ReadingCode, mostTries int) (spent bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE reading_codes SET used = ? WHERE message_id = ? AND staff_id = ? AND digest = ? AND used = 0 AND expires > ? AND tries < ?`,
		micros(tx.now), string(c.Message), string(c.Staff), c.Digest, micros(tx.now), mostTries)
	return n > 0, err
}

// HintWords returns the words of each language that replace the built-in ones.
func (r Reader) HintWords(ctx context.Context) (map[string]string, error) {
	return remember(ctx, r.q, "hint_words", func() (map[string]string, error) {
		rows, err := all(ctx, r.q, `SELECT lang, words FROM hint_words`, nil, func(s scanner) (l [2]string, err error) { return l, s.Scan(&l[0], &l[1]) })
		out := make(map[string]string, len(rows))
		for _, l := range rows {
			out[l[0]] = l[1]
		}
		return out, err
	})
}

// SetHintWords replaces the words of a language; "" brings the built-in ones back.
func (tx *Tx) SetHintWords(lang, words string, by ids.StaffID) error {
	if words == "" {
		_, err := tx.q.exec(tx.ctx, `DELETE FROM hint_words WHERE lang = ?`, lang)
		return err
	}
	_, err := tx.q.exec(tx.ctx, `INSERT INTO hint_words (lang, words, set_at, set_by) VALUES (?, ?, ?, ?)
		ON CONFLICT (lang) DO UPDATE SET words = excluded.words, set_at = excluded.set_at, set_by = excluded.set_by`, lang, words, micros(tx.now), string(by))
	return err
}

// AddAlert stores a new alert; a second of the same opening and urgency changes nothing and added is false.
func (tx *Tx) AddAlert(a people.SupportAlert) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO support_alerts (id, case_id, mother_id, establishment, wing, opening, urgent, raised) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (opening, urgent) DO NOTHING`, string(a.ID), string(a.Case), string(a.Mother), string(a.Establishment), string(a.Wing), string(a.Opening), flag(a.Urgent), micros(tx.now))
	tx.Wake(TopicStaff)
	return n > 0, err
}

const alertColumns = `SELECT id, case_id, mother_id, establishment, wing, opening, urgent, raised, again, acknowledged, acknowledged_by FROM support_alerts `

func scanAlert(s scanner) (people.SupportAlert, error) {
	var a people.SupportAlert
	return a, s.Scan(&a.ID, &a.Case, &a.Mother, &a.Establishment, &a.Wing, &a.Opening, &a.Urgent, at{&a.Raised}, at{&a.Again}, at{&a.Acknowledged}, &a.By)
}

// Alert returns one alert.
func (r Reader) Alert(ctx context.Context, id ids.AlertID) (people.SupportAlert, error) {
	as, err := all(ctx, r.q, alertColumns+`WHERE id = ?`, []any{string(id)}, scanAlert)
	return first(as, err)
}

// AlertsSince returns the alerts that an establishment (or staff of the cases' teams) may be shown: those raised since a time, and those that nobody
// has acknowledged, the newest first. It narrows the search; policy decides for each.
func (r Reader) AlertsSince(ctx context.Context, s ids.StaffID, establishment ids.AgencyID, since time.Time) ([]people.SupportAlert, error) {
	return all(ctx, r.q, alertColumns+`WHERE (raised > ? OR acknowledged = 0) AND (establishment = ?
		OR mother_id IN (SELECT id FROM mothers WHERE establishment_id = ?) OR case_id IN (SELECT case_id FROM case_team WHERE staff_id = ?)) ORDER BY raised DESC, id DESC`,
		[]any{micros(since), string(establishment), string(establishment), string(s)}, scanAlert)
}

// AcknowledgeAlert records who sees to it; it reports whether nobody had before.
func (tx *Tx) AcknowledgeAlert(id ids.AlertID, by ids.StaffID) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE support_alerts SET acknowledged = ?, acknowledged_by = ? WHERE id = ? AND acknowledged = 0`, micros(tx.now), string(by), string(id))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// AlertAgain records that an alert went out again, and reports whether it had to: nobody has acknowledged it, and it has not gone again yet.
func (tx *Tx) AlertAgain(id ids.AlertID) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE support_alerts SET again = ? WHERE id = ? AND acknowledged = 0 AND again = 0`, micros(tx.now), string(id))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// AlertPeople returns who is told at an establishment besides the officers of the wings.
func (r Reader) AlertPeople(ctx context.Context, establishment ids.AgencyID) ([]people.AlertPerson, error) {
	return all(ctx, r.q, `SELECT establishment, wing, staff_id, by_mail FROM alert_people WHERE establishment = ? ORDER BY wing, staff_id`, []any{string(establishment)},
		func(s scanner) (people.AlertPerson, error) {
			var p people.AlertPerson
			return p, s.Scan(&p.Establishment, &p.Wing, &p.Staff, &p.ByMail)
		})
}

// KeepAlertPerson puts somebody on the list, or changes how she is told.
func (tx *Tx) KeepAlertPerson(p people.AlertPerson) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO alert_people (establishment, wing, staff_id, by_mail) VALUES (?, ?, ?, ?)
		ON CONFLICT (establishment, wing, staff_id) DO UPDATE SET by_mail = excluded.by_mail`, string(p.Establishment), string(p.Wing), string(p.Staff), flag(p.ByMail))
	return err
}

// DropAlertPerson takes somebody off the list.
func (tx *Tx) DropAlertPerson(p people.AlertPerson) error {
	_, err := tx.q.exec(tx.ctx, `DELETE FROM alert_people WHERE establishment = ? AND wing = ? AND staff_id = ?`, string(p.Establishment), string(p.Wing), string(p.Staff))
	return err
}

// DutyEmail returns the address of an establishment's duty governor; "" when none is set.
func (r Reader) DutyEmail(ctx context.Context, establishment ids.AgencyID) (string, error) {
	var email string
	err := r.q.one(ctx, `SELECT duty_email FROM alert_settings WHERE establishment = ?`, []any{string(establishment)}, &email)
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	return email, err
}

// SetDutyEmail sets it.
func (tx *Tx) SetDutyEmail(establishment ids.AgencyID, email string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO alert_settings (establishment, duty_email) VALUES (?, ?)
		ON CONFLICT (establishment) DO UPDATE SET duty_email = excluded.duty_email`, string(establishment), email)
	return err
}

// OpenPlan returns a mother's open support plan; the zero value when there is none.
func (r Reader) OpenPlan(ctx context.Context, m ids.MotherID) (people.SupportPlan, error) {
	ps, err := all(ctx, r.q, `SELECT id, mother_id, opened, opened_by, closed, closed_by FROM support_plans WHERE mother_id = ? AND closed = 0`, []any{string(m)},
		func(s scanner) (people.SupportPlan, error) {
			var p people.SupportPlan
			return p, s.Scan(&p.ID, &p.Mother, at{&p.Opened}, &p.OpenedBy, at{&p.Closed}, &p.ClosedBy)
		})
	if err != nil || len(ps) == 0 {
		return people.SupportPlan{}, err
	}
	return ps[0], nil
}

// AddPlan opens a support plan; when one is open already nothing changes and added is false.
func (tx *Tx) AddPlan(p people.SupportPlan) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO support_plans (id, mother_id, opened, opened_by) VALUES (?, ?, ?, ?) ON CONFLICT (mother_id) WHERE closed = 0 DO NOTHING`,
		string(p.ID), string(p.Mother), micros(tx.now), string(p.OpenedBy))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// ClosePlan closes a mother's open plan, and reports whether there was one.
func (tx *Tx) ClosePlan(m ids.MotherID, by ids.StaffID) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE support_plans SET closed = ?, closed_by = ? WHERE mother_id = ? AND closed = 0`, micros(tx.now), string(by), string(m))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// StaffAt returns everybody who works at an agency and can sign in, by name.
func (r Reader) StaffAt(ctx context.Context, a ids.AgencyID) ([]people.Staff, error) {
	list, err := r.AllStaff(ctx)
	var out []people.Staff
	for _, s := range list {
		if s.Agency == a && !s.Disabled {
			out = append(out, s)
		}
	}
	return out, err
}
