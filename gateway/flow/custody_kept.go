package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// KeptRow is a message that waits for a woman who has been released.
type KeptRow struct {
	messages.Delivery
	Subject  string
	From     string
	Written  time.Time
	Together bool   // it is to be read together with somebody, and was not yet
	MayGive  bool   // the actor may record that she was given it
	WhyNot   string // else
}

// KeptView is what waits for a woman who has been released.
type KeptView struct {
	Case     cases.Case
	Mother   people.Mother
	FollowOn string
	MayAgree bool
	Rows     []KeptRow
}

// KeptAfterRelease returns what waits for the woman of a case who has been released, the oldest first. What is legally privileged is not there: that is between her and
// her lawyer, who reaches her directly.
func (f *Flow) KeptAfterRelease(ctx context.Context, a ids.Actor, id ids.CaseID) (KeptView, error) {
	var v KeptView
	around, err := f.caseAround(ctx, a, id)
	if err != nil {
		return v, err
	}
	v.Case, v.Mother = around.row, around.mother
	facts := policy.Facts{Act: policy.SeeCase, Actor: a, Case: around.facts}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	if v.MayAgree = allowed(facts, policy.FollowOn); v.MayAgree {
		if v.FollowOn, err = f.st.FollowOn(ctx, id); err != nil {
			return v, err
		}
	}
	if v.Mother.Custody != people.Released {
		return v, nil
	}
	ds, err := f.st.UnseenBy(ctx, id, v.Mother.ID)
	if err != nil {
		return v, err
	}
	for _, d := range ds {
		o, err := loadThread(ctx, f.st.Reader, a, d.Thread)
		if err != nil {
			return v, err
		}
		m, err := f.st.Message(ctx, d.Message)
		if err != nil {
			return v, err
		}
		if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
			continue
		}
		give := policy.Decide(o.about(policy.GiveKept, m))
		row := KeptRow{Delivery: d, Subject: o.Subject, From: m.AuthorName, Written: m.Written, MayGive: give.Allowed(), Together: o.safe.together[m.ID].Due()}
		if err := give.Err(); err != nil {
			row.WhyNot = ids.Public(err)
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// GivenHow are the ways in which she can be given what was kept.
var GivenHow = []string{"in_person", "post", "phone", "email_agreed"}

// GiveKept records that she was given a message that was kept, and how. Kinbridge itself sends her nothing.
func (f *Flow) GiveKept(ctx context.Context, a ids.Actor, id ids.DeliveryID, how string) error {
	if !slices.Contains(GivenHow, how) {
		return ids.E(ids.Invalid, "Say how she was given it.")
	}
	d, err := f.st.Delivery(ctx, id)
	if err != nil {
		return err
	}
	o, err := loadThread(ctx, f.st.Reader, a, d.Thread)
	if err != nil {
		return err
	}
	m, err := f.st.Message(ctx, d.Message)
	if err != nil {
		return err
	}
	facts := o.about(policy.GiveKept, m)
	may := policy.Decide(facts)
	if !may.Allowed() {
		return f.refuse(ctx, facts, auditID(id), may)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		d, err := tx.LockDelivery(id)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := d.Give(tx.Now(), how); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.DeliveryGiven(audit.Delivered{Case: d.Case, Thread: d.Thread, Message: d.Message, Delivery: d.ID}, how), may), tx.UpdateDelivery(d)
	})
}

// AgreeFollowOn records what was agreed with her about how she is reached after her release; "" ends the agreement.
func (f *Flow) AgreeFollowOn(ctx context.Context, a ids.Actor, id ids.CaseID, how string) error {
	if how = CleanText(how); len(how) > 2000 {
		return ids.E(ids.TooLarge, "Write at most 2,000 characters.")
	}
	around, err := f.caseAround(ctx, a, id)
	if err != nil {
		return err
	}
	facts := policy.Facts{Act: policy.FollowOn, Actor: a, Case: around.facts}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		when := tx.Now()
		if oneLine(how, 10) == "" {
			how, when = "", time.Time{}
		}
		return decided(audit.FollowOnAgreed(id), d), tx.SetFollowOn(id, when, how)
	})
}
