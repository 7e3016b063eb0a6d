// Package policy is the only place that says who may. Decide is pure and total: the caller gathers the facts, the decision carries
// reasons that a person can read and that go into the audit entry. No rule reads a clock or a database.
package policy

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// Act is what somebody wants to do.
type Act string

// Every act that is decided here.
const (
	SeeCase       Act = "see_case"       // know that a case exists and read its front page
	ReadThread    Act = "read_thread"    // know that a thread exists and read its released messages
	ReadMessage   Act = "read_message"   // read one message of a thread she may read
	ReadOriginal  Act = "read_original"  // have a file of a message as it was sent, not pictures of it
	WriteMessage  Act = "write_message"  // put a message into a thread
	OpenThread    Act = "open_thread"    // begin a thread
	Review        Act = "review"         // read a held message and release or withhold it
	FileMail      Act = "file_mail"      // let a received email into its thread (decided for the sender)
	DecideMail    Act = "decide_mail"    // read a held email and file or refuse it
	ReadAudit     Act = "read_audit"     // read audit entries of a case, or of no case
	ReadTrace     Act = "read_trace"     // read the audit entries of a thread, in a log that she may read
	ManagePeople  Act = "manage_people"  // create, change and disable those who sign in
	ManageKiosks  Act = "manage_kiosks"  // issue enrolment codes, withdraw kiosks
	ResetPIN      Act = "reset_pin"      // give a mother a new PIN
	ChooseMother  Act = "choose_mother"  // be offered at a kiosk
	PlanMeeting   Act = "plan_meeting"   // create a meeting and invite to it
	SeeMeeting    Act = "see_meeting"    // know of a meeting and its people
	SeeMovement   Act = "see_movement"   // know that a mother is due somewhere at a time, and no more
	AttendMeeting Act = "attend_meeting" // be given a room ticket
	HostMeeting   Act = "host_meeting"   // admit, refuse, remove, end
	IssueTicket   Act = "issue_ticket"   // be given a room ticket for a named participant, oneself or another
)

// CaseFacts are what the rules ask about a case.
type CaseFacts struct {
	ID                ids.CaseID // "" when the act concerns no case
	OnTeam            bool       // the actor is on the case's team
	IsWorker          bool       // the actor is the Pact social worker who holds the case
	IsMother          bool       // the actor is the mother
	SameEstablishment bool       // the actor's agency is the establishment where the mother is now
	SameWing          bool       // and her wing is the actor's
	Closed            bool
}

// ThreadFacts are what the rules ask about a thread.
type ThreadFacts struct {
	ID         ids.ThreadID // "" when the act concerns no thread; no rule reads it, the audit entry does
	Channel    threads.Channel
	IsParty    bool // the actor is a party now
	WithAgency bool // an outside agency is in it (LA, law firm)
	HasMother  bool // the mother is a party
	// Of staff who are to become parties: somebody is not on the case's team; somebody is not Pact's; somebody there is.
	OutsideStaff, PrisonStaff, WithStaff bool
}

// MessageFacts are what the rules ask about a message.
type MessageFacts struct {
	Held     bool // waits for review
	Withheld bool
	IsAuthor bool // the actor wrote it
	HasHold  bool // there is a hold to decide
}

// MailFacts are what is known of a received email.
type MailFacts struct {
	AddressValid   bool // the reply address is ours, its code right
	AddressExpired bool
	SenderIsParty  bool // the From address is the contact that the reply address was made for
	SameAgency     bool // another address of the same agency's domain
	Verified       bool // the From domain is proven (aligned SPF or DKIM)
	Readable       bool
	Automatic      bool // an automatic answer, a report or a loop
	Invitation     bool
}

// MeetingFacts are what the rules ask about a meeting.
type MeetingFacts struct {
	IsParticipant bool // the actor is invited
	IsHost        bool // the actor is its host
	Cancelled     bool
	Ended         bool
	TooEarly      bool // before the room opens
	Private       bool // between the mother and her supporter alone
	Self          bool // the ticket asked for is the actor's own
	// Of a meeting that is being planned:
	LegalVisit         bool // it is between the mother and her lawyer
	UnknownGuest       bool // a guest has nothing to do with the case that the actor may know of
	OutsideStaff       bool // a member of staff who is to take part may not know of the case
	SeveralAuthorities bool // guests come from more than one local authority
	Confirmed          bool // and the planner has said that she means it
}

