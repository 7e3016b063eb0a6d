package flow_test

import (
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/storetest"
)

func TestMovementsTellThePrisonAndNoMore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		root := ids.System("test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		id := w.create(w.plan())
		officer := func(name string, prison ids.AgencyID, wing ids.WingID) ids.Actor {
			n := flow.NewStaff{Email: name + "@fernhill.example", Name: name, Role: ids.RoleWingOfficer, Agency: prison, Wing: wing, Password: "a long enough password"}
			s, _, err := w.f.CreateStaff(ctx, root, n)
			must(err)
			return people.Staff{ID: s, Role: n.Role, Agency: prison}.Actor()
		}
		otherWing, err := w.f.CreateWing(ctx, root, w.mother.Establishment, "B")
		must(err)
		otherPrison, err := w.f.CreateAgency(ctx, root, people.Establishment, "HMP Elsewhere", "")
		must(err)
		hers, next, anyWing := officer("olive", w.mother.Establishment, w.mother.Wing), officer("bob", w.mother.Establishment, otherWing), officer("ann", w.mother.Establishment, "")
		far := officer("far", otherPrison, "")
		for name, c := range map[string]struct {
			who  ids.Actor
			want int
		}{"an officer of her wing": {hers, 1}, "of another wing": {next, 0}, "of no wing": {anyWing, 1}, "of another prison": {far, 0}, "an offender manager there": {w.pom.Actor(), 1},
			"her Pact worker": {w.worker.Actor(), 0}, "her mother": {ids.MotherActor(w.mother.ID), 0}} {
			rows, err := w.f.Movements(ctx, c.who)
			if err != nil || len(rows) != c.want {
				t.Errorf("%s: %+v %v", name, rows, err)
			}
		}
		rows, err := w.f.Movements(ctx, hers)
		must(err)
		if r := rows[0]; r.Mother != "Mair Hughes" || r.PrisonerNumber != "A1234BC" || r.Wing != "A" || r.Ends.Sub(r.Starts) != time.Hour {
			t.Errorf("%+v", r)
		}
		for name, c := range map[string]struct {
			who  ids.Actor
			want int
		}{"an officer of her wing": {hers, 1}, "of another wing": {next, 0}, "of another prison": {far, 0}, "her Pact worker, who is at no prison": {w.worker.Actor(), 0}} {
			if women, err := w.f.WomenForPIN(ctx, c.who); err != nil || len(women) != c.want {
				t.Errorf("PINs, %s: %+v %v", name, women, err)
			}
		}
		must(w.f.CancelMeeting(ctx, w.worker.Actor(), id))
		if rows, err := w.f.Movements(ctx, hers); err != nil || len(rows) != 0 {
			t.Errorf("a cancelled meeting still calls her: %+v %v", rows, err)
		}
	})
}

func TestThreadMarkChangesWithWhatIsShown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		rows, err := w.f.Threads(ctx, w.worker.Actor(), w.c.ID)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d %v", len(rows), err)
		}
		id := rows[0].ID
		mark := func(a ids.Actor) string {
			t.Helper()
			m, err := w.f.ThreadMark(ctx, a, id)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		before, pom := mark(w.worker.Actor()), mark(w.pom.Actor())
		if mark(w.worker.Actor()) != before {
			t.Error("it changes by itself")
		}
		if _, err := w.f.Compose(ctx, ids.MotherActor(w.mother.ID), flow.NewMessage{Thread: id, Body: "Hello", IdemKey: "k"}); err != nil {
			t.Fatal(err)
		}
		if mark(w.worker.Actor()) == before {
			t.Error("a held message does not change the reviewer's")
		}
		if mark(w.pom.Actor()) != pom {
			t.Error("a held message changes the mark of somebody who may not know of it")
		}
		holds, err := w.f.Holds(ctx, w.worker.Actor())
		if err != nil || len(holds) != 1 {
			t.Fatalf("%d %v", len(holds), err)
		}
		if err := w.f.Release(ctx, w.worker.Actor(), holds[0].ID, ""); err != nil {
			t.Fatal(err)
		}
		if mark(w.pom.Actor()) == pom {
			t.Error("a released message changes nothing")
		}
		_, err = w.f.ThreadMark(ctx, w.other.Actor(), id)
		wantProblem(t, err, ids.NotFound, "")
	})
}
