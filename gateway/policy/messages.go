package policy

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// notYetTogether: a message to be read together shows her nothing until it was opened with her, or somebody is with her now.
func notYetTogether(f *Facts) bool {
	return f.Support.Together && !f.Support.Opened && !f.Support.WithWorker && !f.Message.IsAuthor
}

// beginsQuietly: of such a conversation she learns when its first message is opened with her.
func beginsQuietly(f *Facts) bool { return f.Thread.Quiet && !privileged(f) && !f.Support.WithWorker }

func released(f *Facts) bool { return !f.Message.Held && !f.Message.Withheld }

// isOut: she has been released and it is not agreed how what is held for her reaches her.
func isOut(f *Facts) bool { return f.Custody.State == Released }

// reviewedWriting: her words to people outside on the official channel are read first.
func reviewedWriting(f *Facts) bool { return official(f) && f.Thread.WithAgency && reviewDue(f) }

// writesForCase: the staff who write in official conversations of their case.
func writesForCase(f *Facts) bool {
	return isPact(f) || official(f) && isStaff(f.Actor, ids.RoleFamilyWorker, ids.RoleOffenderManager) && f.Case.OnTeam || isStaff(f.Actor) && isParty(f)
}

// ended: an official conversation with people outside about children for none of whom she has parental responsibility any more.
func ended(f *Facts) bool {
	return official(f) && f.Thread.WithAgency && f.Thread.HasMother && f.Thread.NoResponsibility
}

var messageChapters = []*Chapter{
	{ReadMessage, "read one message", []Rule{
		{Needs: ReadThread},
		{If: "the actor wrote it", When: func(f *Facts) bool { return f.Message.IsAuthor }, Decision: allow("own_message", "She wrote it.")},
		{If: "the actor is a mother and it is to be read together, and was not yet", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother && notYetTogether(f) },
			Decision: conceal("read_together", "It is read together with somebody: until then it shows nothing.")},
		{If: "the actor is a mother and it is a notice to the people outside", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother && f.Message.Notice },
			Decision: conceal("notice_to_others", "What Kinbridge tells the people outside is no message to her.")},
		{If: "a restriction keeps it from the actor", When: func(f *Facts) bool { return f.Message.Kept },
			Decision: conceal("kept_back", "It has not reached her, and it does not without a person's decision.")},
		{If: "it is released", When: released, Decision: allow("released", "The message is released.")},
		{If: "it waits for review or was withheld, and the actor reviews it", When: mayReview, Decision: allow("reviewer", "Reviews the messages of this case.")},
		{Decision: conceal("not_released", "A message that waits for review or was withheld is shown to its author and its reviewer only.")},
	}},
	// This keeps what strangers sent off the kiosk: a file may be hostile, a picture of it is not.
	{ReadOriginal, "have a file of a message as it was sent", []Rule{
		{Needs: ReadMessage},
		{If: "the actor is a mother", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother },
			Decision: conceal("pictures_only", "A kiosk shows pictures of files, never the files as they were sent.")},
		{If: "the reviewer has kept the file back, and the actor is neither its sender nor the reviewer",
			When:     func(f *Facts) bool { return f.Message.FileKept && !f.Message.IsAuthor && !mayReview(f) },
			Decision: conceal("file_kept_back", "The reviewer has kept this file back.")},
		{Decision: allow("reads_message", "Whoever reads a message may have its files.")},
	}},
	{WriteMessage, "write a message", []Rule{
		{Needs: ReadThread},
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: nothing can be sent from it.")},
		{If: "the actor is the mother, in a conversation that a restriction or the end of her parental responsibility has stopped: she is told why by a person",
			When: func(f *Facts) bool {
				return f.Actor.Kind == ids.ActorMother && f.Thread.HasMother && (wordsForbidden(f) || ended(f))
			},
			Decision: deny("not_now", "You cannot write here at the moment.").do("Ask your Pact worker about it.")},
		{If: "a restriction in force forbids messages with somebody in the conversation, and the mother is in it",
			When: func(f *Facts) bool { return f.Thread.HasMother && wordsForbidden(f) }, Decision: restrictedWords},
		{If: "the conversation is official, with people outside, and she has parental responsibility for none of its children",
			When:     ended,
			Decision: deny("no_responsibility", "She no longer has parental responsibility for any child whom this is about: it can be read, and not continued.").do("For letterbox contact, ask the adoption team.")},
		{If: "the actor is the mother, in her own official conversation with people outside, and somebody reviews it",
			When:     func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother && isParty(f) && reviewedWriting(f) },
			Decision: hold("review_to_agency", "Messages between a mother and an authority are read first, by whom the review settings name.", "review", ""), For: nextReviewer},
		{If: "the actor is a mother, in her own conversation", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorMother && isParty(f) },
			Decision: allow("mother_writes", "She writes in her own thread.")},
		{If: "staff of the case write where public protection monitors what passes",
			When: func(f *Facts) bool {
				return official(f) && f.Thread.HasMother && writesForCase(f) && monitored(f) && !isProtection(f)
			},
			Decision: hold("review_monitored", "A restriction asks that public protection reads what passes here.", "review", ids.RolePublicProtection)},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("pact_writes", "The case's Pact social worker writes.")},
		{If: "the conversation is official and the actor is a family engagement worker or offender manager on the case's team",
			When: func(f *Facts) bool {
				return official(f) && isStaff(f.Actor, ids.RoleFamilyWorker, ids.RoleOffenderManager) && f.Case.OnTeam
			},
			Decision: allow("team_writes", "The case's team writes on the official channel.")},
		{If: "the actor is a member of staff and a party", When: func(f *Facts) bool { return isParty(f) && isStaff(f.Actor) }, Decision: allow("staff_party_writes", "A party of the thread writes.")},
		{Decision: deny("read_only", "You can read this thread and cannot write in it.")},
	}},
	{Deliver, "let a released message reach one recipient", []Rule{
		{If: "it is not Kinbridge itself that delivers", When: not(isSystem), Decision: conceal("not_delivery", "Only Kinbridge itself delivers.")},
		{If: "it is not released", When: not(released), Decision: deny("not_released", "It is not released.")},
		{If: "a restriction in force forbids messages between her and the person, and it goes to or comes from her",
			When: func(f *Facts) bool { return f.Thread.HasMother && wordsForbidden(f) }, Decision: restrictedWords.with(TellWorker | TellProtection)},
		{If: "it goes to the mother, who has been released, and it is not privileged", When: func(f *Facts) bool { return f.To == ToMother && isOut(f) && !privileged(f) },
			Decision: hold("after_release", "She has been released: it is kept for the agreed follow-on contact.", "custody", ids.RolePactWorker).with(TellWorker)},
		{If: "it goes to the mother and is to be read together, and was not yet", When: func(f *Facts) bool { return f.To == ToMother && notYetTogether(f) },
			Decision: hold("read_together", "It is read together with somebody.", "together", ids.RolePactWorker).with(TellWorker | OfferSupport)},
		{Decision: allow("delivered", "Nothing stands in its way.")},
	}},
	{Attach, "let a file of a message reach one recipient", []Rule{
		{Needs: Deliver},
		{If: "the reviewer has kept it back", When: func(f *Facts) bool { return f.Message.FileKept }, Decision: conceal("file_kept_back", "The reviewer has kept this file back.")},
		{If: "it is a picture, a restriction in force forbids pictures of the child or from the person, and no reviewer has said that it may pass",
			When:     func(f *Facts) bool { return f.Message.Picture && !f.Message.FileCleared && picturesForbidden(f) },
			Decision: hold("restricted_picture", "A contact restriction forbids pictures of this child.", "restricted_picture", ids.RolePactWorker).with(TellWorker)},
		{Decision: allow("attached", "Nothing stands in its way.")},
	}},
}

