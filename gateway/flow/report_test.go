package flow_test

import (
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/reports"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// counted is a number of the report as an actor has it.
func counted(t testing.TB, w *flowtest.World, a ids.Actor, table, row, column string) int {
	t.Helper()
	r, err := w.Flow.Report(t.Context(), a, reports.Period{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	tab, _ := r.Table(table)
	col := slices.IndexFunc(tab.Columns, func(x reports.Text) bool { return x.Word == column })
	at := slices.IndexFunc(tab.Rows, func(x reports.Row) bool { return x.Word == row || x.Word == "" && x.Name == row })
	if at < 0 || col < 0 {
		t.Fatalf("%s has no %s under %s: %+v", table, row, column, tab)
	}
	return tab.Rows[at].Values[col].N
}

func TestWhoHasTheNumbers(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		// Pact's, those of other cases too: a number of all cases is the same for all.
		for _, a := range []ids.Actor{w.Staff.Worker.Actor, w.Staff.OtherWorker.Actor, w.Staff.Admin.Actor, ids.System("operator")} {
			if got := counted(t, w, a, reports.TableCaseload, "all", "mothers"); got != 1 {
				t.Errorf("%s: %d mothers", a.Role, got)
			}
		}
		for _, a := range []ids.Actor{w.Staff.Officer.Actor, w.Staff.Manager.Actor, w.Staff.Protection.Actor, w.Staff.Family.Actor, ids.MotherActor(w.Mother), ids.ContactActor(w.Contacts.Anna), ids.Unknown("test")} {
			_, err := w.Flow.Report(ctx, a, reports.Period{}, "test")
			flowtest.Refused(t, err, ids.NotFound)
		}
		// An administrator of a prison knows the women there.
		inside := w.Staff.Admin.Actor
		inside.Agency = w.Agencies.Prison
		_, err := w.Flow.Report(ctx, inside, reports.Period{}, "test")
		flowtest.Refused(t, err, ids.NotFound)
		today := workdays.Of(w.Env.Clock.Now())
		_, err = w.Flow.Report(ctx, w.Staff.Worker.Actor, reports.Period{From: today, Until: today - 1}, "test")
		flowtest.Refused(t, err, ids.Invalid)
		if got := w.Entries(t, audit.ReportReadKind); len(got) != 4 {
			t.Errorf("%d entries of 4 readings", len(got))
		}
	})
}

func TestTheReportCountsWhatIsRecorded(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		count := func(table, row, column string) int { t.Helper(); return counted(t, w, worker, table, row, column) }
		expect := func(table, row, column string, want int) {
			t.Helper()
			if got := count(table, row, column); got != want {
				t.Errorf("%s, %s, %s: %d, want %d", table, row, column, got, want)
			}
		}
		expect(reports.TableCaseload, "all", "children", 2)
		expect(reports.TableCaseload, "all", "authorities", 2)
		expect(reports.TableWorkers, "workers_in_all", "all", workersIn(t, w))
		sent := count(reports.TableReplies, "all", "sent")
		say(t, w, worker, w.Threads.Official, "When is the review?", "r1")
		say(t, w, worker, w.Threads.Official, "We ask again.", "r2")
		say(t, w, worker, w.Threads.Confidential, "Nobody's number.", "r3")
		expect(reports.TableReplies, "all", "sent", sent+1)
		expect(reports.TableReplies, "all", "waiting", sent+1)
		// A meeting: planned, it is not held; over, its part is not known until somebody says it.
		at := calendar.Add(workdays.Of(w.Env.Clock.Now()), 8).At(10, 0)
		id, err := w.Flow.CreateMeeting(ctx, worker, flow.NewMeeting{Case: w.Case, Kind: meetings.LookedAfterReview, Starts: at, Ends: at.Add(time.Hour), About: []ids.ChildID{w.Children[0].ID}})
		if err != nil {
			t.Fatal(err)
		}
		expect(reports.TableMeetings, "all", "held", 0)
		w.Env.Clock.Advance(at.Add(2 * time.Hour).Sub(w.Env.Clock.Now()))
		expect(reports.TableMeetings, "k_looked_after_review", "not_known", 1)
		expect(reports.TableNotice, "k_looked_after_review", "told", 1)
		expect(reports.TableNotice, "k_looked_after_review", "too_short", 1)
		expect(reports.TableNotice, "all", "median", 8)
		// A step that was pressed is no part that she had.
		if err := w.Flow.RecordPart(ctx, worker, id, flow.NewPart{Part: meetings.ByPhone, Why: meetings.WhyVideo}); err != nil {
			t.Fatal(err)
		}
		expect(reports.TableMeans, "p_phone", "meetings", 1)
		expect(reports.TableMeans, "p_phone", "proven", 0)
		expect(reports.TableReasons, "w_video_unavailable", "smaller", 1)
		if _, err := w.Flow.RecordHeld(ctx, worker, flow.NewHeld{Case: w.Case, Kind: meetings.CoreGroup, Day: workdays.Of(w.Env.Clock.Now()) - 1, Children: []ids.ChildID{w.Children[0].ID}, Part: meetings.WithNone, Why: meetings.WhyNotTold, IdemKey: "h"}); err != nil {
			t.Fatal(err)
		}
		expect(reports.TableMeetings, "all", "elsewhere", 1)
		expect(reports.TableMeetings, "all", "without", 1)
		// A case that is closed is counted on.
		if err := w.Env.Store.Write(ctx, flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
			return audit.CaseChanged(w.Case, "closed"), tx.CloseCase(w.Case)
		}); err != nil {
			t.Fatal(err)
		}
		expect(reports.TableCaseload, "all", "closed", 1)
		expect(reports.TableCaseload, "all", "children", 2)
	})
}

