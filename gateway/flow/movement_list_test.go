package flow_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/workdays"
)

// wingWorld is a mother with a meeting, and the officers around her.
type wingWorld struct {
	*meetingWorld
	hers, next, all ids.Actor // of her wing, of another, of none in particular
	far             ids.Actor // of another prison
}

func newWingWorld(t *testing.T, e storetest.Env) wingWorld {
	t.Helper()
	w := newMeetingWorld(t, e)
	root := ids.System("test")
	other, err := w.f.CreateWing(t.Context(), root, w.mother.Establishment, "B")
	must(t, err)
	far, err := w.f.CreateAgency(t.Context(), root, people.Establishment, "HMP Elsewhere", "")
	must(t, err)
	officer := func(name string, prison ids.AgencyID, wing ids.WingID) ids.Actor {
		s, _, err := w.f.CreateStaff(t.Context(), root, flow.NewStaff{Email: strings.ToLower(name) + "@fernhill.example", Name: name, Role: ids.RoleWingOfficer, Agency: prison, Wing: wing, Password: "a long enough password"})
		must(t, err)
		return people.Staff{ID: s, Role: ids.RoleWingOfficer, Agency: prison}.Actor()
	}
	return wingWorld{w, officer("Olive", w.mother.Establishment, w.mother.Wing), officer("Bob", w.mother.Establishment, other), officer("Ann", w.mother.Establishment, ""), officer("Far", far, "")}
}

func (w wingWorld) day(a ids.Actor, d workdays.Day) []movement.Row {
	w.t.Helper()
	v, err := w.f.MovementDay(w.t.Context(), a, d, "")
	must(w.t, err)
	return v.Rows
}

// at plans a meeting at a London time and returns its row for the officer of her wing.
func (w wingWorld) at(starts time.Time) (ids.MeetingID, movement.Row) {
	w.t.Helper()
	n := w.plan()
	n.Starts, n.Ends = starts, starts.Add(time.Hour)
	id := w.create(n)
	return id, w.row(starts)
}

func (w wingWorld) row(starts time.Time) movement.Row {
	w.t.Helper()
	for _, r := range w.day(w.hers, workdays.Of(starts)) {
		if r.Starts.Equal(starts.Truncate(time.Second)) {
			return r
		}
	}
	w.t.Fatalf("nobody is due at %s", starts)
	return movement.Row{}
}

func (w wingWorld) acknowledge(a ids.Actor, r movement.Row) (int, error) {
	return w.f.AcknowledgeMovements(w.t.Context(), a, []flow.NewAck{{ID: r.ID, Finger: r.Finger}})
}

func (w wingWorld) press(a ids.Actor, r movement.Row, to movement.State) error {
	return w.f.RecordMovement(w.t.Context(), a, r.ID, flow.NewMark{To: to, Why: movement.Unwell, Seq: r.Seq})
}

// due does the work of the alarms, each item twice, and returns the mails that would leave.
func (w wingWorld) due() (mails []flow.OutMail) {
	w.t.Helper()
	for _, it := range w.items(outbox.MovementDue) {
		must(w.t, w.f.HandleMovementDue(w.t.Context(), it))
		must(w.t, w.f.HandleMovementDue(w.t.Context(), it))
	}
	for _, it := range w.items(outbox.MailAlert) {
		m, err := w.f.AlertMail(w.t.Context(), it.Payload)
		if err == nil {
			mails = append(mails, m)
			must(w.t, w.f.AlertMailDone(w.t.Context(), it.Payload, true, "250 ok"))
		} else if err != flow.ErrNothingToSend {
			w.t.Fatal(err)
		}
	}
	return mails
}

// Two authorities can each want her at one time: the officer sees at both that it cannot be.
func TestWantedTwiceAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newWingWorld(t, e)
		starts := (workdays.Of(e.Clock.Now()) + 2).At(10, 0)
		if _, r := w.at(starts); r.Twice {
			t.Error("one meeting is two")
		}
		_, second := w.at(starts.Add(20 * time.Minute))
		if !second.Twice || !w.row(starts).Twice {
			t.Error("nobody is told that she is wanted twice at once")
		}
	})
}

