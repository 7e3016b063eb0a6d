package store

import (
	"context"
	"slices"
	"strings"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/vault"
)

// StaffSecret is what somebody signs in with, in whatever appointment. TOTPLast is the last time step whose code was used (RFC 6238
// section 5.2: a code is good once).
type StaffSecret struct {
	PasswordHash string
	TOTPSecret   string // base32, as the QR code carries it
	TOTPLast     int64
	Throttle     people.Throttle
}

const personColumns = `id, email, name, created`

// AddPerson stores somebody who signs in, with her credentials. ErrDuplicate when the address is another's.
func (tx *Tx) AddPerson(p people.Person, sec StaffSecret) error {
	sealed, err := tx.sealText(vault.Staff, "staff", secretRow(p.ID), "totp", sec.TOTPSecret)
	if err != nil {
		return err
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO persons (`+personColumns+`, password_hash, totp_sealed) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING`,
		string(p.ID), p.Email, p.Name, micros(tx.now), sec.PasswordHash, sealed)
	if err == nil && n == 0 {
		return ErrDuplicate
	}
	return err
}

// secretRow is the row that a person's secret is sealed for. Secrets are older than persons: they were sealed for the one appointment that everybody
// then had, from whose identifier the person's was made.
func secretRow(p ids.PersonID) string {
	return ids.Staff + "_" + strings.TrimPrefix(string(p), ids.Person+"_")
}

// PersonOf is the identifier of the person who is made together with her first appointment.
func PersonOf(first ids.StaffID) ids.PersonID {
	return ids.PersonID(ids.Person + "_" + strings.TrimPrefix(string(first), ids.Staff+"_"))
}

// Person returns somebody who signs in.
func (r Reader) Person(ctx context.Context, id ids.PersonID) (people.Person, error) {
	return r.personWhere(ctx, "id = ?", string(id))
}

// PersonByEmail finds somebody by the normalised address that she signs in with.
func (r Reader) PersonByEmail(ctx context.Context, email string) (people.Person, error) {
	return r.personWhere(ctx, "email = ?", email)
}

func (r Reader) personWhere(ctx context.Context, where, arg string) (p people.Person, err error) {
	err = r.q.one(ctx, `SELECT `+personColumns+` FROM persons WHERE `+where, []any{arg}, &p.ID, &p.Email, &p.Name, at{&p.Created})
	return p, err
}

// PersonSecret returns what somebody signs in with.
func (r Reader) PersonSecret(ctx context.Context, id ids.PersonID) (StaffSecret, error) {
	var s StaffSecret
	var sealed []byte
	err := r.q.one(ctx, `SELECT password_hash, totp_sealed, totp_last, failures, locked_until FROM persons WHERE id = ?`, []any{string(id)},
		&s.PasswordHash, &sealed, &s.TOTPLast, &s.Throttle.Failures, at{&s.Throttle.LockedUntil})
	if err != nil {
		return s, err
	}
	s.TOTPSecret, err = r.openText(ctx, vault.Staff, "staff", secretRow(id), "totp", sealed)
	return s, err
}

// LockPerson keeps every other change of a person and her appointments waiting until the commit.
func (tx *Tx) LockPerson(id ids.PersonID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE persons SET failures = failures WHERE id = ?`, string(id))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}

// LockPersonSecret is PersonSecret with the row locked until the commit.
func (tx *Tx) LockPersonSecret(id ids.PersonID) (StaffSecret, error) {
	if err := tx.LockPerson(id); err != nil {
		return StaffSecret{}, err
	}
	return tx.PersonSecret(tx.ctx, id)
}

