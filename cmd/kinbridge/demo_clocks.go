package main

import (
	"errors"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

// clocks are children whose meetings are due: Tom's first review is overdue and nobody has asked Maya; Rory's is due soon; Nia's is planned in time; a core group about Jack and Amy was held
// without Leanne.
func (d *demoMaker) clocks() error {
	cal, today := workdays.EnglandAndWales(), d.s.Store.Today()
	child := func(mother, name, authority string, born string, care cases.Care) error {
		return d.f.SetChild(d.ctx, d.workerOf(mother), d.cases[mother], d.children[name], flow.ChildFacts{Born: born, Authority: d.agencies[authority], Care: care})
	}
	plan := cases.Care{Strategy: cal.Add(today, -40), Plan: cal.Add(today, -28)}
	if err := errors.Join(
		child("maya", "Tom Reed", "southmere", "2019-09-21", cases.Care{LookedAfter: cal.Add(today, -24)}),
		child("joanna", "Rory Sims", "southmere", "2021-06-15", cases.Care{LookedAfter: cal.Add(today, -14)}),
		child("carys", "Nia Bevan", "northvale", "2014-11-30", cases.Care{LookedAfter: cal.Add(today, -12)}),
		child("leanne", "Jack Ward", "southmere", "2012-01-09", plan),
		child("leanne", "Amy Ward", "southmere", "2018-05-02", plan),
	); err != nil {
		return err
	}
	at := cal.Add(today, 5).At(14, 0)
	_, err := d.f.CreateMeeting(d.ctx, d.workerOf("carys"), flow.NewMeeting{Case: d.cases["carys"], Kind: meetings.LookedAfterReview, Starts: at, Ends: at.Add(time.Hour),
		Guests: []ids.ContactID{d.contacts["hannah"], d.contacts["idris"]}, About: []ids.ChildID{d.children["Nia Bevan"]}, Venue: anywhere, IdemKey: "demo-review"})
	_, err2 := d.f.RecordHeld(d.ctx, d.workerOf("leanne"), flow.NewHeld{Case: d.cases["leanne"], Kind: meetings.CoreGroup, Day: cal.Add(today, -20),
		Children: []ids.ChildID{d.children["Jack Ward"], d.children["Amy Ward"]}, Part: meetings.WithNone, Why: meetings.WhyNotTold,
		Note: "The invitation reached the prison the day after.", IdemKey: "demo-held"})
	return errors.Join(err, err2)
}
