package surface_test

import (
	"slices"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flags"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// step is something that somebody tries to do. Whether she may is for the gateway to say: what is compared is what everybody sees afterwards.
type step struct {
	name string
	do   func(*world, *family)
}

var steps = []step{
	{"a conversation begins", (*world).begin}, {"staff write", (*world).write}, {"staff write again", (*world).write}, {"she writes", (*world).sheWrites}, {"she writes again", (*world).sheWrites},
	{"an email comes", (*world).mailComes}, {"another email comes", (*world).mailComes}, {"an email of a stranger or a machine", (*world).oddMail},
	{"a review", (*world).review}, {"another review", (*world).review}, {"a third review", (*world).review}, {"an appeal", (*world).appeal}, {"a claim", (*world).claim},
	{"a message is marked", (*world).mark}, {"a reading is booked", (*world).book}, {"a reading", (*world).read},
	{"a restriction", (*world).restrict}, {"a restriction ends", (*world).unrestrict}, {"custody", (*world).custody}, {"the team changes", (*world).changeTeam},
	{"a handover is asked for", (*world).askHandover}, {"a handover is decided", (*world).handOver}, {"she is asked", (*world).request}, {"she answers", (*world).answer}, {"she asks", (*world).sheAsks},
	{"an answer is waited for", (*world).setAsk}, {"a draft is sent", (*world).sendStep}, {"a meeting", (*world).meet}, {"a meeting is cancelled", (*world).cancel}, {"a time is asked for", (*world).askTimes}, {"what comes of a meeting", (*world).afterMeetings}, {"women are brought", (*world).bring}, {"before a meeting", (*world).beforeMeeting}, {"before another", (*world).beforeMeeting},
	{"a plan", (*world).plan}, {"who reviews", (*world).settings}, {"a flag", (*world).flag}, {"a draft", (*world).draft}, {"held mail is sorted", (*world).sortMail},
	{"a day passes", func(w *world, _ *family) { w.env.Clock.NextDay() }}, {"an hour passes", func(w *world, _ *family) { w.later(time.Hour) }},
	{"who is told", (*world).alertList}, {"after release", (*world).afterRelease}, {"what was kept", (*world).letGo},
}

// worker is somebody who does the daily work of a family, most often; else anybody at all.
func (w *world) worker(f *family) *person {
	c := w.m.cases[f.id]
	if !w.chance(6) {
		for range 10 {
			if p := choose(w, w.staff); c.works(*p) {
				return p
			}
		}
	}
	return choose(w, w.staff)
}

func (w *world) pactOf(f *family) *person {
	for _, p := range w.staff {
		if w.m.cases[f.id].Worker == p.StaffID() {
			return p
		}
	}
	return w.staff[0]
}

func (w *world) herself(f *family) person {
	return person{Actor: ids.MotherActor(f.mother), name: "mother of " + f.number}
}

func contactPerson(c ids.ContactID) person {
	return person{Actor: ids.ContactActor(c), name: "contact " + string(c)}
}

// sorted iteration keeps a seed's walk the same.
func (w *world) talksOf(f *family) (out []*talk) {
	for _, t := range w.m.talks {
		if t.Case == f.id {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *talk) int { return a.Created.Compare(b.Created) })
	return out
}

func (w *world) someTalk(f *family) *talk {
	if ts := w.talksOf(f); len(ts) > 0 {
		return choose(w, ts)
	}
	return nil
}

func (w *world) saysOf(f *family, ok func(*saying) bool) (out []*saying) {
	for _, s := range w.m.says {
		if s.Case == f.id && ok(s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *saying) int { return a.Written.Compare(b.Written) })
	return out
}

func (w *world) openHolds(f *family) (out []messages.Hold) {
	for _, s := range w.saysOf(f, func(*saying) bool { return true }) {
		for _, h := range s.holds {
			if h.Decided.IsZero() {
				out = append(out, h)
			}
		}
	}
	return out
}

func (w *world) begin(f *family) {
	w.beginWith(f, choose(w, []threads.Channel{threads.Official, threads.Official, threads.Official, threads.Confidential, threads.Privileged}), w.worker(f))
}

func (w *world) beginWith(f *family, ch threads.Channel, p *person) {
	if len(w.talksOf(f)) > 7 {
		return
	}
	n := flow.NewThread{Case: f.id, Channel: ch, Subject: w.word(), Together: ch == threads.Official && w.chance(5)}
	c := w.m.cases[f.id]
	k := choose(w, c.kids)
	for _, o := range w.outside {
		if ch == threads.Official && o.agency == k.Authority && (len(n.Contacts) == 0 || w.chance(3)) || ch == threads.Privileged && o.lawyer && len(n.Contacts) == 0 && w.chance(2) {
			n.Contacts = append(n.Contacts, o.id)
		}
	}
	switch ch {
	case threads.Official:
		n.Children = []ids.ChildID{k.ID}
	case threads.Confidential:
		n.WithStaff = []ids.StaffID{c.Worker}
	}
	_, err := w.f.OpenThread(w.t.Context(), p.Actor, n)
	w.said(*p, err)
}

func (w *world) someFiles() (out []store.NewFile) {
	for w.chance(3) && len(out) < 2 {
		first := choose(w, []string{"", "", "unseen ", "macros "})
		out = append(out, store.NewFile{Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: w.word() + ".pdf", MediaType: choose(w, []string{"application/pdf", "image/jpeg"})}, Content: []byte(first + w.word())})
	}
	return out
}

