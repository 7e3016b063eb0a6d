package policy

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// MailFacts are what is known of a received email.
type MailFacts struct {
	AddressValid   bool // the reply address is ours, its code right
	AddressExpired bool
	SenderIsParty  bool // the From address is a contact's who is in the thread now
	SameAgency     bool // the From address is at the thread's organisation
	Verified       bool // the From domain is proven (aligned SPF or DKIM)
	Readable       bool
	Encrypted      bool // nobody here can read it
	Automatic      bool // an automatic answer, a report or a loop
	Challenge      bool // a machine asks whether a person sent ours: it waits there until somebody answers
	AutomaticToday int  // automatic mail that this thread has had within a day, this one not counted
	Invitation     bool
	Filing         FilingFacts
}

// FilingFacts are what is known of how somebody wants to file a held email.
type FilingFacts struct {
	Privileged bool // it was addressed to a privileged thread
	Elsewhere  bool // she wants to put it into another thread than it was addressed to
	TakesOver  bool // the sender is to take over from the person it was addressed to
	Confirmed  bool // she says that she has asked the sender by another way than mail
}

// AutomaticHolds is how many automatic mails of one thread within a day are put before a person; what comes above it is noted only, so
// that no machine can fill a queue in which a person's words wait.
const AutomaticHolds = 10

func note(rule, why string) Decision { return Decision{Effect: Note, Rule: rule, Why: why} }

// fileMail decides what becomes of a received email. The address alone never routes: the sender must be a contact who is in the thread
// now, and proven.
func fileMail(f Facts) Decision {
	m := f.Mail
	deskRole := ids.RolePactWorker
	if f.Thread.Channel == threads.Privileged {
		deskRole = ids.RoleAdministrator // she sees the sender, never the words: see decideMail
	}
	switch {
	case m.Automatic && m.AutomaticToday >= AutomaticHolds:
		return note("automatic_flood", "Too many automatic mails in a day: this one is kept and shown to nobody.")
	case !m.AddressValid:
		return hold("forged_address", "The reply address was not issued by Kinbridge.", "forged_address", ids.RolePactWorker)
	case m.AddressExpired:
		return hold("expired_address", "The reply address is no longer in use.", "expired_address", deskRole)
	case m.Encrypted:
		d := hold("encrypted", "The email is encrypted, so nobody here can read it.", "encrypted", deskRole)
		d.TellSender = m.SenderIsParty && m.Verified && !m.Automatic
		return d
	case m.Challenge:
		return hold("challenge", "The recipient's mail system asks whether a person sent our message, and keeps it back until somebody answers.", "auto_reply", deskRole)
	case m.Automatic && m.SenderIsParty && m.Verified:
		return note("automatic_answer", "An automatic answer: what it tells of its sender is used, and it is nobody's words.")
	case m.Automatic:
		return hold("automatic", "An automatic answer is never posted as somebody's words.", "auto_reply", deskRole)
	case !m.Readable:
		return hold("unreadable", "The email cannot be read safely.", "unreadable", deskRole)
	case !m.SenderIsParty && m.SameAgency && m.Verified:
		return hold("handover", "Somebody else of the same organisation has answered.", "handover", deskRole)
	case !m.SenderIsParty:
		return hold("unknown_sender", "The sender is not the person this address was given to.", "unknown_sender", deskRole)
	case !m.Verified:
		return hold("unverified", "The email did not prove that it comes from the sender's organisation.", "unverified", deskRole)
	case m.Invitation:
		return hold("invitation", "A meeting invitation waits for a person to act upon it.", "invite", deskRole)
	case f.Case.Closed:
		return hold("case_closed", "The case is closed.", "review", deskRole)
	case f.Thread.Channel == threads.Official && f.Thread.HasMother:
		return hold("review_to_mother", "Messages to a mother are read by her Pact social worker first.", "review", ids.RolePactWorker)
	}
	return allow("verified_party", "The sender is a verified contact who is in this conversation.")
}

