package flow

import (
	"cmp"
	"context"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// RestrictionRow is a restriction in a list, with the names of those it is about.
type RestrictionRow struct {
	cases.Restriction
	CaseReference string
	Mother        people.Mother
	People, Kids  []string
	InForce       bool // today
	Ahead         bool // it begins on a later day
	Due           bool // public protection is to look at it, or should have
	AddedByName   string
}

// Bearing says what counts for one person or child whom several restrictions name: however they contradict each other, the strictest.
type Bearing struct {
	Name   string
	Number int
	Counts cases.RestrictionKind
}

// RestrictedRow is a message that a restriction kept, until a person decides.
type RestrictedRow struct {
	messages.Delivery
	Subject   string
	Author    string
	Forbidden bool // still: it cannot be let go today
}

// PictureRow is a picture that came while a restriction forbade it, until a person has looked at it.
type PictureRow struct {
	File    messages.Attachment
	Message messages.Message
	Subject string
}

// WorkRow is a meeting from which a restriction took somebody.
type WorkRow struct {
	store.RestrictionWork
	Who     string
	Meeting MeetingRow
}

// RestrictionsView is the page of a case's restrictions.
type RestrictionsView struct {
	Rows      []RestrictionRow // those in force first, the strictest first
	Several   []Bearing
	Kept      []RestrictedRow // in conversations that the actor may read
	Work      []WorkRow
	Pictures  []PictureRow // that the actor may clear
	MayAdd    bool
	MayChange bool
	MayDecide bool // on what is kept, and on meetings
}

// Restrictions returns a case's restrictions, and what they keep or have withdrawn, and records that they were read.
func (f *Flow) Restrictions(ctx context.Context, a ids.Actor, id ids.CaseID) (RestrictionsView, error) {
	var v RestrictionsView
	c, facts, err := f.restrictionFacts(ctx, a, id, policy.SeeRestrictions)
	if err != nil {
		return v, err
	}
	if a.StaffID() == "" {
		return v, ids.ErrNotFound // she has a list of her own, of those she may be told of: OwnRestrictions
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	v.MayAdd, v.MayChange, v.MayDecide = allowed(facts, policy.AddRestriction), allowed(facts, policy.ChangeRestriction), allowed(facts, policy.LetKeptGo)
	if v.Rows, err = f.restrictionRows(ctx, c); err != nil {
		return v, err
	}
	if v.Several, err = f.bearings(ctx, c, v.Rows); err != nil {
		return v, err
	}
	if v.Kept, err = f.keptRows(ctx, a, c); err != nil {
		return v, err
	}
	if v.Work, err = f.workRows(ctx, a, c); err != nil {
		return v, err
	}
	if v.Pictures, err = f.pictureRows(ctx, a, id); err != nil {
		return v, err
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.RestrictionsRead(id), nil })
}

// restrictionRows returns a case's restrictions with names.
func (f *Flow) restrictionRows(ctx context.Context, c caseAround) ([]RestrictionRow, error) {
	rs, err := f.st.Restrictions(ctx, c.row.ID)
	if err != nil {
		return nil, err
	}
	names, err := f.childNames(ctx, c.row.ID)
	if err != nil {
		return nil, err
	}
	today := f.st.Today()
	rows := make([]RestrictionRow, 0, len(rs))
	for _, x := range rs {
		row := RestrictionRow{Restriction: x, CaseReference: c.row.Reference, Mother: c.mother, InForce: x.InForce(today), Ahead: x.Ended.IsZero() && x.From > today,
			Due: x.Ended.IsZero() && x.Review != 0 && x.Review <= today && (x.To == 0 || today <= x.To)}
		for _, id := range x.Contacts {
			contact, err := f.st.Contact(ctx, id)
			if err != nil {
				return nil, err
			}
			row.People = append(row.People, contact.Name)
		}
		for _, id := range x.Children {
			row.Kids = append(row.Kids, names[id])
		}
		by, err := f.st.Staff(ctx, x.AddedBy)
		if err != nil && ids.KindOf(err) != ids.NotFound {
			return nil, err
		}
		row.AddedByName = by.Name
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b RestrictionRow) int {
		return cmp.Or(cmp.Compare(rankOf(a), rankOf(b)), cmp.Compare(a.Kind.Severity(), b.Kind.Severity()), cmp.Compare(b.From, a.From))
	})
	return rows, nil
}

