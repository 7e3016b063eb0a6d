package store

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store/vault"
)

// AddMessage stores a message with its attachments and moves its thread to the top. idemKey makes it unique in its thread: when the
// thread has a message with that key already, that one's identifier is returned and added is false. headerID is the
// Message-ID it has or will have in mail, without angle brackets.
func (tx *Tx) AddMessage(m messages.Message, idemKey, headerID string, files []NewFile) (id ids.MessageID, added bool, err error) {
	scope, row := vault.CaseScope(m.Case), string(m.ID)
	var sealed [3][]byte
	for i, c := range []struct{ column, text string }{{"subject", m.Subject}, {"body", m.Body}, {"quoted", m.Quoted}} {
		if sealed[i], err = tx.sealText(scope, "messages", row, c.column, c.text); err != nil {
			return "", false, err
		}
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO messages (id, thread_id, case_id, author_kind, author_id, state, subject_sealed, body_sealed, quoted_sealed,
		written, released, inbound_id, idem_key, header_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (thread_id, idem_key) DO NOTHING`,
		row, string(m.Thread), string(m.Case), string(m.AuthorKind), m.AuthorID, string(m.State), sealed[0], sealed[1], sealed[2],
		micros(m.Written), micros(m.ReleasedAt), string(m.Inbound), idemKey, headerID)
	if err != nil {
		return "", false, err
	}
	if n == 0 {
		err = tx.q.one(tx.ctx, `SELECT id FROM messages WHERE thread_id = ? AND idem_key = ?`, []any{string(m.Thread), idemKey}, &id)
		return id, false, err
	}
	for _, f := range files {
		if err := tx.addFile(scope, m.ID, f); err != nil {
			return "", false, err
		}
	}
	_, err = tx.q.exec(tx.ctx, bumpThread, micros(m.Written), string(m.Thread), micros(m.Written))
	tx.q.memo.moved(m.Thread, m.Written)
	return m.ID, true, err
}

const messageColumns = `m.id, m.thread_id, m.case_id, m.author_kind, m.author_id,
	COALESCE(mo.name, st.name, co.name, CASE m.author_kind WHEN 'system' THEN 'Kinbridge' ELSE '' END), m.state, m.subject_sealed, m.body_sealed, m.quoted_sealed, m.written, m.released, m.inbound_id`

const messageJoins = ` FROM messages m
	LEFT JOIN mothers mo ON m.author_kind = 'mother' AND mo.id = m.author_id
	LEFT JOIN staff st ON m.author_kind = 'staff' AND st.id = m.author_id
	LEFT JOIN contacts co ON m.author_kind = 'contact' AND co.id = m.author_id `

func scanMessage(r scanner) (messages.Message, error) {
	var m messages.Message
	var subject, body, quoted []byte
	err := r.Scan(&m.ID, &m.Thread, &m.Case, &m.AuthorKind, &m.AuthorID, &m.AuthorName, &m.State, &subject, &body, &quoted,
		at{&m.Written}, at{&m.ReleasedAt}, &m.Inbound)
	m.Subject, m.Body, m.Quoted = string(subject), string(body), string(quoted) // still sealed
	return m, err
}

func (r Reader) messagesWhere(ctx context.Context, where string, args ...any) ([]messages.Message, error) {
	ms, err := all(ctx, r.q, `SELECT `+messageColumns+messageJoins+where, args, scanMessage)
	if err != nil {
		return nil, err
	}
	for i := range ms {
		if err := r.openMessage(ctx, &ms[i]); err != nil {
			return nil, err
		}
	}
	return ms, r.attachmentsOf(ctx, ms)
}

func (r Reader) openMessage(ctx context.Context, m *messages.Message) (err error) {
	scope, row := vault.CaseScope(m.Case), string(m.ID)
	for _, c := range []struct {
		column string
		text   *string
	}{{"subject", &m.Subject}, {"body", &m.Body}, {"quoted", &m.Quoted}} {
		if *c.text, err = r.openText(ctx, scope, "messages", row, c.column, []byte(*c.text)); err != nil {
			return err
		}
	}
	return nil
}

// Message returns one message.
func (r Reader) Message(ctx context.Context, id ids.MessageID) (messages.Message, error) {
	if m, ok := recall[messages.Message](ctx, r.q, "message/"+string(id)); ok {
		return m, nil
	}
	ms, err := r.messagesWhere(ctx, `WHERE m.id = ?`, string(id))
	return first(ms, err)
}

// MessagesOfThread returns a thread's messages, oldest first, whatever their state. Policy decides which may be shown.
func (r Reader) MessagesOfThread(ctx context.Context, t ids.ThreadID) ([]messages.Message, error) {
	if ms, ok := recall[[]messages.Message](ctx, r.q, "said_in/"+string(t)); ok {
		return ms, nil
	}
	return r.messagesWhere(ctx, `WHERE m.thread_id = ? ORDER BY m.written, m.id`, string(t))
}

// MessageHeaderID returns the Message-ID that a message has in mail, without angle brackets.
func (r Reader) MessageHeaderID(ctx context.Context, id ids.MessageID) (string, error) {
	var h string
	return h, r.q.one(ctx, `SELECT header_id FROM messages WHERE id = ?`, []any{string(id)}, &h)
}

// HeaderIDsBefore returns the Message-IDs of a thread's released messages up to and without one, oldest first, at most n (the newest n):
// what In-Reply-To and References are made of (RFC 5322 section 3.6.4).
func (r Reader) HeaderIDsBefore(ctx context.Context, m messages.Message, n int) ([]string, error) {
	hs, err := all(ctx, r.q, `SELECT header_id FROM messages WHERE thread_id = ? AND state = 'released' AND header_id <> ''
		AND (written < ? OR (written = ? AND id < ?)) ORDER BY written DESC, id DESC LIMIT ?`,
		[]any{string(m.Thread), micros(m.Written), micros(m.Written), string(m.ID), n},
		func(s scanner) (string, error) { var h string; return h, s.Scan(&h) })
	for i, j := 0, len(hs)-1; i < j; i, j = i+1, j-1 {
		hs[i], hs[j] = hs[j], hs[i]
	}
	return hs, err
}

// SetMessageState records a review.
func (tx *Tx) SetMessageState(m messages.Message) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE messages SET state = ?, released = ? WHERE id = ?`, string(m.State), micros(m.ReleasedAt), string(m.ID))
	return err
}
