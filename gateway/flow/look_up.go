package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/wording"
)

// Limits of a search for a person.
const (
	MinLookUp = 2   // letters and digits
	MaxLookUp = 100 // characters
	mostFound = 50  // results shown
)

// FoundKind says who was found.
type FoundKind string

// Who can be found.
const (
	FoundMother  FoundKind = "mother"
	FoundChild   FoundKind = "child"
	FoundContact FoundKind = "contact"
)

// FoundCase is a case that somebody found has to do with and the searcher may know of.
type FoundCase struct {
	ID        ids.CaseID
	Reference string
	Mother    string
}

// Found is one person found.
type Found struct {
	Kind   FoundKind
	Name   string
	Number string             // a mother's prison number
	Office people.ContactRole // of a contact
	Body   people.Agency      // a contact's organisation, or the authority that looks after a child; without an ID when there is none
	Email  string             // of a contact
	Cases  []FoundCase        // none for an administrator, who keeps the directory and knows of no case

	id    string
	rank  int
	other string // what can be searched besides the name
}

// LookedUp is what a search found.
type LookedUp struct {
	People []Found
	More   bool // there were more than are shown
}

// lookUp is a search under way. Only what the searcher could have to do with is read, and policy is asked about each person before any word is compared, so neither what is
// answered nor how long it takes depends on anybody else.
type lookUp struct {
	actor    ids.Actor
	cases    map[ids.CaseID]FoundCase
	facts    map[ids.CaseID]policy.CaseFacts
	ofPerson map[string]map[ids.CaseID]bool // by the identifier of a contact or of an organisation
	bodies   map[ids.AgencyID]people.Agency
	found    []Found
}

// MayLookUp reports whether somebody can find anybody at all, as far as her office says.
func MayLookUp(a ids.Actor) bool {
	return allowed(policy.Facts{Actor: a, Case: policy.CaseFacts{OnTeam: true, SameEstablishment: true},
		Touch: policy.Touch{Contacts: []ids.ContactID{"anybody"}, Concerned: true}}, policy.LookUp)
}

// LookUp finds mothers, children and people outside by any part of a name, by number, reference, authority or address, without regard to case and accents. It shows only
// whom the searcher may know of, and records who looked for what: nothing is shown that was not recorded.
func (f *Flow) LookUp(ctx context.Context, a ids.Actor, words string) (LookedUp, error) {
	words = strings.TrimSpace(CleanText(words))
	asked := strings.Fields(plainName(words))
	switch {
	case utf8.RuneCountInString(words) > MaxLookUp:
		return LookedUp{}, ids.E(ids.Invalid, "Write at most %d characters.", MaxLookUp)
	case len([]rune(strings.Join(asked, ""))) < MinLookUp:
		return LookedUp{}, ids.E(ids.Invalid, "Write at least %d letters or digits.", MinLookUp)
	}
	if !MayLookUp(a) {
		facts := policy.Facts{Act: policy.LookUp, Actor: a}
		return LookedUp{}, f.refuse(ctx, facts, "", policy.Decide(facts))
	}
	l := lookUp{actor: a, cases: map[ids.CaseID]FoundCase{}, facts: map[ids.CaseID]policy.CaseFacts{}, ofPerson: map[string]map[ids.CaseID]bool{}, bodies: map[ids.AgencyID]people.Agency{}}
	if err := f.gatherPeople(ctx, &l); err != nil {
		return LookedUp{}, err
	}
	out := l.match(asked)
	err := f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		row := store.LookUp{ID: ids.New[ids.LookUpID](ids.LookUp), Staff: a.StaffID(), Words: words, Found: len(out.People)}
		return audit.PersonLookedUp(row.ID), tx.AddLookUp(row)
	})
	if err != nil {
		return LookedUp{}, err
	}
	return out, nil
}

// gatherPeople reads all whom the searcher may find.
func (f *Flow) gatherPeople(ctx context.Context, l *lookUp) error {
	ctx = store.OnePage(ctx)
	agencies, err := f.st.Agencies(ctx, "")
	if err != nil {
		return err
	}
	for _, ag := range agencies {
		l.bodies[ag.ID] = ag
	}
	if err := f.gatherMothers(ctx, l); err != nil {
		return err
	}
	if err := f.gatherChildren(ctx, l); err != nil {
		return err
	}
	if err := f.gatherSeats(ctx, l); err != nil {
		return err
	}
	return f.gatherContacts(ctx, l)
}

