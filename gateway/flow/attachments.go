package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
)

// FileChecker looks at one file. It keeps nothing, obeys ctx, and its errors are of the moment: the same file may go well another time.
type FileChecker interface {
	// Scan asks the virus scanner, where there is one. The zero verdict means that it has nothing against the file.
	Scan(ctx context.Context, content []byte) (messages.FileVerdict, error)
	// Look says what a file is and makes pictures of it. A shown verdict comes with as many pages as it says.
	Look(ctx context.Context, name string, content []byte) (messages.FileVerdict, []messages.FilePage, error)
}

// How long a file is tried.
const (
	scanPatience = 24 * time.Hour // for the virus scanner to answer
	maxFileTries = 5              // at looking into one file, crashes of the program included
)

// leaveToCheck leaves new files of a message to be looked at. The message does not wait for it.
func leaveToCheck(tx *store.Tx, files []store.NewFile) error {
	for _, f := range files {
		if err := tx.Enqueue(outbox.FileCheck, string(f.ID), f.ID, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// HandleFileCheck is the outbox handler for files: it looks at one and stores what came of it. It is idempotent: a file that is settled is left
// alone. No file is checked for ever: without a scanner's answer it ends as not checked, and one that cannot be looked at as damaged.
func (f *Flow) HandleFileCheck(ctx context.Context, it outbox.Item) error {
	var id ids.AttachmentID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	if f.cfg.Files == nil {
		return errors.New("nobody is set up to look at files")
	}
	m, at, err := f.attachment(ctx, id)
	if err != nil && (ids.KindOf(err) == ids.NotFound || errors.Is(err, vault.ErrDestroyed)) {
		return nil // with its case
	}
	if err != nil || at.Verdict.State != messages.FileChecking {
		return err
	}
	content, err := f.st.AttachmentContent(ctx, m.Case, id)
	if err != nil {
		return err
	}
	verdict, err := f.cfg.Files.Scan(ctx, content)
	switch {
	case err != nil && f.waited(it) < scanPatience:
		return outbox.RetryAt(f.now().Add(outbox.Backoff(it.Attempts, 5*time.Second, 5*time.Minute)), err)
	case err != nil:
		verdict = messages.FileVerdict{State: messages.FileWithheld, Reason: messages.FileNotChecked}
	}
	var pages []messages.FilePage
	if verdict.State == "" {
		if verdict, pages, err = f.lookAt(ctx, at, content); err != nil {
			return outbox.RetryAt(f.now().Add(outbox.Backoff(it.Attempts, 10*time.Second, 5*time.Minute)), err)
		}
	}
	return f.settleFile(ctx, m, id, verdict, pages)
}

// waited is how long a file has been waiting. One from before files were looked at has no time: it waits from its first try.
func (f *Flow) waited(it outbox.Item) time.Duration {
	if it.Created.Unix() <= 0 {
		return time.Duration(it.Attempts) * 5 * time.Minute
	}
	return f.now().Sub(it.Created)
}

func (f *Flow) lookAt(ctx context.Context, at messages.Attachment, content []byte) (messages.FileVerdict, []messages.FilePage, error) {
	tries, err := f.st.CountFileTry(ctx, at.ID)
	if err != nil {
		return messages.FileVerdict{}, nil, err
	}
	if tries > maxFileTries {
		return messages.FileVerdict{State: messages.FileWithheld, Reason: messages.FileDamaged}, nil, nil
	}
	return f.cfg.Files.Look(ctx, at.Name, content)
}

// settleFile stores a verdict with its pictures, and shows the message again where its mother has it already.
func (f *Flow) settleFile(ctx context.Context, m messages.Message, id ids.AttachmentID, v messages.FileVerdict, pages []messages.FilePage) error {
	return f.st.Write(ctx, ids.System("files"), func(tx *store.Tx) (audit.Entry, error) {
		entry := audit.FileChecked(m.Case, m.Thread, id, string(v.State), string(v.Reason))
		done, err := tx.SetFileVerdict(m.Case, id, v, pages)
		if err != nil || !done {
			return entry.With("repeat", "yes"), err
		}
		if err := waitsForClearing(tx, m, id); err != nil {
			return entry, err
		}
		ds, err := tx.DeliveriesOfMessage(tx.Context(), m.ID) // none before the message is released
		for _, d := range ds {
			if d.RecipientKind == messages.ToMother && d.State != messages.Kept && err == nil { // what is kept shows her nothing
				err = tx.AddFeed(ids.MotherID(d.RecipientID), store.FeedMessage, string(m.ID))
			}
		}
		return entry, err
	})
}

// attachment returns a file with its message.
func (f *Flow) attachment(ctx context.Context, id ids.AttachmentID) (messages.Message, messages.Attachment, error) {
	m, err := f.st.AttachmentMessage(ctx, id)
	if err != nil {
		return m, messages.Attachment{}, err
	}
	for _, at := range m.Attachments {
		if at.ID == id {
			return m, at, nil
		}
	}
	return m, messages.Attachment{}, ids.ErrNotFound
}

// mayHave returns a file of a message when the actor may do the act with the message.
func (f *Flow) mayHave(ctx context.Context, a ids.Actor, act policy.Act, id ids.AttachmentID) (messages.Message, messages.Attachment, error) {
	m, at, err := f.attachment(ctx, id)
	if err != nil {
		return m, at, err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return m, at, err
	}
	facts, _, err := f.reviewerFacts(ctx, o, act, m)
	if err != nil {
		return m, at, err
	}
	facts.Message.FileKept = at.Ruling == messages.FileKept
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return m, at, err
	}
	if with, _ := o.filesFor(a, m); !slices.ContainsFunc(with, func(x messages.Attachment) bool { return x.ID == id }) {
		facts.Act = policy.Attach
		return m, at, f.refuse(ctx, facts, auditID(id), policy.Decision{Effect: policy.Conceal, Rule: "file_kept_back", Why: "This file was not passed on."})
	}
	return m, at, nil
}

// FileView is an attachment to be downloaded.
type FileView struct {
	messages.Attachment
	Content []byte
}

// Attachment returns a file as it was sent, to staff and contacts who may read its message, and records that it was opened. What is still being checked, or was
// found infected, is given to nobody; a contact gets what mail would carry to her.
func (f *Flow) Attachment(ctx context.Context, a ids.Actor, id ids.AttachmentID) (FileView, error) {
	m, at, err := f.mayHave(ctx, a, policy.ReadOriginal, id)
	if err != nil {
		return FileView{}, err
	}
	switch v := at.Verdict; {
	case v.State == messages.FileChecking:
		return FileView{}, ids.E(ids.Conflict, "This file is still being checked. Try again in a few minutes.")
	case a.Kind == ids.ActorContact && !v.Relayed(): // as with mail
		return FileView{}, ids.ErrNotFound
	case v.Refused():
		return FileView{}, ids.E(ids.Forbidden, "The virus scanner found something in this file (%s), so it cannot be downloaded. It is kept on the record.", v.Finding)
	}
	v := FileView{Attachment: at}
	if v.Content, err = f.st.AttachmentContent(ctx, m.Case, id); err != nil {
		return v, err
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.AttachmentRead(m.Case, m.Thread, id), nil })
}

// shown returns a file of a message that the actor may read, and of which there are pictures.
func (f *Flow) shown(ctx context.Context, a ids.Actor, id ids.AttachmentID) (messages.Message, messages.Attachment, error) {
	act := policy.ReadMessage // a mother has pictures and words alone
	if a.StaffID() != "" {
		act = policy.ReadOriginal
	}
	m, at, err := f.mayHave(ctx, a, act, id)
	if err == nil && at.Verdict.State != messages.FileShown {
		err = ids.ErrNotFound
	}
	return m, at, err
}

// FileWords is what a file says.
type FileWords struct {
	Name   string
	Thread ids.ThreadID
	Pages  []string // what each of its pictures says; "" of one without words
}

// FileWords returns what is read aloud of a file of a message that the actor may read, and records that it was asked for.
func (f *Flow) FileWords(ctx context.Context, a ids.Actor, id ids.AttachmentID) (FileWords, error) {
	m, at, err := f.shown(ctx, a, id)
	if err != nil {
		return FileWords{}, err
	}
	w := FileWords{Name: at.Name, Thread: m.Thread}
	if w.Pages, err = f.st.FileWords(ctx, m.Case, id); err != nil {
		return FileWords{}, err
	}
	return w, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) {
		return audit.AttachmentRead(m.Case, m.Thread, id).With("words", "yes"), nil
	})
}

