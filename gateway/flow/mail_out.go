package flow

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// OutMail is an email to be sent, in plain values; the sender makes MIME of it. Text and HTML say the same.
type OutMail struct {
	From, FromName string // header sender; also where replies go
	To, ToName     string
	EnvelopeFrom   string // "" = the null reverse-path
	EnvelopeID     string // ENVID of a report that is asked for (RFC 3461); "" = none
	Subject        string
	Text, HTML     string
	MessageID      string // without angle brackets, like those below
	InReplyTo      string
	References     []string
	Headers        map[string]string // more header fields
	Files          []store.NewFile
	// Calendar is what the recipient's calendar program is told by the mail; nil = nothing.
	Calendar *CalendarPart
	// Neutral mail holds nothing private: it may go where a connection cannot be protected.
	Neutral bool
}

// MailFailure is why an email could not be sent.
type MailFailure struct {
	Permanent bool // trying again is of no use
	// MayNotify says, of a server that could not be reached securely, that a notice without content may go there instead.
	MayNotify bool
	Trouble   messages.Trouble
	Answer    string // the server's, in one line, or what happened instead of one
}

//go:embed mail/*.tmpl
var mailTemplates embed.FS

var (
	mailText = texttemplate.Must(texttemplate.New("").Funcs(texttemplate.FuncMap{"wrap": letters.Wrap}).ParseFS(mailTemplates, "mail/*.txt.tmpl"))
	mailHTML = htmltemplate.Must(htmltemplate.ParseFS(mailTemplates, "mail/*.html.tmpl"))
)

// renderMail writes both alternatives of a mail from its templates.
func renderMail(name string, data any) (text, html string, err error) {
	var t, h bytes.Buffer
	if err := mailText.ExecuteTemplate(&t, name+".txt.tmpl", data); err != nil {
		return "", "", err
	}
	if err := mailHTML.ExecuteTemplate(&h, name+".html.tmpl", data); err != nil {
		return "", "", err
	}
	return t.String(), h.String(), nil
}

// standardHeaders are on every mail that Kinbridge sends: machines are asked not to answer (RFC 3834; Exchange reads the second), mail
// providers are told the kind of mail that complaints are about (Feedback-ID), and nothing that identifies a person is in a header.
// There is no List-Unsubscribe: nobody is on a list, and a filter that pressed it must not end a conversation.
func standardHeaders(kind string) map[string]string {
	return map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply", "X-Kinbridge-Loop": "1",
		"Feedback-ID": "0:0:" + kind + ":kinbridge"}
}

// relayed is what the templates of a relayed message show.
type relayed struct {
	Author, Role, Subject, Reference string
	Body                             string
	Paragraphs                       [][]string // of lines
	Readers                          string
	Reviewed                         bool // somebody reads an answer before the mother does
	ByPact                           bool // and that is a Pact social worker first
	Privileged                       bool
	FilesKept                        int // files that were not passed on, of which nothing else is said
	Around                           []setting
}

// setting is what stands around a message in one language.
type setting struct {
	Lang      string
	Words     map[string]string
	Written   string
	FilesLeft []string // files that do not go with the mail, each with the reason
	FilesKept string
}

// surround adds what stands around the message, in the languages of its recipient.
func (v *relayed) surround(langs []string, written time.Time, left []messages.Attachment) {
	for _, lang := range langs {
		a := setting{Lang: lang, Words: letters.Around(lang), Written: letters.Day(written, lang)}
		for _, file := range left {
			name := oneLine(file.Name, 100)
			if name == "" {
				name = a.Words["file_unnamed"]
			}
			reason := string(file.Verdict.Reason)
			if file.Verdict.State == messages.FileChecking {
				reason = "checking"
			}
			a.FilesLeft = append(a.FilesLeft, name+": "+letters.FileReason(lang, reason))
		}
		switch v.FilesKept {
		case 0:
		case 1:
			a.FilesKept = a.Words["one_kept"]
		default:
			a.FilesKept = strings.ReplaceAll(a.Words["some_kept"], "{n}", strconv.Itoa(v.FilesKept))
		}
		v.Around = append(v.Around, a)
	}
}

