package flow

import (
	"context"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// pollToken is the secret part of the link of somebody who is asked: 160 bits in base32. As with a guest's, only its hash is kept.
func (f *Flow) pollToken(i ids.InviteeID) string {
	return ids.Base32(f.derive("kinbridge poll link v1", string(i))[:20])
}

func (f *Flow) pollLink(i ids.InviteeID) string { return f.cfg.PublicURL + "/poll/" + f.pollToken(i) }

// PollPage is what a link shows: nothing about the family, the matter or the others.
type PollPage struct {
	Organisation string // who asks
	Phase        polls.State
	Minutes      int
	Closes       time.Time
	Slots        []polls.Slot
	Votes        map[int]polls.Vote // hers
	Comment      string
	Answered     time.Time // zero = not yet
}

// Length is how long the meeting is to last.
func (p PollPage) Length() time.Duration { return time.Duration(p.Minutes) * time.Minute }

// PollPage reads a link. It changes nothing: mail filters open links to look at them. NotFound for a link that leads to nothing, and to whoever could not be invited to the
// meeting any more.
func (f *Flow) PollPage(ctx context.Context, link string) (v PollPage, err error) {
	p, i, facts, err := f.byPollLink(ctx, link)
	if err != nil {
		return v, err
	}
	if d := policy.Decide(facts); d.Effect == policy.Conceal {
		return v, d.Err()
	}
	by, err := f.st.Staff(ctx, p.By)
	if err != nil {
		return v, err
	}
	org, err := f.st.Agency(ctx, by.Agency)
	return PollPage{Organisation: org.Name, Phase: p.Phase(f.now()), Minutes: p.Minutes, Closes: p.Closes, Slots: p.Slots, Votes: i.Votes, Comment: i.Comment, Answered: i.Answered}, err
}

// byPollLink returns the poll of a link, who is asked by it, and what policy is asked about her.
func (f *Flow) byPollLink(ctx context.Context, link string) (p polls.Poll, i polls.Invitee, facts policy.Facts, err error) {
	p, id, err := f.st.PollByLink(ctx, people.HashToken(link))
	if err != nil {
		return p, i, facts, err
	}
	i, err = inviteeOf(p, id)
	if err != nil {
		return p, i, facts, err
	}
	facts, err = f.pollFacts(ctx, p, i)
	return p, i, facts, err
}

func inviteeOf(p polls.Poll, id ids.InviteeID) (polls.Invitee, error) {
	at := slices.IndexFunc(p.Invitees, func(i polls.Invitee) bool { return i.ID == id })
	if at < 0 {
		return polls.Invitee{}, ids.ErrNotFound
	}
	return p.Invitees[at], nil
}

// pollFacts gathers what policy is asked about somebody who is asked: whether she could still be invited, and how far the poll has come.
func (f *Flow) pollFacts(ctx context.Context, p polls.Poll, i polls.Invitee) (facts policy.Facts, err error) {
	facts = policy.Facts{Act: policy.AnswerPoll, Actor: ids.ContactActor(i.Contact), Touch: policy.Touch{Contacts: []ids.ContactID{i.Contact}, Supervised: true}} // whoever asks hosts the meeting
	facts.Meeting = policy.MeetingFacts{IsParticipant: true, Cancelled: p.State == polls.Withdrawn || p.State == polls.Decided, Ended: p.Phase(f.now()) == polls.Closed}
	c, err := f.st.Case(ctx, p.Case)
	if err != nil {
		return facts, err
	}
	if facts.Case, err = caseFacts(ctx, f.st.Reader, facts.Actor, c); err != nil {
		return facts, err
	}
	if facts.InForce, err = restrictionsInForce(ctx, f.st.Reader, p.Case); err != nil {
		return facts, err
	}
	contact, err := f.st.Contact(ctx, i.Contact)
	if err != nil {
		return facts, err
	}
	w, err := aroundCase(ctx, f.st.Reader, p.Case)
	if err != nil {
		return facts, err
	}
	if len(p.About) > 0 {
		facts.Touch.Concerned = w.any(p.About, contact)
		return facts, nil
	}
	// It is about the whole family: whoever has to do with one of the children, or is in a conversation of the case.
	facts.Touch.Concerned = len(w.kids) == 0
	for _, k := range w.kids {
		facts.Touch.Concerned = facts.Touch.Concerned || w.has(k.ID, contact)
	}
	if !facts.Touch.Concerned {
		facts.Touch.Concerned, err = f.inConversation(ctx, p.Case, i.Contact)
	}
	return facts, err
}

// inConversation reports whether somebody outside is in a conversation of the case now.
func (f *Flow) inConversation(ctx context.Context, c ids.CaseID, contact ids.ContactID) (bool, error) {
	ts, err := f.st.ThreadsOfCase(ctx, c)
	if err != nil {
		return false, err
	}
	for _, t := range ts {
		ps, err := f.st.Parties(ctx, t.ID)
		if err != nil {
			return false, err
		}
		if threads.IsParty(ps, ids.ContactActor(contact)) {
			return true, nil
		}
	}
	return false, nil
}

// CheckPollAnswer says what is wrong with an answer, in words for whoever gives it; nothing is kept.
func (f *Flow) CheckPollAnswer(ctx context.Context, link string, votes map[int]polls.Vote, comment string) error {
	p, _, facts, err := f.byPollLink(ctx, link)
	if err != nil {
		return err
	}
	if d := policy.Decide(facts); !d.Allowed() {
		return d.Err()
	}
	_, _, err = p.Answer(votes, comment)
	return err
}

// AnswerPoll keeps what somebody says of the times. The last answer counts; the same again changes nothing. When it returns without an error, the answer is durable.
func (f *Flow) AnswerPoll(ctx context.Context, link string, votes map[int]polls.Vote, comment string) error {
	p, i, facts, err := f.byPollLink(ctx, link)
	if err != nil {
		return err
	}
	if err := f.may(ctx, facts, auditID(p.ID)); err != nil {
		return err
	}
	votes, comment, err = p.Answer(votes, comment)
	if err != nil {
		return err
	}
	err = f.st.Write(ctx, facts.Actor, func(tx *store.Tx) (audit.Entry, error) {
		p, err := tx.LockPoll(p.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if p.Phase(tx.Now()) != polls.Open {
			return audit.Entry{}, errPollClosed
		}
		now, err := inviteeOf(p, i.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if now.SameAnswer(votes, comment) {
			return audit.Entry{}, errSame
		}
		return audit.PollAnswered(askingOf(p, i)), tx.KeepVotes(p.Case, i.ID, votes, comment)
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return err
}

func askingOf(p polls.Poll, i polls.Invitee) audit.Asking {
	return audit.Asking{Case: p.Case, Poll: p.ID, Invitee: i.ID}
}
