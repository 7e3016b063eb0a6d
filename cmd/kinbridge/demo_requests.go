package main

import (
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/workdays"
)

// firstRequests asks a mother for her consent, so that it can be answered at the kiosk, and has her ask for something herself.
func (d *demoMaker) firstRequests() error {
	rory := d.children["Rory Sims"]
	due := workdays.EnglandAndWales().Add(d.s.Store.Today(), 5)
	if _, err := d.f.Ask(d.ctx, d.workerOf("joanna"), flow.NewRequest{Thread: d.threads["rory"], Kind: requests.Trip, Child: rory, Terms: requests.Terms{Due: due}, IdemKey: "demo-trip",
		Body: "Hello Joanna. Rory's nursery is going to a farm for the day. Leah asks: are you happy for him to go?"}); err != nil {
		return err
	}
	_, err := d.f.Ask(d.ctx, ids.MotherActor(d.mothers["joanna"]), flow.NewRequest{Thread: d.threads["rory"], Kind: requests.Photo, Child: rory, Lang: "en", IdemKey: "demo-photo"})
	return err
}
