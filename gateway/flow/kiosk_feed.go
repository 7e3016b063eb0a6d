package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// Progress says how far a message of hers has come, as a kiosk shows it.
type Progress string

// How far a message has come. A message to several is as far as the one it has come furthest with; Failed only when it reached nobody.
const (
	ProgressChecking Progress = "checking" // somebody reads it first
	ProgressStopped  Progress = "stopped"  // withheld: her Pact worker will talk to her about it
	ProgressReturned Progress = "returned" // she can write it again
	ProgressSending  Progress = "sending"
	ProgressSent     Progress = "sent"
	ProgressArrived  Progress = "arrived" // the recipient's server has it
	ProgressRead     Progress = "read"
	ProgressFailed   Progress = "failed"
)

// KioskMessage is one message as a mother's kiosk shows it.
type KioskMessage struct {
	messages.Message
	Mine     bool
	New      bool     // to her, and not seen yet
	Progress Progress // of her own messages; "" for others'
	Stopped  *Stopped // of her own that were not passed on
	// Checker is who reads one of her own now, before it goes on; "" when nobody does.
	Checker ids.Role
	// FilesKept counts files of others' messages that were not passed on.
	FilesKept int
	// NotPassedOn: somebody wrote to her and it was not passed on; nothing else is known of it here.
	NotPassedOn bool
}

// KioskItem is one item of a mother's feed, with what it is about as it is now. Message is nil when the item is about something else or
// she may not read it any more: the item still counts for the cursor.
type KioskItem struct {
	Seq     int64
	Kind    store.FeedKind
	At      time.Time
	Message *KioskMessage
	Thread  ids.ThreadID  // of the message, or the new thread; "" when she may not know of it
	Meeting ids.MeetingID // FeedMeeting only
}

// KioskThread is one conversation in a mother's list.
type KioskThread struct {
	threads.Thread
	With   string         // the body outside, or the names of those in it besides her
	New    int            // messages to her that she has not seen
	Newest *KioskMessage  // the last that others wrote, or, without one, the last; nil = there is none
	Parts  []KioskMessage // oldest first; nil in a list

	Newcomer *KioskNewcomer // who answers now instead of somebody else; nil = nobody new
	Waiting  []KioskWaiting // what is asked of the people outside
	Reading  KioskReading   // who reviews it; whom it goes to says Flow.KioskReading
	// Stopped: she cannot write here at the moment; why, a person tells her.
	Stopped bool
}