func decideMail(f Facts) Decision {
	switch {
	case f.Case.ID == "" && isStaff(f.Actor, ids.RolePactWorker):
		return allow("intake_desk", "Pact social workers sort mail that belongs to no case.")
	case f.Case.ID == "":
		return conceal("intake_wall", "Mail that belongs to no case is sorted by Pact social workers.")
	case f.Thread.Channel == threads.Privileged && f.Thread.IsParty:
		return allow("privileged_party", "A party of a legally privileged thread.")
	case f.Thread.Channel == threads.Privileged && isStaff(f.Actor, ids.RoleAdministrator):
		return deny("privileged_sealed", "Legally privileged mail: only its sender and the result of the sender's check are shown.")
	case f.Thread.Channel == threads.Privileged:
		return conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")
	case isPact(f):
		return allow("case_worker", "The case's Pact social worker sorts its mail.")
	}
	return conceal("not_reviewer", "Only the case's Pact social worker sees held mail.")
}

// fileHeldMail decides whether somebody may put a held email into a thread. The facts are about that thread; she must be allowed to review
// there, for filing is letting words in. What was addressed to a privileged thread stays there.
func fileHeldMail(f Facts) Decision {
	m := f.Mail
	switch {
	case m.Filing.Privileged && m.Filing.Elsewhere:
		return deny("privileged_stays", "Legally privileged mail cannot be moved to another conversation.")
	case m.Filing.Privileged && m.Filing.TakesOver:
		return deny("privileged_parties", "Who is a mother's lawyer is between her and her lawyers: nobody takes over here.")
	case m.Filing.Privileged:
		if d := decideMail(f); !d.Allowed() {
			return d
		}
	default:
		if d := review(f); !d.Allowed() {
			return d
		}
	}
	switch {
	case m.Automatic:
		return deny("automatic", "An automatic answer or a report is nobody's words: it cannot be filed.")
	case !m.Readable:
		return deny("unreadable", "The email does not say clearly who wrote what, so it cannot be filed under anybody's name.")
	case !m.SameAgency:
		return deny("other_organisation", "The sender does not write from this conversation's organisation.")
	case !m.Verified && !m.Filing.Confirmed:
		return deny("confirm_sender", "Nothing proves that this email comes from where it says. Ask the sender by telephone, then say here that you have.")
	}
	return allow("filed_by_reviewer", "Somebody who reviews this conversation has read the email and looked at who sent it.")
}

// moveMail decides whether somebody may say that a held email belongs to another case. Whoever sorts mail of no case reads it then, so what was
// addressed to a privileged thread stays there.
func moveMail(f Facts) Decision {
	if d := decideMail(f); !d.Allowed() {
		return d
	}
	if f.Thread.Channel == threads.Privileged {
		return deny("privileged_stays", "Legally privileged mail cannot be moved to another conversation.")
	}
	return allow("case_worker", "The case's Pact social worker sorts its mail.")
}

// readMail: how an email came, and its original with everything that was trimmed, are for who sorts the case's mail; of privileged mail
// for the thread's parties alone.
func readMail(f Facts) Decision {
	d := decideMail(f)
	if d.Effect == Deny { // the administrator's sealed view has no words and no original
		return conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")
	}
	return d
}

// handover: who takes over is for the case's Pact social worker to say. A change of lawyer is between the mother and her lawyers, so it is
// never made from here.
func handover(f Facts) Decision {
	switch {
	case f.Thread.Channel != threads.Official:
		return conceal("handover_official", "Only official conversations are handed over.")
	case !isPact(f):
		return conceal("not_reviewer", "Only the case's Pact social worker sees who takes over.")
	case f.Case.Closed:
		return deny("case_closed", "The case is closed: nobody takes it over.")
	}
	return allow("case_worker", "The case's Pact social worker decides who is written to.")
}

// handOver decides whether a person may take over. Facts.Mail.SameAgency says that her address is at the thread's organisation.
func handOver(f Facts) Decision {
	if d := handover(f); !d.Allowed() {
		return d
	}
	if !f.Mail.SameAgency {
		return deny("other_organisation", "Whoever takes over must be of this conversation's organisation. For another one, begin a new conversation.")
	}
	return allow("case_worker", "The case's Pact social worker decides who is written to.")
}

// handleFailure: a message that did not arrive is for the case's Pact social worker, on every channel that she may know of.
func handleFailure(f Facts) Decision {
	if d := readThread(f); !d.Allowed() {
		return d
	}
	if !isPact(f) {
		return conceal("not_reviewer", "Only the case's Pact social worker deals with what did not arrive.")
	}
	return allow("case_worker", "The case's Pact social worker deals with what did not arrive.")
}
