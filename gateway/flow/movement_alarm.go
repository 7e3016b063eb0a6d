package flow

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// enqueueDue has it looked whether somebody on the wing has acknowledged a movement, shortly before it begins. What has begun already is with whoever began it.
func (f *Flow) enqueueDue(tx *store.Tx, d store.MovementDue) error {
	if !tx.Now().Before(d.Starts) {
		return nil
	}
	return tx.Enqueue(outbox.MovementDue, string(d.ID)+"@"+strconv.FormatInt(d.Starts.Unix(), 10), d, movement.AlarmAt(d.Starts, f.cfg.Movements.alarmBefore()))
}

// KeepMovements puts what was planned before there were lists of movements on them, with its alarms. Call it when the program starts; calling it again changes nothing.
func (f *Flow) KeepMovements(ctx context.Context) error {
	err := f.st.Write(ctx, ids.System("movements"), func(tx *store.Tx) (audit.Entry, error) {
		made, err := tx.AddMissingMovements(tx.Today().Start())
		if err != nil {
			return audit.Entry{}, err
		}
		if len(made) == 0 {
			return audit.Entry{}, errNothingDue
		}
		for _, d := range made {
			if err := f.enqueueDue(tx, d); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.MovementsListed().With("count", strconv.Itoa(len(made))), nil
	})
	if errors.Is(err, errNothingDue) {
		return nil
	}
	return err
}

// HandleMovementDue is the outbox handler of a movement that begins soon: when it still begins then and nobody on her wing has acknowledged it as it is, whoever waits for her is told; the wing's board shows
// the alarm by itself. It is idempotent.
func (f *Flow) HandleMovementDue(ctx context.Context, it outbox.Item) error {
	var due store.MovementDue
	if err := json.Unmarshal(it.Payload, &due); err != nil {
		return outbox.Permanent(err)
	}
	m, err := f.loadMoving(ctx, ids.System("movements"), due.ID)
	if err != nil {
		return err
	}
	if m.gone || !m.Starts.Equal(due.Starts) {
		return nil
	}
	err = f.st.Write(ctx, ids.System("movements"), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockMovement(m.ID); err != nil {
			return audit.Entry{}, err
		}
		log, err := tx.MovementLog(tx.Context(), m.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if !movement.Alarming(tx.Now(), m.Slip, log.Acks, movement.Standing(log.Marks, m.Starts).State, f.cfg.Movements.alarmBefore()) {
			return audit.Entry{}, errNothingDue
		}
		added, err := f.alarm(tx, m, movement.AlarmUnseen)
		if err == nil && !added {
			err = errNothingDue
		}
		return audit.MovementUnseen(m.caseID, m.thread, m.ID), err
	})
	if errors.Is(err, errNothingDue) {
		return nil
	}
	return err
}

// alarm tells whoever waits for her that nobody has acknowledged a movement, or that she did not come: on their home pages, and by a mail that names nobody. One of a kind for each beginning.
func (f *Flow) alarm(tx *store.Tx, m moving, kind movement.AlarmKind) (added bool, err error) {
	if added, err = tx.AddMovementAlarm(store.MovementAlarm{Movement: m.ID, Due: m.Starts, Kind: kind}); err != nil || !added {
		return added, err
	}
	for _, host := range m.hosts {
		told := alertMail{To: host, Movement: m.ID, Due: m.Starts, Kind: kind}
		if err := tx.Enqueue(outbox.MailAlert, told.movementKey(), told, tx.Now()); err != nil {
			return added, err
		}
	}
	return added, nil
}

// movementKey names a mail about a movement.
func (g alertMail) movementKey() string {
	return string(g.Movement) + "@" + strconv.FormatInt(g.Due.Unix(), 10) + "/" + string(g.Kind) + "/" + string(g.To)
}

// movementMail makes the mail of an outbox item of kind mail_alert that is about a movement. ErrNothingToSend when there is nothing to see to any more.
func (f *Flow) movementMail(ctx context.Context, g alertMail) (OutMail, error) {
	s, err := f.st.Staff(ctx, g.To)
	if err != nil {
		return OutMail{}, err
	}
	open, _, err := f.openAlarm(ctx, s.Actor(), store.MovementAlarm{Movement: g.Movement, Due: g.Due, Kind: g.Kind})
	if err != nil {
		return OutMail{}, err
	}
	if s.Disabled || !open {
		return OutMail{}, ErrNothingToSend
	}
	langs, err := f.languagesAt(ctx, s.Agency)
	if err != nil {
		return OutMail{}, err
	}
	l, from := letters.Write("movement_"+string(g.Kind), langs, letters.Values{Link: f.cfg.PublicURL + "/"}, "unread"), "alerts@"+f.cfg.MailDomain
	return OutMail{From: from, FromName: "Kinbridge", To: s.Email, ToName: s.Name, EnvelopeFrom: from, Subject: l.Subject, Text: l.Text(), HTML: l.HTML(),
		MessageID: ids.Base32(f.derive("kinbridge movement mail v1", g.movementKey()))[:24] + "@" + f.cfg.MailDomain, Headers: standardHeaders("alert"), Neutral: true}, nil
}

// movementMailDone records how sending such a mail ended.
func (f *Flow) movementMailDone(ctx context.Context, g alertMail, sent bool, answer string) error {
	m, err := f.loadMoving(ctx, ids.System("mail"), g.Movement)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, ids.System("mail"), func(*store.Tx) (audit.Entry, error) {
		if sent {
			return audit.MovementMailSent(m.caseID, m.thread, m.ID).With("to", string(g.To)), nil
		}
		code, _, _ := strings.Cut(answer, " ") // the rest may quote her address
		return audit.MovementMailFailed(m.caseID, m.thread, m.ID, code).With("to", string(g.To)), nil
	})
}

