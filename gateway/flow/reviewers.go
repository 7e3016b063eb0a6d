package flow

import (
	"context"
	"slices"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// Stopped is what the author of a message that was not passed on is told.
type Stopped struct {
	Returned  bool             // it can be written again; Words say what to change
	Words     string           // the reviewer's, to the author, when it was returned; "" else
	Why       messages.Telling // in general words, when it was withheld
	MayAppeal bool
}

// reviewerFacts are the facts about a message for somebody who may be its reviewer: whom it waits for is in its holds. Whoever reviewed it before may
// go on reading it. hold is the newest; its ID is "" when there is none, or when nobody asks as staff.
func (f *Flow) reviewerFacts(ctx context.Context, o openThread, act policy.Act, m messages.Message) (facts policy.Facts, hold messages.Hold, err error) {
	facts = o.about(act, m)
	if m.State == messages.Released && act == policy.ReadMessage || facts.Actor.StaffID() == "" && !m.State.Stopped() {
		return facts, hold, nil
	}
	hs, err := f.st.HoldsOfMessage(ctx, m.ID)
	if err != nil || len(hs) == 0 {
		return facts, hold, err
	}
	hold, facts.Review.For = hs[0], hs[0].ForRole
	facts.Message.Appealed = appealed(hs)
	facts.Review.ReadBefore = o.self.readBefore(facts.Actor, hold, hs)
	if first := slices.IndexFunc(hs, func(h messages.Hold) bool { return hold.AppealOf != "" && h.ID == hold.AppealOf }); first >= 0 {
		facts.Review.Appeal, facts.Review.DecidedFirst = true, o.self.is(facts.Actor, hs[first].DecidedBy)
	}
	if act == policy.ReadMessage || act == policy.ReadOriginal {
		for _, h := range hs {
			if facts.Review.For = h.ForRole; policy.Decide(facts).Allowed() {
				break
			}
		}
	}
	return facts, hold, nil
}

// appealed reports whether one of a message's holds is an appeal.
func appealed(hs []messages.Hold) bool {
	for _, h := range hs {
		if h.AppealOf != "" {
			return true
		}
	}
	return false
}

// stopped adds to a message what its reviewer, or its author, is shown of its hold.
func (f *Flow) stopped(ctx context.Context, o openThread, m messages.Message, v *MessageView) error {
	if m.State == messages.Released && m.Inbound == "" && m.AuthorKind == messages.ByStaff {
		return nil
	}
	facts, hold, err := f.reviewerFacts(ctx, o, policy.Review, m)
	if err != nil || hold.ID == "" {
		return err
	}
	if v.Own {
		v.Stopped = stoppedFor(facts, m, hold)
	}
	if policy.Decide(facts).Allowed() {
		v.Hold = &hold
	}
	return nil
}

// stoppedFor is what an author is told; nil when her message was not stopped.
func stoppedFor(facts policy.Facts, m messages.Message, hold messages.Hold) *Stopped {
	if !m.State.Stopped() {
		return nil
	}
	s := &Stopped{Returned: m.State == messages.Returned, MayAppeal: allowed(facts, policy.Appeal), Why: messages.TellGeneral}
	if s.Returned {
		s.Words = hold.Note
	} else if r, ok := messages.ReasonOf(hold.ReasonCode); ok && r.Author != messages.TellNothing {
		s.Why = r.Author
	}
	return s
}

// mayHaveFile is the one gate of a file: whether it may reach a recipient, goes with her mail, and is on her kiosk or her page. A picture that reaches the mother, or that she
// sends, is taken to show every child that its conversation is about until a reviewer has said that it does not.
func (o openThread) mayHaveFile(p threads.Party, m messages.Message, at messages.Attachment) bool {
	f := o.towards(p, m)
	f.Act = policy.Attach
	f.Message.FileKept, f.Message.FileCleared = at.Ruling == messages.FileKept || at.Ruling == messages.FileWaits, at.Ruling == messages.FileCleared
	f.Message.Picture = isPicture(at)
	if f.Message.Picture && !f.Message.FileCleared && (p.Kind == threads.PartyMother || m.AuthorKind == messages.ByMother) {
		f.Touch.Children = o.Children
	}
	return policy.Decide(f).Allowed()
}

// filesFor are the files of a message that somebody may have, and how many she may not. The author has her own; staff see that there is a file, and
// policy.ReadOriginal says who opens it.
func (o openThread) filesFor(a ids.Actor, m messages.Message) (with []messages.Attachment, kept int) {
	if wrote(a, m) || a.StaffID() != "" {
		return m.Attachments, 0
	}
	for _, p := range o.Parties {
		if !p.Is(a) {
			continue
		}
		for _, at := range m.Attachments {
			if o.mayHaveFile(p, m, at) {
				with = append(with, at)
			}
		}
		break
	}
	return with, len(m.Attachments) - len(with)
}
