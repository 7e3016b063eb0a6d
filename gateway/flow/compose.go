package flow

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// Limits of what one message can hold.
const (
	MaxBody   = 100_000 // bytes of text
	MaxFile   = 20 << 20
	MaxFiles  = 20
	maxIDSize = 200
)

// NewMessage is something to be said in a thread. IdemKey names this act of writing: the same key in the same thread is the
// same message, however often it is sent.
type NewMessage struct {
	Thread  ids.ThreadID
	Body    string
	IdemKey string
	Files   []store.NewFile
	// Together says that the mother should read it with somebody: until then it shows her nothing.
	Together bool
}

// Composed says what became of a new message.
type Composed struct {
	Message ids.MessageID
	State   messages.State // held until somebody has reviewed it, or released
	Again   bool           // it had been accepted before
	// Checker reads it first, where it is held; "" when nobody does, or when it had been accepted before.
	Checker ids.Role
	Hold    ids.HoldID // of what was to be filed and waits again in another case; "" otherwise
}

// Compose accepts a message from a mother, a member of staff or an API token. It is durable when this returns; whether it goes
// out at once or waits for review is policy's decision.
func (f *Flow) Compose(ctx context.Context, a ids.Actor, in NewMessage) (Composed, error) {
	body, err := cleanBody(in.Body)
	if err != nil {
		return Composed{}, err
	}
	if err := checkFiles(in.Files); err != nil {
		return Composed{}, err
	}
	if in.IdemKey == "" || len(in.IdemKey) > maxIDSize {
		return Composed{}, ids.E(ids.Invalid, "The message needs an identifier of its own, of at most %d characters.", maxIDSize)
	}
	o, err := loadThread(ctx, f.st.Reader, a, in.Thread)
	if err != nil {
		return Composed{}, err
	}
	facts := o.to(policy.WriteMessage)
	d := policy.Decide(facts)
	if d.Err() != nil {
		return Composed{}, f.refuse(ctx, facts, auditID(in.Thread), d)
	}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: authorKind(a), AuthorID: a.ID, Body: body}
	return f.post(ctx, a, o, m, d, origin{idemKey: in.IdemKey + "/" + a.ID, files: in.Files, together: in.Together})
}

func authorKind(a ids.Actor) messages.AuthorKind {
	switch a.Kind {
	case ids.ActorMother:
		return messages.ByMother
	case ids.ActorContact:
		return messages.ByContact
	}
	return messages.ByStaff
}

// origin is where a message comes from: what makes it unique in its thread, its files and, when it came by mail, its Message-ID and
// the received email.
type origin struct {
	idemKey  string
	files    []store.NewFile
	headerID string
	inbound  *store.Inbound
	together bool // its author says that it is to be read together
}

// post stores a message in the state the decision gives it and, when that is released, its deliveries.
func (f *Flow) post(ctx context.Context, a ids.Actor, o openThread, m messages.Message, d policy.Decision, from origin) (out Composed, err error) {
	err = f.st.Write(ctx, a, func(tx *store.Tx) (entry audit.Entry, err error) {
		out, entry, err = f.place(tx, a, o, m, d, from)
		return entry, err
	})
	return out, err
}

// place is post inside a change.
func (f *Flow) place(tx *store.Tx, a ids.Actor, o openThread, m messages.Message, d policy.Decision, from origin) (out Composed, entry audit.Entry, err error) {
	if from.headerID == "" {
		from.headerID = f.messageID(m.ID)
	}
	m.Written, m.State = tx.Now(), messages.Held
	if d.Allowed() {
		m.State, m.ReleasedAt = messages.Released, tx.Now()
	}
	id, added, err := tx.AddMessage(m, from.idemKey, from.headerID, from.files)
	if err != nil {
		return out, entry, err
	}
	out = Composed{Message: id, State: m.State, Again: !added, Checker: d.HoldFor}
	if from.inbound != nil {
		filed := *from.inbound
		filed.State, filed.Thread, filed.Message = store.InboundFiled, o.ID, id
		if err := tx.UpdateInbound(filed); err != nil {
			return out, entry, err
		}
	}
	if !added {
		old, err := tx.Message(tx.Context(), id)
		out.State = old.State
		return out, audit.MessageWritten(o.Case, o.ID, id).With("repeat", "yes"), err
	}
	if err := leaveToCheck(tx, from.files); err != nil {
		return out, entry, err
	}
	if err := f.markNew(tx, a, o, m, from); err != nil {
		return out, entry, err
	}
	if a.StaffID() != "" {
		if err := tx.DeleteDraft(a.StaffID(), o.ID); err != nil {
			return out, entry, err
		}
	}
	written := audit.MessageWritten(o.Case, o.ID, m.ID)
	if m.Inbound != "" {
		written = audit.MailFiled(o.Case, o.ID, m.ID, m.Inbound)
	}
	if m.State == messages.Released {
		return out, decided(written, d), f.deliver(tx, o, m)
	}
	tx.Also(written)
	h := holdFor(d, o.Case, o.ID)
	h.Message, h.Inbound = m.ID, m.Inbound
	return out, decided(audit.MessageHeld(o.Case, o.ID, m.ID, h.ID), d), tx.AddHold(h)
}

