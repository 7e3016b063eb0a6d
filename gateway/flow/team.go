package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// TeamView is who works on a case, and who could.
type TeamView struct {
	Case   cases.Case
	Mother people.Mother
	Team   []TeamMember
	Others []TeamMember // who could join
}

// TeamMember is a member of staff with the name of her agency. Away: she is of a prison where the mother is not, and sees nothing of the case.
type TeamMember struct {
	people.Staff
	AgencyName string
	Away       bool
}

// CaseTeam returns who works on a case and who could: Pact social workers, and the family engagement workers and offender managers of the prison where she is.
func (f *Flow) CaseTeam(ctx context.Context, a ids.Actor, id ids.CaseID) (TeamView, error) {
	around, facts, err := f.teamFacts(ctx, a, id)
	v := TeamView{Case: around.row, Mother: around.mother}
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	everybody, err := f.st.AllStaff(ctx)
	if err != nil {
		return v, err
	}
	for _, s := range everybody {
		on, err := f.st.OnTeam(ctx, id, s.ID)
		if err != nil {
			return v, err
		}
		agency, err := f.st.Agency(ctx, s.Agency)
		if err != nil {
			return v, err
		}
		one := TeamMember{Staff: s, AgencyName: agency.Name, Away: agency.Kind == people.Establishment && agency.ID != around.mother.Establishment}
		switch {
		case on:
			v.Team = append(v.Team, one)
		case couldJoin(one):
			v.Others = append(v.Others, one)
		}
	}
	return v, nil
}

func (f *Flow) teamFacts(ctx context.Context, a ids.Actor, id ids.CaseID) (caseAround, policy.Facts, error) {
	around, err := f.caseAround(ctx, a, id)
	return around, policy.Facts{Act: policy.KeepTeam, Actor: a, Case: around.facts}, err
}

func couldJoin(s TeamMember) bool {
	switch s.Role {
	case ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager:
		return !s.Disabled && !s.Away
	}
	return false
}

// JoinTeam puts a member of staff on a case's team; twice changes nothing.
func (f *Flow) JoinTeam(ctx context.Context, a ids.Actor, id ids.CaseID, who ids.StaffID) error {
	return f.changeTeam(ctx, a, id, who, "joined", func(tx *store.Tx, c cases.Case, s TeamMember) error {
		if !couldJoin(s) {
			return ids.E(ids.Invalid, "Only a Pact social worker, or a family engagement worker or offender manager of the prison where she is, can join.")
		}
		return tx.AddToTeam(c.ID, who)
	})
}

// LeaveTeam takes a member of staff off a case's team; not the one who holds it. What she had claimed of it is back in the queue in the same change.
func (f *Flow) LeaveTeam(ctx context.Context, a ids.Actor, id ids.CaseID, who ids.StaffID) error {
	return f.changeTeam(ctx, a, id, who, "left", func(tx *store.Tx, c cases.Case, _ TeamMember) error {
		if c.Worker == who {
			return ids.E(ids.Conflict, "She holds the case: hand it to another Pact social worker first.")
		}
		if err := returnClaims(tx, who, c.ID); err != nil {
			return err
		}
		return tx.RemoveFromTeam(c.ID, who)
	})
}

// HandCase makes another Pact social worker the one who holds a case. She takes her predecessor's place in the confidential conversations with the mother, who sees it there; her
// predecessor stays on the team until she is taken off.
func (f *Flow) HandCase(ctx context.Context, a ids.Actor, id ids.CaseID, to ids.StaffID) error {
	return f.changeTeam(ctx, a, id, to, "holds", func(tx *store.Tx, c cases.Case, s TeamMember) error {
		if s.Role != ids.RolePactWorker || s.Disabled {
			return ids.E(ids.Invalid, "Only a Pact social worker can hold a case.")
		}
		if c.Worker == to {
			return ids.E(ids.Conflict, "She holds the case already.")
		}
		ts, err := tx.ThreadsOfCase(tx.Context(), c.ID)
		if err != nil {
			return err
		}
		for _, t := range ts {
			if t.Channel != threads.Confidential {
				continue
			}
			if err := succeed(tx, t, c, to); err != nil {
				return err
			}
		}
		return tx.SetWorker(c.ID, to)
	})
}

// succeed puts the new worker into a confidential conversation in the place of the one who held the case.
func succeed(tx *store.Tx, t threads.Thread, c cases.Case, to ids.StaffID) error {
	ps, err := tx.Parties(tx.Context(), t.ID)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if p.Kind != threads.PartyStaff || p.ID != string(c.Worker) || !p.Until.IsZero() {
			continue
		}
		if err := tx.EndParty(t.ID, threads.PartyStaff, p.ID); err != nil {
			return err
		}
		if err := tx.AddParty(t.ID, threads.PartyStaff, string(to)); err != nil {
			return err
		}
		tx.Also(audit.PartyRemoved(c.ID, t.ID, p.ID))
		tx.Also(audit.PartyAdded(c.ID, t.ID, string(to)))
		return tx.AddFeed(c.Mother, store.FeedThread, string(t.ID))
	}
	return nil
}

func (f *Flow) changeTeam(ctx context.Context, a ids.Actor, id ids.CaseID, who ids.StaffID, what string, do func(*store.Tx, cases.Case, TeamMember) error) error {
	around, facts, err := f.teamFacts(ctx, a, id)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	s, err := f.st.Staff(ctx, who)
	if err != nil {
		return err
	}
	agency, err := f.st.Agency(ctx, s.Agency)
	if err != nil {
		return err
	}
	one := TeamMember{Staff: s, Away: agency.Kind == people.Establishment && agency.ID != around.mother.Establishment}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		c, err := tx.Case(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.TeamChanged(id, who, what), d), do(tx, c, one)
	})
}
