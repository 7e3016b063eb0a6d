package main

import (
	"context"
	"database/sql"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// counter asks the measured database, read-only, how much has been done.
type counter struct{ *sql.DB }

func openCounter(path string) (counter, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(ON)")
	return counter{db}, err
}

func (c counter) count(ctx context.Context) (n int, err error) {
	return n, c.QueryRowContext(ctx, `SELECT COUNT(*) FROM inbound_mail WHERE state = 'filed'`).Scan(&n)
}
