package store_test

import (
	"errors"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/store/vault"
)

// What is sealed before a change's turn is used only as long as nothing has changed: what is stored is what the change says.
func TestSealedAhead(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	c, th := seed(t, e.Store)
	contact := ids.New[ids.ContactID](ids.Contact)
	var to ids.AddressTokenID
	must(t, e.Store.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) {
		agencies, err := tx.Agencies(tx.Context(), people.Establishment)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := tx.AddContact(people.Contact{ID: contact, Agency: agencies[0].ID, Name: "Hannah Cole", Email: "hannah.cole@northvale.example"}); err != nil {
			return audit.Entry{}, err
		}
		to, err = tx.ReplyAddress(th.ID, contact)
		return audit.AuditRead(""), err
	}))
	// mail stores a mail whose texts were sealed ahead as those of guess, after between.
	mail := func(guess, body string, between func()) (ids.MessageID, ids.InboundID, error) {
		m := newMessage(c, th, guess)
		in := store.Inbound{ID: ids.New[ids.InboundID](ids.Inbound), Scope: vault.CaseScope(c.ID), State: store.InboundFiled, Thread: th.ID, Message: m.ID,
			New: &store.NewInbound{Digest: ids.Secret(32), Raw: []byte("Subject: x\r\n\r\n" + body), Message: m.ID}}
		a := e.Store.Announce()
		a.SealMail(to, in, m)
		if between != nil {
			if !store.SealedAhead(a) {
				t.Error("nothing was sealed ahead")
			}
			between()
		}
		return m.ID, in.ID, a.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) {
			if _, err := tx.AddressOf(tx.Context(), to); err != nil {
				return audit.Entry{}, err
			}
			m.Body, m.State = body, messages.Held
			if _, _, err := tx.AddMessage(m, string(in.ID), "x@load.example", nil); err != nil {
				return audit.Entry{}, err
			}
			return audit.MailFiled(c.ID, th.ID, m.ID, in.ID), tx.UpdateInbound(in)
		})
	}
	_, _, err := mail("Thank you.", "Thank you.", nil) // the writer has read the address and the key
	must(t, err)
	for _, guess := range []string{"Yes, on Friday.", "Something else."} {
		id, in, err := mail(guess, "Yes, on Friday.", func() {})
		must(t, err)
		if m, err := e.Store.Message(t.Context(), id); err != nil || m.Body != "Yes, on Friday." {
			t.Errorf("guessed %q: %q, %v", guess, m.Body, err)
		}
		if raw, err := e.Store.InboundRaw(t.Context(), in); err != nil || string(raw) != "Subject: x\r\n\r\nYes, on Friday." {
			t.Errorf("guessed %q: %q, %v", guess, raw, err)
		}
	}
	_, _, err = mail("Too late.", "Too late.", func() {
		must(t, e.Store.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) {
			return audit.AuditRead(""), tx.DestroyKey(vault.CaseScope(c.ID))
		}))
	})
	if !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("stored under a destroyed key: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