// Facts is all that a decision is made from.
type Facts struct {
	Act     Act
	Actor   ids.Actor
	Case    CaseFacts
	Thread  ThreadFacts
	Message MessageFacts
	Mail    MailFacts
	Meeting MeetingFacts
	// SamePlace: the actor's agency is the establishment concerned (kiosks, PINs, movement); SameWing: and her wing, or
	// she has none.
	SamePlace, SameWing bool
	// OwnAccess: the access to be ended is the actor's own.
	OwnAccess bool
}

// Effect is what a decision does.
type Effect string

// The effects. Conceal is a refusal that must look as if the thing did not exist.
const (
	Allow   Effect = "allow"
	Hold    Effect = "hold"
	Deny    Effect = "deny"
	Conceal Effect = "conceal"
)

// Decision is the answer: the effect, the rule's stable name, why in words, and, for a hold, who must decide.
type Decision struct {
	Effect  Effect
	Rule    string
	Why     string
	HoldFor ids.Role
	Hold    string // the hold's reason, one of messages.HoldReason
}

// Allowed reports whether the act may go ahead now.
func (d Decision) Allowed() bool { return d.Effect == Allow }

// Err returns nil for an allowed or held act, else the error to show: a concealed thing is not found.
func (d Decision) Err() error {
	switch d.Effect {
	case Allow, Hold:
		return nil
	case Conceal:
		return ids.ErrNotFound
	}
	return ids.E(ids.Forbidden, "%s", d.Why)
}

func allow(rule, why string) Decision   { return Decision{Effect: Allow, Rule: rule, Why: why} }
func deny(rule, why string) Decision    { return Decision{Effect: Deny, Rule: rule, Why: why} }
func conceal(rule, why string) Decision { return Decision{Effect: Conceal, Rule: rule, Why: why} }
func hold(rule, why, reason string, by ids.Role) Decision {
	return Decision{Effect: Hold, Rule: rule, Why: why, Hold: reason, HoldFor: by}
}

// Decide answers whether the act may be done. An act it does not know is denied.
func Decide(f Facts) Decision {
	if rule, ok := rules[f.Act]; ok {
		return rule(f)
	}
	return deny("unknown_act", "Kinbridge does not know this action.")
}

var rules = map[Act]func(Facts) Decision{
	SeeCase:       seeCase,
	ReadThread:    readThread,
	ReadMessage:   readMessage,
	ReadOriginal:  readOriginal,
	WriteMessage:  writeMessage,
	OpenThread:    openThread,
	Review:        review,
	FileMail:      fileMail,
	DecideMail:    decideMail,
	ReadAudit:     readAudit,
	ReadTrace:     readTrace,
	ManagePeople:  administratorsOnly,
	ManageKiosks:  manageKiosks,
	ResetPIN:      resetPIN,
	ChooseMother:  chooseMother,
	PlanMeeting:   planMeeting,
	SeeMeeting:    seeMeeting,
	SeeMovement:   seeMovement,
	AttendMeeting: attendMeeting,
	HostMeeting:   hostMeeting,
	IssueTicket:   issueTicket,
}

// isStaff reports whether the actor is a member of staff in one of the roles (any role when none is given).
func isStaff(a ids.Actor, roles ...ids.Role) bool {
	if a.StaffID() == "" {
		return false
	}
	for _, r := range roles {
		if a.Role == r {
			return true
		}
	}
	return len(roles) == 0
}

// isPact reports whether the actor works for Pact on this case.
func isPact(f Facts) bool {
	return isStaff(f.Actor, ids.RolePactWorker) && (f.Case.OnTeam || f.Case.IsWorker)
}

func seeCase(f Facts) Decision {
	switch {
	case f.Case.IsMother:
		return allow("own_case", "It is her own case.")
	case isStaff(f.Actor, ids.RolePactWorker, ids.RoleFamilyWorker) && f.Case.OnTeam:
		return allow("case_team", "On the case's team.")
	case isStaff(f.Actor, ids.RoleOffenderManager) && f.Case.OnTeam && f.Case.SameEstablishment:
		return allow("case_team_prison", "On the case's team, at the prison where the mother is.")
	case isStaff(f.Actor, ids.RolePublicProtection) && f.Case.SameEstablishment:
		return allow("public_protection", "Public protection sees the cases of its own prison.")
	}
	return conceal("not_on_team", "Only the case's team may know of a case.")
}

