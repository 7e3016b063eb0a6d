package flow

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// DebriefView is how she was when a meeting was talked over, for Pact and those who were there.
type DebriefView struct {
	Notes    []DebriefRow
	MayWrite bool
}

// DebriefRow is a note with the name of who wrote it.
type DebriefRow struct {
	meetings.DebriefNote
	ByName string
}

// debrief returns the notes of a debrief, and records that they were read; nil for who may not read them, and of another meeting.
func (f *Flow) debrief(ctx context.Context, a ids.Actor, o openMeeting) (*DebriefView, error) {
	if !policy.Decide(o.to(policy.KeepDebrief)).Allowed() {
		return nil, nil
	}
	notes, err := f.st.DebriefNotes(ctx, o.Case, o.ID)
	if err != nil {
		return nil, err
	}
	v := &DebriefView{MayWrite: !f.now().Before(o.Starts)}
	for _, n := range notes {
		v.Notes = append(v.Notes, DebriefRow{n, f.personName(ctx, string(n.By))})
	}
	if len(notes) == 0 {
		return v, nil
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.DebriefRead(o.Case, o.ID), nil })
}

// NewDebrief is a note as her supporter writes it.
type NewDebrief struct {
	How  meetings.Mood
	Note string
}

// KeepDebrief keeps how she was. Worried about her safety tells those near her at once that she may need support, and never why.
func (f *Flow) KeepDebrief(ctx context.Context, a ids.Actor, id ids.MeetingID, n NewDebrief) error {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepDebrief)
	if err != nil {
		return err
	}
	n.Note = strings.TrimSpace(CleanText(n.Note))
	switch {
	case !slices.Contains(meetings.Moods, n.How):
		return ids.BadField("how", "how", "Choose how she was.").Err()
	case len(n.Note) > MaxWhy:
		return ids.BadField("note", "note", "The note is too long.").Err()
	case f.now().Before(o.Starts):
		return ids.E(ids.Conflict, "The meeting has not begun.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.DebriefKept(o.Case, id), d)
		before, err := tx.DebriefNotes(tx.Context(), o.Case, id)
		if err != nil {
			return e, err
		}
		if len(before) > 0 {
			if last := before[len(before)-1]; last.How == n.How && last.Note == n.Note && last.By == a.StaffID() {
				return e.With("repeat", "yes"), nil // a form sent twice
			}
		}
		seq, err := tx.AddDebriefNote(o.Case, meetings.DebriefNote{Meeting: id, How: n.How, Note: n.Note, By: a.StaffID()})
		if err != nil || n.How != meetings.MoodWorried {
			return e, err
		}
		return e, f.alertNear(tx, o.Case, o.Mother, ids.MessageID(string(id)+"/"+strconv.FormatInt(seq, 10)), true)
	})
}
