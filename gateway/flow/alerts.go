package flow

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// SupportConfig says how those near a woman are told that she may need support.
type SupportConfig struct {
	// AgainAfter is how long an alert may go without anybody's saying that she sees to it before it goes to the whole wing and the duty governor;
	// 0 = DefaultAgainAfter.
	AgainAfter time.Duration
	// PlanName is what a support plan is called here; "" = "ACCT".
	PlanName string
}

// DefaultAgainAfter is how long an alert waits.
const DefaultAgainAfter = 30 * time.Minute

func (c SupportConfig) planName() string {
	if c.PlanName == "" {
		return "ACCT"
	}
	return c.PlanName
}

func (c SupportConfig) againAfter() time.Duration {
	if c.AgainAfter == 0 {
		return DefaultAgainAfter
	}
	return c.AgainAfter
}

// alertMail is the payload of an outbox item of kind mail_alert. To is a member of staff; "" = the duty governor of where she is. With Movement it is about that and no alert
// (movement_alarm.go).
type alertMail struct {
	Alert    ids.AlertID        `json:"alert"`
	To       ids.StaffID        `json:"to,omitempty"`
	Again    bool               `json:"again,omitempty"`
	Movement ids.MovementID     `json:"movement,omitempty"`
	Due      time.Time          `json:"due,omitzero"`
	Kind     movement.AlarmKind `json:"kind,omitempty"`
}

// raiseAlert tells those near a mother, inside the change that gives the reason. They are never told the reason. One reading raises at most one
// ordinary and one urgent alert.
func (f *Flow) raiseAlert(tx *store.Tx, o openThread, opening ids.MessageID, urgent bool) error {
	return f.alertNear(tx, o.Case, o.Mother, opening, urgent)
}

// alertNear is raiseAlert for what was no reading: opening then names the reason in a way of its own.
func (f *Flow) alertNear(tx *store.Tx, c ids.CaseID, m people.Mother, opening ids.MessageID, urgent bool) error {
	a := people.SupportAlert{ID: ids.New[ids.AlertID](ids.Alert), Case: c, Mother: m.ID, Establishment: m.Establishment, Wing: m.Wing, Opening: opening, Urgent: urgent}
	added, err := tx.AddAlert(a)
	if err != nil || !added {
		return err
	}
	tx.Also(audit.AlertRaised(c, a.ID, urgent))
	named, err := tx.AlertPeople(tx.Context(), a.Establishment)
	if err != nil {
		return err
	}
	for _, p := range named {
		if p.ByMail && (p.Wing == "" || p.Wing == a.Wing) {
			if err := enqueueAlert(tx, alertMail{Alert: a.ID, To: p.Staff}); err != nil {
				return err
			}
		}
	}
	return tx.Enqueue(outbox.AlertAgain, string(a.ID), a.ID, tx.Now().Add(f.cfg.Support.againAfter()))
}

func enqueueAlert(tx *store.Tx, m alertMail) error {
	key := string(m.Alert) + "/" + string(m.To)
	if m.Again {
		key += "/again"
	}
	return tx.Enqueue(outbox.MailAlert, key, m, tx.Now())
}

