package flow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// OwnView is what a mother sees of her own affairs: what is asked, who answered, and what waits on whom.
type OwnView struct {
	Requests []KioskRequest
	Waiting  []WaitingOn
	Told     []cases.RestrictionKind // restrictions in force that she may be told of, the strictest first
	Printing time.Time               // since when she waits for her record on paper
	Appeals  []MayAppeal             // what was not passed on, that somebody else may look at when she asks
}

// MayAppeal is a message of hers that was not passed on, and on which she can ask for a second person's look.
type MayAppeal struct {
	Thread  ids.ThreadID
	Message ids.MessageID
	Subject string
	Written time.Time
}

// WaitingOn is a conversation in which hers is the last word, or in which an answer is asked for: somebody else's turn.
type WaitingOn struct {
	Thread   ids.ThreadID
	Subject  string
	With     string
	Progress Progress  // of her last word; "" when the last word is not hers
	Checker  ids.Role  // who reads it, while somebody does before it goes on
	Since    time.Time // when it came to that
	Asked    []KioskWaiting
}

// OwnView returns a mother's view of her own affairs.
func (f *Flow) OwnView(ctx context.Context, a ids.Actor) (v OwnView, err error) {
	c, err := f.caseOfHers(ctx, a)
	if err != nil || c.ID == "" {
		return v, err
	}
	cf, err := caseFacts(ctx, f.st.Reader, a, c)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, policy.Facts{Act: policy.OwnRecord, Actor: a, Case: cf}, auditID(c.ID)); err != nil {
		return v, err
	}
	if v.Requests, err = f.KioskRequests(ctx, a); err != nil {
		return v, err
	}
	list, err := f.KioskThreads(ctx, a)
	if err != nil {
		return v, err
	}
	for _, t := range list {
		if t.Channel != threads.Official {
			continue
		}
		full, err := f.KioskThread(ctx, a, t.ID)
		if err != nil {
			return v, err
		}
		w, ok, err := f.waiting(ctx, full)
		if err != nil {
			return v, err
		}
		if ok {
			v.Waiting = append(v.Waiting, w)
		}
		for _, m := range full.Parts {
			if m.Stopped != nil && m.Stopped.MayAppeal {
				v.Appeals = append(v.Appeals, MayAppeal{t.ID, m.ID, t.Subject, m.Written})
			}
		}
	}
	if v.Told, err = f.toldOf(ctx, a, c, cf); err != nil {
		return v, err
	}
	v.Printing, err = f.st.PrintAsked(ctx, c.ID)
	return v, err
}

// waiting says whether a conversation waits for an answer to her.
func (f *Flow) waiting(ctx context.Context, t KioskThread) (w WaitingOn, ok bool, err error) {
	w = WaitingOn{Thread: t.ID, Subject: t.Subject, With: t.With, Asked: t.Waiting}
	if len(t.Parts) == 0 || !t.Parts[len(t.Parts)-1].Mine {
		return w, len(w.Asked) > 0, nil
	}
	last := t.Parts[len(t.Parts)-1]
	ds, err := f.st.DeliveriesOfMessage(ctx, last.ID)
	if err != nil {
		return w, false, err
	}
	w.Progress, w.Checker, w.Since = last.Progress, last.Checker, last.Written
	for _, d := range ds {
		if d.RecipientKind != messages.ToContact {
			continue
		}
		for _, at := range []time.Time{d.Times.Sent, d.Times.Accepted} {
			if !at.IsZero() {
				w.Since = at
			}
		}
	}
	return w, true, nil
}

