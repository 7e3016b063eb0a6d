package staff

import (
	"context"
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

// AfterMeetings is the ladder of a meeting, and what comes after it. Every method asks policy.
type AfterMeetings interface {
	After(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.AfterView, error)
	// PlanLike is what the plan of a meeting begins with that follows another.
	PlanLike(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.PlanLike, error)
	AfterTasks(ctx context.Context, a ids.Actor) (flow.AfterTasks, error)
	WingStep(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.WingStep, error)
	StepDown(ctx context.Context, a ids.Actor, id ids.MeetingID, n flow.NewStep) error
	KeepDebrief(ctx context.Context, a ids.Actor, id ids.MeetingID, n flow.NewDebrief) error
	MeetingRecords
	MeetingMinutes
}

// MeetingRecords is what a planner records after a meeting.
type MeetingRecords interface {
	RecordPart(ctx context.Context, a ids.Actor, id ids.MeetingID, n flow.NewPart) error
	SayThere(ctx context.Context, a ids.Actor, id ids.MeetingID, who ids.ParticipantID, leg meetings.Leg) error
	KeepViews(ctx context.Context, a ids.Actor, id ids.MeetingID, n flow.NewViews) error
	SettleViews(ctx context.Context, a ids.Actor, id ids.MeetingID, seq int64) error
	AddAction(ctx context.Context, a ids.Actor, id ids.MeetingID, n flow.NewAction) (ids.ActionID, error)
	CloseAction(ctx context.Context, a ids.Actor, id ids.ActionID) (ids.MeetingID, error)
}

// MeetingMinutes is how minutes come to a meeting.
type MeetingMinutes interface {
	MinutesOfMessage(ctx context.Context, a ids.Actor, id ids.MessageID) (flow.MinutesSuggestion, error)
	KeepMinutes(ctx context.Context, a ids.Actor, id ids.MessageID, meeting ids.MeetingID) error
	TakeBackMinutes(ctx context.Context, a ids.Actor, meeting ids.MeetingID, id ids.MessageID) error
	AskMinutes(ctx context.Context, a ids.Actor, id ids.MeetingID, thread ids.ThreadID) error
}

// homeAfter is what waits after meetings, on the home page.
type homeAfter struct {
	Parts  []partTask
	Tables []web.Table
}

// partTask asks how she took part in a meeting; Part is what the ladder's last step says, "" when there was none.
type partTask struct {
	Href, Title, Case string
	Part, Why, Words  string
}

// homeAfter is nil when nothing waits.
func (s *Staff) homeAfter(r *http.Request, me people.Staff) (*homeAfter, error) {
	if me.Role != ids.RolePactWorker && me.Role != ids.RoleFamilyWorker {
		return nil, nil
	}
	loc := s.pages.Loc(r)
	tasks, err := s.flow.AfterTasks(r.Context(), me.Actor())
	if err != nil {
		return nil, err
	}
	v := &homeAfter{}
	for _, t := range tasks.Parts[:min(len(tasks.Parts), mostAtHome)] {
		p := partTask{Href: "/meetings/" + string(t.ID) + "/after", Title: meetingTitle(loc, t.MeetingRow) + ", " + s.pages.When(r).LongDate(t.Starts), Case: t.CaseReference + ", " + t.Mother}
		if t.Suggested.Part != "" {
			p.Part, p.Why, p.Words = string(t.Suggested.Part), string(t.Suggested.Why), partWords(loc, t.Suggested.Part)
		}
		v.Parts = append(v.Parts, p)
	}
	list := func(caption, anchor string, of []flow.AfterTask, note func(flow.AfterTask) string) {
		if len(of) == 0 {
			return
		}
		t := web.Table{Caption: caption, Columns: []web.Column{{Title: loc.T("staff.meeting.meeting")}, {Title: loc.T("staff.case.case")}, {Title: loc.T("staff.meeting.day")}}}
		for _, x := range of[:min(len(of), mostAtHome)] {
			t.Rows = append(t.Rows, []web.Cell{{Text: meetingTitle(loc, x.MeetingRow), Href: "/meetings/" + string(x.ID) + "/after#" + anchor, Small: note(x)}, {Text: x.CaseReference, Small: x.Mother}, {At: x.Starts}})
		}
		v.Tables = append(v.Tables, t)
	}
	list(loc.T("staff.after.home_wrong"), "views", tasks.Wrong, func(flow.AfterTask) string { return "" })
	list(loc.T("staff.after.home_minutes"), "minutes", tasks.Minutes, func(x flow.AfterTask) string { return loc.T("staff.after.minutes_by", "Day", day(loc, x.MinutesBy)) })
	if t := actionTable(loc, tasks.Actions[:min(len(tasks.Actions), mostAtHome)], loc.T("staff.after.home_actions")); t != nil {
		v.Tables = append(v.Tables, *t)
	}
	return v, nil
}
