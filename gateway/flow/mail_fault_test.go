package flow_test

import (
	"context"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
)

// brittle is a reader with a fault: some mails make it panic.
type brittle struct{ flowtest.Mail }

func (b brittle) Read(ctx context.Context, raw []byte, env store.Envelope) flow.ReadMail {
	m := b.Mail.Read(ctx, raw, env)
	if m.Text == "brittle" {
		panic("a fault")
	}
	return m
}

// A mail that our own reader cannot cope with is held for a person at once, and the next is read as always.
func TestFaultOfTheReaderHoldsTheMail(t *testing.T) {
	w := flowtest.New(t, store.SQLite, brittle{})
	address := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
	in := w.Receive(t, address, flowtest.From(flowtest.AnnaAddress, "brittle"))
	if h := w.HoldOfMail(t, in.ID); h.Reason != messages.HoldUnreadable {
		t.Errorf("%+v", h)
	}
	if next := w.Receive(t, address, flowtest.From(flowtest.AnnaAddress, "as always")); next.State != store.InboundFiled {
		t.Errorf("%+v", next)
	}
}
