package policy

import "kinbridge/gateway/ids"

// insidePrison: staff of the prison where she is who may know how she is. What they know changes nothing that an authority sees.
func insidePrison(f *Facts) bool {
	return isProtection(f) || isOffenderManager(f) || isWingOfficer(f)
}

var supportChapters = []*Chapter{
	{MarkTogether, "say that a message is to be read together with somebody", []Rule{
		{Needs: ReadMessage},
		{If: "the conversation is legally privileged", When: privileged, Decision: deny("privileged_hers", "What her lawyer writes reaches her without anybody's help but the one she asks for.")},
		{If: "the actor wrote it and is not the mother", When: func(f *Facts) bool { return f.Message.IsAuthor && f.Actor.Kind != ids.ActorMother },
			Decision: allow("author", "Whoever writes bad news says that somebody should be with her, by a mark or by the words she writes.").with(TellWorker)},
		{If: "the actor works on the case", When: func(f *Facts) bool { return isPact(f) || isFamilyWorker(f) || mayReview(f) },
			Decision: allow("case_team", "Whoever reads it first says that somebody should be with her.").with(TellWorker)},
		{Decision: deny("marks_not", "You cannot mark this message.").do("Tell the case's Pact social worker.")},
	}},
	{UnmarkTogether, "say that a message need not be read together", []Rule{
		{Needs: MarkTogether},
		{If: "it was opened with her", When: func(f *Facts) bool { return f.Support.Opened }, Decision: deny("opened", "It has been opened with her.")},
		{If: "the actor is the case's Pact social worker and did not write it, in whatever appointment", When: func(f *Facts) bool { return isPact(f) && !f.Message.IsAuthor && !f.Message.SamePerson },
			Decision: allow("case_worker", "The case's Pact social worker knows her.")},
		{Decision: deny("unmarks_not", "Only the case's Pact social worker, and not the message's author, says that nobody need be with her.").do("Ask her.")},
	}},
	{BookSupport, "say when and with whom a message is read", []Rule{
		{Needs: ReadMessage},
		{If: "the actor is the case's Pact social worker or family engagement worker", When: any2(isPact, isFamilyWorker), Decision: allow("case_team", "The case's team is with her.")},
		{Decision: deny("books_not", "Only the case's Pact social worker and family engagement worker arrange this.").do("Ask one of them.")},
	}},
	{OpenTogether, "open a message with her and record how it went", []Rule{
		{Needs: ReadMessage},
		{If: "it is not to be read together", When: func(f *Facts) bool { return !f.Support.Together }, Decision: deny("not_marked", "This message is not one to be read together.")},
		{If: "it is not released", When: not(released), Decision: deny("not_released_yet", "It waits for review: it is not hers yet.").do("Have it checked first.")},
		{If: "she has been released, and it was not opened before", When: func(f *Facts) bool { return isOut(f) && !f.Support.Opened },
			Decision: deny("after_release", "She has been released: it is kept for the agreed follow-on contact.").do("Agree with her how she is reached.")},
		{If: "the actor is booked to be with her, or the case's Pact social worker",
			When: func(f *Facts) bool {
				return isStaff(f.Actor) && (f.Support.IsSupporter || isPact(f)) && (isPact(f) || isFamilyWorker(f))
			},
			Decision: allow("supporter", "She is with her.").with(TellWing)},
		{Decision: deny("not_supporter", "Somebody else is booked to be with her.").do("Have the case's Pact social worker change the booking.")},
	}},
	{SeeSupport, "know that a support plan is open", []Rule{
		{If: "the actor is staff of the prison where she is: her wing's officers, her offender manager, public protection", When: insidePrison,
			Decision: allow("inside", "Whoever cares for her inside the prison knows of her plan.")},
		{If: "the actor works for Pact or as a family engagement worker on her case, inside the prison", When: any2(isPact, isFamilyWorker), Decision: allow("case_team", "Whoever brings her bad news must know.")},
		{Decision: conceal("inside_only", "Support plans are known inside the prison only.")},
	}},
	{KeepSupport, "open or close a support plan", []Rule{
		{Needs: SeeSupport},
		{If: "the actor is staff of the prison where she is", When: insidePrison, Decision: allow("inside", "The prison keeps her support plan.")},
		{Decision: deny("plan_read_only", "The prison opens and closes support plans.").do("Tell an officer of her wing at once if you are worried about her.")},
	}},
	{SeeAlert, "be told that she may need support", []Rule{
		{If: "the actor is an officer of her wing or a named member of the staff of her prison",
			When: func(f *Facts) bool {
				return isWingOfficer(f) || isStaff(f.Actor) && f.Support.IsNamed && f.Case.SameEstablishment
			},
			Decision: allow("her_wing", "Whoever is near her is told that she may need support, never why.")},
		{If: "the actor works on the case", When: func(f *Facts) bool { return isPact(f) || isFamilyWorker(f) || isOffenderManager(f) }, Decision: allow("case_team", "The case's team knows how she is.")},
		{Decision: conceal("not_near_her", "Only those near her and her case's team are told.")},
	}},
	{KeepAlertList, "say who is told at a prison that a woman may need support", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators keep the lists of a prison.")},
		{If: "the actor is public protection there", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RolePublicProtection) && f.SamePlace },
			Decision: allow("protection", "Public protection says who is told at its prison.")},
		{Decision: deny("alert_list_closed", "Only public protection and administrators change this list.").do("Ask one of them.")},
	}},
}

