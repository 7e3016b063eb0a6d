package surface_test

import (
	"encoding/json"
	"strings"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// model is what the store holds, as plain rows, and what follows from it for whom, in PRODUCT.md's words. It asks neither policy nor flow.
type model struct {
	today  workdays.Day
	cases  map[ids.CaseID]*caseRow
	talks  map[ids.ThreadID]*talk
	says   map[ids.MessageID]*saying
	meets  map[ids.MeetingID]*gathering
	people map[ids.ContactID]*contactRow
	// words are the markers, each with every place where it stands; things the identifiers, each with what it is.
	words  map[string][]place
	things map[string]place
}

// place is somewhere that a word stands, or a thing that has an identifier.
type place struct {
	what string
	may  func(p person) bool
}

type caseRow struct {
	cases.Case
	mother people.Mother
	kids   []cases.Child
	team   map[ids.StaffID]bool
	limits []cases.Restriction
	named  map[ids.StaffID]bool // who is told on her wing
}

type contactRow struct {
	people.Contact
	m *model
}

type talk struct {
	threads.Thread
	c       *caseRow
	parties []threads.Party
	mail    bool // an email to it is held
}

type saying struct {
	messages.Message
	in       *talk
	holds    []messages.Hold
	together messages.Together
	kept     map[string]bool // from whom a restriction keeps it
	audience []ids.ContactID
}

type gathering struct {
	meetings.Meeting
	c  *caseRow
	in []meetings.Participant
}

// look reads the store anew.
func (w *world) look() {
	m := &model{today: workdays.Of(w.env.Clock.Now()), cases: map[ids.CaseID]*caseRow{}, talks: map[ids.ThreadID]*talk{}, says: map[ids.MessageID]*saying{}, meets: map[ids.MeetingID]*gathering{},
		people: map[ids.ContactID]*contactRow{}, words: map[string][]place{}, things: map[string]place{}}
	w.m = m
	ctx, st, t := w.t.Context(), w.env.Store, w.t
	for _, a := range must(st.Agencies(ctx, ""))(t) {
		if a.Kind == people.Authority || a.Kind == people.LawFirm || a.Kind == people.School {
			m.word("the name of an organisation", a.Name, m.agency(a.ID))
		}
		for _, c := range must(st.ContactsOf(ctx, a.ID))(t) {
			row := &contactRow{c, m}
			m.people[c.ID] = row
			m.word("a contact's name or address", c.Name+" "+c.Email, row.known)
			m.thing("contact", string(c.ID), row.known)
		}
	}
	for _, f := range w.families {
		w.lookAt(m, f)
	}
	for _, p := range w.staff {
		for _, t := range m.talks {
			draft, err := st.Draft(ctx, p.StaffID(), t.Thread)
			if err != nil && ids.KindOf(err) != ids.NotFound {
				w.t.Fatal(err)
			}
			id := p.ID
			m.word("a draft", draft, func(p person) bool { return p.staff() && p.ID == id })
		}
	}
	w.lookAtMail(m)
	w.lookAtMovements(m)
}

func (m *model) word(what, text string, may func(person) bool) {
	for _, s := range marker.FindAllString(text, -1) {
		m.words[lower(s)] = append(m.words[lower(s)], place{what, may})
	}
}

func (m *model) thing(what, id string, may func(person) bool) {
	if id != "" {
		m.things[id] = place{what + " " + id, may}
	}
}

func (w *world) lookAt(m *model, f *family) {
	ctx, st, t := w.t.Context(), w.env.Store, w.t
	c := &caseRow{Case: must(st.Case(ctx, f.id))(t), mother: must(st.Mother(ctx, f.mother))(t), kids: must(st.Children(ctx, f.id))(t), limits: must(st.Restrictions(ctx, f.id))(t),
		team: map[ids.StaffID]bool{}, named: map[ids.StaffID]bool{}}
	m.cases[f.id] = c
	for _, s := range must(st.Team(ctx, f.id))(t) {
		c.team[s.ID] = true
	}
	for _, p := range must(st.AlertPeople(ctx, c.mother.Establishment))(t) {
		c.named[p.Staff] = true
	}
	m.word("a mother's name", c.mother.Name, func(p person) bool { return c.namedTo(m, p) })
	m.word("a prisoner number", f.number, func(p person) bool { return !p.outside() && c.namedTo(m, p) })
	m.thing("mother", string(f.mother), func(p person) bool { return c.namedTo(m, p) }) // outside in the signed record of an answer
	m.word("a case's reference", c.Reference, func(p person) bool {
		return c.known(p) || c.comes(p) || p.is(ids.RoleAdministrator) || p.outside() && c.namedTo(m, p) // the subjects of what she is mailed have it
	})
	m.thing("case", string(f.id), func(p person) bool { return c.known(p) || c.comes(p) || p.is(ids.RoleAdministrator) })
	m.word("how she is reached after release", must(st.FollowOn(ctx, f.id))(t), c.known)
	for _, k := range c.kids {
		m.word("a child's name", k.Name, func(p person) bool { return c.known(p) || m.tellsOf(c, k, p) })
		m.thing("child", string(k.ID), func(p person) bool { return c.known(p) || m.tellsOf(c, k, p) }) // the signed record of an answer names it
	}
	for _, r := range c.limits {
		m.word("the note of a restriction", r.Note, func(p person) bool { return p.staff() && c.known(p) })
		m.thing("restriction", string(r.ID), func(p person) bool { return p.staff() && c.known(p) || p.is(ids.RoleAdministrator) }) // whose log names it
	}
	for _, r := range must(st.FlagRules(ctx, c.mother.Establishment, f.id))(t) {
		m.word("a reviewer's flag", strings.Join(r.Words, " ")+" "+r.Note, func(p person) bool { return p.staff() && c.known(p) })
	}
	for _, th := range must(st.ThreadsOfCase(ctx, f.id))(t) {
		w.lookInto(m, c, th)
	}
	for _, g := range must(st.MeetingsOfCase(ctx, f.id))(t) {
		x := &gathering{g, c, must(st.Participants(ctx, g.ID))(t)}
		m.meets[g.ID] = x
		m.word("a meeting's title", g.Title, x.heardOf)
		m.thing("meeting", string(g.ID), func(p person) bool { return x.knownTo(p) || x.broughtBy(p) })
		w.lookAfter(m, x)
		w.lookBefore(m, x)
		for _, p := range x.in {
			m.thing("a place in a meeting", string(p.ID), x.knownTo)
		}
	}
	w.lookAtPolls(m, c)
	for _, x := range must(st.RequestsOfCase(ctx, f.id))(t) {
		m.thing("request", string(x.ID), func(p person) bool {
			return m.says[x.Message].readBy(p) || p.is(ids.RoleAdministrator) && m.talks[x.Thread].Channel == threads.Official // her log names it, as it names asks
		})
	}
	for _, a := range must(st.AsksOfCase(ctx, f.id))(t) {
		may := func(p person) bool { return p.staff() && m.talks[a.Thread].knownTo(p) }
		if a.Open() {
			m.thing("ask", string(a.ID), may)
		}
		for _, s := range must(st.AskSteps(ctx, a.ID))(t) {
			m.word("why a draft was not sent", s.Reason, may)
			if a.Open() {
				m.thing("step", string(s.ID), may)
			}
		}
	}
	for _, h := range must(st.OpenHandovers(ctx, f.id))(t) {
		m.thing("handover", string(h.ID), func(p person) bool {
			return (c.pact(p) || p.is(ids.RoleAdministrator)) && m.talks[h.Thread].Channel == threads.Official
		})
	}
	for _, p := range w.staff {
		for _, a := range must(st.AlertsSince(ctx, p.StaffID(), c.mother.Establishment, c.Opened))(t) {
			if a.Case == f.id {
				m.thing("alert", string(a.ID), func(p person) bool {
					return c.officer(p) || c.works(p) || c.manager(p) || p.is(ids.RoleAdministrator) || p.staff() && p.Agency == c.mother.Establishment && c.named[p.StaffID()]
				})
			}
		}
	}
}

func (w *world) lookInto(m *model, c *caseRow, th threads.Thread) {
	ctx, st, t := w.t.Context(), w.env.Store, w.t
	x := &talk{Thread: th, c: c, parties: must(st.Parties(ctx, th.ID))(t)}
	m.talks[th.ID] = x
	m.word("a conversation's subject", th.Subject, x.followedBy)
	m.thing("conversation", string(th.ID), x.knownTo)
	kept := map[ids.MessageID]map[string]bool{}
	for _, d := range must(st.DeliveriesOfThread(ctx, th.ID))(t) {
		if d.Kept == messages.KeptRestricted {
			if kept[d.Message] == nil {
				kept[d.Message] = map[string]bool{}
			}
			kept[d.Message][d.RecipientID] = true
		}
		m.thing("delivery", string(d.ID), func(p person) bool { return p.staff() && x.knownTo(p) })
	}
	together := map[ids.MessageID]messages.Together{}
	for _, g := range must(st.TogetherOfThread(ctx, th.ID))(t) {
		together[g.Message] = g
	}
	for _, msg := range must(st.MessagesOfThread(ctx, th.ID))(t) {
		s := &saying{Message: msg, in: x, holds: must(st.HoldsOfMessage(ctx, msg.ID))(t), together: together[msg.ID], kept: kept[msg.ID], audience: must(st.Audience(ctx, msg.ID))(t)}
		m.says[msg.ID] = s
		m.word("the words of a message", msg.Subject+" "+msg.Body+" "+msg.Quoted, s.readBy)
		m.thing("message", string(msg.ID), s.knownTo)
		for _, h := range s.holds {
			m.word("a reviewer's note", h.Note, func(p person) bool {
				return p.staff() && (s.checks(p) || s.decidedFor(p, h)) || p.Kind == ids.ActorMother && s.decidedFor(p, h)
			})
			m.thing("hold", string(h.ID), func(p person) bool { return p.staff() && x.knownTo(p) })
		}
		m.word("a note about reading together", s.together.Note+" "+s.together.WhyNot, func(p person) bool { return p.staff() && s.readBy(p) })
		m.word("where a message is read", s.together.Booking.Place, func(p person) bool { return p.staff() && (s.readBy(p) || c.prisons(p)) })
		for _, a := range msg.Attachments {
			m.thing("file", string(a.ID), func(p person) bool { return s.hasFile(p, a) || p.staff() && x.knownTo(p) })
			m.word("a file's name", a.Name, func(p person) bool { return s.hasFile(p, a) })
			if _, ok := w.plainFiles[a.ID]; !ok {
				content, err := st.AttachmentContent(ctx, c.ID, a.ID)
				if err != nil {
					w.t.Fatal(err)
				}
				w.plainFiles[a.ID] = string(content)
			}
			// What is in the record of an answer is said in its message too.
			m.word("a file's content", w.plainFiles[a.ID], func(p person) bool {
				return s.hasFile(p, a) || s.hasFile(p, messages.Attachment{}) && strings.HasPrefix(a.Name, "answer")
			})
		}
	}
}

// lookAtMail is about emails that are no message: they are held, or told something and were put aside.
func (w *world) lookAtMail(m *model) {
	ctx := w.t.Context()
	for _, id := range w.inbound {
		in := must(w.env.Store.Inbound(ctx, id))(w.t)
		hold, err := w.env.Store.OpenHoldOfMail(ctx, id)
		var h messages.Hold
		if err == nil && hold != "" {
			h = must(w.env.Store.Hold(ctx, hold))(w.t)
		} else if err != nil && ids.KindOf(err) != ids.NotFound {
			w.t.Fatal(err)
		}
		t := m.talks[in.Thread]
		if t != nil && h.ID != "" {
			t.mail = true
		}
		may := func(p person) bool { // whoever sorts the mail
			switch {
			case t == nil:
				return p.is(ids.RolePactWorker) && p.staff()
			case t.Channel == threads.Privileged:
				return t.partyNow(p)
			}
			return t.c.pact(p) || t.followedBy(p) && p.staff() && in.State == "noted"
		}
		seesSender := func(p person) bool {
			return may(p) || t != nil && t.Channel == threads.Privileged && p.is(ids.RoleAdministrator) || t != nil && p.staff() && t.followedBy(p)
		}
		m.word("an email", w.plainMails[id], may)
		m.word("the note of who passed an email on", h.Note+" "+h.Why, may)
		logged := func(p person) bool { return seesSender(p) || p.is(ids.RoleAdministrator) && (t == nil || t.knownTo(p)) }
		m.thing("email", string(id), logged)
		m.thing("hold", string(h.ID), logged)
		from := in.Envelope.MailFrom
		m.word("who sent an email", from, seesSender)
		var read flow.ReadMail
		if json.Unmarshal([]byte(in.Facts), &read) == nil {
			m.word("who sent an email", read.FromName, seesSender)
		}
		for _, c := range m.people {
			if c.Email == from {
				m.word("who sent an email", c.Name, seesSender)
			}
		}
	}
}
