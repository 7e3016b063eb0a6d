package flow

import (
	"strconv"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// settlePlace brings a woman's record to where she is, and does what follows from the difference. Nothing follows from an event that makes none, so that
// events may come late, twice and in any order.
func (f *Flow) settlePlace(tx *store.Tx, m people.Mother, p custody.Position, effect custody.Effect) error {
	next, err := f.placed(tx, m, p)
	if err != nil || next == m {
		return err
	}
	if next.Establishment == m.Establishment && next.Custody == m.Custody {
		return tx.PlaceMother(next) // since another time than was thought
	}
	x := change{before: m, after: next, effect: effect,
		moved:    next.Establishment != m.Establishment,
		released: next.Custody == people.Released && m.Custody != people.Released,
		back:     m.Custody == people.Released && next.Custody != people.Released,
		known:    p.Place.Known()}
	if x.moved || x.back {
		if next.Wing, err = tx.ReceptionWing(next.Establishment); err != nil {
			return err
		}
		x.after = next
	}
	if x.moved || x.released || next.Custody == people.Away {
		if err := tx.EndSessionsOf(store.SessionMother, string(m.ID)); err != nil {
			return err
		}
	}
	if err := tx.PlaceMother(next); err != nil {
		return err
	}
	tx.Also(audit.CustodyChanged(m.ID, m.Establishment, next.Establishment, string(next.Custody)))
	if err := f.inCases(tx, x); err != nil {
		return err
	}
	if x.back {
		return liftKept(tx, m.ID)
	}
	return nil
}

// change is the difference that an event made.
type change struct {
	before, after         people.Mother
	effect                custody.Effect
	moved, released, back bool
	known                 bool // of which establishment she is now
}

// placed is her record as it has to be.
func (f *Flow) placed(tx *store.Tx, m people.Mother, p custody.Position) (people.Mother, error) {
	switch p.Where {
	case custody.Nowhere:
		return m, nil
	case custody.Inside:
		m.Custody = people.InCustody
	case custody.Outside:
		m.Custody = people.Released
	default:
		m.Custody = people.Away
	}
	m.CustodySince = p.Since.UTC().Truncate(time.Microsecond)
	if ids.Has(ids.AgencyID(p.Place.Code), ids.Agency) {
		m.Establishment = ids.AgencyID(p.Place.Code)
		return m, nil
	}
	var err error
	m.Establishment, err = tx.Elsewhere()
	return m, err
}

// inCases does what follows in each of her open cases; the case that was closed last is opened again when she comes back and none is open.
func (f *Flow) inCases(tx *store.Tx, x change) error {
	cs, err := tx.CasesOfMother(tx.Context(), x.after.ID)
	if err != nil {
		return err
	}
	if x.back && len(cs) > 0 && !cs[0].Closed.IsZero() {
		last := len(cs) - 1
		if err := tx.ReopenCase(cs[last].ID); err != nil {
			return err
		}
		tx.Also(audit.CustodyChanged(x.after.ID, x.before.Establishment, x.after.Establishment, "reopened").In(cs[last].ID, ""))
		cs[last].Closed = time.Time{}
	}
	for _, c := range cs {
		if !c.Closed.IsZero() {
			continue
		}
		tx.Also(audit.CustodyChanged(x.after.ID, x.before.Establishment, x.after.Establishment, string(x.after.Custody)).In(c.ID, ""))
		if x.moved || x.released {
			if err := f.freeMeetings(tx, c, x); err != nil {
				return err
			}
		}
		if err := f.tellParties(tx, c, x); err != nil {
			return err
		}
	}
	return nil
}

// freeMeetings calls off what was booked where she no longer is, but a meeting that she is in or has been in: guests are told that a new time will be offered, her
// kiosk is told, the room is closed, and the meeting is on the list of those who are to offer it again.
func (f *Flow) freeMeetings(tx *store.Tx, c cases.Case, x change) error {
	ms, err := tx.MeetingsOfCase(tx.Context(), c.ID)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if m.State != meetings.Planned || m.PhaseAt(tx.Now()) == meetings.Over {
			continue
		}
		ps, err := tx.Participants(tx.Context(), m.ID)
		if err != nil {
			return err
		}
		was, err := tx.Attendance(tx.Context(), m.ID)
		if err != nil {
			return err
		}
		if cameIn(ps, was) {
			continue
		}
		if m.Revision, err = tx.SetMeetingState(m.ID, meetings.ToReoffer); err != nil {
			return err
		}
		m.State = meetings.ToReoffer
		for _, p := range ps {
			if p.Kind == meetings.PersonContact && p.Removed.IsZero() {
				if err := tx.Enqueue(outbox.MailGuest, "reoffered:"+string(p.ID), guestMail{Participant: p.ID, Purpose: mailReoffered}, time.Time{}); err != nil {
					return err
				}
			}
		}
		if err := tx.AddFeed(c.Mother, store.FeedMeeting, string(m.ID)); err != nil {
			return err
		}
		if err := f.enqueueOrder(tx, meetings.OrderFor(m, ps, x.after.Language)); err != nil {
			return err
		}
		if err := tx.AddReoffer(store.Reoffer{Meeting: m.ID, Case: c.ID, Why: string(x.effect)}); err != nil {
			return err
		}
		tx.Also(audit.MeetingFreed(c.ID, m.ID, string(x.effect)))
	}
	return nil
}

