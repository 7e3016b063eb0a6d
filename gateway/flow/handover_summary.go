package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// What a summary repeats of a conversation: so many messages at most, so many characters of each.
const (
	summaryMessages = 10
	summaryChars    = 2000
)

// audience returns whom a message is limited to. Only what Kinbridge itself writes is ever limited.
func audience(tx *store.Tx, m messages.Message) ([]ids.ContactID, error) {
	if m.AuthorKind != messages.BySystem {
		return nil, nil
	}
	return tx.Audience(tx.Context(), m.ID)
}

// summaryDraft writes what a newcomer is told of a conversation that she takes over from a contact: what this is, who the mother is, whom it is about, and the
// last messages that were sent to her predecessor or by her. Policy is asked for each message: what waits for review, was withheld or is kept from
// people outside is not there, and nothing says that it exists.
func (f *Flow) summaryDraft(ctx context.Context, r store.Reader, o openThread, from people.Contact, by string) (string, error) {
	shown, err := f.summaryOf(ctx, r, o, from.ID)
	if err != nil {
		return "", err
	}
	kids, err := r.Children(ctx, o.Case)
	if err != nil {
		return "", err
	}
	var names []string
	for _, k := range kids {
		if slices.Contains(o.Children, k.ID) {
			names = append(names, oneLine(k.Name, 100))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Hello,\n\nYou take over this conversation from %s. It is carried by Kinbridge, the service through which mothers in prison take part in decisions about their children.\n\n", oneLine(from.Name, 100))
	fmt.Fprintf(&b, "The mother is %s.\n", oneLine(o.Mother.Name, 100))
	if len(names) > 0 {
		fmt.Fprintf(&b, "It is about %s.\n", inWords(names))
	}
	fmt.Fprintf(&b, "The subject is: %s\n\nTo answer, reply to this email from your own work address.\n", oneLine(o.Subject, 200))
	switch len(shown) {
	case 0:
		b.WriteString("\nNo messages have been sent in it yet.\n")
	case 1:
		b.WriteString("\nThis is the latest message.\n")
	default:
		fmt.Fprintf(&b, "\nThese are the latest %d messages, the oldest first.\n", len(shown))
	}
	for _, m := range shown {
		fmt.Fprintf(&b, "\n%s, %s:\n%s\n", oneLine(m.AuthorName, 100), londonDateTime(m.Written), indented(cut(strings.TrimSpace(m.Body), summaryChars)))
	}
	fmt.Fprintf(&b, "\n%s", signedBy(by))
	return b.String(), nil
}

// summaryOf are the messages that a newcomer may see, oldest first.
func (f *Flow) summaryOf(ctx context.Context, r store.Reader, o openThread, from ids.ContactID) (out []messages.Message, err error) {
	ms, err := r.MessagesOfThread(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	ds, err := r.DeliveriesOfThread(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	reached := map[ids.MessageID]bool{}
	for _, d := range ds {
		if d.RecipientKind == messages.ToContact && d.RecipientID == string(from) && d.State != messages.Kept {
			reached[d.Message] = true
		}
	}
	before := o
	before.facts.Actor = ids.ContactActor(from)
	before.facts.Thread.IsParty = threads.IsParty(o.Parties, before.facts.Actor)
	for _, m := range ms {
		hers := m.AuthorKind == messages.ByContact && m.AuthorID == string(from)
		if m.AuthorKind == messages.BySystem || !hers && !reached[m.ID] {
			continue
		}
		// As her predecessor may read it, and as it may be delivered to people outside today.
		if !policy.Decide(before.about(policy.ReadMessage, m)).Allowed() || !policy.Decide(o.towards(threads.Party{Kind: threads.PartyContact, ID: string(from)}, m)).Allowed() {
			continue
		}
		out = append(out, m)
	}
	return out[max(0, len(out)-summaryMessages):], nil
}

func inWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func indented(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }

// cut ends a long text at a whole character, and says so.
func cut(s string, chars int) string {
	if r := []rune(s); len(r) > chars {
		return strings.TrimSpace(string(r[:chars])) + " […]"
	}
	return s
}

// sendSummary writes to a newcomer, and to nobody else, what she takes over. It is held where what the actor writes in the conversation is held. The mother is
// told of the newcomer by the handover itself.
func (f *Flow) sendSummary(tx *store.Tx, a ids.Actor, h cases.Handover, to ids.ContactID, body string) (ids.MessageID, error) {
	if strings.TrimSpace(body) == "" {
		return "", nil
	}
	body, err := cleanBody(body)
	if err != nil {
		return "", err
	}
	o, err := loadThread(tx.Context(), tx.Reader, a, h.Thread) // anew: she is in it now
	if err != nil {
		return "", err
	}
	d := policy.Decide(o.to(policy.WriteMessage))
	if err := d.Err(); err != nil {
		return "", err
	}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: messages.BySystem, AuthorID: string(h.ID), Body: body,
		State: messages.Held, Written: tx.Now()}
	if d.Allowed() {
		m.State, m.ReleasedAt = messages.Released, tx.Now()
	}
	return m.ID, f.placeSummary(tx, o, m, d, to)
}

func (f *Flow) placeSummary(tx *store.Tx, o openThread, m messages.Message, d policy.Decision, to ids.ContactID) error {
	if _, _, err := tx.AddMessage(m, "summary/"+m.AuthorID, f.messageID(m.ID), nil); err != nil {
		return err
	}
	if err := tx.Address(m.ID, to); err != nil {
		return err
	}
	tx.Also(audit.SummarySent(o.Case, o.ID, m.ID, to))
	if m.State == messages.Released {
		return f.deliver(tx, o, m)
	}
	hold := holdFor(d, o.Case, o.ID)
	hold.Message = m.ID
	tx.Also(decided(audit.MessageHeld(o.Case, o.ID, m.ID, hold.ID), d))
	return tx.AddHold(hold)
}

// AlsoHers is another conversation that a contact is in and that the actor may hand over too, with what the newcomer would be told of it.
type AlsoHers struct {
	Thread                 ids.ThreadID
	Subject, CaseReference string
	Summary                string
}

// alsoHers lists them.
func (f *Flow) alsoHers(ctx context.Context, a ids.Actor, h cases.Handover, from people.Contact, by string) (out []AlsoHers, err error) {
	ts, err := f.st.ThreadsOfParty(ctx, threads.PartyContact, string(h.From))
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		if t.ID == h.Thread {
			continue
		}
		o := openThread{Thread: t}
		if err := o.load(ctx, f.st.Reader, a); err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.Handover)).Allowed() {
			continue
		}
		x := AlsoHers{Thread: t.ID, Subject: t.Subject, CaseReference: o.CaseRow.Reference}
		if x.Summary, err = f.summaryDraft(ctx, f.st.Reader, o, from, by); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// HandOverAlso hands over more conversations of a contact's to whoever has taken over one: each is a handover of its own. What was done stays done when a
// later one is refused.
func (f *Flow) HandOverAlso(ctx context.Context, a ids.Actor, first ids.HandoverID, summaries map[ids.ThreadID]string) error {
	h, _, err := f.loadHandover(ctx, a, first)
	if err != nil {
		return err
	}
	if h.To == "" {
		return ids.E(ids.Conflict, "Hand over the first conversation first.")
	}
	for t, summary := range summaries {
		id, err := f.AskHandover(ctx, a, t, h.From)
		if err != nil {
			return err
		}
		if err := f.AcceptHandover(ctx, a, id, NewPerson{Contact: h.To, Replace: h.Outcome == cases.HandoverReplaced, Summary: summary}); err != nil {
			return err
		}
	}
	return nil
}

// KioskNewcomer is who took over a conversation last, as the mother is told. Told: she has been sent what was written before.
type KioskNewcomer struct {
	Name  string
	Role  people.ContactRole
	Whose bool // the conversation is about one child, or several
	Told  bool
}

// newcomer returns who took over last, if she is still there.
func (f *Flow) newcomer(ctx context.Context, o openThread) (*KioskNewcomer, error) {
	hs, err := f.st.HandoversOfThread(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range hs {
		if h.Outcome != cases.HandoverReplaced || !threads.IsParty(o.Parties, ids.ContactActor(h.To)) {
			continue
		}
		c, err := f.st.Contact(ctx, h.To)
		if err != nil {
			return nil, err
		}
		n := &KioskNewcomer{Name: oneLine(c.Name, 100), Role: c.Role, Whose: len(o.Children) > 0}
		if h.Summary != "" {
			m, err := f.st.Message(ctx, h.Summary)
			if err != nil {
				return nil, err
			}
			n.Told = m.State == messages.Released
		}
		return n, nil
	}
	return nil, nil
}
