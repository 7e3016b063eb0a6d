package flow

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// MailKind is what a received email is.
type MailKind string

// The kinds of received email.
const (
	MailMessage   MailKind = "message"
	MailAutoReply MailKind = "auto_reply"
	MailBounce    MailKind = "bounce"
	MailInvite    MailKind = "invite"
	MailLoop      MailKind = "loop"
	MailRejected  MailKind = "rejected" // cannot be read safely; Problem says why
)

// MailReader reads a received email: it parses, splits and checks who sent it. It never fails: what cannot be read is MailRejected with a
// Problem. It may ask the DNS and should give up when ctx ends; it keeps nothing.
type MailReader interface {
	Read(ctx context.Context, raw []byte, env store.Envelope) ReadMail
}

// ReadMail is what a received email says.
type ReadMail struct {
	Kind        MailKind
	From        string // the one From address, normalised; "" when there is none or several
	FromName    string
	FromHeaders int // how many From headers there are; one is right (RFC 5322 section 3.6)
	Subject     string
	Text        string // the author's new words
	Quoted      string // history and signature
	MessageID   string // without angle brackets
	Files       []store.NewFile
	Bounces     []Bounce
	Names       []string  // our messages and deliveries that a delivery report names, by their identifiers
	Auto        AutoFacts // of an automatic answer
	// CalendarAnswer is what the sender's calendar answers to an invitation of ours (iTIP REPLY or COUNTER); nil when it answers none.
	CalendarAnswer *CalendarReply
	Proof          SenderProof
	Problem        string
	Encrypted      bool            // nobody here can read it: the sender is told so
	Invite         *invites.Invite // the invitation of somebody else's that it brings; nil = none
	Signed         string          // "smime" or "pgp": the content carries a signature that is kept and not checked
}

// AutoFacts is what an automatic answer tells about its sender. Its words are never posted as hers.
type AutoFacts struct {
	// Form is what sort of answer it is: "away", "left", "acknowledgement", "receipt" (RFC 8098), "challenge", "filter" (a spam filter's
	// notice), "list"; "" when that could not be told.
	Form       string
	Until      time.Time // of "away": the first day she is back, midnight UTC; zero when it does not say
	Colleagues []Colleague
}

// Colleague is somebody to ask instead, as an automatic answer names her.
type Colleague = people.Colleague

// SenderProof is what the mail proved about where it comes from.
type SenderProof struct {
	Verified bool              `json:"verified"`            // SPF or DKIM passes for the From domain's organisation
	Results  map[string]string `json:"results"`             // "spf": "pass", "dkim": "fail", "dmarc": "none" …
	Reasons  []string          `json:"reasons"`             // in words
	TempFail bool              `json:"temp_fail,omitempty"` // the DNS could not be asked: try again
	// Warnings are tricks seen in who the mail says it is from, in words: a Reply-To elsewhere, a display name that is another's address …
	Warnings []string `json:"warnings,omitempty"`
	// Source says whose results these are: "" = checked here at the SMTP session; else the mailbox provider that the mail was fetched
	// from, by the header that was trusted ("Authentication-Results of mx.example").
	Source string `json:"source,omitempty"`
}

// Bounce is one failing recipient of a delivery report (RFC 3464).
type Bounce struct {
	Recipient  string
	Status     string // RFC 3463, "5.1.1"
	Permanent  bool
	Delayed    bool // not failed yet
	Delivered  bool // success report
	Diagnostic string
}

// clean is the mail with its texts as they may be kept (see CleanText). It is done before the transaction, which only finds that it is done: a
// vast mail must not hold up the writer.
func (m ReadMail) clean() ReadMail {
	m.Text, m.Quoted = CleanText(m.Text), CleanText(m.Quoted)
	return m
}

