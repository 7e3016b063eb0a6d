package flow

import (
	"context"
	"maps"
	"strings"
	"sync"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/hints"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// MaxWhy bounds a reason or a note about reading together, in bytes.
const MaxWhy = 4000

// hintBooks keeps the compiled words that give hard news away, until they are changed.
type hintBooks struct {
	mu    sync.Mutex
	words map[string]string
	book  *hints.Book
}

// hintBook returns the words in force: the built-in ones of each language that nobody has changed.
func (f *Flow) hintBook(ctx context.Context, r store.Reader) (*hints.Book, error) {
	own, err := r.HintWords(ctx)
	if err != nil || len(own) == 0 {
		return hints.Default(), err
	}
	f.hints.mu.Lock()
	defer f.hints.mu.Unlock()
	if f.hints.book == nil || !maps.Equal(f.hints.words, own) {
		files := hints.Files()
		maps.Copy(files, own)
		book, err := hints.Compile(files)
		if err != nil {
			return nil, err
		}
		f.hints.words, f.hints.book = own, book
	}
	return f.hints.book, nil
}

// markNew marks a new message that is to be read together, inside the change that stores it and before anything of it can reach her: its author said
// so, with a mark or by the words at its beginning; the conversation began with such a message; or a word in it gives hard news away. What she wrote
// herself is never marked, nor what policy keeps out.
func (f *Flow) markNew(tx *store.Tx, a ids.Actor, o openThread, m messages.Message, from origin) error {
	if m.AuthorKind == messages.ByMother || !o.facts.Thread.HasMother || o.Channel == threads.Privileged {
		return nil // the first asks nothing, and the last would be refused: the words of most mail need not be searched
	}
	t := messages.Together{Message: m.ID, Thread: o.ID, Case: o.Case, Marked: tx.Now()}
	by := "staff"
	switch {
	case from.together:
		t.MarkedBy = a.ID
	case m.AuthorKind == messages.ByContact && hints.Asked(m.Subject, m.Body):
		t.MarkedBy, by = m.AuthorID, "sender"
	case o.Quiet:
		t.MarkedBy, by = messages.MarkedByThread, "thread"
	default:
		kinds, err := f.hintsIn(tx.Context(), tx.Reader, m, from.files)
		if err != nil || kinds == "" {
			return err
		}
		t.MarkedBy, t.Hint, by = messages.MarkedByHint, kinds, "hint"
	}
	d := policy.Decide(o.about(policy.MarkTogether, m))
	if !d.Allowed() {
		return nil
	}
	tx.Also(decided(audit.TogetherMarked(o.Case, o.ID, m.ID, by), d))
	return tx.KeepTogether(t)
}

// hintsIn names the kinds of hard news that a message hints at, with commas; "" when none. What is inside a file is not looked at, its name is.
func (f *Flow) hintsIn(ctx context.Context, r store.Reader, m messages.Message, files []store.NewFile) (string, error) {
	book, err := f.hintBook(ctx, r)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(m.Subject + "\n\n" + m.Body)
	for i := range files {
		b.WriteString("\n\n" + strings.NewReplacer("_", " ", "-", " ", ".", " . ").Replace(files[i].Name))
	}
	res := book.Find(b.String())
	var kinds []string
	for _, k := range res.Kinds() {
		kinds = append(kinds, string(k))
	}
	if res.Cut && len(kinds) == 0 {
		kinds = append(kinds, "long") // too long to be searched: somebody is with her, to be on the safe side
	}
	return strings.Join(kinds, ","), nil
}

// ofMessage is a message in its thread with the actor's facts.
func (f *Flow) ofMessage(ctx context.Context, r store.Reader, a ids.Actor, id ids.MessageID) (o openThread, m messages.Message, err error) {
	if m, err = r.Message(ctx, id); err != nil {
		return o, m, err
	}
	o, err = loadThread(ctx, r, a, m.Thread)
	return o, m, err
}

// mayWith decides one act on a message and records a refusal.
func (f *Flow) mayWith(ctx context.Context, a ids.Actor, act policy.Act, id ids.MessageID) (o openThread, m messages.Message, d policy.Decision, err error) {
	if o, m, err = f.ofMessage(ctx, f.st.Reader, a, id); err != nil {
		return o, m, d, err
	}
	facts := o.about(act, m)
	if d = policy.Decide(facts); !d.Allowed() {
		return o, m, d, f.refuse(ctx, facts, auditID(id), d)
	}
	return o, m, d, nil
}

// again asks policy anew inside a change, with the message's row locked.
func (f *Flow) again(tx *store.Tx, a ids.Actor, act policy.Act, id ids.MessageID) (t messages.Together, o openThread, m messages.Message, d policy.Decision, err error) {
	if t, err = tx.LockTogether(id); err != nil {
		return t, o, m, d, err
	}
	if o, m, err = f.ofMessage(tx.Context(), tx.Reader, a, id); err != nil {
		return t, o, m, d, err
	}
	d = policy.Decide(o.about(act, m))
	return t, o, m, d, d.Err()
}

// MarkTogether says that a message is to be read with somebody. What she has already she has: then it is a Conflict. Marking again changes nothing.
func (f *Flow) MarkTogether(ctx context.Context, a ids.Actor, id ids.MessageID) error {
	if _, _, _, err := f.mayWith(ctx, a, policy.MarkTogether, id); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, o, m, d, err := f.again(tx, a, policy.MarkTogether, id)
		if err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.TogetherMarked(o.Case, o.ID, id, "staff"), d)
		if t.Required() {
			return entry.With("repeat", "yes"), nil
		}
		if m.AuthorKind == messages.ByMother || !o.facts.Thread.HasMother {
			return entry, ids.E(ids.Invalid, "Only what is written to a mother is read together with her.")
		}
		if m.State == messages.Withheld {
			return entry, ids.E(ids.Conflict, "This message was withheld: she does not get it.")
		}
		if err := keepBack(tx, o, m); err != nil {
			return entry, err
		}
		return entry, tx.KeepTogether(messages.Together{Message: id, Thread: o.ID, Case: o.Case, Marked: tx.Now(), MarkedBy: a.ID})
	})
}

