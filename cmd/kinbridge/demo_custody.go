package main

import (
	"errors"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/threads"
)

// transfer is a woman who has just been moved from one prison to the other, with a message that she has not read and a meeting that is to be offered again. What she
// has is in nobody's queue.
func (d *demoMaker) transfer() error {
	mother, pin, err := d.f.CreateMother(d.ctx, d.op, flow.NewMother{Name: "Tess Arden", PrisonerNumber: "A1009TT", Establishment: d.agencies["fenbrook"],
		Wing: d.wings["fenbrook/B wing"], Language: "en", PIN: "975318"})
	if err != nil {
		return err
	}
	c, kids, err := d.f.CreateCase(d.ctx, d.op, flow.NewCase{Reference: "KB-1009", Mother: mother, Worker: d.staff["dana"], Team: []ids.StaffID{d.staff["paul"]},
		Children: []cases.Child{{Name: "Isla Arden", Born: "2017-08-11", Authority: d.agencies["southmere"]}}})
	if err != nil {
		return err
	}
	th, err := d.f.OpenThread(d.ctx, d.as("dana"), flow.NewThread{Case: c, Channel: threads.Official, Subject: "Isla's handwriting", Contacts: []ids.ContactID{d.contacts["leah"]},
		Children: []ids.ChildID{kids[0].ID}})
	if err != nil {
		return err
	}
	_, err = d.f.Compose(d.ctx, d.as("dana"), flow.NewMessage{Thread: th, Body: "Hello Tess. Isla has won a prize for her handwriting. I will bring a copy.", IdemKey: "demo-transfer"})
	starts := time.Now().Add(50 * time.Hour).Truncate(time.Hour)
	_, err2 := d.f.CreateMeeting(d.ctx, d.as("dana"), flow.NewMeeting{Case: c, Kind: meetings.CoreGroup, Starts: starts, Ends: starts.Add(time.Hour),
		Guests: []ids.ContactID{d.contacts["leah"]}, IdemKey: "demo"})
	_, err3 := d.f.RecordCustodyEvent(d.ctx, d.op, custody.Event{Kind: custody.Received, Number: "A1009TT", At: custody.Place{Name: "HMP Larkfield"}, Occurred: time.Now(), Source: "csv"})
	d.r.Mothers = append(d.r.Mothers, readyMother{Name: "Tess Arden", PIN: pin, CaseID: string(c)})
	return errors.Join(err, err2, err3)
}
