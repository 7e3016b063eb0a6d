package policy

import "kinbridge/gateway/ids"

func invited(f *Facts) bool { return f.Meeting.IsParticipant || f.Meeting.IsHost }

func worksCase(f *Facts) bool { return isPact(f) || isFamilyWorker(f) || isOffenderManager(f) }

// nearMeeting: whoever is with her when it is held, or brings her there. An officer of another wing knows that she is due somewhere by the prison's list alone.
func nearMeeting(f *Facts) bool { return invited(f) || isWingOfficer(f) || worksCase(f) }

// plansMeetings: the case's Pact social worker and its family engagement workers.
func plansMeetings(f *Facts) bool { return isPact(f) || isFamilyWorker(f) }

// bringsHer: the officers of her wing, and those of the prison's staff who work for all its wings.
func bringsHer(f *Facts) bool {
	return isWingOfficer(f) || isStaff(f.Actor, ids.RoleOffenderManager, ids.RolePublicProtection) && f.Case.SameEstablishment
}

// A guest must be somebody the case already deals with, so that no outsider is brought in by a slip of the finger; guests of two authorities
// learn of each other in the room, so the planner must say that she means it (what one authority does about one child is nobody else's).
var meetingChapters = []*Chapter{
	{PlanMeeting, "plan a meeting", []Rule{
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: no meeting can be planned.")},
		{If: "the actor is not of the case's Pact social workers and family engagement workers", When: not(plansMeetings), Needs: SeeCase},
		{If: "and is of the case's team in another role", When: not(plansMeetings), Decision: deny("plans_not", "Ask the case's Pact social worker to plan the meeting.")},
		{If: "it is a legal visit", When: func(f *Facts) bool { return f.Meeting.LegalVisit },
			Decision: deny("legal_visit_has_no_host", "A legal visit is between a mother and her lawyer alone. A member of staff would host it, so it cannot be planned here.")},
		{If: "a guest has nothing to do with the case", When: func(f *Facts) bool { return f.Meeting.UnknownGuest },
			Decision: deny("guest_not_of_case", "One of the guests has nothing to do with this case, or with the children whom the meeting is about. Choose the guests from the list.")},
		{If: "one of the staff is not on its team", When: func(f *Facts) bool { return f.Meeting.OutsideStaff },
			Decision: deny("staff_not_of_case", "One of the staff is not on the case's team. Add her to the team first, or choose somebody else.")},
		{If: "guests come from several authorities and the planner has not confirmed it", When: func(f *Facts) bool { return f.Meeting.SeveralAuthorities && !f.Meeting.Confirmed },
			Decision: deny("authorities_meet", "The guests come from more than one local authority, and each would learn that the other takes part. Confirm that this is meant.")},
		{Decision: allow("team_plans", "The case's team plans meetings.")},
	}},
	{Invite, "have one person or child take part in a meeting", []Rule{
		{Needs: PlanMeeting},
		{If: "the children who are to be there are none for whom she has parental responsibility", When: noResponsibility,
			Decision: deny("no_responsibility", "She no longer has parental responsibility for the children who are to be there.").do("Ask the adoption team what contact there is to be.")},
		{If: "a restriction in force forbids that she meets her or the child", When: meetingForbidden, Decision: restrictedMeeting},
		{If: "a restriction in force asks for a supervisor, and no member of staff is to be there", When: lacksSupervisor, Decision: unsupervisedMeeting},
		{Decision: allow("may_meet", "No restriction stands in the way.")},
	}},
	{SeeMeeting, "know of a meeting and its people", []Rule{
		{If: "the actor is of a prison where she is not", When: otherPrison, Decision: conceal("moved_on", "Whoever worked with her at a prison she has left knows no more of her.")},
		{If: "the actor is invited or its host", When: invited, Decision: allow("participant", "Takes part in the meeting.")},
		{If: "the actor is a mother or a person outside", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother || f.Actor.Kind == ids.ActorContact },
			Decision: conceal("not_invited", "Only those invited and the case's team may know of a meeting.")},
		{If: "it is between her and her supporter, and the actor is the case's Pact social worker", When: func(f *Facts) bool { return f.Meeting.Private && isPact(f) },
			Decision: allow("private_pact", "The case's Pact social worker.")},
		{If: "it is between her and her supporter", When: func(f *Facts) bool { return f.Meeting.Private },
			Decision: conceal("private_wall", "A meeting between a mother and her supporter is known to Pact and to those invited only.")},
		{If: "in any other case, as for the case", As: SeeCase},
	}},
	{SeeMovement, "know that she is due somewhere at a time, and no more", []Rule{
		{If: "the actor is a wing officer, offender manager or public protection of the prison",
			When: func(f *Facts) bool {
				return isStaff(f.Actor, ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection) && f.SamePlace
			},
			Decision: allow("own_prison", "Prison staff see who is due where, and no more.")},
		{If: "in any other case, as for the meeting", As: SeeMeeting},
	}},
	{RecordMovement, "say that she was called, has arrived, did not come or is back", []Rule{
		{If: "the actor is no officer of her wing, offender manager or public protection of her prison", When: not(bringsHer), Needs: SeeMeeting},
		{If: "and may know of it otherwise", When: not(bringsHer), Decision: deny("brings_not", "The staff of her prison say where she is on her way.").do("Ask her wing.")},
		{Decision: allow("brings_her", "The staff of her wing and her prison bring her.")},
	}},
	{AcknowledgeMovement, "acknowledge that she is to be brought", []Rule{
		{If: "always, as for saying where she is on her way", As: RecordMovement},
	}},
	{MindMovement, "be told that nobody on her wing has acknowledged it, or that she did not come", []Rule{
		{Needs: SeeMeeting},
		{If: "the actor plans the case's meetings, or is its host", When: any2(plansMeetings, func(f *Facts) bool { return f.Meeting.IsHost }), Decision: allow("waits_for_her", "Whoever arranged it, or waits for her there.")},
		{Decision: deny("minds_not", "The case's Pact social worker and family engagement worker see to this.").do("Ask one of them.")},
	}},
	{AttendMeeting, "take part in a meeting", []Rule{
		{Needs: SeeMeeting},
		{If: "it was cancelled", When: func(f *Facts) bool { return f.Meeting.Cancelled }, Decision: deny("cancelled", "This meeting was cancelled.")},
		{If: "it has ended", When: func(f *Facts) bool { return f.Meeting.Ended }, Decision: deny("ended", "This meeting has ended.")},
		{If: "the room is not open yet", When: func(f *Facts) bool { return f.Meeting.TooEarly }, Decision: deny("too_early", "The room is not open yet. Come back nearer the time.")},
		{If: "the actor is not invited", When: not(invited), Decision: deny("not_invited", "You are not on the list of this meeting.")},
		{If: "the actor is a person outside or the mother, and a restriction in force forbids that they meet: neither is told which, or that there is one",
			When: func(f *Facts) bool { return notStaff(f) && meetingForbidden(f) }, Decision: deny("withdrawn", "You are not on the list of this meeting.").with(TellWorker)},
		{If: "the actor is a person outside or the mother, and a restriction in force asks for a supervisor who is not to be there",
			When: func(f *Facts) bool { return notStaff(f) && lacksSupervisor(f) }, Decision: deny("withdrawn", "You are not on the list of this meeting.")},
		{If: "a restriction in force forbids that she and somebody else there meet", When: meetingForbidden, Decision: restrictedMeeting.with(TellWorker)},
		{If: "a restriction in force asks for a supervisor, and no member of staff is there", When: lacksSupervisor, Decision: unsupervisedMeeting},
		{Decision: allow("participant", "Takes part in the meeting.")},
	}},
	{HostMeeting, "admit, refuse, remove, end", []Rule{
		{Needs: AttendMeeting},
		{If: "the actor is not its host", When: func(f *Facts) bool { return !f.Meeting.IsHost }, Decision: deny("not_host", "Only the meeting's host can do this.")},
		{Decision: allow("host", "Hosts the meeting.")},
	}},
	// Everybody is given her own. Another's is given to a host's bearer token alone, for a device that joins in that person's stead (a video
	// room's kiosk); nobody at a page can take another's place.
	{IssueTicket, "be given a place in a meeting's room", []Rule{
		{If: "it is the actor's own, as for taking part", When: func(f *Facts) bool { return f.Meeting.Self }, As: AttendMeeting},
		{If: "it is another's", Needs: HostMeeting},
		{If: "the actor is not the host's own system", When: func(f *Facts) bool { return f.Actor.Kind != ids.ActorAPI },
			Decision: deny("own_ticket_only", "You can be given only your own place in a meeting.")},
		{Decision: allow("host_api", "The host's own system places a named participant.")},
	}},
}

