package policy

import "kinbridge/gateway/ids"

var caseChapters = []*Chapter{
	{SeeCase, "know of a case and see its front page", []Rule{
		{If: "the actor is the mother whose case it is", When: func(f *Facts) bool { return f.Case.IsMother }, Decision: allow("own_case", "It is her own case.")},
		{If: "the actor is a Pact social worker on the case's team, or a family engagement worker on it who is not of another prison",
			When: func(f *Facts) bool {
				return isStaff(f.Actor, ids.RolePactWorker) && f.Case.OnTeam || isFamilyWorker(f)
			},
			Decision: allow("case_team", "On the case's team.")},
		{If: "the actor is an offender manager on the case's team, of the prison where she is", When: isOffenderManager,
			Decision: allow("case_team_prison", "On the case's team, at the prison where the mother is.")},
		{If: "the actor is public protection at the prison where she is", When: isProtection,
			Decision: allow("public_protection", "Public protection sees the cases of its own prison.")},
		{Decision: conceal("not_on_team", "Only the case's team may know of a case.")},
	}},
	{ExportCase, "have the record of a case as a document", []Rule{
		{Needs: SeeCase},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker has its record. Each conversation in it is asked for by itself.")},
		{Decision: deny("export_closed", "Only the case's Pact social worker can have its record.").do("Ask her.")},
	}},
	{OwnRecord, "have the mother's own record of what was asked, said and decided", []Rule{
		{If: "the actor is the mother whose case it is", When: isMother, Decision: allow("own_record", "It is her own record.")},
		{If: "the actor is the case's Pact social worker, who prints it for her", When: isPact, Decision: allow("printed_for_her", "Her Pact social worker prints it for her.")},
		{Decision: conceal("not_her_record", "It is hers, and her Pact social worker's to print.")},
	}},
	{Address, "be offered, or choose, a person outside to write to", []Rule{
		{Needs: OpenThread},
		{If: "a restriction in force forbids messages with that person", When: wordsForbidden, Decision: conceal("restricted_words", "A contact restriction forbids messages between her and this person.")},
		{If: "the person, or her organisation, has to do with each child that the conversation is about", When: func(f *Facts) bool { return f.Touch.Concerned },
			Decision: allow("concerned", "She, or her organisation, has to do with each child whom the conversation is about.")},
		{Decision: conceal("other_family", "Who works for another child of the family, or for none, is not offered: what one authority does about one child is nobody else's.")},
	}},
	{LookUp, "find a person by name or address", []Rule{
		{If: "the actor is on the case's team or public protection at her prison, and the person has to do with the case", When: func(f *Facts) bool {
			return f.Touch.Concerned && (isPact(f) || isFamilyWorker(f) || isOffenderManager(f) || isProtection(f))
		}, Decision: allow("of_the_case", "The person has to do with the actor's case.")},
		{If: "the actor is an administrator, and it is somebody outside", When: func(f *Facts) bool { return isAdministrator(f) && len(f.Touch.Contacts) > 0 },
			Decision: allow("administrator", "Administrators keep the directory of people outside.")},
		{Decision: conceal("not_of_the_case", "People are found only by those whose cases they have to do with.")},
	}},
	{KeepTeam, "say who is on a case's team and who holds it", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators say who works on a case.")},
		{If: "whoever runs the program does it at its own machine", When: isSystem, Decision: allow("operator", "Whoever runs the program at its own machine sets it up.")},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker says who works on it with her.")},
		{Needs: SeeCase},
		{Decision: deny("team_closed", "Only the case's Pact social worker or an administrator changes its team.").do("Ask one of them.")},
	}},
	{KeepChild, "say what is known of a child", []Rule{
		{Needs: SeeCase},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker keeps what is known of the children.")},
		{Decision: deny("child_read_only", "Only the case's Pact social worker changes what is known of a child.").do("Ask her.")},
	}},
	{KeepGoal, "say what contact with a child is worked for, and what became of it", []Rule{
		{Needs: SeeCase},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker works for contact with the children.")},
		{Decision: deny("goals_not", "Only the case's Pact social worker keeps the goals of contact.").do("Tell her.")},
	}},
	// Numbers of few cases tell of people to whoever knows some of them. Prison staff know the women; so the numbers are Pact's, and Pact says to whom they go.
	{CountCase, "have a case counted in the numbers of all cases", []Rule{
		{If: "the actor works at a prison, in whatever role", When: func(f *Facts) bool { return f.OfPrison },
			Decision: conceal("prison_counts_not", "Who works at a prison knows the women there, and could tell from small numbers who is counted.")},
		{If: "the actor is a Pact social worker, of whatever case", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RolePactWorker) },
			Decision: allow("pact_counts", "Pact's social workers have the numbers of all cases, which name nobody.")},
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators outside the prisons have the numbers of all cases, which name nobody.")},
		{If: "whoever runs the program does it at its own machine", When: isSystem, Decision: allow("operator", "Whoever runs the program at its own machine has its numbers.")},
		{Decision: conceal("counts_closed", "The numbers of all cases are for Pact's social workers and administrators: those who know the women could tell who is counted.")},
	}},
	{MergeRecord, "make one mother's record of two", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators join records that are one woman's.")},
		{If: "whoever runs the program does it, or the custody feed says so", When: isSystem, Decision: allow("operator", "The custody records say that both numbers are hers.")},
		{Decision: deny("administrators_only", "Only an administrator can do this.")},
	}},
	{ReadAudit, "read the audit log", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators read the audit log, which holds no message text.")},
		{If: "it is one case's log and the actor is its Pact social worker", When: func(f *Facts) bool { return f.Case.ID != "" && isPact(f) },
			Decision: allow("case_worker", "The case's Pact social worker reads its history.")},
		{If: "it is one case's log", When: func(f *Facts) bool { return f.Case.ID != "" }, Needs: SeeCase},
		{Decision: deny("audit_closed", "The audit log is open to administrators, and to a case's Pact social worker for that case.")},
	}},
	// This keeps the log from opening a wall: an administrator reads the entries of official threads, which hold no message text; of other
	// threads only who may know of the thread reads them.
	{ReadTrace, "read the audit entries of one conversation", []Rule{
		{If: "the conversation is official and the actor is an administrator", When: both(official, isAdministrator),
			Decision: allow("administrator_official", "Administrators read the entries of official threads, which hold no message text.")},
		{As: ReadThread, If: "in any other case, as for reading the conversation"},
	}},
}

