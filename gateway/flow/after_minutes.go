package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// MinutesBy is the day by which a meeting's minutes are to be there; 0 = it has none.
func (f *Flow) MinutesBy(m meetings.Meeting) workdays.Day {
	days := cmp.Or(f.cfg.MinutesDays[m.Kind], meetings.MinutesDays(m.Kind))
	if days == 0 {
		return 0
	}
	return f.cfg.Chase.calendar().Add(workdays.Of(m.Starts), days)
}

// minutesRows are the messages that brought a meeting's minutes, as far as the actor may read them.
func (f *Flow) minutesRows(ctx context.Context, a ids.Actor, o openMeeting) (out []MinutesRow, err error) {
	list, err := f.st.MinutesOf(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		t, m, err := f.ofMessage(ctx, f.st.Reader, a, x.Message)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(t.about(policy.ReadMessage, m)).Allowed() {
			continue
		}
		row := MinutesRow{Minutes: x, Thread: t.ID, Subject: t.Subject, From: m.AuthorName, State: m.State}
		d, err := f.st.DeliveryTo(ctx, m.ID, messages.ToMother, string(o.Mother.ID))
		switch {
		case err == nil:
			row.ToHer = &d
		case ids.KindOf(err) != ids.NotFound:
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// minutesAskable are the official conversations with an organisation that was invited to a meeting: there its minutes can be asked for.
func (f *Flow) minutesAskable(ctx context.Context, a ids.Actor, o openMeeting) (out []AskChoiceOf, err error) {
	invited := map[ids.AgencyID]bool{}
	for _, p := range o.Participants {
		if p.Kind == meetings.PersonContact {
			c, err := f.st.Contact(ctx, ids.ContactID(p.Person))
			if err != nil {
				return nil, err
			}
			invited[c.Agency] = true
		}
	}
	ts, err := f.st.ThreadsOfCase(ctx, o.Case)
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		if t.Channel != threads.Official || !invited[t.Agency] {
			continue
		}
		open, err := loadThread(ctx, f.st.Reader, a, t.ID)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(open.to(policy.Chase)).Allowed() {
			continue
		}
		ag, err := f.st.Agency(ctx, t.Agency)
		if err != nil {
			return nil, err
		}
		asks, err := f.st.AsksOfThread(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, AskChoiceOf{t.ID, open.Subject, ag.Name, slices.ContainsFunc(asks, func(x cases.Ask) bool {
			return x.Open() && x.Origin == cases.AskByMinutes && strings.HasSuffix(x.Ref, "/"+string(o.ID))
		})})
	}
	return out, nil
}

// AskMinutes asks for a meeting's minutes in an official conversation with an organisation that was invited: from then on the ladder of asking again is climbed.
func (f *Flow) AskMinutes(ctx context.Context, a ids.Actor, id ids.MeetingID, thread ids.ThreadID) error {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepMeeting)
	if err != nil {
		return err
	}
	choices, err := f.minutesAskable(ctx, a, o)
	if err != nil {
		return err
	}
	if !o.over(f) || !slices.ContainsFunc(choices, func(c AskChoiceOf) bool { return c.Thread == thread }) {
		return ids.E(ids.Invalid, "Choose a conversation with somebody who was invited to the meeting.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, err := tx.Thread(tx.Context(), thread)
		if err != nil {
			return audit.Entry{}, err
		}
		// Minutes that are late already are asked for by the next working day but one, so that the ladder begins at its first step.
		due := max(f.MinutesBy(o.Meeting), f.cfg.Chase.calendar().Add(tx.Today(), 2))
		x, added, err := f.askFor(tx, t, NewAsk{Message: f.lastAsked(tx, t.ID), Origin: cases.AskByMinutes, Ref: string(id), By: a.ID, Due: due})
		e := decided(askSet(x), d)
		if !added {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}

// lastAsked is the last message that went to the people outside; "" when that cannot be read: an ask without a message is one all the same.
func (f *Flow) lastAsked(tx *store.Tx, t ids.ThreadID) ids.MessageID {
	ms, err := tx.MessagesOfThread(tx.Context(), t)
	if err != nil {
		return ""
	}
	return lastQuestion(ms)
}

// endAsks ends what waits for something of a meeting that came.
func endAsks(tx *store.Tx, c ids.CaseID, origin cases.AskOrigin, ref, by string, answer ids.MessageID) error {
	open, err := tx.OpenAsksOf(tx.Context(), []ids.CaseID{c})
	if err != nil {
		return err
	}
	for _, x := range open {
		if x.Origin != origin || x.Ref != string(origin)+"/"+ref {
			continue
		}
		x, err := tx.LockAsk(x.ID)
		if err != nil {
			return err
		}
		if !x.Open() {
			continue
		}
		x.Answered, x.Ended.By, x.Ended.Answer, x.Promise = tx.Now(), by, answer, cases.AskPromise{}
		if err := passSteps(tx, x, ""); err != nil {
			return err
		}
		tx.Also(audit.AskAnswered(x.Case, x.Thread, x.ID, answer))
		if err := tx.UpdateAsk(x); err != nil {
			return err
		}
	}
	return nil
}

// MinutesChoice is a meeting that a message may bring the minutes of.
type MinutesChoice struct {
	meetings.Candidate
	Title string
}

// MinutesSuggestion is what a message seems to be the minutes of.
type MinutesSuggestion struct {
	Message messages.Message
	Thread  threads.Thread
	Choices []MinutesChoice // the last held first
	Guess   ids.MeetingID   // "" = no guess
	Is      ids.MeetingID   // what it was said to be already
}

// recentMinutes is how long after a meeting its minutes may come.
const recentMinutes = 365 * 24 * time.Hour

// MinutesOfMessage says which meeting's minutes a message seems to bring, for whoever keeps the case's meetings and may read it. Who may not gets NotFound.
func (f *Flow) MinutesOfMessage(ctx context.Context, a ids.Actor, id ids.MessageID) (s MinutesSuggestion, err error) {
	o, m, err := f.minutesMessage(ctx, f.st.Reader, a, id)
	if err != nil {
		return s, err
	}
	s.Message, s.Thread = m, o.Thread
	rows, err := f.st.MeetingsOfCase(ctx, o.Case)
	if err != nil {
		return s, err
	}
	noted, err := f.st.MinutesOfCase(ctx, o.Case)
	if err != nil {
		return s, err
	}
	text := m.Subject + "\n" + o.Subject + "\n" + m.Body
	for _, x := range m.Attachments {
		text += "\n" + strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(x.Name)
	}
	var of []meetings.Candidate
	for _, mt := range rows {
		in, err := f.gather(ctx, a, mt)
		if err != nil {
			return s, err
		}
		if !mt.Kind.AboutChildren() || !in.over(f) || f.now().Sub(mt.Starts) > recentMinutes || !policy.Decide(in.to(policy.KeepMeeting)).Allowed() {
			continue
		}
		c := MinutesChoice{Candidate: meetings.Candidate{Meeting: mt.ID, Kind: mt.Kind, Day: workdays.Of(mt.Starts)}, Title: mt.Title}
		for _, p := range in.Participants {
			if p.Kind == meetings.PersonContact {
				who, err := f.st.Contact(ctx, ids.ContactID(p.Person))
				if err != nil {
					return s, err
				}
				c.Invited = c.Invited || who.Agency == o.Agency
			}
		}
		for _, x := range noted {
			if x.Meeting == mt.ID {
				c.Minuted = true
			}
			if x.Message == id {
				s.Is = x.Meeting
			}
		}
		s.Choices, of = append(s.Choices, c), append(of, c.Candidate)
	}
	s.Guess = meetings.GuessMinutes(text, of)
	return s, nil
}

// minutesMessage loads a message that may bring minutes: one of somebody outside, in an official conversation, that was not withheld.
func (f *Flow) minutesMessage(ctx context.Context, r store.Reader, a ids.Actor, id ids.MessageID) (o openThread, m messages.Message, err error) {
	if o, m, err = f.ofMessage(ctx, r, a, id); err != nil {
		return o, m, err
	}
	facts, _, err := f.reviewerFacts(ctx, o, policy.ReadMessage, m) // whoever reviews it reads it while it is held
	if err != nil {
		return o, m, err
	}
	if d := policy.Decide(facts); !d.Allowed() {
		return o, m, d.Err()
	}
	if m.AuthorKind != messages.ByContact || o.Channel != threads.Official || m.State == messages.Withheld {
		return o, m, ids.E(ids.Invalid, "Minutes come from somebody outside, in an official conversation.")
	}
	return o, m, policy.Decide(keepingFacts(o)).Err()
}

// keepingFacts ask whether the actor keeps the record of the case's meetings.
func keepingFacts(o openThread) policy.Facts {
	return policy.Facts{Act: policy.KeepMeeting, Actor: o.facts.Actor, Case: o.facts.Case}
}

// keepsMinutes reports whether the actor could keep a message of a conversation with a meeting.
func keepsMinutes(o openThread) bool {
	return o.Channel == threads.Official && o.facts.Actor.StaffID() != "" && policy.Decide(keepingFacts(o)).Allowed()
}

// bringsMinutes reports whether a message may bring minutes: its words say so, or it has files.
func bringsMinutes(m messages.Message) bool {
	return m.AuthorKind == messages.ByContact && m.State != messages.Withheld && (len(m.Attachments) > 0 || meetings.LooksLikeMinutes(m.Subject+"\n"+m.Body))
}

// KeepMinutes says that a message brings the minutes of a meeting of the same case. What was asked for ends. She gets them as she gets every message: released after its
// review, with its receipts.
func (f *Flow) KeepMinutes(ctx context.Context, a ids.Actor, id ids.MessageID, meeting ids.MeetingID) error {
	t, m, err := f.minutesMessage(ctx, f.st.Reader, a, id)
	if err != nil {
		return err
	}
	o, d, err := f.keepIn(ctx, a, meeting, policy.KeepMeeting)
	if err != nil {
		return err
	}
	if o.Case != t.Case || !o.Kind.AboutChildren() {
		return ids.E(ids.Invalid, "Choose a meeting of this case.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.MinutesKept(o.Case, t.ID, meeting, id), d)
		of, added, err := tx.AddMinutes(meetings.Minutes{Message: id, Meeting: meeting, By: a.StaffID()})
		switch {
		case err != nil:
			return e, err
		case !added && of != meeting:
			return e, ids.E(ids.Conflict, "It was said of this message that it brings the minutes of another meeting. Take that back first.")
		case !added:
			return e.With("repeat", "yes"), nil
		}
		if m.State == messages.Released {
			err = showAgain(tx, m)
		}
		return e, firstErr(err, endAsks(tx, o.Case, cases.AskByMinutes, string(meeting), a.ID, id))
	})
}

// TakeBackMinutes says that it was a mistake.
func (f *Flow) TakeBackMinutes(ctx context.Context, a ids.Actor, meeting ids.MeetingID, id ids.MessageID) error {
	o, d, err := f.keepIn(ctx, a, meeting, policy.KeepMeeting)
	if err != nil {
		return err
	}
	t, m, err := f.ofMessage(ctx, f.st.Reader, a, id)
	if err != nil {
		return err
	}
	if err := policy.Decide(t.about(policy.ReadMessage, m)).Err(); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.MinutesTakenBack(o.Case, t.ID, meeting, id), d)
		removed, err := tx.RemoveMinutes(meeting, id)
		if err == nil && !removed {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}
