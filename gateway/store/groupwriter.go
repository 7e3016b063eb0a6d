package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"kinbridge/gateway/ids"
)

// groupWriter is SQLite's one writer: a goroutine ("store writer") that owns the writing connection and puts the changes that wait for it
// into one transaction. One commit, one fsync, then every one of them is acknowledged. While
// an fsync runs the next group gathers, so that the group is as large as the disk is slow. A group also waits a moment for changes that were
// announced: a commit costs about as much for one change as for ten.
type groupWriter struct {
	conn  *sql.Conn
	q     querier
	jobs  chan *job
	gone  chan struct{} // closed to ask the writer to stop
	ended chan struct{} // closed when it has

	checkpoints *checkpointer

	coming atomic.Int64  // announced changes that have not come yet
	none   chan struct{} // wakes a group that waits when coming has fallen to nothing
	wait   time.Duration // the longest that a group which could be committed waits for them
	once   sync.Once

	freeing sync.Mutex // guards freed: the leases that a dead program left have been ended (see outboxQueue.freeOnce)
	freed   bool
}

type job struct {
	run  func(querier) error
	done chan error
}

// groupWait is a groupWriter's usual wait.
const groupWait = 3 * time.Millisecond

// maxGroup bounds how many changes share a commit, so that the first of them does not wait for long.
const maxGroup = 128

var errClosed = ids.E(ids.Unavailable, "Kinbridge is stopping. Nothing was accepted: try again in a moment.")

// newGroupWriter takes two connections to the database: one to write with, and one for its checkpointer.
func newGroupWriter(conn, other *sql.Conn) *groupWriter {
	w := &groupWriter{conn: conn, q: querier{c: conn, engine: SQLite, kept: &sync.Map{}, counter: &auditCounter{}, memo: newMemo()},
		jobs: make(chan *job, maxGroup), gone: make(chan struct{}), ended: make(chan struct{}), none: make(chan struct{}, 1), wait: groupWait,
		checkpoints: newCheckpointer(other)}
	go w.loop()
	return w
}

// do runs one change and returns when it is durable, or why it was not done.
func (w *groupWriter) do(run func(querier) error, arrived func()) error {
	j := &job{run: run, done: make(chan error, 1)}
	select {
	case w.jobs <- j:
		arrived()
	case <-w.gone:
		return errClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-w.ended: // it may have been answered in its last group
		select {
		case err := <-j.done:
			return err
		default:
			return errClosed
		}
	}
}

func (w *groupWriter) close() error {
	w.once.Do(func() { close(w.gone) })
	<-w.ended
	err := w.checkpoints.close()
	w.q.kept.Range(func(_, s any) bool { _ = s.(statement).Close(); return true })
	return errors.Join(err, w.conn.Close())
}

func (w *groupWriter) loop() {
	defer close(w.ended)
	for {
		select {
		case j := <-w.jobs:
			w.group(j)
			signal(w.checkpoints.wrote)
		case <-w.checkpoints.rest:
			_, _ = checkpoint(w.conn)
		case <-w.gone:
			for { // what was handed over before the close is still done
				select {
				case j := <-w.jobs:
					w.group(j)
				default:
					return
				}
			}
		}
	}
}

// group runs first and whatever else waits in one transaction. When all goes well, as it mostly does, no change needs a savepoint of its own.
// When one fails, all are undone and run again, each in its savepoint: then the one that fails is undone alone. When the
// transaction itself fails, none of them happened and each is told so.
func (w *groupWriter) group(first *job) {
	jobs, broken := w.together(first)
	if broken == nil {
		for _, j := range jobs {
			j.done <- nil
		}
		return
	}
	if len(jobs) == 1 { // it failed by itself: it is undone
		jobs[0].done <- broken
		return
	}
	w.apart(jobs)
}

// together runs first and what else waits without savepoints. On an error nothing is done and the jobs taken are returned with it.
func (w *groupWriter) together(first *job) (jobs []*job, err error) {
	ctx := context.Background()
	if err := w.begin(ctx); err != nil {
		return []*job{first}, err
	}
	wait := patience{most: w.wait}
	defer wait.stop()
	for j := first; j != nil && err == nil; {
		jobs = append(jobs, j)
		if err = call(j.run, w.q); err == nil {
			j = w.next(len(jobs), &wait)
		}
	}
	if err == nil {
		if err = w.commit(ctx); err != nil {
			err = unwritten(err)
		}
	}
	if err != nil {
		_, _ = w.q.exec(ctx, "ROLLBACK") // fails when SQLite has rolled back by itself, which is as good
	}
	return jobs, err
}

