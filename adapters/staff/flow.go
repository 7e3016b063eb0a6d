package staff

import (
	"context"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/flags"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/reports"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/table"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// Sessions is how somebody signs in and is known.
type Sessions interface {
	SignIn(ctx context.Context, email, password, code string) (token string, s people.Staff, err error)
	SignOut(ctx context.Context, token string) error
	// Posts and ActIn are for whoever has several appointments: which, and in which she acts from now on.
	Posts(ctx context.Context, token string) ([]flow.Post, error)
	ActIn(ctx context.Context, token string, id ids.StaffID) (next string, s people.Staff, err error)
	// StaffBySession counts as use of the session; StaffAtPage, for what a page asks by itself, does not.
	StaffBySession(ctx context.Context, token string) (people.Acting, error)
	StaffAtPage(ctx context.Context, token string) (people.Acting, error)
}

// Cases is what is known of families.
type Cases interface {
	Home(ctx context.Context, a ids.Actor) (flow.HomeView, error)
	Cases(ctx context.Context, a ids.Actor) ([]flow.CaseRow, error)
	Case(ctx context.Context, a ids.Actor, id ids.CaseID) (flow.CaseView, error)
	AuditTimeline(ctx context.Context, a ids.Actor, c ids.CaseID, before int64, limit int) (flow.AuditPage, error)
	ResetPIN(ctx context.Context, a ids.Actor, mother ids.MotherID) (pin string, err error)
}

// Reading is what is said in conversations.
type Reading interface {
	Thread(ctx context.Context, a ids.Actor, id ids.ThreadID) (flow.ThreadView, error)
	// ThreadMark changes when something the actor may see changes; asking for it is no reading.
	ThreadMark(ctx context.Context, a ids.Actor, id ids.ThreadID) (string, error)
	Attachment(ctx context.Context, a ids.Actor, id ids.AttachmentID) (flow.FileView, error)
	// FilePage returns one picture of a file, counted from 1.
	FilePage(ctx context.Context, a ids.Actor, id ids.AttachmentID, page int) (messages.FilePage, error)
	FileWords(ctx context.Context, a ids.Actor, id ids.AttachmentID) (flow.FileWords, error)
	// ListenStaff's channel is a hint that something changed.
	ListenStaff() (wake <-chan struct{}, stop func())
}

// Writing is how conversations are begun and gone on with.
type Writing interface {
	ContactsFor(ctx context.Context, a ids.Actor, id ids.CaseID, ch threads.Channel, about []ids.ChildID) ([]people.Contact, error)
	OpenThread(ctx context.Context, a ids.Actor, in flow.NewThread) (ids.ThreadID, error)
	Compose(ctx context.Context, a ids.Actor, in flow.NewMessage) (flow.Composed, error)
	SaveDraft(ctx context.Context, a ids.Actor, thread ids.ThreadID, body string) error
}

// Queue is what waits for a decision.
type Queue interface {
	Holds(ctx context.Context, a ids.Actor) ([]flow.HoldRow, error)
	HoldView(ctx context.Context, a ids.Actor, id ids.HoldID) (flow.HoldView, error)
	Claim(ctx context.Context, a ids.Actor, id ids.HoldID) error
	Decisions
	Reviewing
}

// Reviewing is what else reviewers and authors do about what waits.
type Reviewing interface {
	Queue(ctx context.Context, a ids.Actor, q flow.QueueFilter) ([]flow.HoldRow, error)
	ReleaseClaim(ctx context.Context, a ids.Actor, id ids.HoldID) error
	ReleaseWithout(ctx context.Context, a ids.Actor, id ids.HoldID, note string, keep []ids.AttachmentID) error
	Return(ctx context.Context, a ids.Actor, id ids.HoldID, explanation string) error
	Appeal(ctx context.Context, a ids.Actor, id ids.MessageID) error
}

// ReviewSettings is who reviews what, and how soon.
type ReviewSettings interface {
	ReviewOf(ctx context.Context, a ids.Actor, s messages.Scope) (flow.ReviewRules, error)
	SetReview(ctx context.Context, a ids.Actor, s messages.ReviewSetting) error
	UnsetReview(ctx context.Context, a ids.Actor, s messages.Scope, d messages.Direction) error
	SetReviewAim(ctx context.Context, a ids.Actor, e ids.AgencyID, days int) error
}

// Flags is the words that are pointed out to reviewers.
type Flags interface {
	Flags(ctx context.Context, a ids.Actor, s flow.FlagScope) (flow.FlagList, error)
	AddFlag(ctx context.Context, a ids.Actor, s flow.FlagScope, r flags.Rule) (string, error)
	RemoveFlag(ctx context.Context, a ids.Actor, id string) error
	TryFlag(ctx context.Context, a ids.Actor, s flow.FlagScope, r flags.Rule, text string) ([]flow.Mark, error)
}

// Decisions are the ways a hold ends.
type Decisions interface {
	Release(ctx context.Context, a ids.Actor, id ids.HoldID, note string) error
	Withhold(ctx context.Context, a ids.Actor, id ids.HoldID, code, note string) error
	AnswerInvitation(ctx context.Context, a ids.Actor, id ids.HoldID, n flow.InviteAnswer) ([]ids.MeetingID, error)
	ProposeTimes(ctx context.Context, a ids.Actor, hold ids.HoldID, starts []time.Time) error
	AskOrganiser(ctx context.Context, a ids.Actor, id ids.HoldID) error
	FileHeld(ctx context.Context, a ids.Actor, id ids.HoldID, how flow.Filing) (flow.Composed, error)
	MoveHeld(ctx context.Context, a ids.Actor, id ids.HoldID, note string) error
}

// Restrictions is who may not have which contact with her.
type Restrictions interface {
	Restrictions(ctx context.Context, a ids.Actor, id ids.CaseID) (flow.RestrictionsView, error)
	PrisonRestrictions(ctx context.Context, a ids.Actor) ([]flow.RestrictionRow, error)
	SubjectChoices(ctx context.Context, a ids.Actor, id ids.CaseID) ([]people.Contact, []cases.Child, error)
	RestrictionChanges
	AfterRestrictions
}

// RestrictionChanges are what is done to restrictions.
type RestrictionChanges interface {
	AddRestriction(ctx context.Context, a ids.Actor, in flow.NewRestriction) (ids.RestrictionID, error)
	ChangeRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID, in flow.RestrictionChange) error
	ReviewRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID, next workdays.Day) error
	EndRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID) error
}

