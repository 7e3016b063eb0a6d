package oracle_test

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
	"slices"
)

// question is "may she do this with that?".
type question struct {
	act policy.Act
	who soul
	fam *family // nil: it is of no family
	in  *talk
	say *saying
	to  *member    // of a delivery
	met *gathering // a meeting there is, or one to be
	// Of what is to be begun, filed, handed over, or looked up.
	plan plan
	mail mail
	base *policy.Facts // what is known of her and the family
	// place is the prison that a setting is of, when it is of no family.
	place ids.AgencyID
	wing  string // the wing of that prison, of which a day is; "" = it is of none
	self  bool   // it is about herself: her own access, her own place in a meeting
}

// plan is a conversation to be begun (or somebody to be chosen for it), or a meeting to be arranged.
type plan struct {
	channel   threads.Channel
	whom      ids.ContactID // the person outside; "" = nobody
	about     []ids.ChildID
	staff     []string
	guests    []ids.ContactID
	child     ids.ChildID // who is to be invited
	legal     bool
	confirmed bool
	attended  bool // a member of staff is to be there
	// Of a question when a meeting can be held: it was taken back; the time for answers is over.
	withdrawn, over bool
}

// mail is an email that came, and how somebody wants to file it.
type mail struct {
	from                                               ids.ContactID // "" = a stranger
	at                                                 ids.AgencyID  // where its address is
	valid, expired, proven, readable, encrypted        bool
	automatic, challenge, invitation, report           bool
	before                                             int
	old, waits                                         bool // of an invitation: nothing new, or an earlier version waits
	fromPrivileged, elsewhere, takesOver, asked, other bool
	namesake                                           bool // its sender has the name of whom the address was given to
}

// inForce are today's restrictions as policy has them.
func (w *world) inForce(f *family) (out []policy.Restriction) {
	for _, l := range f.limits {
		if l.from <= w.day && w.day <= l.to {
			out = append(out, policy.Restriction{Kind: l.kind, Contact: l.who, Child: l.child})
		}
	}
	return out
}

// caseFacts mirrors flow.caseFactsOf.
func caseFacts(p soul, f *family) policy.CaseFacts {
	c := policy.CaseFacts{ID: f.id, IsMother: p.Kind == ids.ActorMother && p.ID == f.mother, SameEstablishment: p.Agency != "" && p.Agency == f.prison, Closed: f.closed}
	c.SameWing = c.SameEstablishment && p.wing == f.wing
	switch p.Role {
	case ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RoleWingOfficer, ids.RolePublicProtection:
		c.OtherPrison = p.Agency != f.prison
	}
	if s := string(p.StaffID()); s != "" {
		c.OnTeam, c.IsWorker = f.team[s], f.worker == s
	}
	return c
}

// ofPrison mirrors flow.ofPrisonNow.
func ofPrison(p soul) bool { return p.Agency == northgate || p.Agency == southgate }

func custodyFacts(p soul, f *family) policy.CustodyFacts {
	c := policy.CustodyFacts{FollowOn: f.followOn, Receiving: f.goingTo != "" && p.Agency == f.goingTo}
	switch {
	case f.released:
		c.State = policy.Released
	case f.away:
		c.State = policy.Away
	}
	return c
}

// is reports whether somebody is this member, and still there.
func (m member) is(a ids.Actor) bool {
	if m.left || a.ID != m.id {
		return false
	}
	switch m.kind {
	case threads.PartyMother:
		return a.Kind == ids.ActorMother
	case threads.PartyContact:
		return a.Kind == ids.ActorContact
	}
	return a.StaffID() != ""
}

func partyOf(ms []member, a ids.Actor) bool {
	for _, m := range ms {
		if m.is(a) {
			return true
		}
	}
	return false
}

// ended mirrors flow.noResponsibility.
func (w *world) ended(f *family, about []ids.ChildID) bool {
	for _, k := range f.children {
		if slices.Contains(about, k.id) && w.day < k.ends {
			return false
		}
	}
	return len(about) > 0
}

// review picks the setting that counts, the narrowest.
func (w *world) review(f *family, t *talk, d messages.Direction) (r policy.ReviewFacts) {
	best := 0
	for _, s := range w.settings {
		width := 0
		switch {
		case s.dir != d:
		case s.prison != "" && s.prison == f.prison:
			width = 1
		case s.of != "" && s.of == f.id:
			width = 2
		case s.thread != "" && t != nil && s.thread == t.id:
			width = 3
		}
		if width > best {
			best, r = width, policy.ReviewFacts{Nobody: s.nobody, First: s.first, Second: s.second}
		}
	}
	return r
}

func directionOf(k threads.PartyKind) messages.Direction {
	if k == threads.PartyMother {
		return messages.FromHer
	}
	return messages.ToHer
}

