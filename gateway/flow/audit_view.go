package flow

import (
	"cmp"
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// AuditRow is one audit entry as the actor may see it.
type AuditRow struct {
	Seq int64
	audit.Entry
	ActorName string
}

// AuditPage is a page of the timeline, newest first; Next is the Before of the following page, 0 when there is none.
type AuditPage struct {
	Rows []AuditRow
	Next int64
}

// AuditTimeline returns audit entries of a case, or (case "") of everything for an administrator. Entries of threads, and of meetings between a
// mother and her supporter, whose existence the actor may not know are left out, so that the log opens no wall.
func (f *Flow) AuditTimeline(ctx context.Context, a ids.Actor, c ids.CaseID, before int64, limit int) (AuditPage, error) {
	facts, her := policy.Facts{Act: policy.ReadAudit, Actor: a}, ids.MotherID("")
	if c != "" {
		row, err := f.st.Case(ctx, c)
		if err != nil {
			return AuditPage{}, err
		}
		her = row.Mother
		if facts.Case, err = caseFacts(ctx, f.st.Reader, a, row); err != nil {
			return AuditPage{}, err
		}
	}
	if err := f.may(ctx, facts, auditID(c)); err != nil {
		return AuditPage{}, err
	}
	limit = min(max(limit, 1), 200)
	var page AuditPage
	wall := map[string]bool{}
	for next := before; ; {
		entries, seqs, err := f.st.AuditEntries(ctx, store.AuditQuery{Case: c, Before: next, Limit: limit + 1})
		if err != nil {
			return page, err
		}
		for i, e := range entries {
			if len(page.Rows) == limit {
				page.Next = page.Rows[limit-1].Seq
				return page, f.auditRead(ctx, a, c, before)
			}
			ok, err := f.throughWall(ctx, a, e, wall)
			if err != nil {
				return page, err
			}
			if ok {
				page.Rows = append(page.Rows, AuditRow{Seq: seqs[i], Entry: e, ActorName: f.nameFor(ctx, e.Actor, her)})
			}
		}
		if len(entries) <= limit {
			return page, f.auditRead(ctx, a, c, before)
		}
		if next = seqs[len(seqs)-1]; next == 0 { // sequence number 0 is the first entry: before it is nothing
			return page, f.auditRead(ctx, a, c, before)
		}
	}
}

// auditRead records that the log was read; once for a timeline, not for each page of it.
func (f *Flow) auditRead(ctx context.Context, a ids.Actor, c ids.CaseID, before int64) error {
	if before != 0 {
		return nil
	}
	return f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.AuditRead(c), nil })
}

// throughWall reports whether the actor may know of the thread or private meeting that an entry belongs to; known keeps the answers.
func (f *Flow) throughWall(ctx context.Context, a ids.Actor, e audit.Entry, known map[string]bool) (bool, error) {
	if e.Kind.OfPlans() || e.Kind == audit.PolicyRefusedKind && ofPlans(e.Detail) {
		return f.knowsOfPlans(ctx, a, e.Case)
	}
	meeting := meetingOf(e)
	behind := cmp.Or(string(e.Thread), string(meeting))
	if behind == "" {
		return true, nil
	}
	if ok, done := known[behind]; done {
		return ok, nil
	}
	var ok bool
	if e.Thread != "" {
		o, err := loadThread(ctx, f.st.Reader, a, e.Thread)
		if err != nil {
			return false, err
		}
		ok = policy.Decide(o.to(policy.ReadTrace)).Allowed()
	} else {
		o, err := f.loadMeeting(ctx, a, meeting)
		if ids.KindOf(err) == ids.NotFound { // a refusal can name what somebody only guessed at
			return true, nil
		}
		if err != nil {
			return false, err
		}
		ok = !o.Kind.Private() || policy.Decide(o.to(policy.SeeMeeting)).Allowed()
	}
	known[behind] = ok
	return ok, nil
}

// meetingOf names the meeting that an entry is about; "" for none.
func meetingOf(e audit.Entry) ids.MeetingID {
	for _, id := range []string{e.Detail["meeting"], e.Subject} {
		if ids.Has(id, ids.Meeting) {
			return ids.MeetingID(id)
		}
	}
	return ""
}

// nameFor is actorName for the timeline of one woman's case (her "" = of everything): a refusal there can be another woman's, whose name is not for
// those who work on this case.
func (f *Flow) nameFor(ctx context.Context, a ids.Actor, her ids.MotherID) string {
	if a.Kind == ids.ActorMother && her != "" && a.ID != string(her) {
		return "Another mother"
	}
	return f.actorName(ctx, a)
}

// actorName names an actor for a timeline; her identifier when there is no name.
func (f *Flow) actorName(ctx context.Context, a ids.Actor) string {
	switch a.Kind {
	case ids.ActorStaff, ids.ActorAPI:
		if s, err := f.st.Staff(ctx, ids.StaffID(a.ID)); err == nil {
			return s.Name
		}
	case ids.ActorMother:
		if m, err := f.st.Mother(ctx, ids.MotherID(a.ID)); err == nil {
			return m.Name
		}
	case ids.ActorContact:
		if c, err := f.st.Contact(ctx, ids.ContactID(a.ID)); err == nil {
			return c.Name
		}
	case ids.ActorSystem:
		return "Kinbridge"
	}
	return a.ID
}

// HomeView is what waits for a member of staff.
type HomeView struct {
	Holds     []HoldRow
	Failed    []FailedRow
	Handovers []HandoverRow
	Meetings  []MeetingRow
	Steps     []AskRow   // drafts to ask again that are ready
	Due       []DueClock // meetings about children to see to
	ToPlace   []ToPlace  // meetings that need a place, the first first
}

// Home returns what waits for a member of staff, oldest first.
func (f *Flow) Home(ctx context.Context, a ids.Actor) (HomeView, error) {
	var v HomeView
	ctx = store.OnePage(ctx)
	if _, err := f.visibleCases(ctx, a); err != nil { // one query, instead of three for each thing below
		return v, err
	}
	var err error
	if v.Holds, err = f.Holds(ctx, a); err != nil {
		return v, err
	}
	if v.Meetings, err = f.MeetingsOf(ctx, a); err != nil {
		return v, err
	}
	if v.Failed, err = f.undelivered(ctx, a, f.st.FailedDeliveries); err != nil {
		return v, err
	}
	if v.Handovers, err = f.Handovers(ctx, a); err != nil {
		return v, err
	}
	if v.Steps, err = f.readySteps(ctx, a); err != nil {
		return v, err
	}
	if v.Due, err = f.DueReviews(ctx, a); err != nil {
		return v, err
	}
	v.ToPlace, err = f.MeetingsToPlace(ctx, a)
	return v, err
}