// HandleAlertAgain is the outbox handler of an alert's second round: when nobody has acknowledged it by then, the whole wing, everybody on the list and
// the duty governor are mailed, wherever she is by now.
func (f *Flow) HandleAlertAgain(ctx context.Context, it outbox.Item) error {
	var id ids.AlertID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	err := f.st.Write(ctx, ids.System("alerts"), func(tx *store.Tx) (audit.Entry, error) {
		due, err := tx.AlertAgain(id)
		if err != nil {
			return audit.Entry{}, err
		}
		if !due {
			return audit.Entry{}, errNothingDue
		}
		a, err := tx.Alert(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		return audit.AlertAgain(a.Case, id), f.tellEverybody(tx, a)
	})
	if errors.Is(err, errNothingDue) {
		return nil
	}
	return err
}

var errNothingDue = errors.New("flow: nothing is due")

func (f *Flow) tellEverybody(tx *store.Tx, a people.SupportAlert) error {
	m, err := tx.Mother(tx.Context(), a.Mother)
	if err != nil {
		return err
	}
	named, err := tx.AlertPeople(tx.Context(), m.Establishment)
	if err != nil {
		return err
	}
	staff, err := tx.StaffAt(tx.Context(), m.Establishment)
	if err != nil {
		return err
	}
	told := map[ids.StaffID]bool{}
	for _, p := range named {
		if p.Wing == "" || p.Wing == m.Wing {
			told[p.Staff] = true
		}
	}
	for _, s := range staff {
		if told[s.ID] || s.Role == ids.RoleWingOfficer && (s.Wing == "" || s.Wing == m.Wing) {
			if err := enqueueAlert(tx, alertMail{Alert: a.ID, To: s.ID, Again: true}); err != nil {
				return err
			}
		}
	}
	duty, err := tx.DutyEmail(tx.Context(), m.Establishment)
	if err != nil || duty == "" {
		return err
	}
	return enqueueAlert(tx, alertMail{Alert: a.ID, Again: true})
}

// AlertMail makes the mail of an outbox item of kind mail_alert. It names nobody and gives no reason: it asks her to look at her page.
// ErrNothingToSend when somebody sees to the woman already.
func (f *Flow) AlertMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	g, err := payloadOf[alertMail](payload)
	if err != nil {
		return OutMail{}, err
	}
	if g.Movement != "" {
		return f.movementMail(ctx, g)
	}
	a, err := f.st.Alert(ctx, g.Alert)
	if err != nil {
		return OutMail{}, err
	}
	if !a.Acknowledged.IsZero() {
		return OutMail{}, ErrNothingToSend
	}
	email, name, agency := "", "", ids.AgencyID("")
	if g.To != "" {
		s, err := f.st.Staff(ctx, g.To)
		if err != nil {
			return OutMail{}, err
		}
		if s.Disabled {
			return OutMail{}, ErrNothingToSend
		}
		email, name, agency = s.Email, s.Name, s.Agency
	} else {
		m, err := f.st.Mother(ctx, a.Mother)
		if err != nil {
			return OutMail{}, err
		}
		if email, err = f.st.DutyEmail(ctx, m.Establishment); err != nil || email == "" {
			return OutMail{}, errors.Join(err, ErrNothingToSend)
		}
		agency = m.Establishment
	}
	langs, err := f.languagesAt(ctx, agency)
	if err != nil {
		return OutMail{}, err
	}
	l, from := alertLetter(langs, f.cfg.PublicURL+"/alerts", a.Urgent, g), "alerts@"+f.cfg.MailDomain
	key := string(g.Alert) + "/" + string(g.To)
	if g.Again {
		key += "/again"
	}
	return OutMail{From: from, FromName: "Kinbridge", To: email, ToName: name, EnvelopeFrom: from, Subject: l.Subject, Text: l.Text(), HTML: l.HTML(),
		MessageID: ids.Base32(f.derive("kinbridge alert mail v1", key))[:24] + "@" + f.cfg.MailDomain, Headers: standardHeaders("alert"), Neutral: true}, nil
}

func alertLetter(langs []string, link string, urgent bool, g alertMail) letters.Letter {
	name, ends := "alert", []string(nil)
	if urgent {
		name = "alert_urgent"
	}
	if g.Again {
		ends = append(ends, "alert_again")
	}
	if g.To == "" {
		ends = append(ends, "alert_duty")
	}
	return letters.Write(name, langs, letters.Values{Link: link}, append(ends, "unread")...)
}

// AlertMailDone records how sending such a mail ended.
func (f *Flow) AlertMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	g, err := payloadOf[alertMail](payload)
	if err != nil {
		return err
	}
	if g.Movement != "" {
		return f.movementMailDone(ctx, g, sent, answer)
	}
	a, err := f.st.Alert(ctx, g.Alert)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, ids.System("mail"), func(*store.Tx) (audit.Entry, error) {
		if sent {
			return audit.AlertMailSent(a.Case, a.ID).With("to", string(g.To)), nil
		}
		code, _, _ := strings.Cut(answer, " ") // the rest may quote her address
		return audit.AlertMailFailed(a.Case, a.ID, code).With("to", string(g.To)), nil
	})
}

