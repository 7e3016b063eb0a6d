package policy

import (
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// Act is what somebody wants to do.
type Act string

// Every act that is decided here.
const (
	SeeCase     Act = "see_case"     // know that a case exists and read its front page
	ExportCase  Act = "export_case"  // have a case's record as a document
	OwnRecord   Act = "own_record"   // have the record of what was asked, said and decided, as a mother has it
	Address     Act = "address"      // be offered, or choose, a person outside to write to
	LookUp      Act = "look_up"      // find a person by name or address
	ReadAudit   Act = "read_audit"   // read audit entries of a case, or of no case
	ReadTrace   Act = "read_trace"   // read the audit entries of a thread, in a log that she may read
	KeepTeam    Act = "keep_team"    // say who is on a case's team and who holds it
	KeepChild   Act = "keep_child"   // say what is known of a child: birth, authority, the end of parental responsibility
	KeepGoal    Act = "keep_goal"    // say what contact with a child is worked for, and what became of it
	CountCase   Act = "count_case"   // have a case counted in the numbers of all cases, which name nobody
	MergeRecord Act = "merge_record" // make one mother's record of two

	ReadThread   Act = "read_thread"   // know that a thread exists and read its released messages
	OpenThread   Act = "open_thread"   // begin a thread
	ExportThread Act = "export_thread" // have a thread as a document

	ReadMessage  Act = "read_message"  // read one message of a thread she may read
	ReadOriginal Act = "read_original" // have a file of a message as it was sent, not pictures of it
	WriteMessage Act = "write_message" // put a message into a thread
	Deliver      Act = "deliver"       // let a released message reach one recipient (decided for the system)
	Attach       Act = "attach"        // let a file of a message reach one recipient (decided for the system)

	HearOf       Act = "hear_of"       // be told that a message to her was not passed on
	Review       Act = "review"        // read a held message and release or withhold it
	Appeal       Act = "appeal"        // ask that somebody else looks at a message that was not passed on
	SetReview    Act = "set_review"    // say who reviews which direction
	SetFlags     Act = "set_flags"     // say which words are pointed out to reviewers
	ReleaseClaim Act = "release_claim" // take a claim from whoever has it

	FileMail   Act = "file_mail"   // let a received email into its thread (decided for the sender)
	DecideMail Act = "decide_mail" // read a held email and refuse it
	MoveMail   Act = "move_mail"   // say that a held email belongs to another case
	// AnswerOrganiser: answer the organiser of an invitation, or ask her for what it does not say; Mail.SameAgency says whether she is of the conversation's organisation.
	AnswerOrganiser Act = "answer_organiser"
	FileHeldMail    Act = "file_held_mail" // put a held email into a thread as its sender's words
	ReadMail        Act = "read_mail"      // read how an email came, and its original
	Handover        Act = "handover"       // see who is proposed to take over a thread, and refuse it
	HandOver        Act = "hand_over"      // let a named person take over a thread
	HandleFailure   Act = "handle_failure" // see what did not arrive, send it again, or mark it as dealt with
	Chase           Act = "chase"          // set a day by which an answer is asked for, and ask again

	MarkTogether   Act = "mark_together"   // say that a message is to be read together with somebody
	UnmarkTogether Act = "unmark_together" // say that it need not be
	BookSupport    Act = "book_support"    // say when and with whom a message is read
	OpenTogether   Act = "open_together"   // open it with her, and record how it went
	SeeSupport     Act = "see_support"     // know that a support plan (ACCT) is open
	KeepSupport    Act = "keep_support"    // open or close a support plan
	SeeAlert       Act = "see_alert"       // be told that a mother may need support
	KeepAlertList  Act = "keep_alert_list" // say who is told at a prison

	SeeRestrictions   Act = "see_restrictions"   // read a case's restrictions
	AddRestriction    Act = "add_restriction"    // put a restriction in force
	ChangeRestriction Act = "change_restriction" // end or change one
	LetKeptGo         Act = "let_kept_go"        // let a message go that a restriction kept, or decide that it does not
	ClearFile         Act = "clear_file"         // say that a picture may be shown to her in spite of a restriction on pictures

	AskRequest    Act = "ask_request"    // ask her for consent or for information, or ask for it on her behalf
	SeeRequest    Act = "see_request"    // read such a request and its answer
	AnswerRequest Act = "answer_request" // answer it

	SeeCustody    Act = "see_custody"    // know where a mother is and was
	RecordCustody Act = "record_custody" // record that she was received, moved or released
	FollowOn      Act = "follow_on"      // agree how she is reached after her release
	GiveKept      Act = "give_kept"      // record that she was given what was kept for her

	PlanMeeting   Act = "plan_meeting"   // create a meeting and invite to it
	Invite        Act = "invite"         // have one person or child take part in a meeting
	AnswerPoll    Act = "answer_poll"    // see which times are offered for a meeting, and say which suit
	SeeMeeting    Act = "see_meeting"    // know of a meeting and its people
	SeeMovement   Act = "see_movement"   // know that a mother is due somewhere at a time, and no more
	AttendMeeting Act = "attend_meeting" // be given a room ticket
	// RecordMovement and AcknowledgeMovement are of whoever brings her; MindMovement of the worker who waits for her.
	RecordMovement      Act = "record_movement"      // say that she was called, has arrived, did not come or is back
	AcknowledgeMovement Act = "acknowledge_movement" // say that she has read when and where a woman is to be brought
	MindMovement        Act = "mind_movement"        // be told that nobody has, or that she did not come
	HostMeeting         Act = "host_meeting"         // admit, refuse, remove, end
	IssueTicket         Act = "issue_ticket"         // be given a room ticket for a named participant, oneself or another
	StepDown            Act = "step_down"            // say that she takes part in a smaller way, or in a larger one again
	KeepMeeting         Act = "keep_meeting"         // record what became of a meeting: her part, who was there, her views, minutes, actions
	CorrectRecord       Act = "correct_record"       // say of what is recorded of her views that she did not say it
	KeepDebrief         Act = "keep_debrief"         // write and read how she was when a meeting was talked over

	Contribute       Act = "contribute"        // say before a meeting what she wants it to hear, or write it down with her
	SendContribution Act = "send_contribution" // send that to the person who runs the meeting
	ReadContribution Act = "read_contribution" // read it
	ChooseAttendance Act = "choose_attendance" // say how she wants to take part
	SeePreparation   Act = "see_preparation"   // see her choice, the papers, and whether she has said what she thinks
	AddPaper         Act = "add_paper"         // add a paper, or say who runs the meeting
	ReadNotice       Act = "read_notice"       // have the record of who was told when

	ManagePeople Act = "manage_people" // enter agencies, mothers, cases and people outside, and see who signs in
	Appoint      Act = "appoint"       // give somebody an appointment, end it, or have a program act in it
	ManageKiosks Act = "manage_kiosks" // issue enrolment codes, withdraw kiosks
	ManageRegime Act = "manage_regime" // say when a prison's women are unlocked, and where they can be taken
	RegimeDay    Act = "regime_day"    // say that one day of a wing is unlike others
	ResetPIN     Act = "reset_pin"     // give a mother a new PIN
	ChooseMother Act = "choose_mother" // be offered at a kiosk
	SeeRules     Act = "see_rules"     // read the rule book as a table
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
	// OtherPrison: the actor is of a prison's own staff, and that is not where she is.
	OtherPrison bool
}

// ThreadFacts are what the rules ask about a thread.
type ThreadFacts struct {
	ID         ids.ThreadID // "" when the act concerns no thread; no rule reads it, the audit entry does
	Channel    threads.Channel
	IsParty    bool // the actor is a party now
	WithAgency bool // an outside agency is in it (LA, law firm)
	HasMother  bool // the mother is a party
	// NoResponsibility: it is about children, and on this day she has parental responsibility for none of them.
	NoResponsibility bool
	Quiet            bool // it begins with something that is read together with her, and was not yet
	// Of staff who are to become parties: somebody is not on the case's team; somebody is not Pact's; somebody there is.
	OutsideStaff, PrisonStaff, WithStaff bool
}

// MessageFacts are what the rules ask about a message.
type MessageFacts struct {
	Held     bool // waits for review
	Withheld bool // or was returned to its author
	IsAuthor bool // the actor wrote it
	// SamePerson: the actor wrote it, but not in the appointment that she acts in. It opens nothing to her.
	SamePerson bool
	HasHold    bool // there is a hold to decide
	Notice     bool // Kinbridge itself wrote it, to the people outside
	Appealed   bool // somebody was asked already to look again
	Tellable   bool // it was withheld for a reason of which the other side may be told
	// Of a file of it: it is a picture that may show a child; the reviewer has kept it back; she has said that it may pass.
	Picture, FileKept, FileCleared bool
	Kept                           bool // a restriction keeps it from the actor
}

// Recipient is what sort of recipient a delivery is for.
type Recipient uint8

// The recipients.
const (
	ToNobody Recipient = iota
	ToMother
	ToContact
	ToStaff
)

// ReviewFacts say who reviews what goes in this direction, and how far it has come. The setting of the thread counts before that of the
// case, and that before the establishment's.
type ReviewFacts struct {
	Nobody        bool     // the setting says that nobody need review it
	First, Second ids.Role // who reviews, in this order; "" = the case's Pact social worker, and nobody after her
	Done          int      // how many of them have released it
	For           ids.Role // of a hold: for whom it waits
	Appeal        bool     // the hold is an appeal
	DecidedFirst  bool     // the actor made the decision that is appealed against, in whatever appointment
	ReadBefore    bool     // the actor has released it already as an earlier reviewer, in whatever appointment
	TakenOver     bool     // whoever has claimed it can no longer decide it
}

// SupportFacts are what the rules ask about reading a message together, and about support.
type SupportFacts struct {
	Together    bool // it is marked to be read together with somebody
	Opened      bool // it was opened with her
	WithWorker  bool // a supporter has signed in beside her, for this message, now
	IsSupporter bool // the actor is booked to be with her
	IsNamed     bool // the actor is on the list of those who are told on her wing
}

// Custody is where a mother is in custody terms.
type Custody uint8

// The custody states. The zero value is in custody at the establishment of her record.
const (
	InCustody Custody = iota
	Away              // in hospital, at court or on temporary absence: she comes back
	Released
)

// CustodyFacts are what the rules ask about where she is.
type CustodyFacts struct {
	State     Custody
	FollowOn  bool // after her release: it is agreed how what is held for her reaches her
	Receiving bool // the actor's agency is where she is going or was received
}

// Restriction is one restriction in force on the day of the act, about one person or one child. Who has several people has several.
type Restriction struct {
	Kind    cases.RestrictionKind
	Contact ids.ContactID // the person outside, or
	Child   ids.ChildID   // the child
}

// Touch is who outside and which children an act brings her together with: all that a message written goes to, the one recipient of a delivery,
// the one participant who is invited; and the children who are themselves written to, present or pictured (not those merely written about).
type Touch struct {
	Contacts   []ids.ContactID
	Children   []ids.ChildID
	Supervised bool // of a meeting: a member of staff is there all the time
	// Of a person outside: she or her organisation looks after, teaches or represents each child that the thread is about (of a meeting: one of them; of a case: one of its
	// children).
	Concerned bool
}

// MeetingFacts are what the rules ask about a meeting.
type MeetingFacts struct {
	IsParticipant bool // the actor is invited
	IsHost        bool // the actor is its host
	Cancelled     bool
	Ended         bool
	TooEarly      bool // before the room opens
	Private       bool // between the mother and her supporter alone
	AboutChildren bool // of a kind that is about children
	Begun         bool // its beginning is past
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
	Review  ReviewFacts
	Support SupportFacts
	Custody CustodyFacts
	// InForce are the case's restrictions that are in force on the day of the act; Touch says whom the act brings together.
	InForce []Restriction
	Touch   Touch
	To      Recipient // of a delivery
	// SamePlace: the actor's agency is the establishment concerned (kiosks, PINs, movement), or the agency of the appointment that is given or
	// ended; SameWing: and her wing is the actor's, or she has none.
	SamePlace, SameWing bool
	// OfPrison: the actor acts in an appointment at a prison.
	OfPrison bool
	// OwnAccess: the access to be given or ended is the actor's own, in whatever appointment.
	OwnAccess bool
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
func isPact(f *Facts) bool {
	return isStaff(f.Actor, ids.RolePactWorker) && (f.Case.OnTeam || f.Case.IsWorker)
}

// isFamilyWorker, of the case's team, and not of a prison where the mother is no longer.
func isFamilyWorker(f *Facts) bool {
	return isStaff(f.Actor, ids.RoleFamilyWorker) && f.Case.OnTeam && !f.Case.OtherPrison
}

// otherPrison: staff of a prison where she is not have nothing to do with her, whatever they had before she moved.
func otherPrison(f *Facts) bool { return f.Case.OtherPrison && isStaff(f.Actor) }

// isOffenderManager, of the case's team and at the prison where she is.
func isOffenderManager(f *Facts) bool {
	return isStaff(f.Actor, ids.RoleOffenderManager) && f.Case.OnTeam && f.Case.SameEstablishment
}

// isProtection: public protection at the prison where she is.
func isProtection(f *Facts) bool {
	return isStaff(f.Actor, ids.RolePublicProtection) && f.Case.SameEstablishment
}

// isWingOfficer, of the wing where she is.
func isWingOfficer(f *Facts) bool {
	return isStaff(f.Actor, ids.RoleWingOfficer) && f.Case.SameEstablishment && f.Case.SameWing
}

func isAdministrator(f *Facts) bool { return isStaff(f.Actor, ids.RoleAdministrator) }
func isMother(f *Facts) bool        { return f.Case.IsMother && f.Actor.Kind == ids.ActorMother }
func caseClosed(f *Facts) bool      { return f.Case.Closed }
func isParty(f *Facts) bool         { return f.Thread.IsParty }
func official(f *Facts) bool        { return f.Thread.Channel == threads.Official }
func confidential(f *Facts) bool    { return f.Thread.Channel == threads.Confidential }
func privileged(f *Facts) bool      { return f.Thread.Channel == threads.Privileged }
func isSystem(f *Facts) bool        { return f.Actor.Kind == ids.ActorSystem }

// The small grammar of conditions.

func not(c func(*Facts) bool) func(*Facts) bool { return func(f *Facts) bool { return !c(f) } }

func both(a, b func(*Facts) bool) func(*Facts) bool {
	return func(f *Facts) bool { return a(f) && b(f) }
}

func any2(a, b func(*Facts) bool) func(*Facts) bool {
	return func(f *Facts) bool { return a(f) || b(f) }
}