func readThread(f Facts) Decision {
	switch f.Thread.Channel {
	case threads.Privileged:
		if f.Thread.IsParty {
			return allow("privileged_party", "A party of a legally privileged thread.")
		}
		return conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")
	case threads.Confidential:
		if f.Thread.IsParty {
			return allow("confidential_party", "A party of a confidential thread.")
		}
		if isPact(f) {
			return allow("confidential_pact", "The case's Pact social worker.")
		}
		return conceal("confidential_wall", "Prison staff and others may not know of a confidential thread.")
	case threads.Official:
		if f.Thread.IsParty {
			return allow("official_party", "A party of the thread.")
		}
		if f.Actor.Kind == ids.ActorMother || f.Actor.Kind == ids.ActorContact {
			return conceal("not_a_party", "Only its parties and the case's team may read a thread.")
		}
		return seeCase(f)
	}
	return conceal("unknown_channel", "A thread of no known channel is shown to nobody.")
}

func readMessage(f Facts) Decision {
	if d := readThread(f); !d.Allowed() {
		return d
	}
	switch {
	case f.Message.IsAuthor:
		return allow("own_message", "She wrote it.")
	case !f.Message.Held && !f.Message.Withheld:
		return allow("released", "The message is released.")
	case mayReview(f):
		return allow("reviewer", "Reviews the messages of this case.")
	}
	return conceal("not_released", "A message that waits for review or was withheld is shown to its author and its reviewer only.")
}

// readOriginal keeps what strangers sent off the kiosk: a file may be hostile, a picture of it is not.
func readOriginal(f Facts) Decision {
	d := readMessage(f)
	if d.Allowed() && !isStaff(f.Actor) {
		return conceal("pictures_only", "Files as they were sent are for staff; others are shown pictures of them.")
	}
	return d
}

func writeMessage(f Facts) Decision {
	if d := readThread(f); !d.Allowed() {
		return d
	}
	if f.Case.Closed {
		return deny("case_closed", "The case is closed: nothing can be sent from it.")
	}
	a := f.Actor
	switch {
	case a.Kind == ids.ActorMother && f.Thread.IsParty:
		if f.Thread.Channel == threads.Official && f.Thread.WithAgency {
			return hold("review_to_agency", "Messages between a mother and an authority are read by her Pact social worker first.",
				"review", ids.RolePactWorker)
		}
		return allow("mother_writes", "She writes in her own thread.")
	case isPact(f):
		return allow("pact_writes", "The case's Pact social worker writes.")
	case f.Thread.Channel == threads.Official && isStaff(a, ids.RoleFamilyWorker, ids.RoleOffenderManager) && f.Case.OnTeam:
		return allow("team_writes", "The case's team writes on the official channel.")
	case f.Thread.IsParty && isStaff(a):
		return allow("staff_party_writes", "A party of the thread writes.")
	}
	return deny("read_only", "You can read this thread and cannot write in it.")
}

func openThread(f Facts) Decision {
	if f.Case.Closed {
		return deny("case_closed", "The case is closed: no new thread can be begun.")
	}
	if f.Thread.OutsideStaff {
		return deny("staff_not_of_case", "Only staff of the case's team can be in its conversations.")
	}
	switch f.Thread.Channel {
	case threads.Official:
		if isPact(f) || isStaff(f.Actor, ids.RoleFamilyWorker) && f.Case.OnTeam {
			return allow("team_opens", "The case's team begins official threads.")
		}
	case threads.Confidential:
		if f.Thread.WithAgency {
			return deny("confidential_is_pact_only", "A confidential thread is between the mother and Pact: nobody else can be in it.")
		}
		if f.Thread.PrisonStaff {
			return deny("confidential_no_prison_staff", "Only Pact social workers can be in a confidential thread.")
		}
		if isPact(f) {
			return allow("pact_opens", "The case's Pact social worker begins confidential threads.")
		}
		return conceal("confidential_wall", "Prison staff and others may not know of confidential threads.")
	case threads.Privileged:
		if f.Thread.WithStaff {
			return deny("privileged_no_staff", "A legally privileged thread is between the mother and her lawyer: no staff can be in it.")
		}
		if isPact(f) {
			return allow("pact_introduces_lawyer", "The Pact social worker introduces the lawyer; she does not become a party.")
		}
		return conceal("privileged_wall", "Only its parties may know of a legally privileged thread.")
	}
	if d := seeCase(f); !d.Allowed() {
		return d
	}
	return deny("opens_not", "Ask the case's Pact social worker to begin this thread.")
}

