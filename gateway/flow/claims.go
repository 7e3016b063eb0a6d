package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// ReleaseClaim gives a claimed hold back to the queue: one's own, a colleague's whom one could stand in for, or, as an administrator, that of somebody
// who can no longer decide it. One that nobody has claimed is left as it is.
func (f *Flow) ReleaseClaim(ctx context.Context, a ids.Actor, id ids.HoldID) error {
	h, err := f.loadHold(ctx, f.st.Reader, a, id)
	if err != nil {
		return err
	}
	h.facts.Act = policy.ReleaseClaim
	if h.hold.ClaimedBy != "" {
		if h.facts.Review.TakenOver, err = f.claimLapsed(ctx, f.st.Reader, h.hold.ClaimedBy, id); err != nil {
			return err
		}
	}
	d := policy.Decide(h.facts)
	if !d.Allowed() {
		return f.refuse(ctx, h.facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		now, err := tx.Hold(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		from := now.ClaimedBy
		now.ClaimedBy = ""
		return decided(audit.HoldReturned(id).In(now.Case, now.Thread).With("from", string(from)), d), tx.UpdateHold(now)
	})
}

// claimLapsed reports whether whoever has claimed a hold can no longer decide it: she has no access any more, or has nothing to do with the case.
func (f *Flow) claimLapsed(ctx context.Context, r store.Reader, who ids.StaffID, id ids.HoldID) (bool, error) {
	s, err := r.Staff(ctx, who)
	if err != nil || s.Disabled {
		return err == nil, err
	}
	h, err := f.loadHold(ctx, r, s.Actor(), id)
	return err == nil && !policy.Decide(h.facts).Allowed(), err
}

// returnClaims puts what a member of staff has claimed, in one case or ("") everywhere, back into the queue at once: she has left.
func returnClaims(tx *store.Tx, s ids.StaffID, c ids.CaseID) error {
	claims, err := tx.ClaimsOf(tx.Context(), s, c)
	if err != nil {
		return err
	}
	for _, h := range claims {
		h.ClaimedBy = ""
		if err := tx.UpdateHold(h); err != nil {
			return err
		}
		tx.Also(audit.HoldReturned(h.ID).In(h.Case, h.Thread).With("from", string(s)))
	}
	return nil
}
