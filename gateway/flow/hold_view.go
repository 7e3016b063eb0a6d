package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// HoldRow is a hold in a queue. Its message is there when the actor may read it.
type HoldRow struct {
	messages.Hold
	CaseReference string
	MotherName    string
	Subject       string // of the thread
	From          string // who wrote it
	ToMother      bool   // on its way to the mother; else from her
	ClaimedName   string
	Waiting       Waiting // in working time
	Pointed       int     // things that flags point out; counted by Queue alone
}

// QueueFilter narrows the queue; the zero value is all of it.
type QueueFilter struct {
	Direction messages.Direction // "" = both
	Mine      bool               // claimed by the actor
	Free      bool               // claimed by nobody
	Late      bool               // past the aim
}

func (q QueueFilter) lets(a ids.Actor, r HoldRow) bool {
	return (q.Direction == "" || (q.Direction == messages.ToHer) == r.ToMother) && (!q.Mine || r.ClaimedBy == a.StaffID()) && (!q.Free || r.ClaimedBy == "") &&
		(!q.Late || r.Waiting.Late)
}

// HoldView is a hold's page.
type HoldView struct {
	HoldRow
	Message    *MessageView
	Mail       *HeldMail       // an email that is no message yet
	Invitation *InvitationView // that it brings; nil = none
	Proof      SenderProof
	Sealed     bool // privileged: the words are not shown
	MayFile    []ThreadRow
	// Addressed is the contact whose reply address the email came to, "" when none; Colleague, that the sender writes from her organisation and
	// may take over from her; Automatic, that it is nobody's words.
	Addressed            string
	Colleague, Automatic bool
	MovedTo              string // the organisation from which the contact whose address it is seems to write now; "" = none
	MayMove              bool   // she may say that it belongs to another case
	Found                Pointed
	First                *messages.Hold // of an appeal: the decision it is against
}

// HeldMail is a held email as a person sorts it.
type HeldMail struct {
	From, FromName, To, Subject, Text, Quoted string
	Kind                                      MailKind
	Problem                                   string
	Received                                  time.Time
	Files                                     []string
}

// Holds returns what waits for the actor's decision, oldest first.
func (f *Flow) Holds(ctx context.Context, a ids.Actor) ([]HoldRow, error) {
	return f.holds(ctx, a, func(heldThing, *HoldRow) (bool, error) { return true, nil })
}

// Queue is Holds narrowed by a filter, with what flags point out in each.
func (f *Flow) Queue(ctx context.Context, a ids.Actor, q QueueFilter) ([]HoldRow, error) {
	p := f.pointer()
	ctx = store.OnePage(ctx)
	return f.holds(ctx, a, func(h heldThing, row *HoldRow) (bool, error) {
		if !q.lets(a, *row) {
			return false, nil
		}
		found, err := p.look(ctx, h)
		row.Pointed = found.Count()
		return true, err
	})
}