func (w *groupWriter) begin(ctx context.Context) error {
	*w.q.counter = auditCounter{} // another program may have written since the last group
	if _, err := w.q.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := w.q.memo.begin(ctx, w.q)
	if err != nil {
		_, _ = w.q.exec(ctx, "ROLLBACK")
	}
	return err
}

func (w *groupWriter) commit(ctx context.Context) error {
	if err := w.q.writeCounter(ctx); err != nil {
		return err
	}
	_, err := w.q.exec(ctx, "COMMIT")
	return err
}

// apart runs the changes in one transaction, each inside its own savepoint.
func (w *groupWriter) apart(jobs []*job) {
	ctx := context.Background()
	if err := w.begin(ctx); err != nil {
		for _, j := range jobs {
			j.done <- err
		}
		return
	}
	var ok []*job
	broken := error(nil)
	for i, j := range jobs {
		err := w.one(ctx, j)
		var fatal groupError
		if errors.As(err, &fatal) {
			j.done <- fatal.error
			broken, ok = fatal.error, append(ok, jobs[i+1:]...)
			break
		}
		if err != nil {
			j.done <- err
			continue
		}
		ok = append(ok, j)
	}
	if broken == nil {
		broken = w.commit(ctx)
	}
	if broken == nil {
		for _, j := range ok {
			j.done <- nil
		}
		return
	}
	_, _ = w.q.exec(ctx, "ROLLBACK")
	for _, j := range ok {
		j.done <- unwritten(broken)
	}
}

func unwritten(err error) error {
	return ids.Wrap(ids.Unavailable, err, "The database could not be written. Nothing was accepted and nothing is lost: try again later.")
}

// next returns a change that waits or, within the group's patience, comes as it was announced; nil when there is none or the group is full.
func (w *groupWriter) next(n int, wait *patience) *job {
	if n >= maxGroup {
		return nil
	}
	for {
		coming := w.coming.Load() // looked at first: what is not coming any more is in jobs
		select {
		case j := <-w.jobs:
			return j
		default:
		}
		if coming <= 0 {
			return nil
		}
		select {
		case j := <-w.jobs:
			return j
		case <-w.none: // the last one came and is done already, or was withdrawn; or this was long ago, and another is coming
		case <-wait.over():
			return nil
		case <-w.gone:
			return nil
		}
	}
}

// came says that an announced change is among the jobs, or will not come.
func (w *groupWriter) came() {
	if w.coming.Add(-1) <= 0 {
		signal(w.none)
	}
}

// patience is a timer that runs from its first use.
type patience struct {
	most  time.Duration
	timer *time.Timer
}

func (p *patience) over() <-chan time.Time {
	if p.timer == nil {
		p.timer = time.NewTimer(p.most)
	}
	return p.timer.C
}

func (p *patience) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// groupError is an error after which the whole transaction is lost.
type groupError struct{ error }

// one runs one change inside a savepoint.
func (w *groupWriter) one(ctx context.Context, j *job) error {
	if _, err := w.q.exec(ctx, "SAVEPOINT change"); err != nil {
		return groupError{err}
	}
	before := *w.q.counter
	err := call(j.run, w.q)
	if err == nil {
		if _, err := w.q.exec(ctx, "RELEASE change"); err != nil {
			return groupError{err}
		}
		return nil
	}
	*w.q.counter = before
	// A full disk or an I/O error may have rolled back everything: then the savepoint is gone.
	if _, undo := w.q.exec(ctx, "ROLLBACK TO change"); undo != nil {
		return groupError{err}
	}
	if _, undo := w.q.exec(ctx, "RELEASE change"); undo != nil {
		return groupError{err}
	}
	return err
}

// call runs a change; a panic in it is that change's error and nobody else's.
func call(run func(querier) error, q querier) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: panic in a change: %v", p)
		}
	}()
	return run(q)
}
