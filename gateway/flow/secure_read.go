package flow

import (
	"context"
	"errors"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// byReader returns the page of a reader's session; NotFound when it has ended.
func (f *Flow) byReader(ctx context.Context, token string) (readable, error) {
	hash := people.HashToken(token)
	s, err := f.st.Session(ctx, store.SessionReader, hash, f.now(), readerIdle)
	if err != nil {
		return readable{}, err
	}
	if f.now().Sub(s.LastSeen) > readerIdle/10 { // seldom, so that a page costs no write
		if err := f.st.TouchSession(ctx, hash); err != nil {
			return readable{}, err
		}
	}
	p, err := f.st.SecurePage(ctx, ids.PageID(s.Subject))
	if err != nil {
		return readable{}, err
	}
	return f.loadPage(ctx, p)
}

// PageOfSession tells which page a session reads; NotFound when it has ended. It records nothing.
func (f *Flow) PageOfSession(ctx context.Context, token string) (ids.PageID, error) {
	r, err := f.byReader(ctx, token)
	return r.page.ID, err
}

// PageMessage is one message as its recipient reads it on its page.
type PageMessage struct {
	Author      string
	ByMother    bool
	Subject     string // the conversation's
	Reference   string
	Body        string
	Written     time.Time
	Attachments []messages.Attachment
	FilesKept   int    // that were not passed on
	Readers     string // who reads an answer
	Privileged  bool
	Reviewed    bool // somebody reads an answer before the mother does
	ByPact      bool // and that is a Pact social worker first
	Expires     time.Time
}

// ReadPage shows the message to whoever gave the right code, and records that she has it: the delivery is then seen. Policy is asked anew: she
// may have left the conversation.
func (f *Flow) ReadPage(ctx context.Context, token string) (PageMessage, error) {
	r, err := f.byReader(ctx, token)
	if err != nil {
		return PageMessage{}, err
	}
	if err := f.may(ctx, r.facts(), string(r.page.ID)); err != nil {
		return PageMessage{}, err
	}
	err = f.st.Write(ctx, r.contact, func(tx *store.Tx) (audit.Entry, error) {
		first, err := tx.OpenSecurePage(r.page.ID)
		if err != nil || !first {
			return audit.PageRead(r.on()), err
		}
		d, err := tx.LockDelivery(r.delivery.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if d.Advance(messages.Seen, tx.Now()) {
			tx.Also(audit.DeliverySeen(deliveredOf(d)).With("page", string(r.page.ID)))
		}
		return audit.PageRead(r.on()), f.saveDelivery(tx, d)
	})
	if err != nil {
		return PageMessage{}, err
	}
	v := relayedOf(r.in, r.message)
	r.message.Attachments, v.FilesKept = r.in.filesFor(r.contact, r.message)
	return PageMessage{Author: v.Author, ByMother: r.message.AuthorKind == messages.ByMother, Subject: v.Subject, Reference: v.Reference, Body: v.Body,
		Written: r.message.Written, Attachments: r.message.Attachments, FilesKept: v.FilesKept, Readers: v.Readers, Privileged: v.Privileged, Reviewed: v.Reviewed, ByPact: v.ByPact, Expires: r.page.Expires}, nil
}

// PageFile returns a file of the page's message and records that it was opened.
func (f *Flow) PageFile(ctx context.Context, token string, id ids.AttachmentID) (FileView, error) {
	r, err := f.byReader(ctx, token)
	if err != nil {
		return FileView{}, err
	}
	for _, at := range r.message.Attachments {
		if at.ID == id {
			return f.Attachment(ctx, r.contact, id)
		}
	}
	return FileView{}, ids.ErrNotFound
}

// PageAnswer takes what the recipient writes on the page as her answer in the conversation. It is decided as an email of hers would be whose
// sender is proven, which the code has done: to a mother it is held for review. key names this act of writing.
func (f *Flow) PageAnswer(ctx context.Context, token, body, key string) (Composed, error) {
	r, err := f.byReader(ctx, token)
	if err != nil {
		return Composed{}, err
	}
	if body, err = cleanBody(body); err != nil {
		return Composed{}, err
	}
	if key == "" || len(key) > maxIDSize {
		return Composed{}, ids.E(ids.Invalid, "The answer needs an identifier of its own, of at most %d characters.", maxIDSize)
	}
	if err := f.may(ctx, r.facts(), string(r.page.ID)); err != nil {
		return Composed{}, err
	}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: r.in.ID, Case: r.in.Case, AuthorKind: messages.ByContact, AuthorID: r.contact.ID, Body: body}
	var (
		out   Composed
		facts policy.Facts
		d     policy.Decision
	)
	err = f.st.Write(ctx, r.contact, func(tx *store.Tx) (entry audit.Entry, err error) {
		in, err := loadThread(tx.Context(), tx.Reader, r.contact, r.in.ID) // anew: she, or one of the readers, may have left since
		if err != nil {
			return entry, err
		}
		if facts, d = answerDecision(in, r.contact); !d.Allowed() && d.Hold != string(messages.HoldReview) {
			return entry, errAnswerRefused
		}
		out, entry, err = f.place(tx, r.contact, in, m, d, origin{idemKey: "page/" + string(r.page.ID) + "/" + key})
		return entry, err
	})
	if errors.Is(err, errAnswerRefused) {
		return Composed{}, f.refuse(ctx, facts, string(r.page.ID), d)
	}
	return out, err
}

// errAnswerRefused rolls an answer back that policy refuses; the refusal is then recorded in a change of its own.
var errAnswerRefused = errors.New("policy refuses the answer")

// answerDecision decides about an answer as about an email of a proven sender.
func answerDecision(in openThread, author ids.Actor) (policy.Facts, policy.Decision) {
	facts := in.to(policy.FileMail)
	facts.Touch = touches(ids.ContactID(author.ID), true)
	facts.Mail = policy.MailFacts{AddressValid: true, SenderIsParty: threads.IsParty(in.Parties, author), Verified: true, Readable: true}
	return facts, policy.Decide(facts)
}

// LeavePage ends a reader's session on her own wish, on a shared computer; ending one that has ended changes nothing.
func (f *Flow) LeavePage(ctx context.Context, token string) error {
	r, err := f.byReader(ctx, token)
	if ids.KindOf(err) == ids.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return f.st.Write(ctx, r.contact, func(tx *store.Tx) (audit.Entry, error) {
		return audit.PageLeft(r.on()), tx.EndSession(people.HashToken(token))
	})
}