// AfterRestrictions is what a person decides about what restrictions have kept or withdrawn, and what is known of a child.
type AfterRestrictions interface {
	LetKeptGo(ctx context.Context, a ids.Actor, id ids.DeliveryID) error
	LeaveKept(ctx context.Context, a ids.Actor, id ids.DeliveryID) error
	SeenToMeeting(ctx context.Context, a ids.Actor, id ids.MeetingID) error
	ClearFile(ctx context.Context, a ids.Actor, id ids.AttachmentID) error
	// LookUp finds people by any part of a name; it records who looked for what.
	LookUp(ctx context.Context, a ids.Actor, words string) (flow.LookedUp, error)
	LookUps(ctx context.Context, a ids.Actor) ([]flow.LookUpRow, error)
	ConcernChoices(ctx context.Context, a ids.Actor, c ids.CaseID, id ids.ChildID) ([]flow.ConcernChoice, error)
	Goals(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID) ([]flow.GoalRow, error)
	SetGoal(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID, kind cases.GoalKind) (ids.GoalID, error)
	EndGoal(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID, id ids.GoalID, how cases.GoalOutcome, on workdays.Day) error
	SetChild(ctx context.Context, a ids.Actor, c ids.CaseID, id ids.ChildID, in flow.ChildFacts) error
}

// Handovers is who takes over a conversation from whom.
type Handovers interface {
	Handovers(ctx context.Context, a ids.Actor) ([]flow.HandoverRow, error)
	Handover(ctx context.Context, a ids.Actor, id ids.HandoverID) (flow.HandoverView, error)
	AskHandover(ctx context.Context, a ids.Actor, thread ids.ThreadID, from ids.ContactID) (ids.HandoverID, error)
	AcceptHandover(ctx context.Context, a ids.Actor, id ids.HandoverID, n flow.NewPerson) error
	RefuseHandover(ctx context.Context, a ids.Actor, id ids.HandoverID) error
}

