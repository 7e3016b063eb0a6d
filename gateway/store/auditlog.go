package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
)

// AuditLog is the store as the sequencer sees it (audit.Log).
func (s *Store) AuditLog() audit.Log { return auditLog{s} }

type auditLog struct{ s *Store }

func (l auditLog) LatestCheckpoint(ctx context.Context) (audit.StoredCheckpoint, error) {
	return latestCheckpoint(ctx, l.s.q)
}

func latestCheckpoint(ctx context.Context, q querier) (audit.StoredCheckpoint, error) {
	var cp audit.StoredCheckpoint
	err := q.one(ctx, `SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1`, nil, &cp.Size, &cp.Note)
	if ids.KindOf(err) == ids.NotFound {
		return audit.StoredCheckpoint{}, nil
	}
	return cp, err
}

func (l auditLog) Entries(ctx context.Context, from int64, limit int) ([]audit.Stored, error) {
	return storedEntries(ctx, l.s.q, from, limit)
}

func storedEntries(ctx context.Context, q querier, from int64, limit int) ([]audit.Stored, error) {
	return all(ctx, q, `SELECT seq, id, at, kind, actor_kind, actor_id, case_id, thread_id, body, chain FROM audit_entries
		WHERE seq >= ? ORDER BY seq LIMIT ?`, []any{from, limit}, func(r scanner) (audit.Stored, error) {
		var e audit.Stored
		var chain []byte
		err := r.Scan(&e.Seq, &e.ID, &e.AtMicros, &e.Kind, &e.ActorKind, &e.ActorID, &e.Case, &e.Thread, &e.Body, &chain)
		e.Chain = hash32(chain)
		return e, err
	})
}

// hash32 reads a hash column. A value of another length becomes the zero hash, which equals none that is recomputed.
func hash32(b []byte) (h [32]byte) {
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

func (l auditLog) HashesAt(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return hashesAt(ctx, l.s.q, indexes)
}

func hashesAt(ctx context.Context, q querier, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		var h []byte
		if err := q.one(ctx, `SELECT hash FROM audit_hashes WHERE idx = ?`, []any{idx}, &h); err != nil {
			return nil, fmt.Errorf("tree hash %d: %w", idx, err)
		}
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("tree hash %d has %d bytes", idx, len(h))
		}
		copy(out[i][:], h)
	}
	return out, nil
}

func (l auditLog) Seal(ctx context.Context, from int64, hashes []audit.StoredHash, cp audit.StoredCheckpoint) error {
	return l.s.housekeep(ctx, func(tx *Tx) error {
		latest, err := latestCheckpoint(tx.ctx, tx.q)
		if err != nil {
			return err
		}
		if latest.Size != from {
			return audit.ErrMoved
		}
		for part := range slices.Chunk(hashes, 200) { // many rows a statement: writers wait meanwhile
			args := make([]any, 0, 2*len(part))
			for _, h := range part {
				args = append(args, h.Index, h.Hash[:])
			}
			rows := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(part)), ", ")
			if _, err := tx.q.exec(tx.ctx, `INSERT INTO audit_hashes (idx, hash) VALUES `+rows, args...); err != nil {
				return moved(err)
			}
		}
		_, err = tx.q.exec(tx.ctx, `INSERT INTO audit_checkpoints (size, note, at) VALUES (?, ?, ?)`, cp.Size, cp.Note, micros(tx.now))
		return moved(err)
	})
}

// moved: a second sequencer meets the first one's rows.
func moved(err error) error {
	if errors.Is(err, ErrDuplicate) {
		return audit.ErrMoved
	}
	return err
}

// AuditSnapshot calls fn with the log as verification reads it: one consistent snapshot.
func (s *Store) AuditSnapshot(ctx context.Context, fn func(audit.Source, audit.Reader) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: isolation(s.cfg.Engine), ReadOnly: s.cfg.Engine == Postgres})
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	q := querier{c: tx, engine: s.cfg.Engine, kept: &sync.Map{}}
	snap := auditSnapshot{q}
	return fn(snap, snap)
}

func isolation(e Engine) sql.IsolationLevel {
	if e == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

type auditSnapshot struct{ q querier }

func (a auditSnapshot) LatestCheckpoint(ctx context.Context) (audit.StoredCheckpoint, error) {
	return latestCheckpoint(ctx, a.q)
}

func (a auditSnapshot) Entries(ctx context.Context, from int64, limit int) ([]audit.Stored, error) {
	return storedEntries(ctx, a.q, from, limit)
}

func (a auditSnapshot) HashesAt(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return hashesAt(ctx, a.q, indexes)
}

func (a auditSnapshot) Hashes(ctx context.Context, from int64, limit int) ([]audit.StoredHash, error) {
	return all(ctx, a.q, `SELECT idx, hash FROM audit_hashes WHERE idx >= ? ORDER BY idx LIMIT ?`, []any{from, limit},
		func(r scanner) (audit.StoredHash, error) {
			var h audit.StoredHash
			var b []byte
			if err := r.Scan(&h.Index, &b); err != nil {
				return h, err
			}
			h.Hash = hash32(b)
			return h, nil
		})
}

func (a auditSnapshot) Checkpoints(ctx context.Context, from int64, limit int) ([]audit.StoredCheckpoint, error) {
	return all(ctx, a.q, `SELECT size, note FROM audit_checkpoints WHERE size >= ? ORDER BY size LIMIT ?`, []any{from, limit},
		func(r scanner) (audit.StoredCheckpoint, error) {
			var cp audit.StoredCheckpoint
			return cp, r.Scan(&cp.Size, &cp.Note)
		})
}

func (a auditSnapshot) Counter(ctx context.Context) (audit.Counter, error) {
	var c audit.Counter
	var chain []byte
	err := a.q.one(ctx, `SELECT next, chain, (SELECT COUNT(*) FROM audit_entries) FROM audit_counter WHERE one = 1`, nil, &c.Next, &chain, &c.Rows)
	c.Chain = hash32(chain)
	return c, err
}

// AuditQuery chooses entries for a timeline, newest first. Empty fields do not restrict.
type AuditQuery struct {
	Case   ids.CaseID
	Before int64 // sequence number, exclusive; 0 = from the newest
	Limit  int
}

// AuditEntries returns decoded entries with their sequence numbers. What the actor may not see is for the caller to leave out.
func (r Reader) AuditEntries(ctx context.Context, aq AuditQuery) ([]audit.Entry, []int64, error) {
	where, args := "seq >= 0", []any{}
	if aq.Case != "" {
		where, args = where+" AND case_id = ?", append(args, string(aq.Case))
	}
	if aq.Before > 0 {
		where, args = where+" AND seq < ?", append(args, aq.Before)
	}
	bodies, err := all(ctx, r.q, `SELECT body FROM audit_entries WHERE `+where+` ORDER BY seq DESC LIMIT ?`, append(args, aq.Limit),
		func(s scanner) ([]byte, error) { var b []byte; return b, s.Scan(&b) })
	if err != nil {
		return nil, nil, err
	}
	entries, seqs := make([]audit.Entry, len(bodies)), make([]int64, len(bodies))
	for i, b := range bodies {
		if seqs[i], entries[i], err = audit.Decode(b); err != nil {
			return nil, nil, err
		}
	}
	return entries, seqs, nil
}

// AuditSeq finds an entry's sequence number by its identifier.
func (r Reader) AuditSeq(ctx context.Context, id string) (int64, error) {
	var seq int64
	return seq, r.q.one(ctx, `SELECT seq FROM audit_entries WHERE id = ?`, []any{id}, &seq)
}