// bodyOrNote is the text to post; mail without words but with files says so.
func (m ReadMail) bodyOrNote() string {
	if t := CleanText(m.Text); strings.TrimSpace(t) != "" {
		if len(t) > MaxBody {
			return strings.ToValidUTF8(t[:MaxBody], "") + "\n[…]"
		}
		return t
	}
	if len(m.Files) > 0 {
		return "[The email has no text, only files.]"
	}
	return "[The email has no text.]"
}

// message is a new message with the email's words.
func (m ReadMail) message() messages.Message {
	return messages.Message{ID: ids.New[ids.MessageID](ids.Message), Subject: oneLine(m.Subject, 500), Body: m.bodyOrNote(), Quoted: CleanText(m.Quoted)}
}

// idemKey names the email in its thread: the same Message-ID with the same words is the same message, whichever way it came.
func (m ReadMail) idemKey(in ids.InboundID) string {
	if m.MessageID == "" {
		return "mail/" + string(in)
	}
	sum := sha256.Sum256([]byte(m.MessageID + "\x00" + m.From + "\x00" + m.Text))
	return fmt.Sprintf("mail/%x", sum[:16])
}

// headerID is the Message-ID as it can be kept and quoted back in References; "" when it is none (RFC 5322 section 3.6.4). Then the
// message gets one of ours.
func (m ReadMail) headerID() string {
	if len(m.MessageID) > 900 || strings.ContainsFunc(m.MessageID, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
		return ""
	}
	return m.MessageID
}

// files are the email's files, their media types reduced to what a database and a header can carry.
func (m ReadMail) files() []store.NewFile {
	out := append([]store.NewFile(nil), m.Files...)
	for i, f := range out {
		if f.MediaType == "" || len(f.MediaType) > 200 || strings.ContainsFunc(f.MediaType, func(r rune) bool { return r < ' ' || r > '~' }) {
			out[i].MediaType = "application/octet-stream"
		}
		out[i].Name = shortName(f.Name)
	}
	return out
}

// maxName is how many bytes a file's name is kept to: what file systems take.
const maxName = 255

// shortName makes one line of a file's name and shortens it in its middle: the ending says what a program would do with the file, so it stays.
func shortName(name string) string {
	name = oneLine(name, len(name))
	const gap, most = "…", 32 // bytes of an ending, its dot included, that anybody would give a file
	dot := strings.LastIndexByte(name, '.')
	if len(name) <= maxName || dot < 0 || len(name)-dot > most {
		return oneLine(name, maxName)
	}
	return oneLine(name, maxName-len(gap)-(len(name)-dot)) + gap + name[dot:]
}