// HandingOver is how more of a contact's conversations go the same way.
type HandingOver interface {
	HandOverAlso(ctx context.Context, a ids.Actor, first ids.HandoverID, summaries map[ids.ThreadID]string) error
}

// Asking is what is waited for, and by when.
type Asking interface {
	Asks(ctx context.Context, a ids.Actor) ([]flow.AskRow, error)
	ThreadAsks(ctx context.Context, a ids.Actor, thread ids.ThreadID) (rows []flow.AskRow, may bool, err error)
	// AskDay is the day that is offered.
	AskDay() workdays.Day
	SetAsk(ctx context.Context, a ids.Actor, thread ids.ThreadID, due workdays.Day, key string) (ids.AskID, error)
	MoveAsk(ctx context.Context, a ids.Actor, id ids.AskID, due workdays.Day) error
}

// Promises is what is done about replies that promise an answer for later.
type Promises interface {
	ThreadPromise(ctx context.Context, a ids.Actor, thread ids.ThreadID) (*flow.PromiseMade, error)
	// PromiseDay is the day that is offered.
	PromiseDay(by workdays.Day) workdays.Day
	WaitFor(ctx context.Context, a ids.Actor, id ids.MessageID, due workdays.Day) (ids.AskID, error)
	AskReport(ctx context.Context, a ids.Actor) ([]flow.AuthorityAsks, error)
	Report(ctx context.Context, a ids.Actor, period reports.Period, what string) (reports.Report, error)
}

// AskingAgain is how the waiting ends, and the drafts of the ladder.
type AskingAgain interface {
	MarkAnswered(ctx context.Context, a ids.Actor, id ids.AskID) error
	StopAsking(ctx context.Context, a ids.Actor, id ids.AskID) error
	AskStep(ctx context.Context, a ids.Actor, id ids.AskStepID) (flow.StepView, error)
	SendStep(ctx context.Context, a ids.Actor, id ids.AskStepID, to flow.StepTo, body string) (ids.ThreadID, error)
	DismissStep(ctx context.Context, a ids.Actor, id ids.AskStepID, reason string) error
}

// Authorities is how local authorities' duty teams are reached.
type Authorities interface {
	Authorities(ctx context.Context, a ids.Actor, search string) ([]flow.AuthorityRow, error)
	AuthorityDuty(ctx context.Context, a ids.Actor, key string) (flow.AuthorityRow, error)
	SetDuty(ctx context.Context, a ids.Actor, key string, d directory.Duty) error
	PreviewDuty(ctx context.Context, a ids.Actor, data []byte) ([]flow.DutyChange, *table.Faults, error)
	ImportDuty(ctx context.Context, a ids.Actor, data []byte) (changed int, faults *table.Faults, err error)
}

// Mail is how email came, and what did not arrive.
type Mail interface {
	MailDetails(ctx context.Context, a ids.Actor, id ids.InboundID) (flow.MailView, error)
	MailOriginal(ctx context.Context, a ids.Actor, id ids.InboundID) ([]byte, error)
	Undelivered(ctx context.Context, a ids.Actor) ([]flow.FailedRow, error)
	SendAgain(ctx context.Context, a ids.Actor, id ids.DeliveryID) error
	MarkHandled(ctx context.Context, a ids.Actor, id ids.DeliveryID) error
}

