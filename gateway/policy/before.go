package policy

import "kinbridge/gateway/ids"

// invitedMother: the mother herself, in a meeting that she is invited to.
func invitedMother(f *Facts) bool { return f.Actor.Kind == ids.ActorMother && f.Meeting.IsParticipant }

func notAboutChildren(f *Facts) bool { return !f.Meeting.AboutChildren }

// writtenDownReader is who still reads what a member of staff wrote down with her before it goes to people outside: of those who review her words, public protection if it is one of
// them, else the first in whose role the writer does not act herself. The writer has read it.
func writtenDownReader(f *Facts) (left ids.Role) {
	for i := 0; ; i++ {
		r := reviewerAt(f, i)
		switch {
		case r == "":
			return left
		case r == ids.RolePublicProtection:
			return r
		case left == "" && r != f.Actor.Role:
			left = r
		}
	}
}

// What a mother says before a meeting, and what is made ready for her. Her words go as every message of hers does; these chapters say what they are about and who may begin them.
var beforeChapters = []*Chapter{
	{Contribute, "say before a meeting what she wants it to hear, or write it down with her", []Rule{
		{Needs: SeeMeeting},
		{If: "the actor is neither the mother nor of the case's Pact social workers and family engagement workers", When: not(any2(invitedMother, plansMeetings)),
			Decision: deny("contributes_not", "She says what she wants the meeting to hear, alone or with her worker.")},
		{If: "it is not about children: what passes between her and her lawyer or her supporter is said there", When: notAboutChildren,
			Decision: deny("no_contribution", "Nothing is sent ahead of a meeting of this kind.")},
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: nothing can be sent from it.")},
		{If: "it was cancelled", When: func(f *Facts) bool { return f.Meeting.Cancelled }, Decision: deny("cancelled", "This meeting was cancelled.")},
		{Decision: allow("says_before", "She may say what she thinks, also after the meeting began: it is then marked late.")},
	}},
	{SendContribution, "send to the person who runs a meeting what she wants it to hear", []Rule{
		{Needs: Contribute},
		{If: "the actor is the mother, as for every message of hers there", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother }, As: WriteMessage},
		{If: "it was written down with her, by whoever may write there", Needs: WriteMessage},
		{If: "it was written down with her, and somebody besides the writer reviews her words", When: func(f *Facts) bool { return writtenDownReader(f) != "" },
			Decision: hold("review_written_down", "What was written down with her is read by those who read her words.", "review", ""), For: writtenDownReader},
		{Decision: allow("written_down", "Whoever reviews her words has written it down with her.")},
	}},
	{ReadContribution, "read what she wants a meeting to hear", []Rule{
		{Needs: SeeMeeting},
		{As: ReadMessage},
	}},
	{ChooseAttendance, "say how she wants to take part, and who is to sit with her", []Rule{
		{Needs: SeeMeeting},
		{If: "the actor is not the mother", When: not(invitedMother), Decision: deny("her_choice", "She chooses herself, at the kiosk.")},
		{If: "it is not about children", When: notAboutChildren, Decision: deny("no_choice", "There is nothing to choose for a meeting of this kind.")},
		{If: "it was cancelled", When: func(f *Facts) bool { return f.Meeting.Cancelled }, Decision: deny("cancelled", "This meeting was cancelled.")},
		{If: "it has begun", When: func(f *Facts) bool { return f.Meeting.Begun }, Decision: deny("begun", "The meeting has begun.")},
		{Decision: allow("own_choice", "She chooses for herself, as often as she likes until it begins.")},
	}},
	{SeePreparation, "see how she wants to take part, the papers of a meeting and whether she has said what she thinks", []Rule{
		{Needs: SeeMeeting},
		{If: "the actor is a person outside", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorContact }, Decision: conceal("preparation_inside", "What is made ready with her is not for people outside.")},
		{If: "the actor is a wing officer", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RoleWingOfficer) },
			Decision: conceal("preparation_wing", "Wing officers know when she is due where, and nothing of what it is about.")},
		{Decision: allow("prepares", "Whoever knows of the meeting inside sees how it is made ready.")},
	}},
	{AddPaper, "add or remove a paper of a meeting, and say who runs it", []Rule{
		{Needs: SeePreparation},
		{If: "the actor is not of the case's Pact social workers and family engagement workers", When: not(plansMeetings),
			Decision: deny("papers_read_only", "Only the case's Pact social worker and family engagement workers change this.").do("Ask one of them.")},
		{If: "it is not about children", When: notAboutChildren, Decision: deny("no_papers", "A meeting of this kind has no papers.")},
		{Decision: allow("team_prepares", "The case's team makes a meeting ready.")},
	}},
	{ReadNotice, "have the record of when everybody was told of a meeting", []Rule{
		{Needs: SeePreparation},
		{If: "the actor is not of the case's Pact social workers and family engagement workers", When: not(plansMeetings),
			Decision: deny("notice_closed", "Only the case's Pact social worker and family engagement workers have this record.").do("Ask one of them.")},
		{Decision: allow("team_notice", "The case's team can show who was told when.")},
	}},
}
