package oracle_test

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// The acts, by what they are done with. TestEveryActIsAskedAbout holds them to the book.
var (
	actsOnCase = []policy.Act{policy.SeeCase, policy.ExportCase, policy.OwnRecord, policy.KeepTeam, policy.KeepChild, policy.KeepGoal, policy.CountCase, policy.ReadAudit, policy.SetReview, policy.SetFlags, policy.SeeSupport,
		policy.KeepSupport, policy.SeeAlert, policy.SeeRestrictions, policy.AddRestriction, policy.ChangeRestriction, policy.LetKeptGo, policy.SeeCustody, policy.RecordCustody, policy.FollowOn,
		policy.ResetPIN, policy.ChooseMother}
	actsOnTalk   = []policy.Act{policy.ReadThread, policy.ExportThread, policy.ReadTrace, policy.WriteMessage, policy.AskRequest, policy.SetReview, policy.HandleFailure, policy.Chase, policy.Handover}
	actsOnSaying = []policy.Act{policy.ReadMessage, policy.SeeRequest, policy.ReadOriginal, policy.AnswerRequest, policy.Review, policy.Appeal, policy.ReleaseClaim, policy.MarkTogether,
		policy.UnmarkTogether, policy.HearOf, policy.GiveKept, policy.BookSupport, policy.OpenTogether, policy.ClearFile}
	actsOnDelivery = []policy.Act{policy.Deliver, policy.Attach}
	actsOnMeeting  = []policy.Act{policy.SeeMeeting, policy.SeeMovement, policy.RecordMovement, policy.AcknowledgeMovement, policy.MindMovement, policy.AttendMeeting, policy.HostMeeting, policy.IssueTicket,
		policy.StepDown, policy.KeepMeeting, policy.CorrectRecord, policy.KeepDebrief, policy.Contribute, policy.ChooseAttendance, policy.SeePreparation, policy.AddPaper, policy.ReadNotice}
	actsOnMeetingTalk   = []policy.Act{policy.SendContribution}
	actsOnMeetingSaying = []policy.Act{policy.ReadContribution}
	actsOnPlan          = []policy.Act{policy.OpenThread, policy.Address, policy.LookUp}
	actsOnBooking       = []policy.Act{policy.PlanMeeting, policy.Invite}
	actsOnPoll          = []policy.Act{policy.AnswerPoll}
	actsOnMail          = []policy.Act{policy.FileMail, policy.DecideMail, policy.MoveMail, policy.ReadMail, policy.FileHeldMail, policy.AnswerOrganiser, policy.HandOver}
	actsOnNobody        = []policy.Act{policy.ManagePeople, policy.Appoint, policy.ManageKiosks, policy.MergeRecord, policy.SeeRules, policy.CountCase, policy.ReadAudit, policy.SetReview, policy.SetFlags, policy.DecideMail,
		policy.MoveMail, policy.ReadMail, policy.KeepAlertList, policy.ManageRegime, policy.RegimeDay}
)

func every() (all []policy.Act) {
	for _, list := range [][]policy.Act{actsOnCase, actsOnTalk, actsOnSaying, actsOnDelivery, actsOnMeeting, actsOnMeetingTalk, actsOnMeetingSaying, actsOnPlan, actsOnBooking, actsOnPoll, actsOnMail, actsOnNobody} {
		all = append(all, list...)
	}
	return all
}

// asker is called with each question and the facts of it.
type asker func(*question, *policy.Facts)

// each asks about several acts: what is known is the same, whatever she wants to do. Who is asked must not keep the question or its facts: the next one is
// asked in the same place, for there are a thousand to a step.
func (w *world) each(q question, acts []policy.Act, with asker) {
	q.act = acts[0]
	w.asked = q
	gathered := false
	for _, act := range acts {
		if w.enough != nil && w.enough(act) {
			continue
		}
		if !gathered {
			w.known = w.facts(&w.asked)
			gathered = true
		}
		w.asked.act, w.known.Act = act, act
		with(&w.asked, &w.known)
	}
}

// eachAnew is for acts whose facts differ.
func (w *world) eachAnew(q question, acts []policy.Act, with asker) {
	for i := range acts {
		w.each(q, acts[i:i+1], with)
	}
}

// ask calls with every question about one family: everybody, everything of it (or what the scope names), every act. What is to be begun, planned or
// filed is drawn anew, once for all who ask.
func (w *world) ask(f *family, only scope, with asker) {
	plan, booking, poll, letter, inForce := w.drawPlan(f), w.drawBooking(f), w.drawPoll(f), w.drawMail(), w.inForce(f)
	for _, p := range w.people {
		q := question{who: p, fam: f, base: w.about(p, f, inForce)}
		if only.talk == nil {
			w.each(q, actsOnCase, with)
			n := q
			n.plan = plan
			w.eachAnew(n, actsOnPlan, with)
			n.plan = booking
			w.each(n, actsOnBooking, with)
			n.plan = poll
			w.each(n, actsOnPoll, with)
			w.askMeetings(q, with)
		}
		for _, t := range w.talks {
			if t.fam == f && (only.talk == nil || t == only.talk) {
				w.askTalk(q, t, letter.towards(t), only.say, with)
			}
		}
	}
}