// FilePage returns one picture of a file of a message that the actor may read, counted from 1, and records that it was opened.
func (f *Flow) FilePage(ctx context.Context, a ids.Actor, id ids.AttachmentID, page int) (messages.FilePage, error) {
	m, at, err := f.shown(ctx, a, id)
	if err != nil {
		return messages.FilePage{}, err
	}
	if page < 1 || page > at.Verdict.Shown {
		return messages.FilePage{}, ids.ErrNotFound
	}
	p, err := f.st.FilePage(ctx, m.Case, id, page)
	if err != nil {
		return p, err
	}
	return p, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) {
		return audit.AttachmentRead(m.Case, m.Thread, id).With("page", fmt.Sprint(page)), nil
	})
}

// relayFiles are the files that go with an email to a contact, and those that do not, in words. The text waits for no file: one that is still
// being checked when the mail leaves stays behind.
func relayFiles(ctx context.Context, r store.Reader, m messages.Message) (with []store.NewFile, left []messages.Attachment, err error) {
	for _, a := range m.Attachments {
		if !a.Verdict.Relayed() {
			left = append(left, a)
			continue
		}
		content, err := r.AttachmentContent(ctx, m.Case, a.ID)
		if err != nil {
			return nil, nil, err
		}
		with = append(with, store.NewFile{Attachment: a, Content: content})
	}
	return with, left, nil
}