// oneLine makes one line of s and cuts it to limit bytes, between two characters. What strangers write passes through here, so it takes linear
// time: a megabyte of Subject costs no more than its length.
func oneLine(s string, limit int) string {
	s = strings.Join(strings.Fields(CleanText(s)), " ")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// OurDomain reports whether mail for an envelope recipient is ours to take: at the domain we receive mail for, or for the one mailbox there.
func (f *Flow) OurDomain(rcpt string) bool { return f.addressing().Ours(rcpt) }

func (f *Flow) addressing() threads.Addressing {
	return threads.Addressing{Key: f.cfg.AddressKey, Domain: f.cfg.MailDomain, Mailbox: f.cfg.Mailbox}
}

// AcceptMail makes a received email durable for one envelope recipient: when it returns nil the SMTP session may answer 250. The same bytes
// from the same sender to the same recipient are accepted once, however often a server retries. An ordinary mail is read and filed in the same
// transaction (see fileAtOnce); of any other nothing is read here but the recipient's address, which says under which case's key the bytes
// are sealed, and the rest is left to the outbox. raw is not kept after it returns.
func (f *Flow) AcceptMail(ctx context.Context, env store.Envelope, raw []byte) (ids.InboundID, error) {
	in := store.Inbound{ID: ids.New[ids.InboundID](ids.Inbound), Envelope: env}
	digest := f.mailDigest(env, raw)
	if f.fileAtOnce(ctx, in, digest, raw) {
		return in.ID, nil
	}
	return f.acceptForLater(ctx, in, digest, raw)
}

// receivedBy is who the audit log says brought an email: nobody known, by one way or the other.
func receivedBy(env store.Envelope) ids.Actor {
	if env.Fetched != "" {
		return ids.Unknown("imap")
	}
	return ids.Unknown("smtp")
}

// acceptForLater makes a received email durable together with the work of reading it.
func (f *Flow) acceptForLater(ctx context.Context, in store.Inbound, digest string, raw []byte) (id ids.InboundID, err error) {
	to, err := f.recipient(ctx, f.st.Reader, in.Envelope.Rcpt)
	if err != nil {
		return "", err
	}
	in.Scope = to.scope()
	handed := f.cfg.Handover.Reserve()
	var work outbox.Item
	err = f.st.Write(ctx, receivedBy(in.Envelope), func(tx *store.Tx) (e audit.Entry, err error) {
		var added bool
		work = outbox.Item{}
		if id, added, err = tx.AddInbound(in, digest, raw); err != nil {
			return e, err
		}
		switch {
		case !added:
			return audit.MailAccepted(id, digest).With("repeat", "yes"), nil
		case handed:
			work, err = tx.EnqueueLeased(outbox.MailIn, id, tx.Now().Add(outbox.DefaultLease))
		default:
			err = tx.Enqueue(outbox.MailIn, "", id, tx.Now())
		}
		return audit.MailAccepted(id, digest), err
	})
	switch {
	case handed && err == nil && work.ID != "":
		if len(raw) <= hintSize {
			in.State = store.InboundAccepted
			work.Hint = acceptedMail{in, bytes.Clone(raw)}
		}
		f.cfg.Handover.Put(work)
	case handed:
		f.cfg.Handover.Cancel()
	}
	return id, err
}

// acceptedMail is what need not be read from the database again when mail is read right after it was accepted.
type acceptedMail struct {
	in  store.Inbound
	raw []byte
}

// hintSize is the largest mail, in bytes, that waits in memory to be read: with the Handover's places it bounds what waits there.
const hintSize = 64 << 10

// mailDigest names an email by its content and envelope. It is keyed: equal digests in a stolen database tell nothing about
// known texts.
func (f *Flow) mailDigest(env store.Envelope, raw []byte) string {
	h := hmac.New(sha256.New, f.cfg.SessionKey)
	fmt.Fprintf(h, "mail v1\x00%s\x00%s\x00", env.MailFrom, strings.ToLower(env.Rcpt))
	h.Write(raw)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// addressee is what one of our addresses leads to.
type addressee struct {
	kind     threads.AddressKind
	problem  error // threads.ErrNotOurs or ErrForged, when it leads nowhere
	address  threads.Address
	delivery messages.Delivery
	guest    meetings.Participant // of an answer address
	caseID   ids.CaseID
}

// scope is the key under which mail to the address is sealed: its case's, else that of mail of no case.
func (a addressee) scope() vault.Scope {
	if a.caseID == "" {
		return vault.Intake
	}
	return vault.CaseScope(a.caseID)
}

// recipient reads an envelope recipient. An address that leads nowhere is no error: problem says why.
func (f *Flow) recipient(ctx context.Context, r store.Reader, rcpt string) (to addressee, err error) {
	kind, token, err := f.addressing().Parse(rcpt)
	if err != nil {
		return addressee{problem: err}, nil
	}
	to.kind = kind
	switch kind {
	case threads.BounceAddress:
		to.delivery, err = r.DeliveryByBounceToken(ctx, token)
		to.caseID = to.delivery.Case
	case threads.AnswerAddress:
		var m meetings.Meeting
		if to.guest, err = r.ParticipantByAnswerToken(ctx, token); err == nil {
			m, err = r.Meeting(ctx, to.guest.Meeting)
		}
		to.caseID = m.Case
	default:
		to.address, err = r.AddressOf(ctx, token)
		to.caseID = to.address.Case
	}
	if ids.KindOf(err) == ids.NotFound && err != nil {
		return addressee{problem: threads.ErrForged}, nil // signed by our key, but not in this database
	}
	return to, err
}

// arrived returns an accepted email and its bytes for the work of reading it.
func (f *Flow) arrived(ctx context.Context, it outbox.Item) (in store.Inbound, raw []byte, err error) {
	if h, ok := it.Hint.(acceptedMail); ok {
		return h.in, h.raw, nil
	}
	var id ids.InboundID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return in, nil, outbox.Permanent(err)
	}
	if in, err = f.st.Inbound(ctx, id); err != nil || in.State != store.InboundAccepted {
		return in, nil, err
	}
	raw, err = f.st.InboundRaw(ctx, id)
	return in, raw, err
}

// readInbound reads a stored email again from its bytes.
func (f *Flow) readInbound(ctx context.Context, id ids.InboundID) (ReadMail, error) {
	in, err := f.st.Inbound(ctx, id)
	if err != nil {
		return ReadMail{}, err
	}
	raw, err := f.st.InboundRaw(ctx, id)
	if err != nil {
		return ReadMail{}, err
	}
	mail := f.readMail(ctx, raw, in.Envelope)
	if kept, ok := decodeFacts(in.Facts); ok { // the proof at the time of arrival counts: keys and records change
		mail.Proof = kept.SenderProof
	}
	return mail, nil
}

// readMail reads a mail. One that the reader cannot cope with, by a fault of ours, is as one that cannot be read: it is held for a person, who has
// the original, and is not tried until nobody looks any more.
func (f *Flow) readMail(ctx context.Context, raw []byte, env store.Envelope) (mail ReadMail) {
	defer func() {
		if p := recover(); p != nil {
			f.log.Error("a mail's reading failed; it is held", "panic", p)
			mail = ReadMail{Kind: MailRejected, Problem: "Kinbridge could not read this email."}
		}
	}()
	return f.cfg.Mail.Read(ctx, raw, env).clean()
}

// HandleMailIn is the outbox handler for received mail: it reads the stored bytes and files, holds or notes them. It is idempotent: mail that
// is no longer merely accepted is left alone.
func (f *Flow) HandleMailIn(ctx context.Context, it outbox.Item) error {
	in, raw, err := f.arrived(ctx, it)
	if err != nil || in.State != store.InboundAccepted {
		return err
	}
	in.Work = it
	mail := f.readMail(ctx, raw, in.Envelope)
	if mail.Proof.TempFail && it.Attempts < 6 {
		return outbox.RetryAt(f.now().Add(outbox.Backoff(it.Attempts, 2*time.Second, time.Minute)), fmt.Errorf("the sender could not be checked: DNS gave no answer"))
	}
	err = f.st.Write(ctx, ids.System("mail"), func(tx *store.Tx) (audit.Entry, error) {
		to, err := f.recipient(tx.Context(), tx.Reader, in.Envelope.Rcpt)
		if err != nil {
			return audit.Entry{}, err
		}
		return f.settleMail(tx, in, mail, to)
	})
	if err == nil {
		it.MarkSettled() // with the transaction that stored what became of the mail
	}
	return err
}

// settleMail does with an email what is to be done with it.
func (f *Flow) settleMail(tx *store.Tx, in store.Inbound, mail ReadMail, to addressee) (audit.Entry, error) {
	var err error
	if in.Facts, err = factsOf(mail).encode(); err != nil {
		return audit.Entry{}, err
	}
	if to.kind == threads.BounceAddress {
		return f.noteReport(tx, in, mail, to)
	}
	if to.kind == threads.AnswerAddress {
		return f.takeCalendarAnswer(tx, in, mail, to)
	}
	return f.fileMail(tx, in, mail, to)
}

// postMail makes an email of a verified party a message of its thread, released or held for the channel's review.
func (f *Flow) postMail(tx *store.Tx, a ids.Actor, o openThread, in store.Inbound, mail ReadMail, d policy.Decision) (audit.Entry, error) {
	tx.ActAs(a)
	m := mail.message()
	m.Thread, m.Case, m.AuthorKind, m.AuthorID, m.Inbound = o.ID, o.Case, messages.ByContact, a.ID, in.ID
	if in.New != nil && in.New.Message != "" {
		m.ID = in.New.Message
	}
	_, entry, err := f.place(tx, a, o, m, d, origin{idemKey: mail.idemKey(in.ID), files: mail.files(), headerID: mail.headerID(), inbound: &in})
	return entry, err
}

// noteReport uses what came to a bounce address: a delivery report moves its delivery; anything else is noted, or held when a
// person seems to have written it.
func (f *Flow) noteReport(tx *store.Tx, in store.Inbound, mail ReadMail, to addressee) (audit.Entry, error) {
	if mail.Kind == MailMessage || mail.Kind == MailInvite || mail.Kind == MailRejected {
		o, err := loadThread(tx.Context(), tx.Reader, ids.System("mail"), to.delivery.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		role := ids.RolePactWorker
		if o.Channel == threads.Privileged {
			role = ids.RoleAdministrator
		}
		return f.holdMail(tx, sorting{in: in, mail: mail, to: to, o: o}, policy.Decision{Effect: policy.Hold, Rule: "bounce_address",
			Why: "The email came to an address for delivery reports only.", Hold: string(messages.HoldNoAddress), HoldFor: role})
	}
	if done, err := dealtWith(tx, in); err != nil || done {
		return audit.MailNoted(in.ID, "repeat"), err
	}
	in.State, in.Thread, in.Message = store.InboundNoted, to.delivery.Thread, to.delivery.Message
	report, ok := worst(mail.Bounces)
	d := audit.Delivered{Case: to.delivery.Case, Thread: to.delivery.Thread, Message: to.delivery.Message, Delivery: to.delivery.ID}
	if err := tx.UpdateInbound(in); err != nil {
		return audit.Entry{}, err
	}
	if !ok {
		return audit.DeliveryDelayed(d, "no-report"), nil
	}
	return f.applyReport(tx, to.delivery.ID, d, report)
}

func (f *Flow) applyReport(tx *store.Tx, id ids.DeliveryID, d audit.Delivered, b Bounce) (audit.Entry, error) {
	row, err := tx.LockDelivery(id)
	if err != nil {
		return audit.Entry{}, err
	}
	entry, err := f.reportOn(tx, &row, d, b)
	if err != nil {
		return entry, err
	}
	return entry, f.saveDelivery(tx, row)
}

// saveDelivery stores a delivery and puts the news on the author's kiosk.
func (f *Flow) saveDelivery(tx *store.Tx, d messages.Delivery) error {
	if err := tx.UpdateDelivery(d); err != nil {
		return err
	}
	if d.State == messages.Failed && d.RecipientKind == messages.ToContact && d.Way.Trouble.Gone() {
		if err := f.mailboxGone(tx, d); err != nil {
			return err
		}
	}
	m, err := tx.Message(tx.Context(), d.Message)
	if err != nil {
		return err
	}
	return f.tellAuthor(tx, m)
}

// worst picks the report that decides: a failure before a delay before a success.
func worst(bs []Bounce) (Bounce, bool) {
	rank := func(b Bounce) int {
		switch {
		case b.Delivered:
			return 0
		case b.Delayed:
			return 1
		}
		return 2
	}
	if len(bs) == 0 {
		return Bounce{}, false
	}
	w := bs[0]
	for _, b := range bs[1:] {
		if rank(b) > rank(w) {
			w = b
		}
	}
	return w, true
}