func (w *world) body() string {
	return choose(w, []string{"", "", "", "the adoption order. "}) + w.word() + " " + w.word()
}

func (w *world) write(f *family) {
	if t := w.someTalk(f); t != nil {
		p := w.worker(f)
		_, err := w.f.Compose(w.t.Context(), p.Actor, flow.NewMessage{Thread: t.ID, Body: w.body(), IdemKey: w.word(), Files: w.someFiles(), Together: w.chance(6)})
		w.said(*p, err)
	}
}

func (w *world) sheWrites(f *family) {
	if t := w.someTalk(f); t != nil {
		_, err := w.f.Compose(w.t.Context(), ids.MotherActor(f.mother), flow.NewMessage{Thread: t.ID, Body: w.body(), IdemKey: w.word()})
		w.said(w.herself(f), err)
	}
}

// mailComes has somebody answer in a conversation that she is or was in.
func (w *world) mailComes(f *family) {
	t := w.someTalk(f)
	if t == nil {
		return
	}
	for _, p := range t.parties {
		if p.Kind == threads.PartyContact && !w.chance(3) {
			w.mailFrom(t, ids.ContactID(p.ID), w.m.people[ids.ContactID(p.ID)].Email, true)
			return
		}
	}
}

func (w *world) mailFrom(t *talk, to ids.ContactID, from string, proven bool) {
	rcpt, err := w.f.ReplyAddress(w.t.Context(), t.ID, to)
	if err != nil {
		return
	}
	m := flowtest.From(from, w.body())
	m.Subject, m.Proof.Verified, m.Files = choose(w, []string{"Re: ", "TOGETHER: "})+w.word(), proven, w.someFiles()
	w.receive(rcpt, m)
}

func (w *world) oddMail(f *family) {
	t := w.someTalk(f)
	if t == nil {
		return
	}
	for _, p := range t.parties {
		if p.Kind != threads.PartyContact {
			continue
		}
		switch w.pick(4) {
		case 0: // a colleague of hers, or of another organisation
			w.mailFrom(t, ids.ContactID(p.ID), choose(w, w.outside).email, true)
		case 1:
			w.mailFrom(t, ids.ContactID(p.ID), w.word()+"@"+people.Domain(w.m.people[ids.ContactID(p.ID)].Email), w.chance(2))
		case 2:
			rcpt, err := w.f.ReplyAddress(w.t.Context(), t.ID, ids.ContactID(p.ID))
			if err != nil {
				return
			}
			m := flowtest.From(w.m.people[ids.ContactID(p.ID)].Email, w.word())
			m.Kind, m.Auto = flow.MailAutoReply, flow.AutoFacts{Form: choose(w, []string{"away", "left"}), Until: w.env.Clock.Now().AddDate(0, 0, 5).UTC().Truncate(24 * time.Hour)}
			w.receive(rcpt, m)
		case 3:
			w.receive("nobody-"+w.word()+"@"+domain, flowtest.From(choose(w, w.outside).email, w.word()))
		}
		return
	}
}

func (w *world) review(f *family) {
	hs := w.openHolds(f)
	if len(hs) == 0 {
		return
	}
	h, ctx := choose(w, hs), w.t.Context()
	p := w.worker(f)
	if h.ForRole == ids.RolePublicProtection && w.chance(2) {
		p = w.by(choose(w, []string{"pp1", "pp2"}))
	}
	var err error
	switch s := w.m.says[h.Message]; w.pick(6) {
	case 0:
		err = w.f.Withhold(ctx, p.Actor, h.ID, choose(w, messages.WithholdReasonCodes()), w.word())
	case 1:
		err = w.f.Return(ctx, p.Actor, h.ID, w.word())
	case 2:
		var keep []ids.AttachmentID
		for _, a := range s.Attachments {
			keep = append(keep, a.ID)
		}
		err = w.f.ReleaseWithout(ctx, p.Actor, h.ID, w.word(), keep)
	default:
		err = w.f.Release(ctx, p.Actor, h.ID, w.word())
	}
	w.said(*p, err)
}

