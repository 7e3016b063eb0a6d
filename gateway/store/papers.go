package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
)

// AddPaper makes a file a paper of a meeting, or says anew what sort of paper it is and what is in it.
func (tx *Tx) AddPaper(c ids.CaseID, p meetings.Paper) (id ids.PaperID, err error) {
	if err := tx.LockMeeting(p.Meeting); err != nil {
		return "", err
	}
	err = tx.q.one(tx.ctx, `SELECT id FROM meeting_papers WHERE meeting_id = ? AND attachment_id = ?`, []any{string(p.Meeting), string(p.File)}, &id)
	switch {
	case ids.KindOf(err) == ids.NotFound:
		id = p.ID
	case err != nil:
		return "", err
	}
	summary, err := tx.sealText(vault.CaseScope(c), "meeting_papers", string(id), "summary", p.Summary)
	if err != nil {
		return "", err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO meeting_papers (id, meeting_id, kind, attachment_id, summary_sealed, added, added_by) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (meeting_id, attachment_id) DO UPDATE SET kind = excluded.kind, summary_sealed = excluded.summary_sealed`,
		string(id), string(p.Meeting), p.Kind, string(p.File), summary, micros(tx.now), string(p.AddedBy))
	tx.Wake(TopicStaff)
	return id, err
}

// Papers returns the papers of a meeting, the first added first.
func (r Reader) Papers(ctx context.Context, c ids.CaseID, m ids.MeetingID) ([]meetings.Paper, error) {
	list, err := all(ctx, r.q, `SELECT id, meeting_id, kind, attachment_id, summary_sealed, added, added_by FROM meeting_papers WHERE meeting_id = ? ORDER BY added, id`, []any{string(m)},
		func(s scanner) (p meetings.Paper, err error) {
			var summary []byte
			err = s.Scan(&p.ID, &p.Meeting, &p.Kind, &p.File, &summary, at{&p.Added}, &p.AddedBy)
			p.Summary = string(summary) // still sealed
			return p, err
		})
	for i := range list {
		if err == nil {
			list[i].Summary, err = r.openText(ctx, vault.CaseScope(c), "meeting_papers", string(list[i].ID), "summary", []byte(list[i].Summary))
		}
	}
	return list, err
}

// PapersOfFile returns the papers that a file is, in whichever meetings; their summaries are left out.
func (r Reader) PapersOfFile(ctx context.Context, f ids.AttachmentID) ([]meetings.Paper, error) {
	return all(ctx, r.q, `SELECT id, meeting_id, kind FROM meeting_papers WHERE attachment_id = ? ORDER BY id`, []any{string(f)}, func(s scanner) (p meetings.Paper, err error) {
		p.File = f
		return p, s.Scan(&p.ID, &p.Meeting, &p.Kind)
	})
}

// AddPaperPage notes when a page of a paper was first on her screen; added is false when that was noted before.
func (tx *Tx) AddPaperPage(p ids.PaperID, page int) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_paper_pages (paper_id, page, seen) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, string(p), page, micros(tx.now))
	tx.Wake(TopicStaff)
	return n == 1, err
}

// PaperPages counts the pages of a paper that were on her screen, and says when the first was.
func (r Reader) PaperPages(ctx context.Context, p ids.PaperID) (pages int, opened time.Time, err error) {
	err = r.q.one(ctx, `SELECT COUNT(*), COALESCE(MIN(seen), 0) FROM meeting_paper_pages WHERE paper_id = ?`, []any{string(p)}, &pages, at{&opened})
	return pages, opened, err
}