// OutgoingMail returns the email for one delivery. ErrNothingToSend when it has been sent or ended.
func (f *Flow) OutgoingMail(ctx context.Context, id ids.DeliveryID) (OutMail, error) {
	r := f.st.Reader
	d, err := r.Delivery(ctx, id)
	if err != nil {
		return OutMail{}, err
	}
	if d.RecipientKind != messages.ToContact || !d.ToSend() {
		return OutMail{}, ErrNothingToSend
	}
	m, err := r.Message(ctx, d.Message)
	if err != nil {
		return OutMail{}, err
	}
	contact := ids.ContactActor(ids.ContactID(d.RecipientID))
	o, err := loadThread(ctx, r, contact, d.Thread)
	if err != nil {
		return OutMail{}, err
	}
	if m.State != messages.Released || !threads.IsParty(o.Parties, contact) {
		return OutMail{}, ErrNothingToSend // she left the thread while the mail waited
	}
	if !policy.Decide(o.towards(threads.Party{Kind: threads.PartyContact, ID: d.RecipientID}, m)).Allowed() {
		return OutMail{}, ErrNothingToSend // what was allowed when it was queued is not now: whatever forbids it keeps it too
	}
	out := OutMail{FromName: "Kinbridge", To: d.Address, ToName: d.RecipientName, EnvelopeID: string(d.ID), MessageID: f.messageID(m.ID), Headers: standardHeaders("message")}
	if err := f.addressMail(ctx, r, &out, d); err != nil {
		return OutMail{}, err
	}
	if d.Way.Notice {
		return f.notice(ctx, out, d)
	}
	if out.References, err = r.HeaderIDsBefore(ctx, m, 20); err != nil {
		return OutMail{}, err
	}
	langs, err := f.languagesOfContact(ctx, ids.ContactID(d.RecipientID))
	if err != nil {
		return OutMail{}, err
	}
	out.Subject = letters.Subject(langs, threadReference(o))
	if n := len(out.References); n > 0 {
		out.InReplyTo = out.References[n-1]
		out.Subject = "Re: " + out.Subject
	}
	v := relayedOf(o, m)
	m.Attachments, v.FilesKept = o.filesFor(contact, m)
	var left []messages.Attachment
	if out.Files, left, err = relayFiles(ctx, r, m); err != nil {
		return OutMail{}, err
	}
	v.surround(langs, m.Written, left)
	out.Text, out.HTML, err = renderMail("message", v)
	return out, err
}

func (f *Flow) addressMail(ctx context.Context, r store.Reader, out *OutMail, d messages.Delivery) error {
	reply, err := r.ReplyAddressOf(ctx, d.Thread, ids.ContactID(d.RecipientID))
	if err != nil {
		return err
	}
	bounce, err := r.BounceToken(ctx, d.ID)
	if err != nil {
		return err
	}
	out.From = f.addressing().Write(threads.ReplyAddress, reply)
	out.EnvelopeFrom = f.addressing().Write(threads.BounceAddress, bounce)
	return nil
}

// ReplyAddress returns the whole reply address of a contact in a thread.
func (f *Flow) ReplyAddress(ctx context.Context, t ids.ThreadID, c ids.ContactID) (string, error) {
	token, err := f.st.ReplyAddressOf(ctx, t, c)
	if err != nil {
		return "", err
	}
	return f.addressing().Write(threads.ReplyAddress, token), nil
}

// threadReference is how a subject names a conversation without naming a person: the case's reference and four characters of
// the thread's identifier, so that two conversations of one case stay two in every mail program.
func threadReference(o openThread) string {
	id := string(o.ID)
	return o.CaseRow.Reference + "-" + strings.ToUpper(id[len(id)-4:])
}

// reviewedToHer says whether somebody reads what people outside write before she does, by the settings in force. Who it is is said of Pact alone: that public protection reads
// would tell of a restriction.
func reviewedToHer(o openThread) (reviewed, byPact bool) {
	if !policy.HasReviewer(o.Channel) || !o.facts.Thread.HasMother || !o.facts.Thread.WithAgency {
		return false, false
	}
	facts := o.facts
	facts.Review = o.safe.review[messages.ToHer]
	order := policy.Reviewers(facts)
	return len(order) > 0, len(order) > 0 && order[0] == ids.RolePactWorker
}

func relayedOf(o openThread, m messages.Message) relayed {
	v := relayed{Author: oneLine(m.AuthorName, 100), Subject: o.Subject, Reference: threadReference(o), Body: strings.TrimSpace(m.Body),
		Privileged: o.Channel == threads.Privileged,
	}
	v.Reviewed, v.ByPact = reviewedToHer(o)
	for _, p := range strings.Split(v.Body, "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			v.Paragraphs = append(v.Paragraphs, strings.Split(p, "\n"))
		}
	}
	switch m.AuthorKind {
	case messages.ByMother:
		v.Role = "mother"
	case messages.ByStaff:
		v.Role = "staff"
	}
	var readers []string
	for _, p := range o.Parties {
		if p.Until.IsZero() {
			readers = append(readers, oneLine(p.Name, 100))
		}
	}
	v.Readers = strings.Join(readers, ", ")
	return v
}

// MailSent records that a server took a delivery's email; final, that this server is the recipient's own. The answer is the server's
// last line.
func (f *Flow) MailSent(ctx context.Context, id ids.DeliveryID, final bool, answer string) error {
	return f.moveDelivery(ctx, id, func(tx *store.Tx, d *messages.Delivery, on audit.Delivered) (audit.Entry, error) {
		d.Detail = oneLine(answer, 500)
		d.Way.Tries++
		if d.Way.Notice {
			return f.noticeSent(tx, d, on)
		}
		d.Way.Trouble = ""
		if d.Advance(messages.Sent, tx.Now()); final {
			tx.Also(audit.DeliverySent(on, d.Way.Tries))
			d.Advance(messages.Accepted, tx.Now())
			return audit.DeliveryAccepted(on, answer), nil
		}
		return audit.DeliverySent(on, d.Way.Tries), nil
	})
}

