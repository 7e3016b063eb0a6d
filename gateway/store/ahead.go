package store

import (
	"bytes"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// sealedAhead is content that was sealed before its change's turn came. SQLite's one writer is what many mails wait for; sealing can be done
// beside it, if it can be guessed under which key.
type sealedAhead struct {
	key *vault.Key
	of  map[vault.Place]sealedText
}

type sealedText struct{ plain, sealed []byte }

// SealMail seals the texts of a mail that will probably become the message m, and its bytes, by what the writer remembers of the address it came to.
// That may be out of date by the time the change is made: the change asks for the key as always, and takes what was sealed
// here only for that key, in that place, with that content. A mail whose address is not remembered is sealed in its turn.
func (a *Announced) SealMail(to ids.AddressTokenID, in Inbound, m messages.Message) {
	if a.s.writer == nil || in.New == nil { // PostgreSQL seals beside its other transactions anyway
		return
	}
	memo := a.s.writer.q.memo
	address, _ := hint[threads.Address](memo, addressKey(to))
	scope := vault.CaseScope(address.Case)
	wrapped, ok := hint[[]byte](memo, wrappedKey(scope))
	if !ok {
		return
	}
	key, err := a.s.cfg.Vault.Open(scope, wrapped)
	if err != nil {
		return
	}
	a.ahead = &sealedAhead{key: key, of: map[vault.Place]sealedText{}}
	a.ahead.seal(vault.Place{Table: "inbound_raw", Row: string(in.ID), Column: "raw"}, in.New.Raw)
	for column, text := range map[string]string{"subject": m.Subject, "body": m.Body, "quoted": m.Quoted} {
		a.ahead.seal(vault.Place{Table: "messages", Row: string(m.ID), Column: column}, []byte(text))
	}
}

func (a *sealedAhead) seal(p vault.Place, plain []byte) {
	if sealed, err := a.key.Seal(plain, p); err == nil {
		a.of[p] = sealedText{plain, sealed}
	}
}

// take returns what was sealed ahead; nil when nothing was that fits. It may be taken again: a change can run twice.
func (a *sealedAhead) take(key *vault.Key, p vault.Place, content []byte) []byte {
	if a == nil || a.key != key {
		return nil
	}
	if t, ok := a.of[p]; ok && bytes.Equal(t.plain, content) {
		return t.sealed
	}
	return nil
}
