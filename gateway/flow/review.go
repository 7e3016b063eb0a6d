package flow

import (
	"context"
	"slices"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// heldThing is a hold with what it holds and the actor's facts about it.
type heldThing struct {
	hold  messages.Hold
	in    openThread // empty for mail of no thread
	msg   messages.Message
	facts policy.Facts
}

// loadHold reads a hold and gathers the facts for deciding it; a hold of mail is decided as DecideMail, one of a message as
// Review.
func (f *Flow) loadHold(ctx context.Context, r store.Reader, a ids.Actor, id ids.HoldID) (heldThing, error) {
	h, err := r.Hold(ctx, id)
	if err != nil {
		return heldThing{}, err
	}
	return f.loadHeld(ctx, r, a, h)
}

func (f *Flow) loadHeld(ctx context.Context, r store.Reader, a ids.Actor, hold messages.Hold) (h heldThing, err error) {
	h.hold = hold
	h.facts = policy.Facts{Act: policy.DecideMail, Actor: a}
	if h.hold.Thread != "" {
		if h.in, err = loadThread(ctx, r, a, h.hold.Thread); err != nil {
			return h, err
		}
		h.facts = h.in.to(policy.DecideMail)
	}
	if h.hold.Message != "" {
		if h.msg, err = r.Message(ctx, h.hold.Message); err != nil {
			return h, err
		}
		h.facts = h.in.about(policy.Review, h.msg)
	}
	h.facts.Message.HasHold = true
	h.facts.Review.For, h.facts.Review.Done, h.facts.Review.Appeal = h.hold.ForRole, h.hold.Stage, h.hold.AppealOf != ""
	if h.facts.Review.Appeal {
		first, err := r.Hold(ctx, h.hold.AppealOf)
		if err != nil {
			return h, err
		}
		h.facts.Review.DecidedFirst = h.in.self.is(a, first.DecidedBy)
	}
	if h.hold.Stage > 0 {
		hs, err := r.HoldsOfMessage(ctx, h.hold.Message)
		if err != nil {
			return h, err
		}
		h.facts.Review.ReadBefore = h.in.self.readBefore(a, h.hold, hs)
	}
	return h, nil
}

// readBefore reports whether the actor has released a message already as one of its earlier reviewers, in whatever appointment.
func (s self) readBefore(a ids.Actor, h messages.Hold, all []messages.Hold) bool {
	return slices.ContainsFunc(all, func(was messages.Hold) bool {
		return was.ID != h.ID && was.Outcome == messages.OutcomeReleased && was.Stage < h.Stage && s.is(a, was.DecidedBy)
	})
}

// Claim marks a hold as taken by the actor, so that two reviewers do not do the same work. Claiming again is harmless; a hold that
// somebody else has claimed can be taken over, which is recorded.
func (f *Flow) Claim(ctx context.Context, a ids.Actor, id ids.HoldID) error {
	h, err := f.loadHold(ctx, f.st.Reader, a, id)
	if err != nil {
		return err
	}
	if err := f.may(ctx, h.facts, auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		now, err := tx.Hold(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		e := audit.HoldClaimed(id).In(now.Case, now.Thread)
		if now.ClaimedBy != "" && now.ClaimedBy != a.StaffID() {
			e = e.With("from", string(now.ClaimedBy))
		}
		now.ClaimedBy = a.StaffID()
		return e, tx.UpdateHold(now)
	})
}

// Release lets a held message go: it becomes readable to its parties and its deliveries are made. The note is kept with the hold.
func (f *Flow) Release(ctx context.Context, a ids.Actor, id ids.HoldID, note string) error {
	return f.ReleaseWithout(ctx, a, id, note, nil)
}

// ReleaseWithout is Release of a message of whose files some are kept back: nobody whom it goes to gets them, or learns more than that there were
// files. What one reviewer has kept back, the next does not hand out.
func (f *Flow) ReleaseWithout(ctx context.Context, a ids.Actor, id ids.HoldID, note string, keep []ids.AttachmentID) error {
	h, d, err := f.reviewable(ctx, a, id)
	if err != nil {
		return err
	}
	if h.hold.Message == "" {
		return ids.E(ids.Invalid, "This email is in no conversation yet: choose one to file it in.")
	}
	for _, k := range keep {
		if !slices.ContainsFunc(h.msg.Attachments, func(at messages.Attachment) bool { return at.ID == k }) {
			return ids.E(ids.Invalid, "A file to be kept back is not one of this message's.")
		}
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		for _, k := range keep {
			if err := tx.RuleFile(k, messages.FileKept); err != nil {
				return audit.Entry{}, err
			}
			tx.Also(audit.FileKept(h.hold.Case, h.hold.Thread, k, id))
		}
		return f.settle(tx, a, h, d, messages.OutcomeReleased, "", note)
	})
}

// maxExplanation bounds, in characters, what a reviewer writes to an author.
const maxExplanation = 2000

