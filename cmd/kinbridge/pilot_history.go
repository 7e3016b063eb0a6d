package main

import (
	"errors"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

var (
	pilotAsks    = []string{"How are the children settling in? She would like to know about school.", "When is the next review, and can she take part by video?", "Can she have a photo of each of the children?", "She has not heard for some weeks. Is there any news?"}
	pilotAnswers = []string{"They are well. School says that they are making progress.", "The date is being arranged, and we will send an invitation.", "Photos are in the post to Pact.", "Thank you for asking. There is no change."}
)

// talk draws a conversation: what Pact or she wrote, and what came back and when. Some authorities take longer than others, and some messages are never answered.
func (m *pilotMaker) talk(c *pilotCase, t pilotThread) {
	slow := 2 + t.with.authority%7
	for in, n := 3+m.rng.IntN(10), 0; n < 7; n++ {
		day := m.workday(c, in)
		if day == 0 {
			return
		}
		took := m.answerTime(slow)
		answer := m.cal.Add(day, took)
		answered := answer <= c.to && m.rng.IntN(8) > 0
		fromHer := m.rng.IntN(3) == 0
		m.on(day, func(tx *store.Tx) (audit.Entry, error) {
			out := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: t.ID, Case: c.id, AuthorKind: messages.ByStaff, AuthorID: c.worker.ID, State: messages.Released, Body: pilotAsks[n%len(pilotAsks)], Written: tx.Now(), ReleasedAt: tx.Now()}
			if fromHer {
				out.AuthorKind, out.AuthorID = messages.ByMother, string(c.mother)
			}
			return audit.MessageWritten(c.id, t.ID, out.ID), m.arrived(tx, out, messages.ToContact, string(t.to), t.with.email)
		})
		m.askedFor(c, t, n, day, answer, answered)
		next := in + 20 + m.rng.IntN(50)
		if answered {
			m.on(answer, func(tx *store.Tx) (audit.Entry, error) {
				in := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: t.ID, Case: c.id, AuthorKind: messages.ByContact, AuthorID: string(t.to), State: messages.Released, Body: pilotAnswers[n%len(pilotAnswers)], Written: tx.Now().Add(30 * time.Minute), ReleasedAt: tx.Now().Add(time.Hour)}
				return audit.MessageWritten(c.id, t.ID, in.ID), m.arrived(tx, in, messages.ToMother, string(c.mother), "")
			})
			next = max(next, int(answer-c.from)+7)
		}
		in = next
	}
}

// arrived stores a message that has reached whom it was for.
func (m *pilotMaker) arrived(tx *store.Tx, x messages.Message, to messages.RecipientKind, id, address string) error {
	if _, _, err := tx.AddMessage(x, "pilot-"+string(x.ID), "pilot-"+string(x.ID)+"@pilot.example", nil); err != nil {
		return err
	}
	d := messages.Delivery{ID: ids.New[ids.DeliveryID](ids.Delivery), Message: x.ID, Thread: x.Thread, Case: x.Case, RecipientKind: to, RecipientID: id, Address: address}
	if _, err := tx.AddDelivery(d); err != nil {
		return err
	}
	d.State, d.Times = messages.Accepted, messages.DeliveryTimes{Queued: tx.Now(), Sent: tx.Now(), Accepted: tx.Now()}
	if to == messages.ToMother {
		d.State, d.Times = messages.Seen, messages.DeliveryTimes{Queued: tx.Now(), Kiosk: tx.Now(), Seen: tx.Now()}
	}
	return tx.UpdateDelivery(d)
}

// askedFor draws whether an answer was asked for by a day, and how that ended.
func (m *pilotMaker) askedFor(c *pilotCase, t pilotThread, n int, day, answer workdays.Day, answered bool) {
	if m.rng.IntN(3) > 0 {
		return
	}
	a := cases.Ask{ID: ids.New[ids.AskID](ids.Ask), Case: c.id, Thread: t.ID, Agency: t.Agency, Origin: cases.AskByWorker, Ref: "worker/pilot-" + string(rune('a'+n)), AskedBy: c.worker.ID, Due: m.cal.Add(day, 5)}
	m.on(day, func(tx *store.Tx) (audit.Entry, error) {
		a.Asked = tx.Now()
		_, _, err := tx.AddAsk(a)
		return audit.AskSet(c.id, t.ID, a.ID, string(a.Origin), a.Due.String()), err
	})
	ends := answer
	if !answered {
		if c.closed == 0 {
			return // it is waited for still
		}
		ends = c.to
	}
	m.on(ends, func(tx *store.Tx) (audit.Entry, error) {
		a.Ended.By = c.worker.ID
		if answered {
			a.Answered = tx.Now().Add(time.Hour)
			return audit.AskAnswered(c.id, t.ID, a.ID, ""), tx.UpdateAsk(a)
		}
		a.Ended.Stopped = tx.Now()
		return audit.AskStopped(c.id, t.ID, a.ID), tx.UpdateAsk(a)
	})
}

