package main

import (
	"context"
	"database/sql"
	"errors"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// counter asks the measured database, read-only, how much has been done.
type counter struct{ *sql.DB }

func openCounter(path string) (counter, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(ON)")
	return counter{db}, err
}

func (c counter) filed(ctx context.Context) (n int, err error) {
	return n, c.QueryRowContext(ctx, `SELECT COUNT(*) FROM inbound_mail WHERE state = 'filed'`).Scan(&n)
}

// held reports whether the mail with a Message-ID is a message that waits for a reviewer, as everybody sees it. It looks at the newest hundred
// messages, so it is for what has just been sent: the program has no need of an index by Message-ID.
func (c counter) held(ctx context.Context, messageID string) (bool, error) {
	var one int
	err := c.QueryRowContext(ctx, `SELECT 1 FROM messages m JOIN holds h ON h.message_id = m.id WHERE m.rowid > (SELECT MAX(rowid) FROM messages) - 100
		AND m.header_id = ?`, messageID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