// afterChapters are about a meeting that goes on otherwise than planned, and about what comes after it.
var afterChapters = []*Chapter{
	{StepDown, "say that she takes part in a smaller way, or in a larger one again", []Rule{
		{Needs: SeeMovement},
		{If: "the actor is not in it, not of the case's team and no officer of her wing", When: not(nearMeeting), Needs: SeeMeeting},
		{If: "the actor is the mother or a person outside", When: notMember, Decision: deny("staff_step", "Staff who are with her say how she takes part.").do("Tell whoever hosts the meeting.")},
		{If: "it was cancelled", When: func(f *Facts) bool { return f.Meeting.Cancelled }, Decision: deny("cancelled", "This meeting was cancelled.")},
		{If: "the actor is its host, or is in it with her", When: invited, Decision: allow("in_meeting", "Whoever is in the meeting sees what works.")},
		{If: "the actor is an officer of her wing", When: isWingOfficer, Decision: allow("brings_her", "Whoever brings her knows what works.")},
		{If: "the actor is of the case's team", When: worksCase,
			Decision: allow("case_team", "The case's team sees to it that she takes part.")},
		{Decision: deny("steps_not", "Only whoever is in the meeting, an officer of her wing and the case's team change this.").do("Tell one of them.")},
	}},
	{KeepMeeting, "record what became of a meeting", []Rule{
		{Needs: SeeMeeting},
		{If: "it was cancelled", When: func(f *Facts) bool { return f.Meeting.Cancelled }, Decision: deny("cancelled", "This meeting was cancelled.")},
		{If: "the actor plans the case's meetings", When: plansMeetings, Decision: allow("case_team", "Whoever plans the case's meetings keeps their record.")},
		{Decision: deny("keeps_not", "Only the case's Pact social worker and family engagement worker keep the record of a meeting.").do("Tell one of them.")},
	}},
	{CorrectRecord, "say that what is recorded of her views is not what she said", []Rule{
		{Needs: SeeMeeting},
		{If: "the actor is the mother", When: isMother, Decision: allow("her_words", "They are her words.").with(TellWorker)},
		{Decision: deny("hers_to_correct", "Only she can say what she said.")},
	}},
	{KeepDebrief, "write and read how she was when a meeting was talked over", []Rule{
		{Needs: SeeMeeting},
		{If: "it is not a meeting between her and her supporter", When: func(f *Facts) bool { return !f.Meeting.Private },
			Decision: deny("no_debrief", "How she was is written on the page of a debrief.").do("Plan one.")},
		{If: "the actor is the mother or a person outside", When: notMember, Decision: conceal("staff_note", "The note is her supporter's and Pact's.")},
		{Decision: allow("supporter", "The note is read by Pact and those who were in the debrief.")},
	}},
}

// notMember: nobody who signs in as staff, nor her program.
func notMember(f *Facts) bool { return !isStaff(f.Actor) }

// notStaff: the mother, or a person outside.
func notStaff(f *Facts) bool {
	return f.Actor.Kind == ids.ActorContact || f.Actor.Kind == ids.ActorMother
}

// The refusals that restrictions make. They do not say which restriction: who may see it is shown it beside the refusal.
var (
	restrictedMeeting   = deny("restricted_meeting", "A contact restriction forbids that she meets somebody here.").do("Ask public protection at her prison.")
	unsupervisedMeeting = deny("needs_supervisor", "A contact restriction asks that a member of staff is there all the time.").do("Add one to the meeting.")
)