// meetingsOf draws the meetings about the children who are looked after: most in Kinbridge, some elsewhere.
func (m *pilotMaker) meetingsOf(c *pilotCase) {
	kinds := []meetings.Kind{meetings.LookedAfterReview, meetings.LookedAfterReview, meetings.LookedAfterReview, meetings.CoreGroup, meetings.ChildInNeedMeeting, meetings.ReviewConference, meetings.PersonalEducationPlan,
		meetings.FamilyGroupConference}
	var about []ids.ChildID
	for _, k := range c.kids {
		if k.Authority != "" && k.Authority == c.kids[0].Authority {
			about = append(about, k.ID)
		}
	}
	for in := 25 + m.rng.IntN(40); ; in += 45 + m.rng.IntN(60) {
		day := m.workday(c, in)
		if day == 0 {
			return
		}
		kind, part, why := kinds[m.rng.IntN(len(kinds))], meetings.Part(""), meetings.Why("")
		switch n := m.rng.IntN(100); {
		case n < 42:
			part = meetings.ByVideo
		case n < 48:
			part, why = meetings.ByAudio, meetings.WhyVideo
		case n < 62:
			part, why = meetings.ByPhone, []meetings.Why{meetings.WhyVideo, meetings.WhyRegime}[m.rng.IntN(2)]
		case n < 72:
			part, why = meetings.ReadOut, []meetings.Why{meetings.WhyOwnChoice, meetings.WhyRegime, meetings.WhyAuthority}[m.rng.IntN(3)]
		case n < 92:
			part, why = meetings.WithNone, []meetings.Why{meetings.WhyNotTold, meetings.WhyNotTold, meetings.WhyAuthority, meetings.WhyRegime, meetings.WhyAdmitted, meetings.WhyOwnChoice}[m.rng.IntN(6)]
		}
		if m.rng.IntN(5) == 0 && part != "" {
			m.on(m.cal.Add(day, 2), func(tx *store.Tx) (audit.Entry, error) {
				e := meetings.Elsewhere{ID: ids.New[ids.ElsewhereID](ids.Elsewhere), Case: c.id, Kind: kind, Day: day, Children: about, Part: part, Why: why, By: c.worker.StaffID()}
				_, _, err := tx.AddElsewhere(e, "pilot-"+string(e.ID))
				return audit.MeetingHeld(c.id, e.ID, string(kind), day.String(), string(part), string(why)), err
			})
			continue
		}
		m.meeting(c, kind, day, about, part, why)
	}
}

// meeting draws one of our own: when it was planned and she was told, and what became of it.
func (m *pilotMaker) meeting(c *pilotCase, kind meetings.Kind, day workdays.Day, about []ids.ChildID, part meetings.Part, why meetings.Why) {
	told := max(m.cal.Add(day, -m.rng.IntN(16)-1), c.from)
	id, her := ids.New[ids.MeetingID](ids.Meeting), ids.New[ids.ParticipantID](ids.Participant)
	starts := day.At(10+m.rng.IntN(4), 0)
	invited := why != meetings.WhyNotTold
	// What the room proves: she was in it. Of some meetings nobody has recorded her part besides.
	room, recorded := part == meetings.ByVideo || part == meetings.ByAudio, part != "" && (part != meetings.ByVideo || m.rng.IntN(6) > 0)
	m.invitation(c, told, invited)
	m.on(told, func(tx *store.Tx) (audit.Entry, error) {
		x := meetings.Meeting{ID: id, Case: c.id, Kind: kind, Starts: starts, Ends: starts.Add(time.Hour), State: meetings.Planned, CreatedBy: c.worker.StaffID(), Revision: 1}
		if _, _, err := tx.AddMeeting(x, "pilot-"+string(id)); err != nil {
			return audit.Entry{}, err
		}
		person := func(p ids.ParticipantID, kind meetings.PersonKind, who, name, email string, role meetings.Role) error {
			return tx.AddParticipant(meetings.Participant{ID: p, Meeting: id, Kind: kind, Person: who, Name: name, Email: email, Role: role}, "")
		}
		host := m.d.staffName(c.worker)
		err := person(ids.New[ids.ParticipantID](ids.Participant), meetings.PersonStaff, c.worker.ID, host, "", meetings.RoleHost)
		if invited && err == nil {
			err = errors.Join(person(her, meetings.PersonMother, string(c.mother), c.name, "", meetings.RoleMother), tx.AddFeed(c.mother, store.FeedMeeting, string(id)))
		}
		for _, t := range c.threads {
			if err == nil {
				err = person(ids.New[ids.ParticipantID](ids.Participant), meetings.PersonContact, string(t.to), t.with.name, t.with.email, meetings.RoleGuest)
			}
		}
		for _, k := range about {
			if err == nil {
				err = tx.AddMeetingAbout(id, k)
			}
		}
		return audit.MeetingCreated(c.id, id), err
	})
	m.on(day, func(tx *store.Tx) (audit.Entry, error) {
		if room {
			for _, e := range []meetings.RoomEvent{{Kind: meetings.Joined, At: starts.Add(time.Minute)}, {Kind: meetings.Left, At: starts.Add(50 * time.Minute)}} {
				e.ID, e.Room, e.Participant = ids.Secret(10), id, her
				if _, err := tx.AddAttendance(e); err != nil {
					return audit.Entry{}, err
				}
			}
		}
		entry := audit.RoomEnded(c.id, id, "host")
		if _, err := tx.SetMeetingState(id, meetings.Ended); err != nil || !recorded {
			return entry, err
		}
		tx.Also(audit.MeetingPartKept(c.id, id, string(part), string(why), room))
		return entry, tx.SetMeetingPart(c.id, meetings.PartRecord{Meeting: id, Part: part, Why: why, Proven: room, By: c.worker.StaffID()})
	})
}

