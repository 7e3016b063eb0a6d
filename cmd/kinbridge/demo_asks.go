package main

import (
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// demoAsk is an answer that was asked for before the demo began, so that every state can be seen at once: nobody waits three weeks for a demo. Days
// are working days from today.
type demoAsk struct {
	thread, mother string
	asked, due     int
	steps          []chase.Step // that were sent, each on its day
	ready          *chase.Step  // that waits for a person
	answered       int          // 0 = it is open
	words          string       // of the last step, as it was sent
}

var demoAsks = []demoAsk{
	// Asked again, and a second reminder waits to be sent.
	{thread: "tom", mother: "maya", asked: -9, due: -3, steps: []chase.Step{{After: -2, Rung: chase.Worker}, {After: 1, Rung: chase.Worker}}, ready: &chase.Step{After: 3, Rung: chase.Worker},
		words: "Hello Leah. Maya has asked how Tom is settling in, and is waiting to hear. When can you tell her?"},
	// Everybody on the ladder was asked.
	{thread: "jack", mother: "leanne", asked: -30, due: -18, words: "Hello. We have asked four times for a date of the core group, and Leanne is still waiting. Who can give us one?",
		steps: []chase.Step{{After: -2, Rung: chase.Worker}, {After: 1, Rung: chase.Worker}, {After: 3, Rung: chase.Worker}, {After: 5, Rung: chase.TeamManager}, {After: 10, Rung: chase.ServiceManager},
			{After: 15, Rung: chase.ReviewingOfficer}}},
	{thread: "rory", mother: "joanna", asked: -12, due: -5, answered: -8},
	{thread: "nia", mother: "carys", asked: -20, due: -10, answered: -6, steps: []chase.Step{{After: 1, Rung: chase.Worker}}, words: "Hello Hannah. Carys is waiting to hear about Nia's letters. When can you tell her?"},
}

func (d *demoMaker) olderAsks() error {
	for _, a := range demoAsks {
		if err := d.olderAsk(a); err != nil {
			return err
		}
	}
	return nil
}

func (d *demoMaker) olderAsk(a demoAsk) error {
	cal, worker := workdays.EnglandAndWales(), d.workerOf(a.mother)
	on := func(days int) time.Time { return cal.Add(d.s.Store.Today(), days).At(10, 0) }
	var sent ids.MessageID
	if a.words != "" {
		c, err := d.f.Compose(d.ctx, worker, flow.NewMessage{Thread: d.threads[a.thread], Body: a.words, IdemKey: "demo-ask"})
		if err != nil {
			return err
		}
		sent = c.Message
	}
	return d.s.Store.Write(d.ctx, d.op, func(tx *store.Tx) (audit.Entry, error) {
		t, err := tx.Thread(tx.Context(), d.threads[a.thread])
		if err != nil {
			return audit.Entry{}, err
		}
		due := cal.Add(tx.Today(), a.due)
		x := cases.Ask{ID: ids.New[ids.AskID](ids.Ask), Case: t.Case, Thread: t.ID, Agency: t.Agency, Origin: cases.AskByWorker, Ref: "worker/demo-older", Asked: on(a.asked), AskedBy: worker.ID, Due: due}
		if _, _, err := tx.AddAsk(x); err != nil {
			return audit.Entry{}, err
		}
		for _, s := range a.steps {
			step := demoStep(x, s)
			if _, err := tx.AddAskStep(step); err != nil {
				return audit.Entry{}, err
			}
			if err := step.Decide(worker.StaffID(), cal.Add(due, s.After).At(11, 0), cases.StepSent); err != nil {
				return audit.Entry{}, err
			}
			step.Thread, step.Message = t.ID, sent
			if err := tx.UpdateAskStep(step, t.Case); err != nil {
				return audit.Entry{}, err
			}
		}
		if a.ready != nil {
			if _, err := tx.AddAskStep(demoStep(x, *a.ready)); err != nil {
				return audit.Entry{}, err
			}
		}
		if a.answered != 0 {
			x.Answered, x.Ended.By = on(a.answered), worker.ID
			if err := tx.UpdateAsk(x); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.AskSet(x.Case, x.Thread, x.ID, string(x.Origin), due.String()), nil
	})
}

func demoStep(a cases.Ask, s chase.Step) cases.AskStep {
	return cases.AskStep{ID: ids.New[ids.AskStepID](ids.AskStep), Ask: a.ID, Due: a.Due, After: s.After, Rung: s.Rung, State: cases.StepReady}
}