func (w *world) claim(f *family) {
	if hs := w.openHolds(f); len(hs) > 0 {
		p := w.worker(f)
		w.said(*p, w.f.Claim(w.t.Context(), p.Actor, choose(w, hs).ID))
	}
}

func (w *world) appeal(f *family) {
	for _, s := range w.saysOf(f, func(s *saying) bool { return s.State.Stopped() && s.AuthorKind == messages.ByMother }) {
		w.said(w.herself(f), w.f.Appeal(w.t.Context(), ids.MotherActor(f.mother), s.ID))
		return
	}
}

func (w *world) mark(f *family) {
	if ss := w.saysOf(f, func(s *saying) bool { return s.AuthorKind != messages.ByMother }); len(ss) > 0 {
		p, s := w.worker(f), choose(w, ss)
		if s.alone() && w.chance(3) {
			w.said(*p, w.f.UnmarkTogether(w.t.Context(), p.Actor, s.ID, w.word()))
			return
		}
		w.said(*p, w.f.MarkTogether(w.t.Context(), p.Actor, s.ID))
	}
}

func (w *world) book(f *family) {
	if ss := w.saysOf(f, (*saying).alone); len(ss) > 0 {
		p := w.worker(f)
		w.said(*p, w.f.BookReading(w.t.Context(), p.Actor, choose(w, ss).ID, flow.NewBooking{Supporter: w.worker(f).StaffID(), At: w.env.Clock.Now().Add(time.Hour), Place: w.word()}))
	}
}

func (w *world) read(f *family) {
	ss := w.saysOf(f, func(s *saying) bool { return s.alone() && s.State == messages.Released })
	if len(ss) == 0 {
		return
	}
	p, s, ctx := w.worker(f), choose(w, ss), w.t.Context()
	token, err := w.f.BeginBeside(ctx, p.Actor, s.ID, f.pin)
	w.said(*p, err)
	if err != nil {
		return
	}
	if w.chance(4) {
		return // begun, and not shown
	}
	_, err = w.f.ShowTogether(ctx, p.Actor, token)
	w.said(*p, err)
	w.said(*p, w.f.RecordReading(ctx, p.Actor, s.ID, choose(w, []messages.Went{messages.WentCalm, messages.WentUpset, messages.WentWorried}), w.word()))
}

func (w *world) restrict(f *family) {
	c := w.m.cases[f.id]
	n := flow.NewRestriction{Case: f.id, Kind: choose(w, cases.RestrictionKinds), Source: choose(w, cases.RestrictionSources), Note: w.word(), Told: w.chance(2), From: w.m.today.Plus(w.pick(2))}
	if w.chance(2) {
		n.To = n.From.Plus(w.pick(3))
	}
	if w.chance(2) {
		n.Children = []ids.ChildID{choose(w, c.kids).ID}
	} else {
		n.Contacts = []ids.ContactID{choose(w, w.outside).id}
	}
	p := choose(w, []*person{w.by("pp1"), w.by("pp2"), w.pactOf(f)})
	_, err := w.f.AddRestriction(w.t.Context(), p.Actor, n)
	w.said(*p, err)
}

func (w *world) unrestrict(f *family) {
	if ls := w.m.cases[f.id].limits; len(ls) > 0 {
		p := choose(w, []*person{w.by("pp1"), w.by("pp2")})
		w.said(*p, w.f.EndRestriction(w.t.Context(), p.Actor, choose(w, ls).ID))
	}
}

func (w *world) custody(f *family) {
	if !w.chance(3) {
		return
	}
	c := w.m.cases[f.id]
	here, there := custody.Place{Name: "HMP Northgate"}, custody.Place{Name: "HMP Southgate"}
	if c.mother.Establishment == w.south {
		here, there = there, here
	}
	e := custody.Event{ID: ids.Secret(8), Number: f.number, Occurred: w.env.Clock.Now(), Received: w.env.Clock.Now(), Source: "form", Reason: "planned"}
	switch c.mother.Custody {
	case people.Released:
		e.Kind, e.At = custody.Recalled, here
	case people.Away:
		e.Kind = choose(w, []custody.Kind{custody.HospitalBack, custody.AbsenceBack})
	default:
		switch w.pick(6) {
		case 0, 1:
			e.Kind, e.From, e.At = custody.Transferred, here, there
		case 2:
			e.Kind, e.At = custody.Received, there
		case 3:
			e.Kind = custody.HospitalOut
		case 4:
			e.Kind = custody.Released
		case 5:
			e.Kind, e.At = custody.Received, here
		}
	}
	p := choose(w, []*person{w.by("admin"), w.pactOf(f), w.by("pom1"), w.by("pom2")})
	_, err := w.f.RecordCustodyEvent(w.t.Context(), p.Actor, e)
	w.said(*p, err)
	w.look()
	if c := w.m.cases[f.id]; c.mother.Wing == "" {
		wing := w.wing
		if c.mother.Establishment == w.north {
			wing = choose(w, []ids.WingID{w.wingA, w.wingB})
		}
		o := choose(w, []*person{w.by("officerA"), w.by("officerC"), w.by("pom1"), w.by("pom2"), w.by("admin")})
		w.said(*o, w.f.AllocateWing(w.t.Context(), o.Actor, f.mother, wing))
	}
}