// holds returns those of what waits for the actor's decision that keep lets through.
func (f *Flow) holds(ctx context.Context, a ids.Actor, keep func(heldThing, *HoldRow) (bool, error)) ([]HoldRow, error) {
	ctx = store.OnePage(ctx)
	hs, err := f.st.OpenHolds(ctx, a.StaffID())
	if err != nil || len(hs) == 0 {
		return nil, err
	}
	if err := f.st.AheadOfHolds(ctx, a.StaffID(), hs); err != nil {
		return nil, err
	}
	set, err := f.st.ReviewAims(ctx)
	if err != nil {
		return nil, err
	}
	var rows []HoldRow
	for _, hold := range hs {
		h, err := f.loadHeld(ctx, f.st.Reader, a, hold)
		if err != nil {
			return nil, err
		}
		if d := policy.Decide(h.facts); !d.Allowed() && d.Rule != "privileged_sealed" {
			continue
		}
		row, err := f.holdRow(ctx, h, set)
		if err != nil {
			return nil, err
		}
		if ok, err := keep(h, &row); err != nil {
			return nil, err
		} else if ok {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (f *Flow) holdRow(ctx context.Context, h heldThing, set aims) (HoldRow, error) {
	row := HoldRow{Hold: h.hold, CaseReference: h.in.CaseRow.Reference, MotherName: h.in.Mother.Name, Subject: h.in.Subject}
	until := f.now()
	if !h.hold.Decided.IsZero() {
		until = h.hold.Decided
	}
	row.Waiting = waited(workdays.EnglandAndWales(), h.hold.Opened, until, set.at(h.in.Mother.Establishment))
	if h.hold.Message != "" {
		row.From, row.ToMother = h.msg.AuthorName, h.msg.AuthorKind != messages.ByMother
	} else {
		row.ToMother = true
		in, err := f.st.Inbound(ctx, h.hold.Inbound)
		if err != nil {
			return row, err
		}
		if kept, ok := decodeFacts(in.Facts); ok {
			row.From = kept.From
		}
	}
	if h.hold.ClaimedBy != "" {
		s, err := f.st.Staff(ctx, h.hold.ClaimedBy)
		if err != nil {
			return row, err
		}
		row.ClaimedName = s.Name
	}
	if h.in.Channel == threads.Privileged {
		row.Subject, row.MotherName, row.CaseReference, row.From = "", "", "", ""
	}
	return row, nil
}

// HoldView returns a hold's page. For privileged mail it has the sender's check and nothing of the mail.
func (f *Flow) HoldView(ctx context.Context, a ids.Actor, id ids.HoldID) (HoldView, error) {
	h, err := f.loadHold(ctx, f.st.Reader, a, id)
	if err != nil {
		return HoldView{}, err
	}
	d := policy.Decide(h.facts)
	sealed := d.Rule == "privileged_sealed"
	if !d.Allowed() && !sealed {
		return HoldView{}, f.refuse(ctx, h.facts, auditID(id), d)
	}
	v := HoldView{Sealed: sealed}
	set, err := f.st.ReviewAims(ctx)
	if err != nil {
		return v, err
	}
	if v.HoldRow, err = f.holdRow(ctx, h, set); err != nil {
		return v, err
	}
	if err := f.proofOf(ctx, h.hold, &v); err != nil || sealed {
		return v, err
	}
	if h.hold.Message != "" {
		v.Message = &MessageView{Message: h.msg, Hold: &h.hold, MayAsk: policy.Decide(h.in.to(policy.AskRequest)).Err() == nil, Minutes: keepsMinutes(h.in) && bringsMinutes(h.msg), Together: h.in.safe.together[h.msg.ID],
			MayMark: h.msg.AuthorKind != messages.ByMother && policy.Decide(h.in.about(policy.MarkTogether, h.msg)).Allowed()}
		if v.Found, err = f.pointer().look(ctx, h); err != nil {
			return v, err
		}
		v.Pointed = v.Found.Count()
		if h.hold.AppealOf != "" {
			first, err := f.st.Hold(ctx, h.hold.AppealOf)
			if err != nil {
				return v, err
			}
			v.First = &first
		}
		return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.ThreadRead(h.in.Case, h.in.ID), nil })
	}
	return v, f.fillHeldMail(ctx, a, h, &v)
}

// addressedTo says to whose reply address a held email came, and whether a colleague of hers wrote it.
func (f *Flow) addressedTo(ctx context.Context, h heldThing, mail ReadMail, v *HoldView) error {
	id, err := f.addressedContact(ctx, f.st.Reader, h.hold.Inbound)
	if err != nil || id == "" {
		return err
	}
	c, err := f.st.Contact(ctx, id)
	if err != nil {
		return err
	}
	v.Addressed = c.Name
	v.Colleague, err = sameAgency(ctx, f.st.Reader, c.Agency, v.From)
	v.Colleague = v.Colleague && v.From != c.Email
	if err != nil || h.hold.Reason != messages.HoldMoved {
		return err
	}
	to, err := movedTo(ctx, f.st.Reader, c, mail)
	v.MovedTo = to.Name
	return err
}

func (f *Flow) proofOf(ctx context.Context, h messages.Hold, v *HoldView) error {
	if h.Inbound == "" {
		return nil
	}
	in, err := f.st.Inbound(ctx, h.Inbound)
	if err != nil {
		return err
	}
	kept, _ := decodeFacts(in.Facts)
	v.Proof = kept.SenderProof
	return nil
}

func (f *Flow) fillHeldMail(ctx context.Context, a ids.Actor, h heldThing, v *HoldView) error {
	in, err := f.st.Inbound(ctx, h.hold.Inbound)
	if err != nil {
		return err
	}
	mail, err := f.readInbound(ctx, in.ID)
	if err != nil {
		return err
	}
	v.From = mail.From
	held := heldMail(in, mail)
	v.Mail, v.Automatic = &held, mail.Kind.automatic()
	v.MayMove = h.hold.Case != "" && policy.Decide(h.in.to(policy.MoveMail)).Allowed()
	if err := f.addressedTo(ctx, h, mail, v); err != nil {
		return err
	}
	if v.Invitation, err = f.invitationOf(ctx, h, mail); err != nil {
		return err
	}
	if v.MayFile, err = f.fileTargets(ctx, a, h); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.MailRead(in.ID).In(h.hold.Case, h.hold.Thread), nil })
}

// fileTargets returns the threads a held email could be filed in: those of its case, or of every case the actor reviews.
func (f *Flow) fileTargets(ctx context.Context, a ids.Actor, h heldThing) ([]ThreadRow, error) {
	ctx = store.OnePage(ctx)
	of := []ids.CaseID{h.hold.Case}
	if h.hold.Case == "" {
		visible, err := f.visibleCases(ctx, a)
		if err != nil {
			return nil, err
		}
		of = idsOf(visible)
	}
	rows, err := f.threadRows(ctx, a, of...)
	return slices.DeleteFunc(rows, func(r ThreadRow) bool { return r.Channel != threads.Official || r.Agency == "" }), err
}
