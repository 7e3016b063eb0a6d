package store

import (
	"context"
	"errors"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
)

// errAgain makes PostgreSQL run a change again: another transaction made the same data key first.
var errAgain = errors.New("store: lost a race, run again")

// ring is the vault's keyring inside one Reader or transaction.
type ring struct{ q querier }

func (r ring) WrappedKey(ctx context.Context, s vault.Scope) ([]byte, error) {
	return remember(ctx, r.q, wrappedKey(s), func() ([]byte, error) { return r.wrappedKey(ctx, s) })
}

func (r ring) wrappedKey(ctx context.Context, s vault.Scope) ([]byte, error) {
	var wrapped []byte
	var destroyed int64
	err := r.q.one(ctx, `SELECT wrapped, destroyed FROM data_keys WHERE scope = ?`, []any{string(s)}, &wrapped, &destroyed)
	switch {
	case ids.KindOf(err) == ids.NotFound:
		return nil, vault.ErrNoKey
	case err != nil:
		return nil, err
	case destroyed != 0:
		return nil, vault.ErrDestroyed
	}
	return wrapped, nil
}

func (r ring) InsertKey(ctx context.Context, s vault.Scope, wrapped []byte) error {
	n, err := r.q.exec(ctx, `INSERT INTO data_keys (scope, wrapped, created) VALUES (?, ?, 0) ON CONFLICT (scope) DO NOTHING`, string(s), wrapped)
	if err == nil && n == 0 {
		return errAgain
	}
	return err
}

// seal encrypts content for a row of the scope, making the scope's data key if this is its first content.
func (tx *Tx) seal(s vault.Scope, table, row, column string, content []byte) ([]byte, error) {
	key, ok := tx.keys[s]
	if !ok {
		var err error
		if key, err = tx.vault.ForWriting(tx.ctx, ring{tx.q}, s); err != nil {
			return nil, err
		}
		if tx.keys == nil {
			tx.keys = map[vault.Scope]*vault.Key{}
		}
		tx.keys[s] = key
	}
	place := vault.Place{Table: table, Row: row, Column: column}
	if sealed := tx.ahead.take(key, place, content); sealed != nil {
		return sealed, nil
	}
	return key.Seal(content, place)
}

// open decrypts content. A column that was never filled (no bytes) opens to nothing.
func (r Reader) open(ctx context.Context, s vault.Scope, table, row, column string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	key, err := r.vault.ForReading(ctx, ring{r.q}, s)
	if err != nil {
		return nil, err
	}
	return key.Open(sealed, vault.Place{Table: table, Row: row, Column: column})
}

// openText decrypts a text column.
func (r Reader) openText(ctx context.Context, s vault.Scope, table, row, column string, sealed []byte) (string, error) {
	b, err := r.open(ctx, s, table, row, column, sealed)
	return string(b), err
}

// sealText encrypts a text column; empty text stays an empty column, so that it costs nothing.
func (tx *Tx) sealText(s vault.Scope, table, row, column, text string) ([]byte, error) {
	if text == "" {
		return []byte{}, nil
	}
	return tx.seal(s, table, row, column, []byte(text))
}
