package surface_test

import (
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// bring has the staff of the prisons acknowledge and press what is on their lists, and somebody else what is on none of hers.
func (w *world) bring(*family) {
	ctx, day := w.t.Context(), workdays.Of(w.env.Clock.Now())
	for _, p := range []*person{w.by("officerA"), w.by("officerC"), w.by("pom1"), choose(w, w.staff)} {
		v, err := w.f.MovementDay(ctx, p.Actor, day, "")
		w.said(*p, err)
		for _, r := range v.Rows {
			if r.ID != "" && w.chance(2) {
				_, err := w.f.AcknowledgeMovements(ctx, p.Actor, []flow.NewAck{{ID: r.ID, Finger: r.Finger}})
				w.said(*p, err)
			}
			if r.ID != "" && w.chance(2) {
				w.said(*p, w.f.RecordMovement(ctx, p.Actor, r.ID, flow.NewMark{To: choose(w, movement.States), Why: movement.Unwell, Seq: r.Seq}))
			}
		}
	}
	p := choose(w, w.staff)
	for _, id := range w.idsOf(ids.Movement) {
		w.said(*p, w.f.RecordMovement(ctx, p.Actor, ids.MovementID(id), flow.NewMark{To: movement.Called}))
	}
	rows, err := w.f.MovementTasks(ctx, p.Actor)
	w.said(*p, err)
	for _, x := range rows {
		w.said(*p, w.f.SeeToMovement(ctx, p.Actor, x.Movement, x.Due, x.Kind))
	}
}

// bringsHer: an officer of her wing, and those of her prison's staff who work for all wings.
func (c *caseRow) bringsHer(p person) bool {
	return c.officer(p) || p.is(ids.RoleOffenderManager, ids.RolePublicProtection) && c.here(p)
}

// lookAtMovements says who may have the name of a line of the prisons' lists: who brings her, and who may know of what it is.
func (w *world) lookAtMovements(m *model) {
	of := map[string]func(person) bool{}
	for id, g := range m.meets {
		of[string(id)] = func(p person) bool { return g.c.bringsHer(p) || g.knownTo(p) || p.is(ids.RoleAdministrator) } // whose log names it
	}
	for id, s := range m.says {
		of[string(id)] = func(p person) bool {
			return s.in.c.bringsHer(p) || p.staff() && s.in.knownTo(p) || p.is(ids.RoleAdministrator) && s.in.Channel == threads.Official
		}
	}
	keys := make([]string, 0, len(of))
	for id := range of {
		keys = append(keys, id)
	}
	for id, log := range must(w.env.Store.MovementLogs(w.t.Context(), keys))(w.t) {
		m.thing("movement", string(log.ID), of[id])
	}
}