// talkFacts mirrors openThread.load and openThread.to.
func (w *world) talkFacts(f *policy.Facts, p soul, t *talk) {
	f.Thread = policy.ThreadFacts{ID: t.id, Channel: t.channel, IsParty: partyOf(t.in, p.Actor), NoResponsibility: w.ended(t.fam, t.about), Quiet: t.quiet}
	for _, m := range t.in {
		switch {
		case m.left:
		case m.kind == threads.PartyMother:
			f.Thread.HasMother = true
		case m.kind == threads.PartyContact:
			f.Thread.WithAgency = true
			f.Touch.Contacts = append(f.Touch.Contacts, ids.ContactID(m.id))
		}
	}
	d := messages.ToHer
	if p.Kind == ids.ActorMother {
		d = messages.FromHer
	}
	f.Review = w.review(t.fam, t, d)
}

// sayingFacts mirrors openThread.about, and what the queue adds of a hold.
func (w *world) sayingFacts(f *policy.Facts, p soul, s *saying) {
	author := s.author
	author.left = false
	f.Message = policy.MessageFacts{Held: s.state == waiting, Withheld: s.state == keptBack, IsAuthor: author.is(p.Actor), HasHold: s.state == waiting, Appealed: s.asked, Notice: s.notice, Tellable: s.tellable, Kept: s.stopped != "" && s.stopped == p.ID,
		Picture: s.picture, FileKept: s.kept, FileCleared: s.cleared}
	named := f.Support.IsNamed
	f.Review = w.review(s.in.fam, s.in, directionOf(author.kind))
	f.Review.For, f.Review.Done, f.Review.Appeal, f.Review.TakenOver = s.waitsFor, s.stage, s.appeal, s.lostClaim
	f.Message.SamePerson = author.kind == threads.PartyStaff && author.id != p.ID && p.Person != "" && human(author.id) == p.Person
	f.Review.DecidedFirst = s.keptBy != "" && human(s.keptBy) == p.Person
	f.Review.ReadBefore = s.readBy != "" && human(s.readBy) == p.Person
	f.Support = policy.SupportFacts{Together: s.together, Opened: s.opened, WithWorker: s.beside, IsSupporter: s.supporter != "" && s.supporter == string(p.StaffID()), IsNamed: named}
}

// delivery mirrors openThread.towards.
func (w *world) delivery(f *policy.Facts, s *saying, to *member) {
	f.Message.IsAuthor = false
	f.Touch = policy.Touch{}
	switch to.kind {
	case threads.PartyMother:
		f.To = policy.ToMother
		if s.author.kind == threads.PartyContact {
			f.Touch.Contacts = []ids.ContactID{ids.ContactID(s.author.id)}
		}
	case threads.PartyContact:
		f.To = policy.ToContact
		if s.author.kind == threads.PartyMother {
			f.Touch.Contacts = []ids.ContactID{ids.ContactID(to.id)}
		}
	default:
		f.To = policy.ToStaff
	}
}

// about gathers what policy is asked about somebody and a family.
func (w *world) about(p soul, fam *family, inForce []policy.Restriction) *policy.Facts {
	f := &policy.Facts{Actor: p.Actor, OfPrison: ofPrison(p), Case: caseFacts(p, fam), Custody: custodyFacts(p, fam), InForce: inForce}
	f.SamePlace = f.Case.SameEstablishment
	f.SameWing = f.SamePlace && (p.wing == "" || p.wing == fam.wing)
	f.Support.IsNamed = fam.named[string(p.StaffID())]
	return f
}

// facts gathers what policy is asked with.
func (w *world) facts(q *question) policy.Facts {
	f := policy.Facts{Actor: q.who.Actor, OfPrison: ofPrison(q.who), SamePlace: q.place != "" && q.place == q.who.Agency}
	f.SameWing = f.SamePlace && q.wing != "" && (q.who.wing == "" || q.who.wing == q.wing)
	if q.base != nil {
		f = *q.base
	}
	f.Act, f.OwnAccess = q.act, q.self
	if q.in != nil {
		w.talkFacts(&f, q.who, q.in)
	}
	if q.say != nil {
		w.sayingFacts(&f, q.who, q.say)
	}
	if q.to != nil {
		w.delivery(&f, q.say, q.to)
		if q.act == policy.Attach && q.say.shows != "" {
			f.Touch.Children = []ids.ChildID{q.say.shows}
		}
	}
	if q.met != nil {
		w.meetingFacts(&f, q)
	}
	if q.met != nil && q.in != nil { // what is said to a meeting goes to those of the conversation, and is her own word whoever wrote it down
		f.Touch = policy.Touch{}
		w.talkFacts(&f, q.who, q.in)
		if q.say != nil {
			w.sayingFacts(&f, q.who, q.say)
		} else {
			f.Review = w.review(q.fam, q.in, messages.FromHer)
		}
	}
	switch q.act {
	case policy.OpenThread, policy.Address, policy.LookUp:
		w.planFacts(&f, q)
	case policy.PlanMeeting, policy.Invite:
		w.bookingFacts(&f, q)
	case policy.AnswerPoll:
		w.pollFacts(&f, q)
	case policy.FileMail, policy.DecideMail, policy.MoveMail, policy.ReadMail, policy.FileHeldMail, policy.AnswerOrganiser, policy.HandOver:
		w.mailFacts(&f, q)
	}
	return f
}

