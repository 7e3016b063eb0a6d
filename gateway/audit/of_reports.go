package audit

import "kinbridge/gateway/ids"

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