// MailFailed records that a delivery's email could not be sent. For a temporary failure it returns when to try again, until the
// message is messages.MaxAge old; then, and for a permanent failure, the delivery is failed and the time is zero. Where the server cannot be
// reached securely, what is tried next, at once, is a notice with a link to a reading page (secure_page.go).
func (f *Flow) MailFailed(ctx context.Context, id ids.DeliveryID, attempt int, why MailFailure) (retry time.Time, err error) {
	err = f.moveDelivery(ctx, id, func(tx *store.Tx, d *messages.Delivery, on audit.Delivered) (audit.Entry, error) {
		d.Detail, d.Way.Trouble = oneLine(why.Answer, 500), why.Trouble
		d.Way.Tries++
		if why.MayNotify && f.noticeDue(d.Way) {
			retry = tx.Now()
			return f.beginNotice(tx, d, on)
		}
		since, err := f.dueSince(tx, *d)
		if err != nil {
			return audit.Entry{}, err
		}
		retry = tx.Now().Add(outbox.Backoff(attempt, messages.FirstRetry, messages.MaxRetry))
		if why.Permanent || retry.Sub(since) > messages.MaxAge {
			retry = time.Time{}
			return f.failDelivery(tx, d, on, why.Answer)
		}
		return audit.DeliveryDelayed(on, why.Answer), nil
	})
	return retry, err
}

// failDelivery ends a delivery for good. Whoever holds the case sees it on her pages at once, and the item is there for whoever is to chase
// what was not received.
func (f *Flow) failDelivery(tx *store.Tx, d *messages.Delivery, on audit.Delivered, answer string) (audit.Entry, error) {
	if !d.Advance(messages.Failed, tx.Now()) {
		return audit.DeliveryFailed(on, answer).With("repeat", "yes"), nil
	}
	return audit.DeliveryFailed(on, answer), tx.Enqueue(outbox.Undelivered, fmt.Sprintf("%s/%d", d.ID, tx.Now().UnixMicro()), d.ID, time.Time{})
}

func (f *Flow) moveDelivery(ctx context.Context, id ids.DeliveryID, move func(*store.Tx, *messages.Delivery, audit.Delivered) (audit.Entry, error)) error {
	return f.st.Write(ctx, ids.System("mail"), func(tx *store.Tx) (audit.Entry, error) {
		d, err := tx.LockDelivery(id)
		if err != nil {
			return audit.Entry{}, err
		}
		e, err := move(tx, &d, deliveredOf(d))
		if err != nil {
			return e, err
		}
		return e, f.saveDelivery(tx, d)
	})
}

func deliveredOf(d messages.Delivery) audit.Delivered {
	return audit.Delivered{Case: d.Case, Thread: d.Thread, Message: d.Message, Delivery: d.ID}
}

// AtKiosk records that a message is on a kiosk which its mother has unlocked.
func (f *Flow) AtKiosk(ctx context.Context, a ids.Actor, kiosk ids.KioskID, m ids.MessageID) error {
	return f.atMother(ctx, a, m, messages.AtKiosk, func(on audit.Delivered) audit.Entry { return audit.DeliveryKiosk(on, kiosk) })
}

// Seen records that a message has been open on its mother's screen.
func (f *Flow) Seen(ctx context.Context, a ids.Actor, m ids.MessageID) error {
	return f.atMother(ctx, a, m, messages.Seen, audit.DeliverySeen)
}

// atMother moves a mother's delivery; a repeat changes nothing and writes nothing.
func (f *Flow) atMother(ctx context.Context, a ids.Actor, m ids.MessageID, to messages.DeliveryState, entry func(audit.Delivered) audit.Entry) error {
	if a.Kind != ids.ActorMother {
		return ids.ErrNotFound
	}
	d, err := f.st.DeliveryTo(ctx, m, messages.ToMother, a.ID)
	if err != nil {
		return err
	}
	if !d.Advance(to, f.now()) {
		return nil
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		d, err := tx.LockDelivery(d.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		d.Advance(to, tx.Now())
		return entry(deliveredOf(d)), tx.UpdateDelivery(d)
	})
}

// CheckRecipient is what an SMTP listener may ask before it takes a message: nil when mail for this recipient is ours to take.
func (f *Flow) CheckRecipient(rcpt string) error {
	if !f.OurDomain(rcpt) {
		return ids.E(ids.NotFound, "This server does not take mail for %s.", safeDomain(rcpt))
	}
	return nil
}

func safeDomain(rcpt string) string {
	return fmt.Sprintf("%q", oneLine(people.Domain(rcpt), 100))
}
