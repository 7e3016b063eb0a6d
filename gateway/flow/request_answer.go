package flow

import (
	"context"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// NewAnswer is a mother's answer, as she confirmed it.
type NewAnswer struct {
	Request ids.RequestID
	Says    requests.Says
	Reason  string // her own words; needed where information is asked for
	Lang    string // in which she was asked
	Shown   string // the words that she was shown before she confirmed: see ReadBack
	Heard   bool   // she had them read aloud
	Kiosk   ids.KioskID
	IdemKey string
}

// Limits of an answer's words.
const maxReason = 4000

// ReadBack is what she is shown, and hears, before an answer is sent.
func (f *Flow) ReadBack(ctx context.Context, a ids.Actor, id ids.RequestID, s requests.Says, lang string) (string, error) {
	t, err := f.toAnswer(ctx, f.st.Reader, a, id)
	if err != nil {
		return "", err
	}
	if err := f.mayAnswer(ctx, t); err != nil {
		return "", err
	}
	if !s.Fits(t.request.Kind) {
		return "", ids.E(ids.Invalid, "Choose an answer.")
	}
	return requests.ReadBack(t.request, s, t.childName(), answerLang(lang)), nil
}

func answerLang(lang string) string {
	if lang == workdays.Welsh {
		return workdays.Welsh
	}
	return "en"
}

// answering is a request with all that is asked before it is answered.
type answering struct {
	asking
	request  requests.Request
	question messages.Message
	asker    string
}

func (f *Flow) toAnswer(ctx context.Context, r store.Reader, a ids.Actor, id ids.RequestID) (t answering, err error) {
	if a.Kind != ids.ActorMother {
		return t, ids.ErrNotFound
	}
	if t.request, err = r.Request(ctx, id); err != nil {
		return t, err
	}
	if t.question, err = r.Message(ctx, t.request.Message); err != nil {
		return t, err
	}
	if t.asking, err = f.asking(ctx, r, a, t.request.Thread, t.request.Child); err != nil {
		return t, err
	}
	kept, err := keptFromHer(ctx, r, t.question)
	if err != nil {
		return t, err
	}
	if kept {
		return t, ids.ErrNotFound
	}
	t.asker = t.question.AuthorName
	if t.o.Agency != "" && t.question.AuthorKind == messages.ByContact {
		of, err := r.Agency(ctx, t.o.Agency)
		if err != nil {
			return t, err
		}
		t.asker += ", " + of.Name
	}
	return t, nil
}

// keptFromHer reports whether a message's delivery to its mother is kept for the present: then nothing of it is hers to know.
func keptFromHer(ctx context.Context, r store.Reader, m messages.Message) (bool, error) {
	ds, err := r.DeliveriesOfMessage(ctx, m.ID)
	for _, d := range ds {
		if d.RecipientKind == messages.ToMother && d.State == messages.Kept {
			return true, err
		}
	}
	return false, err
}

// mayAnswer asks policy twice: whether she may answer, and whether her message may be written.
func (f *Flow) mayAnswer(ctx context.Context, t answering) error {
	if err := f.may(ctx, t.about(policy.AnswerRequest, t.question), auditID(t.request.ID)); err != nil {
		return err
	}
	if err := f.refused(ctx, t.facts(policy.WriteMessage), auditID(t.request.ID)); err != nil {
		return err
	}
	return t.open(f.st.Today())
}

// open says why a request cannot be answered, apart from who may.
func (t answering) open(today workdays.Day) error {
	switch {
	case t.request.ByHer:
		return ids.E(ids.Invalid, "She asked this herself.")
	case !t.request.Withdrawn.IsZero():
		return ids.E(ids.Conflict, "This is not asked any more.")
	case t.request.Terms.Closed(today):
		return ids.E(ids.Conflict, "The last day for an answer has passed.")
	}
	return nil
}

// Answer takes a mother's confirmed answer: a message of hers in the conversation, which goes the way of every other, with a signed record of what she
// was shown and said as its file. She may answer again; the later answer counts, and all are kept. The same key is the same answer.
func (f *Flow) Answer(ctx context.Context, a ids.Actor, in NewAnswer) (out Composed, err error) {
	in.Reason, in.Lang = strings.TrimSpace(CleanText(in.Reason)), answerLang(in.Lang)
	t, err := f.toAnswer(ctx, f.st.Reader, a, in.Request)
	if err != nil {
		return out, err
	}
	if err := f.mayAnswer(ctx, t); err != nil {
		return out, err
	}
	switch {
	case f.cfg.Records == nil:
		return out, ids.E(ids.Unavailable, "Answers cannot be signed here at present.")
	case in.IdemKey == "" || len(in.IdemKey) > maxIDSize:
		return out, ids.E(ids.Invalid, "The answer needs an identifier of its own, of at most %d characters.", maxIDSize)
	case !in.Says.Fits(t.request.Kind):
		return out, ids.E(ids.Invalid, "Choose an answer.")
	case in.Says == requests.Told && in.Reason == "":
		return out, ids.E(ids.Invalid, "Write your answer first.")
	case len(in.Reason) > maxReason:
		return out, ids.E(ids.TooLarge, "The answer is too long: at most %d characters fit.", maxReason)
	}
	draft := draftAnswer{in: in, answer: ids.New[ids.AnswerID](ids.Answer), message: ids.New[ids.MessageID](ids.Message), file: ids.New[ids.AttachmentID](ids.Attachment),
		entry: ids.New[string](ids.AuditEntry)}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (entry audit.Entry, err error) {
		out, entry, err = f.takeAnswer(tx, a, draft)
		return entry, err
	})
	return out, err
}

