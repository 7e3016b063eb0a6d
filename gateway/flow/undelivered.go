package flow

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// FailedRow is a delivery that did not arrive, or has not yet, and that nobody has dealt with. Way.Trouble says why in one word
// (messages.Troubles has the words), Way.Tries how often it was tried, Times.Queued since when, Times.Failed when it was given up (zero: it is
// tried again), Detail the server's last answer.
type FailedRow struct {
	messages.Delivery
	CaseReference, Subject string
	MayHandOver            bool // the actor may say that somebody else is to be written to
}

// Undelivered returns the emails of the actor's cases that have failed or wait to be tried again: first those that have failed, for only a
// person can do something about them, each sort the oldest first.
func (f *Flow) Undelivered(ctx context.Context, a ids.Actor) ([]FailedRow, error) {
	return f.undelivered(ctx, a, f.st.TroubledDeliveries)
}

func (f *Flow) undelivered(ctx context.Context, a ids.Actor, of func(context.Context, ids.StaffID, ids.AgencyID) ([]messages.Delivery, error)) ([]FailedRow, error) {
	ds, err := of(ctx, a.StaffID(), a.Agency)
	if err != nil {
		return nil, err
	}
	ctx = store.OnePage(ctx)
	in := make([]ids.ThreadID, len(ds))
	for i, d := range ds {
		in[i] = d.Thread
	}
	if err := f.st.AheadOfThreads(ctx, a.StaffID(), in); err != nil {
		return nil, err
	}
	var out []FailedRow
	for _, d := range ds {
		o, err := loadThread(ctx, f.st.Reader, a, d.Thread)
		if err != nil {
			return nil, err
		}
		if policy.Decide(o.to(policy.HandleFailure)).Allowed() {
			out = append(out, FailedRow{Delivery: d, CaseReference: o.CaseRow.Reference, Subject: o.Subject, MayHandOver: policy.Decide(o.to(policy.Handover)).Allowed()})
		}
	}
	slices.SortStableFunc(out, func(a, b FailedRow) int {
		return cmp.Or(cmp.Compare(waits(a), waits(b)), a.Times.Failed.Compare(b.Times.Failed), a.Times.Queued.Compare(b.Times.Queued), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// SendAgain puts a delivery that failed back on its way, to the same address. To a contact who has left the conversation nothing is sent.
func (f *Flow) SendAgain(ctx context.Context, a ids.Actor, id ids.DeliveryID) error {
	return f.dealWith(ctx, a, id, func(tx *store.Tx, d *messages.Delivery, on audit.Delivered) (audit.Entry, error) {
		parties, err := tx.Parties(tx.Context(), d.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		if d.RecipientKind == messages.ToContact && !threads.IsParty(parties, ids.ContactActor(ids.ContactID(d.RecipientID))) {
			return audit.Entry{}, ids.E(ids.Conflict, "This contact is no longer in the conversation, so nothing is sent there. Write to whoever has taken over.")
		}
		if err := d.Again(tx.Now()); err != nil {
			return audit.Entry{}, err
		}
		key := fmt.Sprintf("%s/%d", d.ID, tx.Now().UnixMicro())
		return audit.DeliveryAgain(on), tx.Enqueue(outbox.MailOut, key, d.ID, tx.Now())
	})
}

// MarkHandled takes a failed delivery off the list: somebody has reached the recipient by another way, or it no longer matters.
func (f *Flow) MarkHandled(ctx context.Context, a ids.Actor, id ids.DeliveryID) error {
	return f.dealWith(ctx, a, id, func(tx *store.Tx, d *messages.Delivery, on audit.Delivered) (audit.Entry, error) {
		return audit.DeliveryHandled(on), d.Handle(tx.Now())
	})
}

func (f *Flow) dealWith(ctx context.Context, a ids.Actor, id ids.DeliveryID, do func(*store.Tx, *messages.Delivery, audit.Delivered) (audit.Entry, error)) error {
	d, err := f.st.Delivery(ctx, id)
	if err != nil {
		return err
	}
	o, err := loadThread(ctx, f.st.Reader, a, d.Thread)
	if err != nil {
		return err
	}
	if err := f.may(ctx, o.to(policy.HandleFailure), auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		d, err := tx.LockDelivery(id)
		if err != nil {
			return audit.Entry{}, err
		}
		e, err := do(tx, &d, audit.Delivered{Case: d.Case, Thread: d.Thread, Message: d.Message, Delivery: d.ID})
		if err != nil {
			return e, err
		}
		return e, tx.UpdateDelivery(d)
	})
}

// waits orders what is still tried behind what has failed.
func waits(r FailedRow) int {
	if r.State == messages.Failed {
		return 0
	}
	return 1
}