// careFacts gathers what policy asks about a member of staff and how a woman is.
func (f *Flow) careFacts(ctx context.Context, r store.Reader, a ids.Actor, c cases.Case, m people.Mother) (facts policy.Facts, err error) {
	facts.Actor = a
	if facts.Case, err = caseFactsOf(ctx, r, a, c, m); err != nil || a.StaffID() == "" || !facts.Case.SameEstablishment {
		return facts, err
	}
	s, err := r.Staff(ctx, a.StaffID())
	if err != nil {
		return facts, err
	}
	facts.Case.SameWing = s.Wing == "" || s.Wing == m.Wing
	named, err := r.AlertPeople(ctx, m.Establishment)
	for _, p := range named {
		facts.Support.IsNamed = facts.Support.IsNamed || p.Staff == s.ID && (p.Wing == "" || p.Wing == m.Wing)
	}
	return facts, err
}

// AlertRow is an alert as those near her see it: that she may need support, and never why.
type AlertRow struct {
	people.SupportAlert
	MotherName, PrisonerNumber, WingName, ByName string
}

// alertsShown is how long an alert stays on the page after it was acknowledged.
const alertsShown = 48 * time.Hour

// Alerts returns the women who may need support, of whom the actor is told: those that nobody sees to first, then the newest.
func (f *Flow) Alerts(ctx context.Context, a ids.Actor) ([]AlertRow, error) {
	list, err := f.st.AlertsSince(ctx, a.StaffID(), a.Agency, f.now().Add(-alertsShown))
	if err != nil {
		return nil, err
	}
	var open, done []AlertRow
	for _, x := range list {
		row, ok, err := f.alertRow(ctx, a, x)
		switch {
		case err != nil:
			return nil, err
		case !ok:
		case row.Acknowledged.IsZero():
			open = append(open, row)
		default:
			done = append(done, row)
		}
	}
	return append(open, done...), nil
}

// alertRow is one alert, if the actor is told of it. The message that was read is left out: nobody near her needs it.
func (f *Flow) alertRow(ctx context.Context, a ids.Actor, x people.SupportAlert) (row AlertRow, ok bool, err error) {
	facts, m, err := f.alertFacts(ctx, f.st.Reader, a, x)
	if err != nil || !policy.Decide(facts).Allowed() {
		return row, false, err
	}
	row = AlertRow{SupportAlert: x, MotherName: m.Name, PrisonerNumber: m.PrisonerNumber}
	row.Opening = ""
	wings, err := f.st.Wings(ctx, m.Establishment)
	if err != nil {
		return row, false, err
	}
	for _, w := range wings {
		if w.ID == m.Wing {
			row.WingName = w.Name
		}
	}
	if x.By != "" {
		s, err := f.st.Staff(ctx, x.By)
		if err != nil {
			return row, false, err
		}
		row.ByName = s.Name
	}
	return row, true, nil
}

func (f *Flow) alertFacts(ctx context.Context, r store.Reader, a ids.Actor, x people.SupportAlert) (policy.Facts, people.Mother, error) {
	m, err := r.Mother(ctx, x.Mother)
	if err != nil {
		return policy.Facts{}, m, err
	}
	c, err := r.Case(ctx, x.Case)
	if err != nil {
		return policy.Facts{}, m, err
	}
	facts, err := f.careFacts(ctx, r, a, c, m)
	facts.Act = policy.SeeAlert
	return facts, m, err
}