// SetPersonThrottle records tries at signing in; totpLast is the last used time step.
func (tx *Tx) SetPersonThrottle(id ids.PersonID, t people.Throttle, totpLast int64) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE persons SET failures = ?, locked_until = ?, totp_last = ? WHERE id = ?`, t.Failures, micros(t.LockedUntil), totpLast, string(id))
	return err
}

const staffColumns = `s.id, s.person_id, s.email, s.name, s.role, s.agency_id, s.wing_id, s.from_day, s.to_day, s.disabled, s.created`

// scanStaff says of each appointment whether it can be acted in today.
func (r Reader) scanStaff(row scanner) (people.Staff, error) {
	var s people.Staff
	err := row.Scan(&s.ID, &s.Person, &s.Email, &s.Name, &s.Role, &s.Agency, &s.Wing, &s.From, &s.To, &s.Ended, at{&s.Created})
	s.Disabled = !s.On(r.Today())
	return s, err
}

// AddStaff stores somebody new with her credentials and her first appointment. ErrDuplicate when the address is another's.
func (tx *Tx) AddStaff(s people.Staff, sec StaffSecret) error {
	if s.Person == "" {
		s.Person = PersonOf(s.ID)
	}
	if err := tx.AddPerson(people.Person{ID: s.Person, Email: s.Email, Name: s.Name}, sec); err != nil {
		return err
	}
	return tx.AddAppointment(s)
}

// AddAppointment stores one more appointment of somebody.
func (tx *Tx) AddAppointment(s people.Staff) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO staff (id, person_id, email, name, role, agency_id, wing_id, from_day, to_day, disabled, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(s.ID), string(s.Person), s.Email, s.Name, string(s.Role), string(s.Agency), string(s.Wing),
		int64(s.From), int64(s.To), flag(s.Ended), micros(tx.now))
	return err
}

// Staff returns one appointment.
func (r Reader) Staff(ctx context.Context, id ids.StaffID) (people.Staff, error) {
	ss, err := r.staffWhere(ctx, `s.id = ?`, string(id))
	return first(ss, err)
}

// StaffOfPerson returns every appointment of a person, the oldest first.
func (r Reader) StaffOfPerson(ctx context.Context, p ids.PersonID) ([]people.Staff, error) {
	list, err := remember(ctx, r.q, "posts/"+string(p), func() ([]people.Staff, error) {
		return r.staffWhere(ctx, `s.person_id = ? ORDER BY s.created, s.id`, string(p))
	})
	list = slices.Clone(list)
	for i := range list { // what is remembered may be of yesterday
		list[i].Disabled = !list[i].On(r.Today())
	}
	return list, err
}

func (r Reader) staffWhere(ctx context.Context, where string, args ...any) ([]people.Staff, error) {
	return all(ctx, r.q, `SELECT `+staffColumns+` FROM staff s WHERE `+where, args, r.scanStaff)
}

// AllStaff returns every appointment, those that are over included, by name.
func (r Reader) AllStaff(ctx context.Context) ([]people.Staff, error) {
	return r.staffWhere(ctx, `1 = 1 ORDER BY s.name, s.created, s.id`)
}

// StaffOf returns the appointments at an agency, by name.
func (r Reader) StaffOf(ctx context.Context, a ids.AgencyID) ([]people.Staff, error) {
	return r.staffWhere(ctx, `s.agency_id = ? ORDER BY s.name, s.created, s.id`, string(a))
}

// DisableStaff ends an appointment; the sessions and tokens in which she acts in it end with it, and no others.
func (tx *Tx) DisableStaff(id ids.StaffID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE staff SET disabled = 1 WHERE id = ?`, string(id))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	if err != nil {
		return err
	}
	return tx.endAccess(id)
}

func (tx *Tx) endAccess(id ids.StaffID) error {
	if _, err := tx.q.exec(tx.ctx, `UPDATE api_tokens SET revoked = ? WHERE staff_id = ? AND revoked = 0`, micros(tx.now), string(id)); err != nil {
		return err
	}
	return tx.EndSessionsOf(SessionStaff, string(id))
}

// AppointmentsOver returns the appointments that nobody has ended and whose last day was before today.
func (r Reader) AppointmentsOver(ctx context.Context) ([]people.Staff, error) {
	return r.staffWhere(ctx, `s.disabled = 0 AND s.to_day > 0 AND s.to_day < ? ORDER BY s.id`, int64(r.Today()))
}