var threadChapters = []*Chapter{
	{ReadThread, "know of a conversation and read what is released in it", []Rule{
		{If: "the actor is a mother, and it begins with something to be read together, which was not yet", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother && beginsQuietly(f) },
			Decision: conceal("begins_together", "It begins with something that is read together with somebody: until then she does not know of it.")},
		{If: "it is legally privileged and the actor is a party", When: both(privileged, isParty), Decision: allow("privileged_party", "A party of a legally privileged thread.")},
		{If: "it is legally privileged", When: privileged, Decision: conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")},
		{If: "it is confidential and the actor is a party", When: both(confidential, isParty), Decision: allow("confidential_party", "A party of a confidential thread.")},
		{If: "it is confidential and the actor is the case's Pact social worker", When: both(confidential, isPact), Decision: allow("confidential_pact", "The case's Pact social worker.")},
		{If: "it is confidential", When: confidential, Decision: conceal("confidential_wall", "Prison staff and others may not know of a confidential thread.")},
		{If: "it is official and the actor is of a prison where she is not", When: both(official, otherPrison),
			Decision: conceal("moved_on", "Whoever worked with her at a prison she has left knows no more of her.")},
		{If: "it is official and the actor is a party", When: both(official, isParty), Decision: allow("official_party", "A party of the thread.")},
		{If: "it is official and the actor is a mother or a person outside",
			When: func(f *Facts) bool {
				return official(f) && (f.Actor.Kind == ids.ActorMother || f.Actor.Kind == ids.ActorContact)
			},
			Decision: conceal("not_a_party", "Only its parties and the case's team may read a thread.")},
		{If: "it is official, as for the case", When: official, As: SeeCase},
		{Decision: conceal("unknown_channel", "A thread of no known channel is shown to nobody.")},
	}},
	{OpenThread, "begin a conversation", []Rule{
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: no new thread can be begun.")},
		{If: "somebody of the staff is not on the case's team", When: func(f *Facts) bool { return f.Thread.OutsideStaff },
			Decision: deny("staff_not_of_case", "Only staff of the case's team can be in its conversations.")},
		{If: "it is to be official, by the case's Pact social worker or family engagement worker, and a restriction in force names somebody in it",
			When:     func(f *Facts) bool { return official(f) && (isPact(f) || isFamilyWorker(f)) && wordsForbidden(f) },
			Decision: restrictedWords},
		{If: "it is to be official, with people outside, by her Pact or family worker, and she has parental responsibility for none of its children",
			When: func(f *Facts) bool {
				return official(f) && (isPact(f) || isFamilyWorker(f)) && f.Thread.WithAgency && f.Thread.NoResponsibility
			},
			Decision: deny("no_responsibility", "She no longer has parental responsibility for any child whom this is about.").do("For letterbox contact, ask the adoption team.")},
		{If: "it is to be official, by the case's Pact social worker or family engagement worker", When: func(f *Facts) bool { return official(f) && (isPact(f) || isFamilyWorker(f)) },
			Decision: allow("team_opens", "The case's team begins official threads.")},
		{If: "it is to be confidential, with an outside organisation in it", When: func(f *Facts) bool { return confidential(f) && f.Thread.WithAgency },
			Decision: deny("confidential_is_pact_only", "A confidential thread is between the mother and Pact: nobody else can be in it.")},
		{If: "it is to be confidential, with prison staff in it", When: func(f *Facts) bool { return confidential(f) && f.Thread.PrisonStaff },
			Decision: deny("confidential_no_prison_staff", "Only Pact social workers can be in a confidential thread.")},
		{If: "it is to be confidential, by the case's Pact social worker", When: both(confidential, isPact), Decision: allow("pact_opens", "The case's Pact social worker begins confidential threads.")},
		{If: "it is to be confidential", When: confidential, Decision: conceal("confidential_wall", "Prison staff and others may not know of confidential threads.")},
		{If: "it is to be legally privileged, with staff in it", When: func(f *Facts) bool { return privileged(f) && f.Thread.WithStaff },
			Decision: deny("privileged_no_staff", "A legally privileged thread is between the mother and her lawyer: no staff can be in it.")},
		{If: "it is to be legally privileged, by the case's Pact social worker", When: both(privileged, isPact),
			Decision: allow("pact_introduces_lawyer", "The Pact social worker introduces the lawyer; she does not become a party.")},
		{If: "it is to be legally privileged", When: privileged, Decision: conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")},
		{Needs: SeeCase},
		{Decision: deny("opens_not", "Ask the case's Pact social worker to begin this thread.")},
	}},
	{ExportThread, "have a conversation as a document", []Rule{
		{Needs: ReadThread},
		{If: "the actor is a party of it", When: isParty, Decision: allow("party", "A party has what was said to her and by her.")},
		{If: "it is official or confidential and the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker has its record.")},
		{Decision: deny("export_closed", "You can read this conversation here and cannot take it away.").do("Ask the case's Pact social worker.")},
	}},
}