// invitation draws the authority's invitation by email, of most meetings: what it says has been dealt with, and is not kept in a demo.
func (m *pilotMaker) invitation(c *pilotCase, day workdays.Day, invited bool) {
	if len(c.threads) == 0 || m.rng.IntN(3) == 0 {
		return
	}
	state := invites.Accepted
	if !invited {
		state = []invites.State{invites.Declined, invites.Withdrawn}[m.rng.IntN(2)]
	}
	t, id := c.threads[m.rng.IntN(len(c.threads))], ids.New[ids.InvitationID](ids.Invitation)
	m.on(day, func(tx *store.Tx) (audit.Entry, error) {
		k := invites.Known{ID: id, Case: c.id, Thread: t.ID, Contact: t.to, State: state, Decided: tx.Now(), By: c.worker.StaffID()}
		return audit.InvitationAnswered(c.id, t.ID, id, string(state)), tx.SaveInvitation(k, "pilot-"+string(id))
	})
}

// goalsOf draws what contact is worked for.
func (m *pilotMaker) goalsOf(c *pilotCase) {
	for _, k := range c.kids {
		if k.Adult() <= m.today || m.rng.IntN(3) == 0 {
			continue
		}
		kind := cases.GoalKinds[m.rng.IntN(len(cases.GoalKinds))]
		set := m.workday(c, 5+m.rng.IntN(60))
		if set == 0 {
			continue
		}
		g := cases.Goal{ID: ids.New[ids.GoalID](ids.Goal), Case: c.id, Child: k.ID, Kind: kind, SetBy: c.worker.StaffID()}
		m.on(set, func(tx *store.Tx) (audit.Entry, error) {
			_, _, err := tx.AddGoal(g)
			return audit.GoalSet(c.id, k.ID, g.ID, string(kind)), err
		})
		ends, how := m.cal.Add(set, 15+m.rng.IntN(100)), cases.GoalReached
		switch n := m.rng.IntN(10); {
		case n < 2:
			how = cases.GoalGivenUp
		case n < 4:
			continue // worked for still
		}
		if ends > c.to {
			continue
		}
		m.on(ends, func(tx *store.Tx) (audit.Entry, error) {
			g, err := tx.Goal(tx.Context(), g.ID)
			if err == nil {
				_, err = g.End(how, ends, tx.Today(), c.worker.StaffID(), tx.Now())
			}
			if err != nil {
				return audit.Entry{}, err
			}
			return audit.GoalEnded(c.id, k.ID, g.ID, string(how), ends.String()), tx.EndGoal(g)
		})
	}
}

// staffName is the name of a demo person.
func (d *demoMaker) staffName(a ids.Actor) string {
	for _, p := range demoStaff {
		if string(d.staff[p.key]) == a.ID {
			return p.name
		}
	}
	return ""
}

// pilotWriters are those at whose desks the pretend mailbox can sit: the social workers of open cases.
func pilotWriters(p pilotPlan) (out []people.Contact) {
	for _, f := range p.families {
		for _, w := range f.workers {
			if f.closed == 0 {
				out = append(out, people.Contact{Name: w.name, Email: w.email})
			}
		}
	}
	return out
}