// keepBack stops the delivery of a released message to its mother, if it is not hers yet.
func keepBack(tx *store.Tx, o openThread, m messages.Message) error {
	if m.State != messages.Released {
		return nil
	}
	d, err := tx.DeliveryTo(tx.Context(), m.ID, messages.ToMother, string(o.Mother.ID))
	if err != nil {
		return err
	}
	switch {
	case d.State == messages.Kept:
		return nil
	case !d.KeepTogether():
		return ids.E(ids.Conflict, "She has this message already. If you are worried about her, speak to an officer of her wing now.")
	}
	tx.Also(audit.DeliveryKept(deliveredOf(d), string(d.Kept)))
	return tx.UpdateDelivery(d)
}

// UnmarkTogether says, with the reason, that nobody need be with her. What was kept for that goes its way.
func (f *Flow) UnmarkTogether(ctx context.Context, a ids.Actor, id ids.MessageID, why string) error {
	if why = strings.TrimSpace(CleanText(why)); why == "" || len(why) > MaxWhy {
		return ids.E(ids.Invalid, "Say why nobody need be with her, in at most %d characters.", MaxWhy)
	}
	if _, _, _, err := f.mayWith(ctx, a, policy.UnmarkTogether, id); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, o, m, d, err := f.again(tx, a, policy.UnmarkTogether, id)
		if err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.TogetherUnmarked(o.Case, o.ID, id), d)
		if !t.Required() {
			return entry.With("repeat", "yes"), nil
		}
		if !t.Booking.For.IsZero() {
			tx.Also(audit.TogetherFreed(o.Case, o.ID, id, "unmarked"))
		}
		was := t.Booking
		t.Unmarked, t.Unmarker, t.WhyNot, t.Booking = tx.Now(), a.StaffID(), why, messages.Booking{}
		if err := tx.KeepTogether(t); err != nil {
			return entry, err
		}
		if err := f.readingMoved(tx, t, was); err != nil {
			return entry, err
		}
		return entry, f.letGo(tx, o, m)
	})
}