// Planning is how meetings are arranged.
type Planning interface {
	GuestChoices(ctx context.Context, a ids.Actor, c ids.CaseID, about []ids.ChildID) ([]people.Contact, error)
	CreateMeeting(ctx context.Context, a ids.Actor, n flow.NewMeeting) (ids.MeetingID, error)
	CancelMeeting(ctx context.Context, a ids.Actor, id ids.MeetingID) error
	Polls
	MoveMeeting(ctx context.Context, a ids.Actor, id ids.MeetingID, starts, ends time.Time, why string) error
	MyCalendar(ctx context.Context, a ids.Actor) (flow.WorkerCalendar, error)
	MakeCalendarFeed(ctx context.Context, a ids.Actor) (string, error)
	RevokeCalendarFeed(ctx context.Context, a ids.Actor) error
	SetCalendarSource(ctx context.Context, a ids.Actor, address string) error
	RemoveCalendarSource(ctx context.Context, a ids.Actor) error
	CalendarFeed(ctx context.Context, secret string) ([]byte, error)
}

// Clocks is when meetings about children are due, and which were held.
type Clocks interface {
	Clocks(ctx context.Context, a ids.Actor, c ids.CaseID) ([]flow.DueClock, error)
	DueReviews(ctx context.Context, a ids.Actor) ([]flow.DueClock, error)
	// PapersBefore is how many working days before a meeting its papers are to be with everybody.
	PapersBefore(k meetings.Kind) int
	Held
}

// Preparing is what comes before a meeting.
type Preparing interface {
	Before(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.BeforeView, error)
	SetChair(ctx context.Context, a ids.Actor, id ids.MeetingID, contact ids.ContactID) error
	TalkedAboutAttendance(ctx context.Context, a ids.Actor, id ids.MeetingID) error
	// WriteDown is the form for what a worker writes down with her; SaveAnswer keeps it, SendContribution sends it.
	WriteDown(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.WriteDown, error)
	SaveAnswer(ctx context.Context, a ids.Actor, id ids.MeetingID, question, text string) error
	SendContribution(ctx context.Context, a ids.Actor, in flow.NewContribution) (meetings.Contribution, error)
	Papers
}

// Papers is the papers of a meeting, the proof of notice, and what there is to see to.
type Papers interface {
	PaperChoices(ctx context.Context, a ids.Actor, id ids.MeetingID) ([]flow.FileChoice, error)
	AddPaper(ctx context.Context, a ids.Actor, in flow.NewPaper) (ids.PaperID, error)
	Notice(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.NoticeRecord, error)
	ToPrepare(ctx context.Context, a ids.Actor) ([]flow.ToPrepare, error)
}

// Held is what was held elsewhere.
type Held interface {
	RecordHeld(ctx context.Context, a ids.Actor, n flow.NewHeld) (ids.ElsewhereID, error)
	WithdrawHeld(ctx context.Context, a ids.Actor, c ids.CaseID, id ids.ElsewhereID) error
	HeldElsewhere(ctx context.Context, a ids.Actor, c ids.CaseID) ([]meetings.Elsewhere, error)
}

// Together is what is read with a mother, and with whom.
type Together interface {
	TogetherList(ctx context.Context, a ids.Actor) ([]flow.TogetherRow, error)
	Together(ctx context.Context, a ids.Actor, id ids.MessageID) (flow.TogetherView, error)
	MarkTogether(ctx context.Context, a ids.Actor, id ids.MessageID) error
	UnmarkTogether(ctx context.Context, a ids.Actor, id ids.MessageID, why string) error
	Booking
	Opening
}

// Booking is when it is read.
type Booking interface {
	BookReading(ctx context.Context, a ids.Actor, id ids.MessageID, n flow.NewBooking) error
	CancelReading(ctx context.Context, a ids.Actor, id ids.MessageID) error
}

// Opening is how it is opened: by a code for the kiosk, or with her PIN here.
type Opening interface {
	ReadingCode(ctx context.Context, a ids.Actor, id ids.MessageID) (code string, expires time.Time, err error)
	BeginBeside(ctx context.Context, a ids.Actor, id ids.MessageID, pin string) (token string, err error)
	ShowTogether(ctx context.Context, beside ids.Actor, token string) (flow.KioskMessage, error)
	RecordReading(ctx context.Context, a ids.Actor, id ids.MessageID, went messages.Went, note string) error
}

// Hints are the words that mark a message to be read together.
type Hints interface {
	HintWords(ctx context.Context, a ids.Actor) ([]flow.HintWords, error)
	SetHintWords(ctx context.Context, a ids.Actor, lang, words string) error
	TryHints(ctx context.Context, a ids.Actor, lang, words, text string) ([]flow.HintFound, error)
}