// meetingFacts are of a meeting there is. Whoever takes part meets everybody who does.
func (w *world) meetingFacts(f *policy.Facts, q *question) {
	g := q.met
	f.Meeting = policy.MeetingFacts{IsParticipant: partyOf(g.in, q.who.Actor), IsHost: g.hosts[string(q.who.StaffID())], Cancelled: g.cancelled, Ended: g.day < w.day, TooEarly: g.day > w.day,
		Private: g.private, Self: q.self, AboutChildren: g.ofChildren, Begun: g.past(w)}
	f.Touch = policy.Touch{Children: g.children, Supervised: g.superviser}
	for _, m := range g.in {
		if m.kind == threads.PartyContact {
			f.Touch.Contacts = append(f.Touch.Contacts, ids.ContactID(m.id))
		}
	}
}

// planFacts are of a conversation to be, and of somebody to be chosen for it.
func (w *world) planFacts(f *policy.Facts, q *question) {
	p := q.plan
	f.Thread = policy.ThreadFacts{Channel: p.channel, HasMother: true, WithAgency: p.whom != "", NoResponsibility: w.ended(q.fam, p.about)}
	for _, id := range p.staff {
		s := w.byID(id)
		f.Thread.WithStaff = true
		f.Thread.OutsideStaff = f.Thread.OutsideStaff || !q.fam.team[id]
		f.Thread.PrisonStaff = f.Thread.PrisonStaff || s.Role != ids.RolePactWorker
	}
	if p.whom == "" {
		return
	}
	f.Touch.Contacts = []ids.ContactID{p.whom}
	about := p.about
	if q.act == policy.LookUp {
		about = nil
		for _, k := range q.fam.children {
			about = append(about, k.id)
		}
	}
	at, with := worksAt(p.whom), 0
	for _, k := range q.fam.children {
		if slices.Contains(about, k.id) && (at == k.with || at == k.taught) {
			with++
		}
	}
	f.Touch.Concerned = with > 0 && (q.act == policy.LookUp || with == len(about))
	f.Touch.Concerned = f.Touch.Concerned || q.act == policy.Address && p.channel == threads.Privileged && worksAt(p.whom) == lawyers
}

func (w *world) byID(id string) soul {
	for _, s := range w.people {
		if s.ID == id {
			return s
		}
	}
	return soul{}
}

// bookingFacts are of a meeting to be.
func (w *world) bookingFacts(f *policy.Facts, q *question) {
	p := q.plan
	f.Meeting = policy.MeetingFacts{LegalVisit: p.legal, Confirmed: p.confirmed}
	authorities := map[ids.AgencyID]bool{}
	for _, g := range p.guests {
		at := worksAt(g)
		looksAfter := slices.ContainsFunc(q.fam.children, func(k child) bool { return k.with == at })
		f.Meeting.UnknownGuest = f.Meeting.UnknownGuest || !looksAfter
		if at == anytown || at == othertown {
			authorities[at] = true
		}
	}
	f.Meeting.SeveralAuthorities = len(authorities) > 1
	for _, id := range p.staff {
		s := w.byID(id)
		f.Meeting.OutsideStaff = f.Meeting.OutsideStaff || !policy.Decide(policy.Facts{Act: policy.SeeCase, Actor: s.Actor, Case: caseFacts(s, q.fam)}).Allowed()
	}
	f.Thread.NoResponsibility = p.child != "" && w.ended(q.fam, []ids.ChildID{p.child})
	f.Touch = policy.Touch{Supervised: p.attended}
	if p.whom != "" {
		f.Touch.Contacts = []ids.ContactID{p.whom}
	}
	if p.child != "" {
		f.Touch.Children = []ids.ChildID{p.child}
	}
}

// mailFacts are of an email, or of somebody who takes over.
func (w *world) mailFacts(f *policy.Facts, q *question) {
	m := q.mail
	f.Mail = policy.MailFacts{AddressValid: m.valid, AddressExpired: m.expired, Verified: m.proven, Readable: m.readable, Encrypted: m.encrypted, Automatic: m.automatic,
		Challenge: m.challenge, Report: m.report, AutomaticToday: m.before, Invitation: m.invitation, InviteKnown: m.old, InviteWaits: m.waits,
		Filing: policy.FilingFacts{Privileged: m.fromPrivileged, Elsewhere: m.elsewhere, TakesOver: m.takesOver, Confirmed: m.asked}}
	if q.in == nil {
		return
	}
	f.Mail.SenderIsParty = m.from != "" && partyOf(q.in.in, ids.ContactActor(m.from))
	f.Mail.SameAgency = q.in.agency != "" && m.at == q.in.agency
	f.Mail.Moved = m.namesake && m.at != q.in.agency && m.at != "nowhere"
	f.Touch = policy.Touch{}
	if m.from != "" {
		f.Touch.Contacts = []ids.ContactID{m.from}
	}
	f.Review = w.review(q.fam, q.in, messages.ToHer)
}
