package flow

import (
	"context"
	"strconv"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// stepNews is how long before a meeting the people outside are told by mail that she takes part in another way. Earlier it may change again, and they need do nothing.
const stepNews = 24 * time.Hour

// LadderView is the ladder of a meeting as staff see it.
type LadderView struct {
	Rungs    []meetings.Rung
	Standing meetings.Part
	Steps    []StepRow
	MayStep  bool
	Seq      int64 // of the last step; a form sends it back, so that it changes what its page showed
}

// StepRow is a step with the name of who made it.
type StepRow struct {
	meetings.Step
	ByName string
}

// plannedLegs are the ways into a meeting that is held elsewhere, by its invitation. None = it is held in our own room.
func (f *Flow) plannedLegs(ctx context.Context, m meetings.Meeting) (out []meetings.PlannedLeg, err error) {
	k, err := f.madeOf(ctx, m.ID)
	if err != nil || k == nil {
		return nil, err
	}
	for _, l := range k.Invite.Plan {
		out = append(out, meetings.PlannedLeg{Kind: meetings.LegKind(l.Kind), Why: l.Why})
	}
	return out, nil
}

// wanted are the parts that she can choose.
var wanted = map[meetings.How]meetings.Part{meetings.HowVideo: meetings.ByVideo, meetings.HowListen: meetings.ByAudio, meetings.HowPhone: meetings.ByPhone, meetings.HowNotThere: meetings.ReadOut}

// hasContribution reports whether what she wants to say is there to be read out, and what she chose herself.
func (f *Flow) hasContribution(ctx context.Context, m meetings.Meeting) (written bool, wants meetings.Part, err error) {
	given, err := f.st.Contributions(ctx, m.Case, m.ID)
	if err != nil {
		return false, "", err
	}
	choice, err := f.st.Choice(ctx, m.Case, m.ID)
	if ids.KindOf(err) == ids.NotFound {
		err = nil
	}
	return len(given) > 0, wanted[choice.How], err
}

// ladderFacts gathers what it depends on which parts she can have.
func (f *Flow) ladderFacts(ctx context.Context, o openMeeting) (x meetings.LadderFacts, err error) {
	x.Room, x.Called = f.cfg.Tickets != nil, o.PhaseAt(f.now()) == meetings.CalledOff
	if x.Legs, err = f.plannedLegs(ctx, o.Meeting); err != nil {
		return x, err
	}
	if x.Written, x.Wants, err = f.hasContribution(ctx, o.Meeting); err != nil {
		return x, err
	}
	// Whether she may meet them is asked as if she came in now: policy alone says it.
	her, err := f.gather(ctx, ids.MotherActor(o.Mother.ID), o.Meeting)
	if err != nil {
		return x, err
	}
	facts := her.to(policy.AttendMeeting)
	facts.Meeting = policy.MeetingFacts{IsParticipant: true}
	if d := policy.Decide(facts); !d.Allowed() {
		x.Forbidden = d.Duties.Has(policy.TellWorker)
		x.Unattended = !x.Forbidden
	}
	return x, nil
}

// standFacts completes a meeting's facts by where the actor works: an officer of her wing brings her.
func (f *Flow) standFacts(ctx context.Context, r store.Reader, o openMeeting, act policy.Act) (policy.Facts, error) {
	facts := o.to(act)
	facts.SamePlace = facts.Case.SameEstablishment
	if facts.Actor.StaffID() == "" || !facts.SamePlace {
		return facts, nil
	}
	s, err := r.Staff(ctx, facts.Actor.StaffID())
	facts.Case.SameWing = s.Wing == "" || s.Wing == o.Mother.Wing
	return facts, err
}

// ladder returns a meeting's ladder; whether the actor may know of the meeting has been decided.
func (f *Flow) ladder(ctx context.Context, o openMeeting) (v LadderView, err error) {
	x, err := f.ladderFacts(ctx, o)
	if err != nil {
		return v, err
	}
	v.Rungs = meetings.LadderOf(x)
	steps, err := f.st.MeetingSteps(ctx, o.Case, o.ID)
	if err != nil {
		return v, err
	}
	v.Standing = meetings.Standing(steps)
	for _, s := range steps {
		v.Steps, v.Seq = append(v.Steps, StepRow{s, f.personName(ctx, string(s.By))}), s.Seq
	}
	facts, err := f.standFacts(ctx, f.st.Reader, o, policy.StepDown)
	phase := o.PhaseAt(f.now())
	v.MayStep = policy.Decide(facts).Allowed() && phase != meetings.Over && phase != meetings.CalledOff
	return v, err
}

// WingStep is what an officer who brings a woman sees of the ladder: that she is due somewhere at a time, how she takes part, and what can be pressed. Not what
// about, not with whom, and not why something is not possible.
type WingStep struct {
	ID           ids.MeetingID
	Mother       people.Mother
	Starts, Ends time.Time
	LadderView
}

// WingStep returns that page, for whoever may step down.
func (f *Flow) WingStep(ctx context.Context, a ids.Actor, id ids.MeetingID) (v WingStep, err error) {
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return v, err
	}
	facts, err := f.standFacts(ctx, f.st.Reader, o, policy.StepDown)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	v.ID, v.Mother, v.Starts, v.Ends = o.ID, o.Mother, o.Starts, o.Ends
	if v.LadderView, err = f.ladder(ctx, o); err != nil {
		return v, err
	}
	for i := range v.Rungs {
		v.Rungs[i].Because = ""
	}
	for i := range v.Steps { // a note is for those who may know what the meeting is about
		v.Steps[i].Note = ""
	}
	return v, nil
}

