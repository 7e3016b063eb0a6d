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
	DecideMail    Act = "decide_mail"    // read a held email and refuse it
	MoveMail      Act = "move_mail"      // say that a held email belongs to another case
	FileHeldMail  Act = "file_held_mail" // put a held email into a thread as its sender's words
	ReadMail      Act = "read_mail"      // read how an email came, and its original
	Handover      Act = "handover"       // see who is proposed to take over a thread, and refuse it
	HandOver      Act = "hand_over"      // let a named person take over a thread
	HandleFailure Act = "handle_failure" // see what did not arrive, send it again, or mark it as dealt with
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

// The effects. Conceal is a refusal that must look as if the thing did not exist; Note, of mail, that what it tells is used and that
// it is shown as nobody's words.
const (
	Allow   Effect = "allow"
	Hold    Effect = "hold"
	Note    Effect = "note"
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
	// TellSender: the sender of the held email is told by mail why nobody can read it. Never for a sender who is not proven.
	TellSender bool
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
	FileHeldMail:  fileHeldMail,
	MoveMail:      moveMail,
	ReadMail:      readMail,
	Handover:      handover,
	HandOver:      handOver,
	HandleFailure: handleFailure,
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
	if d.Allowed() && f.Actor.Kind == ids.ActorMother {
		return conceal("pictures_only", "A kiosk shows pictures of files, never the files as they were sent.")
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