// mayReview: the Pact social worker who holds the case, or one who stands in for her on its team. The author of a message never reviews it.
func mayReview(f Facts) bool { return isPact(f) && f.Thread.Channel == threads.Official }

func review(f Facts) Decision {
	if d := readThread(f); !d.Allowed() {
		return d
	}
	if !mayReview(f) {
		return deny("not_reviewer", "Only the case's Pact social worker reviews its messages.")
	}
	if f.Message.IsAuthor {
		return deny("own_review", "Nobody reviews her own message.")
	}
	return allow("reviewer", "Reviews the messages of this case.")
}

// fileMail decides what becomes of a received email. The address alone never routes: the sender must be the very contact it
// was made for, and proven.
func fileMail(f Facts) Decision {
	m := f.Mail
	deskRole := ids.RolePactWorker
	if f.Thread.Channel == threads.Privileged {
		deskRole = ids.RoleAdministrator // she sees the sender, never the words: see decideMail
	}
	switch {
	case !m.AddressValid:
		return hold("forged_address", "The reply address was not issued by Kinbridge.", "forged_address", ids.RolePactWorker)
	case m.AddressExpired:
		return hold("expired_address", "The reply address is no longer in use.", "expired_address", deskRole)
	case !m.Readable:
		return hold("unreadable", "The email cannot be read safely.", "unreadable", deskRole)
	case m.Automatic:
		return hold("automatic", "An automatic answer is never posted as somebody's words.", "auto_reply", deskRole)
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
	return allow("verified_party", "The sender is the verified contact this address was given to.")
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

func readAudit(f Facts) Decision {
	switch {
	case isStaff(f.Actor, ids.RoleAdministrator):
		return allow("administrator", "Administrators read the audit log, which holds no message text.")
	case f.Case.ID != "" && isPact(f):
		return allow("case_worker", "The case's Pact social worker reads its history.")
	}
	if f.Case.ID != "" {
		if d := seeCase(f); !d.Allowed() {
			return d
		}
	}
	return deny("audit_closed", "The audit log is open to administrators, and to a case's Pact social worker for that case.")
}

// readTrace keeps the log from opening a wall: an administrator reads the entries of official threads, which hold no message text; of
// other threads only who may know of the thread reads them.
func readTrace(f Facts) Decision {
	if f.Thread.Channel == threads.Official && isStaff(f.Actor, ids.RoleAdministrator) {
		return allow("administrator_official", "Administrators read the entries of official threads, which hold no message text.")
	}
	return readThread(f)
}

func administratorsOnly(f Facts) Decision {
	if f.OwnAccess {
		return deny("own_access", "You cannot end your own access: ask another administrator.")
	}
	if isStaff(f.Actor, ids.RoleAdministrator) {
		return allow("administrator", "Administrators manage who signs in.")
	}
	if f.Actor.Kind == ids.ActorSystem {
		return allow("operator", "Whoever runs the program at its own machine sets it up.")
	}
	return deny("administrators_only", "Only an administrator can do this.")
}

func manageKiosks(f Facts) Decision {
	if isStaff(f.Actor, ids.RoleAdministrator) {
		return allow("administrator", "Administrators manage kiosks.")
	}
	if f.Actor.Kind == ids.ActorSystem {
		return allow("operator", "Whoever runs the program at its own machine sets it up.")
	}
	return deny("administrators_only", "Only an administrator can enrol or withdraw a kiosk.")
}

func resetPIN(f Facts) Decision {
	switch {
	case isPact(f):
		return allow("case_worker", "The case's Pact social worker.")
	case isStaff(f.Actor, ids.RoleWingOfficer) && f.SamePlace && f.SameWing:
		return allow("wing_officer", "An officer of the mother's wing.")
	case isStaff(f.Actor, ids.RoleOffenderManager) && f.SamePlace && f.Case.OnTeam:
		return allow("offender_manager", "The mother's offender manager.")
	case f.SamePlace && isStaff(f.Actor, ids.RoleWingOfficer):
		return deny("other_wing", "Ask an officer of her wing to do this.")
	}
	return conceal("pin_closed", "Only an officer of her wing or her Pact social worker can give a new PIN.")
}

func chooseMother(f Facts) Decision {
	if f.Actor.Kind == ids.ActorKiosk && f.SamePlace && f.SameWing {
		return allow("own_wing", "She lives on the kiosk's wing.")
	}
	return conceal("other_wing", "A kiosk offers only the women of its own wing.")
}
