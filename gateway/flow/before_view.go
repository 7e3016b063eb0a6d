package flow

import (
	"context"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// ChairView is who runs a meeting, as she and her worker know her. ID "" = nobody is known.
type ChairView struct {
	ID     ids.ContactID
	Name   string
	Office people.ContactRole
	Body   string
	Chosen bool
}

func (c chair) view() ChairView {
	return ChairView{ID: c.ID, Name: c.Name, Office: c.Role, Body: c.Body.Name, Chosen: c.Chosen}
}

// Answered is a question with what was answered so far; "" = nothing.
type Answered struct {
	Name   string
	Words  string
	Answer string
}

// Said is one version of a contribution as somebody may know of it.
type Said struct {
	meetings.Contribution
	Writer   string   // who wrote it down with her, by name; "" = she typed it
	To       string   // who runs the meeting, by name
	Readable bool     // the words are there
	Progress Progress // "" while it waits for somebody to be named
	Checker  ids.Role
}

// KioskBefore is what a mother does before a meeting.
type KioskBefore struct {
	MeetingRow
	About     []string // the children
	Questions []Answered
	Chair     ChairView
	Reading   KioskReading // who will read it
	Said      []Said       // the last first
	MaySay    bool
	Stopped   bool // she cannot write to whoever runs the meeting at the moment
	Choice    meetings.Choice
	MayChoose bool
	Remind    bool // the day has come to say what she thinks, and she has not
	Papers    []PaperView
	Placed    *PlacedView // where she takes part; nil = nowhere yet
}

// KioskBefore returns what a mother can do before one of her meetings, in her language.
func (f *Flow) KioskBefore(ctx context.Context, a ids.Actor, id ids.MeetingID, lang string) (v KioskBefore, err error) {
	if a.Kind != ids.ActorMother {
		return v, ids.ErrNotFound
	}
	b, _, err := f.loadBefore(ctx, a, id, policy.SeeMeeting)
	if err != nil {
		return v, err
	}
	v.MeetingRow, v.About, v.Chair = b.row(a, f.now()), b.names(), b.chair.view()
	v.MaySay = policy.Decide(b.to(policy.Contribute)).Allowed()
	v.MayChoose = policy.Decide(b.to(policy.ChooseAttendance)).Allowed()
	if v.Choice, err = f.st.Choice(ctx, b.Case, id); err != nil {
		return v, err
	}
	if v.Papers, err = f.papersOf(ctx, a, b); err != nil {
		return v, err
	}
	if v.Placed, err = f.placeOf(ctx, b.Meeting, b.Mother); err != nil {
		return v, err
	}
	if !v.MaySay {
		return v, nil
	}
	if v.Questions, err = f.questionsOf(ctx, b, a.StaffID(), lang); err != nil {
		return v, err
	}
	if v.Said, err = f.said(ctx, a, b); err != nil {
		return v, err
	}
	v.Remind = len(v.Said) == 0 && v.Phase == meetings.TooEarly && f.st.Today() >= f.remindFrom(b.Meeting)
	return v, f.readersBefore(ctx, a, b, &v)
}

func (f *Flow) questionsOf(ctx context.Context, b beforeMeeting, writer ids.StaffID, lang string) (out []Answered, err error) {
	answers, err := f.st.Answers(ctx, b.Case, b.ID, writer)
	for _, q := range meetings.QuestionsOf(b.Kind) {
		out = append(out, Answered{q.Name, q.In(lang, b.names()), answers[q.Name]})
	}
	return out, err
}

// toBe is the conversation in which her words will be, before it is begun.
func (f *Flow) toBe(ctx context.Context, a ids.Actor, b beforeMeeting) (o openThread, err error) {
	id, err := f.st.MeetingThread(ctx, b.ID, b.chair.ID)
	if err != nil {
		return o, err
	}
	if id != "" {
		return loadThread(ctx, f.st.Reader, a, id)
	}
	o.Thread = threads.Thread{Case: b.Case, Channel: threads.Official, Agency: b.chair.Agency}
	for _, k := range b.chair.about {
		o.Children = append(o.Children, k.ID)
	}
	o.CaseRow, o.Mother = b.CaseRow, b.Mother
	o.Parties = []threads.Party{{Kind: threads.PartyMother, ID: string(b.Mother.ID)}, {Kind: threads.PartyContact, ID: string(b.chair.ID)}}
	if o.safe, err = safetyOf(ctx, f.st.Reader, o.CaseRow, o.Mother, ""); err != nil {
		return o, err
	}
	o.facts = policy.Facts{Actor: a, Case: b.facts.Case, Thread: threadFacts(a, o.Thread, o.Parties), InForce: o.safe.inForce, Custody: custodyFacts(o.CaseRow, o.Mother),
		Touch: policy.Touch{Contacts: contactsNow(o.Parties)}}
	o.facts.Thread.NoResponsibility = noResponsibility(b.chair.about, o.Children, f.st.Today())
	return o, nil
}

// readersBefore says who will read what she says, and whether she can say it now.
func (f *Flow) readersBefore(ctx context.Context, a ids.Actor, b beforeMeeting, v *KioskBefore) error {
	o, err := f.toBe(ctx, a, b)
	if err != nil {
		return err
	}
	v.Reading = reviewedFor(o)
	if b.chair.ID == "" {
		return f.readersInside(ctx, o, &v.Reading)
	}
	v.Stopped = policy.Decide(b.saying(o, policy.SendContribution)).Err() != nil
	if err := f.readersOutside(ctx, o, &v.Reading); err != nil {
		return err
	}
	return f.readersInside(ctx, o, &v.Reading)
}

// said returns the versions with as much of each as the actor may know.
func (f *Flow) said(ctx context.Context, a ids.Actor, b beforeMeeting) (out []Said, err error) {
	list, err := f.st.Contributions(ctx, b.Case, b.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		s := Said{Contribution: c}
		if c.Writer != "" {
			who, err := f.st.Staff(ctx, c.Writer)
			if err != nil {
				return nil, err
			}
			s.Writer = who.Name
		}
		if err := f.fillSaid(ctx, a, b, &s); err != nil {
			return nil, err
		}
		if !s.Readable {
			s.Body = ""
		}
		out = append(out, s)
	}
	return out, nil
}

func (f *Flow) fillSaid(ctx context.Context, a ids.Actor, b beforeMeeting, s *Said) error {
	if s.Message == "" { // it waits with her, and with whoever would review it
		o, err := f.toBe(ctx, a, b)
		if err != nil {
			return err
		}
		facts := b.saying(o, policy.ReadContribution)
		facts.Message = policy.MessageFacts{Held: true, IsAuthor: a.Kind == ids.ActorMother || s.Contribution.Writer != "" && a.StaffID() == s.Contribution.Writer}
		s.Readable = policy.Decide(facts).Allowed()
		return nil
	}
	to, err := f.st.Contact(ctx, s.Contact)
	if err != nil {
		return err
	}
	s.To = to.Name
	m, err := f.st.Message(ctx, s.Message)
	if err != nil {
		return err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return err
	}
	facts := o.about(policy.ReadContribution, m)
	facts.Meeting = b.facts.Meeting
	s.Readable = policy.Decide(facts).Allowed()
	all, err := f.st.DeliveriesOfMessage(ctx, m.ID)
	if err != nil {
		return err
	}
	var ds []messages.Delivery
	for _, d := range all {
		if d.RecipientKind == messages.ToContact { // what was written down with her comes to her too
			ds = append(ds, d)
		}
	}
	s.Progress = progress(m, ds)
	if m.State == messages.Held {
		hs, err := f.st.HoldsOfMessage(ctx, m.ID)
		if len(hs) > 0 {
			s.Checker = hs[0].ForRole
		}
		return err
	}
	return nil
}

// BeforeView is how a meeting is made ready, as staff may know it.
type BeforeView struct {
	Meeting   meetings.Meeting
	About     []string
	Speaks    bool // of a kind for which something is said ahead
	Said      []Said
	Chair     ChairView
	Chairs    []ChairView // whom a worker can name
	MayChange bool        // names who runs it, adds papers, notes that somebody has talked with her
	MayWrite  bool        // writes down with her what she wants to say
	MayNotice bool
	Choice    meetings.Choice
	Papers    []PaperView
	PapersBy  workdays.Day
	Missing   []string // kinds that are expected and not there
	LateNow   bool     // the day for papers is past
}

// Before returns how a meeting is made ready.
func (f *Flow) Before(ctx context.Context, a ids.Actor, id ids.MeetingID) (v BeforeView, err error) {
	if a.StaffID() == "" {
		return v, ids.ErrNotFound
	}
	b, _, err := f.loadBefore(ctx, a, id, policy.SeePreparation)
	if err != nil {
		return v, err
	}
	v.Meeting, v.About, v.Chair, v.Speaks = b.Meeting, b.names(), b.chair.view(), b.Kind.AboutChildren()
	v.MayWrite = policy.Decide(b.to(policy.Contribute)).Allowed()
	v.MayChange = policy.Decide(b.to(policy.AddPaper)).Allowed()
	v.MayNotice = policy.Decide(b.to(policy.ReadNotice)).Allowed()
	if v.Choice, err = f.st.Choice(ctx, b.Case, id); err != nil {
		return v, err
	}
	if v.Said, err = f.said(ctx, a, b); err != nil {
		return v, err
	}
	if v.Papers, err = f.papersOf(ctx, a, b); err != nil {
		return v, err
	}
	v.PapersBy = f.PapersBy(b.Kind, workdays.Of(b.Starts))
	v.LateNow = v.PapersBy != 0 && f.st.Today() > v.PapersBy
	v.Missing = missing(b.Kind, v.Papers)
	if !v.MayChange {
		return v, nil
	}
	list, err := f.chairChoices(ctx, b)
	for _, c := range list {
		v.Chairs = append(v.Chairs, c.view())
	}
	return v, err
}

func missing(k meetings.Kind, there []PaperView) (out []string) {
	has := map[string]bool{}
	for _, p := range there {
		has[p.Kind] = true
	}
	for _, kind := range meetings.StandardOf(k).Papers {
		if !has[kind] {
			out = append(out, kind)
		}
	}
	return out
}

// WriteDown is the form on which a worker writes down with her what she wants to say.
type WriteDown struct {
	Meeting   MeetingRow
	Questions []Answered
	Chair     ChairView
	Lang      string // hers: that of the questions
	// Shown is the whole as it would be sent: what is read back to her. "" = nothing is answered yet.
	Shown string
}

// WriteDown returns that form, with what is there so far.
func (f *Flow) WriteDown(ctx context.Context, a ids.Actor, id ids.MeetingID) (w WriteDown, err error) {
	b, _, err := f.loadBefore(ctx, a, id, policy.Contribute)
	if err != nil {
		return w, err
	}
	if a.StaffID() == "" {
		return w, ids.ErrNotFound
	}
	w.Meeting, w.Chair = b.row(a, f.now()), b.chair.view()
	w.Lang = b.Mother.Language
	if w.Questions, err = f.questionsOf(ctx, b, a.StaffID(), b.Mother.Language); err != nil {
		return w, err
	}
	w.Shown, err = f.contributionBody(ctx, a, b, b.Mother.Language)
	return w, err
}

// GuestNotice is what is known of when a guest was told.
type GuestNotice struct {
	Name, Body string
	Invited    time.Time          // the mail was handed over
	Mail       meetings.MailState // how far the newest mail has come, and since when
	MailAt     time.Time
	Opened     time.Time // the link, by her or by what looks into her mail
	Entered    time.Time // with the right code
	Removed    time.Time
}

// NoticeRecord says who was told of a meeting when.
type NoticeRecord struct {
	Meeting   MeetingRow
	About     []string
	Made      time.Time
	Known     time.Time // when it was entered here
	By        string    // by whom
	Receipts  meetings.Receipts
	Days      int // working days from when she was told to the meeting
	DaysSeen  int // and from when she saw it
	Asked     int // what is asked for; 0 = nothing is
	Guests    []GuestNotice
	Choice    meetings.Choice
	FirstSaid time.Time // when she first said what she thinks
}

// Short reports whether she was told later than is asked for.
func (n NoticeRecord) Short() bool { return n.Days < n.Asked }

// Notice returns the record of who was told when, and records that it was taken.
func (f *Flow) Notice(ctx context.Context, a ids.Actor, id ids.MeetingID) (n NoticeRecord, err error) {
	b, d, err := f.loadBefore(ctx, a, id, policy.ReadNotice)
	if err != nil {
		return n, err
	}
	n.Meeting, n.Made, n.Known, n.Asked = b.row(a, f.now()), f.now(), b.Created, b.Kind.NoticeDays()
	for _, k := range b.kids {
		n.About = append(n.About, k.Name)
	}
	if n.By, _, err = f.hostOf(ctx, b.Meeting); err != nil {
		return n, err
	}
	if n.Receipts, err = f.st.MeetingReceipts(ctx, b.Mother.ID, id); err != nil {
		return n, err
	}
	cal := f.cfg.Chase.calendar()
	n.Days, n.DaysSeen = meetings.DaysOfNotice(cal, n.Receipts.Told, b.Starts), meetings.DaysOfNotice(cal, n.Receipts.Seen, b.Starts)
	for _, p := range b.Participants {
		if p.Kind != meetings.PersonContact {
			continue
		}
		g := GuestNotice{Name: p.Name, Invited: p.Invited, Mail: p.Mail, MailAt: p.MailAt, Removed: p.Removed}
		t, err := f.st.GuestTimes(ctx, p.ID)
		if err != nil {
			return n, err
		}
		g.Opened, g.Entered = t.Opened, t.Entered
		c, err := f.st.Contact(ctx, ids.ContactID(p.Person))
		if err != nil {
			return n, err
		}
		of, err := f.st.Agency(ctx, c.Agency)
		if err != nil {
			return n, err
		}
		g.Body = of.Name
		n.Guests = append(n.Guests, g)
	}
	if n.Choice, err = f.st.Choice(ctx, b.Case, id); err != nil {
		return n, err
	}
	all, err := f.st.Contributions(ctx, b.Case, id)
	if err != nil {
		return n, err
	}
	if len(all) > 0 {
		n.FirstSaid = all[len(all)-1].Given
	}
	return n, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return decided(audit.NoticeRead(b.Case, id), d), nil })
}

// LinkOpened notes that a guest's link was opened, the first time. It is a hint only: what looks into mail opens links too.
func (f *Flow) LinkOpened(ctx context.Context, link string) error {
	p, m, err := f.byLink(ctx, link)
	if err != nil {
		return err
	}
	t, err := f.st.GuestTimes(ctx, p.ID)
	if err != nil || !t.Opened.IsZero() {
		return err
	}
	return same(f.st.Write(ctx, p.Actor(), func(tx *store.Tx) (audit.Entry, error) {
		added, err := tx.AddLinkOpened(p.ID)
		if err == nil && !added {
			err = errSame
		}
		return audit.GuestOpened(audit.Seat{Case: m.Case, Meeting: m.ID, Participant: p.ID}), err
	}))
}
