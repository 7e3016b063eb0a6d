package surface_test

import (
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

// Who may know what, naively, from the rows alone.

func (p person) staff() bool {
	return (p.Kind == ids.ActorStaff || p.Kind == ids.ActorAPI) && p.ID != ""
}
func (p person) outside() bool { return p.Kind == ids.ActorContact }
func (p person) is(roles ...ids.Role) bool {
	return p.staff() && slices.Contains(roles, p.Role)
}

func (c *caseRow) onTeam(p person) bool {
	return p.staff() && (c.team[p.StaffID()] || c.Worker == p.StaffID())
}
func (c *caseRow) her(p person) bool   { return p.Kind == ids.ActorMother && p.ID == string(c.mother.ID) }
func (c *caseRow) here(p person) bool  { return p.staff() && p.Agency == c.mother.Establishment }
func (c *caseRow) pact(p person) bool  { return p.is(ids.RolePactWorker) && c.onTeam(p) }
func (c *caseRow) works(p person) bool { return c.pact(p) || c.familyWorker(p) }
func (c *caseRow) familyWorker(p person) bool {
	return p.is(ids.RoleFamilyWorker) && c.onTeam(p) && (c.here(p) || !ofPrison[p.name])
}
func (c *caseRow) manager(p person) bool {
	return p.is(ids.RoleOffenderManager) && c.onTeam(p) && c.here(p)
}
func (c *caseRow) protects(p person) bool { return p.is(ids.RolePublicProtection) && c.here(p) }
func (c *caseRow) officer(p person) bool {
	return p.is(ids.RoleWingOfficer) && c.here(p) && p.wing == c.mother.Wing
}

// prisons: the staff of her prison who see who is due where.
func (c *caseRow) prisons(p person) bool {
	return p.is(ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection) && c.here(p)
}

// comes: the offices of her prison that receive women, whether or not they have to do with her case.
func (c *caseRow) comes(p person) bool {
	return p.is(ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleFamilyWorker) && c.here(p)
}

// ofPrison are those who are of a prison's own staff and can be left behind.
var ofPrison = map[string]bool{"few2": true, "pom1": true, "pom2": true, "officerA": true, "officerB": true, "officerC": true, "pp1": true, "pp2": true}

// known: who may know that she has a case.
func (c *caseRow) known(p person) bool {
	return c.her(p) || c.works(p) || c.manager(p) || c.protects(p)
}

// namedTo: who may know her by name: whoever knows of the case, the staff of her prison, who see her every day, and of the one that expects her;
// administrators; the kiosk on her wing; people outside who are in a conversation or a meeting with her.
func (c *caseRow) namedTo(m *model, p person) bool {
	if c.known(p) || c.prisons(p) || c.comes(p) || p.is(ids.RoleAdministrator) {
		return true
	}
	if p.Kind == ids.ActorKiosk {
		return p.prison == c.mother.Establishment && p.wing == c.mother.Wing && c.mother.Custody == people.InCustody
	}
	for _, t := range m.talks {
		if t.c == c && t.partyEver(p) {
			return true
		}
	}
	for _, g := range m.meets {
		if g.c == c && g.takesPart(p) {
			return true
		}
	}
	return false
}

// tellsOf: people outside learn a child's name from a conversation about that child.
func (m *model) tellsOf(c *caseRow, k cases.Child, p person) bool {
	if !p.outside() {
		return false
	}
	for _, t := range m.talks {
		if t.c == c && t.partyEver(p) && slices.Contains(t.Children, k.ID) {
			return true
		}
	}
	return false
}

// agency: what organisations there are is in public directories, so staff may know. That one has to do with a family, only that family and those in a
// conversation or meeting with it may: a mother, and people outside.
func (m *model) agency(id ids.AgencyID) func(person) bool {
	return func(p person) bool {
		if p.staff() {
			return true
		}
		if c := m.people[ids.ContactID(p.ID)]; p.outside() && c != nil && c.Agency == id {
			return true
		}
		for _, c := range m.cases {
			if c.her(p) && slices.ContainsFunc(c.kids, func(k cases.Child) bool { return k.Authority == id }) {
				return true
			}
		}
		for _, t := range m.talks {
			if t.Agency == id && t.followedBy(p) {
				return true
			}
		}
		for _, g := range m.meets {
			if g.heardOf(p) && slices.ContainsFunc(g.in, func(x meetings.Participant) bool {
				c := m.people[ids.ContactID(x.Person)]
				return c != nil && c.Agency == id
			}) {
				return true
			}
		}
		return false
	}
}

// known: who may know of a person outside.
func (r *contactRow) known(p person) bool {
	if p.outside() && p.ID == string(r.ID) || p.is(ids.RoleAdministrator) {
		return true
	}
	for _, t := range r.m.talks { // who is in a conversation with her
		in := slices.ContainsFunc(t.parties, func(x threads.Party) bool { return x.ID == string(r.ID) })
		if in && (t.followedBy(p) || t.partyEver(p) && p.outside()) {
			return true
		}
	}
	for _, g := range r.m.meets {
		if g.heardOf(p) && slices.ContainsFunc(g.in, func(x meetings.Participant) bool { return x.Person == string(r.ID) }) {
			return true
		}
	}
	for _, c := range r.m.cases { // who works with her organisation for one of its children, or may bring in a lawyer
		concerned := slices.ContainsFunc(c.kids, func(k cases.Child) bool { return k.Authority == r.Agency })
		// Which school a child goes to is not recorded: those of all schools are offered to who begins a conversation.
		if p.staff() && concerned && c.known(p) || c.pact(p) && r.Role == people.Solicitor || c.works(p) && r.Role == people.SchoolLead {
			return true
		}
		if slices.ContainsFunc(c.limits, func(l cases.Restriction) bool {
			return slices.Contains(l.Contacts, r.ID) && (p.staff() && c.known(p) || l.Told && c.her(p))
		}) {
			return true
		}
	}
	return false
}

func (t *talk) party(p person, now bool) bool {
	for _, x := range t.parties {
		if x.ID != p.ID || now && !x.Until.IsZero() {
			continue
		}
		if x.Kind == threads.PartyMother && p.Kind == ids.ActorMother || x.Kind == threads.PartyContact && p.outside() || x.Kind == threads.PartyStaff && p.staff() {
			return true
		}
	}
	return false
}
func (t *talk) partyNow(p person) bool  { return t.party(p, true) }
func (t *talk) partyEver(p person) bool { return t.party(p, false) }

func (t *talk) movedOn(p person) bool { return ofPrison[p.name] && p.staff() && !t.c.here(p) }

// followedBy: who may know that a conversation exists. Privileged: its parties. Confidential: Pact besides. Official: who knows the case. A mother
// knows nothing of one that begins with hard news until that was read with her.
func (t *talk) followedBy(p person) bool {
	if p.Kind == ids.ActorMother && t.Quiet && t.Channel != threads.Privileged {
		return false
	}
	switch t.Channel {
	case threads.Privileged:
		return t.partyNow(p)
	case threads.Confidential:
		return t.partyNow(p) || t.c.pact(p)
	}
	return !t.movedOn(p) && (t.partyNow(p) || p.staff() && t.c.known(p))
}

// knownTo: an administrator keeps the audit log, which names official conversations, and sees from whom held privileged mail came.
func (t *talk) knownTo(p person) bool {
	return t.followedBy(p) || p.is(ids.RoleAdministrator) && (t.Channel == threads.Official || t.Channel == threads.Privileged && t.mail)
}

func (s *saying) wroteIt(p person) bool {
	switch s.AuthorKind {
	case messages.ByMother:
		return p.Kind == ids.ActorMother && p.ID == s.AuthorID
	case messages.ByContact:
		return p.outside() && p.ID == s.AuthorID
	case messages.ByStaff:
		return p.staff() && p.ID == s.AuthorID
	}
	return false
}

// checks: who reviews it, or did.
func (s *saying) checks(p person) bool {
	if s.in.Channel != threads.Official {
		return false
	}
	return s.in.c.pact(p) || slices.ContainsFunc(s.holds, func(h messages.Hold) bool { return s.decidedFor(p, h) })
}

func (s *saying) decidedFor(p person, h messages.Hold) bool {
	c := s.in.c
	if !s.in.followedBy(p) || s.in.Channel != threads.Official {
		return false
	}
	if s.State == messages.Returned && s.wroteIt(p) { // the explanation is for her
		return true
	}
	switch h.ForRole {
	case ids.RolePublicProtection:
		return c.protects(p) || c.pact(p)
	case ids.RoleFamilyWorker:
		return c.familyWorker(p) || c.pact(p)
	case ids.RoleOffenderManager:
		return c.manager(p) || c.pact(p)
	}
	return c.pact(p)
}

func (s *saying) alone() bool { return s.together.Required() && s.together.Opened.IsZero() }

// readBy: who may read it.
func (s *saying) readBy(p person) bool {
	switch {
	case s == nil || !s.in.followedBy(p):
		return false
	case s.wroteIt(p):
		return true
	case s.kept[p.ID], p.Kind == ids.ActorMother && (s.alone() || s.AuthorKind == messages.BySystem):
		return false
	case p.outside() && len(s.audience) > 0 && !slices.Contains(s.audience, ids.ContactID(p.ID)):
		return false
	}
	return s.State == messages.Released || s.checks(p)
}

// knownTo: who may know that there is such a message. Staff who follow a conversation see what waits in it; whoever it was meant for may be told that
// it was not passed on.
func (s *saying) knownTo(p person) bool {
	if s.readBy(p) || p.staff() && s.in.knownTo(p) {
		return true
	}
	out := s.State == messages.Withheld && s.in.partyNow(p) && s.in.followedBy(p)
	return out && slices.ContainsFunc(s.holds, func(h messages.Hold) bool { return h.ReasonCode == "out_of_date" })
}

// hasFile: a reader has its files, but for one that a reviewer has kept back.
func (s *saying) hasFile(p person, a messages.Attachment) bool {
	if !s.readBy(p) {
		return false
	}
	return s.wroteIt(p) || p.staff() || a.Ruling != messages.FileKept
}

func (g *gathering) takesPart(p person) bool {
	for _, x := range g.in {
		if x.Person == p.ID && x.Removed.IsZero() && (x.Kind == meetings.PersonMother && p.Kind == ids.ActorMother || x.Kind == meetings.PersonContact && p.outside() || x.Kind == meetings.PersonStaff && p.staff()) {
			return true
		}
	}
	return p.staff() && g.CreatedBy == p.StaffID()
}

// heardOf: who may know of a meeting. What is between her and her supporter Pact alone knows of besides.
func (g *gathering) heardOf(p person) bool {
	if ofPrison[p.name] && !g.c.here(p) {
		return false
	}
	if g.takesPart(p) {
		return true
	}
	if g.Kind == meetings.PreBrief || g.Kind == meetings.Debrief {
		return g.c.pact(p)
	}
	return p.staff() && g.c.known(p)
}

// knownTo: the audit log, which an administrator keeps, names meetings, but for those between a mother and her supporter.
func (g *gathering) knownTo(p person) bool {
	return g.heardOf(p) || p.is(ids.RoleAdministrator) && !g.Kind.Private()
}