func (w *world) changeTeam(f *family) {
	p, who := choose(w, []*person{w.by("admin"), w.pactOf(f)}), choose(w, w.staff)
	switch w.pick(3) {
	case 0:
		w.said(*p, w.f.JoinTeam(w.t.Context(), p.Actor, f.id, who.StaffID()))
	case 1:
		w.said(*p, w.f.LeaveTeam(w.t.Context(), p.Actor, f.id, who.StaffID()))
	case 2:
		w.said(*p, w.f.HandCase(w.t.Context(), p.Actor, f.id, who.StaffID()))
	}
}

func (w *world) settings(f *family) {
	s := messages.ReviewSetting{Scope: messages.Scope{Kind: messages.OfCase, ID: string(f.id)}, Direction: choose(w, []messages.Direction{messages.ToHer, messages.FromHer}),
		First: choose(w, []ids.Role{ids.RolePactWorker, ids.RolePublicProtection, ids.RoleOffenderManager}), Second: choose(w, []ids.Role{"", ids.RolePublicProtection})}
	if s.First == s.Second {
		s.Second = ""
	}
	p := choose(w, []*person{w.by("pp1"), w.by("pp2")})
	w.said(*p, w.f.SetReview(w.t.Context(), p.Actor, s))
}

func (w *world) flag(f *family) {
	p := w.pactOf(f)
	_, err := w.f.AddFlag(w.t.Context(), p.Actor, flow.FlagScope{Case: f.id}, flags.Rule{Level: flags.Person, For: string(f.mother), Words: []string{w.word()}, Note: w.word()})
	w.said(*p, err)
}

func (w *world) plan(f *family) {
	p := choose(w, w.staff)
	if w.chance(3) {
		w.said(*p, w.f.ClosePlan(w.t.Context(), p.Actor, f.mother))
		return
	}
	w.said(*p, w.f.OpenPlan(w.t.Context(), p.Actor, f.mother))
}

func (w *world) draft(f *family) {
	if t := w.someTalk(f); t != nil {
		p := w.worker(f)
		w.said(*p, w.f.SaveDraft(w.t.Context(), p.Actor, t.ID, w.word()))
	}
}

func (w *world) alertList(f *family) {
	p, who := choose(w, []*person{w.by("pp1"), w.by("pp2"), w.by("admin")}), choose(w, w.staff)
	w.said(*p, w.f.KeepAlertPerson(w.t.Context(), p.Actor, people.AlertPerson{Establishment: w.m.cases[f.id].mother.Establishment, Staff: who.StaffID(), ByMail: w.chance(2)}))
}

func (w *world) request(f *family) {
	if t := w.someTalk(f); t != nil {
		p, c := w.worker(f), w.m.cases[f.id]
		n := flow.NewRequest{Thread: t.ID, Kind: choose(w, []requests.Kind{requests.Vaccination, requests.Trip, requests.Update}), Child: choose(w, c.kids).ID, Body: w.body(), IdemKey: w.word(), Lang: "en"}
		n.Due = w.m.today.Plus(3)
		_, err := w.f.Ask(w.t.Context(), p.Actor, n)
		w.said(*p, err)
	}
}

func (w *world) sheAsks(f *family) {
	if t := w.someTalk(f); t != nil {
		n := flow.NewRequest{Thread: t.ID, Kind: choose(w, []requests.Kind{requests.Report, requests.Update, requests.Photo}), Child: choose(w, w.m.cases[f.id].kids).ID, Body: w.word(), IdemKey: w.word(), Lang: "en"}
		_, err := w.f.Ask(w.t.Context(), ids.MotherActor(f.mother), n)
		w.said(w.herself(f), err)
	}
}

func (w *world) answer(f *family) {
	a := ids.MotherActor(f.mother)
	rs, err := w.f.KioskRequests(w.t.Context(), a)
	w.said(w.herself(f), err)
	if len(rs) == 0 {
		return
	}
	says := choose(w, []requests.Says{requests.Yes, requests.No, requests.Talk, requests.Told})
	shown, err := w.f.ReadBack(w.t.Context(), a, rs[0].ID, says, "en")
	w.said(w.herself(f), err)
	_, err = w.f.Answer(w.t.Context(), a, flow.NewAnswer{Request: rs[0].ID, Says: says, Reason: w.word(), Lang: "en", Shown: shown, IdemKey: w.word()})
	w.said(w.herself(f), err)
}
