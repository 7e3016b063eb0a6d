package store

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// CustodyRecord is a report of where a woman is, with what became of it.
type CustodyRecord struct {
	custody.Event
	Mother ids.MotherID // "" while nobody is known by its number
	Effect custody.Effect
	Why    string
	By     ids.Actor // kind and identifier only
}

// LockCustody makes other transactions wait that record custody events or enter women: an event and the woman whom it concerns must not miss
// each other.
func (tx *Tx) LockCustody() error {
	_, err := tx.q.exec(tx.ctx, `UPDATE custody_gate SET n = n + 1 WHERE one = 1`)
	return err
}

// AddCustodyEvent stores a report; added is false when there is one of that identifier.
func (tx *Tx) AddCustodyEvent(r CustodyRecord) (added bool, err error) {
	reason, err := tx.sealText(vault.Intake, "custody_events", r.ID, "reason", r.Reason)
	if err != nil {
		return false, err
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO custody_events (id, mother_id, kind, number, former, at_code, at_name, from_code, from_name, occurred, recorded, source, reason_sealed,
		effect, why, by_kind, by_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, r.ID, string(r.Mother), string(r.Kind), r.Number, r.Former,
		r.At.Code, r.At.Name, r.From.Code, r.From.Name, micros(r.Occurred), micros(r.Received), r.Source, reason, string(r.Effect), r.Why, string(r.By.Kind), r.By.ID)
	tx.Wake(TopicStaff)
	return n == 1, err
}

// SettleCustodyEvent records whose an event is and what it came to.
func (tx *Tx) SettleCustodyEvent(id string, m ids.MotherID, e custody.Effect, why string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE custody_events SET mother_id = ?, effect = ?, why = ? WHERE id = ?`, string(m), string(e), why, id)
	return err
}

// ForgetCustodyEvent removes an event that is nobody's; false when it is somebody's by now, or gone.
func (tx *Tx) ForgetCustodyEvent(id string) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `DELETE FROM custody_events WHERE id = ? AND mother_id = ''`, id)
	return n == 1, err
}

const custodyColumns = `id, mother_id, kind, number, former, at_code, at_name, from_code, from_name, occurred, recorded, source, reason_sealed, effect, why, by_kind, by_id`

func (r Reader) custodyWhere(ctx context.Context, where string, args ...any) ([]CustodyRecord, error) {
	rs, err := all(ctx, r.q, `SELECT `+custodyColumns+` FROM custody_events WHERE `+where+` ORDER BY occurred, id`, args, func(s scanner) (CustodyRecord, error) {
		var c CustodyRecord
		var reason []byte
		err := s.Scan(&c.ID, &c.Mother, &c.Kind, &c.Number, &c.Former, &c.At.Code, &c.At.Name, &c.From.Code, &c.From.Name, at{&c.Occurred}, at{&c.Received}, &c.Source, &reason,
			&c.Effect, &c.Why, &c.By.Kind, &c.By.ID)
		c.Reason = string(reason) // still sealed
		return c, err
	})
	for i := range rs {
		if rs[i].Reason, err = r.openText(ctx, vault.Intake, "custody_events", rs[i].ID, "reason", []byte(rs[i].Reason)); err != nil {
			return nil, err
		}
	}
	return rs, err
}

// CustodyEvent returns one report.
func (r Reader) CustodyEvent(ctx context.Context, id string) (CustodyRecord, error) {
	rs, err := r.custodyWhere(ctx, `id = ?`, id)
	return first(rs, err)
}

// CustodyOf returns what was reported of a woman, in the order of its happening.
func (r Reader) CustodyOf(ctx context.Context, m ids.MotherID) ([]CustodyRecord, error) {
	return r.custodyWhere(ctx, `mother_id = ?`, string(m))
}

// CustodyOfNobody returns the reports that are nobody's.
func (r Reader) CustodyOfNobody(ctx context.Context) ([]CustodyRecord, error) {
	return r.custodyWhere(ctx, `mother_id = ''`)
}

// MotherByNumber finds the woman who has or had a prisoner number; after a merge the record that goes on.
func (r Reader) MotherByNumber(ctx context.Context, number string) (people.Mother, error) {
	return r.motherByNumber(ctx, number)
}

func (r Reader) motherByNumber(ctx context.Context, number string) (people.Mother, error) {
	var id ids.MotherID
	err := r.q.one(ctx, `SELECT COALESCE((SELECT id FROM mothers WHERE prisoner_number = ?), (SELECT mother_id FROM prisoner_numbers WHERE number = ?), '')`,
		[]any{number, number}, &id)
	if err == nil && id == "" {
		err = ids.ErrNotFound
	}
	if err != nil {
		return people.Mother{}, err
	}
	for { // records that were joined; the chain ends, for a record is joined to one that goes on
		into, err := r.MergedInto(ctx, id)
		if err != nil || into == "" {
			break
		}
		id = into
	}
	return r.Mother(ctx, id)
}

// MergedInto is the record that goes on for a record that was joined to it; "" for one that goes on itself.
func (r Reader) MergedInto(ctx context.Context, m ids.MotherID) (into ids.MotherID, err error) {
	return into, r.q.one(ctx, `SELECT merged_into FROM mothers WHERE id = ?`, []any{string(m)}, &into)
}

// Entry is where and when a woman was entered.
type Entry struct {
	Mother        ids.MotherID
	Number        string
	Establishment ids.AgencyID
	At            time.Time
}

// Entries returns where and when a woman was entered, of each of her records.
func (r Reader) Entries(ctx context.Context, m ids.MotherID) ([]Entry, error) {
	return all(ctx, r.q, `SELECT id, prisoner_number, entered_at, created FROM mothers WHERE id = ? OR merged_into = ? ORDER BY created, id`, []any{string(m), string(m)},
		func(s scanner) (Entry, error) {
			var e Entry
			return e, s.Scan(&e.Mother, &e.Number, &e.Establishment, at{&e.At})
		})
}

// FormerNumbers returns the other numbers by which a woman is found, in alphabetical order.
func (r Reader) FormerNumbers(ctx context.Context, m ids.MotherID) ([]string, error) {
	ns, err := all(ctx, r.q, `SELECT number FROM prisoner_numbers WHERE mother_id = ? UNION SELECT prisoner_number FROM mothers WHERE merged_into = ?`,
		[]any{string(m), string(m)}, func(s scanner) (string, error) { var n string; return n, s.Scan(&n) })
	slices.Sort(ns)
	return ns, err
}

// EveryFormerNumber returns the other numbers of all women who have some.
func (r Reader) EveryFormerNumber(ctx context.Context) (map[ids.MotherID][]string, error) {
	out := map[ids.MotherID][]string{}
	_, err := all(ctx, r.q, `SELECT mother_id, number FROM prisoner_numbers UNION SELECT merged_into, prisoner_number FROM mothers WHERE merged_into <> '' ORDER BY 2`, nil,
		func(s scanner) (struct{}, error) {
			var m ids.MotherID
			var n string
			err := s.Scan(&m, &n)
			out[m] = append(out[m], n)
			return struct{}{}, err
		})
	return out, err
}

// SetNumber gives a woman another prisoner number; the old one still finds her.
func (tx *Tx) SetNumber(m ids.MotherID, old, number string) error {
	if err := tx.AlsoKnownBy(m, old); err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `DELETE FROM prisoner_numbers WHERE number = ?`, number); err != nil {
		return err
	}
	_, err := tx.q.exec(tx.ctx, `UPDATE mothers SET prisoner_number = ? WHERE id = ?`, number, string(m))
	return err
}

// AlsoKnownBy lets one more number find a woman.
func (tx *Tx) AlsoKnownBy(m ids.MotherID, number string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO prisoner_numbers (number, mother_id) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET mother_id = excluded.mother_id`, number, string(m))
	return err
}

