// Package flow holds the use cases, one file each: it gathers facts, asks policy, and writes state, audit entry and outbox items in one
// transaction. Every face (pages, API, mail, kiosk) calls the same functions. FLOW.md beside the gateway tells them in order.
package flow

import (
	"context"
	"log/slog"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// Config is what the use cases need to know of the world they run in.
type Config struct {
	// MailDomain is the domain of the addresses we receive mail at ("in.kinbridge.example").
	MailDomain string
	// Mailbox is the local part of the one mailbox at MailDomain whose subaddresses ours are; "" = the whole domain is ours.
	Mailbox string
	// AddressKey signs reply and bounce addresses (32 bytes).
	AddressKey []byte
	// SessionKey keys digests of things that must not be readable in the database (32 bytes).
	SessionKey []byte
	// PublicURL is where people outside reach the guest pages, without a trailing slash ("https://kinbridge.example").
	PublicURL string
	// Mail reads received email; needed by the gateway role.
	Mail MailReader
	// Files looks at files that came with messages; needed where HandleFileCheck runs.
	Files FileChecker
	// Calendar writes what goes to other calendars; nil = mail carries no calendar objects and there are no feeds.
	Calendar CalendarWriter
	// PasswordCost is the cost of new password and PIN hashes; the zero value means people.DefaultCost.
	PasswordCost people.Cost
	// Handover passes accepted mail to the dispatcher of this program; nil = it is leased from the outbox like other work.
	Handover *outbox.Handover
	// Notices says when a notice goes in the place of a message that cannot be sent securely.
	Notices NoticeConfig
	// Records signs records of answers with the audit log's key; nil = no answer can be taken.
	Records *audit.RecordSigner
	// Chase says when answers are asked for again.
	Chase ChaseConfig
	// Support says how those near a woman are told, and what a support plan is called.
	Support SupportConfig
	// PapersBefore is how many working days before a meeting of a kind its papers are to be with everybody; a kind that is not there has that of meetings.StandardOf.
	PapersBefore map[meetings.Kind]int
	// MinutesDays is how many working days after a meeting of a kind its minutes are to be there; a kind that is not there has that of meetings.MinutesDays.
	MinutesDays map[meetings.Kind]int
	// ContributionBefore is how many working days before a meeting of a kind she is reminded to say what she thinks; a kind that is not there has that of meetings.Kind.
	ContributionBefore map[meetings.Kind]int
	// Movements says how the prisons' lists of movements are reckoned.
	Movements MovementConfig
	// PreBrief and Debrief are how long before and after a meeting of a kind she has the place; a kind that is not there has that of slots.DefaultLeads.
	PreBrief, Debrief map[meetings.Kind]time.Duration
	// NoticeDays is how many working days' notice a meeting that is looked for has at least; 0 = DefaultNoticeDays.
	NoticeDays int
	// Tickets signs tickets for meeting rooms; nil = there are none.
	Tickets TicketSigner
	// Now is the clock; nil = time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Flow is the use cases over one store.
type Flow struct {
	st  *store.Store
	cfg Config
	bus *Bus
	now func() time.Time
	log *slog.Logger

	planner *chase.Planner
	hints   hintBooks
}

// New returns the use cases. The bus is the one whose Wake the store calls.
func New(st *store.Store, bus *Bus, cfg Config) *Flow {
	f := &Flow{st: st, cfg: cfg, bus: bus, now: cfg.Now, log: cfg.Log, planner: cfg.Chase.planner()}
	if f.now == nil {
		f.now = time.Now
	}
	if f.log == nil {
		f.log = slog.Default()
	}
	if f.cfg.PasswordCost == (people.Cost{}) {
		f.cfg.PasswordCost = people.DefaultCost
	}
	return f
}

// Listen returns a channel that receives (without content, several wakes may become one) when a commit touched the topic; call stop
// when done. It is a hint: look in the store for what changed, and look again now and then without it.
func (f *Flow) Listen(topic string) (wake <-chan struct{}, stop func()) { return f.bus.Listen(topic) }

// refuse turns a decision that is no permission into the error to show, and records the refusal: with its case and thread, so that who may
// not know of the thread does not learn of it from the refusal.
func (f *Flow) refuse(ctx context.Context, facts policy.Facts, subject string, d policy.Decision) error {
	err := f.st.Write(ctx, facts.Actor, func(*store.Tx) (audit.Entry, error) {
		return audit.PolicyRefused(string(facts.Act), subject).In(facts.Case.ID, facts.Thread.ID).With("rule", d.Rule).Because(d.Why), nil
	})
	if err != nil {
		f.log.Error("a refusal could not be recorded", "act", facts.Act, "rule", d.Rule, "err", err)
	}
	return d.Err()
}

// may asks policy and, when the answer is no, records the refusal and returns the error to show.
func (f *Flow) may(ctx context.Context, facts policy.Facts, subject string) error {
	d := policy.Decide(facts)
	if d.Allowed() {
		return nil
	}
	return f.refuse(ctx, facts, subject, d)
}

// auditID is an identifier that the actor gave; it is cut to a length that fits an audit entry.
func auditID[T ~string](id T) string { return audit.Code(string(id)) }

// decided carries a decision into an audit entry.
func decided(e audit.Entry, d policy.Decision) audit.Entry {
	return e.With("rule", d.Rule).Because(d.Why)
}
