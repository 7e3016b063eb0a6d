package flow

import (
	"context"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// isPicture reports whether a file is a picture, by its content, or by what its sender called it where that is not known. A document may hold pictures too: that no program can
// tell, and a reviewer reads what comes from outside.
func isPicture(a messages.Attachment) bool {
	switch a.Verdict.Found {
	case "png", "jpeg", "gif", "webp", "bmp", "tiff", "heic", "avif":
		return true
	}
	return strings.HasPrefix(strings.ToLower(a.MediaType), "image/")
}

// waitsForClearing notes that a picture came while a restriction forbade it, so that it is not shown by itself when the restriction ends.
func waitsForClearing(tx *store.Tx, m messages.Message, id ids.AttachmentID) error {
	o, err := loadThread(tx.Context(), tx.Reader, ids.System("files"), m.Thread)
	if err != nil || !o.facts.Thread.HasMother || len(o.facts.InForce) == 0 {
		return err
	}
	now, err := tx.Message(tx.Context(), m.ID)
	if err != nil {
		return err
	}
	now.State = messages.Released // whether it waits for review is another question
	for _, a := range now.Attachments {
		if a.ID == id && a.Ruling == messages.FileUnruled && isPicture(a) && !o.mayHaveFile(threads.Party{Kind: threads.PartyMother, ID: string(o.Mother.ID)}, now, a) {
			return tx.SetFileRuling(id, messages.FileWaits)
		}
	}
	return nil
}

// ClearFile says that a picture may be shown to her in spite of a restriction on pictures: it does not show the child. Again changes nothing.
func (f *Flow) ClearFile(ctx context.Context, a ids.Actor, id ids.AttachmentID) error {
	m, at, err := f.attachment(ctx, id)
	if err != nil {
		return err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return err
	}
	facts := o.about(policy.ClearFile, m)
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	if at.Ruling == messages.FileKept {
		return ids.E(ids.Conflict, "A reviewer has kept this file back.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.SetFileRuling(id, messages.FileCleared); err != nil {
			return audit.Entry{}, err
		}
		ds, err := tx.DeliveriesOfMessage(tx.Context(), m.ID)
		for _, d := range ds {
			if d.RecipientKind == messages.ToMother && d.State != messages.Kept && err == nil {
				err = tx.AddFeed(ids.MotherID(d.RecipientID), store.FeedMessage, string(m.ID))
			}
		}
		return decided(audit.FileCleared(m.Case, m.Thread, id), d), err
	})
}
