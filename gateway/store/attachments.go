package store

import (
	"context"
	"fmt"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store/vault"
)

// NewFile is an attachment with its content.
type NewFile struct {
	messages.Attachment
	Content []byte
}

func (tx *Tx) addFile(scope vault.Scope, m ids.MessageID, f NewFile) error {
	name, err := tx.sealText(scope, "attachments", string(f.ID), "name", f.Name)
	if err != nil {
		return err
	}
	content, err := tx.seal(scope, "attachments", string(f.ID), "content", f.Content)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO attachments (id, message_id, name_sealed, media_type, size, content_sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		string(f.ID), string(m), name, f.MediaType, len(f.Content), content)
	return err
}

const attachmentColumns = `id, name_sealed, media_type, size, state, reason, found, finding, shown, total, ruling`

func scanAttachment(s scanner) (messages.Attachment, error) {
	var a messages.Attachment
	var name []byte
	v := &a.Verdict
	err := s.Scan(&a.ID, &name, &a.MediaType, &a.Size, &v.State, &v.Reason, &v.Found, &v.Finding, &v.Shown, &v.Total, &a.Ruling)
	a.Name = string(name) // still sealed
	return a, err
}

// attachmentsOf gives messages their files, by identifier.
func (r Reader) attachmentsOf(ctx context.Context, ms []messages.Message) error {
	at, of := make(map[ids.MessageID]*messages.Message, len(ms)), make([]ids.MessageID, len(ms))
	for i := range ms {
		at[ms[i].ID], of[i] = &ms[i], ms[i].ID
	}
	type file struct {
		messages.Attachment
		of ids.MessageID
	}
	var files []file
	if err := each(ctx, r.q, of, func(list string) string {
		return `SELECT message_id, ` + attachmentColumns + ` FROM attachments WHERE message_id IN ` + list + ` ORDER BY id`
	}, func(s scanner) (f file, err error) {
		f.Attachment, err = scanAttachment(led{s, &f.of})
		return f, err
	}, func(f file) { files = append(files, f) }); err != nil {
		return err
	}
	for _, f := range files { // opened after the rows are closed: a transaction has one connection
		m, err := at[f.of], error(nil)
		if f.Name, err = r.openText(ctx, vault.CaseScope(m.Case), "attachments", string(f.ID), "name", []byte(f.Name)); err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, f.Attachment)
	}
	return nil
}

// led scans a column before those that another scan asks for.
type led struct {
	scanner
	before any
}

func (s led) Scan(dest ...any) error { return s.scanner.Scan(append([]any{s.before}, dest...)...) }

// AttachmentMessage returns the message an attachment belongs to.
func (r Reader) AttachmentMessage(ctx context.Context, id ids.AttachmentID) (messages.Message, error) {
	var m ids.MessageID
	if err := r.q.one(ctx, `SELECT message_id FROM attachments WHERE id = ?`, []any{string(id)}, &m); err != nil {
		return messages.Message{}, err
	}
	return r.Message(ctx, m)
}

// AttachmentContent returns an attachment's bytes.
func (r Reader) AttachmentContent(ctx context.Context, c ids.CaseID, id ids.AttachmentID) ([]byte, error) {
	var sealed []byte
	if err := r.q.one(ctx, `SELECT content_sealed FROM attachments WHERE id = ?`, []any{string(id)}, &sealed); err != nil {
		return nil, err
	}
	return r.open(ctx, vault.CaseScope(c), "attachments", string(id), "content", sealed)
}

// CountFileTry counts a try at looking into a file and returns how many there have been, this one included. It is durable when it returns, so
// that a file which brings the program down is not opened for ever.
func (s *Store) CountFileTry(ctx context.Context, id ids.AttachmentID) (tries int, err error) {
	err = s.housekeep(ctx, func(tx *Tx) error {
		return tx.q.one(tx.ctx, `UPDATE attachments SET tries = tries + 1 WHERE id = ? RETURNING tries`, []any{string(id)}, &tries)
	})
	return tries, err
}

// SetFileVerdict settles a file that is being checked and stores its pictures. done is false, and nothing changes, when it was settled before.
func (tx *Tx) SetFileVerdict(c ids.CaseID, id ids.AttachmentID, v messages.FileVerdict, pages []messages.FilePage) (done bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE attachments SET state = ?, reason = ?, found = ?, finding = ?, shown = ?, total = ?, checked = ? WHERE id = ? AND state = 'checking'`,
		string(v.State), string(v.Reason), v.Found, v.Finding, v.Shown, v.Total, micros(tx.now), string(id))
	if err != nil || n == 0 {
		return false, err
	}
	for i, p := range pages {
		sealed, err := tx.seal(vault.CaseScope(c), "file_pages", pageRow(id, i+1), "content", p.Content)
		if err != nil {
			return false, err
		}
		words, err := tx.sealText(vault.CaseScope(c), "file_pages", pageRow(id, i+1), "words", p.Words)
		if err != nil {
			return false, err
		}
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO file_pages (attachment_id, page, media_type, width, height, content_sealed, words_sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			string(id), i+1, p.MediaType, p.Width, p.Height, sealed, words); err != nil {
			return false, err
		}
	}
	tx.Wake(TopicStaff)
	return true, nil
}

// RuleFile stores what a reviewer said of a file.
func (tx *Tx) RuleFile(id ids.AttachmentID, r messages.FileRuling) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE attachments SET ruling = ? WHERE id = ?`, string(r), string(id))
	return err
}

func pageRow(id ids.AttachmentID, page int) string { return fmt.Sprintf("%s/%d", id, page) }

// FileWords returns what each page of a file says, the first first; "" of one that is a picture.
func (r Reader) FileWords(ctx context.Context, c ids.CaseID, id ids.AttachmentID) ([]string, error) {
	words, err := all(ctx, r.q, `SELECT words_sealed FROM file_pages WHERE attachment_id = ? ORDER BY page`, []any{string(id)}, func(s scanner) (string, error) {
		var sealed []byte
		err := s.Scan(&sealed)
		return string(sealed), err
	})
	for i := range words {
		if err == nil {
			words[i], err = r.openText(ctx, vault.CaseScope(c), "file_pages", pageRow(id, i+1), "words", []byte(words[i]))
		}
	}
	return words, err
}

// FilePage returns one picture of a file, counted from 1, without its words.
func (r Reader) FilePage(ctx context.Context, c ids.CaseID, id ids.AttachmentID, page int) (messages.FilePage, error) {
	var p messages.FilePage
	var sealed []byte
	err := r.q.one(ctx, `SELECT media_type, width, height, content_sealed FROM file_pages WHERE attachment_id = ? AND page = ?`, []any{string(id), page},
		&p.MediaType, &p.Width, &p.Height, &sealed)
	if err != nil {
		return p, err
	}
	p.Content, err = r.open(ctx, vault.CaseScope(c), "file_pages", pageRow(id, page), "content", sealed)
	return p, err
}
