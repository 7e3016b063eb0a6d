package flow

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
)

// FailedRow is a delivery that did not arrive, or has not yet. Way.Trouble says why in one word (messages.Troubles has the words), Way.Tries how
// often it was tried, Times.Queued since when, Times.Failed when it was given up (zero: it is tried again), Detail the server's last answer.
type FailedRow struct {
	messages.Delivery
	CaseReference, Subject string
}

// Undelivered returns the emails of the actor's cases that have failed or wait to be tried again, oldest first, case by case. What is in a
// thread that she may not know of is left out.
func (f *Flow) Undelivered(ctx context.Context, a ids.Actor) ([]FailedRow, error) {
	return f.failed(ctx, a, f.st.TroubledDeliveries)
}

func (f *Flow) failed(ctx context.Context, a ids.Actor, of func(context.Context, ids.CaseID) ([]messages.Delivery, error)) ([]FailedRow, error) {
	cs, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	var rows []FailedRow
	for _, c := range cs {
		ds, err := of(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			o, err := loadThread(ctx, f.st.Reader, a, d.Thread)
			if err != nil {
				return nil, err
			}
			if policy.Decide(o.to(policy.ReadThread)).Allowed() {
				rows = append(rows, FailedRow{Delivery: d, CaseReference: c.Reference, Subject: o.Subject})
			}
		}
	}
	return rows, nil
}
