package store

import (
	"cmp"
	"context"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// AddCase stores a new case; its worker joins its team.
func (tx *Tx) AddCase(c cases.Case) error {
	if _, err := tx.q.exec(tx.ctx, `INSERT INTO cases (id, reference, mother_id, worker_id, opened) VALUES (?, ?, ?, ?, ?)`,
		string(c.ID), c.Reference, string(c.Mother), string(c.Worker), micros(tx.now)); err != nil {
		return err
	}
	return tx.AddToTeam(c.ID, c.Worker)
}

// AddToTeam puts a member of staff on a case's team; twice changes nothing.
func (tx *Tx) AddToTeam(c ids.CaseID, s ids.StaffID) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO case_team (case_id, staff_id, since) VALUES (?, ?, ?) ON CONFLICT (case_id, staff_id) DO NOTHING`,
		string(c), string(s), micros(tx.now))
	return err
}

// AddChild stores a child of a case.
func (tx *Tx) AddChild(c cases.Child) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO children (id, case_id, name, born, authority_id, relation, home) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(c.ID), string(c.Case), c.Name, c.Born, string(c.Authority), string(cmp.Or(c.Relation, cases.OwnChild)), c.Home)
	return err
}

const caseColumns = `c.id, c.reference, c.mother_id, c.worker_id, c.opened, c.closed, c.follow_on`

func scanCase(r scanner) (cases.Case, error) {
	var c cases.Case
	return c, r.Scan(&c.ID, &c.Reference, &c.Mother, &c.Worker, at{&c.Opened}, at{&c.Closed}, at{&c.FollowOn})
}

// Case returns one case.
func (r Reader) Case(ctx context.Context, id ids.CaseID) (cases.Case, error) {
	return remember(ctx, r.q, "case/"+string(id), func() (cases.Case, error) {
		cs, err := all(ctx, r.q, `SELECT `+caseColumns+` FROM cases c WHERE c.id = ?`, []any{string(id)}, scanCase)
		return first(cs, err)
	})
}

// CaseOfMother returns a mother's open case.
func (r Reader) CaseOfMother(ctx context.Context, m ids.MotherID) (cases.Case, error) {
	cs, err := all(ctx, r.q, `SELECT `+caseColumns+` FROM cases c WHERE c.mother_id = ? AND c.closed = 0 ORDER BY c.opened DESC LIMIT 1`, []any{string(m)}, scanCase)
	return first(cs, err)
}

// candidate are the cases that a member of staff could have to do with: at her establishment, or where she is on the team. It narrows a search; policy
// decides for each.
const candidate = `(m.establishment_id = ? OR EXISTS (SELECT 1 FROM case_team t WHERE t.case_id = c.id AND t.staff_id = ?))`

// candidateIDs is a subquery for their identifiers; its arguments are the establishment and the member of staff.
const candidateIDs = `(SELECT c.id FROM cases c JOIN mothers m ON m.id = c.mother_id WHERE ` + candidate + `)`

// Candidate is a case that a member of staff could have to do with, with its mother, and whether she is on its team.
type Candidate struct {
	cases.Case
	Mother people.Mother
	OnTeam bool
}

// Candidates returns the cases that a member of staff could have to do with, by reference. Within a page (OnePage) Case, Mother and OnTeam then need
// not be asked for them again.
func (r Reader) Candidates(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]Candidate, error) {
	return remember(ctx, r.q, "candidates/"+string(s)+"/"+string(agency), func() ([]Candidate, error) {
		list, err := all(ctx, r.q, `SELECT `+caseColumns+`, m.id, m.name, m.prisoner_number, m.establishment_id, m.wing_id, m.language, m.custody, m.custody_since, m.created,
			(SELECT COUNT(*) FROM case_team t WHERE t.case_id = c.id AND t.staff_id = ?)
			FROM cases c JOIN mothers m ON m.id = c.mother_id WHERE `+candidate+` ORDER BY c.reference`, []any{string(s), string(agency), string(s)},
			func(r scanner) (c Candidate, err error) {
				k, m, n := &c.Case, &c.Mother, 0
				err = r.Scan(&k.ID, &k.Reference, &k.Mother, &k.Worker, at{&k.Opened}, at{&k.Closed}, at{&k.FollowOn},
					&m.ID, &m.Name, &m.PrisonerNumber, &m.Establishment, &m.Wing, &m.Language, &m.Custody, at{&m.CustodySince}, at{&m.Created}, &n)
				c.OnTeam = n > 0
				return c, err
			})
		if known := r.q.memory(ctx); known != nil && err == nil {
			for _, c := range list {
				known.put("case/"+string(c.ID), c.Case)
				known.put("mother/"+string(c.Case.Mother), c.Mother)
				known.put(teamKey(c.ID, s), c.OnTeam)
			}
		}
		return list, err
	})
}

func teamKey(c ids.CaseID, s ids.StaffID) string { return "team/" + string(c) + "/" + string(s) }

const childColumns = `k.id, k.case_id, k.name, k.born, k.authority_id, k.responsibility_ends, k.ended_why, k.looked_after, k.looked_after_ends, k.strategy, k.plan, k.plan_ends, k.relation, k.home`

func scanChild(s scanner) (cases.Child, error) {
	var c cases.Child
	return c, s.Scan(&c.ID, &c.Case, &c.Name, &c.Born, &c.Authority, &c.ResponsibilityEnds, &c.EndedWhy, &c.Care.LookedAfter, &c.Care.LookedAfterEnds, &c.Care.Strategy,
		&c.Care.Plan, &c.Care.PlanEnds, &c.Relation, &c.Home)
}

// Children returns a case's children, by name.
func (r Reader) Children(ctx context.Context, c ids.CaseID) ([]cases.Child, error) {
	return remember(ctx, r.q, "children/"+string(c), func() ([]cases.Child, error) {
		return all(ctx, r.q, `SELECT `+childColumns+` FROM children k WHERE k.case_id = ? ORDER BY k.name`, []any{string(c)}, scanChild)
	})
}

// Team returns the staff on a case's team, by name.
func (r Reader) Team(ctx context.Context, c ids.CaseID) ([]people.Staff, error) {
	return all(ctx, r.q, `SELECT `+staffColumns+`
		FROM case_team t JOIN staff s ON s.id = t.staff_id WHERE t.case_id = ? ORDER BY s.name`, []any{string(c)}, r.scanStaff)
}

// OnTeam reports whether a member of staff is on a case's team.
func (r Reader) OnTeam(ctx context.Context, c ids.CaseID, s ids.StaffID) (bool, error) {
	return remember(ctx, r.q, teamKey(c, s), func() (bool, error) {
		var n int
		err := r.q.one(ctx, `SELECT COUNT(*) FROM case_team WHERE case_id = ? AND staff_id = ?`, []any{string(c), string(s)}, &n)
		return n > 0, err
	})
}

// CaseActivity is what a list of cases shows of each: open holds and the newest message's time in threads of the channels
// that are named there.
type CaseActivity struct {
	Case  ids.CaseID
	Holds int
	Last  time.Time
}

// OfficialActivity sums up the official threads of cases, the only channel whose existence every member of their teams may know. Holds counts the messages
// that wait for the role.
func (r Reader) OfficialActivity(ctx context.Context, of []ids.CaseID, role ids.Role) (map[ids.CaseID]CaseActivity, error) {
	out := make(map[ids.CaseID]CaseActivity, len(of))
	scan := func(s scanner) (a CaseActivity, err error) { return a, s.Scan(&a.Case, at{&a.Last}, &a.Holds) }
	err := inParts(of, func(list string, args []any) error {
		sums, err := all(ctx, r.q, `SELECT case_id, MAX(last_at), 0 FROM threads WHERE channel = 'official' AND case_id IN `+list+` GROUP BY case_id`, args, scan)
		for _, a := range sums {
			out[a.Case] = a
		}
		if err != nil {
			return err
		}
		held, err := all(ctx, r.q, `SELECT case_id, 0, COUNT(*) FROM holds WHERE decided = 0 AND message_id <> '' AND for_role = ? AND case_id IN `+list+` GROUP BY case_id`,
			append([]any{string(role)}, args...), scan)
		for _, h := range held {
			out[h.Case] = CaseActivity{Case: h.Case, Holds: h.Holds, Last: out[h.Case].Last}
		}
		return err
	})
	return out, err
}