func holdFor(d policy.Decision, c ids.CaseID, t ids.ThreadID) messages.Hold {
	return messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Case: c, Thread: t, Reason: messages.HoldReason(d.Hold), Why: d.Why, ForRole: d.HoldFor}
}

// deliver makes a released message's deliveries: one for each party but its author.
func (f *Flow) deliver(tx *store.Tx, o openThread, m messages.Message) (err error) {
	tx.Wake(store.TopicStaff)
	// What was gathered before the change began may have changed since: a colleague has marked it, a restriction has come into force.
	if o.safe, err = safetyOf(tx.Context(), tx.Reader, o.CaseRow, o.Mother, o.ID); err != nil {
		return err
	}
	o.facts.InForce = o.safe.inForce
	only, err := audience(tx, m)
	if err != nil {
		return err
	}
	for _, p := range o.Parties {
		if !p.Until.IsZero() || p.ID == m.AuthorID || len(only) > 0 && !slices.Contains(only, ids.ContactID(p.ID)) {
			continue
		}
		d := messages.Delivery{ID: ids.New[ids.DeliveryID](ids.Delivery), Message: m.ID, Thread: o.ID, Case: o.Case, RecipientID: p.ID}
		switch p.Kind {
		case threads.PartyMother:
			d.RecipientKind = messages.ToMother
		case threads.PartyContact:
			d.RecipientKind, d.Address = messages.ToContact, p.Email
		case threads.PartyStaff:
			d.RecipientKind = messages.ToStaff
		}
		may := policy.Decide(o.towards(p, m))
		d.Kept = keptWhy(may)
		added, err := tx.AddDelivery(d)
		if err != nil {
			return err
		}
		if !added {
			continue
		}
		if d.Kept != "" {
			tx.Also(decided(audit.DeliveryKept(audit.Delivered{Case: o.Case, Thread: o.ID, Message: m.ID, Delivery: d.ID}, string(d.Kept)), may))
			continue
		}
		tx.Also(audit.DeliveryQueued(audit.Delivered{Case: o.Case, Thread: o.ID, Message: m.ID, Delivery: d.ID}, p.ID))
		if err := send(tx, d); err != nil {
			return err
		}
	}
	if err := f.answered(tx, o, m); err != nil {
		return err
	}
	return f.tellAuthor(tx, m)
}

// send puts a queued delivery on its way.
func send(tx *store.Tx, d messages.Delivery) error {
	switch d.RecipientKind {
	case messages.ToMother:
		if err := showQuiet(tx, d); err != nil {
			return err
		}
		return tx.AddFeed(ids.MotherID(d.RecipientID), store.FeedMessage, string(d.Message))
	case messages.ToContact:
		if _, err := tx.ReplyAddress(d.Thread, ids.ContactID(d.RecipientID)); err != nil {
			return err
		}
		return tx.Enqueue(outbox.MailOut, string(d.ID), d.ID, tx.Now())
	}
	return nil
}

// tellOf has a mother's kiosk look at a conversation anew. Of one that began quietly it learns nothing before she does.
func tellOf(tx *store.Tx, m ids.MotherID, id ids.ThreadID) error {
	t, err := tx.Thread(tx.Context(), id)
	if err != nil || t.Quiet {
		return err
	}
	return tx.AddFeed(m, store.FeedThread, string(id))
}