// mayReview: whoever the hold waits for, among those who work on the case. The zero value waits for its Pact social worker.
func mayReview(f *Facts) bool {
	if !HasReviewer(f.Thread.Channel) {
		return false
	}
	switch f.Review.For {
	case "", ids.RolePactWorker:
		return isPact(f)
	case ids.RolePublicProtection:
		return isProtection(f)
	case ids.RoleFamilyWorker:
		return isFamilyWorker(f)
	case ids.RoleOffenderManager:
		return isOffenderManager(f)
	}
	return false
}

var reviewChapters = []*Chapter{
	{HearOf, "be told that a message was not passed on", []Rule{
		{Needs: ReadThread},
		{If: "it was not withheld, or for a reason that must not be told", When: func(f *Facts) bool { return !f.Message.Withheld || !f.Message.Tellable },
			Decision: conceal("not_told", "That there was a message would tell too much.")},
		{If: "the actor is no party of the conversation", When: not(isParty), Decision: conceal("not_hers", "It was not meant for her.")},
		{Decision: allow("told", "Whom it was meant for is told, in neutral words, that it was not passed on.")},
	}},
	{Review, "read a held message and release or withhold it", []Rule{
		{Needs: ReadThread},
		{If: "the actor is not who reviews it", When: not(mayReview), Decision: deny("not_reviewer", "Only the case's Pact social worker reviews its messages, or whom the settings name.")},
		{If: "the actor wrote it", When: func(f *Facts) bool { return f.Message.IsAuthor }, Decision: deny("own_review", "Nobody reviews her own message.").do("Ask a colleague on the case's team.")},
		{If: "the actor wrote it in another appointment of hers", When: func(f *Facts) bool { return f.Message.SamePerson },
			Decision: deny("own_review_elsewhere", "You wrote this in another appointment: nobody reviews her own message.").do("Ask a colleague on the case's team.")},
		{If: "the actor has released it already as an earlier reviewer", When: func(f *Facts) bool { return f.Review.ReadBefore },
			Decision: deny("second_reader", "You have released this already: a second person reads it now.").do("Ask a colleague on the case's team.")},
		{If: "it is an appeal against the actor's own decision", When: func(f *Facts) bool { return f.Review.Appeal && f.Review.DecidedFirst },
			Decision: deny("second_person", "An appeal is decided by a second person.").do("Ask a colleague on the case's team.")},
		{Decision: allow("reviewer", "Reviews the messages of this case.")},
	}},
	{Appeal, "ask that somebody else looks at a message that was not passed on", []Rule{
		{Needs: ReadThread},
		{If: "the actor did not write it", When: func(f *Facts) bool { return !f.Message.IsAuthor }, Decision: conceal("not_author", "Only its author may know that it was not passed on.")},
		{If: "it was passed on, or still waits", When: func(f *Facts) bool { return !f.Message.Withheld }, Decision: deny("nothing_to_appeal", "This message was not kept back.")},
		{If: "somebody was asked already", When: func(f *Facts) bool { return f.Message.Appealed }, Decision: deny("appealed", "Somebody has been asked to look at it again.").do("Wait for the answer.")},
		{Decision: allow("author_appeals", "Whoever wrote a message may ask that a second person looks at it.")},
	}},
	{ReleaseClaim, "take a claim from whoever has it", []Rule{
		{If: "the actor is an administrator, and whoever claimed it can no longer decide it", When: func(f *Facts) bool { return isAdministrator(f) && f.Review.TakenOver },
			Decision: allow("left_with_claims", "Whoever claimed it has left: it goes back to the queue.")},
		{Needs: Review},
		{Decision: allow("reviewer", "Whoever may decide it may take it over.")},
	}},
	{SetReview, "say who reviews which direction", []Rule{
		{If: "it is for an establishment, or for all, and the actor is an administrator", When: func(f *Facts) bool { return f.Case.ID == "" && isAdministrator(f) },
			Decision: allow("administrator", "Administrators keep the rules of an establishment.")},
		{If: "it is for an establishment and the actor is public protection there",
			When: func(f *Facts) bool {
				return f.Case.ID == "" && isStaff(f.Actor, ids.RolePublicProtection) && f.SamePlace
			},
			Decision: allow("protection", "Public protection says who reviews at its prison.")},
		{If: "it is for no case", When: func(f *Facts) bool { return f.Case.ID == "" }, Decision: deny("rules_closed", "Only administrators and public protection change this.")},
		{Needs: SeeCase},
		{If: "the conversation is legally privileged or confidential: it has no reviewer, whoever asks", When: any2(privileged, confidential),
			Decision: conceal("no_reviewer", "Such a conversation has no reviewer.")},
		{If: "the actor is public protection at her prison", When: isProtection, Decision: allow("protection", "Public protection says who reviews at its prison.")},
		{Decision: deny("protection_only", "Only public protection at her prison changes who reviews a case.").do("Ask them.")},
	}},
	{SetFlags, "say which words are pointed out to reviewers", []Rule{
		{If: "it is for all or an establishment, and the actor is an administrator", When: func(f *Facts) bool { return f.Case.ID == "" && isAdministrator(f) },
			Decision: allow("administrator", "Administrators keep the words of an establishment.")},
		{If: "it is for an establishment and the actor is public protection there",
			When: func(f *Facts) bool {
				return f.Case.ID == "" && isStaff(f.Actor, ids.RolePublicProtection) && f.SamePlace
			},
			Decision: allow("protection", "Public protection keeps the words of its prison.")},
		{If: "it is for no case", When: func(f *Facts) bool { return f.Case.ID == "" }, Decision: deny("rules_closed", "Only administrators and public protection change this.")},
		{Needs: SeeCase},
		{If: "the actor is the case's Pact social worker or public protection at her prison", When: any2(isPact, isProtection), Decision: allow("case_words", "They know what to look for in this case.")},
		{Decision: deny("flags_closed", "Only the case's Pact social worker and public protection change this.").do("Ask one of them.")},
	}},
}

// HasReviewer reports whether messages on a channel can have a reviewer at all: nobody reviews what is said in confidence or to a lawyer, whatever
// anybody sets.
func HasReviewer(c threads.Channel) bool { return c == threads.Official }