// gatherContacts adds the people outside: everybody for whoever keeps the directory, else those of the searcher's cases.
func (f *Flow) gatherContacts(ctx context.Context, l *lookUp) error {
	seen := map[ids.ContactID]bool{}
	add := func(list []people.Contact) {
		for _, c := range list {
			if !seen[c.ID] {
				seen[c.ID] = true
				l.addContact(c)
			}
		}
	}
	if allowed(policy.Facts{Actor: l.actor, Touch: policy.Touch{Contacts: []ids.ContactID{"anybody"}}}, policy.LookUp) {
		all, err := f.st.AllContacts(ctx)
		add(all)
		return err
	}
	for ref := range l.ofPerson {
		if ids.Has(ref, ids.Contact) {
			c, err := f.st.Contact(ctx, ids.ContactID(ref))
			if err != nil {
				return err
			}
			add([]people.Contact{c})
			continue
		}
		list, err := f.st.ContactsOf(ctx, ids.AgencyID(ref))
		if err != nil {
			return err
		}
		add(list)
	}
	return nil
}

func (f *Flow) gatherMothers(ctx context.Context, l *lookUp) error {
	list, err := f.st.Candidates(ctx, l.actor.StaffID(), l.actor.Agency)
	if err != nil {
		return err
	}
	former, err := f.st.EveryFormerNumber(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		cf, err := caseFactsOf(ctx, f.st.Reader, l.actor, c.Case, c.Mother)
		if err != nil {
			return err
		}
		if !allowed(policy.Facts{Actor: l.actor, Case: cf, Touch: policy.Touch{Concerned: true}}, policy.LookUp) {
			continue
		}
		of := FoundCase{c.Case.ID, c.Case.Reference, c.Mother.Name}
		l.cases[of.ID], l.facts[of.ID] = of, cf
		l.found = append(l.found, Found{Kind: FoundMother, Name: c.Mother.Name, Number: c.Mother.PrisonerNumber, Cases: []FoundCase{of}, id: string(c.Mother.ID),
			other: strings.Join(append([]string{of.Reference, c.Mother.PrisonerNumber}, former[c.Mother.ID]...), " ")})
	}
	return nil
}

func (f *Flow) gatherChildren(ctx context.Context, l *lookUp) error {
	kids, err := f.st.CandidateChildren(ctx, l.actor.StaffID(), l.actor.Agency)
	if err != nil {
		return err
	}
	caseOf := map[ids.ChildID]ids.CaseID{}
	for _, k := range kids {
		of, ok := l.cases[k.Case]
		if !ok {
			continue
		}
		caseOf[k.ID] = k.Case
		l.concern(string(k.Authority.ID), k.Case)
		l.found = append(l.found, Found{Kind: FoundChild, Name: k.Name, Body: k.Authority, Cases: []FoundCase{of}, id: string(k.ID),
			other: strings.Join([]string{of.Reference, k.Authority.Name, k.Authority.Welsh}, " ")})
	}
	list, err := f.st.CandidateConcerns(ctx, l.actor.StaffID(), l.actor.Agency)
	for _, x := range list {
		if c, ok := caseOf[x.Child]; ok {
			l.concern(x.Ref, c)
		}
	}
	return err
}

// gatherSeats finds the people outside who are in conversations that the searcher may read.
func (f *Flow) gatherSeats(ctx context.Context, l *lookUp) error {
	seats, err := f.st.CandidateSeats(ctx, l.actor.StaffID(), l.actor.Agency)
	if err != nil {
		return err
	}
	for len(seats) > 0 {
		n := 1
		for n < len(seats) && seats[n].Thread == seats[0].Thread {
			n++
		}
		here := seats[:n]
		seats = seats[n:]
		cf, ok := l.facts[here[0].Case]
		if !ok {
			continue
		}
		parties := make([]threads.Party, n)
		for i, s := range here {
			parties[i] = s.Party
		}
		t := threads.Thread{ID: here[0].Thread, Case: here[0].Case, Channel: here[0].Channel, Quiet: here[0].Quiet}
		if !allowed(policy.Facts{Actor: l.actor, Case: cf, Thread: threadFacts(l.actor, t, parties)}, policy.ReadThread) {
			continue
		}
		for _, c := range contactsNow(parties) {
			l.concern(string(c), t.Case)
		}
	}
	return nil
}

