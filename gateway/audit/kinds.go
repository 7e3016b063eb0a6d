package audit

// Kind says what happened. The set is closed: Encode and Decode refuse a kind that is not in the table below, so
// every entry of the log has a meaning a person can be shown.
type Kind string

// The kinds of event. What each one means is in the table.
const (
	StaffSignedInKind     Kind = "staff.signed_in"
	PersonSignedInKind    Kind = "person.signed_in"
	PersonSignedOutKind   Kind = "person.signed_out"
	ActsInKind            Kind = "appointment.taken"
	AppointedKind         Kind = "appointment.made"
	PersonDisabledKind    Kind = "person.disabled"
	StaffSignInFailedKind Kind = "staff.sign_in_failed"
	StaffSignedOutKind    Kind = "staff.signed_out"
	StaffLockedKind       Kind = "staff.locked"
	UserCreatedKind       Kind = "user.created"
	UserChangedKind       Kind = "user.changed"
	UserDisabledKind      Kind = "user.disabled"
	TokenCreatedKind      Kind = "token.created"
	TokenRevokedKind      Kind = "token.revoked"

	AgencyCreatedKind   Kind = "agency.created"
	WingCreatedKind     Kind = "wing.created"
	MotherCreatedKind   Kind = "mother.created"
	MotherPINSetKind    Kind = "mother.pin_set"
	ChildAddedKind      Kind = "child.added"
	ContactAddedKind    Kind = "contact.added"
	ContactVerifiedKind Kind = "contact.verified"

	CaseCreatedKind    Kind = "case.created"
	CaseChangedKind    Kind = "case.changed"
	CaseReadKind       Kind = "case.read"
	PersonLookedUpKind Kind = "person.looked_up"
	ThreadOpenedKind   Kind = "thread.opened"
	ThreadReadKind     Kind = "thread.read"
	PartyAddedKind     Kind = "thread.party_added"
	PartyRemovedKind   Kind = "thread.party_removed"
	AuditReadKind      Kind = "audit.read"
	AttachmentReadKind Kind = "attachment.read"
	FileCheckedKind    Kind = "attachment.checked"

	MessageWrittenKind  Kind = "message.written"
	MessageHeldKind     Kind = "message.held"
	MessageReleasedKind Kind = "message.released"
	MessageWithheldKind Kind = "message.withheld"
	HoldClaimedKind     Kind = "hold.claimed"
	HoldReturnedKind    Kind = "hold.returned"

	MessageReturnedKind Kind = "message.returned"
	MessageAppealedKind Kind = "message.appealed"
	FileKeptKind        Kind = "attachment.kept"
	ReviewToldKind      Kind = "review.told"
	ReviewNotToldKind   Kind = "review.not_told"
	ReviewSetKind       Kind = "review.set"
	ReviewAimSetKind    Kind = "review.aim_set"
	FlagSetKind         Kind = "flag.set"
	FlagEndedKind       Kind = "flag.ended"

	DeliveryQueuedKind   Kind = "delivery.queued"
	DeliveryKeptKind     Kind = "delivery.kept"
	DeliverySentKind     Kind = "delivery.sent"
	DeliveryAcceptedKind Kind = "delivery.accepted"
	DeliveryDelayedKind  Kind = "delivery.delayed"
	DeliveryFailedKind   Kind = "delivery.failed"
	DeliveryKioskKind    Kind = "delivery.kiosk"
	DeliverySeenKind     Kind = "delivery.seen"
	DeliveryAgainKind    Kind = "delivery.again"
	DeliveryHandledKind  Kind = "delivery.handled"
	DeliveryNoticeKind   Kind = "delivery.notice"

	PageNoticedKind    Kind = "page.noticed"
	PageCodeAskedKind  Kind = "page.code_asked"
	PageCodeSentKind   Kind = "page.code_sent"
	PageCodeFailedKind Kind = "page.code_failed"
	PageEnteredKind    Kind = "page.entered"
	PageReadKind       Kind = "page.read"
	PageLeftKind       Kind = "page.left"

	MailAcceptedKind  Kind = "mail.accepted"
	MailFiledKind     Kind = "mail.filed"
	MailHeldKind      Kind = "mail.held"
	MailRejectedKind  Kind = "mail.rejected"
	MailDiscardedKind Kind = "mail.discarded"
	MailReadKind      Kind = "mail.read"
	MailLeftKind      Kind = "mail.left"
	MailNotedKind     Kind = "mail.noted"
	MailMovedKind     Kind = "mail.moved"
	MailTakenKind     Kind = "mail.original_taken"
	NoticeSentKind    Kind = "mail.notice_sent"
	NoticeFailedKind  Kind = "mail.notice_failed"

	ContactAwayKind      Kind = "contact.away"
	ContactLeftKind      Kind = "contact.left"
	HandoverProposedKind Kind = "handover.proposed"
	HandoverAcceptedKind Kind = "handover.accepted"
	HandoverRefusedKind  Kind = "handover.refused"

	RequestMadeKind      Kind = "request.made"
	RequestAnsweredKind  Kind = "request.answered"
	RequestSettledKind   Kind = "request.settled"
	RequestWithdrawnKind Kind = "request.withdrawn"
	RequestTalkedKind    Kind = "request.talked"
	RequestsReadKind     Kind = "request.read"
	PrintAskedKind       Kind = "own_record.asked"
	PrintGivenKind       Kind = "own_record.given"
	OwnRecordTakenKind   Kind = "own_record.taken"

	KioskCodeMadeKind  Kind = "kiosk.code_made"
	KioskEnrolledKind  Kind = "kiosk.enrolled"
	KioskRevokedKind   Kind = "kiosk.revoked"
	KioskUnlockedKind  Kind = "kiosk.unlocked"
	KioskPINFailedKind Kind = "kiosk.pin_failed"
	KioskThrottledKind Kind = "kiosk.throttled"
	KioskLockedKind    Kind = "kiosk.locked"

	MeetingCreatedKind     Kind = "meeting.created"
	MeetingChangedKind     Kind = "meeting.changed"
	MeetingPlacedKind      Kind = "meeting.placed"
	RegimeSetKind          Kind = "regime.set"
	RegimeDaySetKind       Kind = "regime.day_set"
	PlaceAddedKind         Kind = "place.added"
	PlaceWithdrawnKind     Kind = "place.withdrawn"
	MeetingCancelledKind   Kind = "meeting.cancelled"
	InvitationReceivedKind Kind = "invitation.received"
	InvitationAnsweredKind Kind = "invitation.answered"
	InvitationSentKind     Kind = "invitation.sent"
	InvitationFailedKind   Kind = "invitation.failed"
	PollMadeKind           Kind = "poll.made"
	PollMailSentKind       Kind = "poll.mail_sent"
	PollMailFailedKind     Kind = "poll.mail_failed"
	PollAnsweredKind       Kind = "poll.answered"
	PollRemindedKind       Kind = "poll.reminded"
	PollClosedKind         Kind = "poll.closed"
	PollWithdrawnKind      Kind = "poll.withdrawn"
	PollDecidedKind        Kind = "poll.decided"
	MeetingHeldKind        Kind = "meeting.held_elsewhere"
	HeldWithdrawnKind      Kind = "meeting.held_withdrawn"
	GuestInvitedKind       Kind = "guest.invited"
	GuestMailSentKind      Kind = "guest.mail_sent"
	GuestMailFailedKind    Kind = "guest.mail_failed"
	GuestEnteredKind       Kind = "guest.entered"
	GuestCodeFailedKind    Kind = "guest.code_failed"
	GuestAnsweredKind      Kind = "guest.answered"
	GuestAnswerIgnoredKind Kind = "guest.answer_ignored"

	CalendarFeedMadeKind      Kind = "calendar.feed_made"
	CalendarFeedRevokedKind   Kind = "calendar.feed_revoked"
	CalendarSourceSetKind     Kind = "calendar.source_set"
	CalendarSourceRemovedKind Kind = "calendar.source_removed"
	CalendarReadKind          Kind = "calendar.read"

	GuestLeftKind         Kind = "guest.left"
	TicketIssuedKind      Kind = "ticket.issued"
	TicketRefusedKind     Kind = "ticket.refused"
	RoomKnockedKind       Kind = "room.knocked"
	RoomAdmittedKind      Kind = "room.admitted"
	RoomRefusedKind       Kind = "room.refused"
	RoomJoinedKind        Kind = "room.joined"
	RoomLeftKind          Kind = "room.left"
	RoomRemovedKind       Kind = "room.removed"
	RoomEndedKind         Kind = "room.ended"
	RoomPrivateBeganKind  Kind = "room.private_began"
	RoomPrivateEndedKind  Kind = "room.private_ended"
	RoomBreakAskedKind    Kind = "room.break_asked"
	RoomBreakOverKind     Kind = "room.break_over"
	RoomNotUnderstoodKind Kind = "room.not_understood"
	RoomHandRaisedKind    Kind = "room.hand_raised"
	RoomLockedKind        Kind = "room.locked"
	RoomUnlockedKind      Kind = "room.unlocked"
	MeetingSteppedKind    Kind = "meeting.stepped"
	MeetingPartKind       Kind = "meeting.part_recorded"
	SaidThereKind         Kind = "meeting.said_there"
	ViewsKeptKind         Kind = "meeting.views_recorded"
	ViewsDisputedKind     Kind = "meeting.views_disputed"
	ViewsSettledKind      Kind = "meeting.views_settled"
	MinutesKeptKind       Kind = "meeting.minutes_kept"
	MinutesBackKind       Kind = "meeting.minutes_taken_back"
	ActionSetKind         Kind = "meeting.action_set"
	ActionClosedKind      Kind = "meeting.action_closed"
	DebriefKeptKind       Kind = "meeting.debrief_kept"
	DebriefReadKind       Kind = "meeting.debrief_read"
	ContributionGivenKind Kind = "contribution.given"
	ContributionSentKind  Kind = "contribution.sent"
	ChairChosenKind       Kind = "meeting.chair_chosen"
	AttendanceChosenKind  Kind = "meeting.attendance_chosen"
	AttendanceTalkedKind  Kind = "meeting.attendance_talked"
	PaperAddedKind        Kind = "meeting.paper_added"
	PaperSeenKind         Kind = "meeting.paper_seen"
	MeetingKioskKind      Kind = "meeting.kiosk"
	MeetingSeenKind       Kind = "meeting.seen"
	NoticeReadKind        Kind = "meeting.notice_read"
	GuestOpenedKind       Kind = "guest.link_opened"

	AskSetKind             Kind = "ask.set"
	AskMovedKind           Kind = "ask.moved"
	AskPromisedKind        Kind = "ask.promised"
	AskAnsweredKind        Kind = "ask.answered"
	AskStoppedKind         Kind = "ask.stopped"
	AskStepReadyKind       Kind = "ask.step_ready"
	AskStepSentKind        Kind = "ask.step_sent"
	AskStepDismissedKind   Kind = "ask.step_dismissed"
	AskLookedKind          Kind = "ask.looked"
	SummarySentKind        Kind = "handover.summary"
	DutySetKind            Kind = "agency.duty_set"
	TogetherMarkedKind     Kind = "together.marked"
	TogetherUnmarkedKind   Kind = "together.unmarked"
	TogetherBookedKind     Kind = "together.booked"
	TogetherFreedKind      Kind = "together.freed"
	TogetherCodeMadeKind   Kind = "together.code_made"
	TogetherCodeFailedKind Kind = "together.code_failed"
	TogetherBegunKind      Kind = "together.begun"
	TogetherOpenedKind     Kind = "together.opened"
	TogetherRecordedKind   Kind = "together.recorded"
	ThreadShownKind        Kind = "thread.shown"
	HintsChangedKind       Kind = "hints.changed"
	AlertRaisedKind        Kind = "alert.raised"
	AlertAgainKind         Kind = "alert.again"
	AlertAcknowledgedKind  Kind = "alert.acknowledged"
	AlertMailSentKind      Kind = "alert.mail_sent"
	AlertMailFailedKind    Kind = "alert.mail_failed"
	AlertListKind          Kind = "alert.list_changed"
	PlanOpenedKind         Kind = "plan.opened"
	PlanClosedKind         Kind = "plan.closed"
	PlanReadKind           Kind = "plan.read"

	MovementMarkedKind       Kind = "movement.marked"
	MovementAcknowledgedKind Kind = "movement.acknowledged"
	MovementChangedKind      Kind = "movement.changed"
	MovementUnseenKind       Kind = "movement.unseen"
	MovementSeenToKind       Kind = "movement.seen_to"
	MovementMailSentKind     Kind = "movement.mail_sent"
	MovementMailFailedKind   Kind = "movement.mail_failed"
	MovementsListedKind      Kind = "movement.listed"

	RestrictionAddedKind    Kind = "restriction.added"
	RestrictionChangedKind  Kind = "restriction.changed"
	RestrictionReviewedKind Kind = "restriction.reviewed"
	RestrictionEndedKind    Kind = "restriction.ended"
	RestrictionsReadKind    Kind = "restriction.read"
	InvitationWithdrawnKind Kind = "restriction.invitation_withdrawn"
	KeptLeftKind            Kind = "restriction.kept_back"
	WorkDoneKind            Kind = "restriction.meeting_seen_to"
	FileClearedKind         Kind = "attachment.cleared"
	ChildChangedKind        Kind = "child.changed"
	GoalSetKind             Kind = "goal.set"
	GoalEndedKind           Kind = "goal.ended"
	ReportReadKind          Kind = "report.read"
	DayExaminedKind         Kind = "restriction.day_examined"

	CustodyRecordedKind  Kind = "custody.recorded"
	CustodyForgottenKind Kind = "custody.forgotten"
	CustodyChangedKind   Kind = "custody.changed"
	CustodyReadKind      Kind = "custody.read"
	WingGivenKind        Kind = "mother.wing_given"
	MotherMergedKind     Kind = "mother.merged"
	NumberChangedKind    Kind = "mother.number_changed"
	MeetingFreedKind     Kind = "meeting.freed"
	MeetingReofferedKind Kind = "meeting.reoffered"
	FollowOnAgreedKind   Kind = "case.follow_on"
	DeliveryGivenKind    Kind = "delivery.given"
	TeamChangedKind      Kind = "case.team_changed"
	AgencyCodeSetKind    Kind = "agency.code_set"

	PolicyRefusedKind  Kind = "policy.refused"
	MigrateAppliedKind Kind = "migrate.applied"
	WorldSeededKind    Kind = "world.seeded"
	KeyRewrappedKind   Kind = "key.rewrapped"
	KeyDestroyedKind   Kind = "key.destroyed"
)

