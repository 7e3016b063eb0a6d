package main

import (
	"errors"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// after are meetings that were held before the demo began: in one Maya's video failed, and how she took part is to be recorded; after one about Jack and Amy the minutes are late,
// something was not done, and what is recorded as Leanne's words can be disputed; and a debrief with a note.
func (d *demoMaker) after() error {
	cal, today := workdays.EnglandAndWales(), d.s.Store.Today()
	maya, err := d.heldBefore("maya", "rhian", meetings.ChildInNeedMeeting, cal.Add(today, -3).At(10, 0), []string{"leah"}, []string{"Tom Reed"},
		meetings.Step{Seq: 1, From: meetings.ByVideo, To: meetings.ByPhone, Why: meetings.WhyVideo, Note: "The screen stayed black."})
	if err != nil {
		return err
	}
	leanne, err := d.heldBefore("leanne", "dana", meetings.TeamAroundTheChild, cal.Add(today, -14).At(14, 0), []string{"leah", "priya"}, []string{"Amy Ward"})
	if err != nil {
		return err
	}
	debrief, err := d.heldBefore("leanne", "dana", meetings.Debrief, cal.Add(today, -14).At(16, 0), nil, nil)
	if err != nil {
		return err
	}
	dana, rhian := d.as("dana"), d.as("rhian")
	action := func(what string, kind meetings.OwnerKind, owner string, due int) error {
		_, err := d.f.AddAction(d.ctx, dana, leanne, flow.NewAction{What: what, Kind: kind, Owner: owner, Due: cal.Add(today, due), IdemKey: "demo-" + what})
		return err
	}
	_, err = d.f.AddAction(d.ctx, rhian, maya, flow.NewAction{What: "Ask the nursery for a picture of Tom", Kind: meetings.OwnedByStaff, Owner: string(d.staff["rhian"]), Due: cal.Add(today, 5), IdemKey: "demo"})
	return errors.Join(err,
		d.f.RecordPart(d.ctx, dana, leanne, flow.NewPart{Part: meetings.ByPhone, Why: meetings.WhyVideo, Note: "She rang from the wing office, and heard most of it."}),
		d.f.KeepViews(d.ctx, dana, leanne, flow.NewViews{Source: meetings.ViewsByWorker, Text: "Leanne said that Amy should stay at her school until the summer."}),
		action("Send Leanne the new school’s address", meetings.OwnedByContact, string(d.contacts["priya"]), 6),
		action("Write to Amy about her new school", meetings.OwnedByMother, "", 4),
		action("Tell Amy’s grandmother what was agreed", meetings.OwnedByStaff, string(d.staff["dana"]), -4),
		d.mail("leah", "jack", "Minutes", "", "Dear Dana,\n\nPlease find below the minutes of the team around the child meeting about Amy.\n\nAmy is settled. Her new school begins in January. Leanne will write to her.\n\nLeah"),
		d.f.KeepDebrief(d.ctx, dana, debrief, flow.NewDebrief{How: meetings.MoodUpset, Note: "She was sad that she had not seen Amy. She wants to write tonight."}))
}

// heldBefore stores a meeting that was held before the demo began, which nobody can plan any more.
func (d *demoMaker) heldBefore(mother, host string, k meetings.Kind, at time.Time, guests, about []string, steps ...meetings.Step) (ids.MeetingID, error) {
	m := meetings.Meeting{ID: ids.New[ids.MeetingID](ids.Meeting), Case: d.cases[mother], Kind: k, Starts: at, Ends: at.Add(time.Hour), State: meetings.Planned, CreatedBy: d.staff[host], Revision: 1}
	her, err := d.s.Store.Mother(d.ctx, d.mothers[mother])
	if err != nil {
		return "", err
	}
	by, err := d.s.Store.Staff(d.ctx, d.staff[host])
	if err != nil {
		return "", err
	}
	return m.ID, d.s.Store.Write(d.ctx, d.op, func(tx *store.Tx) (audit.Entry, error) {
		entry := audit.MeetingCreated(m.Case, m.ID)
		if _, _, err := tx.AddMeeting(m, "demo-"+string(m.ID)); err != nil {
			return entry, err
		}
		person := func(kind meetings.PersonKind, id, name, email string, role meetings.Role) error {
			return tx.AddParticipant(meetings.Participant{ID: ids.New[ids.ParticipantID](ids.Participant), Meeting: m.ID, Kind: kind, Person: id, Name: name, Email: email, Role: role}, "")
		}
		if err := errors.Join(person(meetings.PersonStaff, string(by.ID), by.Name, "", meetings.RoleHost), person(meetings.PersonMother, string(her.ID), her.Name, "", meetings.RoleMother)); err != nil {
			return entry, err
		}
		for _, g := range guests {
			c, err := tx.Contact(tx.Context(), d.contacts[g])
			if err != nil {
				return entry, err
			}
			if err := person(meetings.PersonContact, string(c.ID), c.Name, c.Email, meetings.RoleGuest); err != nil {
				return entry, err
			}
		}
		for _, k := range about {
			if err := tx.AddMeetingAbout(m.ID, d.children[k]); err != nil {
				return entry, err
			}
		}
		for _, s := range steps {
			s.Meeting, s.By = m.ID, by.ID
			if err := tx.AddMeetingStep(m.Case, s); err != nil {
				return entry, err
			}
		}
		return entry, nil
	})
}
