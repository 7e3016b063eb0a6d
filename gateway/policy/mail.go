package policy

import (
	"kinbridge/gateway/ids"
)

// MailFacts are what is known of a received email.
type MailFacts struct {
	AddressValid   bool // the reply address is ours, its code right
	AddressExpired bool
	SenderIsParty  bool // the From address is a contact's who is in the thread now
	SameAgency     bool // the From address is at the thread's organisation
	// Moved: the From address is at another organisation that takes part, and its sender has the name of whom the reply address was given to.
	Moved          bool
	Verified       bool // the From domain is proven (aligned SPF or DKIM)
	Readable       bool
	Encrypted      bool // nobody here can read it
	Automatic      bool // an automatic answer, a report or a loop
	Report         bool // a delivery report that came to a reply address and names no delivery of the thread
	Challenge      bool // a machine asks whether a person sent ours: it waits there until somebody answers
	AutomaticToday int  // automatic mail that this thread has had within a day, this one not counted
	Invitation     bool
	InviteKnown    bool // it says nothing that is not known of its meeting: a copy, or an older version
	InviteWaits    bool // an earlier version of it waits for a person, who is shown the newest
	Filing         FilingFacts
}

// FilingFacts are what are known of how somebody wants to file a held email.
type FilingFacts struct {
	Privileged bool // it was addressed to a privileged thread
	Elsewhere  bool // she wants to put it into another thread than it was addressed to
	TakesOver  bool // the sender is to take over from the person it was addressed to
	Confirmed  bool // she says that she has asked the sender by another way than mail
}

// AutomaticHolds is how many automatic mails of one thread within a day are put before a person; what comes above it is noted only, so
// that no machine can fill a queue in which a person's words wait.
const AutomaticHolds = 10

// mailDesk is who sorts the held mail of a thread. Of privileged mail an administrator sees the sender, never the words: see DecideMail.
func mailDesk(f *Facts) ids.Role {
	if privileged(f) {
		return ids.RoleAdministrator
	}
	return ids.RolePactWorker
}

func ofNoCase(f *Facts) bool        { return f.Case.ID == "" }
func fromParty(f *Facts) bool       { return f.Mail.SenderIsParty }
func automatic(f *Facts) bool       { return f.Mail.Automatic }
func unreadable(f *Facts) bool      { return !f.Mail.Readable }
func otherAgency(f *Facts) bool     { return !f.Mail.SameAgency }
func toPrivileged(f *Facts) bool    { return f.Mail.Filing.Privileged }
func provenParty(f *Facts) bool     { return f.Mail.SenderIsParty && f.Mail.Verified && !f.Mail.Automatic }
func invitation(f *Facts) bool      { return f.Mail.Invitation }
func knownInvite(f *Facts) bool     { return f.Mail.Invitation && f.Mail.InviteKnown }
func waitingInvite(f *Facts) bool   { return f.Mail.Invitation && f.Mail.InviteWaits }
func provenSide(f *Facts) bool      { return f.Mail.Verified && (f.Mail.SenderIsParty || f.Mail.SameAgency) }
func encrypted(f *Facts) bool       { return f.Mail.Encrypted }
func onOfficialToHer(f *Facts) bool { return official(f) && f.Thread.HasMother }

