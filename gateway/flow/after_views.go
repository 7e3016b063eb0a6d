package flow

import (
	"context"
	"strconv"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// NewViews is what is recorded of her views, as somebody enters it.
type NewViews struct {
	Source meetings.ViewsSource
	Text   string
}

// KeepViews records what the minutes, or somebody who was there, say of her views. What was recorded before stays. She can read it, and say that it is not what she said.
func (f *Flow) KeepViews(ctx context.Context, a ids.Actor, id ids.MeetingID, n NewViews) error {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepMeeting)
	if err != nil {
		return err
	}
	n.Text = strings.TrimSpace(CleanText(n.Text))
	if n.Source != meetings.ViewsInMinutes && n.Source != meetings.ViewsByWorker {
		return ids.BadField(meetings.ViewsFrom, "source", "Say where this is from.").Err()
	}
	if size := len([]rune(n.Text)); size == 0 || size > meetings.MaxViews {
		return ids.BadField(meetings.ViewsText, "views", "Write what is recorded of her views, in at most 4,000 characters.").Err()
	}
	if f.now().Before(o.Starts) {
		return ids.E(ids.Conflict, "The meeting has not begun.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.ViewsKept(o.Case, id, string(n.Source)), d)
		before, err := tx.MeetingViews(tx.Context(), o.Case, id)
		if err != nil {
			return e, err
		}
		if len(before) > 0 && before[len(before)-1].Text == n.Text && before[len(before)-1].Source == n.Source {
			return e.With("repeat", "yes"), nil // a form sent twice
		}
		for _, v := range before { // whoever writes it anew has seen to what she said of it
			if v.Wrong() {
				if _, err := tx.SettleViews(id, v.Seq, a.StaffID()); err != nil {
					return e, err
				}
			}
		}
		if err := tx.AddViews(o.Case, meetings.Views{Meeting: id, Source: n.Source, Text: n.Text, By: a.StaffID()}); err != nil {
			return e, err
		}
		return e, tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(id))
	})
}

// DisputeViews is her saying, at the kiosk, that what is recorded last is not what she said: it becomes a task of who keeps the meeting. Saying so again changes nothing.
func (f *Flow) DisputeViews(ctx context.Context, a ids.Actor, id ids.MeetingID, seq int64) error {
	o, d, err := f.keepIn(ctx, a, id, policy.CorrectRecord)
	if err != nil {
		return err
	}
	shown, err := f.recordShown(ctx, a, o)
	if err != nil {
		return err
	}
	if !shown {
		return ids.ErrNotFound
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.ViewsDisputed(o.Case, id), d).With("number", strconv.FormatInt(seq, 10))
		views, err := tx.MeetingViews(tx.Context(), o.Case, id)
		if err != nil {
			return e, err
		}
		if len(views) == 0 || views[len(views)-1].Seq != seq {
			return e, ids.E(ids.Conflict, "This was written anew. Read it first.")
		}
		changed, err := tx.DisputeViews(id, seq)
		if err == nil && !changed {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}

// SettleViews records that somebody has talked with her and seen to it; what is recorded stays as it is.
func (f *Flow) SettleViews(ctx context.Context, a ids.Actor, id ids.MeetingID, seq int64) error {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepMeeting)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.ViewsSettled(o.Case, id), d)
		changed, err := tx.SettleViews(id, seq, a.StaffID())
		if err == nil && !changed {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}

// recordShown reports whether what was recorded after a meeting may be before her: not while one of its minutes is not hers yet, because it waits for review or is to be read
// together, or a restriction keeps it. What the minutes say would tell her of them.
func (f *Flow) recordShown(ctx context.Context, her ids.Actor, o openMeeting) (bool, error) {
	list, err := f.st.MinutesOf(ctx, o.ID)
	if err != nil {
		return false, err
	}
	for _, x := range list {
		t, m, err := f.ofMessage(ctx, f.st.Reader, her, x.Message)
		if err != nil {
			return false, err
		}
		if !policy.Decide(t.about(policy.ReadMessage, m)).Allowed() {
			return false, nil
		}
	}
	return true, nil
}

// KioskAfter is how she takes or took part in a meeting, and what came after it, as she is shown it.
type KioskAfter struct {
	Meeting  MeetingRow
	Stepped  bool
	Standing meetings.Part
	Why      meetings.Why         // of the last step; "" = none
	Part     *meetings.PartRecord // recorded; without the note, which is staff's
	Views    *meetings.Views      // what is recorded last of her views
	Actions  []ActionRow          // what is still to be done, hers first
	Minutes  []ids.ThreadID       // conversations in which she can read the minutes
}

// KioskAfter returns that, for the mother who is invited.
func (f *Flow) KioskAfter(ctx context.Context, a ids.Actor, id ids.MeetingID) (v KioskAfter, err error) {
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, o.to(policy.SeeMeeting), auditID(id)); err != nil {
		return v, err
	}
	if a.Kind != ids.ActorMother {
		return v, ids.ErrNotFound
	}
	v.Meeting = o.row(a, f.now())
	steps, err := f.st.MeetingSteps(ctx, o.Case, id)
	if err != nil {
		return v, err
	}
	v.Standing, v.Stepped = meetings.Standing(steps), len(steps) > 0
	if v.Stepped {
		v.Why = steps[len(steps)-1].Why
	}
	part, err := f.st.MeetingPart(ctx, o.Case, id)
	switch {
	case err == nil:
		part.Note, part.By = "", ""
		v.Part = &part
	case ids.KindOf(err) != ids.NotFound:
		return v, err
	}
	shown, err := f.recordShown(ctx, a, o)
	if err != nil || !shown {
		return v, err
	}
	views, err := f.st.MeetingViews(ctx, o.Case, id)
	if err != nil {
		return v, err
	}
	if len(views) > 0 {
		v.Views = &views[len(views)-1]
		v.Views.By, v.Views.SettledBy = "", ""
	}
	actions, err := f.st.ActionsOf(ctx, id)
	if err != nil {
		return v, err
	}
	for _, hers := range []bool{true, false} {
		for _, x := range actions {
			if x.Done.IsZero() && (x.Kind == meetings.OwnedByMother) == hers {
				v.Actions = append(v.Actions, f.actionRow(ctx, x, o.Meeting))
			}
		}
	}
	minutes, err := f.minutesRows(ctx, a, o)
	for _, m := range minutes {
		v.Minutes = append(v.Minutes, m.Thread)
	}
	return v, err
}