func (w *world) askTalk(q question, t *talk, letter mail, only *saying, with asker) {
	q.in = t
	if only == nil {
		w.each(q, actsOnTalk, with)
		m := q
		m.mail = letter
		w.each(m, actsOnMail, with)
	}
	for _, s := range t.said {
		if only == nil || s == only {
			q.say = s
			w.each(q, actsOnSaying, with)
			w.askDeliveries(q, with)
		}
	}
}

func (w *world) askMeetings(q question, with asker) {
	for _, g := range w.meets {
		if g.fam == q.fam {
			q.met, q.self = g, false
			w.each(q, actsOnMeeting, with)
			q.self = true
			w.each(q, actsOnMeeting, with)
			w.askBefore(q, with)
		}
	}
}

// askDeliveries asks, for the program and for one who is not it, whether a message reaches each party but its author.
func (w *world) askDeliveries(q question, with asker) {
	if q.who.Kind != ids.ActorSystem && q.who.ID != "pact1" {
		return
	}
	for i := range q.say.in.in {
		if to := &q.say.in.in[i]; !to.left && to.id != q.say.author.id {
			q.to = to
			w.eachAnew(q, actsOnDelivery, with)
		}
	}
}

// askNobody calls with every question that is about no family.
func (w *world) askNobody(with asker) {
	for _, p := range w.people {
		for _, q := range []question{{who: p, place: northgate}, {who: p, place: northgate, wing: "A"}, {who: p, place: southgate, wing: "B"}, {who: p, place: southgate, self: true}, {who: p, place: charity}, {who: p, place: charity, self: true}} {
			w.each(q, actsOnNobody, with)
		}
	}
}

func (w *world) drawPlan(f *family) (n plan) {
	n.channel = choose(w, []threads.Channel{threads.Official, threads.Official, threads.Official, threads.Confidential, threads.Confidential, threads.Privileged, threads.Privileged, ""})
	if !w.chance(3) {
		n.whom = choose(w, outsiders).id
	}
	for _, k := range f.children {
		if w.chance(2) {
			n.about = append(n.about, k.id)
		}
	}
	if w.chance(3) {
		n.staff = append(n.staff, choose(w, w.staff()).ID)
	}
	return n
}

func (w *world) drawBooking(f *family) (n plan) {
	n.legal, n.confirmed, n.attended = w.chance(5), w.chance(2), w.chance(2)
	for range w.pick(3) {
		n.guests = append(n.guests, choose(w, outsiders[:w.pick(2)*2+3]).id)
	}
	if w.chance(4) {
		n.staff = append(n.staff, choose(w, w.staff()).ID)
	}
	if w.chance(2) {
		n.whom = choose(w, outsiders).id
	} else {
		n.child = choose(w, f.children).id
	}
	return n
}

// drawMail draws an email that has most often nothing wrong with it, or one thing.
func (w *world) drawMail() (m mail) {
	m = mail{valid: true, proven: true, readable: true, from: choose(w, outsiders).id, before: w.pick(3)}
	m.at = worksAt(m.from)
	for range w.pick(3) {
		switch w.pick(14) {
		case 0:
			m.valid = false
		case 1:
			m.expired = true
		case 2:
			m.proven = false
		case 3:
			m.readable = false
		case 4:
			m.encrypted = true
		case 5:
			m.automatic, m.before = true, w.pick(14)
		case 6:
			m.challenge = true
		case 7:
			m.invitation, m.old, m.waits = true, w.chance(4), w.chance(4)
		case 8:
			m.from = "" // a stranger, of that organisation or of none that is known
			if w.chance(2) {
				m.at = "nowhere"
			}
		case 9:
			m.takesOver = true
		case 10:
			m.asked = true
		case 11:
			m.other = true
		case 13:
			m.namesake, m.other = true, true
		case 12:
			m.report, m.automatic = true, w.chance(2)
		}
	}
	return m
}

// towards addresses it to a conversation: most often it comes from its organisation. What was addressed to a privileged one may be put into another.
func (m mail) towards(t *talk) mail {
	if out := t.outside(); len(out) > 0 && m.from != "" && !m.other {
		m.from, m.at = out[0], worksAt(out[0])
	}
	m.fromPrivileged = t.channel == threads.Privileged || m.other && m.asked
	m.elsewhere = m.fromPrivileged && t.channel != threads.Privileged
	return m
}

// describe tells a world in a few lines, for somebody who looks into a disagreement.
func (q *question) String() string {
	s := string(q.act) + " by " + q.who.ID + " (" + string(q.who.Kind) + " " + string(q.who.Role) + ")"
	if q.in != nil {
		s += ", in " + string(q.in.channel) + " " + string(q.in.id)
	}
	if q.say != nil {
		s += ", " + string(q.say.id)
	}
	return s
}