// Feed returns a mother's items with Seq > after, oldest first, at most limit (1 to 200). Seq has no gaps and what is committed with a
// smaller Seq was committed before, so a reader who takes the last Seq as her next cursor misses nothing and sees nothing twice.
func (f *Flow) Feed(ctx context.Context, actor ids.Actor, after int64, limit int) ([]KioskItem, error) {
	if actor.Kind != ids.ActorMother {
		return nil, ids.ErrNotFound
	}
	items, err := f.st.Feed(ctx, ids.MotherID(actor.ID), after, min(max(limit, 1), 200))
	if err != nil {
		return nil, err
	}
	out := make([]KioskItem, 0, len(items))
	for _, it := range items {
		k := KioskItem{Seq: it.Seq, Kind: it.Kind, At: it.At}
		switch it.Kind {
		case store.FeedMessage, store.FeedDelivery:
			k.Message, err = f.kioskMessage(ctx, actor, ids.MessageID(it.Ref))
			if k.Message != nil {
				k.Thread = k.Message.Thread
			}
		case store.FeedThread:
			k.Thread, err = f.knownThread(ctx, actor, ids.ThreadID(it.Ref))
		case store.FeedMeeting:
			k.Meeting = ids.MeetingID(it.Ref)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// knownThread returns the identifier of a conversation when she may know of it, else "".
func (f *Flow) knownThread(ctx context.Context, actor ids.Actor, id ids.ThreadID) (ids.ThreadID, error) {
	o, err := loadThread(ctx, f.st.Reader, actor, id)
	if err != nil || !policy.Decide(o.to(policy.ReadThread)).Allowed() {
		return "", err
	}
	return id, nil
}

// FeedCursor returns the Seq of a mother's newest item: a page rendered after this call shows at least everything up to it.
func (f *Flow) FeedCursor(ctx context.Context, actor ids.Actor) (int64, error) {
	if actor.Kind != ids.ActorMother {
		return 0, ids.ErrNotFound
	}
	return f.st.FeedHead(ctx, ids.MotherID(actor.ID))
}

// kioskMessage returns a message as she may read it now, or nil when she may not.
func (f *Flow) kioskMessage(ctx context.Context, actor ids.Actor, id ids.MessageID) (*KioskMessage, error) {
	m, err := f.st.Message(ctx, id)
	if ids.KindOf(err) == ids.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o, err := loadThread(ctx, f.st.Reader, actor, m.Thread)
	if err != nil {
		return nil, err
	}
	if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
		return nil, nil
	}
	ds, err := f.st.DeliveriesOfMessage(ctx, id)
	if err != nil {
		return nil, err
	}
	k, err := f.forKiosk(ctx, actor, o, m, ds)
	return &k, err
}

func (f *Flow) forKiosk(ctx context.Context, actor ids.Actor, o openThread, m messages.Message, ds []messages.Delivery) (KioskMessage, error) {
	k := KioskMessage{Message: m, Mine: wrote(actor, m)}
	if k.Mine {
		k.Progress = progress(m, ds)
		if m.State == messages.Held {
			hs, err := f.st.HoldsOfMessage(ctx, m.ID)
			if len(hs) > 0 {
				k.Checker = hs[0].ForRole
			}
			return k, err
		}
		if !m.State.Stopped() {
			return k, nil
		}
		facts, hold, err := f.reviewerFacts(ctx, o, policy.Appeal, m)
		k.Stopped = stoppedFor(facts, m, hold)
		return k, err
	}
	k.Attachments, k.FilesKept = o.filesFor(actor, m)
	for _, d := range ds {
		if d.RecipientKind == messages.ToMother && d.RecipientID == actor.ID {
			k.New = d.State != messages.Seen
		}
	}
	return k, nil
}

func progress(m messages.Message, ds []messages.Delivery) Progress {
	switch m.State {
	case messages.Held:
		return ProgressChecking
	case messages.Withheld:
		return ProgressStopped
	case messages.Returned:
		return ProgressReturned
	}
	order := map[messages.DeliveryState]int{messages.Failed: 0, messages.Kept: 1, messages.Queued: 1, messages.Sent: 2, messages.Accepted: 3, messages.AtKiosk: 3, messages.Seen: 4}
	words := []Progress{ProgressFailed, ProgressSending, ProgressSent, ProgressArrived, ProgressRead}
	if len(ds) == 0 {
		return ProgressSent // released, to people who read it here
	}
	best := 0
	for _, d := range ds {
		best = max(best, order[d.State])
	}
	return words[best]
}

// KioskThreads lists the conversations that a mother is a party of, the most recently used first, without their messages.
func (f *Flow) KioskThreads(ctx context.Context, actor ids.Actor) ([]KioskThread, error) {
	if actor.Kind != ids.ActorMother {
		return nil, ids.ErrNotFound
	}
	ts, err := f.st.ThreadsOfMother(ctx, ids.MotherID(actor.ID))
	if err != nil {
		return nil, err
	}
	ctx = store.OnePage(ctx)
	if err := f.st.AheadOfTalk(ctx, "", ts); err != nil {
		return nil, err
	}
	out := make([]KioskThread, 0, len(ts))
	for _, t := range ts {
		o := openThread{Thread: t}
		if err := o.load(ctx, f.st.Reader, actor); err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.ReadThread)).Allowed() {
			continue
		}
		k, err := f.kioskThread(ctx, actor, o)
		if err != nil {
			return nil, err
		}
		k.Parts = nil
		out = append(out, k)
	}
	slices.SortStableFunc(out, func(a, b KioskThread) int { return b.LastAt.Compare(a.LastAt) })
	return out, nil
}

// lastShown is when the newest message was written that she may know of: what waits for review, or to be read with her, moves nothing in her list.
func (k KioskThread) lastShown() time.Time {
	at := k.Created
	for _, p := range k.Parts {
		if p.Written.After(at) {
			at = p.Written
		}
	}
	return at
}