func TestWhoHasWhichList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newWingWorld(t, e), t.Context()
		starts := (e.Store.Today() + 7).At(14, 0)
		_, row := w.at(starts)
		if row.Mother != "Mair Hughes" || row.Number != "A1234BC" || row.Wing != "A" || !row.PickUp.Equal(starts.Add(-10*time.Minute)) || !row.Slip.Back.Equal(starts.Add(70*time.Minute)) ||
			row.Place != "" || !row.With.Pact || row.With.Prison || row.Standing.State != movement.Expected || row.Alarm || row.News != nil || row.Acked != nil {
			t.Errorf("%+v", row)
		}
		if len(row.Names) != 0 {
			t.Errorf("an officer is told who is with her: %v", row.Names)
		}
		if !ids.Has(row.ID, ids.Movement) {
			t.Errorf("it is named %q", row.ID)
		}
		for name, c := range map[string]struct {
			who   ids.Actor
			rows  int
			names int
			may   bool
		}{"an officer of all wings": {w.all, 1, 0, true}, "of another wing": {w.next, 0, 0, false}, "of another prison": {w.far, 0, 0, false}, "her offender manager": {w.pom.Actor(), 1, 1, true},
			"her Pact worker": {w.worker.Actor(), 0, 0, false}, "herself": {ids.MotherActor(w.mother.ID), 0, 0, false}} {
			rows := w.day(c.who, workdays.Of(starts))
			if len(rows) != c.rows {
				t.Errorf("%s: %+v", name, rows)
			} else if c.rows == 1 && (len(rows[0].Names) != c.names || rows[0].MayMark != c.may || rows[0].Finger != row.Finger) {
				t.Errorf("%s: %+v", name, rows[0])
			}
		}
		if rows := w.day(w.hers, workdays.Of(starts)+1); len(rows) != 0 {
			t.Errorf("another day: %+v", rows)
		}
		// Another wing's list is not to be had by asking, nor is anything to be pressed there.
		v, err := w.f.MovementDay(ctx, w.next, workdays.Of(starts), w.mother.Wing)
		must(t, err)
		if len(v.Rows) != 0 {
			t.Errorf("an officer of another wing is told of hers: %+v", v.Rows)
		}
		for name, a := range map[string]ids.Actor{"an officer of another wing": w.next, "of another prison": w.far, "somebody outside": ids.ContactActor(w.nobody.ID)} {
			if err := w.press(a, row, movement.Called); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s presses: %v", name, err)
			}
			if _, err := w.acknowledge(a, row); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s acknowledges: %v", name, err)
			}
		}
		wantProblem(t, w.press(w.worker.Actor(), row, movement.Called), ids.Forbidden, "staff of her prison")
		wantProblem(t, w.f.RecordMovement(ctx, w.hers, "mov_00000000000000000000000000", flow.NewMark{To: movement.Called}), ids.NotFound, "")
		if n := len(w.entries(audit.PolicyRefusedKind)); n != 7 {
			t.Errorf("%d refusals are recorded", n)
		}
	})
}

func TestOnTheWayAndBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newWingWorld(t, e), t.Context()
		starts := e.Clock.Now().Add(time.Hour)
		id, row := w.at(starts)
		mark := func() string {
			m, err := w.f.MovementMark(ctx, w.hers, workdays.Of(starts), "")
			must(t, err)
			return m
		}
		before := mark()
		must(t, w.press(w.hers, row, movement.Called))
		must(t, w.press(w.hers, row, movement.Called)) // the answer was lost
		if mark() == before {
			t.Error("the board does not learn that she was called")
		}
		wantProblem(t, w.press(w.pom.Actor(), row, movement.Missed), ids.Conflict, "Look at it again")
		row = w.row(starts)
		if row.Standing.State != movement.Called || row.StandBy != "Olive" || row.Standing.At.IsZero() || row.Seq != 1 {
			t.Errorf("%+v", row)
		}
		wantProblem(t, w.f.RecordMovement(ctx, w.hers, row.ID, flow.NewMark{To: movement.Missed, Seq: row.Seq}), ids.Invalid, "why she did not come")
		wantProblem(t, w.f.RecordMovement(ctx, w.hers, row.ID, flow.NewMark{To: "lost", Seq: row.Seq}), ids.Invalid, "what happened")
		wantProblem(t, w.press(w.hers, row, movement.Back), ids.Conflict, "")
		must(t, w.press(w.all, row, movement.Arrived))
		must(t, w.press(w.pom.Actor(), w.row(starts), movement.Back))
		if n := len(w.entries(audit.MovementMarkedKind)); n != 4 {
			t.Errorf("%d entries", n)
		}
		for _, entry := range w.entries(audit.MovementMarkedKind) {
			if strings.Contains(entry.Subject, string(id)) {
				t.Errorf("the entry names the meeting: %+v", entry)
			}
		}
	})
}

// Two officers press at once: one makes the mark, and both are told the truth.
func TestTwoOfficersPressAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newWingWorld(t, e)
		starts := e.Clock.Now().Add(time.Hour)
		_, row := w.at(starts)
		press := func(a, b movement.State) (errs [2]error) {
			var wg sync.WaitGroup
			for i, to := range []movement.State{a, b} {
				wg.Go(func() { errs[i] = w.press([]ids.Actor{w.hers, w.all}[i], row, to) })
			}
			wg.Wait()
			return errs
		}
		if errs := press(movement.Called, movement.Called); errs[0] != nil || errs[1] != nil {
			t.Errorf("both mean the same: %v", errs)
		}
		row = w.row(starts)
		if row.Seq != 1 {
			t.Fatalf("%d marks", row.Seq)
		}
		errs := press(movement.Arrived, movement.Missed)
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("they mean different things: %v", errs)
		}
		if got := w.row(starts); got.Seq != 2 {
			t.Errorf("%d marks: %+v", got.Seq, got.Standing)
		}
		var wg sync.WaitGroup
		for _, a := range []ids.Actor{w.hers, w.all} {
			wg.Go(func() {
				if _, err := w.acknowledge(a, row); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := w.row(starts)
		log, err := e.Store.MovementLog(t.Context(), got.ID)
		must(t, err)
		if len(log.Acks) != 1 || got.Acked == nil {
			t.Errorf("%d acknowledgements: %+v", len(log.Acks), got)
		}
	})
}