// noResponsibility: she cannot be asked for what only who has parental responsibility decides.
func noResponsibility(f *Facts) bool { return f.Thread.NoResponsibility }

var requestChapters = []*Chapter{
	{AskRequest, "ask her for consent or information, or ask for it on her behalf", []Rule{
		{Needs: WriteMessage},
		{If: "the conversation is not official", When: not(official), Decision: deny("requests_official", "Requests are made in official conversations.")},
		{If: "she has parental responsibility for none of the children", When: noResponsibility,
			Decision: deny("no_responsibility", "She no longer has parental responsibility for this child, so she cannot be asked.").do("Ask the adoption team or the child.")},
		{Decision: allow("writer_asks", "Whoever writes there asks there.")},
	}},
	{SeeRequest, "read a request and its answer", []Rule{{If: "as for the message that asks", As: ReadMessage}}},
	{AnswerRequest, "answer a request", []Rule{
		{Needs: SeeRequest},
		{If: "she has parental responsibility for none of the children", When: noResponsibility,
			Decision: deny("no_responsibility", "She no longer has parental responsibility for this child, so she cannot answer.").do("Ask her Pact social worker what this means.")},
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: nothing can be sent from it.")},
		{If: "the actor is the mother who is asked", When: func(f *Facts) bool { return isMother(f) && isParty(f) }, Decision: allow("her_answer", "She is asked.")},
		{Decision: deny("hers_to_answer", "Only who is asked can answer.")},
	}},
}

var custodyChapters = []*Chapter{
	{SeeCustody, "know where she is and was", []Rule{
		{If: "the actor is the receiving prison's offender manager, public protection or family engagement worker", When: func(f *Facts) bool {
			return f.Custody.Receiving && isStaff(f.Actor, ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleFamilyWorker)
		},
			Decision: allow("receiving", "She is coming to their prison.")},
		{If: "as for the case", As: SeeCase},
	}},
	{RecordCustody, "record that she was received, moved or released", []Rule{
		{If: "the custody feed or whoever runs the program tells it", When: isSystem, Decision: allow("custody_feed", "The custody records say so.")},
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators enter what the feed has missed.")},
		{If: "the actor is an offender manager or public protection of the prison where she is or is going",
			When: func(f *Facts) bool {
				return isStaff(f.Actor, ids.RoleOffenderManager, ids.RolePublicProtection) && (f.Case.SameEstablishment || f.Custody.Receiving)
			},
			Decision: allow("her_prison", "Her prison knows where she is.")},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker learns of it from her.")},
		{Needs: SeeCase},
		{Decision: deny("custody_read_only", "You cannot record this.").do("Tell her offender manager or Pact social worker.")},
	}},
	{FollowOn, "agree how she is reached after her release", []Rule{
		{Needs: SeeCase},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker has agreed it with her.")},
		{Decision: deny("follow_on_closed", "Only the case's Pact social worker agrees this with her.").do("Ask her.")},
	}},
	{GiveKept, "record that she was given what was kept for her", []Rule{
		{Needs: ReadMessage},
		{If: "the actor is not the case's Pact social worker", When: not(isPact), Decision: deny("gives_not", "Only the case's Pact social worker gives her what was kept.").do("Ask her.")},
		{If: "she is in custody", When: func(f *Facts) bool { return f.Custody.State != Released }, Decision: deny("at_her_kiosk", "She is in custody: it reaches her at her kiosk.")},
		{If: "it is not agreed how she is reached after her release", When: func(f *Facts) bool { return !f.Custody.FollowOn },
			Decision: deny("no_follow_on", "It is not recorded how she wants to be reached after her release.").do("Agree that with her and record it first.")},
		{If: "it is to be read together with somebody, and was not yet", When: notYetTogether,
			Decision: deny("read_together", "It is to be read together with somebody.").do("Be with her when she reads it, and record how it went.")},
		{Decision: allow("as_agreed", "She was given it in the way that was agreed with her.")},
	}},
}