// PlaceMother records where a woman is.
func (tx *Tx) PlaceMother(m people.Mother) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE mothers SET establishment_id = ?, wing_id = ?, custody = ?, custody_since = ? WHERE id = ?`,
		string(m.Establishment), string(m.Wing), string(m.Custody), micros(m.CustodySince), string(m.ID))
	tx.Wake(TopicStaff)
	tx.Wake(TopicMother(m.ID))
	return err
}

// ReceptionWing returns the wing of an establishment where women are whom nobody has given a wing yet, making it when there is none.
func (tx *Tx) ReceptionWing(e ids.AgencyID) (ids.WingID, error) {
	var w ids.WingID
	err := tx.q.one(tx.ctx, `SELECT id FROM wings WHERE establishment_id = ? AND (reception = 1 OR name = ?) ORDER BY reception DESC LIMIT 1`, []any{string(e), receptionName}, &w)
	if ids.KindOf(err) != ids.NotFound {
		return w, err
	}
	w = ids.New[ids.WingID](ids.Wing)
	_, err = tx.q.exec(tx.ctx, `INSERT INTO wings (id, establishment_id, name, reception) VALUES (?, ?, ?, 1)`, string(w), string(e), receptionName)
	return w, err
}

const receptionName = "Reception"

// elsewhere is the one agency that stands for every establishment that is not here, and for the road.
const elsewhere ids.AgencyID = "agy_elsewhere"

// Elsewhere returns it, making it when it is missing.
func (tx *Tx) Elsewhere() (ids.AgencyID, error) {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO agencies (id, kind, name, domain) VALUES (?, ?, ?, '') ON CONFLICT (id) DO NOTHING`,
		string(elsewhere), string(people.Elsewhere), "Another establishment, or on her way")
	return elsewhere, err
}