// A meeting whose room has her in it, and of which nobody has recorded anything, was attended: the room proves it.
func TestTheRoomProvesAMeansInTheReport(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		at := calendar.Add(workdays.Of(w.Env.Clock.Now()), 3).At(10, 0)
		id, err := w.Flow.CreateMeeting(ctx, worker, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: at, Ends: at.Add(time.Hour), About: []ids.ChildID{w.Children[0].ID}})
		if err != nil {
			t.Fatal(err)
		}
		ps, err := w.Env.Store.Participants(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		at1 := slices.IndexFunc(ps, func(p meetings.Participant) bool { return p.Kind == meetings.PersonMother })
		if err := w.Env.Store.Write(ctx, flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
			_, err := tx.AddAttendance(meetings.RoomEvent{ID: "e1", Room: id, Participant: ps[at1].ID, Kind: meetings.Joined, At: at})
			return audit.RoomJoined(audit.Seat{Case: w.Case, Meeting: id, Participant: ps[at1].ID}), err
		}); err != nil {
			t.Fatal(err)
		}
		w.Env.Clock.Advance(at.Add(2 * time.Hour).Sub(w.Env.Clock.Now()))
		if got := counted(t, w, worker, reports.TableMeans, "p_video", "proven"); got != 1 {
			t.Errorf("%d proven", got)
		}
	})
}

func TestSiblingsAreSaidToLiveTogetherOrApart(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker, a, b := t.Context(), w.Staff.Worker.Actor, w.Children[0], w.Children[1]
		lives := func(k cases.Child, with string, rel cases.Relation) error {
			return w.Flow.SetChild(ctx, worker, w.Case, k.ID, flow.ChildFacts{Born: "2018-03-01", Authority: k.Authority, LivesWith: with, Relation: rel})
		}
		now := func() [4]int {
			t.Helper()
			var out [4]int
			for i, col := range []string{"families", "apart", "together", "not_known"} {
				out[i] = counted(t, w, worker, reports.TableSiblings, "all", col)
			}
			return out
		}
		expect := func(what string, want [4]int) {
			t.Helper()
			if got := now(); got != want {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		expect("nothing is known", [4]int{1, 0, 0, 1})
		for _, step := range []struct {
			what string
			k    cases.Child
			with string
			want [4]int
		}{
			{"with the other, of whom nothing is known", a, string(b.ID), [4]int{1, 0, 1, 0}},
			{"the same again", a, string(b.ID), [4]int{1, 0, 1, 0}},
			{"apart", a, flow.Apart, [4]int{1, 1, 0, 0}},
			{"apart again", a, flow.Apart, [4]int{1, 1, 0, 0}},
			{"the other joins", b, string(a.ID), [4]int{1, 0, 1, 0}},
			{"not known", b, "", [4]int{1, 0, 0, 1}},
		} {
			if err := lives(step.k, step.with, ""); err != nil {
				t.Fatal(step.what, err)
			}
			expect(step.what, step.want)
		}
		kids, err := w.Env.Store.Children(ctx, w.Case)
		if err != nil || flow.LivesWith(kids, kids[0]) == "" && flow.LivesWith(kids, kids[1]) == "" {
			t.Errorf("%+v %v", kids, err)
		}
		flowtest.Refused(t, lives(a, string(a.ID), ""), ids.Invalid)
		flowtest.Refused(t, lives(a, "chd_00000000000000000000000000", ""), ids.Invalid)
		flowtest.Refused(t, lives(a, "", "cousin"), ids.Invalid)
		if err := lives(b, "", cases.Grandchild); err != nil {
			t.Fatal(err)
		}
		expect("a grandchild is no sibling", [4]int{0, 0, 0, 0})
		if own, others := counted(t, w, worker, reports.TableCaseload, "all", "children"), counted(t, w, worker, reports.TableCaseload, "all", "other_children"); own != 1 || others != 1 {
			t.Errorf("%d of her own, %d others", own, others)
		}
		w.VerifyAudit(t)
	})
}