func TestWhatChangesIsAnnouncedUntilItIsAcknowledged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newWingWorld(t, e), t.Context()
		day := e.Store.Today() + 7
		starts := day.At(14, 0)
		id, row := w.at(starts)
		if left, err := w.acknowledge(w.hers, row); err != nil || left != 0 {
			t.Fatal(left, err)
		}
		if row = w.row(starts); row.Acked == nil || row.Acked.Name != "Olive" || row.News != nil {
			t.Errorf("%+v", row)
		}
		// Moved within the day: what was read is not what there is.
		later := day.At(15, 30)
		must(t, w.f.MoveMeeting(ctx, w.worker.Actor(), id, later, later.Add(time.Hour), "The chair asked."))
		if left, err := w.acknowledge(w.hers, row); err != nil || left != 1 {
			t.Errorf("what is no longer so was acknowledged: %d %v", left, err)
		}
		row = w.row(later)
		if row.Acked != nil || row.News == nil || row.News.What != movement.Moved || !row.News.Was.Equal(starts) || !row.News.Stale {
			t.Fatalf("%+v %+v", row, row.News)
		}
		if left, err := w.acknowledge(w.all, row); err != nil || left != 0 {
			t.Fatal(left, err)
		}
		if row = w.row(later); row.News != nil || row.Acked == nil || row.Acked.Name != "Ann" {
			t.Errorf("%+v", row)
		}
		// To another day: struck out on this one, announced on both.
		next := (day + 1).At(10, 0)
		must(t, w.f.MoveMeeting(ctx, w.worker.Actor(), id, next, next.Add(time.Hour), ""))
		old := w.row(later)
		if !old.Gone() || !old.MovedTo.Equal(next) || old.News == nil || !old.PickUp.Equal(later.Add(-10*time.Minute)) {
			t.Errorf("on the day that it had: %+v", old)
		}
		if f, b := old.Presses(); len(f)+len(b) != 0 {
			t.Errorf("she can be called to what has moved: %v %v", f, b)
		}
		if row = w.row(next); row.Gone() || row.News == nil || row.Standing.State != movement.Expected {
			t.Errorf("on its new day: %+v", row)
		}
		// Called off: struck out where the wing could know of it, until somebody has read that, and after.
		must(t, w.f.CancelMeeting(ctx, w.worker.Actor(), id))
		row = w.row(next)
		if !row.Off || row.News == nil || row.News.What != movement.Off {
			t.Errorf("%+v", row)
		}
		wantProblem(t, w.press(w.hers, row, movement.Called), ids.Conflict, "cancelled")
		if _, err := w.acknowledge(w.hers, row); err != nil {
			t.Fatal(err)
		}
		if row = w.row(next); !row.Off || row.News != nil || row.Acked == nil {
			t.Errorf("%+v", row)
		}
		if rows, err := w.f.Movements(ctx, w.hers); err != nil || len(rows) != 0 {
			t.Errorf("what is to come: %+v %v", rows, err)
		}
		if n := len(w.entries(audit.MovementChangedKind)); n != 3 {
			t.Errorf("%d changes were announced", n)
		}
		// What is called off in good time, before anybody has read it, is on no list.
		id, _ = w.at((day + 20).At(9, 0))
		must(t, w.f.CancelMeeting(ctx, w.worker.Actor(), id))
		if rows := w.day(w.hers, day+20); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
	})
}

func TestTheAlarmIsRaisedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newWingWorld(t, e), t.Context()
		starts := e.Clock.Now().Add(time.Hour).Truncate(time.Second)
		id, row := w.at(starts)
		seen, read := row, starts.Add(30*time.Minute)
		_, known := w.at(read)
		if _, err := w.acknowledge(w.hers, known); err != nil {
			t.Fatal(err)
		}
		if m := w.due(); len(m) != 0 || row.Alarm {
			t.Fatalf("an hour before: %v", m)
		}
		e.Clock.Advance(46 * time.Minute)
		if !w.row(starts).Alarm {
			t.Error("the board shows no alarm")
		}
		mails := w.due()
		if len(mails) != 1 || mails[0].To != w.worker.Email {
			t.Fatalf("%+v", mails)
		}
		if text := mails[0].Subject + mails[0].Text; strings.Contains(text, "Mair") || strings.Contains(text, "Hughes") || strings.Contains(text, "Tomos") || strings.Contains(text, "Fernhill") {
			t.Errorf("the mail names somebody: %s", text)
		}
		tasks, err := w.f.MovementTasks(ctx, w.worker.Actor())
		must(t, err)
		if len(tasks) != 1 || tasks[0].Kind != movement.AlarmUnseen || tasks[0].Mother != "Mair Hughes" || tasks[0].Meeting != id {
			t.Fatalf("%+v", tasks)
		}
		for name, a := range map[string]ids.Actor{"another Pact worker": w.other.Actor(), "her offender manager": w.pom.Actor(), "an officer": w.hers} {
			if got, err := w.f.MovementTasks(ctx, a); err != nil || len(got) != 0 {
				t.Errorf("%s is told: %+v %v", name, got, err)
			}
		}
		if n := len(w.entries(audit.MovementUnseenKind)); n != 1 {
			t.Errorf("%d alarms", n)
		}
		e.Clock.Advance(31 * time.Minute)
		if m := w.due(); len(m) != 0 {
			t.Errorf("somebody has acknowledged the other: %+v", m)
		}
		if _, err := w.acknowledge(w.hers, seen); err != nil {
			t.Fatal(err)
		}
		if w.row(starts).Alarm {
			t.Error("the alarm goes on when somebody knows")
		}
		if got, err := w.f.MovementTasks(ctx, w.worker.Actor()); err != nil || len(got) != 0 {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// What is moved has another alarm, and what is called off none; one that is planned at short notice has it at once.
func TestAlarmsFollowTheTimes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newWingWorld(t, e), t.Context()
		now := e.Clock.Now().Truncate(time.Second)
		moved, _ := w.at(now.Add(time.Hour))
		off, _ := w.at(now.Add(2 * time.Hour))
		must(t, w.f.MoveMeeting(ctx, w.worker.Actor(), moved, now.Add(3*time.Hour), now.Add(4*time.Hour), ""))
		must(t, w.f.CancelMeeting(ctx, w.worker.Actor(), off))
		e.Clock.Advance(110 * time.Minute)
		if m := w.due(); len(m) != 0 {
			t.Errorf("%+v", m)
		}
		e.Clock.Advance(time.Hour)
		if m := w.due(); len(m) != 1 {
			t.Errorf("%+v", m)
		}
		now = e.Clock.Now().Truncate(time.Second)
		w.at(now.Add(10 * time.Minute))
		if m := w.due(); len(m) != 1 {
			t.Errorf("at short notice: %+v", m)
		}
		n := w.plan()
		n.Starts, n.Ends = now.Add(-5*time.Minute), now.Add(time.Hour)
		w.create(n)
		if m := w.due(); len(m) != 0 {
			t.Errorf("what had begun when it was made: %+v", m)
		}
		entries := len(w.entries(audit.MovementsListedKind))
		must(t, w.f.KeepMovements(ctx)) // nothing is missing
		if got := len(w.entries(audit.MovementsListedKind)); got != entries {
			t.Errorf("%d, then %d", entries, got)
		}
	})
}

func TestWhoWaitsIsToldThatSheDidNotCome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newWingWorld(t, e), t.Context()
		starts := e.Clock.Now().Add(time.Hour).Truncate(time.Second)
		_, row := w.at(starts)
		must(t, w.press(w.hers, row, movement.Missed))
		must(t, w.press(w.hers, row, movement.Missed))
		mails := w.due()
		if len(mails) != 1 || mails[0].To != w.worker.Email || strings.Contains(mails[0].Text, "Mair") {
			t.Fatalf("%+v", mails)
		}
		tasks, err := w.f.MovementTasks(ctx, w.family.Actor())
		must(t, err)
		if len(tasks) != 1 || tasks[0].Kind != movement.AlarmMissed || tasks[0].Why != movement.Unwell {
			t.Fatalf("%+v", tasks)
		}
		x := tasks[0]
		if err := w.f.SeeToMovement(ctx, w.other.Actor(), x.Movement, x.Due, x.Kind); ids.KindOf(err) != ids.NotFound {
			t.Errorf("somebody else sees to it: %v", err)
		}
		wantProblem(t, w.f.SeeToMovement(ctx, w.pom.Actor(), x.Movement, x.Due, x.Kind), ids.Forbidden, "Pact social worker")
		wantProblem(t, w.f.SeeToMovement(ctx, w.family.Actor(), x.Movement, x.Due, "other"), ids.NotFound, "")
		for range 2 {
			must(t, w.f.SeeToMovement(ctx, w.family.Actor(), x.Movement, x.Due, x.Kind))
		}
		if got, err := w.f.MovementTasks(ctx, w.worker.Actor()); err != nil || len(got) != 0 {
			t.Errorf("%+v %v", got, err)
		}
		must(t, w.press(w.hers, w.row(starts), movement.Arrived)) // late, after all
		if got := w.row(starts); got.Standing.State != movement.Arrived {
			t.Errorf("%+v", got.Standing)
		}
	})
}