// SetAgencyCode says by which code the prisons' records name an establishment; ErrDuplicate when another has it.
func (tx *Tx) SetAgencyCode(a ids.AgencyID, code string) error {
	var other int
	if err := tx.q.one(tx.ctx, `SELECT COUNT(*) FROM agencies WHERE code = ? AND code <> '' AND id <> ?`, []any{code, string(a)}, &other); err != nil {
		return err
	}
	if other > 0 {
		return ErrDuplicate
	}
	n, err := tx.q.exec(tx.ctx, `UPDATE agencies SET code = ? WHERE id = ? AND kind = ?`, code, string(a), string(people.Establishment))
	if err == nil && n == 0 {
		err = ids.ErrNotFound
	}
	return err
}

// Prison is an establishment with the code by which the prisons' records name it; "" = none was said.
type Prison struct {
	people.Agency
	Code string
}

// Prisons returns every establishment, by name.
func (r Reader) Prisons(ctx context.Context) ([]Prison, error) {
	return all(ctx, r.q, `SELECT id, kind, name, domain, code FROM agencies WHERE kind = ? ORDER BY name, id`, []any{string(people.Establishment)}, func(s scanner) (Prison, error) {
		var p Prison
		return p, s.Scan(&p.ID, &p.Kind, &p.Name, &p.Domain, &p.Code)
	})
}

// MothersAtReception returns the women of an establishment whom nobody has given a wing yet, the longest there first.
func (r Reader) MothersAtReception(ctx context.Context, e ids.AgencyID) ([]people.Mother, error) {
	return all(ctx, r.q, `SELECT `+motherColumns+` FROM mothers WHERE establishment_id = ? AND merged_into = '' AND wing_id IN
		(SELECT id FROM wings WHERE establishment_id = ? AND reception = 1) ORDER BY custody_since, id`, []any{string(e), string(e)}, scanMother)
}

