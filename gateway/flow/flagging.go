package flow

import (
	"context"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flags"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// How many flags one scope may have: together they stay within the limits of package flags.
const (
	maxFlagsWide   = 500 // of the estate, and of one establishment
	maxFlagsOfCase = 100
)

// FlagScope is for whom flags are kept: Establishment, or Case, or neither for the estate.
type FlagScope struct {
	Establishment ids.AgencyID
	Case          ids.CaseID
}

// FlagPerson is a person of a case whose messages a flag can be set for.
type FlagPerson struct {
	ID, Name string
}

// FlagList is the flags of a scope. Of a case it has the persons whom a flag can be for.
type FlagList struct {
	Rules  []store.FlagRule
	People []FlagPerson
}

// flagFacts are the facts for changing the flags of a scope.
func (f *Flow) flagFacts(ctx context.Context, a ids.Actor, s FlagScope) (policy.Facts, error) {
	facts := policy.Facts{Act: policy.SetFlags, Actor: a, SamePlace: s.Establishment != "" && a.Agency == s.Establishment}
	if s.Case == "" {
		return facts, nil
	}
	c, err := f.st.Case(ctx, s.Case)
	if err != nil {
		return facts, err
	}
	facts.SamePlace = false
	facts.Case, err = caseFacts(ctx, f.st.Reader, a, c)
	return facts, err
}

func (s FlagScope) auditID() string {
	if s.Case != "" {
		return string(s.Case)
	}
	return string(s.Establishment)
}

// Flags returns the flags of a scope to whoever may change them, and records that she saw a person's.
func (f *Flow) Flags(ctx context.Context, a ids.Actor, s FlagScope) (l FlagList, err error) {
	facts, err := f.flagFacts(ctx, a, s)
	if err != nil {
		return l, err
	}
	if err := f.may(ctx, facts, auditID(s.auditID())); err != nil {
		return l, err
	}
	if l.Rules, err = f.flagsOf(ctx, f.st.Reader, s); err != nil || s.Case == "" {
		return l, err
	}
	if l.People, err = f.flagPeople(ctx, s.Case); err != nil {
		return l, err
	}
	return l, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.CaseRead(s.Case).With("part", "flags"), nil })
}

// flagsOf are the flags of one scope alone.
func (f *Flow) flagsOf(ctx context.Context, r store.Reader, s FlagScope) (own []store.FlagRule, err error) {
	rules, err := r.FlagRules(ctx, s.Establishment, s.Case)
	for _, x := range rules {
		if x.Level == s.level() {
			own = append(own, x)
		}
	}
	return own, err
}

func (s FlagScope) level() flags.Level {
	switch {
	case s.Case != "":
		return flags.Person
	case s.Establishment != "":
		return flags.Establishment
	}
	return flags.Estate
}

// flagPeople are the mother and the people outside with whom she has official conversations: the others are nobody's to review.
func (f *Flow) flagPeople(ctx context.Context, id ids.CaseID) ([]FlagPerson, error) {
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := f.st.Mother(ctx, c.Mother)
	if err != nil {
		return nil, err
	}
	out := []FlagPerson{{string(m.ID), m.Name}}
	ts, err := f.st.ThreadsOfCase(ctx, id)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, t := range ts {
		if !policy.HasReviewer(t.Channel) {
			continue
		}
		ps, err := f.st.Parties(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			if p.Kind == threads.PartyContact && p.Until.IsZero() && !seen[p.ID] {
				seen[p.ID] = true
				out = append(out, FlagPerson{p.ID, p.Name})
			}
		}
	}
	return out, nil
}

// AddFlag adds a flag to a scope; r.For names the person, for a case. r needs no ID and no level.
func (f *Flow) AddFlag(ctx context.Context, a ids.Actor, s FlagScope, r flags.Rule) (string, error) {
	facts, err := f.flagFacts(ctx, a, s)
	if err != nil {
		return "", err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, facts, auditID(s.auditID()), d)
	}
	if r, err = f.wellMadeFlag(ctx, s, r); err != nil {
		return "", err
	}
	return r.ID, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		own, err := f.flagsOf(tx.Context(), tx.Reader, s)
		if err != nil {
			return audit.Entry{}, err
		}
		most := maxFlagsWide
		if s.Case != "" {
			most = maxFlagsOfCase
		}
		rules := []flags.Rule{r}
		for _, x := range own {
			rules = append(rules, x.Rule)
		}
		if len(rules) > most {
			return audit.Entry{}, ids.E(ids.TooLarge, "There are %d flags here: take some away, or put words that belong together into one.", most)
		}
		if _, err := flags.Compile(rules); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.FlagSet(r.ID, string(r.Level), r.For).In(s.Case, ""), d), tx.AddFlag(store.FlagRule{Rule: r, Case: s.Case}, string(a.StaffID()))
	})
}

