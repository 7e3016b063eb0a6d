package main

import (
	"kinbridge/gateway/flags"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// review shows what reviewing has: words that are pointed out, a conversation whose messages two people read, and a message that came back to its author.
func (d *demoMaker) review() error {
	flag := flags.Rule{Words: []string{"school report"}, Note: "Reports go to the parent who may have them: check the authority’s letter."}
	if _, err := d.f.AddFlag(d.ctx, d.as("protection"), flow.FlagScope{Establishment: d.agencies["fenbrook"]}, flag); err != nil {
		return err
	}
	if err := d.f.SetReview(d.ctx, d.as("protection"), messages.ReviewSetting{Scope: messages.Scope{Kind: messages.OfCase, ID: string(d.cases["joanna"])}, Direction: messages.ToHer,
		First: ids.RolePactWorker, Second: ids.RolePublicProtection}); err != nil {
		return err
	}
	c, err := d.f.Compose(d.ctx, ids.MotherActor(d.mothers["joanna"]), flow.NewMessage{Thread: d.threads["rory"], IdemKey: "demo-review",
		Body: "Nobody tells me anything. Why was Rory’s nursery changed?"})
	if err != nil {
		return err
	}
	holds, err := d.f.Holds(d.ctx, d.as("rhian"))
	for _, h := range holds {
		if h.Message == c.Message {
			return d.f.Return(d.ctx, d.as("rhian"), h.ID, "You can ask why it was changed. Leave out the first sentence, and ask who decided.")
		}
	}
	return err
}