// openAlarm returns the movement of an alarm, and whether there is something to see to still.
func (f *Flow) openAlarm(ctx context.Context, a ids.Actor, alarm store.MovementAlarm) (open bool, m moving, err error) {
	if alarm, err = f.st.MovementAlarm(ctx, alarm); err != nil {
		return false, m, err
	}
	if m, err = f.loadMoving(ctx, a, alarm.Movement); err != nil || !alarm.Seen.IsZero() || m.gone || m.Off || !m.Starts.Equal(alarm.Due) {
		return false, m, err
	}
	log, err := f.st.MovementLog(ctx, alarm.Movement)
	if err != nil {
		return false, m, err
	}
	stands := movement.Standing(log.Marks, m.Starts).State
	if alarm.Kind == movement.AlarmMissed {
		return stands == movement.Missed, m, nil
	}
	return movement.Alarming(f.now(), m.Slip, log.Acks, stands, f.cfg.Movements.alarmBefore()), m, nil
}

// alarmFacts is what policy is asked whether the actor is told of a movement's alarms: of a reading, whether she arranges such readings.
func (f *Flow) alarmFacts(ctx context.Context, a ids.Actor, m moving) (policy.Facts, error) {
	if m.Meeting != "" {
		return m.to(policy.MindMovement), nil
	}
	o, msg, err := f.ofMessage(ctx, f.st.Reader, a, m.Message)
	return o.about(policy.BookSupport, msg), err
}

// MovementTask is something about a movement that a worker is to see to: nobody on the wing has acknowledged it, or she did not come.
type MovementTask struct {
	store.MovementAlarm
	Mother    string
	Reference string
	Starts    time.Time
	Why       movement.Reason
	Meeting   ids.MeetingID // one of the two
	Message   ids.MessageID
}

// tasksShown is how long a worker is shown that a woman did not come.
const tasksShown = 72 * time.Hour

// MovementTasks returns what the actor is to see to, the oldest first.
func (f *Flow) MovementTasks(ctx context.Context, a ids.Actor) (out []MovementTask, err error) {
	if a.StaffID() == "" {
		return nil, nil
	}
	list, err := f.st.OpenMovementAlarms(ctx, a.StaffID(), f.now().Add(-tasksShown))
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		open, m, err := f.openAlarm(ctx, a, x)
		if err != nil {
			return nil, err
		}
		if !open {
			continue
		}
		facts, err := f.alarmFacts(ctx, a, m)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(facts).Allowed() {
			continue
		}
		c, err := f.st.Case(ctx, m.caseID)
		if err != nil {
			return nil, err
		}
		t := MovementTask{MovementAlarm: x, Mother: m.mother.Name, Reference: c.Reference, Starts: m.Starts, Meeting: m.Meeting, Message: m.Message}
		if x.Kind == movement.AlarmMissed {
			log, err := f.st.MovementLog(ctx, x.Movement)
			if err != nil {
				return nil, err
			}
			t.Why = movement.Standing(log.Marks, m.Starts).Why
		}
		out = append(out, t)
	}
	return out, nil
}

// SeeToMovement records that a worker has seen to such a task. When somebody else was first, that stands.
func (f *Flow) SeeToMovement(ctx context.Context, a ids.Actor, id ids.MovementID, due time.Time, kind movement.AlarmKind) error {
	m, err := f.loadMoving(ctx, a, id)
	if err != nil {
		return err
	}
	facts, err := f.alarmFacts(ctx, a, m)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		first, err := tx.SeeMovementAlarm(store.MovementAlarm{Movement: id, Due: due, Kind: kind}, a.StaffID())
		e := decided(audit.MovementSeenTo(m.caseID, m.thread, id, string(kind)), d)
		if err == nil && !first {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}