// Info describes one kind of event.
type Info struct {
	Kind    Kind
	Meaning string // one line of English for a timeline; the actor is its unwritten subject
	Subject string // what Entry.Subject identifies; "" when such an entry has no subject
	Cased   bool   // the entry always belongs to a case
}

// kinds is the one table of what can be in the log.
var kinds = [...]Info{
	{StaffSignedInKind, "Signed in to the staff site", "staff", false},
	{PersonSignedInKind, "Signed in, with several appointments to choose from", "person", false},
	{PersonSignedOutKind, "Signed out before choosing an appointment", "person", false},
	{ActsInKind, "Began to act in an appointment", "staff", false},
	{AppointedKind, "Gave somebody an appointment", "staff", false},
	{PersonDisabledKind, "Ended all access of a person", "person", false},
	{StaffSignInFailedKind, "Failed to sign in to the staff site", "", false},
	{StaffSignedOutKind, "Signed out of the staff site", "staff", false},
	{StaffLockedKind, "Sign-in paused after too many failures", "", false},
	{UserCreatedKind, "Created a staff account", "staff", false},
	{UserChangedKind, "Changed a staff account", "staff", false},
	{UserDisabledKind, "Ended an appointment", "staff", false},
	{TokenCreatedKind, "Created an API token", "API token", false},
	{TokenRevokedKind, "Withdrew an API token", "API token", false},

	{AgencyCreatedKind, "Added an agency", "agency", false},
	{WingCreatedKind, "Added a wing", "wing", false},
	{MotherCreatedKind, "Added a mother", "mother", false},
	{MotherPINSetKind, "Set a mother's PIN", "mother", false},
	{ChildAddedKind, "Added a child to the case", "child", true},
	{ContactAddedKind, "Added a contact", "contact", false},
	{ContactVerifiedKind, "Confirmed a contact's email address", "contact", false},

	{CaseCreatedKind, "Opened the case", "case", true},
	{CaseChangedKind, "Changed the case", "case", true},
	{CaseReadKind, "Read the case", "case", true},
	{PersonLookedUpKind, "Looked for a person", "look-up", false},
	{ThreadOpenedKind, "Started a thread", "thread", true},
	{ThreadReadKind, "Read the thread", "thread", true},
	{PartyAddedKind, "Added somebody to the thread", "party", true},
	{PartyRemovedKind, "Removed somebody from the thread", "party", true},
	{AuditReadKind, "Read the audit timeline", "", false},
	{AttachmentReadKind, "Opened an attachment", "attachment", true},
	{FileCheckedKind, "Checked an attachment", "attachment", true},

	{MessageWrittenKind, "Wrote a message", "message", true},
	{MessageHeldKind, "Held the message for a person to decide", "message", true},
	{MessageReleasedKind, "Released the message", "message", true},
	{MessageWithheldKind, "Withheld the message", "message", true},
	{HoldClaimedKind, "Took on a review", "hold", false},
	{HoldReturnedKind, "Gave a review back", "hold", false},
	{MessageReturnedKind, "Returned a message to its author", "message", true},
	{MessageAppealedKind, "Asked that a second person looks at a message", "message", true},
	{FileKeptKind, "Kept a file of a message back", "attachment", true},
	{ReviewToldKind, "Told somebody outside of a review", "hold", true},
	{ReviewNotToldKind, "Could not tell somebody outside of a review", "hold", true},
	{ReviewSetKind, "Said who reviews messages", "", false},
	{ReviewAimSetKind, "Said how soon messages are to be reviewed", "", false},
	{FlagSetKind, "Added words to be pointed out to reviewers", "flag", false},
	{FlagEndedKind, "Took away words pointed out to reviewers", "flag", false},

	{DeliveryQueuedKind, "Queued the message for a recipient", "delivery", true},
	{DeliveryKeptKind, "Kept the message for the present", "delivery", true},
	{DeliverySentKind, "Began sending the message by email", "delivery", true},
	{DeliveryAcceptedKind, "The recipient's mail server accepted the message", "delivery", true},
	{DeliveryDelayedKind, "The recipient's mail server asked us to try later", "delivery", true},
	{DeliveryFailedKind, "The message could not be delivered", "delivery", true},
	{DeliveryKioskKind, "The message reached the mother's kiosk", "delivery", true},
	{DeliverySeenKind, "The message was seen", "delivery", true},
	{DeliveryAgainKind, "Had a message sent again that had not arrived", "delivery", true},
	{DeliveryHandledKind, "Marked a message that did not arrive as dealt with", "delivery", true},
	{DeliveryNoticeKind, "Chose a notice: their mail server is not secure", "delivery", true},

	{PageNoticedKind, "Sent a notice with a link to a secure page", "reading page", true},
	{PageCodeAskedKind, "A code was asked for on a secure page", "reading page", true},
	{PageCodeSentKind, "Sent a code for a secure page", "reading page", true},
	{PageCodeFailedKind, "A code for a secure page was wrong or did not arrive", "reading page", true},
	{PageEnteredKind, "Gave the right code on a secure page", "reading page", true},
	{PageReadKind, "Read the message on the secure page", "reading page", true},
	{PageLeftKind, "Closed the secure page", "reading page", true},

	{MailAcceptedKind, "Accepted an email", "email", false},
	{MailFiledKind, "Filed an email in its thread", "email", true},
	{MailHeldKind, "Held an email for a person to decide", "email", false},
	{MailRejectedKind, "Refused an email", "", false},
	{MailDiscardedKind, "Put an email aside without filing it", "email", false},
	{MailReadKind, "Read an email and how it came", "email", false},
	{MailLeftKind, "Left an email in its mailbox, because it could not be taken", "", false},
	{MailNotedKind, "Noted what an automatic email tells, and filed it nowhere", "email", false},
	{MailMovedKind, "Said that an email belongs to another case", "email", false},
	{MailTakenKind, "Downloaded the original of an email", "email", false},
	{NoticeSentKind, "Told a sender that her email cannot be read", "email", true},
	{NoticeFailedKind, "Could not tell a sender that her email cannot be read", "email", true},

	{ContactAwayKind, "Learnt from an automatic answer that a contact is away", "contact", false},
	{ContactLeftKind, "Learnt from an automatic answer that a contact has left", "contact", false},
	{HandoverProposedKind, "Proposed that somebody takes over the thread", "handover", true},
	{HandoverAcceptedKind, "Decided who takes over the thread", "handover", true},
	{HandoverRefusedKind, "Decided that nobody takes over the thread", "handover", true},

	{RequestMadeKind, "Made a request of a message", "request", true},
	{RequestAnsweredKind, "Answered a request", "request", true},
	{RequestSettledKind, "Said which message answers a request", "request", true},
	{RequestWithdrawnKind, "Withdrew a request", "request", true},
	{RequestTalkedKind, "Talked with the mother about a request", "request", true},
	{RequestsReadKind, "Read what is asked in the case", "case", true},
	{PrintAskedKind, "Asked for her own record on paper", "mother", true},
	{PrintGivenKind, "Gave the mother her own record on paper", "mother", true},
	{OwnRecordTakenKind, "Made the mother's own record to be printed", "mother", true},

	{KioskCodeMadeKind, "Made an enrolment code for a kiosk", "kiosk", false},
	{KioskEnrolledKind, "Enrolled a kiosk", "kiosk", false},
	{KioskRevokedKind, "Withdrew a kiosk", "kiosk", false},
	{KioskUnlockedKind, "Unlocked the kiosk with her PIN", "mother", false},
	{KioskPINFailedKind, "Entered a wrong PIN at the kiosk", "mother", false},
	{KioskThrottledKind, "PIN entry paused after too many wrong PINs", "mother", false},
	{KioskLockedKind, "Locked the kiosk", "mother", false},

	{MeetingCreatedKind, "Arranged a meeting", "meeting", true},
	{MeetingChangedKind, "Changed a meeting", "meeting", true},
	{MeetingCancelledKind, "Cancelled a meeting", "meeting", true},
	{MeetingPlacedKind, "Booked a place for a meeting, or gave it back", "meeting", true},
	{RegimeSetKind, "Said when the women of a wing are unlocked", "wing", false},
	{RegimeDaySetKind, "Said that a day of a wing is unlike others", "wing", false},
	{PlaceAddedKind, "Added a place for meetings", "place", false},
	{PlaceWithdrawnKind, "Withdrew a place for meetings", "place", false},
	{InvitationReceivedKind, "An invitation to a meeting came, or a newer version of one", "invitation", true},
	{InvitationAnsweredKind, "Decided about an invitation to a meeting", "invitation", true},
	{InvitationSentKind, "Sent an answer to an invitation", "invitation", true},
	{InvitationFailedKind, "Could not send an answer to an invitation", "invitation", true},
	{PollMadeKind, "Asked people outside when a meeting can be held", "poll", true},
	{PollMailSentKind, "Sent an email about a time for a meeting", "poll", true},
	{PollMailFailedKind, "Could not send an email about a time for a meeting", "poll", true},
	{PollAnsweredKind, "Answered when a meeting can be held", "poll", true},
	{PollRemindedKind, "Asked again when a meeting can be held", "poll", true},
	{PollClosedKind, "Stopped asking when a meeting can be held", "poll", true},
	{PollWithdrawnKind, "Took back the question when a meeting can be held", "poll", true},
	{PollDecidedKind, "Chose the time of a meeting that was asked for", "poll", true},
	{MeetingHeldKind, "Recorded a meeting that was held elsewhere", "meeting elsewhere", true},
	{HeldWithdrawnKind, "Took back the record of a meeting that was held elsewhere", "meeting elsewhere", true},
	{MeetingSteppedKind, "Changed how she takes part in a meeting", "meeting", true},
	{MeetingPartKind, "Recorded how she took part in a meeting", "meeting", true},
	{SaidThereKind, "Said who was at a meeting", "participant", true},
	{ViewsKeptKind, "Recorded her views as they are written of a meeting", "meeting", true},
	{ViewsDisputedKind, "Said that what is recorded is not what she said", "meeting", true},
	{ViewsSettledKind, "Saw to what she says was recorded wrongly", "meeting", true},
	{MinutesKeptKind, "Said that a message brings the minutes of a meeting", "message", true},
	{MinutesBackKind, "Took back that a message brings the minutes of a meeting", "message", true},
	{ActionSetKind, "Recorded something to be done after a meeting", "action", true},
	{ActionClosedKind, "Recorded that something was done after a meeting", "action", true},
	{DebriefKeptKind, "Wrote how she was after a meeting", "meeting", true},
	{DebriefReadKind, "Read how she was after a meeting", "meeting", true},
	{ContributionGivenKind, "Gave what she wants a meeting to hear", "meeting", true},
	{ContributionSentKind, "Passed on what she wants a meeting to hear", "meeting", true},
	{ChairChosenKind, "Said who runs a meeting", "meeting", true},
	{AttendanceChosenKind, "Chose how she wants to take part in a meeting", "meeting", true},
	{AttendanceTalkedKind, "Talked with her about not taking part in a meeting", "meeting", true},
	{PaperAddedKind, "Added a paper to a meeting", "meeting", true},
	{PaperSeenKind, "Had a page of a paper on her screen", "meeting", true},
	{MeetingKioskKind, "Had a meeting on a kiosk that she had unlocked", "meeting", true},
	{MeetingSeenKind, "Had a meeting on her screen", "meeting", true},
	{NoticeReadKind, "Took the record of who was told of a meeting when", "meeting", true},
	{GuestOpenedKind, "Opened the link of an invitation", "participant", true},
	{GuestInvitedKind, "Invited a guest to a meeting", "participant", true},
	{GuestMailSentKind, "Sent an email to a guest", "participant", true},
	{GuestMailFailedKind, "An email to a guest could not be sent", "participant", true},
	{GuestEnteredKind, "Gave the right code for a meeting", "participant", true},
	{GuestCodeFailedKind, "Gave a wrong code for a meeting", "participant", true},
	{GuestAnsweredKind, "Answered an invitation by her calendar", "participant", true},
	{GuestAnswerIgnoredKind, "An answer of a calendar changed nothing", "participant", true},
	{CalendarFeedMadeKind, "Made an address for her calendar", "staff", false},
	{CalendarFeedRevokedKind, "Took back the address of her calendar", "staff", false},
	{CalendarSourceSetKind, "Named the calendar that she publishes", "staff", false},
	{CalendarSourceRemovedKind, "Took away the calendar that she publishes", "staff", false},
	{CalendarReadKind, "Read a published calendar", "staff", false},
	{GuestLeftKind, "Closed a guest's place in a meeting on her device", "participant", true},
	{TicketIssuedKind, "Issued a ticket for a meeting room", "participant", true},
	{TicketRefusedKind, "Refused a ticket for a meeting room", "", false},
	{RoomKnockedKind, "Came to the lobby of a meeting", "participant", true},
	{RoomAdmittedKind, "Let somebody into a meeting", "participant", true},
	{RoomRefusedKind, "Turned somebody away from a meeting", "participant", true},
	{RoomJoinedKind, "Joined a meeting", "participant", true},
	{RoomLeftKind, "Left a meeting", "participant", true},
	{RoomRemovedKind, "Removed somebody from a meeting", "participant", true},
	{RoomEndedKind, "Ended a meeting for everybody", "meeting", true},
	{RoomPrivateBeganKind, "Began a private word with the mother in a meeting", "participant", true},
	{RoomPrivateEndedKind, "Ended a private word with the mother in a meeting", "participant", true},
	{RoomBreakAskedKind, "Asked for a break in a meeting", "participant", true},
	{RoomBreakOverKind, "Said that a break in a meeting is over", "participant", true},
	{RoomNotUnderstoodKind, "Said quietly in a meeting that she does not understand", "participant", true},
	{RoomHandRaisedKind, "Raised a hand in a meeting", "participant", true},
	{RoomLockedKind, "Locked a meeting: nobody new was let in", "participant", true},
	{RoomUnlockedKind, "Unlocked a meeting", "participant", true},

	{AskSetKind, "Asked for an answer by a day", "ask", true},
	{AskMovedKind, "Changed the day by which an answer is asked for", "ask", true},
	{AskPromisedKind, "Had a reply that seems to promise the answer for later", "ask", true},
	{AskAnsweredKind, "The answer that was asked for came", "ask", true},
	{AskStoppedKind, "Said that no answer is needed any more", "ask", true},
	{AskStepReadyKind, "A draft to ask again is ready", "step", true},
	{AskStepSentKind, "Sent a draft to ask again", "step", true},
	{AskStepDismissedKind, "Decided not to ask again this time", "step", true},
	{AskLookedKind, "Looked whether an answer is to be asked for again", "ask", true},
	{SummarySentKind, "Wrote to whoever takes over what she takes over", "message", true},
	{DutySetKind, "Recorded how an agency’s duty team is reached", "agency", false},
	{TogetherMarkedKind, "Said that a message is to be read together with somebody", "message", true},
	{TogetherUnmarkedKind, "Said that a message need not be read together", "message", true},
	{TogetherBookedKind, "Booked when and where a message is read together", "message", true},
	{TogetherFreedKind, "Freed a booking for reading together", "message", true},
	{TogetherCodeMadeKind, "Took a code for opening a message together", "message", true},
	{TogetherCodeFailedKind, "Gave a wrong code for opening a message together", "mother", true},
	{TogetherBegunKind, "Gave code and PIN, to open a message together", "message", true},
	{TogetherOpenedKind, "Opened a message together", "message", true},
	{TogetherRecordedKind, "Wrote down how reading together went", "message", true},
	{ThreadShownKind, "The mother may now know of the conversation", "thread", true},
	{HintsChangedKind, "Changed the words that mark a message to be read together", "", false},
	{AlertRaisedKind, "Told the wing that she may need support", "alert", true},
	{AlertAgainKind, "Told the wing again that she may need support", "alert", true},
	{AlertAcknowledgedKind, "Said that she sees to her", "alert", true},
	{AlertMailSentKind, "Sent word by email to look at the wing's page", "alert", true},
	{AlertMailFailedKind, "Could not send word by email to look at the wing's page", "alert", true},
	{AlertListKind, "Changed who is told that a woman may need support", "agency", false},
	{PlanOpenedKind, "Opened a support plan", "plan", false},
	{PlanClosedKind, "Closed a support plan", "plan", false},
	{PlanReadKind, "Was shown whether a support plan is open", "mother", false},

	{MovementMarkedKind, "Recorded where she is on her way", "movement", true},
	{MovementAcknowledgedKind, "Acknowledged that she is to be brought", "movement", true},
	{MovementChangedKind, "Announced a late change to her wing", "movement", true},
	{MovementUnseenKind, "Raised the alarm that her wing has not acknowledged", "movement", true},
	{MovementSeenToKind, "Saw to what her wing's list had reported", "movement", true},
	{MovementMailSentKind, "Sent a worker word by email of a wing's list", "movement", true},
	{MovementMailFailedKind, "Could not send a worker word of a wing's list", "movement", true},
	{MovementsListedKind, "Put what is planned on the wings' lists", "", false},

	{RestrictionAddedKind, "Put a contact restriction in force", "restriction", true},
	{RestrictionChangedKind, "Changed a contact restriction", "restriction", true},
	{RestrictionReviewedKind, "Looked at a contact restriction again: it continues", "restriction", true},
	{RestrictionEndedKind, "Ended a contact restriction", "restriction", true},
	{RestrictionsReadKind, "Read the contact restrictions", "case", true},
	{InvitationWithdrawnKind, "Withdrew an invitation because of a contact restriction", "meeting", true},
	{KeptLeftKind, "Decided that a message which was kept back does not go", "delivery", true},
	{WorkDoneKind, "Saw to a meeting from which somebody was withdrawn", "meeting", true},
	{FileClearedKind, "Said that a file may be shown to her", "attachment", true},
	{ChildChangedKind, "Changed what is known of a child", "child", true},
	{GoalSetKind, "Set a goal of contact with a child", "goal", true},
	{GoalEndedKind, "Recorded what became of a goal of contact", "goal", true},
	{ReportReadKind, "Read the numbers of all cases", "report", false},
	{DayExaminedKind, "Examined what begins or ends with the day", "", false},

	{CustodyRecordedKind, "Recorded a custody event", "custody event", false},
	{CustodyForgottenKind, "Removed a custody event that was nobody's for 30 days", "custody event", false},
	{CustodyChangedKind, "Recorded that she is somewhere else", "mother", false},
	{CustodyReadKind, "Read where she is and was", "case", true},
	{WingGivenKind, "Gave her a wing", "mother", false},
	{MotherMergedKind, "Joined two records that are one woman's", "mother", false},
	{NumberChangedKind, "Recorded that her prisoner number has changed", "mother", false},
	{MeetingFreedKind, "Freed a meeting that cannot take place as planned", "meeting", true},
	{MeetingReofferedKind, "Dealt with a meeting whose new time was to be offered", "meeting", true},
	{FollowOnAgreedKind, "Recorded how she is reached after her release", "case", true},
	{DeliveryGivenKind, "Gave her a message that was kept for after her release", "delivery", true},
	{TeamChangedKind, "Changed the case's team", "staff", true},
	{AgencyCodeSetKind, "Set an establishment's code", "agency", false},

	{PolicyRefusedKind, "Was refused", "", false},
	{MigrateAppliedKind, "Brought the database to a new version", "", false},
	{WorldSeededKind, "Made a demonstration world", "", false},
	{KeyRewrappedKind, "Changed the key that protects a data key", "scope", false},
	{KeyDestroyedKind, "Destroyed the key of a body of content", "scope", false},
}

// known finds a kind's row of the table.
var known = func() map[Kind]Info {
	m := make(map[Kind]Info, len(kinds))
	for _, info := range kinds {
		m[info.Kind] = info
	}
	return m
}()

// Kinds returns the whole table, in its documented order.
func Kinds() []Info { return append([]Info(nil), kinds[:]...) }

// Known reports whether the kind is in the table.
func (k Kind) Known() bool { _, ok := known[k]; return ok }

// Meaning is the kind's line of English, or "" for a kind that is not in the table.
func (k Kind) Meaning() string { return known[k].Meaning }