// letGo lets what was kept for reading together go its way to the mother, if nothing else stands in it. Policy is asked anew. With the first message
// of a conversation that began quietly, she learns of the conversation.
func (f *Flow) letGo(tx *store.Tx, o openThread, m messages.Message) (err error) {
	if m.State != messages.Released {
		return nil
	}
	if o.safe, err = safetyOf(tx.Context(), tx.Reader, o.CaseRow, o.Mother, o.ID); err != nil {
		return err
	}
	o.facts.InForce = o.safe.inForce
	d, err := tx.DeliveryTo(tx.Context(), m.ID, messages.ToMother, string(o.Mother.ID))
	if err != nil || d.State != messages.Kept {
		return err
	}
	for _, p := range o.Parties {
		if p.Kind != threads.PartyMother || p.ID != d.RecipientID {
			continue
		}
		if d.Kept = keptWhy(policy.Decide(o.towards(p, m))); d.Kept != "" {
			return tx.UpdateDelivery(d)
		}
		return lift(tx, d)
	}
	return nil
}

// TogetherRow is a message that is to be read with a mother, or was and nobody has written down how it went, in the list of who does it.
type TogetherRow struct {
	messages.Together
	CaseReference, MotherName, Subject, From string
	SupporterName                            string
	Booked                                   bool // for a time and place where she is
	Past                                     bool // the time it was booked for is over
	Moved                                    bool // it was booked, and she is somewhere else now
}

// TogetherList returns what the actor is to read with mothers, the longest waiting first.
func (f *Flow) TogetherList(ctx context.Context, a ids.Actor) ([]TogetherRow, error) {
	list, err := f.st.TogetherOpen(ctx, a.StaffID())
	if err != nil {
		return nil, err
	}
	var rows []TogetherRow
	for _, t := range list {
		o, m, err := f.ofMessage(ctx, f.st.Reader, a, t.Message)
		if err != nil {
			return nil, err
		}
		if m.State != messages.Released || !policy.Decide(o.about(policy.BookSupport, m)).Allowed() {
			continue
		}
		row, err := f.togetherRow(ctx, o, m, t)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (f *Flow) togetherRow(ctx context.Context, o openThread, m messages.Message, t messages.Together) (TogetherRow, error) {
	row := TogetherRow{Together: t, CaseReference: o.CaseRow.Reference, MotherName: o.Mother.Name, Subject: o.Subject, From: m.AuthorName}
	row.Booked = t.Booking.Holds(o.Mother.Establishment) && o.Mother.Custody != people.Released
	row.Moved = !t.Booking.For.IsZero() && !row.Booked
	row.Past = row.Booked && f.now().After(t.Booking.For.Add(messages.ReadingTime))
	if t.Booking.Supporter == "" {
		return row, nil
	}
	s, err := f.st.Staff(ctx, t.Booking.Supporter)
	row.SupporterName = s.Name
	return row, err
}

// TogetherView is the page of a message that is to be read with its mother.
type TogetherView struct {
	TogetherRow
	Message      MessageView
	Mother       people.Mother
	MarkedByName string // "" when no person marked it
	OpenedByName string
	MayBook      bool
	MayOpen      bool
	MayUnmark    bool
	Supporters   []people.Staff // who can be with her
	PlanName     string         // what a support plan is called here
	MaySeePlan   bool
	PlanOpen     bool
}

// Together returns the page of a message that is, or was, to be read together, and records that staff read it. NotFound for who may not mark it.
func (f *Flow) Together(ctx context.Context, a ids.Actor, id ids.MessageID) (v TogetherView, err error) {
	o, m, _, err := f.mayWith(ctx, a, policy.MarkTogether, id)
	if err != nil {
		return v, err
	}
	t, err := f.st.TogetherOf(ctx, id)
	if err != nil {
		return v, err
	}
	if t.Marked.IsZero() {
		return v, ids.ErrNotFound
	}
	if v.TogetherRow, err = f.togetherRow(ctx, o, m, t); err != nil {
		return v, err
	}
	v.Message, v.Mother, v.PlanName = MessageView{Message: m, Own: wrote(a, m)}, o.Mother, f.cfg.Support.planName()
	may := func(act policy.Act) bool { return policy.Decide(o.about(act, m)).Allowed() }
	v.MayBook, v.MayOpen, v.MayUnmark = t.Due() && m.State == messages.Released && may(policy.BookSupport), may(policy.OpenTogether), t.Due() && may(policy.UnmarkTogether)
	if v.MayBook {
		if v.Supporters, err = f.supporters(ctx, o, m); err != nil {
			return v, err
		}
	}
	v.MarkedByName = f.personName(ctx, t.MarkedBy)
	v.OpenedByName = f.personName(ctx, string(t.OpenedBy))
	seen := audit.ThreadRead(o.Case, o.ID)
	if v.MaySeePlan = may(policy.SeeSupport); v.MaySeePlan {
		plan, err := f.st.OpenPlan(ctx, o.Mother.ID)
		if err != nil {
			return v, err
		}
		v.PlanOpen = plan.Open()
	}
	return v, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if v.MaySeePlan {
			tx.Also(audit.PlanRead(o.Case, o.Mother.ID))
		}
		return seen, nil
	})
}