// showQuiet lets a mother know of a conversation that began quietly, because something of it goes to her now.
func showQuiet(tx *store.Tx, d messages.Delivery) error {
	t, err := tx.Thread(tx.Context(), d.Thread)
	if err != nil || !t.Quiet {
		return err
	}
	tx.Also(audit.ThreadShown(d.Case, d.Thread))
	if err := tx.ShowThread(d.Thread); err != nil {
		return err
	}
	return tx.AddFeed(ids.MotherID(d.RecipientID), store.FeedThread, string(d.Thread))
}

// lift lets a kept delivery go its way.
func lift(tx *store.Tx, d messages.Delivery) error {
	if err := d.Lift(tx.Now()); err != nil {
		return err
	}
	if err := tx.UpdateDelivery(d); err != nil {
		return err
	}
	tx.Also(audit.DeliveryQueued(audit.Delivered{Case: d.Case, Thread: d.Thread, Message: d.Message, Delivery: d.ID}, d.RecipientID))
	return send(tx, d)
}

// tellAuthor puts news of a mother's own message on her kiosk.
func (f *Flow) tellAuthor(tx *store.Tx, m messages.Message) error {
	if m.AuthorKind != messages.ByMother {
		return nil
	}
	return tx.AddFeed(ids.MotherID(m.AuthorID), store.FeedDelivery, string(m.ID))
}

// messageID is the Message-ID (RFC 5322 section 3.6.4, without angle brackets) of a message in mail that we send.
func (f *Flow) messageID(id ids.MessageID) string { return string(id) + "@" + f.cfg.MailDomain }

// cleanBody checks a message's text and normalises its line ends. Control characters other than tab and line feed are dropped: they have
// no meaning to a reader and can hide text from a reviewer.
func cleanBody(s string) (string, error) {
	switch {
	case len(s) > MaxBody:
		return "", ids.E(ids.TooLarge, "The message is too long: at most %d characters fit.", MaxBody)
	case !utf8.ValidString(s):
		return "", ids.E(ids.Invalid, "The message has characters that cannot be read. Type it again.")
	}
	s = CleanText(s)
	if strings.TrimSpace(s) == "" {
		return "", ids.E(ids.Invalid, "Write a message first.")
	}
	return s, nil
}

// CleanText normalises line ends to \n and drops control and direction-override characters.
func CleanText(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// isClean reports whether CleanText would leave a text as it is. Most text is, and most of it is ASCII.
func isClean(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return false
		}
		i += size
	}
	return true
}

func checkFiles(files []store.NewFile) error {
	if len(files) > MaxFiles {
		return ids.E(ids.TooLarge, "A message can carry at most %d files.", MaxFiles)
	}
	for i := range files {
		if len(files[i].Content) > MaxFile {
			return ids.E(ids.TooLarge, "A file can have at most %d MB.", MaxFile>>20)
		}
	}
	return nil
}

// NewThread is a conversation to be begun.
type NewThread struct {
	Case     ids.CaseID
	Channel  threads.Channel
	Subject  string
	Contacts []ids.ContactID // all of one agency
	Children []ids.ChildID
	// Together says that its first message is read with her: until then she does not know of the conversation.
	Together bool
	// WithStaff puts members of staff in as parties, besides the mother and the contacts.
	WithStaff []ids.StaffID
}