// KioskThread returns one conversation of a mother's with the messages that she may read, oldest first.
func (f *Flow) KioskThread(ctx context.Context, actor ids.Actor, id ids.ThreadID) (KioskThread, error) {
	if actor.Kind != ids.ActorMother {
		return KioskThread{}, ids.ErrNotFound
	}
	o, err := loadThread(ctx, f.st.Reader, actor, id)
	if err != nil {
		return KioskThread{}, err
	}
	if err := f.may(ctx, o.to(policy.ReadThread), auditID(id)); err != nil {
		return KioskThread{}, err
	}
	return f.kioskThread(ctx, actor, o)
}

// KioskMessage returns one message that a mother may read, as her kiosk shows it.
func (f *Flow) KioskMessage(ctx context.Context, actor ids.Actor, id ids.MessageID) (KioskMessage, error) {
	if actor.Kind != ids.ActorMother {
		return KioskMessage{}, ids.ErrNotFound
	}
	k, err := f.kioskMessage(ctx, actor, id)
	if err != nil {
		return KioskMessage{}, err
	}
	if k == nil {
		return KioskMessage{}, ids.ErrNotFound
	}
	return *k, nil
}

func (f *Flow) kioskThread(ctx context.Context, actor ids.Actor, o openThread) (KioskThread, error) {
	k := KioskThread{Thread: o.Thread, Reading: reviewedFor(o), Stopped: policy.Decide(o.to(policy.WriteMessage)).Err() != nil}
	ms, err := f.st.MessagesOfThread(ctx, o.ID)
	if err != nil {
		return k, err
	}
	ds, err := f.st.DeliveriesOfThread(ctx, o.ID)
	if err != nil {
		return k, err
	}
	of := map[ids.MessageID][]messages.Delivery{}
	for _, d := range ds {
		of[d.Message] = append(of[d.Message], d)
	}
	for _, m := range ms {
		if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
			if told, err := f.notPassedOn(ctx, o, m); err != nil {
				return k, err
			} else if told {
				k.Parts = append(k.Parts, KioskMessage{Message: messages.Message{ID: m.ID, Thread: m.Thread, Written: m.Written}, NotPassedOn: true})
			}
			continue
		}
		part, err := f.forKiosk(ctx, actor, o, m, of[m.ID])
		if err != nil {
			return k, err
		}
		if part.New {
			k.New++
		}
		k.Parts = append(k.Parts, part)
	}
	for i := range k.Parts {
		if p := &k.Parts[i]; k.Newest == nil || !p.Mine || k.Newest.Mine {
			k.Newest = p
		}
	}
	if k.Newcomer, err = f.newcomer(ctx, o); err != nil {
		return k, err
	}
	if k.Waiting, err = f.waitingFor(ctx, o); err != nil {
		return k, err
	}
	k.LastAt = k.lastShown()
	k.With, err = f.withWhom(ctx, actor, o)
	return k, err
}

// withWhom names the other side of a conversation as she knows it.
func (f *Flow) withWhom(ctx context.Context, actor ids.Actor, o openThread) (string, error) {
	if o.Agency != "" {
		a, err := f.st.Agency(ctx, o.Agency)
		return a.Name, err
	}
	names := ""
	for _, p := range o.Parties {
		if p.Is(actor) || !p.Until.IsZero() || p.Name == "" {
			continue
		}
		if names != "" {
			names += ", "
		}
		names += p.Name
	}
	if names == "" { // nobody is in it besides her, as where a meeting's papers are: it is with whoever holds her case
		s, err := f.st.Staff(ctx, o.CaseRow.Worker)
		if ids.KindOf(err) == ids.NotFound {
			return "", nil
		}
		return s.Name, err
	}
	return names, nil
}

// FeedKind says what an item of a mother's feed is about.
type FeedKind = store.FeedKind

// The kinds of feed item.
const (
	FeedMessage  = store.FeedMessage
	FeedDelivery = store.FeedDelivery
	FeedMeeting  = store.FeedMeeting
	FeedThread   = store.FeedThread
)

// ListenMother is Listen on one mother: something of hers changed, or a session of hers began or ended.
func (f *Flow) ListenMother(id ids.MotherID) (wake <-chan struct{}, stop func()) {
	return f.Listen(store.TopicMother(id))
}