// toldOf are the kinds of restriction in force that she may be told of.
func (f *Flow) toldOf(ctx context.Context, a ids.Actor, c cases.Case, cf policy.CaseFacts) (out []cases.RestrictionKind, err error) {
	if !policy.Decide(policy.Facts{Act: policy.SeeRestrictions, Actor: a, Case: cf}).Allowed() {
		return nil, nil
	}
	rs, err := f.st.Restrictions(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range cases.RestrictionKinds {
		if slices.ContainsFunc(rs, func(r cases.Restriction) bool { return r.Kind == k && r.Told && r.InForce(f.st.Today()) }) {
			out = append(out, k)
		}
	}
	return out, nil
}

// AskPrint notes that a mother wants her own record on paper; once asked, it stays asked until she is given it.
func (f *Flow) AskPrint(ctx context.Context, a ids.Actor) error {
	c, err := f.caseOfHers(ctx, a)
	if err != nil {
		return err
	}
	if c.ID == "" {
		return ids.ErrNotFound
	}
	cf, err := caseFacts(ctx, f.st.Reader, a, c)
	if err != nil {
		return err
	}
	if err := f.may(ctx, policy.Facts{Act: policy.OwnRecord, Actor: a, Case: cf}, auditID(c.ID)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		entry := audit.PrintAsked(c.ID, c.Mother)
		asked, err := tx.AskPrint(c.ID)
		if !asked {
			entry = entry.With("repeat", "yes")
		}
		return entry, err
	})
}

// GivePrint notes that she was given it.
func (f *Flow) GivePrint(ctx context.Context, a ids.Actor, id ids.CaseID) error {
	c, _, err := f.ownRecordCase(ctx, a, id)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		entry := audit.PrintGiven(c.ID, c.Mother)
		given, err := tx.GivePrint(c.ID)
		if !given {
			entry = entry.With("repeat", "yes")
		}
		return entry, err
	})
}

func (f *Flow) ownRecordCase(ctx context.Context, a ids.Actor, id ids.CaseID) (c cases.Case, facts policy.Facts, err error) {
	if c, err = f.st.Case(ctx, id); err != nil {
		return c, facts, err
	}
	cf, err := caseFacts(ctx, f.st.Reader, a, c)
	if err != nil {
		return c, facts, err
	}
	facts = policy.Facts{Act: policy.OwnRecord, Actor: a, Case: cf}
	return c, facts, f.may(ctx, facts, auditID(id))
}

// OwnKind is what a line of the record is.
type OwnKind string

// The kinds of line.
const (
	OwnMessage OwnKind = "message"
	OwnMeeting OwnKind = "meeting"
)

// OwnLine is one thing of the record.
type OwnLine struct {
	Kind     OwnKind
	At       time.Time
	Subject  string
	Who      string // who wrote it, or who takes part
	Mine     bool
	Body     string
	Files    []string
	Progress Progress // of hers
	Notices  []Notice
	Asks     []RequestRow // what it asks
	Answers  []OwnAnswer  // what it answers
	Ends     time.Time    // of a meeting
}

// Notice is the proof of notice to one recipient: when it left, came to her server, was on the kiosk, and was read. Zero = not, or not known.
type Notice struct {
	Name                          string
	Sent, Accepted, AtKiosk, Seen time.Time
}

// OwnAnswer is an answer that a line gives.
type OwnAnswer struct {
	Says      requests.Says
	Kind      requests.Kind
	ChildName string
	Entry     string // of the audit log: the record of the answer names it
}

// OwnRecord is a mother's own record of what was asked, said and decided.
type OwnRecord struct {
	Case       ids.CaseID
	Reference  string
	MotherName string
	Language   string
	Made       time.Time
	Asked      time.Time // since when she waits for it
	Lines      []OwnLine // oldest first
}

// OwnRecord makes a mother's record for paper. It holds what she may see, and of that only what the member of staff who prints it may know as well:
// what is between her and her lawyer never is in it, whether there is anything or not.
func (f *Flow) OwnRecord(ctx context.Context, a ids.Actor, id ids.CaseID) (v OwnRecord, err error) {
	c, _, err := f.ownRecordCase(ctx, a, id)
	if err != nil {
		return v, err
	}
	m, err := f.st.Mother(ctx, c.Mother)
	if err != nil {
		return v, err
	}
	v = OwnRecord{Case: id, Reference: c.Reference, MotherName: m.Name, Language: m.Language, Made: f.now()}
	if v.Asked, err = f.st.PrintAsked(ctx, id); err != nil {
		return v, err
	}
	her := ids.MotherActor(m.ID)
	rows, err := f.requestRows(ctx, her, c)
	if err != nil {
		return v, err
	}
	ts, err := f.st.ThreadsOfCase(ctx, id)
	if err != nil {
		return v, err
	}
	for _, t := range ts {
		lines, err := f.ownLines(ctx, a, her, t, rows)
		if err != nil {
			return v, err
		}
		v.Lines = append(v.Lines, lines...)
	}
	ms, err := f.ownMeetings(ctx, a, her, id)
	if err != nil {
		return v, err
	}
	v.Lines = append(v.Lines, ms...)
	slices.SortStableFunc(v.Lines, func(x, y OwnLine) int { return cmp.Compare(x.At.UnixMicro(), y.At.UnixMicro()) })
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.OwnRecordTaken(id, m.ID), nil })
}