// Support is what those near a woman are told, and her support plan.
type Support interface {
	Alerts(ctx context.Context, a ids.Actor) ([]flow.AlertRow, error)
	AcknowledgeAlert(ctx context.Context, a ids.Actor, id ids.AlertID) error
	Plans
	AlertLists
}

// Plans are support plans.
type Plans interface {
	Plan(ctx context.Context, a ids.Actor, id ids.MotherID) (flow.PlanView, error)
	OpenPlan(ctx context.Context, a ids.Actor, id ids.MotherID) error
	ClosePlan(ctx context.Context, a ids.Actor, id ids.MotherID) error
}

// AlertLists say who is told at a prison.
type AlertLists interface {
	AlertList(ctx context.Context, a ids.Actor, e ids.AgencyID) (flow.AlertList, error)
	KeepAlertPerson(ctx context.Context, a ids.Actor, p people.AlertPerson) error
	DropAlertPerson(ctx context.Context, a ids.Actor, p people.AlertPerson) error
	SetDutyEmail(ctx context.Context, a ids.Actor, e ids.AgencyID, email string) error
}

// Meetings is what is known of meetings.
type Meetings interface {
	MeetingsOf(ctx context.Context, a ids.Actor) ([]flow.MeetingRow, error)
	CaseMeetings(ctx context.Context, a ids.Actor, c ids.CaseID) ([]flow.MeetingRow, error)
	Meeting(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.MeetingView, error)
	RoomTicket(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.RoomTicket, error)
	Movements(ctx context.Context, a ids.Actor) ([]flow.MovementRow, error)
}

// MovementLists is who is unlocked when on a day, and what officers press.
type MovementLists interface {
	MovementDay(ctx context.Context, a ids.Actor, day workdays.Day, wing ids.WingID) (flow.MovementDay, error)
	// MovementMark changes when the list does.
	MovementMark(ctx context.Context, a ids.Actor, day workdays.Day, wing ids.WingID) (string, error)
	RecordMovement(ctx context.Context, a ids.Actor, id ids.MovementID, n flow.NewMark) error
	AcknowledgeMovements(ctx context.Context, a ids.Actor, list []flow.NewAck) (changed int, err error)
	MovementTasks
}

// MovementTasks is what whoever waits for a woman is to see to.
type MovementTasks interface {
	MovementTasks(ctx context.Context, a ids.Actor) ([]flow.MovementTask, error)
	SeeToMovement(ctx context.Context, a ids.Actor, id ids.MovementID, due time.Time, kind movement.AlarmKind) error
}

// Kiosks is how the prison's devices are managed.
type Kiosks interface {
	Kiosks(ctx context.Context, a ids.Actor, e ids.AgencyID) ([]flow.Kiosk, error)
	IssueKioskCode(ctx context.Context, a ids.Actor, e ids.AgencyID, w ids.WingID, name string) (code string, err error)
	WithdrawKiosk(ctx context.Context, a ids.Actor, id ids.KioskID) error
	WomenForPIN(ctx context.Context, a ids.Actor) ([]flow.WingWoman, error)
}

// Users is how access is managed.
type Users interface {
	Users(ctx context.Context, a ids.Actor) ([]people.Staff, error)
	CreateStaff(ctx context.Context, a ids.Actor, in flow.NewStaff) (id ids.StaffID, totpSecret string, err error)
	DisableStaff(ctx context.Context, a ids.Actor, id ids.StaffID) error
	IssueToken(ctx context.Context, a ids.Actor, name string, id ids.StaffID, expires time.Time) (string, error)
}