// Return sends a held message back to its author with an explanation in plain words, to be written again. An author outside is told by mail that
// she should, without the explanation: what a reviewer writes in here is not for mail.
func (f *Flow) Return(ctx context.Context, a ids.Actor, id ids.HoldID, explanation string) error {
	h, d, err := f.reviewable(ctx, a, id)
	if err != nil {
		return err
	}
	if h.hold.Message == "" {
		return ids.E(ids.Invalid, "This email is in no conversation yet: set it aside, or choose a conversation to file it in.")
	}
	if utf8.RuneCountInString(explanation) > maxExplanation {
		return ids.E(ids.TooLarge, "The explanation is too long: at most %d characters fit.", maxExplanation)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return f.settle(tx, a, h, d, messages.OutcomeReturned, "", explanation)
	})
}

// Withhold decides that a held message or email goes no further, with a reason from messages.WithholdReasons. The original is kept.
func (f *Flow) Withhold(ctx context.Context, a ids.Actor, id ids.HoldID, code, note string) error {
	h, d, err := f.reviewable(ctx, a, id)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if h.hold.Message != "" {
			return f.settle(tx, a, h, d, messages.OutcomeWithheld, code, note)
		}
		if err := decideHold(tx, a, &h.hold, messages.OutcomeWithheld, code, note); err != nil {
			return audit.Entry{}, err
		}
		in, err := tx.Inbound(tx.Context(), h.hold.Inbound)
		if err != nil {
			return audit.Entry{}, err
		}
		in.State = store.InboundDiscarded
		return decided(audit.MailDiscarded(in.ID, code).In(h.hold.Case, h.hold.Thread), d), tx.UpdateInbound(in)
	})
}

// reviewable loads a hold that the actor may decide.
func (f *Flow) reviewable(ctx context.Context, a ids.Actor, id ids.HoldID) (heldThing, policy.Decision, error) {
	h, err := f.loadHold(ctx, f.st.Reader, a, id)
	if err != nil {
		return h, policy.Decision{}, err
	}
	d := policy.Decide(h.facts)
	if !d.Allowed() {
		return h, d, f.refuse(ctx, h.facts, auditID(id), d)
	}
	return h, d, nil
}

// decideHold decides a hold on the row as it is now: two reviewers cannot both decide.
func decideHold(tx *store.Tx, a ids.Actor, h *messages.Hold, o messages.Outcome, code, note string) error {
	now, err := tx.Hold(tx.Context(), h.ID)
	if err != nil {
		return err
	}
	*h = now
	if err := h.Decide(a.StaffID(), tx.Now(), o, code, CleanText(note)); err != nil {
		return err
	}
	return tx.UpdateHold(*h)
}

// settle decides the hold of a message and moves the message.
func (f *Flow) settle(tx *store.Tx, a ids.Actor, h heldThing, d policy.Decision, o messages.Outcome, code, note string) (audit.Entry, error) {
	if err := decideHold(tx, a, &h.hold, o, code, note); err != nil {
		return audit.Entry{}, err
	}
	m, err := tx.Message(tx.Context(), h.msg.ID)
	if err != nil {
		return audit.Entry{}, err
	}
	if next := h.readNext(m, o); next != "" {
		return toSecond(tx, h, m, d, next)
	}
	if err := m.Review(o, tx.Now()); err != nil {
		return audit.Entry{}, err
	}
	if err := tx.SetMessageState(m); err != nil {
		return audit.Entry{}, err
	}
	if o == messages.OutcomeReleased {
		in, err := loadThread(tx.Context(), tx.Reader, a, m.Thread) // anew: who has left since the decision was prepared gets nothing
		if err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.MessageReleased(m.Case, m.Thread, m.ID, h.hold.ID), d), f.deliver(tx, in, m)
	}
	tx.Wake(store.TopicStaff)
	e := audit.MessageWithheld(m.Case, m.Thread, m.ID, h.hold.ID).With("code", code)
	if o == messages.OutcomeReturned {
		e = audit.MessageReturned(m.Case, m.Thread, m.ID, h.hold.ID)
	}
	return decided(e, d), f.tellOfDecision(tx, h.in, m, h.hold)
}

// readNext returns who must read a message after its reviewer has released it, "" when nobody. After an appeal those who had not read it yet still do,
// but not the same role twice in a row: it may have decided in the place of another.
func (h heldThing) readNext(m messages.Message, o messages.Outcome) ids.Role {
	if o != messages.OutcomeReleased || m.AuthorKind == messages.ByStaff {
		return ""
	}
	f := h.in.about(policy.WriteMessage, m)
	f.Review.Done = h.hold.Stage + 1
	next := policy.NextReviewer(f)
	if h.hold.AppealOf != "" && next == h.hold.ForRole {
		f.Review.Done++
		next = policy.NextReviewer(f)
	}
	return next
}

// toSecond leaves a message that one reviewer has released to the next.
func toSecond(tx *store.Tx, h heldThing, m messages.Message, d policy.Decision, next ids.Role) (audit.Entry, error) {
	second := messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Case: m.Case, Thread: m.Thread, Message: m.ID, Inbound: h.hold.Inbound,
		Reason: messages.HoldReview, Why: "Another reviewer has released it: it waits for a second one.", ForRole: next, Stage: h.hold.Stage + 1}
	tx.Wake(store.TopicStaff)
	return decided(audit.MessageHeld(m.Case, m.Thread, m.ID, second.ID).With("after", string(h.hold.ID)), d), tx.AddHold(second)
}