func rankOf(r RestrictionRow) int {
	switch {
	case r.InForce:
		return 0
	case r.Ahead:
		return 1
	}
	return 2
}

func (f *Flow) childNames(ctx context.Context, c ids.CaseID) (map[ids.ChildID]string, error) {
	kids, err := f.st.Children(ctx, c)
	names := make(map[ids.ChildID]string, len(kids))
	for _, k := range kids {
		names[k.ID] = k.Name
	}
	return names, err
}

// bearings says of everybody whom several restrictions in force name which counts.
func (f *Flow) bearings(ctx context.Context, c caseAround, rows []RestrictionRow) ([]Bearing, error) {
	of, order := map[string]*Bearing{}, []string{}
	note := func(id, name string, k cases.RestrictionKind) {
		b := of[id]
		if b == nil {
			b = &Bearing{Name: name, Counts: k}
			of[id], order = b, append(order, id)
		}
		b.Number++
		if k.Severity() < b.Counts.Severity() {
			b.Counts = k
		}
	}
	for _, r := range rows {
		if !r.InForce {
			continue
		}
		for i, id := range r.Contacts {
			note(string(id), r.People[i], r.Kind)
		}
		for i, id := range r.Children {
			note(string(id), r.Kids[i], r.Kind)
		}
	}
	var out []Bearing
	for _, id := range order {
		if of[id].Number > 1 {
			out = append(out, *of[id])
		}
	}
	return out, nil
}

// keptRows lists what restrictions keep, in conversations that the actor may read.
func (f *Flow) keptRows(ctx context.Context, a ids.Actor, c caseAround) ([]RestrictedRow, error) {
	ds, err := f.st.RestrictedDeliveries(ctx, c.row.ID)
	if err != nil {
		return nil, err
	}
	var out []RestrictedRow
	for _, d := range ds {
		o, m, err := f.keptMessage(ctx, a, d)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
			continue
		}
		out = append(out, RestrictedRow{Delivery: d, Subject: o.Subject, Author: m.AuthorName, Forbidden: keptWhy(policy.Decide(o.towards(partyOf(d), m))) == messages.KeptRestricted})
	}
	return out, nil
}

func (f *Flow) keptMessage(ctx context.Context, a ids.Actor, d messages.Delivery) (o openThread, m messages.Message, err error) {
	if o, err = loadThread(ctx, f.st.Reader, a, d.Thread); err != nil {
		return o, m, err
	}
	m, err = f.st.Message(ctx, d.Message)
	return o, m, err
}

// workRows lists the meetings from which a restriction took somebody and which nobody has seen to.
func (f *Flow) workRows(ctx context.Context, a ids.Actor, c caseAround) ([]WorkRow, error) {
	work, err := f.st.RestrictionWork(ctx, c.row.ID)
	if err != nil || len(work) == 0 {
		return nil, err
	}
	names, err := f.childNames(ctx, c.row.ID)
	if err != nil {
		return nil, err
	}
	var out []WorkRow
	for _, w := range work {
		m, err := f.st.Meeting(ctx, w.Meeting)
		if err != nil {
			return nil, err
		}
		o, err := f.gatherIn(ctx, a, m, c)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.SeeMeeting)).Allowed() {
			continue
		}
		row := WorkRow{RestrictionWork: w, Who: names[w.Child], Meeting: o.row(a, f.now())}
		if w.Contact != "" {
			contact, err := f.st.Contact(ctx, w.Contact)
			if err != nil {
				return nil, err
			}
			row.Who = contact.Name
		}
		out = append(out, row)
	}
	return out, nil
}