// AcknowledgeAlert records that the actor sees to her. When somebody else was first, that stands.
func (f *Flow) AcknowledgeAlert(ctx context.Context, a ids.Actor, id ids.AlertID) error {
	x, err := f.st.Alert(ctx, id)
	if err != nil {
		return err
	}
	facts, _, err := f.alertFacts(ctx, f.st.Reader, a, x)
	if err != nil {
		return err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		first, err := tx.AcknowledgeAlert(id, a.StaffID())
		if err == nil && !first {
			return audit.AlertAcknowledged(x.Case, id).With("repeat", "yes"), nil
		}
		return audit.AlertAcknowledged(x.Case, id), err
	})
}

// AlertList is who is told at an establishment that a woman may need support.
type AlertList struct {
	Establishment people.Agency
	People        []AlertListRow
	Staff         []people.Staff // of the establishment, to choose from
	Wings         []people.Wing
	DutyEmail     string
	AgainAfter    time.Duration
}

// AlertListRow is one person on the list, with names.
type AlertListRow struct {
	people.AlertPerson
	Name, WingName string
}

func (f *Flow) mayKeepAlerts(ctx context.Context, a ids.Actor, e ids.AgencyID) error {
	return f.may(ctx, policy.Facts{Act: policy.KeepAlertList, Actor: a, SamePlace: a.Agency != "" && a.Agency == e}, auditID(e))
}

// AlertList returns the list of an establishment, for who keeps it.
func (f *Flow) AlertList(ctx context.Context, a ids.Actor, e ids.AgencyID) (v AlertList, err error) {
	if err := f.mayKeepAlerts(ctx, a, e); err != nil {
		return v, err
	}
	if v.Establishment, err = f.st.Agency(ctx, e); err != nil {
		return v, err
	}
	if v.Wings, err = f.st.Wings(ctx, e); err != nil {
		return v, err
	}
	if v.Staff, err = f.st.StaffAt(ctx, e); err != nil {
		return v, err
	}
	if v.DutyEmail, err = f.st.DutyEmail(ctx, e); err != nil {
		return v, err
	}
	v.AgainAfter = f.cfg.Support.againAfter()
	list, err := f.st.AlertPeople(ctx, e)
	for _, p := range list {
		row := AlertListRow{AlertPerson: p, Name: f.personName(ctx, string(p.Staff))}
		for _, w := range v.Wings {
			if w.ID == p.Wing {
				row.WingName = w.Name
			}
		}
		v.People = append(v.People, row)
	}
	return v, err
}

// KeepAlertPerson puts a member of the establishment's staff on the list.
func (f *Flow) KeepAlertPerson(ctx context.Context, a ids.Actor, p people.AlertPerson) error {
	v, err := f.AlertList(ctx, a, p.Establishment)
	if err != nil {
		return err
	}
	known := false
	for _, s := range v.Staff {
		known = known || s.ID == p.Staff
	}
	wing := p.Wing == ""
	for _, w := range v.Wings {
		wing = wing || w.ID == p.Wing
	}
	if !known || !wing {
		return ids.E(ids.Invalid, "Choose somebody who works at this prison, and one of its wings or all.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.AlertList(p.Establishment).With("added", string(p.Staff)), tx.KeepAlertPerson(p)
	})
}

// DropAlertPerson takes somebody off the list; who is not on it changes nothing.
func (f *Flow) DropAlertPerson(ctx context.Context, a ids.Actor, p people.AlertPerson) error {
	if err := f.mayKeepAlerts(ctx, a, p.Establishment); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.AlertList(p.Establishment).With("removed", string(p.Staff)), tx.DropAlertPerson(p)
	})
}

// SetDutyEmail says where the duty governor of an establishment is mailed; "" = nowhere.
func (f *Flow) SetDutyEmail(ctx context.Context, a ids.Actor, e ids.AgencyID, email string) error {
	if err := f.mayKeepAlerts(ctx, a, e); err != nil {
		return err
	}
	if email = strings.TrimSpace(email); email != "" {
		email = people.NormaliseEmail(email)
		if email == "" || people.Domain(email) == "" {
			return ids.E(ids.Invalid, "Give an email address such as duty.governor@prison.example, or leave it empty.")
		}
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.AlertList(e).With("duty", "changed"), tx.SetDutyEmail(e, email)
	})
}