func TestAGoalOfContact(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker, child := t.Context(), w.Staff.Worker.Actor, w.Children[0].ID
		today := workdays.Of(w.Env.Clock.Now())
		id, err := w.Flow.SetGoal(ctx, worker, w.Case, child, cases.GoalPhone)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Flow.SetGoal(ctx, worker, w.Case, child, cases.GoalPhone); err != nil || again != id {
			t.Errorf("set twice: %s %v", again, err)
		}
		end := func(a ids.Actor, how cases.GoalOutcome, on workdays.Day) error {
			return w.Flow.EndGoal(ctx, a, w.Case, child, id, how, on)
		}
		for _, c := range []struct {
			how cases.GoalOutcome
			on  workdays.Day
		}{{"", today}, {"perhaps", today}, {cases.GoalReached, 0}, {cases.GoalReached, today + 1}, {cases.GoalReached, today - 1}} {
			flowtest.Refused(t, end(worker, c.how, c.on), ids.Invalid)
		}
		_, err = w.Flow.SetGoal(ctx, worker, w.Case, child, "dance")
		flowtest.Refused(t, err, ids.Invalid)
		_, err = w.Flow.SetGoal(ctx, worker, w.Case, "chd_00000000000000000000000000", cases.GoalPhone)
		flowtest.Refused(t, err, ids.NotFound)
		// Who knows of the case is told whose work it is; to anybody else there is no case.
		flowtest.Refused(t, end(w.Staff.Family.Actor, cases.GoalReached, today), ids.Forbidden)
		for _, a := range []ids.Actor{w.Staff.OtherWorker.Actor, w.Staff.Officer.Actor, w.Staff.Admin.Actor, ids.ContactActor(w.Contacts.Anna)} {
			flowtest.Refused(t, end(a, cases.GoalReached, today), ids.NotFound)
		}
		flowtest.Refused(t, w.Flow.EndGoal(ctx, worker, w.Case, w.Children[1].ID, id, cases.GoalReached, today), ids.NotFound)
		for range 2 {
			if err := end(worker, cases.GoalReached, today); err != nil {
				t.Fatal(err)
			}
		}
		flowtest.Refused(t, end(worker, cases.GoalGivenUp, today), ids.Conflict)
		if next, err := w.Flow.SetGoal(ctx, worker, w.Case, child, cases.GoalPhone); err != nil || next == id {
			t.Errorf("a new one after it was reached: %s %v", next, err)
		}
		rows, err := w.Flow.Goals(ctx, worker, w.Case, child)
		if err != nil || len(rows) != 2 || rows[0].Outcome != cases.GoalReached || rows[0].On != today || rows[0].SetByName == "" || rows[0].EndedByName == "" || !rows[1].Open() {
			t.Errorf("%+v %v", rows, err)
		}
		if set, reached := counted(t, w, worker, reports.TableGoals, "g_phone", "set"), counted(t, w, worker, reports.TableGoals, "g_phone", "reached"); set != 2 || reached != 1 {
			t.Errorf("%d set, %d reached", set, reached)
		}
		w.VerifyAudit(t)
	})
}

// workersIn are the allocated social workers in the world's official conversations.
func workersIn(t testing.TB, w *flowtest.World) int {
	t.Helper()
	n := 0
	for _, id := range []ids.ContactID{w.Contacts.Anna, w.Contacts.Bea} {
		c, err := w.Env.Store.Contact(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if c.Role == "allocated_worker" {
			n++
		}
	}
	if n == 0 {
		t.Fatal("the world has no allocated social worker")
	}
	return n
}

func say(t testing.TB, w *flowtest.World, a ids.Actor, thread ids.ThreadID, words, key string) {
	t.Helper()
	if _, err := w.Flow.Compose(t.Context(), a, flow.NewMessage{Thread: thread, Body: words, IdemKey: key}); err != nil {
		t.Fatal(err)
	}
}