// ArrivalCandidates returns the women with whom a member of staff could have to do for one of three reasons: nobody has given them a wing yet, a meeting of
// theirs is to be offered again, or they are out of the prison for the moment. It narrows the search; policy decides for each.
func (r Reader) ArrivalCandidates(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]people.Mother, error) {
	return all(ctx, r.q, `SELECT `+motherColumns+` FROM mothers m WHERE m.merged_into = '' AND (
		m.establishment_id = ? AND m.wing_id IN (SELECT id FROM wings WHERE establishment_id = ? AND reception = 1)
		OR (m.custody = 'away' OR m.id IN (SELECT c.mother_id FROM meeting_reoffers o JOIN cases c ON c.id = o.case_id WHERE o.done = 0))
			AND (m.establishment_id = ? OR m.id IN (SELECT c.mother_id FROM cases c JOIN case_team t ON t.case_id = c.id WHERE t.staff_id = ?)))
		ORDER BY custody_since, id`, []any{string(agency), string(agency), string(agency), string(s)}, scanMother)
}

// CasesOfMother returns a woman's cases, the open ones first, the newest first.
func (r Reader) CasesOfMother(ctx context.Context, m ids.MotherID) ([]cases.Case, error) {
	return all(ctx, r.q, `SELECT `+caseColumns+` FROM cases c WHERE c.mother_id = ? ORDER BY c.closed, c.opened DESC, c.id`, []any{string(m)}, scanCase)
}

// ThreadsOfMother returns the threads of a woman's open cases, the most recently used first: whose two records were joined can have two.
func (r Reader) ThreadsOfMother(ctx context.Context, m ids.MotherID) ([]threads.Thread, error) {
	ts, err := all(ctx, r.q, `SELECT `+threadColumns+` FROM threads t JOIN cases c ON c.id = t.case_id WHERE c.mother_id = ? AND c.closed = 0 ORDER BY t.last_at DESC`,
		[]any{string(m)}, r.scanThread(ctx))
	return r.openSubjects(ctx, ts, err)
}

// CloseCase closes an open case now; a closed one stays as it is.
func (tx *Tx) CloseCase(c ids.CaseID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE cases SET closed = ? WHERE id = ? AND closed = 0`, micros(tx.now), string(c))
	tx.Wake(TopicStaff)
	return err
}

// ReopenCase opens a closed case again; an open one stays as it is.
func (tx *Tx) ReopenCase(c ids.CaseID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE cases SET closed = 0 WHERE id = ?`, string(c))
	return err
}

// SetFollowOn records when and how it was agreed that what is kept reaches her after her release; the zero time, that the agreement has ended.
func (tx *Tx) SetFollowOn(c ids.CaseID, when time.Time, how string) error {
	sealed, err := tx.sealText(vault.CaseScope(c), "cases", string(c), "follow_on", how)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `UPDATE cases SET follow_on = ?, follow_on_sealed = ? WHERE id = ?`, micros(when), sealed, string(c))
	return err
}

// FollowOn returns how what is kept reaches her after her release, as it was written; "" when nothing was agreed.
func (r Reader) FollowOn(ctx context.Context, c ids.CaseID) (string, error) {
	var sealed []byte
	if err := r.q.one(ctx, `SELECT COALESCE(follow_on_sealed, ?) FROM cases WHERE id = ?`, []any{[]byte{}, string(c)}, &sealed); err != nil || len(sealed) == 0 {
		return "", err
	}
	return r.openText(ctx, vault.CaseScope(c), "cases", string(c), "follow_on", sealed)
}

// KeptFor returns the deliveries to a woman that are kept for a reason, in the order they were made.
func (r Reader) KeptFor(ctx context.Context, m ids.MotherID, why messages.KeptWhy) ([]messages.Delivery, error) {
	return r.deliveriesWhere(ctx, `WHERE d.recipient_kind = 'mother' AND d.recipient_id = ? AND d.state = 'kept' AND d.kept = ? ORDER BY d.queued, d.id`, string(m), string(why))
}

// UnseenBy returns a case's deliveries to a woman that she has not seen, in the order they were made.
func (r Reader) UnseenBy(ctx context.Context, c ids.CaseID, m ids.MotherID) ([]messages.Delivery, error) {
	return r.deliveriesWhere(ctx, `WHERE d.case_id = ? AND d.recipient_kind = 'mother' AND d.recipient_id = ? AND d.state IN ('kept', 'queued', 'kiosk') ORDER BY d.queued, d.id`,
		string(c), string(m))
}