// draftAnswer is an answer with the identifiers that its record names.
type draftAnswer struct {
	in      NewAnswer
	answer  ids.AnswerID
	message ids.MessageID
	file    ids.AttachmentID
	entry   string
}

func (f *Flow) takeAnswer(tx *store.Tx, a ids.Actor, d draftAnswer) (out Composed, entry audit.Entry, err error) {
	if _, err := tx.LockRequest(d.in.Request); err != nil {
		return out, entry, err
	}
	t, err := f.toAnswer(tx.Context(), tx.Reader, a, d.in.Request) // anew: what held when she began may hold no more
	if err != nil {
		return out, entry, err
	}
	may, write := policy.Decide(t.about(policy.AnswerRequest, t.question)), policy.Decide(t.facts(policy.WriteMessage))
	if err := firstErr(may.Err(), write.Err(), t.open(tx.Today())); err != nil {
		return out, entry, err
	}
	if shown := requests.ReadBack(t.request, d.in.Says, t.childName(), d.in.Lang); d.in.Shown != shown {
		return out, entry, ids.E(ids.Conflict, "What is asked has changed meanwhile. Read it again.")
	}
	signed, err := f.recordOf(tx, t, d)
	if err != nil {
		return out, entry, err
	}
	m := messages.Message{ID: d.message, Thread: t.o.ID, Case: t.o.Case, AuthorKind: messages.ByMother, AuthorID: a.ID,
		Body: requests.Body(t.request, d.in.Says, t.childName(), d.in.Reason, d.in.Lang)}
	file := store.NewFile{Attachment: messages.Attachment{ID: d.file, Name: "record-of-answer.txt", MediaType: "text/plain; charset=utf-8", Size: int64(len(signed))}, Content: signed}
	out, written, err := f.place(tx, a, t.o, m, write, origin{idemKey: "answer/" + d.in.IdemKey + "/" + a.ID, files: []store.NewFile{file}})
	if err != nil || out.Again {
		return out, written, err
	}
	tx.Also(written)
	// It is ours: nobody need look into it, and mail that leaves at once must not leave without it.
	if _, err := tx.SetFileVerdict(t.o.Case, d.file, messages.FileVerdict{State: messages.FileListed, Reason: messages.FileNoViewer, Found: "text"}, nil); err != nil {
		return out, entry, err
	}
	answer := requests.Answer{ID: d.answer, Request: t.request.ID, Says: d.in.Says, Message: out.Message, Entry: d.entry}
	if err := tx.AddAnswer(t.o.Case, answer, d.in.Shown); err != nil {
		return out, entry, err
	}
	entry = audit.RequestAnswered(askedOf(t.request), string(d.in.Says), out.Message, requests.Digest(signed)).Known(d.entry).With("kiosk", auditID(d.in.Kiosk)).
		With("lang", d.in.Lang)
	return out, decided(entry, may), nil
}

// recordOf writes and signs the record of an answer.
func (f *Flow) recordOf(tx *store.Tx, t answering, d draftAnswer) ([]byte, error) {
	before, err := tx.AnswersOf(tx.Context(), t.request.ID)
	if err != nil {
		return nil, err
	}
	r := requests.Record{Mother: t.o.Mother.Name, MotherID: string(t.o.Mother.ID), Child: t.childName(), ChildID: string(t.request.Child), Asker: t.asker,
		Asked: t.question.Written, Answered: tx.Now(), Kind: t.request.Kind, Says: d.in.Says, Language: d.in.Lang, Shown: d.in.Shown, Heard: d.in.Heard, Reason: d.in.Reason,
		Kiosk: string(d.in.Kiosk), Case: t.o.CaseRow.Reference, Request: string(t.request.ID), Question: string(t.question.ID), QuestionWords: t.question.Body,
		Message: string(d.message), Entry: d.entry}
	if n := len(before); n > 0 {
		r.Take = before[n-1].Entry
	}
	return f.cfg.Records.Sign(r.Text())
}
