package store

import (
	"context"
	"database/sql"
	"time"
)

// checkpointer is a goroutine ("store checkpointer") that moves what has been committed from SQLite's write-ahead log into the database file, on
// a connection of its own. Left to itself SQLite does so inside every so-many-th commit, and everybody whose change is in that commit waits.
//
// The writer goes on meanwhile, so a little is always left that has not been moved, and SQLite begins the log from its start again only when
// nothing is left. When the log has grown long the writer is asked to move that rest itself, between two groups.
//
// Nothing depends on when this happens: what the log holds is durable. An error is the next commit's to report.
type checkpointer struct {
	conn  *sql.Conn
	wrote chan struct{} // something has been committed; capacity 1
	rest  chan struct{} // for the writer: move what is left; capacity 1
	gone  chan struct{}
	ended chan struct{}
}

// checkpointEvery is how long commits gather before they are moved: a page that many of them changed is moved once.
const checkpointEvery = 500 * time.Millisecond

// longLog is the length of the log, in pages, at which it is to begin from its start again.
const longLog = 8192

func newCheckpointer(conn *sql.Conn) *checkpointer {
	c := &checkpointer{conn: conn, wrote: make(chan struct{}, 1), rest: make(chan struct{}, 1), gone: make(chan struct{}), ended: make(chan struct{})}
	go c.loop()
	return c
}

func (c *checkpointer) loop() {
	defer close(c.ended)
	for {
		select {
		case <-c.wrote:
		case <-c.gone:
			return
		}
		select {
		case <-time.After(checkpointEvery):
		case <-c.gone:
			return
		}
		if pages, err := checkpoint(c.conn); err == nil && pages >= longLog {
			signal(c.rest)
		}
	}
}

// checkpoint moves as much as it can without making anybody wait, and returns the length of the log in pages.
func checkpoint(conn *sql.Conn) (pages int64, err error) {
	var busy, moved int64
	return pages, conn.QueryRowContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &moved)
}

// signal never blocks: one signal that waits is as good as two.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (c *checkpointer) close() error {
	close(c.gone)
	<-c.ended
	return c.conn.Close()
}