// wellMadeFlag gives a rule its place and checks it.
func (f *Flow) wellMadeFlag(ctx context.Context, s FlagScope, r flags.Rule) (flags.Rule, error) {
	r.ID, r.Level, r.Note, r.Pattern = ids.New[string]("flg"), s.level(), strings.TrimSpace(CleanText(r.Note)), strings.TrimSpace(CleanText(r.Pattern))
	switch r.Level {
	case flags.Estate:
		r.For = ""
	case flags.Establishment:
		r.For = string(s.Establishment)
	case flags.Person:
		people, err := f.flagPeople(ctx, s.Case)
		if err != nil {
			return r, err
		}
		known := false
		for _, p := range people {
			known = known || p.ID == r.For
		}
		if !known {
			return r, ids.E(ids.Invalid, "Choose whose messages it is for.")
		}
	}
	return r, flags.Check(r)
}

// RemoveFlag takes a flag away; one that is gone already stays so.
func (f *Flow) RemoveFlag(ctx context.Context, a ids.Actor, id string) error {
	r, err := f.st.FlagRule(ctx, id)
	if err != nil {
		return err
	}
	s := FlagScope{Case: r.Case}
	if r.Level == flags.Establishment {
		s.Establishment = ids.AgencyID(r.For)
	}
	facts, err := f.flagFacts(ctx, a, s)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.FlagEnded(r.ID, string(r.Level), r.For).In(r.Case, ""), d), tx.EndFlag(id, string(a.StaffID()))
	})
}

// TryFlag shows what a rule would point out in a text, without keeping either.
func (f *Flow) TryFlag(ctx context.Context, a ids.Actor, s FlagScope, r flags.Rule, text string) ([]Mark, error) {
	facts, err := f.flagFacts(ctx, a, s)
	if err != nil {
		return nil, err
	}
	if err := f.may(ctx, facts, auditID(s.auditID())); err != nil {
		return nil, err
	}
	if len(text) > MaxBody {
		return nil, ids.E(ids.TooLarge, "The text is too long: at most %d characters fit.", MaxBody)
	}
	r.ID, r.Level, r.For, r.Direction = "try", flags.Estate, "", flags.Both // whatever it is for, the words are the same
	set, err := flags.Compile([]flags.Rule{r})
	if err != nil {
		return nil, err
	}
	return marksOf(set, set.Match(text, flags.About{})), nil
}

// Mark is a place in a message that a reviewer wants to be shown: bytes Start to End of its body.
type Mark struct {
	Start, End int
	Note       string
}

// Pointed is what flags found in a held message.
type Pointed struct {
	Marks []Mark
	// InSubject and InFiles are flags found in its subject and the names of its files.
	InSubject, InFiles []Mark
	Cut                bool // there is more than is shown
}

// Count is how many things were pointed out.
func (p Pointed) Count() int { return len(p.Marks) + len(p.InSubject) + len(p.InFiles) }

func marksOf(s *flags.Set, res flags.Result) (marks []Mark) {
	for _, h := range res.Hits {
		r, _ := s.Rule(h.Rule)
		marks = append(marks, Mark{h.Start, h.End, r.Note})
	}
	return marks
}

// pointer finds flags in held messages; it keeps the sets of the cases that it was asked about. It lives for one request.
type pointer struct {
	r    store.Reader
	wide map[ids.AgencyID]*flags.Set
	own  map[ids.CaseID]*flags.Set
}

func (f *Flow) pointer() *pointer {
	return &pointer{f.st.Reader, map[ids.AgencyID]*flags.Set{}, map[ids.CaseID]*flags.Set{}}
}

func compiled(rules []store.FlagRule) (*flags.Set, error) {
	list := make([]flags.Rule, len(rules))
	for i, r := range rules {
		list[i] = r.Rule
	}
	return flags.Compile(list)
}

// look finds what flags point out in a held message.
func (p *pointer) look(ctx context.Context, h heldThing) (out Pointed, err error) {
	if h.hold.Message == "" || h.hold.Case == "" || !policy.HasReviewer(h.in.Channel) {
		return out, nil
	}
	e := h.in.Mother.Establishment
	if p.wide[e] == nil {
		rules, err := p.r.FlagRules(ctx, e, "")
		if err != nil {
			return out, err
		}
		if p.wide[e], err = compiled(rules); err != nil {
			return out, err
		}
	}
	if p.own[h.hold.Case] == nil {
		rules, err := p.r.FlagRulesOfCase(ctx, h.hold.Case)
		if err != nil {
			return out, err
		}
		if p.own[h.hold.Case], err = compiled(rules); err != nil {
			return out, err
		}
	}
	about := flags.About{Establishment: string(e), People: []string{h.msg.AuthorID}, Direction: flags.Direction(messages.DirectionOf(h.msg.AuthorKind))}
	for _, party := range h.in.Parties {
		if party.Until.IsZero() {
			about.People = append(about.People, party.ID)
		}
	}
	for _, s := range []*flags.Set{p.wide[e], p.own[h.hold.Case]} {
		find := func(text string) []Mark {
			res := s.Match(text, about)
			out.Cut = out.Cut || res.Cut
			return marksOf(s, res)
		}
		out.Marks = append(out.Marks, find(h.msg.Body)...)
		out.InSubject = append(out.InSubject, find(h.msg.Subject)...)
		for _, at := range h.msg.Attachments {
			out.InFiles = append(out.InFiles, find(at.Name)...)
		}
	}
	return out, nil
}