// concern notes that somebody outside has to do with a case.
func (l *lookUp) concern(who string, c ids.CaseID) {
	if who == "" {
		return
	}
	if l.ofPerson[who] == nil {
		l.ofPerson[who] = map[ids.CaseID]bool{}
	}
	l.ofPerson[who][c] = true
}

// addContact adds somebody outside whom the searcher may find: as an administrator, or with the cases of hers that the person has to do with.
func (l *lookUp) addContact(c people.Contact) {
	of := map[ids.CaseID]bool{}
	for id := range l.ofPerson[string(c.ID)] {
		of[id] = true
	}
	if c.Role != people.Carer {
		for id := range l.ofPerson[string(c.Agency)] {
			of[id] = true
		}
	}
	facts := policy.Facts{Actor: l.actor, Touch: policy.Touch{Contacts: []ids.ContactID{c.ID}}}
	may := allowed(facts, policy.LookUp)
	body := l.bodies[c.Agency]
	p := Found{Kind: FoundContact, Name: c.Name, Office: c.Role, Body: body, Email: c.Email, id: string(c.ID), other: strings.Join([]string{body.Name, body.Welsh, c.Email}, " ")}
	for id := range of {
		facts.Case, facts.Touch.Concerned = l.facts[id], true
		if allowed(facts, policy.LookUp) {
			may = true
			p.Cases = append(p.Cases, l.cases[id])
		}
	}
	if may {
		slices.SortFunc(p.Cases, func(a, b FoundCase) int { return cmp.Compare(a.Reference, b.Reference) })
		l.found = append(l.found, p)
	}
}

// match keeps who has every word, the best first: by the beginning of a name, then by any part of one, then by anything else.
func (l *lookUp) match(asked []string) LookedUp {
	var out []Found
	for _, p := range l.found {
		name := " " + plainName(p.Name)
		all := name + " " + plainName(p.other)
		for _, w := range asked {
			switch {
			case !strings.Contains(all, w):
				p.rank = -1
			case !strings.Contains(name, w):
				p.rank = max(p.rank, 2)
			case !strings.Contains(name, " "+w):
				p.rank = max(p.rank, 1)
			}
			if p.rank < 0 {
				break
			}
		}
		if p.rank >= 0 {
			out = append(out, p)
		}
	}
	order := map[FoundKind]int{FoundMother: 0, FoundChild: 1, FoundContact: 2}
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(order[a.Kind], order[b.Kind]), cmp.Compare(plainName(a.Name), plainName(b.Name)), cmp.Compare(a.id, b.id))
	})
	return LookedUp{People: out[:min(len(out), mostFound)], More: len(out) > mostFound}
}

// plainName writes a name or number as it is compared: without case, accents and apostrophes, its parts parted by one space.
func plainName(s string) string {
	b := strings.Map(func(r rune) rune {
		switch {
		case r == '\'' || r == '’' || r == 'ʼ' || r == '`':
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return ' '
	}, wording.Fold(s))
	return strings.Join(strings.Fields(b), " ")
}

// LookUpRow is a search that was made, as administrators read it.
type LookUpRow struct {
	store.LookUp
	Name string // of whoever looked
}

// LookUps returns the newest searches to whoever reads the whole audit log, and records that they were read.
func (f *Flow) LookUps(ctx context.Context, a ids.Actor) ([]LookUpRow, error) {
	if err := f.may(ctx, policy.Facts{Act: policy.ReadAudit, Actor: a}, "look-ups"); err != nil {
		return nil, err
	}
	list, err := f.st.LookUps(ctx, 200)
	if err != nil {
		return nil, err
	}
	out := make([]LookUpRow, len(list))
	for i, l := range list {
		s, err := f.st.Staff(ctx, l.Staff)
		if err != nil {
			return nil, err
		}
		out[i] = LookUpRow{l, s.Name}
	}
	return out, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.AuditRead(""), nil })
}
