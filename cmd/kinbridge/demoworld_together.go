package main

import (
	"errors"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/people"
)

// hardNews is a case of reading together: hard news for Joanna, released and booked with Rhian; the prison's list of who is told; and a support plan.
func (d *demoMaker) hardNews() error {
	rhian := d.as("rhian")
	made, err := d.f.Compose(d.ctx, rhian, flow.NewMessage{Thread: d.threads["joanna-pact"], IdemKey: "demo-hard", Together: true,
		Body: "Dear Joanna, the council has decided that adoption is the plan for Rory. I am coming to talk with you about it. You are not alone in this."})
	if err != nil {
		return err
	}
	prison := d.agencies["fenbrook"]
	return errors.Join(
		d.f.BookReading(d.ctx, rhian, made.Message, flow.NewBooking{Supporter: d.staff["rhian"], At: time.Now().Add(2 * time.Hour), Place: "Chapel office"}),
		d.f.KeepAlertPerson(d.ctx, d.as("protection"), people.AlertPerson{Establishment: prison, Staff: d.staff["paul"]}),
		d.f.OpenPlan(d.ctx, d.as("protection"), d.mothers["joanna"]))
}