// Requests is what is asked in conversations.
type Requests interface {
	CaseRequests(ctx context.Context, a ids.Actor, c ids.CaseID) ([]flow.RequestRow, error)
	// SuggestRequest says what a message seems to ask; with no message it is for asking from scratch.
	SuggestRequest(ctx context.Context, a ids.Actor, t ids.ThreadID, m ids.MessageID) (flow.Suggestion, error)
	MakeRequest(ctx context.Context, a ids.Actor, m ids.MessageID, k requests.Kind, child ids.ChildID, terms requests.Terms) (ids.RequestID, error)
	Ask(ctx context.Context, a ids.Actor, in flow.NewRequest) (flow.Asked, error)
	RequestTasks(ctx context.Context, a ids.Actor) (flow.Tasks, error)
}

// KeptRequests is what becomes of requests.
type KeptRequests interface {
	WithdrawRequest(ctx context.Context, a ids.Actor, id ids.RequestID) error
	SettleRequest(ctx context.Context, a ids.Actor, id ids.RequestID, by ids.MessageID) error
	MarkTalked(ctx context.Context, a ids.Actor, id ids.RequestID) error
	OwnRecord(ctx context.Context, a ids.Actor, c ids.CaseID) (flow.OwnRecord, error)
	GivePrint(ctx context.Context, a ids.Actor, c ids.CaseID) error
}

// Rules are how everything is decided.
type Rules interface {
	RuleBook(ctx context.Context, a ids.Actor) ([]*policy.Chapter, error)
}

// Places are public bodies and their wings: their names are no secret to anybody who signs in.
type Places interface {
	Agencies(ctx context.Context, kind people.AgencyKind) ([]people.Agency, error)
	Wings(ctx context.Context, e ids.AgencyID) ([]people.Wing, error)
	Prisons(ctx context.Context) ([]flow.Prison, error)
}

// Custody is where women are, and what is reported of it.
type Custody interface {
	Custody(ctx context.Context, a ids.Actor, id ids.CaseID) (flow.CustodyView, error)
	PreviewCustody(ctx context.Context, a ids.Actor, events []custody.Event) ([]flow.CustodyPreview, error)
	RecordCustodyEvent(ctx context.Context, a ids.Actor, e custody.Event) (flow.CustodyOutcome, error)
	UnknownCustody(ctx context.Context, a ids.Actor) ([]flow.CustodyRow, error)
	SetPrisonCode(ctx context.Context, a ids.Actor, id ids.AgencyID, code string) error
}

// Arrivals is what is to be done once a woman is somewhere else, or out.
type Arrivals interface {
	Arrivals(ctx context.Context, a ids.Actor) ([]flow.Arrival, error)
	AllocateWing(ctx context.Context, a ids.Actor, mother ids.MotherID, w ids.WingID) error
	SettleReoffer(ctx context.Context, a ids.Actor, id ids.MeetingID, outcome string) error
	AfterRelease
}

// AfterRelease is what waits for a woman who has been released.
type AfterRelease interface {
	KeptAfterRelease(ctx context.Context, a ids.Actor, id ids.CaseID) (flow.KeptView, error)
	AgreeFollowOn(ctx context.Context, a ids.Actor, id ids.CaseID, how string) error
	GiveKept(ctx context.Context, a ids.Actor, id ids.DeliveryID, how string) error
}

// Team is who works on a case.
type Team interface {
	CaseTeam(ctx context.Context, a ids.Actor, id ids.CaseID) (flow.TeamView, error)
	JoinTeam(ctx context.Context, a ids.Actor, id ids.CaseID, who ids.StaffID) error
	LeaveTeam(ctx context.Context, a ids.Actor, id ids.CaseID, who ids.StaffID) error
	HandCase(ctx context.Context, a ids.Actor, id ids.CaseID, to ids.StaffID) error
}

// Flow is all that the staff site needs of the use cases.
type Flow interface {
	Sessions
	Cases
	Reading
	Writing
	Queue
	Restrictions
	ReviewSettings
	Flags
	Handovers
	HandingOver
	Asking
	Promises
	AskingAgain
	Authorities
	Mail
	Planning
	Times
	Regimes
	Preparing
	Clocks
	Together
	Hints
	Support
	Meetings
	MovementLists
	AfterMeetings
	Kiosks
	Users
	Requests
	KeptRequests
	Rules
	Places
	Custody
	Arrivals
	Team
}

var _ Flow = (*flow.Flow)(nil)