// OpenThread begins a thread between the mother and the contacts or staff named. All contacts are of one agency, and the children are
// this case's and, for an authority, looked after by it: what one authority writes about one child is not seen by another.
func (f *Flow) OpenThread(ctx context.Context, a ids.Actor, in NewThread) (ids.ThreadID, error) {
	c, err := f.st.Case(ctx, in.Case)
	if err != nil {
		return "", err
	}
	cf, err := caseFacts(ctx, f.st.Reader, a, c)
	if err != nil {
		return "", err
	}
	facts := policy.Facts{Act: policy.OpenThread, Actor: a, Case: cf,
		Thread: policy.ThreadFacts{Channel: in.Channel, WithAgency: len(in.Contacts) > 0, HasMother: true}}
	if err := f.staffToBe(ctx, c.ID, in.WithStaff, &facts.Thread); err != nil {
		return "", err
	}
	if err := f.safeToOpen(ctx, in, &facts); err != nil {
		return "", err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, facts, auditID(in.Case), d)
	}
	t := threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: c.ID, Channel: in.Channel, Children: in.Children, Subject: strings.TrimSpace(CleanText(in.Subject)), Quiet: in.Together}
	if t.Quiet && t.Channel == threads.Privileged {
		return "", ids.E(ids.Invalid, "What her lawyer writes reaches her without anybody's help but the one she asks for.")
	}
	if t.Subject == "" || len(t.Subject) > 200 || strings.ContainsAny(t.Subject, "\n\t") {
		return "", ids.E(ids.Invalid, "Give the conversation a subject of one line, at most 200 characters.")
	}
	parties := []threads.Party{{Kind: threads.PartyMother, ID: string(c.Mother)}}
	chosen, err := f.chooseOutside(ctx, facts, in)
	if err != nil {
		return "", err
	}
	for _, contact := range chosen {
		if t.Agency != "" && t.Agency != contact.Agency {
			return "", ids.E(ids.Invalid, "The people of one conversation belong to one organisation. Begin a second conversation for the other.")
		}
		t.Agency = contact.Agency
		parties = append(parties, threads.Party{Kind: threads.PartyContact, ID: string(contact.ID)})
	}
	if err := f.checkChildren(ctx, t); err != nil {
		return "", err
	}
	for _, id := range in.WithStaff {
		parties = append(parties, threads.Party{Kind: threads.PartyStaff, ID: string(id)})
	}
	if len(parties) == 1 && in.Channel == threads.Privileged {
		return "", ids.E(ids.Invalid, "Choose the lawyer this conversation is with.")
	}
	return t.ID, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.AddThread(t, parties); err != nil {
			return audit.Entry{}, err
		}
		for _, p := range parties {
			if p.Kind == threads.PartyContact {
				if _, err := tx.ReplyAddress(t.ID, ids.ContactID(p.ID)); err != nil {
					return audit.Entry{}, err
				}
			}
		}
		tx.Wake(store.TopicStaff)
		if t.Quiet {
			return decided(audit.ThreadOpened(c.ID, t.ID, string(t.Channel)), d), nil
		}
		return decided(audit.ThreadOpened(c.ID, t.ID, string(t.Channel)), d), tx.AddFeed(c.Mother, store.FeedThread, string(t.ID))
	})
}

// staffToBe gathers what policy asks about the staff who are to become parties.
func (f *Flow) staffToBe(ctx context.Context, c ids.CaseID, list []ids.StaffID, facts *policy.ThreadFacts) error {
	for _, id := range list {
		s, err := f.st.Staff(ctx, id)
		if err != nil {
			return err
		}
		on, err := f.st.OnTeam(ctx, c, id)
		if err != nil {
			return err
		}
		facts.WithStaff = true
		facts.OutsideStaff = facts.OutsideStaff || !on || s.Disabled
		facts.PrisonStaff = facts.PrisonStaff || s.Role != ids.RolePactWorker
	}
	return nil
}

// checkChildren holds a thread's children to its case and its authority.
func (f *Flow) checkChildren(ctx context.Context, t threads.Thread) error {
	if len(t.Children) == 0 {
		return nil
	}
	kids, err := f.st.Children(ctx, t.Case)
	if err != nil {
		return err
	}
	authority := map[ids.ChildID]ids.AgencyID{}
	for _, k := range kids {
		authority[k.ID] = k.Authority
	}
	isAuthority := false
	for _, k := range kids {
		isAuthority = isAuthority || (t.Agency != "" && k.Authority == t.Agency)
	}
	for _, id := range t.Children {
		of, ok := authority[id]
		if !ok {
			return ids.E(ids.Invalid, "A child of the conversation is not in this case.")
		}
		if isAuthority && of != t.Agency {
			return ids.E(ids.Invalid, "A child of the conversation is looked after by another authority.")
		}
	}
	return nil
}

// SaveDraft keeps what a member of staff has written so far; empty text removes it.
func (f *Flow) SaveDraft(ctx context.Context, a ids.Actor, thread ids.ThreadID, body string) error {
	if len(body) > MaxBody {
		return ids.E(ids.TooLarge, "The message is too long: at most %d characters fit.", MaxBody)
	}
	o, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return err
	}
	if err := policy.Decide(o.to(policy.WriteMessage)).Err(); err != nil {
		return err
	}
	return f.st.SaveDraft(ctx, a.StaffID(), o.Thread, CleanText(body))
}
