package flow

import (
	"context"
	"errors"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// MailReaderAtOnce is a MailReader that can also read without waiting for anybody, while the sender's server waits for its answer.
type MailReaderAtOnce interface {
	MailReader
	// ReadAtOnce reads like Read but asks the DNS nothing that it does not know already: ok is false when it would have had to, and then
	// what it says of the sender is not to be used.
	ReadAtOnce(ctx context.Context, raw []byte, env store.Envelope) (mail ReadMail, ok bool)
}

// atOnceSize is the largest mail, in bytes, that is read while its sender's server waits: what is larger must not hold up its neighbours.
const atOnceSize = 64 << 10

// fileAtOnce accepts a mail and files it in one transaction, and reports whether it has done so: then the mail is durable and so is all that
// became of it. When it reports false nothing has happened, and the mail is to be accepted for later: it is large, the DNS would have to be
// asked, it has been received before, it could not be read, or the database refused.
func (f *Flow) fileAtOnce(ctx context.Context, in store.Inbound, digest string, raw []byte) bool {
	reader, ok := f.cfg.Mail.(MailReaderAtOnce)
	if !ok || len(raw) > atOnceSize {
		return false
	}
	change := f.st.Announce()
	defer change.Withdraw()
	mail, ok := f.readAtOnce(ctx, reader, raw, in.Envelope)
	if !ok || mail.Proof.TempFail {
		return false
	}
	expected := mail.message()
	in.New = &store.NewInbound{Digest: digest, Raw: raw, Message: expected.ID}
	if _, token, err := f.addressing().Parse(in.Envelope.Rcpt); err == nil {
		change.SealMail(token, in, expected)
	}
	err := change.Write(ctx, ids.System("mail"), func(tx *store.Tx) (audit.Entry, error) {
		to, err := f.recipient(tx.Context(), tx.Reader, in.Envelope.Rcpt)
		if err != nil {
			return audit.Entry{}, err
		}
		in := in // the change may run again
		in.Scope = to.scope()
		tx.Also(audit.MailAccepted(in.ID, digest).By(receivedBy(in.Envelope)))
		return f.settleMail(tx, in, mail, to)
	})
	if err != nil && !errors.Is(err, store.ErrRepeat) && ids.KindOf(err) != ids.Unavailable {
		f.log.Warn("a mail could not be filed at once; it is accepted to be read later", "err", err)
	}
	return err == nil
}

// readAtOnce keeps a mail that the reader cannot cope with from ending the session: it is accepted all the same.
func (f *Flow) readAtOnce(ctx context.Context, r MailReaderAtOnce, raw []byte, env store.Envelope) (mail ReadMail, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			f.log.Error("a mail's reading failed; it is accepted to be read later", "panic", p)
			mail, ok = ReadMail{}, false
		}
	}()
	mail, ok = r.ReadAtOnce(ctx, raw, env)
	return mail.clean(), ok
}