// pictureRows lists the pictures that wait for the actor to look at them.
func (f *Flow) pictureRows(ctx context.Context, a ids.Actor, c ids.CaseID) (out []PictureRow, err error) {
	list, err := f.st.FilesWaiting(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, id := range list {
		m, at, err := f.attachment(ctx, id)
		if err != nil {
			return nil, err
		}
		o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
		if err != nil {
			return nil, err
		}
		if policy.Decide(o.about(policy.ClearFile, m)).Allowed() {
			out = append(out, PictureRow{File: at, Message: m, Subject: o.Subject})
		}
	}
	return out, nil
}

// LetKeptGo lets a message go that a restriction kept, once none forbids it; what else stands in its way keeps it for that.
func (f *Flow) LetKeptGo(ctx context.Context, a ids.Actor, id ids.DeliveryID) error {
	return f.decideKept(ctx, a, id, func(tx *store.Tx, o openThread, d messages.Delivery, m messages.Message) (audit.Entry, error) {
		may := policy.Decide(o.towards(partyOf(d), m))
		switch why := keptWhy(may); why {
		case "":
			return audit.DeliveryQueued(deliveredOf(d), d.RecipientID).With("kept", "let_go"), lift(tx, d)
		case messages.KeptRestricted:
			return audit.Entry{}, ids.E(ids.Conflict, "A contact restriction still forbids this message.")
		default:
			d.Kept = why
			return decided(audit.DeliveryKept(deliveredOf(d), string(why)), may), tx.UpdateDelivery(d)
		}
	})
}

// LeaveKept decides that a message which a restriction kept does not go.
func (f *Flow) LeaveKept(ctx context.Context, a ids.Actor, id ids.DeliveryID) error {
	return f.decideKept(ctx, a, id, func(tx *store.Tx, _ openThread, d messages.Delivery, m messages.Message) (audit.Entry, error) {
		if err := d.LeaveKept(tx.Now()); err != nil {
			return audit.Entry{}, err
		}
		return audit.KeptLeft(deliveredOf(d)), tx.UpdateDelivery(d)
	})
}

func (f *Flow) decideKept(ctx context.Context, a ids.Actor, id ids.DeliveryID, do func(*store.Tx, openThread, messages.Delivery, messages.Message) (audit.Entry, error)) error {
	d, err := f.st.Delivery(ctx, id)
	if err != nil {
		return err
	}
	o, m, err := f.keptMessage(ctx, a, d)
	if err != nil {
		return err
	}
	if err := f.may(ctx, o.about(policy.LetKeptGo, m), auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockCase(d.Case); err != nil {
			return audit.Entry{}, err
		}
		now, err := tx.LockDelivery(id)
		if err != nil {
			return audit.Entry{}, err
		}
		if now.State != messages.Kept || now.Kept != messages.KeptRestricted {
			return audit.Entry{}, ids.E(ids.Conflict, "Somebody has decided about this message already.")
		}
		in, err := loadThread(tx.Context(), tx.Reader, a, d.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		return do(tx, in, now, m)
	})
}

// SeenToMeeting records that somebody who plans the case's meetings has seen to one from which a restriction took somebody.
func (f *Flow) SeenToMeeting(ctx context.Context, a ids.Actor, id ids.MeetingID) error {
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return err
	}
	if err := f.may(ctx, o.to(policy.SeeMeeting), auditID(id)); err != nil {
		return err
	}
	if err := f.may(ctx, o.to(policy.PlanMeeting), auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		done, err := tx.EndRestrictionWork(id, a.StaffID())
		e := audit.WorkDone(o.Case, id)
		if !done {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}

// PrisonRestrictions returns the restrictions, in force or to come, of the women at public protection's own prison: those it should have looked at first, the longest due
// first.
func (f *Flow) PrisonRestrictions(ctx context.Context, a ids.Actor) ([]RestrictionRow, error) {
	cs, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []RestrictionRow
	for _, v := range cs {
		if !policy.Decide(policy.Facts{Act: policy.ChangeRestriction, Actor: a, Case: v.facts}).Allowed() {
			continue
		}
		rows, err := f.restrictionRows(ctx, caseAround{row: v.Case, mother: v.mother, facts: v.facts})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.InForce || r.Ahead || r.Due {
				out = append(out, r)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b RestrictionRow) int {
		switch {
		case a.Due != b.Due && a.Due:
			return -1
		case a.Due != b.Due:
			return 1
		case a.Due:
			return cmp.Compare(a.Review, b.Review)
		}
		return cmp.Or(cmp.Compare(a.CaseReference, b.CaseReference), cmp.Compare(a.Kind.Severity(), b.Kind.Severity()))
	})
	return out, nil
}

// OwnRestriction is a restriction as the woman it binds is shown it: what, with whom, until when. Not why, and never one she may not be told of.
type OwnRestriction struct {
	Kind  cases.RestrictionKind
	Names []string
	To    workdays.Day
}

// OwnRestrictionsView is her page: what she may not do, and whom to ask.
type OwnRestrictionsView struct {
	Rows []OwnRestriction
	Ask  string // the name of her Pact social worker
}

// OwnRestrictions returns the restrictions in force on her contacts that she may be told of, the strictest first.
func (f *Flow) OwnRestrictions(ctx context.Context, a ids.Actor) (OwnRestrictionsView, error) {
	var v OwnRestrictionsView
	if a.Kind != ids.ActorMother {
		return v, ids.ErrNotFound
	}
	row, err := f.st.CaseOfMother(ctx, ids.MotherID(a.ID))
	if ids.KindOf(err) == ids.NotFound {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	c, facts, err := f.restrictionFacts(ctx, a, row.ID, policy.SeeRestrictions)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, facts, auditID(row.ID)); err != nil {
		return v, err
	}
	rows, err := f.restrictionRows(ctx, c)
	if err != nil {
		return v, err
	}
	for _, r := range rows {
		if r.InForce && r.Told {
			v.Rows = append(v.Rows, OwnRestriction{Kind: r.Kind, Names: append(slices.Clone(r.People), r.Kids...), To: r.To})
		}
	}
	worker, err := f.st.Staff(ctx, c.row.Worker)
	v.Ask = worker.Name
	if err != nil {
		return v, err
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.RestrictionsRead(row.ID), nil })
}

// SubjectChoices returns the people outside and the children whom a restriction of the case can be about, by name.
func (f *Flow) SubjectChoices(ctx context.Context, a ids.Actor, id ids.CaseID) ([]people.Contact, []cases.Child, error) {
	c, facts, err := f.restrictionFacts(ctx, a, id, policy.AddRestriction)
	if err != nil {
		return nil, nil, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return nil, nil, err
	}
	list, err := f.peopleAround(ctx, facts, c.row, nil)
	if err != nil {
		return nil, nil, err
	}
	kids, err := f.st.Children(ctx, id)
	return list, kids, err
}

// safeguards fills in what a case's page says of restrictions and children.
func (f *Flow) safeguards(ctx context.Context, facts policy.Facts, v *CaseView) error {
	s := Safeguards{MayRead: allowed(facts, policy.SeeRestrictions), MayKeepChild: allowed(facts, policy.KeepChild)}
	if s.MayKeepChild {
		s.Notices = noticesOf(v.Children, f.st.Today())
	}
	if s.MayRead {
		rs, err := f.st.Restrictions(ctx, v.ID)
		if err != nil {
			return err
		}
		for _, x := range rs {
			if x.InForce(f.st.Today()) {
				s.InForce++
			}
		}
	}
	v.Safeguards = s
	return nil
}
