package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	GoalSetKind    Kind = "goal.set"
	GoalEndedKind  Kind = "goal.ended"
	ReportReadKind Kind = "report.read"
)

var reportsKinds = []Info{
	{GoalSetKind, "Set a goal of contact with a child", "goal", true},
	{GoalEndedKind, "Recorded what became of a goal of contact", "goal", true},
	{ReportReadKind, "Read the numbers of all cases", "report", false},
}

// GoalSet: contact with a child is worked for; kind is a code.
func GoalSet(c ids.CaseID, child ids.ChildID, g ids.GoalID, kind string) Entry {
	return made(GoalSetKind, Done, string(g)).In(c, "").With("child", string(child)).With("kind", Code(kind))
}

// GoalEnded: it was recorded what became of a goal; outcome is a code, and day when it was so.
func GoalEnded(c ids.CaseID, child ids.ChildID, g ids.GoalID, outcome, day string) Entry {
	return made(GoalEndedKind, Done, string(g)).In(c, "").With("child", string(child)).With("outcome", Code(outcome)).With("day", day)
}

// ReportRead: somebody had the numbers of all cases, of the days from and until. cases is how many were counted.
func ReportRead(what, from, until, cases string) Entry {
	return made(ReportReadKind, Done, Code(what)).With("from", from).With("until", until).With("cases", cases)
}