// The address alone never routes: the sender must be a contact who is in the thread now, and proven.
var mailChapters = []*Chapter{
	{FileMail, "let a received email into its conversation", []Rule{
		{If: "a machine wrote it, and ten others of a machine came to the conversation within a day",
			When:     func(f *Facts) bool { return automatic(f) && f.Mail.AutomaticToday >= AutomaticHolds },
			Decision: note("automatic_flood", "Too many automatic mails in a day: this one is kept and shown to nobody.")},
		{If: "the reply address was not issued by Kinbridge", When: func(f *Facts) bool { return !f.Mail.AddressValid },
			Decision: hold("forged_address", "The reply address was not issued by Kinbridge.", "forged_address", ids.RolePactWorker)},
		{If: "the reply address has expired", When: func(f *Facts) bool { return f.Mail.AddressExpired },
			Decision: hold("expired_address", "The reply address is no longer in use.", "expired_address", ""), For: mailDesk},
		{If: "it is encrypted, and its sender is proven and in the conversation", When: both(encrypted, provenParty),
			Decision: hold("encrypted", "The email is encrypted, so nobody here can read it.", "encrypted", "").with(TellSender), For: mailDesk},
		{If: "it is encrypted", When: encrypted, Decision: hold("encrypted", "The email is encrypted, so nobody here can read it.", "encrypted", ""), For: mailDesk},
		{If: "a machine asks whether a person sent our message", When: func(f *Facts) bool { return f.Mail.Challenge },
			Decision: hold("challenge", "The recipient's mail system asks whether a person sent our message, and keeps it back until somebody answers.", "auto_reply", ""), For: mailDesk},
		{If: "it is a delivery report that names no message of the conversation", When: func(f *Facts) bool { return f.Mail.Report },
			Decision: hold("unproven_report", "A delivery report that names no message of this conversation: it is believed for none.", "auto_reply", ""), For: mailDesk},
		{If: "it is an automatic answer of a proven sender in the conversation", When: func(f *Facts) bool { return automatic(f) && f.Mail.SenderIsParty && f.Mail.Verified },
			Decision: note("automatic_answer", "An automatic answer: what it tells of its sender is used, and it is nobody's words.")},
		{If: "it is an automatic answer", When: automatic, Decision: hold("automatic", "An automatic answer is never posted as somebody's words.", "auto_reply", ""), For: mailDesk},
		{If: "it cannot be read safely", When: unreadable, Decision: hold("unreadable", "The email cannot be read safely.", "unreadable", ""), For: mailDesk},
		{If: "it is a copy or an older version of an invitation that is known, from its organisation", When: both(knownInvite, provenSide),
			Decision: note("invitation_known", "Nothing that is not known of this meeting: a copy, or an older version.")},
		{If: "it is a newer version, from its organisation, of an invitation that waits for a person", When: both(waitingInvite, provenSide),
			Decision: note("invitation_waits", "A newer version of an invitation that waits: whoever decides about it is shown the newest.")},
		{If: "somebody else of the same organisation sends an invitation, and is proven", When: both(invitation, both(not(fromParty), provenSide)),
			Decision: hold("invitation", "A meeting invitation waits for a person to act upon it.", "invite", ""), For: mailDesk},
		{If: "somebody else of the same organisation has answered, and is proven",
			When:     func(f *Facts) bool { return !fromParty(f) && f.Mail.SameAgency && f.Mail.Verified },
			Decision: hold("handover", "Somebody else of the same organisation has answered.", "handover", ""), For: mailDesk},
		{If: "whom the reply address was given to seems to write from another organisation, and that is proven",
			When:     func(f *Facts) bool { return !fromParty(f) && f.Mail.Moved && f.Mail.Verified },
			Decision: hold("moved", "She whose address this is seems to work for another organisation now.", "moved", ""), For: mailDesk},
		{If: "the sender is nobody of the conversation", When: not(fromParty),
			Decision: hold("unknown_sender", "The sender is not the person this address was given to.", "unknown_sender", ""), For: mailDesk},
		{If: "the sender is not proven", When: func(f *Facts) bool { return !f.Mail.Verified },
			Decision: hold("unverified", "The email did not prove that it comes from the sender's organisation.", "unverified", ""), For: mailDesk},
		{If: "it goes to the mother and a restriction in force forbids messages between her and the sender", When: func(f *Facts) bool { return onOfficialToHer(f) && wordsForbidden(f) },
			Decision: hold("restricted_words", "A contact restriction forbids messages between her and this person.", "restricted", ids.RolePactWorker).with(TellWorker)},
		{If: "it has a meeting invitation", When: invitation,
			Decision: hold("invitation", "A meeting invitation waits for a person to act upon it.", "invite", ""), For: mailDesk},
		{If: "the case is closed", When: caseClosed, Decision: hold("case_closed", "The case is closed.", "review", ""), For: mailDesk},
		{If: "it goes to the mother on the official channel, and somebody reviews it", When: func(f *Facts) bool { return onOfficialToHer(f) && reviewDue(f) },
			Decision: hold("review_to_mother", "Messages to a mother are read first, by whom the review settings name.", "review", ""), For: nextReviewer},
		{Decision: allow("verified_party", "The sender is a verified contact who is in this conversation.")},
	}},
	{DecideMail, "read a held email and refuse it", []Rule{
		{If: "it is of no case and the actor is a Pact social worker", When: func(f *Facts) bool { return ofNoCase(f) && isStaff(f.Actor, ids.RolePactWorker) },
			Decision: allow("intake_desk", "Pact social workers sort mail that belongs to no case.")},
		{If: "it is of no case", When: ofNoCase, Decision: conceal("intake_wall", "Mail that belongs to no case is sorted by Pact social workers.")},
		{If: "it is legally privileged and the actor is a party", When: both(privileged, isParty), Decision: allow("privileged_party", "A party of a legally privileged thread.")},
		{If: "it is legally privileged and the actor is an administrator", When: both(privileged, isAdministrator),
			Decision: deny("privileged_sealed", "Legally privileged mail: only its sender and the result of the sender's check are shown.")},
		{If: "it is legally privileged", When: privileged, Decision: conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker sorts its mail.")},
		{Decision: conceal("not_reviewer", "Only the case's Pact social worker sees held mail.")},
	}},
	// Filing is letting words in: she must be allowed to review there. What was addressed to a privileged thread stays there.
	{FileHeldMail, "put a held email into a conversation as its sender's words", []Rule{
		{If: "it was addressed to a privileged conversation and is to go elsewhere", When: func(f *Facts) bool { return toPrivileged(f) && f.Mail.Filing.Elsewhere },
			Decision: deny("privileged_stays", "Legally privileged mail cannot be moved to another conversation.")},
		{If: "it was addressed to a privileged conversation and its sender is to take over", When: func(f *Facts) bool { return toPrivileged(f) && f.Mail.Filing.TakesOver },
			Decision: deny("privileged_parties", "Who is a mother's lawyer is between her and her lawyers: nobody takes over here.")},
		{If: "it was addressed to a privileged conversation", When: toPrivileged, Needs: DecideMail},
		{If: "it was not", When: not(toPrivileged), Needs: Review},
		{If: "a machine wrote it", When: automatic, Decision: deny("automatic", "An automatic answer or a report is nobody's words: it cannot be filed.")},
		{If: "it does not say who wrote what", When: unreadable,
			Decision: deny("unreadable", "The email does not say clearly who wrote what, so it cannot be filed under anybody's name.")},
		{If: "its sender is of another organisation", When: otherAgency, Decision: deny("other_organisation", "The sender does not write from this conversation's organisation.").do("Ask that organisation who follows, and hand the conversation over.")},
		{If: "a restriction in force forbids messages between her and the sender", When: func(f *Facts) bool { return f.Thread.HasMother && wordsForbidden(f) }, Decision: restrictedWords},
		{If: "its sender is not proven and the actor has not asked her", When: func(f *Facts) bool { return !f.Mail.Verified && !f.Mail.Filing.Confirmed },
			Decision: deny("confirm_sender", "Nothing proves that this email comes from where it says. Ask the sender by telephone, then say here that you have.")},
		{Decision: allow("filed_by_reviewer", "Somebody who reviews this conversation has read the email and looked at who sent it.")},
	}},
	// The mail system asks when it sends what a person has decided: whom it goes to counts then, too.
	{AnswerOrganiser, "answer the organiser of an invitation", []Rule{
		{If: "the actor is not the mail system itself", When: not(isSystem), Needs: DecideMail},
		{If: "the conversation is not an official one of hers", When: not(onOfficialToHer), Decision: deny("invitation_official", "Only invitations to a mother's official conversations are answered.")},
		{If: "the organiser is of another organisation", When: otherAgency,
			Decision: deny("organiser_elsewhere", "The organiser is not of this conversation's organisation: by an answer she would learn that a meeting is held.").do("Tell the sender yourself.")},
		{Decision: allow("organiser", "The organiser is of this conversation's organisation.")},
	}},
	// Whoever sorts mail of no case reads it then, so what was addressed to a privileged thread stays there.
	{MoveMail, "say that a held email belongs to another case", []Rule{
		{Needs: DecideMail},
		{If: "it was addressed to a privileged conversation", When: privileged, Decision: deny("privileged_stays", "Legally privileged mail cannot be moved to another conversation.")},
		{Decision: allow("case_worker", "The case's Pact social worker sorts its mail.")},
	}},
	// Of privileged mail, for the thread's parties alone: the administrator's sealed view has no words and no original.
	{ReadMail, "read how an email came, and its original", []Rule{
		{If: "it is legally privileged and the actor is not a party", When: func(f *Facts) bool { return !ofNoCase(f) && privileged(f) && !isParty(f) },
			Decision: conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")},
		{If: "in any other case, as for sorting it", As: DecideMail},
	}},
	// A change of lawyer is between the mother and her lawyers, so it is never made from here.
	{Handover, "see who is proposed to take over, and refuse it", []Rule{
		{If: "the conversation is not official", When: not(official), Decision: conceal("handover_official", "Only official conversations are handed over.")},
		{If: "the actor is not the case's Pact social worker", When: not(isPact), Decision: conceal("not_reviewer", "Only the case's Pact social worker sees who takes over.")},
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: nobody takes it over.")},
		{Decision: allow("case_worker", "The case's Pact social worker decides who is written to.")},
	}},
	{HandOver, "let a named person take over a conversation", []Rule{
		{Needs: Handover},
		{If: "she is of another organisation", When: otherAgency,
			Decision: deny("other_organisation", "Whoever takes over must be of this conversation's organisation. For another one, begin a new conversation.")},
		{If: "a restriction in force forbids messages between her and the mother", When: func(f *Facts) bool { return f.Thread.HasMother && wordsForbidden(f) }, Decision: restrictedWords},
		{Decision: allow("case_worker", "The case's Pact social worker decides who is written to.")},
	}},
	{HandleFailure, "deal with what did not arrive", []Rule{
		{Needs: ReadThread},
		{If: "the actor is not the case's Pact social worker", When: not(isPact), Decision: conceal("not_reviewer", "Only the case's Pact social worker deals with what did not arrive.")},
		{Decision: allow("case_worker", "The case's Pact social worker deals with what did not arrive.")},
	}},
	{Chase, "set a day by which an answer is asked for, and ask again", []Rule{
		{Needs: ReadThread},
		{If: "the conversation is not official", When: not(official), Decision: deny("chase_official", "Only in official conversations is an answer chased.")},
		{If: "the case is closed", When: caseClosed, Decision: deny("case_closed", "The case is closed: nothing can be sent from it.")},
		{If: "the actor is the case's Pact social worker or family engagement worker", When: any2(isPact, isFamilyWorker), Decision: allow("team_asks", "The case's team asks for answers.")},
		{Decision: deny("chase_closed", "Only the case's Pact social worker and family engagement worker ask for answers.").do("Ask one of them.")},
	}},
}