// ownLines are the messages of one conversation that both may read.
func (f *Flow) ownLines(ctx context.Context, printer, her ids.Actor, t threads.Thread, rows []RequestRow) (out []OwnLine, err error) {
	var seen, printed openThread
	for _, x := range []struct {
		o *openThread
		a ids.Actor
	}{{&seen, her}, {&printed, printer}} {
		x.o.Thread = t
		if err := x.o.load(ctx, f.st.Reader, x.a); err != nil {
			return nil, err
		}
		if !policy.Decide(x.o.to(policy.ReadThread)).Allowed() {
			return nil, nil
		}
	}
	ms, err := f.st.MessagesOfThread(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	ds, err := f.st.DeliveriesOfThread(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	of := map[ids.MessageID][]messages.Delivery{}
	for _, d := range ds {
		of[d.Message] = append(of[d.Message], d)
	}
	for _, m := range ms {
		if !policy.Decide(seen.about(policy.ReadMessage, m)).Allowed() || !policy.Decide(printed.about(policy.ReadMessage, m)).Allowed() {
			continue
		}
		if slices.ContainsFunc(of[m.ID], func(d messages.Delivery) bool {
			return d.RecipientKind == messages.ToMother && d.State == messages.Kept
		}) {
			continue
		}
		out = append(out, ownLine(her, t, m, of[m.ID], rows))
	}
	return out, nil
}

func ownLine(her ids.Actor, t threads.Thread, m messages.Message, ds []messages.Delivery, rows []RequestRow) OwnLine {
	l := OwnLine{Kind: OwnMessage, At: m.Written, Subject: t.Subject, Who: m.AuthorName, Mine: wrote(her, m), Body: m.Body}
	for _, a := range m.Attachments {
		if a.Name != "" {
			l.Files = append(l.Files, a.Name)
		}
	}
	if l.Mine {
		l.Progress = progress(m, ds)
	}
	for _, d := range ds {
		n := Notice{Name: d.RecipientName, Sent: d.Times.Sent, Accepted: d.Times.Accepted, AtKiosk: d.Times.Kiosk, Seen: d.Times.Seen}
		hers := d.RecipientKind == messages.ToMother && d.RecipientID == her.ID
		if d.State != messages.Kept && (hers || l.Mine && d.RecipientKind == messages.ToContact) && n != (Notice{Name: n.Name}) {
			l.Notices = append(l.Notices, n)
		}
	}
	for _, r := range rows {
		if r.Message == m.ID {
			l.Asks = append(l.Asks, r)
		}
		for _, a := range r.Answers {
			if a.Message == m.ID {
				l.Answers = append(l.Answers, OwnAnswer{Says: a.Says, Kind: r.Kind, ChildName: r.ChildName, Entry: a.Entry})
			}
		}
	}
	return l
}

// ownMeetings are the meetings of hers that both may know of.
func (f *Flow) ownMeetings(ctx context.Context, printer, her ids.Actor, id ids.CaseID) (out []OwnLine, err error) {
	hers, err := f.CaseMeetings(ctx, her, id)
	if err != nil {
		return nil, err
	}
	known, err := f.CaseMeetings(ctx, printer, id)
	if err != nil {
		return nil, err
	}
	for _, m := range hers {
		if !slices.ContainsFunc(known, func(k MeetingRow) bool { return k.ID == m.ID }) {
			continue
		}
		l := OwnLine{Kind: OwnMeeting, At: m.Starts, Ends: m.Ends, Subject: m.Title}
		for i, w := range m.With {
			if i > 0 {
				l.Who += ", "
			}
			l.Who += w
		}
		out = append(out, l)
	}
	return out, nil
}