// personName names a member of staff or a contact; "" for neither.
func (f *Flow) personName(ctx context.Context, id string) string {
	if s, err := f.st.Staff(ctx, ids.StaffID(id)); err == nil {
		return s.Name
	}
	if c, err := f.st.Contact(ctx, ids.ContactID(id)); err == nil {
		return c.Name
	}
	return ""
}

// HintWords are the words of a language that mark a message to be read together, one a line, in the form of the package hints.
type HintWords struct {
	Lang    string
	Words   string
	BuiltIn bool // nobody has changed them
}

// mayKeepHints: they are the estate's.
func (f *Flow) mayKeepHints(ctx context.Context, a ids.Actor) error {
	return f.may(ctx, policy.Facts{Act: policy.SetFlags, Actor: a}, "hints")
}

// HintWords returns the words in force, for who keeps them.
func (f *Flow) HintWords(ctx context.Context, a ids.Actor) ([]HintWords, error) {
	if err := f.mayKeepHints(ctx, a); err != nil {
		return nil, err
	}
	own, err := f.st.HintWords(ctx)
	if err != nil {
		return nil, err
	}
	var out []HintWords
	built := hints.Files()
	for _, lang := range []string{"en", "cy"} {
		h := HintWords{Lang: lang, Words: built[lang], BuiltIn: true}
		if w, ok := own[lang]; ok {
			h.Words, h.BuiltIn = w, false
		}
		out = append(out, h)
	}
	return out, nil
}

// SetHintWords replaces the words of a language; "" brings the built-in ones back. Invalid names the line that cannot be used.
func (f *Flow) SetHintWords(ctx context.Context, a ids.Actor, lang, words string) error {
	if err := f.mayKeepHints(ctx, a); err != nil {
		return err
	}
	words = strings.TrimSpace(CleanText(words))
	if lang != "en" && lang != "cy" {
		return ids.E(ids.Invalid, "There are words in English and Welsh.")
	}
	if words != "" {
		if _, err := hints.Compile(map[string]string{lang: words}); err != nil {
			return err
		}
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.HintsChanged().With("lang", lang), tx.SetHintWords(lang, words, a.StaffID())
	})
}

// HintFound is a place in a text that was tried out.
type HintFound struct {
	Kind  hints.Kind
	Words string
}

// TryHints says what the given words (else those in force) find in a text, and keeps nothing.
func (f *Flow) TryHints(ctx context.Context, a ids.Actor, lang, words, text string) ([]HintFound, error) {
	if err := f.mayKeepHints(ctx, a); err != nil {
		return nil, err
	}
	book, err := f.hintBook(ctx, f.st.Reader)
	if words = CleanText(words); words != "" {
		book, err = hints.Compile(map[string]string{lang: words})
	}
	if err != nil {
		return nil, err
	}
	if len(text) > MaxBody {
		return nil, ids.E(ids.TooLarge, "The text is too long: at most %d characters fit.", MaxBody)
	}
	text = CleanText(text)
	var out []HintFound
	for _, h := range book.Find(text).Hints {
		out = append(out, HintFound{h.Kind, text[h.Start:h.End]})
	}
	return out, nil
}