// cameIn reports whether the mother has been in the meeting's room.
func cameIn(ps []meetings.Participant, was []meetings.Attendance) bool {
	for _, p := range ps {
		if p.Kind != meetings.PersonMother {
			continue
		}
		for _, a := range was {
			if a.Participant == p.ID && a.Kind == meetings.Joined {
				return true
			}
		}
	}
	return false
}

// The notices to people outside. They say no prison's name, and not why: who must know that asks her Pact social worker.
const (
	noticeMoved = "She has moved. This conversation goes on: keep using this address.\n\n" +
		"Mae hi wedi symud. Mae'r sgwrs hon yn parhau: daliwch ati i ddefnyddio'r cyfeiriad hwn."
	noticeReleased = "How she is reached has changed, and what you write may take longer to reach her. This conversation goes on: keep using this address.\n\n" +
		"Mae'r ffordd o'i chyrraedd wedi newid, a gall gymryd mwy o amser i'r hyn a ysgrifennwch ei chyrraedd. Mae'r sgwrs hon yn parhau: daliwch ati i ddefnyddio'r cyfeiriad hwn."
	noticeBack = "What you write reaches her again as before. This conversation goes on: keep using this address.\n\n" +
		"Mae'r hyn a ysgrifennwch yn ei chyrraedd eto fel o'r blaen. Mae'r sgwrs hon yn parhau: daliwch ati i ddefnyddio'r cyfeiriad hwn."
)

// tellParties tells the people outside in a case's conversations, the privileged ones too, what they must know and no more. A way to a place not known yet is told when
// she has arrived. Each change is told once.
func (f *Flow) tellParties(tx *store.Tx, c cases.Case, x change) error {
	body := ""
	switch {
	case x.released:
		body = noticeReleased
	case x.back:
		body = noticeBack
	case x.moved && x.known && x.after.Custody != people.Released:
		body = noticeMoved
	default:
		return nil
	}
	ts, err := tx.ThreadsOfCase(tx.Context(), c.ID)
	if err != nil {
		return err
	}
	key := "custody/" + string(x.after.Establishment) + "/" + string(x.after.Custody) + "/" + strconv.FormatInt(x.after.CustodySince.UnixMicro(), 10)
	for _, t := range ts {
		if err := f.tellThread(tx, t, body, key); err != nil {
			return err
		}
	}
	return nil
}

// tellThread puts a notice of Kinbridge's own into a conversation, for the people outside alone: each is sent it as a message of the conversation, so that an answer
// comes back there.
func (f *Flow) tellThread(tx *store.Tx, t threads.Thread, body, key string) error {
	o := openThread{Thread: t}
	if err := o.load(tx.Context(), tx.Reader, ids.System("custody")); err != nil {
		return err
	}
	var outside []threads.Party
	for _, p := range o.Parties {
		if p.Kind == threads.PartyContact && p.Until.IsZero() {
			outside = append(outside, p)
		}
	}
	if len(outside) == 0 {
		return nil
	}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: t.ID, Case: t.Case, AuthorKind: messages.BySystem, AuthorID: "custody", Body: body,
		State: messages.Released, Written: tx.Now(), ReleasedAt: tx.Now()}
	_, added, err := tx.AddMessage(m, key, f.messageID(m.ID), nil)
	if err != nil || !added {
		return err
	}
	tx.Also(audit.MessageWritten(t.Case, t.ID, m.ID).By(ids.System("custody")))
	o.Parties = outside
	return f.deliver(tx, o, m)
}

// liftKept lets go what was kept for a woman because she was out; what something else stands in the way of stays kept for that.
func liftKept(tx *store.Tx, m ids.MotherID) error {
	ds, err := tx.KeptFor(tx.Context(), m, messages.KeptCustody)
	if err != nil {
		return err
	}
	for _, d := range ds {
		o, err := loadThread(tx.Context(), tx.Reader, ids.System("delivery"), d.Thread)
		if err != nil {
			return err
		}
		msg, err := tx.Message(tx.Context(), d.Message)
		if err != nil {
			return err
		}
		may := policy.Decide(o.towards(threads.Party{Kind: threads.PartyMother, ID: d.RecipientID}, msg))
		switch why := keptWhy(may); why {
		case "":
			err = lift(tx, d)
		case messages.KeptCustody:
		default:
			d.Kept = why
			tx.Also(decided(audit.DeliveryKept(audit.Delivered{Case: d.Case, Thread: d.Thread, Message: d.Message, Delivery: d.ID}, string(why)), may))
			err = tx.UpdateDelivery(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
