package flow

import (
	"context"
	"slices"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// AfterTask is something about a meeting that waits for whoever keeps the case's meetings.
type AfterTask struct {
	MeetingRow
	Suggested meetings.PartRecord // of a part to record: one press records it, when the ladder says which it was
	MinutesBy workdays.Day        // of late minutes
	Seq       int64               // of views that she says are wrong
}

// AfterTasks are what a planner sees to after meetings, each list the longest waiting first.
type AfterTasks struct {
	Parts   []AfterTask // how did she take part?
	Wrong   []AfterTask // she says that she did not say what is recorded
	Minutes []AfterTask // they should be there
	Actions []ActionRow // what should have been done
}

// AfterTasks returns them over all the cases whose meetings the actor keeps. Three questions are asked of the database for all of them, and one for each meeting that is listed.
func (f *Flow) AfterTasks(ctx context.Context, a ids.Actor) (t AfterTasks, err error) {
	if a.StaffID() == "" {
		return t, ids.ErrNotFound
	}
	ctx = store.OnePage(ctx)
	visible, err := f.visibleCases(ctx, a)
	if err != nil {
		return t, err
	}
	visible = slices.DeleteFunc(visible, func(v visibleCase) bool {
		return !policy.Decide(policy.Facts{Act: policy.KeepMeeting, Actor: a, Case: v.facts}).Allowed()
	})
	if len(visible) == 0 {
		return t, nil
	}
	of := idsOf(visible)
	known := map[ids.MeetingID]*openMeeting{}
	open := func(id ids.MeetingID) (*openMeeting, error) {
		if o := known[id]; o != nil {
			return o, nil
		}
		o, err := f.loadMeeting(ctx, a, id)
		known[id] = &o
		return &o, err
	}
	missing, joined, err := f.st.PartMissing(ctx, of, f.now())
	if err != nil {
		return t, err
	}
	if err := f.st.AheadOfMeetings(ctx, a.StaffID(), missing); err != nil { // what each of them asks is read for all at once
		return t, err
	}
	for _, m := range missing {
		if !m.Kind.AboutChildren() || joined[m.ID] { // that she was in the room is proven
			continue
		}
		o, err := open(m.ID)
		if err != nil {
			return t, err
		}
		steps, err := f.st.MeetingSteps(ctx, m.Case, m.ID)
		if err != nil {
			return t, err
		}
		rows := make([]StepRow, len(steps))
		for i, s := range steps {
			rows[i].Step = s
		}
		t.Parts = append(t.Parts, AfterTask{MeetingRow: o.row(a, f.now()), Suggested: suggestedPart(m.ID, meetings.Attended{}, rows)})
	}
	wrong, err := f.st.ViewsDisputed(ctx, of)
	if err != nil {
		return t, err
	}
	for _, v := range wrong {
		o, err := open(v.Meeting)
		if err != nil {
			return t, err
		}
		t.Wrong = append(t.Wrong, AfterTask{MeetingRow: o.row(a, f.now()), Seq: v.Seq})
	}
	if t.Minutes, err = f.lateMinutes(ctx, a, of, open); err != nil {
		return t, err
	}
	actions, err := f.st.OpenActions(ctx, of)
	if err != nil {
		return t, err
	}
	for _, x := range actions {
		if !x.Late(f.st.Today()) {
			continue
		}
		o, err := open(x.Meeting)
		if err != nil {
			return t, err
		}
		row := f.actionRow(ctx, x, o.Meeting)
		row.Reference, row.Mother = o.CaseRow.Reference, o.Mother.Name
		t.Actions = append(t.Actions, row)
	}
	return t, nil
}

// lateMinutes are the meetings of the last year whose minutes should be there and are not.
func (f *Flow) lateMinutes(ctx context.Context, a ids.Actor, of []ids.CaseID, open func(ids.MeetingID) (*openMeeting, error)) (out []AfterTask, err error) {
	list, err := f.st.WithoutMinutes(ctx, of, f.now().Add(-recentMinutes), f.now())
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		by := f.MinutesBy(m)
		if by == 0 || by >= f.st.Today() {
			continue
		}
		o, err := open(m.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, AfterTask{MeetingRow: o.row(a, f.now()), MinutesBy: by})
	}
	return out, nil
}
