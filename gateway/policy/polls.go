package policy

import "kinbridge/gateway/ids"

// Who is asked when a meeting can be held has a link and no account, so every use of it is asked about anew: whoever could not be invited to the meeting any more learns nothing, not
// even that there was a question.
var pollChapters = []*Chapter{
	{AnswerPoll, "see which times are offered for a meeting, and say which suit", []Rule{
		{If: "the actor is not a person outside who is asked", When: func(f *Facts) bool { return f.Actor.Kind != ids.ActorContact || !f.Meeting.IsParticipant },
			Decision: conceal("not_asked", "Only those who are asked may know of it.")},
		{If: "the case is closed", When: caseClosed, Decision: conceal("case_closed", "The case is closed: no meeting is planned.")},
		{If: "she has nothing to do any more with the case, or with the children whom the meeting is about", When: func(f *Facts) bool { return !f.Touch.Concerned },
			Decision: conceal("other_family", "She has nothing to do with this family any more.")},
		{If: "a restriction in force forbids that they meet: she is not told which, or that there is one", When: meetingForbidden, Decision: conceal("withdrawn", "She is not asked any more.")},
		{If: "the question was taken back, or a time was chosen", When: func(f *Facts) bool { return f.Meeting.Cancelled }, Decision: deny("poll_over", "This is no longer asked.")},
		{If: "the time for answers is over", When: func(f *Facts) bool { return f.Meeting.Ended }, Decision: deny("poll_closed", "The time for answers is over.")},
		{Decision: allow("asked", "She is asked, and can change her answer until the time for answers is over.")},
	}},
}