// NewStep is a step as somebody presses it. Seq is that of the last step that her page showed.
type NewStep struct {
	To   meetings.Part
	Why  meetings.Why
	Note string
	Seq  int64
}

// StepDown records that she takes part in another way, and tells everybody. Of two who press at once one makes the change: the other is told the same when she meant the same,
// and a Conflict when she meant something else.
func (f *Flow) StepDown(ctx context.Context, a ids.Actor, id ids.MeetingID, n NewStep) error {
	o, err := f.loadMeeting(ctx, a, id)
	if err != nil {
		return err
	}
	facts, err := f.standFacts(ctx, f.st.Reader, o, policy.StepDown)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	if o.PhaseAt(f.now()) == meetings.Over {
		return ids.E(ids.Conflict, "This meeting is over. Record how she took part instead.")
	}
	s := meetings.Step{Meeting: id, From: meetings.ByVideo, To: n.To, Why: n.Why, Note: CleanText(n.Note), By: a.StaffID()}
	if x, err := f.ladderFacts(ctx, o); err != nil {
		return err
	} else if (x.Forbidden || x.Unattended) && (n.To == meetings.ByVideo || n.To == meetings.ByAudio || n.To == meetings.ByPhone) {
		return ids.E(ids.Forbidden, "She cannot be in this meeting as things are. Ask the case's Pact social worker.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockMeeting(id); err != nil {
			return audit.Entry{}, err
		}
		steps, err := tx.MeetingSteps(tx.Context(), o.Case, id)
		if err != nil {
			return audit.Entry{}, err
		}
		s := s
		s.From, s.Seq = meetings.Standing(steps), int64(len(steps))+1
		if s.From == s.To {
			return decided(audit.MeetingStepped(o.Case, id, string(s.From), string(s.To), string(s.Why)), d).With("repeat", "yes"), s.Check().Err()
		}
		if err := s.Check().Err(); err != nil {
			return audit.Entry{}, err
		}
		if n.Seq != int64(len(steps)) {
			return audit.Entry{}, ids.E(ids.Conflict, "Somebody else has just changed how she takes part. Look at it again.")
		}
		if err := tx.AddMeetingStep(o.Case, s); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.MeetingStepped(o.Case, id, string(s.From), string(s.To), string(s.Why)), d), f.tellStep(tx, o, s)
	})
}

// tellStep tells everybody of a step: her, at the kiosk; those outside by mail, when the meeting is near or running. Staff's pages are woken by the store.
func (f *Flow) tellStep(tx *store.Tx, o openMeeting, s meetings.Step) error {
	if err := tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(o.ID)); err != nil {
		return err
	}
	if o.Starts.Sub(tx.Now()) > stepNews {
		return nil
	}
	for _, p := range o.Participants {
		if p.Kind != meetings.PersonContact || !p.Removed.IsZero() {
			continue
		}
		if err := tx.Enqueue(outbox.MailGuest, mailStepped+":"+string(p.ID)+":"+strconv.FormatInt(s.Seq, 10), guestMail{Participant: p.ID, Purpose: mailStepped, Step: s.Seq}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// stepLetters are the letters that tell the people outside of a step. They say no name and no reason.
var stepLetters = map[meetings.Part]string{meetings.ByVideo: "step_video", meetings.ByAudio: "step_audio", meetings.ByPhone: "step_phone", meetings.ReadOut: "step_read_out", meetings.WithNone: "step_none"}

// stepLetter names the letter of a step; "" when a later step has taken its place, or the meeting is over.
func (f *Flow) stepLetter(ctx context.Context, m meetings.Meeting, seq int64) (string, error) {
	steps, err := f.st.MeetingSteps(ctx, m.Case, m.ID)
	if phase := m.PhaseAt(f.now()); err != nil || int64(len(steps)) != seq || phase == meetings.Over || phase == meetings.CalledOff {
		return "", err
	}
	return stepLetters[steps[len(steps)-1].To], nil
}
